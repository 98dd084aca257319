"""slmmux trace BENCHMARK: test questions as traces in MLflow: what every model said, its votes, and the decision.

SLM-MUX (Algorithm 1) on the first k samples of each model, k = evaluation.samples. Where the benchmark's text may not
be shown, ids and answers stand instead of texts and responses.
"""

import argparse
import contextlib
import hashlib
import json

import numpy as np
import pandas as pd
import pyarrow as pa

from slmmux.benchmarks import get_benchmark
from slmmux.benchmarks.question_list import ask, read_questions
from slmmux.config import Config, load_config
from slmmux.errors import InputError
from slmmux.orchestration.slm_mux import decide, top_answers
from slmmux.paths import questions_file, samples_file, votes_file
from slmmux.tables import SAMPLES, read_table
from slmmux.tracking.store import open_experiment, reachable, repository_root, traces_link
from slmmux.tracking.traces import ModelSpan, QuestionTrace, log_traces
from slmmux.votes.archive import load_votes
from slmmux.votes.votes import Votes


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("trace", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("benchmark")
    parser.add_argument(
        "--questions", type=int, default=20, metavar="N", help="evenly spaced in the test split (default: %(default)s)"
    )


def run(args) -> None:
    if args.questions < 1:
        raise InputError(f"--questions {args.questions}: at least 1")
    root = repository_root()
    with contextlib.chdir(root):
        questions = traces(load_config(), args.benchmark, args.questions)
    with reachable(root, "run `slmmux trace` when it is back"):
        experiment = open_experiment(root)
        new = log_traces(experiment, questions)
    print(f"{new} new traces of {len(questions)} questions of {args.benchmark}, once `make ui` runs:")
    print(traces_link(root, experiment))


def traces(config: Config, name: str, count: int) -> list[QuestionTrace]:
    """SLM-MUX on `count` evenly spaced test questions, all of them where there are fewer. Raises InputError where
    votes, samples or questions are missing, or k exceeds a pool."""
    benchmark, k = get_benchmark(name), config.evaluation.samples
    validation, test = (load_votes(votes_file(name, split)) for split in ("validation", "test"))
    if k > test.pool.min():
        raise InputError(f"evaluation.samples: {k}, more than the {test.pool.min()} samples of a pool of {name}")
    accuracy = validation.accuracy()
    listed = read_questions(questions_file(name))
    texts = {question.id: question.text for question in ask(config, name)} if benchmark.text_may_be_shown else {}
    tables = [read_table(samples_file(name, model), SAMPLES)[0] for model in test.models]
    samples = pa.concat_tables(tables).to_pandas()
    samples = samples[samples["sample"] < k].sort_values("sample")
    chosen = np.unique(np.linspace(0, len(test.question_ids) - 1, count).astype(int))
    wanted = {test.question_ids[q] for q in chosen}
    drawn = {key: rows for key, rows in samples[samples["question_id"].isin(wanted)].groupby(["question_id", "model"])}
    found = []
    for q in chosen.tolist():
        question = test.question_ids[q]
        if question not in listed or any((question, model) not in drawn for model in test.models):
            raise InputError(
                f"{votes_file(name, 'test')}: question {question!r} is not among the questions and samples of {name}; "
                "run `dvc repro`"
            )
        rows = [drawn[question, model] for model in test.models]
        found.append(_trace(test, q, k, accuracy, rows, listed[question]["reference"], texts.get(question)))
    return found


def _trace(
    test: Votes, q: int, k: int, accuracy: np.ndarray, drawn: list[pd.DataFrame], reference: str, text: str | None
) -> QuestionTrace:
    """drawn: per model, its first k samples; text: None where it may not be shown."""
    question, classes = test.question_ids[q], test.classes[q, :, :k]
    names = {c: answer for m, rows in enumerate(drawn) for c, answer in zip(classes[m].tolist(), rows["answer"])}
    winner, top, tied = decide(classes, accuracy)
    spans = [
        _span(model, rows, k, text, float(top_answers(of_model)[0]))
        for model, rows, of_model in zip(test.models, drawn, classes)
    ]
    decision = {
        "model": test.models[winner],
        "answer": names[top[0]] if top else None,
        "confidence": spans[winner].said["confidence"],
        "tied models": tied,
        # The first of them is shown; a draw of the method takes any with the same probability.
        "tied answers": [names[c] for c in top] if len(top) > 1 else [],
    }
    inputs = {"question_id": question} | ({} if text is None else {"question": text})
    said = json.dumps([test.benchmark, question, k, decision, [span.said for span in spans]], ensure_ascii=False)
    return QuestionTrace(
        name=question,
        benchmark=test.benchmark,
        digest=hashlib.sha256(said.encode()).hexdigest(),
        inputs=inputs,
        spans=spans,
        decision=decision,
        correct=bool(top and test.right[q, top[0]]),
        reference=reference,
    )


def _span(model: str, rows: pd.DataFrame, k: int, text: str | None, confidence: float) -> ModelSpan:
    columns = ["sample", "answer", "correct", "completion_tokens", "finish_reason"] + ["response"] * (text is not None)
    seconds = rows["seconds"].max()
    return ModelSpan(
        model=model,
        asked={"samples": k} | ({} if text is None else {"question": text}),
        said={
            "votes": {str(answer): int(votes) for answer, votes in rows["answer"].value_counts().items()},
            "confidence": confidence,
            "samples": json.loads(rows[columns].to_json(orient="records")),
        },
        prompt_tokens=int(rows["prompt_tokens"].iloc[0]),
        completion_tokens=int(rows["completion_tokens"].sum()),
        seconds=float(seconds) if pd.notna(seconds) else 0.0,
    )
