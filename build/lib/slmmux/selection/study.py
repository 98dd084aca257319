"""A study: Optuna tries points, such as budgets, for two aims, accuracy up and tokens down.

Which it tries depends on its plan and the votes alone: it is the same study when it is killed and
resumed, and when several workers share it.

- Trials are proposed in rounds, once all earlier rounds are known. A proposal thus never depends on which
  worker was quicker.
- The first trials are the plan's starts, enqueued one by one.
- Every trial has a sampler of its own, seeded by the plan's seed and the trial's position. A sampler's random
  state is in no storage, so one sampler for the whole study would repeat itself after a restart.
- Nobody owns a trial: a worker takes any that is not known yet. When two take the same one, they find the
  same numbers. So nothing has to be found out about workers that died.
- All access to the storage happens under one lock, which the system frees when its holder is killed.
"""

import fcntl
import hashlib
import logging
import random
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import numpy as np
import optuna
from optuna.distributions import BaseDistribution, IntDistribution
from optuna.storages import InMemoryStorage, JournalStorage
from optuna.storages.journal import JournalFileBackend, JournalFileSymlinkLock
from optuna.trial import FrozenTrial, TrialState

from slmmux.selection.ascent_sampler import AscentSampler
from slmmux.selection.trials import Trials

log = logging.getLogger(__name__)
DIRECTIONS: tuple[Literal["maximize"], Literal["minimize"]] = ("maximize", "minimize")

# Point, such as a budget -> (accuracy, tokens per question).
Evaluate = Callable[[tuple[int, ...]], tuple[float, float]]


@dataclass(frozen=True)
class Plan:
    """What decides, with the votes, which points are tried.

    highest:  parameter -> its largest value; the smallest is 0. A search for budgets has one parameter a model, its
              samples. starts: points that are tried first, in this order. The other fields are SearchSettings' of
              the same name.
    """

    highest: tuple[tuple[str, int], ...]
    sampler: str
    seed: int
    trials: int
    trials_per_round: int
    population: int
    starts: tuple[tuple[int, ...], ...] = ()

    @property
    def space(self) -> dict[str, IntDistribution]:
        return {name: IntDistribution(0, high) for name, high in self.highest}

    def sampler_of(self, position: int) -> optuna.samplers.BaseSampler:
        """The sampler of the trial at this position."""
        seed = int(np.random.SeedSequence([self.seed, position]).generate_state(1)[0])
        if self.sampler == "random":
            return optuna.samplers.RandomSampler(seed=seed)
        if self.sampler == "nsgaii":
            return optuna.samplers.NSGAIISampler(population_size=self.population, seed=seed)
        if self.sampler == "ascent":
            return AscentSampler(self.space, self.seed)
        # Multivariate: what a model's samples are worth depends on the other models'.
        return optuna.samplers.TPESampler(multivariate=True, seed=seed)

    def point_of(self, trial: FrozenTrial) -> tuple[int, ...]:
        return tuple(trial.params[name] for name, _ in self.highest)


def budget_plan_space(models: tuple[str, ...], largest: int) -> tuple[tuple[str, int], ...]:
    """Plan.highest of a search for budgets 0..largest of these models."""
    return tuple((model, largest) for model in models)


def study_name(benchmark: str, votes_digest: str, plan: Plan) -> str:
    """The name of this very study: after the votes' digest, the plan and the version of Optuna."""
    words = f"{votes_digest} {plan} optuna {version('optuna')}"
    return f"{benchmark}-{hashlib.sha256(words.encode()).hexdigest()[:16]}"


class _AlreadyLocked(JournalFileSymlinkLock):
    """Optuna's own lock of a journal outlives a killed holder for half a minute. Ours lies around all access."""

    def acquire(self) -> bool:
        return True

    def release(self) -> None:
        pass


def study_in_memory(plan: Plan, evaluate: Evaluate) -> Trials:
    """Run a study that nobody shares and nothing keeps."""
    study = optuna.create_study(storage=InMemoryStorage(), directions=DIRECTIONS)
    trials = _work(study, plan, evaluate, lambda: nullcontext(True))
    assert trials is not None  # nobody else can remove it
    return trials


