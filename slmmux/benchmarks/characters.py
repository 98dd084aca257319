r"""Characters that models write in place of ASCII and LaTeX: fullwidth digits, −, √, ½, x², π, no-break spaces."""

import re
import unicodedata

_COMMANDS = {
    "∞": "infty", "≤": "le", "≥": "ge", "≠": "ne", "×": "times", "·": "cdot", "⋅": "cdot", "∙": "cdot",
    "•": "cdot", "⩽": "le", "⩾": "ge",
    "÷": "div", "±": "pm", "∓": "mp", "∪": "cup", "∩": "cap", "∈": "in", "∅": "emptyset", "…": "ldots",
    "⋯": "cdots", "⟨": "langle", "⟩": "rangle", "〈": "langle", "〉": "rangle", "≈": "approx", "→": "to",
    "➜": "to", "➔": "to", "➡": "to", "⇒": "Rightarrow", "⟹": "Rightarrow",
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ζ": "zeta", "η": "eta",
    "θ": "theta", "κ": "kappa", "λ": "lambda", "μ": "mu", "ν": "nu", "ξ": "xi", "π": "pi", "ρ": "rho",
    "σ": "sigma", "τ": "tau", "φ": "phi", "ϕ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma",
    "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda", "Π": "Pi", "Σ": "Sigma", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega",
    "ℝ": "mathbb{R}", "ℤ": "mathbb{Z}", "ℕ": "mathbb{N}", "ℚ": "mathbb{Q}", "ℂ": "mathbb{C}",
}  # fmt: skip
_PLAIN = {
    "−": "-", "–": "-", "—": "-", "‐": "-", "‑": "-", "‒": "-", "﹣": "-", "∕": "/", "⁄": "/", "∗": "*",
    "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\u2007": " ", "\u2002": " ", "\u2003": " ", "\u200b": "",
    "\u2060": "", "\ufeff": "", "“": '"', "”": '"', "„": '"', "‘": "'", "’": "'", "′": "'", "、": ",", "。": ".",
    "【": "[", "】": "]", "「": "[", "」": "]", "°": r"^\circ ", "￥": "¥", "٫": ".", "\u3000": " ",
    "«": '"', "»": '"', "∴": "therefore ", "✅": "", "☑": "", "✔": "", "✓": "", "👉": "", "\ufe0f": "",
}  # fmt: skip
# Fullwidth forms of the printable ASCII characters.
_FULLWIDTH = {chr(code + 0xFEE0): chr(code) for code in range(0x21, 0x7F)}
_TABLE = str.maketrans(_FULLWIDTH | {c: rf"\{name} " for c, name in _COMMANDS.items()} | _PLAIN)

_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱ", "0123456789+-()ni")
_SUBSCRIPT = str.maketrans("₀₁₂₃₄₅₆₇₈₉₊₋ₙₖ", "0123456789+-nk")
_RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱ]+")
_LOWERED = re.compile("[₀₁₂₃₄₅₆₇₈₉₊₋ₙₖ]+")
_PART = re.compile("[¼½¾⅐⅑⅒⅓⅔⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞]")
_ROOT = re.compile(r"([√∛∜])\s?(?:(\d+(?:\.\d+)?|\\?[A-Za-z]+)|(?=([{(])))?")


def plain_characters(text: str) -> str:
    r"""`text` with ASCII or LaTeX in place of the characters above; a text in ASCII stays as it is.

    >>> plain_characters("−2½ ≤ 3√13·x²")
    '-2\\frac{1}{2} \\le 3\\sqrt{13}\\cdot x^{2}'
    """
    if text.isascii():
        return text
    text = _RAISED.sub(lambda m: "^{" + m.group().translate(_SUPERSCRIPT) + "}", text)
    text = _LOWERED.sub(lambda m: "_{" + m.group().translate(_SUBSCRIPT) + "}", text)
    text = _PART.sub(_fraction, text)
    return _ROOT.sub(_root, text.translate(_TABLE))


def _fraction(match: re.Match) -> str:
    above, below = unicodedata.normalize("NFKC", match.group()).split("⁄")
    return rf"\frac{{{above}}}{{{below}}}"


def _root(match: re.Match) -> str:
    sign, radicand, bracket = match.groups()
    index = {"√": "", "∛": "[3]", "∜": "[4]"}[sign]
    return rf"\sqrt{index}{{{radicand}}}" if radicand else rf"\sqrt{index}" + ("" if bracket else " ")
