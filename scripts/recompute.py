"""Run every stage that asks no engine again, whatever the cache holds, and compare: python -m scripts.recompute.

The commands and their order are those of dvc.yaml. A stage starts as soon as those that it depends on are done, two at
a time; its outputs are removed first, so that none of an earlier run stands in for a new one. Afterwards every result
must have the digest that dvc.lock gives for it. `dvc repro --force` does the same one stage after the other, and reads
and writes dvc.lock for each, which takes longer than most stages.
"""

import subprocess
import sys
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from graphlib import TopologicalSorter
from pathlib import Path

from dvc.repo import Repo
from dvc.stage import PipelineStage

# What asks an engine, or needs files that are not shipped. Tracking is no result.
LEFT_OUT = {"questions", "generate", "discuss", "label", "import", "track"}
WORKERS = 2
# What is compared. The records name the versions of the libraries, which may differ here, as may the bytes of the
# Parquet files under data/; the numbers may not.
RESULTS, RECORDS = Path("results"), Path("results/records")


class StageFailed(Exception):
    """A command that ended with a status other than 0; the message is what it printed."""


def stages_to_run(repo: Repo) -> dict[str, PipelineStage]:
    """Name → stage, of the stages that need no engine."""
    pipeline = [stage for stage in repo.index.stages if isinstance(stage, PipelineStage)]
    return {stage.addressing: stage for stage in pipeline if stage.addressing.split("@")[0] not in LEFT_OUT}


def run(stage: PipelineStage) -> float:
    """Run the command of a stage without its old outputs; seconds. Raises StageFailed."""
    for out in stage.outs:
        out.remove()
    began = time.monotonic()
    done = subprocess.run(stage.cmd, shell=True, cwd=stage.wdir, text=True, capture_output=True)
    if done.returncode:
        raise StageFailed(f"{stage.addressing}: status {done.returncode}\n{done.stdout}{done.stderr}")
    return time.monotonic() - began


def run_all(repo: Repo, stages: dict[str, PipelineStage]) -> None:
    """Run the stages in the order of their dependencies. Raises StageFailed, once what runs already has ended."""
    order: TopologicalSorter[str] = TopologicalSorter()
    for name, stage in stages.items():
        order.add(name, *(found for dep in repo.index.graph.successors(stage) if (found := dep.addressing) in stages))
    order.prepare()
    running: dict[Future, str] = {}
    with ThreadPoolExecutor(WORKERS) as workers:
        while order.is_active():
            running |= {workers.submit(run, stages[name]): name for name in order.get_ready()}
            done, _ = wait(running, return_when=FIRST_COMPLETED)
            for future in done:
                try:
                    seconds = future.result()
                except StageFailed:
                    workers.shutdown(cancel_futures=True)
                    raise
                name = running.pop(future)
                print(f"{name:<45} {seconds:6.1f} s", flush=True)
                order.done(name)


def changed_results(stages: dict[str, PipelineStage]) -> list[str]:
    """Results, without the records, that are not what dvc.lock says."""
    changed = [str(out) for stage in stages.values() for out in stage.outs if out.changed_checksum()]
    return sorted(path for path in changed if RESULTS in Path(path).parents and RECORDS not in Path(path).parents)


def main() -> int:
    repo = Repo()
    stages = stages_to_run(repo)
    try:
        run_all(repo, stages)
    except StageFailed as failure:
        print(failure, file=sys.stderr)
        return 1
    changed = changed_results(stages)
    for output in changed:
        print(f"changed: {output}", file=sys.stderr)
    if not changed:
        print(f"{len(stages)} stages: every number is the same")
    return bool(changed)


if __name__ == "__main__":
    sys.exit(main())
