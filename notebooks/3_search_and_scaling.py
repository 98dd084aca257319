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
from IPython.display import Image, display

from slmmux.config import load_config

# The repository root, from there or from this folder.
ROOT = next(folder for folder in (Path.cwd(), *Path.cwd().parents) if (folder / "pyproject.toml").exists())
FIGURES, SEARCH, SCALING = (ROOT / "results" / name for name in ("figures", "search", "scaling"))
BENCHMARKS = load_config(ROOT / "params.yaml").benchmark_names


def read(folder, name):
    """One table of every benchmark, below each other."""
    return pd.concat({b: pd.read_csv(folder / b / f"{name}.csv") for b in BENCHMARKS}, names=["benchmark", None])


# %% [markdown]
# ## What was chosen
#
# Accuracy against the tokens that are expected when asking stops as soon as the rest cannot change the answer.
# Every budget that no other beats is on the true Pareto front; a title says how many of its points use a single
# model. Dashed: the front where every sample is drawn. Marked are the choices by the objective with equal budgets,
# by exact evaluation of all budgets, and the cheapest that is close to that.

# %%
display(Image(FIGURES / "pareto.png"))

# %% [markdown]
# Measured once on the test split; `gain` is over the objective's choice, in points with a paired interval.

# %%
choices = read(SEARCH, "choices").droplevel(1).set_index("choice", append=True)
columns = ["accuracy", "accuracy_se", "gain", "gain_low", "gain_high"]
(100 * choices.loc[choices.index.get_level_values("choice") != "objective", columns]).round(1).head(8)

# %% [markdown]
# ## Does the objective order subsets well?
#
# Rank correlation with the exact accuracy of all subsets, for several λ, beside a search that evaluates SLM-MUX
# itself on the validation votes. With so few models there are few subsets, and the intervals are wide.

# %%
display(Image(FIGURES / "objective_quality.png"))

# %% [markdown]
# What it costs to choose by it at the paper's λ = 1: `loss` is how far the chosen subset is below the best one on the test questions,
# in points.

# %%
quality = read(SEARCH, "objective_quality").droplevel(1)
shown = (quality["sizes"] == "all") & (quality["criterion"].eq("direct") | quality["lambda"].eq(1))
shown &= quality["criterion"].isin(["direct", "paper"])
quality.loc[shown, ["criterion", "rank_test", "loss"]].assign(loss=lambda t: 100 * t["loss"]).round(2)

# %% [markdown]
# Its two parts: union accuracy can only grow with more models, and so can contradiction.

# %%
display(Image(FIGURES / "objective_by_models.png"))

# %% [markdown]
# ## How good is the sampler?
#
# The whole grid of budgets is known, so a study can be measured against the truth: how far its best budget is
# below the optimum (regret), and how much of the front it found (the hypervolume). Lines of samplers that find
# the same lie on each other, the thinner ones on top.

# %%
display(Image(FIGURES / "search_progress.png"))

# %% [markdown]
# With many models the grid cannot be evaluated. On simulated pools, how far each sampler stays below the best
# known budget, and how much of the front it finds. All start from the same known budgets (every model alone, the
# best subsets), and what a sampler adds to them is small. What to use when: `docs/search.md`.

# %%
display(Image(FIGURES / "pool_size.png"))

# %% [markdown]
# ## More models
#
# The best subset of each size K by the objective, on the test split. The oracle (union) is right where some model's
# vote is. SLM-MUX need not grow with K: each added model can also win with a wrong answer. In the paper GPQA peaks
# at two models, GSM8K saturates at two, and MATH keeps rising.

# %%
display(Image(FIGURES / "accuracy_by_models.png"))

# %%
by_models = read(SCALING, "by_models").droplevel(1).set_index("size", append=True)
(100 * by_models[["accuracy", "union_accuracy"]]).round(1).unstack("benchmark")

# %% [markdown]
# ## More samples
#
# The best pairs of the objective, Agent Forest on the same samples, and the best of their models alone. With as many
# samples as both models draw, its line turns flat where it has drawn its whole pool.

# %%
display(Image(FIGURES / "accuracy_by_samples.png"))
