"""Asking the models of a configuration: one batch a model, one model after the other."""

from collections.abc import Sequence
from threading import Lock

from slmmux.benchmarks import get_benchmark
from slmmux.benchmarks.question import Question
from slmmux.benchmarks.render import render, stop_texts
from slmmux.generation.engine import Engine, Request, request_seed
from slmmux.generation.open_engine import open_engine
from slmmux.serving.configuration import ServedConfiguration, ServedModel


class Models:
    """The models of a configuration, each opened when it is first asked.

    A server's engine is kept: it holds no weights here. Of engines in this process only the last one is, as
    several models need not fit into memory together; the next call begins with that one. Calls from several
    threads wait for each other.
    """

    def __init__(self, configuration: ServedConfiguration) -> None:
        self._configuration = configuration
        self._open: dict[str, Engine] = {}
        self._lock = Lock()

    def responses(self, questions: Sequence[Question]) -> dict[str, list[list[str]]]:
        """Model → for every question its k responses, in the order of the configuration's models.

        The same question gets the same seeds every time. Raises InputError where an engine can't be had or
        fails.
        """
        models = self._configuration.models
        with self._lock:
            in_turn = sorted(models, key=lambda model: model.name not in self._open)
            found = {model.name: self._ask(model, questions) for model in in_turn}
        return {model.name: found[model.name] for model in models}

    def _ask(self, model: ServedModel, questions: Sequence[Question]) -> list[list[str]]:
        requests = [self._request(model, question) for question in questions]
        engine, size = self._engine(model), self._configuration.engine.batch_questions
        texts: list[list[str]] = [[] for _ in questions]
        for start in range(0, len(requests), size):
            for index, completions in engine.generate(requests[start : start + size]):
                texts[start + index] = [completion.text for completion in completions]
        return texts

    def _request(self, model: ServedModel, question: Question) -> Request:
        prompt = get_benchmark(self._configuration.benchmark).prompt(question)
        return Request(
            prompt=render(prompt, model.spec.prompt),
            samples=model.samples,
            seed=request_seed(self._configuration.sampling.seed, question.id, 0),
            stop=stop_texts(prompt, model.spec.prompt),
            max_tokens=self._configuration.max_tokens,
            temperature=self._configuration.sampling.temperature,
        )

    def _engine(self, model: ServedModel) -> Engine:
        if model.name not in self._open:
            if self._configuration.engine.name != "openai":
                self.close()
            engine = open_engine(self._configuration.engine, model.name, model.spec, self._configuration.sampling)
            self._open[model.name] = engine
        return self._open[model.name]

    def close(self) -> None:
        while self._open:
            _, engine = self._open.popitem()
            engine.close()
