"""python -m analysis figures: figures of all benchmarks' results, with the paper's numbers."""

from collections.abc import Callable
from importlib import import_module

from matplotlib.figure import Figure

from analysis.figures import FIGURES as MODULES
from analysis.figures.common import save_figures
from slmmux.config import load_config
from slmmux.paths import ATTRIBUTION, COMPARE_DISCUSSIONS, FIGURES, GAINS, SCALING, SEARCH, SUBJECTS
from slmmux.tracking.record import Dataset, Record


def add_parser(subparsers) -> None:
    subparsers.add_parser("figures", description=__doc__)


def run(args) -> Record:
    config = load_config()
    benchmarks, discussed = config.benchmark_names, config.discussion.benchmark_names
    drawn: dict[str, Callable[[], Figure]] = {}
    for name in MODULES:
        drawn |= import_module(f"analysis.figures.{name}").figures(config)
    files = save_figures(drawn, FIGURES)
    inputs = [
        Dataset(f"{folder.name} of {name}", folder / name)
        for folder in (SEARCH, SCALING, ATTRIBUTION, GAINS, SUBJECTS)
        for name in benchmarks
    ]
    inputs += [Dataset(f"discussions of {name}", COMPARE_DISCUSSIONS / name / "methods.json") for name in discussed]
    params = {"benchmarks": ",".join(benchmarks), "discussed": ",".join(discussed)}
    return Record("figures", params, {}, inputs, files, files)
