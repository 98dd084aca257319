"""The best pair of models by subject: where two models complete each other, and where they do not."""

import numpy as np
import pandas as pd

from slmmux.orchestration import METHODS
from slmmux.selection.subset_objective import search
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
    pair = search(validation, k, [2])[2][0].models
    accuracy = dict(zip(validation.models, validation.accuracy_per_question().mean(axis=0)))
    rows = []
    for subject, questions in subjects.items():
        votes = test.take_questions(questions)
        for method, models in (("slm_mux", pair), *(("self_consistency", (model,)) for model in pair)):
            budget, ranks = np.full(len(models), k), [accuracy[model] for model in models]
            found = METHODS[method].expected(votes.take_models(list(models)), budget, ranks)
            rows.append((subject, len(questions), method, " ".join(models), found.accuracy, found.accuracy_se))
    return pd.DataFrame(rows, columns=COLUMNS)
