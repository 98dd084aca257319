"""Files that are damaged or of the wrong kind are refused in one line, never half read."""

import json

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from drawn_votes import random_votes

import slmmux
from slmmux.errors import InputError
from slmmux.parquet_file import KEY
from slmmux.samples.read import read_samples
from slmmux.tables import SAMPLES, read_table, table_of, write_table
from slmmux.votes.archive import load_votes, save_votes

ROWS = [
    {
        "benchmark": "b", "split": "test", "question_id": f"q{q}", "model": "m", "sample": j,
        "response": f"text {q} {j}", "answer": str(q % 3), "correct": q % 3 == 1,
        "prompt_tokens": 5, "completion_tokens": 7, "finish_reason": "stop",
    }
    for q in range(40)
    for j in range(3)
]  # fmt: skip


# A digest of zeros: as the place of the file's own digest is written first.
PROVENANCE = {
    "settings": {"model": "m", "sha256": "0" * 64, "temperature": 0.5, "seed": 7},
    "versions": [{"engine": "e", "device": "d"}],
}
FLIPS = 300


def written(path):
    """A samples file as the pipeline writes it."""
    write_table(path, table_of(ROWS, SAMPLES), PROVENANCE)
    return path


def written_without_digest(path):
    """As versions before the digest wrote it; others' files have no page checksums either."""
    table = table_of(ROWS, SAMPLES).replace_schema_metadata({"slmmux": json.dumps(PROVENANCE)})
    pq.write_table(table, path, write_page_checksum=True)
    return path


def flipped(path, seed: int, flips: int = FLIPS):
    """`path` with one bit another, `flips` times; of a Parquet file half of them in the footer."""
    whole, rng = path.read_bytes(), np.random.default_rng(seed)
    footer = int.from_bytes(whole[-8:-4], "little") + 8 if whole.endswith(b"PAR1") else len(whole)
    anywhere = rng.choice(8 * len(whole), flips // 2, replace=False)
    at_the_end = 8 * len(whole) - 1 - rng.choice(8 * footer, flips - flips // 2, replace=False)
    for bit in [*anywhere.tolist(), *at_the_end.tolist()]:
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << (bit % 8)
        path.write_bytes(damaged)
        yield bit


@pytest.mark.parametrize("write", [written, written_without_digest])
def test_no_flipped_bit_is_taken_for_good(write, tmp_path):
    """By the reader of `slmmux evaluate`: a flip is refused or changes nothing that is read."""
    path = write(tmp_path / "m.parquet")
    whole = read_samples([str(path)], "test")
    refused = 0
    for bit in flipped(path, seed=5, flips=120):
        try:
            found = read_samples([str(path)], "test")
        except InputError as error:
            assert "\n" not in str(error) and str(path) in str(error)
            refused += 1
        else:
            assert found.equals(whole), f"flip of bit {bit} went unnoticed"
    assert refused > 60


def test_no_flipped_bit_of_the_pipelines_files_is_taken_for_good(tmp_path):
    """The provenance is read with the samples, and a flip in it is refused too."""
    path = written(tmp_path / "m.parquet")
    whole, provenance = read_table(path, SAMPLES)
    assert provenance == PROVENANCE
    refused = 0
    for bit in flipped(path, seed=1):
        try:
            found, said = read_table(path, SAMPLES)
        except InputError:
            refused += 1
        else:
            assert found.equals(whole) and said == provenance, f"flip of bit {bit} went unnoticed"
    assert refused > 0.9 * FLIPS


def test_a_file_without_digest_is_read(tmp_path):
    path = written_without_digest(tmp_path / "m.parquet")
    table, provenance = read_table(path, SAMPLES)
    assert table.equals(table_of(ROWS, SAMPLES)) and provenance == PROVENANCE
    assert len(read_samples([str(path)], "test")) == len(ROWS)


@pytest.mark.parametrize("digest", [None, b"", b"0" * 64, b"PAR1", b"\xff"])
def test_a_digest_of_other_content_is_refused(digest, tmp_path):
    """None: another program changed the rows and kept the metadata."""
    path = written(tmp_path / "m.parquet")
    table = pq.ParquetFile(path).read().slice(1)
    metadata = table.schema.metadata if digest is None else table.schema.metadata | {KEY: digest}
    pq.write_table(table.replace_schema_metadata(metadata), path)
    for read in (lambda: read_table(path, SAMPLES), lambda: read_samples([str(path)], "test")):
        with pytest.raises(InputError, match="does not have the checksum that it carries"):
            read()


def test_no_flipped_bit_of_votes_is_taken_for_good(tmp_path):
    path = tmp_path / "test.npz"
    save_votes(path, random_votes(1, questions=6, models=2, samples=3))
    whole = load_votes(path)
    refused = 0
    for bit in flipped(path, seed=2):
        try:
            found = slmmux.load_votes(str(path)).test
        except InputError:
            refused += 1
            continue
        for name, value in vars(whole).items():
            np.testing.assert_array_equal(getattr(found, name), value, err_msg=f"flip of bit {bit}: {name}")
    assert refused > FLIPS // 2


def with_column(path, name, array) -> str:
    table = table_of(ROWS, SAMPLES)
    pq.write_table(table.set_column(table.column_names.index(name), name, array), path)
    return str(path)


def test_columns_of_lists_and_doubled_columns_are_refused(tmp_path):
    lists = with_column(tmp_path / "lists.parquet", "answer", pa.array([["1"]] * len(ROWS)))
    with pytest.raises(InputError, match=r"column .answer. holds list<.*>, expected one value a row"):
        read_samples([lists], "test")
    table = table_of(ROWS, SAMPLES)
    doubled = tmp_path / "doubled.parquet"
    pq.write_table(table.append_column("answer", table["answer"]), doubled)
    with pytest.raises(InputError, match="more than one column 'answer'"):
        read_samples([str(doubled)], "test")


@pytest.mark.parametrize(
    "name, kind", [("classes", float), ("classes", str), ("right", np.int64), ("pool", float), ("prompt_tokens", bool)]
)
def test_votes_with_arrays_of_another_kind_are_refused(tmp_path, name, kind):
    path = tmp_path / "test.npz"
    save_votes(path, random_votes(1, questions=4, models=2, samples=3))
    with np.load(path) as stored:
        arrays = dict(stored)
    arrays[name] = arrays[name].astype(kind)
    np.savez_compressed(path, **arrays)
    with pytest.raises(InputError, match="not a votes file"):
        load_votes(path)
