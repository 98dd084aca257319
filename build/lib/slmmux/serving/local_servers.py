"""vLLM's own server for each model of a registered configuration, on this machine, started once and kept.

So a model in this process is asked as any other server is: many questions at a time, and cancelled requests stop.
"""

import atexit
import logging
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import closing
from pathlib import Path
from socket import create_server

import yaml

from slmmux.errors import InputError
from slmmux.extras import need_engine_package
from slmmux.generation.vllm_arguments import vllm_arguments
from slmmux.generation.weights import vllm_model
from slmmux.generation_settings import VllmSettings
from slmmux.serving.configuration import RegisteredConfiguration, ServedConfiguration, ServedModel

log = logging.getLogger(__name__)
HOST = "127.0.0.1"


class LocalServers:
    """All models stay loaded together: each gets an equal part of `gpu_memory_utilization`.

    processes: those of the servers, in the order of the models.
    """

    def __init__(self, registered: RegisteredConfiguration, engine: VllmSettings) -> None:
        share = engine.gpu_memory_utilization / len(registered.served.models)
        self._registered = registered
        self._engine = engine.model_copy(update={"gpu_memory_utilization": share})
        self.processes: list[subprocess.Popen] = []
        self._folder = tempfile.TemporaryDirectory(prefix="slmmux-serving-")
        atexit.register(self.close)

    def start(self) -> ServedConfiguration:
        """The configuration with the address of every model's server, once all answer.

        One after the other, since vLLM measures the memory that is free when it starts. Raises InputError where
        vLLM is not installed, a model cannot be had or a server does not start; none is left running then.
        """
        served = self._registered.served
        try:
            models = [model.model_copy(update={"base_url": self._start(model)}) for model in served.models]
        except BaseException:
            self.close()
            raise
        return served.model_copy(update={"models": models})

    def _start(self, model: ServedModel) -> str:
        need_engine_package("vllm", "vllm")
        from vllm.platforms import current_platform

        spec = self._registered.weights[model.name]
        path, revision = vllm_model(model.name, spec)
        arguments = vllm_arguments(
            self._engine, spec, self._registered.served.sampling, revision, current_platform.is_cpu()
        )
        port, folder = _free_port(), Path(self._folder.name)
        settings, said = folder / f"{port}.yaml", folder / f"{port}.log"
        # Flags have dashes: vLLM finds the `--no-` form of a flag by this name only.
        given = {name.replace("_", "-"): value for name, value in arguments.items() if value is not None}
        settings.write_text(yaml.safe_dump(given), encoding="utf-8")
        command = [sys.executable, "-m", "vllm.entrypoints.openai.api_server", "--model", path]
        command += ["--served-model-name", model.name, "--host", HOST, "--port", str(port), "--config", str(settings)]
        log.info("starting vLLM with %s", model.name)
        with said.open("wb") as out:
            process = subprocess.Popen(command, stdout=out, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
        self.processes.append(process)
        while not _answers(f"http://{HOST}:{port}/health"):
            if process.poll() is not None:
                raise InputError(f"engine vllm, model {model.name}: its server ended: {_last_line(said)}")
            time.sleep(1)
        return f"http://{HOST}:{port}/v1"

    def close(self) -> None:
        """End the servers. Called at the end of the process too."""
        for process in self.processes:
            process.terminate()
        while self.processes:
            process = self.processes.pop()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        self._folder.cleanup()


def _free_port() -> int:
    with closing(create_server((HOST, 0))) as free:
        return free.getsockname()[1]


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5):
            return True
    except OSError:
        return False


def _last_line(file: Path) -> str:
    lines = [line for line in file.read_text(encoding="utf-8", errors="replace").splitlines() if line.strip()]
    return lines[-1].strip()[:300] if lines else "without a word"
