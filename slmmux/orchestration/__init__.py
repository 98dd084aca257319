"""One file per method, all with the same `expected(votes, budget, validation_accuracy, ...)`."""

from importlib import import_module

# Adding a method is adding its file and its line here; a line in slmmux.stages.compare makes it a row there.
METHODS = {
    name: import_module(f"slmmux.orchestration.{name}")
    for name in (
        "slm_mux",
        "self_consistency",
        "agent_forest",
        "best_supporter",
        "oracle",
        "single_best",
    )
}
