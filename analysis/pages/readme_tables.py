"""The README's first screen: the result beside the paper's, and what became of the paper's statements."""

import csv
from pathlib import Path

from analysis.paper.numbers import BENCHMARK_NAMES, FOLDER
from analysis.results import decision, percent, verdict, with_interval
from slmmux.errors import InputError
from slmmux.theory.verdict import EXACT, FAILS, MIXED, UNDECIDED, VERDICTS, WITHIN

# Row of methods.json → its short label here.
SHOWN = {
    "single_best": "Best single model, one sample",
    "self_consistency": "Its self-consistency",
    "self_consistency_total_searched": "The same with as many samples in all",
    "agent_forest_searched": "Agent Forest, searched subset",
    "slm_mux_searched": "SLM-MUX, searched subset",
    "oracle_searched": "Oracle (union), searched subset",
}
# What SLM-MUX gains over two baselines: the key in methods.json → the row's label.
GAINS = {
    "gain_over_voting": "SLM-MUX minus self-consistency, points",
    "gain_over_total": "SLM-MUX minus self-consistency with as many samples in all, points",
}
# Tokens per question: the label → (row, key in methods.json).
TOKENS = {
    "Tokens, self-consistency": ("self_consistency", "tokens_per_question"),
    "Tokens, SLM-MUX": ("slm_mux_searched", "tokens_per_question"),
    "Tokens, SLM-MUX that stops where no later model can win": ("slm_mux_searched", "tokens_with_stopping"),
}
# The paper's rows that the sentence below the table repeats: method in its Table 1 → words.
PAPERS = {
    "single_best": "best single model",
    "self_consistency": "its self-consistency",
    "slm_mux": "SLM-MUX",
}
# Statements of the theory that the README tells: claim → what it says.
TOLD = {
    "T1-accuracy": "Self-consistency is as accurate as a majority vote whose samples are right with probability p",
    "T2-helps": "It helps on questions with p > 1/2",
    "T2-hurts": "It hurts on questions with p < 1/2",
    "T3": "SLM-MUX is as accurate as a majority vote of the best model for each question",
    "T4": "Agent Forest is as accurate as a majority vote at the models' mean p",
    "T4-below": "Agent Forest is less accurate than SLM-MUX at equal samples",
    "calibration": "A model's confidence is the probability that its answer is right",
    "discrimination": "More confident answers are more often right",
    "loss": "What SLM-MUX loses to the oracle: a wrong answer more confident, a tie lost, the right one never voted",
}
# Verdict → what several statements do.
PLURAL = {EXACT: "hold exactly", WITHIN: "hold within error", MIXED: "depend on the benchmark"}
PLURAL |= {FAILS: "fail", UNDECIDED: "are undecided"}
NOTHING = "–"


def read_table_1() -> dict[tuple[str, str], tuple[str, str]]:
    """(benchmark, method), as the paper's table has them → (accuracy, its standard error), in % as printed there."""
    with (FOLDER / "table1.csv").open(encoding="utf-8", newline="") as file:
        return {
            (row["benchmark"], row["method"]): (row["accuracy"], row["accuracy_se"]) for row in csv.DictReader(file)
        }


def result_table(results: dict[str, dict], paper: dict[tuple[str, str], tuple[str, str]]) -> str:
    """A row a method, a column a benchmark; the paper's numbers on a benchmark that it has too, in a sentence.

    results: benchmark → its methods.json. An accuracy's verdict is on the paired difference from the best single
    model's one sample. Below: what SLM-MUX on the searched subset gains over self-consistency, tokens per question, and
    a command that recomputes a number.
    """
    columns = [["method", *SHOWN.values(), *GAINS.values(), *TOKENS]]
    for name, result in results.items():
        methods = result["methods"]
        cells = [f"{name}, {result['questions']} questions"]
        for row in SHOWN:
            found = methods[row]
            accuracy = f"{percent(found['accuracy'])} ± {percent(found['accuracy_se'])}"
            said = "" if row == "single_best" else f" *{verdict(found['gain_low'], found['gain_high'])}*"
            simulated = f" (simulated, ± {percent(found['simulation_se'])})" if "simulation_se" in found else ""
            cells.append(accuracy + said + simulated)
        for key in GAINS:
            value, low, high = (methods["slm_mux_searched"][f"{key}{end}"] for end in ("", "_low", "_high"))
            needed = methods["slm_mux_searched"].get(f"{key}_needs")
            said = decision(low, high, needed, result["questions"])
            cells.append(f"{with_interval(value, low, high)} *{said}*")
        cells += [_tokens(methods[row].get(key)) for row, key in TOKENS.values()]
        columns.append(cells)
    lines = ["| " + " | ".join(cells) + " |" for cells in zip(*columns)]
    shared = {name: BENCHMARK_NAMES[name] for name in results if name in BENCHMARK_NAMES}
    told = [_papers_sentence(shared[name], results[name], paper) for name in shared]
    told = told or ["None of these benchmarks is in the paper's Table 1."]
    return "\n".join([lines[0], "|" + "---|" * len(columns), *lines[1:], "", *told, "", *_recomputed(results)])


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


def _read_verdicts(path: Path) -> dict[str, str]:
    """Claim → verdict. Raises InputError where the file is missing or no verdicts.csv of the theory."""
    try:
        with path.open(encoding="utf-8", newline="") as file:
            return {row["claim"]: row["verdict"] for row in csv.DictReader(file)}
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; run `make repro`") from None
    except (KeyError, UnicodeDecodeError, csv.Error):
        raise InputError(f"{path}: not the verdicts of `python -m analysis theory`; run `dvc repro`") from None


def verdict_list(path: Path) -> str:
    """The statements of TOLD with their verdicts, and how many of all got each. path: verdicts.csv."""
    found = _read_verdicts(path)
    lines = ["| statement | verdict |", "|---|---|"]
    lines += [f"| {words} | {found[claim]} |" for claim, words in TOLD.items() if claim in found]
    counted = [f"{sum(said == kind for said in found.values())} {PLURAL[kind]}" for kind in VERDICTS]
    return "\n".join([*lines, "", f"All {len(found)} statements that were tested: {', '.join(counted)}."])


def verdict_names(path: Path) -> str:
    """The theory page's first sentence: how many statements got each verdict, and which."""
    found = _read_verdicts(path)
    named = {kind: [claim for claim, said in found.items() if said == kind] for kind in VERDICTS}
    told = [f"**{len(claims)} {PLURAL[kind]}** ({', '.join(claims)})" for kind, claims in named.items() if claims]
    return f"Of {len(found)} statements: {'; '.join(told)}."
