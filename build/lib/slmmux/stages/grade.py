"""slmmux grade BENCHMARK: read and grade the answers of every model of the profile."""

from slmmux.config import load_config
from slmmux.paths import questions_file, responses_file, samples_file
from slmmux.samples.grade import grade
from slmmux.sandbox import accept_mode
from slmmux.tracking.record import Dataset, Record


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("grade", description=__doc__)
    parser.add_argument("benchmark")


def run(args) -> Record:
    config, name = load_config(), args.benchmark
    accept_mode(config.sandbox)
    responses = {model: responses_file(name, model) for model in config.models_of(name)}
    outs = {model: samples_file(name, model) for model in config.models_of(name)}
    metrics: dict[str, float] = {}
    for model, table in grade(config, name, questions_file(name), responses, outs).items():
        rows = table.num_rows
        metrics |= {
            f"{model}/accuracy": sum(table["correct"].to_pylist()) / rows,
            f"{model}/unparsed": table["answer"].null_count / rows,
            f"{model}/cut_off": table["finish_reason"].to_pylist().count("length") / rows,
            f"{model}/completion_tokens": sum(table["completion_tokens"].to_pylist()) / rows,
        }
    inputs = [Dataset(f"responses of {model}", path) for model, path in responses.items()]
    return Record(f"grade@{name}", {"benchmark": name}, metrics, inputs, list(outs.values()))
