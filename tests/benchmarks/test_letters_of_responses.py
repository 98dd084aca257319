"""What responses to gpqa state, as small models write them."""

import pytest

from slmmux.benchmarks import BENCHMARKS
from slmmux.benchmarks.question import Question

# (reference, a response whose answer it is)
RIGHT = [
    ('C', '<think>A? B? The answer is (B).\n</think>\n\n**C**'),
    ('C', 'The answer is (B)? No.\n</think>\n\nThe answer is (C).'),
    ('C', '<thinking>B</thinking>\n<answer>C</answer>'), ('C', '<think>B</think> C'), ('B', 'The answer is (B).'),
    ('B', 'Answer: B) 20 m/s'), ('B', '**B**'), ('B', '**B) 20 m/s**'), ('B', '**(B) 20 m/s**'),
    ('B', '**Answer: B**'), ('B', '**Answer:** (B) 20 m/s'),
    ('B', 'The correct choice is option B because A is wrong.'),
    ('B', 'The correct answer is option (B): 20 m/s.'), ('B', 'The correct answer is **B. 20 m/s**.'),
    ('B', 'The correct option is (B) 20 m/s'), ('B', 'The answer is not A but B.'), ('B', 'It is not A but B.'),
    ('B', 'The answer is not (A) but (B).'), ('B', 'The answer is not (A), it is (B).'),
    ('B', 'The answer is not (A). The answer is (B).'), ('B', '{"answer": "B"}'),
    ('B', '```json\n{"answer": "B"}\n```'), ('B', '{"explanation": "because A is slow", "answer": "B"}'),
    ('B', "{'answer': 'B'}"), ('B', '<answer>B</answer>'), ('B', '<answer>(B) 20 m/s</answer>'),
    ('B', 'B<|im_end|>'), ('B', 'B.'), ('B', '(B)'), ('B', '[B]'), ('B', 'B\n\nExplanation: A falls too fast.'),
    ('B', '(B)\n\nBecause the speed is 20 m/s, not 5 m/s as in (A).'), ('B', 'Option B'),
    ('B', 'Option (B) is the correct answer.'), ('B', 'Choice B.'), ('B', 'The best answer is B.'),
    ('B', 'The most appropriate answer is B.'), ('B', 'Thus the correct answer should be B'),
    ('B', 'So the answer: B'), ('B', 'ANSWER: B'), ('B', 'Answer is B'), ('B', 'answer: b'),
    ('B', 'The answer is $\\boxed{B}$'), ('B', '\\boxed{\\text{B}}'), ('B', '\\boxed{\\mathrm{B}}'),
    ('B', '\\boxed{(B)}'), ('B', '\\boxed{B) 20 m/s}'), ('B', '\\boxed{\\textbf{(B)}}'),
    ('B', '$\\boxed{\\text{B. } 20}$'), ('B', '\\boxed{\\text{Answer: B}}'), ('B', '\\(\\boxed{B}\\)'),
    ('B', 'The final answer is $\\boxed{\\textbf{B}}$.'),
    ('B', 'Final Answer: The final answer is (B). I hope it is correct.'), ('B', 'Final Answer: (B)'),
    ('B', '### Final Answer\n\n**Option B**'), ('B', '**Final Answer:**\n\n**B. 20 m/s**'),
    ('B', 'Correct answer: B'), ('B', 'Correct option: (B)'), ('B', 'The correct answer is:\n\nB. 20 m/s'),
    ('B', 'The correct answer is:\n\n**B) 20 m/s**'), ('B', '✅ **Correct answer: B**'), ('B', '✅ B'),
    ('B', "I'm going with B."), ('B', 'I would say B.'), ('B', "I'd say (B)."),
    ('B', 'I believe the answer is B.'), ('B', "I think it's B."), ('B', 'It must be B.'),
    ('B', 'It should be (B).'), ('B', "So it's B."), ('B', 'This corresponds to option B.'),
    ('B', 'This matches option (B).'), ('B', 'which corresponds to (B).'),
    ('B', 'This gives 20 m/s, which matches choice (B).'), ('B', 'Therefore, option B is correct.'),
    ('B', 'Hence, (B) is the right choice.'), ('B', 'B is right.'), ('B', 'The answer would be B'),
    ('B', 'The answer has to be B'), ('B', 'The answer can only be B.'), ('B', 'The answer is clearly (B).'),
    ('B', 'The answer is: (B)\r\n'), ('B', 'Answer:\r\n\r\nB'),
    ('B', 'the answer is (B) 20 m/s, because (A) ignores gravity'), ('B', 'The answer is B: 20 m/s'),
    ('B', 'The answer is B - 20 m/s'), ('B', 'The answer is B, 20 m/s'), ('B', 'The answer is **B**, not **C**.'),
    ('B', 'A is wrong because it is slow. C is wrong. D is wrong. So B.'),
    ('B', 'A. Incorrect: too slow.\nB. Correct: 20 m/s.\nC. Incorrect.\nD. Incorrect.\n\nThe answer is B.'),
    ('B', 'A: no\nB: yes\nC: no\nD: no\n\nAnswer: B'), ('B', 'Between A and B, the answer is B.'),
    ('B', 'If the answer were A, it would float. So B is correct.'),
    ('B', 'Options A, C and D are incorrect. Option B is correct.'), ('B', 'The answer is (B) and not (C).'),
    ('B', 'The correct answer is indeed (B).'), ('B', 'Answer: (B) A gas'), ('A', 'The answer is A.'),
    ('A', 'Answer: A'), ('A', 'The answer is (A) a gas.'), ('A', 'The answer is A because it fits.'),
    ('A', 'The answer is A, since it fits.'), ('A', 'A) a gas'), ('A', 'A. A gas'), ('A', '**A**'), ('A', '(a)'),
    ('A', 'Answer: (a)'), ('D', 'The answer is (D).\n\n(A) is wrong because...\n(B) is wrong.\n(C) is wrong.'),
    ('D', 'The answer is (D).\n\nExplanation:\nOption A is wrong.\nOption B is wrong.'),
    ('D', 'The answer is (D).\n\nNext question: ... The answer is (A).'),
    ('D', 'The answer is (D).\n\nQuestion 2:\n1+1?\nThe answer is (A).'),
    ('D', 'The answer is (D).\n\nHuman: thanks\nAssistant: The answer is (A).'), ('C', '答案：C'), ('C', '答案是 C。'),
    ('B', 'The answer is ( B ).'), ('B', 'The answer is \\text{(B)}.'), ('B', 'The answer is $\\text{B}$.'),
    ('B', 'The answer is (B)20 m/s.'), ('B', 'The answer is <B>.'), ('B', 'The answer is {B}.'),
    ('B', 'Selected option: B'), ('B', 'My answer is B'), ('B', 'Letter: B'), ('B', 'The letter is B.'),
    ('B', 'The correct letter is B.'), ('B', 'The correct statement is B.'), ('B', 'The correct one is B.'),
    ('B', 'Answer: B\n\nA is incorrect.\nC is incorrect.'),
    ('B', 'The answer is B\n(A) too small\n(C) too large'),
    ('B', 'I eliminate A and C. Between B and D, B is better.\n\nAnswer: B'),
    ('B', '**Answer: (B) 20 m/s**\n\nThe reason that (A) is wrong...'),
    ('B', 'Therefore, the correct answer is **(B)**.'),
    ('B', 'Therefore, the correct answer is:\n\n**(B) 20 m/s**'),
    ('B', 'Therefore, the answer is:\n\\[\n\\boxed{B}\n\\]'),
    ('B', '\\[\n\\boxed{\\text{(B) } 20 \\text{ m/s}}\n\\]'), ('B', '\\boxed{\\text{B}: 20}'),
    ('B', '\\boxed{B}\n\nThe answer is A?'), ('B', 'The correct answer is (B) because (A) is not (C).'),
    ('B', 'the answer is option b'), ('B', 'Option b is correct'), ('B', 'the correct option is b)'),
    ('B', 'b) 20 m/s'), ('B', '(b) 20 m/s'), ('B', 'B)'), ('B', 'B:'), ('B', '**B.**'), ('B', '__B__'),
    ('B', '`B`'), ('B', '# B'), ('B', '- B'), ('B', '> B'), ('B', '* (B) 20'), ('B', '=> B'), ('B', '→ B'),
    ('B', 'Ans: B'), ('B', 'Ans. B'), ('B', 'Ans - (B)'), ('B', 'Answer=B'), ('B', 'Answer (B)'),
    ('B', 'Answer: The correct option is B.'), ('B', 'Answer: Option B'), ('B', 'Answer: choice (B)'),
    ('B', 'Correct Answer: (B)'), ('B', 'Right answer: B'), ('B', 'Solution: B'), ('B', 'Final choice: B'),
    ('B', 'Choice: B'), ('B', 'Therefore B'), ('B', 'So, (B).'), ('B', 'Thus, B is the answer.'),
    ('B', 'B is the answer.'), ('B', '(B) is the answer.'), ('B', 'B would be the correct answer.'),
    ('B', 'Only B is correct.'), ('B', 'The only correct option is B.'),
    ('B', 'The statement in option B is correct.'), ('B', 'The answer that fits best is (B).'),
    ('B', 'The answer I choose is (B).'), ('B', 'The answer choice is B.'),
    ('B', 'The answer is answer choice B.'), ('B', 'The answer must be (B), as shown above.'),
    ('B', 'The answer could only be (B).'), ('B', 'The answer cannot be A, so it must be B.'),
    ('B', "The answer can't be (A). It must be (B)."), ('B', 'Since A is not the answer, B is the answer.'),
    ('B', 'The answer is neither A nor C; it is B.'), ('B', 'The answer is (A)... no wait, the answer is (B).'),
    ('B', 'My initial answer was A, but the correct answer is B.'), ('B', "At first I thought A, but it's B."),
    ('B', 'The answer is A or B.\nAfter checking, the answer is B.'), ('A', 'The answer is A'), ('A', 'Answer A'),
    ('A', 'So A.'), ('A', "It's A."), ('A', 'A is the answer.'), ('A', 'A is correct.'), ('A', 'A'), ('A', 'A.'),
    ('A', 'Option A: A gas'), ('A', 'The answer is A: a gas.'), ('A', 'The answer is A - a gas.'),
    ('A', 'The answer is A, a gas.'), ('A', 'The answer is "A"'), ('C', 'The answer is (C) C60.'),
    ('D', 'Answer: D (all of the above)'), ('D', 'Answer: all of the above (D)'),
    ('D', 'The answer is all of the above, D.'), ('D', 'The answer is 5 m/s, i.e. option (D).'),
    ('D', 'The answer is 5 m/s, option D.'), ('D', 'The answer is D\n\n\n'),
    ('D', 'The answer is D<|eot_id|>'), ('D', 'D</s>'), ('D', '(D)<end_of_turn>'),
    ('D', 'The answer is (D)\n\nHuman: next\nThe answer is (A)'),
    ('D', '(D)\n\nQuestion: ...\n(A) 1\n(B) 2\nAnswer: (A)'),
    ('D', "The answer is (D).\n\nLet's try another question:\nThe answer is (A)."),
    ('D', "Sure! The answer is **D**. Let me know if you'd like an explanation of A, B or C."),
]  # fmt: skip
NO_ANSWER = [
    "The answer is 2 times [A].", "The rate is k[A][B].", "The answer is vitamins A, B, D.",
    "The answer is 3 C and 4 D.", "It is a matter of A = B.", "This is D-glucose.", "So A causes B, which is wrong",
    "It's C60.", "A is larger than B.", "(A) 5\n(B) 20\n(C) 40\n(D) 12", "- A\n- B\n- C\n- D",
    "Solution A has a pH of 3.", "That corresponds to C-H bonds.",
    '<think>The answer is (B)', 'The answer is a gas that plants take up', 'A gas that plants take up.',
    'The answer is carbon.', 'I cannot determine the answer.', 'None of the above.', 'C is the speed of light.',
    'The temperature is 20 C', 'The answer is 20 C.', 'Vitamin C', 'The answer is (E).',
    'A is not the answer. B is.', 'The answer is C60.', 'The answer is C-C bond.', 'The answer is 37 °C',
    'The answer is 5 C.', 'The answer is D = 5.', 'The answer is D2O.', "I don't know", 'I am a model',
    'A and B are both correct', '',
]  # fmt: skip


def graded(reference, response):
    return BENCHMARKS["gpqa"].grade(Question("q", "test", "", reference), [response])[0]


@pytest.mark.parametrize(("reference", "response"), RIGHT)
def test_the_answer_of_a_response_is_right(reference, response):
    assert graded(reference, response).correct


@pytest.mark.parametrize("response", NO_ANSWER)
def test_a_response_without_an_answer(response):
    assert graded("B", response).answer is None
