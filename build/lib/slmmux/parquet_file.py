"""Parquet files that carry the SHA-256 of all their own bytes, and their reading.

Parquet's page checksums cover neither the names and types of columns nor the metadata. The digest stands in the
footer, as the value of one key, and is taken of the file with zeros in its place.
"""

import hashlib
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from slmmux.errors import InputError
from slmmux.files import whole_file

KEY = b"slmmux.sha256"
ZEROS = b"0" * 64
# The key in the footer as Thrift writes it, and that a string of 64 bytes follows. JSON, as the provenance is, holds no
# such bytes; data may, but the footer comes last.
MARK = KEY + b"\x18\x40"


def write_parquet(path: Path, table: pa.Table) -> None:
    """Write a table whole, with its metadata and a checksum. The same table gives the same bytes."""
    with whole_file(path) as temporary:
        with pq.ParquetWriter(temporary, table.schema, compression="zstd", write_page_checksum=True) as writer:
            writer.write_table(table)
            writer.add_key_value_metadata({KEY: ZEROS})
        content = temporary.read_bytes()
        with temporary.open("r+b") as file:
            file.seek(content.rindex(MARK) + len(MARK))
            file.write(hashlib.sha256(content).hexdigest().encode())


def open_parquet(path: Path) -> pq.ParquetFile:
    """A Parquet file, read whole and checked. Its page checksums are checked as it is read, where it has them.

    A file without a digest is taken as it is: others' files have none, nor have those of older versions of this
    project. Raises InputError where the digest is not that of the content, and as pyarrow does for what is no Parquet.
    """
    content = path.read_bytes()
    file = pq.ParquetFile(pa.BufferReader(content), page_checksum_verification=True)
    written = (file.metadata.metadata or {}).get(KEY)
    if written is not None and written != _digest(content):
        raise InputError(
            f"{path}: its content does not have the checksum that it carries: it is damaged, so fetch it or make it "
            f"again; or another program changed it and kept the key {KEY.decode()!r}, which it must take away"
        )
    return file


def _digest(content: bytes) -> bytes | None:
    """The digest of the content with zeros in the place of a digest, None where it has no such place."""
    place = content.rfind(MARK) + len(MARK)
    if place < len(MARK):
        return None
    digest = hashlib.sha256(memoryview(content)[:place])
    digest.update(ZEROS)
    digest.update(memoryview(content)[place + len(ZEROS) :])
    return digest.hexdigest().encode()
