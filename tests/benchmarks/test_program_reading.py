"""Programs as models really send them: one table for each kind of response, with guards beside."""

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from programs_of_responses import BEGINNING, BODY, HEAD, RIGHT, WHOLE, WITH_TOP, WRONG, fenced, joined

from slmmux.benchmarks.code_blocks import clean, split_blocks, valid_beginning
from slmmux.benchmarks.program_reading import LONGEST_RESPONSE, read_program


@pytest.mark.parametrize(
    ("kind", "response"), [(kind, response) for kind, responses in RIGHT.items() for response in responses]
)
def test_a_right_program_is_found_and_completed(kind, response):
    names = {}
    exec(read_program(response, BEGINNING, "longest"), names)
    assert [names["longest"](words) for words in (["a", "bcd", "ef"], [], ["ab"])] == [3, 0, 2]
    assert names["half"](4) == 2


@pytest.mark.parametrize(
    ("response", "result"),
    [
        # The last of several is the answer, though an earlier one was right.
        (f"{fenced(WHOLE)}\nOr rather:\n{fenced(WRONG)}", -1),
        # A complete program keeps its own helpers.
        (joined("def top():\n    return 5", "def top():\n    return 7\ndef longest(words):\n    return top()"), 7),
        # A text in quotes is no mark, and a comment no fence.
        (fenced("def longest(words):\n    return len('<|endoftext|>')"), 13),
        ("def longest(words):\n    return len('</s>')", 4),
        (fenced("def longest(words):\n    # not ```this```\n    return 2"), 2),
        # Spaces in strings stay what they are.
        (fenced("def longest(words):\n    return '\u00a0' == chr(160)"), True),
        # Where the string of several lines ends, a fence counts again.
        (joined('def longest(words):\n    """\n    ```\n    """\n    return 1', WHOLE, WRONG), -1),
        (fenced("def longest(words):\n    return None"), None),
    ],
)
def test_what_was_answered_is_read(response, result):
    names = {}
    exec(read_program(response, BEGINNING, "longest"), names)
    assert names["longest"](["abc"]) == result


@pytest.mark.parametrize(
    "response",
    [
        "",
        "\n \n",
        "I can't do that.",
        "The longest word is what we look for, from the first to the last.",
        "def longest(words):",
        fenced("longest(['a'])", "bash"),
        f"<think>Perhaps\n{fenced(WHOLE)}\nor",
        f"<think>\n{WHOLE}",
        # What breaks off within a function, or in its first line, is no program with what comes after it.
        fenced(f"def top(n):\n    if n:\n        return 1\n    m = n))\n    return m\n\n{WITH_TOP}"),
        fenced(WHOLE.replace("List[str]", "List[str = None")),
        f"{fenced(HEAD + '    pass')}\nNow whole:\n{fenced(HEAD + '    return (')}",
        "x" * (LONGEST_RESPONSE + 1),
        "\0",
    ],
)
def test_no_program(response):
    assert read_program(response, BEGINNING, "longest") is None


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "```",
                "```python\n",
                "\n",
                HEAD,
                BODY,
                "(",
                "'''",
                '"""',
                "\0",
                "\ud800",
                "\t",
                "é",
                "> ",
                "- ",
                "[BEGIN]",
                "</s>",
                "from __future__ import annotations\n",
                "longest = ",
                "    return 1\n",
                "\u00a0",
                "<think>",
            ]
        )
    ).map("".join)
    | st.text(max_size=60)
)
def test_reading_never_raises_and_gives_valid_python(response):
    program = read_program(response, BEGINNING, "longest")
    if program is not None:
        compile(program, "program", "exec")
        assert "longest" in program


@pytest.mark.parametrize("unit", ["import x y\n", "```\n", "```python\nx = (\n", "def f(\n", "'''\n", "@a\n"])
def test_long_responses_are_parsed_a_bounded_number_of_times(unit, monkeypatch):
    parsed = []
    monkeypatch.setattr("ast.parse", lambda source, parse=ast.parse: parsed.append(source) or parse(source))
    for length in (500, 2000):
        parsed.clear()
        read_program(unit * (length // len(unit)), BEGINNING, "longest")
        assert len(parsed) < 700 + length // len(unit)


def test_the_longest_valid_beginning():
    assert valid_beginning("x = 1\ny = 2\nThat is all.\nz = 3") == "x = 1\ny = 2"
    assert valid_beginning("That is all.") is None and valid_beginning("") is None and valid_beginning("# no") is None
    assert valid_beginning("def f():\n    if True:\n") is None
    assert valid_beginning("a = 1\nb = (2,\n") == "a = 1"


def test_blocks_keep_their_order():
    blocks = split_blocks(clean("One\n```sh\nls\n```\nTwo\n```\nx = 1\n"))
    assert [(block.code, block.language) for block in blocks] == [
        ("One", None),
        ("ls", "sh"),
        ("Two", None),
        ("x = 1\n", ""),
    ]


def test_odd_code_is_read_without_a_warning(recwarn):
    assert read_program(fenced(WHOLE + "\n\nx = '\\d' if 1or 0 else 2"), BEGINNING, "longest") is not None
    assert not recwarn
