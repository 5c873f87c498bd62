"""A tile grid where there are no boundaries: one square a place, group by group, in the order of the codes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from evalkit.panel.boundaries import Boundaries, tiles

GAP, HEAD = 0.7, 0.9  # between blocks, and above each for its name, in tiles
SHAPE = 1.6  # width to height, of a block and of the whole
NARROWEST = 3  # columns that a block takes, so that its name has room


def tile_grid(groups: pd.Series) -> Boundaries:
    """One square a place, in blocks by group; positions show no geography.

    Parameters
    ----------
    groups
        The group of each unit, such as `panel.groups["province"]`; units without one stand in a block of their own.

    Examples
    --------
    >>> ground = tile_grid(pd.Series({"0101": "甲省", "0102": "甲省", "0201": "乙省"}))
    >>> ground.kind, ground.units, sorted(ground.blocks)
    ('grid', ('0101', '0102', '0201'), ['乙省', '甲省'])
    """
    members: dict[str, list[str]] = {}
    for unit, group in sorted((str(unit), "" if pd.isna(group) else str(group)) for unit, group in groups.items()):
        members.setdefault(group, []).append(unit)
    widths = [max(NARROWEST, int(np.ceil(np.sqrt(len(inside) * SHAPE)))) for inside in members.values()]
    heights = [-(-len(inside) // width) for inside, width in zip(members.values(), widths, strict=True)]
    cells, blocks = dict[str, tuple[float, float]](), dict[str, tuple[float, float]]()
    for (group, inside), width, (left, top) in zip(members.items(), widths, _best(widths, heights), strict=True):
        blocks[group] = (left, 0.15 - top)
        cells |= {unit: (top + 1 + at // width, left + at % width) for at, unit in enumerate(inside)}
    return tiles(cells, kind="grid", blocks=blocks)


def _best(widths: Sequence[int], heights: Sequence[int]) -> list[tuple[float, float]]:
    """Left and top of each block, on shelves of the width that comes nearest to the shape of a page's figure."""
    every = sorted({float(room) for room in np.cumsum([width + GAP for width in widths])} | {float(max(widths)) + GAP})
    laid = [_shelved(widths, heights, room) for room in every if room >= max(widths)]
    return min(laid, key=lambda one: abs(np.log(one[1] / SHAPE)))[0]


def _shelved(widths: Sequence[int], heights: Sequence[int], room: float) -> tuple[list[tuple[float, float]], float]:
    """Blocks side by side until the shelf is full, then on the next; and width to height of the whole."""
    places, left, top, tall, wide = list[tuple[float, float]](), 0.0, 0.0, 0, 0.0
    for width, height in zip(widths, heights, strict=True):
        if left and left + width > room:
            left, top, tall = 0.0, top + tall + GAP + HEAD, 0
        places.append((left, top))
        left, tall = left + width + GAP, max(tall, height)
        wide = max(wide, left - GAP)
    return places, wide / (top + tall + HEAD)
