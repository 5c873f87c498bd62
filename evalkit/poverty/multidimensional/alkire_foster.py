"""Multidimensional poverty by Alkire and Foster: who lacks so much at once that they count as poor, how many, and how much."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import instance, neither, number, whole
from evalkit.errors import DataError, SpecError, several
from evalkit.panel.design import Sampled, SurveyDesign
from evalkit.poverty.columns import TAKEN, groups_of, has_rows, is_free, is_level, numbers
from evalkit.poverty.estimates import bounded_interval
from evalkit.poverty.multidimensional.deprivations import DeprivationSystem
from evalkit.poverty.multidimensional.patterns import packed, pattern_bits, pattern_totals
from evalkit.stats.arrays import Array, Codes, Mask
from evalkit.stats.domains import bootstrap_weights, domain_degrees, domain_variances, relabeled, resampled_totals
from evalkit.stats.inference import share_interval
from evalkit.terms import Text

TOLERANCE = 1e-9  # a score of three times 1/6 reaches a cut-off of 1/2
RATIOS = ("A", "contribution")  # of the poor alone: where they are 0 or 1, the clusters of a group do not bound them
HELD = 1 << 22  # figures of a bootstrap held at once


def is_multidimensionally_poor(score: Array, cutoff: float) -> Mask:
    """Who is poor: whose deprivation score c = Σ w_j g_j reaches the cut-off k, c ≥ k up to a rounding of 1e-9.

    Examples
    --------
    >>> is_multidimensionally_poor(np.array([1 / 3 + 1 / 6, 0.49]), 0.5)
    array([ True, False])
    """
    return score >= cutoff - TOLERANCE


def alkire_foster(deprived: Array, shares: Array, weights: Array, cutoff: float) -> tuple[float, float, float]:
    """Headcount ratio H, intensity A and adjusted headcount ratio M0 = H·A of deprivations (J, m) in {0, 1}; each in [0, 1].

    With c = Σ w_j g_j the deprivation score and k the cut-off, H is the share of the people with c ≥ k, A their mean score, M0
    the mean score of all when that of who is not poor is put to 0. 0: nobody is poor (A is then not defined, NaN); 1: all lack
    everything. M0 does not change when somebody who is not poor lacks more and stays so (focus), falls when a poor person lacks
    less (dimensional monotonicity), and is the mean of its groups weighted by their size.
    Source: Alkire & Foster (2011), Journal of Public Economics 95:476–487.

    Examples
    --------
    >>> g = np.array([[0.0, 0, 1, 0], [0, 1, 1, 1], [0, 0, 1, 0], [0, 1, 1, 0]])  # the example of that paper, k = 2 of 4
    >>> alkire_foster(g, np.full(4, 0.25), np.ones(4), 0.5)
    (0.5, 0.75, 0.375)
    """
    score = shares @ deprived
    poor = is_multidimensionally_poor(score, cutoff)
    head, adjusted = float(weights @ poor / weights.sum()), float(weights @ (score * poor) / weights.sum())
    return head, adjusted / head if head > 0 else float("nan"), adjusted


@dataclass(frozen=True, slots=True, kw_only=True)
class AlkireFoster:
    """Multidimensional poverty of households or persons, by group, with honest standard errors.

    Parameters
    ----------
    system
        The deprivations, their cut-offs and weights.
    cutoff
        The share k of all weights from which on a household is poor: the smallest weight for the union (lacking one counts), 1
        for the intersection.
    design
        How the rows were drawn; weights times household size where persons are counted.
    level
        Of the intervals, on the logit scale, by Student's t with the degrees of freedom of the group; exact bounds where all or
        none are poor or deprived, see `bounded_interval`.
    replicates
        0: standard errors by linearization; else by so many bootstraps of clusters within strata (Rao & Wu 1988).
    seed
        Of the bootstrap.

    Examples
    --------
    >>> from evalkit.poverty.multidimensional.deprivations import Deprivation
    >>> one = tuple(Deprivation(id=name, name=Text("项", name)) for name in ("school", "water"))
    >>> homes = pd.DataFrame({"school": [1, 0, 1, 0], "water": [1, 1, 0, 0]})
    >>> two = DeprivationSystem(id="two", name=Text("两项", "two"), deprivations=one)
    >>> found = AlkireFoster(system=two, cutoff=0.5).measure(homes)
    >>> found.frame.set_index("measure")["estimate"].round(4).to_dict()
    {'H': 0.75, 'A': 0.6667, 'M0': 0.5}
    """

    system: DeprivationSystem
    cutoff: float = 1 / 3
    design: SurveyDesign = SurveyDesign()
    level: float = 0.95
    replicates: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        instance(self.system, DeprivationSystem, who="AlkireFoster system", do='give read_deprivations("guarantees") or your own')
        instance(self.design, SurveyDesign, who="AlkireFoster design", do="give a SurveyDesign")
        number(self.cutoff, "(0, 1]", who="AlkireFoster cutoff", do="give it as a share of weights")
        is_level(self.level, who="AlkireFoster")
        whole(self.seed, who="AlkireFoster seed", least=0)
        whole(self.replicates, who="AlkireFoster replicates", least=0)
        if self.replicates == 1:
            raise SpecError("AlkireFoster replicates must be 0 or at least 2", found="1", do="use 0, or some hundreds")
        if self.replicates and self.design.population is not None:
            raise SpecError("the bootstrap draws with replacement", do="leave population out of the design, or replicates at 0")

    def measure(self, frame: pd.DataFrame, over: str | None = None) -> MultidimensionalPoverty:
        """H, A, M0 (and M1, M2 where depths can be told) and their breakdown by indicator, of all rows or by group of `over`.

        Raises
        ------
        DataError
            A column is absent or holds a gap, or a column of yes and no holds something else than 0 and 1.
        """
        columns = self._columns(frame, over)
        drawn = self.design.on(frame)
        layout = _Layout.of(frame, over, drawn)
        totals = self._totals(columns, layout, drawn.weights)
        sums = _by_group(totals, layout)
        estimate, influence = self._estimates(sums), self._influence(totals, sums, layout.group)
        if self.replicates:
            error = self._bootstrapped(totals, layout)
        else:
            error = np.sqrt(
                domain_variances(influence, layout.group, layout.stratum, layout.drawn, drawn.fraction, self.design.single)
            )
        error = np.where(np.isfinite(estimate), error, np.nan)
        df, held = layout.df(totals[0])
        low, high = share_interval(estimate, error, df[:, None], self.level)
        exact = np.array([name not in RATIOS for name, *_ in self.parts])
        clusters = None if drawn.whole else np.broadcast_to(held[:, None], estimate[:, exact].shape)
        low[:, exact], high[:, exact] = bounded_interval(estimate[:, exact], error[:, exact], df[:, None], clusters, self.level)
        table = _tidy(self.parts, layout, over, {"estimate": estimate, "std_error": error, "ci_low": low, "ci_high": high})
        whole = table["indicator"].isna()
        return MultidimensionalPoverty(
            spec=self,
            frame=table[whole].drop(columns="indicator").reset_index(drop=True),
            indicators=table[~whole].reset_index(drop=True),
            groups=_subgroups(layout, sums, over, df),
            influence=_keyed(influence[: len(self._measures)], self._measures, layout, frame, over),
            df=drawn.df,
            notes=self._notes(sums) + drawn.notes,
        )

    @property
    def parts(self) -> list[tuple[str, str | None, int, int, float]]:
        """Each estimate as measure, indicator, and the ratio it is: position above, position below, factor.

        Totals stand in the order: all, poor, scores of the poor, each deprivation, each of the poor, then depths.
        """
        j, shares = len(self.system.columns), self.system.weights
        parts: list[tuple[str, str | None, int, int, float]] = [("H", None, 1, 0, 1.0), ("A", None, 2, 1, 1.0)]
        parts += [(name, None, at, 0, 1.0) for name, at in zip(self._measures[2:], (2, 3 + 2 * j, 4 + 2 * j), strict=False)]
        for at, name in enumerate(self.system.columns):
            parts.append(("uncensored", name, 3 + at, 0, 1.0))
            parts.append(("censored", name, 3 + j + at, 0, 1.0))
            parts.append(("contribution", name, 3 + j + at, 2, float(shares[at])))
        return parts

    @property
    def _measures(self) -> tuple[str, ...]:
        return ("H", "A", "M0", "M1", "M2") if self.system.cardinal else ("H", "A", "M0")

    def _columns(self, frame: pd.DataFrame, over: str | None) -> list[Array]:
        named = [*self.system.columns, *([] if over is None else [over])]
        has_rows(frame, named, who=f"system '{self.system.id}'")
        is_free(named[len(self.system.columns) :], TAKEN | {"indicator"})
        gaps = [f"{name}: {count}" for name in named if (count := int(frame[name].isna().sum()))]
        if gaps:
            raise DataError(
                "deprivations or groups hold gaps", found=several(gaps), do="fill them, or leave the rows out, by name"
            )
        columns = [frame[name].to_numpy() for name in self.system.columns]
        for one, x in zip(self.system.deprivations, columns, strict=True):
            if one.below is not None or one.above is not None:
                numbers(frame, one.id, who=f"the cut-off of '{one.id}'")
            elif x.dtype != bool and ((x != 0) & (x != 1)).any():
                do = "give 1 where deprived and 0 elsewhere, or declare a cut-off: below = … or above = …"
                raise DataError(f"column '{one.id}' must say yes (1) or no (0)", found=neither(pd.unique(frame[one.id])), do=do)
        return columns

    def _totals(self, columns: Sequence[Array], layout: _Layout, weights: Array) -> Array:
        """Weighted totals (k, places) by sampling unit and group, in the order `parts` names."""
        shares = self.system.weights
        deprived = [one.deprived(x) for one, x in zip(self.system.deprivations, columns, strict=True)]
        pattern, patterns = packed(deprived)
        bits = pattern_bits(patterns, len(shares))
        score = bits @ shares
        poor = is_multidimensionally_poor(score, self.cutoff).astype(float)
        values = np.column_stack([np.ones(len(score)), poor, score * poor, bits, bits * poor[:, None]])
        totals = pattern_totals(values, pattern, layout.place, len(layout.unit), weights)
        if not self.system.cardinal:
            return totals
        gaps = np.zeros((2, len(pattern)))
        for one, x, share in zip(self.system.deprivations, columns, shares, strict=True):
            gap = one.gap(x)
            gaps[0] += share * gap
            gaps[1] += share * gap**2
        depth = [np.bincount(layout.place, weights=weights * poor[pattern] * gap, minlength=len(layout.unit)) for gap in gaps]
        return np.concatenate([totals, depth])

    def _ratios(self) -> tuple[Codes, Codes, Array]:
        above, below, factor = zip(*((a, b, f) for _, _, a, b, f in self.parts), strict=True)
        return np.array(above), np.array(below), np.array(factor)

    def _estimates(self, sums: Array) -> Array:
        """The estimates (…, parts) from totals (…, k); NaN where nothing stands below."""
        above, below, factor = self._ratios()
        base = sums[..., below]
        return np.divide(factor * sums[..., above], base, out=np.full(base.shape, np.nan), where=base > 0)

    def _influence(self, totals: Array, sums: Array, group: Codes) -> Array:
        """What each sampling unit adds to each estimate of its group, Σ w u, of shape (parts, places); 0 where there is none."""
        above, below, factor = self._ratios()
        ratio = np.nan_to_num(self._estimates(sums))
        base = np.where(sums[:, below] > 0, sums[:, below], np.inf)
        return np.stack(
            [
                (f * totals[a] - ratio[group, p] * totals[b]) / base[group, p]
                for p, (a, b, f) in enumerate(zip(above, below, factor, strict=True))
            ]
        )

    def _bootstrapped(self, totals: Array, layout: _Layout) -> Array:
        """Standard errors over bootstraps of sampling units within strata, from their totals."""
        rng = np.random.default_rng(self.seed)
        size = max(1, HELD // len(layout.unit_stratum))
        found = []
        for start in range(0, self.replicates, size):
            counts = bootstrap_weights(rng, layout.unit_stratum, min(size, self.replicates - start))
            found.append(self._estimates(resampled_totals(totals, layout.group, layout.unit, counts)))
        drawn = np.concatenate(found)
        there = np.isfinite(drawn).sum(axis=0)
        mean = np.nansum(drawn, axis=0) / np.maximum(there, 1)
        spread = np.nansum((drawn - mean) ** 2, axis=0) / np.maximum(there - 1, 1)
        return np.asarray(np.sqrt(spread))

    def _notes(self, sums: Array) -> tuple[Note, ...]:
        text = Text(
            "采用 {system}：加权剥夺得分不低于 {k:.4g} 者计为多维贫困；标准误{how}。",
            "By {system}: households (persons) whose weighted deprivations reach {k:.4g} count as multidimensionally poor; "
            "standard errors {how}.",
        )
        how = Text("按抽样设计线性化", "linearized by the sample design")
        if self.replicates:
            how = Text("由 {n} 次层内群组自助抽样得出", "from {n} bootstraps of clusters within strata").format(n=self.replicates)
        notes = [Note("choice", text.format(system=self.system.name, k=self.cutoff, how=how))]
        if any(one.above is not None for one in self.system.deprivations):
            depth = Text(
                "有指标以高于界限为被剥夺，没有公认的差距尺度，故不给出 M1 与 M2。",
                "Some are deprived above a cut-off, where no agreed gap exists: M1 and M2 are not given.",
            )
            notes.append(Note("left_out", depth))
        poor, lacked = (
            float(sums[:, 1].sum()),
            float(sums[:, 3 + len(self.system.columns) : 3 + 2 * len(self.system.columns)].sum()),
        )
        if poor > 0 and abs(lacked - poor) <= TOLERANCE * poor:
            one = Text(
                "每个贫困户恰好缺一项：A 只反映所缺项的权重，权重相等时其区间退化为一点。",
                "All who are poor lack exactly one thing: A is the weight of what they lack, a point where weights are alike.",
            )
            notes.append(Note("caution", one))
        return tuple(notes)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class MultidimensionalPoverty(Answer):
    """How poor: `frame` has columns `measure`, the group, `estimate`, `std_error`, `ci_low`, `ci_high` and `n` (rows).

    Measures: `H`, `A`, `M0`, and `M1`, `M2` where depths can be told. `indicators` has the same columns and `indicator`, with
    measures `uncensored` and `censored` (shares deprived; and poor too) and `contribution` (to M0; they sum to 1). `groups`
    holds what each group is of the population and of M0, and its degrees of freedom `df`. `influence` has columns `group` (where
    asked), `stratum`, `cluster` (its name, or that of the row) and the measures: what each sampling unit does to each. `df` are
    the degrees of freedom of all.
    """

    spec: AlkireFoster
    indicators: pd.DataFrame
    groups: pd.DataFrame
    influence: pd.DataFrame
    df: int


@dataclass(frozen=True, slots=True, eq=False)
class _Layout:
    """Rows in places: a place is a sampling unit in a group."""

    place: Codes  # of each row
    group: Codes  # of each place
    unit: Codes  # of each place
    row: Codes  # a row of each place
    unit_stratum: Codes  # of each unit
    labels: tuple[Hashable, ...]  # of the groups
    n: Codes  # rows of each group
    design: SurveyDesign

    @property
    def stratum(self) -> Codes:
        return self.unit_stratum[self.unit]

    @property
    def drawn(self) -> Codes:
        return np.bincount(self.unit_stratum)

    def df(self, weight: Array) -> tuple[Codes, Codes]:
        """Degrees of freedom of each group, and its units, of those with weight in it; from the weights of the places."""
        told, groups = weight > 0, len(self.labels)
        degrees = domain_degrees(self.group[told], self.unit[told], self.unit_stratum, groups)
        return degrees, np.bincount(self.group[told], minlength=groups)

    @classmethod
    def of(cls, frame: pd.DataFrame, over: str | None, drawn: Sampled) -> _Layout:
        group, labels = (np.zeros(len(frame), dtype=np.intp), (None,)) if over is None else _groups(frame[over])
        unit, unit_stratum, row = _units(drawn)
        n, own = np.bincount(group, minlength=len(labels)), group[row]
        if len(labels) == 1 or (own[unit] == group).all():  # each unit lies in one group
            return cls(unit, own, np.arange(len(row)), row, unit_stratum, tuple(labels), n, drawn.design)
        place, kept = relabeled(unit * len(labels) + group, len(row) * len(labels))
        of_unit, of_group = np.divmod(kept, len(labels))
        return cls(place, of_group, of_unit, _last(place, len(kept)), unit_stratum, tuple(labels), n, drawn.design)


def _units(drawn: Sampled) -> tuple[Codes, Codes, Codes]:
    """The sampling unit of each row, numbered by stratum and cluster; the stratum of each unit, and a row of it."""
    row = _last(drawn.unit, len(drawn.unit_stratum))
    if drawn.design.clusters is None:
        return drawn.unit, drawn.unit_stratum, row
    order = np.lexsort((drawn.clusters[row], drawn.unit_stratum))
    number = np.empty_like(order)
    number[order] = np.arange(len(order))
    return number[drawn.unit], drawn.unit_stratum[order], row[order]


def _last(codes: Codes, count: int) -> Codes:
    """The last row of each code."""
    row = np.empty(count, dtype=np.intp)
    row[codes] = np.arange(len(codes))
    return row


def _groups(column: pd.Series) -> tuple[Codes, tuple[Hashable, ...]]:
    """Codes of groups in order, without such as have no row."""
    if isinstance(column.dtype, pd.CategoricalDtype):
        codes, kept = relabeled(column.cat.codes.to_numpy().astype(np.intp), len(column.cat.categories))
        return codes, tuple(column.cat.categories[kept])
    own, labels = groups_of(column.to_frame(), str(column.name))
    assert own is not None
    return own, labels


def _tidy(
    parts: Sequence[tuple[str, str | None, int, int, float]], layout: _Layout, over: str | None, figures: dict[str, Array]
) -> pd.DataFrame:
    groups = len(layout.labels)
    head = {"measure": [part[0] for part in parts] * groups, "indicator": [part[1] for part in parts] * groups}
    table = pd.DataFrame(head)
    if over is not None:
        table.insert(1, over, np.repeat(pd.Series(layout.labels).to_numpy(), len(parts)))
    return table.assign(**{name: x.ravel() for name, x in figures.items()}, n=np.repeat(layout.n, len(parts)))


def _by_group(totals: Array, layout: _Layout) -> Array:
    """Totals (groups, k) of groups from those (k, places) of their places."""
    groups = len(layout.labels)
    return np.array([np.bincount(layout.group, weights=t, minlength=groups) for t in totals], dtype=np.float64).T


def _subgroups(layout: _Layout, sums: Array, over: str | None, df: Codes) -> pd.DataFrame:
    """What each group is of the population and of M0, NaN where nobody is poor; and its degrees of freedom."""
    total = sums.sum(axis=0)
    share = sums[:, 2] / total[2] if total[2] > 0 else np.full(len(sums), np.nan)
    index = pd.Index(list(layout.labels) if over is not None else ["all"], name=over)
    return pd.DataFrame({"population_share": sums[:, 0] / total[0], "contribution": share, "df": df}, index=index)


def _keyed(influence: Array, measures: Sequence[str], layout: _Layout, frame: pd.DataFrame, over: str | None) -> pd.DataFrame:
    """Influence by group, stratum and sampling unit, named as the frame names them."""
    design = layout.design
    columns: dict[str, object] = {} if over is None else {"group": frame[over].to_numpy()[layout.row]}
    columns["stratum"] = 0 if design.strata is None else frame[design.strata].to_numpy()[layout.row]
    columns["cluster"] = (frame.index if design.clusters is None else frame[design.clusters]).to_numpy()[layout.row]
    return pd.DataFrame({**columns, **dict(zip(measures, influence, strict=True))})
