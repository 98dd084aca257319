"""Programs that a response wraps in something else."""

import json

import pytest

from slmmux.benchmarks.program_reading import read_program

BEGINNING = (
    "from typing import List\n\n\ndef longest(words: List[str]) -> int:\n"
    '    """ The length of the longest word, 0 where there is none."""\n'
)
WHOLE = "def longest(words: List[str]) -> int:\n    return max(map(len, words), default=0)"
LOOP = (
    "def longest(words):\n    best = 0\n    for word in words:\n        best = max(best, len(word))\n\n    return best"
)
BODY = "    return max(map(len, words), default=0)"


def console(code):
    first, *rest = code.split("\n")
    return "\n".join([f">>> {first}", *(f"... {line}" for line in rest)])


def moved(code, by):
    return "\n".join(by + line if line.strip() else line for line in code.split("\n"))


WRAPPED = {
    "JSON": [
        json.dumps({"code": WHOLE}),
        json.dumps({"explanation": "It loops.", "solution": LOOP}, indent=2),
        f"```json\n{json.dumps({'code': LOOP})}\n```",
        json.dumps({"result": {"language": "python", "files": [LOOP]}}),
        f"Here it is:\n{json.dumps({'language': 'python', 'code': 'import re' + chr(10) + WHOLE})}",
    ],
    "a console": [
        console(WHOLE),
        f"```pycon\n{console(LOOP)}\n>>> longest([])\n0\n```",
        f"Try it:\n\n{console(WHOLE)}\n",
    ],
    "quotes": [json.dumps(WHOLE), repr(LOOP)],
    "escaped line ends": [WHOLE.replace("\n", "\\n"), LOOP.replace("\n", "\\n")],
    "indentation": [
        f"1. Write this:\n\n       {moved(WHOLE, '       ').strip()}\n",
        f"The code:\n\n{moved(LOOP, '    ')}\n\nIt loops over the words.",
        f"The code:\n\n{moved(WHOLE, chr(9))}\n\nThat is all.",
    ],
    "single backticks": [f"`{WHOLE}`", f"`\n{LOOP}\n`"],
    "the end of the docstring": [f"    {quotes}\n{BODY}" for quotes in ('"' * 3, "'" * 3)] + ['"' * 3 + f"\n{BODY}"],
}


@pytest.mark.parametrize(
    ("kind", "response"), [(kind, response) for kind, responses in WRAPPED.items() for response in responses]
)
def test_a_wrapped_program_is_read(kind, response):
    names = {}
    exec(read_program(response, BEGINNING, "longest"), names)
    assert [names["longest"](words) for words in (["a", "bcd", "ef"], [], ["ab"])] == [3, 0, 2]


@pytest.mark.parametrize(
    "response",
    [
        json.dumps({"answer": "longest"}),
        json.dumps(["def longest(words):"]),
        ">>> longest([])\n0",
        "class Solution:\n    def longest(self, words):\n        return 0",
        f"```python\nclass Solution:\n{moved(WHOLE, '    ')}\n```",
    ],
)
def test_what_wraps_no_function_of_the_name(response):
    program = read_program(response, BEGINNING, "longest")
    names = {}
    if program is not None:
        exec(program, names)
    # A body that is something else: no value comes of it.
    assert "longest" not in names or names["longest"](["a"]) is None


def test_line_ends_in_a_string_stay():
    names = {}
    exec(read_program("def longest(words): return len('a\\nb')", BEGINNING, "longest"), names)
    assert names["longest"]([]) == 3
