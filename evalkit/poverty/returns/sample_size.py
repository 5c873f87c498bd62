"""How many homes must be asked to rule out a rate of return, and which rate a sample can rule out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import at_rows, positive, shown, whole
from evalkit.errors import DataError, SpecError
from evalkit.poverty.columns import is_level
from evalkit.stats.arrays import Array, Codes
from evalkit.stats.exact import TIE, binomial_below, binomial_upper, hypergeometric_below, hypergeometric_upper
from evalkit.terms import Text


def homes_to_ask(rate: float, failures: Codes, level: float = 0.95) -> Codes:
    """The fewest homes of a large population of which at most `failures` returns rule out `rate`: P(X ≤ c | n, rate) ≤ 1 − level.

    Examples
    --------
    >>> homes_to_ask(0.01, np.array([0, 1]))
    array([299, 473])
    """
    failures = np.asarray(failures, dtype=np.intp)
    low, high = failures + 1, np.ceil((failures + 40 + 10 * np.sqrt(failures + 1.0)) / rate).astype(np.intp)
    while (low < high).any():
        middle = (low + high) // 2
        enough = binomial_below(failures.astype(float), middle.astype(float), rate) <= (1 - level) * TIE
        low, high = np.where(enough, low, middle + 1), np.where(enough, middle, high)
    return low


def homes_to_ask_of(population: Codes, rate: float, failures: Codes, level: float = 0.95) -> Codes:
    """The fewest homes of so many, drawn without return, of which at most `failures` returns rule out `rate`; −1 where none do.

    A rate is reached by ⌈rate × population⌉ homes; where those are no more than `failures`, no sample rules it out.

    Examples
    --------
    >>> homes_to_ask_of(np.array([100, 1000, 10_000]), 0.01, np.array([0, 0, 0]))
    array([ 95, 258, 294])
    """
    population, failures = np.broadcast_arrays(np.asarray(population, dtype=np.intp), np.asarray(failures, dtype=np.intp))
    reach = np.ceil(rate * population - 1e-9).astype(np.intp)
    able = reach > failures
    low, high = np.minimum(failures + 1, population), population + 0
    while (low < high).any():
        middle = (low + high) // 2
        enough = hypergeometric_below(failures, population, reach, middle) <= (1 - level) * TIE
        low, high = np.where(enough, low, middle + 1), np.where(enough, middle, high)
    return np.where(able, low, -1)


def rate_ruled_out(homes: Array, failures: Codes, level: float = 0.95, population: Codes | None = None) -> Array:
    """The smallest rate that a sample with so many returns rules out; of a finite population the least it can have; at most 1.

    Examples
    --------
    >>> rate_ruled_out(np.array([300.0]), np.array([0])).round(4)
    array([0.0099])
    >>> rate_ruled_out(np.array([258.0]), np.array([0]), population=np.array([1000]))
    array([0.01])
    """
    if population is None:
        return binomial_upper(np.asarray(failures, dtype=float), homes, level)
    most = hypergeometric_upper(np.asarray(failures), np.asarray(population), np.asarray(homes).astype(np.intp), level)
    return np.minimum((most + 1) / population, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class SampleToRuleOut:
    """How many homes to ask so that a rate of return is ruled out if no more than so many of them have come back.

    Parameters
    ----------
    rate
        The rate to rule out, in (0, 1).
    failures
        Returns allowed among those asked; the more, the larger the sample and the better the chance that it succeeds.
    level
        One-sided.
    design_effect
        How many times as many homes a sample by villages needs; 1 for homes drawn one by one.
    true_rate
        A rate below `rate` at which to say how likely the sample succeeds; None: not said.

    Examples
    --------
    >>> SampleToRuleOut(rate=0.01, failures=(0, 1), true_rate=0.002).measure().frame.round(3)
       failures    n  chance
    0         0  299   0.550
    1         1  473   0.756
    """

    rate: float
    failures: tuple[int, ...] = (0, 1, 2, 3)
    level: float = 0.95
    design_effect: float = 1.0
    true_rate: float | None = None

    def __post_init__(self) -> None:
        is_level(self.rate, who="the rate of SampleToRuleOut: its")
        is_level(self.level, who="SampleToRuleOut")
        if not isinstance(self.failures, tuple) or not self.failures:
            raise SpecError(
                "failures of SampleToRuleOut must be a tuple of counts", found=shown(self.failures), do="write (0, 1, 2)"
            )
        for count in self.failures:
            whole(count, who="each of the failures of SampleToRuleOut", least=0)
        positive(self.design_effect, who="design effect of SampleToRuleOut")
        if self.design_effect < 1:
            raise SpecError(
                "a design effect below 1 would make the sample too small", found=f"{self.design_effect:g}", do="use 1"
            )
        if self.true_rate is not None:
            is_level(self.true_rate, who="the true rate of SampleToRuleOut: its")
            if self.true_rate >= self.rate:
                raise SpecError("a true rate must lie below the rate to rule out", found=f"{self.true_rate:g} and {self.rate:g}")

    def measure(self, population: pd.Series | None = None) -> SampleSizes:
        """Sample sizes of a large population, or of each place with so many homes.

        Raises
        ------
        DataError
            A population is no whole number of homes, or missing.
        """
        c = np.array(self.failures, dtype=np.intp)
        if population is None:
            n = np.ceil(homes_to_ask(self.rate, c, self.level) * self.design_effect - 1e-9)
            table = pd.DataFrame({"failures": c, "n": n.astype(np.intp)})
            if self.true_rate is not None:
                table["chance"] = binomial_below(c.astype(float), n / self.design_effect, self.true_rate)
            return SampleSizes(spec=self, frame=table, notes=self._notes(0))
        homes = _populations(population)
        each, c = np.repeat(homes, len(c)), np.tile(c, len(homes))
        alone = homes_to_ask_of(each, self.rate, c, self.level)
        n = np.minimum(np.ceil(alone * self.design_effect - 1e-9).astype(np.intp), each)
        name = str(population.index.name or "place")
        table = pd.DataFrame({name: population.index.repeat(len(self.failures)), "population": each, "failures": c})
        table["n"] = pd.array(np.where(alone < 0, 0, n), dtype="Int64")
        table.loc[alone < 0, "n"] = pd.NA
        table["share"] = table["n"] / each
        if self.true_rate is not None:
            cases = np.floor(self.true_rate * each + 1e-9).astype(np.intp)
            chance = hypergeometric_below(c, each, cases, np.maximum(alone, 0))
            table["chance"] = np.where(alone < 0, np.nan, chance)
        return SampleSizes(spec=self, frame=table, notes=self._notes(int((alone < 0).sum())))

    def _notes(self, unable: int) -> tuple[Note, ...]:
        asked = Text(
            "样本中返贫户不超过所允许的户数时，可在 {level:.0%}（单侧）水平上排除返贫率达到 {rate:.3g}；设计效应取 {e:g}。",
            "With no more returns in the sample than allowed, a rate of {rate:.3g} is ruled out at {level:.0%}, one-sided; the "
            "design effect is taken as {e:g}.",
        )
        notes = [Note("choice", asked.format(level=self.level, rate=self.rate, e=self.design_effect))]
        if unable:
            text = Text(
                "{n} 种情形中允许的返贫户数已达到该比率，全部调查也不能排除。",
                "In {n} cases the returns allowed reach the rate themselves: not even a census rules it out.",
            )
            notes.append(Note("caution", text.format(n=unable)))
        return tuple(notes)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SampleSizes(Answer):
    """Sample sizes: `frame` has columns `failures` (returns allowed), `n` (homes to ask) and, if asked for, `chance` (that a
    sample succeeds at the true rate); of places also their name, `population` and `share` (of its homes).
    """

    spec: SampleToRuleOut


def _populations(population: pd.Series) -> Codes:
    if not isinstance(population, pd.Series):
        do = "pass a Series keyed by place, or nothing for a large population"
        raise SpecError("population must be a Series", found=shown(population), do=do)
    if not len(population):
        raise DataError("population holds no place", do="check what was selected before")
    good = pd.to_numeric(population, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    wrong = ~(np.isfinite(good) & (good >= 1) & (good == np.floor(good)))
    if wrong.any():
        what = "population must hold whole numbers of homes, at least 1"
        raise DataError(what, found=f"others in {at_rows(wrong)}", do="correct them")
    return good.astype(np.intp)
