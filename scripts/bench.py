"""How fast SLM-MUX is evaluated: `make bench`, or python -m scripts.bench.

Everything is measured in one run on made-up votes (5 models, 10 samples a question), and printed as a
table. The yardstick is a simulation of Algorithm 1 in plain Python with 10 trials, as one would write it.
"""

import os
import random
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np

from slmmux.orchestration.grid import all_budgets, equal_budgets
from slmmux.votes.votes import Votes

MODELS, SAMPLES, CLASSES = 5, 10, 8
ACCURACY = [0.5, 0.6, 0.45, 0.55, 0.4]
TRIALS = 10


def made_up_votes(questions: int) -> Votes:
    """Seeded votes; each model has its own spread of answers on each question, a tenth unparsed."""
    rng = np.random.default_rng(0)
    shares = rng.dirichlet(np.full(CLASSES, 0.4), size=(questions, MODELS)).cumsum(axis=2)
    uniform = rng.random((questions, MODELS, SAMPLES, 1))
    classes = (uniform > shares[:, :, None, :-1]).sum(axis=3)
    classes = np.where(rng.random(classes.shape) < 0.1, -1, classes)
    right = rng.integers(0, CLASSES, questions)[:, None] == np.arange(CLASSES)
    names = tuple(f"model {m}" for m in range(MODELS))
    tokens = np.ones((questions, MODELS))
    ids = tuple(map(str, range(questions)))
    return Votes("made up", "test", ids, names, classes, right, np.full(MODELS, SAMPLES), tokens, tokens)


def plain_simulation(classes, right, members, k: int, trials: int) -> float:
    """Accuracy of Algorithm 1 in plain Python. classes: (Q, M, n) lists; right: (Q,) sets of classes."""
    hits = 0
    ordered = sorted(members, key=lambda m: -ACCURACY[m])
    for question, right_classes in zip(classes, right):
        for _ in range(trials):
            best, answer = -1, None
            for m in ordered:
                counts = {}
                for c in random.sample(question[m], k):
                    if c >= 0:
                        counts[c] = counts.get(c, 0) + 1
                top = max(counts.values(), default=0)
                # The models come in order of validation accuracy, so a tie keeps the earlier one.
                if top > best:
                    tied = [c for c in counts if counts[c] == top]
                    best, answer = top, random.choice(tied) if tied else None
            hits += answer in right_classes
    return hits / trials / len(classes)


def seconds_of_equal(questions: int) -> tuple[float, np.ndarray]:
    """Best of five from loaded votes, tables of the law not kept from one to the next."""
    best = float("inf")
    for _ in range(5):
        votes = made_up_votes(questions)
        start = time.perf_counter()
        _, correct = equal_budgets(votes, ACCURACY, range(1, SAMPLES + 1))
        best = min(best, time.perf_counter() - start)
    return best, correct.mean(axis=2)


def seconds_and_memory_of_all(questions: int) -> tuple[float, float]:
    """Seconds, and the peak memory in MiB of a process that does nothing else."""
    votes = made_up_votes(questions)
    start = time.perf_counter()
    all_budgets(votes, ACCURACY, SAMPLES)
    return time.perf_counter() - start, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def seconds_of_plain(questions: int, configurations: int) -> tuple[float, float]:
    """Mean seconds a configuration over random ones of the grid, and their largest gap to the exact value."""
    votes = made_up_votes(questions)
    classes, right = votes.classes.tolist(), [set(np.flatnonzero(row)) for row in votes.right]
    subsets, correct = equal_budgets(votes, ACCURACY, range(1, SAMPLES + 1))
    random.seed(0)
    picked = [(random.randrange(len(subsets)), random.randint(1, SAMPLES)) for _ in range(configurations)]
    start = time.perf_counter()
    simulated = [plain_simulation(classes, right, subsets[s], k, TRIALS) for s, k in picked]
    seconds = (time.perf_counter() - start) / configurations
    gaps = [abs(value - correct[s, k - 1].mean()) for value, (s, k) in zip(simulated, picked)]
    return seconds, max(gaps)


def in_own_process(function, *arguments):
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        return pool.submit(function, *arguments).result()


def main() -> None:
    # One core. Only the processes started from here do the work, so it is in time for their numpy.
    for library in ("OMP", "OPENBLAS", "MKL"):
        os.environ[f"{library}_NUM_THREADS"] = "1"
    equal, accuracy = in_own_process(seconds_of_equal, 500)
    equal_4, _ = in_own_process(seconds_of_equal, 2000)
    plain, gap = in_own_process(seconds_of_plain, 500, 20)
    whole, memory = in_own_process(seconds_and_memory_of_all, 500)
    whole_4, memory_4 = in_own_process(seconds_and_memory_of_all, 2000)
    configurations = accuracy.size
    rows = [
        ("31 subsets x k = 1..10, 500 questions", f"{equal:.4f} s"),
        ("  the same, 2000 questions", f"{equal_4:.4f} s ({equal_4 / equal:.1f} x)"),
        ("  one configuration", f"{equal / configurations * 1e6:.0f} us"),
        (f"plain Python, {TRIALS} trials, one configuration", f"{plain:.3f} s"),
        ("  largest gap of 20 to the exact accuracy", f"{gap:.4f}"),
        ("  times slower per configuration", f"{plain / (equal / configurations):.0f}"),
        (f"{SAMPLES + 1}^{MODELS} budgets, 500 questions", f"{whole:.2f} s, peak {memory:.0f} MiB"),
        ("  the same, 2000 questions", f"{whole_4:.2f} s ({whole_4 / whole:.1f} x), peak {memory_4:.0f} MiB"),
    ]
    for label, value in rows:
        print(f"{label:<45} {value}")


if __name__ == "__main__":
    main()
