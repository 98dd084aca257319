"""How responses announce their answer, what they say after it, and the questions they go on to invent."""

import pytest

from slmmux.benchmarks.formula_reader import read_formula
from slmmux.benchmarks.letter_reader import read_letter
from slmmux.benchmarks.number_reader import read_number

# Each in the place of what announces 42 in "… 42", with other numbers around.
ANNOUNCED = [
    "The answer is 42.",
    "The answer is: 42",
    "The answer is **42**.",
    "**Answer:** 42",
    "**Answer**: 42",
    "**Final answer:** $42$",
    "*Answer:* 42",
    "__Answer:__ 42",
    "### Answer\n42",
    "### Answer:\n\n42",
    "## Final Answer\n\n**42**",
    "**Final Answer**\n\n$$42$$",
    "Final Answer\n\\[ 42 \\]",
    "The answer is\n\\[\n42\n\\]",
    "The answer is:\n$$\n42\n$$",
    "So the answer is \\(42\\).",
    "The answer would be 42.",
    "The answer must be 42.",
    "The answer should be 42.",
    "The answer seems to be 42.",
    "The answer comes out to 42.",
    "The answer turns out to be 42.",
    "The answer is therefore 42.",
    "The answer is, therefore, 42.",
    "The answer is thus $42$",
    "The answer then is 42.",
    "The answer to the question is 42.",
    "The answer, in whole dollars, is 42.",
    "The answer (in dollars) is 42.",
    "The answer's 42.",
    "The answer equals 42.",
    "answer = 42",
    "Answer - 42",
    "Answer – 42",
    "Answer： 42",
    "ANSWER: 42",
    "Ans: 42",
    "<answer>42</answer>",
    "<answer>\n42\n</answer>",
    "#### 42",
    "Final answer → 42",
    "Final answer ➜ 42",
    "_Answer:_ 42",
    "_The final answer_: 42",
    "Answer 42",
    "**Answer** 42",
    "The answer is:\n- 42",
    "The answer is... 42",
    "The answer is… 42",
    "The answer works out as 42.",
    "The final result is 42.",
    "Final result: 42",
    "<ans>42</ans>",
    "[ANSWER]42[/ANSWER]",
]
# Later sentences that speak of an answer and give none.
REMARKS = [
    "\nIf the answer is unclear, ask me about the 3 steps.",
    "\nI checked whether the answer is 3.",
    "\nTell me when the answer is not what you expected.",
    "\nI hope the answer is clear!",
    "\nThe answer is correct.",
    "\nI don't think the answer is 3.",
]
# Words on the line of the answer 42, and the answer as math_500 reads it.
ON_THE_LINE = [
    "The answer is 42, since 6 times 7 is 42.",
    "The answer is 42, which is 6 times 7.",
    "The answer is 42 because 40 + 2 makes that.",
    "The answer is 42 (that is 6 x 7).",
    "The answer is 42. Check: 42 / 6 = 7.",
    "The answer is **42**. (That is 6 x 7.)",
    "The answer is $42$, as $6 \\cdot 7$ shows.",
    "The answer is \\(42\\) for $n = 6$.",
    "Answer: 42; the other root is 5.",
    "The answer is 42 where n = 6.",
    "#### 42\nThat took 3 steps.",
    "#### 42 (out of 100)",
]
CALCULATIONS = [
    ("The answer is 6 * 7 = 42.", "42"),
    ("The answer is 6 x 7 = 42 eggs.", "42"),
    ("The answer is \\(6 \\times 7 = 42\\).", "42"),
    ("The answer is $50 - $8 = $42, so 3 more.", "42"),
    ("The answer is 4 * 10 + 2 = 40 + 2 = 42.", "42"),
    ("#### 6 * 7 = 42", "42"),
    ("\\boxed{40 + 2 = 42}", "42"),
    ("The answer is 42 = 6 * 7.", "42"),
    ("The answer is x = 42.", "42"),
    ("The answer is 42 eggs in 6 boxes.", "42"),
    ("The answer is a total of 42 eggs in 6 boxes.", "42"),
    ("Answer: She fills 6 boxes with 7 eggs each, so she has 42 eggs.", "42"),
    ("The answer is 40. Wait, that is wrong.\nThe answer is 42.", "42"),
    ("The answer is 40. No, the answer is 42.", "42"),
    ("The answer is not 40.\nIt is 42.", "42"),
    # The steps of a solution under a heading are no answer; its last number is.
    ("The answer is\n6 * 7 = 42\nThat took 3 steps.", "42"),
    ("Answer:\nFirst 6 * 6 = 36.\nThen 36 + 6 = 42", "42"),
    ("### Answer\nShe has 42 eggs.", "42"),
    ("#### Step 1: 3 * 2\nThat is 42", "42"),
    ("The answer is 6(7) = 42.", "42"),
    ("Answer: Tom: 42, Ann: 30", "42"),
    ("The answer is the product of 6 and 7 = 42.", "42"),
    ("The answer is the sum of 20 and 22, which is 42.", "42"),
    ("The answer is obtained by multiplying 6 by 7: 42", "42"),
    ("To answer: 6 boxes of 7.\n6 * 7 = 42", "42"),
    ("The answer must be less than 50. 6 * 7 = 42", "42"),
    ("The answer is 41.6, not rounded to 42.", "41.6"),
    ("The answer is 3 more than 39, so 42.", "42"),
    ("The answer is $50 - $8 or $42.", "42"),
    ("The answer is 3 hours and 30 minutes = 210 minutes.", "210"),
    ("The answer is 42 for 2 people = 21 each", "42"),
    ("The answer is approximately 41.97, which rounds to 42.", "42"),
    ("The answer is 41.97 dollars (rounded to 42)", "42"),
    ("The answer is 41.97 (rounded to 2 decimal places).", "41.97"),
    ("The answer is 41.97, rounded to 2 places", "41.97"),
]
# What follows an answer and belongs to another question.
NEXT_QUESTIONS = [
    "\n\nQuestion: Tom has 2 and gets 5.\nThe answer is 7.",
    "\n\n**Question:** Tom has 2.\n**Answer:** 7",
    "\n\nQuestion 2: Tom has 2.\nThe answer is $\\boxed{7}$.",
    "\n\nQ: Tom has 2 and gets 5.\nA: 7\nThe answer is 7.",
    "\nProblem: Tom has 2.\nSolution: The answer is 7.",
    "\n\nHuman: And with 7?\n\nAssistant: The answer is 7.",
    "\n\nUser: And with 7?\nAssistant: \\boxed{7}",
    "\n\n### Instruction:\nAdd 2 and 5.\n### Response:\nThe answer is 7.",
    "\n\n## Question\nAdd 2 and 5. The answer is 7.",
    "\n\nNext question: Add 2 and 5. The answer is 7.",
    "<|im_end|>\n<|im_start|>user\nAdd 2 and 5.<|im_end|>\n<|im_start|>assistant\nThe answer is 7.",
    "<|eot_id|><|start_header_id|>user<|end_header_id|>\n\n2 + 5?\nThe answer is 7.",
    "<end_of_turn>\n<start_of_turn>user\n2 + 5? The answer is 7.",
    "</s>[INST] 2 + 5? [/INST] The answer is 7.",
    "<|endoftext|>The answer is 7.",
    "\n<|eom_id|>The answer is 7.",
    "<｜end▁of▁sentence｜>The answer is 7.",
    "<｜User｜>2 + 5?<｜Assistant｜>The answer is 7.",
    "<|END_OF_TURN_TOKEN|>The answer is 7.",
    "\n\nQ. 2 + 5?\nA. The answer is 7.",
    "\n\n(2) Question: 2 + 5?\nThe answer is 7.",
    "\n\nPrompt: 2 + 5?\nThe answer is 7.",
    "\n\nStudent: 2 + 5?\nTeacher: The answer is 7.",
    "\n\nBonus question: 2 + 5?\nThe answer is 7.",
    "\n\n### Follow-up\n2 + 5? The answer is 7.",
    "\n\nWrite a solution for this problem: 2 + 5?\nThe answer is 7.",
    "\n\nNow solve this problem: 2 + 5?\nThe answer is 7.",
    "\n\nLet's try another one: 2 + 5?\nThe answer is 7.",
    "\n\n问题：2 + 5？\n答案：7",
]
# Lines that look like a new question before there is an answer.
RESTATED = [
    "Question: Tom has 2 and gets 40.\nThe answer is 42.",
    "Let me restate it.\nProblem: Tom has 2 and gets 40.\nThe answer is 42.",
    "**Question:** How many?\n**Answer:** 42",
    "<|im_start|>assistant\nThe answer is 42.<|im_end|>",
    "Q: How many?\nA: 2 + 40\nThe answer is 42.",
    "Let's solve this problem: 2 + 40.\nThe answer is 42.",
    "The answer is 40. Let's try another way.\nNo: the answer is 42.",
    "The answer is 40.\nLet me solve this problem again.\nThe answer is 42.",
]


