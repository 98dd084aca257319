"""The paper's tables beside ours, as Markdown: the verdict on each claim, Table 1, single models, groupthink."""

import pandas as pd

from analysis.pages.certainty import POWER_WORDS
from analysis.paper.numbers import DISCUSSION_METHODS, METHOD_NAMES, paper_table
from analysis.results import decision, folded, percent, with_interval

# Kind of a pool → its column.
KINDS = {
    "own": "own benchmarks",
    "comparable": "published models, comparable",
    "mixed": "published models, in between",
    "leader": "published models, one leader",
}
VERDICTS = {"holds": "hold", "undecided": "are undecided", "fails": "fail"}


def table1(compared: dict[str, dict], discussed: dict[str, dict], paper: pd.DataFrame) -> str:
    """The paper's Table 1 with our columns. discussed: benchmark → its discussion/…/methods.json; compared: the same of
    compare/…, shown for the benchmarks that were not discussed."""
    quiet = {name: result for name, result in compared.items() if name not in discussed}
    published = {(r.benchmark, r.method): f"{r.accuracy:.1f} ± {r.accuracy_se:.1f}" for r in paper.itertuples()}
    columns = list(dict.fromkeys(paper["benchmark"]))
    head = [f"paper, {name}" for name in columns] + [f"**ours, {name}**" for name in discussed | quiet]
    head += [f"tokens, {name}" for name in discussed]
    lines = [f"| method | {' | '.join(head)} |", "|---" * (len(head) + 1) + "|"]
    for method, label in METHOD_NAMES.items():
        cells = [published.get((name, method), "–") for name in columns]
        for result in (discussed | quiet).values():
            row = result["methods"].get(method)
            cells.append(f"{percent(row['accuracy'])} ± {percent(row['accuracy_se'])}" if row else "–")
        for result in discussed.values():
            row = result["methods"].get(method)
            cells.append(f"{row['tokens_per_question']:.0f}" if row else "–")
        lines.append(f"| {label} | {' | '.join(cells)} |")
    models = "; ".join(f"{name}: {', '.join(result['models'])}" for name, result in discussed.items())
    sizes = ", ".join(f"{result['questions']} questions of {name}" for name, result in discussed.items())
    return "\n".join(
        [
            *lines,
            "",
            "Accuracy in % ± standard error. The paper: Mixtral 8x7B, Llama 3.1 8B and Gemma 2 27B, three samples at "
            "temperature 0.3. Ours: " + models + f"; {sizes}. "
            "Methods without discussion: expected over all draws of the samples, so their error is over questions "
            "alone. Discussions: held once. Without a discussion (all test questions, all models of the benchmark): "
            + (", ".join(f"{result['questions']} questions of {name}" for name, result in quiet.items()) or "none")
            + ". Tokens are per question, with the prompts.",
        ]
    )


def single_models(compared: dict[str, dict], paper: pd.DataFrame) -> str:
    """The paper's single models, and ours: accuracy of one sample in %, with its standard error over questions."""
    columns = list(dict.fromkeys(paper["benchmark"]))
    published = {(r.benchmark, r.model): f"{r.accuracy:.1f}" for r in paper.itertuples()}
    names = [*columns, *compared]
    lines = [f"| model | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|"]
    for model in dict.fromkeys(paper["model"]):
        cells = [published.get((name, model), "–") for name in columns] + ["–"] * len(compared)
        lines.append(f"| {model} (the paper) | {' | '.join(cells)} |")
    for model in dict.fromkeys(m for result in compared.values() for m in result["test_accuracy"]):
        cells = ["–"] * len(columns)
        for result in compared.values():
            value = result["test_accuracy"].get(model)
            cells.append("–" if value is None else f"{percent(value)} ± {percent(result['test_accuracy_se'][model])}")
        lines.append(f"| {model} | {' | '.join(cells)} |")
    return "\n".join(lines)


