"""python -m analysis report: the result table and picture of all benchmarks; `--print` shows the table that is there.

The result of the study as a table (Markdown and CSV) and a picture, from the results of each benchmark.
"""

import csv
import io
from pathlib import Path

from matplotlib.figure import Figure

from analysis.figures.common import panels, save_figures
from analysis.results import percent, read_results, verdict
from slmmux.config import load_config
from slmmux.errors import InputError
from slmmux.files import write_text
from slmmux.paths import COMPARE, REPORT
from slmmux.stages.compare import LABELS
from slmmux.tracking.record import Dataset, Record

COLUMNS: tuple[str, ...] = ("benchmark", "method", "models", "accuracy", "accuracy_se", "gain", "gain_low", "gain_high")
COLUMNS += ("gain_over_voting", "gain_over_voting_low", "gain_over_voting_high")
COLUMNS += ("tokens_per_question", "tie_probability", "questions", "samples", "mode")


def _difference(row: dict, key: str) -> str:
    low, high = row[f"{key}_low"], row[f"{key}_high"]
    interval = f"[{percent(low, True)}, {percent(high, True)}]"
    return f"{percent(row[key], True)} {interval} {verdict(low, high)}"


def markdown(results: dict[str, dict]) -> str:
    """The report: a table a benchmark, with what each column means."""
    parts = []
    for name, result in results.items():
        level = f"{result['questions']} test questions, {result['samples']} samples per model"
        parts.append(f"### {name} ({level})\n")
        parts.append("| method | accuracy % ± SE | over the best single model | over its self-consistency | tokens |")
        parts.append("|---|---|---|---|---|")
        for key, row in result["methods"].items():
            gain = "–" if key == "single_best" else _difference(row, "gain")
            over_voting = "–" if key == "self_consistency" else _difference(row, "gain_over_voting")
            accuracy = f"{percent(row['accuracy'])} ± {percent(row['accuracy_se'])}"
            parts.append(f"| {LABELS[key]} | {accuracy} | {gain} | {over_voting} | {row['tokens_per_question']:.0f} |")
        singles = [
            f"{model} {percent(result['validation_accuracy'][model])} / {percent(accuracy)}"
            for model, accuracy in result["test_accuracy"].items()
        ]
        parts.append(f"\nSearched subset: {', '.join(result['searched_models'])}.")
        parts.append(f"Single models, validation / test accuracy %: {'; '.join(singles)}.\n")
    return "\n".join(parts)


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
    """Accuracy of every method, a panel a benchmark, bars of one standard error each way."""
    keys = list(LABELS)[::-1]
    figure, axes = panels(len(results), width=4.6, height=0.4 * len(keys), sharey=True)
    for axis, (name, result) in zip(axes, results.items()):
        methods = result["methods"]
        values = [100 * methods[key]["accuracy"] for key in keys]
        errors = [100 * methods[key]["accuracy_se"] for key in keys]
        colors = ["0.35" if "slm_mux" in key else "0.85" if "oracle" in key else "0.65" for key in keys]
        axis.barh(range(len(keys)), values, xerr=errors, color=colors, error_kw={"linewidth": 0.9})
        axis.axvline(100 * methods["single_best"]["accuracy"], color="black", linewidth=0.8, linestyle=":")
        axis.set_title(f"{name}, {result['questions']} questions")
        axis.set_xlabel("accuracy, % ± SE")
        axis.set_xlim(left=0)
        axis.set_yticks(range(len(keys)), [LABELS[key] for key in keys])
        axis.grid(axis="y", visible=False)
    return figure


def write_report(results: Path, benchmarks: list[str], out: Path) -> dict[str, dict]:
    """Write report.md, report.csv and report.png into `out`, and return what they show."""
    found = read_results(results, benchmarks)
    write_text(out / "report.md", markdown(found))
    write_text(out / "report.csv", table_csv(found))
    save_figures({"report": lambda: picture(found)}, out)
    return found


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("report", description=__doc__)
    parser.add_argument("--print", action="store_true", help="print the table, make nothing")


def run(args) -> Record | None:
    if args.print:
        path = REPORT / "report.md"
        if not path.exists():
            raise InputError(f"{path}: no such file; run `make repro`")
        print(path.read_text(encoding="utf-8"))
        return None
    benchmarks = load_config().benchmark_names
    write_report(COMPARE, benchmarks, REPORT)
    inputs = [Dataset(f"results of {name}", COMPARE / name / "methods.json") for name in benchmarks]
    files = [REPORT / f"report.{kind}" for kind in ("md", "csv", "png")]
    # No metrics: it shows those of the comparisons, which have runs of their own.
    return Record("report", {"benchmarks": ",".join(benchmarks)}, {}, inputs, files, files)
