"""The tracking store: where it is, how it is opened by several processes at once, and links into its pages."""

import errno
import fcntl
import json
import logging
import os
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from slmmux.errors import InputError, without_passwords
from slmmux.files import whole_file, write_text

EXPERIMENT = "slm-mux"
SQLITE = "sqlite:///"
# What SQLite says where the disk is at fault → the number of the system's error.
SQLITE_ERRORS = {
    "database or disk is full": errno.ENOSPC,
    "attempt to write a readonly database": errno.EROFS,
    "unable to open database file": errno.EACCES,
}
OF_THE_DISK = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EPERM)
# Where `make ui` serves a store that is a file.
LOCAL_UI = "http://127.0.0.1:5000"
# Tag of a run: the checkout that wrote it. Only that one may take an unfinished run for a dead one.
CHECKOUT_TAG = "slmmux.checkout"
# The table that the printed link opens: all runs, the most accurate first, with what they are and cost.
VIEW = "accuracy"
COLUMNS: tuple[str, ...] = ("params.`benchmark`", "params.`method`", "params.`models`", "params.`samples`")
COLUMNS += ("metrics.`accuracy`", "metrics.`accuracy_se`", "metrics.`gain`", "metrics.`tokens_per_question`")
EXPERIMENT_TAGS = {
    "mlflow.note.content": "One run for every stage of the pipeline, named as in dvc.lock. Nested: the "
    "configurations that a stage measured (`accuracy`, on the test split) and the trials of a search "
    "(`validation_accuracy`). Accuracies are shares of 1; tokens are per question.",
    f"mlflow.sharedViewState.{VIEW}": json.dumps(
        {
            "searchFilter": "",
            "orderByKey": "metrics.`accuracy`",
            "orderByAsc": False,
            "startTime": "ALL",
            "lifecycleFilter": "Active",
            "modelVersionFilter": "All Runs",
            "datasetsFilter": [],
            "selectedColumns": list(COLUMNS),
        }
    ),
}


def repository_root() -> Path:
    """The folder of dvc.yaml, here or above; the working folder where there is none."""
    here = Path.cwd()
    return next((folder for folder in (here, *here.parents) if (folder / "dvc.yaml").is_file()), here)


def store_uri(root: Path) -> str:
    """$MLFLOW_TRACKING_URI, else mlflow.db in the repository. A SQLite file's path is relative to `root`, so that no
    command's working folder matters."""
    uri = os.environ.get("MLFLOW_TRACKING_URI") or f"{SQLITE}mlflow.db"
    return f"{SQLITE}{(root / uri.removeprefix(SQLITE)).resolve()}" if uri.startswith(SQLITE) else uri


def _database(uri: str) -> Path | None:
    return Path(uri.removeprefix(SQLITE)) if uri.startswith(SQLITE) else None


@contextmanager
def only_one(root: Path, what: str) -> Iterator[None]:
    """Wait until no other process does this to the same SQLite file; to a server, from the same checkout."""
    database = _database(store_uri(root))
    path = root / ".slmmux" / f"{what}.lock" if database is None else database.with_name(f"{database.name}.{what}.lock")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        # Given back by the system when the process ends, however it ends.
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def open_experiment(root: Path) -> str:
    """Point MLflow at the store, make the store and the experiment where they are not there, return its id.

    Artifacts of a SQLite file lie in `mlartifacts` beside it, also after both have moved; a server knows its own place.
    """
    import mlflow

    uri = store_uri(root)
    database = _database(uri)
    artifacts = None if database is None else (database.parent / "mlartifacts").as_uri()
    mlflow.set_tracking_uri(uri)
    # Two processes that make the tables of one new file at once would both fail.
    with only_one(root, "open"):
        if database is not None and not database.exists():
            _make_store(database)
        found = mlflow.get_experiment_by_name(EXPERIMENT)
        if found is None:
            return mlflow.create_experiment(EXPERIMENT, artifact_location=artifacts, tags=dict(EXPERIMENT_TAGS))
        if database is not None and artifacts is not None and found.artifact_location != artifacts:
            _follow_artifacts(database, found.artifact_location, artifacts)
        for key, value in EXPERIMENT_TAGS.items():
            if found.tags.get(key) != value:
                mlflow.MlflowClient().set_experiment_tag(found.experiment_id, key, value)
    return found.experiment_id


