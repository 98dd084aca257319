"""Fixtures: a server that speaks the OpenAI API without a model, and a small study in a folder of its own."""

import contextlib
import fcntl
import gc
import json
import os
import random
import re
import shutil
import threading
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
import yaml
from hypothesis import settings
from sandbox_callers import any_caller, hiding, sandbox, strict, strict_caller, weak, weak_caller  # noqa: F401
from sent_json import sent_json
from small_study import small_params
from warm_commands import warm_path  # noqa: F401

from slmmux.commands.compose import compose
from slmmux.config import Config, parse_config
from slmmux.yaml_file import parse_yaml

# Nothing is asserted on wall time: machines are shared. Continuous integration tries the same examples every
# time; everyone else tries new ones.
settings.register_profile("slmmux", deadline=None, derandomize=bool(os.environ.get("CI")))
settings.load_profile("slmmux")

ROOT = Path(__file__).resolve().parents[1]


def pytest_collection_finish():
    """What the imports made stays: looking for garbage in it, again and again, takes a twentieth of the time."""
    gc.freeze()
    gc.set_threshold(100_000)


def pytest_collection_modifyitems(items):
    """The longest tests, those of many commands, start first and in one worker; the others do the rest meanwhile."""
    items.sort(key=lambda item: "warm_path" not in item.fixturenames)


class Parrot(BaseHTTPRequestHandler):
    """Answers with a number of the prompt, chosen by the seed: nothing it says is ever a measured result."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        server = self.server
        if (body := sent_json(self)) is None:
            return
        with server.lock:
            server.requests.append(body)
            server.running += 1
            server.most_at_once = max(server.most_at_once, server.running)
            fail = server.failures.pop(0) if server.failures else None
        try:
            if fail:
                return self.reply(fail, {"error": {"message": "busy", "type": "server_error"}})
            text = body.get("prompt") or body["messages"][-1]["content"]
            numbers = re.findall(r"\d+", text) or ["0"]
            answer = random.Random(body["seed"]).choice(numbers[:2])
            choice = {"index": 0, "finish_reason": "stop", "logprobs": None}
            if "messages" in body:
                choice["message"] = {"role": "assistant", "content": answer}
            else:
                choice["text"] = answer
            usage = {"prompt_tokens": len(text.split()), "completion_tokens": 1, "total_tokens": 1}
            self.reply(200, {"id": "x", "object": "o", "created": 0, "model": "m", "choices": [choice], "usage": usage})
        finally:
            with server.lock:
                server.running -= 1

    def reply(self, status, content):
        data = json.dumps(content).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *words):
        pass


@pytest.fixture
def parrot():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Parrot)
    server.requests, server.failures, server.lock = [], [], threading.Lock()
    server.running = server.most_at_once = 0
    server.url = f"http://127.0.0.1:{server.server_port}/v1"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@cache
def composed(profile: str) -> str:
    """The composed parameters of a profile, composed once for all tests of a process."""
    with contextlib.chdir(ROOT):
        return compose(profile)


def config_of_profile(profile: str) -> Config:
    return parse_config(parse_yaml(composed(profile), profile), profile)


def as_yaml(value) -> str:
    """What `yaml.safe_dump` gives, in a tenth of the time."""
    return yaml.dump(value, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper))


def say(capsys, *words: str, expect: int = 0) -> list[str]:
    """One command in this process: the lines it printed."""
    from slmmux.cli import main

    assert main(list(words)) == expect
    out = capsys.readouterr()
    return (out.out + out.err).strip().splitlines()


@pytest.fixture
def study(tmp_path, monkeypatch, parrot):
    """A folder with params.yaml, as the working folder. `save()` writes changed parameters."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{tmp_path}/mlflow.db")
    params = small_params(parrot.url)

    class Study:
        path = tmp_path

        def __init__(self):
            self.params = params

        def only(self, model, spec):
            """One model, and nobody to discuss with."""
            self.params |= {"models": {model: spec}, "model_names": [model]}
            self.params["discussion"]["benchmark_names"] = []

        def save(self):
            (tmp_path / "params.yaml").write_text(as_yaml(self.params), encoding="utf-8")

    made = Study()
    made.save()
    return made


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory, worker_id):
    """A tracking store with MLflow's tables and no runs: making them takes a second. One for all workers."""
    from mlflow import MlflowClient

    base = tmp_path_factory.getbasetemp()
    path = (base if worker_id == "master" else base.parent) / "mlflow.db"
    with path.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not path.exists():
            MlflowClient(f"sqlite:///{path}").search_experiments()
    return path


@pytest.fixture
def with_store(study, empty_store):
    """The study's tracking store has its tables already."""
    shutil.copy(empty_store, study.path / "mlflow.db")
