"""Where places are drawn: boundaries from a GeoJSON file, or one square a place from a table of rows and columns."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.errors import DataError, SpecError, several
from evalkit.panel.formats.geojson import Shape, read_geojson
from evalkit.panel.read import read_table
from evalkit.terms import Text, same

Ring = NDArray[np.float64]
Kind = Literal["degrees", "plane", "declared", "grid"]
MOST_TILES = 1000  # rows or columns of tiles
KEYS = ("adcode", "unit", "code", "county", "行政区划代码", "区划代码", "代码", "id")  # looked for where no units are given


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Boundaries:
    """The outlines of places, to draw maps in; evalkit ships none.

    Parameters
    ----------
    rings
        For each unit its rings, each an array of (x, y): outer rings run counter-clockwise, holes clockwise.
    kind
        "degrees" (longitude and latitude), "plane" (projected already), "declared" (tiles whose places someone gave) or "grid"
        (tiles in order, whose positions show no geography).
    source
        Where they come from.
    blocks
        Of a grid: the code of each group, and the place of its name.

    Examples
    --------
    >>> square = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]], dtype=float)
    >>> Boundaries(rings={"010101": (square,)}, kind="plane").units
    ('010101',)
    """

    rings: Mapping[str, tuple[Ring, ...]]
    kind: Kind
    source: Text = Text("", "")
    blocks: Mapping[str, tuple[float, float]] | None = None

    @property
    def units(self) -> tuple[str, ...]:
        """The units that have an outline."""
        return tuple(self.rings)

    @property
    def tiled(self) -> bool:
        """Whether places are squares."""
        return self.kind in ("declared", "grid")


def read_boundaries(path: str | Path, *, key: str | None = None, units: Collection[str] = ()) -> Boundaries:
    """The boundaries of places from a GeoJSON file.

    Parameters
    ----------
    path
        A file ending in .geojson or .json: features whose geometry is a Polygon or a MultiPolygon, holes and all. Features of one
        code are put together; those without an area are passed over. Lines that cross themselves are drawn as they are.
    key
        The property that holds the code of the unit; "id" may also be the feature's own. Where none is named, it is the one that
        holds most of the `units`, or one that is called as such properties are.
    units
        The codes that are looked for.

    Raises
    ------
    DataError
        The file is no GeoJSON, too large, or holds a coordinate that is no finite number; or no property holds the codes (the
        message lists those there are).
    SpecError
        The key that is named is no property.

    Examples
    --------
    >>> import json, tempfile
    >>> ring = [[105.0, 26.0], [106.0, 26.0], [106.0, 27.0], [105.0, 26.0]]
    >>> place = {"type": "Feature", "properties": {"adcode": 520201}, "geometry": {"type": "Polygon", "coordinates": [ring]}}
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "counties.geojson"
    ...     _ = file.write_text(json.dumps({"type": "FeatureCollection", "features": [place]}), encoding="utf-8")
    ...     ground = read_boundaries(file)
    >>> ground.units, ground.kind
    (('520201',), 'degrees')
    """
    path = Path(path)
    shapes = read_geojson(path)
    chosen = _named(shapes, key, path.name) if key is not None else _guessed(shapes, set(map(str, units)), path.name)
    rings: dict[str, tuple[Ring, ...]] = {}
    for shape in shapes:
        code = shape.codes.get(chosen)
        if code is not None and shape.rings:
            rings[code] = (*rings.get(code, ()), *shape.rings)
    if not rings:
        what = f"no feature has both an area and a code in '{chosen}'"
        raise DataError(what, where=path.name, do="give boundaries as Polygon or MultiPolygon, each with the code of its unit")
    return Boundaries(rings=rings, kind=_kind(rings), source=same(path.name))


def read_tiles(path: str | Path) -> Boundaries:
    """Places as squares, from a table of `unit`, `row` and `column`, both counted from 1, rows from the top.

    Raises
    ------
    DataError
        A column is missing, a row or column is no whole number from 1 on, a unit stands twice, or two stand in one place.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "tiles.csv"
    ...     _ = file.write_text("unit,row,column\\n010101,1,1\\n010102,1,2\\n", encoding="utf-8")
    ...     ground = read_tiles(file)
    >>> ground.units, ground.rings["010102"][0].min(axis=0).tolist()
    (('010101', '010102'), [2.0, -1.0])
    """
    raw = read_table(path, text=("unit", "row", "column"))
    frame, where = raw.frame, raw.place
    at = frame[["row", "column"]].apply(pd.to_numeric, errors="coerce")
    wrong = ~(at.ge(1) & at.le(MOST_TILES) & at.mod(1).eq(0)).all(axis=1) | frame["unit"].isna()
    if wrong.any():
        found = f"otherwise in {several(f'row {n}' for n in raw.rows[wrong.to_numpy()])}"
        do = f"give every unit a row and a column, whole numbers from 1 to {MOST_TILES:,}"
        raise DataError("a tile has no place", where=where, found=found, do=do)
    for twice, what in ((frame["unit"].duplicated(), "a unit has two tiles"), (at.duplicated(), "two tiles stand in one place")):
        if twice.any():
            found = several(f"row {n}" for n in raw.rows[twice.to_numpy()])
            raise DataError(what, where=where, found=found, do="give each unit one place of its own")
    cells = {str(unit): (int(row), int(column)) for unit, (row, column) in zip(frame["unit"], at.to_numpy(), strict=True)}
    return tiles(cells, source=same(Path(path).name))


def tiles(
    cells: Mapping[str, tuple[float, float]],
    *,
    kind: Literal["declared", "grid"] = "declared",
    source: Text = Text("", ""),
    blocks: Mapping[str, tuple[float, float]] | None = None,
) -> Boundaries:
    """Squares of side 1 at (row, column), rows from the top."""
    corners = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]], dtype=float)
    rings = {unit: (corners + np.array([column, -row]),) for unit, (row, column) in cells.items()}
    return Boundaries(rings=rings, kind=kind, source=source, blocks=blocks)


def _named(shapes: Collection[Shape], key: str, where: str) -> str:
    """The property that is named, if there is one."""
    if not any(key in shape.codes for shape in shapes):
        do = "name the property that holds the code of the unit"
        raise SpecError(f"no feature has a code in '{key}'", where=where, found=_properties(shapes), do=do)
    return key


def _guessed(shapes: Collection[Shape], units: set[str], where: str) -> str:
    """The property that holds most of the units; without units, one that is called as codes are."""
    every = list(dict.fromkeys(name for shape in shapes for name in shape.codes))
    held = {name: len({shape.codes.get(name) for shape in shapes} & units) for name in every}
    if units and held and max(held.values()):
        return max(every, key=lambda name: held[name])
    called = [name for want in KEYS for name in every if name.lower() == want]
    if called and not units:
        return called[0]
    what = "no property holds the codes of the units" if units else "no property is called as the codes of units are"
    raise DataError(what, where=where, found=_properties(shapes), do='name the property that does: key = "…"')


def _properties(shapes: Collection[Shape]) -> str:
    names = dict.fromkeys(name for shape in shapes for name in shape.codes)
    return f"properties [{several(names, 12)}]" if names else "features without properties"


def _kind(rings: Mapping[str, tuple[Ring, ...]]) -> Literal["degrees", "plane"]:
    """Degrees where every coordinate may be one."""
    far = np.max([np.abs(ring).max(axis=0) for parts in rings.values() for ring in parts], axis=0)
    return "degrees" if far[0] <= 180 and far[1] <= 90 else "plane"
