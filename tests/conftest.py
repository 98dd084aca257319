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
    """The longest tests start first, so that the other workers do the rest meanwhile."""
    longest = ("test_the_pipeline_runs", "test_a_model_a_benchmark_and_a_method")
    items.sort(key=lambda item: not item.name.startswith(longest))


class Parrot(BaseHTTPRequestHandler):
    """Answers with a number of the prompt, chosen by the seed: nothing it says is ever a measured result."""

    protocol_version = "HTTP/1.1"

    def do_POST(self):
        server = self.server
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
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


def small_params(base_url: str) -> dict:
    """The parameters of a small study: two models that the server plays, one benchmark of two tasks."""
    wheel = {"kind": "wheels", "packages": ["nobody==1.0"], "member": "x", "sha256": "0" * 64}
    return {
        "profile": "test",
        "model_names": ["chatty", "base"],
        "benchmark_names": ["short_answers"],
        "models": {
            "chatty": {"source": wheel, "prompt": "chat"},
            "base": {"source": {"kind": "hub", "id": "a/b", "revision": "main"}, "prompt": "few_shot"},
        },
        "benchmarks": {
            "short_answers": {
                "models": None,
                "questions": {"validation": 4, "test": 6},
                "samples": 3,
                "max_tokens": 8,
                "options": {
                    "examples": 2,
                    "example_seed": 1,
                    "validation_seed": 2,
                    "test_seed": 3,
                    "tasks": {
                        "chain_sum": {"min_terms": 2, "max_terms": 2, "min_digits": 1, "max_digits": 1},
                        "gcd": {"min_numbers": 2, "max_numbers": 2, "min_value": 2, "max_value": 9},
                    },
                },
            }
        },
        "sampling": {"temperature": 0.5, "top_p": 1.0, "seed": 7},
        "sandbox": "strict",
        "engine": {
            "name": "openai",
            "base_url": base_url,
            "concurrency": 3,
            "max_retries": 2,
            "timeout_seconds": 20,
            "batch_questions": 2,
        },
        "evaluation": {"samples": 2, "confidence": 0.95, "bootstrap_resamples": 200, "seed": 1},
        "certainty": {"differences": [0.02], "halvings": 2},
        "search": {
            "sizes": [2],
            "lambdas": [0, 1],
            "largest_budget": 3,
            "exhaustive_up_to": 1000,
            "subsets_up_to": 100,
            "start_budgets": [1],
            "sampler": "tpe",
            "seed": 5,
            "trials": 8,
            "trials_per_round": 4,
            "population": 4,
            "measured_samplers": ["random", "nsgaii"],
            "measured_seeds": 2,
            "frugal_margin": 0.01,
            "logged_trials": 3,
        },
        "search_large": {
            "benchmark_names": [],
            "start_budgets": [1],
            "trials": 12,
            "measured_samplers": ["ascent"],
            "measured_seeds": 2,
            "reported": [8],
            "penalties": [0],
        },
        "search_policies": {
            "largest_budget": 2,
            "thresholds": [0.5, 1.0],
            "exhaustive_up_to": 1000,
            "trials": 12,
            "measured_samplers": ["ascent"],
            "measured_seeds": 2,
        },
        "discussion": {
            "benchmark_names": ["short_answers"],
            "model_names": ["chatty"],
            "protocols": ["mixture_of_agents", "llm_debate", "multi_agent_verification"],
            "questions": 3,
            "labeller": "chatty",
            "options": {
                "mixture_of_agents": {"layers": 2, "temperature": 0.7},
                "llm_debate": {"rounds": 2, "temperature": 0.7},
                "multi_agent_verification": {
                    "candidates": 2,
                    "aspects": ["correctness", "task"],
                    "temperature": 0.7,
                    "verifier_temperature": 0.0,
                    "max_tokens": 2,
                },
            },
        },
        "theory": {
            "confidence": 0.95,
            "bootstrap_resamples": 100,
            "seed": 1,
            "max_samples": 3,
            "tolerance": 0.01,
            "calibration_tolerance": 0.05,
            "min_informative": 2,
            "unequal_budgets": 3,
            "rounding": 1e-9,
        },
        "published_names": [],
        "published_together": [],
        "published": {},
        "pools": {
            "samples": [1],
            "comparable_spread": 0.05,
            "leader_gap": 0.05,
            "teams": {},
            "theory": {},
            "theory_max_samples": 2,
        },
        "map": {
            "sizes": [2],
            "samples": [1],
            "forest_states": 64,
            "rule_samples": 1,
            "close_gap": 0.03,
            "far_gap": 0.1,
            "objective_resamples": 20,
        },
        "scaling": {"sizes": [1, 2], "samples": [1, 2, 3], "pairs": 2},
        "serving": {
            "policy": "sequential",
            "on_failure": "refuse",
            "concurrency": 3,
            "max_retries": 2,
            "timeout_seconds": 20,
        },
    }


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
