"""The question list of a benchmark as a file: ids, references and digests of what is asked, no texts.

Texts stay out, so a benchmark whose authors ask for that is never republished; whoever needs them makes
them anew, and the digest says whether they are the same.
"""

from pathlib import Path

import pyarrow as pa

from slmmux.benchmarks import get_benchmark
from slmmux.benchmarks.question import SPLITS, Question
from slmmux.benchmarks.render import prompt_digest
from slmmux.config import Config
from slmmux.errors import InputError
from slmmux.tables import read_table, table_of, write_table

QUESTIONS = pa.schema(
    [
        ("benchmark", pa.string()),
        ("split", pa.string()),
        ("question_id", pa.string()),
        ("reference", pa.string()),
        ("prompt_sha256", pa.string()),
    ]
)


def ask(config: Config, name: str) -> list[Question]:
    """The benchmark's questions, checked. Raises InputError where a question has no reference or an id twice."""
    settings = config.benchmark(name)
    questions = get_benchmark(name).questions(settings.questions, settings.options)
    seen: set[str] = set()
    texts: dict[str, str] = {}
    for question in questions:
        if not question.reference.strip():
            raise InputError(f"benchmark {name}: question {question.id} has no reference answer")
        if question.id in seen:
            raise InputError(f"benchmark {name}: question id {question.id} is there twice")
        if question.split not in SPLITS:
            raise InputError(f"benchmark {name}: question {question.id} is in no known split: {question.split!r}")
        if texts.setdefault(question.text, question.split) != question.split:
            raise InputError(f"benchmark {name}: question {question.id} stands in both splits")
        seen.add(question.id)
    return questions


def write_questions(config: Config, name: str, path: Path) -> list[Question]:
    benchmark, questions = get_benchmark(name), ask(config, name)
    rows = [
        {
            "benchmark": name,
            "split": q.split,
            "question_id": q.id,
            "reference": q.reference,
            "prompt_sha256": prompt_digest(benchmark.prompt(q)),
        }
        for q in questions
    ]
    write_table(path, table_of(rows, QUESTIONS), {"benchmark": name})
    return questions


def read_questions(path: Path) -> dict[str, dict[str, str]]:
    """question_id → its row, in the order of the file."""
    table, _ = read_table(path, QUESTIONS)
    return {row["question_id"]: row for row in table.to_pylist()}


def questions_to_grade(
    config: Config, name: str, listed: dict[str, dict[str, str]], wanted: set[str]
) -> list[Question]:
    """The `wanted` questions as grading needs them, in the order of the list.

    listed: what read_questions returns. Most benchmarks are graded by the reference alone, so that graded
    samples can be made again without the texts. Raises InputError where a question is not listed, or where the
    benchmark needs the texts and these are other questions.
    """
    for question in sorted(wanted - listed.keys()):
        raise InputError(f"benchmark {name}: question {question} is not listed; run `dvc repro questions@{name}`")
    benchmark = get_benchmark(name)
    if not benchmark.needs_text:
        return [Question(i, row["split"], "", row["reference"]) for i, row in listed.items() if i in wanted]
    questions = [question for question in ask(config, name) if question.id in wanted]
    asked = {question.id: prompt_digest(benchmark.prompt(question)) for question in questions}
    if asked != {i: listed[i]["prompt_sha256"] for i in wanted}:
        raise InputError(f"benchmark {name}: not the questions of these parameters; run `dvc repro questions@{name}`")
    return questions
