"""python -m analysis search_page: the page on the search: choices, samplers, and how far the whole grid reaches."""

from pathlib import Path

import pandas as pd

from analysis.figures.pool_size import LIFETIME, SHORTEST
from analysis.figures.search import SAMPLERS
from analysis.pages.certainty import CHOSEN_WORDS, POWER_WORDS, chosen_table, power_table
from analysis.pages.search_beyond import choices_table as choices_of_pools
from analysis.pages.search_beyond import policies_table, policy_regret_table, regret_table
from analysis.results import folded, percent, read_tables, single_model_points
from slmmux.config import load_config
from slmmux.errors import InputError
from slmmux.files import write_text
from slmmux.paths import CERTAINTY, POOL_SIZE, SEARCH, SEARCH_PAGE, SEARCH_POLICIES
from slmmux.tracking.record import Dataset, Record

CHOICES = {
    "objective": "the paper's O(S), best of any K",
    "direct": "exact validation accuracy, equal budgets",
    "budgets": "exact validation accuracy, any budgets",
    "study": "most accurate of the Optuna study",
    "frugal": "cheapest close to the most accurate",
}
WAYS = {"budgets": "all budgets", "subsets": "all subsets at one k", "objective": "O(S), K = 2..5"}

# Unit → seconds.
UNITS = {"s": 1, "minutes": 60, "hours": 3600, "days": 86400, "years": 365 * 86400}


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
    counts = {}
    for name in ("front", "front_with_stopping"):
        points = [single_model_points(_read(search / benchmark / f"{name}.csv")) for benchmark in benchmarks]
        counts[name] = [sum(of) for of in zip(*points)]
    (drawn, of_drawn), (stopped, of_stopped) = counts["front"], counts["front_with_stopping"]
    exhaustive = _read(pool_size / "exhaustive.csv")
    budgets = exhaustive[(exhaustive["way"] == "budgets") & exhaustive["measured"]]
    largest = budgets.loc[budgets["models"].idxmax()]
    subsets = exhaustive[(exhaustive["way"] == "objective") & exhaustive["measured"]]
    reached = subsets.loc[subsets["models"].idxmax()]
    lines = [
        "- **First try one model with more samples.** A *budget* is the number of samples that each model draws; the "
        "*Pareto front* holds those for which no other is as accurate for fewer tokens. Where every sample is drawn, "
        f"{drawn} of the {of_drawn} budgets on the true fronts use one model. Where asking stops as soon as the rest "
        f"cannot change the answer, {stopped} of {of_stopped} do: stopping makes a second model cheaper.",
        f"- **Up to {largest['models']} models, evaluate every budget**: {duration(largest['seconds'])}, and nothing "
        "is missed.",
    ]
    lines += _which_sampler(_read(pool_size / "samplers.csv"), int(largest["models"]))
    lines.append(
        f"- **The paper's O(S) can be searched in full**: {reached['models']} models take "
        f"{duration(reached['seconds'])}."
    )
    return "\n".join(lines)


def _which_sampler(samplers: pd.DataFrame, gridded: int) -> list[str]:
    """What to sample with beyond pools of `gridded` models, and what differs in smaller ones."""
    last = samplers[samplers["trials"] == samplers["trials"].max()]
    large, small = last[last["models"] > gridded], last[last["models"] <= gridded]
    if large.empty:
        return []
    regret, share = (large.groupby("sampler")[name].mean() for name in ("regret", "hypervolume_share"))
    # Of samplers with the same regret the one that finds more of the front.
    best = min(regret.index, key=lambda name: (round(regret[name], 4), -share[name]))
    told = ", ".join(
        f"{SAMPLERS[n]} {percent(regret[n], digits=2)} / {percent(share[n])}" for n in SAMPLERS if n in regret.index
    )
    lines = [
        f"- **Beyond that, take {SAMPLERS[best]}** as Optuna's sampler, which proposes the budgets to try. After "
        f"{last['trials'].iloc[0]} trials, on average over the pools, points below the best known budget / share in % "
        f"of the area below the best known front (*hypervolume*): {told}. All start from the same known budgets, so "
        "what a sampler adds is small."
    ]
    if len(small):
        found = small.groupby("sampler")["hypervolume_share"].mean()
        if found.idxmax() != best:
            most = SAMPLERS[found.idxmax()]
            lines.append(
                f"- In the smaller pools {most} finds most of the front ({percent(found.max())} % against "
                f"{percent(found[best])} % of {SAMPLERS[best]}): there is more to gain at the cheap end of the front, "
                f"which {most} models too, than from changes to the most accurate budgets."
            )
    return lines


