"""The paper's printed numbers, and its names of methods and benchmarks."""

from pathlib import Path

import pandas as pd

from slmmux.orchestration import METHODS

FOLDER = Path(__file__).parent
# Rows of Table 1: our method → the name shown, which is the method's own label.
METHOD_NAMES = {
    "mixture_of_agents": "Mixture-of-Agents",
    "llm_debate": "LLM-Debate",
    "multi_agent_verification": "Multi-Agent Verification",
    **{name: METHODS[name].LABEL for name in ("agent_forest", "slm_mux")},
    "slm_mux_searched": f"{METHODS['slm_mux'].LABEL}, searched subset",
    **{name: METHODS[name].LABEL for name in ("single_best", "self_consistency", "self_consistency_total", "oracle")},
    **{
        f"{name}_searched": f"{METHODS[name].LABEL}, searched subset"
        for name in ("agent_forest", "self_consistency_total")
    },
}
# The rows that are multi-agent protocols.
DISCUSSION_METHODS = ("mixture_of_agents", "llm_debate", "multi_agent_verification")
# Our benchmark → the paper's name of it.
BENCHMARK_NAMES = {"math_500": "MATH", "gpqa": "GPQA", "gsm8k": "GSM8K"}


def paper_table(name: str) -> pd.DataFrame:
    """A table as printed: table1 .. table4, single_models, large_model, attribution or groupthink. Accuracies in %."""
    return pd.read_csv(FOLDER / f"{name}.csv")
