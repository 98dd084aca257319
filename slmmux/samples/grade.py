"""From responses to graded samples: every answer read, and compared with the question's reference."""

from pathlib import Path

import pyarrow as pa

from slmmux.benchmarks import get_benchmark
from slmmux.benchmarks.program_runs import in_parallel
from slmmux.benchmarks.question import Grade, Question
from slmmux.benchmarks.question_list import questions_to_grade, read_questions
from slmmux.config import Config
from slmmux.errors import InputError
from slmmux.generation.sample_settings import sample_settings
from slmmux.samples.printed_answers import stated_responses
from slmmux.tables import RESPONSES, SAMPLES, read_table, table_of, write_table


def grade(
    config: Config, name: str, questions_file: Path, responses: dict[str, Path], outs: dict[str, Path]
) -> dict[str, pa.Table]:
    """Write and return the graded samples of every model on one benchmark: model → table.

    All models' responses to a question are graded together, since which answers are the same must not
    depend on who gave them. responses, outs: model → file. Raises InputError where responses were made
    with other parameters, to other questions, or are not complete; `outs` are then left as they were.
    """
    listed = read_questions(questions_file)
    rows, provenance = {}, {}
    for model, path in responses.items():
        table, provenance[model] = read_table(path, RESPONSES)
        _check_settings(provenance[model], sample_settings(config, name, model), path)
        rows[model] = _by_question(table.to_pylist(), listed, config.benchmark(name).samples, path)
    said = {model: _said(config.model(model).prompt, by_question) for model, by_question in rows.items()}
    benchmark = get_benchmark(name)

    def graded(question: Question) -> dict[tuple[str, str, int], Grade]:
        asked = [(model, row) for model in rows for row in rows[model][question.id]]
        grades = benchmark.grade(question, [said[model][question.id, row["sample"]] for model, row in asked])
        return {(model, question.id, row["sample"]): g for (model, row), g in zip(asked, grades)}

    verdicts: dict[tuple[str, str, int], Grade] = {}
    # Where programs are run, the processors don't wait for the longest program of each question.
    for found in in_parallel(graded, list(questions_to_grade(config, name, listed, set(listed)))):
        verdicts |= found
    tables = {}
    for model, by_question in rows.items():
        flat = [row for group in by_question.values() for row in group]
        tables[model] = table_of(
            [_graded(row, verdicts[model, row["question_id"], row["sample"]]) for row in flat], SAMPLES
        )
    for model, table in tables.items():
        write_table(outs[model], table, provenance[model])
    return tables


def _said(style: str, by_question: dict[str, list[dict]]) -> dict[tuple[str, int], str]:
    """(question id, sample) → the text that the benchmark reads: the response, or what its program printed."""
    texts = {(row["question_id"], row["sample"]): row["response"] for group in by_question.values() for row in group}
    return dict(zip(texts, stated_responses(list(texts.values())))) if style == "program" else texts


def _check_settings(provenance: dict, expected: dict, path: Path) -> None:
    made = provenance.get("settings", {})
    for key, value in expected.items():
        if made.get(key) != value:
            raise InputError(
                f"{path}: made with {key} = {made.get(key)}, the parameters say {value}; `dvc repro` regenerates it"
            )


def _by_question(rows: list[dict], listed: dict[str, dict], samples: int, path: Path) -> dict[str, list[dict]]:
    """question id → its samples in order, for exactly the listed questions, in their order."""
    found: dict[str, list[dict]] = {question: [] for question in listed}
    for row in rows:
        question = row["question_id"]
        if question not in listed or listed[question]["prompt_sha256"] != row["prompt_sha256"]:
            raise InputError(f"{path}: question {question} is not the one these parameters ask")
        found[question].append(row)
    for question, group in found.items():
        if [row["sample"] for row in group] != list(range(samples)):
            raise InputError(f"{path}: question {question} has {len(group)} samples, expected {samples} in order")
    return found


def _graded(row: dict, verdict: Grade) -> dict:
    graded = {**row, "answer": verdict.answer, "correct": verdict.correct}
    return {column: graded[column] for column in SAMPLES.names}
