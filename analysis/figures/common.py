"""What all figures share: one style, panels in rows, one legend, and files that depend on the numbers alone."""

from collections.abc import Callable
from pathlib import Path

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator
from PIL import Image

from slmmux.files import whole_file

STYLE = Path(__file__).parent / "style.mplstyle"
COLOURS = 96
# Fills that stay apart when printed grey: from light to dark, with hatches between neighbours.
SHADES = ("#F0E442", "#56B4E9", "#0072B2", "#999999", "#222222")
HATCHES = ("", "//", "", "..", "")


def save_figures(drawn: dict[str, Callable[[], Figure]], folder: Path) -> list[Path]:
    """Draw each figure in the common style and write it as NAME.png. Returns the files."""
    written = []
    with matplotlib.style.context(STYLE):
        for name, draw in drawn.items():
            figure = draw()
            # No version, so that the same numbers give the same file.
            path = folder / f"{name}.png"
            with whole_file(path) as temporary:
                figure.savefig(temporary, format="png", metadata={"Software": None})
                _with_few_colours(temporary)
            written.append(path)
    return written


def _with_few_colours(path: Path) -> None:
    """The same picture with a palette, a third of the size: results and notebooks in git hold many of them."""
    with Image.open(path) as picture:
        picture.convert("RGB").quantize(COLOURS, dither=Image.Dither.NONE).save(path, format="png", optimize=True)


def across(count: int) -> int:
    """How many of `count` panels stand in a row: three where that leaves no gap, else two."""
    return 3 if count % 3 == 0 else min(count, 2)


def panels(count: int, width: float = 3.1, height: float = 2.8, **shared) -> tuple[Figure, list[Axes]]:
    """A figure of `count` panels of that size in inches, `across(count)` in a row. `shared`: sharex, sharey."""
    columns = across(count)
    rows = -(-count // columns)
    figure = Figure(figsize=(width * columns + 0.6, height * rows + 0.5))
    axes = figure.subplots(rows, columns, squeeze=False, **shared).ravel()
    for unused in axes[count:]:
        unused.remove()
    return figure, list(axes[:count])


def legend_above(figure: Figure, columns: int | None = None) -> None:
    """One legend for all panels, above them, with each label once; none where nothing is labelled."""
    entries: dict = {}
    for ax in figure.axes:
        for handle, label in zip(*ax.get_legend_handles_labels()):
            entries.setdefault(label, handle)
    if entries:
        figure.legend(entries.values(), entries.keys(), loc="outside upper center", ncols=columns or len(entries))


def reach(estimate, low, high) -> np.ndarray:
    """(2, n) lengths of error bars from interval limits; an end that rounding puts inside has length 0."""
    estimate, low, high = (np.asarray(values, dtype=float) for values in (estimate, low, high))
    return np.nan_to_num(np.clip([estimate - low, high - estimate], 0, None))


def beside(x, series: int, of: int, step: float) -> np.ndarray:
    """x of one of several series that stand side by side around each x, so that no bar covers another."""
    return np.asarray(x, dtype=float) + (series - (of - 1) / 2) * step


def by_benchmark(
    tables: dict[str, dict],
    panel: Callable[[Axes, dict], None],
    columns: int | None = None,
    title: Callable[[str, dict], str] = lambda benchmark, found: benchmark,
) -> Figure:
    """A panel a benchmark, drawn by `panel(axes, its tables)`, and one legend of `columns` above them."""
    figure, axes = panels(len(tables))
    for ax, (benchmark, found) in zip(axes, tables.items()):
        panel(ax, found)
        text = title(benchmark, found)
        # Names of models are long: smaller, so that they end before the next panel.
        ax.set_title(text, fontsize="small" if "\n" in text else None)
    legend_above(figure, columns)
    return figure


def whole_numbers(ax: Axes, **settings) -> None:
    """Set the axes' properties, with ticks at whole numbers of x alone."""
    ax.set(**settings)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True))
