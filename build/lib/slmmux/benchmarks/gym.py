"""Seeded tasks of the library reasoning-gym as disjoint validation and test questions."""

import warnings
from typing import Any

from slmmux.benchmarks.question import TEST, VALIDATION, Question
from slmmux.errors import InputError


def gym_items(task: str, config: dict[str, Any], seed: int, size: int) -> list[tuple[str, str]]:
    """`size` pairs (question, answer) of a reasoning-gym task.

    Raises InputError for an unknown task or setting.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a dependency of reasoning-gym warns about its own source
        import reasoning_gym

    try:
        dataset = reasoning_gym.create_dataset(task, seed=seed, size=size, **config)
        return [(str(item["question"]).strip(), str(item["answer"]).strip()) for item in dataset]
    except (ValueError, TypeError, AssertionError) as error:
        raise InputError(f"reasoning-gym task {task!r} with {config}: {' '.join(str(error).split())}") from None


def gym_questions(
    task: str,
    config: dict[str, Any],
    seeds: dict[str, int],
    validation: int,
    test: int,
    taken: frozenset[str] | set[str] = frozenset(),
) -> list[Question]:
    """Questions of one task, no text twice, neither within a split nor across the two, and none of `taken`.

    seeds: split → seed. Ids are `task-split-NNN`, where NNN is the item's number in its seeded stream, so a
    larger split keeps the ids of a smaller one.
    """
    seen: set[str] = set(taken)
    questions = []
    for split, size in ((VALIDATION, validation), (TEST, test)):
        # Small tasks repeat themselves, so the stream is read further than `size`.
        kept = 0
        for number, (text, answer) in enumerate(gym_items(task, config, seeds[split], 4 * size + 50)):
            if text in seen or kept == size:
                continue
            seen.add(text)
            questions.append(Question(f"{task}-{split}-{number:03d}", split, text, answer))
            kept += 1
        if kept < size:
            raise InputError(f"reasoning-gym task {task!r}: only {kept} different {split} questions, {size} wanted")
    return questions
