"""What a drawn figure says where: its points, bars and cells, with their places, read off the canvas."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.collections import PathCollection
from matplotlib.colorbar import Colorbar
from matplotlib.container import BarContainer
from matplotlib.figure import Figure as Canvas
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Patch, Rectangle
from matplotlib.path import Path
from matplotlib.text import Text as Label
from matplotlib.transforms import Transform
from numpy.typing import NDArray

from evalkit.report.maps.draw import Areas
from evalkit.report.plain import cell, safe_text
from evalkit.terms import Lang, Text

Array = NDArray[np.float64]
RADIUS = 4.5  # points: how near the pointer must come
MOST = 2_000  # marks; a figure of more is no summary, and is kept as dots on paper
LONGEST_UNIT = 14  # letters of a unit in brackets at the end of an axis's name
LONGEST_CURVE = 120  # points of a line without markers that may still be data
PANEL, SERIES, VALUE = Text("分图", "Panel"), Text("系列", "Series"), Text("数值", "Value")
ACROSS, UP, ITEM, YEAR = Text("横轴", "Horizontal"), Text("纵轴", "Vertical"), Text("项目", "Item"), Text("年份", "Year")
_ASIDE = re.compile(r"\s*[（(][^（()）]+[）)]$")


@dataclass(frozen=True, slots=True)
class Mark:
    """One thing drawn: the box it takes (points, from the upper left corner) and what it stands for; of an area also its outline."""

    box: tuple[float, float, float, float]
    series: str
    x: str | float
    y: str | float
    value: str | float | None = None
    panel: str = ""
    heads: tuple[str, str, str] = ("", "", "")
    round: bool = True
    outline: str = ""

    def said(self) -> str:
        """The mark in words, as shown beside the pointer; the word of an axis comes before the number of the other."""
        x, y, value = self.heads
        places = [_named(x, self.x), _named(y, self.y)]
        if _rank(self.y) < _rank(self.x):
            places.reverse()
        parts = [self.panel, self.series, *places, _named(value, self.value)]
        return safe_text(" · ".join(part for part in parts if part))

    def labels(self) -> list[str]:
        """The words it goes by."""
        return [part for part in (self.series, self.x, self.y, self.value) if part and isinstance(part, str)]

    def numbers(self) -> list[float]:
        """The numbers it was drawn from."""
        return [float(n) for n in (self.x, self.y, self.value) if isinstance(n, int | float)]


def marks(canvas: Canvas, lang: Lang) -> tuple[Mark, ...]:
    """The marks of a canvas in the order they were drawn; the fillings, rules and words between them are left out."""
    panels = [axes for axes in canvas.axes if not _is_colorbar(axes)]
    found = (mark for axes in panels for mark in _marks(axes, lang, many=len(panels) > 1))
    return tuple(mark for mark, _ in zip(found, range(MOST + 1), strict=False))


def rows(found: Iterable[Mark], lang: Lang) -> list[list[str]]:
    """Marks as the rows of a table, its header first; columns that say nothing are left out, words stand before numbers."""
    every = list(found)
    if not every:
        return []
    parts = list(zip(*((mark.panel, mark.series, mark.x, mark.y, mark.value) for mark in every), strict=True))
    crossed = all(isinstance(mark.x, str) and isinstance(mark.y, str) for mark in every)
    named: list[set[str]] = [set(), set(), *(set(heads) for heads in zip(*(mark.heads for mark in every), strict=True))]
    columns = []
    for own, head, column in zip(named, (PANEL, SERIES, ACROSS, UP, VALUE), parts, strict=True):
        if any(part not in ("", None) for part in column):
            plain = head if crossed else _unnamed(head, column)
            name = next(iter(own)) if len(own) == 1 and any(own) else plain.say(lang)
            columns.append((head is VALUE, _rank(column[0]), name, [_bare(part) for part in column]))
    columns.sort(key=lambda one: one[:2])
    heads = [name for _, _, name, _ in columns]
    return [[safe_text(part) for part in row] for row in (heads, *zip(*(column for *_, column in columns), strict=True))]


def _unnamed(head: Text, column: Iterable[object]) -> Text:
    """What a column of an axis without a name is called."""
    if head not in (ACROSS, UP):
        return head
    values = list(column)
    if all(isinstance(one, float) and _is_year(one) for one in values):
        return YEAR
    return ITEM if all(isinstance(one, str) for one in values) else head


def _marks(axes: Axes, lang: Lang, *, many: bool) -> Iterator[Mark]:
    """The marks of one plot."""
    title = _one_line(axes.get_title()) if many else ""
    heads, keys = (_head(axes.get_xlabel()), _head(axes.get_ylabel())), _keys(axes)
    across, up = _written(axes.xaxis), _written(axes.yaxis)
    bars = {id(part): container for container in axes.containers if isinstance(container, BarContainer) for part in container}
    for artist in axes.get_children():
        if isinstance(artist, Areas):
            yield from _areas(artist, axes, title)
            continue
        found: Iterable[_Found] = ()
        value = ""
        if isinstance(artist, AxesImage):
            found, value = _cells(artist, keys), "" if keys else _value_name(artist, lang)
        elif isinstance(artist, Rectangle) and id(artist) in bars:
            found = _bar(artist, bars[id(artist)], axes, keys)
        elif isinstance(artist, Line2D | PathCollection) and _is_data(artist, axes):
            found = _points(artist)
        for one in found:
            x, y = _place(across, one.x), _place(up, one.y)
            if x is not None and y is not None:
                is_round = isinstance(one.box, _Point)
                yield Mark(_boxed(one.box, axes), one.series, x, y, one.value, title, (*heads, value), is_round)


@dataclass(frozen=True, slots=True)
class _Point:
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class _Area:
    x0: float
    y0: float
    x1: float
    y1: float


_Box = _Point | _Area


@dataclass(frozen=True, slots=True)
class _Found:
    """A thing drawn, in the units of its plot."""

    box: _Box
    x: float
    y: float
    series: str = ""
    value: str | float | None = None


class _Length(float):
    """A length along an axis, which is no place on it."""


def _keys(axes: Axes) -> dict[tuple[float, ...], str]:
    """The colored keys under a plot: what a color stands for."""
    own = axes.get_legend()
    legends = [*axes.figure.legends, *([own] if own else [])]
    pairs = [(part, text) for legend in legends for part, text in zip(legend.legend_handles, legend.get_texts(), strict=False)]
    return {_color(part.get_facecolor()): _one_line(text.get_text()) for part, text in pairs if isinstance(part, Patch)}


def _color(color: object) -> tuple[float, ...]:
    return tuple(round(float(part), 3) for part in np.asarray(color, dtype=float)[:3])


def _is_data(artist: Line2D | PathCollection, axes: Axes) -> bool:
    """Whether a line or a cloud stands for data: rules across the plot, straight lines and curves of many points do not."""
    if isinstance(artist, PathCollection):
        return bool(artist.get_offset_transform() == axes.transData)
    if artist.get_transform() != axes.transData:
        return False
    if str(artist.get_marker()) not in {"None", "", " "}:
        return True
    return not str(artist.get_label()).startswith("_") and 2 < np.size(artist.get_xdata()) <= LONGEST_CURVE


def _points(artist: Line2D | PathCollection) -> Iterator[_Found]:
    places = artist.get_xydata() if isinstance(artist, Line2D) else artist.get_offsets()
    label = _label(artist.get_label())
    for x, y in np.ma.filled(np.ma.asarray(places, dtype=float), np.nan).tolist():
        if np.isfinite([x, y]).all():
            yield _Found(_Point(x, y), x, y, label)


def _bar(bar: Rectangle, container: BarContainer, axes: Axes, keys: dict[tuple[float, ...], str]) -> Iterator[_Found]:
    """A bar: its place on one axis, its length on the other; where it begins at the edge of a cut axis, its end."""
    lying = container.orientation == "horizontal"
    begin, length = (bar.get_x(), bar.get_width()) if lying else (bar.get_y(), bar.get_height())
    edge = min(axes.get_xlim() if lying else axes.get_ylim())
    said = _Length(begin + length if edge > 0 and begin <= edge else length)
    area = _Area(bar.get_x(), bar.get_y(), bar.get_x() + bar.get_width(), bar.get_y() + bar.get_height())
    x, y = (said, (area.y0 + area.y1) / 2) if lying else ((area.x0 + area.x1) / 2, said)
    if np.isfinite([begin, length, x, y]).all() and length:
        yield _Found(area, x, y, _label(container.get_label()) or keys.get(_color(bar.get_facecolor()), ""))


def _areas(artist: Areas, axes: Axes, title: str) -> Iterator[Mark]:
    """The areas of a map: the name and the value of each place, along its whole outline."""
    to_sheet, (width, height) = _sheet(axes)
    for path, (name, value) in zip(artist.get_paths(), artist.said, strict=False):
        corners = np.asarray(to_sheet.transform(path.vertices)) * (width, -height) + (0, height)
        codes = np.asarray(path.codes, dtype=int).tolist()
        steps = (_step(code, *place) for code, place in zip(codes, corners.tolist(), strict=True))
        (left, top), (right, bottom) = corners.min(axis=0), corners.max(axis=0)
        box = (float(left), float(top), float(right - left), float(bottom - top))
        yield Mark(box, "", name, "", value, title, round=False, outline="".join(steps))


def _step(code: int, x: float, y: float) -> str:
    """A step of a path as SVG writes it."""
    if code == Path.CLOSEPOLY:
        return "z"
    return f"{'M' if code == Path.MOVETO else 'L'}{x:.1f} {y:.1f}"


def _cells(image: AxesImage, keys: dict[tuple[float, ...], str]) -> Iterator[_Found]:
    """The cells of an image whose pixels stand on whole numbers; what a key says of their color, else their number."""
    array = image.get_array()
    if array is None or array.ndim != 2:
        return
    colors = image.to_rgba(array) if keys else None
    values: Array = np.ma.filled(np.ma.asarray(array, dtype=float), np.nan)
    for (row, column), value in np.ndenumerate(values):
        if np.isfinite(value):
            said = keys.get(_color(colors[row, column])) if colors is not None else None
            area = _Area(column - 0.5, row - 0.5, column + 0.5, row + 0.5)
            yield _Found(area, float(column), float(row), value=float(value) if said is None else said)


def _place(written: dict[float, str], value: float) -> str | float | None:
    """What stands at a place of an axis: the word written there, else the number; nothing where words are left out."""
    if isinstance(value, _Length) or not written:
        return float(value)
    near = min(written, key=lambda at: abs(at - value))
    if abs(near - value) < 0.3:
        return float(written[near]) if written[near].isdigit() and _is_year(float(written[near])) else written[near]
    return _between(written, float(value))


def _written(axis: Axis) -> dict[float, str]:
    """The words of an axis by their places; nothing where the axis counts."""
    places = [float(at) for at in axis.get_majorticklocs()]
    said = [_one_line(tick.get_text()) for tick in axis.get_ticklabels()]
    words = {at: text for at, text in zip(places, said, strict=False) if text}
    return {} if all(_counts(at, text) for at, text in words.items()) else words


def _between(written: dict[float, str], value: float) -> float | None:
    """The number between two written ones (every other year is written); nothing between words."""
    if len(written) < 2 or not all(text.isdigit() for text in written.values()):
        return None
    places = sorted(written)
    slope = (float(written[places[-1]]) - float(written[places[0]])) / (places[-1] - places[0])
    return float(round(float(written[places[0]]) + slope * (value - places[0])))


def _counts(at: float, text: str) -> bool:
    """Whether what is written at a place is the number of that place, its sign aside."""
    try:
        said = float(text.replace("−", "-").replace(",", "").rstrip("%"))
    except ValueError:
        return False
    return abs(abs(said) - abs(at)) <= 0.006 * max(1.0, abs(at))


def _boxed(box: _Box, axes: Axes) -> tuple[float, float, float, float]:
    """A box on the sheet, in points from the upper left corner, within the plot."""
    to_sheet, (width, height) = _sheet(axes)
    if isinstance(box, _Point):
        x, y = to_sheet.transform((box.x, box.y))
        return (float(x) * width - RADIUS, (1 - float(y)) * height - RADIUS, 2 * RADIUS, 2 * RADIUS)
    (xa, ya), (xb, yb) = to_sheet.transform([(box.x0, box.y0), (box.x1, box.y1)])
    across, down = sorted((float(xa) * width, float(xb) * width)), sorted(((1 - float(ya)) * height, (1 - float(yb)) * height))
    return (across[0], down[0], across[1] - across[0], down[1] - down[0])


def _sheet(axes: Axes) -> tuple[Transform, tuple[float, float]]:
    """From the units of a plot to parts of the sheet, and its width and height in points."""
    canvas = axes.figure
    width, height = (72 * float(side) for side in canvas.get_size_inches())  # type: ignore[union-attr]
    return axes.transData + canvas.transFigure.inverted(), (width, height)


def _value_name(image: AxesImage, lang: Lang) -> str:
    bar = image.colorbar
    named = _head(bar.ax.get_ylabel() or bar.ax.get_xlabel()) if isinstance(bar, Colorbar) else ""
    return named or VALUE.say(lang)


def _is_colorbar(axes: Axes) -> bool:
    return str(axes.get_label()) == "<colorbar>"


def _label(label: object) -> str:
    words = label.get_text() if isinstance(label, Label) else str(label)
    return "" if words.startswith("_") else _one_line(words)


def _one_line(text: str) -> str:
    """A text without line breaks; Chinese lines join without a space."""
    lines = text.split("\n")
    out = lines[0]
    for line in lines[1:]:
        out += line if out and ord(out[-1]) > 0x2E7F else f" {line}"
    return re.sub(r"\s{2,}", " ", out).strip()


def _head(label: str) -> str:
    """The name of an axis, without what is said aside of how it is drawn; units stay."""
    name = _one_line(label)
    aside = _ASIDE.search(name)
    return name[: aside.start()] if aside and sum(2 if ord(char) > 0x2E7F else 1 for char in aside[0]) > LONGEST_UNIT else name


def _named(head: str, value: str | float | None) -> str:
    if value is None or value == "":
        return ""
    if isinstance(value, str):
        return value
    return f"{_printed(value)}%" if head == "%" else f"{head} {_printed(value)}".strip()


def _rank(value: object) -> int:
    """What comes first where both are said: words, then years, then numbers."""
    if isinstance(value, str):
        return 0
    return 1 if isinstance(value, float) and _is_year(value) else 2


def _is_year(value: float) -> bool:
    return float(value).is_integer() and 1900 <= value <= 2100


def _printed(value: float) -> str:
    if float(value).is_integer():
        return cell(int(value), year=_is_year(value))
    return cell(value, decimals=3 if abs(value) >= 0.01 else 5)


def _bare(value: str | float | None) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return f"{value:.10g}"
