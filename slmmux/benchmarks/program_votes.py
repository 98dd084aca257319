"""Vote classes of programs: which programs are the same answer, and which classes are right.

Two programs rarely are equal strings, so a class is made of programs that behave alike (give the same outputs
on the same inputs), or of programs whose texts are similar. A class is used as one answer, and whoever votes
for it gets one of its programs: the most common one, of equally common ones the first. So a class is right
exactly when that program passes the hidden tests, and every sample in it counts as that program does. Where
the inputs tell too little apart, a sample's own verdict may differ; how often is logged.
"""

import ast
import difflib
import hashlib
import logging
import os
import secrets
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from slmmux.benchmarks.question import Grade
from slmmux.sandbox import Limits, run_python

log = logging.getLogger(__name__)

LIMITS = Limits(cpu_seconds=5, wall_seconds=20.0)
# Every output on every input, None where the program gave none.
Behaviour = tuple[str | None, ...]


def passes_tests(program: str, entry_point: str, tests: str) -> bool:
    """Whether the program passes tests that define `check(candidate)`. Anything else, hostile or not, is False."""
    return "passed" in _run("check", program, entry_point, tests)


def behaviour(program: str, entry_point: str, inputs: Sequence[tuple]) -> Behaviour | None:
    """Digests of the outputs on every input, None where the program raised or took too long; None in all where it
    did so on every one."""
    lines = (line.split() for line in _run("observe", program, entry_point, [repr(i) for i in inputs]))
    outputs = {line[0]: line[1] for line in lines if len(line) == 2}
    return tuple(outputs.get(str(n)) for n in range(len(inputs))) if outputs else None


def _run(task: str, program: str, entry_point: str, given: str | list[str]) -> list[str]:
    word = secrets.token_hex(8)
    harness = Path(__file__).with_name("program_harness.py").read_text(encoding="utf-8")
    outcome = run_python(f"{harness}\n\n{task}({program!r}, {entry_point!r}, {given!r}, {word!r})\n", LIMITS)
    return [line[len(word) + 1 :] for line in outcome.output.splitlines() if line.startswith(f"{word} ")]


def grade_programs(
    programs: Sequence[str | None],
    classes: Callable[[list[str]], dict[str, str | None]],
    passes: Callable[[str], bool],
) -> list[Grade]:
    """One Grade a sample, in order; `answer` is the label of its class.

    programs: a sample's program, None where it has none. classes: different programs, in the order of their
    first sample → the label of each, None for a program that is no answer. passes: whether a program passes
    the hidden tests.
    """
    counts = Counter(p for p in programs if p is not None)
    different = list(counts)
    label = classes(different)
    answers = [p for p in different if label[p] is not None]
    verdict = dict(zip(answers, in_parallel(passes, answers)))
    right: dict[str, bool] = {}
    # Stable: of equally common programs, the first comes first.
    for program in sorted(answers, key=lambda p: -counts[p]):
        right.setdefault(label[program], verdict[program])
    grades = []
    for program in programs:
        answer = label[program] if program is not None else None
        grades.append(Grade(answer, answer is not None and right[answer]))
    unlike = sum(counts[p] for p in answers if verdict[p] != right[label[p]])
    if unlike:
        log.info("%d of %d programs are in a class whose verdict is not their own", unlike, counts.total())
    return grades


def classes_by_behaviour(observe: Callable[[str], Behaviour | None]) -> Callable[[list[str]], dict[str, str | None]]:
    """Classes of equal behaviour. The label depends on the behaviour alone; a program without one is no answer."""

    def classes(programs: list[str]) -> dict[str, str | None]:
        seen = in_parallel(observe, programs)
        return {p: _label("behaviour", repr(b)) if b is not None else None for p, b in zip(programs, seen)}

    return classes


def classes_by_text(similarity: float) -> Callable[[list[str]], dict[str, str | None]]:
    """Classes of similar text: a program joins the first class whose first program is at least so similar to it
    (difflib's ratio, without comments, docstrings and spacing), else it founds one."""

    def classes(programs: list[str]) -> dict[str, str | None]:
        founders: list[str] = []
        labels = {}
        for program in programs:
            text = _bare_code(program)
            founder = next((f for f in founders if _ratio(f, text) >= similarity), None)
            if founder is None:
                founders.append(text)
            labels[program] = _label("text", founder if founder is not None else text)
        return labels

    return classes


def in_parallel(function: Callable, values: Sequence) -> list:
    """The function's results in order, on half of the processors: each call waits for a process of its own."""
    with ThreadPoolExecutor(max(1, (os.cpu_count() or 2) // 2)) as pool:
        return list(pool.map(function, values))


def _ratio(a: str, b: str) -> float:
    return difflib.SequenceMatcher(None, a, b, autojunk=False).ratio()


def _bare_code(program: str) -> str:
    try:
        tree = ast.parse(program)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) is not None:
                node.body = node.body[1:] or [ast.Pass()]
        return ast.unparse(tree)
    except (SyntaxError, ValueError, RecursionError):
        return program


def _label(kind: str, text: str) -> str:
    return f"{kind} {hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:12]}"
