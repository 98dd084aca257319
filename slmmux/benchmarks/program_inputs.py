"""Inputs for a function that is known by its signature and docstring alone.

They show whether two programs behave alike, so they should lie where the task is defined: there, right
programs agree. They start from the docstring's examples; more are made from these with a seed, within the
range, the alphabet, the length and the order that the examples show. The hidden tests are never looked at.
"""

import ast
import random
import re
import string
from collections.abc import Iterator, Sequence
from typing import Any

from slmmux.benchmarks.code_blocks import without_warnings

# How far an example call may reach, in characters.
LONGEST_CALL = 400
# Larger numbers, and infinities, are kept as they are.
LARGEST = 10**300
_LABEL = re.compile(r"\b([A-Za-z_]\w*)(?:\s*[:=]\s*(?=[\[({'\"\d-])|\s*(?=\[))")
_OUTPUT_LABELS = {"output", "outputs", "return", "returns", "result", "results"}
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?")

# For functions whose docstring has no example that can be read, by annotation.
_TYPICAL: dict[str | None, Sequence[Any]] = {
    "int": (1, 2, 3, 4, 5, 7, 10, 12, 21, 100),
    "float": (0.5, 1.0, 2.75, 3.14, 10.0),
    "str": ("a", "abc", "hello", "abcdefgh", "Hello world", "racecar", "xyzxyz", "12 ab"),
    "list": ([1], [1, 2, 3], [3, 1, 2], [5, -2, 8, 1], [4, 4, 2, 9, 1]),
    "List[str]": (["a"], ["abc", "b"], ["b", "aa", "c", "aa"]),
}


@without_warnings()
def program_inputs(prompt: str, entry_point: str, count: int, seed: int) -> list[tuple]:
    """Up to `count` argument tuples for the function `entry_point` that `prompt` begins.

    The same for the same arguments. Fewer come back where the examples leave no room for others.
    """
    annotations = _annotations(prompt, entry_point)
    docstring = prompt[prompt.rindex(f"def {entry_point}") :]
    width = len(annotations)
    own = [call for call in _calls(docstring, re.escape(entry_point)) if len(call) == width]
    examples = (
        [call for call in own if _Word not in map(type, call)]
        or _of_one_type(_labelled(docstring, width))
        or [c for c in _calls(docstring, r"[A-Za-z_]\w*") if len(c) == width and _Word not in map(type, c)]
        or own
    )
    examples = [tuple(str(a) if isinstance(a, _Word) else a for a in call) for call in examples]
    generator = random.Random(f"{seed} {entry_point}")
    if not examples:
        typical = [_TYPICAL.get(a) or _TYPICAL.get((a or "").split("[")[0]) or _any_type() for a in annotations]
        examples = [tuple(generator.choice(values) for values in typical) for _ in range(4 * count)]
        return _different(examples)[:count]
    found = _different(examples)[:count]
    for _ in range(8 * count):
        if len(found) >= count:
            break
        arguments = list(generator.choice(examples))
        place = generator.randrange(width) if width else 0
        if width:
            seen = [call[place] for call in examples]
            # With several arguments, one often says something of another's length.
            arguments[place] = _vary(arguments[place], seen, generator, keep_length=width > 1)
        found = _different([*found, tuple(arguments)])
    return found


@without_warnings()
def begins_function(prompt: str, entry_point: str) -> bool:
    """Whether the text can be taken as the beginning of that function: it is Python once the function has a body."""
    try:
        _function(prompt, entry_point)
    except (SyntaxError, ValueError, RecursionError, MemoryError, StopIteration):
        return False
    return True


def _function(prompt: str, entry_point: str) -> ast.FunctionDef:
    tree = ast.parse(f"{prompt}\n    pass\n")
    return next(n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name == entry_point)


def _annotations(prompt: str, entry_point: str) -> list[str | None]:
    function = _function(prompt, entry_point)
    return [ast.unparse(a.annotation) if a.annotation else None for a in function.args.args]


def _any_type() -> list[Any]:
    return [value for values in _TYPICAL.values() for value in values]


def _different(calls: Sequence[tuple]) -> list[tuple]:
    return list({repr(call): call for call in calls}.values())


class _Word(str):
    """A bare word in a call, which may be a string, as in is_happy(aa), or a variable, as in fib(n)."""


def _of_one_type(calls: list[tuple]) -> list[tuple]:
    """The calls whose arguments have the commonest types; the others are mostly parts of explanations."""
    types = [tuple(map(type, call)) for call in calls]
    return [call for call, kind in zip(calls, types) if kind == max(types, key=types.count)]


def _calls(text: str, name: str) -> Iterator[tuple]:
    """The arguments of every call in the text."""
    for match in re.finditer(rf"\b(?:{name})\(", text):
        window = text[match.start() : match.start() + LONGEST_CALL]
        for end in (m.end() for m in re.finditer(r"\)", window)):
            try:
                call = ast.parse(window[:end], mode="eval").body
                if not isinstance(call, ast.Call):
                    continue
                arguments = tuple(_Word(a.id) if isinstance(a, ast.Name) else ast.literal_eval(a) for a in call.args)
            except (SyntaxError, ValueError, AttributeError, TypeError):
                continue
            # The signature itself looks like a call with bare words.
            if not text[: match.start()].rstrip().endswith("def") and not call.keywords:
                yield arguments
            break


