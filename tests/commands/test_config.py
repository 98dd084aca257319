"""Parameters: unknown keys, unknown names and broken files each give one line."""

import copy
from pathlib import Path

import pytest
from conftest import ROOT, as_yaml, composed
from hypothesis import given
from hypothesis import strategies as st
from small_study import small_params

from slmmux.benchmarks import humaneval
from slmmux.commands.compose import compose
from slmmux.config import load_config, parse_config, parse_options
from slmmux.discussion import llm_debate
from slmmux.errors import InputError
from slmmux.yaml_file import parse_yaml, read_yaml


def wrong(change) -> str:
    params = small_params("http://127.0.0.1:1/v1")
    change(params)
    with pytest.raises(InputError) as caught:
        parse_config(params, "params.yaml")
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_an_unknown_key_is_named_with_its_path():
    assert "params.yaml: sampling.temprature" in wrong(lambda p: p["sampling"].update(temprature=1))


def test_an_unknown_model_and_benchmark_are_named():
    assert "no model 'nobody'" in wrong(lambda p: p["model_names"].append("nobody"))
    assert "no benchmark 'nothing'" in wrong(lambda p: p["benchmark_names"].append("nothing"))


def test_a_key_with_a_line_break_still_gives_one_line():
    assert r"params.yaml: '\n': Extra" in wrong(lambda p: p.update({"\n": 1}))


def test_numbers_out_of_bounds_are_named():
    assert "sampling.temperature" in wrong(lambda p: p["sampling"].update(temperature=-1))
    assert "sha256" in wrong(lambda p: p["models"]["chatty"]["source"].update(sha256="abc"))
    assert "packages" in wrong(lambda p: p["models"]["chatty"]["source"].update(packages=["pkg>=1"]))


def test_a_name_with_a_dot_is_refused_since_dvc_reads_it_as_a_path():
    assert "models.a.b" in wrong(lambda p: p["models"].update({"a.b": p["models"]["base"]}))


