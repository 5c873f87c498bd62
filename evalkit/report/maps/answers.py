"""Maps of an answer: in the boundaries or tiles that are given, else in a tile grid that shows no geography."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.colors import Normalize
from matplotlib.figure import Figure as Canvas

from evalkit.answer import in_period
from evalkit.coupling.static import Coordination
from evalkit.indicators.index import IndexScores
from evalkit.panel.boundaries import Boundaries
from evalkit.report import theme
from evalkit.report.document import Figure, Table
from evalkit.report.maps import draw
from evalkit.report.maps.tiles import tile_grid
from evalkit.report.verbs import maps
from evalkit.report.words import Voice
from evalkit.stats.ranks import even
from evalkit.terms import Text

SHOWN = 40  # rows of the table in documents, as of the table of places
NO_DATA = Text("无数据", "No data")
KINDS = {
    "degrees": Text("", ""),
    "plane": Text("", ""),
    "declared": Text("（格网图，位置由使用者给定）", " (tile grid, positions as given)"),
    "grid": Text("（格网图，位置不表示地理方位）", " (tile grid, positions show no geography)"),
}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Mapped:
    """What maps draw: the table that is printed under them, the unit of each of its rows, and where these are drawn."""

    table: Table
    units: tuple[str, ...]
    ground: Boundaries
    period: int
    voice: Voice

    def column(self, head: str) -> pd.Series:
        """A column of the table, by unit."""
        return pd.Series(self.table.frame[head].to_numpy(), index=list(self.units))

    @property
    def names(self) -> dict[str, str]:
        """The names of the places, as the table prints them."""
        return {str(unit): str(name) for unit, name in self.column(self.voice.term("unit")).items()}

    def caption(self, text: Text) -> Text:
        """What a map shows, and what its positions mean."""
        return Text("{said}{kind}", "{said}{kind}").format(said=text.format(year=self.period), kind=KINDS[self.ground.kind])


@maps.register
def _(answer: Coordination, voice: Voice, ground: Boundaries | None) -> tuple[Figure | Table, ...]:
    return coordination_maps(answer, voice, ground)


@maps.register
def _(answer: IndexScores, voice: Voice, ground: Boundaries | None) -> tuple[Figure | Table, ...]:
    last = int(answer.frame.index.get_level_values("period").max())
    now = in_period(answer.frame, last).sort_values("score", ascending=False, kind="stable", key=even)
    units = _units(answer.frame, now)
    head = voice.term("score")
    frame = pd.DataFrame({voice.term("unit"): [voice.name(unit) for unit in units], head: now["score"].reindex(units).to_numpy()})
    caption = Text("{system}：{year} 年各地区指数", "{system}: index of each place, {year}").format(
        system=answer.system.name, year=last
    )
    held = _held(Table(key="map", caption=caption, frame=frame, show=SHOWN), units, ground, last, voice)
    drawn = Text("{system}：{{year}} 年指数地图", "{system}: map of the index, {{year}}").format(system=answer.system.name)
    return values(held, "map", drawn, [head], voice.term("score")), held.table


def coordination_maps(
    answer: Coordination, voice: Voice, ground: Boundaries | None, base: int | None = None
) -> tuple[Figure | Table, ...]:
    """D by grade, the indices, and the change of D since a year (by default the first), then the table they are drawn from."""
    years = answer.frame.index.unique("period")
    last, since = int(years.max()), int(years.min()) if base is None else base
    now = in_period(answer.frame, last).sort_values("D", ascending=False, kind="stable", key=even)
    units = _units(answer.frame, now)
    held = _held(_table(answer, now.reindex(units), last, since, voice), units, ground, last, voice)
    systems = [voice.name(name) for name in answer.systems]
    indices = values(
        held, "map_indices", Text("{year} 年各系统指数地图", "Maps of the indices, {year}"), systems, voice.term("score")
    )
    if since == last:
        return grade_map(answer, held), indices, held.table
    head = _change(since, voice)
    said = Text("D 自 {base} 年至 {{year}} 年的变化地图", "Map of the change of D from {base} to {{year}}").format(base=since)
    return grade_map(answer, held), indices, values(held, "map_change", said, [head], head, signed=True), held.table


def grade_map(answer: Coordination, held: Mapped) -> Figure:
    """The grade of each place."""
    scheme, voice = answer.spec.grades, held.voice

    def paint() -> Canvas:
        shades = theme.grades(len(scheme.grades))
        label = {scheme.label(grade, voice.lang): grade for grade in range(1, len(scheme.grades) + 1)}
        given = {str(unit): label[said] for unit, said in held.column(voice.term("grade")).items() if said in label}
        canvas, (axes,), box = draw.sheet(held.ground, held.units, 1, keys=0.55)
        colors = {unit: shades(grade - 1) for unit, grade in given.items()}
        inks = {unit: theme.on((grade - 0.5) / shades.N, shades) for unit, grade in given.items()}
        said = {
            unit: (name, scheme.label(given[unit], voice.lang) if unit in given else voice(NO_DATA))
            for unit, name in held.names.items()
        }
        draw.areas(axes, held.ground, box, colors, said)
        draw.blocks(axes, held.ground, _groups(held))
        draw.labels(axes, held.ground, held.names, inks)
        present = sorted({grade for unit, grade in given.items() if unit in held.ground.rings})
        keys = [(shades(grade - 1), f"{scheme.label(grade, voice.lang)} {scheme.interval(grade)}") for grade in present]
        theme.keys_below(axes, keys, _missing(held, given))
        return canvas

    alt = Text("地图：颜色越深，{year} 年的协调等级越高。", "Map: the darker a place, the better its grade in {year}.")
    caption = held.caption(Text("{year} 年各地区协调等级地图", "Map of the grades of coordination, {year}"))
    return Figure(key="map", caption=caption, draw=paint, alt=voice(alt, year=held.period))


def values(held: Mapped, key: str, caption: Text, heads: Sequence[str], label: str, *, signed: bool = False) -> Figure:
    """One map a column, all on one scale; `signed`: what is below 0 bears a triangle that points down."""
    voice = held.voice

    def paint() -> Canvas:
        columns = [held.column(head).astype(float) for head in heads]
        known = np.concatenate([column[np.isfinite(column)] for column in columns])
        norm = Normalize(float(known.min()), float(known.max()) if known.max() > known.min() else float(known.min()) + 1e-9)
        canvas, every, box = draw.sheet(held.ground, held.units, len(heads), keys=0)
        inks: dict[str, str] = {}
        for axes, head, column in zip(every, heads, columns, strict=True):
            given = {str(unit): float(value) for unit, value in column.items() if np.isfinite(value)}
            shades = theme.sequential()
            colors = {unit: shades(norm(value)) for unit, value in given.items()}
            said = {unit: (name, given.get(unit, voice(NO_DATA))) for unit, name in held.names.items()}
            draw.areas(axes, held.ground, box, colors, said)
            draw.blocks(axes, held.ground, _groups(held) if len(heads) == 1 else {})
            inks = {unit: theme.on(norm(value)) for unit, value in given.items()}
            if signed:
                draw.falls(axes, held.ground, {unit: ink for unit, ink in inks.items() if given[unit] < 0})
            if len(heads) > 1:
                axes.set_title(theme.wrapped(head, 34), fontsize=9)
        if len(heads) == 1:
            draw.labels(every[0], held.ground, held.names, inks)
        draw.scale(every, norm, label)
        if missing := _missing(held, inks):
            theme.keys_below(every[0], [], missing)
        return canvas

    alt = Text("地图：颜色越深，数值越大。", "Map: the darker a place, the greater the figure.")
    down = Text("▼ 表示下降。", " ▼ marks a fall.")
    return Figure(key=key, caption=held.caption(caption), draw=paint, alt=voice(alt) + (voice(down) if signed else ""))


def _units(frame: pd.DataFrame, now: pd.DataFrame) -> pd.Index:
    """Every unit: those of the last year as they stand there, then those that it lacks."""
    return now.index.append(frame.index.unique("unit").difference(now.index))


def _held(table: Table, units: pd.Index, ground: Boundaries | None, period: int, voice: Voice) -> Mapped:
    every = tuple(map(str, units))
    where = tile_grid(pd.Series("", index=list(every))) if ground is None else ground
    return Mapped(table=table, units=every, ground=where, period=period, voice=voice)


def _table(answer: Coordination, now: pd.DataFrame, last: int, since: int, voice: Voice) -> Table:
    scheme = answer.spec.grades
    labels = {grade: scheme.label(grade, voice.lang) for grade in range(1, len(scheme.grades) + 1)}
    frame = pd.DataFrame({voice.term("unit"): [voice.name(unit) for unit in now.index]})
    frame[voice.term("grade")] = now["grade"].map(labels).fillna(voice(NO_DATA)).to_numpy()
    frame[voice.term("D")] = now["D"].to_numpy()
    if since != last:
        frame[_change(since, voice)] = (now["D"] - in_period(answer.frame, since)["D"].reindex(now.index)).to_numpy()
    for name in answer.systems:
        frame[voice.name(name)] = now[name].to_numpy()
    caption = Text(
        "{year} 年各地区的等级、变化与指数（上列地图的数据）",
        "Grades, change and indices of the places, {year} (data of the maps)",
    )
    return Table(key="map", caption=caption.format(year=last), frame=frame, show=SHOWN)


def _change(since: int, voice: Voice) -> str:
    return voice(Text("D 较 {base} 年变化", "Change of D since {base}"), base=since)


def _groups(held: Mapped) -> dict[str, str]:
    return {group: held.voice.name(group) for group in held.ground.blocks or {}}


def _missing(held: Mapped, given: Mapping[str, object]) -> str:
    """What the hatch is called, if a place that is drawn has no value."""
    bare = any(unit in held.ground.rings and unit not in given for unit in held.units)
    return held.voice(NO_DATA) if bare else ""
