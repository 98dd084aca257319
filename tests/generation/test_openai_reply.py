"""What a reply of a hosted server is read as, without a server."""

import json

import pytest
from faulty_server import good_reply

from slmmux.generation.openai_reply import BrokenReply, read_reply


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"message": {"content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}}, ("ab", None)),
        ({"message": {"content": None, "refusal": "I can't"}}, ("I can't", None)),
        ({"message": {"content": "x", "reasoning": "y"}}, ("x", "y")),
        ({"message": {"content": 5}}, ("", None)),
        ({"message": {"content": "x", "reasoning": [{"text": "y"}]}}, ("x", "y")),
        ({"message": {"content": "x", "reasoning": "y", "reasoning_content": "z"}}, ("x", "z")),
        ({"message": {"content": None, "tool_calls": [{}]}, "finish_reason": "tool_calls"}, ("", None)),
        ({"message": {"content": "pa"}, "finish_reason": "content_filter", "error": None}, ("pa", None)),
        (
            {
                "message": {
                    "content": [
                        {"type": "thinking", "thinking": [{"type": "text", "text": "y"}]},
                        {"type": "text", "text": "x"},
                    ]
                }
            },
            ("x", "y"),
        ),
        ({"message": {"content": [{"type": "reasoning", "text": "y"}, {"type": "text", "text": "x"}]}}, ("x", "y")),
        ({"message": {"content": [{"type": "thinking", "thinking": "y"}, {"text": "x"}]}}, ("x", "y")),
        ({"message": {"content": "x", "reasoning_details": [{"type": "reasoning.text", "text": "y"}]}}, ("x", "y")),
        ({"message": {"content": "x"}, "error": {"code": None, "message": None}}, ("x", None)),
        ({"message": {"content": "x"}, "logprobs": []}, ("x", None)),
        ({"message": None}, ("", None)),
        ({"text": "plain", "message": None}, ("plain", None)),
        (
            {"message": {"content": "x"}, "finish_reason": None, "logprobs": {"content": [{"logprob": None}]}},
            ("x", None),
        ),
    ],
)
def test_the_forms_of_a_choice(change, expected):
    body = {"choices": [{"index": 0, **change}], "usage": {"prompt_tokens": 1, "completion_tokens": 2}}
    (sample,) = read_reply(json.dumps(body), 1)
    assert (sample.text, sample.reasoning) == expected and sample.mean_logprob is None


def test_a_mark_of_byte_order_and_counts_with_a_point():
    body = good_reply({"messages": []}) | {"usage": {"prompt_tokens": 11.0, "completion_tokens": 2.0}}
    (sample,) = read_reply("\ufeff" + json.dumps(body), 1)
    assert (sample.prompt_tokens, sample.completion_tokens) == (11, 2)


@pytest.mark.parametrize("logprob", ["NaN", "-Infinity", "null", '"x"', "-1" + "0" * 400])
def test_probabilities_that_are_no_numbers_are_left_out(logprob):
    content = f'{{"content": [{{"logprob": {logprob}}}, {{"logprob": -2}}]}}'
    body = json.dumps(good_reply({"messages": []})).replace('"logprobs": null', f'"logprobs": {content}')
    (sample,) = read_reply(body, 1)
    assert (sample.mean_logprob, sample.min_logprob) == (-2.0, -2.0)


def test_token_counts_of_several_choices_add_up():
    body = good_reply({"messages": [], "n": 3})
    body["usage"]["completion_tokens"] = 8
    assert [sample.completion_tokens for sample in read_reply(json.dumps(body), 3)] == [3, 3, 2]
    assert [
        s.completion_tokens for s in read_reply(json.dumps(good_reply({"messages": [], "n": 3, "logprobs": 1})), 3)
    ] == [
        2,
        2,
        2,
    ]


@pytest.mark.parametrize(
    "usage", [None, {}, [], {"prompt_tokens": 1}, {"prompt_tokens": True, "completion_tokens": -1}]
)
def test_counts_that_are_none(usage):
    with pytest.raises(BrokenReply, match="token counts"):
        read_reply(json.dumps(good_reply({"messages": []}) | {"usage": usage}), 1)


USAGE = {"prompt_tokens": 1, "completion_tokens": 2}


@pytest.mark.parametrize(
    "body",
    [
        "", " \n", "null", "[]", '"x"', "NaN", "<html>502</html>", "[" * 100_000, "data: {}\n\ndata: [DONE]",
        json.dumps(good_reply({"messages": []})) * 2, json.dumps(good_reply({"messages": []}))[:-20],
        *(json.dumps(body | {"usage": USAGE}) for body in (
            {}, {"choices": None}, {"choices": []}, {"choices": [None]}, {"choices": {"0": {}}},
            {"choices": [{"text": "a"}, {"text": "b"}]}, {"choices": [{"text": "a", "finish_reason": "error"}]},
            {"choices": [{"text": "a", "error": {"message": "upstream"}}]}, {"choices": [{"text": "a"}], "error": "x"},
            {"detail": [{"msg": "no"}]}, {"object": "error", "message": "no", "code": 400},
        )),
        *(json.dumps({"choices": [{"text": "a"}], "usage": USAGE | {"prompt_tokens": count}})
          for count in (None, "1", -1, 10**20, 1.5, float("nan"), float("inf"), [1])),
    ],
)  # fmt: skip
def test_what_is_no_reply_is_refused_in_one_line(body):
    with pytest.raises(BrokenReply) as refused:
        read_reply(body, 1)
    assert "\n" not in str(refused.value) and len(str(refused.value)) < 300
