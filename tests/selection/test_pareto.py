"""The front against comparing all pairs; the hypervolume against counting cells."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from slmmux.selection.pareto import front, hypervolume

SIDE = 6
POINTS = st.lists(st.tuples(st.integers(0, SIDE), st.integers(0, SIDE)), max_size=12)


def columns(points) -> tuple[np.ndarray, np.ndarray]:
    both = np.array(points, dtype=float).reshape(-1, 2)
    return both[:, 0], both[:, 1]


@given(POINTS)
def test_front_is_what_nothing_dominates(points):
    def dominated(a, c):
        return any(x >= a and y <= c and (x, y) != (a, c) for x, y in points)

    accuracy, tokens = columns(points)
    on = front(accuracy, tokens)
    found = list(zip(accuracy[on], tokens[on]))
    assert sorted(found) == sorted({p for p in points if not dominated(*p)})
    assert (np.diff(tokens[on]) > 0).all() and (np.diff(accuracy[on]) > 0).all()


def test_front_leaves_out_what_is_not_known():
    assert front(np.array([np.nan, 0.5]), np.array([0.0, 1.0])).tolist() == [1]


@given(POINTS, st.tuples(st.integers(0, SIDE), st.integers(0, SIDE)))
def test_hypervolume_counts_the_dominated_cells(points, reference):
    # Unit cells [a, a+1] x [c, c+1] between the reference and a point that dominates the whole cell.
    cells = sum(
        any(x >= a + 1 and y <= c for x, y in points) for a in range(reference[0], SIDE) for c in range(reference[1])
    )
    assert hypervolume(*columns(points), reference) == cells


@given(POINTS, POINTS, st.tuples(st.integers(0, SIDE), st.integers(0, SIDE)))
def test_more_points_never_dominate_less(points, more, reference):
    assert hypervolume(*columns(points), reference) <= hypervolume(*columns(points + more), reference)
