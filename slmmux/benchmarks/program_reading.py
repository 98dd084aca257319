"""The program in a response: found among prose and blocks, and completed with what the task gives."""

import ast
import builtins
import re
import textwrap
from collections.abc import Iterable, Iterator, Sequence

from slmmux.benchmarks.code_blocks import PYTHON, Block, clean, parse, pieces_of_code, split_blocks, valid_beginning
from slmmux.benchmarks.thoughts import without_thoughts
from slmmux.benchmarks.wrapped_code import indented_function, unwrapped

# A longer response is no answer to any of the tasks, and slow to read.
LONGEST_RESPONSE = 20_000
_DEFINITION = re.compile(r"^[ \t]*(?:def|class)\b", re.MULTILINE)


def read_program(response: str, beginning: str, entry_point: str) -> str | None:
    """The program of a response, complete: with the imports and functions that stand before `entry_point` in
    the task, `beginning`. None where no function of that name can be read.

    Thoughts are left out. Read is the last block of code that defines the function, else the first such part
    of the text outside of blocks, as far as it is valid Python; else what continues the task's beginning, whatever
    its indentation. A function without a body counts only where there is nothing else. What the program needs and
    does not define comes from other blocks.
    """
    said = without_thoughts(response)
    if said is None or len(said) > LONGEST_RESPONSE:
        return None
    text = unwrapped(clean(said), entry_point)
    blocks = split_blocks(text)
    fenced = len(blocks)
    if len(blocks) > 1:
        # What looks like a fence may stand in a docstring of code that is not fenced.
        blocks.append(Block(text, None))
    before = beginning[: beginning.rindex(f"def {entry_point}")]
    python = [block for block in blocks if block.language in PYTHON]
    others = [block for block in blocks if block.language is not None and block.language not in PYTHON]
    outside = [block for block in blocks if block.language is None]

    pieces = {id(block): list(_pieces(block)) for block in blocks}
    # The last block counts, as a model corrects itself; outside of blocks it goes on to something else.
    ordered = [
        piece
        for block in [*reversed(python), *reversed(others), *outside]
        for piece in (reversed(pieces[id(block)]) if block.language is not None else pieces[id(block)])
    ]
    whole = [piece for piece in ordered if _defines(piece, entry_point)]
    helpers = [piece for block in blocks for piece in pieces[id(block)]]
    for piece in whole:
        if not _is_stub(piece, entry_point):
            return _completed(before, piece, helpers, entry_point)
    for block in outside:
        # A block of code that Markdown knows by its indentation.
        moved = indented_function(block.code, entry_point)
        if moved is not None and not any(f"def {entry_point}" in piece for piece in pieces[id(block)]):
            found = valid_beginning(moved)
            if found is not None and _defines(found, entry_point) and not _is_stub(found, entry_point):
                return _completed(before, found, helpers, entry_point)
    begins = re.compile(rf"^[ \t>]*(?:async )?def {re.escape(entry_point)}\b", re.MULTILINE)
    # Where the function is begun and could not be read, there is no body to look for.
    bodies = [b for b in [*reversed(python), *reversed(others), *outside] if not begins.search(b.code)]
    found = _continued(beginning, bodies, entry_point)
    if found is None and whole:
        # A function that was begun again and can't be read is not the first, empty one.
        begun = len(begins.findall(text))
        known = sum(_defines(piece, entry_point) for block in blocks[:fenced] for piece in pieces[id(block)])
        return _completed(before, whole[0], helpers, entry_point) if begun <= known else None
    if found is None:
        # A function of another name, perhaps; it is at least what the model answered.
        last = [block for block in python or outside if block in bodies][-1:]
        found = next((body for block in last for body in _bodies(beginning, block.code)), None)
    return _completed("", found, helpers, entry_point) if found is not None else None


def _pieces(block: Block) -> Iterator[str]:
    if block.language is None:
        yield from pieces_of_code(block.code)
        return
    first = valid_beginning(block.code)
    if first is not None:
        yield first
    rest = block.code[len(first or "") :].lstrip("\n")
    # Code that breaks off within a function is broken, and what comes after it too.
    if rest.strip() and not (first and rest[0] in " \t"):
        yield from pieces_of_code(rest)


def _statements(code: str) -> list[ast.stmt]:
    """Those at the top level, and inside of top-level conditions and try statements."""
    return _statements_of(parse(code).body)


def _statements_of(body: Sequence[ast.stmt]) -> list[ast.stmt]:
    found: list[ast.stmt] = []
    waiting: list[ast.AST] = list(reversed(body))
    while waiting:
        statement = waiting.pop()
        if isinstance(statement, ast.stmt):
            found.append(statement)
        if isinstance(statement, ast.If | ast.Try | ast.With | ast.ExceptHandler):
            waiting += reversed(
                [s for s in ast.iter_child_nodes(statement) if isinstance(s, ast.stmt | ast.ExceptHandler)]
            )
    return found


