"""Files that are damaged or of the wrong kind are refused in one line, never half read."""

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from drawn_votes import random_votes

import slmmux
from slmmux.errors import InputError
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


@pytest.fixture(scope="module")
def parquet(tmp_path_factory):
    path = tmp_path_factory.mktemp("samples") / "m.parquet"
    write_table(path, table_of(ROWS, SAMPLES), {"settings": {}})
    return path


def test_no_flipped_bit_is_taken_for_good(parquet, tmp_path):
    """Each bit of a page counts in its checksum; a flip elsewhere is refused or changes nothing that is read."""
    whole = read_samples([str(parquet)], "test")
    content, refused = parquet.read_bytes(), 0
    rng = np.random.default_rng(5)
    for place in rng.choice(len(content), 120, replace=False):
        damaged = bytearray(content)
        damaged[place] ^= 1 << int(rng.integers(8))
        path = tmp_path / "damaged.parquet"
        path.write_bytes(damaged)
        try:
            found = read_samples([str(path)], "test")
        except InputError as error:
            assert "\n" not in str(error) and str(path) in str(error)
            refused += 1
        else:
            assert found.equals(whole), f"bit flip at byte {place} went unnoticed"
    assert refused > 60


FLIPS = 400


def flipped(path, seed: int):
    """`path` with one bit another, FLIPS times."""
    whole, rng = path.read_bytes(), np.random.default_rng(seed)
    for bit in rng.choice(8 * len(whole), FLIPS, replace=False).tolist():
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << (bit % 8)
        path.write_bytes(damaged)
        yield bit


def test_no_flipped_bit_of_the_pipelines_files_is_taken_for_good(tmp_path):
    path = tmp_path / "m.parquet"
    write_table(path, table_of(ROWS, SAMPLES), {"settings": {}})
    whole, _ = read_table(path, SAMPLES)
    refused = 0
    for bit in flipped(path, seed=1):
        try:
            found, _ = read_table(path, SAMPLES)
        except InputError:
            refused += 1
        else:
            assert found.equals(whole), f"flip of bit {bit} went unnoticed"
    assert refused > FLIPS // 2


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
