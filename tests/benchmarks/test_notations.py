r"""Notations of answers in LaTeX that models use: the same value, different values, and classes of both."""

from itertools import combinations
from random import Random

import pytest
from test_grouping import partition

from slmmux.benchmarks.grading import same_value

# (answer, reference)
SAME = [
    (r"5 \mathrm{~cm}", '5'), (r"5\ \text{m/s}", '5'), (r"5\,\text{units}^2", '5'),
    (r"5\text{ square units}", '5'), (r"\frac{7}{2}\text{ hours}", r"\frac72"), ('3.5', '7/2'),
    (r"3\frac12", '7/2'), (r"3\tfrac{1}{2}", r"\frac{7}{2}"), (r"\dfrac{-7}{2}", r"-\frac{7}{2}"),
    (r"-\dfrac72", '-3.5'), (r"\frac{-7}{-2}", '3.5'), (r"\left(\frac{1}{2}, 3\right)", '(0.5,3)'),
    (r"\left[ -2, 7 \right]", '[-2,7]'), (r"x \in [-2,7]", '[-2, 7]'),
    (r"x\in\left(-\infty,2\right)", r"(-\infty,2)"), (r"-2 \leq x \leq 7", '[-2,7]'),
    (r"-2\leqslant x\leqslant 7", '[-2,7]'), ('x < 2', r"(-\infty,2)"), (r"x \lt 2", r"(-\infty,2)"),
    (r"x \gt 2", r"(2,\infty)"), ('2 < x', r"(2,\infty)"), ('x > 2', r"(2, +\infty)"),
    (r"x\in(-\infty,2)\cup(3,\infty)", r"(-\infty,2)\cup(3,\infty)"),
    (r"x<2 \text{ or } x>3", r"(-\infty,2)\cup(3,\infty)"),
    (r"(-\infty, 2) \cup (3, +\infty)", r"(-\infty,2)\cup(3,\infty)"), (r"\{1, 2, 3\}", r"\{3,2,1\}"),
    (r"\left\{1,2\right\}", r"\{2,1\}"), (r"\lbrace 1,2 \rbrace", r"\{1,2\}"), (r"1 \text{ and } 2", '1,2'),
    ('x = 1, x = 2', '1,2'), (r"x=1\text{ and }x=2", '2,1'), ('x_1 = 1, x_2 = 2', '1,2'), (r"\pm 3", '-3,3'),
    (r"x=\pm 3", '3,-3'), (r"2\pm\sqrt3", r"2-\sqrt{3},2+\sqrt{3}"),
    (r"\frac{2\pm\sqrt{8}}{2}", r"1+\sqrt2,1-\sqrt2"), (r"6.022 \times 10^{23}", r"6.022\cdot10^{23}"),
    ('6.022e23', r"6.022\times10^{23}"), ('6.022E23', r"6.022\times10^{23}"), (r"1 \times 10^{-3}", '0.001'),
    ('−5', '-5'), ('５', '5'), ('１，２３４', '1234'), ('1,234.50', '1234.5'), ('1{,}234', '1234'), (r"1\,234", '1234'),
    ('1 234', '1234'), (r"\$5.00", '5'), (r"\$ 5", '5'), ('$5$', '5'), (r"5\text{ dollars}", '5'),
    (r"50\%", '50'), ('50%', '50'), (r"50\text{ percent}", '50'), ('50 percent', '50'), (r"45^{\circ}", '45'),
    (r"45^\circ", '45'), ('45°', '45'), ('45 degrees', '45'), (r"45\text{ degrees}", '45'), (r"45 ^ \circ", '45'),
    (r"45\degree", '45'), (r"\frac{\pi}{4}", r"\pi/4"), (r"\frac{1}{4}\pi", r"\frac{\pi}{4}"),
    (r"0.25\pi", r"\frac\pi4"), ('π/4', r"\frac{\pi}{4}"), (r"\pi \over 4", r"\frac{\pi}{4}"),
    (r"2\sqrt{3}", r"\sqrt{12}"), (r"2 \sqrt 3", r"2\sqrt{3}"), (r"\sqrt{3} \cdot 2", r"2\sqrt3"),
    (r"\frac{2}{\sqrt{3}}", r"\frac{2\sqrt{3}}{3}"), ('2*sqrt(3)', r"2\sqrt3"), ('2√3', r"2\sqrt3"),
    ('sqrt(12)', r"2\sqrt3"), ('3^{1/2}', r"\sqrt3"), (r"\sqrt[3]{8}", '2'), (r"8^{\frac13}", '2'),
    (r"\text{(B)}", 'B'), ('B', r"\text{(B)}"), (r"\textbf{(B)}", r"\text{(B)}"),
    (r"\mathrm{(B)}", r"\text{(B)}"), (r"\text{B}", r"\text{(B)}"), ('(B)', 'B'), (r"\text{Yes}", 'yes'),
    ('Yes.', r"\text{Yes}"), (r"\textbf{Yes}", 'Yes'), (r"\text{ east }", 'east'), (r"\text{Monday}", 'Monday'),
    (r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}", r"\begin{bmatrix}1&2\\3&4\end{bmatrix}"),
    (r"\left(\begin{array}{cc}1&2\\3&4\end{array}\right)", r"\begin{pmatrix}1&2\\3&4\end{pmatrix}"),
    (r"\left[\begin{matrix}1&2\\3&4\end{matrix}\right]", r"\begin{pmatrix}1&2\\3&4\end{pmatrix}"),
    (r"\begin{pmatrix} \frac12 \\ -3 \end{pmatrix}", r"\begin{pmatrix} 0.5 \\ -3 \end{pmatrix}"),
    (r"\begin{pmatrix}1\\2\end{pmatrix}\text{.}", r"\begin{pmatrix}1\\2\end{pmatrix}"),
    (r"\begin{pmatrix}1\\2\\ \end{pmatrix}", r"\begin{pmatrix}1\\2\end{pmatrix}"), ('(x+1)^2', 'x^2+2x+1'),
    ('x(x+1)', 'x^2+x'), ('y = (x+1)^2', 'y=x^2+2x+1'), ('f(x) = x^2', 'x^2'), ('f^{-1}(x)=2x', '2x'),
    ('2x-3y=4', '4x-6y-8=0'), (r"y=\frac{2}{3}x-\frac43", '2x-3y=4'), ('x^2+y^2-4x=0', '(x-2)^2+y^2=4'),
    (r"\frac{x}{y}", 'x/y'), ('xy', 'yx'), ('a b', 'ab'), (r"x\cdot y", 'xy'), (r"2 \times x", '2x'),
    ('-x+1', '1-x'), (r"\frac{1}{x}", 'x^{-1}'), (r"\log 8 / \log 2", '3'), (r"\log_2(8)", '3'),
    (r"\ln e^2", '2'), (r"\ln(e^2)", '2'), (r"e^{\ln 3}", '3'), (r"\sin 30^\circ", r"\frac12"),
    (r"\cos\frac{\pi}{3}", '0.5'), (r"\tan(\pi/4)", '1'), (r"\binom{5}{2}", '10'), (r"{5 \choose 2}", '10'),
    ('C(5,2)', 'C(5,2)'), ('5!', '120'), ('|{-3}|', '3'), (r"\left|-3\right|", '3'), (r"\lvert -3 \rvert", '3'),
    ('3+4i', '4i+3'), (r"3 + 4\mathrm{i}", '3+4i'), (r"\frac{3+4i}{5}", r"\frac35+\frac45i"), ('i^2', '-1'),
    ('101_2', '101_{2}'), (r"101_{\text{two}}", '101_2'), ('(101)_{2}', '101_2'), ('1A_{16}', '1A_{16}'),
    (r"101_{\text{base }2}", '101_2'), (r"0.\overline{3}", r"\frac13"), (r"0.\overline{27}", r"\frac{3}{11}"),
    (r"0.1\overline{6}", r"\frac16"), (r"0.\dot{3}", r"\frac13"), (r"10:30 \text{ a.m.}", '10:30'),
    ('10:30 AM', '10:30'), ('3:2', '3:2'), (r"\boxed{5}", '5'), (r"\textbf{5}", '5'), (r"\mathbf{5}", '5'),
    ('{5}', '5'), ('( 5 )', '5'), (r"\text{5}", '5'), (r"5\text{.}", '5'), ('5.0', '5'), ('+5', '5'), ('05', '5'),
    ('5 .', '5'), (r"\emptyset", r"\varnothing"), (r"\infty", '∞'), (r"+\infty", r"\infty"), (r"-\infty", '−∞'),
    (r"\text{undefined}", 'undefined'), ('undefined', r"\text{Undefined}"), (r"\frac{1}{2}x", r"\frac{x}{2}"),
    ('.5x', r"\frac{x}{2}"), (r"12\text{th}", '12'), (r"12^{\text{th}}", '12'),
    (r"1\frac{1}{2}\text{ cups}", '1.5'), (r"\frac{3}{4}\text{ of the pie}", '0.75'),
    (r"\text{approximately }5", '5'), (r"\approx 5", '5'), (r"\text{The answer is }5", '5'),
    (r"\text{Answer: }5", '5'), (r"x=5,\ y=3", 'x=5,y=3'), ('(x,y) = (5,3)', '(5,3)'),
    (r"x=5 \text{ and } y=3", 'x=5,y=3'), ('(5, 3)', '(5,3)'), (r"\overrightarrow{AB}", r"\overrightarrow{AB}"),
    (r"\triangle ABC", r"\triangle ABC"), (r"\angle ABC", r"\angle ABC"),
    (r"\vec{v} = \begin{pmatrix}1\\2\end{pmatrix}", r"\begin{pmatrix}1\\2\end{pmatrix}"),
    (r"\langle 1,2 \rangle", r"\begin{pmatrix}1\\2\end{pmatrix}"), (r"\mathbb{R}", r"\mathbb{R}"),
    ('ℝ', r"\mathbb{R}"), (r"x \in \mathbb{R}", r"\mathbb{R}"), (r"(-\infty,\infty)", r"(-\infty, +\infty)"),
    (r"\mathbb{R} \setminus \{0\}", r"\mathbb{R}\setminus\{0\}"), ('n^2 + n', 'n(n+1)'),
    ('2^{n+1}-2', '2(2^n-1)'), (r"\frac{n(n+1)}{2}", r"\frac{n^2+n}{2}"),
    (r"18\sqrt{3}\,\text{cm}^2", r"18\sqrt3"), (r"36\pi\text{ square inches}", r"36\pi"),
    (r"36\pi \text{ cubic units}", r"36\pi"), ('2 hours 30 minutes', '2 hours 30 minutes'),
    (r"5 \text{ or } 6", '5,6'), (r"5 \quad \text{or} \quad 6", '5,6'),
    (r"x = 5 \quad \text{and} \quad y = 3", 'x=5,y=3'), (r"\text{(2, 3)}", '(2,3)'),
    (r"(2, 3) \text{ and } (4, 5)", '(4,5),(2,3)'), (r"\{ (1,2), (3,4) \}", '(1,2),(3,4)'),
    ('(1,2),(3,4)', r"(1,2) \text{ and } (3,4)"), (r"2 \sqrt{3} \mathrm{~cm}", r"2\sqrt3"), ('1 : 2', '1:2'),
    ('1:2', '1 : 2'), (r"\frac{4}{3} \pi r^3", r"\frac{4\pi r^3}{3}"), (r"0.5\%", '0.5'), (r"\$0.50", '0.5'),
    (r"\frac12 \text{ hour}", '0.5'), ('x^{2} - 4 x + 4', '(x-2)^2'), (r"4\times 4", '16'),
    (r"\dfrac{1}{2}\left(3\right)", '1.5'), (r"\left\lfloor 2.5 \right\rfloor", r"\lfloor 2.5\rfloor"),
    (r"\text{June } 20", r"\text{June 20}"), ('June 20', r"\text{June 20}"), (r"\text{Friday}", 'friday'),
    (r"\text{Sunday.}", 'Sunday'), (r"\mathbf{C}", 'C'), (r"\text{C}", '(C)'), (r"\textbf{(C) }5", r"\text{(C)}"),
    (r"\text{(C) }\frac{5}{2}", r"\text{(C)}"), (r"12\ \text{inches}", '12'), (r"12 \text{ in}", '12'),
    (r"12\text{ ft/s}", '12'), (r"12\ \mathrm{m/s^2}", '12'), (r"12\,\text{m}\cdot\text{s}^{-1}", '12'),
    (r"12 \frac{\text{m}}{\text{s}}", '12'), (r"\mathrm{12}", '12'), (r"\mathtt{12}", '12'),
    (r"\textstyle 12", '12'), (r"\large 12", '12'), (r"\mathbf{x = 12}", '12'), (r"12 \,", '12'),
    ('12 \\\\', '12'), (r"\ 12", '12'), (r"12\text{ }", '12'), (r"12 \; ", '12'), (r"\phantom{0}12", '12'),
    (r"\sqrt 2", r"\sqrt{2}"), (r"\sqrt2/2", r"\frac{\sqrt{2}}{2}"), (r"\frac{\sqrt2}2", r"\frac{1}{\sqrt2}"),
    (r"\frac{1}{2}\sqrt{2}", r"\frac{\sqrt2}{2}"), ('a^2+b^2', 'b^2 + a^2'), (r"\alpha+\beta", r"\beta + \alpha"),
    ('2ab', '2ba'), ('(a+b)(a-b)', 'a^2-b^2'), (r"e^{i\pi}", '-1'), (r"\cos 2x", r"2\cos^2 x - 1"),
    ('1.20', '1.2'), ('007', '7'), ('-0.50', r"-\frac12"), ('1e3', '1000'), ('2.5e-3', '0.0025'),
    (r"5 \cdot 10^3", '5000'), ('5*10^3', '5000'), ('5 x 10^3', '5000'), (r"3.0 \times 10^8", r"3\times10^8"),
    (r"x=\frac{-b\pm\sqrt{b^2-4ac}}{2a}", r"\frac{-b\pm\sqrt{b^2-4ac}}{2a}"),
    (r"\left(-\infty, -3\right] \cup \left[3, \infty\right)", r"(-\infty,-3]\cup[3,\infty)"),
    (r"x \le -3 \text{ or } x \ge 3", r"(-\infty,-3]\cup[3,\infty)"),
    (r"x\leq-3\lor x\geq3", r"(-\infty,-3]\cup[3,\infty)"), (r"|x| \ge 3", r"|x| \geq 3"),
    (r"x \neq 2", r"x \ne 2"), ('0 < x < 5', '(0,5)'), (r"0<x\leq5", '(0,5]'), ('5 > x > 0', '(0,5)'),
    ('(0, 5)', r"x\in(0,5)"), ('[0,5[', '[0,5)'), (']0,5[', '(0,5)'),
    (r"\begin{bmatrix} 1 \\ 2 \end{bmatrix}", r"\begin{pmatrix}1\\2\end{pmatrix}"),
    (r"\binom{1}{2}", r"\binom12"),
    (r"\begin{vmatrix}1&2\\3&4\end{vmatrix}", r"\begin{vmatrix}1&2\\3&4\end{vmatrix}"),
    (r"\mathbf{v}=\begin{pmatrix}1\\2\end{pmatrix}", r"\begin{pmatrix}1\\2\end{pmatrix}"),
    (r"\begin{pmatrix} 1 \\[4pt] 2 \end{pmatrix}", r"\begin{pmatrix}1\\2\end{pmatrix}"),
    (r"\begin{pmatrix} 1 , 2 \end{pmatrix}", r"\begin{pmatrix} 1 , 2 \end{pmatrix}"),
    (r"3 \text{ and } -3", r"\pm 3"), (r"\pm\sqrt{2}", r"-\sqrt2,\sqrt2"), (r"1 \pm i", '1+i,1-i'),
    (r"\frac{\,1\,}{\,2\,}", r"\frac12"), (r"\frac {1} {2}", r"\frac12"), (r"\frac1 2", r"\frac12"),
    (r"\cfrac{1}{2}", r"\frac12"), ('1/2', r"\frac{1}{2}"), (r"\nicefrac{1}{2}", r"\frac12"),
    ('{1}/{2}', r"\frac12"), ('(1)/(2)', r"\frac12"), (r"5,\!000", '5000'), (r"5\text{,}000", '5000'),
    (r"\text{5,000}", '5000'), (r"\text{All real numbers}", r"\text{all real numbers}"),
    (r"\text{no real solutions}", 'no real solutions'), (r"2k\pi, k \in \mathbb{Z}", r"2k\pi, k\in\mathbb{Z}"),
    (r"\lfloor\frac{n}{2}\rfloor", r"\lfloor n/2 \rfloor"), (r"-\frac{\pi}{6}", r"-\pi/6"), ('2pi', r"2\pi"),
    ('2*pi', r"2\pi"), ('pi/4', r"\frac\pi4"), ('x**2', 'x^2'), ('sqrt{2}', r"\sqrt2"),
    ('frac{1}{2}', r"\frac12"), ('1/(2x)', r"\frac{1}{2x}"), ('x^(1/2)', r"\sqrt{x}"), ('e^(2x)', 'e^{2x}'),
    ('2^(n+1)', '2^{n+1}'),
]  # fmt: skip
DIFFERENT = [
    (r"\text{2-3}", "-1"), (r"\text{2-3}", r"\text{3-4}"), ("10:30", "10.5"), ("June 20", "20"), ("a b", "a+b"),
    (r"5 \over 6", r"6 \over 5"), (r"\text{Case 1}", "1"), ("x**2", "2x"), ("[1,2[", "[1,2]"),
    ('5', '-5'), ('(1,2)', '(1,3)'), ('[1,2]', '(1,2)'), (r"\frac12", r"\frac21"), ('-2i', '2i'),
    ('1/19!', '1/20!'), ('x', 'y'), ('x+y', 'x-y'), ('2x', '3x'), ('ab', 'a+b'), (r"\sqrt2", r"\sqrt3"),
    ('0.1', '0.01'), ('1e-5', '1e-6'), ('5%', '500'), ('10^{10}', '10^{11}'), ('12', '21'), ('1,2', '2,3'),
    (r"\{1,2\}", r"\{1,3\}"), ('cat', 'act'), ('listen', 'silent'), ('north', 'thorn'), ('yes', 'sey'),
    ('odd', 'dod'), (r"\text{odd}", r"\text{even}"), ('A', 'B'), ('x=1', 'x=2'), ('x=1', 'y=1'), (r"\pi", '3.14'),
    ('e', '2.718'), ('1/3', '0.3333'), ('2/3', '0.67'), ('x^2', 'x^3'), ('x^2', '2x'), (r"\sin x", r"\sin 2x"),
    (r"\sin^2 x", r"\sin x^2"), (r"\log x", r"\ln x"), ('3+4i', '3-4i'), ('i', '1'), ('i', '-i'), ('e', '1'),
    ('3e', '3'), ('3m', '3'), ('3n', '3'), ('3k', '3'), (r"3\text{m}", '3n'), ('(1,2,3)', '(1,2)'),
    ('(1,2)', '(1,2,3)'), (r"\begin{pmatrix}1\\2\end{pmatrix}", r"\begin{pmatrix}1\\3\end{pmatrix}"),
    (r"\begin{pmatrix}1&2\\3&4\end{pmatrix}", r"\begin{pmatrix}1&3\\2&4\end{pmatrix}"), ('x>1', r"x\ge 1"),
    ('x>1', 'x<1'), (r"(1,\infty)", r"[1,\infty)"), (r"(-\infty,1)\cup(2,\infty)", r"(-\infty,1)\cup(3,\infty)"),
    ('101_2', '101_8'), ('10:30', '10:20'), ('3:2', '2:3'), ('3:2', '3:4'), ('n!', '(n+1)!'), ('2^n', '2^{n+1}'),
    ('a_1', 'a_2'), ('x_1', 'x'), ("x'", 'x'), (r"1+2+\ldots+n", r"1+2+\ldots+m"), ('1,2,3,...', '1,2,4,...'),
    (r"0.\overline{3}", '0.3'), (r"0.\overline{12}", r"0.\overline{21}"), (r"0.\overline{12}", '0.12'),
    (r"\frac{1}{10^{30}}", r"\frac{1}{10^{31}}"), ('0', '10^{-100}'), ('10^{-17}', r"2 \cdot 10^{-17}"),
    ('2^{-60}', '2^{-61}'), (r"\frac{1}{7^{30}}", r"\frac{1}{7^{31}}"), ('(1/2)^{60}', '(1/2)^{61}'),
    ('1234567890123456789', '1234567890123456788'), ('0.1234567890123', '0.1234567890124'),
    (r"\overline{AB}", r"\overline{AC}"), (r"\angle A", r"\angle B"), (r"\triangle ABC", r"\triangle ABD"),
    ('5 apples', '6 apples'), ('5 cm', '6 cm'), ('2 hours 30 minutes', '2 hours'), ('2 hours 30 minutes', '30'),
    (r"2\text{ h }30\text{ min}", '2'), (r"\text{no solution}", '0'), (r"\text{none}", '0'), (r"\infty", '0'),
    (r"\text{undefined}", '0'), ('x+1', '1'), ('1.5', '15'), ('1.5', '1,5'), ('1/2', '12'), ('2 1/2', '21/2'),
    ('-1/2', '1/2'), ('(-1)/2', '1/2'), ('2^3', '23'), ('2^3', '6'), ('3!', '3'), (r"\sqrt{-1}", '1'),
    (r"\sqrt{4}", '-2'), ('|x|', 'x'), (r"\lfloor 2.5\rfloor", '2.5'), (r"\lceil 2.5\rceil", '2'),
    ('two', 'three'), ('one', '1'), ('p', 'q'), ('pq', 'p+q'), ('Tuesday', 'Thursday'), ('5 or 6', '5'),
    (r"(2,3) \text{ and } (4,5)", '(2,3)'), (r"\text{June 20}", r"\text{June 21}"),
    (r"\text{June } 20", r"\text{July } 20"), (r"\text{June 20}", '20'),
    (r"10:30 \text{ a.m.}", r"10:30 \text{ p.m.}"), ('10:30 AM', '10:30 PM'), ('2:05', '2:50'),
    ('x<2', r"x\leq2"), (r"x<2 \text{ or } x>3", r"x<2 \text{ or } x>4"),
    (r"x>2 \text{ and } x<3", r"x>2 \text{ or } x<3"), (r"0.1\overline{6}", r"0.\overline{16}"),
    (r"0.\overline{9}", '0.9'), (r"101_{\text{two}}", r"101_{\text{three}}"), ('f^{-1}(x)=2x', 'f(x)=3x'),
    ('x_1=1,x_2=2', 'x_1=1,x_2=3'), ('1/2x', '1/3x'), ('2^{n+1}', '2^n+1'), ('x^(1/2)', 'x^1/2'), ('|x|', '-x'),
    (r"\sin^{-1} x", r"\frac{1}{\sin x}"), ('[0,5[', '[0,5]'), (']0,5[', '[0,5]'), (r"12\text{ m}", '13'),
    ('a_{n}', 'a_{n+1}'), ("f'(x)", 'f(x)'), ("y'", 'y'), ("x''", "x'"), (r"\vec{a}", r"\vec{b}"),
    ('3 - 4', '3,-4'), ('3-4', '7'), (r"\pm 3", '3'), (r"\mp 3", '-3'), (r"5\text{ mod }7", r"5\text{ mod }8"),
    ('(1,2),(3,4)', '(1,3),(2,4)'), (r"\{(1,2)\}", r"\{(2,1)\}"), ('AB', 'BC'),
    (r"\text{6 and 7}", r"\text{6 and 8}"), ('twelve', 'twenty'), ('1:2', '2:1'), ('1:2', '12'), ('7/8', '78'),
    ('3^5', '35'), ('3_5', '35'), ('1.2.3', '1.23'), ('12 3', '123'), ('5k+2', '5k+3'), ('nine', 'none'),
]  # fmt: skip
# Answers to one question, of which some are the same as several that are not the same as each other.
CHAINS = [
    ['3', 'x=3', 'y=3', 'z=3', '3.0'],
    ['1,2', '(1,2)', '[1,2]', '(1,2]', r"\{1,2\}", '2,1'],
    ['1/3', '0.333333333333', '0.33333333333333333', '0.3333333333334', '0.333333333333333'],
    ['x+1', 'y=x+1', 'x-y+1=0', 'f(x)=x+1', 'y-x=1'],
    ['5', '5_6', '5_7', '5.0', 'x=5'],
    ['i', '2i', 'i2', r"\mathrm{i}"],
    ['odd', 'Odd', r"\text{odd}", 'dod', 'd+o+d'],
    [r"\sqrt2", '1.41421356237', '1.414213562373', '1.4142135623731', '1.41421356237309505', '1.414213562372'],
    ['x>2', r"(2,\infty)", '2<x', r"x\in(2,\infty)", 'y>2'],
    ['x=1,y=2', '(1,2)', '1,2', 'y=2,x=1', '(x,y)=(1,2)'],
    [r"\int_0^1 x dx", r"\frac12", '0.5', r"\sum_{k=1}^{3} k", '6'],
    [r"\overline{AB}", 'AB', 'BA', r"\overline{BA}"],
    ['9^{9^{9^9}}', 'x^{9^9}', '9'],
    ['y=2x', '2x', '2x-y=0', 'y-2x=0', 'x=y/2', r"\frac{y}{2}"],
    ['0.123456789012', '0.1234567890123', '0.1234567890119', '0.12345678901', '0.12345678901234'],
    ['50%', '50', '0.5', r"\frac12", r"50\text{ percent}"],
    ['10', '10_2', '10_{3}', '(10)_2', '2'],
    [r"\log 2", r"\ln 2", r"\log_{10} 2", r"\log_2 2", '1'],
    [r"\lfloor x \rfloor", 'x', r"\lceil x\rceil", '[x]'],
    ['3:2', '1.5', '3/2', r"\frac{3}{2}"],
    ['a=1', 'b=1', '1', r"\alpha = 1", 'a = 1.0', 'b=1 '],
    ['2:30', '2.5', '2 1/2', r"2:30 \text{ pm}"],
    ['10:30', '10:30 AM', '10:30 PM', r"10:30 \text{ a.m.}"],
    ['x_1=1,x_2=2', '1,2', 'x_1=2,x_2=1', 'a_1=1,a_2=2'],
    [r"0.\overline{3}", '1/3', '0.333333333333', '0.3333333333333333'],
    ["x'", 'x', "x''", "y'"],
    [r"101_{\text{two}}", '101_2', '101', r"101_{\text{base }3}"],
    [r"\text{June } 20", 'June 20', '20', r"\text{June}"],
    [r"x<2 \text{ or } x>3", r"(-\infty,2)\cup(3,\infty)", 'x<2,x>3', 'x<2'],
]  # fmt: skip


@pytest.mark.parametrize(("answer", "reference"), SAME)
def test_the_same_value(answer, reference):
    assert same_value(reference, answer)
    assert len(partition([answer, reference])) == 1


@pytest.mark.parametrize(("a", "b"), DIFFERENT)
def test_different_values(a, b):
    assert not same_value(a, b) and not same_value(b, a)
    assert len(partition([a, b])) == 2


@pytest.mark.parametrize("answers", CHAINS)
def test_classes_do_not_depend_on_the_order_of_the_answers(answers):
    expected, rng = partition(answers), Random(0)
    assert all(partition(rng.sample(answers, len(answers))) == expected for _ in range(12))
    for members in expected.values():
        assert all(len(partition(pair)) == 1 for pair in combinations(sorted(members), 2))


def test_classes_of_mixtures_do_not_depend_on_their_order():
    rng = Random(1)
    forms = [answer for pair in SAME + DIFFERENT for answer in pair]
    for _ in range(60):
        answers, reference = rng.sample(forms, 8), rng.choice(forms)
        assert partition(answers, reference) == partition(rng.sample(answers, len(answers)), reference)
