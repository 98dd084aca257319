"""slmmux readme: put the generated parts between their markers in README.md; `--check` fails where they differ."""

import re
from pathlib import Path

from slmmux.errors import InputError
from slmmux.files import write_text
from slmmux.paths import REPORT, RESULTS

README = Path("README.md")
# Name of a marked part → the file it shows.
PARTS = {
    "results": REPORT / "report.md",
    "theory": RESULTS / "theory" / "verdicts.md",
    "search": RESULTS / "search.md",
    "fidelity": RESULTS / "fidelity" / "fidelity.md",
}


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("readme", description=__doc__)
    parser.add_argument("--check", action="store_true", help="change nothing; fail if the README is out of date")


def filled(text: str, parts: dict[str, str]) -> str:
    """The text with each part between `<!-- name: begin … -->` and `<!-- name: end -->`.

    Raises InputError where a part has no markers.
    """
    for name, content in parts.items():
        pattern = re.compile(rf"(<!-- {name}: begin[^>]*-->\n).*?(<!-- {name}: end -->)", re.DOTALL)
        if not pattern.search(text):
            raise InputError(f"{README}: no markers for {name!r}")
        text = pattern.sub(lambda m, c=content: f"{m[1]}{c.strip()}\n{m[2]}", text)
    return text


def run(args) -> None:
    parts = {}
    for name, path in PARTS.items():
        if not path.exists():
            raise InputError(f"{path}: no such file; run `make repro`")
        parts[name] = path.read_text(encoding="utf-8")
    before = README.read_text(encoding="utf-8")
    after = filled(before, parts)
    if args.check and after != before:
        raise InputError(f"{README}: its generated parts are out of date; run `slmmux readme`")
    if not args.check:
        write_text(README, after)
