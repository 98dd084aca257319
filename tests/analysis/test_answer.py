"""What `make repro` prints at its end."""

from analysis.pages.answer import CELL_WIDTH, LABEL_WIDTH, plain

TABLE = """| method | one, 400 questions | two, 9 questions |
|---|---|---|
| SLM-MUX | 70.0 ± 2.1 *above* | 3.0 ± 1.0 *undecided (over a million questions would decide)* |

Text behind the table, with | a bar.
"""


def test_a_table_is_shown_without_marks_and_in_columns():
    lines = plain(TABLE).splitlines()
    second = LABEL_WIDTH + 2
    third = second + CELL_WIDTH + 2
    assert lines[0] == "method".ljust(second) + "one, 400 questions".ljust(third - second) + "two, 9 questions"
    assert lines[1][second:third].strip() == "70.0 ± 2.1 above" and lines[1].startswith("SLM-MUX ")
    assert " ".join(line[third:] for line in lines[1:]).split() == (
        ["3.0", "±", "1.0", "undecided", "(over", "a", "million", "questions", "would", "decide)"]
    )
    assert all(len(line) <= third + CELL_WIDTH for line in lines)
