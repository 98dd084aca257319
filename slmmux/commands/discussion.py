"""slmmux discussion BENCHMARK: the methods whose models talk beside those whose models don't, and groupthink."""

import json
from collections import Counter

import pandas as pd

from slmmux.benchmarks.question_list import read_questions
from slmmux.config import load_config
from slmmux.discussion.grade_transcripts import grade_turns
from slmmux.discussion.groupthink import agents_of, outcomes, share_of, swayed
from slmmux.discussion.label_groupthink import label_of
from slmmux.discussion.protocol import TURNS
from slmmux.files import write_text
from slmmux.paths import RESULTS, discussion_file, labels_file, questions_file, votes_file
from slmmux.results.discussion import discussion, protocol_evaluation
from slmmux.tables import read_table
from slmmux.tracking.record import Dataset, Record
from slmmux.tracking.result_files import write_tables
from slmmux.votes.archive import load_votes

FOLDER = RESULTS / "discussion"


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("discussion", description=__doc__)
    parser.add_argument("benchmark")


def run(args) -> Record:
    config, name = load_config(), args.benchmark
    listed = read_questions(questions_file(name))
    files = {split: votes_file(name, split) for split in ("validation", "test")}
    validation, test = (load_votes(file).take_models(config.discussion.model_names) for file in files.values())
    transcripts = {protocol: discussion_file(name, protocol) for protocol in config.discussion.protocols}
    turns = {protocol: read_table(path, TURNS)[0].to_pylist() for protocol, path in transcripts.items()}
    grades = {protocol: grade_turns(config, name, rows, listed) for protocol, rows in turns.items()}
    question_ids = list(dict.fromkeys(turn["question_id"] for turn in next(iter(turns.values()))))
    protocols = {p: protocol_evaluation(turns[p], grades[p], question_ids) for p in turns}
    found = discussion(validation, test, protocols, question_ids, config.evaluation)

    agents = agents_of(turns["llm_debate"], grades["llm_debate"]) if "llm_debate" in turns else []
    measured = swayed(agents, config.evaluation.confidence)
    failed = int((protocols["llm_debate"].correct < 1).sum()) if agents else 0
    replies = read_table(labels_file(name), TURNS, may_be_empty=True)[0].to_pylist()
    labels = {reply["question_id"]: label_of(reply["response"]) for reply in replies}
    counted = Counter(labels.values())
    summary = found.summary() | {
        "groupthink": {
            "debates": len(question_ids),
            "failed": failed,
            "labeller": config.discussion.labeller,
            "labels": {
                label: vars(share_of(counted[label], failed, config.evaluation.confidence))
                for label in ("groupthink", "other", "unlabelled")
            },
            "given_up": vars(measured.given_up),
            "corrected": vars(measured.corrected),
        }
    }
    out = FOLDER / name / "methods.json"
    write_text(out, json.dumps(summary, indent=1, allow_nan=False) + "\n")
    groupthink = pd.DataFrame(
        [
            {
                "question_id": agent.question_id,
                "model": agent.model,
                "first": agent.first.answer,
                "last": agent.last.answer,
                "outcome": outcome,
                "label": labels.get(agent.question_id),
            }
            for agent, outcome in outcomes(agents)
        ],
        columns=["question_id", "model", "first", "last", "outcome", "label"],
    )
    tables = write_tables(FOLDER / name, {"questions": found.question_rows(), "groupthink": groupthink})
    settings = config.evaluation
    params = {
        "benchmark": name,
        "models": ",".join(config.discussion.model_names),
        "samples_per_model": settings.samples_per_model,
        "questions": len(question_ids),
        "labeller": config.discussion.labeller,
        "seed": settings.seed,
    }
    metrics = {f"{method}/{key}": value for method, row in found.rows.items() for key, value in row.metrics().items()}
    # The headline of the run: the method of the study, to be read beside those that talk.
    metrics |= found.rows["slm_mux"].metrics() | {f"groupthink/{key}": v for key, v in measured.metrics().items()}
    inputs = [Dataset(f"votes of {name}, {split}", file) for split, file in files.items()]
    inputs += [Dataset(f"{protocol} on {name}", path) for protocol, path in transcripts.items()]
    return Record(f"discussion@{name}", params, metrics, inputs, [out, *tables], [out, *tables])
