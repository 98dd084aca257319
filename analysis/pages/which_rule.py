"""python -m analysis which_rule: which rule to use, at what cost, in three sentences, a picture and a short table."""

import pandas as pd

from analysis.figures import rules as figure
from analysis.figures.common import save_figures
from analysis.results import percent, verdict, with_interval
from slmmux.config import Config, load_config
from slmmux.files import write_text
from slmmux.paths import RULES, WHICH_RULE
from slmmux.stages.rules import BOUND, EARLY_EXIT, LABELS
from slmmux.tracking.record import Dataset, Record

TABLES = ("rules", "kinds", "pools")
WORDS = {
    "comparable": "Where the models are comparable",
    "mixed": "Where they differ but none is far ahead",
    "leader": "Where one model is far ahead",
}
ALONE = "self_consistency_total"
# The best model alone, with whatever samples it draws.
OF_ONE_MODEL = ("single_best", "self_consistency", "self_consistency_total", "self_consistency_tokens")
# Rules that stop asking on their own.
STOPPING = ("cascade", "model_switch", EARLY_EXIT)


def gain(row: pd.Series, key: str) -> str:
    """The difference in points with its interval."""
    return with_interval(row[key], row[f"{key}_low"], row[f"{key}_high"])


def accuracy_sentence(rules: pd.DataFrame, kinds: pd.DataFrame) -> str:
    """For each kind of pool the rule with the highest mean, SLM-MUX beside it, and whether either is sure.

    Says in how many pools the best model alone had too few samples for as many in all.
    """
    said = []
    capped = rules[(rules["rule"] == ALONE) & rules["note"].notna() & (rules["note"] != "")]["kind"].value_counts()
    for kind, words in WORDS.items():
        rows = kinds[(kinds["kind"] == kind) & (kinds["rule"] != BOUND)].set_index("rule")
        if not len(rows):
            continue
        best, mux = rows["over_same_total"].idxmax(), rows.loc["slm_mux"]
        row = rows.loc[best]
        start = f"{words} ({row['pools']:.0f} pools): "
        if best in OF_ONE_MODEL:
            text = "use the best model alone, with as many samples in all; SLM-MUX minus it is "
            text += f"{gain(mux, 'over_same_total')} points"
        else:
            sure = verdict(row["over_same_total_low"], row["over_same_total_high"]) == "above"
            use = f"use {LABELS[best]}" if sure else f"nothing is sure; {LABELS[best]} comes first"
            text = f"{use}: {gain(row, 'over_same_total')} points over the best model alone with as many samples in all"
            text += f" and {gain(row, 'over_slm_mux')} over SLM-MUX" if best != "slm_mux" else ""
        text += f" (in {capped[kind]} pools its samples do not suffice for that)" if kind in capped else ""
        said.append(start + text)
    above = kinds[
        kinds.apply(lambda row: verdict(row["over_slm_mux_low"], row["over_slm_mux_high"]), axis=1) == "above"
    ]
    counted = above["rule"].value_counts()
    everywhere = [LABELS[n] for n in LABELS if n != BOUND and counted.get(n) == kinds["kind"].nunique()]
    last = f"{', '.join(everywhere)} surely beat" if everywhere else "No rule surely beats"
    return f"{'. '.join(said)}. {last} SLM-MUX on every kind of pool."


def cost_sentence(rules: pd.DataFrame, pools: pd.DataFrame) -> str:
    """What lossless stopping leaves, and what the rules that stop earlier cost and change."""
    parts = []
    for name in STOPPING:
        rows = rules[rules["rule"] == name]
        cost = f"{percent(rows['cost'].min(), digits=0)} to {percent(rows['cost'].max(), digits=0)} %"
        parts.append(f"{LABELS[name]} {cost} ({percent(rows['over_slm_mux'].mean(), True)} points on average)")
    left = f"{percent(pools['lossless'].min(), digits=0)} to {percent(pools['lossless'].max(), digits=0)} %"
    ends = pools["lossless_inside"].min(), pools["lossless_inside"].max()
    inside = f"{percent(ends[0], digits=0)} to {percent(ends[1], digits=0)} %"
    return (
        f"SLM-MUX gives the same answers for {left} of its cost, by pool, when models are asked one after the other "
        f"and the first unanimous one ends it, and for {inside} when samples are drawn one by one as well; rules that "
        f"may change the answer take {', '.join(parts)}."
    )


