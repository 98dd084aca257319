"""The protocols step by step: who is asked what in each round, and how replies are read."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slmmux.benchmarks.question import Prompt
from slmmux.config import load_config
from slmmux.discussion import PROTOCOLS, protocol_options
from slmmux.discussion.label_groupthink import label_of
from slmmux.discussion.multi_agent_verification import approval
from slmmux.discussion.protocol import Agents, AskedQuestion
from slmmux.errors import InputError

QUESTIONS = [
    AskedQuestion(f"q{n}", Prompt(f"What is {n} + {n}?", (("What is 1 + 1?", "2"),), ("\n",)), 8) for n in (3, 4)
]
AGENTS = Agents(("left", "right", "third"), "right")


@pytest.mark.parametrize(("stop", "sent"), [(("Question:", "\n\n\n"), ("\n\n\n",)), (("\n",), ("\n",))])
def test_an_agent_may_restate_the_question(stop, sent):
    assert AskedQuestion("q", Prompt("How many?", stop=stop), 8).stop() == sent


@pytest.fixture
def config(study):
    return load_config()


def run_rounds(protocol, config, answer, **changes):
    """The rounds of asks and the finals of a protocol whose every ask is answered by `answer(ask, sample)`."""
    options = protocol_options(config, protocol).model_copy(update=changes)
    talk, rounds = PROTOCOLS[protocol].rounds(QUESTIONS, AGENTS, options), []
    try:
        asks = next(talk)
        while True:
            rounds.append(asks)
            asks = talk.send([[answer(ask, j) for j in range(ask.samples)] for ask in asks])
    except StopIteration as end:
        return rounds, end.value


def test_mixture_of_agents_shows_every_proposal_to_the_aggregator(config):
    rounds, finals = run_rounds("mixture_of_agents", config, lambda ask, j: f"{ask.model} says {ask.round}", layers=3)
    assert [len(asks) for asks in rounds] == [6, 6, 2]
    assert [m["role"] for m in rounds[0][0].messages] == ["user", "assistant", "user"]
    for asks, before in ((rounds[1], 0), (rounds[2], 1)):
        for ask in asks:
            # The example stays, the question and all proposals of the layer before are in the last message.
            assert [m["role"] for m in ask.messages] == ["user", "assistant", "user"]
            last = ask.messages[-1]["content"]
            assert all(f"{model} says {before}" in last for model in AGENTS.models)
            assert QUESTIONS[["q3", "q4"].index(ask.question_id)].prompt.request in last
    assert {ask.model for ask in rounds[2]} == {"right"} and {ask.role for ask in rounds[2]} == {"aggregator"}
    assert finals == [(ask, 0) for ask in rounds[2]]


def test_in_a_debate_everyone_sees_the_others_and_its_own_answer(config):
    rounds, finals = run_rounds("llm_debate", config, lambda ask, j: f"{ask.model} says {ask.round}")
    assert [len(asks) for asks in rounds] == [6, 6]
    for ask in rounds[1]:
        assert [m["role"] for m in ask.messages] == ["user", "assistant", "user", "assistant", "user"]
        assert ask.messages[3]["content"] == f"{ask.model} says 0"
        seen = set(re.findall(r"(\w+) says 0", ask.messages[4]["content"]))
        assert seen == set(AGENTS.models) - {ask.model}
    assert finals == [(ask, 0) for ask in rounds[1]]


def test_verification_takes_the_candidate_with_most_approvals_and_judges_equal_ones_once(config):
    texts = ["6", "8", "6", "9"]

    def answer(ask, sample):
        if ask.role == "generator":
            return texts[sample]
        # "9" convinces all, "8" one model, "6" nobody.
        told = ask.messages[0]["content"].split("Proposed answer:")[1].split()[0]
        return " True." if told == "9" or (told == "8" and ask.model == "left") else "False"

    rounds, finals = run_rounds("multi_agent_verification", config, answer, candidates=4)
    assert {ask.model for ask in rounds[0]} == {"right"} and [ask.samples for ask in rounds[0]] == [4, 4]
    assert len(rounds[1]) == 2 * 3 * 3 * 2
    assert {ask.about for ask in rounds[1]} == {0, 1, 3}
    assert [sample for _, sample in finals] == [3, 3]
    # Where nothing tells candidates apart, the first is taken.
    assert [sample for _, sample in run_rounds("multi_agent_verification", config, lambda a, j: "?")[1]] == [0, 0]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("True", True),
        (" yes, it is", True),
        ("**True**", True),
        ("False.", False),
        ("no", False),
        ("Truth", None),
        ("", None),
        ("I think it is True", None),
        ("nothing", None),
    ],
)
def test_a_judgement_is_read_from_its_beginning(text, read):
    assert approval(text) is read


@given(st.text(max_size=40))
def test_replies_never_break_their_readers(text):
    assert approval(text) in (True, False, None)
    assert label_of(text) in ("groupthink", "other", "unlabelled")


@pytest.mark.parametrize(
    ("reply", "label"),
    [
        ("A", "groupthink"),
        ("(B)", "other"),
        ("A) Groupthink", "groupthink"),
        ("An agent", "unlabelled"),
        ("", "unlabelled"),
    ],
)
def test_labels(reply, label):
    assert label_of(reply) == label


def test_an_unknown_protocol_and_a_wrong_option_are_one_line(study):
    with pytest.raises(InputError, match="no protocol 'chat'; there are: mixture_of_agents, llm_debate"):
        protocol_options(load_config(), "chat")
    study.params["discussion"]["options"]["llm_debate"]["rouds"] = 2
    study.save()
    with pytest.raises(InputError, match=r"discussion\.options\.llm_debate\.rouds: Extra inputs"):
        protocol_options(load_config(), "llm_debate")
