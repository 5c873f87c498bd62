"""The field's words in Chinese and English; whatever a reader sees is a `Text` in both."""

from __future__ import annotations

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
        return Text(self.zh.format(**zh), self.en.format(**en))


def same(text: str) -> Text:
    """Words that are the same in both languages: a code, a symbol, a name."""
    return Text(text, text)


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
}
