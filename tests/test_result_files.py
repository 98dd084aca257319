"""Numbers in result files: rounded in one way, whatever holds them."""

import json
import math

import numpy as np
import pandas as pd
import pytest

from slmmux.result_files import csv_text, rounded, write_json


def test_numbers_that_differ_in_their_last_digits_are_written_alike():
    one, other = 0.1 + 0.2, 0.3
    assert one != other
    assert rounded({"a": [one, (one,)]}) == rounded({"a": [other, (other,)]}) == {"a": [0.3, [0.3]]}
    assert csv_text(pd.DataFrame({"x": [one]})) == csv_text(pd.DataFrame({"x": [other]})) == "x\n0.3\n"


def test_zero_has_no_sign_and_nothing_else_changes():
    assert math.copysign(1, rounded(-1e-17)) == 1
    assert csv_text(pd.DataFrame({"x": [-1e-17, np.nan], "n": [3, 4], "s": ["a", None]})) == "x,n,s\n0.0,3,a\n,4,\n"


def test_json_is_rounded_and_has_no_nan(tmp_path):
    path = write_json(tmp_path / "x.json", {"a": np.float64(1 / 3), "b": 2})
    assert json.loads(path.read_text()) == {"a": 0.33333333, "b": 2}
    with pytest.raises(ValueError, match="JSON compliant"):
        write_json(tmp_path / "y.json", {"a": math.nan})
    assert not (tmp_path / "y.json").exists()
