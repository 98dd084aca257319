"""What of the paper's profiles can be checked without its models: prompts in the shapes that the families' chat
templates take, and the stages of the pipeline."""

import json
import shutil
from dataclasses import dataclass
from functools import cache
from itertools import product
from pathlib import Path

import jinja2
import pytest
from conftest import ROOT, as_yaml, composed, config_of_profile
from dvc.dependency import ParamsDependency
from dvc.repo import Repo
from test_hub_benchmarks import ROWS

from slmmux.benchmarks import get_benchmark
from slmmux.benchmarks.render import render
from slmmux.discussion import PROTOCOLS, protocol_options
from slmmux.discussion.label_groupthink import FailedDebate, groupthink_label
from slmmux.discussion.protocol import Agents, AskedQuestion
from slmmux.yaml_file import parse_yaml, read_yaml

BENCHMARKS = ("math_500", "gpqa", "gsm8k")
# Text that a careless template or format string would stumble over.
HOSTILE = "Solve {{ x }} in {a, b} at 5 % of $5: <b>\\frac{1}{2}</b>"


@dataclass(frozen=True)
class Family:
    """The shape of a family's chat template: not its text, but what it refuses and where it puts the turns.

    opening: what stands before the assistant's answer, and so at the very end of a prompt.
    """

    template: str
    opening: str
    takes_system: bool


ALTERNATE = """
{%- for message in messages %}
  {%- if message.role != ("user" if loop.index0 is even else "assistant") %}
    {{- refuse("the turns must be user, assistant, user, ...") }}
  {%- endif %}
{%- endfor %}
"""
GEMMA = Family(
    "{{- begin }}"
    + ALTERNATE
    + """
{%- for message in messages %}
  {{- "<start_of_turn>" ~ ("model" if message.role == "assistant" else "user") ~ "\n" }}
  {{- message.content | trim ~ "<end_of_turn>\n" }}
{%- endfor %}
{%- if add_generation_prompt %}{{- "<start_of_turn>model\n" }}{%- endif %}
""",
    "<start_of_turn>model\n",
    takes_system=False,
)
MIXTRAL = Family(
    "{{- begin }}"
    + ALTERNATE
    + """
{%- for message in messages %}
  {%- if message.role == "user" %}{{- " [INST] " ~ message.content ~ " [/INST]" }}
  {%- else %}{{- " " ~ message.content ~ "</s>" }}{%- endif %}
{%- endfor %}
""",
    "[/INST]",
    takes_system=False,
)
MISTRAL_SMALL = Family(
    """
{%- if messages[0].role == "system" %}
  {%- set system, messages = messages[0].content, messages[1:] %}
{%- else %}
  {%- set system = "Today is some day." %}
{%- endif %}
{{- begin ~ "[SYSTEM_PROMPT]" ~ system ~ "[/SYSTEM_PROMPT]" }}
"""
    + ALTERNATE
    + """
{%- for message in messages %}
  {%- if message.role == "user" %}{{- "[INST]" ~ message.content ~ "[/INST]" }}
  {%- else %}{{- message.content ~ "</s>" }}{%- endif %}
{%- endfor %}
""",
    "[/INST]",
    takes_system=True,
)
LLAMA = Family(
    """
{%- set head = "<|start_header_id|>%s<|end_header_id|>\n\n" %}
{%- if messages[0].role != "system" %}
  {%- set messages = [{"role": "system", "content": "Some day."}] + messages %}
{%- endif %}
{{- begin }}
{%- for message in messages %}
  {{- head | format(message.role) ~ message.content | trim ~ "<|eot_id|>" }}
{%- endfor %}
{%- if add_generation_prompt %}{{- head | format("assistant") }}{%- endif %}
""",
    "<|start_header_id|>assistant<|end_header_id|>\n\n",
    takes_system=True,
)
QWEN = Family(
    """
{%- if messages[0].role != "system" %}
  {%- set messages = [{"role": "system", "content": "You are helpful."}] + messages %}
{%- endif %}
{%- for message in messages %}
  {{- "<|im_start|>" ~ message.role ~ "\n" ~ message.content ~ "<|im_end|>\n" }}
{%- endfor %}
{%- if add_generation_prompt %}{{- "<|im_start|>assistant\n" }}{%- endif %}
""",
    "<|im_start|>assistant\n",
    takes_system=True,
)
FAMILIES = {
    "gemma-2-27b": GEMMA,
    "llama-31-8b": LLAMA,
    "mistral-small-24b": MISTRAL_SMALL,
    "mixtral-8x7b": MIXTRAL,
    "qwen25-7b": QWEN,
    "qwen25-72b": QWEN,
}


class RefusedError(Exception):
    pass


def refuse(reason):
    raise RefusedError(reason)


@cache
def template(text: str) -> jinja2.Template:
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined)
    environment.globals["refuse"] = refuse
    return environment.from_string(text)


def rendered(family: Family, messages) -> str:
    """The prompt as text; RefusedError where the template takes no such messages."""
    return template(family.template).render(messages=messages, begin="<s>", add_generation_prompt=True)


@pytest.fixture
def at_root(monkeypatch):
    monkeypatch.chdir(ROOT)


def hostile(row: dict) -> dict:
    return {key: f"{text} {HOSTILE}" if key in ("question", "problem") else text for key, text in row.items()}


def questions(config, name, folder):
    """Made-up questions of a benchmark of the profile, read as its own are."""
    file = folder / f"{name}.jsonl"
    file.write_text("\n".join(json.dumps(hostile(ROWS[name](n))) for n in range(10)), encoding="utf-8")
    settings = config.benchmark(name)
    sizes = settings.questions.model_copy(update={"validation": 4, "test": 6})
    return get_benchmark(name).questions(sizes, settings.options | {"test_file": str(file), "validation_file": None})


