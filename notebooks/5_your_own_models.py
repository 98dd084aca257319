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
# # Your own models
#
# From a file of samples to a chosen subset of models, in five steps. The files here are the shipped ones; put
# your own in their place.
#
# ## Getting samples
#
# Any server that speaks the OpenAI API will do. Put the models into `model_names` of `experiments/profile/server.yaml`;
# a model that `experiments/config.yaml` does not have yet needs an entry there. The server must know each model
# by that name. `slmmux generate` is run once for each model. On a machine without a GPU, the command in
# `docs/generation.md` takes the place of `vllm serve`.
#
# ```shell
# vllm serve Qwen/Qwen2.5-Coder-1.5B-Instruct --served-model-name qwen25-coder-1500m --port 8000
# export OPENAI_API_KEY=...            # if the server asks for one
# slmmux compose server                # writes params.yaml
# slmmux questions short_answers
# slmmux generate short_answers qwen25-coder-1500m
# slmmux grade short_answers           # once all models are done
# ```
#
# The samples lie in `data/samples/short_answers/`, one file a model. They replace the shipped ones there;
# `git checkout params.yaml` and `dvc checkout --force` bring those back.
#
# Samples collected elsewhere work as well: a Parquet file with the columns below, the JSON files of the
# paper's released code, or sample logs of lm-evaluation-harness.
#
# ## 1. Read the samples

# %%
from pathlib import Path

import pandas as pd

from slmmux.config import load_config
from slmmux.orchestration import METHODS
from slmmux.orchestration.evaluate import evaluate
from slmmux.samples.read import read_samples
from slmmux.samples.tabulate import votes_from_samples
from slmmux.selection.subset_objective import rank_subsets
from slmmux.stages.compare import compare

# The repository root, from there or from this folder.
ROOT = next(folder for folder in (Path.cwd(), *Path.cwd().parents) if (folder / "pyproject.toml").exists())
FILES = sorted((ROOT / "data" / "samples" / "short_answers").glob("*.parquet"))
samples = read_samples([str(file) for file in FILES], split="test")
samples.head()

# %% [markdown]
# One row is one sample. `answer` is how the response was read: equal strings are equal votes, null is a
# sample without an answer. `split` in `read_samples` is for files that do not say which split they are.
#
# ## 2. Make votes
#
# Models are chosen on the validation questions and measured on the test questions.

# %%
validation, test = (votes_from_samples(samples, split) for split in ("validation", "test"))
accuracy = validation.accuracy_per_question().mean(axis=0)
pd.DataFrame({"samples": validation.pool, "validation accuracy": accuracy.round(3)}, validation.models)

# %% [markdown]
# ## 3. Search the subset
#
# Every subset of two models and more, by the paper's objective, with k samples of each model.

# %%
k = 3
scores = [score for ranked in rank_subsets(validation, k).values() for score in ranked]
pd.DataFrame(scores).sort_values("objective", ascending=False).round(3)

# %%
chosen = max(scores, key=lambda score: score.objective).models
print("chosen:", ", ".join(chosen))

# %% [markdown]
# ## 4. Evaluate it
#
# `METHODS` holds every method under its name. `evaluate` gives the probability of a right answer on each
# question, over all draws of k samples.

# %%
by_model = dict(zip(validation.models, accuracy))
results = {name: evaluate(test, k, name, by_model, models=chosen) for name in METHODS}
pd.DataFrame(
    {name: {"accuracy": r.accuracy, "SE": r.accuracy_se, "tokens": r.tokens.mean()} for name, r in results.items()}
).T.round(3)

# %% [markdown]
# Who gave SLM-MUX's answers, and how often a tie between models had to be broken:

# %%
mux = results["slm_mux"]
print(dict(zip(chosen, mux.selected.round(3).tolist())), "tie:", round(float(mux.tie_probability.mean()), 3))

# %% [markdown]
# Models may draw different numbers of samples; 0 leaves one out. A single sample always agrees with itself, so
# a model that draws one has confidence 1.

# %%
samples = dict.fromkeys(chosen, 3) | {chosen[0]: 5}
unequal = evaluate(test, samples, "slm_mux", by_model, models=chosen)
print(samples, "accuracy:", round(unequal.accuracy, 3))

# %% [markdown]
# ## 5. Everything at once
#
# `compare` does the same for all methods and adds the interval of each gain over the best single model.

# %%
comparison = compare(validation, test, load_config(ROOT / "params.yaml").evaluation)
table = pd.DataFrame({name: row.metrics() for name, row in comparison.rows.items()}).T
table[["accuracy", "accuracy_se", "gain", "gain_low", "gain_high", "tokens_per_question"]].round(3)

# %% [markdown]
# On the command line, without Python:
#
# ```shell
# slmmux evaluate data/samples/short_answers/*.parquet --samples 3 --method slm_mux
# slmmux evaluate data/samples/short_answers/*.parquet --samples smollm2-135m=1,qwen25-coder-500m=5
# ```
