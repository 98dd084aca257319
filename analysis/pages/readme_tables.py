"""The README's first screen: the result beside the paper's, and what became of the paper's statements."""

import csv
from pathlib import Path

from analysis.pages.own_answer import gain_table
from analysis.paper.numbers import BENCHMARK_NAMES, FOLDER
from analysis.results import percent, verdict
from analysis.theory.verdict_page import told_table
from slmmux.errors import InputError
from slmmux.theory.verdict import EXACT, FAILS, MIXED, UNDECIDED, VERDICTS, WITHIN

# Row of methods.json → its short label here.
SHOWN = {
    "single_best": "Best single model, one sample",
    "self_consistency": "Its self-consistency",
    "self_consistency_total_searched": "The same, as many samples as SLM-MUX in all",
    "agent_forest_searched": "Agent Forest",
    "slm_mux_searched": "SLM-MUX",
    "oracle_searched": "Oracle (union)",
}
# Tokens per question: the label → (row, key in methods.json).
TOKENS = {
    "Tokens, self-consistency": ("self_consistency", "tokens_per_question"),
    "As many samples in all": ("self_consistency_total_searched", "tokens_per_question"),
    "Tokens, SLM-MUX": ("slm_mux_searched", "tokens_per_question"),
    "SLM-MUX that stops where no later model can win": ("slm_mux_searched", "tokens_with_stopping"),
}
# The paper's rows that the sentence below the table repeats: method in its Table 1 → words.
PAPERS = {
    "single_best": "best single model",
    "self_consistency": "its self-consistency",
    "slm_mux": "SLM-MUX",
}
# Verdict → what one statement does, and what several do.
DOING = {
    EXACT: ("holds exactly", "hold exactly"),
    WITHIN: ("holds within error", "hold within error"),
    MIXED: ("depends on the benchmark", "depend on the benchmark"),
    FAILS: ("fails", "fail"),
    UNDECIDED: ("is undecided", "are undecided"),
}
NOTHING = "–"


def read_table_1() -> dict[tuple[str, str], tuple[str, str]]:
    """(benchmark, method), as the paper's table has them → (accuracy, its standard error), in % as printed there."""
    with (FOLDER / "table1.csv").open(encoding="utf-8", newline="") as file:
        return {
            (row["benchmark"], row["method"]): (row["accuracy"], row["accuracy_se"]) for row in csv.DictReader(file)
        }


def result_table(results: dict[str, dict], paper: dict[tuple[str, str], tuple[str, str]]) -> str:
    """A row a method, a column a benchmark; below, what SLM-MUX gains; the paper's numbers on a benchmark it has too.

    results: benchmark → its methods.json. An accuracy is in bold where its paired difference from one sample of the
    best single model is surely above 0. Narrow, so that a telephone shows most of it.
    """
    columns = [["method", "test questions", *SHOWN.values(), *TOKENS]]
    for name, result in results.items():
        methods = result["methods"]
        cells = [name.replace("_", "_<wbr>"), str(result["questions"])]
        for row in SHOWN:
            found = methods[row]
            accuracy = f"{percent(found['accuracy'])} ± {percent(found['accuracy_se'])}"
            sure = row != "single_best" and verdict(found["gain_low"], found["gain_high"]) == "above"
            simulated = f" (simulated, ± {percent(found['simulation_se'])})" if "simulation_se" in found else ""
            cells.append((f"**{accuracy}**" if sure else accuracy) + simulated)
        cells += [_tokens(methods[row].get(key)) for row, key in TOKENS.values()]
        columns.append(cells)
    lines = ["| " + " | ".join(cells) + " |" for cells in zip(*columns)]
    shared = {name: BENCHMARK_NAMES[name] for name in results if name in BENCHMARK_NAMES}
    told = [_papers_sentence(shared[name], results[name], paper) for name in shared]
    told = told or ["None of these benchmarks is in the paper's Table 1."]
    table = [lines[0], "|" + "---|" * len(columns), *lines[1:]]
    return "\n".join([*table, "", *gain_table(results), "", *told, "", *_recomputed(results)])


def _tokens(value: float | None) -> str:
    return NOTHING if value is None else f"{value:.0f}"


def _recomputed(results: dict[str, dict]) -> list[str]:
    """The command that recomputes one number of the table from the graded samples."""
    name, result = next(iter(results.items()))
    models = ",".join(result["methods"]["slm_mux_searched"]["models"])
    shown = percent(result["methods"]["slm_mux_searched"]["accuracy"])
    return [
        f"The {shown} of SLM-MUX on {name}, recomputed from its graded samples:",
        "",
        "```",
        f"slmmux evaluate data/samples/{name}/*.parquet --samples {result['samples']} --models {models}",
        "```",
    ]


def _papers_sentence(name: str, ours: dict, paper: dict[tuple[str, str], tuple[str, str]]) -> str:
    """The paper's accuracies on a benchmark, and how far its SLM-MUX is from self-consistency there and here."""
    printed = {method: paper[name, method] for method in PAPERS}
    values = ", ".join(f"{PAPERS[method]} {' ± '.join(found)}" for method, found in printed.items())
    theirs = float(printed["slm_mux"][0]) - float(printed["self_consistency"][0])
    here = percent(ours["methods"]["slm_mux_searched"]["gain_over_voting"], True)
    return (
        f"The paper on {name} (its Table 1, with Mixtral 8×7B, Llama 3.1 8B and Gemma 2 27B): {values}. So SLM-MUX "
        f"minus self-consistency is {percent(theirs / 100, True)} points there and {here} here."
    )


def _read_rows(path: Path) -> list[dict[str, str]]:
    """The rows of verdicts.csv or evidence.csv. Raises InputError where the file is missing or something else."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = list(csv.DictReader(file))
        return [{**row, "claim": row["claim"], "verdict": row["verdict"]} for row in rows]
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; run `make repro`") from None
    except (KeyError, UnicodeDecodeError, csv.Error):
        raise InputError(f"{path}: not the verdicts of `python -m analysis theory`; run `dvc repro`") from None


def _read_verdicts(folder: Path) -> dict[str, str]:
    return {row["claim"]: row["verdict"] for row in _read_rows(folder / "verdicts.csv")}


def verdict_list(folder: Path) -> str:
    """The statements told in plain words with their verdicts, and how many of all got each. folder: of the theory."""
    found = _read_verdicts(folder)
    needed: dict[str, dict[str, float]] = {}
    for row in _read_rows(folder / "evidence.csv"):
        if row.get("needed"):
            needed.setdefault(row["claim"], {})[row["benchmark"]] = float(row["needed"])
    return "\n".join([told_table(found, needed), "", verdict_counts(folder)])


def verdict_counts(folder: Path) -> str:
    """How many statements got each verdict."""
    found = _read_verdicts(folder)
    counted = {kind: sum(said == kind for said in found.values()) for kind in VERDICTS}
    told = [f"**{number} {DOING[kind][number > 1]}**" for kind, number in counted.items() if number]
    return f"Of {len(found)} statements that were tested, {', '.join(told)}."
