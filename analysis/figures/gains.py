"""What pairs gain under SLM-MUX: ours beside the paper's Tables 2, 3 and 4."""

from collections.abc import Callable
from statistics import NormalDist

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis.figures.common import legend_above, reach
from analysis.paper.numbers import paper_table
from analysis.results import read_tables
from slmmux.config import Config
from slmmux.paths import GAINS

PANELS = {
    "searched_pairs": "Table 2: searched pairs,\nover their best model",
    "best_samples": "Table 4: at the best number of\nsamples, over their best model",
    "forest_fewest": "Table 3: over Agent Forest,\nboth at the fewest samples",
    "forest_best": "Table 3: over Agent Forest,\neach at its best number",
}


def figures(config: Config) -> dict[str, Callable[[], Figure]]:
    """The figure of the benchmarks with pairs, if there are any. Raises InputError as read_tables does."""
    read = read_tables(GAINS, config.benchmark_names, ["gains"])
    with_pairs = {name: found["gains"] for name, found in read.items() if len(found["gains"])}
    return {"gains": lambda: gains(with_pairs, config.evaluation.confidence)} if with_pairs else {}


def paper_gains(level: float) -> pd.DataFrame:
    """The paper's gains in points, with columns comparison, benchmark, group, models, gain, low, high, large_model.

    It publishes accuracies with standard errors. The interval is that of two independent accuracies,
    gain ± z sqrt(se^2 + se'^2); its runs share their questions, so the true one is likely narrower. large_model:
    what Qwen2.5 72B has over the pair's best model, where Table 4 says it, else NaN.
    """
    z = NormalDist().inv_cdf((1 + level) / 2)
    two, three, four, large = (paper_table(name) for name in ("table2", "table3", "table4", "large_model"))
    names = two.set_index(["benchmark", "group"])["models"]
    best_single = two.set_index(["benchmark", "group"])[["best_single", "best_single_se"]]
    four = four.join(best_single, on=["benchmark", "group"]).merge(large, on="benchmark")
    parts = [
        ("searched_pairs", two, two["gain"], two["best_single_se"], np.nan),
        ("best_samples", four, four["gain"], four["best_single_se"], four["accuracy"] - four["best_single"]),
    ]
    for comparison, samples in (("forest_fewest", "2"), ("forest_best", "best")):
        rows = three[three["samples"] == samples].assign(group=2)
        gain = (rows["slm_mux"] - rows["agent_forest"]).round(1)
        parts.append((comparison, rows, gain, rows["agent_forest_se"], np.nan))
    found = []
    for comparison, rows, gain, rival_se, large_model in parts:
        error = z * np.hypot(rows["slm_mux_se"], rival_se)
        table = pd.DataFrame({"comparison": comparison, "benchmark": rows["benchmark"], "group": rows["group"]})
        table["models"] = [names[row.benchmark, row.group] for row in table.itertuples()]
        found.append(table.assign(gain=gain, low=gain - error, high=gain + error, large_model=large_model))
    return pd.concat(found, ignore_index=True)


def gains(tables: dict[str, pd.DataFrame], level: float) -> Figure:
    """A panel a comparison: points over the rival with intervals, of each benchmark and pair.

    tables: benchmark → `gains.csv`, paired bootstraps over questions; `level` is theirs and the paper's. Ours are
    filled, the paper's open; a star stands at rows of ours that were simulated. The models differ by two
    orders of magnitude, so that signs are to be compared, not sizes.
    """
    ours = pd.concat([table.assign(benchmark=name) for name, table in tables.items()], ignore_index=True)
    paper = paper_gains(level)
    heights = [max((frame["comparison"] == key).sum() for key in PANELS) for frame in (ours, paper)]
    figure = Figure(figsize=(10.2, 0.3 * 2 * sum(heights) + 2.4))
    axes = figure.subplots(2, 2, height_ratios=[1, 0.62], sharex=True).ravel()
    for ax, (comparison, title) in zip(axes, PANELS.items()):
        mine, theirs = (frame[frame["comparison"] == comparison] for frame in (ours, paper))
        stars = {"exact": "", "simulate": " *"}
        labels = [f"{row.benchmark}{stars[row.mode]}\n{row.models.replace(' ', ' + ')}" for row in mine.itertuples()]
        labels += [f"{row.benchmark}\n{row.models}" for row in theirs.itertuples()]
        y = -np.arange(len(labels), dtype=float)
        y[len(mine) :] -= 0.6
        above, below = y[: len(mine)], y[len(mine) :]
        bars = 100 * reach(mine["gain"], mine["gain_low"], mine["gain_high"])
        style = {"linestyle": "", "elinewidth": 0.9}
        ax.errorbar(100 * mine["gain"], above, xerr=bars, color="#0072B2", marker="o", label="here", **style)
        bars = reach(theirs["gain"], theirs["low"], theirs["high"])
        ax.errorbar(
            theirs["gain"], below, xerr=bars, color="#D55E00", marker="s", mfc="white", label="paper", **style
        )  # fmt: skip
        if theirs["large_model"].notna().any():
            ax.plot(theirs["large_model"], below, "x", color="black", label="Qwen2.5 72B alone (paper)")
        ax.axvline(0, color="0.4", linewidth=0.9)
        ax.set_yticks(y, labels, fontsize="small")
        ax.set_title(title)
        ax.tick_params(labelbottom=True)
        ax.set_xlabel(f"gain, points ({100 * level:g} % interval)")
        ax.grid(axis="y", visible=False)
    legend_above(figure)
    if (ours["mode"] == "simulate").any():
        figure.supxlabel("* simulated; all others of ours exact, over all draws of the samples", fontsize="small")
    return figure
