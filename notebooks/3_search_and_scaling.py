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
# # Which models, and how many samples
#
# The paper chooses a subset of models by its objective
#
# $$O(S) = \mathrm{UnionAcc}(S) - \lambda\,\mathrm{Contradiction}(S)$$
#
# on validation questions, and spends more compute along two axes: more models, more samples of each. This
# notebook reads what `slmmux search`, `slmmux scaling` and `python -m analysis figures` computed.

# %%
from pathlib import Path

import pandas as pd
from IPython.display import Image, Markdown, display

from slmmux.config import load_config

# The repository root, from there or from this folder.
ROOT = next(folder for folder in (Path.cwd(), *Path.cwd().parents) if (folder / "pyproject.toml").exists())
FIGURES, SEARCH, SCALING = (ROOT / "results" / name for name in ("figures", "search", "scaling"))
BENCHMARKS = load_config(ROOT / "params.yaml").benchmark_names


def read(folder, name):
    """One table of every benchmark, below each other."""
    return pd.concat({b: pd.read_csv(folder / b / f"{name}.csv") for b in BENCHMARKS}, names=["benchmark", None])


# %% [markdown]
# ## The objective
#
# `paper` is the objective as the paper words it, the other readings are those of the released code. Validation
# and test accuracy are SLM-MUX's, so a good objective orders the subsets as they do.

# %%
objectives = read(SEARCH, "objectives")
objectives[objectives["reading"] == "paper"].round(3)

# %%
display(Image(FIGURES / "objective_by_models.png"))

# %% [markdown]
# How well does it order them? Rank correlation with the exact accuracy of all subsets, for several λ, beside
# a search that evaluates SLM-MUX itself on the validation votes (`direct`). `loss` is the test accuracy that
# the chosen subset gives away. With so few models there are few subsets, and the intervals are wide.

# %%
quality = read(SEARCH, "objective_quality")
quality.loc[quality["sizes"] == "all", ["criterion", "lambda", "rank_validation", "rank_test", "loss", "chosen"]]

# %%
display(Image(FIGURES / "objective_quality.png"))

# %% [markdown]
# ## What was chosen
#
# By the objective with equal budgets, by the study over unequal budgets, and by exact evaluation. Gains are
# over the objective's choice, on the test split, with a paired 95 % interval.

# %%
read(SEARCH, "choices").round(3)

# %%
display(Image(FIGURES / "pareto.png"))

# %% [markdown]
# The true Pareto front on the validation split: no other budget is both cheaper and more accurate.

# %%
read(SEARCH, "front").round(3)

# %% [markdown]
# ## How good is the sampler?
#
# The whole grid of budgets is known, so a study can be measured against the truth: regret is how far its best
# configuration is below the optimum, the hypervolume how much of the front it found.

# %%
display(Image(FIGURES / "search_progress.png"))

# %%
display(Markdown((ROOT / "results" / "search.md").read_text(encoding="utf-8")))

# %% [markdown]
# ## More models
#
# The best subset of each size K by the objective, on the test split. Union accuracy, the share of questions
# that some model's vote answers, can only grow with nested subsets. SLM-MUX need not: each added model can
# also win with a wrong answer.

# %%
read(SCALING, "by_models").drop(columns=["validation_union_accuracy", "validation_contradiction"]).round(3)

# %%
display(Image(FIGURES / "accuracy_by_models.png"))

# %% [markdown]
# In the paper GPQA peaks at two models, GSM8K saturates at two, and MATH keeps rising.
#
# ## More samples
#
# The best pairs of the objective, each against Agent Forest on the same samples.

# %%
by_samples = read(SCALING, "by_samples")
by_samples.pivot_table(index=["benchmark", "models", "method"], columns="samples", values="accuracy", sort=False).round(
    3
)

# %%
display(Image(FIGURES / "accuracy_by_samples.png"))
