"""Types and bounds of the parameters that turn samples into results."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

# A path is written as a string.
PathText = Annotated[Path, Field(strict=False)]
Positive = Annotated[int, Field(ge=1)]
Share = Annotated[float, Field(gt=0, le=1)]
Margin = Annotated[float, Field(gt=0, lt=1)]
Temperature = Annotated[float, Field(ge=0)]
Sampler = Literal["ascent", "tpe", "nsgaii", "random"]


class Strict(BaseModel):
    """Parameters of one kind: no unknown keys, no number written as a string or a boolean, no infinity, and no name or
    number twice in a list."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

    @model_validator(mode="after")
    def _nothing_twice(self):
        for key, value in self:
            if isinstance(value, list) and all(isinstance(entry, str | int | float) for entry in value):
                twice = [entry for place, entry in enumerate(value) if entry in value[:place]]
                if twice:
                    raise ValueError(f"{key}: {twice[0]!r} is there twice")
        return self


class EvaluationSettings(Strict):
    """How the cached samples are turned into results: k samples per model, and the bootstrap."""

    samples: Positive
    confidence: Share
    bootstrap_resamples: Positive
    seed: int = Field(ge=0)


class CertaintySettings(Strict):
    """How sure comparisons are: the differences (shares of 1) whose questions are counted, and the random halvings of
    the validation questions for cross-fitted choices."""

    differences: list[Margin] = Field(min_length=1)
    halvings: Positive


class SearchSettings(Strict):
    """The search for models and sample budgets, and how it is measured.

    sizes:                subset sizes K of the paper's objective; those beyond the models are left out.
    lambdas:              weights of the contradiction at which the objective's quality is measured.
    largest_budget:       most samples a model may draw; the smallest pool bounds it too.
    exhaustive_up_to:     budgets up to which the whole grid is evaluated, to measure the search by.
    subsets_up_to:        subsets of the models up to which the objective's quality is measured; and subsets of one
                          size up to which a study starts from the best of them.
    start_budgets:        samples of every model alone that a study starts from, besides the largest budget.
    sampler, seed:        of the study whose choice is measured on the test split.
    trials:               configurations a study tries.
    trials_per_round:     configurations proposed together, before any of them is known: what several workers
                          can evaluate at a time.
    population:           of NSGA-II.
    measured_samplers:    the samplers that are compared, each with seeds 0, 1, .. measured_seeds - 1.
    frugal_margin:        validation accuracy, as a share of 1, that the frugal choice may give away.
    logged_trials:        most trials of the study that become nested MLflow runs.
    """

    sizes: list[Annotated[int, Field(ge=2)]] = Field(min_length=1)
    lambdas: list[Annotated[float, Field(ge=0)]] = Field(min_length=1)
    largest_budget: Positive
    exhaustive_up_to: Positive
    subsets_up_to: Positive
    start_budgets: list[Positive]
    sampler: Sampler
    seed: int = Field(ge=0)
    trials: Positive
    trials_per_round: Positive
    population: Annotated[int, Field(ge=2)]
    measured_samplers: list[Sampler] = Field(min_length=1)
    measured_seeds: Positive
    frugal_margin: float = Field(ge=0, lt=1)
    logged_trials: int = Field(ge=0)


class LargeSearchSettings(Strict):
    """The search on pools whose grid of budgets nobody can evaluate; what it leaves open is as in SearchSettings.

    benchmark_names:  published sources whose models are searched.
    start_budgets:    as in SearchSettings; fewer, since there are many models.
    trials, measured_samplers, measured_seeds: as in SearchSettings.
    reported:         numbers of trials whose regret is reported.
    penalties:        accuracy, as a share of 1, that one token or sample is worth: each gives an ascent from every
                      model alone, and all of them the best known front.
    """

    benchmark_names: list[str]
    start_budgets: list[Positive]
    trials: Positive
    measured_samplers: list[Sampler] = Field(min_length=1)
    measured_seeds: Positive
    reported: list[Positive] = Field(min_length=1)
    penalties: list[Annotated[float, Field(ge=0)]] = Field(min_length=1)


class PolicySearchSettings(Strict):
    """The search over models, samples, the order of asking and the threshold that stops it.

    largest_budget:   most samples a model may draw; the smallest pool bounds it too.
    thresholds:       confidences at which asking may stop; 1 gives SLM-MUX's own answer.
    exhaustive_up_to: policies up to which all are evaluated, to measure the search by.
    trials, measured_samplers, measured_seeds: as in SearchSettings.
    """

    largest_budget: Positive
    thresholds: list[Share] = Field(min_length=1)
    exhaustive_up_to: Positive
    trials: Positive
    measured_samplers: list[Sampler] = Field(min_length=1)
    measured_seeds: Positive


