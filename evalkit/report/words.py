"""How a report speaks: one language, the names of places and indicators, and numbers as the language writes them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import pandas as pd

from evalkit.panel.system import IndicatorSystem
from evalkit.terms import TERMS, Lang, Text, one_of_each


@dataclass(frozen=True, slots=True)
class Voice:
    """One language and the names it knows; called with a `Text`, it says it with the values filled in.

    Examples
    --------
    >>> voice = Voice("en", {"010101": Text("模拟县", "Sample county")})
    >>> voice(Text("共 {n} 个县", "{n} counties"), n=3), voice.name("010101"), voice.term("D")
    ('3 counties', 'Sample county', 'Coordination degree D')
    """

    lang: Lang = "zh"
    names: Mapping[str, Text] = field(default_factory=dict)

    def __call__(self, text: Text, **values: object) -> str:
        """The words in this language, with values filled in; a `Text` among them is said in it too."""
        said = {key: value.say(self.lang) if isinstance(value, Text) else value for key, value in values.items()}
        return one_of_each(text.say(self.lang).format(**said)) if said else text.say(self.lang)

    def name(self, code: object) -> str:
        """The name of a unit, a system, a dimension or an indicator; its code where it has none, and True and False as yes and no."""
        known = self.names.get(str(code))
        if known is None and pd.api.types.is_bool(code):
            return self.term("yes" if code else "no")
        return known.say(self.lang) if known else str(code)

    def term(self, key: str) -> str:
        """A word of the field."""
        return TERMS[key].say(self.lang)

    def places(self, units: pd.Series) -> pd.DataFrame:
        """The names of places, one row each, with their codes where these are another thing."""
        named = units.map(self.name)
        out = pd.DataFrame({self.term("unit"): named.to_numpy()})
        if (named != units).any():
            out.insert(0, self(Text("代码", "Code")), units.to_numpy())
        return out

    def listing(self, items: Iterable[str], most: int = 8) -> str:
        """Words in a row, the first few of many."""
        every = list(items)
        shown = ("、" if self.lang == "zh" else ", ").join(every[:most])
        if len(every) <= most:
            return shown
        return self(Text("{shown}等 {n} 个", "{shown} and {more} more"), shown=shown, n=len(every), more=len(every) - most)


def system_names(systems: Mapping[str, IndicatorSystem]) -> dict[str, Text]:
    """Names of systems, their dimensions and indicators, by id; systems also under the name they have in a study."""
    names: dict[str, Text] = {}
    for called, system in systems.items():
        names |= {called: system.name, system.id: system.name}
        for dimension in system.dimensions:
            names[dimension.id] = dimension.name
            names |= {indicator.id: indicator.name for indicator in dimension.indicators}
    return names


def spoken_method(method: str) -> Text:
    """A treatment of missing values as a reader says it."""
    said = {
        "Interpolate": Text("线性插值", "interpolated"),
        "Carry": Text("沿用邻近年份", "carried from the nearest year"),
        "GroupMean": Text("同组均值", "mean of the group"),
        "GroupMedian": Text("同组中位数", "median of the group"),
        "Neighbors": Text("近邻均值", "mean of similar units"),
        "Iterative": Text("迭代回归", "iterated regression"),
    }
    return said.get(method, Text(method, method))
