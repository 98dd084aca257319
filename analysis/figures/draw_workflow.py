"""python -m analysis workflow BENCHMARK: the method on one measured question, as a diagram.

The question is the one of the first draw that SLM-MUX rescues with the largest gain in expectation; without
any, the first that confidence alone decides.
"""

import pandas as pd

from analysis.cases import cases, drawn_samples, rescues
from analysis.figures.common import save_figures
from analysis.figures.workflow import workflow
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


def run(args) -> Record:
    config, name = load_config(), args.benchmark
    validation, test, inputs = load_splits(name)
    k = config.evaluation.samples
    accuracy = validation.accuracy_per_question().mean(axis=0)
    found, best = cases(test, k, accuracy), test.models[int(accuracy.argmax())]
    shown = pd.concat([rescues(found), found[~found["tied"] & (found["confidence"] > 0)], found])
    shown = shown[shown["confidence"] > 0]
    if not len(shown):
        raise InputError(f"votes of {name}: no sample of the test questions could be read")
    case = shown.iloc[0]
    reference = read_questions(questions_file(name))[case["question_id"]]["reference"]
    text = case["question_id"]
    if get_benchmark(name).text_may_be_shown:
        text = next(question.text for question in ask(config, name) if question.id == text)
    samples = {model: samples_file(name, model) for model in test.models}
    table = pd.concat([read_table(path, SAMPLES)[0].to_pandas() for path in samples.values()])
    drawn = drawn_samples(table, case["question_id"], k)
    outputs = save_figures({"workflow": lambda: workflow(drawn, text, reference, case["winner"], best)}, WORKFLOW)
    params = {"benchmark": name, "question_id": case["question_id"], "samples": k}
    inputs += [Dataset(f"samples of {model}", path) for model, path in samples.items()]
    return Record("workflow", params, {}, inputs, outputs, outputs)
