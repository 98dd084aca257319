"""From responses to graded samples: every answer read, and compared with the question's reference."""

from itertools import groupby
from pathlib import Path

import pyarrow as pa

from slmmux.benchmarks import get_benchmark
from slmmux.benchmarks.ask import ask, read_questions
from slmmux.config import Config
from slmmux.errors import InputError
from slmmux.generation.generate import sample_settings
from slmmux.tables import RESPONSES, SAMPLES, read_table, table_of, write_table


def grade(config: Config, name: str, model: str, questions_file: Path, responses: Path, out: Path) -> pa.Table:
    """Write the graded samples of one model on one benchmark, and return them.

    Raises InputError where the responses were made with other parameters, to other questions, or are not
    complete; `out` is then left as it was.
    """
    listed = read_questions(questions_file)
    table, provenance = read_table(responses, RESPONSES)
    _check(provenance, sample_settings(config, name, model), responses)
    benchmark, samples = get_benchmark(name), config.benchmark(name).samples
    questions = {question.id: question for question in ask(config, name)}
    rows = []
    for question_id, group in groupby(table.to_pylist(), key=lambda row: row["question_id"]):
        answers = list(group)
        if question_id not in questions or listed[question_id]["prompt_sha256"] != answers[0]["prompt_sha256"]:
            raise InputError(f"{responses}: question {question_id} is not the one these parameters ask")
        if [row["sample"] for row in answers] != list(range(samples)):
            raise InputError(f"{responses}: question {question_id} has {len(answers)} samples, expected {samples}")
        grades = benchmark.grade(questions.pop(question_id), [row["response"] for row in answers])
        for row, verdict in zip(answers, grades):
            rows.append({**row, "answer": verdict.answer, "correct": verdict.correct})
    if questions:
        raise InputError(f"{responses}: no samples of question {next(iter(questions))}")
    columns = set(SAMPLES.names)
    graded = table_of([{k: v for k, v in row.items() if k in columns} for row in rows], SAMPLES)
    write_table(out, graded, provenance)
    return graded


def _check(provenance: dict, expected: dict, path: Path) -> None:
    made = provenance.get("settings", {})
    for key, value in expected.items():
        if made.get(key) != value:
            raise InputError(
                f"{path}: made with {key} = {made.get(key)}, the parameters say {value}; `dvc repro` makes it anew"
            )
