"""Villages where more homes fell back than chance would put together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import one_of, whole
from evalkit.errors import DataError, NoAnswer, SpecError
from evalkit.poverty.columns import groups_of, has_rows, is_level, names_of, numbers
from evalkit.poverty.income.ratios import yes_or_no
from evalkit.stats.arrays import Array, Codes
from evalkit.stats.exact import TIE, hypergeometric_above, unequal_above
from evalkit.stats.multiplicity import bonferroni, holm
from evalkit.terms import Text

COLUMNS = frozenset({"n", "returns", "expected", "p_value", "p_adjusted", "cluster", "small"})


def smallest_by_chance(sizes: Codes, county: Codes, returns: Codes, draws: int, rng: np.random.Generator) -> Array:
    """The smallest p-value of all villages in each draw (draws,), when the returns of each county fall on its homes at random.

    p-values are the chances P(X ≥ x) of each village given the returns of its county. `sizes`, `county` (codes) and `returns`
    have one entry a village. Source: Westfall & Young (1993), Resampling-Based Multiple Testing, chapter 2.

    Examples
    --------
    >>> smallest_by_chance(np.array([2, 2]), np.array([0, 0]), np.array([2, 0]), 5, np.random.default_rng(0)).round(3).tolist()
    [0.833, 0.167, 0.833, 0.833, 0.833]
    """
    smallest = np.ones(draws)
    total = np.bincount(county, weights=returns).astype(np.intp)
    for at in np.flatnonzero(total):
        own = sizes[county == at]
        fallen = rng.multivariate_hypergeometric(own, total[at], size=draws, method="marginals")
        kinds, kind = np.unique(own, return_inverse=True)
        x = np.arange(int(fallen.max()) + 1)
        chance = hypergeometric_above(x[:, None], np.array(own.sum()), total[at], kinds[None, :])
        smallest = np.minimum(smallest, chance[fallen, kind].min(axis=1))
    return smallest


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnClusters:
    """Villages in which several homes fell back, more than chance would put together.

    Given how many homes of its county came back, a village with n of its N homes has a hypergeometric count of them if they fall
    at random; its p-value is the exact chance of so many or more. With `expected`, each home's own chance, it is that of a sum of
    unequal chances: what is more than the homes' own risk explains.

    Parameters
    ----------
    returned
        Column that says which homes came back into poverty (1) or not (0).
    village
        Column of villages.
    within
        Column of counties, in which villages lie; None: all are one.
    expected
        Column of each home's own chance to come back, in [0, 1]; None: alike within a county.
    least
        Villages with fewer returns are no clusters.
    adjust
        For so many villages being looked at: "holm", "bonferroni", or "min_p", which draws at random.
    draws, seed
        Of "min_p".
    level
        At which no village is called a cluster by chance, all of them together.
    smallest
        Counts below it are marked as not for publication.

    Examples
    --------
    >>> homes = pd.DataFrame({"village": np.repeat(list("abcde"), 20), "back": [0] * 94 + [1] * 6})
    >>> found = ReturnClusters(returned="back", village="village").measure(homes)
    >>> found.frame.loc[found.frame["cluster"], ["village", "returns", "n", "p_value"]].round(6).values.tolist()
    [['e', 6, 20, 3.3e-05]]
    """

    returned: str
    village: str
    within: str | None = None
    expected: str | None = None
    least: int = 2
    adjust: Literal["holm", "bonferroni", "min_p"] = "holm"
    draws: int = 999
    seed: int = 0
    level: float = 0.95
    smallest: int = 10

    def __post_init__(self) -> None:
        names_of((self.returned, self.village, *(x for x in (self.within, self.expected) if x is not None)), who="ReturnClusters")
        one_of(self.adjust, ("holm", "bonferroni", "min_p"), who="adjust of ReturnClusters")
        whole(self.least, who="least of ReturnClusters")
        whole(self.draws, who="draws of ReturnClusters", least=99)
        whole(self.seed, who="seed of ReturnClusters", least=0)
        whole(self.smallest, who="the smallest cell of ReturnClusters", least=0)
        is_level(self.level, who="ReturnClusters")
        if self.adjust == "min_p" and self.expected is not None:
            raise SpecError("ReturnClusters draws returns at random only where homes are alike", do="use adjust='holm'")
        taken = sorted({self.village, self.within or self.village} & COLUMNS)
        if taken:
            raise SpecError(f"a column of places cannot be called '{taken[0]}'", do="rename it: the answer has one of that name")

    def measure(self, frame: pd.DataFrame) -> ClustersFound:
        """Counts and p-values of every village.

        Raises
        ------
        DataError
            A column is absent or holds a gap, `returned` something else than 0 and 1, or a chance is none.
        NoAnswer
            There is one village only, and nothing to hold it against.
        """
        named = [name for name in (self.returned, self.village, self.within, self.expected) if name is not None]
        has_rows(frame, named, who="ReturnClusters")
        returned = yes_or_no(frame, self.returned)
        county, counties = self._codes(frame, self.within)
        own, villages = self._codes(frame, self.village)
        pair, village = np.unique(county * len(villages) + own, return_inverse=True)
        village, of = village.ravel(), pair // len(villages)
        n, x = np.bincount(village), np.bincount(village, weights=returned).astype(np.intp)
        if len(n) == 1 and self.expected is None:
            raise NoAnswer("a single village cannot be held against others", do="give homes of several villages")
        p, expected = self._chances(frame, village, of, n, x)
        adjusted = self._adjusted(p, n, of, x)
        table = pd.DataFrame({self.village: np.array(villages)[pair % len(villages)], "n": n, "returns": x, "expected": expected})
        if self.within is not None:
            table.insert(0, self.within, np.array(counties)[of])
        table = table.assign(p_value=p, p_adjusted=adjusted, cluster=(adjusted <= (1 - self.level) * TIE) & (x >= self.least))
        table["small"] = (n < self.smallest) | ((x > 0) & (x < self.smallest))
        order = np.lexsort((np.arange(len(p)), p))
        return ClustersFound(spec=self, frame=table.iloc[order].reset_index(drop=True), notes=self._notes(table))

    def _codes(self, frame: pd.DataFrame, name: str | None) -> tuple[Codes, tuple[object, ...]]:
        if name is None:
            return np.zeros(len(frame), dtype=np.intp), (None,)
        codes, labels = groups_of(frame, name)
        assert codes is not None
        return codes.astype(np.intp), labels

    def _chances(self, frame: pd.DataFrame, village: Codes, of: Codes, n: Codes, x: Codes) -> tuple[Array, Array]:
        """P(X ≥ x) of each village, and how many returns were to be expected there."""
        if self.expected is not None:
            chance = numbers(frame, self.expected, who="ReturnClusters")
            wrong = int(((chance < 0) | (chance > 1)).sum())
            if wrong:
                do = "give each home's own chance, not a percentage"
                raise DataError(f"'{self.expected}' must hold chances in [0, 1]", found=f"{wrong} that are none", do=do)
            return unequal_above(chance, village, x), np.asarray(np.bincount(village, weights=chance), dtype=np.float64)
        homes, fallen = np.bincount(of, weights=n).astype(np.intp), np.bincount(of, weights=x).astype(np.intp)
        return hypergeometric_above(x, homes[of], fallen[of], n), (n * fallen[of] / homes[of]).astype(np.float64)

    def _adjusted(self, p: Array, n: Codes, of: Codes, x: Codes) -> Array:
        if self.adjust != "min_p":
            return holm(p) if self.adjust == "holm" else bonferroni(p)
        smallest = np.sort(smallest_by_chance(n, of, x, self.draws, np.random.default_rng(self.seed)))
        below = np.searchsorted(smallest, p * TIE, side="right")
        return (below + 1) / (self.draws + 1)

    def _notes(self, table: pd.DataFrame) -> tuple[Note, ...]:
        how = (
            Text("受访户自身的返贫概率", "the homes' own chances")
            if self.expected
            else Text("所在县的返贫户数", "the returns of its county")
        )
        text = Text(
            "给定{how}，逐村计算偶然出现这么多或更多返贫户的精确概率；{n} 个村同时检验，{adjusted}。",
            "Given {how}, the exact chance of so many returns or more is taken village by village; {n} villages are looked at, "
            "{adjusted}.",
        )
        said = Text(
            "成簇只说明返贫户比偶然更集中，不说明原因，也不是对任何村或户的指责；宜据此安排走访与帮扶。",
            "A cluster says that returns lie closer together than by chance, not why, and accuses no village or home: it is a "
            "reason to visit and to help.",
        )
        notes = [
            Note("choice", text.format(how=how, n=len(table), adjusted=_ADJUSTED[self.adjust].format(n=self.draws))),
            Note("caution", said),
        ]
        small = int(table["small"].sum())
        if small:
            text = Text(
                "{n} 个村的数字不足 {k} 户，不宜公布。", "The figures of {n} villages are below {k} homes: not for publication."
            )
            notes.append(Note("caution", text.format(n=small, k=self.smallest)))
        return tuple(notes)


_ADJUSTED = {
    "holm": Text("按 Holm 法校正", "adjusted by Holm"),
    "bonferroni": Text("按 Bonferroni 法校正", "adjusted by Bonferroni"),
    "min_p": Text("按 {n} 次随机分配中的最小 p 值校正", "adjusted by the smallest p-value of {n} draws at random"),
}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ClustersFound(Answer):
    """Villages, the least likely first: `frame` has columns of the county and village, `n` (homes), `returns`, `expected`
    (returns by chance), `p_value`, `p_adjusted`, `cluster` and `small` (not for publication).
    """

    spec: ReturnClusters
