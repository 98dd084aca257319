"""README.md and docs/ say what is there: generated parts are up to date; paths, links, commands and keys exist."""

import argparse
import csv
import importlib
import re
import shlex
from itertools import pairwise
from pathlib import Path

import pytest
from conftest import ROOT, composed

from analysis.__main__ import COMMANDS as ANALYSIS
from analysis.__main__ import main
from analysis.pages.own_answer import GAINS, own_sentence
from analysis.pages.readme_tables import (
    SHOWN,
    TOKENS,
    read_table_1,
    result_table,
    verdict_counts,
    verdict_list,
)
from analysis.pages.update_docs import PARTS, filled
from analysis.results import percent, read_results
from analysis.theory.verdict_page import TOLD
from slmmux.cli import COMMANDS as SLMMUX
from slmmux.config import Config
from slmmux.errors import InputError
from slmmux.orchestration import METHODS
from slmmux.paths import COMPARE
from slmmux.yaml_file import parse_yaml, read_yaml

PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").glob("*.md"))]
FENCE = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PROFILES = {path.stem for path in (ROOT / "experiments/profile").glob("*.yaml")}


@pytest.fixture(params=PAGES, ids=lambda page: page.name)
def page(request):
    return request.param


@pytest.fixture(autouse=True)
def root(monkeypatch):
    monkeypatch.chdir(ROOT)


def fences(page: Path) -> list[str]:
    return FENCE.findall(page.read_text(encoding="utf-8"))


def spans(page: Path) -> list[str]:
    """The code inside running text."""
    return re.findall(r"`([^`\n]+)`", FENCE.sub("", page.read_text(encoding="utf-8")))


def commands(page: Path) -> list[list[str]]:
    """Every command of the page as words: of the fenced blocks line by line, and of the code in running text."""
    lines = [line for block in fences(page) for line in block.splitlines()] + spans(page)
    words = []
    for line in lines:
        if re.match(r"(slmmux|dvc|make) ", line):
            for part in line.split("&&"):
                words.append(shlex.split(part, comments=True))
    return words


