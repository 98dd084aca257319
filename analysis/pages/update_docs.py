"""python -m analysis update-docs: put the generated parts between their markers in README.md and docs/.

With --check it changes nothing and fails where a page differs from the results.
"""

import re
from collections.abc import Callable
from pathlib import Path

from analysis.pages.own_answer import own_sentence
from analysis.pages.readme_tables import read_table_1, result_table, verdict_counts, verdict_list
from analysis.pages.when_does_it_pay import readme_sentence
from analysis.results import read_results
from slmmux.config import load_config
from slmmux.errors import InputError
from slmmux.files import write_text
from slmmux.paths import COMPARE, PAYS, REPORT, RESULTS, THEORY_ON_POOLS, WHICH_RULE

README, DOCS = Path("README.md"), Path("docs")
RULE_PAGE = WHICH_RULE / "which_rule.md"
PAYS_PAGE, ON_POOLS = PAYS / "when_does_it_pay.md", THEORY_ON_POOLS / "verdicts.md"


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("update-docs", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail if a page is out of date")


def _result_table() -> str:
    return result_table(read_results(COMPARE, load_config().benchmark_names), read_table_1())


def _own_sentence() -> str:
    return own_sentence(read_results(COMPARE, load_config().benchmark_names))


def _verdict_list() -> str:
    return verdict_list(RESULTS / "theory")


def _verdict_counts() -> str:
    return verdict_counts(RESULTS / "theory")


def contents_of(path: Path) -> Callable[[], str]:
    """Shows a file of the results as it is. Raises InputError, when it is asked, where there is none."""

    def text() -> str:
        if not path.exists():
            raise InputError(f"{path}: no such file; run `make repro`")
        return path.read_text(encoding="utf-8")

    return text


def on_published(text: Callable[[], str], *needed: Path) -> Callable[[], str]:
    """What `text` gives, where the stages on published samples have run: not every profile has any."""
    return lambda: text() if all(path.exists() for path in needed) else "Not measured: run `make repro`."


# Page, name of the marked part in it, and what gives its text. A further part is a further line.
PARTS: tuple[tuple[Path, str, Callable[[], str]], ...] = (
    (README, "results", _result_table),
    (README, "pays", on_published(readme_sentence, PAYS_PAGE)),
    (README, "own", _own_sentence),
    (README, "theory", _verdict_list),
    (DOCS / "results.md", "results", contents_of(REPORT / "report.md")),
    (DOCS / "claims.md", "claims", contents_of(RESULTS / "claims" / "claims.md")),
    (DOCS / "theory.md", "counts", _verdict_counts),
    (DOCS / "theory.md", "theory", contents_of(RESULTS / "theory" / "verdicts.md")),
    (DOCS / "when_does_it_pay.md", "pays", on_published(contents_of(PAYS_PAGE), PAYS_PAGE)),
    (DOCS / "when_does_it_pay.md", "theory_on_pools", on_published(contents_of(ON_POOLS), ON_POOLS)),
    (DOCS / "which_rule.md", "which_rule", on_published(contents_of(RULE_PAGE), RULE_PAGE)),
    (DOCS / "search.md", "search", contents_of(RESULTS / "search.md")),
    (DOCS / "fidelity.md", "fidelity", contents_of(RESULTS / "fidelity" / "fidelity.md")),
)


def filled(page: Path, before: str, name: str, content: str) -> str:
    """The page's text with `content` between `<!-- name: begin … -->` and `<!-- name: end -->`.

    Raises InputError where the page has no such markers.
    """
    pattern = re.compile(rf"(<!-- {name}: begin[^>]*-->\n).*?(<!-- {name}: end -->)", re.DOTALL)
    if not pattern.search(before):
        raise InputError(f"{page}: no markers for {name!r}")
    return pattern.sub(lambda m: f"{m[1]}{content.strip()}\n{m[2]}", before)


def _read(page: Path) -> str:
    if not page.exists():
        raise InputError(f"{page}: no such page")
    return page.read_text(encoding="utf-8")


def run(args) -> None:
    before = {page: _read(page) for page, _, _ in PARTS}
    after = dict(before)
    for page, name, text in PARTS:
        after[page] = filled(page, after[page], name, text())
    changed = [page for page in after if after[page] != before[page]]
    if args.check and changed:
        pages = ", ".join(map(str, changed))
        raise InputError(f"{pages}: the generated parts are out of date; run `python -m analysis update-docs`")
    for page in changed:
        write_text(page, after[page])
