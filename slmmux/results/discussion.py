"""Methods whose models talk, beside those whose models don't, on the same test questions (the paper's Table 1)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from slmmux.benchmarks.question import Grade
from slmmux.config import Evaluation as Settings
from slmmux.discussion.grade_transcripts import plurality
from slmmux.orchestration.evaluation import Evaluation
from slmmux.results.compare import Comparison, Row, compare, difference
from slmmux.statistics import Difference
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
            methods[name] = {"models": list(row.models), "engine": row.evaluation.engine} | row.metrics()
            methods[name] |= {
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

    turns: rows of a transcript; grades: what grade_turns made of them. Tokens count every turn, prompts too.
    """
    finals: dict[str, list[Grade]] = {question: [] for question in question_ids}
    tokens = dict.fromkeys(question_ids, 0.0)
    for turn, grade in zip(turns, grades):
        # A prompt whose samples are drawn together is paid once.
        prompt = turn["prompt_tokens"] if turn["sample"] == 0 else 0
        tokens[turn["question_id"]] += prompt + turn["completion_tokens"]
        if turn["final"]:
            finals[turn["question_id"]].append(grade)
    found = [plurality(finals[question]) for question in question_ids]
    return Evaluation(
        correct=np.array([correct for correct, _ in found]),
        selected=None,
        tie_probability=np.array([float(tied) for _, tied in found]),
        tokens=np.array([tokens[question] for question in question_ids]),
        engine="recorded",
        simulation_se=None,
    )


def discussion(
    validation: Votes, test: Votes, protocols: dict[str, Evaluation], question_ids: list[str], settings: Settings
) -> Discussion:
    """All methods on the discussed questions. Votes hold the models of the panel alone.

    protocols: name → evaluation on `question_ids`, in that order. A discussion was held once, so its standard
    error is that of one run, sqrt(p (1 - p) / Q) up to ties; those of the others are over expected accuracies.
    """
    comparison = compare(validation, test.take_questions(question_ids), settings)
    single, voting = (comparison.rows[name].evaluation for name in ("single_best", "self_consistency"))
    mux = comparison.rows["slm_mux"].evaluation
    rows = {
        name: Row(name, validation.models, e, difference(e, single, settings), difference(e, voting, settings))
        for name, e in protocols.items()
    }
    every = rows | comparison.rows
    gaps = {name: difference(row.evaluation, mux, settings) for name, row in every.items()}
    return Discussion(comparison, rows, gaps)
