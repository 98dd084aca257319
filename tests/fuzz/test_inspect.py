"""A malformed log of Inspect is refused in one line, or read whole: never a traceback."""

import json
import random
import zipfile

import pytest
from malformed import TOKENS, damaged_bytes, damaged_data, fuzz

from slmmux.samples.lm_eval_logs import LogChoices
from slmmux.samples.read import read_samples
from slmmux.samples.tabulate import votes_from_samples


def written(folder, kind: str):
    """A log of two questions and two epochs, a file."""
    log = pytest.importorskip("inspect_ai.log")
    from inspect_ai.model import ModelOutput, ModelUsage
    from inspect_ai.scorer import Score

    spec = log.EvalSpec(
        created="2025-01-02T03:04:05+00:00", task="sums", model="org/m",
        dataset=log.EvalDataset(), config=log.EvalConfig(epochs=2),
    )  # fmt: skip
    output = ModelOutput.from_content("org/m", "it is 4")
    output.usage = ModelUsage(input_tokens=3, output_tokens=4)
    samples = [
        log.EvalSample(
            id=i, epoch=epoch, input="2 + 2?", target="4", output=output,
            scores={"match": Score(value=value, answer="4"), "other": Score(value=0.5)},
        )
        for i in (1, "b")
        for epoch, value in ((1, "C"), (2, "I"))
    ]  # fmt: skip
    path = folder / f"good.{kind}"
    log.write_eval_log(log.EvalLog(eval=spec, status="success", samples=samples), str(path))
    return path


def test_malformed_logs(tmp_path):
    good = json.loads(written(tmp_path, "json").read_bytes())
    packed = written(tmp_path, "eval")
    with zipfile.ZipFile(packed) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    choices = (LogChoices(), LogChoices(metric="other"), LogChoices(read_as="gsm8k"))

    def draw(rng: random.Random):
        chosen = rng.choice(choices)
        if rng.random() < 0.5:
            content = json.dumps(damaged_data(rng, good)).encode()
            return "json", damaged_bytes(rng, content, TOKENS) if rng.random() < 0.2 else content, chosen
        if rng.random() < 0.3:
            return "eval", damaged_bytes(rng, packed.read_bytes()), chosen
        name = rng.choice(list(members))
        return "eval", members | {name: _damaged(rng, members[name])}, chosen

    def parse(given) -> None:
        kind, content, chosen = given
        path = tmp_path / f"x.{kind}"
        if isinstance(content, dict):
            with zipfile.ZipFile(path, "w") as archive:
                for name, data in content.items():
                    archive.writestr(name, data)
        else:
            path.write_bytes(content)
        votes_from_samples(read_samples([str(path)], "test", chosen), "test")

    assert fuzz("inspect", draw, parse) > 0


def _damaged(rng: random.Random, member: bytes) -> bytes:
    if rng.random() < 0.7:
        return json.dumps(damaged_data(rng, json.loads(member))).encode()
    return damaged_bytes(rng, member, TOKENS)
