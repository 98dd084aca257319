"""The version of an output that dvc.lock names, from DVC's cache, wherever `cache.dir` puts it.

DVC deletes a stage's outputs before it runs the stage. Without this, asking for more samples in a fresh
clone would throw away the samples that were pulled.
"""

import logging
from pathlib import Path

log = logging.getLogger(__name__)


def previous_version(path: Path, root: Path = Path(".")) -> Path | None:
    """The cached file of the output `path` as dvc.lock records it; None without DVC, such an output or its file."""
    try:
        from dvc.exceptions import DvcException
        from dvc.repo import Repo
    except ImportError:
        return None
    wanted = (root / path).absolute()
    try:
        with Repo(str(root)) as repo:
            for out in repo.index.outs:
                if Path(out.fs_path) == wanted and out.hash_info:
                    cached = Path(out.cache_path)
                    return cached if cached.is_file() else None
    except DvcException as error:
        log.warning("%s: no earlier samples are taken from DVC's cache (%s)", path, str(error).splitlines()[0])
    return None
