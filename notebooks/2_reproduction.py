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
# Everything here was computed by `slmmux compare`, `slmmux compare_discussions`, `python -m analysis claims`, `python -m analysis report` and
# `python -m analysis fidelity`; the notebook only reads `results/`. The paper's numbers are in `analysis/paper/table1.csv`
# and the files beside it, copied from its tables.

# %%
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import pandas as pd
from IPython.display import Image, Markdown, display

# The repository root, from there or from this folder.
ROOT = next(folder for folder in (Path.cwd(), *Path.cwd().parents) if (folder / "pyproject.toml").exists())
sys.path.insert(0, str(ROOT))  # `analysis` is not installed; it runs from the repository
from analysis.pages.report import LABELS

RESULTS = ROOT / "results"
plt.style.use(ROOT / "analysis" / "figures" / "style.mplstyle")

# %% [markdown]
# ## What the paper reports
#
# Accuracy in %, of Mixtral 8×7B, Llama 3.1 8B and Gemma 2 27B with three samples a model. The single models
# answer at temperature 0.

# %%
paper = pd.read_csv(ROOT / "analysis" / "paper" / "table1.csv")
paper_accuracy = paper.pivot(index="method", columns="benchmark", values="accuracy")
paper.pivot(index="method", columns="benchmark", values=["accuracy", "accuracy_se"])

# %% [markdown]
# ## What was measured here
#
# Expected accuracy over all draws of the samples and all tie-breaks, in %, ± the standard error over
# questions. The searched subset was chosen on the validation split.

# %%
display(Markdown((RESULTS / "report" / "report.md").read_text(encoding="utf-8")))

# %%
display(Image(RESULTS / "report" / "report.png"))

# %% [markdown]
# ## Table 1, single models, and the verdict on each claim
#
# Mixture-of-Agents, LLM-Debate and Multi-Agent Verification let models talk to each other. Each discussion was
# held once, on test questions; the other methods are in expectation over the samples to the same questions.

# %%
display(Markdown((RESULTS / "claims" / "claims.md").read_text(encoding="utf-8")))

# %% [markdown]
# Which agent gave up which answer, question by question:

# %%
pd.concat(
    {path.parent.name: pd.read_csv(path) for path in sorted((RESULTS / "discussion").glob("*/groupthink.csv"))},
    names=["benchmark", None],
).groupby(["benchmark", "outcome"])["question_id"].agg(["count", "unique"])

# %% [markdown]
# ## Side by side: points above the best single model
#
# On all test questions, without the methods that talk.

# %%
report = pd.read_csv(RESULTS / "report" / "report.csv")
ours_accuracy = 100 * report.pivot(index="method", columns="benchmark", values="accuracy")
accuracy = pd.concat({"paper": paper_accuracy, "here": ours_accuracy}, axis=1)
gain = accuracy - accuracy.loc["single_best"]
gain.round(1)

# %%
shared = ["self_consistency", "slm_mux"]
axis = gain.loc[shared].T.rename(columns=LABELS).plot.barh(figsize=(7, 3.2), xlabel="points above the best single")
axis.axvline(0, color="black", linewidth=0.8)
axis.set_ylabel("")
# %% [markdown]
# The paper's intervals are wide. Its best single model has a standard error of 1.6 to 3.5 points, so the gains
# of its Table 1 are at most about two standard errors of a difference between independent runs. Here all
# methods share the same samples, and the interval of the paired difference is narrower. `gain` is over
# one sample of the best single model, `gain_over_voting` over its self-consistency, the harder rival:

# %%
columns = ["gain", "gain_low", "gain_high", "gain_over_voting", "gain_over_voting_low", "gain_over_voting_high"]
(100 * report.set_index(["benchmark", "method"])[columns]).round(2)

# %% [markdown]
# ## The price
#
# Tokens per question: the prompt once per model, then every sample drawn.

# %%
report.pivot(index="method", columns="benchmark", values="tokens_per_question").round(0)

# %% [markdown]
# ## Reading the paper differently
#
# The released code departs from the paper in several places. What each of them does to the result:

# %%
display(Markdown((RESULTS / "fidelity" / "fidelity.md").read_text(encoding="utf-8")))

# %% [markdown]
# ## Every question
#
# The probability that each method answers each question right. The questions on which SLM-MUX loses most to
# the best single model, and those on which it gains most:

# %%
answered = pd.read_csv(RESULTS / "compare" / "short_answers" / "questions.csv", index_col="question_id")
difference = (answered["slm_mux"] - answered["single_best"]).sort_values(kind="stable")
pd.concat([difference.head(), difference.tail()]).to_frame("SLM-MUX minus the best single model").round(2)
