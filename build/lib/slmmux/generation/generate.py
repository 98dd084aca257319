"""Samples of one model on one benchmark: what is missing is generated, what is there is kept."""

from collections.abc import Callable, Hashable, Iterator, Sequence
from pathlib import Path

from tqdm import tqdm

from slmmux.benchmarks import get_benchmark
from slmmux.benchmarks.question import Prompt, Question
from slmmux.benchmarks.question_list import ask, read_questions
from slmmux.benchmarks.render import prompt_digest, render, stop_texts
from slmmux.config import Config
from slmmux.errors import InputError
from slmmux.generation.empty_answers import warn_of_empty
from slmmux.generation.engine import Completion, Engine, Request, request_seed
from slmmux.generation.open_engine import open_engine
from slmmux.generation.recover import previous_version
from slmmux.generation.sample_settings import sample_settings
from slmmux.generation.shards import Shards, open_shards
from slmmux.generation.store_samples import store_samples
from slmmux.tables import RESPONSES, table_of, write_table

Work = tuple[Question, int, Request]


def generate(
    config: Config,
    benchmark: str,
    model: str,
    questions_file: Path,
    out: Path,
    shards: Path,
    engine_opener: Callable[..., Engine] = open_engine,
) -> None:
    """Write `out`: every question of the benchmark × the configured number of samples.

    Finished parts under `shards`, and the version of `out` that was committed last, are used where they
    were made with the same settings and prompts. Raises InputError on bad input, a failing engine or refused
    requests; finished samples stay in `shards`.
    """
    settings, style = sample_settings(config, benchmark, model), config.model(model).prompt
    wanted = config.benchmark(benchmark).samples
    prompts = checked_prompts(config, benchmark, questions_file)
    digests = {q.id: prompt_digest(p) for q, p in prompts}

    def key(row: dict) -> tuple[str, int] | None:
        """None for a sample of a prompt that is not asked any more, or without the token counts that a cost needs."""
        asked = digests.get(row["question_id"]) == row["prompt_sha256"]
        counted = row["prompt_tokens"] is not None and row["completion_tokens"] is not None
        return (row["question_id"], row["sample"]) if asked and counted else None

    with open_shards(shards, settings, RESPONSES, key) as store:
        store.recover(previous_version(out), settings)
        work = list(_missing(prompts, set(store.rows), wanted, style, config, benchmark))
        if work:
            _run(work, store, config, benchmark, model, digests, engine_opener)
        warn_of_empty(f"{model} on {benchmark}", list(store.rows.values()))
        keys = [(q.id, j) for q, _ in prompts for j in range(wanted)]
        provenance = {"settings": settings, "versions": store.versions}
        write_table(out, table_of([store.rows[key] for key in keys], RESPONSES), provenance)


def checked_prompts(config: Config, name: str, questions_file: Path) -> list[tuple[Question, Prompt]]:
    """Every question with its prompt. Raises InputError where the file lists other questions than the parameters."""
    listed, benchmark = read_questions(questions_file), get_benchmark(name)
    prompts = [(q, benchmark.prompt(q)) for q in ask(config, name)]
    made = {q.id: prompt_digest(p) for q, p in prompts}
    if made != {i: row["prompt_sha256"] for i, row in listed.items()}:
        raise InputError(f"{questions_file}: not the questions of these parameters; run `dvc repro questions@{name}`")
    return prompts


def _missing(
    prompts: Sequence[tuple[Question, Prompt]],
    done: set[Hashable],
    wanted: int,
    style: str,
    config: Config,
    benchmark: str,
) -> Iterator[Work]:
    """One request for each unbroken run of missing samples of a question."""
    for question, prompt in prompts:
        gaps = [j for j in range(wanted) if (question.id, j) not in done]
        while gaps:
            first, length = gaps[0], 1
            while length < len(gaps) and gaps[length] == first + length:
                length += 1
            gaps = gaps[length:]
            yield (
                question,
                first,
                Request(
                    prompt=render(prompt, style),
                    samples=length,
                    seed=request_seed(config.sampling.seed, question.id, first),
                    stop=stop_texts(prompt, style),
                    max_tokens=config.benchmark(benchmark).max_tokens,
                    temperature=config.sampling.temperature,
                ),
            )


def _run(
    work: list[Work],
    store: Shards,
    config: Config,
    benchmark: str,
    model: str,
    digests: dict[str, str],
    engine_opener: Callable[..., Engine],
) -> None:
    engine, tokens = engine_opener(config.engine, model, config.model(model), config.sampling), 0
    total = sum(request.samples for _, _, request in work)
    try:
        with tqdm(total=total, desc=f"{model} on {benchmark}", unit="sample", mininterval=1) as bar:

            def row(index: int, number: int, completion: Completion) -> dict:
                question, first, _ = work[index]
                return _row(benchmark, model, question, first + number, completion, digests[question.id])

            def finished(completions: list[Completion]) -> None:
                nonlocal tokens
                tokens += sum(c.completion_tokens for c in completions)
                rate = tokens / max(bar.format_dict["elapsed"], 1e-9)
                bar.set_postfix_str(f"{rate:.0f} tokens/s", refresh=False)
                bar.update(len(completions))

            requests, names = [request for _, _, request in work], [question.id for question, _, _ in work]
            store_samples(engine, requests, names, store, row, config.engine.batch_questions, finished)
    finally:
        engine.close()


def _row(benchmark: str, model: str, question: Question, sample: int, c: Completion, digest: str) -> dict:
    return {
        "benchmark": benchmark,
        "split": question.split,
        "question_id": question.id,
        "model": model,
        "sample": sample,
        "response": c.text,
        "prompt_tokens": c.prompt_tokens,
        "completion_tokens": c.completion_tokens,
        "finish_reason": c.finish_reason,
        "prompt_sha256": digest,
        "reasoning": c.reasoning,
        "mean_logprob": c.mean_logprob,
        "min_logprob": c.min_logprob,
        "seconds": c.seconds,
    }
