"""The part of the report with maps: what they show, and what must be known beside them."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from evalkit.answer import in_period
from evalkit.coupling.static import Coordination
from evalkit.panel.boundaries import Boundaries
from evalkit.report.assessment.found import Assessment
from evalkit.report.assessment.progress import Span
from evalkit.report.document import Block, Figure, Heading, Paragraph, Table
from evalkit.report.maps.answers import coordination_maps
from evalkit.report.maps.tiles import tile_grid
from evalkit.report.words import Voice
from evalkit.terms import Text

MOST_TILES = 1000  # places; more tiles than that cannot be told apart
MAPS, GLANCE = Text("空间分布", "Where the places stand"), Text("各地区一览（格网图）", "The places at a glance")
SOURCES = {
    "degrees": Text(
        "边界取自“{source}”，由使用者提供，未经核对；按等距圆柱投影绘出。公开前须确认地图可以公开使用（审图号）。",
        "Boundaries are those of “{source}”, given by the user and not examined, drawn in an equirectangular projection. Before the map is "
        "published, make sure that it may be (in China by its map approval number).",
    ),
    "plane": Text(
        "边界取自“{source}”，由使用者提供，未经核对；坐标按原样绘出。公开前须确认地图可以公开使用（审图号）。",
        "Boundaries are those of “{source}”, given by the user and not examined; coordinates are drawn as they are. Before the map is "
        "published, make sure that it may be (in China by its map approval number).",
    ),
    "declared": Text("格网中的位置取自“{source}”。", "Positions in the grid are those of “{source}”."),
    "grid": Text(
        "格网按组排列，组内按代码排列；位置不表示地理方位，相邻不表示接壤。",
        "Tiles stand by group and, within it, in the order of their codes; positions show no geography, and neighbors need not border.",
    ),
}


def map_section(found: Assessment, voice: Voice) -> list[Block]:
    """Maps of the last year with what must be known of them; nothing where there are neither boundaries nor groups."""
    ground, groups = found.ground, found.panel.groups
    if ground is None and not groups.empty and len(groups) <= MOST_TILES:
        ground = tile_grid(groups.iloc[:, 0])
    if ground is None or not set(ground.rings) & set(found.bond.frame.index.unique("unit")):
        return []
    drawn = coordination_maps(found.bond, voice, ground, Span.of(next(iter(found.scores.values()))).base)
    title = GLANCE if ground.kind == "grid" else MAPS
    notes = [Paragraph(said, role="note") for said in remarks(found.bond.frame, ground, voice)]
    return [Heading(voice(title), level=2), Paragraph(_words(found.bond, drawn, voice)), *drawn, *notes]


def remarks(frame: pd.DataFrame, ground: Boundaries, voice: Voice) -> list[str]:
    """What must be known beside a map: where it is from, which places it lacks, which have no data, and what belongs to none."""
    every = [str(unit) for unit in frame.index.unique("unit")]
    now = in_period(frame, int(frame.index.get_level_values("period").max())).index
    absent = [unit for unit in every if unit not in ground.rings]
    bare = [unit for unit in every if unit in ground.rings and unit not in now]
    other = [unit for unit in ground.rings if unit not in set(every)]
    said = [voice(SOURCES[ground.kind], source=ground.source)]
    if absent:
        text = Text("{n} 个地区没有边界，未绘出：{items}。", "No outline is given for {n} places, which are not drawn: {items}.")
        said.append(voice(text, n=len(absent), items=voice.listing(map(voice.name, absent))))
    if bare:
        text = Text("{n} 个地区末年无数据，以斜线表示：{items}。", "No data in the last year, hatched: {n} places ({items}).")
        said.append(voice(text, n=len(bare), items=voice.listing(map(voice.name, bare))))
    if other:
        text = Text("另有 {n} 个边界不属于参评地区，只描轮廓。", "Outlines left empty: {n} places that are not assessed.")
        said.append(voice(text, n=len(other)))
    return said


def _words(bond: Coordination, drawn: Sequence[Figure | Table], voice: Voice) -> str:
    """What the maps show, in a sentence."""
    table = next(one for one in drawn if isinstance(one, Table)).frame
    head = voice.term("D")
    known = table[table[head].notna()]
    change = next((column for column in table.columns[3:4] if len(drawn) == 4), None)
    years = bond.frame.index.unique("period")
    text = Text(
        "{year} 年 D 最高的是{high}（{a:.3f}），最低的是{low}（{b:.3f}）。",
        "In {year} D is highest in {high} ({a:.3f}) and lowest in {low} ({b:.3f}).",
    )
    unit = voice.term("unit")
    said = voice(
        text,
        year=int(years.max()),
        high=known[unit].iloc[0],
        a=known[head].iloc[0],
        low=known[unit].iloc[-1],
        b=known[head].iloc[-1],
    )
    if change is None:
        return said
    moved = table[change].dropna()
    up, down = int((moved > 0).sum()), int((moved < 0).sum())
    more = Text("{change}：{up} 个地区上升，{down} 个下降", " {change}: it rose in {up} places and fell in {down}")
    end = Text("（图中以 ▼ 标出）。", " (marked ▼).") if down else Text("。", ".")
    return said + voice(more, change=change, up=up, down=down) + voice(end)
