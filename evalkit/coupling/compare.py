"""Coordination under other settings beside the one that was chosen: how far D, grades and laggards hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note, in_period
from evalkit.check import instance
from evalkit.coupling.static import Coordination, on_coordination
from evalkit.errors import DataError, SpecError, several
from evalkit.stats.ranks import ranks, spearman
from evalkit.terms import Text, same

FIRST = 10  # how many of the best places are asked whether they stay among the best


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Comparison(Answer):
    """Alternatives beside a base: `frame` has one row an alternative, by label.

    Columns: `units` (unit-years compared), `mean_D`, `mean_change` (mean of D minus the base's), `largest_change` (greatest
    absolute change of a D), `rank_correlation` (Spearman, over all unit-years), `grade_changed` and `lag_changed` (shares of
    unit-years whose grade, or lagging system, is another). `base` is what they are compared with, `labels` says
    each label in both languages.

    `places` is keyed by unit, for `period`, the last one that the base has in common with every alternative: `D`, `rank` and
    `grade` of the base, and over the base and all alternatives `best`, `worst` (ranks), `lowest`, `highest` (grades) and
    `always_first` (among the best `FIRST` under each).
    """

    base: Coordination
    labels: Mapping[str, Text]
    places: pd.DataFrame
    period: int


def compare(base: Coordination, alternatives: Mapping[str | Text, Coordination]) -> Comparison:
    """What becomes of D, its grades and the lagging systems when a setting is another.

    Alternatives are named by a word, or by a `Text` in both languages. They may cover fewer unit-years; they are compared
    where both have an answer.

    Raises
    ------
    SpecError
        There is no alternative, one is no coordination, or two have the same name.
    DataError
        An alternative has no unit-year in common with the base, or there is no year that it has in common with every one.

    Examples
    --------
    >>> key = pd.MultiIndex.from_tuples([("a", 1), ("b", 1)], names=["unit", "period"])
    >>> from evalkit.coupling.static import CouplingCoordination
    >>> u = {"kept": pd.Series([0.8, 0.4], key), "rise": pd.Series([0.3, 0.4], key)}
    >>> base = CouplingCoordination().measure(**u)
    >>> other = CouplingCoordination(shares=(0.6, 0.4)).measure(**u)
    >>> compare(base, {"other shares": other}).frame["rank_correlation"].item()
    1.0
    """
    on_coordination(base, what="settings are compared")
    labels = _labelled(alternatives)
    rows = {key: _against(base, alternatives[label], key) for key, label in labels.items()}
    text = Text(
        "对照仅改变所列设定，其余不变；不含测量误差。",
        "Each alternative changes the named setting and nothing else; measurement error is not in it.",
    )
    frame = pd.DataFrame.from_dict(rows, orient="index").rename_axis("alternative")
    period = _last(base, alternatives.values())
    places = _places(base, alternatives.values(), period)
    return Comparison(
        spec=base.spec,
        frame=frame,
        base=base,
        labels={key: label if isinstance(label, Text) else same(label) for key, label in labels.items()},
        places=places,
        period=period,
        notes=(Note("caution", text),),
    )


def _labelled(alternatives: Mapping[str | Text, Coordination]) -> dict[str, str | Text]:
    """The names of the alternatives by their English words, after each alternative is seen to be a coordination."""
    instance(alternatives, Mapping, who="what is compared with the base", do='pass {"other shares": other}')
    if not alternatives:
        raise SpecError("there is no alternative to compare", do="pass at least one")
    for label, other in alternatives.items():
        if not isinstance(label, str | Text):
            raise SpecError("an alternative is named by a word or a Text", found=repr(label))
        on_coordination(other, what=f"alternative '{label.en if isinstance(label, Text) else label}' is compared")
    labels = {label.en if isinstance(label, Text) else label: label for label in alternatives}
    if len(labels) < len(alternatives):
        raise SpecError("two alternatives have the same name", found=several(labels), do="give each a name of its own")
    return labels


def _last(base: Coordination, others: Iterable[Coordination]) -> int:
    """The last period of which every alternative has a place of the base."""
    shared = set[int](base.frame.index.unique("period"))
    for other in others:
        shared &= set(base.frame.index.intersection(other.frame.index).unique("period"))
    if not shared:
        raise DataError("there is no year that the base has in common with every alternative", do="compare them one by one")
    return int(max(shared))


def _places(base: Coordination, others: Iterable[Coordination], period: int) -> pd.DataFrame:
    """Ranks and grades of every place in one period, over the base and the alternatives that have it."""
    now = in_period(base.frame, period)
    every = [now, *(in_period(other.frame, period).reindex(now.index).dropna(subset=["D"]) for other in others)]
    rank = pd.DataFrame({at: pd.Series(ranks(one["D"].to_numpy()), one.index) for at, one in enumerate(every)}, index=now.index)
    grade = pd.DataFrame({at: one["grade"] for at, one in enumerate(every)}, index=now.index)
    return pd.DataFrame(
        {
            "D": now["D"],
            "rank": rank[0].astype(int),
            "best": rank.min(axis=1).astype(int),
            "worst": rank.max(axis=1).astype(int),
            "grade": now["grade"],
            "lowest": grade.min(axis=1).astype(int),
            "highest": grade.max(axis=1).astype(int),
            "always_first": (rank <= FIRST).all(axis=1),
        }
    ).sort_values(["rank", "worst"], kind="stable")


def _against(base: Coordination, other: Coordination, label: str) -> dict[str, float]:
    common = base.frame.index.intersection(other.frame.index)
    if common.empty:
        raise DataError(f"alternative '{label}' has no unit-year in common with the base")
    a, b = base.frame.loc[common], other.frame.loc[common]
    d, e = a["D"].to_numpy(), b["D"].to_numpy()
    lag_a, lag_b = a["lagging"].astype(object).fillna(""), b["lagging"].astype(object).fillna("")
    return {
        "units": len(common),
        "mean_D": float(e.mean()),
        "mean_change": float((e - d).mean()),
        "largest_change": float(np.abs(e - d).max()),
        "rank_correlation": spearman(d, e),
        "grade_changed": float((a["grade"].to_numpy() != b["grade"].to_numpy()).mean()),
        "lag_changed": float((lag_a.to_numpy() != lag_b.to_numpy()).mean()),
    }