class ScalingSettings(Strict):
    """Test-time scaling: model types `sizes` (K), samples per model `samples` (k), for the `pairs` best pairs."""

    sizes: list[Positive] = Field(min_length=1)
    samples: list[Positive] = Field(min_length=1)
    pairs: Positive


class DiscussionSettings(Strict):
    """The methods whose models talk to each other.

    benchmark_names, model_names, protocols: what is discussed, by whom, how; without benchmarks, nothing.
    questions: how many of a benchmark's test questions, evenly spaced. labeller: labels failed debates.
    options: of each protocol, which belong to it and are checked by it.
    """

    benchmark_names: list[str]
    model_names: list[str]
    protocols: list[str] = Field(min_length=1)
    questions: Positive
    labeller: str | None
    options: dict[str, dict[str, Any]] = Field(default_factory=dict)


class TheorySettings(Strict):
    """How the statements of section 4 are tested.

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


Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Licence(Strict):
    """A licence by its name, and its text in the repository, which goes with the votes."""

    name: str
    path: str
    sha256: Sha256


class PublishedSource(Strict):
    """Samples that others published: one file a model in a public repository.

    repository, commit:  OWNER/NAME on GitHub, and what was read of it.
    local:               folder under local/published that is looked into first.
    folder:              folder of the repository that `path` starts from; the local folder holds `path` without it.
    path:                of a model's file, with {model} for its name.
    reader:              the files' format, and for boinf the kind of its answers.
    licence:             None where none was found: then nothing made from the files may be passed on.
    validation_share:    share of the questions that choices are made on.
    sha256:              model → digest of its file.
    """

    repository: str = Field(pattern=r"^[\w.-]+/[\w.-]+$")
    commit: str = Field(pattern=r"^[0-9a-f]{40}$")
    local: str = Field(pattern=r"^[\w-]+$")
    folder: str = ""
    path: str = Field(pattern=r"\{model\}")
    reader: Literal["crux_eval", "boinf_values", "boinf_integers", "boinf_letters"]
    licence: Licence | None
    validation_share: Margin
    sha256: dict[str, Sha256] = Field(min_length=1)


class PoolsSettings(Strict):
    """Pools of models on which the paper's claims are tested again.

    samples:            per model, each a row.
    comparable_spread:  a pool is comparable when its models' validation accuracies differ by at most this.
    leader_gap:         a pool that is not has a leader when its best model is at least so far ahead of the second.
    teams:              published source → pool → its models.
    theory:             published source → those of its pools on which section 4 is tested.
    theory_max_samples: largest N there.
    """

    samples: list[Positive] = Field(min_length=1)
    comparable_spread: Margin
    leader_gap: Margin
    teams: dict[str, dict[str, Annotated[list[str], Field(min_length=2)]]]
    theory: dict[str, list[str]]
    theory_max_samples: Positive


class MapSettings(Strict):
    """The map of all subsets of models: where orchestrating them pays.

    sizes, samples:       models of a subset K, and samples a model k, each a row.
    forest_states:        Agent Forest is evaluated where (k + 1)^K is at most this; its exact law takes so long.
    rule_samples:         samples a model for which rules of thumb are fitted and the answer is worded.
    close_gap, far_gap:   gaps (best member minus mean of the others) up to which members count as close, and from
                          which the best one counts as far ahead.
    objective_resamples:  bootstrap resamples of the rank correlations over all subsets.
    """

    sizes: list[Annotated[int, Field(ge=2, le=3)]] = Field(min_length=1)
    samples: list[Positive] = Field(min_length=1)
    forest_states: Positive
    rule_samples: Positive
    close_gap: Margin
    far_gap: Margin
    objective_resamples: Positive


class ServingSettings(Strict):
    """How a served configuration asks its models.

    policy:          `sequential` asks one model after the other: fewest tokens. `parallel` asks all at once: least
                     waiting. Both stop when the answer is certain.
    on_failure:      when a model fails and the answer is not certain without it: `refuse` to answer, or `leave_out`
                     the model, which the answer then says.
    concurrency:     samples that one server is asked for at a time; the others wait in line.
    max_retries:     of one sample, with exponential backoff.
    timeout_seconds: of one try.
    """

    policy: Literal["sequential", "parallel"]
    on_failure: Literal["refuse", "leave_out"]
    concurrency: Positive
    max_retries: int = Field(ge=0)
    timeout_seconds: float = Field(gt=0)
