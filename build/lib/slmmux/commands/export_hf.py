"""slmmux export-hf FOLDER: the graded samples as a Hugging Face dataset: a configuration a benchmark, real splits,
and a card. `datasets.load_dataset(FOLDER, BENCHMARK)` reads it; `hf upload` of the hub's own tools publishes it.
"""

import argparse
import os
import re
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import yaml

from slmmux.benchmarks.question import SPLITS
from slmmux.config import Config, load_config
from slmmux.errors import InputError
from slmmux.files import whole_file, write_text
from slmmux.paths import samples_file
from slmmux.tables import SAMPLES, read_table

# Said of the samples as a whole, beside what the files themselves say.
ABOUT = Path("docs") / "dataset_card.md"
# A dataset of several sources; the card's tables have the licence of each.
LICENCE = "other"


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser(
        "export-hf", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path, metavar="FOLDER", help="that does not exist yet, or is empty")


def run(args) -> None:
    if args.folder.exists() and (not args.folder.is_dir() or any(args.folder.iterdir())):
        raise InputError(f"{args.folder}: is there already and not empty; name another folder")
    config = load_config()
    # All are read before the first is written.
    tables = {name: _samples(config, name) for name in config.benchmark_names}
    rows: dict[str, dict[str, int]] = {}
    try:
        args.folder.absolute().parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=args.folder.absolute().parent, prefix=f".{args.folder.name}.") as parent:
            # Under its name only when all of it is there.
            new = Path(parent) / "new"
            _write(new, tables, config, rows)
            os.replace(new, args.folder)
    except OSError as error:
        error.filename = str(args.folder)
        raise
    print(f"{args.folder}: {sum(sum(parts.values()) for parts in rows.values())} samples of {', '.join(rows)}")


def _write(folder: Path, tables: dict[str, pa.Table], config: Config, rows: dict[str, dict[str, int]]) -> None:
    """The dataset in a new folder; `rows` is filled."""
    for name, table in tables.items():
        parts = {split: table.filter(pc.equal(table["split"], split)) for split in SPLITS}
        rows[name] = {split: part.num_rows for split, part in parts.items() if part.num_rows}
        for split in rows[name]:
            # Every column, also one that holds nothing: the splits of a configuration have the same ones.
            with whole_file(folder / name / f"{split}.parquet") as temporary:
                pq.write_table(parts[split], temporary, compression="zstd", write_page_checksum=True)
    write_text(folder / "README.md", card(config, rows))


def _samples(config: Config, benchmark: str) -> pa.Table:
    files = [samples_file(benchmark, model) for model in config.models_of(benchmark)]
    return pa.concat_tables([read_table(file, SAMPLES, may_be_empty=True)[0] for file in files])


def card(config: Config, rows: dict[str, dict[str, int]]) -> str:
    """README.md of the dataset: what the hub reads, then tables and text for people. rows: benchmark → split → rows."""
    head = {
        "pretty_name": "Samples of small language models, several a question, for SLM-MUX",
        "language": ["en"],
        "license": LICENCE,
        "task_categories": ["text-generation"],
        "configs": [
            {
                "config_name": name,
                "data_files": [{"split": split, "path": f"{name}/{split}.parquet"} for split in parts],
            }
            for name, parts in rows.items()
        ],
    }
    lines = [f"| {name} | {' | '.join(str(parts.get(split, 0)) for split in SPLITS)} |" for name, parts in rows.items()]
    table = "\n".join([f"| configuration | {' | '.join(SPLITS)} |", "|---|---:|---:|", *lines])
    about = ABOUT.read_text(encoding="utf-8") if ABOUT.exists() else "# Samples of small language models\n"
    # Links into the repository lead nowhere from the hub.
    about = re.sub(r"\[([^]]+)\]\((?!https?:)[^)]+\)", r"\1", about)
    columns = ", ".join(f"`{name}`" for name in SAMPLES.names)
    return (
        f"---\n{yaml.safe_dump(head, sort_keys=False)}---\n\n{about.rstrip()}\n\n"
        f"## Rows\n\n{table}\n\nColumns: {columns}.\n\n## Weights\n\n{_weights(config)}\n"
    )


def _weights(config: Config) -> str:
    """A table of the models, with what their weights are and where they came from."""
    lines = ["| model | upstream model | file | licence | digest or revision |", "|---|---|---|---|---|"]
    for name in config.model_names:
        spec = config.model(name)
        up = spec.upstream
        if spec.source.kind == "hub":
            cells = (spec.source.id, "the repository's", up.licence if up else "see its page", spec.source.revision)
        else:
            known = (up.model, up.file, up.licence) if up else ("not said",) * 3
            cells = (*known, f"sha256 {spec.source.sha256}")
        lines.append(f"| {name} | {' | '.join(cells)} |")
    return "\n".join(lines)
