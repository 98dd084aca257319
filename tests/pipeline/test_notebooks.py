"""The notebooks: each runs from a clean kernel, and its two files say the same."""

import fcntl
import re
import subprocess
import sys
from pathlib import Path

import jupytext
import nbformat
import pytest
from nbclient import NotebookClient

from slmmux.config import load_config
from slmmux.paths import samples_file, votes_file

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted((ROOT / "notebooks").glob("*.py"))
BENCHMARK = "short_answers"
LARGEST = 1_000_000
# Rows of a table.
LONGEST = 8


@pytest.fixture(scope="module")
def shipped_samples():
    """The shipped samples and votes, from the repository's own DVC remote where they are not checked out."""
    names = load_config(ROOT / "params.yaml").model_names
    needed = [samples_file(BENCHMARK, name) for name in names]
    needed += [votes_file(BENCHMARK, split) for split in ("validation", "test")]
    # One at a time: the tests of this file may run in several processes.
    with (ROOT / "dvc.lock").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not all((ROOT / path).exists() for path in needed):
            folders = sorted({str(path.parent) for path in needed})
            subprocess.run([sys.executable, "-m", "dvc", "pull", "--quiet", *folders], cwd=ROOT, check=True)


def test_they_are_numbered_in_reading_order():
    assert [source.name[:2] for source in SOURCES] == [f"{n}_" for n in range(1, len(SOURCES) + 1)]


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_the_pair_has_the_same_cells(source):
    script, notebook = jupytext.read(source), nbformat.read(source.with_suffix(".ipynb"), as_version=4)
    cells = [[(cell.cell_type, cell.source) for cell in book.cells] for book in (script, notebook)]
    assert cells[0] == cells[1]


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_the_outputs_are_whole_and_of_no_machine(source):
    path = source.with_suffix(".ipynb")
    assert path.stat().st_size < LARGEST
    code = [cell for cell in nbformat.read(path, as_version=4).cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell.outputs]
    assert outputs and all(output.output_type != "error" for output in outputs)
    text = path.read_text(encoding="utf-8")
    assert not [word for word in (f"{ROOT}/", "/home/", "/Users/", "/tmp/", "site-packages") if word in text]


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_a_cell_that_shows_a_picture_carries_it(source):
    book = nbformat.read(source.with_suffix(".ipynb"), as_version=4)
    code = [cell for cell in book.cells if cell.cell_type == "code"]
    plotting = [cell for cell in code if re.search(r"^(display\(Image|picture|show)\(", cell.source, re.MULTILINE)]
    assert len(plotting) >= 3
    for cell in plotting:
        assert any("image/png" in output.get("data", {}) for output in cell.outputs), cell.source


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_every_section_leads_with_a_picture(source):
    section, led = "", {}
    for cell in nbformat.read(source.with_suffix(".ipynb"), as_version=4).cells:
        headings = re.findall(r"^## (.*)$", cell.source, re.MULTILINE) if cell.cell_type == "markdown" else []
        section = headings[-1] if headings else section
        if cell.cell_type == "code" and section:
            led.setdefault(section, any("image/png" in output.get("data", {}) for output in cell.outputs))
    assert led and all(led.values()), led


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_tables_are_short(source):
    for cell in nbformat.read(source.with_suffix(".ipynb"), as_version=4).cells:
        for output in cell.get("outputs", []):
            html = output.get("data", {}).get("text/html", "")
            assert html.partition("<tbody>")[2].count("<tr>") <= LONGEST, cell.source


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: path.stem)
def test_it_runs_from_a_clean_kernel(source, shipped_samples, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")
    where = {"metadata": {"path": str(source.parent)}}
    NotebookClient(jupytext.read(source), timeout=300, kernel_name="python3", resources=where).execute()
