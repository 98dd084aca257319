"""The answer on the study's own models: in words with what it costs, and the differences as a short table."""

from analysis.results import decision, percent, verdict, with_interval

# What SLM-MUX gains over two baselines: the key in methods.json → the column's head.
GAINS = {
    "gain_over_voting": "minus self-consistency",
    "gain_over_total": "minus the same, as many samples in all",
}


def gain_table(results: dict[str, dict]) -> list[str]:
    """A row a benchmark: what SLM-MUX on the searched subset gains over both forms of self-consistency, in points."""
    lines = [f"| SLM-MUX, points | {' | '.join(GAINS.values())} |", "|---" * (1 + len(GAINS)) + "|"]
    for name, result in results.items():
        found, cells = result["methods"]["slm_mux_searched"], []
        for key in GAINS:
            value, low, high = (found[f"{key}{end}"] for end in ("", "_low", "_high"))
            said = decision(low, high, found.get(f"{key}_needs"), result["questions"])
            cells.append(f"{with_interval(value, low, high)} *{said}*")
        lines.append(f"| {name.replace('_', '_<wbr>')} | {' | '.join(cells)} |")
    return lines


def own_sentence(results: dict[str, dict]) -> str:
    """The answer on the study's own models in words, with what it costs."""
    muxes = [result["methods"]["slm_mux_searched"] for result in results.values()]
    alone = [result["methods"]["self_consistency_total_searched"] for result in results.values()]
    said = [verdict(mux["gain_over_total_low"], mux["gain_over_total_high"]) for mux in muxes]
    counts = {"surely better": "above", "surely worse": "below", "undecided": "undecided"}
    first, *others = [f"{words} on {said.count(sign)}" for words, sign in counts.items() if sign in {*said, "above"}]
    where = " and ".join([f"{first} of {len(said)} benchmarks", *others])
    points = [mux["gain_over_total"] for mux in muxes]
    text = (
        f"On the study's own models{_ahead(results)}: against the best model's self-consistency with as many samples "
        f"in all, SLM-MUX is {where} "
        f"({percent(min(points), True)} to {percent(max(points), True)} points)"
    )
    pairs = list(zip(muxes, alone))
    if all("tokens_per_question" in row for pair in pairs for row in pair):
        text += f", and costs {_times(pairs, 'tokens_per_question')} times its tokens"
        if all("tokens_with_stopping" in mux for mux in muxes):
            text += (
                f" ({_times(pairs, 'tokens_with_stopping')} times where it stops as soon as no later model can change "
                "the answer)"
            )
    return f"{text}."


def _ahead(results: dict[str, dict]) -> str:
    """How far the best model is ahead of the next on validation, over the benchmarks."""
    ranked = [sorted(result["validation_accuracy"].values(), reverse=True) for result in results.values()]
    gaps = [best - second for best, second, *_ in (values for values in ranked if len(values) > 1)]
    if not gaps:
        return ""
    ends = " to ".join(dict.fromkeys(percent(gap) for gap in (min(gaps), max(gaps))))
    return f", of which the best is {ends} points ahead of the next"


def _times(pairs: list[tuple[dict, dict]], key: str) -> str:
    """From the least to the largest ratio of tokens over the benchmarks."""
    ratios = [mux[key] / alone["tokens_per_question"] for mux, alone in pairs]
    return " to ".join(dict.fromkeys(f"{ratio:.1f}" for ratio in (min(ratios), max(ratios))))
