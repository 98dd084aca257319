"""python -m analysis report: the result table and picture of all benchmarks.

The result of the study as a table (Markdown and CSV) and a picture, from the results of each benchmark.
"""

import csv
import io
import textwrap
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.figure import Figure

from analysis.figures.common import legend_above, panels, reach, save_figures
from analysis.pages.own_answer import gain_table, own_sentence
from analysis.results import decision, percent, read_results, read_tables, with_interval
from slmmux.config import load_config
from slmmux.files import write_texts
from slmmux.orchestration import METHODS
from slmmux.paths import CERTAINTY, COMPARE, REPORT, SUMMARY
from slmmux.result_files import write_json
from slmmux.stages.compare import KEYS, LABELS, RIVALS, ROWS
from slmmux.tracking.record import Dataset, Record

# What a method's row of methods.json has, beside the benchmark, and what is the same in all rows of it.
COLUMNS = ("benchmark", "method", *KEYS, "questions", "samples")
HEADS = {
    "gain": "over one sample of the best single model",
    "gain_over_voting": "over its self-consistency",
    "gain_over_total": "over its self-consistency, same total number of samples",
}
# Difference → what the figure says of its rival.
DRAWN = {
    "gain_over_voting": "minus the best single model's self-consistency, as many samples as one model draws",
    "gain_over_total": "minus the best single model's self-consistency, as many samples as all models draw",
}
# Row → the difference that compares it with itself.
ITSELF = {row: key for row, (method, _) in ROWS.items() for key, (rival, _) in RIVALS.items() if method == rival}


def _difference(row: dict, key: str, questions: int) -> str:
    low, high = row[f"{key}_low"], row[f"{key}_high"]
    return f"{with_interval(row[key], low, high)} {decision(low, high, row.get(f'{key}_needs'), questions)}"


def _mode(row: dict) -> str:
    return row["mode"] if "simulation_se" not in row else f"simulated, ± {percent(row['simulation_se'], digits=2)}"


def _tokens(row: dict) -> str:
    tokens = f"{row['tokens_per_question']:.0f}"
    if "tokens_with_stopping" not in row:
        return f"{tokens} | – | –"
    return f"{tokens} | {row['tokens_with_stopping']:.0f} | {row['rounds']:.2f}"


def certainty(tables: dict[str, pd.DataFrame], samples: int) -> list[str]:
    """In words: the questions that a difference needs, and what choosing the subset cost. tables: power, chosen."""
    power = tables["power"]
    power = power[(power["samples"] == samples) & (power["over"] != "gain")].set_index("over")
    total = power.loc["gain_over_total"]
    points = [name for name in power.columns if name.startswith("needs_")]
    needs = ", ".join(f"{name.split('_')[1]} points {total[name]:,.0f}" for name in points)
    from_questions, twice = (percent(total[name], digits=0) for name in ("question_share", "twice_runs"))
    lines = [
        f"Questions for 80 % power, SLM-MUX over self-consistency with the same total number of samples: {needs}; "
        f"these {total['questions']} see {percent(total['detectable'])} points. Of the variance of one run a question "
        f"{from_questions} % comes from questions, the rest from draws: twice the questions halve it, a second run of "
        f"each lowers it by {twice} %. The draws are averaged out here, so only more questions make these intervals "
        "shorter."
    ]
    for row in tables["chosen"].to_dict("records"):
        by = {"objective": "O(S)", "accuracy": "accuracy"}[row["chosen_by"]]
        crossed = "" if pd.isna(row["cross_fitted"]) else f"; cross-fitted {percent(row['cross_fitted'])}"
        lines.append(
            f"Chosen by {by} on validation, of {row['candidates']} subsets: {row['models'].replace(' ', ', ')}. "
            f"Validation {percent(row['validation_accuracy'])} [{percent(row['validation_low'])}, "
            f"{percent(row['validation_high'])}], an interval that knows it was chosen{crossed}; test "
            f"{percent(row['test_accuracy'])} ± {percent(row['test_accuracy_se'])}; optimism "
            f"{percent(row['optimism'], True)} ± {percent(row['optimism_se'])} points."
        )
    return [f"- {line}" for line in lines]


