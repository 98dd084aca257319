"""python -m analysis claims: the paper's Table 1 and single models beside ours, and the verdict on each of its claims.

The paper's claims about its Table 1, each tested on what was measured here, with an interval: on the study's own
benchmarks, and on pools of published models, of comparable strength and with one leader. What the paper says of
self-consistency is tested twice: with as many samples as one model draws, and with as many as all models together.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from pathlib import Path

import numpy as np
import pandas as pd

from analysis.figures.claims import claims
from analysis.figures.common import save_figures
from analysis.pages.certainty import power_table
from analysis.pages.claims_page import page
from analysis.paper.numbers import DISCUSSION_METHODS, paper_table
from analysis.results import read_results, read_tables
from slmmux.config import load_config
from slmmux.errors import InputError
from slmmux.files import write_text
from slmmux.paths import CERTAINTY, CLAIMS, COMPARE, COMPARE_DISCUSSIONS, POOLS
from slmmux.result_files import write_tables
from slmmux.settings import EvaluationSettings
from slmmux.statistics import Difference, bootstrap_difference
from slmmux.statistics.power import questions_needed
from slmmux.tracking.record import Dataset, Record


@dataclass(frozen=True)
class Claim:
    """One statement of the paper: `first` is `direction` ('above' or 'below') `second`.

    first, second: methods, as columns of a questions.csv.
    """

    text: str
    first: str
    direction: str
    second: str


TESTED = (
    *(Claim("Discussion is below the best single model", name, "below", "single_best") for name in DISCUSSION_METHODS),
    Claim("SLM-MUX is above the best single model", "slm_mux", "above", "single_best"),
    Claim("SLM-MUX with searched models is above the best single model", "slm_mux_searched", "above", "single_best"),
    Claim("SLM-MUX is above the best model's self-consistency", "slm_mux", "above", "self_consistency"),
    Claim(
        "SLM-MUX with searched models is above the best model's self-consistency",
        "slm_mux_searched",
        "above",
        "self_consistency",
    ),
    Claim(
        "SLM-MUX is above the best model's self-consistency with as many samples in all",
        "slm_mux",
        "above",
        "self_consistency_total",
    ),
    Claim(
        "SLM-MUX with searched models is above the best model's self-consistency with as many samples in all",
        "slm_mux_searched",
        "above",
        "self_consistency_total_searched",
    ),
    Claim("SLM-MUX is above Agent Forest", "slm_mux", "above", "agent_forest"),
    Claim("SLM-MUX with searched models is above Agent Forest", "slm_mux_searched", "above", "agent_forest_searched"),
    *(Claim("SLM-MUX is above discussion", "slm_mux", "above", name) for name in DISCUSSION_METHODS),
)


# Second method of a claim about SLM-MUX → the rival of that name in a pool's comparisons.csv.
POOL_RIVALS = {
    "single_best": "one_sample",
    "self_consistency": "same_samples",
    "self_consistency_total": "same_total",
    "agent_forest": "agent_forest",
}
OWN = "own"


@dataclass(frozen=True)
class Checked:
    """A claim on one benchmark, or on one pool of published models.

    difference: accuracy of `first` minus that of `second`. needed: test questions that would see a true difference of
        this size with the power of the study; infinite or NaN where no number would.
    kind: 'own' for a benchmark of this study, else what the pool is: 'comparable', 'mixed' or 'leader'.
    """

    claim: Claim
    benchmark: str
    questions: int
    difference: Difference
    needed: float
    kind: str = OWN

    @property
    def verdict(self) -> str:
        """'holds' or 'fails' where the interval excludes 0 on the claimed or the other side, else 'undecided'."""
        low, high = self.difference.low, self.difference.high
        if self.claim.direction == "below":
            low, high = -high, -low
        return "holds" if low > 0 else "fails" if high < 0 else "undecided"


def check_claims(
    compare: Path, discussion: Path, benchmarks: list[str], discussed: list[str], settings: EvaluationSettings
) -> list[Checked]:
    """Every claim on every benchmark that has both of its methods: on the discussed questions where a discussion
    takes part, else on all test questions. Paired bootstrap over questions."""
    found = []
    for claim in TESTED:
        talks = claim.first in DISCUSSION_METHODS or claim.second in DISCUSSION_METHODS
        folder = discussion if talks else compare
        for name in discussed if talks else benchmarks:
            path = folder / name / "questions.csv"
            try:
                table = pd.read_csv(path)
            except FileNotFoundError:
                raise InputError(f"{path}: no such file; run `dvc repro`") from None
            except ValueError:
                raise InputError(f"{path}: not a table of this study; run `dvc repro`") from None
            if missing := {claim.first, claim.second} - set(table.columns):
                raise InputError(f"{path}: no column {min(missing)!r}; run `dvc repro`")
            gap = (table[claim.first] - table[claim.second]).to_numpy()
            difference = bootstrap_difference(gap, settings.confidence, settings.bootstrap_resamples, settings.seed)
            needed = questions_needed(difference.se * sqrt(len(gap)), difference.difference, settings.confidence)
            found.append(Checked(claim, name, len(gap), difference, needed))
    return found


def check_on_pools(pools: Path, benchmarks: Sequence[str], settings: EvaluationSettings) -> list[Checked]:
    """Every claim about SLM-MUX and methods that need no discussion, on every pool of published models.

    Read from `pools`/BENCHMARK/comparisons.csv, at the study's number of samples. Raises InputError as read_tables.
    """
    tables = read_tables(pools, benchmarks, ["comparisons"])
    found = []
    for claim in TESTED:
        if claim.first != "slm_mux" or claim.second not in POOL_RIVALS:
            continue
        for name in benchmarks:
            table = tables[name]["comparisons"]
            here = table[(table["samples"] == settings.samples) & (table["rival"] == POOL_RIVALS[claim.second])]
            for row in here.to_dict("records"):
                limits = row["gain"], float("nan"), row["gain_low"], row["gain_high"]
                difference = Difference(*limits, settings.confidence, "paired bootstrap")
                where = f"{name}, {row['pool']}"
                found.append(Checked(claim, where, row["questions"], difference, row["gain_needs"], row["kind"]))
    return found


def claims_table(tested: list[Checked]) -> pd.DataFrame:
    """One row a claim and benchmark or pool; differences in points."""
    return pd.DataFrame(
        [
            {
                "claim": t.claim.text,
                "first": t.claim.first,
                "claimed": t.claim.direction,
                "second": t.claim.second,
                "kind": t.kind,
                "benchmark": t.benchmark,
                "questions": t.questions,
                "difference": 100 * t.difference.difference,
                "low": 100 * t.difference.low,
                "high": 100 * t.difference.high,
                "verdict": t.verdict,
                "needed": t.needed,
            }
            for t in tested
        ]
    )


def paper_claims(table1: pd.DataFrame) -> pd.DataFrame:
    """The same claims in the paper's own numbers: difference in points, and its standard error as of independent
    runs, sqrt(se_1^2 + se_2^2), since the paper's answers a question are not published."""
    values = {(r.benchmark, r.method): (r.accuracy, r.accuracy_se) for r in table1.itertuples()}
    rows = []
    for claim in TESTED:
        for name in dict.fromkeys(table1["benchmark"]):
            if (name, claim.first) in values and (name, claim.second) in values:
                (a, a_se), (b, b_se) = values[name, claim.first], values[name, claim.second]
                rows.append(
                    {
                        "first": claim.first,
                        "second": claim.second,
                        "benchmark": name,
                        "difference": a - b,
                        "se": float(np.hypot(a_se, b_se)),
                    }
                )
    return pd.DataFrame(rows)


