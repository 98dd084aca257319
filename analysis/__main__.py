"""Tables, figures and pages of the results: `python -m analysis COMMAND`, each a stage of dvc.yaml."""

import sys

from slmmux.cli import run_command_line

# As in slmmux.cli: heading → command → (module, one line of help).
COMMANDS: dict[str, dict[str, tuple[str, str]]] = {
    "stages": {
        "workflow": ("analysis.figures.draw_workflow", "the method on one measured question, as a diagram"),
        "figures": ("analysis.figures.make_figures", "figures of all results, the paper's numbers beside ours"),
        "theory": ("analysis.theory.stage", "test the paper's statements on the measured votes"),
        "theory_on_pools": ("analysis.theory.on_pools", "the paper's statements on pools of published models"),
        "pays_page": ("analysis.pages.when_does_it_pay", "the page on when orchestrating pays"),
        "which_rule": ("analysis.pages.which_rule", "the page on which rule to use, at what cost"),
        "fidelity": ("analysis.fidelity.stage", "the effect of each departure of the released code from the paper"),
        "search_page": ("analysis.pages.search", "the page on the search"),
        "report": ("analysis.pages.report", "the result table and figure of all benchmarks"),
        "claims": ("analysis.pages.claims", "the paper's tables beside ours, and the verdict on each of its claims"),
    },
    "pages": {
        "answer": ("analysis.pages.answer", "print the answer of the study: in words, and the table"),
        "update-docs": ("analysis.pages.update_docs", "write the generated parts of README.md and docs"),
    },
}


def main(argv: list[str] | None = None) -> int:
    return run_command_line("python -m analysis", __doc__, COMMANDS, argv)


if __name__ == "__main__":
    sys.exit(main())
