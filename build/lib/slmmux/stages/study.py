"""What the stages share: the votes of both splits with their names in a record, and parameters as a record has them."""

from collections.abc import Mapping
from typing import Any

from slmmux.paths import votes_file
from slmmux.tracking.record import Dataset
from slmmux.votes.archive import load_votes
from slmmux.votes.votes import Votes

SPLITS = ("validation", "test")


def load_splits(benchmark: str) -> tuple[Votes, Votes, list[Dataset]]:
    """Validation votes, test votes, and both files as inputs of a record. Raises InputError as load_votes does."""
    files = {split: votes_file(benchmark, split) for split in SPLITS}
    inputs = [Dataset(f"votes of {benchmark}, {split}", file) for split, file in files.items()]
    return load_votes(files["validation"]), load_votes(files["test"]), inputs


def flat(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Settings as parameters of a record: lists joined by commas."""
    return {key: ",".join(map(str, v)) if isinstance(v, list) else v for key, v in settings.items()}
