"""`slmmux serve CONFIG`: what is wrong with a configuration is told in one line, and no secret with it."""

import pytest
import yaml
from conftest import ROOT, say
from endpoint_servers import running, served
from fastapi import FastAPI

from slmmux.errors import InputError
from slmmux.serving.configuration import load_serving


def test_the_example_is_a_configuration():
    found = load_serving(ROOT / "experiments" / "serving" / "example.yaml")
    assert found.in_order()[0].name == "Qwen/Qwen2.5-1.5B-Instruct"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"nonsense": 1}, "nonsense: Extra inputs are not permitted"),
        ({"policy": "fast"}, "policy: Input should be 'sequential' or 'parallel'"),
        ({"reader": "nobody"}, "no such reader; there are: generic, short_answers"),
        ({"models": []}, "models: List should have at least 1 item"),
    ],
)
def test_a_wrong_configuration_is_one_line(tmp_path, capsys, change, said):
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(served("http://127.0.0.1:1/v1").model_dump() | change))
    (line,) = say(capsys, "serve", str(path), expect=2)
    assert line.startswith("slmmux serve: ") and said in line


@pytest.mark.parametrize("url", ["http://me:hunter2@host/v1", "https://host/v1?key=hunter2", "host/hunter2"])
def test_an_address_holds_no_secret_and_the_message_does_not_repeat_it(tmp_path, capsys, url):
    path = tmp_path / "config.yaml"
    values = served("http://127.0.0.1:1/v1").model_dump()
    values["models"][1]["base_url"] = url
    path.write_text(yaml.safe_dump(values))
    (line,) = say(capsys, "serve", str(path), expect=2)
    assert "models.1.base_url" in line and "hunter2" not in line
    path.write_text(f"models: [{{base_url: {url}, ]: x\n\tname")
    with pytest.raises(InputError, match="not plain YAML") as raised:
        load_serving(path)
    assert "hunter2" not in str(raised.value)


@pytest.mark.parametrize("port", ["65536", "-1", "9" * 25, "http"])
def test_a_port_that_there_is_not(capsys, port):
    (line,) = say(capsys, "serve", "config.yaml", "--port", port, expect=2)
    assert line.startswith(f"slmmux serve: --port {port}: expected a whole number from 0 to 65535")


def test_a_port_in_use_is_one_line(tmp_path, capsys):
    path = tmp_path / "config.yaml"
    path.write_text(yaml.safe_dump(served("http://127.0.0.1:1/v1").model_dump()))
    with running(FastAPI()) as address:
        port = address.removesuffix("/v1").rpartition(":")[2]
        (line,) = say(capsys, "serve", str(path), "--port", port, expect=2)
    assert f"127.0.0.1:{port}: " in line and "in use" in line