def markdown(results: dict[str, dict], sure: dict[str, dict[str, pd.DataFrame]]) -> str:
    """The report: the answer, the picture and the differences; folded, a table a benchmark and what its keys mean.

    sure: benchmark → the tables of `certainty`.
    """
    parts = [
        own_sentence(results),
        "",
        "![Difference of every method from the best model's self-consistency](../results/report/report.png)",
        "",
        *gain_table(results),
        "",
        "Searched subset, for SLM-MUX here: the models with the largest value of the paper's objective O(S) on the "
        "validation questions. Differences in points with their intervals over questions. *Undecided*: the interval "
        "holds 0; in brackets the questions that would see a true difference of this size with 80 % power. In the "
        "tables below, *with stopping*: expected tokens when models are asked one after the other and asking stops "
        "once the rest cannot change the answer, or as the method itself stops; *rounds*: the expected number of "
        "models asked so. Agent Forest: the most frequent answer among all models' samples together. Oracle (union): "
        "right where any model's vote is. All terms: [glossary](../docs/glossary.md).\n",
    ]
    for name, result in results.items():
        level = f"{result['questions']} test questions, {result['samples']} samples per model"
        parts.append(f"<details><summary>{name}: every method ({level})</summary>\n")
        heads = ["method", "accuracy ± SE", "computed", *HEADS.values(), "tokens", "with stopping", "rounds"]
        parts += [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
        notes: list[str] = []
        for key, row in result["methods"].items():
            cells = [f"{percent(row['accuracy'])} ± {percent(row['accuracy_se'])}", _mode(row)]
            cells += ["–" if ITSELF.get(key) == gain else _difference(row, gain, result["questions"]) for gain in HEADS]
            mark = ""
            if "note" in row:
                notes += [row["note"]] if row["note"] not in notes else []
                mark = f" ({notes.index(row['note']) + 1})"
            parts.append(f"| {LABELS[key]}{mark} | {' | '.join(cells)} | {_tokens(row)} |")
        parts.append("")
        parts += [f"({number}) {note}.\n" for number, note in enumerate(notes, start=1)]
        singles = [
            f"{model} {percent(result['validation_accuracy'][model])} / {percent(accuracy)}"
            for model, accuracy in result["test_accuracy"].items()
        ]
        parts += [*certainty(sure[name], result["samples"]), ""]
        parts.append(f"Searched subset: {', '.join(result['searched_models'])}.")
        parts.append(f"Single models, validation / test accuracy %: {'; '.join(singles)}.\n\n</details>\n")
    parts += ["<details><summary>Keys of a method in methods.json, columns of report.csv</summary>\n"]
    parts += [f"- `{key}`: {words}" for key, words in KEYS.items()]
    return "\n".join([*parts, "\n</details>\n"])


def summary(results: dict[str, dict]) -> dict[str, dict[str, float]]:
    """The five numbers a benchmark that `dvc metrics` shows, of SLM-MUX on the searched subset. Accuracies are in %.

    slm_mux, self_consistency (of the best single model), same_total (that with as many samples in all), gain (SLM-MUX
    minus self_consistency, points) and tokens a question, where they are known.
    """
    found = {}
    for name, result in results.items():
        mux = result["methods"]["slm_mux_searched"]
        rivals = {"self_consistency": "self_consistency", "same_total": "self_consistency_total_searched"}
        values = {key: 100 * result["methods"][row]["accuracy"] for key, row in rivals.items()}
        found[name] = {"slm_mux": 100 * mux["accuracy"], **values, "gain": 100 * mux["gain_over_voting"]}
        if "tokens_per_question" in mux:
            found[name]["tokens"] = mux["tokens_per_question"]
    return {name: {key: round(value, 2) for key, value in values.items()} for name, values in found.items()}


def table_csv(results: dict[str, dict]) -> str:
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, lineterminator="\n", extrasaction="ignore")
    writer.writeheader()
    for name, result in results.items():
        for key, row in result["methods"].items():
            shared = {"benchmark": name, "method": key, "models": " ".join(row["models"])}
            writer.writerow(row | shared | {c: result[c] for c in ("questions", "samples")})
    return text.getvalue()


def picture(results: dict[str, dict]) -> Figure:
    """A panel a benchmark: every method's paired difference from both self-consistency rivals, with its interval.

    Methods of several models run the searched subset. A star stands at methods that were simulated somewhere.
    """
    rows = [row for row, (method, searched) in ROWS.items() if searched or METHODS[method].ONE_MODEL][::-1]
    simulated = {row for row in rows for result in results.values() if result["methods"][row]["mode"] == "simulate"}
    labels = [METHODS[ROWS[row][0]].LABEL + (" *" if row in simulated else "") for row in rows]
    figure, axes = panels(len(results), width=3.1, height=0.34 * len(rows), sharey=True)
    for axis, (name, result) in zip(axes, results.items()):
        methods = result["methods"]
        for n, (key, rival) in enumerate(DRAWN.items()):
            shown = [methods[row] for row in rows]
            value, low, high = (np.array([row[f"{key}{end}"] for row in shown]) for end in ("", "_low", "_high"))
            height = np.arange(len(rows)) + (0.16, -0.16)[n]
            bars = 100 * reach(value, low, high)
            axis.errorbar(100 * value, height, xerr=bars, linestyle="", elinewidth=0.9, label=rival)
        axis.axvline(0, color="0.3", linewidth=1)
        axis.set_title(f"{name}, {result['questions']} questions")
        axis.set_xlabel("difference in accuracy, points")
        axis.set_yticks(range(len(rows)), [textwrap.fill(label, 38) for label in labels], fontsize="small")
        axis.set_ylim(-0.6, len(rows) - 0.4)
        axis.grid(axis="y", visible=False)
    legend_above(figure, columns=1)
    if simulated:
        figure.supxlabel("* simulated; all others exact, over all draws of the samples", fontsize="small")
    return figure


def write_report(results: Path, sureness: Path, benchmarks: list[str], out: Path) -> dict[str, dict]:
    """Write report.md, report.csv and report.png into `out`, and return the results that they show.

    results, sureness: folders of the stages `compare` and `certainty`.
    """
    found, sure = read_results(results, benchmarks), read_tables(sureness, benchmarks, ["power", "chosen"])
    write_texts({out / "report.md": markdown(found, sure), out / "report.csv": table_csv(found)})
    save_figures({"report": lambda: picture(found)}, out)
    return found


def add_parser(subparsers) -> None:
    subparsers.add_parser("report", description=__doc__)


def run(args) -> Record:
    benchmarks = load_config().benchmark_names
    found = write_report(COMPARE, CERTAINTY, benchmarks, REPORT)
    inputs = [Dataset(f"results of {name}", COMPARE / name / "methods.json") for name in benchmarks]
    inputs += [Dataset(f"certainty of {name}", CERTAINTY / name) for name in benchmarks]
    files = [REPORT / f"report.{kind}" for kind in ("md", "csv", "png")]
    # No metrics: it shows those of the comparisons, which have runs of their own.
    files.append(write_json(SUMMARY, summary(found)))
    return Record("report", {"benchmarks": ",".join(benchmarks)}, {}, inputs, files, files)
