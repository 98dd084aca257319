"""slmmux subjects BENCHMARK: the best pair of models and its two members, by subject.

The best pair of models by subject: where two models complete each other, and where they do not.
"""

import pandas as pd

from slmmux.config import load_config
from slmmux.orchestration.evaluate import evaluate
from slmmux.paths import SUBJECTS
from slmmux.result_files import write_tables
from slmmux.selection.subset_objective import rank_subsets
from slmmux.stages.study import load_splits
from slmmux.tracking.record import Record
from slmmux.votes.votes import Votes

COLUMNS = ["subject", "questions", "method", "models", "accuracy", "accuracy_se"]


def subject_of(question_id: str, split: str) -> str:
    """The subject that an id `SUBJECT-SPLIT-NNN` names; empty where it names none."""
    return question_id.rpartition(f"-{split}-")[0]


def subjects_table(validation: Votes, test: Votes, k: int) -> pd.DataFrame:
    """Accuracy on the test questions of each subject, k samples a model, expected over draws and tie-breaks.

    The pair is the best of size two under the paper's O(S) on validation. Per subject three rows: SLM-MUX, and
    each member's own voted answer, between which SLM-MUX chooses ('self_consistency'). No rows where there is
    one model, or less than two subjects. Raises InputError where k exceeds a pool.
    """
    subjects: dict[str, list[str]] = {}
    for question in test.question_ids:
        subjects.setdefault(subject_of(question, test.split), []).append(question)
    if len(validation.models) < 2 or len(subjects) < 2:
        return pd.DataFrame(columns=COLUMNS)
    pair = rank_subsets(validation, k, [2])[2][0].models
    accuracy = dict(zip(validation.models, validation.accuracy()))
    rows = []
    for subject, questions in subjects.items():
        votes = test.take_questions(questions)
        for method, models in (("slm_mux", pair), *(("self_consistency", (model,)) for model in pair)):
            found = evaluate(votes, k, method, accuracy, models=models)
            rows.append((subject, len(questions), method, " ".join(models), found.accuracy, found.accuracy_se))
    return pd.DataFrame(rows, columns=COLUMNS)


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("subjects", description=__doc__)
    parser.add_argument("benchmark")


def run(args) -> Record:
    config, name = load_config(), args.benchmark
    validation, test, inputs = load_splits(name)
    k = config.evaluation.samples
    table = subjects_table(validation, test, k)
    outputs = write_tables(SUBJECTS / name, {"subjects": table})
    metrics = {
        f"{row['subject']}/{key}": float(row[key])
        for row in table[table["method"] == "slm_mux"].to_dict("records")
        for key in ("accuracy", "accuracy_se")
        # A subject of one question has no standard error.
        if row[key] == row[key]
    }
    params = {"benchmark": name, "models": ",".join(test.models), "samples": k}
    return Record(f"subjects@{name}", params, metrics, inputs, outputs, outputs)
