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
# # SLM-MUX on one question
#
# The method has three steps.
#
# 1. Every model answers the question k times, by itself.
# 2. Each model's vote is the answer it gave most often. The share of its k samples that gave it is its
#    confidence.
# 3. The vote of the most confident model is the answer. Equally confident models: the one that was more
#    accurate on the validation questions.
#
# This notebook goes through the steps on two real questions of the test split: one that the method rescues,
# and one that it loses.

# %%
import sys
from pathlib import Path

import pandas as pd

from slmmux.benchmarks.question_list import ask
from slmmux.config import load_config
from slmmux.orchestration.slm_mux import decide, top_answers
from slmmux.paths import samples_file, votes_file
from slmmux.tables import SAMPLES, read_table
from slmmux.votes.archive import load_votes

# The repository root, from there or from this folder.
ROOT = next(folder for folder in (Path.cwd(), *Path.cwd().parents) if (folder / "pyproject.toml").exists())
sys.path.insert(0, str(ROOT))  # `analysis` is not installed; it runs from the repository
from analysis.cases import cases, drawn_samples, rescues, sinks, tally

BENCHMARK = "short_answers"
config = load_config(ROOT / "params.yaml")
k = config.evaluation.samples
questions = {question.id: question for question in ask(config, BENCHMARK)}
samples = pd.concat(
    read_table(ROOT / samples_file(BENCHMARK, model), SAMPLES)[0].to_pandas() for model in config.model_names
)
validation, test = (load_votes(ROOT / votes_file(BENCHMARK, split)) for split in ("validation", "test"))
print(f"{len(test.question_ids)} test questions, {len(test.models)} models, {k} samples drawn from each")

# %% [markdown]
# What decides between equally confident models: the accuracy on the validation split.

# %%
accuracy = pd.Series(validation.accuracy_per_question().mean(axis=0), validation.models, name="validation accuracy")
accuracy.round(3)

# %% [markdown]
# ## Finding the questions
#
# The pools hold more samples than are drawn. Here the draw is always the first k. `cases` runs the method on
# it for every question. `rescues` keeps those where the method is right and the best single model's own vote
# is wrong; `sinks` those where it is the other way round. Both leave out ties between models, so confidence
# alone decides. `gain` is what SLM-MUX adds to one sample of the best single model, over all possible draws.

# %%
table = cases(test, k, accuracy)
rescues(table).round(3).head()

# %%
sinks(table).round(3).head()

# %%
pd.Series({"rescued": len(rescues(table)), "sunk": len(sinks(table))}, name="questions of the first draw")

# %% [markdown]
# ## A rescue
#
# The first question of the table above. The models also see worked examples of the same kind of task before
# it, which are not shown.

# %%
rescue = rescues(table).iloc[0]
print(questions[rescue["question_id"]].text)
print("\nRight answer:", questions[rescue["question_id"]].reference)

# %% [markdown]
# **Step 1.** What each model said, and how it was read.

# %%
drawn = drawn_samples(samples, rescue["question_id"], k)
drawn[["model", "sample", "response", "answer", "correct"]].style.hide(axis="index").set_uuid("rescue-samples")

# %% [markdown]
# **Step 2.** The votes. The most frequent answer of each model is its vote, and that answer's share is the
# model's confidence.

# %%
tally(drawn).round(3)

# %% [markdown]
# The same with the library, on integer answer classes: equal integers are equal answers.

# %%
q = test.question_ids.index(rescue["question_id"])
for model, classes in zip(test.models, test.classes[q, :, :k]):
    confidence, top = top_answers(classes)
    print(f"{model}: classes {classes.tolist()}, confidence {confidence}, votes for {[int(c) for c in top]}")

# %% [markdown]
# **Step 3.** The most confident model.

# %%
winner, answers, tied = decide(test.classes[q, :, :k], accuracy.to_numpy())
print(f"winner: {test.models[winner]}; class {int(answers[0])}, right: {bool(test.right[q, answers[0]])}; tie: {tied}")

# %% [markdown]
# The best single model does not agree with itself, so its vote carries little confidence. A model that is
# weaker on the whole repeats one answer, and here it is right.
#
# ## A loss
#
# The first question of the second table. The rule is the same.

# %%
sink = sinks(table).iloc[0]
print(questions[sink["question_id"]].text)
print("\nRight answer:", questions[sink["question_id"]].reference)

# %%
drawn = drawn_samples(samples, sink["question_id"], k)
drawn[["model", "sample", "response", "answer", "correct"]].style.hide(axis="index").set_uuid("sink-samples")

# %%
tally(drawn).round(3)

# %%
q = test.question_ids.index(sink["question_id"])
winner, answers, tied = decide(test.classes[q, :, :k], accuracy.to_numpy())
print(f"winner: {test.models[winner]}; class {int(answers[0])}, right: {bool(test.right[q, answers[0]])}; tie: {tied}")

# %% [markdown]
# A model that repeats a wrong answer beats a better model that hesitates over the right one. The paper's
# search calls this a contradiction, and avoids subsets of models where it is frequent.
#
# ## The whole pools of the lost question
#
# Was it bad luck of one draw? How often each model gave each answer in all its samples:

# %%
tally(samples[samples["question_id"] == sink["question_id"]]).round(2)

# %% [markdown]
# A model that repeats its answer in nearly all of its samples is as confident in nearly every draw. This is
# why the study computes the expectation over all draws instead of trusting one. The next notebook shows the
# sums over all questions.
