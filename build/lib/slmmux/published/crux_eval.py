"""CRUXEval's result files: `raw_generations` {question: [text]} and `raw_scored_generations` {question: [bool]}.

LiveCodeBench's execution task has the same format. Equal samples of a question often stand together in these files,
so that the first k samples are no random draw of k; the exact law of a draw does not see the order.
"""

import json
from functools import lru_cache

from slmmux.errors import InputError
from slmmux.published.python_literals import value_of
from slmmux.published.samples import PublishedSamples, Sample


def read(files: dict[str, bytes]) -> PublishedSamples:
    """model → content, to samples. Raises InputError where a file has another format or other questions."""
    known = lru_cache(maxsize=None)(value_of)
    samples: PublishedSamples = {}
    for model, content in files.items():
        try:
            read = json.loads(content)
            answers, grades = read["raw_generations"], read["raw_scored_generations"]
            given = {
                question: [
                    _sample(known, text, right) for text, right in zip(answers[question], grades[question], strict=True)
                ]
                for question in answers
            }
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            reason = f"{type(error).__name__}: {str(error)[:120]}"
            raise InputError(f"{model}: not a result file of CRUXEval ({reason})") from None
        if samples and given.keys() != samples.keys():
            other = sorted(given.keys() ^ samples.keys())[0]
            raise InputError(f"{model}: question {other!r} is not in every model's file")
        for question in given:
            samples.setdefault(question, {})[model] = given[question]
    return {question: samples[question] for question in sorted(samples, key=lambda name: (len(name), name))}


def _sample(known, text, right) -> Sample:
    if not isinstance(text, str) or not isinstance(right, bool):
        raise TypeError(f"a sample {str(text)[:40]!r} graded {right!r}")
    return Sample(known(text), right, text)
