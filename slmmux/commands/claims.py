"""slmmux claims: the paper's Table 1 and single models beside ours, and the verdict on each of its claims."""

from slmmux.commands.discussion import FOLDER as DISCUSSION
from slmmux.config import load_config
from slmmux.files import write_text
from slmmux.paths import COMPARE, RESULTS
from slmmux.tracking.record import Dataset, Record
from slmmux.tracking.result_files import write_tables

FOLDER = RESULTS / "claims"


def add_parser(subparsers) -> None:
    subparsers.add_parser("claims", description=__doc__)


def run(args) -> Record:
    from analysis.pages.claims import check_claims, claims_table, paper_claims
    from analysis.pages.claims_page import page, paper_table1
    from analysis.pages.report import read_results

    config = load_config()
    names, discussed = config.benchmark_names, config.discussion.benchmark_names
    compared, talks = read_results(COMPARE, names), read_results(DISCUSSION, discussed)
    ours = claims_table(check_claims(COMPARE, DISCUSSION, names, discussed, config.evaluation))
    paper = paper_claims(paper_table1())
    text = FOLDER / "claims.md"
    write_text(text, page(compared, talks, ours, paper))
    files = [text, *write_tables(FOLDER, {"claims": ours, "paper_claims": paper})]
    metrics = {verdict: int((ours["verdict"] == verdict).sum()) for verdict in ("holds", "fails", "undecided")}
    inputs = [Dataset(f"results of {name}", COMPARE / name / "methods.json") for name in names]
    inputs += [Dataset(f"discussions of {name}", DISCUSSION / name / "methods.json") for name in discussed]
    params = {
        "benchmarks": ",".join(names),
        "discussed": ",".join(discussed),
        "confidence": config.evaluation.confidence,
    }
    return Record("claims", params, metrics, inputs, files, files)
