"""Votes on disk: one .npz per benchmark and split, with the same bytes for the same votes."""

import json
import lzma
import tokenize
import zipfile
import zlib
from collections.abc import Mapping
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from slmmux.errors import InputError
from slmmux.files import refuse_pointer, whole_file
from slmmux.votes.votes import UNPARSED, Votes

NAMES = ("benchmark", "split", "question_ids", "models")
# Array → kinds of NumPy's dtypes that it may have.
KINDS = {"classes": "i", "right": "b", "pool": "i", "prompt_tokens": "f", "completion_tokens": "f"}
ARRAYS = tuple(KINDS)

# What a damaged zip, array header or name list makes the libraries raise.
BROKEN = (
    OSError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    EOFError,
    IndexError,
    OverflowError,
    RuntimeError,
    MemoryError,
    SyntaxError,
    tokenize.TokenError,
    lzma.LZMAError,
    zlib.error,
    zipfile.BadZipFile,
)


def save_votes(path, votes: Votes) -> None:
    """Write votes to `path` (.npz, compressed, no pickles). The file appears whole or not at all."""
    save_all({Path(path): votes})


def save_all(votes_at: Mapping[Path, Votes]) -> None:
    """`save_votes` for several files that belong together: all appear, or none where one cannot be written."""
    with ExitStack() as renamed_at_the_end:
        temporary = {path: renamed_at_the_end.enter_context(whole_file(path)) for path in votes_at}
        for path, votes in votes_at.items():
            # As bytes of JSON: numpy's own strings drop trailing NULs.
            names = json.dumps({name: getattr(votes, name) for name in NAMES}).encode()
            arrays = {name: getattr(votes, name) for name in ARRAYS}
            with temporary[path].open("wb") as file:
                np.savez_compressed(file, names=np.frombuffer(names, dtype=np.uint8), **arrays)


def load_votes(path) -> Votes:
    """Read what save_votes wrote. Raises InputError when the file is missing or is not such a file."""
    try:
        refuse_pointer(Path(path))
        with np.load(path, allow_pickle=False) as stored:
            names = json.loads(stored["names"].tobytes())
            arrays = {name: stored[name] for name in ARRAYS}
        for name, array in arrays.items():
            if array.dtype.kind not in KINDS[name]:
                raise ValueError(f"{name} holds {array.dtype}")
        listed = (names["question_ids"], names["models"])
        if not all(isinstance(entries, list) for entries in listed):
            raise TypeError("a list of names is none")
        if not all(isinstance(name, str) for name in (names["benchmark"], names["split"], *listed[0], *listed[1])):
            raise TypeError("a name is no text")
        votes = Votes(
            benchmark=names["benchmark"],
            split=names["split"],
            question_ids=tuple(names["question_ids"]),
            models=tuple(names["models"]),
            **arrays,
        )
        if (votes.classes[:, np.arange(votes.classes.shape[2]) >= votes.pool[:, None]] != UNPARSED).any():
            raise ValueError("an answer past the end of a model's pool")
        return votes
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except BROKEN as error:
        raise InputError(f"{path}: not a votes file ({type(error).__name__})") from error
