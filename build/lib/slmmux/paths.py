"""Where each stage's output lies, relative to the repository root. dvc.yaml declares the same paths."""

from pathlib import Path

DATA, RESULTS = Path("data"), Path("results")
RECORDS = RESULTS / "records"
ATTRIBUTION, COMPARE, COMPARE_DISCUSSIONS, GAINS, SCALING, SEARCH, SUBJECTS = (
    RESULTS / name
    for name in ("attribution", "compare", "compare_discussions", "gains", "scaling", "search", "subjects")
)
CLAIMS, FIDELITY, FIGURES, REPORT, THEORY, WORKFLOW = (
    RESULTS / name for name in ("claims", "fidelity", "figures", "report", "theory", "workflow")
)
POOLS, GAIN_MAP, OBJECTIVE = (RESULTS / name for name in ("pools", "map", "objective_on_pools"))
THEORY_ON_POOLS = RESULTS / "theory_on_pools"
PAYS = RESULTS / "pays"
CERTAINTY, RULES, WHICH_RULE, SUMMARY = (
    RESULTS / name for name in ("certainty", "rules", "which_rule", "summary.json")
)
SEARCH_POLICIES = RESULTS / "search_policies"
POOL_SIZE, SEARCH_PAGE = RESULTS / "pool_size", RESULTS / "search.md"
# Of this machine alone, and not DVC's: finished parts, stage runs that MLflow does not know yet, and studies.
SHARDS, EXECUTIONS, STUDIES = (Path(".slmmux") / name for name in ("shards", "executions", "studies"))


def published_folder(name: str) -> Path:
    """Where a clone of a published source is looked for; ignored by git."""
    return Path("local") / "published" / name


def attribution_file(benchmark: str) -> Path:
    return DATA / "votes" / benchmark / "ATTRIBUTION.txt"


def questions_file(benchmark: str) -> Path:
    return DATA / "questions" / f"{benchmark}.parquet"


def responses_file(benchmark: str, model: str) -> Path:
    return DATA / "responses" / benchmark / f"{model}.parquet"


def samples_file(benchmark: str, model: str) -> Path:
    return DATA / "samples" / benchmark / f"{model}.parquet"


def discussion_file(benchmark: str, protocol: str) -> Path:
    return DATA / "discussions" / benchmark / f"{protocol}.parquet"


def labels_file(benchmark: str) -> Path:
    return DATA / "labels" / f"{benchmark}.parquet"


def votes_file(benchmark: str, split: str) -> Path:
    return DATA / "votes" / benchmark / f"{split}.npz"
