"""Section 4 put to the test: every statement, its verdict, and the numbers and questions behind it."""

from dataclasses import asdict, dataclass, fields
from pathlib import Path

import pandas as pd

from analysis.theory.approximations import best_model, forest_below_mux, mean_of_models
from analysis.theory.bounds import chain, end_of_samples, majority_bound
from analysis.theory.calibration import calibration, losses
from analysis.theory.cells import Finding
from analysis.theory.measured import measure
from analysis.theory.self_consistency import accuracy_of_voting, formula, shares_and_gains
from slmmux.config import TheorySettings
from slmmux.errors import InputError
from slmmux.files import whole_file, write_text
from slmmux.result_files import csv_text
from slmmux.votes.votes import Votes

TESTS = (
    formula,
    accuracy_of_voting,
    majority_bound,
    chain,
    end_of_samples,
    shares_and_gains,
    best_model,
    mean_of_models,
    forest_below_mux,
    calibration,
    losses,
)


@dataclass(frozen=True)
class TheoryReport:
    """What the verification found.

    findings:   one a claim: claim, statement, verdict, evidence, figure.
    tables:     tidy tables by name; shares of 1, `low`/`high` pointwise and `all_low`/`all_high` simultaneous
                intervals, `verdict` where a cell was judged.
    questions:  per claim, benchmark and question: the number of cells supporting and contradicting the
                claim, the largest departure and the cell where it is.
    """

    findings: list[Finding]
    tables: dict[str, pd.DataFrame]
    questions: pd.DataFrame


def theory_report(votes_by_benchmark: dict[str, tuple[Votes, Votes]], settings: TheorySettings) -> TheoryReport:
    """Test every statement on the measured votes of all benchmarks, {name: (validation, test)}.

    The validation votes serve for the models' validation accuracies only. Raises InputError without
    benchmarks, and BoundBroken, naming the question, when a statement fails that is a theorem.
    """
    if not votes_by_benchmark:
        raise InputError("no benchmark to test the theory on")
    study = [
        measure(validation, test, settings, number)
        for number, (validation, test) in enumerate(votes_by_benchmark.values())
    ]
    findings, questions, tables = [], [], {}
    for test in TESTS:
        found, new_tables, asked = test(study, settings)
        findings += found
        questions += asked
        for name, table in new_tables.items():
            tables.setdefault(name, []).append(table)
    return TheoryReport(
        findings,
        {name: pd.concat(parts, ignore_index=True) for name, parts in tables.items()},
        pd.concat([table for table in questions if len(table)], ignore_index=True),
    )


def write_report(report: TheoryReport, folder: Path) -> list[Path]:
    """Write verdicts.csv, verdicts.md, question_ids.parquet and one CSV per table. Returns the files."""
    table = pd.DataFrame([asdict(found) for found in report.findings], columns=[f.name for f in fields(Finding)])
    texts = {
        "verdicts.csv": csv_text(table),
        "verdicts.md": verdict_table(report.findings),
        **{f"{name}.csv": csv_text(values) for name, values in report.tables.items()},
    }
    for name, text in texts.items():
        write_text(folder / name, text)
    questions = folder / "question_ids.parquet"
    with whole_file(questions) as temporary:
        report.questions.to_parquet(temporary, index=False)
    return [*(folder / name for name in texts), questions]


def verdict_table(findings: list[Finding]) -> str:
    """The table of verdicts as Markdown: claim, verdict, evidence with the figure that shows it."""
    lines = ["| claim | verdict | evidence |", "|---|---|---|"]
    for found in findings:
        cells = (
            f"**{found.claim}.** {found.statement}",
            found.verdict,
            f"{found.evidence} Figure: `{found.figure}`.",
        )
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines) + "\n"
