"""Responses with a program that completes `BEGINNING` rightly, one table for each kind."""

from slmmux.benchmarks.program_reading import LONGEST_RESPONSE

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
