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
# From a file of samples to a chosen subset of models, in four steps. The files here are the shipped ones; put
# your own in their place.
#
# ## Getting samples
#
# Any server that speaks the OpenAI API will do. Put the models into `model_names` of `experiments/profile/server.yaml`;
# a model that `experiments/config.yaml` does not have yet needs an entry there. The server must know each model
# by that name. `slmmux generate` is run once for each model. With a GPU `vllm serve` and the model's name will do;
# the command below, of which `docs/generation.md` says more, works without one too once `make engine` is done.
#
# ```shell
# VLLM_CPU_KVCACHE_SPACE=4 .venv/bin/python -m vllm.entrypoints.openai.api_server \
#   --model Qwen/Qwen2.5-Coder-1.5B-Instruct --served-model-name qwen25-coder-1500m --port 8000 \
#   --gpu-memory-utilization 0.3 --max-model-len 2048 --max-num-batched-tokens 2048 --no-enable-chunked-prefill \
#   --enforce-eager
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
import io
from pathlib import Path

import matplotlib.style
import pandas as pd
from IPython.display import Image
from matplotlib.figure import Figure

import slmmux

# The repository root, from there or from this folder.
ROOT = next(folder for folder in (Path.cwd(), *Path.cwd().parents) if (folder / "pyproject.toml").exists())
FILES = str(ROOT / "data" / "samples" / "short_answers" / "*.parquet")
matplotlib.style.use(ROOT / "analysis" / "figures" / "style.mplstyle")


def picture(draw, height=2.6):
    """What `draw(axes)` draws, as an image, whatever the backend."""
    figure, buffer = Figure(figsize=(8.4, height)), io.BytesIO()
    draw(figure.subplots())
    figure.savefig(buffer, format="png", dpi=110, bbox_inches="tight", metadata={"Software": None})
    return Image(buffer.getvalue())


validation, test = slmmux.load_votes(FILES)
accuracy = pd.DataFrame(
    {split.split: split.accuracy_per_question().mean(axis=0) for split in (validation, test)}, index=test.models
)
picture(lambda ax: (100 * accuracy).plot.barh(ax=ax, xlabel="accuracy of one sample, %"))

# %% [markdown]
# One row of a file is one sample. `answer` is how the response was read: equal strings are equal votes, null is a
# sample without an answer. Models are chosen on the validation questions and measured on the test questions.

# %%
pd.read_parquet(sorted(Path(FILES).parent.glob("*.parquet"))[0])[["question_id", "sample", "answer", "correct"]].head(4)

# %% [markdown]
# ## 2. Search the subset
#
# Every subset of two models and more, with k samples of each model, by the paper's objective O(S) and by the exact
# accuracy on the validation questions; measured on the test questions.

# %%
k = 3
found = slmmux.search(validation, test, k)
names = found["models"].str.replace(", ", " + ") + "  (by " + found["chosen_by"].str.replace("_", " ") + ")"


def chosen_subsets(ax):
    ax.errorbar(100 * found["accuracy"], names, xerr=100 * found["accuracy_se"], linestyle="")
    ax.set_xlabel("test accuracy, % ± SE")
    ax.tick_params(axis="y", labelsize="x-small")


picture(chosen_subsets)

# %%
found[["size", "chosen_by", "objective", "validation_accuracy", "accuracy"]].round(3).head(8)

# %%
chosen = found.loc[found["objective"].idxmax(), "models"].split(", ")
print("chosen by O(S):", ", ".join(chosen))

# %% [markdown]
# ## 3. Evaluate it
#
# `slmmux.methods()` names every method. `evaluate` gives the probability of a right answer on each question, over
# all draws of k samples; `mode` says whether that is exact or simulated.

# %%
names = ("single_best", "self_consistency", "self_consistency_total", "agent_forest", "slm_mux", "oracle")
results = {name: slmmux.evaluate(test, k, name, validation, models=chosen) for name in names}
labels = [slmmux.methods()[name] for name in names]


def methods(ax):
    values = [100 * result.accuracy for result in results.values()]
    ax.errorbar(values, labels, xerr=[100 * result.accuracy_se for result in results.values()], linestyle="")
    ax.set_xlabel("test accuracy, % ± SE")


picture(methods)

# %%
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
unequal = slmmux.evaluate(test, samples, "slm_mux", validation, models=chosen)
print(samples, "accuracy:", round(unequal.accuracy, 3))

# %% [markdown]
# ## 4. Everything at once
#
# `compare` does the same for all methods and adds the interval of each gain. The figure shows the gain over the
# best single model's self-consistency: left of zero, several models cost more and answer less.

# %%
comparison = slmmux.compare(validation, test, k)
shown = comparison[comparison.index.str.endswith("_searched") & ~comparison.index.str.startswith("oracle")]
gain, low, high = (100 * shown[f"gain_over_voting{end}"] for end in ("", "_low", "_high"))


def gains(ax):
    labels = shown["label"].str.replace(", searched subset", "")
    ax.errorbar(gain, labels, xerr=[(gain - low).clip(0), (high - gain).clip(0)], linestyle="")
    ax.axvline(0, color="0.4", linewidth=0.8)
    ax.set_xlabel("points over self-consistency, 95 % interval")


picture(gains, height=3.6)

# %%
shown[["accuracy", "accuracy_se", "gain_over_voting", "tokens_per_question", "mode"]].round(3).head(8)

# %% [markdown]
# On the command line, without Python:
#
# ```shell
# slmmux evaluate data/samples/short_answers/*.parquet --samples 3 --method slm_mux
# slmmux evaluate data/samples/short_answers/*.parquet --samples smollm2-135m=1,qwen25-coder-500m=5
# ```
