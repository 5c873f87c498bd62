"""Maps and tile grids: every place in its color, what has no value hatched, what hovers, and what is said beside them."""

import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.colors import to_hex
from scipy.spatial import Voronoi

import evalkit as ek
from evalkit.panel.boundaries import Boundaries
from evalkit.report import theme
from evalkit.report.assessment.maps import map_section, remarks
from evalkit.report.document import Document, Figure, Heading, Table
from evalkit.report.html.marks import marks
from evalkit.report.html.page import html
from evalkit.report.maps import draw as maps_draw
from evalkit.report.maps.answers import coordination_maps
from evalkit.report.pictures import Pictures
from evalkit.report.words import Voice
from evalkit.study.run import Study

UNITS = [f"52{at:04d}" for at in range(100)]


def cells(count, *, low=(103.0, 24.5), high=(109.0, 29.0)):
    """Areas that fill a rectangle without a gap: those nearest to each of some points, which are mirrored at its sides."""
    points = np.random.default_rng(0).uniform(low, high, (count, 2))
    mirrored = [points]
    for at in (0, 1):
        for side in (low[at], high[at]):
            other = points.copy()
            other[:, at] = 2 * side - other[:, at]
            mirrored.append(other)
    made = Voronoi(np.vstack(mirrored))
    return [made.vertices[made.regions[made.point_region[at]]] for at in range(count)]


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    """98 of the units and two areas of none; the fourth has a hole."""
    features = []
    for at, corners in enumerate(cells(100)):
        ring = [*corners.tolist(), corners[0].tolist()]
        middle = corners.mean(axis=0)
        hole = [(middle + 0.4 * (corner - middle)).tolist() for corner in np.array(ring)]
        rings = [ring, hole] if at == 3 else [ring]
        geometry = {"type": "Polygon", "coordinates": rings}
        features.append({"type": "Feature", "properties": {"adcode": int(UNITS[at]) + 9000 * (at > 97)}, "geometry": geometry})
    file = tmp_path_factory.mktemp("map") / "counties.geojson"
    file.write_text(json.dumps({"type": "FeatureCollection", "features": features}), encoding="utf-8")
    return file


@pytest.fixture(scope="module")
def bond():
    """Two systems over two years; one unit has no figures in the second, and one falls."""
    key = pd.MultiIndex.from_product([UNITS, [2020, 2024]], names=["unit", "period"])
    x = pd.Series(np.random.default_rng(1).uniform(0.2, 0.6, len(key)), index=key)
    x.loc[x.index.get_level_values("period") == 2024] += 0.4
    x.loc[(UNITS[5], 2024)] = 0.01
    gone = (UNITS[7], 2024)
    return ek.CouplingCoordination().measure(a=x.drop(gone), b=(x * 0.9).drop(gone))


@pytest.fixture(scope="module")
def ground(path):
    return ek.read_boundaries(path, units=UNITS)


def drawn(figure):
    with theme.style():
        (canvas := figure.draw()).canvas.draw()
    return canvas


def faces(canvas):
    """The color of each place by its name, over all areas of the first plot."""
    areas = [one for one in canvas.axes[0].collections if isinstance(one, maps_draw.Areas) and one.said]
    shades = [one.get_facecolors() for one in areas]
    return {
        name: to_hex(own[at % len(own)]) for one, own in zip(areas, shades, strict=True) for at, (name, _) in enumerate(one.said)
    }


@pytest.mark.parametrize("kind", ["map", "map_indices", "map_change"])
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_values_of_the_map_are_those_of_the_table(bond, ground, kind, lang):
    parts = coordination_maps(bond, Voice(lang), ground, 2020)
    figure = next(one for one in parts if isinstance(one, Figure) and one.key == kind)
    frame = next(one for one in parts if isinstance(one, Table)).frame.set_index(Voice(lang).term("unit"))
    columns = {"map": frame.columns[[0]], "map_change": frame.columns[[2]], "map_indices": frame.columns[3:5]}[kind]
    told = [(mark.x, mark.value) for mark in marks(drawn(figure), lang)]
    bare = {"zh": "无数据", "en": "No data"}[lang]
    known = frame.drop(index=UNITS[7]).loc[lambda rows: rows.index.isin(ground.units)]
    assert {one for one in told if one[1] != bare} == {pair for column in columns for pair in known[column].items()}
    assert [unit for unit, value in told if value == bare] == [UNITS[7]] * len(columns)
    assert len(told) == 98 * len(columns)


