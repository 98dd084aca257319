"""Which answers to a question are the same, and which are right.

Two answers are the same where their canonical forms are (`latex_forms`); this is an equality, so that classes don't
depend on the order in which answers come. In four places sameness is not transitive, and a rule looks at all
distinct answers at once, never at their order:

- "3" is the same as "x = 3", and "101" as "101_2". Where the answers to one question name several variables or
  bases, as "x = 3" and "y = 3", each name is a class of its own, and so is the bare "3".
- "y = 2x" is the same as "2x"; where another answer is "2x - y = 0" or "x = y/2", it is the same as that instead.
- A decimal of 12 digits and more joins the one exact value, or decimal of more digits, that rounds to it.
- What has no canonical form is compared by math-verify (`latex.py`), among its like. In alphabetical order, an
  answer joins the first class all of whose members are the same as it in both directions.

A right answer is one that is the same as the reference; the reference may say more or less than the answer, as in
"x = 3" for 3, or the base of a number.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from fractions import Fraction
from functools import lru_cache

from slmmux.benchmarks.answer_form import Form
from slmmux.benchmarks.latex import same_latex
from slmmux.benchmarks.latex_forms import MAX_CHARACTERS, canonical_form, has_dots
from slmmux.benchmarks.plain_numbers import plain_number
from slmmux.benchmarks.question import Grade


def normal_text(text: str) -> str:
    """Lower case, single spaces, no surrounding quotes or closing punctuation."""
    return " ".join(text.lower().split()).strip(" .,!?;:'\"`*")


@lru_cache(maxsize=100_000)
def same_value(reference: str, answer: str) -> bool:
    r"""Whether `answer` has the value of `reference`, by their canonical forms, else by math-verify.

    Not symmetric: a number without a base is right where the reference has one, and math-verify tells its two
    arguments apart. Never raises and never hangs.
    """
    a, b = canonical_form(reference), canonical_form(answer)
    if a.text == b.text != "":
        return True
    if a.key is not None and a.key == b.key:
        return a.qualifier is None or b.qualifier is None or a.qualifier == b.qualifier
    if a.is_word or b.is_word or has_dots(a) or has_dots(b):
        return False
    if a.equation is not None and a.equation == b.equation:
        return True
    if a.key is None or b.key is None:
        return max(len(reference), len(answer)) <= MAX_CHARACTERS and same_latex(a.text, b.text)
    # A pair without its brackets; an interval is none.
    kinds = {form.key[:3] if form.key[0] == "tuple" else form.key[:1] for form in (a, b) if isinstance(form.key, tuple)}
    bare_pair = kinds == {("set",), ("tuple", "(", ")")} and "\\{" not in a.text + b.text
    return (bare_pair and len(a.items) > 1 and a.items == b.items) or (
        _rounds_to(a.number, b.decimal) or _rounds_to(b.number, a.decimal)
    )


def _rounds_to(value: Fraction | None, decimal: Fraction | None) -> bool:
    """Whether a decimal is `value` but for one unit in its last place."""
    return value is not None and decimal is not None and abs(value - decimal) * 10 ** _places(decimal) < 1


def _places(decimal: Fraction) -> int:
    """The decimal places that a number needs."""
    places = 0
    while (decimal * 10**places).denominator != 1:
        places += 1
    return places


def group_answers(reference: str, answers: Sequence[str | None]) -> list[Grade]:
    """Grade bare answers to one question, None where there is none: one Grade an answer, in their order.

    The right ones are in the class of the reference. A class of others is named after its shortest answer, of
    several the first in alphabetical order.
    """
    distinct = sorted({answer for answer in answers if answer is not None})
    right = [answer for answer in distinct if same_value(reference, answer)]
    wrong = [answer for answer in distinct if answer not in set(right)]
    named = {answer: reference for answer in right}
    for members in _classes(wrong):
        named |= dict.fromkeys(members, min(members, key=lambda answer: (len(answer), answer)))
    return _grades(answers, named, set(right))


def group_by_key(reference: str, answers: Sequence[str | None], key: Callable[[str], Hashable]) -> list[Grade]:
    """As `group_answers`, where answers are the same whose `key` is."""
    names: dict[Hashable, str] = {}
    distinct = sorted({answer for answer in answers if answer is not None}, key=lambda answer: (len(answer), answer))
    for answer in [reference, *distinct]:
        names.setdefault(key(answer), answer)
    named = {answer: names[key(answer)] for answer in distinct}
    return _grades(answers, named, {answer for answer in distinct if named[answer] == reference})


def number_key(answer: str) -> Hashable:
    """The value of a plain number; of anything else the text."""
    number = plain_number(answer)
    return number if number is not None else answer


def _grades(answers: Sequence[str | None], named: dict[str, str], right: set[str]) -> list[Grade]:
    return [Grade(named[answer], answer in right) if answer is not None else Grade(None, False) for answer in answers]


def _classes(answers: list[str]) -> Iterable[list[str]]:
    """The classes of distinct answers in alphabetical order, none of which is right."""
    forms = {answer: canonical_form(answer) for answer in answers}
    solved_for: dict[Hashable, set[str | None]] = {}
    for form in forms.values():
        if form.equation is not None:
            solved_for.setdefault(form.equation, set()).add(form.qualifier)
    # Written as an equation, or solved for several variables.
    implicit = {equation for equation, names in solved_for.items() if None in names or len(names) > 1}
    equations: dict[Hashable, list[str]] = {}
    by_key: dict[Hashable, list[str]] = {}
    unknown: dict[str, list[str]] = {}
    for answer, form in forms.items():
        if form.equation in implicit:
            equations.setdefault(form.equation, []).append(answer)
        elif form.key is not None:
            by_key.setdefault(form.key, []).append(answer)
        else:
            unknown.setdefault(form.text, []).append(answer)
    yield from equations.values()
    _join_decimals(by_key, forms)
    for members in by_key.values():
        qualifiers = {qualifier for answer in members if (qualifier := forms[answer].qualifier) is not None}
        if len(qualifiers) < 2:
            yield members
        else:
            for qualifier in (None, *sorted(qualifiers)):
                if named := [answer for answer in members if forms[answer].qualifier == qualifier]:
                    yield named
    yield from _cliques(unknown)


def _join_decimals(by_key: dict[Hashable, list[str]], forms: dict[str, Form]) -> None:
    """Joins decimals to what they round to, the most exact first: an exact value, or a decimal of more digits."""
    decimals = {key: found for key, members in by_key.items() if (found := forms[members[0]].decimal) is not None}
    for key, decimal in sorted(decimals.items(), key=lambda item: (-_places(item[1]), item[1])):
        members = by_key.pop(key)
        near = [
            other
            for other, others in by_key.items()
            if (_places(decimals[other]) > _places(decimal) if other in decimals else True)
            and all(_rounds_to(forms[answer].number, decimal) for answer in others)
        ]
        by_key[near[0] if len(near) == 1 else key] = (by_key[near[0]] if len(near) == 1 else []) + members


def _cliques(unknown: dict[str, list[str]]) -> Iterable[list[str]]:
    """Classes of texts without a canonical form; `unknown`: text → the answers that have it."""
    cliques: list[list[str]] = []
    for text in sorted(unknown):
        match = next((c for c in cliques if all(_same_both_ways(text, member) for member in c)), None)
        if match is None:
            cliques.append([text])
        else:
            match.append(text)
    for clique in cliques:
        yield [answer for text in clique for answer in unknown[text]]


def _same_both_ways(a: str, b: str) -> bool:
    return same_latex(a, b) and same_latex(b, a)
