"""The Ray engine: what is handed to Ray Data and what is made of its answer; with a real model on a local Ray."""

import os
import sys

import pytest
import yaml
from conftest import ROOT, config_of_profile
from small_study import small_params

from slmmux.benchmarks.question import Prompt
from slmmux.benchmarks.render import render
from slmmux.config import load_config, parse_config
from slmmux.errors import InputError
from slmmux.generation.engine import Completion, Request
from slmmux.generation.open_engine import open_engine
from slmmux.generation.plan import Rates, generation_plan
from slmmux.generation.ray_engine import RayEngine, _cause, completed, connect, processor_arguments, sample_rows
from slmmux.generation.sample_settings import sample_settings
from slmmux.generation.vllm_arguments import vllm_arguments
from slmmux.paths import SHARDS, questions_file, responses_file
from slmmux.tables import RESPONSES, read_table

MODEL = "smollm2-135m"
LIMIT, CONTEXT, END = 6, 40, 2


class Letters:
    """A tokenizer of one token a letter; END spells nothing."""

    eos_token_id = END

    def __call__(self, text):
        return {"input_ids": [ord(letter) for letter in text]}

    def apply_chat_template(self, messages, add_generation_prompt, return_dict):
        assert add_generation_prompt and not return_dict
        return self("".join(f"<{m['role']}>{m['content']}" for m in messages) + "<assistant>")["input_ids"]

    def decode(self, tokens, skip_special_tokens):
        assert skip_special_tokens
        return "".join(chr(token) for token in tokens if token != END)


def request(prompt="ab", samples=1, seed=100, stop=("\n",), max_tokens=LIMIT, temperature=0.5):
    return Request(prompt, samples, seed, stop, max_tokens, temperature)


def answer(row, spelled):
    """What Ray Data returns for a row whose model said `spelled`; END is written as $."""
    tokens = [END if letter == "$" else ord(letter) for letter in spelled]
    text = spelled.split("\n")[0].replace("$", "")
    kept = {"request": row["request"], "sample": row["sample"]}
    return kept | {
        "generated_text": text,
        "generated_tokens": tokens,
        "num_input_tokens": len(row["tokenized_prompt"]),
    }


@pytest.fixture
def engine():
    """An engine without Ray behind it."""
    made = object.__new__(RayEngine)
    made._tokenizer, made._ends, made._max_model_len = Letters(), {END}, CONTEXT
    made._sampling = parse_config(small_params("http://127.0.0.1:1/v1"), "params").sampling
    return made


def test_every_sample_is_a_row_with_a_seed_of_its_own(engine):
    chat = [{"role": "user", "content": "hi"}]
    requests = [request("ab", 3, 100), request(chat, 2, 9000, (), 4, 0.0)]
    rows = sample_rows(requests, engine._tokens, engine._sampling)
    assert [(r["request"], r["sample"]) for r in rows] == [(0, 0), (0, 1), (0, 2), (1, 0), (1, 1)]
    assert [r["sampling_params"]["seed"] for r in rows] == [100, 101, 102, 9000, 9001]
    assert rows[0]["tokenized_prompt"] == [97, 98]
    assert "".join(map(chr, rows[4]["tokenized_prompt"])) == "<user>hi<assistant>"
    first, last = rows[0]["sampling_params"], rows[4]["sampling_params"]
    assert (first["temperature"], first["max_tokens"], first["stop"]) == (0.5, LIMIT, ["\n"])
    assert (last["temperature"], last["max_tokens"], last["stop"]) == (0.0, 4, None)
    assert {r["sampling_params"]["top_p"] for r in rows} == {engine._sampling.top_p}


def test_rows_in_any_order_become_completions_once_a_request_is_whole(engine):
    requests = [request(samples=2), request("abc", samples=3), request(samples=1)]
    rows = sample_rows(requests, engine._tokens, engine._sampling)
    said = [answer(row, f"{row['request']}{row['sample']}$") for row in rows]
    mixed = [said[i] for i in (4, 0, 5, 2, 3, 1)]
    found = list(completed(mixed, requests, engine._finish_reason))
    assert [index for index, _ in found] == [2, 1, 0]
    assert dict(found)[1] == [Completion(f"1{j}", 3, 3, "stop") for j in range(3)]
    assert list(completed(mixed[:-1], requests, engine._finish_reason)) == found[:2]


