"""What MLflow shows of a record: configurations, under a few metric names that all runs share, and one sentence.

A record holds several hundred numbers under names of their own; they stay in its JSON file, an artifact of the run.
"""

from dataclasses import dataclass

# Of the test split, save validation_accuracy. Shares of 1; tokens are per question.
SHARED = (
    "accuracy",
    "accuracy_se",
    "validation_accuracy",
    "gain",
    "gain_low",
    "gain_high",
    "gain_over_voting",
    "tokens_per_question",
    "tokens_with_stopping",
    "tie_probability",
)
# A group of metrics with both is a configuration: what it scored and what it cost.
AIMS = ("accuracy", "tokens_per_question")


@dataclass(frozen=True)
class Configuration:
    """One row of the list of runs. params: method, models and samples, and where it was measured."""

    key: str
    name: str
    params: dict[str, str]
    metrics: dict[str, float]


def shared(metrics: dict[str, float]) -> dict[str, float]:
    return {name: metrics[name] for name in SHARED if name in metrics}


def configurations(record: dict) -> list[Configuration]:
    """The configurations that a stage measured, in the order of its metrics.

    record: what read_record returns. A record that does not say what a configuration is lends it the stage's models.
    """
    groups: dict[str, dict[str, float]] = {}
    for key, value in record["metrics"].items():
        group, slash, name = key.rpartition("/")
        if slash:
            groups.setdefault(group, {})[name] = value
    params, told = record["params"], record.get("configurations", {})
    found = []
    for key, metrics in groups.items():
        if all(aim in metrics for aim in AIMS):
            own = {"method": key, **{name: str(params[name]) for name in ("models", "samples") if name in params}}
            own = place(record) | own | told.get(key, {})
            found.append(Configuration(key, configuration_name(own), own, shared(metrics)))
    return found


def place(record: dict) -> dict[str, str]:
    """Benchmark, and the number of questions where the stage measured a part of them."""
    return {name: str(record["params"][name]) for name in ("benchmark", "questions") if name in record["params"]}


def configuration_name(params: dict[str, str]) -> str:
    """Such as 'SLM-MUX, all models: a + b, k = 3, gsm8k'."""
    models = params.get("models", "").replace(",", " + ")
    samples = f"k = {params['samples']}" if params.get("samples", "").replace(",", "").isdigit() else ""
    part = f"{params['questions']} questions of " if "questions" in params else ""
    where = f"{part}{params['benchmark']}" if "benchmark" in params else ""
    return f"{params['method']}: {', '.join(word for word in (models, samples, where) if word)}"


def headline(record: dict) -> dict[str, float]:
    """The shared metrics of the stage itself: none where it has configurations, whose accuracy it would repeat."""
    return {} if configurations(record) else shared(record["metrics"])


def measured(metrics: dict[str, float], name: str) -> str:
    """One sentence on a configuration or trial."""
    words = []
    for split, key in (("test", "accuracy"), ("validation", "validation_accuracy")):
        if key in metrics:
            error = f" ± {100 * metrics[f'{key}_se']:.1f}" if f"{key}_se" in metrics else ""
            words.append(f"{100 * metrics[key]:.1f}{error} % right on the {split} split")
    if "gain" in metrics:
        interval = (
            f" ({100 * metrics['gain_low']:+.1f} to {100 * metrics['gain_high']:+.1f})" if "gain_low" in metrics else ""
        )
        words.append(f"{100 * metrics['gain']:+.1f} points{interval} against one sample of the best single model")
    if "tokens_per_question" in metrics:
        words.append(f"{metrics['tokens_per_question']:.0f} tokens a question")
    return f"{name}: {', '.join(words)}."


def sentence(record: dict) -> str:
    """The result of a stage in one sentence: its headline, else its best configuration, else its first numbers."""
    stage, metrics, found = record["stage"], record["metrics"], configurations(record)
    own = shared(metrics)
    if "accuracy" in own:
        same = [c for c in found if all(c.metrics.get(name) == value for name, value in own.items())]
        return measured(own, same[0].name if same else stage)
    if found:
        best = max(found, key=lambda c: c.metrics["accuracy"])
        return measured(best.metrics, f"Best of {len(found)}, {best.name}")
    if metrics:
        named = [f"{name.replace('/', ', ')} {value:.4g}" for name, value in list(metrics.items())[:3]]
        more = f"; {len(metrics) - 3} more numbers in the record" if len(metrics) > 3 else ""
        return f"{stage}: {'; '.join(named)}{more}."
    return f"{stage} wrote {', '.join(entry['path'] for entry in record['outputs'][:3])}."
