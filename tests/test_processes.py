"""Computations in processes of their own."""

import pytest

from slmmux.processes import in_processes


def test_results_come_in_order_and_what_is_raised_is_raised_here():
    assert in_processes(int, ["10", "11", "7"], [2, 3, 8]) == [2, 4, 7]
    with pytest.raises(ValueError, match="invalid literal for int"):
        in_processes(int, ["1", "one"])
