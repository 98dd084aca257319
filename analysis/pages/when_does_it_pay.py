"""python -m analysis pays_page: when orchestrating several models pays, in words, with the tables behind the words."""

import pandas as pd

from analysis.figures import gain_map, pools
from analysis.figures.common import save_figures
from analysis.pages.pays_tables import (
    Tables,
    at_samples,
    curse_table,
    gap_table,
    mean_gap_table,
    objective_rows,
    pool_counts,
    pool_rows,
    pooled,
    rule_table,
)
from analysis.results import folded, percent, read_tables, verdict
from slmmux.config import Config, load_config
from slmmux.files import write_text
from slmmux.paths import GAIN_MAP, OBJECTIVE, PAYS, POOLS
from slmmux.stages.gain_map import GAINS
from slmmux.tracking.record import Dataset, Record

MAP_TABLES = ("by_gap", "rules")
# Share of 1 below which a gain is not worth several models.
LITTLE = 0.0025
# The gain that the words speak of: over the best model alone with as many samples in all.
FAIR = "over_same_total"


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
    if abs(rival) < LITTLE:
        return "Agent Forest does as well there."
    better = "SLM-MUX is better than Agent Forest there" if rival > 0 else "Agent Forest is better still there"
    return f"{better}, by {percent(abs(rival))} points on average."


def rule_sentence(maps: Tables, config: Config) -> str:
    """The rule of thumb by the gap in words, with its error on sets of models that it was not fitted on.

    Means over the sets of the largest size in all benchmarks. The rule is fitted a benchmark at a time.
    """
    size = max(config.map.sizes)
    rules = pd.concat([found["rules"].assign(benchmark=name) for name, found in maps.items()])
    rules = rules[(rules["size"] == size) & (rules["gain"] == FAIR)]
    if not len(rules):
        return ""
    limits = rules[(rules["rule"] == "gap") & (rules["limit"] >= 0) & (rules["side"] == "below")]["limit"]
    wrong = {
        rule: percent((rows["held_out_error"] * rows["subsets"]).sum() / rows["subsets"].sum(), digits=0)
        for rule, rows in rules.groupby("rule")
    }
    ends = " to ".join(dict.fromkeys(f"{100 * end:.0f}" for end in (limits.min(), limits.max())))
    rule = f"combine {size} models where the best is at most {ends} points ahead of the others"
    rule += ", by benchmark" if limits.nunique() > 1 else ""
    if not len(limits):
        start = "**No rule of thumb:** the gap between the models separates no sets that gain from sets that lose"
    elif float(wrong["gap"]) < float(wrong["always"]):
        start = f"**Rule of thumb:** {rule}"
    else:
        start = f"**No rule of thumb:** the best by the gap is to {rule}"
    return (
        f"{start}. On sets whose models it was not fitted on, this is wrong about gain or loss for "
        f"{wrong['gap']} % of them; one answer for all sets is wrong for {wrong['always']} %, and a rule that also "
        f"uses how models agree and tie for {wrong['linear']} %."
    )


def pool_sentence(compared: Tables, k: int) -> str:
    """In how many pools of each kind SLM-MUX is surely above or below the best model alone and Agent Forest."""
    told = []
    for kind, group in at_samples(compared, k).groupby("kind", sort=False):
        parts = []
        rivals = {"same_total": "the best model alone with as many samples", "agent_forest": "Agent Forest"}
        for rival, words in rivals.items():
            of = group[group["rival"] == rival]
            said = [verdict(*limits) for limits in zip(of["gain_low"], of["gain_high"])]
            parts.append(f"surely above {words} in {said.count('above')} and surely below in {said.count('below')}")
        number = len(group.drop_duplicates(["benchmark", "pool"]))
        told.append(
            f"Of the {number} {'pool' if number == 1 else 'pools'} called {kind}, SLM-MUX is {'; '.join(parts)}."
        )
    return " ".join(told)


