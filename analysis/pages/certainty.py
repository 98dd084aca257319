"""Tables of how sure the results are: questions that a difference needs, and what choosing a subset costs."""

import pandas as pd

from analysis.results import percent
from slmmux.stages.compare import RIVALS

CHOSEN_BY = {"objective": "O(S)", "accuracy": "accuracy"}


def power_table(power: dict[str, pd.DataFrame], samples: int) -> str:
    """A row a benchmark and rival of SLM-MUX. power: benchmark → its power.csv; samples: those a model draws."""
    lines: list[str] = []
    for name, table in power.items():
        points = [column for column in table.columns if column.startswith("needs_")]
        if not lines:
            heads = ["benchmark", "SLM-MUX minus", "questions", "these see, points"]
            heads += [f"for {column.split('_')[1]} points" for column in points]
            lines = [f"| {' | '.join([*heads, 'variance from questions'])} |", "|---" * (len(heads) + 1) + "|"]
        for row in table[table["samples"] == samples].to_dict("records"):
            cells = [name, RIVALS[row["over"]][1], f"{row['questions']}", percent(row["detectable"])]
            cells += [f"{row[column]:,.0f}" for column in points]
            lines.append(f"| {' | '.join(cells)} | {percent(row['question_share'], digits=0)} % |")
    return "\n".join(lines)


def chosen_table(chosen: dict[str, pd.DataFrame]) -> str:
    """A row a benchmark and subset, whoever chose it. chosen: benchmark → its chosen.csv."""
    heads = [
        "benchmark",
        "chosen by",
        "subset",
        "validation %",
        "cross-fitted %",
        "test % ± SE",
        "optimism, points ± SE",
    ]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for name, table in chosen.items():
        for models, rows in table.groupby("models", sort=False):
            by = " and ".join(CHOSEN_BY[criterion] for criterion in rows["chosen_by"])
            row, crossed = rows.iloc[0], rows["cross_fitted"].dropna()
            low, high = percent(row["validation_low"]), percent(row["validation_high"])
            cells = [name, f"{by}, of {row['candidates']}", str(models).replace(" ", ", ")]
            cells += [f"{percent(row['validation_accuracy'])} [{low}, {high}]"]
            cells += [percent(crossed.iloc[0]) if len(crossed) else "–"]
            cells += [f"{percent(row['test_accuracy'])} ± {percent(row['test_accuracy_se'])}"]
            cells += [f"{percent(row['optimism'], True)} ± {percent(row['optimism_se'])}"]
            lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


POWER_WORDS = (
    "*For d points*: questions that see a true difference of this size with 80 % power, for paired differences whose "
    "draws are averaged out; *these see*: the smallest true difference that the measured questions see so. *Variance "
    "from questions*: of the variance of one run a question, what more questions alone can lower; the rest comes from "
    "drawing samples."
)
CHOSEN_WORDS = (
    "Optimism is validation minus test accuracy of the chosen subset, and holds the difference in difficulty of the "
    "two splits too. The interval on validation holds although the subset was chosen; *cross-fitted*: half of the "
    "validation questions choose the most accurate subset, the other half measures it."
)
