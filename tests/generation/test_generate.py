"""Generation against a server: resuming, topping up, damage, seeds, retries."""

import shutil
import time
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import yaml
from dvc.cli import main as dvc_main
from processes import forked

from slmmux.benchmarks import short_answers
from slmmux.benchmarks.question_list import ask, write_questions
from slmmux.config import load_config
from slmmux.errors import InputError
from slmmux.generation.engine import Completion, request_seed
from slmmux.generation.generate import generate
from slmmux.paths import SHARDS, questions_file, responses_file
from slmmux.tables import OPTIONAL, RESPONSES, read_table, table_of, write_table

QUESTIONS, OUT = questions_file("short_answers"), responses_file("short_answers", "chatty")


def make(model="chatty"):
    config = load_config()
    write_questions(config, "short_answers", QUESTIONS)
    out = responses_file("short_answers", model)
    generate(config, "short_answers", model, QUESTIONS, out, SHARDS)
    return read_table(out, RESPONSES)[0].to_pylist()


def keys(rows):
    return [(row["question_id"], row["sample"]) for row in rows]


def expected_keys(samples):
    return [(q.id, j) for q in ask(load_config(), "short_answers") for j in range(samples)]


def test_every_question_gets_its_samples_once_in_order(study, parrot):
    assert keys(make()) == expected_keys(3)
    assert len(parrot.requests) == 30


def test_a_second_run_asks_the_engine_for_nothing_and_writes_the_same_bytes(study, parrot):
    make()
    first = OUT.read_bytes()
    make()
    assert len(parrot.requests) == 30
    assert OUT.read_bytes() == first


def test_chat_and_few_shot_prompts_reach_the_server_as_such(study, parrot):
    make("chatty")
    chat = parrot.requests[0]
    assert [m["role"] for m in chat["messages"]] == ["user", "assistant"] * 2 + ["user"]
    parrot.requests.clear()
    make("base")
    assert parrot.requests[0]["prompt"].count("Question:") == 3
    assert parrot.requests[0]["prompt"].endswith("Answer:")


def test_asking_for_more_samples_tops_up_with_new_seeds(study, parrot):
    before = {key: row["response"] for key, row in zip(expected_keys(3), make())}
    seeds = {r["seed"] for r in parrot.requests}
    parrot.requests.clear()
    study.params["benchmarks"]["short_answers"]["samples"] = 5
    study.save()
    rows = make()
    assert keys(rows) == expected_keys(5)
    assert len(parrot.requests) == 20
    assert not seeds & {r["seed"] for r in parrot.requests}
    assert all(row["response"] == before[k] for row in rows if (k := (row["question_id"], row["sample"])) in before)


def test_more_questions_keep_the_samples_of_those_before(study, parrot):
    make()
    parrot.requests.clear()
    study.params["benchmarks"]["short_answers"]["questions"]["test"] = 8
    study.save()
    assert keys(make()) == expected_keys(3)
    assert len(parrot.requests) == 6


def test_other_sampling_parameters_never_reuse_samples(study, parrot):
    make()
    study.params["sampling"]["temperature"] = 0.9
    study.save()
    make()
    assert len(parrot.requests) == 60


def test_a_changed_prompt_is_asked_anew_and_the_old_one_is_still_known(study, parrot, monkeypatch):
    old = make()
    parrot.requests.clear()
    with monkeypatch.context() as patch:
        patch.setattr(short_answers, "INSTRUCTION", "Answer briefly.")
        new = make()
    assert len(parrot.requests) == 30
    assert keys(new) == keys(old)
    assert {r["prompt_sha256"] for r in new}.isdisjoint(r["prompt_sha256"] for r in old)
    assert make() == old
    assert len(parrot.requests) == 30


def test_a_damaged_part_is_made_anew(study, parrot):
    rows = make()
    parts = sorted(SHARDS.glob("*/*.parquet"))
    data = bytearray(parts[1].read_bytes())
    data[40] ^= 0xFF
    parts[1].write_bytes(bytes(data))
    parts[2].write_bytes(parts[2].read_bytes()[:50])
    parrot.requests.clear()
    # What was made again took another time.
    assert [row | {"seconds": 0} for row in make()] == [row | {"seconds": 0} for row in rows]
    assert len(parrot.requests) == 12


def test_seeds_of_all_samples_differ(study, parrot):
    make()
    seeds = [r["seed"] for r in parrot.requests]
    assert len(set(seeds)) == len(seeds)


def test_a_sample_has_the_same_seed_however_many_are_asked_for():
    assert request_seed(7, "q", 4) == request_seed(7, "q", 0) + 4
    assert request_seed(7, "q", 0) != request_seed(8, "q", 0)


def test_concurrency_is_bounded_and_failures_are_retried(study, parrot):
    parrot.failures = [503, 500, 429]
    make()
    assert parrot.most_at_once <= 3
    assert len(parrot.requests) == 33


