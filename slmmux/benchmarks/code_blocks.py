r"""The parts of a response that may be code: fenced blocks, tagged ones, and the text around them.

>>> split_blocks("So:\n```python\nx = 1\n```\nDone.")
[Block(code='So:', language=None), Block(code='x = 1', language='python'), Block(code='Done.', language=None)]
"""

import ast
import re
import textwrap
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

PYTHON = frozenset({"", "python", "python3", "py", "py3", "python2", "ipython", "ipython3", "sage"})

# Marks that belong to a model's template. Between quotes they are a text in a program.
_TOKEN = (
    r"(?:<\|[^|<>\n]{1,40}\|>|<｜[^｜<>\n]{1,40}｜>|</?s>|<(?:eos|bos|pad|EOT|end_of_turn|start_of_turn)>|\[/?INST\]"
    r"|<fim_(?:prefix|suffix|middle)>|<file_sep>)"
)
_FIRST_TOKENS = re.compile(rf"(?:\s*{_TOKEN}(?:assistant|model|python)?)+\n?")
_LATER_TOKEN = re.compile(rf"(?<![\"'`]){_TOKEN}(?![\"'`])")
_TAGGED = re.compile(
    r"^[ \t]*(?:\[(BEGIN|PYTHON|CODE|ANSWER)\]|<(code|python|answer|solution)>)[ \t]*\n?(.*?)"
    r"(?:\[(?:DONE|END)\]|\[/\1\]|</\2>|\Z)",
    re.DOTALL | re.MULTILINE | re.IGNORECASE,
)
_END_TAG = re.compile(r"\[(?:DONE|END|/PYTHON|/CODE)\][ \t]*$", re.MULTILINE)
_SPACES = "\u00a0\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u202f\u205f\u3000"
# A string may be as long as a line of a program is: where quotes have no end, each would be looked for to the last.
_SPACE_OR_STRING = re.compile(rf"[{_SPACES}]|\"(?:\\.|[^\"\\\n]){{0,1000}}+\"|'(?:\\.|[^'\\\n]){{0,1000}}+'")
_INDENTATION = re.compile(rf"^[ \t]*[{_SPACES}][ \t{_SPACES}]*", re.MULTILINE)
# Tokenizers put a space before the first word.
_INDENTED_START = re.compile(r"\n*[ \t]+(?:(?:async\s+)?def|class|import|from)\s+\w|\n*[ \t]+@\w")
_INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u2060\ufeff"))

_FENCE = re.compile(r"(?P<lead>[ \t]*(?:(?:[-*+]|\d{1,3}[.)])[ \t]+|>[ \t]?)*)(?P<mark>`{3,}|~{3,})(?P<info>.*)")
_LANGUAGE = re.compile(r"\{?\.?([A-Za-z][\w+#.-]*)\}?(?=\s|$)")
_STATEMENT = re.compile(
    r"(?:async\s+)?def\s+\w+\s*\(|class\s+\w+\s*[:(]|from\s+[\w.]+\s+import\b|import\s+\w|@\w|return\b|for\s.+:|while\s.+:"
    r"|if\s.+:|[A-Za-z_]\w*(?:\s*+:[^=\n]++)?\s*+=[^=]"
)
_QUOTES = re.compile(r"#[^\n]*|\"\"\"|'''|\"(?:\\.|[^\"\\\n]){0,1000}+\"|'(?:\\.|[^'\\\n]){0,1000}+'")


@dataclass(frozen=True)
class Block:
    """language: as the fence says, in lower case, "" where it says none; None for text outside of fences."""

    code: str
    language: str | None


