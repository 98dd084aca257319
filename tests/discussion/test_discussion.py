"""Methods whose models talk: the protocols step by step, their transcripts, resuming, tokens, and groupthink."""

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slmmux.benchmarks.question import Grade, Prompt
from slmmux.cli import main
from slmmux.config import load_config
from slmmux.discussion import PROTOCOLS, protocol_options
from slmmux.discussion.grade_transcripts import plurality
from slmmux.discussion.groupthink import Agent, majority, outcomes, swayed
from slmmux.discussion.label_groupthink import label_of
from slmmux.discussion.multi_agent_verification import approval
from slmmux.discussion.protocol import TRANSCRIPT, Agents, AskedQuestion
from slmmux.errors import InputError
from slmmux.paths import discussion_file, labels_file
from slmmux.stages.compare_discussions import protocol_evaluation
from slmmux.tables import read_table

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


def run(*words, expect=0):
    assert main(list(words)) == expect


@pytest.fixture
def votes(study):
    """The study with a second chat model, up to its votes."""
    study.params["models"]["polite"] = {**study.params["models"]["chatty"], "prompt": "chat"}
    study.params["model_names"] = ["chatty", "base", "polite"]
    study.params["discussion"]["model_names"] = ["chatty", "polite"]
    study.save()
    run("questions", "short_answers")
    for model in study.params["model_names"]:
        run("generate", "short_answers", model)
    run("grade", "short_answers")
    run("votes", "short_answers")
    return study


@pytest.mark.parametrize("protocol", list(PROTOCOLS))
def test_a_discussion_is_resumed_and_its_second_run_asks_nothing(votes, parrot, protocol):
    parrot.requests.clear()
    run("discuss", "short_answers", protocol)
    out = discussion_file("short_answers", protocol)
    first, asked = out.read_bytes(), len(parrot.requests)
    rows = read_table(out, TRANSCRIPT)[0].to_pylist()
    assert asked == len(rows)
    assert len({row["question_id"] for row in rows}) == 3
    out.unlink()
    run("discuss", "short_answers", protocol)
    assert len(parrot.requests) == asked and out.read_bytes() == first
    # One part of what was finished is lost: only that is asked again.
    part = max((votes.path / ".slmmux/shards").rglob("*.parquet"), key=lambda path: path.stat().st_mtime_ns)
    lost = read_table(part, TRANSCRIPT)[0].num_rows
    part.unlink()
    run("discuss", "short_answers", protocol)
    assert len(parrot.requests) == asked + lost and out.read_bytes() == first


def test_more_rounds_keep_the_first_ones(votes, parrot):
    run("discuss", "short_answers", "llm_debate")
    parrot.requests.clear()
    votes.params["discussion"]["options"]["llm_debate"]["rounds"] = 3
    votes.save()
    run("discuss", "short_answers", "llm_debate")
    assert len(parrot.requests) == 3 * 2
    final = [
        row
        for row in read_table(discussion_file("short_answers", "llm_debate"), TRANSCRIPT)[0].to_pylist()
        if row["final"]
    ]
    assert {row["round"] for row in final} == {2}


def test_results_of_discussions_from_transcripts_to_groupthink(votes):
    for protocol in PROTOCOLS:
        run("discuss", "short_answers", protocol)
    run("label", "short_answers")
    run("compare_discussions", "short_answers")
    folder = votes.path / "results/compare_discussions/short_answers"
    found = json.loads((folder / "methods.json").read_text())
    assert found["questions"] == 3 and found["models"] == ["chatty", "polite"]
    assert set(PROTOCOLS) < set(found["methods"])
    for protocol in PROTOCOLS:
        rows = read_table(discussion_file("short_answers", protocol), TRANSCRIPT)[0].to_pylist()
        spent = sum(r["completion_tokens"] + (r["prompt_tokens"] if r["sample"] == 0 else 0) for r in rows)
        assert found["methods"][protocol]["tokens_per_question"] == pytest.approx(spent / 3)
        assert found["methods"][protocol]["mode"] == "recorded"
    labels = found["groupthink"]["labels"]
    replies = read_table(labels_file("short_answers"), TRANSCRIPT, may_be_empty=True)[0].num_rows
    assert sum(label["count"] for label in labels.values()) == found["groupthink"]["failed"] == replies
    lines = (folder / "questions.csv").read_text().splitlines()
    assert len(lines) == 4 and "llm_debate" in lines[0] and "slm_mux" in lines[0]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"model_names": ["base"]}, "'base' is no chat model"),
        ({"model_names": ["nobody"]}, "'nobody' is not among `model_names`"),
        ({"benchmark_names": ["gpqa"]}, "'gpqa' is not among `benchmark_names`"),
        ({"labeller": "nobody"}, "no model 'nobody'"),
        ({"labeller": None}, "name its models, and the labeller"),
        ({"model_names": []}, "name its models, and the labeller"),
    ],
)
def test_wrong_parameters_are_one_line(study, change, said):
    study.params["discussion"] |= change
    study.save()
    with pytest.raises(InputError, match=re.escape(said)):
        load_config()


