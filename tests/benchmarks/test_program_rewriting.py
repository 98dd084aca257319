"""A program that counts its steps does the same as before, and cannot go past its budget."""

import ast
import builtins
import sys

import pytest

from slmmux.benchmarks import program_meter
from slmmux.benchmarks.program_calls import install
from slmmux.benchmarks.program_meter import Meter, OverBudget
from slmmux.benchmarks.program_rewriting import Metering

METERED = """
class Base:
    def __init__(self, n): self.n = n
    def __repr__(self): return f"Base({self.n!r:>4})"
class Child(Base):
    def __init__(self, n):
        super().__init__(n)
        self.n *= 2
        self.squares = {k: k ** 2 for k in range(self.n)}
    @property
    def last(self): return max(self.squares.values(), default=None)
def generate(n):
    '''A docstring.'''
    yield from (x for x in range(n) if x not in (1, 2))
def run(n):
    child, rows = Child(n), [[1, 2], [3, 4]]
    rows[0][1] *= 3
    rows[1] += [5]
    x = 2; x **= 3; x <<= 1; x //= 3
    a, *b = [*rows, *generate(n)]
    words = sorted("the quick fox".split(), key=len, reverse=True)
    text = "-".join(w.upper() for w in words) + "%d" % n + f"{n:>{n}}" + "ab"[::-1]
    try:
        match b:
            case [first, *rest] if rest: found = first
            case _: found = None
    finally:
        y = (lambda q, r=3: q @ r if isinstance(q, Base) else q * r)(n)
    z = [i * j for i in range(3) for j in range(i) if i != j]
    z.append(eval("n + len(z)"))
    return child, child.last, rows, x, a, b, words, text, found, y, z, generate.__doc__, n in z, 3 in {3: 4}
"""


def result_of(tree):
    names = {"__name__": program_meter.MODULE}
    exec(compile(tree, "metered", "exec"), names)
    return repr(names["run"](4))


@pytest.fixture
def installed(monkeypatch):
    """A meter with its names in this process, until the test ends."""
    monkeypatch.setattr(sys, "stdout", sys.stdout)
    monkeypatch.setattr(sys, "stderr", sys.stderr)
    before = set(vars(builtins))
    meter = Meter(10**6, 10**6, 10**6)
    install(meter)
    yield meter
    for name in set(vars(builtins)) - before:
        delattr(builtins, name)


def test_a_rewritten_program_does_the_same(installed):
    assert result_of(Metering().rewrite(ast.parse(METERED))) == result_of(ast.parse(METERED))
    assert installed.over is None and 0 < installed.budgets["steps"] - installed.left < 1000


def test_a_caught_budget_is_met_again(installed):
    installed.left = 5
    source = "while True:\n    try:\n        int('3')\n    except BaseException:\n        pass"
    code = compile(Metering().rewrite(ast.parse(source)), "metered", "exec")
    with pytest.raises(OverBudget):
        exec(code, {"__name__": program_meter.MODULE})
    assert installed.over == "steps"