def clean(text: str) -> str:
    """The response without marks of the model's template and what follows them, and with plain spaces and line
    ends where Python wants them."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").translate(_INVISIBLE)
    # Neither can stand in a program's text.
    text = text.replace("\0", "\ufffd").encode("utf-8", "replace").decode("utf-8")
    if first := _FIRST_TOKENS.match(text):
        text = text[first.end() :]
    if later := _LATER_TOKEN.search(text):
        text = text[: later.start()]
    if _INDENTED_START.match(text):
        text = textwrap.dedent(text).lstrip()
    if (quoted := text.strip()).startswith("`") and quoted.endswith("`") and "\n" in quoted and "``" not in quoted:
        text = quoted[1:-1]
    text = _INDENTATION.sub(lambda m: re.sub(rf"[{_SPACES}]", " ", m.group()), text)
    return _SPACE_OR_STRING.sub(lambda m: " " if m.group() in _SPACES else m.group(), text)


def split_blocks(text: str) -> list[Block]:
    """The blocks of a cleaned response, in order. A fence is one at the start of its line only, where a list or a
    quotation may stand before it, and not within a string of the code that it fences."""
    text = _END_TAG.sub("\n```", _TAGGED.sub(_fenced, text))
    lines = text.split("\n")
    blocks: list[Block] = []
    outside: list[str] = []
    at = 0
    while at < len(lines):
        opening = _FENCE.fullmatch(lines[at])
        if opening is None or not _opens(opening):
            outside.append(lines[at])
            at += 1
            continue
        if "\n".join(outside).strip():
            blocks.append(Block("\n".join(outside), None))
        outside = []
        language, first = _info(opening)
        if first is not None and first.endswith(opening["mark"]):
            blocks.append(Block(first.removesuffix(opening["mark"]), language))
            at += 1
            continue
        quoted = ">" in opening["lead"]
        inside, at = _content(lines, at + 1, opening["mark"], language in PYTHON, quoted)
        code = "\n".join(inside)
        blocks.append(Block(textwrap.dedent(code) if first is None else f"{first}\n{code}", language))
    if "\n".join(outside).strip():
        blocks.append(Block("\n".join(outside), None))
    return blocks


def _fenced(tagged: re.Match) -> str:
    content = tagged[3]
    return f"\n{content}\n" if re.search(r"^\s*```", content, re.MULTILINE) else f"\n```python\n{content}\n```\n"


def _opens(fence: re.Match) -> bool:
    # "```x``` is" is code within a line of text; "```python x = 1```" is a block of one line.
    info = fence["info"].rstrip()
    return "`" not in info.removesuffix(fence["mark"])


def _info(fence: re.Match) -> tuple[str, str | None]:
    """(language, code that stands on the fence's line or None)."""
    info = fence["info"].strip()
    if _STATEMENT.match(info):
        return "", info
    word = _LANGUAGE.match(info)
    if word is None:
        return "", None
    rest = info[word.end() :].strip()
    return word[1].lower(), rest if _STATEMENT.match(rest) else None


def _content(lines: list[str], start: int, mark: str, python: bool, quoted: bool) -> tuple[list[str], int]:
    """(the lines of a block that begins at `start`, where to go on).

    In Python a fence within a string of several lines is text, unless the block that this makes is no Python.
    """
    inside: list[str] = []
    open_string: str | None = None
    tentative: tuple[list[str], int] | None = None
    found: tuple[list[str], int] | None = None
    for at in range(start, len(lines)):
        line = re.sub(r"^[ \t]*>[ \t]?", "", lines[at]) if quoted else lines[at]
        fence = _FENCE.fullmatch(line)
        if fence and fence["mark"][0] == mark[0] and len(fence["mark"]) >= len(mark):
            # A fence with a language opens the next block, and ends this one.
            end = (list(inside), at if fence["info"].strip() else at + 1)
            if open_string is None:
                found = end
                break
            tentative = tentative or end
        elif open_string is None and line.rstrip().endswith(mark) and "#" not in line and not fence:
            found = ([*inside, line.rstrip().removesuffix(mark)], at + 1)
            break
        inside.append(line)
        if python:
            open_string = _string_after(line, open_string)
    found = found or (inside, len(lines))
    return tentative if tentative and not _is_python("\n".join(found[0])) else found


def _string_after(line: str, opened: str | None) -> str | None:
    """The quotes of the string of several lines that is open behind this line, if any."""
    at = 0
    while True:
        if opened:
            end = line.find(opened, at)
            if end < 0:
                return opened
            at, opened = end + 3, None
        found = next((m for m in _QUOTES.finditer(line, at) if m.group() in ('"""', "'''")), None)
        if found is None:
            return None
        opened, at = found.group(), found.end()


@contextmanager
def without_warnings() -> Iterator[None]:
    """Python warns of odd escapes and literals; what a model wrote is no concern of who runs this."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def parse(code: str) -> ast.Module:
    """The syntax tree of a model's code. Raises as `ast.parse` does."""
    with without_warnings():
        return ast.parse(code)


def _is_python(code: str) -> bool:
    try:
        parse(textwrap.dedent(code))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


# How many places of a text are tried as the start of code, and how often each is shortened.
MOST_STARTS, MOST_CUTS = 20, 10


def pieces_of_code(text: str) -> Iterator[str]:
    """The longest valid parts of a text that begin with a line of code, in order."""
    lines = text.split("\n")
    at = tried = 0
    while at < len(lines) and tried < MOST_STARTS:
        # The first of several decorators is the start.
        if _STATEMENT.match(lines[at]) and not (lines[at][0] == "@" and at and lines[at - 1][:1] == "@"):
            tried += 1
            if piece := valid_beginning("\n".join(lines[at:])):
                yield piece
                at += piece.count("\n") + 1
                following = next((line for line in lines[at:] if line.strip()), "")
                if following[:1] in (" ", "\t"):
                    # It broke off within a function: so it is broken, and what comes after it too.
                    return
                continue
        at += 1


def valid_beginning(code: str) -> str | None:
    """The longest run of first lines that is valid Python with at least one statement, or None."""
    lines = code.split("\n")
    end = len(lines)
    for _ in range(MOST_CUTS):
        if end <= 0:
            break
        try:
            tree = parse("\n".join(lines[:end]))
            _compile(tree)
        except SyntaxError as error:
            # What begins with the line of the error, or reaches past it, is no Python either.
            end = min(end, error.lineno or end) - 1
        except (ValueError, RecursionError, MemoryError):
            return None
        else:
            return "\n".join(lines[:end]) if tree.body else None
    return None


def _compile(tree: ast.Module) -> None:
    """Raises SyntaxError for what parses and is no program all the same, as a return outside of a function.

    Imports from the future count anywhere.
    """
    rest = [s for s in tree.body if not (isinstance(s, ast.ImportFrom) and s.module == "__future__")]
    with without_warnings():
        compile(ast.Module(rest, []), "program", "exec", dont_inherit=True)