def test_a_server_that_is_down_gives_one_line_and_keeps_what_was_there(study, parrot):
    rows = make()
    before = OUT.read_bytes()
    study.params["benchmarks"]["short_answers"]["samples"] = 4
    study.params["engine"] |= {"base_url": "http://127.0.0.1:9/v1", "max_retries": 0}
    study.save()
    with pytest.raises(InputError, match=r"server http://127\.0\.0\.1:9/v1, model chatty: not reachable"):
        make()
    assert OUT.read_bytes() == before
    study.params["engine"] |= {"base_url": parrot.url, "max_retries": 2}
    study.save()
    parrot.requests.clear()
    assert [r for r in make() if r["sample"] < 3] == rows
    assert len(parrot.requests) == 10


def test_what_a_failing_engine_finished_is_kept(study, parrot):
    parrot.failures = [None] * 9 + [401]
    with pytest.raises(InputError, match="chatty"):
        make()
    asked = len(parrot.requests)
    parrot.failures, parrot.requests = [], []
    assert keys(make()) == expected_keys(3)
    assert asked < 30
    assert len(parrot.requests) < 30


def test_a_sample_without_token_counts_is_asked_again(study, parrot):
    make()
    part = next(SHARDS.glob("*/*.parquet"))
    table, provenance = read_table(part, RESPONSES)
    rows = [row | {"completion_tokens": None} for row in table.to_pylist()]
    write_table(part, table_of(rows, RESPONSES), provenance)
    parrot.requests.clear()
    assert keys(make()) == expected_keys(3)
    assert len(parrot.requests) == len(rows)


def test_old_files_are_read_and_written_as_they_were(study, parrot):
    """Files from before the record of log-probabilities lack its columns; no file grows by columns of nulls."""
    rows = [row | dict.fromkeys(OPTIONAL) for row in make()]
    path = study.path / "old.parquet"
    write_table(path, table_of(rows, RESPONSES), {"versions": []})
    assert not OPTIONAL & set(pq.ParquetFile(path).schema_arrow.names)
    table, _ = read_table(path, RESPONSES)
    assert table.to_pylist() == rows and table.schema.equals(RESPONSES)


class Busy:
    """An engine that yields one request at a time, and notes how much of it was stored by then."""

    def __init__(self, stored):
        self.versions, self.stored, self.seen, self.asked = {"engine": "busy"}, stored, [], []

    def generate(self, requests):
        self.asked.append(len(requests))
        for index in reversed(range(len(requests))):
            self.seen.append(self.stored())
            yield index, [Completion(str(index), 1, 1, "stop")] * requests[index].samples

    def close(self):
        pass


def test_all_requests_are_queued_at_once_and_written_as_they_finish(study):
    def stored():
        return sum(read_table(part, RESPONSES)[0].num_rows for part in SHARDS.glob("*/*.parquet"))

    engine, config = Busy(stored), load_config()
    write_questions(config, "short_answers", QUESTIONS)
    generate(config, "short_answers", "chatty", QUESTIONS, OUT, SHARDS, lambda *_: engine)
    assert engine.asked == [10]
    # Two finished questions of three samples are written together.
    assert engine.seen == [0, 0, 6, 6, 12, 12, 18, 18, 24, 24]
    assert keys(read_table(OUT, RESPONSES)[0].to_pylist()) == expected_keys(3)


def test_two_runs_at_once_are_refused(study, parrot):
    import fcntl

    make()
    with next(SHARDS.glob("*/lock")).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        with pytest.raises(InputError, match="another run"):
            make()


def test_killed_at_any_moment_it_resumes_with_no_sample_lost_or_doubled(study, parrot):
    write_questions(load_config(), "short_answers", QUESTIONS)
    for parts in (1, 2, 4):
        run = forked("generate", "short_answers", "chatty")
        while len(list(SHARDS.glob("*/*.parquet"))) < parts and run.is_alive():
            time.sleep(0.005)
        run.kill()
        run.join()
    kept = sum(read_table(p, RESPONSES)[0].num_rows for p in SHARDS.glob("*/*.parquet"))
    parrot.requests.clear()
    assert keys(make()) == expected_keys(3)
    assert len(parrot.requests) == 30 - kept
    assert kept >= 6


@pytest.mark.parametrize("shared_cache", [False, True])
def test_the_committed_version_is_topped_up_in_a_fresh_clone(study, parrot, tmp_path_factory, shared_cache):
    """DVC deletes an output before its stage runs; the cache still holds it, wherever `cache.dir` puts it."""
    rows = make()
    stage = {"cmd": "true", "outs": [OUT.as_posix()]}
    Path("dvc.yaml").write_text(yaml.safe_dump({"stages": {"generate": stage}}))
    commands = [["init", "--quiet", "--no-scm"], ["commit", "--quiet", "--force"]]
    if shared_cache:
        commands.insert(1, ["cache", "dir", str(tmp_path_factory.mktemp("shared"))])
    for words in commands:
        assert dvc_main(words) == 0, words
    OUT.unlink()
    shutil.rmtree(SHARDS)
    parrot.requests.clear()
    study.params["benchmarks"]["short_answers"]["samples"] = 4
    study.save()
    topped = make()
    assert [r for r in topped if r["sample"] < 3] == rows
    assert len(parrot.requests) == 10
