"""When two answers are the same Python value, as the check of an execution benchmark sees it.

CRUXEval and LiveCodeBench's execution task run `assert EXPECTED == ANSWER`. What this line makes of an answer is
its value here: `1, 2` compares with 1 alone (2 is the assertion's message), and `1,` is no Python at all.
"""

import ast
import warnings
from collections.abc import Hashable

# What Python raises on text that is no literal, is nested too deeply, or holds too long a number.
NO_LITERAL = (ValueError, SyntaxError, TypeError, MemoryError, RecursionError)


def value_of(answer: str) -> Hashable | None:
    """A key that two answers share exactly when they are equal in Python; None where the check cannot be parsed.

    Literals are the same when `==` says so: 1 == 1.0 == True, dicts and sets in any order, 'a' == "a"; a list is
    no tuple. Anything else (a call, a sum, a name) is nothing but its own text, and so is a literal
    with a message that is none.

    >>> value_of("[1, {'a': 2}]") == value_of('[1.0, {"a": 2}]')
    True
    >>> value_of("(1, 2)") == value_of("[1, 2]")
    False
    >>> value_of("1, 2") == value_of("1"), value_of("1,")
    (True, None)
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", SyntaxWarning)  # unknown escapes in an answer's strings
            statements = ast.parse(f"assert expected == {answer}").body
    except NO_LITERAL:
        return None
    only = statements[0] if len(statements) == 1 else None
    # `a == b` or `a or b` in the answer changes what is compared.
    if isinstance(only, ast.Assert) and isinstance(only.test, ast.Compare) and len(only.test.ops) == 1:
        try:
            # A message that is no literal may call the function, which the benchmark refuses.
            if only.msg is not None:
                ast.literal_eval(only.msg)
            return _key(ast.literal_eval(only.test.comparators[0]))
        except NO_LITERAL:
            pass
    return "text", " ".join(answer.split())


def _key(value) -> Hashable:
    """A hashable stand-in: equal for equal values. Containers carry their type, since (1,) is not [1]."""
    if isinstance(value, list | tuple):
        return type(value).__name__, tuple(_key(item) for item in value)
    if isinstance(value, dict):
        return "dict", frozenset((_key(key), _key(item)) for key, item in value.items())
    if isinstance(value, set):
        return "set", frozenset(_key(item) for item in value)
    return "value", value
