"""Boundaries and tiles as read: which unit has which rings, which way they run, and what is refused with which words."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import evalkit as ek
from evalkit.panel.boundaries import Boundaries
from evalkit.panel.formats import geojson

SQUARE = [[0, 0], [0, 2], [2, 2], [2, 0], [0, 0]]  # clockwise, as old files have it
HOLE = [[0.5, 0.5], [1.5, 0.5], [1.5, 1.5], [0.5, 1.5], [0.5, 0.5]]


def feature(code, *rings, kind="Polygon", key="adcode", **more):
    coordinates = list(rings) if kind == "Polygon" else [list(rings)]
    return {
        "type": "Feature",
        "properties": {"level": "district", "name": "某县", key: code} | more,
        "geometry": {"type": kind, "coordinates": coordinates},
    }


@pytest.fixture
def file(tmp_path):
    """A file of features, or of any text."""

    def make(*content, name="counties.geojson"):
        path = tmp_path / name
        whole = content[0] if isinstance(content[0], str | bytes) else None
        text = json.dumps({"type": "FeatureCollection", "features": content}, ensure_ascii=False) if whole is None else whole
        path.write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
        return path

    return make


def area(ring):
    """By the shoelace formula."""
    x, y = ring.T
    return float((x[:-1] * y[1:] - x[1:] * y[:-1]).sum() / 2)


def test_outer_rings_run_one_way_and_holes_the_other(file):
    path = file(feature(520201, SQUARE, HOLE), feature("520202", SQUARE, kind="MultiPolygon"))
    ground = ek.read_boundaries(path)
    assert ground.units == ("520201", "520202")
    assert [area(ring) for ring in ground.rings["520201"]] == [4, -1]
    assert [area(ring) for ring in ground.rings["520202"]] == [4]
    assert ground.kind == "degrees"
    assert not ground.tiled


def test_features_of_one_code_are_put_together_and_those_without_area_passed_over(file):
    line = {"type": "Feature", "properties": {"adcode": "9"}, "geometry": {"type": "LineString", "coordinates": SQUARE}}
    none = {"type": "Feature", "properties": {"adcode": "8"}, "geometry": None}
    flat = feature("7", [[0, 0], [1, 1], [2, 2], [0, 0]])
    inner = {"type": "GeometryCollection", "geometries": [{"type": "Polygon", "coordinates": [SQUARE]}, {"type": "Point"}]}
    many = {"type": "Feature", "properties": {"adcode": "6"}, "geometry": inner}
    far = [[x + 10, y] for x, y in SQUARE]
    ground = ek.read_boundaries(file(feature("1", SQUARE), line, none, flat, many, feature("1", far)))
    assert {unit: len(rings) for unit, rings in ground.rings.items()} == {"1": 2, "6": 1}


def test_an_open_ring_is_closed_and_heights_are_dropped(file):
    (ring,) = ek.read_boundaries(file(feature("1", [[0, 0, 9], [2, 0, 9], [2, 2, 9]]))).rings["1"]
    assert ring.tolist() == [[0, 0], [2, 0], [2, 2], [0, 0]]


def test_meters_are_no_degrees(file):
    meters = [[x * 1000 + 400_000, y * 1000 + 3_000_000] for x, y in SQUARE]
    assert ek.read_boundaries(file(feature("1", meters))).kind == "plane"


def test_the_key_is_the_property_that_holds_the_units(file):
    path = file(feature("A1", SQUARE, key="own", adcode=1), feature("A2", SQUARE, key="own", adcode=2))
    assert ek.read_boundaries(path, units=["A1", "A2"]).units == ("A1", "A2")
    assert ek.read_boundaries(path, units=["2"]).units == ("1", "2")
    assert ek.read_boundaries(path, key="own").units == ("A1", "A2")
    assert ek.read_boundaries(path).units == ("1", "2")
    assert ek.read_boundaries(file({**feature("x", SQUARE), "id": 44.0}), key="id").units == ("44",)


def test_without_a_key_the_properties_are_listed_and_no_value_is(file):
    path = file(feature("secret-value", SQUARE, key="own"))
    with pytest.raises(
        ek.DataError, match=r"no property holds the codes of the units; found properties \[level, name, own\]"
    ) as wrong:
        ek.read_boundaries(path, units=["1"])
    assert "secret-value" not in str(wrong.value)
    with pytest.raises(ek.DataError, match="is called as the codes"):
        ek.read_boundaries(path)
    with pytest.raises(ek.SpecError, match=r"no feature has a code in 'adcod'; found properties \[level, name, own\]"):
        ek.read_boundaries(path, key="adcod")


NAN = (
    '{"type":"FeatureCollection","features":[{"type":"Feature","properties":{"adcode":1},'
    '"geometry":{"type":"Polygon","coordinates":%s}}]}'
)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("", "the file is empty"),
        ("{", "not valid JSON; found line 1, column 2"),
        (b"\xff\xfe\x00\x81\x00", "not text in UTF-8"),
        ("[" * 200_000, "not plain JSON"),
        ('{"type":"Topology","objects":{}}', "TopoJSON, which is not read"),
        ('{"type":"Polygon","coordinates":[]}', "no GeoJSON of features"),
        ("[1, 2]", "no GeoJSON of features"),
        ('{"type":"FeatureCollection","features":[3]}', "feature 1: this is no feature"),
        ('{"type":"FeatureCollection","features":[{"type":"Feature","geometry":5}]}', "feature 1: the geometry is none"),
        ('{"type":"FeatureCollection","features":[]}', "features without properties"),
        (NAN % "[[[0,0],[1,NaN],[1,1],[0,0]]]", "feature 1: a coordinate is no finite number"),
        (NAN % "[[[0,0],[1,1e999],[1,1],[0,0]]]", "a coordinate is no finite number"),
        (NAN % "[[[0,0],[1,1e12],[1,1],[0,0]]]", "beyond any map"),
        (NAN % "[[[0,0],[1,0]]]", "a ring is no list of positions"),
        (NAN % '[[["a","b"],["c","d"],["e","f"]]]', "a ring is no list of positions"),
        (NAN % "[[[[0,0],[1,0],[1,1]]]]", "a ring is no list of positions"),
        (NAN % "[[[0],[1,0],[1,1]]]", "a ring is no list of positions"),
        (NAN % "[7]", "a ring is no list of positions"),
        (NAN.replace("Polygon", "MultiPolygon") % "[7]", "feature 1: a ring is no list of positions"),
        (NAN % "[[[0,0],[1,1],[2,2],[0,0]]]", "no feature has both an area and a code"),
    ],
)
def test_what_is_no_geojson_is_refused(file, content, message):
    with pytest.raises(ek.DataError, match=message):
        ek.read_boundaries(file(content), key="adcode" if "features" in str(content) and "[]}" not in str(content) else None)


def test_limits_are_kept(file, monkeypatch, tmp_path):
    path = file(feature("1", SQUARE), feature("2", SQUARE))
    for name, limit, message in (("MOST_BYTES", 20, "too large"), ("MOST_POINTS", 6, "points"), ("MOST_FEATURES", 1, "features")):
        with monkeypatch.context() as small, pytest.raises(ek.DataError, match=message):
            small.setattr(geojson, name, limit)
            ek.read_boundaries(path)
    with pytest.raises(ek.DataError, match=r"save it as one of \.geojson"):
        ek.read_boundaries(file("x", name="counties.shp"))
    with pytest.raises(ek.DataError, match="no such file"):
        ek.read_boundaries(tmp_path / "none.geojson")


@given(st.binary(max_size=200) | st.text(max_size=200).map(lambda text: json.dumps({"type": text}).encode()))
def test_any_bytes_are_read_or_refused_in_words(tmp_path_factory, content):
    path = tmp_path_factory.getbasetemp() / "any.geojson"
    path.write_bytes(content)
    with pytest.raises(ek.EvalkitError):
        ek.read_boundaries(path)


@given(st.recursive(st.none() | st.booleans() | st.floats() | st.text(max_size=3), lambda inner: st.lists(inner, max_size=4)))
def test_any_coordinates_are_read_or_refused_in_words(tmp_path_factory, coordinates):
    path = tmp_path_factory.getbasetemp() / "coordinates.geojson"
    path.write_text(NAN % json.dumps(coordinates), encoding="utf-8")
    try:
        ground = ek.read_boundaries(path)
    except ek.EvalkitError:
        return
    assert all(np.isfinite(ring).all() for rings in ground.rings.values() for ring in rings)


def test_tiles_stand_where_they_are_declared(tmp_path):
    path = tmp_path / "tiles.csv"
    path.write_text("unit,row,column\n010101,1,1\n010102,2,3\n", encoding="utf-8")
    ground = ek.read_tiles(path)
    assert isinstance(ground, Boundaries)
    assert ground.tiled
    assert {unit: rings[0].min(axis=0).tolist() for unit, rings in ground.rings.items()} == {"010101": [1, -1], "010102": [3, -2]}


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("a,1,1\nb,0,1", "a tile has no place; found otherwise in row 3"),
        ("a,1,x", "a tile has no place"),
        ("a,1.5,2", "a tile has no place"),
        ("a,1,", "a tile has no place"),
        ("a,1,1\na,1,2", "a unit has two tiles; found row 3"),
        ("a,1,1\nb,1,1", "two tiles stand in one place; found row 3"),
    ],
)
def test_tiles_without_a_place_of_their_own_are_refused(tmp_path, rows, message):
    path = tmp_path / "tiles.csv"
    path.write_text(f"unit,row,column\n{rows}\n", encoding="utf-8")
    with pytest.raises(ek.DataError, match=message):
        ek.read_tiles(path)


def test_a_table_without_the_columns_is_refused(tmp_path):
    path = tmp_path / "tiles.csv"
    path.write_text("unit,row\na,1\n", encoding="utf-8")
    with pytest.raises(ek.DataError, match="column"):
        ek.read_tiles(path)
