"""What each departure of the released code from the paper does to the result (paper, section 6)."""

from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from analysis.fidelity.departure import EXAMPLE_COLUMNS, Departure
from analysis.fidelity.grading import grading
from analysis.fidelity.voting import searching, voting
from analysis.figures.common import beside, legend_above, reach, save_figures
from analysis.results import percent, with_interval
from slmmux.errors import InputError
from slmmux.files import write_text
from slmmux.result_files import write_tables
from slmmux.settings import EvaluationSettings
from slmmux.statistics import Difference, paired_bootstrap
from slmmux.votes.votes import Votes

COLUMNS = ["benchmark", "part", "key", "matter", "release", "paper", "released"]
COLUMNS += ["accuracy_paper", "accuracy_released", "difference", "low", "high", "questions", "questions_differing"]
COLUMNS += ["tokens_paper", "tokens_released", "mode", "simulation_se", "note"]

# What the row of all departures of a release is called.
TOGETHER = "all of it together"
# Share of 1 from which on a difference is drawn: smaller ones are zero in the tables.
SHOWN = 0.0005


@dataclass(frozen=True)
class Study:
    """One benchmark. `samples`: the graded samples of both splits, of the models that answer in words; `references`:
    question id → reference."""

    validation: Votes
    test: Votes
    samples: pd.DataFrame
    references: dict[str, str]


@dataclass(frozen=True)
class FidelityReport:
    """rows: one a benchmark and departure, columns COLUMNS; accuracies and differences are shares of 1, the
    difference is released minus paper, low and high its interval. examples: questions and samples, by id
    only, where the two readings differ; `ours` and `theirs` are probabilities of being right."""

    rows: pd.DataFrame
    examples: pd.DataFrame

    def metrics(self) -> dict[str, float]:
        return {
            f"{row.benchmark}/{row.key}/{name}": float(getattr(row, name))
            for row in self.rows.itertuples()
            for name in ("difference", "low", "high")
        }


def fidelity_report(studies: dict[str, Study], settings: EvaluationSettings) -> FidelityReport:
    """Measure every departure on every benchmark, {name: Study}, at settings.samples.

    Intervals: paired bootstrap over the test questions. Raises InputError without benchmarks or where k
    exceeds a pool.
    """
    if not studies:
        raise InputError("no benchmark to compare the readings on")
    k, rows, examples = settings.samples, [], []
    for name, study in studies.items():
        found = [
            *voting(study.validation, study.test, k, settings.seed),
            *searching(study.validation, study.test, k),
            *grading(name, study.samples, study.references, k),
        ]
        for departure in found:
            gap = paired_bootstrap(
                departure.theirs, departure.ours, settings.confidence, settings.bootstrap_resamples, settings.seed
            )
            rows.append({"benchmark": name} | _row(departure, gap))
            shown = departure.example_rows(study.test.question_ids)
            examples.append(shown.assign(benchmark=name, key=departure.key).astype({"ours": float, "theirs": float}))
    return FidelityReport(
        pd.DataFrame(rows, columns=COLUMNS),
        pd.concat(examples, ignore_index=True)[["benchmark", "key", *EXAMPLE_COLUMNS]],
    )


def _row(departure: Departure, gap: Difference) -> dict:
    ours, theirs = departure.ours, departure.theirs
    words = {name: getattr(departure, name) for name in ("part", "key", "matter", "release", "paper", "released")}
    return words | {
        "accuracy_paper": ours.accuracy,
        "accuracy_released": theirs.accuracy,
        "difference": gap.difference,
        "low": gap.low,
        "high": gap.high,
        "questions": len(ours.correct),
        "questions_differing": departure.questions_that_differ(),
        "tokens_paper": float(ours.tokens.mean()),
        "tokens_released": float(theirs.tokens.mean()),
        "mode": theirs.mode,
        "simulation_se": theirs.simulation_se,
        "note": departure.note,
    }


