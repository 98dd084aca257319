"""What responses to gsm8k state, as small models write them."""

import pytest

from slmmux.benchmarks import BENCHMARKS
from slmmux.benchmarks.question import Question

# (reference, a response whose answer it is)
RIGHT = [
    # What looks like something else that is read.
    ("42", "The answer is 42 of 50, or 84%."), ("42", "The answer is 42 (6 boxes of 7 = a lot)."),
    ("42", "42 is not the answer to 6 * 8. The answer is 42."), ("42", "If 40 is the answer, we are wrong. It is 42."),
    ("42", "Is 40 the answer? No: 42"), ("42", '{"answer": 42, "not_answer": 40}'), ("42", "The answer is 42, not 40."),
    ("42", "The answer is not only 40 but also the 2 more: 42"), ("42", "Example: 6 * 7 = 42\nThe answer is 42."),
    ('72', '<think>\n24 + 48\n</think>\n\n#### 72'), ('72', 'Let me think. 24+48 = 71?\n</think>\n72'),
    ('72', '<think>\n\n</think>\n\nThe answer is 72.'),
    ('72', '<reflection>maybe 70</reflection><output>The answer is 72</output>'), ('72', '[THINK]70[/THINK]72'),
    ('72', '<think>x</think>The answer is 72.\n<think>Hmm, maybe 73?'),
    ('42', 'The final answer is 42. I hope it is correct.'), ('42', 'The final answer is $42.'),
    ('42', '{"answer": 42}'), ('42', '{"answer": "42", "steps": 3}'),
    ('42', '{"steps": 3, "answer": "42", "n": 7}'), ('42', '<answer>$42</answer>\nI used 3 steps.'),
    ('42', '#### 42<|im_end|>'), ('42', '#### $42'), ('42', '####42'), ('42', '#### **42**'),
    ('42', '#### The answer is 42'), ('42', '#### 42 apples'), ('1234', '#### 1,234'), ('1234', '#### 1,234.00'),
    ('42', 'So, she has **42** apples left after 3 days.\n\n**Answer: 42**'),
    ('42', 'Therefore, the total is $42.\n\nNote: we used 7 boxes. The answer is 42.'),
    ('42', 'The answer is forty-two (42).'), ('42', 'The answer is $\\boxed{42}$ dollars.'),
    ('42', '\\boxed{\\text{42 dollars}}'), ('42', '\\boxed{\\$42.00}'),
    ('42', '\\boxed{42 \\text{ miles per hour}}'), ('42', 'The answer is 42.\n\nQuestion: 2 + 2?\nAnswer: 4'),
    ('42', 'The answer is 42.\r\n\r\nQ: 2 + 2?\r\nA: 4'),
    ('42', 'The answer is 42.\n\nProblem 2:\nWhat is 2 + 2? The answer is 4.'),
    ('42', 'The answer is 42.\n\nExercise 3: 2 + 2? The answer is 4.'),
    ('42', 'The answer is 42.\n\n## Your task: solve 2+2. The answer is 4.'),
    ('42', 'The answer is 42.\n\n# Question 2\n2+2\nThe answer is 4.'),
    ('42', 'The answer is 42.\n\n**Follow-up Question:** 2+2?\nThe answer is 4.'),
    ('42', 'The answer is 42.\n\nFollow-up: 2+2?\nThe answer is 4.'),
    ('42', 'The answer is 42.\n\n2. Question: 2+2?\nThe answer is 4.'),
    ('42', 'The answer is 42.\n\nHere is another problem:\nTom has 2 and 2.\nThe answer is 4.'),
    ('42', 'Answer: 42 eggs were left after 3 days.'), ('42', 'The answer is 42 because 50 - 8 = 42.'),
    ('42', 'The answer is 50 - 8 = 42.'), ('42', 'The answer is 50 - 8 = <<50-8=42>>42.'),
    ('42', '50-8=<<50-8=42>>42\n#### 42'), ('42', 'The answer is $50 - 8 = 42$.'),
    ('42', 'The answer is 50 - 8, which is 42.'), ('42', 'The answer is 50 minus 8, or 42.'),
    ('42', 'The answer is x = 42.'), ('42', 'The answer is approximately 42.'), ('42', 'The answer is ≈ 42.'),
    ('42', 'So after 3 days, the answer is that she has 42 eggs.'),
    ('42', 'So the answer is: she has 42 eggs in 7 boxes.'), ('42', 'In 3 days she gets 42 eggs.'),
    ('42', 'She gets 42 eggs in 3 days, so 42.'), ('42', 'Total = $42'),
    ('42', 'Final answer: 42 out of 50 students'), ('42', 'The answer is not 40 but 42.'),
    ('42', "The answer isn't 40, it's 42."), ('42', 'The answer is 42 and not 40.'), ('42', 'Answer:42'),
    ('42', '**Answer:**42'), ('42', 'answer is 42'), ('42', 'ANSWER IS 42'), ('42', 'The answer: 42'),
    ('42', 'The answer is ... 42'), ('42', 'The answer is\n\n\n42\n'), ('42', 'A: The answer is 42.'),
    ('42', '$\\boxed{42}$ eggs remain after $\\boxed{}$ 3 days'), ('9500', 'The answer is $9,500.'),
    ('9500', 'The answer is 9 500 dollars.'), ('9500', 'The answer is 9500.00 dollars'),
    ('9500', 'The answer is \\$9{,}500.00'), ('9500', 'The answer is 9,500 USD'),
    ('9500', 'The answer is 9.5 thousand.'), ('9500', 'The answer is $9.5k.'), ('9500', 'The answer is $9.5K'),
    ('9500', 'The answer is 9.5 × 10³.'), ('9500', 'The answer is $9.5 \\times 10^{3}$.'),
    ('9500', 'The answer is 9.5e3'), ('9500', 'The answer is 9.5E+3'),
    ('1200000', 'The answer is 1,200,000 people'), ('1200000', 'The answer is 1.2 million people'),
    ('1200000', 'The answer is $1.2M'), ('1200000', 'The answer is $1.2 million'),
    ('-5', 'The answer is −5 degrees.'), ('-5', 'The answer is negative 5.'), ('-5', 'The answer is minus 5.'),
    ('-5', 'The answer is (-5).'), ('-5', 'The answer is $-5$.'), ('-5', 'The answer is -\\$5.'),
    ('-5', 'The answer is -$5.00'), ('-5', '\\boxed{-5}'), ('-5', '\\boxed{- 5}'), ('5', 'The range is 3-5'),
    ('0.5', 'The answer is 1/2.'), ('0.5', 'The answer is one half (1/2).'), ('0.5', 'The answer is ½ hour.'),
    ('2.5', 'The answer is 2 1/2 hours.'), ('2.5', 'The answer is 2½ hours.'),
    ('2.5', 'The answer is $2\\frac{1}{2}$ hours.'), ('0.75', '\\boxed{\\frac{3}{4}}'),
    ('0.75', 'The answer is \\frac34.'), ('460', 'The answer is 460 cm².'),
    ('460', 'The answer is 460 square feet.'), ('460', 'The answer is 460 m^3.'),
    ('460', '\\boxed{460~\\text{ft}^2}'), ('460', '\\boxed{460\\,\\mathrm{m}^2}'),
    ('460', 'The answer is 460 sq. ft.'), ('25', 'The answer is 25%.'), ('25', 'The answer is 25\\%.'),
    ('25', 'The answer is 25 percent.'), ('12.5', 'The answer is 12.50.'), ('12', 'The answer is 12.0.'),
    ('12', 'The answer is 12.'), ('12', 'The answer is 12th.'), ('12', 'The answer is $12 per person.'),
    ('12', 'The answer is 012.'), ('12', 'The answer is １２.'), ('12', 'The answer is \\(12\\text{ years}\\).'),
    ('3', 'The answer is 3:30'), ('36', 'The answer is 36 (3 dozen).'),
    ('20', 'The answer is between 20 and 30.'), ('15', 'The answer is 15 hrs/week.'),
    ('15', 'The answer is 15km.'), ('15', 'The answer is 15L'), ('150', 'The answer is £150'),
    ('150', 'The answer is 150€'), ('150', 'The answer is Rs. 150'), ('150', 'The answer is ₹150'),
    ('150', 'The answer is 150 ¢'), ('12345678', 'The answer is 12,345,678.'), ('1234', 'The answer is 1’234.'),
    ('1234.5', 'The answer is 1,234.5'), ('0', 'The answer is 0.'), ('0', 'The answer is zero (0).'),
    ('100', 'The answer is 10^2.'), ('100', 'The answer is 10².'), ('3', 'She has 10 - 7 = 3'), ('3', '10-7=3.'),
    ('18', 'Janet makes $18 every day.\n#### 18\n#### 18'), ('18', '#### 18\n\n#### 18 is the answer'),
    ('18', 'The total is 18. \n\nTherefore, the answer is 18 dollars per day (9 eggs x $2).'),
    ('18', "So Janet makes 9 * 2 = $<<9*2=18>>18 every day at the farmer's market."),
    ('18', 'Answer: $18.00/day'), ('18', 'The answer is $18 / day.'), ('18', 'The answer is 18/day'),
    ('18', 'The answer is $18 a day for 7 days'), ('18', 'Answer: She makes $18 every day.'),
    ('18', 'The answer is: Janet makes $18 every day at the market.'), ('18', '**Janet makes $18 every day.**'),
    ('18', 'Therefore, Janet makes \\( \\$18 \\) every day.'),
    ('18', 'Therefore, Janet makes \\(\\boxed{18}\\) dollars every day.'), ('18', '\\[ 9 \\times 2 = 18 \\]'),
    ('18', '\\boxed{9 \\times 2 = 18}'), ('18', '\\boxed{9 \\times 2 = 18 \\text{ dollars}}'),
    ('18', '\\boxed{\\text{Janet makes } \\$18 \\text{ in } 1 \\text{ day}}'),
    ('18', '\\boxed{18 = 9 \\times 2}'), ('18', 'Step 1: 3 eggs\nStep 2: 18 dollars'),
    ('18', '18\n\nExplanation: 16 - 3 - 4 = 9 eggs, 9 * 2 = 18.'),
    ('70000', 'The answer is $70,000 profit after $130,000 of costs'),
    ('70000', 'The profit is $200,000-$130,000=$70,000'),
    ('70000', 'The profit is $200,000 - $130,000 = $<<200000-130000=70000>>70,000\n#### 70,000'),
    ('70000', 'The answer is 70 000 $'), ('3', 'It takes 2/2=1 bolt of white, so 2+1=3 bolts'),
    ('3', 'The answer is 3 bolts (2 blue + 1 white).'), ('3', 'The answer is 3 (2+1).'),
    ('3', 'The answer is 2 + 1 = 3 bolts.'), ('3', 'The answer is 2+1=3.'),
    ('3', 'The answer is 2 (blue) + 1 (white) = 3'),
    ('3', 'The answer is 2 blue bolts plus 1 white bolt = 3 bolts.'), ('3', 'The answer is 3 = 2 + 1'),
    ('160', 'The answer is 160 minutes = 2 hours 40 minutes.'),
    ('160', 'The answer is 160 minutes or 2 hours and 40 minutes.'),
    ('160', 'The answer is 160 minutes (2 hours and 40 minutes).'), ('5', 'The answer is 5, which is 20% of 25.'),
    ('5', 'The answer is 20% of 25 = 5.'), ('5', 'The answer is 20% of 25, which is 5.'),
    ('25', 'The answer is 100 / 4 = 25.'), ('25', 'The answer is 100/4=25.'), ('25', 'The answer is 100/4.'),
    ('25', 'The answer is $100 \\div 4 = 25$.'), ('25', 'The answer is \\(\\frac{100}{4} = 25\\).'),
    ('25', 'The answer is \\frac{100}{4} = 25'), ('25', 'The answer is $\\frac{100}{4}$.'),
    ('25', 'Answer: 25.\n\nCheck: 25 * 4 = 100.'),
    ('25', 'The final answer is 25.\n\nThe final answer is $\\boxed{25}$.'),
    ('25', 'The answer is 25. The answer is 25. The answer is 25. The answer is'), ('25', '25 25 25 25'),
    ('25', 'The answer is 25 cents.'),
    ('25', 'She needs 25 more.\n\nI hope this helps! Let me know if you have any other questions. 😊'),
    ('25', 'A) 20\nB) 25\nThe answer is B) 25'), ('25', 'The answer is (B) 25.'),
    ('-3', 'The temperature is -3°C.'), ('-3', 'The answer is -3°C.'), ('-3', 'The answer is $-3^\\circ$'),
    ('3', 'The answer is 3rd place'), ('10', 'The answer is 10%'), ('10', 'The answer is ten (10)'),
    ('10', 'The answer is +10'), ('10', 'The answer is #10'), ('10', 'The answer is No. 10'),
    ('10', 'The answer is ~10'), ('10', 'The answer is >10'), ('10', 'The answer is at least 10.'),
]  # fmt: skip
# (what is not the answer, response)
WRONG = [
    ('42', 'The answer is 42/50 students.'), ('9500', 'The answer is 9, 500.'), ('5', 'The answer is 10-5.'),
    ('2', 'x_2 = 3, so 3.\nThe answer is $x_2$'), ('70000', 'The answer is 70k'),
    ('160', 'The answer is 2 hours and 40 minutes, or 160 minutes.'), ('25', 'The answer is $0.25.'),
    ('1.5', 'The answer is 1,5 hours'), ('3.14', 'The answer is 3.14159...'),
]  # fmt: skip
NO_ANSWER = [
    '<think>\nSo the answer is 72', '<think>70</think>\n',
]  # fmt: skip


def graded(reference, response):
    return BENCHMARKS["gsm8k"].grade(Question("q", "test", "", reference), [response])[0]


@pytest.mark.parametrize(("reference", "response"), RIGHT)
def test_the_answer_of_a_response_is_right(reference, response):
    assert graded(reference, response).correct


@pytest.mark.parametrize(("reference", "response"), WRONG)
def test_another_value_is_not_read(reference, response):
    assert not graded(reference, response).correct


@pytest.mark.parametrize("response", NO_ANSWER)
def test_a_response_without_an_answer(response):
    assert graded("5", response).answer is None