def _bound(statement: ast.stmt) -> set[str]:
    """The names that a statement defines in its own scope."""
    if isinstance(statement, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
        return {statement.name}
    if isinstance(statement, ast.Import | ast.ImportFrom):
        return {(name.asname or name.name).split(".")[0] for name in statement.names}
    targets: Sequence[ast.expr] = ()
    if isinstance(statement, ast.Assign):
        targets = statement.targets
    elif (isinstance(statement, ast.AnnAssign) and statement.value is not None) or isinstance(statement, ast.AugAssign):
        targets = [statement.target]
    return {node.id for target in targets for node in ast.walk(target) if isinstance(node, ast.Name)}


def _bound_within(statement: ast.stmt) -> set[str]:
    """The names that a statement defines, be it under a condition."""
    return set().union(*(_bound(inner) for inner in _statements_of([statement])))


def _defines(code: str, name: str) -> bool:
    return any(name in _bound(statement) for statement in _statements(code))


def _is_stub(code: str, name: str) -> bool:
    """Whether the function has a docstring at most: a model repeats the question before it answers."""
    last = [statement for statement in _statements(code) if name in _bound(statement)][-1]
    if not isinstance(last, ast.FunctionDef | ast.AsyncFunctionDef):
        return False
    return all(
        isinstance(s, ast.Pass)
        or (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))
        or (isinstance(s, ast.Raise) and "NotImplemented" in ast.unparse(s))
        for s in last.body
    )


def _continued(beginning: str, blocks: Iterable[Block], entry_point: str) -> str | None:
    """The task's beginning with the first block that reads as its body: indented, or with a return of its own."""
    for block in blocks:
        # Words may stand before an indented body.
        indented = re.search(r"^[ \t]+\S", block.code, re.MULTILINE)
        words_before = block.language is None and indented and not _DEFINITION.search(block.code[: indented.start()])
        starts = [0, indented.start()] if indented and words_before else [0]
        for start in starts:
            code = block.code[start:].strip("\n")
            for program in _bodies(beginning, code):
                if code[:1] in (" ", "\t") or _returns(program, entry_point):
                    return program
    return None


def _returns(program: str, name: str) -> bool:
    function = next(s for s in parse(program).body if getattr(s, "name", None) == name)
    return any(isinstance(node, ast.Return | ast.Yield | ast.YieldFrom) for node in ast.walk(function))


def _bodies(beginning: str, code: str) -> Iterator[str]:
    """The program that a body with any indentation makes, of all readings the one that keeps the most lines."""
    code = code.strip("\n")
    if not code.strip():
        return
    start = f"{beginning.rstrip()}\n"
    margin = _margin(beginning)
    readings = (valid_beginning(start + reading) for reading in _indented(code, margin))
    longer = [program for program in readings if program and program.count("\n") >= start.count("\n")]
    if longer:
        yield max(longer, key=lambda program: program.count("\n"))


def _margin(beginning: str) -> str:
    """The indentation of the function that the task begins."""
    lines = [line for line in beginning.rstrip().split("\n") if line.strip()]
    last = lines[-1]
    return last[: len(last) - len(last.lstrip())] or "    "


def _indented(code: str, margin: str) -> Iterator[str]:
    """Readings of a body's indentation."""
    if code[0] in " \t":
        yield code
    lines = code.split("\n")
    if lines[0].strip() in ('"""', "'''") and code.count(lines[0].strip()) % 2:
        # The end of the task's docstring, once more.
        lines = lines[1:]
        code = "\n".join(lines)
        yield code
    # Functions of their own may follow the body.
    end = next((n for n, line in enumerate(lines) if n and line.strip() and line[0] not in " \t"), len(lines))
    body, after = lines[:end], "\n".join(lines[end:])
    rest = [line for line in body[1:] if line.strip()]
    if rest:
        # The first line lost its indentation, or some of it.
        least = min((line[: len(line) - len(line.lstrip())] for line in rest), key=len)
        whole = textwrap.dedent("\n".join([least + lines[0].lstrip(), *body[1:]]))
        yield f"{textwrap.indent(whole, margin)}\n{after}"
    whole = textwrap.dedent("\n".join(body))
    yield f"{textwrap.indent(whole, margin)}\n{after}"
    yield textwrap.indent(code, margin)


def _completed(before: str, code: str, helpers: Sequence[str], entry_point: str) -> str:
    """The program with what it needs from the other pieces in front of it."""
    program = f"{before}{code}\n"
    known = set(dir(builtins)) | {entry_point}
    added: list[tuple[int, int, str]] = []
    missing = _missing(program) - known
    tried: set[str] = set()
    while missing:
        tried |= missing
        wanted, missing = missing, set()
        for number, helper in enumerate(helpers):
            lines = helper.split("\n")
            for statement in parse(helper).body if helper != code else ():
                star = isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*"
                bound = _bound_within(statement)
                if entry_point in bound or not (star or bound & wanted):
                    continue
                decorators = getattr(statement, "decorator_list", [])
                first = min([statement.lineno, *(d.lineno for d in decorators)])
                text = "\n".join(lines[first - 1 : statement.end_lineno])
                if all(text != known_text for _, _, known_text in added):
                    added.append((number, first, text))
                    missing |= _missing(text)
        missing -= tried | known
    front = "".join(f"{text}\n" for _, _, text in sorted(added))
    return _futures_first(front + program)


def _missing(program: str) -> set[str]:
    """Names that a program uses and never binds."""
    used: set[str] = set()
    bound: set[str] = set()
    for node in ast.walk(parse(program)):
        if isinstance(node, ast.Name):
            (used if isinstance(node.ctx, ast.Load) else bound).add(node.id)
        elif isinstance(node, ast.arg):
            bound.add(node.arg)
        elif isinstance(node, ast.ExceptHandler) and node.name:
            bound.add(node.name)
        elif isinstance(node, ast.stmt):
            bound |= _bound(node)
    return used - bound


def _futures_first(program: str) -> str:
    """`from __future__ import …` has to come before everything else."""
    found = [
        statement
        for statement in parse(program).body
        if isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
    ]
    if not found:
        return program
    lines = program.split("\n")
    for statement in reversed(found):
        del lines[statement.lineno - 1 : statement.end_lineno]
    return "".join(f"{ast.unparse(statement)}\n" for statement in found) + "\n".join(lines)
