"""Errors of measurement of the raw figures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from evalkit.check import mapping, number
from evalkit.errors import SpecError, did_you_mean
from evalkit.stats.arrays import Array
from evalkit.terms import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """Errors of measurement: independent normal errors, added to the raw figures after gaps are filled.

    Parameters
    ----------
    relative
        Standard deviation as a share of the figure, for all indicators or by indicator id.
    absolute
        Standard deviation in the indicator's own unit, for all or by id. Where both are given their variances add up.

    Examples
    --------
    >>> Noise(relative=0.1, absolute={"a": 3.0}).deviation(np.array([[40.0], [-40.0]]), ["a", "b"])
    array([[5.],
           [4.]])
    """

    relative: float | Mapping[str, float] = 0.0
    absolute: float | Mapping[str, float] = 0.0

    def __post_init__(self) -> None:
        do = "give relative=0.05 for 5 % of the figure, or absolute={'indicator': 1.5}"
        given = [*_every(self.relative, "Noise relative", do), *_every(self.absolute, "Noise absolute", do)]
        if not any(given):
            raise SpecError("Noise needs a standard deviation above 0", found=f"{self.relative} and {self.absolute}", do=do)

    def deviation(self, x: Array, columns: Sequence[str]) -> Array:
        """Standard deviations of figures of shape (n, rows)."""
        share, own = (self._by_column(given, columns)[:, None] for given in (self.relative, self.absolute))
        return np.hypot(share * np.abs(x), own)

    @property
    def said(self) -> Text:
        """What is added."""
        text = Text(
            "原始数据加入独立正态测量误差（标准差：{size}）",
            "independent normal errors are added to the raw figures (standard deviation: {size})",
        )
        share = _size(
            self.relative, Text("数值的 {:.1%}", "{:.1%} of the figure"), Text("按指标给定的比例", "given by indicator")
        )
        own = _size(self.absolute, Text("{:g}", "{:g}"), Text("按指标给定的数值", "given by indicator"))
        told = [size for size in (share, own) if size is not None]
        return text.format(size=Text("、".join(t.zh for t in told), " and ".join(t.en for t in told)))

    def _by_column(self, given: float | Mapping[str, float], columns: Sequence[str]) -> Array:
        if not isinstance(given, Mapping):
            return np.full(len(columns), float(given))
        strange = [name for name in given if name not in columns]
        if strange:
            near = did_you_mean(strange[0], columns) or "name scored indicators"
            raise SpecError(f"Noise names '{strange[0]}', which the index does not score", do=near)
        return np.array([float(given.get(name, 0.0)) for name in columns])


def _every(given: float | Mapping[str, float], who: str, do: str) -> list[float]:
    """All standard deviations given, each a number that is not negative."""
    if not isinstance(given, Mapping):
        number(given, "[0, ∞)", who=who, do=do)
        return [given]
    mapping(given, who=who, do=do)
    for name, value in given.items():
        number(value, "[0, ∞)", who=f"{who} of '{name}'", do=do)
    return list(given.values())


def _size(given: float | Mapping[str, float], common: Text, single: Text) -> Text | None:
    """How large one kind of error is, said; None where there is none."""
    if isinstance(given, Mapping):
        return single
    return Text(common.zh.format(given), common.en.format(given)) if given else None
