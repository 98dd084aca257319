"""A reproduction of SLM-MUX (arXiv 2510.05077), and its methods for anyone's samples.

    validation, test = slmmux.load_votes("data/samples/short_answers/*.parquet")
    slmmux.evaluate(test, samples=3, method="slm_mux", validation=validation)
    slmmux.compare(validation, test, samples=3)
    slmmux.search(validation, test, samples=3)

Importing the package imports nothing else; a name is imported when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from slmmux.api import Splits, compare, evaluate, load_votes, methods, search, votes_from_arrays
    from slmmux.errors import InputError
    from slmmux.orchestration.evaluation import Evaluation
    from slmmux.votes.votes import Votes

__version__ = "0.2.0"

__all__ = [
    "Evaluation",
    "InputError",
    "Splits",
    "Votes",
    "compare",
    "evaluate",
    "load_votes",
    "methods",
    "search",
    "votes_from_arrays",
]

_ELSEWHERE = {
    "Evaluation": "slmmux.orchestration.evaluation",
    "InputError": "slmmux.errors",
    "Votes": "slmmux.votes.votes",
}


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module 'slmmux' has no attribute {name!r}")
    return getattr(import_module(_ELSEWHERE.get(name, "slmmux.api")), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *__all__])
