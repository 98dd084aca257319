"""One departure of the released code from the paper, measured: a row of the fidelity report."""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from slmmux.orchestration.evaluation import Evaluation

EXAMPLES = 5
# Smaller differences of a probability are rounding.
ROUNDING = 1e-9
EXAMPLE_COLUMNS = ["question_id", "model", "sample", "ours", "theirs"]


@dataclass(frozen=True)
class Departure:
    """What one matter of section 6 does to the result.

    key, matter:     its short and its long name; part: 'voting', 'search' or 'grading'.
    release:         which release departs: 'older scripts', 'ICLR package' or 'both'.
    paper, released: the two readings in words.
    ours, theirs:    the evaluations of the same test questions under the paper's reading, as this project
                     takes it, and under the released code's.
    note:            what else there is to say, in numbers.
    examples:        columns EXAMPLE_COLUMNS. By default the questions on which the two differ most, with the
                     probability of being right under each; model and sample are then empty.
    """

    key: str
    part: str
    matter: str
    release: str
    paper: str
    released: str
    ours: Evaluation
    theirs: Evaluation
    note: str = ""
    examples: pd.DataFrame | None = field(default=None, compare=False)

    @property
    def gaps(self) -> np.ndarray:
        """(Q,) float: theirs minus ours."""
        return self.theirs.correct - self.ours.correct

    def questions_that_differ(self) -> int:
        return int((np.abs(self.gaps) > ROUNDING).sum())

    def example_rows(self, question_ids) -> pd.DataFrame:
        if self.examples is not None:
            return self.examples
        gaps = self.gaps
        # Rounded, so that equal gaps keep the order of the questions on every machine.
        order = [q for q in np.argsort(-np.abs(gaps).round(9), kind="stable") if abs(gaps[q]) > ROUNDING]
        rows = [
            (question_ids[q], "", "", float(self.ours.correct[q]), float(self.theirs.correct[q]))
            for q in order[:EXAMPLES]
        ]
        return pd.DataFrame(rows, columns=EXAMPLE_COLUMNS)
