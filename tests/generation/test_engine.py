"""Tests that need vLLM and a real small model: `make test-live`."""

import json
import os
import sys
import urllib.request

import numba  # noqa: F401  vLLM must open beside it
import pytest
import yaml
from conftest import ROOT, say
from processes import free_port, serving

from slmmux.benchmarks.question import Prompt
from slmmux.benchmarks.render import render
from slmmux.config import load_config
from slmmux.generation.engine import Refused, Request
from slmmux.generation.open_engine import open_engine
from slmmux.paths import SHARDS, questions_file, responses_file

pytestmark = pytest.mark.engine
MODEL = "smollm2-135m"


@pytest.fixture(scope="module")
def config():
    return load_config(ROOT / "params.yaml")


@pytest.fixture(scope="module")
def engine(config):
    made = open_engine(config.engine, MODEL, config.model(MODEL), config.sampling)
    yield made
    made.close()


def ask(engine, texts, samples=4, style="chat", seed=100, max_tokens=12, stop=("\n",)):
    prompts = [Prompt(t, (("What is 2 + 2?", "4"), ("What is 5 + 1?", "6"))) for t in texts]
    requests = [
        Request(render(p, style), samples, seed + 1000 * i, stop, max_tokens, 0.5) for i, p in enumerate(prompts)
    ]
    return dict(engine.generate(requests))


def test_a_real_model_gives_every_request_its_samples_with_token_counts(engine):
    found = ask(engine, ["What is 1 + 2?", "What is 3 + 4?", "What is 7 + 2?"])
    assert sorted(found) == [0, 1, 2]
    for completions in found.values():
        assert len(completions) == 4
        for c in completions:
            assert c.prompt_tokens > 20 and 1 <= c.completion_tokens <= 12
            assert c.finish_reason in ("stop", "length")


def test_the_limit_of_tokens_is_kept_and_told(engine):
    (completions,) = ask(engine, ["Tell me a long story."], samples=2, max_tokens=5, stop=()).values()
    assert [(c.completion_tokens, c.finish_reason) for c in completions] == [(5, "length")] * 2


def test_samples_of_one_prompt_differ_and_prompts_do_not_share_their_noise(engine):
    story = "Write one sentence about a town."
    found = ask(engine, [story, story], samples=8, max_tokens=24)
    texts = [[c.text for c in found[i]] for i in (0, 1)]
    assert len(set(texts[0])) > 3
    assert texts[0] != texts[1]


def test_the_same_seeds_give_the_same_first_tokens_again(engine):
    """Only the engine's own determinism on one machine is promised, and only statistically."""
    story = ["Write one sentence about a town."]
    first, second = (ask(engine, story, samples=8, max_tokens=6)[0] for _ in range(2))
    same = sum(a.text == b.text for a, b in zip(first, second))
    assert same >= 4


def test_every_sample_records_its_probabilities_and_time(engine):
    for completions in ask(engine, ["What is 1 + 2?", "What is 3 + 4?"]).values():
        for c in completions:
            assert c.min_logprob <= c.mean_logprob <= 0
            assert c.seconds > 0 and c.reasoning is None


def test_questions_come_as_they_finish_and_a_prompt_that_is_too_long_is_refused_alone(engine, config):
    long = [{"role": "user", "content": "word " * (2 * config.engine.max_model_len)}]
    prompts = [[{"role": "user", "content": "Tell me a long story."}], long, [{"role": "user", "content": "Say yes."}]]
    limits = [40, 4, 2]
    requests = [Request(p, 2, 100 * i, (), limit, 0.5) for i, (p, limit) in enumerate(zip(prompts, limits))]
    found = list(engine.generate(requests))
    assert [index for index, _ in found] == [1, 2, 0]
    assert all(isinstance(sample, Refused) for sample in found[0][1]) and len(found[0][1]) == 2
    assert [len(samples) for _, samples in found] == [2, 2, 2]
    # A run that is given up leaves nothing in the engine.
    for _ in engine.generate(requests):
        break
    assert sorted(dict(engine.generate([requests[2]]))) == [0]


def test_the_text_and_the_steps_are_those_of_vllms_own_loop(engine):
    """With the same requests and seeds. Steps: at most those of `LLM.chat`."""
    from vllm import SamplingParams

    prompts = [[{"role": "user", "content": f"What is {n} + {n}?"}] for n in range(6)]
    requests = [Request(prompt, 3, 1000 * n, ("\n",), 4 + 4 * n, 0.5) for n, prompt in enumerate(prompts)]
    core, steps = engine._llm.llm_engine, []
    inner = core.step
    core.step = lambda: steps.append(1) or inner()
    try:
        ours = dict(engine.generate(requests))
        of_ours, steps[:] = len(steps), []
        parameters = [
            SamplingParams(n=3, temperature=0.5, max_tokens=r.max_tokens, seed=r.seed, stop=["\n"]) for r in requests
        ]
        raw = engine._llm.chat(prompts, parameters, use_tqdm=False)
    finally:
        core.step = inner
    assert of_ours <= len(steps)
    theirs = [[o.text for o in sorted(output.outputs, key=lambda o: o.index)] for output in raw]
    same = sum(c.text == text for n, texts in enumerate(theirs) for c, text in zip(ours[n], texts))
    assert same >= 15


