"""One file per method, all with the same `expected(votes, budget, validation_accuracy, ...)`."""

from slmmux.orchestration import agent_forest, best_supporter, oracle, self_consistency, single_best, slm_mux

METHODS = {
    "slm_mux": slm_mux,
    "self_consistency": self_consistency,
    "agent_forest": agent_forest,
    "best_supporter": best_supporter,
    "oracle": oracle,
    "single_best": single_best,
}
