"""python -m analysis search_page: the page on the search: choices, samplers, and how far the whole grid reaches."""

from pathlib import Path

import pandas as pd

from analysis.pages.search_beyond import choices_table as choices_of_pools
from analysis.pages.search_beyond import policies_table, policy_regret_table, regret_table
from analysis.results import percent, single_model_points
from slmmux.config import load_config
from slmmux.errors import InputError
from slmmux.files import write_text
from slmmux.paths import POOL_SIZE, SEARCH, SEARCH_PAGE, SEARCH_POLICIES
from slmmux.tracking.record import Dataset, Record

CHOICES = {
    "objective": "the paper's O(S), best of any K",
    "direct": "exact validation accuracy, equal budgets",
    "budgets": "exact validation accuracy, any budgets",
    "study": "most accurate of the Optuna study",
    "frugal": "cheapest close to the most accurate",
}
SAMPLERS = {"random": "random search", "nsgaii": "NSGA-II", "tpe": "TPE", "ascent": "ascent"}
WAYS = {"budgets": "all budgets", "subsets": "all subsets at one k", "objective": "O(S), K = 2..5"}

# Unit → seconds; what takes longer than LIFETIME is called never.
UNITS = {"s": 1, "minutes": 60, "hours": 3600, "days": 86400, "years": 365 * 86400}
LIFETIME = 100 * UNITS["years"]
# Times are kept in hundredths of a second.
SHORTEST = 0.01


def _read(path: Path) -> pd.DataFrame:
    try:
        return pd.read_csv(path)
    except (OSError, ValueError) as error:
        raise InputError(f"{path}: {str(error).splitlines()[0][:100]}; run `dvc repro`") from None


def duration(seconds: float) -> str:
    """Seconds in the unit that people use for so long a time; 'never' beyond a lifetime."""
    if seconds >= LIFETIME:
        return "never"
    unit = next(unit for unit in reversed(UNITS) if seconds >= UNITS[unit] or unit == "s")
    count = seconds / UNITS[unit]
    if count < SHORTEST:
        return f"under {SHORTEST} s"
    return f"{count:.0f} {unit}" if count >= 10 else f"{count:.2g} {unit}"


def advice(search: Path, pool_size: Path, benchmarks: list[str]) -> str:
    """What to do, as a list, with the measured numbers that say so."""
    points = [single_model_points(_read(search / name / "front.csv")) for name in benchmarks]
    one, of = (sum(counts) for counts in zip(*points))
    exhaustive = _read(pool_size / "exhaustive.csv")
    budgets = exhaustive[(exhaustive["way"] == "budgets") & exhaustive["measured"]]
    largest = budgets.loc[budgets["models"].idxmax()]
    subsets = exhaustive[(exhaustive["way"] == "objective") & exhaustive["measured"]]
    reached = subsets.loc[subsets["models"].idxmax()]
    samplers = _read(pool_size / "samplers.csv")
    last = samplers[(samplers["trials"] == samplers["trials"].max()) & (samplers["models"] > largest["models"])]
    means = last.groupby("sampler")[["regret", "hypervolume_share"]].mean()
    best, share = means["regret"].idxmin(), means["hypervolume_share"].idxmax()
    lines = [
        f"- **First try one model with more samples.** {one} of the {of} points of the true Pareto fronts use "
        "one model.",
        f"- **Up to {largest['models']} models, evaluate every budget**: {duration(largest['seconds'])}, and nothing "
        "is missed.",
    ]
    if len(means):
        regrets = ", ".join(f"{SAMPLERS[name]} {percent(means.loc[name, 'regret'])}" for name in means.index)
        lines.append(
            f"- **Beyond that, take {SAMPLERS[best]}**: after {last['trials'].iloc[0]} trials the "
            f"samplers are on average so many points below the best known: {regrets}."
        )
        worst = means["regret"].idxmax()
        if worst != best and worst in ("tpe", "nsgaii"):
            shares = ", ".join(f"{SAMPLERS[n]} {percent(means.loc[n, 'hypervolume_share'])}" for n in means.index)
            here = sum(_regrets(search, name).idxmin() == worst for name in benchmarks)
            lines.append(
                f"- {SAMPLERS[worst]} is the worst there in accuracy; on {here} of the {len(benchmarks)} benchmarks "
                "here, with their few models, it is the best. It looks for the whole front, cheap budgets included: of "
                f"the front's hypervolume the samplers find, in %: {shares}; {SAMPLERS[share]} finds most."
            )
    lines.append(
        f"- **The paper's O(S) can be searched in full**: {reached['models']} models take "
        f"{duration(reached['seconds'])}."
    )
    return "\n".join(lines)


def _regrets(search: Path, benchmark: str) -> pd.Series:
    """Mean regret of each sampler after all trials."""
    progress = _read(search / benchmark / "progress.csv")
    return progress[progress["trials"] == progress["trials"].max()].set_index("sampler")["regret"]


def choices_table(search: Path, benchmarks: list[str]) -> str:
    """Every choice made on validation, measured once on test: a row a benchmark and budget, whoever chose it."""
    lines = ["| benchmark | chosen by | samples per model | validation % | test % ± SE | tokens per question |"]
    lines.append("|---|---|---|---|---|---|")
    for name in benchmarks:
        table = _read(search / name / "choices.csv")
        models = list(table.columns[1 : table.columns.get_loc("validation_accuracy")])
        for _, rows in table.groupby(models, sort=False):
            row = rows.iloc[0]
            budget = ", ".join(f"{model} {int(row[model])}" for model in models if row[model])
            by = "; ".join(CHOICES.get(choice, choice) for choice in rows["choice"])
            accuracy = f"{percent(row['accuracy'])} ± {percent(row['accuracy_se'])}"
            lines.append(
                f"| {name} | {by} | {budget} | {percent(row['validation_accuracy'])} | {accuracy} | "
                f"{row['tokens_per_question']:.0f} |"
            )
    return "\n".join(lines)


