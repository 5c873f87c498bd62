"""Several indices beside one another: how far their orders agree, who moves, and which indicators move them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from itertools import combinations

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note, in_period
from evalkit.check import instance, keyed, mapping, whole
from evalkit.errors import DataError, NoAnswer, SpecError, several
from evalkit.indicators.aggregation.means import ARITHMETIC
from evalkit.indicators.index import IndexScores
from evalkit.stats.arrays import Array
from evalkit.stats.correlation import kendall, weighted_kendall
from evalkit.stats.ranks import ranks, settled, spearman
from evalkit.terms import Text, first_of, same

FEWEST = 3  # units whose ranks can be compared


def moving_differences(base: Array, other: Array) -> Array:
    """What moves each unit: differences of contributions (units, indicators), less their mean over the units.

    What rises alike for all moves nobody, so only the rest can change a rank. A row sums to the change of the unit's score
    beyond the mean change, a column to 0.

    Examples
    --------
    >>> moving_differences(np.array([[0.1, 0.4], [0.3, 0.2]]), np.array([[0.2, 0.2], [0.6, 0.1]])).round(2).tolist()
    [[-0.1, -0.05], [0.1, 0.05]]
    """
    change = other - base
    return change - change.mean(axis=0)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexComparison:
    """Several indices of the same units in one period; the first that is passed is the base.

    Parameters
    ----------
    period
        The period compared; None: the last that all have.
    top
        How many movers are explained, and how many leading places are asked whether they stay among the leading.
    causes
        How many indicators are named for each mover.
    labels
        What an index is called in print, by the name it is passed under; the name itself where none is given.
    """

    period: int | None = None
    top: int = 10
    causes: int = 3
    labels: Mapping[str, Text] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.period is not None:
            whole(self.period, least=None, who="IndexComparison period", do="give a year such as 2020, or None for the last")
        whole(self.top, who="IndexComparison top", do="use 10")
        whole(self.causes, who="IndexComparison causes", do="use 3")
        do = 'write {"equal": Text("等权", "equal weights")}'
        mapping(self.labels, who="IndexComparison labels", do=do)
        for name, label in self.labels.items():
            instance(label, Text, who=f"IndexComparison labels of '{name}'", do=do)

    def measure(self, **indices: IndexScores | pd.Series) -> IndexAgreement:
        """Ranks under each index, how far they agree, and what moves the places that shift most.

        Indices may cover different units; those that all have are ranked.

        Raises
        ------
        SpecError
            Fewer than two indices were passed.
        DataError
            They have no period, or fewer than three units, in common.
        NoAnswer
            An index gives all units the same score.

        Examples
        --------
        >>> import evalkit as ek
        >>> from evalkit.indicators.comparison import IndexComparison
        >>> counties, system = ek.datasets.load("counties"), ek.systems("consolidation")["consolidation"]
        >>> equal = ek.CompositeIndex(system=system).fit(counties).score(counties)
        >>> entropy = ek.CompositeIndex(system=system, weigh=ek.Entropy()).fit(counties).score(counties)
        >>> found = IndexComparison().measure(equal=equal, entropy=entropy)
        >>> bool(found.agreement["kendall"].iloc[0] > 0.7), list(found.frame.columns)
        (True, ['equal', 'entropy', 'entropy_shift'])
        """
        if len(indices) < 2:
            raise SpecError("IndexComparison needs at least two indices", do="pass them by name: equal=..., entropy=...")
        period, scores, left_out = self._common(indices)
        base, *others = scores.columns
        place = pd.DataFrame({name: ranks(scores[name].to_numpy()) for name in scores}, index=scores.index)
        frame = place.assign(**{f"{name}_shift": place[base] - place[name] for name in others})
        movers, notes = self._movers(indices, frame, period)
        return IndexAgreement(
            spec=self,
            frame=frame.sort_values(base, kind="stable"),
            agreement=self._agreement(scores, place),
            movers=movers,
            indices=indices,
            period=period,
            notes=(_remark(period, len(frame)), *left_out, *notes),
        )

    def _common(self, indices: Mapping[str, IndexScores | pd.Series]) -> tuple[int, pd.DataFrame, tuple[Note, ...]]:
        """The period, and the scores of the units that all indices have in it."""
        series = {name: one.series if isinstance(one, IndexScores) else one for name, one in indices.items()}
        for name, one in series.items():
            keyed(one, who=f"index '{name}'")
        shared = set.intersection(*(set(one.index.get_level_values("period")) for one in series.values()))
        if not shared or self.period not in {None, *shared}:
            asked = "a period" if self.period is None else f"the period {self.period}"
            raise DataError(f"the indices do not all have {asked}", found=f"in common: [{several(sorted(shared), 20)}]")
        period = int(max(shared)) if self.period is None else self.period
        every = pd.DataFrame({name: in_period(one.to_frame("score"), period)["score"] for name, one in series.items()})
        scores = every.dropna()
        if len(scores) < FEWEST:
            raise DataError(f"the indices have fewer than three units in common in {period}", found=str(len(scores)))
        alike = [str(name) for name in scores if flat(scores[name])]
        if alike and alike[0] == next(iter(indices)):
            alike = alike[:1]  # without ranks of the base, nothing is to be said of the others
        if alike:
            raise self._no_ranks(alike, indices, period)
        gone = every.index.difference(scores.index)
        text = Text(
            "{n} 个地区未被全部指数覆盖，不参与比较：{names}。", "Not covered by all indices, so left out ({n}): {names}."
        )
        note = Note("left_out", text.format(n=len(gone), names=first_of(gone, 10)))
        return period, scores, (note,) if len(gone) else ()

    def _no_ranks(self, alike: list[str], indices: Mapping[str, IndexScores | pd.Series], period: int) -> NoAnswer:
        """Why there are no ranks: which indices score all units alike, and which bounds all of them have passed."""
        passed = {name: _passed(index, period) for name in alike if isinstance(index := indices[name], IndexScores)}
        told = [f"{self.labels[name].en if name in self.labels else name}: {said}" for name, said in passed.items() if said]
        wider = "learn on later years, or normalize between wider bounds" if told else ""
        return NoAnswer(
            f"indices [{several(self.labels[name].en if name in self.labels else name for name in alike)}] "
            f"give all units the same score in {period}",
            found="; ".join(told),
            do=wider or "leave them out",
        )

    def _agreement(self, scores: pd.DataFrame, place: pd.DataFrame) -> pd.DataFrame:
        rows = {}
        for first, second in combinations(scores, 2):
            a, b = scores[first].to_numpy(), scores[second].to_numpy()
            shift = np.abs(place[first] - place[second])
            leading = (place[first] <= self.top).sum()
            rows[first, second] = {
                "units": len(scores),
                "spearman": spearman(a, b),
                "kendall": kendall(a, b),
                "weighted_kendall": weighted_kendall(a, b),
                "mean_shift": shift.mean(),
                "max_shift": shift.max(),
                "stay_leading": ((place[[first, second]] <= self.top).all(axis=1)).sum() / leading,
            }
        return pd.DataFrame.from_dict(rows, orient="index").rename_axis(["first", "second"])

    def _movers(
        self, indices: Mapping[str, IndexScores | pd.Series], frame: pd.DataFrame, period: int
    ) -> tuple[pd.DataFrame, tuple[Note, ...]]:
        """Of each index that is arithmetic on the columns of the base, the indicators that move its greatest movers."""
        base, *others = indices
        parts = {name: _contributions(one, period, frame.index) for name, one in indices.items()}
        found, apart, own = list[pd.DataFrame](), list[str](), parts[base]
        for name in others:
            part = parts[name]
            if own is None or part is None or list(part) != list(own):
                apart.append(name)
                continue
            moved = pd.DataFrame(moving_differences(own.to_numpy(), part.to_numpy()), frame.index, list(part))
            found.append(self._causes(name, moved, frame[f"{name}_shift"]))
        text = Text(
            "{names}与{base}并非同一组指标的加权算术平均，无法分解到指标。",
            "Not explained by indicators, for they are no weighted arithmetic means of the same ones as {base}: {names}.",
        )
        said = [self.labels.get(name, same(name)) for name in (base, *apart)]
        listed = Text("、".join(one.zh for one in said[1:]), ", ".join(one.en for one in said[1:]))
        note = Note("left_out", text.format(names=listed, base=said[0]))
        causes = pd.concat(found, ignore_index=True) if found else _NO_CAUSES
        return causes, (note,) if apart else ()

    def _causes(self, name: str, moved: pd.DataFrame, shift: pd.Series) -> pd.DataFrame:
        first = shift[shift != 0].sort_values(key=lambda s: -s.abs(), kind="stable").head(self.top)
        rows = moved.loc[first.index].to_numpy()
        order = np.argsort(-np.abs(settled(rows)), axis=1, kind="stable")[:, : self.causes]
        count = order.shape[1]
        return pd.DataFrame(
            {
                "index": name,
                "unit": np.repeat(first.index.to_numpy(), count),
                "shift": np.repeat(first.to_numpy(), count),
                "change": np.repeat(rows.sum(axis=1), count),
                "indicator": moved.columns.to_numpy()[order].ravel(),
                "difference": np.take_along_axis(rows, order, axis=1).ravel(),
            }
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class IndexAgreement(Answer):
    """Indices beside one another: `frame` is keyed by unit, in the order of the base.

    Columns: the rank under each index, by its name, and `<name>_shift` for all but the base: places gained (positive) or lost
    against it. `agreement`, keyed by (first, second), holds `units`, `spearman`, `kendall` (τ-b), `weighted_kendall` (the top
    weighs most), `mean_shift`, `max_shift` and `stay_leading` (share of the leading places of the first that lead in the second).

    `movers` says what moves the units of greatest shift: one row an `index`, `unit` and `indicator`, with `shift`, `change` (of
    the score, beyond the mean change) and `difference` (what the indicator adds to it). Empty where no index can be taken apart.
    """

    agreement: pd.DataFrame
    movers: pd.DataFrame
    indices: Mapping[str, IndexScores | pd.Series]
    period: int


def flat(scores: pd.Series) -> bool:
    """Whether all units have the same score, so that they cannot be ranked.

    Examples
    --------
    >>> flat(pd.Series([0.3, 0.1 + 0.2])), flat(pd.Series([0.3, 0.4]))
    (True, False)
    """
    return not np.ptp(settled(scores.to_numpy())) > 0


def _passed(index: IndexScores, period: int) -> str:
    """The bounds beyond which the scores of all units are clipped in a period, and the years on which they were learnt."""
    z, fitted = in_period(index.normalized, period), index.spec
    if not fitted.spec.normalize.clips:
        return ""
    ends = {"one_at": z.columns[(z == 1).all()], "zero_at": z.columns[(z == 0).all()]}
    bounds = [f"{name} {float(fitted.frame[end][name]):.6g}" for end, names in ends.items() for name in map(str, names)]
    span = f"{fitted.reference[0]}–{fitted.reference[-1]}" if len(fitted.reference) > 1 else str(fitted.reference[0])
    return f"all are at or beyond the bounds of {span}, where scores are clipped [{several(bounds, 8)}]" if bounds else ""


_NO_CAUSES = pd.DataFrame({name: [] for name in ("index", "unit", "shift", "change", "indicator", "difference")})


def _contributions(index: IndexScores | pd.Series, period: int, units: pd.Index) -> pd.DataFrame | None:
    """Contributions of the units in one period; None where the index is no sum of parts."""
    if not isinstance(index, IndexScores) or index.spec.spec.aggregate != ARITHMETIC:
        return None
    return in_period(index.contributions, period).loc[units]


def _remark(period: int, units: int) -> Note:
    text = Text(
        "{year} 年 {n} 个地区；位次差异来自设定不同，不说明哪个指数更正确，也不含测量误差。",
        "{n} places in {year}; shifts come from other settings, do not say which index is right, and hold no measurement error.",
    )
    return Note("caution", text.format(year=period, n=units))
