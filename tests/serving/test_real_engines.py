"""Real small models behind the endpoint: `make test-live`."""

import asyncio
import sys

import openai
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
def configuration():
    """Two models, each behind a vLLM of its own."""
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
    yield found
    servers.close()


def test_real_models_answer_through_the_endpoint(configuration, tmp_path):
    """`slmmux serve` as a process of its own: one answer in full, one streamed, twenty at a time."""
    path, port = tmp_path / "serving.yaml", free_port()
    path.write_text(yaml.safe_dump(configuration.model_dump()), encoding="utf-8")
    command = [sys.executable, "-m", "slmmux.cli", "serve", str(path), "--port", str(port)]
    with serving(command, f"http://127.0.0.1:{port}/health", tmp_path / "serve.log"):
        address = f"http://127.0.0.1:{port}/v1"
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

        async def many():
            async with openai.AsyncOpenAI(base_url=address, api_key="any", max_retries=0) as asking:
                return await asyncio.gather(
                    *(
                        asking.chat.completions.create(
                            model="slm-mux", messages=[{"role": "user", "content": f"What is {n} + 2?"}]
                        )
                        for n in range(20)
                    )
                )

        answers = asyncio.run(many())
        assert len(answers) == 20 and all(answer.usage.completion_tokens >= 3 for answer in answers)
        # The same question gets the same samples while it is asked alone; here only that all were decided.
        assert all(0 <= answer.slm_mux["confidence"] <= 1 for answer in answers)
