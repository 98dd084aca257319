"""Whatever a model writes, reading and grading it gives a value."""

import random

from malformed import damaged_data, damaged_text, fuzz

from slmmux.benchmarks import get_benchmark, gpqa, gsm8k, math_500
from slmmux.benchmarks.formula_reader import read_formula
from slmmux.benchmarks.hub import HubOptions, Row
from slmmux.benchmarks.latex_forms import canonical_form
from slmmux.benchmarks.plain_numbers import plain_number
from slmmux.benchmarks.program_inputs import program_inputs
from slmmux.benchmarks.program_reading import read_program
from slmmux.benchmarks.question import Question
from slmmux.benchmarks.thoughts import without_thoughts
from slmmux.published.python_literals import value_of
from slmmux.samples.printed_answers import printed_answer, read_code

RESPONSES = (
    "Rolls: 12 * 2 = 24\nTogether: 24 + 45 = 69\nThe answer is 69.",
    r"The sum of the roots is $-b/a = 7/2$. The answer is $\boxed{\frac{7}{2}}$.",
    "Its speed is g times t: 10 * 2 = 20 m/s.\nThe answer is (B).",
    "<think>Is it 3? No.</think>It is $1,234.50, or 5 1/2 dozen: **C**",
    "<|channel|>analysis<|message|>x<|channel|>final<|message|>#### -1,000",
    "```python\ndef f(x):\n    return x + 1\n```\nprint(f(1))",
)
WORDS = (
    *("<think>", "</think>", "[THINK]", "[/THINK]", '"<think>"', "◁think▷", "<|channel|>final", "The answer is "),
    *("####",),
    *("\\boxed{", "\\frac", "{", "}", "$", "$$", "(", ")", "[", "]", "**", "\\text{", "\\(", "\\left(", "^", "_"),
    *(
        "\\sqrt",
        "0",
        "9",
        "1,000",
        ".5",
        "1e9",
        "-",
        "−",
        "%",
        "/",
        "=",
        "\n",
        "\n\n",
        " ",
        ":",
        ",",
        "½",
        "²",
        "٣",
        "∞",
    ),
    *(
        "A",
        "(B)",
        "```",
        "```python\n",
        "def f(x):",
        "    return",
        "\t",
        "print(",
        "'''",
        "\\",
        "#",
        "\r",
        "!",
        "^{",
        "|",
    ),
)


def responses(rng: random.Random) -> list[str]:
    return [damaged_text(rng, RESPONSES, WORDS) for _ in range(2)]


def graded(name: str, reference: str):
    benchmark = get_benchmark(name)

    def grade(given: list[str]) -> None:
        grades = benchmark.grade(Question("q", "test", "", reference), given)
        assert len(grades) == len(given)
        assert all(isinstance(grade.correct, bool) for grade in grades)
        assert not any(grade.correct and grade.answer is None for grade in grades)

    return grade


def test_gsm8k_grades_every_response():
    assert fuzz("gsm8k", responses, graded("gsm8k", "69"), refused=()) == 0


def test_gpqa_grades_every_response():
    assert fuzz("gpqa", responses, graded("gpqa", "B"), refused=()) == 0


def test_short_answers_grades_every_response():
    assert fuzz("short_answers", responses, graded("short_answers", "69"), refused=()) == 0


def test_a_formula_of_every_response_has_a_form():
    """What math_500 reads and compares, without math-verify, which runs in processes of its own."""

    def read(given: list[str]) -> None:
        for text in given:
            formula = read_formula(text)
            assert formula is None or isinstance(formula, str)
            form = canonical_form(formula if formula is not None else text)
            hash(form.key)
            assert form.number is None or form.number == form.number

    assert fuzz("math_500", responses, read, refused=()) == 0


def test_every_formula_has_a_form():
    formulas = (
        r"\frac{7}{2}", r"x = 3\sqrt{2}", r"\left( 3, \frac{\pi}{2} \right)", r"101_2", r"[0, \infty)", r"2x - y = 0",
        r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}", r"1.2\overline{34}", r"5!", r"\binom{5}{2}", r"\{1, 2, 3\}",
        r"3 \le x < 5", r"10^{20}", r"\log_2 8", r"\text{Monday}", r"90^\circ", r"1 \pm \sqrt{19}", r"0.000123",
    )  # fmt: skip
    pieces = (
        *("\\frac", "{", "}", "^", "_", "(", ")", "\\sqrt", "[", "]", "!", "9", "0.", "x", "=", "<", "\\le", "\\infty"),
        *("\\binom", "\\cdot", "^{", "^9", "\\log", "\\pm", ",", "\\overline", "&", "\\\\", "²", "٣", "1e9"),
        *("\\pi", "-"),
    )

    def read(text: str) -> None:
        form = canonical_form(text)
        hash(form.key)
        assert form.number is None or form.number == form.number

    assert fuzz("formulas", lambda rng: damaged_text(rng, formulas, pieces), read, refused=()) == 0


