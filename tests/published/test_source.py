"""Published files come from the local folder or the repository, and only with the right checksum."""

import hashlib

import pytest

from slmmux.errors import InputError
from slmmux.published import source as module
from slmmux.published.source import read_files, read_licence
from slmmux.settings import PublishedSource

CONTENT = b'{"a": 1}'


def source(sha256: str | None = None, folder: str = "", licence=None) -> PublishedSource:
    return PublishedSource(
        repository="owner/name",
        commit="0" * 40,
        local="toy",
        folder=folder,
        path="results/{model}.json",
        reader="crux_eval",
        licence=licence,
        validation_share=0.5,
        sha256={"m-1.3b": sha256 or hashlib.sha256(CONTENT).hexdigest()},
    )


@pytest.fixture
def local(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "local" / "published" / "toy" / "results"
    folder.mkdir(parents=True)
    return folder / "m-1.3b.json"


def test_a_local_file_is_read(local):
    local.write_bytes(CONTENT)
    assert read_files(source(folder="evaluation")) == {"m-1.3b": CONTENT}


def test_a_wrong_checksum_is_refused(local):
    local.write_bytes(CONTENT + b" ")
    with pytest.raises(InputError, match=r"sha256 .*, expected"):
        read_files(source())


def test_without_a_local_file_the_repository_is_read_at_its_commit(local, monkeypatch):
    asked = []

    class Repository:
        def cat_file(self, path):
            asked.append(path)
            return CONTENT

    def filesystem(kind, **words):
        asked.append((kind, words))
        return Repository()

    monkeypatch.setattr(module.fsspec, "filesystem", filesystem)
    assert read_files(source(folder="evaluation")) == {"m-1.3b": CONTENT}
    assert asked == [("github", {"org": "owner", "repo": "name", "sha": "0" * 40}), "evaluation/results/m-1.3b.json"]
    with pytest.raises(InputError, match="expected"):
        read_files(source(sha256="f" * 64))


def test_a_file_that_is_nowhere_is_said_in_one_line(local, monkeypatch):
    def filesystem(kind, **words):
        raise OSError("no\nnetwork")

    monkeypatch.setattr(module.fsspec, "filesystem", filesystem)
    with pytest.raises(InputError, match=r"not to be had \(no network\); put it at local/published/toy/results/m-1.3b"):
        read_files(source())


def test_the_licence_is_read_from_the_top_of_the_repository(local):
    (local.parents[1] / "LICENSE").write_bytes(b"free")
    licence = {"name": "MIT", "path": "LICENSE", "sha256": hashlib.sha256(b"free").hexdigest()}
    assert read_licence(source(folder="evaluation", licence=licence)) == "free"
    assert read_licence(source()) is None
