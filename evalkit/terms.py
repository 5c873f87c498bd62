"""The field's words in Chinese and English; whatever a reader sees is a `Text` in both."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple

Lang = Literal["zh", "en"]


class Text(NamedTuple):
    """The same words in Chinese and in English.

    Examples
    --------
    >>> D = Text("耦合协调度", "coupling coordination degree")
    >>> D.say("zh")
    '耦合协调度'
    >>> Text("共 {n} 个县", "{n} counties").format(n=3).say("en")
    '3 counties'
    """

    zh: str
    en: str

    def say(self, lang: Lang) -> str:
        """The words in one language; where it lacks them, those of the other."""
        return (self.zh or self.en) if lang == "zh" else (self.en or self.zh)

    def format(self, **values: object) -> Text:
        """Both languages with the same values filled in; a `Text` among them speaks each language."""
        zh = {k: v.say("zh") if isinstance(v, Text) else v for k, v in values.items()}
        en = {k: v.say("en") if isinstance(v, Text) else v for k, v in values.items()}
        return Text(self.zh.format(**zh), one_of_each(self.en.format(**en)))


def same(text: str) -> Text:
    """Words that are the same in both languages: a code, a symbol, a name."""
    return Text(text, text)


def first_of(items: Iterable[object], most: int = 5) -> Text:
    """The first few of many in either language, and how many there are beyond them.

    Examples
    --------
    >>> first_of("abcde", most=3)
    Text(zh='a、b、c 等 5 项', en='a, b, c and 2 more')
    """
    every = [item if isinstance(item, Text) else same(str(item)) for item in items]
    zh, en = "、".join(item.zh for item in every[:most]), ", ".join(item.en for item in every[:most])
    more = len(every) - most
    return Text(f"{zh} 等 {len(every)} 项", f"{en} and {more} more") if more > 0 else Text(zh, en)


_KINDS = "place|unit-year|draw|household|home|person|village|method|term|wave|gap|slope|case|finding|record|row|cell|group|unit"
_MANY = {"counties": "county", "deliveries": "delivery", "breaches": "breach"}
_VERBS = {"are": "is", "have": "has", "keep": "keeps", "stand": "stands", "lie": "lies", "hold": "holds", "fall": "falls"}
_BETWEEN = "(?:other |calibration )?"
_COUNT = r"(?<![\d.,–])(?<!level )(?<!grade )(?<!rank )(?<!stage )1"  # "level 1 homes" are not counted
_NOUN = re.compile(rf"{_COUNT} ({_BETWEEN})(?:({_KINDS})s|({'|'.join(_MANY)}))\b")
_ONE = rf"{_COUNT}(?: of [\d,]+ [a-z-]+| {_BETWEEN}(?:{_KINDS}|{'|'.join(_MANY.values())})(?: of [\w-]+)?)"
_VERB = re.compile(rf"(?<!and )(?<!or )(?<!to )({_ONE}|(?:(?<=[;,:(.] )|^)1) ({'|'.join(_VERBS)})\b")


def one_of_each(words: str) -> str:
    """English words with "1 places are" said as "1 place is".

    Examples
    --------
    >>> one_of_each("of 1 places, 11 places in 1 unit-years")
    'of 1 place, 11 places in 1 unit-year'
    >>> one_of_each("1 calibration slopes lie below 1; 1 of 12 places are behind, 21 are not; scores of 0 and 1 are ends")
    '1 calibration slope lies below 1; 1 of 12 places is behind, 21 are not; scores of 0 and 1 are ends'
    >>> one_of_each("1 gaps of G21 are filled; 1 are left; homes of level 1 are visited, for a D of 1 are too few")
    '1 gap of G21 is filled; 1 is left; homes of level 1 are visited, for a D of 1 are too few'
    """
    single = _NOUN.sub(lambda found: f"1 {found[1]}{found[2] or _MANY[found[3]]}", words)
    return _VERB.sub(lambda found: f"{found[1]} {_VERBS[found[2]]}", single)


TERMS: dict[str, Text] = {
    "unit": Text("地区", "Place"),
    "period": Text("年份", "Year"),
    "group": Text("分组", "Group"),
    "indicator": Text("指标", "Indicator"),
    "dimension": Text("维度", "Dimension"),
    "system": Text("系统", "System"),
    "direction": Text("方向", "Direction"),
    "benefit": Text("正向", "benefit"),
    "cost": Text("逆向", "cost"),
    "moderate": Text("适度", "moderate"),
    "context": Text("背景（不计分）", "context (not scored)"),
    "measure_unit": Text("单位", "Unit of measure"),
    "weight": Text("权重", "Weight"),
    "lower": Text("下界", "Lower bound"),
    "upper": Text("上界", "Upper bound"),
    "skewness": Text("偏度", "Skewness"),
    "divergence": Text("差异系数", "Divergence 1 − e"),
    "source": Text("来源", "Source"),
    "score": Text("综合指数", "Index"),
    "C": Text("耦合度 C", "Coupling degree C"),
    "T": Text("综合发展指数 T", "Development index T"),
    "D": Text("耦合协调度 D", "Coordination degree D"),
    "grade": Text("协调等级", "Grade"),
    "lagging": Text("滞后系统", "Lagging system"),
    "gap": Text("两系统差距", "Gap between systems"),
    "synchronous": Text("同步发展", "in step"),
    "obstacle": Text("障碍度", "Obstacle degree"),
    "rank": Text("位次", "Rank"),
    "mean": Text("均值", "Mean"),
    "note": Text("说明", "Note"),
    "yes": Text("是", "yes"),
    "no": Text("否", "no"),
}
