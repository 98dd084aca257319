"""slmmux attribution BENCHMARK: whose answer SLM-MUX takes, against samples per model.

Who answers what, against samples per model: the paper's pie as a table over k.
"""

import numpy as np
import pandas as pd

from slmmux.config import load_config
from slmmux.orchestration.attribution import attribution
from slmmux.paths import ATTRIBUTION
from slmmux.result_files import write_tables
from slmmux.stages.study import load_splits
from slmmux.tracking.record import Record
from slmmux.votes.votes import Votes

AGREED = "no disagreement"


def attribution_table(validation: Votes, test: Votes) -> pd.DataFrame:
    """Shares of the test questions, all models drawing k samples, k = 1 to the smallest pool.

    A row a k (`samples`) and `answered_by`: first AGREED, where all models vote for the same answer, then each
    model in list order, where they do not and its answer is taken. share, and up_to: the sum of the shares so
    far, where its bar ends in a stack; _se over questions. Expected over draws and tie-breaks; the validation
    votes give the order of tied models. Raises InputError as slm_mux.evaluate does.
    """
    accuracy = validation.accuracy()
    names, questions, rows = [AGREED, *test.models], len(test.question_ids), []
    for k in range(1, int(test.pool.min()) + 1):
        found = attribution(test, np.full(len(test.models), k), accuracy)
        shares = np.column_stack([found.agreed, found.selected])
        columns = {"share": shares, "up_to": shares.cumsum(axis=1)}
        for i, name in enumerate(names):
            row = {"samples": k, "answered_by": name}
            for column, values in columns.items():
                row[column] = values[:, i].mean()
                row[f"{column}_se"] = values[:, i].std(ddof=1) / np.sqrt(questions) if questions > 1 else np.nan
            rows.append(row)
    return pd.DataFrame(rows)


def add_parser(subparsers) -> None:
    parser = subparsers.add_parser("attribution", description=__doc__)
    parser.add_argument("benchmark")


def run(args) -> Record:
    config, name = load_config(), args.benchmark
    validation, test, inputs = load_splits(name)
    table = attribution_table(validation, test)
    outputs = write_tables(ATTRIBUTION / name, {"attribution": table})
    k = config.evaluation.samples
    at_k = table[table["samples"] == k]
    metrics = {f"{row['answered_by']}/share": float(row["share"]) for row in at_k.to_dict("records")}
    curves = {
        f"{by}/share": dict(zip(rows["samples"].tolist(), rows["share"].tolist()))
        for by, rows in table.groupby("answered_by", sort=False)
    }
    params = {"benchmark": name, "models": ",".join(test.models), "samples": k}
    return Record(f"attribution@{name}", params, metrics, inputs, outputs, outputs, curves)
