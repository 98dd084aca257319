"""Groupthink: majorities among the answers of a debate, and who gives up a right one."""

from hypothesis import given
from hypothesis import strategies as st

from slmmux.benchmarks.question import Grade
from slmmux.discussion.grade_transcripts import plurality
from slmmux.discussion.groupthink import Agent, majority, outcomes, swayed
from slmmux.stages.compare_discussions import protocol_evaluation

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
