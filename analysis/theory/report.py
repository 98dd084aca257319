"""Section 4 put to the test: every statement, its verdict, and the numbers and questions behind it."""

from dataclasses import asdict, dataclass, fields
from pathlib import Path

import pandas as pd

from analysis.theory.approximations import best_model, forest_below_mux, mean_of_models
from analysis.theory.bounds import chain, end_of_samples, majority_bound
from analysis.theory.calibration import calibration, losses
from analysis.theory.cells import Evidence, Finding
from analysis.theory.measured import measure
from analysis.theory.self_consistency import accuracy_of_voting, formula, shares_and_gains
from analysis.theory.verdict_page import verdict_page
from slmmux.errors import InputError
from slmmux.files import whole_file, write_texts
from slmmux.result_files import DIGITS, csv_text
from slmmux.settings import TheorySettings
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
    findings, questions = [], []
    tables: dict[str, list[pd.DataFrame]] = {}
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
    """Write verdicts.csv, evidence.csv, verdicts.md, question_ids.parquet and one CSV a table. Returns the files."""
    texts = {
        "verdicts.csv": csv_text(verdict_rows(report.findings)),
        "evidence.csv": csv_text(evidence_rows(report.findings)),
        "verdicts.md": verdict_page(report.findings),
        **{f"{name}.csv": csv_text(values) for name, values in report.tables.items()},
    }
    written = write_texts({folder / name: text for name, text in texts.items()})
    questions = folder / "question_ids.parquet"
    with whole_file(questions) as temporary:
        report.questions.round(DIGITS).to_parquet(temporary, index=False)
    return [*written, questions]


def verdict_rows(findings: list[Finding]) -> pd.DataFrame:
    """One row a claim: claim, statement, verdict, note, figure."""
    columns = ["claim", "statement", "verdict", "note", "figure"]
    return pd.DataFrame([{name: getattr(found, name) for name in columns} for found in findings], columns=columns)


def evidence_rows(findings: list[Finding]) -> pd.DataFrame:
    """One row a claim and benchmark: configurations by outcome, the verdict, a sentence, the questions needed."""
    columns = ["claim", *(f.name for f in fields(Evidence))]
    return pd.DataFrame([{"claim": f.claim, **asdict(e)} for f in findings for e in f.evidence], columns=columns)
