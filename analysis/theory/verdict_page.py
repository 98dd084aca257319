"""The verdicts as Markdown: some statements in plain words, then every one with its evidence, folded."""

from collections.abc import Mapping

from analysis.theory.cells import Finding, undecided
from slmmux.theory.verdict import UNDECIDED

# Statements that are told in plain words: claim → what it says.
TOLD = {
    "T1-accuracy": "Self-consistency is as accurate as a majority vote whose samples are right with probability p",
    "T2-helps": "Self-consistency helps on questions with p > 1/2",
    "T2-hurts": "Self-consistency hurts on questions with p < 1/2",
    "T3": "SLM-MUX is as accurate as a majority vote of the best model for each question",
    "T4": "Agent Forest is as accurate as a majority vote at the models' mean p",
    "T4-below": "Agent Forest is less accurate than SLM-MUX at equal samples",
    "calibration": "A model's confidence is the probability that its answer is right",
    "discrimination": "More confident answers are more often right",
    "loss": "What SLM-MUX loses to the oracle: a wrong answer more confident, a tie lost, the right one never voted",
}


def told_table(verdicts: Mapping[str, str], needed: Mapping[str, Mapping[str, float]]) -> str:
    """One row a statement of TOLD. needed: claim → benchmark → questions that would decide what is undecided there."""
    lines = ["| statement | verdict |", "|---|---|"]
    for claim, words in TOLD.items():
        if claim not in verdicts:
            continue
        said, numbers = verdicts[claim], needed.get(claim, {})
        if said == UNDECIDED and numbers:
            benchmark = min(numbers, key=lambda name: numbers[name])
            said = undecided(numbers[benchmark]).replace(" would", f" of {benchmark} would")
        lines.append(f"| {words} | {said} |")
    return "\n".join(lines)


def verdict_page(findings: list[Finding]) -> str:
    """The page: the short table; folded, every claim with its verdict by benchmark, and its evidence."""
    lines = [
        told_table(
            {found.claim: found.verdict for found in findings},
            {f.claim: {e.benchmark: e.needed for e in f.evidence if e.needed == e.needed} for f in findings},
        ),
        "",
        f"<details><summary>All {len(findings)} statements, with the verdict by benchmark</summary>",
        "",
        "| claim | statement | verdict | by benchmark |",
        "|---|---|---|---|",
    ]
    for found in findings:
        cells = (f"**{found.claim}**", found.statement, found.verdict, _by_benchmark(found))
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    lines += ["", "</details>", "", "<details><summary>Evidence for each statement</summary>", ""]
    for found in findings:
        lines += [f"**{found.claim}** ({found.verdict}; figure `{found.figure}`). {found.note}".rstrip(), ""]
        for e in found.evidence:
            if e.benchmark:
                counts = f"{e.hold} configurations hold, {e.undecided} undecided, {e.fail} fail; "
                lines.append(f"- {e.benchmark}: {counts}{e.text}.")
            else:
                lines.append(f"- {e.text}")
        lines.append("")
    return "\n".join([*lines, "</details>"]) + "\n"


def _by_benchmark(found: Finding) -> str:
    """The verdicts of a claim by benchmark; where one is undecided, with the questions that would decide it."""
    grouped: dict[str, list[str]] = {}
    for evidence in found.evidence:
        if evidence.benchmark:
            said = undecided(evidence.needed) if evidence.verdict == UNDECIDED else evidence.verdict
            grouped.setdefault(said, []).append(evidence.benchmark)
    if len(grouped) == 1 and len(found.evidence) > 1:
        (said,) = grouped
        return "the same on all" if said == found.verdict else f"{said}, on all"
    return "; ".join(f"{said}: {', '.join(names)}" for said, names in grouped.items()) or "–"
