"""What discussions will cost, before anything is generated: each protocol is run with answers of expected length."""

from collections import defaultdict

from slmmux.benchmarks import get_benchmark
from slmmux.config import Config
from slmmux.discussion import PROTOCOLS, protocol_options
from slmmux.discussion.protocol import AgentRequest, Agents, AskedQuestion
from slmmux.generation.plan import CHARACTERS_PER_TOKEN, Rates, Work, typical_questions, work_of


def discussion_work(config: Config, rates: Rates) -> list[Work]:
    """The work of every model in every protocol on every discussed benchmark.

    The best model, which aggregates and writes candidates, is known on validation only: it is taken to be the one
    with the most parameters, or the last where sizes are not declared. Candidates are taken to differ.
    """
    work = []
    for benchmark in config.discussion.benchmark_names:
        for protocol in config.discussion.protocols:
            requests = _requests(config, rates, benchmark, protocol)
            for model, asked in requests.items():
                work.append(
                    work_of(
                        config,
                        rates,
                        model,
                        f"{benchmark}, {protocol}",
                        len({request.question_id for request in asked}),
                        sum(request.samples for request in asked),
                        sum(_characters(request) for request in asked) / CHARACTERS_PER_TOKEN,
                        sum(request.samples * request.max_tokens for request in asked),
                    )
                )
    return work


def _requests(config: Config, rates: Rates, benchmark: str, protocol: str) -> dict[str, list[AgentRequest]]:
    """model → all that it is asked."""
    names = config.discussion.model_names
    sizes = [size.parameters_billion if (size := config.model(name).size) else None for name in names]
    known = [size for size in sizes if size is not None]
    best = names[sizes.index(max(known))] if len(known) == len(names) else names[-1]
    typical = typical_questions(config, benchmark)
    prompt, max_tokens = get_benchmark(benchmark).prompt, config.benchmark(benchmark).max_tokens
    questions = [
        AskedQuestion(f"q{n}", prompt(typical[n % len(typical)]), max_tokens)
        for n in range(config.discussion.questions)
    ]
    asked: dict[str, list[AgentRequest]] = defaultdict(list)
    rounds = PROTOCOLS[protocol].rounds(questions, Agents(tuple(names), best), protocol_options(config, protocol))
    requests = next(rounds)
    while True:
        for request in requests:
            asked[request.model].append(request)
        answers = [[_answer(n, request, rates) for n in range(request.samples)] for request in requests]
        try:
            requests = rounds.send(answers)
        except StopIteration:
            return asked


def _answer(number: int, request: AgentRequest, rates: Rates) -> str:
    """A text of expected length that differs from the other samples' texts."""
    return str(number).ljust(round(rates.completion_share * request.max_tokens * CHARACTERS_PER_TOKEN), "x")


def _characters(request: AgentRequest) -> int:
    return sum(len(message["content"]) for message in request.messages)
