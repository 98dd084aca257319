"""A study is the same however it is run: at once, killed and resumed, or shared by several workers."""

import json
import os
import signal
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import optuna
import pytest
from optuna.storages.journal import JournalFileBackend

from slmmux.selection.study import Plan, budget_plan_space, shared_study, study_in_memory

optuna.logging.set_verbosity(optuna.logging.WARNING)
FORK = get_context("fork")
SAMPLERS = ("ascent", "tpe", "nsgaii", "random")


def plan(sampler: str, trials: int = 26, seed: int = 3) -> Plan:
    starts = ((0, 4, 0), (4, 4, 4))
    return Plan(budget_plan_space(("a", "b", "c"), 4), sampler, seed, trials, 4, population=6, starts=starts)


def made_up(budget) -> tuple[float, float]:
    a, b, c = budget
    return 1 - ((a - 3) ** 2 + (b - 1) ** 2 + (c - 2) ** 2) / 40, float(1 + a + 2 * b + 3 * c)


def same(first, second) -> bool:
    return (
        np.array_equal(first.points, second.points)
        and np.array_equal(first.accuracy, second.accuracy)
        and np.array_equal(first.tokens, second.tokens)
    )


@pytest.mark.parametrize("sampler", SAMPLERS)
def test_a_study_is_its_plan(sampler):
    first, again = (study_in_memory(plan(sampler), made_up) for _ in range(2))
    assert first.points.shape == (26, 3) and same(first, again)
    assert first.points[:2].tolist() == [[0, 4, 0], [4, 4, 4]]
    assert not same(first, study_in_memory(plan(sampler, seed=4), made_up))
    # A longer study begins as the shorter one, so its progress is that of every shorter study.
    longer = study_in_memory(plan(sampler, trials=29), made_up)
    assert np.array_equal(longer.points[:24], first.points[:24])


def die_while_writing(path: Path, the_plan: Plan, line: int) -> None:
    """Work on the study, and be killed with half of the journal's `line`-th write on disk."""
    written, append = 0, JournalFileBackend.append_logs

    def append_and_die(self, logs):
        nonlocal written
        written += 1
        if written < line:
            return append(self, logs)
        text = "\n".join(json.dumps(entry) for entry in logs)
        with path.open("a") as file:
            file.write(text[: len(text) // 2])
        os.kill(os.getpid(), signal.SIGKILL)

    JournalFileBackend.append_logs = append_and_die
    shared_study(path, the_plan, made_up)


@pytest.mark.parametrize("sampler", ["ascent", "tpe", "nsgaii"])
def test_killed_and_resumed_is_the_same_study(tmp_path, sampler):
    whole = study_in_memory(plan(sampler), made_up)
    # Killed while it made the study, in the midst of proposing a trial and a round, and while it told a result.
    for line in (1, 2, 9, 14, 58, 131):
        path = tmp_path / f"{line}.journal"
        worker = FORK.Process(target=die_while_writing, args=(path, plan(sampler), line))
        worker.start()
        worker.join()
        assert worker.exitcode == -signal.SIGKILL
        assert same(shared_study(path, plan(sampler), made_up), whole), line


def test_several_workers_share_the_same_study(tmp_path):
    path, evaluated = tmp_path / "s.journal", FORK.Array("i", 3)

    def work(number: int) -> None:
        def evaluate(budget):
            evaluated[number] += 1
            return made_up(budget)

        assert same(shared_study(path, plan("tpe", trials=60), evaluate), study_in_memory(plan("tpe", 60), made_up))

    workers = [FORK.Process(target=work, args=(number,)) for number in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
        assert worker.exitcode == 0
    # Each trial at least once, and far from each trial by every worker.
    assert 60 <= sum(evaluated) < 150


def test_a_study_that_was_removed_is_noticed(tmp_path):
    path = tmp_path / "s.journal"

    def evaluate(budget):
        path.unlink(missing_ok=True)
        return made_up(budget)

    assert shared_study(path, plan("random"), evaluate) is None
    assert not path.exists()