def objective_sentence(objectives: Tables) -> str:
    """How well O(S) at the paper's λ ranks sets, beside exact validation accuracy and the models' mean."""
    rows = pd.concat([found["objective"] for found in objectives.values()])
    rows = rows[rows["sizes"] == "all"]
    kinds = {
        "O(S) as in the paper (λ = 1)": rows[(rows["criterion"] == "paper") & (rows["lambda"] == 1)],
        "SLM-MUX's exact accuracy on validation": rows[rows["criterion"] == "direct"],
        "the models' mean accuracy": rows[rows["criterion"] == "members"],
    }
    told = []
    for words, of in kinds.items():
        if not len(of):
            continue
        rank = " to ".join(dict.fromkeys(f"{end:.2f}" for end in (of["rank_test"].min(), of["rank_test"].max())))
        told.append(f"{words}: {rank}, its choice {percent(of['loss'].mean())} points below the best set")
    return f"Rank correlation with test accuracy by benchmark, and mean regret: {'; '.join(told)}."


def page(maps: Tables, compared: Tables, objectives: Tables, config: Config) -> str:
    """The whole page as Markdown: the answer, the pictures, short tables, everything else folded."""
    k, settings = config.evaluation.samples, config.map
    by_size = (text for size in settings.sizes for text in (f"{size} models:", "", gap_table(maps, size), ""))
    level = f"{100 * config.evaluation.confidence:g} %"
    return "\n".join(
        [
            sentence(maps, config),
            "",
            rule_sentence(maps, config),
            "",
            "![SLM-MUX minus the best model alone, by how far that model is ahead](../results/pays/gain_by_gap.png)",
            "",
            "Every mark is a pair or a triple of models; its place is exact, over all draws of the samples. Dotted: "
            f"the gaps of {100 * settings.close_gap:g} and {100 * settings.far_gap:g} points that the words above use.",
            "",
            mean_gap_table(maps, max(settings.sizes)),
            "",
            f"Sets of {max(settings.sizes)} models of all benchmarks: mean gains of SLM-MUX in points of accuracy on "
            "the test questions, and the share of sets that gain. The gap between the models is known from the "
            "validation questions.",
            "",
            *folded(
                "By benchmark and number of models",
                *by_size,
                "In brackets the share of sets that gain. *Surely*: more than 1.96 standard errors from 0, each set on "
                "its own.",
            ),
            "![SLM-MUX minus Agent Forest, by how far the best model is ahead](../results/pays/slm_mux_or_forest.png)",
            "",
            "### The paper's claims on pools of these models",
            "",
            pool_sentence(compared, k),
            "",
            "![Gains of SLM-MUX on each pool, with intervals](../results/pays/pools.png)",
            "",
            pool_counts(compared, k),
            "",
            f"Mean gains in points, and the number of pools by their {level} interval, paired over questions. A pool "
            f"is a fixed choice of models. It is *comparable* where all models lie within "
            f"{100 * config.pools.comparable_spread:g} points on validation, and has a *leader* where the best is "
            f"{100 * config.pools.leader_gap:g} or more ahead of the second; else it is *mixed*. Above, the best is "
            "compared with the mean of the others. The best model and all orders are chosen on validation.",
            "",
            *folded("Every pool", pool_rows(compared, [k])),
            *folded("Other numbers of samples", pool_rows(compared, [n for n in config.pools.samples if n != k])),
            "### A rule of thumb, and how often it is wrong",
            "",
            rule_table(maps, [max(settings.sizes)], [FAIR]),
            "",
            f"Share of sets of {max(settings.sizes)} models in % about whose gain over {GAINS[FAIR]}, a rule is wrong. "
            "Every rule was fitted without any of the set's models. Last column: combine where the gap lies there.",
            "",
            *folded("Every number of models and every rival", rule_table(maps, settings.sizes, list(GAINS))),
            "### Does the paper's objective choose well?",
            "",
            objective_sentence(objectives),
            "",
            "![How well O(S) ranks sets of models by test accuracy](../results/pays/objective_on_pools.png)",
            "",
            "Over all pairs and triples. Regret: test accuracy of the best set minus that of the chosen one.",
            "",
            *folded(
                "Every criterion, and what choosing costs",
                objective_rows(objectives),
                "",
                curse_table(objectives),
                "",
                "Owed to choosing: how much better a winner looks on the questions it was chosen on, by bootstrap.",
            ),
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
