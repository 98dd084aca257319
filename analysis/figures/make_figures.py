"""python -m analysis figures: figures of all benchmarks' results with the paper's numbers, and the search's tables."""

from analysis.figures.attribution import attribution
from analysis.figures.common import read_tables, save_figures
from analysis.figures.discussion import discussion
from analysis.figures.gains import gains
from analysis.figures.search import search_figures
from analysis.figures.subjects import subjects
from analysis.pages.report import read_results
from analysis.pages.search import search_markdown
from slmmux.config import load_config
from slmmux.files import write_text
from slmmux.paths import (
    ATTRIBUTION,
    COMPARE_DISCUSSIONS,
    FIGURES,
    GAINS,
    POOL_SIZE,
    SCALING,
    SEARCH,
    SEARCH_PAGE,
    SUBJECTS,
)
from slmmux.tracking.record import Dataset, Record


def add_parser(subparsers) -> None:
    subparsers.add_parser("figures", description=__doc__)


def run(args) -> Record:
    config = load_config()
    benchmarks, discussed = config.benchmark_names, config.discussion.benchmark_names
    answered, gained, by_subject = (
        {benchmark: tables[name] for benchmark, tables in read_tables(folder, benchmarks, [name]).items()}
        for name, folder in (("attribution", ATTRIBUTION), ("gains", GAINS), ("subjects", SUBJECTS))
    )
    talks = read_results(COMPARE_DISCUSSIONS, discussed)
    with_subjects = {name: table for name, table in by_subject.items() if len(table)}
    with_pairs = {name: table for name, table in gained.items() if len(table)}
    drawn = search_figures(SEARCH, SCALING, benchmarks)
    drawn["attribution"] = lambda: attribution(answered, config.model_names)
    if with_pairs:
        drawn["gains"] = lambda: gains(with_pairs, config.evaluation.confidence)
    if with_subjects:
        drawn["subjects"] = lambda: subjects(with_subjects)
    if talks:
        drawn["discussion"] = lambda: discussion(talks)
    files = save_figures(drawn, FIGURES)
    write_text(SEARCH_PAGE, search_markdown(SEARCH, POOL_SIZE, benchmarks))
    files.append(SEARCH_PAGE)
    sources = {"search": SEARCH, "scaling": SCALING, "attribution": ATTRIBUTION, "gains": GAINS, "subjects": SUBJECTS}
    inputs = [Dataset(f"{kind} of {name}", folder / name) for kind, folder in sources.items() for name in benchmarks]
    inputs += [Dataset(f"discussions of {name}", COMPARE_DISCUSSIONS / name / "methods.json") for name in discussed]
    params = {"benchmarks": ",".join(benchmarks), "discussed": ",".join(discussed)}
    return Record("figures", params, {}, inputs, files, files)
