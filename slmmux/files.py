"""Files are written whole or not at all, and what belongs together all or none."""

import os
import tempfile
from codecs import BOM_UTF8
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

from slmmux.errors import InputError

_LFS_POINTER = b"version https://git-lfs.github.com/spec/"


@contextmanager
def whole_file(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it is renamed to `path`, on failure removed. An OSError of the
    writing names `path`."""
    temporary: Path | None = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.", suffix=".part")
        os.close(handle)
        temporary = Path(name)
        yield temporary
        # mkstemp makes files private; results are as readable as any other file.
        temporary.chmod(0o644)
        os.replace(temporary, path)
    except OSError as error:
        where = error.filename
        if where is None or (isinstance(where, str) and Path(where).name.endswith(".part")):
            error.filename = os.fspath(path)
        raise
    finally:
        if temporary is not None:
            temporary.unlink(missing_ok=True)


def write_texts(texts: Mapping[Path, str]) -> list[Path]:
    """Write text files, UTF-8 with Unix line ends: all of them, or none where one cannot be written. Returns the
    paths."""
    with ExitStack() as renamed_at_the_end:
        temporary = {path: renamed_at_the_end.enter_context(whole_file(path)) for path in texts}
        for path, text in texts.items():
            with temporary[path].open("w", encoding="utf-8", newline="\n") as file:
                file.write(text)
    return list(texts)


def write_text(path: Path, text: str) -> None:
    """Write a text file whole, UTF-8, with Unix line ends."""
    write_texts({path: text})


def refuse_pointer(path: Path) -> None:
    """Raise InputError where a file is a pointer of Git LFS in place of the file itself."""
    with path.open("rb") as file:
        start = file.read(len(BOM_UTF8 + _LFS_POINTER))
    if start.removeprefix(BOM_UTF8).startswith(_LFS_POINTER):
        raise InputError(f"{path}: a pointer of Git LFS, not the file itself; `git lfs pull` brings it")