def takes(family, messages):
    text = rendered(family, messages)
    assert text.endswith(family.opening)
    assert HOSTILE in messages[-1]["content"]
    places = [text.find(message["content"].strip()) for message in messages]
    assert -1 not in places and places == sorted(places), "every turn is there, in order"


def test_every_model_of_the_profiles_is_of_a_family_here(at_root):
    profiles = map(config_of_profile, ("paper", "paper_main", "paper_large"))
    named = {name for config in profiles for name in config.model_names}
    assert named == set(FAMILIES)


@pytest.mark.parametrize("model", FAMILIES)
def test_the_templates_refuse_what_the_families_refuse(model):
    family = FAMILIES[model]
    user, system = {"role": "user", "content": "a"}, {"role": "system", "content": "b"}
    if family.takes_system:
        assert "b" in rendered(family, [system, user])
    else:
        with pytest.raises(RefusedError):
            rendered(family, [system, user])
    if family in (GEMMA, MIXTRAL, MISTRAL_SMALL):
        for wrong in ([user, user], [{"role": "assistant", "content": "a"}, user]):
            with pytest.raises(RefusedError):
                rendered(family, wrong)


@pytest.mark.parametrize("name", BENCHMARKS)
def test_every_question_is_asked_in_a_shape_that_every_family_takes(at_root, tmp_path, name):
    config = config_of_profile("paper")
    asked = questions(config, name, tmp_path)
    assert len(asked) == 10
    for question in asked:
        prompt = get_benchmark(name).prompt(question)
        for model, family in FAMILIES.items():
            takes(family, render(prompt, config.model(model).prompt))


@pytest.mark.parametrize("name", BENCHMARKS)
@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_every_turn_of_a_discussion_has_a_shape_that_its_model_takes(at_root, tmp_path, name, protocol):
    config = config_of_profile("paper")
    assert name in config.discussion.benchmark_names
    prompts = [(q, get_benchmark(name).prompt(q)) for q in questions(config, name, tmp_path) if q.split == "test"]
    asked_questions = [AskedQuestion(q.id, prompt, config.benchmark(name).max_tokens) for q, prompt in prompts]
    agents = Agents(tuple(config.discussion.model_names), config.discussion.model_names[0])
    discussion = PROTOCOLS[protocol].rounds(asked_questions, agents, protocol_options(config, protocol))
    asks, rounds = next(discussion), 0
    try:
        while True:
            for ask in asks:
                takes(FAMILIES[ask.model], ask.messages)
            rounds += 1
            # Every sample another answer, so that each is judged.
            asks = discussion.send([[f"It is {j}, says {ask.model}." for j in range(ask.samples)] for ask in asks])
    except StopIteration:
        assert rounds > 1


@pytest.mark.parametrize("name", BENCHMARKS)
def test_the_labeller_takes_a_failed_debate(at_root, tmp_path, name):
    config = config_of_profile("paper")
    question = questions(config, name, tmp_path)[0]
    asked = AskedQuestion(question.id, get_benchmark(name).prompt(question), 8)
    said = [[(model, f"{model} says {number}") for model in config.discussion.model_names] for number in (1, 2)]
    (ask,) = next(groupthink_label([FailedDebate(asked, question.reference, said)], config.discussion.labeller))
    takes(FAMILIES[ask.model], ask.messages)


def looked_up(params, reference):
    """The values that `${a.b}` of dvc.yaml stands for."""
    found = params
    for name in reference.removeprefix("${").removesuffix("}").split("."):
        found = found[name]
    return found


@pytest.mark.parametrize("profile", ["paper", "paper_ray"])
def test_dvc_resolves_every_stage_for_all_models_and_benchmarks(at_root, tmp_path, profile):
    """As before `dvc repro` of a new clone: nothing is there but the code and the parameters."""
    params = parse_yaml(composed(profile), profile)
    (tmp_path / "params.yaml").write_text(as_yaml(params), encoding="utf-8")
    shutil.copy(ROOT / "dvc.yaml", tmp_path)
    stages = {stage.name: stage for stage in Repo.init(str(tmp_path), no_scm=True).index.stages}
    declared = read_yaml(ROOT / "dvc.yaml")["stages"]
    assert set(params["benchmark_names"]) == set(BENCHMARKS)
    assert set(params["discussion"]["protocols"]) == set(PROTOCOLS)
    several = {name for name, stage in declared.items() if "matrix" in stage}
    assert {"questions", "generate", "grade", "votes", "compare", "search", "discuss"} < several
    assert set(stages) == {
        "@".join(filter(None, [name, "-".join(cell)]))
        for name, stage in declared.items()
        for cell in product(*(looked_up(params, values) for values in stage.get("matrix", {}).values()))
    }
    assert stages["generate@mixtral-8x7b-gpqa"].cmd == "slmmux generate gpqa mixtral-8x7b"

    made = {Path(out.fs_path) for stage in stages.values() for out in stage.outs}
    for stage in stages.values():
        for dep in stage.deps:
            if isinstance(dep, ParamsDependency):
                assert not [key for key in dep.params if key not in flat(params)], stage.name
                continue
            path = Path(dep.fs_path)
            found = (ROOT / path.relative_to(tmp_path)).exists() and "data" not in path.relative_to(tmp_path).parts
            assert found or any(path == out or path in out.parents or out in path.parents for out in made), (
                f"{stage.name} needs {path}, which no stage makes"
            )


def flat(params, before=""):
    """All keys of nested parameters, dotted as DVC writes them."""
    for key, value in params.items():
        yield f"{before}{key}"
        if isinstance(value, dict):
            yield from flat(value, f"{before}{key}.")
