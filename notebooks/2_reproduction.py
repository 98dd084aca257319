# ---
# jupyter:
#   jupytext:
#     formats: ipynb,py:percent
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # The reproduction beside the paper
#
# The paper runs models of 8 to 47 billion parameters on MATH, GPQA and GSM8K. The shipped samples come from
# models of 0.1 to 1.5 billion parameters, on a hundred questions of GSM8K, on HumanEval and on generated
# questions. So the accuracies cannot be compared with each other. What can be compared is how the methods
# stand to the best single model.
#
# Everything here was computed by the stages of `dvc.yaml`; the notebook only reads `results/`. The paper's numbers
# are in `analysis/paper/table1.csv` and the files beside it, copied from its tables.

# %%
import sys
from pathlib import Path

import matplotlib.style
import pandas as pd
from IPython.display import Image, display

import slmmux

# The repository root, from there or from this folder.
ROOT = next(folder for folder in (Path.cwd(), *Path.cwd().parents) if (folder / "pyproject.toml").exists())
sys.path.insert(0, str(ROOT))  # `analysis` is not installed; it runs from the repository
from analysis.inline import picture
from analysis.paper.numbers import METHOD_NAMES, paper_table

RESULTS = ROOT / "results"
report = pd.read_csv(RESULTS / "report" / "report.csv")
matplotlib.style.use(ROOT / "analysis" / "figures" / "style.mplstyle")

# %% [markdown]
# ## Each claim, here and in the paper
#
# A row is a claim of the paper about its Table 1. Right of zero the claim holds; an interval over zero leaves
# it undecided. Mixture-of-Agents, LLM-Debate and Multi-Agent Verification let models talk to each other; Agent
# Forest takes the plurality of all samples; the searched subset is chosen by the paper's objective on the
# validation questions. In the middle the same claims on pools of published models: comparable ones, and pools
# with one model far ahead.

# %%
display(Image(RESULTS / "claims" / "claims.png"))

# %% [markdown]
# How many of the tests hold, fail or are undecided; `own` are the benchmarks of this study.

# %%
claims = pd.read_csv(RESULTS / "claims" / "claims.csv")
claims.pivot_table(index="kind", columns="verdict", aggfunc="size", fill_value=0)

# %% [markdown]
# ## What is gained over one model alone
#
# The rival that counts is the best single model with self-consistency. The figure shows every method's paired
# difference from it, with as many samples as one model draws and with as many as all models draw together.

# %%
display(Image(RESULTS / "report" / "report.png"))

# %%
shown = report[report["method"] == "slm_mux_searched"].set_index("benchmark")
columns = ["accuracy", "accuracy_se", "gain_over_voting", "gain_over_voting_low", "gain_over_voting_high"]
(100 * shown[columns]).round(1)

# %% [markdown]
# Table 1 of the paper, in %: its own SLM-MUX and rivals, on models that are ten to a hundred times as large.

# %%
paper = paper_table("table1").pivot(index="method", columns="benchmark", values="accuracy")
paper.rename(index=METHOD_NAMES).head(8)

# %% [markdown]
# ## Methods whose models talk
#
# Each discussion was held once, on test questions; the other methods are expected over the draws of the
# samples to the same questions.

# %%
display(Image(RESULTS / "figures" / "discussion.png"))

# %% [markdown]
# What became of agents that were contradicted by the majority:

# %%
pd.concat(
    {
        path.parent.name: pd.read_csv(path)
        for path in sorted((RESULTS / "compare_discussions").glob("*/groupthink.csv"))
    },
    names=["benchmark", None],
).groupby(["benchmark", "outcome"])["question_id"].agg(["count", "nunique"]).head(8)

# %% [markdown]
# ## Pairs
#
# The paper's Tables 2, 3 and 4 beside the same comparisons of ours.

# %%
display(Image(RESULTS / "figures" / "gains.png"))

# %% [markdown]
# ## The cost
#
# Tokens per question: the prompt once per model, then every sample drawn. With stopping: models are asked one
# after the other, until the rest cannot change the answer.

# %%
by_method = report.set_index(["method", "benchmark"])
alone, mux = by_method.loc["self_consistency"], by_method.loc["slm_mux_searched"]
priced = pd.DataFrame(
    {
        "self-consistency": alone["tokens_per_question"],
        "SLM-MUX with stopping": mux["tokens_with_stopping"],
        "SLM-MUX": mux["tokens_per_question"],
    }
)
picture(lambda ax: priced[::-1].plot.barh(ax=ax, xlabel="tokens per question", ylabel=""), height=2.8)

# %%
priced.round(0)

# %% [markdown]
# ## Reading the paper differently
#
# The released code departs from the paper in several places. Those that change the result:

# %%
display(Image(RESULTS / "fidelity" / "fidelity.png"))

# %% [markdown]
# ## Every question
#
# The probability that SLM-MUX answers a question right, minus that of one sample of the best single model: all
# questions of short_answers, from the largest loss to the largest gain. On most questions it is near zero.

# %%
answered = pd.read_csv(RESULTS / "compare" / "short_answers" / "questions.csv", index_col="question_id")
difference = (answered["slm_mux"] - answered["single_best"]).sort_values(kind="stable")
label = f"{slmmux.methods()['slm_mux']} minus {slmmux.methods()['single_best']}"


def sorted_differences(ax):
    ax.fill_between(range(len(difference)), 100 * difference, step="mid")
    ax.axhline(0, color="0.4", linewidth=0.8)
    ax.set(xlabel="questions, sorted", ylabel="difference, points")


picture(sorted_differences, height=2.8)

# %%
pd.concat([difference.head(4), difference.tail(4)]).to_frame(label).round(2)
