"""Why a home is on the list: the few themes that raise its risk, from the model itself, and what it would be without each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import instance, mapping, number, shown, whole
from evalkit.errors import DataError, SpecError, did_you_mean, several
from evalkit.risk.models.base import RiskClassifier, ablated, on_logit_scale
from evalkit.risk.models.fitted import RiskModel, key_of
from evalkit.risk.observed import a_frame
from evalkit.stats.arrays import Array
from evalkit.stats.logistic import logit
from evalkit.stats.ranks import HALF, settled
from evalkit.terms import Text

THEMES: dict[str, Text] = {
    "illness": Text("因病", "illness"),
    "disability": Text("因残", "disability"),
    "schooling": Text("因学", "schooling costs"),
    "disaster": Text("因灾", "disaster"),
    "work": Text("失业或务工减少", "loss of work"),
    "income": Text("收入下降或偏低", "income drop or low income"),
    "dwelling": Text("住房", "dwelling"),
    "water": Text("饮水", "water"),
    "household": Text("家庭人口结构", "household members"),
    "support": Text("转移性收入与保障", "transfers and cover"),
    "history": Text("曾经贫困", "poor before"),
    "place": Text("所在地区", "place"),
    "other": Text("其他情况", "other circumstances"),
}
NAMED = 'write {"ill": Text("患病", "illness")}'


def by_theme(parts: Array, themes: tuple[str, ...]) -> tuple[tuple[str, ...], Array]:
    """Contributions (n, features) summed over features of one theme: different themes in order, and (n, themes).

    Examples
    --------
    >>> by_theme(np.array([[0.2, 0.1, -0.3]]), ("work", "work", "water"))
    (('work', 'water'), array([[ 0.3, -0.3]]))
    """
    names = tuple(dict.fromkeys(themes))
    at = np.array([names.index(theme) for theme in themes])
    return names, parts @ np.eye(len(names))[at]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """The themes that raise the risk of each home most, in the terms of the monitoring system.

    What features add to the logit of the risk comes from the model itself: coefficients of regressions, curves of explainable
    boosting, exact Shapley values of trees, or else the mean over two orders of setting features to what is usual. Features of
    one theme are summed, and themes that raise the risk are named, the greatest first.

    Parameters
    ----------
    themes
        The theme of each feature, by `THEMES` or `names`; features that are not in it are of the theme "other".
    most
        How many reasons a home is given.
    least
        What a theme must add to the logit to be named: 0.1 multiplies the odds by about 1.1.
    reference
        The figure of a feature in a home that is as usual, for "what would it be without": where it is not given, the weighted
        median of the rows the model learnt from.
    names
        Names of themes beyond `THEMES`.

    Examples
    --------
    >>> from evalkit.risk.models.linear import PenalizedLogistic
    >>> from evalkit.risk.models.rungs import Rung
    >>> rng = np.random.default_rng(0)
    >>> X = pd.DataFrame({"ill": rng.integers(0, 2, 400), "size": rng.integers(1, 6, 400)})
    >>> fell = (rng.random(400) < 0.1 + 0.4 * X["ill"]).astype(int)
    >>> rung = Rung(name="logistic", estimator=PenalizedLogistic())
    >>> learnt = PenalizedLogistic().fit(X, fell)
    >>> model = RiskModel(rung=rung, estimator=learnt, features=("ill", "size"), reference=pd.Series({"ill": 0.0, "size": 3.0}))
    >>> home = pd.DataFrame({"unit": ["a"], "period": [2024], "ill": [1], "size": [3]})
    >>> found = Reasons(themes={"ill": "illness", "size": "household"}).measure(model, home)
    >>> found.frame["theme"].tolist(), bool((found.frame["risk_without"] < found.frame["risk"]).all())
    (['illness'], True)
    """

    themes: Mapping[str, str]
    most: int = 3
    least: float = 0.1
    reference: Mapping[str, float] | None = None
    names: Mapping[str, Text] | None = None

    def __post_init__(self) -> None:
        mapping(self.names or {}, who="Reasons names", do=NAMED)
        for name in (self.names or {}).values():
            instance(name, Text, who="each of Reasons names", do=NAMED)
        known = {**THEMES, **(self.names or {})}
        if not isinstance(self.themes, Mapping) or any(not isinstance(x, str) for pair in self.themes.items() for x in pair):
            raise SpecError("Reasons themes must map features to themes", found=shown(self.themes), do='write {"ill": "illness"}')
        lost = [theme for theme in self.themes.values() if theme not in known]
        if lost:
            near = did_you_mean(lost[0], known)
            do = f"{near} Otherwise name it in names" if near else f"use one of {', '.join(known)}, or name it in names"
            raise SpecError("some themes have no name", found=several(lost), do=do)
        whole(self.most, who="Reasons most")
        number(self.least, "[0, ∞)", who="Reasons least", do="write 0.1")

    def measure(self, model: RiskModel, frame: pd.DataFrame) -> HomeReasons:
        """The reasons of each home of a frame, such as the rows of a visiting list.

        Raises
        ------
        SpecError
            `model` is no RiskModel, or the mapping names no feature of it.
        DataError
            A column is absent or not what the model takes.
        """
        if not isinstance(model, RiskModel):
            raise SpecError("Reasons needs a RiskModel", found=type(model).__name__, do="pass climbed.model")
        a_frame(frame, who="Reasons")
        themes = tuple(self.themes.get(name, "other") for name in model.features)
        if set(themes) == {"other"} and "other" not in self.themes.values():
            raise SpecError("no feature of the model has a theme", found=several(model.features), do="map its features to themes")
        X, usual = model.matrix(frame), self._usual(model)
        names, added = by_theme(self._parts(model, X, usual), themes)
        key = key_of(frame, model.unit, model.period, who="Reasons")
        risk, without = model.risk(X), self._without(model, X, usual, themes, names)
        reasons = self._reasons(names, added, (risk, without), key)
        contributions = pd.DataFrame(added, columns=list(names), index=key)
        return HomeReasons(
            spec=self,
            frame=reasons,
            contributions=contributions,
            sentences=_sentences(reasons, key),
            notes=self._notes(model, len(key), len(reasons.groupby(level=["unit", "period"]))),
        )

    def _usual(self, model: RiskModel) -> Array:
        given = dict(self.reference or {})
        lost = [name for name in given if name not in model.features]
        if lost:
            raise DataError("the reference names what is no feature of the model", found=several(lost), do="name its features")
        return np.array([given.get(name, model.reference[name]) for name in model.features], dtype=np.float64)

    def _parts(self, model: RiskModel, X: pd.DataFrame, usual: Array) -> Array:
        """What each feature adds to the logit of the risk before calibration."""
        if isinstance(model.estimator, RiskClassifier) and model.estimator.own_parts:
            return on_logit_scale(model.estimator, X)[0]

        def score(values: Array) -> Array:
            return logit(model.estimator.predict_proba(pd.DataFrame(values, columns=X.columns))[:, 1])

        return ablated(score, X.to_numpy(), usual)

    def _without(self, model: RiskModel, X: pd.DataFrame, usual: Array, themes: tuple[str, ...], names: tuple[str, ...]) -> Array:
        """The risk of each row were all features of a theme as usual, of shape (n, themes)."""
        out = np.empty((len(X), len(names)))
        for at, name in enumerate(names):
            other = X.copy()
            for j, column in enumerate(X.columns):
                if themes[j] == name:
                    other[column] = usual[j]
            out[:, at] = model.risk(other)
        return out

    def _reasons(self, names: tuple[str, ...], added: Array, risks: tuple[Array, Array], key: pd.MultiIndex) -> pd.DataFrame:
        """One row a home and reason."""
        most = min(self.most, len(names))
        order = np.argsort(-settled(added), axis=1, kind="stable")[:, :most]
        row = np.repeat(np.arange(len(added)), most)
        theme = order.ravel()
        rank = np.tile(np.arange(1, most + 1), len(added))
        held = added[row, theme] > max(self.least, 0.0) + HALF
        row, theme, rank = row[held], theme[held], rank[held]
        known = {**THEMES, **(self.names or {})}
        raised = np.maximum(added, 0.0).sum(axis=1)
        index = pd.MultiIndex.from_arrays(
            [key.get_level_values(0)[row], key.get_level_values(1)[row], rank], names=["unit", "period", "rank"]
        )
        return pd.DataFrame(
            {
                "theme": [names[at] for at in theme],
                "zh": [known[names[at]].zh for at in theme],
                "en": [known[names[at]].en for at in theme],
                "contribution": added[row, theme],
                "share": added[row, theme] / raised[row],
                "risk": risks[0][row],
                "risk_without": risks[1][row, theme],
            },
            index=index,
        )

    def _notes(self, model: RiskModel, n: int, named: int) -> tuple[Note, ...]:
        text = Text(
            "原因出自模型“{rung}”，是与风险同时出现的情况，不证明因果，也不是对住户的评价；"
            "“若无此因”指把该类情况改为通常水平后的模型风险。",
            "Reasons come from the rung '{rung}': what goes with the risk, no proof of causes, no judgment of a home; "
            "'without' is the risk the model gives were that theme as usual.",
        )
        title = model.rung.title
        notes = [Note("caution", Text(text.zh.format(rung=title.zh), text.en.format(rung=title.en)))]
        if named < n:
            few = Text(
                "{k:,} 户没有任何一类情况使风险明显升高。",
                "No theme raises the risk of {k:,} homes enough to be named.",
            )
            notes.append(Note("choice", few.format(k=n - named)))
        return tuple(notes)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class HomeReasons(Answer):
    """Reasons: `frame` is keyed by (unit, period, rank) of those that are named.

    Columns: `theme`, `zh` and `en` (its names), `contribution` (to the logit of the risk before calibration), `share` (of all
    that raises it), `risk` and `risk_without` (were the theme as usual). `contributions` has every theme of every home, also
    those that lower the risk. `sentences` has the named themes of each home as one text in each language, for lists.
    """

    spec: Reasons
    contributions: pd.DataFrame
    sentences: pd.DataFrame


def _sentences(reasons: pd.DataFrame, key: pd.MultiIndex) -> pd.DataFrame:
    """The themes of each home in order, joined; empty where none is named."""
    by = reasons.groupby(level=["unit", "period"], sort=False)
    texts = pd.DataFrame({"zh": by["zh"].agg("、".join), "en": by["en"].agg(", ".join)}, dtype=object)
    return texts.reindex(key, fill_value="")
