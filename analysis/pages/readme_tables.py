"""The README's first screen: the result beside the paper's, and what became of the paper's statements."""

import csv
from pathlib import Path

from analysis.paper.numbers import BENCHMARK_NAMES, FOLDER
from analysis.results import decision, percent, verdict
from slmmux.errors import InputError
from slmmux.stages.compare import LABELS, ROWS
from slmmux.theory.verdict import VERDICTS

SHOWN = (
    "single_best",
    "self_consistency",
    "self_consistency_total_searched",
    "agent_forest_searched",
    "slm_mux_searched",
    "oracle_searched",
)
# What SLM-MUX gains over two baselines: the key in methods.json → the row's label.
GAINS = {
    "gain_over_voting": "SLM-MUX minus self-consistency, points",
    "gain_over_total": "SLM-MUX minus self-consistency with as many samples in all, points",
}
# Tokens per question: the label → (row, key in methods.json).
TOKENS = {
    "Tokens, self-consistency": ("self_consistency", "tokens_per_question"),
    "Tokens, SLM-MUX": ("slm_mux_searched", "tokens_per_question"),
    "Tokens, SLM-MUX stopped where no later model can win": ("slm_mux_searched", "tokens_with_stopping"),
}
NOTHING = "–"


def read_table_1() -> dict[tuple[str, str], tuple[str, str]]:
    """(benchmark, method), as the paper's table has them → (accuracy, its standard error), in % as printed there."""
    with (FOLDER / "table1.csv").open(encoding="utf-8", newline="") as file:
        return {
            (row["benchmark"], row["method"]): (row["accuracy"], row["accuracy_se"]) for row in csv.DictReader(file)
        }


def result_table(results: dict[str, dict], paper: dict[tuple[str, str], tuple[str, str]]) -> str:
    """A row a method, a column a benchmark, and the paper's column beside a benchmark that it has too.

    results: benchmark → its methods.json. An accuracy's verdict is on the paired difference from the best single
    model's one sample. Below: what SLM-MUX on the searched subset gains over self-consistency, tokens per question, and
    a command that recomputes a number.
    """
    shared = [BENCHMARK_NAMES[name] for name in results if name in BENCHMARK_NAMES]
    columns = [["method", *(LABELS[row] for row in SHOWN), *GAINS.values(), *TOKENS]]
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
            interval = f"[{percent(low, True)}, {percent(high, True)}]"
            needed = methods["slm_mux_searched"].get(f"{key}_needs")
            cells.append(f"{percent(value, True)} {interval} *{decision(low, high, needed, result['questions'])}*")
        cells += [_tokens(methods[row].get(key)) for row, key in TOKENS.values()]
        columns.append(cells)
        if name in BENCHMARK_NAMES:
            columns.append(_paper_column(BENCHMARK_NAMES[name], paper))
    lines = ["| " + " | ".join(cells) + " |" for cells in zip(*columns)]
    if shared:
        source = f"{', '.join(shared)} in the paper: its Table 1, with Mixtral 8×7B, Llama 3.1 8B and Gemma 2 27B."
    else:
        source = "None of these benchmarks is in the paper's Table 1."
    head = [lines[0], "|" + "---|" * len(columns), *lines[1:], "", source]
    return "\n".join([*head, "", *_recomputed(results)])


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


def _paper_column(name: str, paper: dict[tuple[str, str], tuple[str, str]]) -> list[str]:
    printed = [paper.get((name, ROWS[row][0])) for row in SHOWN]
    cells = [NOTHING if found is None else " ± ".join(found) for found in printed]
    return [f"{name} in the paper", *cells, *[NOTHING] * (len(GAINS) + len(TOKENS))]


def verdict_list(path: Path) -> str:
    """How many of the tested statements got each verdict, and which. path: verdicts.csv of `python -m analysis theory`.

    Raises InputError where it is missing or not such a file.
    """
    try:
        with path.open(encoding="utf-8", newline="") as file:
            found = [(row["claim"], row["verdict"]) for row in csv.DictReader(file)]
    except FileNotFoundError:
        raise InputError(f"{path}: no such file; run `make repro`") from None
    except (KeyError, UnicodeDecodeError, csv.Error):
        raise InputError(f"{path}: not the verdicts of `python -m analysis theory`; run `dvc repro`") from None
    lines = [f"Of {len(found)} statements that were tested:\n"]
    for kind in VERDICTS:
        claims = [claim for claim, said in found if said == kind]
        lines.append(f"- **{kind}**, {len(claims)}: {', '.join(claims) or NOTHING}")
    return "\n".join(lines)