def samplers_table(search: Path, benchmarks: list[str]) -> str:
    """Regret and share of the true hypervolume after all trials, a row a benchmark, a column a sampler."""
    names: list[str] = []
    rows = []
    for name in benchmarks:
        progress = _read(search / name / "progress.csv")
        last = progress.loc[progress.groupby("sampler", sort=False)["trials"].idxmax()].set_index("sampler")
        names += [sampler for sampler in last.index if sampler not in names]
        rows.append((name, last))
    lines = [f"| benchmark | {' | '.join(SAMPLERS.get(n, n) for n in names)} |", f"|---|{'---|' * len(names)}"]
    for name, last in rows:
        cells = [
            f"{percent(last.loc[n, 'regret'])} / {percent(last.loc[n, 'hypervolume_share'])}"
            if n in last.index
            else "–"
            for n in names
        ]
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)


def cost_table(pool_size: Path) -> str:
    """How long the exhaustive ways take, a row a number of models; in brackets where it was projected."""
    exhaustive = _read(pool_size / "exhaustive.csv")
    ways = [way for way in WAYS if way in set(exhaustive["way"])]
    lines = [f"| models | {' | '.join(WAYS[way] for way in ways)} |", f"|---|{'---|' * len(ways)}"]
    for models, rows in exhaustive.groupby("models"):
        cells = []
        for way in ways:
            row = rows[rows["way"] == way].iloc[0]
            cells.append(duration(row["seconds"]) if row["measured"] else f"({duration(row['seconds'])})")
        lines.append(f"| {models} | {' | '.join(cells)} |")
    return "\n".join(lines)


def reach_table(pool_size: Path) -> str:
    """What the samplers reach, a row a number of simulated models."""
    samplers = _read(pool_size / "samplers.csv")
    last = samplers[samplers["trials"] == samplers["trials"].max()]
    names = [name for name in SAMPLERS if name in set(last["sampler"])]
    lines = [f"| models | truth | {' | '.join(SAMPLERS[n] for n in names)} |", f"|---|---|{'---|' * len(names)}"]
    for models, rows in last.groupby("models"):
        of = rows.set_index("sampler")
        cells = [f"{percent(of.loc[n, 'regret'])} / {percent(of.loc[n, 'hypervolume_share'])}" for n in names]
        lines.append(f"| {models} | {rows['truth'].iloc[0]} | {' | '.join(cells)} |")
    return "\n".join(lines)


def beyond(search: Path, pools: list[str]) -> list[str]:
    """The part on pools whose grid nobody can evaluate."""
    return [
        "\n### Pools of many models\n",
        "The whole grid cannot be evaluated. Regret is against the best known, by ascents of one model's budget at a "
        "time from many starts.\n",
        regret_table(search, pools, SAMPLERS),
        "\nOptimism is validation minus test accuracy, and holds the difference in difficulty of the two splits as "
        "well. Gains are over the most accurate single model: what the gain on validation has more is what choosing "
        "cost.\n",
        choices_of_pools(search, pools),
    ]


def search_markdown(search: Path, pool_size: Path, benchmarks: list[str], pools: list[str]) -> str:
    """The page: advice first, then small tables."""
    return "\n".join(
        [
            advice(search, pool_size, benchmarks),
            "\n### What was chosen\n",
            "Chosen on the validation split, measured once on the test split. O(S) is the paper's objective: union "
            "accuracy minus contradiction.\n",
            choices_table(search, benchmarks),
            "\n### The samplers\n",
            "Against the true optimum and the true Pareto front of the whole grid, after all trials, means over seeds: "
            "points of accuracy below the optimum (regret) / share of the front's hypervolume in %.\n",
            samplers_table(search, benchmarks),
            *(beyond(search, pools) if pools else []),
            "\n### Policies\n",
            "Models, samples, the order of asking and the confidence at which asking stops, searched together; tokens "
            "are those expected with stopping.\n",
            policies_table(SEARCH_POLICIES, benchmarks),
            "",
            policy_regret_table(SEARCH_POLICIES, benchmarks, SAMPLERS),
            "\n### How far exhaustive search reaches\n",
            "Time of one core on simulated votes, projected where in brackets; *never*: longer than a lifetime.\n",
            cost_table(pool_size),
            "\nThe samplers on the same simulated pools, regret / share of the hypervolume; where the grid is too "
            "large, against the best that is known:\n",
            reach_table(pool_size),
            "",
        ]
    )


def add_parser(subparsers) -> None:
    subparsers.add_parser("search_page", description=__doc__)


def run(args) -> Record:
    config = load_config()
    benchmarks, pools = config.benchmark_names, config.search_large.benchmark_names
    write_text(SEARCH_PAGE, search_markdown(SEARCH, POOL_SIZE, benchmarks, pools))
    inputs = [Dataset(f"search of {name}", SEARCH / name) for name in benchmarks]
    return Record("search_page", {"benchmarks": ",".join(benchmarks)}, {}, inputs, [SEARCH_PAGE], [SEARCH_PAGE])
