"""How an outcome differs between and within groups of places, such as provinces."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import keyed
from evalkit.errors import DataError, did_you_mean, several
from evalkit.stats.arrays import native
from evalkit.stats.ranks import flat
from evalkit.terms import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupDifferences:
    """An outcome by groups of units: its mean and spread in each, and the share of its variance that lies between them.

    The variance (divisor n, each unit alike) is the sum of a part between and a part within the groups:
    Σ (y − ȳ)² = Σ_g n_g (ȳ_g − ȳ)² + Σ_g Σ (y − ȳ_g)².

    Parameters
    ----------
    over
        The grouping: a column of `panel.groups`.
    """

    over: str

    def measure(self, series: pd.Series, groups: pd.DataFrame) -> Groups:
        """The outcome of each group in each period.

        Raises
        ------
        DataError
            A unit has no group or is named twice in `groups`, or the grouping is absent.

        Examples
        --------
        >>> key = pd.MultiIndex.from_product([["a", "b", "c", "d"], [2020]], names=["unit", "period"])
        >>> province = pd.DataFrame({"province": ["x", "x", "y", "y"]}, index=pd.Index(["a", "b", "c", "d"], name="unit"))
        >>> answer = GroupDifferences(over="province").measure(pd.Series([1.0, 2.0, 3.0, 4.0], key), province)
        >>> answer.overall["between_share"].round(6).item()
        0.8
        """
        keyed(series, who="the outcome")
        if self.over not in groups:
            hint = did_you_mean(self.over, map(str, groups.columns)) or f"groupings: {several(groups.columns) or 'none'}"
            raise DataError(f"the panel has no grouping '{self.over}'", do=hint)
        if (twice := groups.index.duplicated()).any():
            what, do = "the table of groups names units twice", "keep one row of each unit"
            raise DataError(what, found=f"[{several(groups.index[twice].unique())}]", do=do)
        unit, period = series.index.get_level_values("unit"), series.index.get_level_values("period")
        group = native(groups[self.over]).reindex(unit)
        without = unit[group.isna()].unique()
        if len(without):
            raise DataError(f"units have no '{self.over}': [{several(without)}]", do="give each unit its group")
        rows = pd.DataFrame({"group": group.to_numpy(), "period": period, "y": series.to_numpy(dtype=float)})
        by = rows.groupby(["group", "period"], sort=True)["y"]
        frame = by.agg(["count", "mean", "std", "min", "max"]).rename(columns={"count": "n"})
        frame["std"] = by.std(ddof=0)
        text = Text(
            "组间差异为描述性结果，每个地区权重相同。", "Differences between groups are descriptive; each place counts alike."
        )
        return Groups(spec=self, frame=frame, overall=_overall(rows), notes=(Note("choice", text),))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Groups(Answer):
    """`frame` is keyed by (group, period): `n`, `mean`, `std` (divisor n), `min`, `max`.

    `overall` is keyed by period: `mean`, `std`, `cv` (std / mean) and `between_share` (of the variance, in [0, 1]; 0 where
    nothing varies, or in the last bits alone).
    """

    overall: pd.DataFrame


def _overall(rows: pd.DataFrame) -> pd.DataFrame:
    by_period = rows.groupby("period")["y"]
    mean, std = by_period.mean(), by_period.std(ddof=0)
    group_mean = rows.groupby(["period", "group"])["y"].transform("mean")
    between = ((group_mean - rows["period"].map(mean)) ** 2).groupby(rows["period"]).mean()
    alike = flat(by_period.min().to_numpy(), by_period.max().to_numpy())
    share = (between / (std**2).mask(alike)).fillna(0.0)
    return pd.DataFrame({"mean": mean, "std": std, "cv": std / mean.where(mean != 0), "between_share": share})
