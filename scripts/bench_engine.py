"""How fast the study's own loop over vLLM is: `make bench-engine`, or
python -m scripts.bench_engine [QUESTIONS] [TOKENS] [ROUNDS].

The same requests, with the same seeds, go through `VllmEngine.generate` and through vLLM's `LLM.chat`, in one engine
and in turns, so that both meet the same machine. Shown are the engine's steps and the completion tokens a second, by
the clock and of processor time, as ratios to those of `LLM.chat`. Needs the engine (`make engine`) and a small model
(`slmmux fetch smollm2-135m`).
"""

import statistics
import sys
import time
from collections.abc import Callable

from vllm import SamplingParams

from slmmux.benchmarks import get_benchmark
from slmmux.benchmarks.render import chat_messages
from slmmux.config import SplitSizes, load_config
from slmmux.generation.engine import Completion, Request, request_seed
from slmmux.generation.vllm_engine import VllmEngine
from slmmux.generation_settings import VllmSettings

MODEL, BENCHMARK, SAMPLES = "smollm2-135m", "gsm_symbolic", 5
SEQUENCES = 16
Texts = list[list[str]]


def requests(questions: int, tokens: int, temperature: float) -> list[Request]:
    benchmark = get_benchmark(BENCHMARK)
    sizes = SplitSizes(validation=1, test=questions)
    asked = benchmark.questions(sizes, {"validation_seed": 1, "test_seed": 2})[-questions:]
    return [
        Request(chat_messages(benchmark.prompt(q)), SAMPLES, request_seed(7, q.id, 0), (), tokens, temperature)
        for q in asked
    ]


def by_the_study(engine: VllmEngine, asked: list[Request]) -> tuple[Texts, int]:
    """(texts, completion tokens)."""
    found: dict[int, list[Completion]] = {}
    for index, samples in engine.generate(asked):
        found[index] = [sample for sample in samples if isinstance(sample, Completion)]
    ordered = [found[index] for index in range(len(asked))]
    return [[c.text for c in group] for group in ordered], sum(c.completion_tokens for group in ordered for c in group)


def by_vllm(engine: VllmEngine, asked: list[Request]) -> tuple[Texts, int]:
    parameters = [
        SamplingParams(n=r.samples, temperature=r.temperature, max_tokens=r.max_tokens, seed=r.seed) for r in asked
    ]
    outputs = engine._llm.chat([r.prompt for r in asked], parameters, use_tqdm=False)
    groups = [sorted(output.outputs, key=lambda o: o.index) for output in outputs]
    return [[o.text for o in group] for group in groups], sum(len(o.token_ids) for group in groups for o in group)


def main(questions: int = 24, tokens: int = 64, rounds: int = 6) -> None:
    config = load_config()
    settings = config.engine
    if not isinstance(settings, VllmSettings):
        raise SystemExit("params.yaml names another engine than vllm; `slmmux compose` writes it")
    settings = settings.model_copy(update={"max_num_seqs": SEQUENCES})
    engine = VllmEngine(settings, MODEL, config.model(MODEL), config.sampling)
    asked = requests(questions, tokens, config.sampling.temperature)
    core, steps = engine._llm.llm_engine, [0]
    inner = core.step

    def step():
        steps[0] += 1
        return inner()

    core.step = step

    def measured(run: Callable[..., tuple[Texts, int]]) -> tuple[Texts, int, float, float]:
        """(texts, steps, tokens a second, tokens a second of processor time)."""
        engine._llm.reset_prefix_cache()
        steps[0], began, used = 0, time.perf_counter(), time.process_time()
        texts, count = run(engine, asked)
        return texts, steps[0], count / (time.perf_counter() - began), count / (time.process_time() - used)

    measured(by_vllm)
    ratios: dict[str, list[float]] = {"steps": [], "tokens a second": [], "tokens a second of processor time": []}
    same = []
    for number in range(rounds):
        order = (by_vllm, by_the_study) if number % 2 == 0 else (by_the_study, by_vllm)
        result = {run: measured(run) for run in order}
        (raw, *of_vllm), (ours, *of_the_study) = result[by_vllm], result[by_the_study]
        for name, mine, theirs in zip(ratios, of_the_study, of_vllm):
            ratios[name].append(mine / theirs)
        same.append(sum(a == b for x, y in zip(raw, ours) for a, b in zip(x, y)) / (len(asked) * SAMPLES))
        print(
            f"round {number + 1}:",
            ", ".join(f"{n} {m:.1f} and {t:.1f}" for n, m, t in zip(ratios, of_the_study, of_vllm)),
        )
    for name, found in ratios.items():
        print(f"{name}, times those of LLM.chat".ljust(55), f"{statistics.median(found):.3f}")
    print("share of equal texts".ljust(55), f"{statistics.median(same):.3f}")
    engine.close()


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
