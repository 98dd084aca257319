"""Published files come from the local folder or the repository, and only with the right checksum."""

import base64
import hashlib
import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from fsspec.implementations.github import GithubFileSystem

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


class GitHub(BaseHTTPRequestHandler):
    """The three answers of GitHub that a file needs: it gives no content of files of more than a megabyte."""

    def do_GET(self) -> None:
        content: dict = {"tree": [], "truncated": False}
        if "/contents/" in self.path:
            place = f"http://127.0.0.1:{self.server.server_port}/raw"
            small = "" if "large" in self.path else base64.b64encode(CONTENT).decode()
            content = {"content": small, "download_url": place}
            self.server.asked.append(self.path)
        body = CONTENT if self.path == "/raw" else json.dumps(content).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command == "GET":
            self.wfile.write(body)

    do_HEAD = do_GET

    def log_message(self, *words) -> None:
        pass


@pytest.fixture
def github(monkeypatch):
    """What is asked of a server that answers as GitHub does."""
    with ThreadingHTTPServer(("127.0.0.1", 0), GitHub) as server:
        server.asked = []
        threading.Thread(target=server.serve_forever, daemon=True).start()
        for name in ("url", "content_url"):
            address = getattr(GithubFileSystem, name)
            here = address.replace("https://api.github.com", f"http://127.0.0.1:{server.server_port}")
            monkeypatch.setattr(GithubFileSystem, name, here)
        yield server.asked
        server.shutdown()


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


@pytest.mark.parametrize("folder", ["evaluation", "large"])
def test_without_a_local_file_the_repository_is_read_at_its_commit(local, github, folder):
    assert read_files(source(folder=folder)) == {"m-1.3b": CONTENT}
    assert github == [f"/repos/owner/name/contents/{folder}/results/m-1.3b.json?ref={'0' * 40}"]
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
