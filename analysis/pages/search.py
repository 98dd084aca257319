"""python -m analysis search_page: the page on the search: choices, samplers, and how far the whole grid reaches."""

from pathlib import Path

import pandas as pd

from slmmux.config import load_config
from slmmux.errors import InputError
from slmmux.files import write_text
from slmmux.paths import POOL_SIZE, SEARCH, SEARCH_PAGE
from slmmux.tracking.record import Dataset, Record

CHOICES = {
    "objective": "the paper's O(S), best of any K",
    "direct": "exact validation accuracy, equal budgets",
    "budgets": "exact validation accuracy, any budgets",
    "study": "most accurate of the Optuna study",
    "frugal": "cheapest close to the most accurate",
}
SAMPLERS = {"random": "random", "nsgaii": "NSGA-II", "tpe": "TPE"}
WAYS = {"budgets": "all budgets", "subsets": "all subsets at one k", "objective": "O(S), K = 2..5"}


def _read(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: {str(error).splitlines()[0][:100]}; run `dvc repro`") from None


def _percent(value: float) -> str:
    return f"{100 * value:.1f}"


def choices_table(search: Path, benchmarks: list[str]) -> str:
    """Every choice made on validation, measured once on test, a row a benchmark and choice."""
    lines = ["| benchmark | chosen by | samples per model | validation % | test % ± SE | tokens per question |"]
    lines.append("|---|---|---|---|---|---|")
    for name in benchmarks:
        table = _read(search / name / "choices.csv")
        models = list(table.columns[1 : table.columns.get_loc("validation_accuracy")])
        for _, row in table.iterrows():
            budget = ", ".join(f"{model} {int(row[model])}" for model in models if row[model])
            accuracy = f"{_percent(row['accuracy'])} ± {_percent(row['accuracy_se'])}"
            lines.append(
                f"| {name} | {CHOICES.get(row['choice'], row['choice'])} | {budget} | "
                f"{_percent(row['validation_accuracy'])} | {accuracy} | {row['tokens_per_question']:.0f} |"
            )
    return "\n".join(lines)


def samplers_table(search: Path, benchmarks: list[str]) -> str:
    """Regret and share of the true hypervolume after all trials, by sampler; ranges are over seeds."""
    lines = ["| benchmark | sampler | trials | regret, points [range] | share of the hypervolume, % [range] |"]
    lines.append("|---|---|---|---|---|")
    for name in benchmarks:
        for sampler, rows in _read(search / name / "progress.csv").groupby("sampler", sort=False):
            last = rows.loc[rows["trials"].idxmax()]
            cells = [
                f"{_percent(last[key])} [{_percent(last[f'{key}_low'])}, {_percent(last[f'{key}_high'])}]"
                for key in ("regret", "hypervolume_share")
            ]
            lines.append(f"| {name} | {SAMPLERS.get(sampler, sampler)} | {last['trials']:.0f} | {' | '.join(cells)} |")
    return "\n".join(lines)


def pool_size_tables(pool_size: Path) -> str:
    """Seconds that the exhaustive ways take, and what the samplers reach, by number of simulated models."""
    exhaustive = _read(pool_size / "exhaustive.csv")
    ways = [way for way in WAYS if way in set(exhaustive["way"])]
    lines = [f"| models | {' | '.join(WAYS[way] for way in ways)} |", f"|---|{'---|' * len(ways)}"]
    for models, rows in exhaustive.groupby("models"):
        cells = []
        for way in ways:
            row = rows[rows["way"] == way].iloc[0]
            seconds = f"{row['seconds']:.2g} s"
            cells.append(seconds if row["measured"] else f"({seconds})")
        lines.append(f"| {models} | {' | '.join(cells)} |")
    samplers = _read(pool_size / "samplers.csv")
    last = samplers[samplers["trials"] == samplers["trials"].max()]
    names = [name for name in SAMPLERS if name in set(last["sampler"])]
    lines += ["", f"After {last['trials'].max()} trials, regret in points / share of the hypervolume in %:", ""]
    lines += [f"| models | truth | {' | '.join(SAMPLERS[n] for n in names)} |", f"|---|---|{'---|' * len(names)}"]
    for models, rows in last.groupby("models"):
        cells = []
        for name in names:
            row = rows[rows["sampler"] == name].iloc[0]
            cells.append(f"{_percent(row['regret'])} / {_percent(row['hypervolume_share'])}")
        lines.append(f"| {models} | {rows['truth'].iloc[0]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def search_markdown(search: Path, pool_size: Path, benchmarks: list[str]) -> str:
    """The README's part on the search."""
    return "\n".join(
        [
            "Chosen on the validation split, measured once on the test split:\n",
            choices_table(search, benchmarks),
            "\nThe samplers against the true optimum and the true Pareto front of the whole grid:\n",
            samplers_table(search, benchmarks),
            "\nHow far exhaustive search reaches, on simulated votes (projected where in brackets):\n",
            pool_size_tables(pool_size),
            "",
        ]
    )


def add_parser(subparsers) -> None:
    subparsers.add_parser("search_page", description=__doc__)


def run(args) -> Record:
    benchmarks = load_config().benchmark_names
    write_text(SEARCH_PAGE, search_markdown(SEARCH, POOL_SIZE, benchmarks))
    inputs = [Dataset(f"search of {name}", SEARCH / name) for name in benchmarks]
    return Record("search_page", {"benchmarks": ",".join(benchmarks)}, {}, inputs, [SEARCH_PAGE], [SEARCH_PAGE])
