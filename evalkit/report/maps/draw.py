"""Maps as drawn: each place an area of its own color, what has no value hatched, what belongs to no place outlined."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.collections import PathCollection
from matplotlib.colors import Normalize
from matplotlib.figure import Figure as Canvas
from matplotlib.path import Path
from numpy.typing import NDArray

from evalkit.panel.boundaries import Boundaries, Ring
from evalkit.report import theme

WIDE, LEAST, MOST, ASIDE = 7.2, 1.8, 6.4, 0.9  # inches: a figure, the lowest and highest map, a scale beside it
STEPS = 1200  # across a map: borders are drawn no finer, and neighbors keep the border they share
MARGIN = 0.02
BORDER = {"edgecolors": "0.65", "linewidths": 0.4}  # seen on the darkest color and on the palest
Box = NDArray[np.float64]  # ((left, bottom), (right, top))


class Areas(PathCollection):
    """The areas of places; `said` is the name and the value of each, in their order."""

    def __init__(self, paths: Sequence[Path], said: Sequence[tuple[str, str | float | None]], **look: Any) -> None:
        super().__init__(paths, **look)
        self.said = tuple(said)


def sheet(ground: Boundaries, units: Sequence[str], panels: int, *, keys: float) -> tuple[Canvas, list[Axes], Box]:
    """A figure of so many maps side by side, and the box around the places; `keys` inches below for keys, or 0 for a scale beside."""
    box = _around([ring for unit in units for ring in ground.rings.get(unit, ())])
    if ground.blocks:
        box[1, 1] += 0.8  # names of blocks stand above the first tiles
    wide, high = box[1] - box[0]
    stretch = _stretch(ground, box)
    tall = float(np.clip((WIDE - (0 if keys else ASIDE)) / panels * stretch * high / wide, LEAST, MOST))
    with theme.style():
        canvas = theme.Picture(figsize=(WIDE, tall + 0.25 + keys), layout="constrained")
        FigureCanvasAgg(canvas)
        every = list(canvas.subplots(1, panels, squeeze=False)[0])
    for axes in every:
        axes.set(xlim=box[:, 0], ylim=box[:, 1])
        axes.set_aspect(stretch)
        axes.axis("off")
    return canvas, every, box


def areas(
    axes: Axes, ground: Boundaries, box: Box, colors: Mapping[str, Any], said: Mapping[str, tuple[str, str | float | None]]
) -> None:
    """Every place that is said, in its color, or hatched where it has none; outlines of what belongs to no place said."""
    drawn = {unit: _path(ground.rings[unit], box) for unit in said if unit in ground.rings}
    other = [rings for unit, rings in ground.rings.items() if unit not in said and _meets(rings, box)]
    if other:
        axes.add_collection(
            Areas([_path(rings, box) for rings in other], (), facecolors="none", edgecolors="0.6", linewidths=0.4)
        )
    full, bare = ([unit for unit in drawn if (unit in colors) is wanted] for wanted in (True, False))
    if bare:
        look = BORDER | {"facecolors": "white", "edgecolors": "0.6", "hatch": theme.HATCH}
        axes.add_collection(Areas([drawn[unit] for unit in bare], [said[unit] for unit in bare], **look))
    if full:
        look = BORDER | {"facecolors": [colors[unit] for unit in full]}
        axes.add_collection(Areas([drawn[unit] for unit in full], [said[unit] for unit in full], **look))


def blocks(axes: Axes, ground: Boundaries, names: Mapping[str, str]) -> None:
    """The names of the groups above their tiles."""
    for group, (x, y) in (ground.blocks or {}).items():
        axes.text(x, y, names.get(group, ""), fontsize=8, fontweight="bold", ha="left", va="bottom")


def labels(axes: Axes, ground: Boundaries, names: Mapping[str, str], inks: Mapping[str, str]) -> None:
    """The name of each place in its tile, without what all names begin with, if all of them fit."""
    if not ground.tiled:
        return
    told = {unit: theme.wrapped(name, 6) for unit, name in _short(names).items() if unit in ground.rings}
    across = axes.get_xlim()
    side = 72 * WIDE / (across[1] - across[0])  # points
    letters = max(
        (len(line) * (2 if not line.isascii() else 1.15) for name in told.values() for line in name.split("\n")), default=0
    )
    lines = max((name.count("\n") + 1 for name in told.values()), default=0)
    size = min(7.0, 0.9 * side / max(0.5 * letters, 1.25 * lines, 1))
    if size >= 4:
        for unit, name in told.items():
            x, y = ground.rings[unit][0][:4].mean(axis=0)
            axes.text(x, y, name, fontsize=size, ha="center", va="center", color=inks.get(unit, "0.2"), linespacing=1)


def falls(axes: Axes, ground: Boundaries, inks: Mapping[str, str]) -> None:
    """A small triangle that points down in each place of `inks`, in its ink."""
    for unit, ink in inks.items():
        if unit in ground.rings:
            right, top = ground.rings[unit][0].max(axis=0)
            x, y = (right - 0.17, top - 0.17) if ground.tiled else inside(ground.rings[unit])
            axes.text(x, y, "▼", fontsize=5 if ground.tiled else 6, ha="center", va="center", color=ink, clip_on=True)


def scale(axes: Sequence[Axes], norm: Normalize, label: str) -> None:
    """The scale of colors beside the maps."""
    bar = ScalarMappable(norm, theme.SEQUENTIAL)
    axes[0].figure.colorbar(bar, ax=list(axes), label=label, shrink=0.9, fraction=0.05, pad=0.02)


def inside(rings: Sequence[Ring]) -> tuple[float, float]:
    """A point within an area: the middle of its longest stretch along the line through the center of its largest ring.

    Examples
    --------
    >>> inside([np.array([[0, 0], [4, 0], [4, 2], [0, 2], [0, 0]], dtype=float)])
    (2.0, 1.0)
    """
    large = max(rings, key=lambda ring: float(np.ptp(ring, axis=0).prod()))
    y = float((large[:, 1].min() + large[:, 1].max()) / 2)
    found: list[float] = []
    for ring in rings:
        (x0, y0), (x1, y1) = ring[:-1].T, ring[1:].T
        cross = (y0 <= y) != (y1 <= y)
        found += (x0[cross] + (y - y0[cross]) * (x1[cross] - x0[cross]) / (y1[cross] - y0[cross])).tolist()
    ends = sorted(found)
    pairs = list(zip(ends[::2], ends[1::2], strict=False))
    if not pairs:
        return float(large[:, 0].mean()), y
    left, right = max(pairs, key=lambda pair: pair[1] - pair[0])
    return (left + right) / 2, y


def _around(rings: Sequence[Ring]) -> Box:
    """The box around rings, with a margin."""
    low = np.min([ring.min(axis=0) for ring in rings], axis=0)
    high = np.max([ring.max(axis=0) for ring in rings], axis=0)
    margin = MARGIN * max(high - low)
    return np.array([low - margin, high + margin])


def _meets(rings: Sequence[Ring], box: Box) -> bool:
    low, high = _around(rings)
    return bool((low <= box[1]).all() and (high >= box[0]).all())


def _path(rings: Sequence[Ring], box: Box) -> Path:
    """Rings as one path, their points on a grid so fine that it cannot be seen; points that fall together are drawn once."""
    step = float((box[1] - box[0]).max()) / STEPS
    parts = []
    for ring in rings:
        snapped = np.round((ring - box[0]) / step)
        kept = snapped[np.append(True, (np.diff(snapped, axis=0) != 0).any(axis=1))]
        if len(kept) > 3:  # three corners and the first again
            parts.append(Path(kept * step + box[0], closed=True))
    return Path.make_compound_path(*parts) if parts else Path(rings[0], closed=True)


def _stretch(ground: Boundaries, box: Box) -> float:
    """How much taller a unit of y is drawn than one of x: degrees of latitude, at the mean latitude."""
    if ground.kind != "degrees":
        return 1.0
    return float(1 / np.cos(np.radians(np.clip(box[:, 1].mean(), -80, 80))))


def _short(names: Mapping[str, str]) -> dict[str, str]:
    """Names without what all of them begin with: letters in Chinese, whole words elsewhere."""
    alike = [len(set(letters)) == 1 for letters in zip(*names.values(), strict=False)] if len(names) > 2 else []
    size = alike.index(False) if False in alike else 0
    common = next(iter(names.values()), "")[:size]
    if common.isascii():
        size = common.rfind(" ") + 1
    short = {unit: name[size:] for unit, name in names.items()}
    return short if all(short.values()) else dict(names)