def test_missing_and_broken_files(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        load_config(tmp_path / "params.yaml")
    (tmp_path / "params.yaml").write_text("a: [1", encoding="utf-8")
    with pytest.raises(InputError, match="not plain YAML"):
        load_config(tmp_path / "params.yaml")


@pytest.mark.parametrize(
    "text, complaint",
    [
        ("profile: a\nprofile: b\n", "'profile' is there twice"),
        ("a: {b: 1, b: 2}\n", "'b' is there twice"),
        ("a: !!python/object/apply:os.system ['true']\n", "could not determine a constructor"),
        ("a: !secret x\n", "could not determine a constructor"),
        ("profile: 2024-02-30\n", "a value that YAML cannot hold"),
        ("? [a, b]\n: 1\n", "unhashable|hashable"),
        ("a: " + "[" * 3000 + "]" * 3000 + "\n", "nested too deeply"),
        ("a: \x00\n", "not plain YAML"),
    ],
)
def test_odd_yaml_is_refused_in_one_line(tmp_path, text, complaint):
    path = tmp_path / "params.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError, match=complaint) as caught:
        load_config(path)
    assert "\n" not in str(caught.value) and str(caught.value).startswith(str(path))
    path.write_bytes(b"a: \xff\n")
    with pytest.raises(InputError, match="not UTF-8"):
        load_config(path)


@pytest.mark.parametrize(
    "key, value, complaint",
    [
        ("evaluation.samples", "3", "valid integer"),
        ("evaluation.samples", True, "valid integer"),
        ("evaluation.samples", 3.0, "valid integer"),
        ("sampling.temperature", float("inf"), "finite number"),
        ("sampling.temperature", float("nan"), "finite number|greater"),
        ("sampling.temperature", "0.5", "valid number"),
        ("sampling.temperature", False, "valid number"),
    ],
)
def test_a_number_is_a_number(key, value, complaint, monkeypatch):
    monkeypatch.chdir(ROOT)
    data = read_yaml(Path("params.yaml"))
    section, name = key.split(".")
    data[section][name] = value
    with pytest.raises(InputError, match=rf"params.yaml: {key}: .*({complaint})"):
        parse_config(data, "params.yaml")


def numbers(part, path=()):
    """Every number of the parameters that is checked with them, by the keys that lead to it."""
    if isinstance(part, dict | list):
        inner = part.items() if isinstance(part, dict) else enumerate(part)
        for key, value in inner:
            # Options are checked by what they belong to, below.
            if key != "options":
                yield from numbers(value, (*path, key))
    elif isinstance(part, int | float) and not isinstance(part, bool):
        yield path


def replaced(data, path, value):
    data = copy.deepcopy(data)
    *above, last = path
    part = data
    for key in above:
        part = part[key]
    part[last] = value
    return data


HUGE_OR_TINY = [10**30, -(10**30), 2**63, 10**400, 1e300, -1e300, 5e-324, 1e-310, float("inf"), float("nan")]


def test_no_number_is_huge_or_tiny():
    data = small_params("http://h/v1")
    places = list(numbers(data))
    assert len(places) > 50
    for place, path in enumerate(places):
        # Two numbers a place: each kind of number meets many places.
        for value in (HUGE_OR_TINY[place % 10], HUGE_OR_TINY[(place * 3 + 1) % 10]):
            with pytest.raises(InputError) as caught:
                parse_config(replaced(data, path, value), "params.yaml")
            assert all(key in str(caught.value) for key in path if isinstance(key, str)), (path, value)


@pytest.mark.parametrize("value", HUGE_OR_TINY)
@pytest.mark.parametrize(
    "kind, options",
    [
        (humaneval.Options, {"seed": 0}),
        (humaneval.Options, {"similarity": 0}),
        (humaneval.Options, {"budgets": {"steps": 0}}),
        (humaneval.Options, {"safety_net": {"wall_seconds": 0}}),
        (llm_debate.Options, {"rounds": 0, "temperature": 0.5}),
        (llm_debate.Options, {"temperature": 0, "rounds": 1}),
    ],
)
def test_no_number_of_options_is_huge_or_tiny(kind, options, value):
    def with_value(given):
        first = next(iter(given))
        return given | {first: with_value(given[first]) if isinstance(given[first], dict) else value}

    with pytest.raises(InputError, match=rf"benchmarks\.b\.options.*{next(iter(options))}"):
        parse_options("b", kind, with_value(options))


def test_there_is_one_zero():
    """What was made at temperature -0.0 is not made again at 0."""
    data = small_params("http://h/v1")
    minus = replaced(replaced(data, ("sampling", "temperature"), -0.0), ("search", "lambdas"), [-0.0, 1])
    plus = replaced(replaced(data, ("sampling", "temperature"), 0), ("search", "lambdas"), [0, 1])
    assert repr(parse_config(minus, "p")) == repr(parse_config(plus, "p"))


def test_seconds_are_bounded_by_what_the_system_can_wait():
    assert "serving.timeout_seconds" in wrong(lambda p: p["serving"].update(timeout_seconds=2_000_000))


@pytest.mark.parametrize("written", ["010", "1:30", "1_0", "0x10", "0b1", "8.0", "1e1", "yes", "~", "'8'", "-8"])
def test_a_number_is_written_in_one_way(tmp_path, written):
    path = tmp_path / "params.yaml"
    path.write_text(as_yaml(small_params("http://h/v1")).replace("trials: 8", f"trials: {written}"))
    with pytest.raises(InputError, match=r"params.yaml: search.trials: Input should be"):
        load_config(path)


@pytest.mark.parametrize(
    "key", ["model_names", "benchmark_names", "search.sizes", "discussion.protocols", "map.samples"]
)
def test_no_name_and_no_number_is_in_a_list_twice(key):
    def twice(params):
        *above, name = key.split(".")
        part = params[above[0]] if above else params
        part[name] = [*part[name], part[name][0]]

    assert "is there twice" in wrong(twice)


@pytest.mark.parametrize("form", ["utf-16", "utf-16-le", "utf-32"])
def test_other_encodings_and_line_ends(tmp_path, form):
    path = tmp_path / "params.yaml"
    text = as_yaml(small_params("http://h/v1"))
    path.write_bytes(text.encode(form))
    with pytest.raises(InputError, match=r"not UTF-8|not plain YAML"):
        load_config(path)
    for same in ("\ufeff" + text, text.replace("\n", "\r\n")):
        path.write_bytes(same.encode())
        assert load_config(path).profile == "test"


@pytest.mark.parametrize("name", ["-r", "--index-url", "a.b", "", "a b"])
def test_names_are_no_options_and_no_paths(name, monkeypatch):
    monkeypatch.chdir(ROOT)
    data = read_yaml(Path("params.yaml"))
    data["models"][name] = next(iter(data["models"].values()))
    with pytest.raises(InputError, match=r"params.yaml: models"):
        parse_config(data, "params.yaml")


@pytest.mark.parametrize("package", ["--index-url==1", "-r==1", "a b==1", "a==1 --pre", "a"])
def test_packages_are_no_options(package, monkeypatch):
    monkeypatch.chdir(ROOT)
    data = read_yaml(Path("params.yaml"))
    data["models"]["smollm2-135m"]["source"]["packages"] = [package]
    with pytest.raises(InputError, match=r"packages.0: String should match pattern"):
        parse_config(data, "params.yaml")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
        max_leaves=10,
    )
)
def test_any_other_document_is_refused_in_one_line(data):
    with pytest.raises(InputError) as caught:
        parse_config(data, "params.yaml")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("profile", sorted(p.stem for p in (ROOT / "experiments/profile").glob("*.yaml")))
def test_every_profile_composes_and_is_called_by_its_name(profile):
    assert parse_yaml(composed(profile), profile)["profile"] == profile


def test_a_profiles_values_win_over_the_common_ones():
    asked = parse_yaml(composed("live"), "live")["benchmarks"]["short_answers"]
    assert (asked["samples"], asked["questions"]) == (4, {"validation": 20, "test": 40})
    assert parse_yaml(composed("server"), "server")["engine"]["name"] == "openai"


def test_the_committed_parameters_are_the_laptop_profile():
    assert read_yaml(ROOT / "params.yaml") == parse_yaml(composed("laptop"), "laptop")


def test_an_unknown_profile_and_a_wrong_key_in_a_profile(tmp_path, monkeypatch):
    import shutil

    shutil.copytree(ROOT / "experiments", tmp_path / "experiments")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="no profile 'nope'"):
        compose("nope")
    (tmp_path / "experiments" / "profile" / "odd.yaml").write_text("# @package _global_\nprofile: odd\nsamplng: 1\n")
    with pytest.raises(InputError, match="samplng"):
        compose("odd")
