"""The process that compares LaTeX: its limits, its loss, and what is remembered of it."""

import logging
import os
import signal
import threading

import pytest

from slmmux.benchmarks import latex
from slmmux.benchmarks.grading import group_answers

# No canonical form: the integral is asked about.
HANGING = r"\\int_0^1 9^{9^{9^{9}}} dx"


@pytest.fixture
def worker(monkeypatch):
    """A fresh worker with one second of processor time."""
    monkeypatch.setattr(latex, "CPU_SECONDS", 1.0)
    monkeypatch.setattr(latex, "_worker", latex._Worker())
    monkeypatch.setattr(latex, "_readable", {})
    yield latex._worker
    latex._worker.close()


def test_a_hanging_expression_is_given_up_and_the_next_is_compared(worker, caplog):
    with caplog.at_level(logging.WARNING):
        assert not latex.same_latex("5", HANGING)
    assert "ran past its limits" in caplog.text
    assert latex.same_latex("x+1", "1+x")


def test_comparisons_work_in_threads_and_a_stopped_worker_is_left(worker, monkeypatch):
    verdicts = []
    threads = [threading.Thread(target=lambda: verdicts.append(latex.same_latex("x+1", "1+x"))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert verdicts == [True] * 4
    stopped = worker._process.pid
    monkeypatch.setattr(latex, "WALL_SECONDS", 0.3)
    os.kill(stopped, signal.SIGSTOP)
    assert worker.ask("x+1", "1+x") is None
    with pytest.raises(ProcessLookupError):
        os.kill(stopped, 0)


def test_an_answer_that_hangs_is_asked_about_once(worker, caplog):
    answers = [HANGING, *(rf"\\int_0^{n} x dx" for n in range(1, 4))]
    with caplog.at_level(logging.WARNING):
        for order in (answers, answers[::-1]):
            assert len({grade.answer for grade in group_answers("5", order)}) == len(answers)
    assert sum("ran past its limits" in record.message for record in caplog.records) == 1


def test_a_worker_that_does_not_start_is_an_error(monkeypatch):
    monkeypatch.setattr(latex.sys, "executable", "/bin/false")
    with pytest.raises(RuntimeError, match="does not start"):
        latex._Worker().ask("x", "y")
