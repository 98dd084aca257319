"""The OpenAI engine against what hosted servers send: nothing is lost, everything is said in one line."""

import logging
import threading

import pytest
from broken_replies import BROKEN, KEY
from faulty_server import as_json, faulty_server, good_reply

from slmmux.benchmarks.question_list import ask, write_questions
from slmmux.cli import main
from slmmux.config import load_config, parse_config
from slmmux.errors import InputError
from slmmux.generation.sample_settings import sample_settings
from slmmux.paths import SHARDS, questions_file, responses_file
from slmmux.tables import RESPONSES, read_table

OUT = responses_file("short_answers", "chatty")


@pytest.fixture
def server(study, monkeypatch):
    """A faulty server, and the study that asks it; its key in the environment."""
    monkeypatch.setenv("OPENAI_API_KEY", KEY)
    with faulty_server() as running:
        study.params["engine"] |= {"base_url": running.url, "max_retries": 0, "timeout_seconds": 20}
        study.save()
        write_questions(load_config(), "short_answers", questions_file("short_answers"))
        yield running


def change(study, **engine):
    study.params["engine"] |= engine
    study.save()


def first_question() -> str:
    return ask(load_config(), "short_answers")[0].text


def rows() -> list[dict]:
    return read_table(OUT, RESPONSES)[0].to_pylist()


def stored() -> int:
    return sum(read_table(part, RESPONSES)[0].num_rows for part in SHARDS.glob("*/*.parquet"))


GENERATE = ["generate", "short_answers", "chatty"]


@pytest.mark.parametrize("name", sorted(BROKEN))
def test_a_broken_reply_is_set_aside_and_asked_again_by_the_same_command(server, study, capsys, caplog, name):
    bad = first_question()
    server.faults = lambda number, text, body: BROKEN[name](body) if bad in text else None
    assert main(GENERATE) == 2
    said = capsys.readouterr().err
    assert said.splitlines()[-1].startswith("slmmux generate: 3 of 30 samples were refused, of 1 questions")
    assert server.url in said and not OUT.exists()
    warned = [record.getMessage() for record in caplog.records if "server" in record.getMessage()]
    assert len(warned) == 3 and all("\n" not in line for line in warned)
    assert KEY not in said and KEY not in caplog.text
    assert stored() == 27
    server.faults, server.requests[:] = lambda *_: None, []
    assert main(GENERATE) == 0
    assert len(server.requests) == 3 and len(rows()) == 30
    assert not any(KEY.encode() in path.read_bytes() for path in study.path.rglob("*") if path.is_file())


def test_a_truncated_body_is_set_aside(server, capsys):
    bad, server.cut = first_question(), 30
    server.faults = lambda number, text, body: as_json(good_reply(body)) if bad in text else None
    assert main(GENERATE) == 2
    assert "no whole reply" in capsys.readouterr().err and stored() == 27


def test_a_sample_that_fails_alone_keeps_the_others_of_its_question(server, capsys):
    server.faults = lambda number, text, body: as_json({"error": {"message": "no"}}, 400) if number == 3 else None
    assert main(GENERATE) == 2
    assert stored() == 29
    server.faults, server.requests[:] = lambda *_: None, []
    assert main(GENERATE) == 0 and len(server.requests) == 1


def test_what_every_request_meets_ends_the_run_early(server, study, capsys):
    change(study, give_up_after=4, concurrency=1)
    server.faults = lambda *_: as_json({"error": {"message": "Unsupported parameter: 'seed'"}}, 400)
    assert main(GENERATE) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert "Unsupported parameter: 'seed'" in said and "4 refused requests in a row" in said
    assert len(server.requests) == 4


