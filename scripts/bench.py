"""How fast SLM-MUX is evaluated: `make bench`, or python -m scripts.bench.

Everything is measured in one run on made-up votes (5 models, 25 for the sweeps; 10 samples a question), the vote over
a pair of models also on shipped votes of real models, and printed as a table. The yardsticks are a simulation of the
rule in plain Python with 10 trials, as one would write it, and the same exact laws written question by question, which
must agree to 1e-12.
"""

import os
import random
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from multiprocessing import get_context

import numpy as np

from scripts.bench_references import plain_cascade_law, plain_forest_law
from slmmux.orchestration import METHODS, agent_forest
from slmmux.orchestration.evaluation import Evaluation
from slmmux.orchestration.grid import all_budgets, equal_budgets
from slmmux.orchestration.pooled_law import all_subsets
from slmmux.selection.policies import Policy, measure_policy
from slmmux.stages.study import load_splits
from slmmux.votes.draw_law import laws_of
from slmmux.votes.votes import Votes

MODELS, SAMPLES, CLASSES = 5, 10, 8
ACCURACY = [0.5, 0.6, 0.45, 0.55, 0.4]
TRIALS = 10
# Times an exact evaluation is timed.
ROUNDS = 50
# Label of a row: the same law by scripts/bench_references.py.
BY_QUESTION = "    the same law, question by question"
# The larger pool, as large as the published ones.
MANY_MODELS, MANY_QUESTIONS = 25, 800
# Shipped votes, and how many pairs of its models are timed.
REAL, REAL_PAIRS = "cruxeval_t08", 6


def made_up_votes(questions: int, models: int = MODELS) -> Votes:
    """Seeded votes; each model has its own spread of answers on each question, a tenth unparsed."""
    rng = np.random.default_rng(0)
    shares = rng.dirichlet(np.full(CLASSES, 0.4), size=(questions, models)).cumsum(axis=2)
    uniform = rng.random((questions, models, SAMPLES, 1))
    classes = (uniform > shares[:, :, None, :-1]).sum(axis=3)
    classes = np.where(rng.random(classes.shape) < 0.1, -1, classes)
    right = rng.integers(0, CLASSES, questions)[:, None] == np.arange(CLASSES)
    names = tuple(f"model {m}" for m in range(models))
    tokens = np.ones((questions, models))
    ids = tuple(map(str, range(questions)))
    return Votes("made up", "test", ids, names, classes, right, np.full(models, SAMPLES), tokens, tokens)


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