def test_text_prompts_go_to_the_model_as_they_are(engine):
    (completions,) = ask(engine, ["What is 1 + 2?"], style="few_shot").values()
    assert all("Question:" not in c.text for c in completions)


def test_the_versions_name_engine_dtype_and_device(engine):
    assert {"engine", "vllm", "torch", "transformers", "dtype", "device"} <= engine.versions.keys()
    assert engine.versions["dtype"] in ("float32", "bfloat16", "float16")


def test_a_small_study_is_generated_and_resumed_on_the_real_engine(engine, study, monkeypatch):
    from slmmux.benchmarks.question_list import write_questions
    from slmmux.generation.generate import generate
    from slmmux.tables import RESPONSES, read_table

    real = yaml.safe_load((ROOT / "params.yaml").read_text())
    study.only(MODEL, real["models"][MODEL])
    study.params["engine"] = real["engine"]
    study.save()
    config, out = load_config(), responses_file("short_answers", MODEL)
    write_questions(config, "short_answers", questions_file("short_answers"))
    opened = []

    def opener(*args):
        opened.append(args)
        return engine

    monkeypatch.setattr(type(engine), "close", lambda self: None)
    for _ in range(2):
        generate(config, "short_answers", MODEL, questions_file("short_answers"), out, SHARDS, opener)
    table, provenance = read_table(out, RESPONSES)
    assert table.num_rows == 30 and len(opened) == 1
    assert provenance["versions"] == [engine.versions]
    assert provenance["settings"]["sampling"]["temperature"] == 0.5


def test_a_real_model_discusses_by_every_protocol(engine, study, monkeypatch):
    import numpy as np

    from slmmux.benchmarks.question_list import write_questions
    from slmmux.discussion import PROTOCOLS
    from slmmux.discussion.protocol import TRANSCRIPT
    from slmmux.discussion.run_protocol import discuss
    from slmmux.paths import discussion_file
    from slmmux.tables import read_table
    from slmmux.votes.votes import Votes

    real = yaml.safe_load((ROOT / "params.yaml").read_text())
    study.only(MODEL, real["models"][MODEL])
    study.params["engine"] = real["engine"]
    study.params["discussion"] |= {"benchmark_names": ["short_answers"], "model_names": [MODEL], "labeller": MODEL}
    study.save()
    config, one = load_config(), np.ones((1, 1))
    write_questions(config, "short_answers", questions_file("short_answers"))
    votes = Votes(
        "short_answers", "validation", ("q",), (MODEL,), np.zeros((1, 1, 1), int), one > 0, np.array([1]), one, one
    )
    monkeypatch.setattr(type(engine), "close", lambda self: None)
    for protocol in PROTOCOLS:
        out = discussion_file("short_answers", protocol)
        questions = questions_file("short_answers")
        discuss(config, "short_answers", protocol, questions, votes, out, SHARDS, lambda *_: engine)
        table, provenance = read_table(out, TRANSCRIPT)
        turns = table.to_pylist()
        assert len({turn["question_id"] for turn in turns if turn["final"]}) == 3
        assert min(turn["prompt_tokens"] for turn in turns) > 10
        assert provenance["versions"] == [engine.versions]


def test_the_registered_model_is_served_with_a_real_model_behind_it(study, capsys, tmp_path):
    """`mlflow models serve`, two questions. The votes that choose the configuration come from the stand-in."""
    real = yaml.safe_load((ROOT / "params.yaml").read_text())
    study.only(MODEL, real["models"][MODEL])
    study.save()
    say(capsys, "questions", "short_answers")
    say(capsys, "generate", "short_answers", MODEL)
    for command in ("grade", "votes", "search"):
        say(capsys, command, "short_answers")
    study.params["engine"] = real["engine"]
    study.save()
    say(capsys, "register", "short_answers")
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [sys.executable, "-m", "mlflow", "models", "serve", "--env-manager", "local", "--timeout", "600"]
    command += ["-m", "models:/single-model-short_answers/1", "-p", str(port)]
    path = f"{os.path.dirname(sys.executable)}{os.pathsep}{os.environ['PATH']}"
    with serving(command, f"{address}/ping", tmp_path / "serve.log", PATH=path, VLLM_CPU_KVCACHE_SPACE="1"):
        body = json.dumps({"dataframe_records": [{"question": "What is 2 + 2?"}, {"question": "What is 5 + 1?"}]})
        request = urllib.request.Request(
            f"{address}/invocations", body.encode(), headers={"Content-Type": "application/json"}
        )
        with urllib.request.urlopen(request, timeout=600) as reply:
            rows = json.load(reply)["predictions"]
    assert len(rows) == 2
    for row in rows:
        (votes,) = json.loads(row["votes"])
        assert row["model"] == votes["model"] == MODEL
        assert row["answer"] and 0 < row["confidence"] <= 1
        assert votes["answers"][row["answer"]] / votes["samples"] == pytest.approx(row["confidence"])
        assert row["completion_tokens"] >= votes["finished"] >= 1