@pytest.mark.parametrize(("status", "words"), [(401, "refuses the key in OPENAI_API_KEY"), (404, "no such model")])
def test_a_wrong_key_or_model_ends_the_run_at_once(server, study, capsys, status, words):
    change(study, concurrency=1)
    server.faults = lambda *_: as_json({"error": {"message": f"no such model, key {KEY}"}}, status)
    assert main(GENERATE) == 2
    said = capsys.readouterr().err.splitlines()[-1]
    assert words in said and KEY not in said and len(server.requests) == 1


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ({"content": ""}, "30 empty"),
        ({"content": None}, "30 empty"),
        ({"content": None, "finish_reason": "content_filter"}, "30 filtered by the server"),
        ({"content": "", "reasoning_content": "Let me think"}, "30 reasoning without an answer"),
        ({"content": " \n", "finish_reason": "length"}, "30 cut off before an answer"),
    ],
)
def test_samples_without_a_text_are_kept_and_warned_about(server, caplog, message, kind):
    server.faults = lambda number, text, body: as_json(good_reply(body, **message))
    assert main(GENERATE) == 0
    assert f"chatty on short_answers: 30 of 30 samples (100.0%) have no text: {kind}" in caplog.text
    assert {row["response"] for row in rows()} == {message["content"] or ""}
    assert {row["reasoning"] for row in rows()} == {message.get("reasoning_content")}


def test_what_a_sample_records(server):
    server.faults = lambda number, text, body: as_json(good_reply(body, reasoning_content="first, then"))
    assert main(GENERATE) == 0
    for row in rows():
        assert row["reasoning"] == "first, then" and row["seconds"] >= 0
        assert (row["mean_logprob"], row["min_logprob"]) == (-1.0, -1.5)
    settings = read_table(OUT, RESPONSES)[1]["settings"]
    assert settings["engine"] == {"name": "openai", "base_url": server.url}


def test_lone_surrogates_are_replaced_and_said(server, caplog):
    server.faults = lambda number, text, body: as_json(good_reply(body, content="a\ud800b")) if number == 1 else None
    assert main(GENERATE) == 0
    assert [row["response"] for row in rows()].count("a\ufffdb") == 1
    assert caplog.text.count("lone surrogate") == 1


def test_a_key_that_the_server_echoes_is_not_stored(server, study):
    server.faults = lambda number, text, body: as_json(
        good_reply(body, content=body["authorization"], reasoning_content=f"key {KEY}")
    )
    assert main(GENERATE) == 0
    assert {row["response"] for row in rows()} == {"Bearer ***"}
    assert not any(KEY.encode() in path.read_bytes() for path in study.path.rglob("*") if path.is_file())


def test_parameters_are_renamed_and_left_out(server, study):
    assert main(GENERATE) == 0
    assert server.requests[0].keys() >= {"temperature", "top_p", "max_tokens", "seed", "logprobs"}
    server.requests.clear()
    change(
        study,
        parameters={"max_tokens": "max_completion_tokens", "seed": None, "logprobs": None},
        model_parameters={"chatty": {"temperature": None}, "base": {"max_tokens": None}},
        served_names={"chatty": "org/Chatty-7B"},
    )
    assert main(GENERATE) == 0
    assert len(server.requests) == 30, "other parameters make other samples"
    for body in server.requests:
        assert body["model"] == "org/Chatty-7B" and body["max_completion_tokens"] == 8
        assert not body.keys() & {"seed", "temperature", "logprobs", "max_tokens"}
    engine = sample_settings(load_config(), "short_answers", "chatty")["engine"]
    assert engine == {
        "name": "openai",
        "base_url": server.url,
        "served_name": "org/Chatty-7B",
        "dropped": "seed, temperature",
    }


def test_a_model_may_have_a_server_of_its_own_and_another_server_inherits_nothing(server, study):
    assert main(GENERATE) == 0
    with faulty_server() as other:
        change(study, base_urls={"chatty": other.url})
        assert main(GENERATE) == 0
        assert (len(other.requests), len(server.requests)) == (30, 30)
        assert main(["generate", "short_answers", "base"]) == 0
        assert (len(other.requests), len(server.requests)) == (30, 60)


def test_several_samples_a_request(server, study, caplog):
    change(study, samples_per_request=2)
    assert main(GENERATE) == 0
    assert sorted(body.get("n", 1) for body in server.requests) == [1] * 10 + [2] * 10
    assert len(rows()) == 30 and {row["completion_tokens"] for row in rows()} == {2}


def test_a_server_that_ignores_n_is_named(server, study, capsys):
    change(study, samples_per_request=3, give_up_after=2)
    server.faults = lambda number, text, body: as_json(good_reply(body | {"n": 1}))
    assert main(GENERATE) == 2
    assert "1 choices where 3 were asked for" in capsys.readouterr().err


