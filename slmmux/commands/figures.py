"""slmmux figures: the pictures and tables of the search and of test-time scaling, of all benchmarks."""

from slmmux.commands.scaling import FOLDER as SCALING
from slmmux.commands.search import FOLDER as SEARCH
from slmmux.config import load_config
from slmmux.files import write_text
from slmmux.paths import RESULTS
from slmmux.tracking.record import Dataset, Record

FOLDER, TABLES, POOL_SIZE = RESULTS / "figures", RESULTS / "search.md", RESULTS / "pool_size"


def add_parser(subparsers) -> None:
    subparsers.add_parser("figures", description=__doc__)


def run(args) -> Record:
    from analysis.search_figures import write_figures
    from analysis.search_tables import search_markdown

    benchmarks = load_config().benchmark_names
    files = write_figures(SEARCH, SCALING, benchmarks, FOLDER)
    write_text(TABLES, search_markdown(SEARCH, POOL_SIZE, benchmarks))
    files.append(TABLES)
    inputs = [
        Dataset(f"{kind} of {name}", f / name)
        for kind, f in (("search", SEARCH), ("scaling", SCALING))
        for name in benchmarks
    ]
    return Record("figures", {"benchmarks": ",".join(benchmarks)}, {}, inputs, files, files)