def add_parser(subparsers) -> None:
    subparsers.add_parser("claims", description=__doc__)


def run(args) -> Record:
    config = load_config()
    names, discussed = config.benchmark_names, config.discussion.benchmark_names
    compared, talks = read_results(COMPARE, names), read_results(COMPARE_DISCUSSIONS, discussed)
    own = check_claims(COMPARE, COMPARE_DISCUSSIONS, names, discussed, config.evaluation)
    ours = claims_table(own + check_on_pools(POOLS, config.published_names, config.evaluation))
    paper = paper_claims(paper_table("table1"))
    text = CLAIMS / "claims.md"
    power = {name: found["power"] for name, found in read_tables(CERTAINTY, names, ["power"]).items()}
    write_text(text, page(compared, talks, ours, paper, power_table(power, config.evaluation.samples)))
    files = [text, *write_tables(CLAIMS, {"claims": ours, "paper_claims": paper})]
    files += save_figures({"claims": lambda: claims(ours, paper, config.evaluation.confidence)}, CLAIMS)
    counted = ours[ours["kind"] == OWN]["verdict"]
    metrics = {verdict: int((counted == verdict).sum()) for verdict in ("holds", "fails", "undecided")}
    inputs = [Dataset(f"results of {name}", COMPARE / name / "methods.json") for name in names]
    inputs += [Dataset(f"certainty of {name}", CERTAINTY / name) for name in names]
    inputs += [Dataset(f"pools of {name}", POOLS / name / "comparisons.csv") for name in config.published_names]
    inputs += [Dataset(f"discussions of {name}", COMPARE_DISCUSSIONS / name / "methods.json") for name in discussed]
    params: dict[str, str | int | float] = {
        "benchmarks": ",".join(names),
        "discussed": ",".join(discussed),
        "confidence": config.evaluation.confidence,
    }
    return Record("claims", params, metrics, inputs, files, files)
