"""GeoJSON as found: features with the codes they bear and the rings of their areas."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from evalkit.errors import DataError
from evalkit.panel.read import file_bytes

ENDINGS = (".geojson", ".json")
MOST_BYTES, MOST_POINTS, MOST_FEATURES = 64 * 2**20, 2_000_000, 100_000
LONGEST = 40  # letters of a code; longer texts are no codes
SIMPLIFY = "simplify the boundaries; a report shows no more than some thousand points"
PLAIN = "export it as GeoJSON (RFC 7946): a FeatureCollection of Polygon and MultiPolygon"


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """One feature: its properties that may be codes, as text, and its rings, outer ones counter-clockwise and holes clockwise."""

    codes: Mapping[str, str]
    rings: tuple[NDArray[np.float64], ...]


def read_geojson(path: Path) -> tuple[Shape, ...]:
    """The features of a GeoJSON file, in its order."""
    name = path.name
    if path.is_file() and path.stat().st_size > MOST_BYTES:
        raise DataError("the file is too large for boundaries", where=name, found=f"over {MOST_BYTES:,} bytes", do=SIMPLIFY)
    plain = _parsed(file_bytes(path, ENDINGS)[0], name)
    features = list(_features(plain, name))
    if len(features) > MOST_FEATURES:
        raise DataError("the file has too many features", where=name, found=f"{len(features):,}", do=SIMPLIFY)
    shapes, points = list[Shape](), 0
    for at, feature in enumerate(features, start=1):
        shape = _shape(feature, f"{name}, feature {at}")
        points += sum(map(len, shape.rings))
        if points > MOST_POINTS:
            raise DataError("the boundaries have too many points", where=name, found=f"over {MOST_POINTS:,}", do=SIMPLIFY)
        shapes.append(shape)
    return tuple(shapes)


def _parsed(data: bytes, name: str) -> Any:
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        try:
            return json.loads(text)
        except json.JSONDecodeError as broken:
            found = f"line {broken.lineno}, column {broken.colno}"
            raise DataError("the file is not valid JSON", where=name, found=found, do="export it again") from None
        except (RecursionError, ValueError):  # lists within lists without end, a number of thousands of digits
            raise DataError("the file is not plain JSON", where=name, do=PLAIN) from None
    raise DataError("the file is not text in UTF-8", where=name, do="save it as UTF-8")


def _features(plain: Any, name: str) -> Iterator[dict[str, Any]]:
    """The features of a collection, or the one that there is."""
    kind = plain.get("type") if isinstance(plain, dict) else None
    if kind == "Topology":
        raise DataError("this is TopoJSON, which is not read", where=name, do=PLAIN)
    if kind == "Feature":
        yield plain
        return
    many = plain.get("features") if kind == "FeatureCollection" else None
    if not isinstance(many, list):
        raise DataError("the file is no GeoJSON of features", where=name, do=PLAIN)
    for at, one in enumerate(many, start=1):
        if not isinstance(one, dict) or one.get("type") != "Feature":
            raise DataError("this is no feature", where=f"{name}, feature {at}", do=PLAIN)
        yield one


def _shape(feature: dict[str, Any], where: str) -> Shape:
    own = feature.get("properties")
    named = {"id": feature.get("id")} | (own if isinstance(own, dict) else {})
    codes = {str(key): code for key, value in named.items() if (code := _code(value)) is not None}
    rings = [ring for polygon in _polygons(feature.get("geometry"), where) for ring in _rings(polygon, where)]
    return Shape(codes, tuple(rings))


def _code(value: object) -> str | None:
    """A value as a code: a short text, or a whole number."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    text = str(value).strip() if isinstance(value, int | str) else ""
    return text if 0 < len(text) <= LONGEST else None


def _polygons(geometry: Any, where: str) -> Iterator[list[Any]]:
    """The polygons of a geometry, those within a collection too; points and lines have no area."""
    if geometry is None:
        return
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    parts = geometry.get("geometries" if kind == "GeometryCollection" else "coordinates") if kind else None
    if not isinstance(kind, str) or not isinstance(parts, list):
        raise DataError("the geometry is none", where=where, do=PLAIN)
    if kind == "Polygon":
        yield parts
    elif kind == "MultiPolygon":
        for one in parts:
            if not isinstance(one, list):
                raise _no_ring(where)
            yield one
    elif kind == "GeometryCollection":
        for inner in parts:
            if isinstance(inner, dict) and inner.get("type") in ("Polygon", "MultiPolygon"):
                yield from _polygons(inner, where)


def _rings(polygon: list[Any], where: str) -> Iterator[NDArray[np.float64]]:
    """The rings of a polygon, closed, the first counter-clockwise, the others clockwise; those without an area are left out."""
    for at, ring in enumerate(polygon):
        places = _places(ring, where)
        if not np.array_equal(places[0], places[-1]):
            places = np.vstack([places, places[:1]])
        area = _area(places)
        if area == 0 and at == 0:
            return
        if area:
            yield places if (area > 0) == (at == 0) else places[::-1]


def _places(ring: Any, where: str) -> NDArray[np.float64]:
    try:
        places = np.asarray([place[:2] for place in ring])
    except (TypeError, ValueError, IndexError, KeyError, OverflowError):
        raise _no_ring(where) from None
    if places.ndim != 2 or places.shape[1] != 2 or len(places) < 3 or places.dtype.kind not in "iuf":
        raise _no_ring(where)
    if not (np.abs(places) <= 1e9).all():
        what = "a coordinate is no finite number, or lies beyond any map"
        raise DataError(what, where=where, do="export the boundaries again")
    return places.astype(np.float64)


def _no_ring(where: str) -> DataError:
    return DataError("a ring is no list of positions [x, y]", where=where, do=PLAIN)


def _area(ring: NDArray[np.float64]) -> float:
    """The signed area of a closed ring: above 0 where it runs counter-clockwise."""
    x, y = (ring - ring[0]).T
    return float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum() / 2)
