"""From a question to SLM-MUX's answer (Algorithm 1), asking for no sample that could not change it."""

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from slmmux.benchmarks.render import stop_texts
from slmmux.generation.engine import Completion, Request, request_seed
from slmmux.samples.printed_answers import stated_responses
from slmmux.serving.configuration import ServedConfiguration
from slmmux.serving.draw import Draw, SampleSettings
from slmmux.serving.models import ModelFailed, Models
from slmmux.serving.question import Conversation, rendered
from slmmux.serving.stopping import needed, outcome
from slmmux.votes.votes import UNPARSED


@dataclass(frozen=True)
class ModelVotes:
    """What one model said to a question.

    samples:   k of the configuration; `finished` of them are there, `cancelled` were begun and given up, and the
               others were never asked for.
    answers:   answer → number of finished samples, the most common first. What could not be read is no vote.
    prompt_tokens, completion_tokens: of the finished samples. What a cancelled one took, its server does not say.
    failed:    whether the model failed; it then has no answers.
    """

    model: str
    samples: int
    finished: int
    cancelled: int
    answers: dict[str, int]
    prompt_tokens: int
    completion_tokens: int
    failed: bool


@dataclass(frozen=True)
class Answer:
    """What SLM-MUX says to one question.

    answer:        the winning model's top answer, as the reader reads it; None if nothing could be read.
    confidence:    its count over the winning model's k samples, s_i of Algorithm 1; where the answer was certain
                   before the model's last sample, s_i is at least that.
    model:         the winning model.
    response:      the first of its responses that says so, in full; without an answer, its first response. Of a
                   model that is asked for programs, what the program printed.
    finish_reason: of that response: `stop` or `length`.
    votes:         of all models, in the order of the tie-break.
    saved_tokens:  estimate of what the samples that were never asked for would have cost, by the mean of their
                   model's samples so far; None where one of these models has given none yet.
    """

    answer: str | None
    confidence: float
    model: str
    response: str
    finish_reason: str
    votes: tuple[ModelVotes, ...]
    saved_tokens: float | None

    @property
    def prompt_tokens(self) -> int:
        return sum(votes.prompt_tokens for votes in self.votes)

    @property
    def completion_tokens(self) -> int:
        return sum(votes.completion_tokens for votes in self.votes)

    @property
    def saved_samples(self) -> int:
        """Samples that were never asked for, because they could not change the answer."""
        return sum(votes.samples - votes.finished - votes.cancelled for votes in self.votes if not votes.failed)


def default_settings(configuration: ServedConfiguration) -> SampleSettings:
    sampling = configuration.sampling
    return SampleSettings(sampling.temperature, sampling.top_p, sampling.seed, configuration.max_tokens)


async def answer(
    configuration: ServedConfiguration, models: Models, asked: Conversation, settings: SampleSettings
) -> Answer:
    """SLM-MUX's answer to one question; the same question and settings draw the same samples.

    Raises ModelFailed where a model fails that the answer needs and that the configuration does not leave out, or
    where all models fail. Whatever happens, no request is left running.
    """
    draws = _draws(configuration, models, asked, settings)
    printed: dict[str, str] = {}
    try:
        while True:
            counted = [draw for draw in draws if draw.failure is None or configuration.on_failure == "refuse"]
            if not counted:
                raise _failure(draws)
            seen = [draw.completions() for draw in counted]
            # In a thread: some readers run programs or computer algebra.
            said, names, classes = await asyncio.to_thread(_read, configuration, asked, counted, seen, printed)
            samples = [draw.model.samples for draw in counted]
            wanted = [counted[n] for n in needed(classes, samples)]
            for draw in counted:
                if draw not in wanted:
                    draw.give_up()
            if not wanted:
                break
            asking = wanted if configuration.policy == "parallel" else wanted[:1]
            able = [draw for draw in asking if draw.failure is None]
            if not able:
                raise _failure(asking)
            for draw in able:
                draw.start()
            await asyncio.wait([task for draw in able for task in draw.running()], return_when=asyncio.FIRST_COMPLETED)
            for draw in able:
                draw.collect()
    finally:
        await asyncio.gather(*(draw.stop() for draw in draws))
    winner, top, confidence = outcome(classes, samples)
    # A tie inside the winning model is broken at random, by a seed of the question. Tied answers are in the order of
    # their first samples, which other models' samples cannot change.
    tie_break = random.Random(request_seed(settings.seed, asked.question.id, 0))
    taken = tie_break.choice(top) if top else None
    first = classes[winner].index(taken) if taken is not None else 0
    return Answer(
        answer=names[taken] if taken is not None else None,
        confidence=float(confidence),
        model=counted[winner].model.name,
        response=said[winner][first],
        finish_reason="length" if seen[winner][first].finish_reason == "length" else "stop",
        votes=_votes(draws, dict(zip((draw.model.name for draw in counted), classes)), names),
        saved_tokens=_saved_tokens(models, draws),
    )


