"""Figures as images inside a notebook, the same whatever backend matplotlib has there."""

import io
from collections.abc import Callable
from typing import Any

from IPython.display import Image
from matplotlib.axes import Axes
from matplotlib.figure import Figure

DOTS_PER_INCH = 110


def image(figure: Figure) -> Image:
    """A figure as an image. Without matplotlib's version, so that the same numbers give the same image."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    return Image(buffer.getvalue())


def picture(draw: Callable[[Axes], Any], height: float = 2.6, width: float = 7.2) -> Image:
    """What `draw(axes)` draws, as an image of that size in inches."""
    figure = Figure(figsize=(width, height))
    draw(figure.subplots())
    return image(figure)