def summary(ours: pd.DataFrame, paper: pd.DataFrame) -> str:
    """One row a claim: the paper's differences, and the verdicts by kind of pool."""
    kinds = [kind for kind in KINDS if (ours["kind"] == kind).any()]
    lines = [
        f"| claim | the paper, points | {' | '.join(KINDS[kind] for kind in kinds)} |",
        "|---" * (2 + len(kinds)) + "|",
    ]
    for (text, first, second), group in ours.groupby(["claim", "first", "second"], sort=False):
        published = paper[(paper["first"] == first) & (paper["second"] == second)]
        told = "; ".join(
            f"{r.benchmark} {percent(r.difference / 100, True)} ± {r.se:.1f}" for r in published.itertuples()
        )
        methods = [METHOD_NAMES[name] for name in (first, second) if name in DISCUSSION_METHODS]
        named = f"{text} ({methods[0]})" if methods else text
        cells = [_tally(group[group["kind"] == kind]["verdict"]) for kind in kinds]
        lines.append(f"| {named} | {told or '–'} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _tally(verdicts: pd.Series) -> str:
    """How often a claim holds, is undecided and fails: the failures as loud as the rest."""
    counts = verdicts.value_counts()
    said = [
        f"**fails {counts[verdict]}**" if verdict == "fails" else f"{verdict} {counts[verdict]}"
        for verdict in VERDICTS
        if verdict in counts
    ]
    return ", ".join(said) or "–"


def verdicts(ours: pd.DataFrame) -> str:
    """One row a claim and benchmark or pool: the difference with its interval, the verdict."""
    lines = ["| difference | kind | measured on | points | verdict |", "|---|---|---|---|---|"]
    for (first, second), group in ours.groupby(["first", "second"], sort=False):
        for n, row in enumerate(group.itertuples()):
            start = f"{METHOD_NAMES[first]} minus {METHOD_NAMES[second]}" if n == 0 else ""
            said = f"**{row.verdict}**" if row.verdict == "fails" else row.verdict
            if row.verdict == "undecided":
                said = decision(row.low, row.high, row.needed, row.questions)
            where = f"{row.kind} | {row.benchmark} ({row.questions})"
            lines.append(
                f"| {start} | {where} | {with_interval(row.difference / 100, row.low / 100, row.high / 100)} | {said} |"
            )
    return "\n".join(lines)


def groupthink(discussed: dict[str, dict], paper: pd.DataFrame) -> str:
    """Failed debates by cause, and the measure without labels; what the labels are worth stands before them."""
    same = [
        name
        for name, result in discussed.items()
        if result["groupthink"]["failed"]
        and max(label["count"] for label in result["groupthink"]["labels"].values()) == result["groupthink"]["failed"]
    ]
    labellers = ", ".join(dict.fromkeys(result["groupthink"]["labeller"] for result in discussed.values()))
    lines = [f"Our labels are those of {labellers}, a small model, and were not checked by people."]
    if same:
        lines[0] += (
            f" It gave one label to every failed debate ({', '.join(same)}): such a labeller tells nothing apart."
        )
    lines.append("")
    lines += ["| | debates | failed | groupthink | other | unlabelled |", "|---|---|---|---|---|---|"]
    for row in paper.itertuples():
        cells = [f"{n} ({percent(n / row.failed)} %)" for n in (row.groupthink, row.other, row.unlabelled)]
        lines.append(f"| the paper, {row.benchmark} | {row.debates} | {row.failed} | {' | '.join(cells)} |")
    for name, result in discussed.items():
        found = result["groupthink"]
        cells = [_share(found["labels"][label]) for label in ("groupthink", "other", "unlabelled")]
        start = f"ours, {name}, labelled by {found['labeller']} | {found['debates']} | {found['failed']}"
        lines.append(f"| {start} | {' | '.join(cells)} |")
    lines += [
        "",
        "Without labels: an agent is contradicted where it is right and the majority of first answers wrong, or the "
        "other way round.",
        "",
        "| | gave up right for the majority's wrong | gave up wrong for the majority's right |",
        "|---|---|---|",
    ]
    for name, result in discussed.items():
        found = result["groupthink"]
        lines.append(f"| {name} | {_of(found['given_up'])} | {_of(found['corrected'])} |")
    return "\n".join(lines)


def _share(share: dict) -> str:
    if share["share"] is None:
        return "0"
    return f"{share['count']} ({percent(share['share'])} % {_interval(share)})"


def _of(share: dict) -> str:
    if share["share"] is None:
        return "never contradicted"
    return f"{share['count']} of {share['total']} ({percent(share['share'], digits=0)} % {_interval(share)})"


def _interval(share: dict) -> str:
    return f"[{percent(share['low'], digits=0)}, {percent(share['high'], digits=0)}]"


def page(compared: dict, discussed: dict, ours: pd.DataFrame, paper: pd.DataFrame, power: str) -> str:
    """The whole page: the picture and the verdicts first.

    ours: claims_table; paper: paper_claims; power: certainty.power_table.
    """
    parts = [
        f"{_counted(ours)}\n",
        "![Each claim as measured here and as the paper printed it](../results/claims/claims.png)\n",
        summary(ours, paper),
        "\nIn the picture, right of 0 is what a claim says. In the table, in how many benchmarks or pools it holds: "
        "the interval of the difference lies wholly on the claimed side of 0; it fails where the interval lies on the "
        "other side. A pool is *comparable* where all models lie close together on validation, and has a *leader* "
        "where one is far ahead "
        "([When does it pay?](when_does_it_pay.md)). *Agent Forest* is the plurality of all samples of all models (Li "
        "et al., 2024); *self-consistency* the plurality of several samples of one model; the *searched subset* is the "
        "one that the paper's objective O(S) chooses on the validation questions. The paper's differences are from its "
        "Table 1, ± the error of a difference of independent runs.\n",
        *folded(
            "Every difference with its interval",
            verdicts(ours),
            "",
            "Points of accuracy on the same questions (their number in brackets), with paired bootstrap intervals.",
        ),
        *folded("How many questions a difference needs", power, "", POWER_WORDS),
    ]
    if discussed:
        parts += ["### Table 1\n", table1(compared, discussed, paper_table("table1")), ""]
    parts += [
        *folded(
            "Single models",
            single_models(compared, paper_table("single_models")),
            "",
            "Accuracy of one sample in %. The paper: temperature 0. Ours: expected over the samples, ± standard error "
            "over questions.",
        ),
    ]
    if any("llm_debate" in result["methods"] for result in discussed.values()):
        parts += ["### Groupthink\n", groupthink(discussed, paper_table("groupthink"))]
    return "\n".join(parts) + "\n"


def _counted(ours: pd.DataFrame) -> str:
    said = []
    for kind, words in KINDS.items():
        found = ours[ours["kind"] == kind]["verdict"].value_counts()
        if found.sum():
            parts = ", ".join(f"{found.get(verdict, 0)} {verb}" for verdict, verb in VERDICTS.items())
            said.append(f"{words}: {parts} (of {found.sum()})")
    return f"Tests of the paper's claims, each on one benchmark or pool: {'; '.join(said)}."
