"""Every method gives the same bytes whatever the processor lets NumPy, its linear algebra and Numba do."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np

PROGRAM = """
import hashlib
import numpy as np
from drawn_votes import learned, random_votes
from slmmux.orchestration import METHODS, agent_forest
from slmmux.orchestration.grid import all_budgets, equal_budgets
from slmmux.orchestration.stopping import inside_models

votes, budget = random_votes(0, 40, 3, 9), np.array([4, 3, 5])
accuracy = votes.accuracy()
found = [all_budgets(votes, accuracy, 9), equal_budgets(votes, accuracy, [2, 5])[1]]
found += [agent_forest.evaluate_subsets(votes, [[0, 1], [1, 2]], 3), inside_models(votes, budget, accuracy).tokens]
for name, method in METHODS.items():
    result = method.evaluate(votes, budget, learned(name, votes, budget, accuracy))
    assert result.mode == "exact", name
    parts = (result.correct, result.selected, result.tokens, result.tokens_with_stopping, result.tie_probability)
    found += [part for part in parts if part is not None] + [np.array([result.accuracy, result.accuracy_se])]
print(hashlib.sha256(b"".join(np.ascontiguousarray(array).tobytes() for array in found)).hexdigest())
"""
TESTS = Path(__file__).resolve().parents[1]


def digest(**environment: str) -> str:
    paths = os.pathsep.join([str(TESTS), str(TESTS.parent), os.environ.get("PYTHONPATH", "")])
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", PROGRAM],
        env=os.environ | {"PYTHONPATH": paths} | environment,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_no_instruction_set_and_no_number_of_threads_changes_a_number():
    plain = digest(OPENBLAS_NUM_THREADS="1")
    features = " ".join(np._core._multiarray_umath.__cpu_dispatch__)
    oldest = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": ""}
    assert digest(NPY_DISABLE_CPU_FEATURES=features, OPENBLAS_NUM_THREADS="2", **oldest) == plain
    # The oldest kernels of OpenBLAS that x86 knows; where another processor or library ignores it, nothing changes.
    assert digest(OPENBLAS_CORETYPE="Prescott") == plain
