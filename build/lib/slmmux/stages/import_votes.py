"""slmmux import BENCHMARK: samples that others published, as votes of both splits.

No text of a response is kept. Votes of a source with a licence go with its attribution; those of a source without one
stay on this machine.
"""

from collections.abc import Callable

from slmmux.config import load_config
from slmmux.files import write_text
from slmmux.paths import attribution_file, votes_file
from slmmux.published import boinf, crux_eval
from slmmux.published.samples import PublishedSamples, split_of, votes_of
from slmmux.published.source import read_files, read_licence
from slmmux.settings import PublishedSource
from slmmux.stages.study import SPLITS
from slmmux.tracking.record import Record
from slmmux.votes.archive import save_all

READERS: dict[str, Callable[[dict[str, bytes]], PublishedSamples]] = {
    "crux_eval": crux_eval.read,
    "boinf_values": boinf.read_values,
    "boinf_integers": boinf.read_integers,
    "boinf_letters": boinf.read_letters,
}


def attribution(name: str, source: PublishedSource, licence: str | None) -> str:
    """What the votes were made from, and under which licence, as text."""
    lines = [
        f"The votes of {name} were made from samples that others published:",
        f"  https://github.com/{source.repository}, commit {source.commit}, {source.folder or '.'}/{source.path}",
        "They hold which samples of a question agree and which are right, as integers, and no text of a response.",
    ]
    if source.licence is None or licence is None:
        return "\n".join(
            [*lines, "No licence was found: neither the files nor votes made from them may be passed on.", ""]
        )
    return "\n".join([*lines, f"The source's licence ({source.licence.name}):", "", licence.strip(), ""])


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("import", description=__doc__)
    parser.add_argument("benchmark")


def run(args) -> Record:
    name = args.benchmark
    source = load_config().published_source(name)
    licence = read_licence(source)
    samples, models = READERS[source.reader](read_files(source)), list(source.sha256)
    metrics: dict[str, float] = {}
    written = {}
    for split in SPLITS:
        chosen = {q: given for q, given in samples.items() if split_of(q, source.validation_share) == split}
        votes = votes_of(name, split, chosen, models)
        written[votes_file(name, split)] = votes
        metrics[f"{split}/questions"] = len(votes.question_ids)
        for model, accuracy in zip(votes.models, votes.accuracy()):
            metrics[f"{split}/{model}/accuracy"] = float(accuracy)
    save_all(written)
    write_text(attribution_file(name), attribution(name, source, licence))
    params = {"benchmark": name, "repository": source.repository, "commit": source.commit}
    params |= {"licence": source.licence.name if source.licence else "none", "models": len(models)}
    return Record(f"import@{name}", params, metrics, [], [*written, attribution_file(name)])
