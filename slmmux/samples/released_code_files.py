"""The JSON files that the paper's released code writes: collected responses of one model, or an orchestrator's result.

Questions are known by the hash of their text: the files keep them in the order of completion. A sample is right if
the file says so, else if its answer equals the reference, equal numbers being equal. Empty answers are null.
"""

import hashlib
from collections.abc import Iterator

from slmmux.benchmarks.plain_numbers import plain_number
from slmmux.errors import InputError
from slmmux.samples.lm_eval_logs import Row, canonical_answer

# The files do not name their benchmark.
BENCHMARK = "collected"


def collected_rows(data: dict, where: str) -> Iterator[Row]:
    """Rows of one model from {"responses": [..]}. Raises InputError naming the response that is of another shape."""
    responses = data["responses"]
    if not isinstance(responses, list):
        raise InputError(f'{where}: expected an object with a list "responses"')
    for number, response in enumerate(responses):
        at = f"{where}: response {number}"
        question_id, reference = _question(response, at)
        # The older scripts keep a single answer in the response itself.
        samples = response.get("samples", [response])
        if not isinstance(samples, list) or not samples:
            raise InputError(f'{at}: "samples" is not a list with entries')
        for index, sample in enumerate(samples):
            yield _row(sample, question_id, index, reference, f"{at}, sample {index}")


def orchestrated_rows(data: dict, where: str) -> Iterator[tuple[str, Row]]:
    """(model, row) of every sample of every model from an orchestrator's {"results": [..]}.

    Raises InputError naming the result that is of another shape.
    """
    results = data["results"]
    if not isinstance(results, list) or not results:
        raise InputError(f'{where}: "results" is not a list with entries')
    for number, result in enumerate(results):
        at = f"{where}: result {number}"
        question_id, reference = _question(result, at)
        records = result.get("model_records")
        if not isinstance(records, list) or not records:
            raise InputError(f'{at}: no list "model_records"')
        for record in records:
            model = record.get("model_name") if isinstance(record, dict) else None
            calls = record.get("calls") if isinstance(record, dict) else None
            if not isinstance(model, str) or not isinstance(calls, list) or not calls:
                raise InputError(f'{at}: a model record without "model_name" or "calls"')
            for index, call in enumerate(calls):
                yield model, _row(call, question_id, index, reference, f"{at}, {model}, call {index}")


def _question(entry, at: str) -> tuple[str, str | None]:
    if not isinstance(entry, dict):
        raise InputError(f"{at}: expected an object")
    text = _first_string(entry, ("problem", "question"))
    if not text:
        raise InputError(f'{at}: neither "problem" nor "question" is a string')
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    written = {key: _written(entry.get(key)) for key in ("reference_answer", "correct_answer")}
    return digest, _first_string(written, tuple(written))


def _row(sample, question_id: str, index: int, reference: str | None, at: str) -> Row:
    if not isinstance(sample, dict) or "extracted_answer" not in sample:
        raise InputError(f'{at}: no "extracted_answer"')
    answer = _written(sample["extracted_answer"])
    if not (answer is None or isinstance(answer, str)):
        raise InputError(f'{at}: "extracted_answer" is neither a string nor null')
    answer = (answer or "").strip() or None
    correct = sample.get("is_correct")
    if not isinstance(correct, bool):
        if reference is None:
            raise InputError(f'{at}: no "reference_answer" or "correct_answer"')
        correct = answer is not None and canonical_answer(answer) == canonical_answer(reference)
        if answer is not None and (number := plain_number(answer)) is not None and number.denominator == 1:
            # 8 and 8.0 and "8,000.00" are whole numbers in one form.
            answer = str(number)
    usage = sample.get("token_usage")
    tokens = [_number(usage, key) for key in ("prompt_tokens", "completion_tokens")]
    return question_id, index, answer, correct and answer is not None, tokens[0], tokens[1]


def _written(answer):
    """An answer that the file holds as a number, as text; all else as it is."""
    return str(answer) if isinstance(answer, (int, float)) and not isinstance(answer, bool) else answer


def _first_string(entry: dict, keys: tuple[str, ...]) -> str | None:
    return next((entry[key] for key in keys if isinstance(entry.get(key), str)), None)


def _number(usage, key: str) -> float:
    value = usage.get(key) if isinstance(usage, dict) else None
    return float(value) if isinstance(value, (int, float)) else float("nan")