def _make_store(database: Path) -> None:
    """MLflow's tables take seconds, and it can't go on where a process was killed that made half of them."""
    from mlflow import MlflowClient

    with whole_file(database) as temporary:
        MlflowClient(f"{SQLITE}{temporary}").search_experiments()


# Table → columns of MLflow's database that hold the place of an artifact.
_PLACES = {
    "experiments": ("artifact_location",),
    "runs": ("artifact_uri",),
    "logged_models": ("artifact_location",),
    "model_versions": ("source", "storage_location"),
    "trace_tags": ("value",),
}


def _follow_artifacts(database: Path, old: str, new: str) -> None:
    """MLflow writes absolute places: after the checkout has moved, replace the old ones, all or none."""
    if not old.endswith("/mlartifacts"):
        return  # somebody's own place, such as s3://
    with closing(sqlite3.connect(database, timeout=60)) as connection, connection:
        for table, columns in _PLACES.items():
            known = {row[1] for row in connection.execute(f"PRAGMA table_info({table})")}
            for column in known.intersection(columns):
                connection.execute(
                    f"UPDATE {table} SET {column} = ? || substr({column}, ?) WHERE substr({column}, 1, ?) = ?",
                    (new, len(old) + 1, len(old), old),
                )


def checkout_id(root: Path) -> str:
    """A name of this checkout that says nothing about the machine; made at its first use."""
    path = root / ".slmmux" / "checkout"
    if not path.exists():
        write_text(path, uuid.uuid4().hex)
    return path.read_text(encoding="utf-8")


def _pages(root: Path, experiment: str) -> str:
    server = uri if (uri := store_uri(root)).startswith("http") else LOCAL_UI
    return f"{without_passwords(server).rstrip('/')}/#/experiments/{experiment}"


def run_link(root: Path, experiment: str, run_id: str) -> str:
    """The address of a run in MLflow's pages, without a password."""
    return f"{_pages(root, experiment)}/runs/{run_id}"


def table_link(root: Path, experiment: str) -> str:
    """The address of the table of runs, the most accurate first."""
    return f"{_pages(root, experiment)}/runs?viewStateShareKey={VIEW}"


def traces_link(root: Path, experiment: str) -> str:
    return f"{_pages(root, experiment)}/traces"


@contextmanager
def reachable(root: Path, advice: str) -> Iterator[None]:
    """Tell of a store that can't be reached in one line that ends with the advice: raises InputError; an OSError of
    the disk where its file can't be written."""
    from mlflow.exceptions import MlflowException
    from sqlalchemy.exc import SQLAlchemyError

    # MLflow logs the error that it raises, with its whole traceback.
    logger = logging.getLogger("mlflow.store.db.utils")
    level = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    except (MlflowException, SQLAlchemyError, OSError) as error:
        database = _database(store_uri(root))
        if isinstance(error, OSError) and error.errno in OF_THE_DISK:
            raise
        said = _of_the_database(error)
        if database is not None and said in SQLITE_ERRORS:
            raise OSError(SQLITE_ERRORS[said], os.strerror(SQLITE_ERRORS[said]), str(database)) from None
        if database is not None and said and said.endswith("already exists"):
            advice = f"it was never finished and holds no runs: delete {database} and run the same command again"
        reason = without_passwords(" ".join((said or str(error)).split()))[:160]
        raise InputError(f"tracking store {without_passwords(store_uri(root))}: {reason}; {advice}") from None
    finally:
        logger.setLevel(level)


def _of_the_database(error: BaseException | None) -> str | None:
    """What the database's own library said, under what was raised on top of it."""
    while error is not None:
        if (below := getattr(error, "orig", None)) is not None:
            return str(below)
        error = error.__cause__ or error.__context__
    return None