def _labelled(text: str, width: int) -> list[tuple]:
    """Values after "name = " or "name: ", in groups of `width`; those labelled as an output are left out."""
    values = []
    for match in _LABEL.finditer(text):
        if match.group(1).lower() not in _OUTPUT_LABELS:
            values += _literal(text[match.end() : match.end() + LONGEST_CALL])
    return [tuple(values[n : n + width]) for n in range(0, len(values) - width + 1, width)] if width else []


def _literal(text: str) -> list[Any]:
    """The literal that the text starts with, as a list of one; empty where there is none."""
    if number := _NUMBER.match(text):
        return [ast.literal_eval(number.group().lstrip("0") or "0")]
    closing = {"[": "]", "(": ")", "{": "}"}.get(text[:1], text[:1])
    for end in (m.end() for m in re.finditer(re.escape(closing), text[1:])):
        try:
            return [ast.literal_eval(text[: end + 1])]
        except (SyntaxError, ValueError, TypeError):
            continue
    return []


def _vary(value: Any, seen: Sequence[Any], generator: random.Random, keep_length: bool) -> Any:
    """Another value like `value` and the others `seen` in its place."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        numbers = [v for v in seen if isinstance(v, int | float) and not isinstance(v, bool) and abs(v) < LARGEST]
        if not numbers:
            return value
        low, high = min(numbers), max(numbers)
        if isinstance(value, int):
            # A range of one number says little: then a few more upwards.
            return generator.randint(int(low), max(int(high), int(low) + 5))
        return round(generator.uniform(low, max(high, low + 5)), 2)
    if isinstance(value, str):
        return _vary_text([v for v in seen if isinstance(v, str)], value, generator)
    if isinstance(value, list):
        return _vary_list([v for v in seen if isinstance(v, list)], value, generator, keep_length)
    if isinstance(value, tuple):
        tuples = [v for v in seen if isinstance(v, tuple) and len(v) == len(value)]
        return tuple(_vary(v, [t[n] for t in tuples], generator, True) for n, v in enumerate(value))
    return value


def _vary_text(seen: list[str], value: str, generator: random.Random) -> str:
    if any(set(text) & set("()[]{}<>") for text in seen):
        return _vary_brackets(seen, value, generator)
    if " " in value.strip():
        words = [word for text in seen for word in text.split()]
        return " ".join(generator.choices(words, k=generator.randint(1, len(value.split()) + 1)))
    if all(re.fullmatch(r"[A-Za-z0-9 ]*", text) for text in seen):
        alphabet = sorted({c for text in seen for c in text if c != " "})
        lengths = [len(text) for text in seen if " " not in text] or [len(value)]
        length = generator.randint(min(lengths), max(lengths))
        return "".join(generator.choices(alphabet, k=length)) if alphabet else value
    # A date, a file's name and the like: other letters and digits in the same places.
    return "".join(_like(c, generator) if generator.random() < 0.3 else c for c in value)


def _like(character: str, generator: random.Random) -> str:
    for kind in ("123456789", string.ascii_lowercase, string.ascii_uppercase):
        if character in kind:
            return generator.choice(kind)
    return character


def _vary_brackets(seen: list[str], value: str, generator: random.Random) -> str:
    """Balanced where all that is seen is balanced, else any order of the same characters."""
    if not all(map(_balanced, seen)):
        alphabet = sorted({c for text in seen for c in text})
        return "".join(generator.choices(alphabet, k=generator.randint(1, max(map(len, seen)))))
    words = [word for text in seen for word in text.split()]
    if all(map(_balanced, words)):
        return " ".join(generator.choices(words, k=generator.randint(1, len(value.split()) + 1)))
    return " ".join(generator.choices(seen, k=2))


def _balanced(text: str) -> bool:
    kept = re.sub(r"[^()\[\]{}<>]", "", text)
    while (fewer := re.sub(r"\(\)|\[\]|\{\}|<>", "", kept)) != kept:
        kept = fewer
    return not kept


def _vary_list(seen: list[list], value: list, generator: random.Random, keep_length: bool) -> list:
    # The rows of one table fit together, those of two may not.
    table = value and isinstance(value[0], list)
    pool = value if table else [element for one in seen for element in one]
    if not pool:
        return value
    lengths = [len(one) for one in seen]
    length = len(value) if keep_length else generator.randint(min(lengths), max(*lengths, len(value) + 1))
    varied = []
    for _ in range(length):
        element = generator.choice(pool)
        varied.append(_vary(element, pool, generator, True) if generator.random() < 0.5 else element)
    try:
        if all(len(set(map(repr, one))) == len(one) for one in seen):
            varied = list({repr(element): element for element in varied}.values())
        if all(one == sorted(one) for one in seen if len(one) > 1):
            varied.sort()
    except TypeError:
        pass  # elements of types that have no order
    return varied
