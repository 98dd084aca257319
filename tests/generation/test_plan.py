"""The paper's profiles, and what `slmmux plan` says of a profile before anything is generated."""

import json

import pytest
from conftest import ROOT, composed, config_of_profile
from small_study import small_params

from slmmux.cli import main
from slmmux.commands.plan import power, power_text
from slmmux.config import parse_config
from slmmux.discussion.plan import discussion_work
from slmmux.errors import InputError
from slmmux.generation.plan import Rates, generation_plan
from slmmux.generation.sample_settings import sample_settings
from slmmux.yaml_file import parse_yaml

POOL = {"gemma-2-27b", "llama-31-8b", "mistral-small-24b", "mixtral-8x7b", "qwen25-7b"}


@pytest.fixture
def at_root(monkeypatch):
    monkeypatch.chdir(ROOT)


def test_the_papers_profiles_are_the_papers_settings(at_root):
    search, comparison, large = (config_of_profile(name) for name in ("paper", "paper_main", "paper_large"))
    assert set(search.model_names) == POOL and search.sampling.temperature == 0.5
    assert set(comparison.model_names) == {"mixtral-8x7b", "llama-31-8b", "gemma-2-27b"}
    assert comparison.sampling.temperature == 0.3 and large.model_names == ["qwen25-72b"]
    for config in (search, comparison, large):
        assert config.benchmark_names == ["math_500", "gpqa", "gsm8k"]
        assert config.evaluation.samples == 3
        assert {config.benchmark(name).samples for name in config.benchmark_names} == {9}
        assert [config.benchmark(name).questions.test for name in config.benchmark_names] == [500, 198, 500]
        for model in config.model_names:
            spec = config.model(model)
            assert spec.prompt == "chat" and spec.size is not None and spec.tensor_parallel_size
            assert len(spec.source.revision) == 40


def test_a_size_shapes_no_sample(at_root):
    config = config_of_profile("paper")
    assert "size" not in json.dumps(sample_settings(config, "gsm8k", "qwen25-7b"))
    assert all("size" not in spec for spec in parse_yaml(composed("laptop"), "laptop")["models"].values())


def test_the_sums_by_hand(at_root):
    plan = generation_plan(config_of_profile("paper"), Rates(500, 0.25))
    row = next(r for r in plan.work if (r.model, r.benchmark) == ("llama-31-8b", "math_500"))
    assert (row.questions, row.samples, row.most_completion_tokens) == (1000, 9000, 9000 * 2048)
    assert row.completion_tokens == 9000 * 512 and row.hours == pytest.approx(9000 * 512 / 500 / 3600)
    assert 100 < row.prompt_tokens / row.questions < 500
    total = plan.total()
    for name in ("questions", "samples", "prompt_tokens", "completion_tokens", "most_completion_tokens", "hours"):
        assert getattr(total, name) == pytest.approx(sum(getattr(r, name) for r in plan.work))
    assert total.samples == 5 * 9 * (1000 + 438 + 1000)
    mixtral = next(f for f in plan.footprints if f.model == "mixtral-8x7b")
    assert mixtral.weights_gib == pytest.approx(46.7e9 * 2 / 2**30)
    assert mixtral.cache_kib == 2 * 32 * 8 * 128 * 2 / 1024
    usable = 2 * 0.9
    assert mixtral.least_gib_per_gpu == pytest.approx((mixtral.weights_gib + 128 * 4096 / 2**20) / usable)
    assert mixtral.least_gib_per_gpu < mixtral.full_gib_per_gpu


def test_generated_questions_are_measured_and_sizes_may_be_missing():
    params = small_params("http://127.0.0.1:1/v1")
    params["models"]["base"]["size"] = {"parameters_billion": 2, "layers": 1, "key_value_heads": 1, "head_size": 1}
    plan = generation_plan(parse_config(params, "params"), Rates(1000, 0.5))
    chat, few_shot = plan.work
    assert chat.samples == few_shot.samples == 30 and chat.prompt_tokens != few_shot.prompt_tokens > 0
    assert plan.footprints[0].download_gb is None
    # The server holds the model: only its size is known here.
    assert (plan.footprints[1].download_gb, plan.footprints[1].weights_gib) == (4.0, None)


