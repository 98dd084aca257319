"""Real small models behind the endpoint: `make test-live`."""

import asyncio
import sys
from contextlib import contextmanager, suppress

import openai
import psutil
import pytest
import yaml
from conftest import ROOT
from processes import free_port, serving

from slmmux.config import load_config
from slmmux.serving.configuration import RegisteredConfiguration, ServedConfiguration
from slmmux.serving.local_servers import LocalServers

pytestmark = pytest.mark.engine
NAMES = ("smollm2-135m", "gemma-3-270m")


@pytest.fixture(scope="module")
def local():
    """Two models, each behind a vLLM of its own: the configuration with their addresses, and the servers."""
    config = load_config(ROOT / "params.yaml")
    values = {
        "name": "slm-mux",
        "reader": "short_answers",
        "system_prompt": None,
        "max_tokens": 12,
        "sampling": {"temperature": 0.5, "top_p": 1.0, "seed": 7},
        **config.serving.model_dump(),
        "models": [
            {
                "name": name,
                "prompt": config.model(name).prompt,
                "samples": 3,
                "validation_accuracy": accuracy,
                "base_url": None,
            }
            for name, accuracy in zip(NAMES, (0.4, 0.3))
        ],
    }
    served = ServedConfiguration.model_validate(values)
    weights = {name: config.model(name) for name in NAMES}
    registered = RegisteredConfiguration(choice="test", served=served, weights=weights, engine=config.engine)
    servers = LocalServers(registered, config.engine)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("VLLM_CPU_KVCACHE_SPACE", "1")
        found = servers.start()
    yield found, servers
    servers.close()


@contextmanager
def served(configuration, folder):
    """`slmmux serve` as a process of its own; the address of its API."""
    path, port = folder / "serving.yaml", free_port()
    path.write_text(yaml.safe_dump(configuration.model_dump()), encoding="utf-8")
    command = [sys.executable, "-m", "slmmux.cli", "serve", str(path), "--port", str(port)]
    with serving(command, f"http://127.0.0.1:{port}/health", folder / "serve.log"):
        yield f"http://127.0.0.1:{port}/v1"


def test_real_models_answer_through_the_endpoint(local, tmp_path):
    """One answer in full, one streamed."""
    with served(local[0], tmp_path) as address:
        client = openai.OpenAI(base_url=address, api_key="any", max_retries=0)
        question = [{"role": "user", "content": "What is 2 + 2?"}]
        found = client.chat.completions.create(model="slm-mux", messages=question)
        mux = found.slm_mux
        assert mux["model"] in NAMES and found.choices[0].message.content
        finished = sum(votes["finished"] for votes in mux["votes"])
        assert 3 <= finished <= 6 and found.usage.prompt_tokens > 5 * finished
        assert found.usage.completion_tokens >= finished
        chunks = list(client.chat.completions.create(model="slm-mux", messages=question, stream=True))
        assert chunks[0].choices[0].delta.content and chunks[-1].choices[0].finish_reason in ("stop", "length")


def end(server):
    """Kill a server, and the processes of its engine, which would outlive it."""
    engine = psutil.Process(server.pid).children(recursive=True)
    server.kill()
    for process in engine:
        with suppress(psutil.NoSuchProcess):
            process.kill()


def test_a_real_model_that_dies_among_many_requests(local, tmp_path):
    """200 requests, 20 at a time; after 100 answers the second server is killed. The last test of these servers."""
    configuration, servers = local
    configuration = configuration.model_copy(update={"on_failure": "leave_out", "policy": "parallel"})
    answered = []

    async def all_of_them(address):
        async with openai.AsyncOpenAI(base_url=address, api_key="any", max_retries=0) as asking:
            gate = asyncio.Semaphore(20)

            async def one(n):
                async with gate:
                    messages = [{"role": "user", "content": f"What is {n} + 2?"}]
                    found = await asking.chat.completions.create(model="slm-mux", messages=messages)
                    answered.append(n)
                    if len(answered) == 100:
                        end(servers.processes[1])
                    return found

            return await asyncio.gather(*(one(n) for n in range(200)))

    with served(configuration, tmp_path) as address:
        found = asyncio.run(all_of_them(address))
        last = openai.OpenAI(base_url=address, api_key="any", max_retries=0).chat.completions.create(
            model="slm-mux", messages=[{"role": "user", "content": "What is 2 + 2?"}]
        )
    assert len(found) == 200 and all(answer.usage.completion_tokens > 0 for answer in found)
    assert all(0 <= answer.slm_mux["confidence"] <= 1 for answer in found)
    assert not any(votes["failed"] for votes in found[answered[0]].slm_mux["votes"])
    assert last.slm_mux["model"] == NAMES[0]
    votes = {votes["model"]: votes for votes in last.slm_mux["votes"]}
    assert not votes[NAMES[0]]["failed"] and votes[NAMES[0]]["finished"] == 3
    assert votes[NAMES[1]]["failed"] or votes[NAMES[1]]["finished"] == 0
