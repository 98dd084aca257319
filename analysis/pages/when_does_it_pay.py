"""python -m analysis pays_page: when orchestrating several models pays, in words, with the tables behind the words."""

from collections.abc import Sequence

import pandas as pd

from analysis.figures import gain_map, pools
from analysis.figures.common import save_figures
from analysis.results import decision, percent, read_tables, with_interval
from slmmux.config import Config, load_config
from slmmux.files import write_text
from slmmux.paths import GAIN_MAP, OBJECTIVE, PAYS, POOLS
from slmmux.stages.gain_map import GAINS
from slmmux.stages.pools import RIVALS
from slmmux.tracking.record import Dataset, Record

MAP_TABLES = ("by_gap", "rules")
CLASSES = {"close": "close", "between": "between", "far": "one far ahead"}
RULES = {
    "always": "the same answer for all",
    "gap": "gap",
    "complementarity": "others right where the best is wrong",
    "ties": "ties in confidence",
    "sure_when_wrong": "agreement on wrong answers",
    "linear": "all four, linearly",
}

# Share of 1 below which a gain is not worth several models.
LITTLE = 0.0025

Tables = dict[str, dict[str, pd.DataFrame]]


def pooled(maps: Tables, size: int, gap: str) -> pd.Series:
    """Means over all subsets of a size and class of gaps in all benchmarks; `subsets` their number."""
    rows = pd.concat([found["by_gap"] for found in maps.values()], ignore_index=True)
    rows = rows[(rows["size"] == size) & (rows["gap"] == gap)]
    values = rows.drop(columns=["size", "samples", "gap", "subsets"])
    mean = values.mul(rows["subsets"], axis=0).sum() / rows["subsets"].sum()
    return pd.concat([mean, pd.Series({"subsets": rows["subsets"].sum()})])


def sentence(maps: Tables, config: Config) -> str:
    """The answer in words for the README's first screen: orchestrate when, don't when; every number measured.

    maps: benchmark → its tables by_gap and rules. Each half says what the measured signs say.
    """
    settings, size = config.map, max(config.map.sizes)
    close, far = (pooled(maps, size, gap) for gap in ("close", "far"))
    near, ahead = 100 * settings.close_gap, 100 * settings.far_gap
    start = f"Measured on {close['subsets'] + far['subsets']:.0f} sets of {size} published models, "
    start += f"{settings.rule_samples} samples a model:"
    pays = "Orchestrate when" if close["over_same_total"] > 0 else "Do not even orchestrate when"
    first = (
        f"**{pays} the models are comparable** (the best at most {near:g} points ahead of the others): against the "
        f"best one's self-consistency with as many samples in all, SLM-MUX gains {_gain(close, 'over_same_total')}. "
        + _forest(close)
    )
    lost = far["over_same_total"] < LITTLE
    helps = "Don't when" if lost else "Orchestrate also when"
    second = f"**{helps} one model is far ahead** (by {ahead:g} points or more): {_gain(far, 'over_same_total')}"
    if lost:
        second += f"; the best model alone {'is better' if far['over_same_total'] < -LITTLE else 'does as well'}"
    second += "."
    return f"{start} {first} {second} {_forest(far)}"


def _gain(row: pd.Series, name: str) -> str:
    gaining = percent(row[f"{name}_positive"], digits=0)
    return f"{percent(row[name], sign=True)} points on average ({gaining} % of the sets gain)"


def _forest(row: pd.Series) -> str:
    rival = row["over_forest"]
    better = "SLM-MUX is better than Agent Forest there" if rival > 0 else "Agent Forest is better still there"
    return f"{better}, by {percent(abs(rival))} points on average."


def gap_table(maps: Tables, size: int) -> str:
    """One row a benchmark and class of gaps, of subsets of that size: mean gains, and the share that gain."""
    names = [f"over {text}" for text in GAINS.values()]
    lines = [f"| benchmark | members | subsets | {' | '.join(names)} |", "|---" * (3 + len(names)) + "|"]
    for benchmark, found in maps.items():
        of_size = found["by_gap"][found["by_gap"]["size"] == size]
        for row in of_size.to_dict("records"):
            cells = []
            for name in GAINS:
                up, sure, below = (
                    percent(row[f"{name}_{end}"], digits=0)
                    for end in ("positive", "surely_positive", "surely_negative")
                )
                cells.append(f"{percent(row[name], True)} ({up} %; surely {sure} % above, {below} % below)")
            start = f"{benchmark} | {CLASSES[row['gap']]} | {row['subsets']}"
            lines.append(f"| {start} | {' | '.join(cells)} |")
    return "\n".join(lines)


