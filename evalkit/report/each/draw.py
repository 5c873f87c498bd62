"""Pictures of one place, each drawn from the table that is printed under it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure as Canvas
from matplotlib.ticker import MaxNLocator

from evalkit.report import theme

OWN, OTHER, ALL = theme.PALETTE[0], theme.PALETTE[1], theme.PALETTE[7]


class Line(NamedTuple):
    """A panel over the years: its title, the columns of the place and of the others, and of the interval where there is one."""

    title: str
    own: str
    other: str
    band: tuple[str, str] | None = None


def over_years(table: pd.DataFrame, lines: Sequence[Line], labels: tuple[str, str, str]) -> Canvas:
    """Small multiples over the years, the first column of the table; labels of the place, the others and the interval."""
    with theme.style():
        canvas = theme.Picture(figsize=(7.2, 2.7), layout="constrained")
        every = canvas.subplots(1, len(lines), sharey=True, squeeze=False)[0]
    year = table.iloc[:, 0]
    for axes, line in zip(every, lines, strict=True):
        if line.band is not None:
            axes.fill_between(year, table[line.band[0]], table[line.band[1]], color=OWN, alpha=0.25, lw=0, label=labels[2])
        axes.plot(year, table[line.own], label=labels[0], **theme.line(0) | {"ms": 3})
        axes.plot(year, table[line.other], label=labels[1], **theme.line(1) | {"ms": 3})
        axes.set_title(theme.wrapped(line.title, 28), fontsize=8.5)
        axes.set_ylim(0, 1)
        axes.xaxis.set_major_locator(MaxNLocator(integer=True, nbins=3))
        axes.tick_params(labelsize=8)
    handles, named = every[-1].get_legend_handles_labels()
    canvas.legend(handles, named, loc="outside lower center", ncols=3)
    return canvas


def side_by_side(table: pd.DataFrame, columns: tuple[str, str, str], labels: tuple[str, str], parts: str | None = None) -> Canvas:
    """A dot for the place and a square for the others in each row (columns: name, own, other); bars of `parts` beside them."""
    names, own, other = columns
    rows = _wrapped(table[names])
    with theme.style():
        canvas = theme.Picture(figsize=(7.2, 0.9 + _height(rows)), layout="constrained")
        widths = [3, 2] if parts else [1]
        every = canvas.subplots(1, len(widths), sharey=True, squeeze=False, width_ratios=widths)[0]
    at, axes = np.arange(len(table)), every[0]
    axes.hlines(at, table[own], table[other], color="0.7", lw=1.4, zorder=1)
    axes.plot(table[own], at, ls="", marker="o", ms=5.5, color=OWN, label=labels[0], zorder=3)
    axes.plot(table[other], at, ls="", marker="s", ms=5, color=OTHER, label=labels[1], zorder=2)
    axes.set_xlim(-0.02, 1.02)
    if parts:
        every[1].barh(at, table[parts].fillna(0), height=0.6, color=OWN)
        every[1].axvline(0, color="0.3", lw=0.8)
        every[1].set_title(theme.wrapped(parts, 40), fontsize=8.5)
        every[1].grid(visible=False, axis="y")
    _rows(axes, rows)
    theme.legend_below(axes)
    return canvas


def bars(table: pd.DataFrame, columns: tuple[str, str, str], labels: tuple[str, str]) -> Canvas:
    """A bar for the place and a mark for the others in each row (columns: name, own, other)."""
    names, own, other = columns
    rows = _wrapped(table[names])
    canvas, axes = theme.new_figure(7.2, 0.9 + _height(rows))
    at = np.arange(len(table))
    axes.barh(at, table[own], height=0.6, color=OWN, label=labels[0])
    axes.plot(table[other], at, ls="", marker="D", ms=5, color=OTHER, mec="white", mew=0.6, label=labels[1])
    _rows(axes, rows)
    theme.legend_below(axes)
    return canvas


def intervals(table: pd.DataFrame, names: str, columns: tuple[str, str, str], own: str | None) -> Canvas:
    """A dot and its interval in each row (columns: value, lower, upper); the row of the place itself stands out."""
    value, low, high = columns
    canvas, axes = theme.new_figure(7.2, 0.7 + 0.17 * len(table))
    at, mine = np.arange(len(table)), (table[names] == own).to_numpy()
    for rows, color, width in ((~mine, ALL, 2.6), (mine, OWN, 4.2)):
        axes.hlines(at[rows], table[low][rows], table[high][rows], color=color, lw=width, alpha=0.5)
        axes.plot(table[value][rows], at[rows], ls="", marker="o", ms=4 if color == ALL else 5.5, color=color)
    _rows(axes, list(map(str, table[names])))
    for label, bold in zip(axes.get_yticklabels(), mine, strict=True):
        if bold:
            label.set_color(OWN)
    axes.set_xlabel(value)
    return canvas


def _wrapped(names: pd.Series, room: int = 46) -> list[str]:
    """Names broken into lines that leave the plot most of the width."""
    return [theme.wrapped(str(name), room) for name in names]


def _height(rows: Sequence[str]) -> float:
    """The height of rows in inches; none is lower than the tallest needs, for all are equally high."""
    return len(rows) * (0.07 + 0.125 * max((row.count("\n") + 1 for row in rows), default=1))


def _rows(axes: Axes, labels: Sequence[str]) -> None:
    """Names down the side, the first at the top."""
    axes.set_yticks(range(len(labels)), labels, fontsize=7.5)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.grid(visible=False, axis="y")
