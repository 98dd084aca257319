"""What responses to math_500 state, as small models write them."""

import pytest

from slmmux.benchmarks import BENCHMARKS
from slmmux.benchmarks.question import Question

# (reference, a response whose answer it is)
RIGHT = [
    ('5', '<think>\nOkay, so I need... \\boxed{3}\n</think>\n\n**Answer:** \\boxed{5}'),
    ('5', 'Okay, let me see. \\boxed{3}.\n</think>\n\n\\[\\boxed{5}\\]'),
    ('5', '<think>a</think><think>b \\boxed{4}</think>\\boxed{5}'),
    ('5', '<|thinking|>maybe \\boxed{3}</|thinking|>The answer is 5.'),
    ('5', '<analysis>\\boxed{3}</analysis>\nThe answer is 5.'),
    ('5', '<unused94>thought\n\\boxed{3}<unused95>The answer is 5.'),
    ('5', '<thinking>\nThe answer is 3\n</thinking>\n<answer>5</answer>'),
    ('5', '<think>The user wants <answer>3</answer></think>\n<answer>5</answer>'),
    ('5', '<Think>\\boxed{3}</Think>\n5 is it: \\boxed{5}'),
    ('5', '&lt;think&gt;\\boxed{3}&lt;/think&gt;\\boxed{5}'),
    ('5', '<|start_of_thinking|>\\boxed{3}<|end_of_thinking|>\\boxed{5}'),
    ('5', '<|START_THINKING|>\\boxed{3}<|END_THINKING|><|START_RESPONSE|>The answer is 5.<|END_RESPONSE|>'),
    ('5', '<inner_thoughts>\\boxed{3}</inner_thoughts>The answer is 5.'),
    ('5', '<thoughts>\\boxed{3}</thoughts>\nThe answer is 5'),
    ('5', '<scratchpad>\\boxed{3}</scratchpad>\nThe answer is 5'),
    ('5', 'The answer is 5. (I used no <think> tags.)'), ('5', 'The answer is $\\boxed{5}$.\n</s>'),
    ('5', 'analysisWe need 3? \\boxed{3}assistantfinal\\boxed{5}'),
    ('5', 'Final Answer: The final answer is $5$. I hope it is correct.'),
    ('\\frac{1}{2}', 'Final Answer: The final answer is $\\frac{1}{2}$. I hope it is correct.'),
    ('5', '**Final Answer:** The final answer is $\\boxed{5}$.'), ('5', 'Therefore, the final answer is $5$.'),
    ('5', 'So the value of $x$ is $\\boxed{5}$.'),
    ('5', '## Step 3: Conclude\nThe final answer is: $\\boxed{5}$'), ('5', 'The final answer is: 5'),
    ('5', 'Answer: $5$'), ('5', '**Answer: 5**'), ('5', '**Answer:**\n\n$$5$$'), ('5', '**The answer is 5**'),
    ('5', 'The answer is: **5**'), ('5', 'Thus, the answer is \\(\\boxed{5}\\).'),
    ('5', 'Thus, our answer is 5.'), ('5', 'Hence, the correct answer is 5.'), ('5', 'The required answer is 5.'),
    ('5', 'The answer to this problem is therefore 5.'), ('5', 'My answer: 5'), ('5', '{"answer": "5"}'),
    ('5', '```json\n{"answer": 5}\n```'), ('5', '{"reasoning": "2 + 3", "answer": 5}'),
    ('5', '{"answer": "5", "confidence": 0.9}'), ('5', '<answer>\\boxed{5}</answer>'),
    ('5', '<answer>$5$</answer>'), ('5', '<final_answer>5</final_answer>'), ('5', '<ANSWER>5</ANSWER>'),
    ('5', 'The answer is 5.<|im_end|>'), ('5', 'The answer is 5<|end_of_text|>'),
    ('5', 'The answer is \\boxed{5}<|eot_id|>'),
    ('5', '\\boxed{5}\r\n\r\nLet me know if you have questions.\r\n'), ('5', 'The answer is:\r\n\r\n5\r\n'),
    ('5', 'Answer\r\n\r\n5'), ('5', 'A: 5'), ('3,4', 'The answer is $3$ and $4$.'),
    ('3,4', 'The answers are $3$ and $4$.'), ('3,4', 'The solutions are 3 and 4, so the answer is $3, 4$.'),
    ('3,4', 'The answer is $x = 3$ or $x = 4$.'), ('3,4', 'The answer is \\(3\\) or \\(4\\).'),
    ('3,4,5', 'The answer is $3$, $4$, and $5$.'), ('3,4,5', 'The answer is $3$, $4$ and $5$.'),
    ('(3,4)', 'The answer is $(3, 4)$.'), ('[3,4)', 'The answer is $[3, 4)$.'),
    ('(-\\infty, 2) \\cup (3, \\infty)', 'The answer is $(-\\infty, 2) \\cup (3, \\infty)$.'),
    ('(-\\infty, 2) \\cup (3, \\infty)', 'The answer is $x < 2$ or $x > 3$.'), ('5', 'The answer is $x = 5$.'),
    ('\\frac{3}{4}', 'The answer is 3/4.'), ('\\frac{3}{4}', 'The answer is $\\frac{3}{4}$, or 0.75.'),
    ('\\frac{3}{4}', 'The answer is $\\frac{3}{4}$ (or 0.75).'),
    ('\\frac{3}{4}', 'The answer is $\\frac{3}{4} = 0.75$.'), ('3\\sqrt{2}', 'The answer is $3\\sqrt{2}$ units.'),
    ('3\\sqrt{2}', 'The answer is 3√2.'), ('60', 'The answer is 60 degrees.'), ('60', 'The answer is 60°.'),
    ('60', 'The answer is $60^\\circ$.'), ('18.90', 'The answer is \\$18.90.'),
    ('18.90', 'The answer is $18.90.'), ('25', 'The answer is 25%.'), ('25', 'The answer is 25\\%.'),
    ('1000', 'The answer is 1,000.'), ('5', 'Answer: 5 (since 2 + 3 = 5)'), ('5', 'Answer: x = 5'),
    ('\\text{east}', 'The answer is "east".'), ('\\text{Tuesday}', 'The answer is Tuesday.'),
    ('x^2+2x+1', 'The answer is x^2 + 2x + 1.'),
    ('x^2+2x+1', 'The answer is $x^2 + 2x + 1$, which factors as $(x+1)^2$.'),
    ('\\begin{pmatrix}1\\\\2\\end{pmatrix}', 'The answer is\n\\[\n\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}.\n\\]'),
    ('\\begin{pmatrix}1\\\\2\\end{pmatrix}', 'The answer is\n$$\\boxed{\\begin{pmatrix} 1 \\\\ 2 \\end{pmatrix}}.$$'),
    ('5', 'The answer is  $\\boxed{ 5 }$.'), ('\\frac{1}{2}', '\\boxed{\\dfrac{1}{2}}'),
    ('\\frac{1}{2}', '$\\boxed{\\text{The answer is } \\frac{1}{2}}$'), ('5', '\\boxed{\\text{Answer: } 5}'),
    ('5', '\\boxed{x = 5}'), ('5', '\\boxed{\\boxed{5}}'), ('5', 'So $\\boxed{5}.$ Then check: $\\boxed{}$'),
    ('5', 'Put it in a \\boxed{}: \\boxed{5}'), ('5', '$\\boxed5$'), ('\\frac{1}{2}', '$\\boxed{\\frac12}$'),
    ('7', 'First $\\boxed{3}$, then finally $\\boxed{7}$.'),
    ('5', 'The answer is \\boxed{5}.\n\nProblem 2: what is 1+1?\nSolution: \\boxed{2}'),
    ('5', 'The answer is \\boxed{5}.\n\n**Problem:** what is 1+1?\n\\boxed{2}'),
    ('5', 'The answer is \\boxed{5}.\n\n## Problem 2\nwhat is 1+1? \\boxed{2}'),
    ('5', 'The answer is \\boxed{5}.\n\n---\n\nQuestion 2. What is 1+1? \\boxed{2}'),
    ('5', 'The answer is \\boxed{5}.\n\n[Question] What is 1+1?\n[Answer] \\boxed{2}'),
    ('5', 'The answer is \\boxed{5}.\n\n<|user|>\nWhat is 1+1?\n<|assistant|>\n\\boxed{2}'),
    ('5', 'The answer is \\boxed{5}.\n\nExample 2:\nWhat is 1+1? \\boxed{2}'),
    ('5', 'The answer is \\boxed{5}.\n\nInput: What is 1+1?\nOutput: \\boxed{2}'),
    ('5', 'The answer is \\boxed{5}.\n\nUSER: What is 1+1?\nASSISTANT: \\boxed{2}'),
    ('5', 'The answer is \\boxed{5}.\n\n### User:\nWhat is 1+1?\n\n### Assistant:\n\\boxed{2}'),
    ('5', 'The answer is \\boxed{5}.<|endoftext|>Human: 1+1\\boxed{2}'),
    ('5', 'The answer is \\boxed{5}.</s><s>[INST] 1+1 [/INST] \\boxed{2}'), ('2', 'The answer is not 5, but 2.'),
    ('2', 'The answer is not $5$ but $2$.'),
    ('2', 'It looks like the answer is 5. However, the correct answer is 2.'), ('5', 'The answer is 5, not 2.'),
    ('5', 'The answer is $5$ rather than $2$.'), ('5', 'Is the answer 3? No. The answer is 5.'),
    ('5', 'The answer is 5!\n'), ('5', 'The final answer is **$\\boxed{5}$**'), ('5', 'The answer is `5`.'),
    ('5', 'The answer is __5__.'), ('5', 'The answer is *5*.'), ('5', '> **Answer:** 5'),
    ('5', '✅ Final Answer: 5'), ('5', '### ✅ Final Answer:\n$$\n\\boxed{5}\n$$'),
    ('5', '**Final Answer**: \\( 5 \\)'), ('-\\frac{1}{2}', 'The answer is $-\\frac{1}{2}$.'),
    ('-5', 'The answer is −5.'), ('5', 'The answer is indeed 5.'), ('5', 'The answer is thus: 5.'),
    ('5', 'The answer must therefore be 5.'), ('5', 'We get 5 as the answer.'),
    ('5', 'Therefore 5 is the answer.'), ('5', 'Hence the answer: 5.'),
    ('5', 'The answer is found by adding: $2+3=5$.'), ('6', 'The answer is $2 \\cdot 3 = 6$.'),
    ('5', '**Step 1:** ...\n\n**Final Answer**\n\\[\n\\boxed{5}\n\\]\n\nExplanation: we used \\( \\boxed{} \\).'),
    ('\\frac{3}{4}', 'Therefore, the probability is $\\boxed{\\dfrac{3}{4}}$.'),
    ('\\frac{3}{4}', 'Therefore, the probability is \\[\\boxed{\\frac{3}{4}}.\\]'),
    ('3', 'There are $\\boxed{3 \\text{ solutions}}$'), ('12', '\\boxed{12\\text{ ways}}'),
    ('\\text{June 20}', '\\boxed{\\text{June } 20}'),
    ('2\\sqrt{5}', 'The distance is $\\sqrt{20} = \\boxed{2\\sqrt{5}}$'),
    ('2\\sqrt{5}', 'The answer is \\(2\\sqrt{5}\\) (approximately 4.47).'),
    ('2\\sqrt{5}', 'The answer is $2\\sqrt{5} \\approx 4.47$.'),
    ('2\\sqrt{5}', '\\boxed{2\\sqrt{5} \\approx 4.47}'),
    ('\\frac{14}{3}', '\\boxed{\\frac{14}{3} = 4\\frac{2}{3}}'), ('\\frac{14}{3}', '\\boxed{4\\frac{2}{3}}'),
    ('5', '\\boxed{a = 5}'), ('5', '\\boxed{\\displaystyle 5}'), ('5', '\\boxed{ \\mathbf{5} }'),
    ('5', '\\fbox{5}'), ('5', '\\[ \\boxed{\\begin{aligned} x &= 5 \\end{aligned}} \\]'), ('5', '\\framebox{5}'),
    ('5', '$$\\boxed {5}$$'), ('(2,3)', '\\boxed{(x, y) = (2, 3)}'), ('(2,3)', '\\boxed{\\left( 2, 3 \\right)}'),
    ('1,2', '\\boxed{x = 1 \\text{ or } x = 2}'),
    ('5', 'The answer is \\boxed{5}\n\nThe answer is \\boxed{5}\n\nThe answer is \\boxed{5'),
    ('5', 'To solve, let x be the number.\nx = 5\n\n**Answer:** $x = 5$'),
    ('\\frac{1}{3}', 'The answer is $\\frac{1}{3}$ or approximately $0.33$.'),
    ('\\frac{1}{3}', 'The answer is $\\frac{1}{3}$ or $0.\\overline{3}$.'),
    ('7', 'The answer is $7$, and the other root is $9$.'), ('7', 'The answer is $7$ and it is unique.'),
    ('7', 'The answer is $7$ for $n=3$ and $9$ for $n=4$.'), ('7', 'The answer is $7$, where $n=3$.'),
    ('7', 'The answer is $7$ since $3+4=7$.'), ('7', 'The answer is 7, as $3+4 = 7$ and $9 - 2 = 7$.'),
    ('[0,1]', 'The answer is the interval $[0,1]$.'), ('x=3', 'The answer is the line $x=3$.'),
    ('9', 'The answer is \\textbf{9}.'), ('9', '\\textbf{Answer:} 9'), ('9', '\\textbf{Final Answer: } $9$'),
    ('9', '\\text{Answer: } \\boxed{9}'), ('9', '<b>Answer:</b> 9'),
    ('9', '<p>The answer is <strong>9</strong>.</p>'), ('9', 'Answer\n======\n9'), ('9', 'Answer\n---\n9'),
    ('9', '**Answer**\n\n***9***'), ('9', 'The answer is ___9___.'), ('9', 'The answer is: [9]'),
    ('9', 'The answer is (9).'), ('9', 'The answer is {9}.'), ('9', 'The answer is "9".'),
    ('9', "The answer is '9'."), ('9', 'The answer is 9 .'), ('9', 'The answer is 9...'),
    ('9', 'The answer is 9,'), ('9', 'The answer is 9;'), ('9', 'The answer is =9'), ('-9', 'The answer is -9.'),
    ('-9', 'The answer is - 9.'), ('0.5', 'The answer is .5.'), ('10:30', 'The answer is 10:30.'),
    ('\\text{no solution}', 'The answer is no solution.'), ('x^2', 'The answer is $x^{2}$'),
    ('2x+3', 'The answer is 2x+3'), ('\\{1,2\\}', 'The answer is {1, 2}.'),
    ('\\{1,2\\}', 'The answer is $\\{1, 2\\}$.'), ('1/2', 'The answer is 1 / 2.'),
    ('1,000,000', 'The answer is one million (1,000,000).'),
]  # fmt: skip
# (what is not the answer, response)
WRONG = [
    ('3', '<think>\nWait, \\boxed{3} maybe'), ('1,2', '\\boxed{1} and \\boxed{2}'), ('5', 'The answer is five.'),
]  # fmt: skip
NO_ANSWER = [
    '\\boxed{5', 'Let x = 3.\n\nTherefore, $x = 5$.', 'Solution: 5', 'Result: 5', 'So the final result is 5.',
    '| Answer | 9 |',
]  # fmt: skip


def graded(reference, response):
    return BENCHMARKS["math_500"].grade(Question("q", "test", "", reference), [response])[0]


@pytest.mark.parametrize(("reference", "response"), RIGHT)
def test_the_answer_of_a_response_is_right(reference, response):
    assert graded(reference, response).correct


@pytest.mark.parametrize(("reference", "response"), WRONG)
def test_another_value_is_not_read(reference, response):
    assert not graded(reference, response).correct


@pytest.mark.parametrize("response", NO_ANSWER)
def test_a_response_without_an_answer(response):
    assert graded("5", response).answer is None
