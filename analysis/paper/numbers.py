"""The paper's printed numbers, and its names of methods and benchmarks."""

from pathlib import Path

import pandas as pd

FOLDER = Path(__file__).parent
# Rows of Table 1: our method → the name shown.
METHOD_NAMES = {
    "mixture_of_agents": "Mixture-of-Agents",
    "llm_debate": "LLM-Debate",
    "multi_agent_verification": "Multi-Agent Verification",
    "agent_forest": "Agent Forest",
    "slm_mux": "SLM-MUX",
    "slm_mux_searched": "SLM-MUX, searched models",
    "single_best": "Single-best",
    "self_consistency": "Single-best, self-consistency",
    "oracle": "Upper bound (union)",
    "agent_forest_searched": "Agent Forest, searched models",
}
# The rows that are multi-agent protocols.
DISCUSSION_METHODS = ("mixture_of_agents", "llm_debate", "multi_agent_verification")
# Our benchmark → the paper's name of it.
BENCHMARK_NAMES = {"math_500": "MATH", "gpqa": "GPQA", "gsm8k": "GSM8K"}


def paper_table(name: str) -> pd.DataFrame:
    """A table as printed: table1 .. table4, single_models, large_model, attribution or groupthink. Accuracies in %."""
    return pd.read_csv(FOLDER / f"{name}.csv")