def test_thoughts_numbers_and_printed_answers():
    def read(given: list[str]) -> None:
        for text in given:
            said = without_thoughts(text)
            assert said is None or said in text
            assert printed_answer(text) != ""
            assert read_code(text) != ""
            plain_number(text)

    assert fuzz("thoughts", responses, read, refused=()) == 0


BEGINNING = 'def f(x: int) -> int:\n    """Add one.\n    >>> f(1)\n    2\n    """\n'


def test_a_program_is_read_from_every_response():
    programs = (
        "```python\ndef f(x):\n    return x + 1\n```",
        "    return x + 1\n\ndef g():\n    pass\n",
        "Sure:\n```\nfrom math import *\nclass A:\n    def f(self): pass\n\ndef f(x):\n    return A()\n```\nDone.",
        "<think>def f(x)</think>> def f(x):\n>     return 1",
    )
    pieces = (*WORDS, "async def f(", "from __future__ import annotations\n", "f(", "lambda:", "\f", "\\\n", '"""')

    def read(text: str) -> None:
        program = read_program(text, BEGINNING, "f")
        assert program is None or "f" in program

    assert fuzz("humaneval", lambda rng: damaged_text(rng, programs, pieces), read, refused=()) == 0


def test_inputs_come_from_every_docstring():
    """The docstring is the published task's, but examples in it are read as a model's text is."""
    examples = (">>> f(1)\n2", "f([1, 2], 'a') == 3", "For x = [1, 2] return 3", "f((), {1: 2}) => 'x'", "f(n), f(2.5)")
    pieces = (*"()[]{},'\"=:", "f(", "007", "-1", "1e999", "x = ", "\\", "9" * 500, "None", "**", "{**1}", "[*a]")

    def read(text: str) -> None:
        clean = text.replace('"""', "").replace("\\", "/").replace("\0", "").replace("\ud800", "")
        beginning = f"def f(x: int) -> int:\n    r'''\n    {clean}\n    '''\n".replace("\r", "")
        if "'''" not in clean and not clean.endswith("'"):
            assert len(program_inputs(beginning, "f", 4, 1)) <= 4

    assert fuzz("inputs", lambda rng: damaged_text(rng, examples, pieces), read, refused=()) == 0


def test_every_text_is_a_python_value_or_none():
    literals = ("[1, {'a': 2}]", "'x' * 3", "(1, 2), [3]", "{1: {2, 3}}", "1, 'message'", "f(2) or 3", "-1.5e3 + 2j")
    pieces = (*"()[]{},:'\"\\#;-+=", "\n", "0x", "1e999", "None", "b'", "f'{", "{1}", "lambda: 0", "yield")
    pieces += ("[" * 99, "9" * 5000)

    def read(text: str) -> None:
        hash(value_of(text))

    assert fuzz("literals", lambda rng: damaged_text(rng, literals, pieces), read, refused=()) == 0


def test_rows_of_data_sets():
    rows = {
        "gsm8k": {"question": "How many?", "answer": "1 + 1 = 2\n#### 2"},
        "math_500": {"problem": "Find x.", "answer": "2", "solution": r"So \boxed{2}."},
        "gpqa": {"question": "Which?", "choices": ["A", "B", "C", "D"], "answer": "C"},
    }
    read = {"gsm8k": gsm8k.read_row, "math_500": math_500.read_row, "gpqa": gpqa.read_row}

    def parse(given) -> None:
        name, fields = given
        if isinstance(fields, dict):
            item = read[name](Row("file", 0, "file, row 0", fields), HubOptions())
            assert item.text and item.reference

    def draw(rng: random.Random):
        name = rng.choice(list(rows))
        return name, damaged_data(rng, rows[name])

    assert fuzz("rows", draw, parse) > 0