def answer(rows: pd.DataFrame) -> str:
    """In words: what all departures of a release do to SLM-MUX, and which single one does most."""
    of_all = rows["matter"].str.endswith(TOGETHER)
    together, single = rows[rows["matter"] == TOGETHER], rows[~of_all]
    told = "; ".join(
        f"{released} " + ", ".join(f"{percent(r.difference, True)} on {r.benchmark}" for r in of.itertuples())
        for released, of in together.groupby("released", sort=False)
    )
    lines = [f"**SLM-MUX as released, minus SLM-MUX as written, points of accuracy**: {told}."] if told else []
    if len(single):
        row = single.loc[single["difference"].abs().idxmax()]
        lines.append(
            f"The single departure that changes most: {row['matter']} ({row['released']} instead of {row['paper']}), "
            f"{with_interval(row['difference'], row['low'], row['high'])} on "
            f"{row['benchmark']}."
        )
    return " ".join(lines)


def markdown(report: FidelityReport, settings: EvaluationSettings) -> str:
    """What changes most, the picture, and folded a table a benchmark, one row a departure."""
    parts = [
        f"{answer(report.rows)}\n",
        "![Differences that are not zero](../results/fidelity/fidelity.png)\n",
        f"The picture has the departures that change the accuracy by {100 * SHOWN:g} points or more; all others are in "
        f"the tables below. Accuracy of SLM-MUX in %, {settings.samples} samples per model, expected over draws and "
        f"tie-breaks. Difference: released code minus paper, in points, with its {100 * settings.confidence:g} % "
        "paired bootstrap interval over questions. Where the paper says nothing, its column says what this project "
        "does. Questions and responses that differ, by id: `examples.csv`.\n",
    ]
    for name, rows in report.rows.groupby("benchmark", sort=False):
        title = f"{name}: every departure ({rows['questions'].iloc[0]} test questions)"
        parts.append(f"<details><summary>{title}</summary>\n")
        parts.append("| matter | the paper | released code | paper | released | difference | remark |")
        parts.append("|---|---|---|---|---|---|---|")
        for row in rows.itertuples():
            interval = with_interval(row.difference, row.low, row.high, digits=2)
            interval = interval if row.questions_differing else "0"
            cells = [row.matter, row.paper, f"{row.released} ({row.release})"]
            cells += [percent(row.accuracy_paper), percent(row.accuracy_released), interval, row.note]
            parts.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
        if "grading" not in set(rows["part"]):
            parts.append("\nThe released code has no grader for this benchmark.")
        parts.append("\n</details>\n")
    return "\n".join(parts)


def picture(report: FidelityReport) -> Figure:
    """The differences that are not zero, a row a departure and a marker a benchmark, with their intervals."""
    rows = report.rows[report.rows["difference"].abs() >= SHOWN]
    matters = list(dict.fromkeys(rows["matter"] + "\n" + rows["released"]))
    names = list(dict.fromkeys(rows["benchmark"]))
    figure = Figure(figsize=(8.6, 0.46 * len(matters) + 1.4))
    ax = figure.subplots()
    for i, name in enumerate(names):
        of = rows[rows["benchmark"] == name]
        y = beside([matters.index(key) for key in of["matter"] + "\n" + of["released"]], i, len(names), 0.2)
        bars = 100 * reach(of["difference"], of["low"], of["high"])
        ax.errorbar(100 * of["difference"], y, xerr=bars, linestyle="", elinewidth=0.9, label=name)
    ax.axvline(0, color="0.3", linewidth=1)
    ax.set_yticks(range(len(matters)), matters, fontsize="small")
    ax.set_ylim(max(len(matters), 1) - 0.4, -0.6)
    ax.set_xlabel("released code minus paper, accuracy in points, with interval")
    ax.grid(axis="y", visible=False)
    legend_above(figure)
    return figure


def write_report(report: FidelityReport, settings: EvaluationSettings, folder: Path) -> list[Path]:
    """Write fidelity.csv, examples.csv, fidelity.md and fidelity.png into `folder`; return the paths."""
    paths = write_tables(folder, {"fidelity": report.rows, "examples": report.examples})
    write_text(folder / "fidelity.md", markdown(report, settings))
    return [*paths, folder / "fidelity.md", *save_figures({"fidelity": lambda: picture(report)}, folder)]