def choices_table(search: Path, benchmarks: list[str]) -> str:
    """Every choice made on validation, measured once on test: a row a benchmark and budget, whoever chose it."""
    lines = ["| benchmark | chosen by | samples per model | validation % | test % ± SE | tokens | with stopping |"]
    lines.append("|---|---|---|---|---|---|---|")
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
                f"{row['tokens_per_question']:.0f} | {row['tokens_with_stopping']:.0f} |"
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


def search_markdown(
    search: Path, pool_size: Path, benchmarks: list[str], pools: list[str], sure: dict, samples: int
) -> str:
    """The page: advice first, then small tables; the longer ones open on a click.

    sure: benchmark → its tables `power` and `chosen` of the stage certainty, for `samples` a model.
    """
    return "\n".join(
        [
            advice(search, pool_size, benchmarks),
            "\n![Validation accuracy against expected tokens with stopping](../results/figures/pareto.png)\n",
            "Every budget stands at what it costs when models are asked one after the other and asking stops as soon "
            "as the rest cannot change the answer; dashed, the front where every sample is drawn. The study itself "
            "minimises the tokens of all samples.",
            "\n### What was chosen\n",
            "Chosen on the validation split, measured once on the test split. O(S) is the paper's objective: union "
            "accuracy minus contradiction. Tokens per question: of all samples, and expected with stopping.\n",
            choices_table(search, benchmarks),
            "\n### What choosing a subset costs\n",
            chosen_table({name: found["chosen"] for name, found in sure.items()}),
            f"\n{CHOSEN_WORDS}",
            "",
            *folded(
                "How many questions a difference needs",
                power_table({name: found["power"] for name, found in sure.items()}, samples),
                f"\n{POWER_WORDS}",
            ),
            "### The samplers\n",
            "Against the true optimum and the true Pareto front of the whole grid, after all trials, means over seeds: "
            "points of accuracy below the optimum (regret) / share of the front's hypervolume in %.\n",
            samplers_table(search, benchmarks),
            *(beyond(search, pools) if pools else []),
            "\n### Policies\n",
            "Models, samples, the order of asking and the confidence at which asking stops (threshold), searched "
            "together; tokens are those expected with stopping. Chosen by the study, the most accurate:\n",
            policies_table(SEARCH_POLICIES, benchmarks, ["study"]),
            "",
            *folded("All policies that were chosen", policies_table(SEARCH_POLICIES, benchmarks)),
            *folded(
                "How near the studies come to all policies, which can be evaluated here",
                policy_regret_table(SEARCH_POLICIES, benchmarks, SAMPLERS),
            ),
            "### How far exhaustive search reaches\n",
            "Time of one core on simulated votes, projected where in brackets; *never*: longer than a lifetime.\n",
            cost_table(pool_size),
            "",
            *folded(
                "The samplers on the same simulated pools",
                "Regret / share of the hypervolume; where the grid is too large, against the best that is known:\n",
                reach_table(pool_size),
            ),
            "",
        ]
    )


def add_parser(subparsers) -> None:
    subparsers.add_parser("search_page", description=__doc__)


def run(args) -> Record:
    config = load_config()
    benchmarks, pools = config.benchmark_names, config.search_large.benchmark_names
    sure, samples = read_tables(CERTAINTY, benchmarks, ["power", "chosen"]), config.evaluation.samples
    write_text(SEARCH_PAGE, search_markdown(SEARCH, POOL_SIZE, benchmarks, pools, sure, samples))
    inputs = [Dataset(f"search of {name}", SEARCH / name) for name in benchmarks]
    inputs += [Dataset(f"certainty of {name}", CERTAINTY / name) for name in benchmarks]
    return Record("search_page", {"benchmarks": ",".join(benchmarks)}, {}, inputs, [SEARCH_PAGE], [SEARCH_PAGE])