def headings(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    found = re.findall(r"^#+ (.*)$", FENCE.sub("", page.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in found}


def test_the_generated_parts_are_those_of_the_committed_results():
    assert main(["update-docs", "--check"]) == 0


def test_a_page_that_is_out_of_date_is_named_and_made_anew(tmp_path, monkeypatch, capsys):
    for folder in ("results", "params.yaml"):
        (tmp_path / folder).symlink_to(ROOT / folder)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").mkdir()
    right = {}
    for path, _, _ in PARTS:
        right[path] = (ROOT / path).read_text(encoding="utf-8")
        path.write_text(right[path], encoding="utf-8")
    stale = PARTS[-1][0]
    stale.write_text(right[stale].replace("|", "!"), encoding="utf-8")
    assert main(["update-docs", "--check"]) == 2
    reason = "the generated parts are out of date; run `python -m analysis update-docs`"
    assert capsys.readouterr().err == f"python -m analysis update-docs: {stale}: {reason}\n"
    assert main(["update-docs"]) == 0
    assert {path: path.read_text(encoding="utf-8") for path in right} == right
    stale.unlink()
    assert main(["update-docs"]) == 2
    assert capsys.readouterr().err == f"python -m analysis update-docs: {stale}: no such page\n"


def test_the_drawn_stages_depend_on_each_other_as_drawn():
    """Every arrow a --> b of the README: stage b reads what stage a writes."""
    (graph,) = [block for block in fences(ROOT / "README.md") if block.startswith("flowchart")]
    stages = read_yaml(ROOT / "dvc.yaml")["stages"]

    def folders(stage: str, *keys: str) -> set[str]:
        """Paths up to what the matrix fills in."""
        entries = [entry for key in keys for entry in stages[stage].get(key, [])]
        names = [entry if isinstance(entry, str) else next(iter(entry)) for entry in entries]
        return {name.partition("${")[0].rstrip("/") for name in names if not name.startswith("results/records")}

    arrows = []
    for line in graph.splitlines()[1:]:
        steps = [step.split(" & ") for step in line.strip().split(" --> ")]
        arrows += [(one, other) for before, after in pairwise(steps) for one in before for other in after]
    assert len(arrows) > 10
    for one, other in arrows:
        written, read = folders(one, "outs", "plots", "metrics"), folders(other, "deps")
        met = [(w, r) for w in written for r in read if f"{w}/".startswith(f"{r}/") or f"{r}/".startswith(f"{w}/")]
        assert met, f"{one} --> {other}"


def test_a_page_without_markers_is_refused():
    text = "<!-- a: begin (x) -->\nold\n<!-- a: end -->\nrest"
    assert filled(Path("p.md"), text, "a", "new \\1\n") == "<!-- a: begin (x) -->\nnew \\1\n<!-- a: end -->\nrest"
    with pytest.raises(InputError, match=r"p\.md: no markers for 'b'"):
        filled(Path("p.md"), text, "b", "new")


def test_the_result_table_tells_the_papers_numbers_of_a_benchmark_of_its_own():
    results = read_results(COMPARE, ["short_answers"])
    ours = results["short_answers"]
    table = result_table({"short_answers": ours, "gsm8k": ours}, read_table_1())
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in table.splitlines() if line.startswith("|")]
    assert [len(row) for row in rows] == [3] * (3 + len(SHOWN) + len(TOKENS)) + [1 + len(GAINS)] * (2 + 2)
    assert rows[0] == ["method", "short_<wbr>answers", "gsm8k"]
    with (ROOT / "analysis" / "paper" / "table1.csv").open() as file:
        paper = {row["method"]: row for row in csv.DictReader(file) if row["benchmark"] == "GSM8K"}
    (told,) = [line for line in table.splitlines() if line.startswith("The paper on")]
    for words, method in (
        ("best single model", "single_best"),
        ("its self-consistency", "self_consistency"),
        ("SLM-MUX", "slm_mux"),
    ):
        assert f"{words} {paper[method]['accuracy']} ± {paper[method]['accuracy_se']}" in told
    found = ours["methods"]["slm_mux_searched"]
    gap = float(paper["slm_mux"]["accuracy"]) - float(paper["self_consistency"]["accuracy"])
    assert told.endswith(f"is {gap:+.1f} points there and {percent(found['gain_over_voting'], True)} here.")
    here = {row[0]: row[1] for row in rows[2:]}
    said = here["SLM-MUX"]
    assert said.strip("*") == f"{100 * found['accuracy']:.1f} ± {100 * found['accuracy_se']:.1f}"
    assert said.startswith("**") == (found["gain_low"] > 0)
    assert here["short_<wbr>answers"].startswith(f"{percent(found['gain_over_voting'], True)} [")
    assert "None of these benchmarks is in the paper" in result_table(results, read_table_1())


def test_the_answer_on_the_own_models_follows_the_intervals():
    def mux(value, low, high):
        ends = {"gain_over_total": value, "gain_over_total_low": low, "gain_over_total_high": high}
        return {"slm_mux_searched": ends | {"tokens_per_question": 400.0}} | {
            "self_consistency_total_searched": {"tokens_per_question": 200.0}
        }

    found = {
        "a": {"methods": mux(0.02, 0.01, 0.03), "validation_accuracy": {"x": 0.2, "y": 0.5, "z": 0.6}},
        "b": {"methods": mux(-0.01, -0.02, 0.01), "validation_accuracy": {"x": 0.7, "y": 0.4}},
    }
    said = own_sentence(found)
    assert "of which the best is 10.0 to 30.0 points ahead of the next: against" in said
    assert "is surely better on 1 of 2 benchmarks and undecided on 1 (-1.0" in said and "worse" not in said
    assert "-1.0 to +2.0 points), and costs 2.0 times its tokens." in said


def test_the_verdicts_are_told_and_counted(tmp_path):
    path = tmp_path / "verdicts.csv"
    path.write_text("claim,verdict\na,fails\nT3,undecided\nc,fails\n")
    (tmp_path / "evidence.csv").write_text(
        "claim,benchmark,verdict,needed\nT3,one,undecided,2949\nT3,two,undecided,\nT3,three,undecided,310\n"
    )
    lines = verdict_list(tmp_path).splitlines()
    assert lines[2:4] == [f"| {TOLD['T3']} | undecided (310 questions of three would decide) |", ""]
    assert lines[-1] == verdict_counts(tmp_path) == "Of 3 statements that were tested, **2 fail**, **1 is undecided**."
    every = {row.split(",")[0] for row in (ROOT / "results/theory/verdicts.csv").read_text().splitlines()}
    assert TOLD.keys() <= every
    path.write_text("x,y\n1,2\n")
    with pytest.raises(InputError, match="not the verdicts"):
        verdict_list(tmp_path)
    with pytest.raises(InputError, match="no such file"):
        verdict_list(tmp_path / "nothing")


def test_the_commands_are_understood(page, monkeypatch):
    from dvc.cli.parser import get_main_parser

    # The worked example adds it, and its own test runs the command. Rows are made of the methods when this is imported.
    importlib.import_module("slmmux.stages.compare")
    monkeypatch.setitem(METHODS, "weighted_vote", METHODS["slm_mux"])
    shown = {
        name
        for block in fences(page)
        for name in re.findall(r"^# experiments/profile/(\w+)\.yaml$", block, re.MULTILINE)
    }
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for program, *words in commands(page):
        if program == "make":
            assert all(re.search(rf"^{word}:", makefile, re.MULTILINE) for word in words), f"make {words}"
        elif program == "dvc":
            get_main_parser().parse_args(words)
        elif words[0] != "--help":
            if program == "python" and words[:2] != ["-m", "analysis"]:
                continue
            words = words[2:] if program == "python" else words
            groups = ANALYSIS if program == "python" else SLMMUX
            known = {name: module for group in groups.values() for name, (module, _) in group.items()}
            assert words[0] in known, f"{program} {words}"
            if len(words) == 1:
                continue  # the name of a command
            parser = argparse.ArgumentParser()
            importlib.import_module(known[words[0]]).add_parser(parser.add_subparsers())
            profile = getattr(parser.parse_args(words), "profile", None)
            assert profile is None or profile in PROFILES | shown, f"no profile {profile}"


def test_the_paths_exist(page):
    kinds = r"(?:slmmux|experiments|analysis|results|notebooks|docs|tests)/.*|\w+\.(?:cff|md|toml)|\w*\.ya?ml|Makefile"
    for path in filter(re.compile(kinds).fullmatch, spans(page)):
        assert list(ROOT.glob(re.sub(r"<\w+>", "*", path))), path


def test_the_links_lead_somewhere(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", page.read_text(encoding="utf-8"))):
        if not target.startswith("https://"):
            path, _, anchor = target.partition("#")
            there = page.parent / path if path else page
            assert there.exists(), target
            assert not anchor or anchor in headings(there), target


@pytest.fixture(scope="module")
def profiles():
    return [parse_yaml(composed(profile), profile) for profile in sorted(PROFILES)]


def there(parameters: dict, key: str) -> bool:
    """Whether a dotted key is among the parameters. NAME stands for any name."""
    level = [parameters]
    for part in key.split("."):
        level = [v for here in level if isinstance(here, dict) for k, v in here.items() if part in (k, "NAME")]
    return bool(level)


def test_the_keys_exist(page, profiles):
    code = [*fences(page), *spans(page)]
    set_here = [pair for text in code for pair in re.findall(r"-S ([\w.-]+)=(\S+)", text)]
    keys = {key for key, _ in set_here}
    keys |= {span for span in spans(page) if re.fullmatch(r"\w+(\.[\w-]+)+", span)}
    for key in keys:
        if key.split(".")[0] in Config.model_fields:
            assert any(there(parameters, key) for parameters in profiles), key
        else:
            assert key not in dict(set_here), f"no parameter {key}"
    for key, value in set_here:
        assert key != "profile" or value in PROFILES, f"no profile {value}"