def seconds_of_many_models() -> dict[str, float]:
    """Processor seconds on the larger pool: sweeps over subsets, one budget, and the peak memory in MiB."""
    votes = made_up_votes(MANY_QUESTIONS, MANY_MODELS)
    accuracy = votes.accuracy()
    budget = np.random.default_rng(0).integers(0, SAMPLES + 1, MANY_MODELS)
    pairs = all_subsets(MANY_MODELS, 2)

    def seconds(call, times: int = 1) -> float:
        start = time.process_time()
        for _ in range(times):
            call()
        return (time.process_time() - start) / times

    slm_mux_of, forest_of = METHODS["slm_mux"].evaluate, METHODS["agent_forest"].evaluate
    few, pair_of_few = made_up_votes(500, 4), made_up_votes(500, 2)
    policy = Policy((3, 3, 2, 3), (1, 0, 3, 2), Fraction(3, 5))
    few_accuracy = few.accuracy()

    def budget_by_question(members: np.ndarray, samples: np.ndarray) -> np.ndarray:
        order = sorted(members.tolist(), key=lambda m: -accuracy[m])
        return plain_cascade_law(votes, samples, order, Fraction(1), accuracy)

    found = {"laws of 25 models": seconds(lambda: laws_of(votes))}
    checked("a budget", slm_mux_of(votes, budget, accuracy), budget_by_question(np.flatnonzero(budget), budget))
    found["one budget"] = seconds(lambda: slm_mux_of(votes, budget, accuracy), 20)
    found["one budget, plain"] = seconds(lambda: budget_by_question(np.flatnonzero(budget), budget))
    found["triples"] = seconds(lambda: equal_budgets(votes, accuracy, [3], sizes=[3]))
    three = 3 * (np.arange(MANY_MODELS) < 3)
    found["one triple, plain"] = seconds(lambda: budget_by_question(np.arange(3), three))
    by_question = plain_cascade_law(few, policy.budget, list(policy.order), policy.threshold, few_accuracy)
    checked("a policy", measure_policy(few, policy, few_accuracy), by_question)
    found["a policy"] = seconds(lambda: measure_policy(few, policy, few_accuracy), 50)
    found["a policy, plain"] = seconds(
        lambda: plain_cascade_law(few, policy.budget, list(policy.order), policy.threshold, few_accuracy)
    )
    checked("Agent Forest", forest_of(pair_of_few, [3, 3], None), plain_forest_law(pair_of_few, [0, 1], 3))
    found["forest, one pair"] = seconds(lambda: forest_of(pair_of_few, [3, 3], None), 20)
    found["forest, one pair, plain"] = seconds(lambda: plain_forest_law(pair_of_few, [0, 1], 3), 2)
    found["forest, all pairs"] = seconds(lambda: agent_forest.evaluate_subsets(votes, pairs, 3))
    found["forest, a pair of many, plain"] = seconds(lambda: plain_forest_law(votes, pairs[0].tolist(), 3))
    _, real, _ = load_splits(REAL)
    members = all_subsets(len(real.models), 2)
    chosen = members[np.linspace(0, len(members) - 1, REAL_PAIRS).astype(int)].tolist()
    of_real = [real.take_models([real.models[m] for m in pair]) for pair in chosen]
    for votes_of_pair in of_real:
        checked("Agent Forest", forest_of(votes_of_pair, [3, 3], None), plain_forest_law(votes_of_pair, [0, 1], 3))
    found["forest, real pairs"] = seconds(lambda: [forest_of(pair, [3, 3], None) for pair in of_real], 10)
    found["forest, real pairs, plain"] = seconds(lambda: [plain_forest_law(pair, [0, 1], 3) for pair in of_real])
    found["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return found


def checked(what: str, found: Evaluation, by_question: np.ndarray) -> None:
    """The law that is compared with is the same one."""
    gap = float(np.abs(found.correct - by_question).max())
    if gap > 1e-12:
        raise SystemExit(f"{what}: {gap:.1e} away from the law question by question")


def seconds_of_methods(validation: Votes, test: Votes, k: int) -> dict[str, tuple[float, float]]:
    """Method → processor seconds of its exact law, all models drawing k, and of a simulation with TRIALS draws.

    The least of several rounds.
    """
    found, budget = {}, np.full(len(test.models), k)
    for name, method in METHODS.items():
        learned = method.fit(validation, budget) if hasattr(method, "fit") else validation.accuracy()
        # The first time compiles, and computes what is kept for these votes.
        method.evaluate(test, budget, learned)
        spent: dict[str, list[float]] = {"exact": [], "simulate": []}
        for mode, rounds in (("exact", ROUNDS), ("simulate", 2)):
            for _ in range(rounds):
                start = time.process_time()
                method.evaluate(test, budget, learned, mode, TRIALS)
                spent[mode].append(time.process_time() - start)
        found[name] = min(spent["exact"]), min(spent["simulate"])
    return found


def seconds_of_methods_on_made_up_votes(questions: int, k: int) -> dict[str, tuple[float, float]]:
    votes = made_up_votes(questions, 3)
    return seconds_of_methods(votes, votes, k)


def seconds_of_methods_on_published_votes(k: int) -> dict[str, tuple[float, float]]:
    """Of a triple of the published pool's models, for as many seconds as 500 questions take."""
    validation, test, _ = load_splits(REAL)
    team = [test.models[m] for m in (0, len(test.models) // 2, len(test.models) - 1)]
    found = seconds_of_methods(validation.take_models(team), test.take_models(team), k)
    share = 500 / len(test.question_ids)
    return {name: (exact * share, simulated * share) for name, (exact, simulated) in found.items()}


def times(plain: float, fast: float) -> str:
    return f"{plain / fast:.0f} times as long"


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
    many = in_own_process(seconds_of_many_models)
    rows += [
        (f"{MANY_MODELS} models, {MANY_QUESTIONS} questions: all laws", f"{many['laws of 25 models']:.2f} s"),
        ("  one budget of them, laws known", f"{many['one budget'] * 1e3:.1f} ms"),
        (BY_QUESTION, times(many["one budget, plain"], many["one budget"])),
        ("  2300 triples, SLM-MUX, k = 3", f"{many['triples']:.2f} s"),
        (BY_QUESTION, times(many["one triple, plain"] * 2300, many["triples"])),
        ("  Agent Forest, 300 pairs, k = 3", f"{many['forest, all pairs']:.1f} s"),
        (BY_QUESTION, times(many["forest, a pair of many, plain"] * 300, many["forest, all pairs"])),
        ("Agent Forest, a pair, k = 3, 500 questions", f"{many['forest, one pair'] * 1e3:.1f} ms"),
        (BY_QUESTION, times(many["forest, one pair, plain"], many["forest, one pair"])),
        (f"  {REAL_PAIRS} pairs of {REAL}", f"{many['forest, real pairs'] * 1e3:.1f} ms"),
        (BY_QUESTION, times(many["forest, real pairs, plain"], many["forest, real pairs"])),
        ("a policy of 4 models, 500 questions", f"{many['a policy'] * 1e3:.2f} ms"),
        (BY_QUESTION, times(many["a policy, plain"], many["a policy"])),
        ("  peak memory", f"{many['memory']:.0f} MiB"),
    ]
    made_up = in_own_process(seconds_of_methods_on_made_up_votes, 500, 3)
    published = in_own_process(seconds_of_methods_on_published_votes, 3)
    rows.append(("3 models, k = 3, 500 questions", f"made up; of {REAL}; simulating {TRIALS} draws of these"))
    for name, (exact, _) in made_up.items():
        real, simulated = published[name]
        value = f"{exact * 1e3:5.2f} ms; {real * 1e3:5.2f} ms; {simulated / real:.1f} times as long"
        rows.append((f"  {METHODS[name].LABEL}", value))
    width = max(len(label) for label, _ in rows)
    for label, value in rows:
        print(f"{label:<{width}}  {value}")


if __name__ == "__main__":
    main()