def test_more_questions_than_there_are(votes, capsys):
    votes.params["discussion"]["questions"] = 100
    votes.save()
    run("discuss", "short_answers", "llm_debate", expect=2)
    assert "100 wanted, short_answers has 6 test questions" in capsys.readouterr().err


RIGHT, WRONG, OTHER, UNREAD = Grade("1", True), Grade("2", False), Grade("3", False), Grade(None, False)


def test_plurality_breaks_ties_evenly_and_unread_answers_vote_for_nothing():
    assert plurality([RIGHT, WRONG, RIGHT]) == (1.0, False)
    assert plurality([RIGHT, WRONG]) == (0.5, True)
    assert plurality([UNREAD, UNREAD, RIGHT]) == (1.0, False)
    assert plurality([UNREAD]) == (0.0, False)


def test_a_recorded_discussion_counts_prompts_once_for_samples_drawn_together():
    turns = [
        {"question_id": "q", "sample": j, "prompt_tokens": 10, "completion_tokens": 2, "final": j == 1} for j in (0, 1)
    ]
    found = protocol_evaluation(turns, [WRONG, RIGHT], ["q"])
    assert found.correct.tolist() == [1.0] and found.tokens.tolist() == [14.0]


def test_majority():
    assert majority([RIGHT, WRONG, WRONG]) == WRONG
    assert majority([RIGHT, WRONG, OTHER]) is None
    assert majority([RIGHT, RIGHT, WRONG, WRONG]) is None
    assert majority([UNREAD, UNREAD, RIGHT]) is None


def test_who_gives_up_a_right_answer_and_who_is_corrected():
    def debate(name, first, last):
        return [Agent(name, str(n), a, b) for n, (a, b) in enumerate(zip(first, last))]

    agents = [
        *debate("gave up", [RIGHT, WRONG, WRONG], [WRONG, WRONG, WRONG]),
        *debate("kept", [RIGHT, WRONG, WRONG], [RIGHT, WRONG, WRONG]),
        *debate("lost it otherwise", [RIGHT, WRONG, WRONG], [OTHER, WRONG, WRONG]),
        *debate("corrected", [RIGHT, RIGHT, WRONG], [RIGHT, RIGHT, RIGHT]),
        *debate("no majority", [RIGHT, WRONG, OTHER], [WRONG, WRONG, WRONG]),
    ]
    assert [(a.question_id, outcome) for a, outcome in outcomes(agents)] == [
        ("gave up", "given_up"),
        ("kept", "kept_right"),
        ("lost it otherwise", "left_right"),
        ("corrected", "corrected"),
    ]
    measured = swayed(agents, 0.95)
    assert (measured.given_up.count, measured.given_up.total) == (1, 3)
    assert (measured.corrected.count, measured.corrected.total) == (1, 1)
    assert 0 < measured.given_up.low < 1 / 3 < measured.given_up.high < 1


@given(
    st.lists(
        st.tuples(st.sampled_from([RIGHT, WRONG, OTHER, UNREAD]), st.sampled_from([RIGHT, WRONG, OTHER, UNREAD])),
        min_size=1,
        max_size=5,
    )
)
def test_every_share_of_groupthink_is_a_share(answers):
    measured = swayed([Agent("q", str(n), a, b) for n, (a, b) in enumerate(answers)], 0.9)
    for share in (measured.given_up, measured.corrected):
        assert 0 <= share.count <= share.total <= len(answers)
        assert 0 <= share.low <= (share.share if share.share is not None else share.low) <= share.high <= 1


def test_an_unknown_protocol_and_a_wrong_option_are_one_line(study):
    with pytest.raises(InputError, match="no protocol 'chat'; there are: mixture_of_agents, llm_debate"):
        protocol_options(load_config(), "chat")
    study.params["discussion"]["options"]["llm_debate"]["rouds"] = 2
    study.save()
    with pytest.raises(InputError, match=r"discussion\.options\.llm_debate\.rouds: Extra inputs"):
        protocol_options(load_config(), "llm_debate")