def test_a_hang_is_said_and_ends(server, study, capsys, caplog):
    change(study, timeout_seconds=1, notice_seconds=0.2)
    bad, free = first_question(), threading.Event()
    server.faults = lambda number, text, body: (free.wait(30), None)[1] if bad in text else None
    try:
        assert main(GENERATE) == 2
    finally:
        free.set()
    assert f"server {server.url}, model chatty: nothing finished for 0.2 s; waiting for " in caplog.text
    assert "One attempt ends after 1 s" in caplog.text
    assert "3 of 30 samples were refused" in capsys.readouterr().err and stored() == 27


def test_a_reply_that_trickles_in_ends(server, study, capsys):
    change(study, timeout_seconds=1, notice_seconds=30)
    bad, server.trickling = first_question(), threading.Event()
    server.faults = lambda number, text, body: as_json(good_reply(body)) if bad in text else None
    try:
        assert main(GENERATE) == 2
    finally:
        server.trickling.set()
    assert "no whole reply within 1 s" in capsys.readouterr().err and stored() == 27


@pytest.mark.parametrize("retry_after", [None, "0.1", "soon"])
def test_a_server_that_asks_to_wait_is_asked_again(server, study, retry_after):
    change(study, max_retries=2, concurrency=1)
    server.retry_after = retry_after
    server.faults = lambda number, *_: as_json({"error": {"message": "slow down"}}, 429) if number == 1 else None
    assert main(GENERATE) == 0
    assert len(server.requests) == 31 and len(rows()) == 30


def test_a_question_is_finished_before_later_ones_are_begun(server, study):
    change(study, concurrency=1)
    assert main(GENERATE) == 0
    asked = [body["messages"][-1]["content"] for body in server.requests]
    texts = [question.text for question in ask(load_config(), "short_answers") for _ in range(3)]
    assert all(text in message for text, message in zip(texts, asked, strict=True))


@pytest.mark.parametrize("url", ["http://user:secret@127.0.0.1/v1", "http://127.0.0.1/v1?key=1", "127.0.0.1/v1", ""])
def test_an_address_with_a_secret_is_refused_without_showing_it(study, url):
    study.params["engine"]["base_url"] = url
    with pytest.raises(InputError) as error:
        parse_config(study.params, "params.yaml")
    assert "secret" not in str(error.value) and "engine" in str(error.value)


@pytest.mark.parametrize(
    "elsewhere", ["http://me:hunter2@127.0.0.1:1/v1", "/v1?password=hunter2", "hunter2://me:hunter2@/"]
)
def test_where_a_server_redirects_to_is_not_told(server, study, capsys, caplog, elsewhere):
    change(study, concurrency=1, give_up_after=2)
    server.location = elsewhere
    server.faults = lambda *_: (307, "text/html", b"")
    assert main(GENERATE) == 2
    said = "".join(capsys.readouterr()) + caplog.text
    assert f"server {server.url}, model chatty" in said and "hunter2" not in said and KEY not in said
    files = [path for path in study.path.rglob("*") if path.is_file()]
    assert files and not any(b"hunter2" in path.read_bytes() for path in files)


def test_an_unknown_parameter_is_refused(study):
    study.params["engine"]["parameters"] = {"max_token": "x"}
    with pytest.raises(InputError, match="parameters"):
        parse_config(study.params, "params.yaml")


def test_the_interrupted_run_leaves_no_request_behind(server, study):
    """Closing the generator early ends the thread that asks."""
    from slmmux.generation.engine import Request
    from slmmux.generation.open_engine import open_engine

    logging.getLogger("asyncio").setLevel(logging.CRITICAL)
    config = load_config()
    engine = open_engine(config.engine, "chatty", config.model("chatty"), config.sampling)
    threads = threading.active_count()
    found = engine.generate([Request("a", 1, n, (), 4, 0.5) for n in range(50)])
    next(found)
    found.close()
    for thread in threading.enumerate():
        if thread.name.startswith("slmmux-openai"):
            thread.join(20)
            assert not thread.is_alive()
    assert threading.active_count() <= threads + 20 and len(server.requests) < 50