@pytest.mark.parametrize(
    ("prompt", "spelled", "reason"),
    [
        ("ab", "yes$", "stop"),
        ("ab", "yes\n", "stop"),
        ("ab", "yesyes", "length"),
        ("ab", "yesye$", "stop"),
        ("ab", "yesye\n", "stop"),
        ("a" * (CONTEXT - 3), "yes", "length"),
        ("a" * (CONTEXT - 3), "ye$", "stop"),
    ],
)
def test_why_a_sample_ended(engine, prompt, spelled, reason):
    asked = request(prompt)
    (row,) = sample_rows([asked], engine._tokens, engine._sampling)
    assert engine._finish_reason(asked, answer(row, spelled)) == reason


@pytest.fixture(scope="module")
def paper():
    return config_of_profile("paper_ray")


@pytest.fixture(scope="module")
def one_node():
    return config_of_profile("paper")


def test_models_reach_ray_data_with_their_revision_gpus_dtype_and_memory(paper):
    spec = paper.model("mixtral-8x7b")
    arguments = vllm_arguments(paper.engine, spec, paper.sampling, spec.source.revision, cpu=False)
    handed = processor_arguments(paper.engine, spec.source.id, arguments, cpu=False)
    assert handed["model_source"] == "mistralai/Mixtral-8x7B-Instruct-v0.1"
    want = {"tensor_parallel_size": 2, "dtype": "bfloat16", "gpu_memory_utilization": 0.9, "max_model_len": 4096}
    assert want.items() <= handed["engine_kwargs"].items()
    assert handed["engine_kwargs"]["revision"] == spec.source.revision
    assert handed["placement_group_config"] is None and handed["concurrency"] == (2, 2)
    assert handed["batch_size"] * handed["max_concurrent_batches"] >= paper.engine.max_num_seqs


def test_without_a_gpu_replicas_take_processor_cores(paper):
    arguments = vllm_arguments(paper.engine, paper.model("qwen25-7b"), paper.sampling, None, cpu=True)
    assert (arguments["block_size"], arguments["enable_chunked_prefill"]) == (32, False)
    handed = processor_arguments(paper.engine, "a/b", arguments, cpu=True)
    assert handed["placement_group_config"] == {"bundle_per_worker": {"CPU": 1}}


def test_the_profile_differs_from_the_papers_in_the_engine_alone(paper, one_node):
    assert paper.model_dump(exclude={"profile", "engine"}) == one_node.model_dump(exclude={"profile", "engine"})
    changed = paper.engine.model_dump().items() - one_node.engine.model_dump().items()
    assert {key for key, _ in changed} == {"name", "address", "replicas", "batch_questions"}


def test_samples_of_one_engine_are_not_taken_for_the_others_and_placement_shapes_none(paper):
    settings = sample_settings(paper, "gsm8k", "qwen25-7b")
    assert settings["engine"] == {"name": "ray", "dtype": "bfloat16"}


@pytest.mark.parametrize("package", ["ray", "vllm"])
def test_a_missing_package_gives_one_line(paper, monkeypatch, package):
    for name in ("ray", "vllm"):
        monkeypatch.setitem(sys.modules, name, None if name == package else sys)
    with pytest.raises(InputError, match=f"engine ray: the package {package} is not installed; `make engine`"):
        open_engine(paper.engine, "qwen25-7b", paper.model("qwen25-7b"), paper.sampling)


def test_what_libraries_may_log_is_set_before_they_are_imported(paper, monkeypatch):
    monkeypatch.delenv("TORCH_CPP_LOG_LEVEL", raising=False)
    for name in ("ray_engine", "vllm_arguments"):
        monkeypatch.delitem(sys.modules, f"slmmux.generation.{name}", raising=False)
    seen = []
    monkeypatch.setattr(
        "slmmux.generation.open_engine.need_engine_package",
        lambda *_: seen.append(os.environ.get("TORCH_CPP_LOG_LEVEL")) or stop(),
    )
    with pytest.raises(InputError, match="stopped"):
        open_engine(paper.engine, "qwen25-7b", paper.model("qwen25-7b"), paper.sampling)
    assert seen == ["ERROR"]


