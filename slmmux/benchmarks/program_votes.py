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
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from slmmux.benchmarks.code_blocks import parse
from slmmux.benchmarks.program_runs import Budgets, SafetyNet, run_jobs
from slmmux.benchmarks.question import Grade

log = logging.getLogger(__name__)

# Every output on every input, None where the program gave none.
Behaviour = tuple[str | None, ...]


@dataclass(frozen=True)
class Seen:
    """What a program did: whether it passed the tests, and its behaviour on the inputs, None where it raised or
    exceeded a budget on every one."""

    passed: bool
    behaviour: Behaviour | None


def run_programs(
    programs: Sequence[str],
    entry_point: str,
    beginning: str,
    tests: str,
    inputs: Sequence[tuple],
    budgets: Budgets,
    net: SafetyNet,
) -> dict[str, Seen]:
    """What each of different programs does, hostile or not. beginning: what the question gives, whose names the tests
    may use. tests: define `check(candidate)`.

    A program that the safety net ended at every try counts as one that did nothing, and is reported.
    """
    asked = {"entry_point": entry_point, "beginning": beginning, "tests": tests, "inputs": [repr(i) for i in inputs]}
    tasks = ["check", "observe"] if inputs else ["check"]
    jobs = [{"task": task, "program": program, **asked} for program in programs for task in tasks]
    runs = run_jobs(jobs, budgets, net)
    if runs.ended_by_safety_net:
        log.warning(
            "%s: %d runs of programs were ended by time, processor time or memory at every try, not by a budget; "
            "they count as giving no result",
            entry_point,
            runs.ended_by_safety_net,
        )
    lines = iter([said or [] for said in runs.lines])
    seen = {}
    for program in programs:
        passed = "passed" in next(lines)
        outputs = dict(_outputs(next(lines))) if inputs else {}
        seen[program] = Seen(passed, tuple(outputs.get(n) for n in range(len(inputs))) if outputs else None)
    return seen


def _outputs(lines: list[str]) -> Iterator[tuple[int, str]]:
    for line in lines:
        kind, number, digest = line.split()
        if kind == "output":
            yield int(number), digest


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
    named = {program: name for program in different if (name := label[program]) is not None}
    answers = list(named)
    verdict = {p: passes(p) for p in answers}
    right: dict[str, bool] = {}
    # Stable: of equally common programs, the first comes first.
    for program in sorted(answers, key=lambda p: -counts[p]):
        right.setdefault(named[program], verdict[program])
    grades = []
    for given in programs:
        answer = named.get(given) if given is not None else None
        grades.append(Grade(answer, answer is not None and right[answer]))
    unlike = sum(counts[p] for p in answers if verdict[p] != right[named[p]])
    if unlike:
        log.info("%d of %d programs are in a class whose verdict is not their own", unlike, counts.total())
    return grades


def classes_by_behaviour(observe: Callable[[str], Behaviour | None]) -> Callable[[list[str]], dict[str, str | None]]:
    """Classes of equal behaviour. The label depends on the behaviour alone; a program without one is no answer."""

    def classes(programs: list[str]) -> dict[str, str | None]:
        seen = {program: observe(program) for program in programs}
        return {p: _label("behaviour", repr(b)) if b is not None else None for p, b in seen.items()}

    return classes


def classes_by_text(similarity: float) -> Callable[[list[str]], dict[str, str | None]]:
    """Classes of similar text: a program joins the first class whose first program is at least so similar to it
    (difflib's ratio, without comments, docstrings and spacing), else it founds one."""

    def classes(programs: list[str]) -> dict[str, str | None]:
        founders: list[str] = []
        labels: dict[str, str | None] = {}
        for program in programs:
            text = _bare_code(program)
            founder = next((f for f in founders if _ratio(f, text) >= similarity), None)
            if founder is None:
                founders.append(text)
            labels[program] = _label("text", founder if founder is not None else text)
        return labels

    return classes


def _ratio(a: str, b: str) -> float:
    return difflib.SequenceMatcher(None, a, b, autojunk=False).ratio()


def _bare_code(program: str) -> str:
    try:
        tree = parse(program)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and ast.get_docstring(node) is not None:
                node.body = node.body[1:] or [ast.Pass()]
        return ast.unparse(tree)
    except (SyntaxError, ValueError, RecursionError):
        return program


def _label(kind: str, text: str) -> str:
    return f"{kind} {hashlib.sha256(text.encode('utf-8', 'replace')).hexdigest()[:12]}"