@pytest.mark.parametrize("remark", ["", *REMARKS])
@pytest.mark.parametrize("announced", ANNOUNCED)
def test_an_announced_answer_is_read(announced, remark):
    assert read_number("There are 3 of 12.\n" + announced + remark) == "42"
    assert read_formula("There are 3 of 12.\n" + announced + remark) == "42"


@pytest.mark.parametrize("response", ON_THE_LINE)
def test_words_after_an_answer_are_not_read(response):
    assert read_number(response) == "42"
    assert read_formula(response) == "42"


@pytest.mark.parametrize(("response", "number"), CALCULATIONS)
def test_of_a_calculation_the_result_is_read(response, number):
    assert read_number(response) == number


@pytest.mark.parametrize("following", NEXT_QUESTIONS)
@pytest.mark.parametrize("answered", ["The answer is 42.", "The answer is $\\boxed{42}$.", "#### 42", "42"])
def test_a_question_that_the_model_invents_is_not_read(answered, following):
    assert read_number("3 + 4 = 7\n" + answered + following) == "42"
    if answered != "42":
        assert read_formula("3 + 4 = 7\n" + answered + following) == "42"


@pytest.mark.parametrize("response", RESTATED)
def test_a_question_that_is_restated_first_does_not_end_the_answer(response):
    assert read_number(response) == "42"
    assert read_formula(response) == "42"


