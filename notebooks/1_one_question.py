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
# This notebook goes through the steps on real questions of the test split: one that the method rescues, one
# that it loses, and any that you choose.

# %%
import sys
from pathlib import Path

import matplotlib.style
import pandas as pd
from IPython.display import Markdown, display
from matplotlib.figure import Figure

import slmmux
from slmmux.benchmarks.question_list import ask
from slmmux.config import load_config

# The repository root, from there or from this folder.
ROOT = next(folder for folder in (Path.cwd(), *Path.cwd().parents) if (folder / "pyproject.toml").exists())
sys.path.insert(0, str(ROOT))  # `analysis` is not installed; it runs from the repository
from analysis.cases import cases, drawn_samples, rescued_and_lost, rescues, sinks, tally
from analysis.figures.workflow import Case, workflow
from analysis.inline import image

BENCHMARK = "short_answers"
config = load_config(ROOT / "params.yaml")
k = config.evaluation.samples
questions = {question.id: question for question in ask(config, BENCHMARK)}
validation, test = slmmux.load_votes(str(ROOT / "data" / "votes" / BENCHMARK / "*.npz"))
files = [ROOT / "data" / "samples" / BENCHMARK / f"{model}.parquet" for model in test.models]
samples = pd.concat(map(pd.read_parquet, files))
accuracy = pd.Series(validation.accuracy_per_question().mean(axis=0), validation.models, name="validation accuracy")
table = cases(test, k, accuracy)
matplotlib.style.use(ROOT / "analysis" / "figures" / "style.mplstyle")


def show(question_id, samples_per_model=k, title="The method on one question"):
    """The method on the first samples of every model, as a picture."""
    drawn = drawn_samples(samples, question_id, samples_per_model)
    of = cases(test, samples_per_model, accuracy).set_index("question_id").loc[question_id]
    question = questions[question_id]
    case = Case(f"{title}, k = {samples_per_model}", drawn, question.text, question.reference, of["winner"])
    display(image(workflow([case], accuracy.idxmax())))


print(f"{len(test.question_ids)} test questions, {len(test.models)} models, {k} samples drawn from each")

# %% [markdown]
# ## A rescue
#
# The best single model's own vote is wrong, and SLM-MUX takes the right one of another model. A tick stands at
# right samples; the samples that make a model's vote have a dark frame.

# %%
rescue = rescues(table).iloc[0]
show(rescue["question_id"], title="Rescued")

# %% [markdown]
# The votes in numbers: the most frequent answer of each model is its vote, and that answer's share of the
# model's samples is its confidence.

# %%
tally(drawn_samples(samples, rescue["question_id"], k)).round(3).head(8)

# %% [markdown]
# The samples of the best single model do not all agree, so its vote has a lower confidence. A model that is
# weaker on the whole repeats one answer, and here it is right.
#
# ## A loss
#
# The rule is the same. A model that repeats a wrong answer beats a better model whose samples agree less on the
# right one. The paper's search calls this a contradiction, and avoids subsets of models where it is frequent.

# %%
sink = sinks(table).iloc[0]
show(sink["question_id"], title="Lost")

# %% [markdown]
# Was it an accident of one draw? How often each model gave each answer in all its samples:

# %%
tally(samples[samples["question_id"] == sink["question_id"]]).round(2).head(8)

# %% [markdown]
# ## How often does each happen?
#
# The expected number of questions over all draws, computed exactly, for several k.

# %%
counts = pd.DataFrame(
    {n: [share.sum() for share in rescued_and_lost(test, n, accuracy)] for n in range(2, int(test.pool.min()) + 1)},
    index=["rescued", "lost"],
).T
figure = Figure(figsize=(5.2, 3.0))
axes = figure.subplots()
for name in counts:
    axes.plot(counts.index, counts[name], label=name)
axes.set(xlabel="k, samples per model", ylabel=f"questions of {len(test.question_ids)}", ylim=(0, None))
axes.set_title("SLM-MUX against the best single model's own vote")
axes.legend()
image(figure)

# %% [markdown]
# The difference of the two lines is what SLM-MUX gains or loses against the best model's self-consistency. The
# library gives the same difference as two accuracies:

# %%
k_accuracy = {
    slmmux.methods()[name]: slmmux.evaluate(test, k, name, validation).accuracy
    for name in ("single_best", "self_consistency", "slm_mux", "oracle")
}
pd.Series(k_accuracy, name=f"accuracy at k = {k}").round(4).to_frame()

# %% [markdown]
# ## Choose a question and k
#
# In a running notebook: a list of questions, those that are rescued or lost first, and a slider for k. Without
# widgets, call `show(question_id, k)`.

# %%
changing = [*rescues(table)["question_id"], *sinks(table)["question_id"]]
order = [*changing, *(question for question in test.question_ids if question not in changing)]
show(order[1], 5, title=order[1])
try:
    from ipywidgets import Dropdown, IntSlider, interact

    slider = IntSlider(k, 1, int(test.pool.min()), description="k")
    chooser = Dropdown(options=order, description="question")
    interact(lambda question, samples: show(question, samples, title=question), question=chooser, samples=slider)
except ImportError:
    display(Markdown("`pip install ipywidgets` adds a list of questions and a slider here."))
