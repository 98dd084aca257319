"""python -m analysis workflow BENCHMARK: the method on one question that it rescues and one that it loses.

Both are from the first draw: those that confidence alone decides with the largest gain and loss in expectation. The
titles say how often each happens, over all draws. Without any such question, the first that confidence decides.
"""

import pandas as pd

from analysis.cases import cases, drawn_samples, rescued_and_lost, rescues, sinks
from analysis.figures.common import save_figures
from analysis.figures.workflow import Case, workflow
from slmmux.benchmarks import get_benchmark
from slmmux.benchmarks.question_list import ask, read_questions
from slmmux.config import load_config
from slmmux.errors import InputError
from slmmux.paths import WORKFLOW, questions_file, samples_file
from slmmux.stages.study import load_splits
from slmmux.tables import SAMPLES, read_table
from slmmux.tracking.record import Dataset, Record


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("workflow", description=__doc__)
    parser.add_argument("benchmark")


def titles(rescued: float, lost: float, questions: int) -> tuple[str, str]:
    """What stands above the two questions. rescued, lost: expected numbers of questions."""
    which = "more often" if lost > rescued else "less often"
    return (
        f"Rescued on {rescued:.1f} of {questions} questions: the best single model's vote is wrong",
        f"Lost on {lost:.1f} of {questions} questions, {which}: the best single model's vote is right",
    )


def run(args) -> Record:
    config, name = load_config(), args.benchmark
    validation, test, inputs = load_splits(name)
    k = config.evaluation.samples
    accuracy = validation.accuracy()
    found, best = cases(test, k, accuracy), test.models[int(accuracy.argmax())]
    rescued, lost = (float(share.sum()) for share in rescued_and_lost(test, k, accuracy))
    decided = found[found["confidence"] > 0]
    if not len(decided):
        raise InputError(f"votes of {name}: no sample of the test questions could be read")
    chosen = [
        (title, of.iloc[0])
        for title, of in zip(titles(rescued, lost, len(found)), (rescues(decided), sinks(decided)))
        if len(of)
    ] or [("Neither rescued nor lost", decided.sort_values("tied", kind="stable").iloc[0])]
    references = read_questions(questions_file(name))
    texts = {}
    if get_benchmark(name).text_may_be_shown:
        texts = {question.id: question.text for question in ask(config, name)}
    samples = {model: samples_file(name, model) for model in test.models}
    table = pd.concat([read_table(path, SAMPLES)[0].to_pandas() for path in samples.values()])
    shown = []
    for title, case in chosen:
        question = case["question_id"]
        drawn = drawn_samples(table, question, k)
        shown.append(
            Case(title, drawn, texts.get(question, question), references[question]["reference"], case["winner"])
        )
    outputs = save_figures({"workflow": lambda: workflow(shown, best)}, WORKFLOW)
    params = {"benchmark": name, "question_ids": ",".join(case["question_id"] for _, case in chosen), "samples": k}
    inputs += [Dataset(f"samples of {model}", path) for model, path in samples.items()]
    return Record("workflow", params, {"rescued": rescued, "lost": lost}, inputs, outputs, outputs)
