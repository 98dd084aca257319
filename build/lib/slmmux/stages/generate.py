"""slmmux generate BENCHMARK MODEL: the model's samples; goes on where a killed run stopped."""

from slmmux.config import load_config
from slmmux.generation.generate import generate
from slmmux.paths import SHARDS, questions_file, responses_file
from slmmux.tables import RESPONSES, read_table, table_of, write_table
from slmmux.tracking.record import Dataset, Record


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("generate", description=__doc__)
    parser.add_argument("benchmark")
    parser.add_argument("model")


def run(args) -> Record:
    config, benchmark, model = load_config(), args.benchmark, args.model
    questions, out = questions_file(benchmark), responses_file(benchmark, model)
    if config.asks(benchmark, model):
        generate(config, benchmark, model, questions, out, SHARDS)
    else:
        # DVC's matrix is a full grid: a model that this benchmark does not ask has an empty file.
        config.model(model)
        write_table(out, table_of([], RESPONSES), {"versions": []})
    table, provenance = read_table(out, RESPONSES, may_be_empty=True)
    sampling = config.sampling
    params = {
        "benchmark": benchmark,
        "model": model,
        "samples": config.benchmark(benchmark).samples if table.num_rows else 0,
        "max_tokens": config.benchmark(benchmark).max_tokens,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "seed": sampling.seed,
    }
    metrics = {"samples": table.num_rows}
    if table.num_rows:
        metrics |= {
            "prompt_tokens": sum(table["prompt_tokens"].to_pylist()) / table.num_rows,
            "completion_tokens": sum(table["completion_tokens"].to_pylist()) / table.num_rows,
            "cut_off": table["finish_reason"].to_pylist().count("length") / table.num_rows,
        }
    inputs = [Dataset(f"questions of {benchmark}", questions)]
    return Record(f"generate@{model}-{benchmark}", params, metrics, inputs, [out], engine=provenance["versions"])
