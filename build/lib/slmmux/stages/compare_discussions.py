"""slmmux compare_discussions BENCHMARK: the methods whose models talk beside those whose models don't, and groupthink.

Methods whose models talk, beside those whose models don't, on the same test questions (the paper's Table 1).
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from slmmux.benchmarks.question import Grade
from slmmux.benchmarks.question_list import read_questions
from slmmux.config import load_config
from slmmux.discussion.grade_transcripts import grade_transcript, plurality
from slmmux.discussion.groupthink import agents_of, outcomes, share_of, swayed
from slmmux.discussion.label_groupthink import label_of
from slmmux.discussion.protocol import TRANSCRIPT
from slmmux.files import write_texts
from slmmux.orchestration.evaluation import Evaluation
from slmmux.paths import COMPARE_DISCUSSIONS, discussion_file, labels_file, questions_file
from slmmux.result_files import csv_text, json_text
from slmmux.sandbox import accept_mode
from slmmux.settings import EvaluationSettings
from slmmux.stages.compare import Comparison, Row, compare, configurations, difference, gains, rivals_of
from slmmux.stages.study import load_splits
from slmmux.statistics import Difference
from slmmux.tables import read_table
from slmmux.tracking.record import Dataset, Record
from slmmux.votes.votes import Votes


@dataclass(frozen=True)
class Discussion:
    """comparison: the methods without talk, on the same questions and models. protocols: the methods with it.
    over_slm_mux: every row's accuracy minus SLM-MUX's, of all models of the panel."""

    comparison: Comparison
    protocols: dict[str, Row]
    over_slm_mux: dict[str, Difference]

    @property
    def rows(self) -> dict[str, Row]:
        return self.protocols | self.comparison.rows

    def summary(self) -> dict:
        """As JSON: plain numbers only."""
        base, methods = self.comparison.summary(), {}
        for name, row in self.rows.items():
            gap = self.over_slm_mux[name]
            methods[name] = row.summary() | {
                "over_slm_mux": gap.difference,
                "over_slm_mux_low": gap.low,
                "over_slm_mux_high": gap.high,
            }
        return base | {"models": list(self.comparison.validation_accuracy), "methods": methods}

    def question_rows(self) -> pd.DataFrame:
        """One row a question: the probability that each method answers it right."""
        columns = {name: row.evaluation.correct for name, row in self.rows.items()}
        return pd.DataFrame({"question_id": self.comparison.question_ids} | columns)


def protocol_evaluation(
    turns: Sequence[dict], grades: Sequence[Grade | None], question_ids: Sequence[str]
) -> Evaluation:
    """One recorded discussion as an evaluation: correct is 0 or 1 a question, or between where final answers tie.

    turns: rows of a transcript; grades: what grade_transcript made of them. Tokens count every turn, prompts too.
    """
    finals: dict[str, list[Grade]] = {question: [] for question in question_ids}
    tokens = dict.fromkeys(question_ids, 0.0)
    for turn, grade in zip(turns, grades):
        # A prompt whose samples are drawn together is paid once.
        prompt = turn["prompt_tokens"] if turn["sample"] == 0 else 0
        tokens[turn["question_id"]] += prompt + turn["completion_tokens"]
        if turn["final"] and grade:
            finals[turn["question_id"]].append(grade)
    found = [plurality(finals[question]) for question in question_ids]
    return Evaluation(
        correct=np.array([correct for correct, _ in found]),
        selected=None,
        ties=np.array([float(tied) for _, tied in found]),
        tokens=np.array([tokens[question] for question in question_ids]),
        mode="recorded",
        simulation_se=None,
    )


def discussion(
    validation: Votes,
    test: Votes,
    protocols: dict[str, Evaluation],
    question_ids: list[str],
    settings: EvaluationSettings,
) -> Discussion:
    """All methods on the discussed questions. Votes hold the models of the panel alone.

    protocols: name → evaluation on `question_ids`, in that order. A discussion was held once, so its standard
    error is that of one run, sqrt(p (1 - p) / Q) up to ties; those of the others are over expected accuracies.
    """
    comparison = compare(validation, test.take_questions(question_ids), settings)
    mux = comparison.rows["slm_mux"].evaluation
    rivals = rivals_of({name: row.evaluation for name, row in comparison.rows.items()})
    rows = {name: Row(name, validation.models, e, gains(e, rivals, settings)) for name, e in protocols.items()}
    every = rows | comparison.rows
    gaps = {name: difference(row.evaluation, mux, settings) for name, row in every.items()}
    return Discussion(comparison, rows, gaps)


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("compare_discussions", description=__doc__)
    parser.add_argument("benchmark")


def run(args) -> Record:
    config, name = load_config(), args.benchmark
    accept_mode(config.sandbox)
    listed = read_questions(questions_file(name))
    validation, test, inputs = load_splits(name)
    validation, test = (votes.take_models(config.discussion.model_names) for votes in (validation, test))
    transcripts = {protocol: discussion_file(name, protocol) for protocol in config.discussion.protocols}
    turns = {protocol: read_table(path, TRANSCRIPT)[0].to_pylist() for protocol, path in transcripts.items()}
    grades = {protocol: grade_transcript(config, name, rows, listed) for protocol, rows in turns.items()}
    question_ids = list(dict.fromkeys(turn["question_id"] for turn in next(iter(turns.values()))))
    protocols = {str(p): protocol_evaluation(turns[p], grades[p], question_ids) for p in turns}
    found = discussion(validation, test, protocols, question_ids, config.evaluation)

    agents = agents_of(turns["llm_debate"], grades["llm_debate"]) if "llm_debate" in turns else []
    measured = swayed(agents, config.evaluation.confidence)
    failed = int((protocols["llm_debate"].correct < 1).sum()) if agents else 0
    replies = read_table(labels_file(name), TRANSCRIPT, may_be_empty=True)[0].to_pylist()
    labels = {reply["question_id"]: label_of(reply["response"]) for reply in replies}
    counted = Counter(labels.values())
    summary = found.summary() | {
        "groupthink": {
            "debates": len(question_ids),
            "failed": failed,
            "labeller": config.discussion.labeller,
            "labels": {
                label: vars(share_of(counted[label], failed, config.evaluation.confidence))
                for label in ("groupthink", "other", "unlabelled")
            },
            "given_up": vars(measured.given_up),
            "corrected": vars(measured.corrected),
        }
    }
    out = COMPARE_DISCUSSIONS / name / "methods.json"
    groupthink = pd.DataFrame(
        [
            {
                "question_id": agent.question_id,
                "model": agent.model,
                "first": agent.first.answer,
                "last": agent.last.answer,
                "outcome": outcome,
                "label": labels.get(agent.question_id),
            }
            for agent, outcome in outcomes(agents)
        ],
        columns=["question_id", "model", "first", "last", "outcome", "label"],
    )
    texts = {out: json_text(summary)}
    for table, rows in (("questions", found.question_rows()), ("groupthink", groupthink)):
        texts[out.with_name(f"{table}.csv")] = csv_text(rows)
    _, *tables = write_texts(texts)
    settings = config.evaluation
    params = {
        "benchmark": name,
        "models": ",".join(config.discussion.model_names),
        "samples": settings.samples,
        "questions": len(question_ids),
        "labeller": config.discussion.labeller,
        "seed": settings.seed,
    }
    metrics = {f"{method}/{key}": value for method, row in found.rows.items() for key, value in row.metrics().items()}
    # The headline of the run: the method of the study, to be read beside those that talk.
    metrics |= found.rows["slm_mux"].metrics() | {f"groupthink/{key}": v for key, v in measured.metrics().items()}
    inputs += [Dataset(f"{protocol} on {name}", path) for protocol, path in transcripts.items()]
    told = configurations(found.comparison.rows, settings.samples)
    # A discussion has no samples per model.
    told |= {protocol: {"method": protocol, "samples": "recorded"} for protocol in found.protocols}
    outputs = [out, *tables]
    return Record(f"compare_discussions@{name}", params, metrics, inputs, outputs, outputs, configurations=told)
