"""The numbers of the verification of section 4. Their values live under `theory:` in the configuration."""

from typing import Annotated

from pydantic import Field

from slmmux.config import Positive, Strict

Margin = Annotated[float, Field(gt=0, lt=1)]


class TheorySettings(Strict):
    """How the statements are tested.

    confidence:              level of every interval, and of all intervals of one claim together.
    bootstrap_resamples:     resamples of the questions.
    seed:                    of the resampling and of the unequal budgets.
    max_samples:             largest N; the smallest pool of a benchmark bounds it too.
    tolerance:               accuracy within which an approximation counts as holding, as a share of 1.
    calibration_tolerance:   the same for a confidence against the accuracy it should announce.
    min_informative:         questions that must depart from a statement before an interval over questions
                             may decide about it.
    unequal_budgets:         random unequal budgets on which the rigorous statements are checked as well.
    rounding:                what floating point may add to a statement that holds exactly.
    """

    confidence: Margin
    bootstrap_resamples: Positive
    seed: int = Field(ge=0)
    max_samples: Positive
    tolerance: Margin
    calibration_tolerance: Margin
    min_informative: Positive
    unequal_budgets: int = Field(ge=0)
    rounding: Margin
