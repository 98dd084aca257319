"""python -m analysis answer: the answer of the study in words and a table, on the terminal."""

import re
import shutil
import textwrap

from analysis.pages.own_answer import own_sentence
from analysis.pages.readme_tables import read_table_1, result_table
from analysis.pages.when_does_it_pay import readme_sentence
from analysis.results import read_results
from slmmux.config import load_config
from slmmux.paths import COMPARE, PAYS, REPORT

LABEL_WIDTH, CELL_WIDTH = 34, 24
WIDEST = 120


def add_parser(subparsers) -> None:
    subparsers.add_parser("answer", description=__doc__)


def run(args) -> None:
    """Print what the README's first screen says, from the results that are there. Raises InputError without them."""
    width = min(shutil.get_terminal_size().columns, WIDEST)
    if (PAYS / "when_does_it_pay.md").exists() and (words := readme_sentence()):
        print(textwrap.fill(words.replace("**", ""), width), end="\n\n")
    results = read_results(COMPARE, load_config().benchmark_names)
    print(textwrap.fill(own_sentence(results), width), end="\n\n")
    print(plain(result_table(results, read_table_1())))
    print(f"\nAccuracy in % ± standard error. All rows: {REPORT / 'report.md'}")


def plain(table: str) -> str:
    """The Markdown tables of a text without marks: a label and a cell a column, long ones on several lines."""
    shown = [line for line in table.splitlines() if line.startswith("| ")]
    rows = [re.sub(r"\*|<wbr>", "", line).strip("| ").split(" | ") for line in shown]
    lines = []
    for row in rows:
        cells = [textwrap.wrap(cell, CELL_WIDTH if n else LABEL_WIDTH) for n, cell in enumerate(row)]
        for part in range(max(map(len, cells))):
            texts = [cell[part] if part < len(cell) else "" for cell in cells]
            lines.append("  ".join([texts[0].ljust(LABEL_WIDTH), *(t.ljust(CELL_WIDTH) for t in texts[1:])]).rstrip())
    return "\n".join(lines)
