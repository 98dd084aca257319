"""A searched configuration into MLflow's model registry, logged under the run of the search that chose it."""

import hashlib
import json
from importlib.metadata import requires
from pathlib import Path
from types import SimpleNamespace

import slmmux
from slmmux.errors import InputError
from slmmux.serving.configuration import RegisteredConfiguration
from slmmux.serving.question import example_question
from slmmux.serving.searched import Searched, choices_file
from slmmux.tracking.executions import git_commit
from slmmux.tracking.lock import runs_by_digest
from slmmux.tracking.record import digest_of, read_record, record_file
from slmmux.tracking.runs import lock_digest, sync
from slmmux.tracking.store import CHECKOUT_TAG, checkout_id, only_one, open_experiment, run_link

PACKAGE = Path(slmmux.__file__).parent
# In the model's metadata: which configuration it is.
DIGEST = "slmmux.configuration_sha256"
ABOUT = (
    "{kind} for questions like those of {benchmark}. In: a column `question`. Out: `answer`, its `confidence`, the "
    "`model` that was chosen, its `response` in full, the `votes` of all models as JSON, the tokens that all samples "
    "took, and how many samples were not needed."
)


def register(root: Path, found: Searched) -> tuple[str, int, bool]:
    """Log and register a configuration: (name, version, whether it is a new one).

    The model's run is nested under the run of the search, which is logged first where the store does not know it.
    The newest version is not registered again. Raises InputError where choices.csv is not the one that the
    search's record says it wrote.
    """
    import mlflow
    from mlflow import MlflowClient
    from mlflow.utils.mlflow_tags import MLFLOW_GIT_COMMIT, MLFLOW_PARENT_RUN_ID, MLFLOW_RUN_NOTE, MLFLOW_SOURCE_NAME

    registered, measured, served = found.configuration, found.measured, found.configuration.served
    _check_record(root, served.reader)
    name, digest = served.name, _digest(registered)
    sync(root)
    experiment, client = open_experiment(root), MlflowClient()
    newest = max((int(v.version) for v in client.search_model_versions(f"name = '{name}'")), default=0)
    if newest and (mlflow.models.get_model_info(f"models:/{name}/{newest}").metadata or {}).get(DIGEST) == digest:
        return name, newest, False
    record = root / record_file(f"search@{served.reader}")
    search = runs_by_digest(experiment)[lock_digest(record)].info.run_id
    note = _description(registered, measured, run_link(root, experiment, search))
    tags = {
        MLFLOW_PARENT_RUN_ID: search,
        MLFLOW_RUN_NOTE: note,
        MLFLOW_SOURCE_NAME: f"slmmux register {served.reader}",
        MLFLOW_GIT_COMMIT: git_commit(root),
        CHECKOUT_TAG: checkout_id(root),
    }
    # `slmmux track` takes a run for dead that is not finished while it has the lock.
    with only_one(root, "track"), mlflow.start_run(experiment_id=experiment, run_name=name, tags=tags):
        mlflow.log_params({"benchmark": served.reader, "choice": registered.choice, **_samples(registered)})
        mlflow.log_metrics(measured)
        logged = _log_model(registered, digest)
    # Not by logging, which would give the version neither tags nor a description.
    engine = "openai" if registered.engine is None else registered.engine.name
    version = mlflow.register_model(logged.model_uri, name, tags={"choice": registered.choice, "engine": engine})
    client.update_model_version(name, version.version, note)
    client.update_registered_model(name, ABOUT.format(kind=_kind(registered), benchmark=served.reader))
    return name, int(version.version), True


def _check_record(root: Path, benchmark: str) -> None:
    path, stage = choices_file(benchmark), f"search@{benchmark}"
    written = {entry["path"]: entry["sha256"] for entry in read_record(root / record_file(stage))["outputs"]}
    if written.get(path.as_posix()) != digest_of(root / path):
        raise InputError(f"{path}: not what the record of {stage} says was written; run `dvc repro {stage}`")


def _digest(registered: RegisteredConfiguration) -> str:
    return hashlib.sha256(json.dumps(registered.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()


def _kind(registered: RegisteredConfiguration) -> str:
    if len(registered.served.models) > 1:
        return "SLM-MUX"
    return "Self-consistency of one model" if registered.served.models[0].samples > 1 else "One sample of one model"


def _samples(registered: RegisteredConfiguration) -> dict[str, int]:
    return {f"samples.{model.name}": model.samples for model in registered.served.models}


def _description(registered: RegisteredConfiguration, measured: dict[str, float], search: str) -> str:
    served = registered.served
    models = ", ".join(f"{model.name} × {model.samples}" for model in served.models)
    share = {key: f"{100 * value:.1f} %" for key, value in measured.items() if "accuracy" in key}
    return (
        f"{_kind(registered)}, {models}: the choice `{registered.choice}` of "
        f"[the search on {served.reader}]({search}). "
        f"Accuracy {share['validation_accuracy']} on the validation split, {share['accuracy']} ± "
        f"{share['accuracy_se']} on the test split, {measured['tokens_per_question']:.0f} tokens per question "
        "before stopping."
    )


def _requirements() -> list[str]:
    """What the package needs to answer questions: its dependencies and those of the extra `serve`."""
    lines = [line.replace(" ", "") for line in requires("slmmux") or []]
    return [line.split(";")[0] for line in lines if ";" not in line or line.endswith(';extra=="serve"')]


def _log_model(registered: RegisteredConfiguration, digest: str):
    import mlflow
    import pandas as pd
    from mlflow.models import Model, ModelSignature
    from mlflow.types import ColSpec, DataType, Schema, TensorSpec

    def save_model(validate_serving_input: bool, **saved) -> None:
        mlflow.pyfunc.save_model(model_config=registered.model_dump(mode="json"), **saved)

    text, number, whole = DataType.string, DataType.double, DataType.long
    answer: list[ColSpec | TensorSpec] = [
        ColSpec(text, "answer", required=False),
        ColSpec(number, "confidence"),
        ColSpec(text, "model"),
        ColSpec(text, "response"),
        ColSpec(text, "votes"),
        ColSpec(whole, "prompt_tokens"),
        ColSpec(whole, "completion_tokens"),
        ColSpec(whole, "saved_samples"),
    ]
    # Not mlflow.pyfunc.log_model: it puts the example to the engines, which need not run where a model is
    # registered, and makes a parameter of the run of every value of the configuration.
    return Model.log(
        artifact_path=None,
        flavor=SimpleNamespace(save_model=save_model),
        flavor_name="pyfunc",
        validate_serving_input=False,
        name=registered.served.name,
        python_model=str(PACKAGE / "serving" / "mlflow_model.py"),
        # The package itself goes along, so the model loads where it is not installed.
        code_paths=[str(PACKAGE)],
        pip_requirements=_requirements(),
        signature=ModelSignature(Schema([ColSpec(text, "question")]), Schema(answer)),
        input_example=pd.DataFrame({"question": [example_question(registered.served.reader)]}),
        metadata={DIGEST: digest},
    )
