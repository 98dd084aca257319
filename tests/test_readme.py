"""The README says what is there: generated parts are up to date, paths and commands exist."""

import re

from conftest import ROOT

from slmmux.cli import COMMANDS
from slmmux.commands.readme import PARTS, filled

README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_generated_parts_are_those_of_the_committed_results():
    parts = {name: (ROOT / path).read_text(encoding="utf-8") for name, path in PARTS.items()}
    assert filled(README, parts) == README


def test_the_commands_exist():
    makefile = (ROOT / "Makefile").read_text()
    for target in set(re.findall(r"`?make ([a-z-]+)", README)):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"make {target}"
    for command in set(re.findall(r"slmmux ([a-z]+)(?=[ `\n])", README)):
        assert command in COMMANDS, f"slmmux {command}"


def test_the_paths_exist():
    for path in set(re.findall(r"`((?:slmmux|experiments|analysis|results|notebooks)/[^`<*]*)`", README)):
        assert (ROOT / path).exists(), path
