"""slmmux study BENCHMARK: keep the study of `slmmux search` where Optuna's own tools open it.

    optuna-dashboard sqlite:///.slmmux/studies/BENCHMARK.db

The trials are those of the search with the same votes and parameters. A trial's parameters are the samples of every
model; its attributes name the subset, repeat the metrics and say what the budget costs where asking stops early. The
budget of no samples at all is kept as a failed trial, so that no picture shows its values, which are the worst by
definition.
"""

import warnings
from functools import partial
from pathlib import Path

import optuna
from optuna.trial import TrialState, create_trial
from sqlalchemy.exc import SQLAlchemyError

from slmmux.config import load_config
from slmmux.errors import InputError, without_passwords
from slmmux.paths import STUDIES, votes_file
from slmmux.selection.budget_objectives import BudgetObjectives, budget_objectives
from slmmux.selection.search_result import plan_of
from slmmux.selection.study import DIRECTIONS, Plan, study_in_memory, study_name
from slmmux.tracking.record import digest_of
from slmmux.votes.archive import load_votes


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("study", description=__doc__)
    parser.add_argument("benchmark")
    parser.add_argument("--storage", help="any storage of Optuna's, such as sqlite:///FILE or a database's address")


def run(args) -> None:
    config, name = load_config(), args.benchmark
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    votes = load_votes(votes_file(name, "validation"))
    objectives = budget_objectives(votes, config.search.largest_budget)
    plan = plan_of(objectives, config.search, config.evaluation.samples)
    kept = study_name(name, digest_of(votes_file(name, "validation")), plan)
    storage = args.storage or f"sqlite:///{_default_file(name)}"
    try:
        study = optuna.create_study(storage=storage, study_name=kept, directions=DIRECTIONS, load_if_exists=True)
    except (SQLAlchemyError, ValueError) as error:
        raise InputError(f"--storage {storage}: {str(getattr(error, 'orig', error)).splitlines()[0][:200]}") from None
    try:
        _keep(study, plan, objectives)
    except SQLAlchemyError as error:
        raise InputError(f"--storage {storage}: {getattr(error, 'orig', error)}; its trials so far are kept") from None
    print(f"{plan.trials} trials of {kept}: optuna-dashboard {without_passwords(storage)}")


def _keep(study: optuna.Study, plan: Plan, objectives: BudgetObjectives) -> None:
    """Add the trials of the search that the study does not have yet."""
    metrics = ["accuracy", "tokens" if objectives.counts_tokens else "samples"]
    known = len(study.get_trials(deepcopy=False))
    if known < plan.trials:
        with warnings.catch_warnings():
            # Optuna calls names of metrics experimental.
            warnings.simplefilter("ignore", optuna.exceptions.ExperimentalWarning)
            study.set_metric_names(metrics)
        trials = study_in_memory(plan, objectives.of)
        for point, *values in list(zip(trials.points.tolist(), trials.accuracy.tolist(), trials.tokens.tolist()))[
            known:
        ]:
            params = dict(zip(trials.parameters, point))
            made = partial(create_trial, params=params, distributions=dict(plan.space))
            if not any(point):
                study.add_trial(made(state=TrialState.FAIL, user_attrs={"models": "none"}))
                continue
            attributes = {"models": ", ".join(model for model, k in params.items() if k)} | dict(zip(metrics, values))
            attributes[f"{metrics[1]}_with_stopping"] = objectives.tokens_with_stopping(point)
            study.add_trial(made(values=values, user_attrs=attributes))


def _default_file(benchmark: str) -> Path:
    STUDIES.mkdir(parents=True, exist_ok=True)
    return STUDIES / f"{benchmark}.db"
