"""Holding a discussion: the asks of a round go to the engines together, and what was answered once is kept."""

from collections.abc import Callable, Iterator
from pathlib import Path

from tqdm import tqdm

from slmmux.config import Config
from slmmux.discussion import PROTOCOLS
from slmmux.discussion.protocol import TURNS, Ask, Final, Panel, Talk, Topic
from slmmux.errors import InputError
from slmmux.generation.engine import Engine, Request, request_seed
from slmmux.generation.generate import checked_prompts
from slmmux.generation.open_engine import open_engine
from slmmux.generation.recover import previous_version
from slmmux.generation.sample_settings import engine_identity
from slmmux.generation.shards import Shards, open_shards
from slmmux.tables import table_of, write_table
from slmmux.votes.votes import Votes

Opener = Callable[..., Engine]


def topics_of(config: Config, benchmark: str, questions_file: Path) -> list[Topic]:
    """The test questions that are discussed: `discussion.questions` of them, evenly spaced over the split.

    Raises InputError where there are fewer, or where the file lists other questions than the parameters ask.
    """
    wanted = config.discussion.questions
    prompts = [(q, p) for q, p in checked_prompts(config, benchmark, questions_file) if q.split == "test"]
    if wanted > len(prompts):
        raise InputError(f"discussion.questions: {wanted} wanted, {benchmark} has {len(prompts)} test questions")
    chosen = [prompts[i * len(prompts) // wanted] for i in range(wanted)]
    return [Topic(q.id, p, config.benchmark(benchmark).max_tokens) for q, p in chosen]


def panel_of(config: Config, validation: Votes) -> Panel:
    """The models that talk. The best of them is chosen on the validation split, the first of equal ones."""
    models = config.discussion.model_names
    accuracy = validation.take_models(models).accuracy_per_question().mean(axis=0)
    return Panel(tuple(models), models[int(accuracy.argmax())])


def talk_settings(config: Config, benchmark: str, protocol: str) -> dict:
    """What all turns of a discussion share. All else that shapes an answer is in the digest of its ask."""
    speakers = sorted({*config.discussion.model_names, config.discussion.labeller})
    return {
        "benchmark": benchmark,
        "protocol": protocol,
        "sources": {name: config.model(name).source.model_dump() for name in speakers},
        "top_p": config.sampling.top_p,
        "seed": config.sampling.seed,
        "engine": engine_identity(config),
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
    """Hold one discussion and write its transcript to `out`, one row of TURNS an answer.

    What was answered before, in `shards` or in the version of `out` that was committed last, is not asked
    again. Raises InputError on bad input or a failing engine; finished answers stay in `shards`.
    """
    if protocol not in PROTOCOLS:
        raise InputError(f"no protocol {protocol!r}; there are: {', '.join(PROTOCOLS)}")
    topics, panel = topics_of(config, benchmark, questions_file), panel_of(config, validation)
    talk = PROTOCOLS[protocol](topics, panel, config.discussion)
    hold(talk, config, benchmark, protocol, out, shards, opener)


def hold(
    talk: Talk, config: Config, benchmark: str, protocol: str, out: Path, shards: Path, opener: Opener = open_engine
) -> None:
    """Run a talk to its end and write its transcript; see `discuss`. The rows keep the order of the asks."""
    settings = talk_settings(config, benchmark, protocol)
    with open_shards(shards, settings, TURNS, lambda row: (row["ask_sha256"], row["sample"])) as store:
        store.recover(previous_version(out), settings)
        floor = Floor(store, config, benchmark, protocol, opener)
        try:
            asked, finals = _to_its_end(talk, floor)
        finally:
            floor.close()
        counting = {(ask.digest(), sample) for ask, sample in finals}
        rows = [
            {**store.rows[digest, sample], "final": (digest, sample) in counting}
            for digest, ask in asked.items()
            for sample in range(ask.samples)
        ]
        write_table(out, table_of(rows, TURNS), {"settings": settings, "versions": store.versions})


def _to_its_end(talk: Talk, floor: "Floor") -> tuple[dict[str, Ask], list[Final]]:
    """(all asks by digest, the answers that count)."""
    asked: dict[str, Ask] = {}
    try:
        asks = next(talk)
        while True:
            asked |= {ask.digest(): ask for ask in asks}
            asks = talk.send(floor.answers(asks))
    except StopIteration as end:
        return asked, end.value


class Floor:
    """Gives asks to models, one model's engine open at a time, and keeps every answer."""

    def __init__(self, store: Shards, config: Config, benchmark: str, protocol: str, opener: Opener) -> None:
        self._store, self._config, self._opener = store, config, opener
        self._names = {"benchmark": benchmark, "protocol": protocol}
        self._speaker: str | None = None
        self._engine: Engine | None = None

    def answers(self, asks: list[Ask]) -> list[list[str]]:
        """For each ask the texts of its samples. Asks that are the same are asked once."""
        rows = self._store.rows
        missing: dict[str, Ask] = {}
        for ask in asks:
            digest = ask.digest()
            if any((digest, j) not in rows for j in range(ask.samples)):
                missing[digest] = ask
        # The model whose engine is open speaks first.
        for model in sorted({ask.model for ask in missing.values()}, key=lambda m: (m != self._speaker, m)):
            self._speak(model, {d: ask for d, ask in missing.items() if ask.model == model})
        return [[rows[digest, j]["response"] for j in range(ask.samples)] for ask in asks for digest in [ask.digest()]]

    def _speak(self, model: str, asks: dict[str, Ask]) -> None:
        config, first = self._config, next(iter(asks.values()))
        if model != self._speaker:
            self.close()
            self._engine = self._opener(config.engine, model, config.model(model), config.sampling)
            self._speaker = model
        work, size = list(asks.items()), config.engine.batch_questions
        with tqdm(total=len(work), desc=f"{model}, round {first.round}", unit="ask", mininterval=5) as bar:
            for start in range(0, len(work), size):
                batch, rows = work[start : start + size], []
                try:
                    for row in self._batch(batch):
                        rows.append(row)
                finally:
                    # Also when the engine fails in the middle: what it finished is kept.
                    self._store.add(rows, [self._engine.versions])
                bar.update(len(batch))

    def _batch(self, batch: list[tuple[str, Ask]]) -> Iterator[dict]:
        seed = self._config.sampling.seed
        requests = [
            Request(a.messages, a.samples, request_seed(seed, a.seed_key(), 0), a.stop, a.max_tokens, a.temperature)
            for _, a in batch
        ]
        for index, completions in self._engine.generate(requests):
            digest, ask = batch[index]
            for sample, c in enumerate(completions):
                yield self._names | {
                    "question_id": ask.question_id,
                    "round": ask.round,
                    "role": ask.role,
                    "model": ask.model,
                    "aspect": ask.aspect,
                    "about": ask.about,
                    "sample": sample,
                    "response": c.text,
                    "prompt_tokens": c.prompt_tokens,
                    "completion_tokens": c.completion_tokens,
                    "finish_reason": c.finish_reason,
                    "final": False,
                    "ask_sha256": digest,
                }

    def close(self) -> None:
        if self._engine is not None:
            self._engine.close()
        self._engine = self._speaker = None