def test_printed(at_root, capsys):
    assert main(["plan", "experiments/profile/paper_large.yaml"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("Profile paper_large\n") and "qwen25-72b" in shown and "145.4" in shown
    assert main(["plan", "paper_large", "--json", "--tokens-per-second", "100"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["total"]["samples"] == 9 * 2438 and found["rates"]["tokens_per_second"] == 100
    assert main(["plan", "params.yaml"]) == 0
    assert "whose size is not declared" in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ["experiments/profile/nothing.yaml"],
        ["nothing"],
        ["dvc.yaml"],
        ["paper", "--tokens-per-second", "0"],
        ["paper", "--tokens-per-second", "fast"],
        ["paper", "--tokens-per-second", "nobody=5"],
        ["paper", "--tokens-per-second", "qwen25-7b=-1"],
        ["paper", "--tokens-per-second", "inf"],
        ["paper", "--tokens-per-second", "1e-320"],
        ["paper", "--completion-share", "1.5"],
        ["paper", "--completion-share", "5e-324"],
    ],
)
def test_bad_input_gives_one_line(at_root, capsys, words):
    assert main(["plan", *words]) == 2
    said = capsys.readouterr()
    assert said.out == "" and said.err.startswith("slmmux plan: ") and said.err.count("\n") == 1


def test_a_rate_that_is_no_number(at_root):
    with pytest.raises(InputError, match="tokens per second"):
        Rates(float("nan"), 0.5)


def test_a_speed_of_one_model_and_the_gpus_of_all_replicas(at_root):
    config = config_of_profile("paper_ray")
    configs = [
        config.model_copy(update={"engine": config.engine.model_copy(update={"replicas": count})}) for count in (1, 3)
    ]
    for model, share in (("qwen25-7b", 4), ("llama-31-8b", 1)):
        one, three = (
            next(row for row in generation_plan(c, Rates(500, 0.5, {"qwen25-7b": 2000})).work if row.model == model)
            for c in configs
        )
        assert one.hours == pytest.approx(one.completion_tokens / (500 * share) / 3600)
        assert three.hours == pytest.approx(one.hours / 3)
        assert one.gpu_hours == pytest.approx(one.hours * config.model(model).tensor_parallel_size)
        assert three.gpu_hours == pytest.approx(one.gpu_hours)


def test_discussions_are_counted_as_their_protocols_ask():
    params = small_params("http://127.0.0.1:1/v1")
    params["models"]["other"] = params["models"]["chatty"]
    params["model_names"] = ["chatty", "base", "other"]
    params["discussion"]["model_names"] = ["chatty", "other"]
    work = {(row.model, row.benchmark): row for row in discussion_work(parse_config(params, "params"), Rates(10, 0.5))}
    assert {benchmark for _, benchmark in work} == {
        f"short_answers, {name}" for name in ("mixture_of_agents", "llm_debate", "multi_agent_verification")
    }
    debate = work["chatty", "short_answers, llm_debate"]
    assert (debate.questions, debate.samples, debate.most_completion_tokens) == (3, 6, 6 * 8)
    # The last model counts as the best: it writes two candidates, and everyone judges each under two aspects.
    writer, judge = (work[m, "short_answers, multi_agent_verification"] for m in ("other", "chatty"))
    assert (writer.samples, judge.samples) == (3 * 2 + 3 * 4, 3 * 4)
    assert writer.most_completion_tokens == 3 * 2 * 8 + 3 * 4 * 2 and writer.gpu_hours is None
    aggregator, proposer = (work[m, "short_answers, mixture_of_agents"] for m in ("other", "chatty"))
    assert (aggregator.samples, proposer.samples) == (6, 3)


def test_what_the_questions_will_see_where_there_are_results(tmp_path, monkeypatch):
    config = parse_config(small_params("http://127.0.0.1:1/v1"), "small")
    monkeypatch.chdir(tmp_path)
    assert power(config) == [] and power_text([]) == ""
    name, k = config.benchmark_names[0], config.evaluation.samples
    folder = tmp_path / "results" / "certainty" / name
    folder.mkdir(parents=True)
    line = "samples,rival,spread,needs_1_points,needs_2_points\n"
    (folder / "power.csv").write_text(f"{line}{k},self_consistency,0.1,785.0,197.0\n{k + 1},other,1,1.0,1.0\n")
    (entry,) = power(config)
    questions = config.benchmark(name).questions.test
    assert entry["needs"] == {"1": 785, "2": 197} and entry["questions"] == questions
    # (1.96 + 0.84) 10 points / sqrt(n).
    assert entry["detectable"] == pytest.approx(28.0 / questions**0.5, abs=0.05)
    assert "785" in power_text([entry])
