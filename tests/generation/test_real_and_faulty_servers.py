"""One study whose models are on two servers: a real one of vLLM, and one that does what hosted servers do."""

import pytest
from conftest import ROOT
from faulty_server import as_json, faulty_server, good_reply
from real_server import documented_command, real_server

from slmmux.benchmarks.question_list import ask, write_questions
from slmmux.cli import main
from slmmux.config import load_config
from slmmux.generation.generate import generate
from slmmux.paths import SHARDS, questions_file, responses_file, samples_file
from slmmux.tables import RESPONSES, SAMPLES, read_table
from slmmux.yaml_file import read_yaml

MODEL, FAKE = "smollm2-135m", "chatty"
KEY = "sk-very-secret-0123456789"


def rows(model):
    return read_table(responses_file("short_answers", model), RESPONSES)[0].to_pylist()


def test_the_documented_command_is_found():
    environment, words = documented_command()
    assert environment == {"VLLM_CPU_KVCACHE_SPACE": "4"} and words[0] == "-m"
    assert {"--model", "--served-model-name", "--no-enable-chunked-prefill"} <= set(words)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    """The server that the documentation starts, on a free port of this machine; its address."""
    log = tmp_path_factory.mktemp("server") / "server.log"
    with real_server(MODEL, load_config(ROOT / "params.yaml"), log) as address:
        yield address


@pytest.mark.engine
def test_a_server_of_a_real_model_serves_a_small_study(server, study):
    real = read_yaml(ROOT / "params.yaml")
    study.only(MODEL, real["models"][MODEL])
    study.params["engine"]["base_url"] = server
    study.save()
    config, out = load_config(), responses_file("short_answers", MODEL)
    write_questions(config, "short_answers", questions_file("short_answers"))
    generate(config, "short_answers", MODEL, questions_file("short_answers"), out, SHARDS)
    table, provenance = read_table(out, RESPONSES)
    assert table.num_rows == 30
    assert min(table["completion_tokens"].to_pylist()) >= 1
    assert provenance["versions"][0]["server"] == server


@pytest.mark.engine
def test_a_study_on_a_real_and_a_faulty_server(server, study, monkeypatch, capsys, caplog):
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    real = read_yaml(ROOT / "params.yaml")
    study.params["models"] = {MODEL: real["models"][MODEL], FAKE: study.params["models"][FAKE]}
    study.params["model_names"] = [MODEL, FAKE]
    study.params["discussion"]["benchmark_names"] = []
    with faulty_server() as fake:
        study.params["engine"] |= {"base_url": server, "base_urls": {FAKE: fake.url}, "max_retries": 0}
        study.save()
        questions = [question.text for question in ask(load_config(), "short_answers")]
        write_questions(load_config(), "short_answers", questions_file("short_answers"))

        def faults(number, text, body):
            if questions[0] in text:
                return as_json({"error": {"message": f"overloaded, key {KEY}"}})
            if questions[1] in text:
                return as_json(good_reply(body, content="", reasoning_content=f"Let me think of {KEY}"))
            return (200, "text/html", b"<html>Bad gateway</html>") if questions[2] in text else None

        fake.faults = faults
        # What one server does leaves the other's samples alone, whichever comes first.
        assert main(["generate", "short_answers", FAKE]) == 2
        assert "6 of 30 samples were refused, of 2 questions" in capsys.readouterr().err
        assert main(["generate", "short_answers", MODEL]) == 0
        for row in rows(MODEL):
            assert row["completion_tokens"] >= 1 and row["prompt_tokens"] > 10 and row["seconds"] > 0
            assert row["min_logprob"] <= row["mean_logprob"] <= 0
        fake.faults, fake.requests[:] = lambda *_: None, []
        assert main(["generate", "short_answers", FAKE]) == 0
        assert len(fake.requests) == 6 and "3 of 30 samples (10.0%) have no text" in caplog.text
        assert [row["reasoning"] for row in rows(FAKE)].count("Let me think of ***") == 3
    addresses = {
        model: read_table(responses_file("short_answers", model), RESPONSES)[1]["settings"]["engine"]["base_url"]
        for model in (MODEL, FAKE)
    }
    assert addresses == {MODEL: server, FAKE: fake.url}
    assert main(["grade", "short_answers"]) == 0
    for model in (MODEL, FAKE):
        assert read_table(samples_file("short_answers", model), SAMPLES)[0].num_rows == 30
    assert KEY not in caplog.text
    assert not any(KEY.encode() in path.read_bytes() for path in study.path.rglob("*") if path.is_file())
