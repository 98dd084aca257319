"""Programs as models really send them: one table for each kind of response, with guards beside."""

import ast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slmmux.benchmarks.code_blocks import clean, split_blocks, valid_beginning
from slmmux.benchmarks.program_reading import LONGEST_RESPONSE, read_program

BEGINNING = (
    "from typing import List\n\n\ndef half(n):\n    return n / 2\n\n\ndef longest(words: List[str]) -> int:\n"
    '    """ The length of the longest word, 0 where there is none.\n    >>> longest(["a", "bcd"])\n    3\n    """\n'
)
BODY = (
    "    best = 0\n    for word in words:\n        if len(word) > best:\n            best = len(word)\n    return best"
)
HEAD = "def longest(words: List[str]) -> int:\n"
WHOLE = HEAD + BODY
SHORT = "def longest(words):\n    return max(map(len, words), default=0)"
WRONG = "def longest(words):\n    return -1"
WITH_TOP = "def longest(words):\n    return top(list(map(len, words)))"
LINES = BODY.split("\n")


def fenced(code, language="python"):
    return f"```{language}\n{code}\n```"


def joined(*blocks):
    return "\nand then\n".join(map(fenced, blocks))


def moved(code, by):
    return "\n".join(by + line for line in code.split("\n"))


RIGHT = {
    "fences of other languages": [
        f"{fenced('pip install words', 'bash')}\n{fenced(WHOLE)}",
        f"{fenced('$ python', 'console')}\n\n{fenced('{}', 'json')}\n{fenced(WHOLE)}\n{fenced('3', 'text')}",
        f"{fenced(WHOLE)}\nRun it:\n{fenced('python longest.py', 'sh')}",
        f"{fenced('#include <x>', 'c++')}\n{fenced(WHOLE, 'Python3')}",
        f"{fenced(WHOLE, 'text')}",
        f"{fenced(WHOLE, '{.python .numberLines}')}",
        f"~~~python\n{WHOLE}\n~~~",
        f"````python\n{WHOLE}\n````",
    ],
    "fences that are not closed, or share a line with code": [
        f"```python\n{WHOLE}",
        f"The plan:\n```python\n# First: loop.\n\nNow the code:\n\n{fenced(WHOLE)}",
        f"```python {SHORT}\n```",
        f"```{SHORT}\n```",
        f"```python\n{SHORT}```",
        f"```python\n{WHOLE}```\nIt loops.",
        "```python\nreturn max(map(len, words), default=0)```",
        "```python return max(map(len, words), default=0)```",
    ],
    "a fence in the middle of a line is none": [
        f"Write ```longest``` so:\n{fenced(WHOLE)}",
        f"{WHOLE}\n\nCall it as ```longest(['a'])``` anywhere.",
        f"```longest(['a'])``` is how to call it.\n\n{WHOLE}",
    ],
    "fences in lists and quotations": [
        f"* The code:\n{moved(fenced(WHOLE), '    ')}",
        f"1. So:\n{moved(fenced(WHOLE), '   ')}\n2. Done.",
        f"- ```python\n{moved(WHOLE, '  ')}\n  ```",
        moved(fenced(WHOLE), "> "),
    ],
    "a fence in a docstring": [
        fenced(HEAD + '    """\n    Example:\n    ```\n    longest([])\n    ```\n    """\n' + BODY),
        fenced(HEAD + "    '''\n    ```python\n    longest([])\n    ```\n    '''\n" + BODY),
        HEAD + '    """\n    ```\n    longest([])\n    ```\n    """\n' + BODY,
        # The first block's docstring is never closed.
        f'```python\n{HEAD}    """ Cut off\n```\nAgain:\n{fenced(WHOLE)}',
    ],
    "helpers and imports in blocks of their own": [
        joined("import re", "def longest(words):\n    return max([len(re.sub('x', 'y', w)) for w in words] or [0])"),
        joined(
            "def size(word):\n    return len(word)", "def longest(words):\n    return max(map(size, words), default=0)"
        ),
        joined(WITH_TOP, "def top(n):\n    return max(n + [ZERO])\nZERO = 0"),
        joined("from functools import *", "def longest(words):\n    return reduce(max, map(len, words), 0)"),
        joined(
            "from dataclasses import dataclass\n@dataclass\nclass Best:\n    n: int = 0",
            "def longest(words):\n    b = Best()\n    for w in words:\n        b.n = max(b.n, len(w))\n    return b.n",
        ),
        joined("try:\n    from math import inf\nexcept ImportError:\n    inf = 0", f"{SHORT} if inf else 0"),
        joined("if True:\n    ZERO = 0\nZERO += 0", SHORT.replace("=0", "=ZERO")),
        joined("import functools", "    return functools.reduce(max, map(len, words), 0)"),
        "import functools\n\nand then\n\ndef longest(words):\n    return functools.reduce(max, map(len, words), 0)",
        f"{WITH_TOP}\n\nThe helper is\n\ndef top(n):\n    return max(n + [0])",
    ],
    "several blocks": [
        f"{fenced(WRONG)}\nNo, better:\n{fenced(WHOLE)}",
        f"{fenced(WHOLE)}\nUsage:\n{fenced('print(longest([]))')}",
        joined(WHOLE, "def test_longest():\n    assert longest([]) == 0"),
        f"{fenced(BEGINNING)}\nThe completion:\n{fenced(BODY)}",
        f"{fenced(HEAD + '    pass')}\nThe body:\n{fenced(BODY)}\n{fenced('longest([])')}",
        f"{fenced(WHOLE)}\nThe signature was\n{fenced(HEAD + '    ...')}",
        f"{fenced(BODY)}\nUsage:\n{fenced('print(longest([]))')}",
        f"{BEGINNING}\n{WHOLE}",
        f"{BEGINNING}{BODY}",
    ],
    "bodies with another indentation": [
        BODY,
        moved(BODY, "  "),
        BODY.replace("    ", "   "),
        BODY.replace("    ", "  "),
        BODY.replace("    ", "\t"),
        "\n".join(line[4:] for line in LINES),
        fenced("\n".join(line[4:] for line in LINES)),
        fenced(BODY.replace("    ", " ")),
        f"{BODY}\n\nIt keeps the longest seen.",
        f"The completion:\n\n{BODY}",
        "    import functools\n    return functools.reduce(max, map(len, words), 0)",
        "    def top(n):\n        return max(n, default=0)\n    return top(map(len, words))",
        "    def top(n):\n        return max(n, default=0)\n    return top(map(len, words))\n\nThat is all.",
        "    return top(words)\n\ndef top(words):\n    return max(map(len, words), default=0)",
        "  return top(words)\n\ndef top(words):\n  return max(map(len, words), default=0)",
    ],
    "a whole function that is moved to the right": [
        f" {WHOLE}",
        f"\n  {WHOLE}",
        moved(WHOLE, "    "),
        f"{moved(WHOLE, '  ')}\n\nThat is all.",
        f" import re\n\n{WHOLE}",
    ],
    "bodies whose first line lost its indentation": [
        BODY.lstrip(),
        " " + BODY.lstrip(),
        "   " + BODY.lstrip(),
        fenced(BODY.lstrip()),
        "for word in sorted(words, key=len, reverse=True):\n        return len(word)\n    return 0",
        "if not words:\n        return 0\n    return len(max(words, key=len))",
        "if not words: return 0\n    return len(max(words, key=len))",
        "return top(words)\n\ndef top(words):\n    return max(map(len, words), default=0)",
    ],
    "names that are assigned": [
        fenced("longest = lambda words: max(map(len, words), default=0)"),
        "longest = lambda words: max(map(len, words), default=0)",
        fenced(f"{SHORT.replace('longest', 'solve')}\n\nlongest = solve"),
        fenced(f"from typing import Callable\n{SHORT.replace('longest', 'solve')}\nlongest: Callable = solve"),
        fenced(
            "class Solution:\n    def go(self, words):\n        return max(map(len, words), default=0)\n"
            "longest = Solution().go"
        ),
        fenced(f"if True:\n{moved(SHORT, '    ')}"),
    ],
    "marks of a template": [
        f"{WHOLE}<|endoftext|>",
        f"{WHOLE}<|im_end|>\n<|im_start|>user\nNow another.<|im_end|>\n<|im_start|>assistant\n{WRONG}",
        f"<|assistant|>\n{WHOLE}</s>",
        f"<s>{fenced(WHOLE)}</s>",
        f"{WHOLE}\n<end_of_turn>\n",
        f"{WHOLE}<｜end▁of▁sentence｜>",
        f"{BODY}<|eot_id|>",
        f"[BEGIN]\n{WHOLE}\n[DONE]",
        f"[BEGIN]\n{WHOLE}\n[DONE]\nThat is all.",
        f"{WHOLE}\n[DONE]\n\nYou are an expert.",
        f"[PYTHON]\n{WHOLE}\n[/PYTHON]\nDone.",
        f"[BEGIN]\n{fenced(WHOLE)}\n[DONE]",
        f"<code>\n{WHOLE}\n</code>",
        f"<answer>{WHOLE}</answer>",
    ],
    "a closing fence without an opening one": [
        f"{WHOLE}\n```\nThis loops over the words.",
        f"{BODY}\n```\nThis loops over the words.",
        f"{WHOLE}\n```\n\nFor example:\n```\nlongest([])\n```\nIt gives 0.",
        f"{BODY}\n```\n\nFor example:\n```python\nprint(longest([]))\n```",
    ],
    "spaces that are not Python's": [
        WHOLE.replace("    ", "\u00a0\u00a0\u00a0\u00a0"),
        fenced(WHOLE.replace(" ", "\u00a0")),
        fenced(BODY.replace("    ", "\u202f\u202f")),
        WHOLE.replace("\n", "\r\n"),
        "\ufeff" + WHOLE,
        fenced(WHOLE.replace("best", "be\u200bst")),
    ],
    "imports from the future": [
        fenced(f"from __future__ import annotations\n\n{WHOLE}"),
        fenced(f"from __future__ import annotations\nimport re\n{WHOLE.replace('List[str]', 'Words | None')}"),
        f"{fenced('from __future__ import annotations')}\n{fenced(WHOLE)}",
    ],
    "thoughts": [
        f"<think>Perhaps\n{fenced(WRONG)}\nno.</think>\n{fenced(WHOLE)}",
        f"Perhaps\n{WRONG}\n</think>\n{WHOLE}",
        f"<think>\n{'It may be so. ' * LONGEST_RESPONSE}</think>\n{fenced(WHOLE)}",
    ],
}


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
