"""python -m analysis fidelity: the effect of each departure of the released code from the paper, on our samples."""

import pyarrow as pa

from analysis.fidelity.report import Study, fidelity_report, write_report
from slmmux.benchmarks.question_list import read_questions
from slmmux.config import load_config
from slmmux.paths import FIDELITY, questions_file, samples_file
from slmmux.stages.study import load_splits
from slmmux.tables import SAMPLES, read_table
from slmmux.tracking.record import Dataset, Record


def add_parser(subparsers) -> None:
    subparsers.add_parser("fidelity", description=__doc__)


def run(args) -> Record:
    """Write the tables under results/fidelity. Raises InputError on missing or unreadable inputs."""
    config, studies, inputs = load_config(), {}, []
    for name in config.benchmark_names:
        validation, test, votes = load_splits(name)
        samples = {model: samples_file(name, model) for model in config.models_of(name)}
        # The released code asks for no programs, so its grading is compared on answers in words.
        words = [model for model in samples if config.model(model).prompt != "program"]
        tables = [read_table(samples[model], SAMPLES)[0] for model in words]
        studies[name] = Study(
            validation,
            test,
            pa.concat_tables(tables).to_pandas(),
            {question: row["reference"] for question, row in read_questions(questions_file(name)).items()},
        )
        inputs += votes
        inputs += [Dataset(f"samples of {model} on {name}", path) for model, path in samples.items()]
    settings = config.evaluation
    report = fidelity_report(studies, settings)
    files = write_report(report, settings, FIDELITY)
    params = {"benchmarks": ",".join(studies), "models": ",".join(config.model_names), **settings.model_dump()}
    return Record("fidelity", params, report.metrics(), inputs, files, files)