def test_a_place_has_the_color_of_its_grade_and_one_without_data_is_hatched(bond, ground):
    canvas = drawn(coordination_maps(bond, Voice("en"), ground)[0])
    shades, now = theme.grades(10), bond.frame.xs(2024, level="period")["grade"]
    painted = faces(canvas)
    assert {unit: painted[unit] for unit in now.index if unit in painted} == {
        unit: to_hex(shades(int(grade) - 1)) for unit, grade in now.items() if unit in ground.rings
    }
    hatched = [one for one in canvas.axes[0].collections if one.get_hatch()]
    assert [one.said for one in hatched] == [((UNITS[7], "No data"),)]
    keys = [text.get_text() for text in canvas.legends[0].get_texts()]
    assert keys[-1] == "No data"
    assert len(keys) == now[now.index.isin(ground.units)].nunique() + 1


def test_a_hole_is_left_open_and_degrees_are_stretched_at_the_mean_latitude(bond, ground):
    canvas = drawn(coordination_maps(bond, Voice("en"), ground)[0])
    axes = canvas.axes[0]
    middle = ground.rings[UNITS[3]][0][:-1].mean(axis=0)
    pixels = np.asarray(canvas.canvas.buffer_rgba())
    x, y = axes.transData.transform(middle).astype(int)
    assert pixels[pixels.shape[0] - 1 - y, x].tolist() == [255] * 4
    assert axes.get_aspect() == pytest.approx(1 / np.cos(np.radians(26.75)), rel=0.01)


def test_only_what_fell_bears_a_triangle(bond, ground):
    change = bond.frame["D"].unstack("period")
    fell = set(change.index[(change[2024] < change[2020]).to_numpy()]) & set(ground.units)
    figure = next(one for one in coordination_maps(bond, Voice("en"), ground, 2020) if one.key == "map_change")
    canvas = drawn(figure)
    places = [text.get_position() for text in canvas.axes[0].texts if text.get_text() == "▼"]
    assert UNITS[5] in fell
    assert sorted(places) == sorted(maps_draw.inside(ground.rings[unit]) for unit in fell)


@given(st.lists(st.tuples(st.floats(-9, 9), st.floats(-9, 9)), min_size=3, max_size=8))
def test_the_point_inside_is_inside(corners):
    from matplotlib.path import Path
    from scipy.spatial import ConvexHull, QhullError

    try:
        hull = ConvexHull(np.array(corners))
    except QhullError:
        return
    ring = np.array(corners)[[*hull.vertices, hull.vertices[0]]]
    assert Path(ring).contains_point(maps_draw.inside([ring]), radius=1e-6)


def test_neighbors_keep_the_border_they_share(ground):
    """What is drawn covers the rectangle once: outer areas add up to it."""
    box = np.array([[103.0, 24.5], [109.0, 29.0]])
    total = 0.0
    for rings in ground.rings.values():
        x, y = maps_draw._path(rings[:1], box).vertices[:-1].T
        total += abs((x * np.roll(y, -1) - np.roll(x, -1) * y).sum() / 2)
    assert total == pytest.approx(6 * 4.5, rel=1e-3)


def test_each_place_speaks_along_its_outline(bond, ground):
    figure = coordination_maps(bond, Voice("en"), ground)[0]
    page = html(Document(title="t", lang="en", blocks=(Heading("h"), figure)), Pictures("en")).decode("utf-8")
    spoken = re.findall(r'<path d="M[^"]+z"><title>([^<]+)</title>', page)
    assert len(spoken) == 98
    assert f"{UNITS[7]} · No data" in spoken
    first = marks(drawn(figure), "en")[-1]
    left, top, width, height = first.box
    numbers = np.array([part.split() for part in re.findall(r"[ML]([\d. -]+)", first.outline)], dtype=float)
    assert numbers.min(axis=0) == pytest.approx((left, top), abs=0.06)
    assert numbers.max(axis=0) == pytest.approx((left + width, top + height), abs=0.06)


def test_what_is_not_drawn_is_said(bond, ground):
    said = remarks(bond.frame, ground, Voice("en"))
    assert "counties.geojson" in said[0]
    assert said[1] == f"No outline is given for 2 places, which are not drawn: {UNITS[98]}, {UNITS[99]}."
    assert said[2] == f"No data in the last year, hatched: 1 place ({UNITS[7]})."
    assert said[3] == "Outlines left empty: 2 places that are not assessed."


def test_a_tile_grid_says_that_it_shows_no_geography(bond):
    grid = ek.tile_grid(pd.Series({unit: f"province {unit[3]}" for unit in UNITS}))
    for lang, words in (("zh", "位置不表示地理方位"), ("en", "positions show no geography")):
        for figure in coordination_maps(bond, Voice(lang), grid)[:-1]:
            assert words in figure.caption.say(lang)
        assert words in remarks(bond.frame, grid, Voice(lang))[0]