def shared_study(path: Path, plan: Plan, evaluate: Evaluate) -> Trials | None:
    """Run or resume the study in the journal at `path`, together with whoever else works on it.

    Returns its trials, those of study_in_memory, when all are known; None when another worker has finished
    it and removed the journal meanwhile. `path` must name the votes and the plan (study_name): a journal is
    trusted to be this study's. Locks with flock, so the file must lie where that works.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with _locked(path, create=True):
        _drop_half_line(path)
        storage = JournalStorage(JournalFileBackend(str(path), _AlreadyLocked(str(path))))
        study = optuna.create_study(storage=storage, study_name=path.stem, directions=DIRECTIONS, load_if_exists=True)
        known = len(study.get_trials(deepcopy=False, states=[TrialState.COMPLETE]))
    if known:
        log.info("study %s: resumed with %d of %d trials known", path.stem, known, plan.trials)
    return _work(study, plan, evaluate, lambda: _locked(path, create=False))


def remove_study(path: Path) -> None:
    """Remove a finished study's journal. Workers still at it notice."""
    with _locked(path, create=False):
        path.unlink(missing_ok=True)


def _work(
    study: optuna.Study, plan: Plan, evaluate: Evaluate, lock: Callable[[], AbstractContextManager[bool]]
) -> Trials | None:
    while True:
        with lock() as there:
            if not there:
                return None
            waiting = _waiting(study, plan)
            if not waiting:
                return _trials(study, plan)
        trial = random.choice(waiting)
        values = evaluate(plan.point_of(trial))
        with lock() as there:
            if there:
                study.tell(trial.number, values, skip_if_finished=True)


def _waiting(study: optuna.Study, plan: Plan) -> list[FrozenTrial]:
    """The trials not known yet of the present round, which is proposed here when the last one is complete."""
    for trial in study.get_trials(deepcopy=False, states=[TrialState.RUNNING]):
        if len(trial.params) == len(plan.highest):
            continue
        # Its worker was killed while proposing it. The next one takes its position.
        study.tell(trial.number, state=TrialState.FAIL)
    proposed = _proposed(study)
    waiting = [t for t in proposed if t.state != TrialState.COMPLETE]
    # Rounds are the same wherever a worker was killed: a round cut short is filled up first.
    end = -(-len(proposed) // plan.trials_per_round) * plan.trials_per_round
    if not waiting and end == len(proposed):
        end += plan.trials_per_round
    space: dict[str, BaseDistribution] = dict(plan.space)
    for position in range(len(proposed), min(end, plan.trials)):
        study.sampler = plan.sampler_of(position)
        # One that waits already is this position's: its worker was killed before asking for it.
        if position < len(plan.starts) and not study.get_trials(deepcopy=False, states=[TrialState.WAITING]):
            study.enqueue_trial(dict(zip(plan.space, plan.starts[position])))
        study.ask(space)
    return [t for t in _proposed(study) if t.state != TrialState.COMPLETE]


def _proposed(study: optuna.Study) -> list[FrozenTrial]:
    return study.get_trials(deepcopy=False, states=[TrialState.RUNNING, TrialState.COMPLETE])


def _trials(study: optuna.Study, plan: Plan) -> Trials:
    known = _proposed(study)[: plan.trials]
    points = np.array([plan.point_of(t) for t in known], dtype=np.int64)
    accuracy, tokens = np.array([t.values for t in known], dtype=float).T
    return Trials(tuple(plan.space), points, accuracy, tokens)


@contextmanager
def _locked(path: Path, create: bool) -> Iterator[bool]:
    """Hold the journal's lock; yields whether the journal is there (or may be made)."""
    with path.with_suffix(".lock").open("a") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield create or path.exists()


def _drop_half_line(path: Path) -> None:
    """Cut what a killed writer left of its last line; Optuna could read nothing written after it."""
    if path.exists():
        content = path.read_bytes()
        whole = content.rfind(b"\n") + 1
        if whole < len(content):
            with path.open("r+b") as file:
                file.truncate(whole)
