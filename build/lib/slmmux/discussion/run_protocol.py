"""Run a multi-agent protocol: the requests of a round go to the engines together, and finished answers are kept."""

from collections.abc import Callable
from pathlib import Path

from tqdm import tqdm

from slmmux.config import Config
from slmmux.discussion import PROTOCOLS, protocol_options
from slmmux.discussion.protocol import TRANSCRIPT, AgentRequest, Agents, AskedQuestion, Final, Rounds
from slmmux.errors import InputError
from slmmux.generation.engine import Completion, Engine, Request, request_seed
from slmmux.generation.generate import checked_prompts
from slmmux.generation.open_engine import open_engine
from slmmux.generation.recover import previous_version
from slmmux.generation.sample_settings import engine_identity
from slmmux.generation.shards import Shards, open_shards
from slmmux.generation.store_samples import store_samples
from slmmux.tables import table_of, write_table
from slmmux.votes.votes import Votes

Opener = Callable[..., Engine]


def asked_questions(config: Config, benchmark: str, questions_file: Path) -> list[AskedQuestion]:
    """The test questions that are discussed: `discussion.questions` of them, evenly spaced over the split.

    Raises InputError where there are fewer, or where the file lists other questions than the parameters ask.
    """
    wanted = config.discussion.questions
    prompts = [(q, p) for q, p in checked_prompts(config, benchmark, questions_file) if q.split == "test"]
    if wanted > len(prompts):
        raise InputError(f"discussion.questions: {wanted} wanted, {benchmark} has {len(prompts)} test questions")
    chosen = [prompts[i * len(prompts) // wanted] for i in range(wanted)]
    return [AskedQuestion(q.id, p, config.benchmark(benchmark).max_tokens) for q, p in chosen]


def choose_agents(config: Config, validation: Votes) -> Agents:
    """The models that take part. The best of them is chosen on the validation split, the first of equal ones."""
    models = config.discussion.model_names
    accuracy = validation.take_models(models).accuracy()
    return Agents(tuple(models), models[int(accuracy.argmax())])


def protocol_settings(config: Config, benchmark: str, protocol: str) -> dict:
    """What all turns of a discussion share. All else that shapes an answer is in the digest of its request."""
    names = sorted({*config.discussion.model_names, *filter(None, [config.discussion.labeller])})
    engines = [engine_identity(config, name) for name in names]
    return {
        "benchmark": benchmark,
        "protocol": protocol,
        "sources": {name: config.model(name).source.model_dump() for name in names},
        "top_p": config.sampling.top_p,
        "seed": config.sampling.seed,
        "engine": engines[0] if all(e == engines[0] for e in engines) else dict(zip(names, engines)),
    }


def discuss(
    config: Config,
    benchmark: str,
    protocol: str,
    questions_file: Path,
    validation: Votes,
    out: Path,
    shards: Path,
    opener: Opener = open_engine,
) -> None:
    """Run one protocol and write its transcript to `out`, one row of TRANSCRIPT an answer.

    What was answered before, in `shards` or in the version of `out` that was committed last, is not asked
    again. Raises InputError on bad input or a failing engine; finished answers stay in `shards`.
    """
    options = protocol_options(config, protocol)
    questions, agents = asked_questions(config, benchmark, questions_file), choose_agents(config, validation)
    rounds = PROTOCOLS[protocol].rounds(questions, agents, options)
    run_rounds(rounds, config, benchmark, protocol, out, shards, opener)


def run_rounds(
    rounds: Rounds, config: Config, benchmark: str, protocol: str, out: Path, shards: Path, opener: Opener = open_engine
) -> None:
    """Run all rounds of a protocol and write its transcript; see `discuss`. Rows keep the order of the requests."""
    settings = protocol_settings(config, benchmark, protocol)
    with open_shards(shards, settings, TRANSCRIPT, lambda row: (row["ask_sha256"], row["sample"])) as store:
        store.recover(previous_version(out), settings)
        runner = RoundRunner(store, config, benchmark, protocol, opener)
        try:
            asked, finals = _run_to_end(rounds, runner)
        finally:
            runner.close()
        counting = {(request.digest(), sample) for request, sample in finals}
        rows = [
            {**store.rows[digest, sample], "final": (digest, sample) in counting}
            for digest, request in asked.items()
            for sample in range(request.samples)
        ]
        write_table(out, table_of(rows, TRANSCRIPT), {"settings": settings, "versions": store.versions})


def _run_to_end(rounds: Rounds, runner: "RoundRunner") -> tuple[dict[str, AgentRequest], list[Final]]:
    """(all requests by digest, the answers that count)."""
    asked: dict[str, AgentRequest] = {}
    try:
        requests = next(rounds)
        while True:
            asked |= {request.digest(): request for request in requests}
            requests = rounds.send(runner.answers(requests))
    except StopIteration as end:
        return asked, end.value


class RoundRunner:
    """Gives requests to models, one model's engine open at a time, and keeps every answer."""

    def __init__(self, store: Shards, config: Config, benchmark: str, protocol: str, opener: Opener) -> None:
        self._store, self._config, self._opener = store, config, opener
        self._names = {"benchmark": benchmark, "protocol": protocol}
        self._model: str | None = None
        self._engine: Engine | None = None

    def answers(self, requests: list[AgentRequest]) -> list[list[str]]:
        """For each request the texts of its samples. Requests that are the same are asked once."""
        rows = self._store.rows
        missing: dict[str, AgentRequest] = {}
        for request in requests:
            digest = request.digest()
            if any((digest, j) not in rows for j in range(request.samples)):
                missing[digest] = request
        # The model whose engine is open is used first.
        for model in sorted({request.model for request in missing.values()}, key=lambda m: (m != self._model, m)):
            self._ask(model, {d: request for d, request in missing.items() if request.model == model})
        return [
            [rows[digest, j]["response"] for j in range(request.samples)]
            for request in requests
            for digest in [request.digest()]
        ]

    def _ask(self, model: str, requests: dict[str, AgentRequest]) -> None:
        config, first = self._config, next(iter(requests.values()))
        engine = self._open(model)
        seed, digests, work = config.sampling.seed, list(requests), list(requests.values())
        asked = [
            Request(a.messages, a.samples, request_seed(seed, a.seed_key(), 0), a.stop, a.max_tokens, a.temperature)
            for a in work
        ]
        with tqdm(total=len(work), desc=f"{model}, round {first.round}", unit="request", mininterval=1) as bar:
            store_samples(
                engine,
                asked,
                [request.question_id for request in work],
                self._store,
                lambda index, sample, c: self._row(digests[index], work[index], sample, c),
                config.engine.batch_questions,
                lambda _: bar.update(),
            )

    def _row(self, digest: str, request: AgentRequest, sample: int, c: Completion) -> dict:
        return self._names | {
            "question_id": request.question_id,
            "round": request.round,
            "role": request.role,
            "model": request.model,
            "aspect": request.aspect,
            "about": request.about,
            "sample": sample,
            "response": c.text,
            "prompt_tokens": c.prompt_tokens,
            "completion_tokens": c.completion_tokens,
            "finish_reason": c.finish_reason,
            "final": False,
            "ask_sha256": digest,
        }

    def _open(self, model: str) -> Engine:
        """The model's engine; that of another model is closed first."""
        if self._engine is None or model != self._model:
            self.close()
            config = self._config
            self._engine = self._opener(config.engine, model, config.model(model), config.sampling)
            self._model = model
        return self._engine

    def close(self) -> None:
        if self._engine is not None:
            self._engine.close()
        self._engine = self._model = None
