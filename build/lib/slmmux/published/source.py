"""Published files: from a local folder, or from the public repository at its pinned commit. Checksums must agree."""

import hashlib
from pathlib import Path

import fsspec

from slmmux.errors import InputError
from slmmux.paths import published_folder
from slmmux.settings import PublishedSource


def read_files(source: PublishedSource) -> dict[str, bytes]:
    """model → the content of its file, in the order of `source.sha256`. Raises InputError as `read_file` does."""
    return {
        model: read_file(source, source.path.format(model=model), digest, source.folder)
        for model, digest in source.sha256.items()
    }


def read_licence(source: PublishedSource) -> str | None:
    """The text of the licence, None where no licence was found. Raises InputError as `read_file` does."""
    if source.licence is None:
        return None
    return read_file(source, source.licence.path, source.licence.sha256).decode("utf-8")


def read_file(source: PublishedSource, path: str, sha256: str, folder: str = "") -> bytes:
    """One file: `path` in the local folder, else `folder`/`path` in the repository.

    Raises InputError where it is in neither, and where its content has another sha256.
    """
    local = published_folder(source.local) / path
    content = local.read_bytes() if local.is_file() else _from_repository(source, f"{folder}/{path}".lstrip("/"), local)
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise InputError(
            f"{path} of {source.repository}: sha256 {found}, expected {sha256}; remove {local} if it is there"
        )
    return content


def _from_repository(source: PublishedSource, path: str, local: Path) -> bytes:
    owner, name = source.repository.split("/")
    try:
        return fsspec.filesystem("github", org=owner, repo=name, sha=source.commit).cat_file(path)
    # The libraries under fsspec raise what they like: no network, no such file, too many requests.
    except Exception as error:
        reason = " ".join(str(error).split())[:120] or type(error).__name__
        raise InputError(
            f"{path} of {source.repository} at {source.commit[:12]}: not to be had ({reason}); put it at {local}"
        ) from None
