"""What hinders vLLM is out of its way while it starts, and back afterwards."""

import sys

import pytest

from slmmux.generation.vllm_engine import hidden_module


def test_a_module_is_hidden_and_comes_back_even_after_an_error():
    with pytest.raises(ValueError), hidden_module("json"):
        assert "json" not in sys.modules
        raise ValueError
    assert sys.modules["json"].loads("1") == 1
    with hidden_module("no_such_module"):
        pass
    assert "no_such_module" not in sys.modules
