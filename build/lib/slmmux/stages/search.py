"""slmmux search BENCHMARK: search models and samples per model, and measure the search against the whole grid.

The study lies under .slmmux/studies (or $SLMMUX_STUDIES) until its results are written: a killed search goes
on where it was. With --worker the command helps with the study of the same votes and parameters, from
another process or machine that sees the folder. Neither changes a result.
"""

import os
from pathlib import Path

import optuna
import pandas as pd

from slmmux.config import load_config
from slmmux.paths import SEARCH, STUDIES, votes_file
from slmmux.result_files import write_results
from slmmux.selection.budget_objectives import BudgetObjectives, budget_objectives
from slmmux.selection.search_result import plan_of, search_result
from slmmux.selection.study import Plan, remove_study, shared_study, study_name
from slmmux.selection.trials import Trials
from slmmux.stages.study import flat, load_splits
from slmmux.tracking.record import Record, digest_of


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("search", description=__doc__)
    parser.add_argument("benchmark")
    parser.add_argument("--worker", action="store_true", help="help with the study that is under way, write nothing")


def run(args) -> Record | None:
    config, name = load_config(), args.benchmark
    settings = config.search
    # Optuna reports every trial on standard error otherwise.
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    validation, test, inputs = load_splits(name)
    objectives = budget_objectives(validation, settings.largest_budget)
    plan = plan_of(objectives, settings, config.evaluation.samples)
    journal = study_file(name, votes_file(name, "validation"), plan)
    if args.worker:
        shared_study(journal, plan, objectives.of)
        return None

    def run_study(plan: Plan, objectives: BudgetObjectives) -> Trials:
        trials = None
        # None: another search of the same study was first, and has removed it.
        while trials is None:
            trials = shared_study(journal, plan, objectives.of)
        return trials

    result = search_result(validation, test, settings, config.evaluation, run_study)
    outputs = write_results(SEARCH / name, result.tables, result.metrics)
    remove_study(journal)
    params = {
        "benchmark": name,
        "models": ",".join(validation.models),
        "samples": config.evaluation.samples,
    } | flat(settings.model_dump())
    headline = "budgets" if "budgets" in set(result.tables["choices"]["choice"]) else "study"
    named = {key: result.metrics.get(f"{headline}/{key}") for key in ("accuracy", "accuracy_se", "tokens_per_question")}
    metrics = result.metrics | {key: value for key, value in named.items() if value is not None}
    told = _configurations(result.tables["choices"], validation.models)
    return Record(f"search@{name}", params, metrics, inputs, outputs, outputs, result.curves, configurations=told)


def _configurations(choices: pd.DataFrame, models: tuple[str, ...]) -> dict[str, dict[str, str]]:
    """What each choice is, as parameters of its run: models, and the samples of each."""
    found = {}
    for row in choices.to_dict("records"):
        budget = {model: int(row[model]) for model in models if int(row[model])}
        samples = ",".join(map(str, budget.values()))
        found[row["choice"]] = {"method": f"SLM-MUX, {row['choice']}", "models": ",".join(budget), "samples": samples}
    return found


def study_file(benchmark: str, votes: Path, plan: Plan) -> Path:
    """The journal of this very study."""
    return (
        Path(os.environ.get("SLMMUX_STUDIES") or STUDIES) / f"{study_name(benchmark, digest_of(votes), plan)}.journal"
    )
