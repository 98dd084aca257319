"""python -m scripts.run_notebooks [FILES]: run the notebooks' text files and write each notebook with its outputs.

Outputs depend on the results alone: no times, no addresses of objects, cells numbered in their order.
"""

import re
import sys
from pathlib import Path

import jupytext
import nbformat
from nbclient import NotebookClient

from slmmux.files import write_text

FOLDER = Path(__file__).resolve().parents[1] / "notebooks"
TIMEOUT_SECONDS = 300
WIDGET = "application/vnd.jupyter.widget-view+json"
_ADDRESS = re.compile(r"(<[\w.]+) at 0x[0-9a-f]+>")


def run_notebook(source: Path) -> None:
    """Write the .ipynb beside a text file. Raises nbclient's CellExecutionError where a cell fails."""
    book = jupytext.read(source)
    where = {"metadata": {"path": str(source.parent)}}
    NotebookClient(book, timeout=TIMEOUT_SECONDS, kernel_name="python3", resources=where, record_timing=False).execute()
    book.metadata.pop("language_info", None)
    # A widget lives in a running kernel alone, and its identifier is new on every run.
    book.metadata.pop("widgets", None)
    for number, cell in enumerate(book.cells):
        cell["id"] = f"cell-{number:02d}"
        if cell.cell_type == "code":
            cell.outputs = [output for output in cell.outputs if WIDGET not in output.get("data", {})]
    text = nbformat.writes(book, version=4)
    write_text(source.with_suffix(".ipynb"), _ADDRESS.sub(r"\1>", text).rstrip("\n") + "\n")


def main() -> None:
    for source in [Path(name) for name in sys.argv[1:]] or sorted(FOLDER.glob("*.py")):
        print(source.name, flush=True)
        run_notebook(source)


if __name__ == "__main__":
    main()
