"""From questions to SLM-MUX's answers (Algorithm 1), by asking the models of a configuration."""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from slmmux.benchmarks import get_benchmark
from slmmux.benchmarks.question import Question
from slmmux.errors import InputError
from slmmux.generation.engine import request_seed
from slmmux.orchestration.slm_mux import decide, top_answers
from slmmux.samples.printed_answers import stated_responses
from slmmux.serving.ask import Models
from slmmux.serving.configuration import ServedConfiguration
from slmmux.serving.question import free_question
from slmmux.votes.votes import UNPARSED


@dataclass(frozen=True)
class Answer:
    """What SLM-MUX says to one question.

    answer:      the winning model's top answer, as the benchmark reads it; None if nothing could be read.
    confidence:  its share of the winning model's k samples, s_i of Algorithm 1.
    model:       the winning model.
    response:    the model's first response with that answer, in full; None without an answer.
    votes:       model → answer → share of the model's samples. What could not be read is no vote, so the
                 shares of a model may add up to less than 1.
    """

    answer: str | None
    confidence: float
    model: str
    response: str | None
    votes: dict[str, dict[str, float]]


def free_questions(configuration: ServedConfiguration, texts: Sequence) -> list[Question]:
    """The texts as questions. Raises InputError naming the first row, counted from 1, that is none."""
    questions = []
    for row, text in enumerate(texts, start=1):
        if not isinstance(text, str):
            raise InputError(f"row {row}: the question must be a text, not {type(text).__name__}")
        try:
            questions.append(free_question(configuration.benchmark, text, configuration.options))
        except InputError as error:
            raise InputError(f"row {row}: {error}") from None
    return questions


def answers(configuration: ServedConfiguration, models: Models, questions: Sequence[Question]) -> list[Answer]:
    """One answer a question, in order. Raises InputError where an engine can't be had or fails."""
    if not questions:
        return []
    responses = models.responses(questions)
    return [
        _answer(configuration, question, {name: by_question[n] for name, by_question in responses.items()})
        for n, question in enumerate(questions)
    ]


def _answer(configuration: ServedConfiguration, question: Question, responses: dict[str, list[str]]) -> Answer:
    """Algorithm 1 on one question. A tie inside the winning model is broken at random, by a seed of the question."""
    # All models' responses together, as in the study: which answers are the same must not depend on who gave them.
    programs = {model.name for model in configuration.models if model.spec.prompt == "program"}
    said = [text for name, texts in responses.items() for text in _said(texts, name in programs)]
    grades = iter(get_benchmark(configuration.benchmark).grade(question, said))
    read = [[next(grades).answer for _ in texts] for texts in responses.values()]
    names = list(dict.fromkeys(answer for of_model in read for answer in of_model if answer is not None))
    classes = [[UNPARSED if answer is None else names.index(answer) for answer in of_model] for of_model in read]
    winner, top, _ = decide(classes, [model.validation_accuracy for model in configuration.models])
    confidence, _ = top_answers(classes[winner])
    model = configuration.models[winner].name
    answer = response = None
    if top:
        seed = request_seed(configuration.sampling.seed, question.id, 0)
        answer = names[random.Random(seed).choice(sorted(top))]
        response = responses[model][read[winner].index(answer)]
    votes = {
        name: {a: count / len(of_model) for a, count in Counter(of_model).most_common() if a is not None}
        for name, of_model in zip(responses, read)
    }
    return Answer(answer, float(confidence), model, response, votes)


def _said(texts: list[str], programs: bool) -> list[str]:
    """What the benchmark reads: the responses, or what their programs print."""
    return stated_responses(texts) if programs else texts
