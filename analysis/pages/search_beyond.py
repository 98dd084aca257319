"""Tables of the search page on what lies beyond one grid of budgets: pools of many models, and policies."""

from collections.abc import Sequence
from pathlib import Path

from analysis.results import percent, read_tables, with_interval

CHOSEN = {
    "one_model": "most accurate single model",
    "best_start": "best budget known before the study",
    "best_known": "best known",
}
POLICIES = {
    "slm_mux": "SLM-MUX, stopped without changing its answer",
    "study": "most accurate of the study",
    "frugal": "cheapest close to it",
    "exact": "most accurate of all policies",
}


def _rows(head: list[str], rows: list[list[str]]) -> str:
    return "\n".join(f"| {' | '.join(cells)} |" for cells in [head, ["---"] * len(head), *rows])


def regret_table(folder: Path, pools: list[str], samplers: dict[str, str]) -> str:
    """Regret and share of the hypervolume against the best known, by number of trials."""
    found = read_tables(folder, pools, ("progress",))
    rows = []
    for pool in pools:
        for row in found[pool]["progress"].to_dict("records"):
            low, middle, high = (percent(row[f"regret{end}"], digits=2) for end in ("_low", "_median", "_high"))
            cells = [pool, samplers.get(row["sampler"], row["sampler"]), f"{row['trials']}"]
            rows.append([*cells, f"{middle} [{low}, {high}]", percent(row["hypervolume_share_median"])])
    head = ["pool", "sampler", "trials", "regret, points: median [range over seeds]", "share of the hypervolume, %"]
    return _rows(head, rows)


def choices_table(folder: Path, pools: list[str]) -> str:
    """What was chosen after how many trials, and what the choice was worth on the test split."""
    found = read_tables(folder, pools, ("choices",))
    rows = []
    for pool in pools:
        for row in found[pool]["choices"].to_dict("records"):
            trials = row["choice"].removeprefix("study_")
            gain = with_interval(row["gain"], row["gain_low"], row["gain_high"])
            cells = [
                pool,
                CHOSEN.get(row["choice"], f"study, {trials} trials"),
                str(row["models"]),
                str(row["samples"]),
            ]
            cells += [
                percent(row["validation_accuracy"]),
                f"{percent(row['accuracy'])} ± {percent(row['accuracy_se'])}",
            ]
            cells += [f"{percent(row['optimism'], True)} ± {percent(row['optimism_se'])}"]
            rows.append([*cells, percent(row["validation_gain"], True), gain])
    head = ["pool", "chosen", "models", "samples", "validation %", "test % ± SE", "optimism, points ± SE"]
    return _rows([*head, "gain on validation", "gain on test"], rows)


def policies_table(folder: Path, benchmarks: list[str], choices: Sequence[str] = tuple(POLICIES)) -> str:
    """Policies chosen on validation, measured once on test."""
    found = read_tables(folder, benchmarks, ("policies",))
    rows = []
    for name in benchmarks:
        table = found[name]["policies"]
        for row in table[table["choice"].isin(list(choices))].to_dict("records"):
            asked = row["policy"].replace(" ", ", ").replace(":", " × ")
            cells = [name, POLICIES.get(row["choice"], row["choice"]), asked, f"{row['threshold']:g}"]
            cells += [
                percent(row["validation_accuracy"]),
                f"{percent(row['accuracy'])} ± {percent(row['accuracy_se'])}",
            ]
            rows.append([*cells, f"{row['tokens_per_question']:.0f}"])
    head = ["benchmark", "chosen", "asked in this order", "threshold", "validation %", "test % ± SE"]
    return _rows([*head, "tokens per question"], rows)


def policy_regret_table(folder: Path, benchmarks: list[str], samplers: dict[str, str]) -> str:
    """How near the studies come to the exact front, after all trials."""
    found = read_tables(folder, benchmarks, ("progress", "front"))
    rows = []
    for name in benchmarks:
        for sampler, progress in found[name]["progress"].groupby("sampler", sort=False):
            last = progress.loc[progress["trials"].idxmax()]
            several = int((found[name]["front"]["models"] > 1).sum())
            cells = [
                name,
                samplers.get(sampler, sampler),
                f"{last['trials']:.0f}",
                percent(last["regret_median"], digits=2),
            ]
            cells += [percent(last["hypervolume_share_median"]), f"{several} of {len(found[name]['front'])}"]
            rows.append(cells)
    head = ["benchmark", "sampler", "trials", "regret, points", "share of the hypervolume, %"]
    return _rows([*head, "points of the exact front that use several models"], rows)