def ceiling_sentence(pools: pd.DataFrame) -> str:
    """How much of the way to the oracle the models' confidences could cover at all."""
    most, oracle = pools["ceiling_at_most"] - pools["slm_mux"], pools["oracle"] - pools["slm_mux"]
    learned = pools["ceiling"] - pools["slm_mux"]
    return (
        f"Choosing a model by the confidences alone, however cleverly, gains at most {percent(most.mean(), True)} "
        f"points over SLM-MUX on average, even if taught on the very test questions, of {percent(oracle.mean(), True)} "
        f"to the oracle ({percent(most.mean() / oracle.mean(), digits=0)} %), and {percent(learned.mean(), True)} as "
        "validation questions teach it; the rest needs other evidence than consistency."
    )


def kind_rows(rules: pd.DataFrame, kinds: pd.DataFrame) -> str:
    """One row a rule: mean differences by kind of pool, sure cells in bold, and what it costs."""
    shown = [kind for kind in WORDS if kind in set(kinds["kind"])]
    heads = ["rule", *(f"{kind}: over SLM-MUX / over the best model alone" for kind in shown), "cost, %", "computed"]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for name, label in LABELS.items():
        cells = []
        for kind in shown:
            row = kinds[(kinds["kind"] == kind) & (kinds["rule"] == name)].iloc[0]
            cells.append(" / ".join(_bold(row, key) for key in ("over_slm_mux", "over_same_total")))
        rows = rules[rules["rule"] == name]
        simulated = rows["simulation_se"].notna()
        how = f"{simulated.sum()} of {len(rows)} pools simulated, ± {percent(rows['simulation_se'].max(), digits=2)}"
        cost = " to ".join(dict.fromkeys(percent(end, digits=0) for end in (rows["cost"].min(), rows["cost"].max())))
        lines.append(f"| {label} | {' | '.join(cells)} | {cost} | {how if simulated.any() else 'exact'} |")
    return "\n".join(lines)


def _bold(row: pd.Series, key: str) -> str:
    text = percent(row[key], True)
    sure = row["rule"] != BOUND and verdict(row[f"{key}_low"], row[f"{key}_high"]) != "undecided"
    return f"**{text}**" if sure else text


def page(tables: dict[str, pd.DataFrame], config: Config) -> str:
    """The whole page as Markdown."""
    rules, kinds, pools = (tables[name] for name in TABLES)
    k, level = config.evaluation.samples, 100 * config.evaluation.confidence
    notes = rules.loc[(rules["rule"] == ALONE) & rules["note"].fillna("").ne(""), ["benchmark", "pool"]]
    bounded = ", ".join(f"{row.pool} of {row.benchmark}" for row in notes.itertuples())
    return "\n".join(
        [
            f"{len(pools)} pools of models, {k} samples a model:",
            "",
            f"1. **Accuracy.** {accuracy_sentence(rules, kinds)}",
            f"2. **Cost.** {cost_sentence(rules, pools)}",
            f"3. **What is left.** {ceiling_sentence(pools)}",
            "",
            f"Comparable: all models within {100 * config.pools.comparable_spread:g} points on validation. Far ahead: "
            f"the best by {100 * config.pools.leader_gap:g} points or more. Means are over pools, which share models "
            "and, at two temperatures, questions; the intervals keep that.",
            "",
            "![Rules by pools](../results/which_rule/rules.png)",
            "",
            f"Points of accuracy; blue: the rule is better. In a frame: a difference that is sure at {level:g} %, all "
            "cells taken together (max-t over all rules and pools). The oracle is a bound, no rule. *The best model "
            "alone*: its self-consistency with as many samples in all.",
            "",
            kind_rows(rules, kinds),
            "",
            "Means over the pools of a kind, in points; bold: sure, in the same family of intervals. Cost: what is "
            "spent, stopping early where the rule can, in % of what SLM-MUX spends without stopping, from the cheapest "
            "to the dearest pool; tokens where they are known, else samples. What rules learn, they learn on "
            "validation.",
            "",
            f"The best model alone has too few samples for a fair rival in: {bounded}. There it draws all it has, "
            "which flatters the others."
            if bounded
            else "The best model's pool holds enough samples for the rival everywhere.",
            "",
            "Evidence, a row a pool and rule with intervals, questions that would decide, cost, rounds and error: "
            "[results/rules/rules.csv](../results/rules/rules.csv); by pool: "
            "[results/rules/pools.csv](../results/rules/pools.csv).",
            "",
        ]
    )


def add_parser(subparsers) -> None:
    subparsers.add_parser("which_rule", description=__doc__)


def run(args) -> Record:
    config = load_config()
    text = WHICH_RULE / "which_rule.md"
    write_text(text, page({name: figure.read_rules(name) for name in TABLES}, config))
    files = [text, *save_figures(figure.figures(config), WHICH_RULE)]
    inputs = [Dataset(f"{name} of all rules", RULES / f"{name}.csv") for name in TABLES]
    return Record("which_rule", {"samples": config.evaluation.samples}, {}, inputs, files, files)
