"""A searched configuration into MLflow's model registry, logged under the run of the search that chose it."""

import hashlib
import json
from importlib.metadata import requires
from pathlib import Path
from types import SimpleNamespace

import slmmux
from slmmux.errors import InputError
from slmmux.serving.configuration import ServedConfiguration, choices_file
from slmmux.serving.question import example_question
from slmmux.tracking.executions import git_commit
from slmmux.tracking.lock import run_link, runs_by_digest
from slmmux.tracking.record import digest_of, read_record, record_file
from slmmux.tracking.runs import lock_digest, open_experiment, sync

PACKAGE = Path(slmmux.__file__).parent
# In the model's metadata: which configuration it is.
DIGEST = "slmmux.configuration_sha256"
ABOUT = (
    "SLM-MUX for questions like those of {benchmark}. In: a column `question`. Out: `answer`, its `confidence`, the "
    "`model` that was chosen, its `response` in full, and the `votes` of all models as JSON."
)


def registered_name(benchmark: str) -> str:
    return f"slm-mux-{benchmark}"


def register(root: Path, served: ServedConfiguration, measured: dict[str, float]) -> tuple[str, int, bool]:
    """Log and register a configuration: (name, version, whether it is a new one).

    measured: metric → what the search found. The model's run is nested under the run of the search, which is
    logged first where the store does not know it. The newest version is not registered again. Raises
    InputError where choices.csv is not the one that the search's record says it wrote.
    """
    import mlflow
    from mlflow import MlflowClient
    from mlflow.utils.mlflow_tags import MLFLOW_GIT_COMMIT, MLFLOW_PARENT_RUN_ID, MLFLOW_RUN_NOTE, MLFLOW_SOURCE_NAME

    _check_record(root, served.benchmark)
    name, digest = registered_name(served.benchmark), _digest(served)
    sync(root)
    experiment, client = open_experiment(root), MlflowClient()
    newest = max((int(v.version) for v in client.search_model_versions(f"name = '{name}'")), default=0)
    if newest and (mlflow.models.get_model_info(f"models:/{name}/{newest}").metadata or {}).get(DIGEST) == digest:
        return name, newest, False
    record = root / record_file(f"search@{served.benchmark}")
    search = runs_by_digest(experiment)[lock_digest(record)].info.run_id
    note = _description(served, measured, run_link(root, experiment, search))
    tags = {
        MLFLOW_PARENT_RUN_ID: search,
        MLFLOW_RUN_NOTE: note,
        MLFLOW_SOURCE_NAME: f"slmmux register {served.benchmark}",
        MLFLOW_GIT_COMMIT: git_commit(root),
    }
    with mlflow.start_run(experiment_id=experiment, run_name=name, tags=tags):
        mlflow.log_params({"benchmark": served.benchmark, "choice": served.choice, **_samples(served)})
        mlflow.log_metrics(measured)
        logged = _log_model(name, served, digest)
    # Not by logging, which would give the version neither tags nor a description.
    version = mlflow.register_model(
        logged.model_uri, name, tags={"choice": served.choice, "engine": served.engine.name}
    )
    client.update_model_version(name, version.version, note)
    client.update_registered_model(name, ABOUT.format(benchmark=served.benchmark))
    return name, int(version.version), True


def _check_record(root: Path, benchmark: str) -> None:
    path, stage = choices_file(benchmark), f"search@{benchmark}"
    written = {entry["path"]: entry["sha256"] for entry in read_record(root / record_file(stage))["outputs"]}
    if written.get(path.as_posix()) != digest_of(root / path):
        raise InputError(f"{path}: not what the record of {stage} says was written; run `dvc repro {stage}`")


def _digest(served: ServedConfiguration) -> str:
    return hashlib.sha256(json.dumps(served.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()


def _samples(served: ServedConfiguration) -> dict[str, int]:
    return {f"samples.{model.name}": model.samples for model in served.models}


def _description(served: ServedConfiguration, measured: dict[str, float], search: str) -> str:
    models = ", ".join(f"{model.name} × {model.samples}" for model in served.models)
    share = {key: f"{100 * value:.1f} %" for key, value in measured.items() if "accuracy" in key}
    return (
        f"SLM-MUX with {models}: the choice `{served.choice}` of [the search on {served.benchmark}]({search}). "
        f"Accuracy {share['validation_accuracy']} on the validation split, {share['accuracy']} ± "
        f"{share['accuracy_se']} on the test split, {measured['tokens_per_question']:.0f} tokens per question."
    )


def _requirements() -> list[str]:
    """What the package needs to answer questions: its dependencies and those of the extra `serve`."""
    lines = [line.replace(" ", "") for line in requires("slmmux") or []]
    return [line.split(";")[0] for line in lines if ";" not in line or line.endswith(';extra=="serve"')]


def _log_model(name: str, served: ServedConfiguration, digest: str):
    import mlflow
    import pandas as pd
    from mlflow.models import Model, ModelSignature
    from mlflow.types import ColSpec, DataType, Schema

    def save_model(validate_serving_input: bool, **saved) -> None:
        mlflow.pyfunc.save_model(model_config=served.model_dump(mode="json"), **saved)

    text, number = DataType.string, DataType.double
    answer = [
        ColSpec(text, "answer", required=False),
        ColSpec(number, "confidence"),
        ColSpec(text, "model"),
        ColSpec(text, "response", required=False),
        ColSpec(text, "votes"),
    ]
    # Not mlflow.pyfunc.log_model: it puts the example to the engines, which need not run where a model is
    # registered, and makes a parameter of the run of every value of the configuration.
    return Model.log(
        artifact_path=None,
        flavor=SimpleNamespace(save_model=save_model),
        flavor_name="pyfunc",
        validate_serving_input=False,
        name=name,
        python_model=str(PACKAGE / "serving" / "mlflow_model.py"),
        # The package itself goes along, so the model loads where it is not installed.
        code_paths=[str(PACKAGE)],
        pip_requirements=_requirements(),
        signature=ModelSignature(Schema([ColSpec(text, "question")]), Schema(answer)),
        input_example=pd.DataFrame({"question": [example_question(served.benchmark)]}),
        metadata={DIGEST: digest},
    )