@pytest.mark.parametrize(
    "following", ["\n\nQuestion: 1 + 1?\n(A) 1 (B) 3 (C) 2\nThe answer is (C).", "\n\nQ: 1 + 1?\nC", "\nUser: C?\n(C)"]
)
@pytest.mark.parametrize("answered", ["The answer is (B).", "B", r"\boxed{B}", "I choose B."])
def test_a_letter_of_an_invented_question_is_not_read(answered, following):
    assert read_letter(answered + following) == "B"


@pytest.mark.parametrize(
    ("response", "formula"),
    [
        (r"The answer is $\frac{1}{2}$, because it is.", r"\frac{1}{2}"),
        (r"**Answer**: $\frac{1}{2}$", r"\frac{1}{2}"),
        (r"Answer: \(x+1\)", "x+1"),
        (r"The answer is the number $7$ of $9$.", "7"),
        (r"The answer is \frac{1}{2}.", r"\frac{1}{2}"),
        ("The answer is 2x + 3.", "2x + 3"),
        ("The answer is (1, 2).", "(1, 2)"),
        ("The answer is 1, 2 and 3.", "1, 2 and 3"),
        ("The answer is x = 5, y = 3.", "x = 5, y = 3"),
        ("The answer is 5.5", "5.5"),
        ("The answer is $12.", "12"),
        ("The answer is east.", "east"),
        ("The answer is Evelyn Ray, as the graph shows.", "Evelyn Ray"),
        # A word is no value beside a formula.
        ("The answer is 5.\nI hope the answer is obvious.", "5"),
        ("The answer is obvious.", None),
        ("It is 5", None),
        ("", None),
    ],
)
def test_stated_formulas(response, formula):
    assert read_formula(response) == formula


@pytest.mark.parametrize(
    ("response", "box"),
    [
        (r"\boxed{2} and \boxed{5}. The answer is 7.", "5"),
        (r"The answer is $\boxed{7}$. I marked it with \boxed as asked.", "7"),
        (r"\boxed{7}. Answers go in \boxed{} here.", "7"),
        (r"\boxed 7 is it", "7"),
        (r"\boxed x", "x"),
        (r"It is in a \boxed answer: 7", "7"),
        ("The answer is $boxed{7}$.", "7"),
        (r"It is \fbox{7}.", "7"),
        ("It is $\boxed{7}$.", "7"),  # the backslash and its b became a backspace character
        (r"\boxed {7}", "7"),
        (r"It is \boxed{}", None),
        (r"It is \boxed(7).", "7"),
        (r"It is \\boxed{7}.", "7"),
        ("It is $oxed{7}$.", "7"),
        # What is spoken of.
        (r"\boxed{7}. The format was \boxed{your answer}.", "7"),
        (r"Answers go in \boxed{...}: \boxed{7}. I was told to use \boxed{\text{answer}}.", "7"),
        (r"The answer is 7. (As asked: \boxed{answer here})", "7"),
        (r"\boxed{\text{no solution}}", r"\text{no solution}"),
        # A sandboxed{…} is no box.
        ("The answer is 7, in a sandboxed{shell}", "7"),
    ],
)
def test_boxes_and_what_is_none(response, box):
    assert read_formula(response) == box
