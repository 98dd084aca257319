"""Finished samples on disk, a part at a time, so that a killed run loses nothing that was finished.

A folder per cache key holds numbered Parquet parts, each written whole. The key covers all that shapes a
sample except how many are asked for, so asking for more tops up.
"""

import fcntl
import hashlib
import json
import logging
from collections.abc import Callable, Hashable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa

from slmmux.errors import InputError
from slmmux.tables import read_table, table_of, write_table

log = logging.getLogger(__name__)


def cache_key(settings: dict) -> str:
    """A digest of everything that shapes a sample: model, prompt style, sampling, engine, benchmark."""
    return hashlib.sha256(json.dumps(settings, sort_keys=True).encode()).hexdigest()[:16]


class Shards:
    """The parts of one cache key. Use inside `open_shards`, which keeps a second writer out.

    key: a row → what it is known by, or None for a row that is not asked for as it was made. Such rows, say
    samples of an earlier prompt, stay on disk but are not among `rows`, the finished rows by key.
    """

    def __init__(self, folder: Path, schema: pa.Schema, key: Callable[[dict], Hashable | None]) -> None:
        self._folder, self._schema, self._key = folder, schema, key
        self._next = 0
        self.rows: dict[Hashable, dict] = {}
        self.versions: list[dict[str, str]] = []
        for part in sorted(folder.glob("*.parquet")):
            self._next = max(self._next, int(part.stem) + 1)
            try:
                self._take(*read_table(part, schema))
            except InputError as error:
                log.warning("a damaged part is generated again: %s", error)
                part.unlink()

    def _take(self, table, provenance: dict) -> None:
        for row in table.to_pylist():
            if (key := self._key(row)) is not None:
                self.rows.setdefault(key, row)
        for versions in provenance["versions"]:
            if versions not in self.versions:
                self.versions.append(versions)

    def recover(self, previous: Path | None, settings: dict) -> None:
        """Take the rows of an output that was committed last as a finished part, if the same settings made it."""
        if previous is None:
            return
        try:
            table, provenance = read_table(previous, self._schema)
        except InputError:
            return
        if provenance.get("settings") == settings:
            keyed = [(self._key(row), row) for row in table.to_pylist()]
            self.add([row for key, row in keyed if key is not None and key not in self.rows], provenance["versions"])

    def add(self, rows: Sequence[dict], versions: Sequence[dict[str, str]]) -> None:
        """Write one part whole, then count its rows as finished."""
        if not rows:
            return
        table, provenance = table_of(rows, self._schema), {"versions": list(versions)}
        write_table(self._folder / f"{self._next:06d}.parquet", table, provenance)
        self._next += 1
        self._take(table, provenance)


@contextmanager
def open_shards(
    root: Path, settings: dict, schema: pa.Schema, key: Callable[[dict], Hashable | None]
) -> Iterator[Shards]:
    """The parts made with exactly these settings, as rows of `schema` known by `key` (see Shards).

    Raises InputError while another run writes them.
    """
    folder = root / cache_key(settings)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise InputError(f"{folder}: another run is generating these samples; wait for it") from None
        (folder / "settings.json").write_text(json.dumps(settings, indent=1, sort_keys=True), encoding="utf-8")
        yield Shards(folder, schema, key)
