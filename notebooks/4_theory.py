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
# # The paper's theory against the samples
#
# Section 4 of the paper explains SLM-MUX with one formula: the probability that at least half of N samples
# are right,
#
# $$A(N, p) = P[\mathrm{Bin}(N, p) \ge \lceil N/2 \rceil].$$
#
# This notebook shows which of its statements hold on the measured samples. Everything in it was computed by `python -m analysis theory`; the notebook only reads `results/theory`.

# %%
import sys
from pathlib import Path

import matplotlib.style
import pandas as pd
from IPython.display import Image, display

from slmmux.theory.majority import crossing, majority, tail

# The repository root, from there or from this folder.
ROOT = next(folder for folder in (Path.cwd(), *Path.cwd().parents) if (folder / "pyproject.toml").exists())
sys.path.insert(0, str(ROOT))  # `analysis` is not installed; it runs from the repository
from analysis.inline import picture

THEORY = ROOT / "results" / "theory"
questions = pd.read_parquet(THEORY / "question_ids.parquet")
matplotlib.style.use(ROOT / "analysis" / "figures" / "style.mplstyle")

# %% [markdown]
# ## All verdicts
#
# *Holds exactly*: on every question, in expectation over all draws. *Holds within error*: the interval lies
# within the tolerance. *Fails*: it lies outside. *Undecided*: there are too few questions to tell. The intervals of
# one claim hold together: the chance that any of them misses is one minus the confidence level.

# %%
display(Image(THEORY / "verdicts.png"))
pd.read_csv(THEORY / "verdicts.csv").groupby("verdict").size().rename("claims").to_frame()

# %% [markdown]
# ## T1: voting as a majority
#
# For odd N voting helps exactly where p is above one half. For even N the formula counts a tied vote as
# won, so it also exceeds p below one half.

# %%
display(Image(THEORY / "majority_curves.png"))
pd.Series({samples: crossing(samples) for samples in (2, 3, 4, 5, 6, 8)}, name="A(N, p) > p from p =")

# %% [markdown]
# p is never known, only h right samples of n. Inserting h/n is biased, because A is curved. The tail of the
# hypergeometric distribution is not: N samples drawn from n independent ones are N independent samples.

# %%
pd.DataFrame(
    {
        "right of 10": range(0, 11, 2),
        "inserted": majority(3, pd.Series(range(0, 11, 2)) / 10),
        "unbiased": tail(10, range(0, 11, 2), 3),
    }
).round(3)

# %% [markdown]
# Measured self-consistency beside the formula. A plurality can win with fewer than half of the votes, which
# lifts it above the formula; a tied vote is not always won, which drops it below at even N.

# %%
display(Image(THEORY / "majority.png"))

# %% [markdown]
# ## T2: kinds of questions
#
# Shares of questions by the measured p, then what self-consistency adds in each class. The gain is measured
# on other samples than those that put the question in its class (`split`); on the same samples (`pool`) a
# gain above one half would be there by construction.

# %%
display(Image(THEORY / "shares.png"))
gains = pd.read_csv(THEORY / "gains.csv")
split = gains[(gains["samples"] == 3) & (gains["how"] == "split")]
(100 * split.pivot_table(index="benchmark", columns="class", values="estimate", sort=False)).round(1)

# %% [markdown]
# ## T3 and T4: SLM-MUX and Agent Forest
#
# Signed errors of the approximations. For T3 the largest of several estimates is too large and a model picked
# on other samples is too small; the bars reach over both.

# %%
display(Image(THEORY / "approximation.png"))

# %% [markdown]
# An approximation may be off and still rank configurations well. Off the diagonal is an error; a falling
# pair of points is a wrong order.

# %%
display(Image(THEORY / "order.png"))
pd.read_csv(THEORY / "order_counts.csv").head(8)

# %% [markdown]
# ## What holds without approximation
#
# P(all models on top are right) ≤ SLM-MUX ≤ P(some model on top is right) ≤ union of voted answers ≤ union of
# drawn samples. The gaps of this chain are where SLM-MUX loses: ties, contradictions, right answers that
# never became a vote.

# %%
display(Image(THEORY / "loss.png"))
bounds = pd.read_csv(THEORY / "bounds.csv")
largest = bounds["models"].str.count(r" \+ ") == bounds["models"].str.count(r" \+ ").max()
bounds[largest & (bounds["samples"] == 3)].drop(columns=["models", "samples"]).set_index("benchmark").round(3)

# %% [markdown]
# ## Does consistency mean correctness?
#
# On the diagonal a confidence would be the probability of being right. SLM-MUX needs less: that more
# consistent answers are more often right (area under ROC above one half).

# %%
display(Image(THEORY / "reliability.png"))
calibration = pd.read_csv(THEORY / "calibration.csv")
calibration[calibration["samples"] == calibration.groupby("benchmark")["samples"].transform("max")].pivot_table(
    index="benchmark", columns="statistic", values="estimate", sort=False
).round(2)

# %% [markdown]
# ## The questions behind a verdict
#
# How many questions contradict each claim that fails, in some configuration:

# %%
verdicts = pd.read_csv(THEORY / "verdicts.csv").set_index("claim")["verdict"]
against = questions[(questions["contradicting"] > 0) & (questions["claim"].map(verdicts) == "fails")]
counted = against.groupby("claim", sort=False)["question_id"].nunique()
picture(lambda ax: counted.sort_values().plot.barh(ax=ax, xlabel="questions", ylabel=""), height=3.6)

# %% [markdown]
# Those that speak most clearly against a claim, and in which configuration:

# %%
against.reindex(against["departure"].abs().sort_values(ascending=False).index).groupby("claim").head(1).head(8)
