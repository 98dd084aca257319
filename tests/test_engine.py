"""Tests that need vLLM and a real small model: `make test-live`."""

import os
import socket
import subprocess
import sys
import time
import urllib.request

import pytest
import yaml
from conftest import ROOT

from slmmux.benchmarks.question import Prompt
from slmmux.config import load_config
from slmmux.generation.engine import Request, open_engine
from slmmux.models.prompt import render
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


def test_text_prompts_go_to_the_model_as_they_are(engine):
    (completions,) = ask(engine, ["What is 1 + 2?"], style="few_shot").values()
    assert all("Question:" not in c.text for c in completions)


def test_the_versions_name_engine_dtype_and_device(engine):
    assert {"engine", "vllm", "torch", "transformers", "dtype", "device"} <= engine.versions.keys()
    assert engine.versions["dtype"] in ("float32", "bfloat16", "float16")


def test_a_small_study_is_generated_and_resumed_on_the_real_engine(engine, study, monkeypatch):
    from slmmux.benchmarks.ask import write_questions
    from slmmux.generation.generate import generate
    from slmmux.tables import RESPONSES, read_table

    real = yaml.safe_load((ROOT / "params.yaml").read_text())
    study.params["models"] = {MODEL: real["models"][MODEL]}
    study.params["model_names"] = [MODEL]
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


@pytest.fixture
def server(config, tmp_path):
    """`vllm serve` with the same model on a free port of this machine; its address."""
    from slmmux.models.source import vllm_model

    path, _ = vllm_model(MODEL, config.model(MODEL))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", path, "--port", str(port)]
    command += ["--host", "127.0.0.1", "--served-model-name", MODEL, "--enforce-eager", "--max-model-len", "512"]
    command += ["--max-num-seqs", "8", "--gpu-memory-utilization", "0.2", "--no-enable-chunked-prefill"]
    command += ["--max-num-batched-tokens", "2048"]
    env = os.environ | {"VLLM_CPU_KVCACHE_SPACE": "1"}
    with (tmp_path / "server.log").open("w") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log, env=env, start_new_session=True)
    try:
        deadline = time.monotonic() + 300
        while True:
            assert process.poll() is None, (tmp_path / "server.log").read_text()[-3000:]
            assert time.monotonic() < deadline, "the server did not start"
            try:
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2)
                break
            except OSError:
                time.sleep(1)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        os.killpg(process.pid, 15)
        process.wait()


def test_a_server_of_a_real_model_serves_a_small_study(server, study):
    from slmmux.benchmarks.ask import write_questions
    from slmmux.generation.generate import generate
    from slmmux.tables import RESPONSES, read_table

    real = yaml.safe_load((ROOT / "params.yaml").read_text())
    study.params["models"] = {MODEL: real["models"][MODEL]}
    study.params["model_names"] = [MODEL]
    study.params["engine"]["base_url"] = server
    study.save()
    config, out = load_config(), responses_file("short_answers", MODEL)
    write_questions(config, "short_answers", questions_file("short_answers"))
    generate(config, "short_answers", MODEL, questions_file("short_answers"), out, SHARDS)
    table, provenance = read_table(out, RESPONSES)
    assert table.num_rows == 30
    assert min(table["completion_tokens"].to_pylist()) >= 1
    assert provenance["versions"][0]["server"] == server
