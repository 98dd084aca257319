"""vLLM's own server, started by the command that the documentation gives, with a small real model."""

import re
import shlex
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from conftest import ROOT
from processes import free_port, serving

from slmmux.config import Config
from slmmux.generation.weights import vllm_model

MODULE = "vllm.entrypoints.openai.api_server"


def documented_command() -> tuple[dict[str, str], list[str]]:
    """(environment, arguments behind the program) of the command in docs/generation.md."""
    text = (ROOT / "docs" / "generation.md").read_text(encoding="utf-8")
    (block,) = [block for block in re.findall(r"```sh\n(.*?)```", text, re.DOTALL) if MODULE in block]
    words = shlex.split(block.replace("\\\n", " "))
    program = words.index(".venv/bin/python")
    return dict(word.split("=", 1) for word in words[:program]), words[program + 1 :]


@contextmanager
def real_server(model: str, config: Config, log: Path) -> Iterator[str]:
    """The address of a server that knows `model` by its name here. Its words go to `log`."""
    environment, words = documented_command()
    path, _ = vllm_model(model, config.model(model))
    for option, value in (("--model", path), ("--served-model-name", model)):
        words[words.index(option) + 1] = value
    port = free_port()
    command = [sys.executable, *words, "--host", "127.0.0.1", "--port", str(port)]
    with serving(command, f"http://127.0.0.1:{port}/health", log, **environment):
        yield f"http://127.0.0.1:{port}/v1"
