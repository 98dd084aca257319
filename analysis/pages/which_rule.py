"""python -m analysis which_rule: which rule to use, at what cost, in three sentences, a picture and a short table."""

from collections.abc import Iterable

import pandas as pd

from analysis.figures import rules as figure
from analysis.figures.common import save_figures
from analysis.figures.rules import KINDS
from analysis.results import folded, percent, verdict, with_interval
from slmmux.config import Config, load_config
from slmmux.files import write_text
from slmmux.orchestration import METHODS
from slmmux.paths import RULES, WHICH_RULE
from slmmux.stages.rules import BOUND, EARLY_EXIT, LABELS
from slmmux.tracking.record import Dataset, Record

TABLES = ("rules", "kinds", "pools")
WORDS = {
    "comparable": "Where the models are comparable",
    "mixed": "Where they differ but none leads",
    "leader": "Where one model leads",
}
# The rules of the short table; the others are in the folded one.
SHORT = ("self_consistency_total", "agent_forest", "best_supporter", "log_odds_vote", "slm_mux", "cascade")
# What each rule does, in one sentence; of a rule that is not here, the first line of its file says it.
DOES = {
    "single_best": "the model with the best validation accuracy answers once",
    "self_consistency": "that model's most frequent answer among its k samples",
    "self_consistency_total": "the same with as many samples as all models draw together",
    "self_consistency_tokens": "the same for as many tokens as all models spend together",
    "agent_forest": "the most frequent answer among all models' samples put together; ties are broken at random",
    "best_supporter": "the same, but a tie goes to the answer that the model with the best validation accuracy gave",
    "accuracy_weighted_vote": "as Agent Forest, but each sample counts as much as its model's validation accuracy",
    "log_odds_vote": "as Agent Forest, but each sample counts log(p / (1 - p)), p its model's accuracy: the best "
    "weights if samples were independent",
    "count_log_odds_vote": "adds up, over the models, how much more often a right than a wrong answer gets as many of "
    "their votes on validation",
    "slm_mux": "the vote of the model whose samples agree most; ties go to the better model on validation",
    "calibrated_slm_mux": "the vote of the model whose confidence was most often right on validation",
    "label_free": "SLM-MUX whose ties go to the model that agrees most with the others; needs no right answer",
    "cascade": "asks one model after the other and stops where the confidence reaches a threshold; else SLM-MUX",
    "model_switch": "asks one model after the other until one is consistent enough, then takes the answer that is most "
    "frequent so far (arXiv 2504.00762)",
    "reachable_ceiling": "the best choice of a model, learned on validation, that sees how many samples agree in each",
    EARLY_EXIT: "SLM-MUX that ends when the models' first answers agree, as the authors' scripts do",
    BOUND: "right where any model's vote is right: a bound, no rule",
}
ALONE = "self_consistency_total"
# The best model alone, with whatever samples it draws.
OF_ONE_MODEL = ("single_best", "self_consistency", "self_consistency_total", "self_consistency_tokens")
# Rules that stop asking on their own.
STOPPING = ("cascade", "model_switch", EARLY_EXIT)


def does(rule: str) -> str:
    """What a rule does, in words."""
    return DOES.get(rule) or (METHODS[rule].__doc__ or "").partition("\n")[0].rstrip(".")


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
    last = "Surely better than SLM-MUX on every kind of pool: "
    return f"{'. '.join(said)}. {last}{', '.join(everywhere) if everywhere else 'no rule'}."


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
        f"and asking ends at the first whose samples all agree, and for {inside} when samples are drawn one by one as "
        f"well. Rules that may change the answer cost: {', '.join(parts)}."
    )


def ceiling_sentence(pools: pd.DataFrame) -> str:
    """How much of the way to the oracle the models' confidences could cover at all."""
    most, oracle = pools["ceiling_at_most"] - pools["slm_mux"], pools["oracle"] - pools["slm_mux"]
    learned = pools["ceiling"] - pools["slm_mux"]
    return (
        f"Any choice of a model by the confidences alone gains at most {percent(most.mean(), True)} points over "
        f"SLM-MUX on average, even where it is fitted to the test questions themselves; the oracle gains "
        f"{percent(oracle.mean(), True)}, so that is {percent(most.mean() / oracle.mean(), digits=0)} % of the way. "
        f"Learned on validation questions it gains {percent(learned.mean(), True)}. The rest needs other evidence than "
        "consistency."
    )


def kind_rows(rules: pd.DataFrame, kinds: pd.DataFrame, names: Iterable[str]) -> str:
    """One row a rule of `names`: mean differences by kind of pool, sure cells in bold, and what it costs."""
    shown = [kind for kind in WORDS if kind in set(kinds["kind"])]
    heads = ["rule", *(f"{KINDS[kind]}: over SLM-MUX / the best model alone" for kind in shown), "cost, %", "computed"]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for name in names:
        cells = []
        for kind in shown:
            row = kinds[(kinds["kind"] == kind) & (kinds["rule"] == name)].iloc[0]
            cells.append(" / ".join(_bold(row, key) for key in ("over_slm_mux", "over_same_total")))
        rows = rules[rules["rule"] == name]
        simulated = rows["simulation_se"].notna()
        how = f"{simulated.sum()} of {len(rows)} pools simulated, ± {percent(rows['simulation_se'].max(), digits=2)}"
        cost = " to ".join(dict.fromkeys(percent(end, digits=0) for end in (rows["cost"].min(), rows["cost"].max())))
        lines.append(f"| {LABELS[name]} | {' | '.join(cells)} | {cost} | {how if simulated.any() else 'exact'} |")
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
            "![Mean difference of every rule, by kind of pool](../results/which_rule/means.png)",
            "",
            f"Bars: intervals that hold together at {level:g} % over all rules and pools. *Comparable*: all models lie "
            f"within {100 * config.pools.comparable_spread:g} points on validation. *One model leads*: the best by "
            f"{100 * config.pools.leader_gap:g} points or more. *The best model alone*: its self-consistency with as "
            "many samples in all. Means are over pools, which share models and, at two temperatures, questions; the "
            "intervals allow for that.",
            "",
            kind_rows(rules, kinds, [name for name in SHORT if name in LABELS]),
            "",
            "Mean differences in points; bold: sure, by the same intervals. Cost: what is spent in % of what SLM-MUX "
            "spends without stopping, from the lowest to the highest pool, stopping early where the rule can; tokens "
            "where they are known, else samples.",
            "",
            *folded("Every rule", kind_rows(rules, kinds, LABELS)),
            *folded("What each rule does", *(f"- **{LABELS[name]}**: {does(name)}." for name in LABELS)),
            *folded(
                "Every pool",
                "![Difference of every rule on every pool](../results/which_rule/rules.png)",
                "",
                f"Points of accuracy; blue: the rule is better. In a frame: a difference that is sure at {level:g} %, "
                "all cells taken together (max-t over all rules and pools).",
                "",
                f"The best model has too few samples for as many in all in: {bounded}. There it draws all its samples, "
                "so that the others look better than they are."
                if bounded
                else "The best model has enough samples for as many in all in every pool.",
            ),
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
