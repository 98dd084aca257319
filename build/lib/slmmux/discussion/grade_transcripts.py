"""The answers of a discussion, read and graded as samples are."""

from collections import Counter

import numpy as np

from slmmux.benchmarks import get_benchmark
from slmmux.benchmarks.question import Grade
from slmmux.benchmarks.question_list import questions_to_grade
from slmmux.config import Config

# Turns that judge or label answers and give none themselves.
SILENT = ("verifier", "labeller")


def grade_transcript(config: Config, benchmark: str, turns: list[dict], listed: dict[str, dict]) -> list[Grade | None]:
    """One Grade a turn, in order; None for those that give no answer. listed: what read_questions returns.

    All turns of a question are graded together, so that equal answers are equal whoever gave them.
    """
    grades: list[Grade | None] = [None] * len(turns)
    for question in questions_to_grade(config, benchmark, listed, {turn["question_id"] for turn in turns}):
        places = [i for i, t in enumerate(turns) if t["question_id"] == question.id and t["role"] not in SILENT]
        found = get_benchmark(benchmark).grade(question, [turns[i]["response"] for i in places])
        for place, grade in zip(places, found):
            grades[place] = grade
    return grades


def plurality(grades: list[Grade]) -> tuple[float, bool]:
    """(probability that the most common answer is right, whether several are most common).

    Equally common answers are broken uniformly at random. Unread answers vote for nothing; all unread: (0, False).
    """
    counts = Counter(g.answer for g in grades if g.answer is not None)
    if not counts:
        return 0.0, False
    top = [answer for answer, count in counts.items() if count == max(counts.values())]
    right = {g.answer: g.correct for g in grades}
    return float(np.mean([right[answer] for answer in top])), len(top) > 1
