"""Thoughts are no part of an answer, in every benchmark whose answers are read from text."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from slmmux.benchmarks import BENCHMARKS
from slmmux.benchmarks.question import Question
from slmmux.benchmarks.thoughts import without_thoughts

AFTER_THOUGHTS = [
    ("<think>Is it 3? No.</think>It is 5.", "It is 5."),
    ("<think>\nIs it 3?\n</think>\n\nIt is 5.", "\n\nIt is 5."),
    ("Is it 3? No.</think>It is 5.", "It is 5."),
    ("<thinking>Is it 3?</thinking> It is 5.", " It is 5."),
    ("<THINK>Is it 3?</THINK>It is 5.", "It is 5."),
    ("< think >Is it 3?</ think >It is 5.", "It is 5."),
    ("<thought>Is it 3?</thought>It is 5.", "It is 5."),
    ("<reasoning>Is it 3?</reasoning><answer>5</answer>", "<answer>5</answer>"),
    ("<seed:think>Is it 3?</seed:think>It is 5.", "It is 5."),
    ('<think budget="100">Is it 3?</think>It is 5.', "It is 5."),
    ("[THINK]Is it 3?[/THINK]It is 5.", "It is 5."),
    ("◁think▷Is it 3?◁/think▷It is 5.", "It is 5."),
    ("<|begin_of_thought|>Is it 3?<|end_of_thought|>It is 5.", "It is 5."),
    ("<|channel|>analysis<|message|>Is it 3?<|end|><|start|>assistant<|channel|>final<|message|>It is 5.", "It is 5."),
    ("<|thinking|>Is it 3?</|thinking|>It is 5.", "It is 5."),
    ("<|think|>Is it 3?<|/think|>It is 5.", "It is 5."),
    ("<|START_THINKING|>Is it 3?<|END_THINKING|>It is 5.", "It is 5."),
    ("<|start_of_thinking|>Is it 3?<|end_of_thinking|>It is 5.", "It is 5."),
    ("<analysis>Is it 3?</analysis>\nIt is 5.", "\nIt is 5."),
    ("<cot>Is it 3?</cot>It is 5.", "It is 5."),
    ("<mm:think>Is it 3?</mm:think>It is 5.", "It is 5."),
    ("<scratch_pad>Is it 3?</scratch_pad>It is 5.", "It is 5."),
    ("<reason>Is it 3?</reason>It is 5.", "It is 5."),
    ("<thinking_process>Is it 3?</thinking_process>It is 5.", "It is 5."),
    ("<internal>Is it 3?</internal>It is 5.", "It is 5."),
    ("<work>Is it 3?</work><answer>5</answer>", "<answer>5</answer>"),
    ("<think>Is it 3?<\\think>It is 5.", "It is 5."),
    ("<|im_start|>think\nIs it 3?<|im_end|>\n<|im_start|>answer\nIt is 5.", "\nIt is 5."),
    ("<inner_thoughts>Is it 3?</inner_thoughts>It is 5.", "It is 5."),
    ("<inner monologue>Is it 3?</inner monologue>It is 5.", "It is 5."),
    ("<unused94>thought\nIs it 3?<unused95>It is 5.", "It is 5."),
    ("analysisWe add. Is it 3?assistantfinalIt is 5.", "It is 5."),
    # Several thoughts, one in another, and one that ends with another mark than it began with.
    ("<think>3?</think>It is 4.<think>No.</think>It is 5.", "It is 5."),
    ("<think>3? <think>4?</think> No.</think>It is 5.", "It is 5."),
    ("<think>3?</thinking>It is 5.", "It is 5."),
    ("<think></think>It is 5.", "It is 5."),
    # Never closed: the model was cut off.
    ("<think>Is it 3? Let me", None),
    ("\n<think>", None),
    ("<think>3?</think>It is 5. <think>Or is it", "It is 5. "),
    ("<think>3?</think>\n<think>Or is it", None),
    ("<|channel|>analysis<|message|>Is it 3?", None),
    ("[THINK]Is it 3?", None),
    ("<cot>Is it 3?", None),
    ("<plan>\nIs it 3?", None),
    ("<|im_start|>think\nIs it 3?", None),
    ("analysisWe add. Is it", None),
    ("<|START_THINKING|>Is it 3?", None),
    ("It is 5.</think>", None),
    ("", None),
]
UNCHANGED = [
    "It is 5.",
    "I think it is 5.",
    "analysis of the text",
    "Analysis: it is 5.",
    "<analyse>5</analyse>",
    "<|im_start|>assistant\nIt is 5.",
    "a<work and plan>b, <planet>5</planet>",
    "    return 5\n",
    "x<think and y>z",
    "[thin] and [k]",
    "Without a `<think>` it is 5.",
    'def said(text):\n    return text.split("</think>")[-1]',
    "import re\nreply = re.sub(r'<think>.*?</think>', '', reply)",
]


@pytest.mark.parametrize(("text", "said"), AFTER_THOUGHTS)
def test_thoughts_are_left_out(text, said):
    assert without_thoughts(text) == said


@pytest.mark.parametrize("text", UNCHANGED)
def test_text_without_thoughts_stays(text):
    assert without_thoughts(text) == text


@given(st.text(), st.text(st.characters(exclude_characters="<[◁")))
def test_what_follows_the_last_thought_is_what_is_said(thought, said):
    assert without_thoughts(f"<think>{thought}</think>{said}") == (said if said.strip() else None)


@pytest.mark.parametrize(
    ("benchmark", "thought", "said", "reference"),
    [
        ("math_500", r"Maybe \boxed{3}.", r"So it is $\boxed{5}$.", "5"),
        ("math_500", r"The answer is \boxed{3}.", "The answer is 5.", "5"),
        ("gsm8k", r"The answer is \boxed{3}.", "That makes 5.", "5"),
        ("gsm_symbolic", "The answer is 3.", "#### 5", "5"),
        ("short_answers", "3", "\n5", "5"),
        ("gpqa", "The answer is (A).", "\nC", "C"),
    ],
)
def test_an_answer_in_a_thought_is_not_read(benchmark, thought, said, reference):
    responses = [f"<think>{thought}</think>{said}", f"{thought}</think>{said}", f"<think>{thought}"]
    grades = BENCHMARKS[benchmark].grade(Question("q", "test", "", reference), responses)
    assert [(grade.answer, grade.correct) for grade in grades] == [(reference, True)] * 2 + [(None, False)]
