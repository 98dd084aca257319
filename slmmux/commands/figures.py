"""slmmux figures: the pictures of the search and of test-time scaling, of all benchmarks."""

from slmmux.commands.scaling import FOLDER as SCALING
from slmmux.commands.search import FOLDER as SEARCH
from slmmux.config import load_config
from slmmux.paths import RESULTS
from slmmux.tracking.record import Dataset, Record

FOLDER = RESULTS / "figures"


def add_parser(subparsers) -> None:
    subparsers.add_parser("figures", description=__doc__)


def run(args) -> Record:
    from analysis.search_figures import write_figures

    benchmarks = load_config().benchmark_names
    files = write_figures(SEARCH, SCALING, benchmarks, FOLDER)
    inputs = [
        Dataset(f"{kind} of {name}", f / name)
        for kind, f in (("search", SEARCH), ("scaling", SCALING))
        for name in benchmarks
    ]
    return Record("figures", {"benchmarks": ",".join(benchmarks)}, {}, inputs, files, files)
