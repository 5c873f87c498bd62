"""The chapter on the places assessed: how many in each group, and how far apart they stand."""

from __future__ import annotations

import pandas as pd

from evalkit.answer import in_period
from evalkit.report.assessment.found import Assessment
from evalkit.report.document import Block, Heading, Paragraph, Table
from evalkit.report.words import Voice
from evalkit.terms import Text

SHARES = (0.0, 0.25, 0.5, 0.75, 1.0)


def overview(found: Assessment, voice: Voice) -> list[Block]:
    """The places by group, and the spread of each index over them."""
    year = int(found.bond.frame.index.get_level_values("period").max())
    levels = pd.DataFrame({name: in_period(score.frame, year)["score"] for name, score in found.scores.items()}).dropna()
    blocks: list[Block] = [Heading(voice(Text("评估地区概况", "The places assessed")))]
    for over in found.panel.groups.columns:
        blocks += _by_group(found, levels, str(over), year, voice)
    text = Text("{year} 年各地区指数的分布：{items}。", "How far apart the places stand in {year}: {items}.")
    item = Text("{system}由 {low:.3f} 至 {high:.3f}", "{system} from {low:.3f} to {high:.3f}")
    items = [voice(item, system=voice.name(name), low=levels[name].min(), high=levels[name].max()) for name in levels]
    said = voice(text, year=year, items=voice.listing(items))
    return [*blocks, Paragraph(said), _spread(found, levels, year, voice)]


def _by_group(found: Assessment, levels: pd.DataFrame, over: str, year: int, voice: Voice) -> list[Block]:
    """How many places each group has, what they weigh, and the mean of each index."""
    groups = found.panel.groups[over].reindex(levels.index).astype(object)
    made = pd.DataFrame({voice(Text("地区数", "Places")): groups.value_counts(sort=False)})
    weights = found.panel.weights
    if weights is not None:
        now = in_period(weights.to_frame("w"), year)["w"].reindex(levels.index)
        made[_weight(str(weights.name), voice)] = now.groupby(groups).sum()
    for name in levels:
        made[voice.name(name)] = levels[name].groupby(groups).mean()
    made = made.sort_index()
    made.insert(0, voice.term("group"), [voice.name(group) for group in made.index])
    sizes = groups.value_counts()
    text = Text(
        "{n} 个地区分属 {g} 组，每组{size}；下表为各组的地区数与 {year} 年指数均值。",
        "The {n} places fall into {g} groups of {size}; the table gives each group with its mean indices in {year}.",
    )
    few, many = int(sizes.min()), int(sizes.max())
    alike, differ = Text(" {a} 个", "{a}"), Text(" {a} 至 {b} 个", "{a} to {b}")
    said = voice(text, n=len(levels), g=len(made), size=voice(alike if few == many else differ, a=few, b=many), year=year)
    caption = Text("各组地区数与指数均值，{year} 年", "Places and mean indices by group, {year}").format(year=year)
    weighed = {} if weights is None else {_weight(str(weights.name), voice): 0}
    return [Paragraph(said), Table(key=f"overview_{over}", caption=caption, frame=made.reset_index(drop=True), decimals=weighed)]


def _weight(name: str, voice: Voice) -> str:
    """What the weight of places is called, where that is known."""
    if name == "population":
        return voice(Text("人口合计", "Population"))
    return voice(Text("权数合计", "Sum of weights"))


def _spread(found: Assessment, levels: pd.DataFrame, year: int, voice: Voice) -> Table:
    heads = (
        Text("最低", "Lowest"),
        Text("下四分位", "First quartile"),
        Text("中位数", "Median"),
        Text("上四分位", "Third quartile"),
        Text("最高", "Highest"),
    )
    spread = levels.quantile(list(SHARES)).T
    spread.columns = pd.Index([voice(head) for head in heads])
    spread.insert(0, voice.term("system"), [voice.name(name) for name in levels])
    caption = Text("各地区指数的分布，{year} 年", "Spread of the indices over places, {year}").format(year=year)
    return Table(key="overview", caption=caption, frame=spread.reset_index(drop=True))