def stop():
    raise InputError("stopped")


def test_replicas_are_counted_in_the_plan(paper, one_node):
    for several, one in zip(*(generation_plan(c, Rates(1000, 0.5)).footprints for c in (paper, one_node))):
        assert several.gpus == 2 * one.gpus and several.least_gib_per_gpu == one.least_gib_per_gpu


def test_a_cluster_that_is_not_there_gives_one_line(monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", sys)
    with pytest.raises(InputError, match=r"engine ray: no cluster at 127\.0\.0\.1:9: .*refused"):
        connect("127.0.0.1:9")


def test_a_remote_trace_is_told_by_its_last_error():
    trace = "The actor died, ray::Worker()\n  File 'a.py', line 1\n    raise\nValueError: 1 error\n  too long (9)\n\n"
    assert _cause(Exception(trace)) == "ValueError: 1 error too long (9)"
    assert _cause(ConnectionError()) == "ConnectionError"


@pytest.mark.engine
def test_a_small_study_is_generated_on_a_local_ray(study):
    """Chat messages through `generate`, then text prompts with a limit through the engine itself."""
    from slmmux.benchmarks.question_list import write_questions
    from slmmux.generation.generate import generate

    pytest.importorskip("ray")
    real = yaml.safe_load((ROOT / "params.yaml").read_text())
    engine = yaml.safe_load((ROOT / "experiments/engine/vllm.yaml").read_text())
    engine |= {"name": "ray", "address": None, "replicas": 1, "max_model_len": 512, "max_num_seqs": 8}
    study.only(MODEL, real["models"][MODEL])
    study.params["discussion"]["benchmark_names"] = []
    study.params["engine"] = engine | {"batch_questions": 100}
    study.save()
    config, out = load_config(), responses_file("short_answers", MODEL)
    write_questions(config, "short_answers", questions_file("short_answers"))
    opened = []

    class Both:
        """The engine that generate opens, asked for more before it is closed."""

        def __init__(self, *words):
            opened.append(self)
            self._engine = open_engine(*words)
            self.versions, self.close = self._engine.versions, self._engine.close

        def generate(self, requests):
            text = render(Prompt("Tell me a long story.", (("What is 2 + 2?", "4"),)), "few_shot")
            more = [Request(text, 2, 7, (), 5, 0.5), Request(text, 2, 7, (), 5, 0.5)]
            for index, completions in self._engine.generate([*requests, *more]):
                if index < len(requests):
                    yield index, completions
                else:
                    self.stories = [*getattr(self, "stories", []), completions]

    for _ in range(2):
        generate(config, "short_answers", MODEL, questions_file("short_answers"), out, SHARDS, Both)
    assert len(opened) == 1, "a second run finds every sample"
    table, provenance = read_table(out, RESPONSES)
    rows = table.to_pylist()
    assert len(rows) == len({(row["question_id"], row["sample"]) for row in rows}) == 30
    for row in rows:
        assert row["prompt_tokens"] > 20 and 1 <= row["completion_tokens"] <= 8
        assert row["finish_reason"] == "stop" or row["completion_tokens"] == 8
    assert {row["finish_reason"] for row in rows} <= {"stop", "length"}
    assert provenance["settings"]["engine"] == {"name": "ray", "dtype": "auto"}
    (versions,) = provenance["versions"]
    assert versions["engine"] == "ray" and versions["dtype"] in ("float32", "bfloat16")
    assert {"ray", "vllm", "torch", "transformers", "device"} <= versions.keys()
    # Asked twice with the same seeds: the limit is kept and told, samples differ, the tokens are the prompt's.
    first, second = opened[0].stories
    assert [(c.completion_tokens, c.finish_reason) for c in first + second] == [(5, "length")] * 4
    assert {c.prompt_tokens for c in first} == {c.prompt_tokens for c in second}
    assert first[0].text != first[1].text
