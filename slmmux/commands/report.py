"""slmmux report: the result table and picture of all benchmarks; `--print` shows the table that is there."""

from slmmux.config import load_config
from slmmux.errors import InputError
from slmmux.paths import COMPARE, REPORT
from slmmux.tracking.record import Dataset, Record


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
    from analysis.pages.report import write_report

    benchmarks = load_config().benchmark_names
    write_report(COMPARE, benchmarks, REPORT)
    inputs = [Dataset(f"results of {name}", COMPARE / name / "methods.json") for name in benchmarks]
    files = [REPORT / f"report.{kind}" for kind in ("md", "csv", "png", "svg")]
    # No metrics: it shows those of the comparisons, which have runs of their own.
    return Record("report", {"benchmarks": ",".join(benchmarks)}, {}, inputs, files, files)