@given(st.lists(st.integers(1, 40), min_size=1, max_size=12))
def test_tiles_do_not_lie_upon_each_other_and_stay_with_their_group(sizes):
    groups = pd.Series({f"{at:02d}{n:03d}": f"g{at}" for at, size in enumerate(sizes) for n in range(size)})
    grid = ek.tile_grid(groups)
    corner = {unit: tuple(np.round(rings[0].min(axis=0), 6)) for unit, rings in grid.rings.items()}
    assert set(corner) == set(groups.index)
    places = np.array(list(corner.values()))
    apart = np.abs(places[:, None] - places[None]).max(axis=2) + np.eye(len(places)) * 9
    assert apart.min() > 0.999
    boxes = [np.array([corner[unit] for unit in groups.index[groups == group]]) for group in groups.unique()]
    for at, one in enumerate(boxes):
        for other in boxes[:at]:
            low, high = np.maximum(one.min(axis=0), other.min(axis=0)), np.minimum(one.max(axis=0), other.max(axis=0))
            assert (high + 1 <= low + 1e-9).any() or (high < low).any()


def test_figures_of_maps_are_asked_for_by_name(bond, ground, counties, systems):
    for kind in (None, "map", "map_indices", "map_change"):
        assert type(ek.figure(bond, kind, lang="en", boundaries=ground)).__name__ == "Picture"
    assert "tile grid" in ek.figure(bond, "map", lang="en").get_suptitle()
    assert ek.table(bond, "map", lang="en").shape == (100, 6)
    scores = ek.CompositeIndex(system=systems["revitalization"]).fit(counties).score(counties)
    grid = ek.tile_grid(counties.groups["province"])
    assert ek.figure(scores, boundaries=grid, lang="en").get_suptitle().startswith("Rural revitalization: map of the index, 2024")
    with pytest.raises(ek.SpecError, match="not drawn as a map"):
        ek.figure(ek.ObstacleDegree(top=3).measure(scores), "map")
    with pytest.raises(ek.SpecError, match="use one of map, map_indices, map_change"):
        ek.figure(bond, "ladder", boundaries=ground)


def test_pictures_of_maps_are_the_same_bytes_twice(bond, ground):
    one, other = (Pictures("en").svg(coordination_maps(bond, Voice("en"), ground)[0]) for _ in range(2))
    assert one == other


SYSTEMS = '[[system]]\nfile = "consolidation"\n[[system]]\nfile = "revitalization"\n'
QUICK = '[robustness]\nweights = []\nnormalize = []\naggregate = []\ndraws = 0\nsamples = 0\n[report]\nchapters = ["regions"]\n'


def study(folder, lines):
    (folder / "study.toml").write_text(f'title = "t"\n[panel]\ndataset = "counties"\n{SYSTEMS}{QUICK}{lines}', encoding="utf-8")
    return Study.read(folder / "study.toml")


def test_a_study_draws_its_maps_where_it_says(tmp_path, counties):
    rows = [f"{unit},{1 + at // 12},{1 + at % 12}" for at, unit in enumerate(counties.units)]
    (tmp_path / "tiles.csv").write_text("\n".join(["unit,row,column", *rows]), encoding="utf-8")
    found = study(tmp_path, '[map]\ntiles = "tiles.csv"\n').run()
    assert found.ground is not None
    blocks = map_section(found, Voice("en", found.panel.names))
    kinds = [type(block).__name__ for block in blocks]
    assert kinds == ["Heading", "Paragraph", "Figure", "Figure", "Figure", "Table", "Paragraph"]
    assert blocks[0].text == "Where the places stand"
    assert "tile grid, positions as given" in blocks[2].caption.en
    plain = map_section(replace(found, ground=None), Voice("zh", found.panel.names))
    assert plain[0].text == "各地区一览（格网图）"
    alone = replace(found, ground=None, panel=replace(found.panel, groups=found.panel.groups.iloc[:, :0]))
    assert map_section(alone, Voice("zh")) == []


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("[map]\n", "name either boundaries or tiles"),
        ('[map]\ntiles = "t.csv"\nkey = "x"\n', "key is the property of a file of boundaries"),
        ('[map]\nboundary = "x"\n', "'map.boundary' is not a known key"),
    ],
)
def test_faults_of_the_study_file_are_named(tmp_path, lines, message):
    with pytest.raises(ek.SpecError, match=message):
        study(tmp_path, lines)


def test_boundaries_of_other_places_are_refused_with_their_line(tmp_path, path):
    (tmp_path / "own.geojson").write_bytes(path.read_bytes())
    with pytest.raises(ek.DataError, match=r"study\.toml, line 19.*no place of the panel|no property holds the codes"):
        study(tmp_path, '[map]\nboundaries = "own.geojson"\n')._ground()
    with pytest.raises(ek.DataError, match="no place of the panel is among those of the map"):
        study(tmp_path, '[map]\nboundaries = "own.geojson"\nkey = "adcode"\n')._ground()


def test_boundaries_hold_what_is_given():
    square = np.array([[0, 0], [1, 0], [1, 1], [0, 1], [0, 0]], dtype=float)
    ground = Boundaries(rings={"a": (square,)}, kind="plane")
    assert (ground.units, ground.tiled) == (("a",), False)
