"""slmmux discuss BENCHMARK PROTOCOL: let the models talk about test questions; goes on where a killed run stopped."""

from slmmux.config import load_config
from slmmux.discussion import protocol_options
from slmmux.discussion.protocol import TRANSCRIPT
from slmmux.discussion.run_protocol import choose_agents, discuss
from slmmux.errors import InputError
from slmmux.paths import SHARDS, discussion_file, questions_file, votes_file
from slmmux.tables import read_table
from slmmux.tracking.record import Dataset, Record
from slmmux.votes.archive import load_votes


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("discuss", description=__doc__)
    parser.add_argument("benchmark")
    parser.add_argument("protocol")


def run(args) -> Record:
    config, benchmark, protocol = load_config(), args.benchmark, args.protocol
    config.benchmark(benchmark)
    settings = config.discussion
    if protocol not in settings.protocols:
        raise InputError(f"no protocol {protocol!r} under discussion.protocols; there are: {settings.protocols}")
    own = protocol_options(config, protocol)
    questions, out = questions_file(benchmark), discussion_file(benchmark, protocol)
    chosen_on = votes_file(benchmark, "validation")
    validation = load_votes(chosen_on)
    discuss(config, benchmark, protocol, questions, validation, out, SHARDS)
    table, provenance = read_table(out, TRANSCRIPT)
    best = choose_agents(config, validation).best
    params = {"benchmark": benchmark, "protocol": protocol, "models": ",".join(settings.model_names), "best": best}
    params |= {key: ",".join(value) if isinstance(value, list) else value for key, value in own.model_dump().items()}
    columns = table.to_pydict()
    metrics = {
        "questions": len(set(columns["question_id"])),
        "turns": table.num_rows,
        "prompt_tokens": sum(columns["prompt_tokens"]) / table.num_rows,
        "completion_tokens": sum(columns["completion_tokens"]) / table.num_rows,
        "cut_off": columns["finish_reason"].count("length") / table.num_rows,
    }
    inputs = [Dataset(f"questions of {benchmark}", questions), Dataset(f"votes of {benchmark}, validation", chosen_on)]
    stage = f"discuss@{protocol}-{benchmark}"
    return Record(stage, params, metrics, inputs, [out], engine=provenance["versions"])