def _draws(
    configuration: ServedConfiguration, models: Models, asked: Conversation, settings: SampleSettings
) -> list[Draw]:
    """One a model, in the order of the tie-break."""
    prompt = configuration.answer_reader().prompt(asked.question)
    return [
        Draw(
            models,
            model,
            Request(
                prompt=rendered(prompt, asked, configuration.system_prompt, model.prompt),
                samples=model.samples,
                seed=request_seed(settings.seed, asked.question.id, 0),
                stop=(*stop_texts(prompt, model.prompt), *settings.stop),
                max_tokens=settings.max_tokens,
                temperature=settings.temperature,
            ),
            settings,
        )
        for model in configuration.in_order()
    ]


def _read(
    configuration: ServedConfiguration,
    asked: Conversation,
    draws: Sequence[Draw],
    seen: Sequence[Sequence[Completion]],
    printed: dict[str, str],
) -> tuple[list[list[str]], list[str], list[list[int]]]:
    """What each sample says, the different answers, and each sample's as a number among them, UNPARSED for none.

    All models' responses are read together, as in the study: which answers are the same must not depend on who
    gave them. printed: program → what it prints, kept from one call to the next.
    """
    said = [
        _printed([completion.text for completion in of_model], printed)
        if draw.model.prompt == "program"
        else [completion.text for completion in of_model]
        for draw, of_model in zip(draws, seen)
    ]
    grades = iter(configuration.answer_reader().grade(asked.question, [text for texts in said for text in texts]))
    read = [[next(grades).answer for _ in texts] for texts in said]
    names = list(dict.fromkeys(answer for of_model in read for answer in of_model if answer is not None))
    return said, names, [[UNPARSED if a is None else names.index(a) for a in of_model] for of_model in read]


def _printed(responses: list[str], known: dict[str, str]) -> list[str]:
    new = list({response: None for response in responses if response not in known})
    known.update(zip(new, stated_responses(new)))
    return [known[response] for response in responses]


def _failure(draws: Sequence[Draw]) -> ModelFailed:
    """The first failure. If all models refused, so is the question refused; else it may be answered later."""
    failures = [draw.failure for draw in draws if draw.failure is not None]
    return next((failure for failure in failures if not failure.refused), failures[0])


def _votes(draws: Sequence[Draw], classes: dict[str, list[int]], names: list[str]) -> tuple[ModelVotes, ...]:
    return tuple(
        ModelVotes(
            model=draw.model.name,
            samples=draw.model.samples,
            finished=len(draw.finished),
            cancelled=len(draw.sent) - len(draw.finished),
            answers={
                names[c]: count for c, count in Counter(classes.get(draw.model.name, [])).most_common() if c != UNPARSED
            },
            prompt_tokens=sum(completion.prompt_tokens for completion in draw.finished.values()),
            completion_tokens=sum(completion.completion_tokens for completion in draw.finished.values()),
            failed=draw.failure is not None,
        )
        for draw in draws
    )


def _saved_tokens(models: Models, draws: Sequence[Draw]) -> float | None:
    saved = 0.0
    for draw in draws:
        unasked = draw.model.samples - len(draw.sent)
        if unasked and draw.failure is None:
            mean = models.mean_tokens(draw.model.name)
            if mean is None:
                return None
            saved += unasked * mean
    return saved
