"""How figures look: one palette that holds in gray and for color-blind readers, sizes, and the few helpers they share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from io import BytesIO
from textwrap import wrap
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import Colormap, ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from numpy.typing import NDArray

from evalkit.report.fonts import families

# Okabe & Ito (2008) and four darker colors, in the order that holds best in gray: each is at least 10 steps of lightness
# (CIE L*) from the next, the first four from each other too, and the first six stay apart for color-blind readers.
PALETTE = ("#0072B2", "#E69F00", "#4B3F72", "#009E73", "#8C510A", "#CC79A7", "#003F5C", "#7A7A7A", "#56B4E9", "#D55E00")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "h")
DASHES = ("-", "--", "-.", ":")
SEQUENTIAL = "YlGnBu"
HATCH = "////"  # of what has no value


@contextmanager
def style() -> Iterator[None]:
    """The settings under which every figure is made and written."""
    with mpl.rc_context(
        {
            "font.family": families(),
            "font.size": 9,
            "axes.titlesize": 10,
            "axes.labelsize": 9,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.grid": True,
            "axes.axisbelow": True,
            "axes.unicode_minus": True,  # DejaVu Sans comes first and has it
            "grid.color": "0.88",
            "grid.linewidth": 0.6,
            "legend.frameon": False,
            "legend.fontsize": 8,
            "mathtext.fontset": "stix",
            "svg.fonttype": "path",
            "svg.hashsalt": "evalkit",
            "figure.constrained_layout.use": True,
        }
    ):
        yield


class Picture(Figure):
    """A figure outside matplotlib's global state, which shows itself in a notebook."""

    def _repr_png_(self) -> bytes:
        out = BytesIO()
        with style():
            self.savefig(out, format="png", dpi=110)
        return out.getvalue()


def new_figure(width: float, height: float) -> tuple[Figure, Axes]:
    """A figure of one plot, in inches, outside matplotlib's global state."""
    with style():
        canvas = Picture(figsize=(width, height), layout="constrained")
        FigureCanvasAgg(canvas)
        return canvas, canvas.subplots()


FEW = 24  # rows under one another in one plot


def new_rows(count: int, *, base: float = 1.6, row: float = 0.17) -> tuple[Figure, list[tuple[Axes, slice]]]:
    """A figure of so many rows, its height `base` inches and `row` for each; every plot comes with the rows it shows.

    Many rows stand in two plots side by side, so that a page holds the figure and some text too.
    """
    high = count if count <= FEW else -(-count // 2)
    with style():
        canvas = Picture(figsize=(7.2, base + row * high), layout="constrained")
        FigureCanvasAgg(canvas)
        plots = canvas.subplots(1, 1 if high == count else 2, sharex=True, squeeze=False)[0]
    for axes in plots:
        axes.set_ylim(high - 0.4, -0.6)
        axes.grid(visible=False, axis="y")
    return canvas, [(axes, slice(at * high, min((at + 1) * high, count))) for at, axes in enumerate(plots)]


def line(at: int) -> dict[str, Any]:
    """The look of the at-th line: color, dash and marker each tell it apart."""
    return {
        "color": PALETTE[at % len(PALETTE)],
        "ls": DASHES[at % len(DASHES)],
        "marker": MARKERS[at % len(MARKERS)],
        "ms": 4,
        "lw": 1.7,
    }


def dots(at: int) -> dict[str, Any]:
    """The look of the at-th cloud of points."""
    return {
        "color": PALETTE[at % len(PALETTE)],
        "marker": MARKERS[at % len(MARKERS)],
        "s": 22,
        "alpha": 0.75,
        "linewidths": 0.3,
        "edgecolors": "white",
    }


def grades(count: int) -> ListedColormap:
    """Colors of `count` grades, from worst (pale yellow) to best (dark blue), each darker than the one before, in equal steps."""
    shades = mpl.colormaps[SEQUENTIAL](np.linspace(0, 1, 1001))
    light = _lightness(shades)
    want = np.linspace(94, 18, count) if count > 1 else np.array([56.0])
    return ListedColormap(shades[np.abs(light[None, :] - want[:, None]).argmin(axis=1)])


def sequential() -> Colormap:
    """Colors of figures from small (pale) to great (dark)."""
    return mpl.colormaps[SEQUENTIAL]


def _lightness(colors: NDArray[np.float64]) -> NDArray[np.float64]:
    """The lightness (CIE L*) of colors: 0 is black, 100 is white."""
    part = colors[:, :3]
    linear = np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)
    shine: NDArray[np.float64] = linear @ [0.2126729, 0.7151522, 0.0721750]
    return np.asarray(np.where(shine > 0.008856, 116 * np.cbrt(shine) - 16, 903.3 * shine))


def on(color: Any, cmap: str | Colormap = SEQUENTIAL) -> str:
    """Black or white, whichever reads better on a color of the map (a number in [0, 1])."""
    light = _lightness(np.array([mpl.colormaps.get_cmap(cmap)(float(color))]))[0]
    return "black" if light > 49.5 else "white"  # where both have the same contrast


def years(axes: Axes, periods: Iterable[int], *, tiles: bool = False, share: float = 1) -> None:
    """Whole years on the axis below, as many as fit; `tiles` where columns of an image stand for them.

    `share` is the part of the figure's width that the plot has.
    """
    every = [int(p) for p in periods]
    step = max(1, -(-len(every) // max(1, int((9 if tiles else 14) * share))))
    places = range(len(every)) if tiles else every
    axes.set_xticks(list(places)[::step], [str(p) for p in every][::step])


def wrapped(label: str, room: int = 30) -> str:
    """A label broken into lines of at most `room` letters, a Chinese character counting as two."""
    if any(ord(letter) > 0x2E7F for letter in label):
        lines, width = [""], -(-_breadth(label) // -(-_breadth(label) // room))
        for piece in re.findall(r"[0-9A-Za-z.,%=+-]+|.", label):  # numbers and Latin words stay whole
            if lines[-1] and _breadth(lines[-1] + piece) > width + 1 and piece not in "，。、）”％":
                lines.append("")
            lines[-1] += piece
        return "\n".join(lines)
    return "\n".join(wrap(label, room)) or label


def _breadth(text: str) -> int:
    return sum(2 if ord(letter) > 0x2E7F else 1 for letter in text)


def legend_below(*plots: Axes) -> None:
    """The legend under the plots, where it hides nothing; what several plots show is named once."""
    named = {label: handle for axes in plots for handle, label in zip(*axes.get_legend_handles_labels(), strict=True)}
    handles, labels = list(named.values()), list(named)
    plots[0].figure.legend(handles, labels, loc="outside lower center", ncols=_columns(labels))


def keys_below(axes: Axes, keys: Sequence[tuple[Any, str]], hatched: str = "") -> None:
    """Colored keys under the plot, and what a hatch stands for, if anything is hatched."""
    patches = [Patch(facecolor=color, edgecolor="0.4", linewidth=0.4, label=label) for color, label in keys]
    if hatched:
        patches.append(Patch(facecolor="white", edgecolor="0.6", linewidth=0.4, hatch=HATCH, label=hatched))
    labels = [str(patch.get_label()) for patch in patches]
    axes.figure.legend(handles=patches, loc="outside lower center", ncols=_columns(labels), fontsize=7.5)


def _columns(labels: Sequence[str], room: int = 100) -> int:
    """How many columns of a legend fit into a line of `room` letters, a Chinese character counting as two."""
    longest = max(map(_breadth, labels), default=1)
    return max(1, min(4, room // (longest + 8)))
