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

from evalkit.report.fonts import families

# Okabe & Ito (2008) and four darker colors, in the order that holds best in gray: each is at least 10 steps of lightness
# (CIE L*) from the next, the first four from each other too, and the first six stay apart for color-blind readers.
PALETTE = ("#0072B2", "#E69F00", "#4B3F72", "#009E73", "#8C510A", "#CC79A7", "#003F5C", "#7A7A7A", "#56B4E9", "#D55E00")
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">", "h")
DASHES = ("-", "--", "-.", ":")
SEQUENTIAL = "YlGnBu"


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
    """Colors of `count` grades, from worst (dark brown) to best (dark blue-green), light in the middle."""
    return ListedColormap(mpl.colormaps["BrBG"](np.linspace(0.06, 0.94, count)))


def on(color: Any, cmap: str | Colormap = SEQUENTIAL) -> str:
    """Black or white, whichever reads better on a color of the map (a number in [0, 1])."""
    red, green, blue, _ = mpl.colormaps.get_cmap(cmap)(float(color))
    return "black" if 0.299 * red + 0.587 * green + 0.114 * blue > 0.5 else "white"


def years(axes: Axes, periods: Iterable[int], *, tiles: bool = False) -> None:
    """Whole years on the axis below, as many as fit; `tiles` where columns of an image stand for them."""
    every = [int(p) for p in periods]
    step = max(1, -(-len(every) // (9 if tiles else 14)))
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


def legend_below(axes: Axes) -> None:
    """The legend under the plot, where it hides nothing."""
    handles, labels = axes.get_legend_handles_labels()
    axes.figure.legend(handles, labels, loc="outside lower center", ncols=_columns(labels))


def keys_below(axes: Axes, keys: Sequence[tuple[Any, str]]) -> None:
    """Colored keys under the plot."""
    patches = [Patch(facecolor=color, edgecolor="0.4", linewidth=0.4, label=label) for color, label in keys]
    axes.figure.legend(handles=patches, loc="outside lower center", ncols=_columns([label for _, label in keys]), fontsize=7.5)


def _columns(labels: Sequence[str], room: int = 100) -> int:
    """How many columns of a legend fit into a line of `room` letters, a Chinese character counting as two."""
    longest = max(map(_breadth, labels), default=1)
    return max(1, min(4, room // (longest + 8)))