def mean_gap_table(maps: Tables, size: int) -> str:
    """One row a class of gaps: mean gains in points over the subsets of all benchmarks."""
    lines = [f"| members | subsets | {' | '.join(f'over {text}' for text in GAINS.values())} |"]
    lines.append("|---" * (2 + len(GAINS)) + "|")
    for gap, words in CLASSES.items():
        row = pooled(maps, size, gap)
        if not row["subsets"]:
            lines.append(f"| {words} | 0 |{' – |' * len(GAINS)}")
            continue
        cells = [f"{percent(row[name], True)} ({percent(row[f'{name}_positive'], digits=0)} % gain)" for name in GAINS]
        lines.append(f"| {words} | {row['subsets']:.0f} | {' | '.join(cells)} |")
    return "\n".join(lines)


def pool_rows(tables: Tables, samples: Sequence[int]) -> str:
    """One row a pool and number of samples: SLM-MUX, and its gain over each rival with interval and verdict."""
    rivals = [name for name in RIVALS if any((t["comparisons"]["rival"] == name).any() for t in tables.values())]
    heads = [f"minus {RIVALS[name][1]}" for name in rivals]
    lines = [f"| pool | kind | samples | SLM-MUX, % | {' | '.join(heads)} |", "|---" * (4 + len(heads)) + "|"]
    for benchmark, found in tables.items():
        shown = found["comparisons"][found["comparisons"]["samples"].isin(samples)]
        for (pool, k), group in shown.groupby(["pool", "samples"], sort=False):
            rows = group.set_index("rival")
            first = rows.iloc[0]
            cells = [_cell(rows.loc[name]) if name in rows.index else "–" for name in rivals]
            start = f"{benchmark}, {pool} | {first['kind']} | {k}"
            accuracy = f"{percent(first['accuracy'])} ± {percent(first['accuracy_se'])}"
            lines.append(f"| {start} | {accuracy} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(row: pd.Series) -> str:
    note = f", all {row['rival_samples']} samples" if row["capped"] else ""
    limits = row["gain_low"], row["gain_high"]
    said = decision(*limits, row["gain_needs"], row["questions"])
    return f"{with_interval(row['gain'], *limits)} {f'**{said}**' if said == 'below' else f'*{said}*'}{note}"


def rule_table(maps: Tables) -> str:
    """One row a benchmark, size and gain: the error of each rule of thumb on models it never saw."""
    lines = [
        f"| benchmark | models | gain over | {' | '.join(RULES.values())} | the gap's rule |",
        "|---" * (4 + len(RULES)) + "|",
    ]
    for benchmark, found in maps.items():
        for (size, gain), group in found["rules"].groupby(["size", "gain"], sort=False):
            rows = group.set_index("rule")
            errors = [percent(rows.loc[name, "held_out_error"], digits=0) for name in RULES]
            limit, side = 100 * rows.loc["gap", "limit"], rows.loc["gap", "side"]
            rule = "always" if limit < 0 else f"{side} {limit:.1f} points"
            lines.append(f"| {benchmark} | {size} | {GAINS[gain]} | {' | '.join(errors)} | {rule} |")
    return "\n".join(lines)


def objective_rows(tables: Tables) -> str:
    """One row a benchmark and criterion, over subsets of all sizes: rank correlation, and its choice's regret."""
    lines = [
        "| benchmark | chosen by, on validation | rank correlation with test accuracy | regret, points | "
        "over the best model's self-consistency, points ± SE |",
        "|---|---|---|---|---|",
    ]
    names = {"direct": "exact accuracy of SLM-MUX", "members": "mean accuracy of the members"}
    for benchmark, found in tables.items():
        table = found["objective"]
        for row in table[(table["sizes"] == "all") & (table["criterion"] != "iclr_package")].to_dict("records"):
            name = names.get(row["criterion"]) or f"the paper's O(S), lambda {row['lambda']:g}"
            rank = f"{row['rank_test']:.2f} [{row['rank_test_low']:.2f}, {row['rank_test_high']:.2f}]"
            over = f"{percent(row['over_best'], True)} ± {percent(row['over_best_se'])}"
            lines.append(f"| {benchmark} | {name} | {rank} | {percent(row['loss'])} | {over} |")
    return "\n".join(lines)


def curse_table(tables: Tables) -> str:
    """One row a benchmark and set of candidates: what choosing the best of them on validation costs."""
    lines = [
        "| benchmark | candidates | how many | winner, validation % | of that, owed to choosing | test % | regret |",
        "|---|---|---|---|---|---|---|",
    ]
    for benchmark, found in tables.items():
        for row in found["winners_curse"].to_dict("records"):
            cells = [percent(row[key]) for key in ("validation_accuracy", "optimism", "test_accuracy", "regret")]
            lines.append(f"| {benchmark} | {row['candidates']} | {row['number']} | {' | '.join(cells)} |")
    return "\n".join(lines)


def page(maps: Tables, compared: Tables, objectives: Tables, config: Config) -> str:
    """The whole page as Markdown: the answer, the pictures, short tables, everything else folded."""
    k, settings = config.evaluation.samples, config.map
    return "\n".join(
        [
            sentence(maps, config),
            "",
            "![Gain by gap](../results/pays/gain_by_gap.png)",
            "",
            "Every mark is a pair or a triple of models; its place is exact, over all draws of the samples. Dotted: "
            f"the gaps of {100 * settings.close_gap:g} and {100 * settings.far_gap:g} points that the words above use.",
            "",
            mean_gap_table(maps, max(settings.sizes)),
            "",
            f"Sets of {max(settings.sizes)} models of all benchmarks: mean gains of SLM-MUX in points of accuracy on "
            "the test questions, and the share of sets that gain. The gap between members is known from the "
            "validation questions.",
            "",
            "<details><summary>By benchmark and number of models</summary>",
            "",
            *(text for size in settings.sizes for text in (f"{size} models:", "", gap_table(maps, size), "")),
            "In brackets the share of subsets that gain. *Surely*: more than 1.96 standard errors from 0, each subset "
            "on its own.",
            "",
            "</details>",
            "",
            "![SLM-MUX or Agent Forest](../results/pays/slm_mux_or_forest.png)",
            "",
            "### The paper's claims on these pools",
            "",
            "![Pools](../results/pays/pools.png)",
            "",
            pool_rows(compared, [k]),
            "",
            f"Differences in points with {100 * config.evaluation.confidence:g} % intervals, paired over questions. "
            "Pools are *comparable* where all members lie within "
            f"{100 * config.pools.comparable_spread:g} points on validation, and have a *leader* where the best is "
            f"{100 * config.pools.leader_gap:g} or more ahead of the second. The best model and all orders are chosen "
            "on validation.",
            "",
            "<details><summary>Other numbers of samples</summary>",
            "",
            pool_rows(compared, [n for n in config.pools.samples if n != k]),
            "",
            "</details>",
            "",
            "### A rule of thumb, and how often it errs",
            "",
            "Share of subsets in % whose sign of the gain a rule gets wrong when it was fitted without any of their "
            "models. The last column is the rule that the gap alone gives: orchestrate where the gap lies there.",
            "",
            rule_table(maps),
            "",
            "### Does the paper's objective choose well?",
            "",
            "![Objective](../results/pays/objective_on_pools.png)",
            "",
            objective_rows(objectives),
            "",
            "Over all pairs and triples. Regret: test accuracy of the best subset minus that of the chosen one.",
            "",
            curse_table(objectives),
            "",
            "Owed to choosing: how much better a winner looks on the questions it was chosen on, by bootstrap.",
            "",
            *_notes(config),
        ]
    )


def _notes(config: Config) -> list[str]:
    lines = ["### Where the samples come from", ""]
    for name in config.published_names:
        source = config.published[name]
        licence = source.licence.name if source.licence else "no licence found: not shipped"
        link = f"[{source.repository}](https://github.com/{source.repository}/tree/{source.commit})"
        lines.append(f"- **{name}**: {len(source.sha256)} models, {link}, {licence}.")
    lines += ["", "Only votes are kept: which samples agree and which are right."]
    if any(config.published[name].reader == "crux_eval" for name in config.published_names):
        lines[-1] += (
            " In CRUXEval's files equal samples of a question often stand together, so the first k of them are no "
            "random draw; the exact law of a draw does not see the order, and simulated draws are taken from the whole "
            "pool."
        )
    return [*lines, ""]


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("pays_page", description=__doc__)
    parser.add_argument("together", choices=["all"], help="the published benchmarks: all of the profile's")


def read(config: Config) -> tuple[Tables, Tables, Tables]:
    """The tables of the map, the pools and the objective. Raises InputError as read_tables does."""
    names = config.published_names
    return (
        read_tables(GAIN_MAP, names, MAP_TABLES),
        read_tables(POOLS, names, ["comparisons"]),
        read_tables(OBJECTIVE, names, ["objective", "winners_curse"]),
    )


def readme_sentence() -> str:
    """The answer for the README's first screen. Raises InputError where the map is missing."""
    config = load_config()
    return sentence(read_tables(GAIN_MAP, config.published_names, MAP_TABLES), config) if config.published_names else ""


def run(args) -> Record:
    config = load_config()
    text = PAYS / "when_does_it_pay.md"
    write_text(text, page(*read(config), config))
    files = [text, *save_figures(gain_map.figures(config) | pools.figures(config), PAYS)]
    names = config.published_names
    inputs = [
        Dataset(f"{folder.name} of {name}", folder / name) for folder in (GAIN_MAP, POOLS, OBJECTIVE) for name in names
    ]
    return Record("pays_page@all", {"benchmarks": ",".join(names)}, {}, inputs, files, files)
