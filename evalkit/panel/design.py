"""SurveyDesign: how the households of a frame were drawn, which is what honest standard errors need to know."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from evalkit.answer import Note
from evalkit.check import has_columns, one_of, shown
from evalkit.errors import DataError, NoAnswer, SpecError, several
from evalkit.stats.arrays import Array, Codes, Mask, native
from evalkit.stats.domains import DomainRatios, domain_degrees, domain_variances, linearized_ratios, relabeled
from evalkit.stats.inference import SINGLE, Single, overlap_covariance, unit_covariance
from evalkit.stats.replicates import Jackknife, ReplicateScheme, replicated
from evalkit.terms import Text

LONELY = {
    "remove": Text("不计方差", "add no variance"),
    "certainty": Text("视为必选，不计方差", "count as certain and add no variance"),
    "adjust": Text("以其与全部群组均值之差计方差", "are taken by their distance to the mean of all clusters"),
    "average": Text("按其余层的平均方差计", "are given the mean variance of the other strata"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class SurveyDesign:
    """How rows were drawn; each part names a column of the frame, or is None.

    Parameters
    ----------
    weights
        Design weights (None: all alike). For measures of persons multiply them by household size beforehand. Rows of weight 0
        count for nothing and tell nothing, but their clusters were drawn: as in R's survey they stay in the variance, and are
        left out of the degrees of freedom.
    strata
        Strata (None: one).
    clusters
        Clusters, such as villages, drawn within strata (None: each row by itself). One name in two strata is two clusters.
    population
        How many clusters the stratum of a row has in the population (None: draws with replacement). The correction is that of
        the first stage: where homes were drawn within clusters, their part of the variance is then left out, which matters when
        a large share of the clusters was drawn. A stratum drawn whole adds no variance.
    single
        What a stratum of a single cluster counts: "fail", "remove", "certainty", "adjust" or "average"; see `strata_scales`.

    Examples
    --------
    >>> homes = pd.DataFrame({"w": [10.0, 10.0, 20.0, 20.0], "village": ["a", "a", "b", "c"], "poor": [1.0, 0.0, 0.0, 1.0]})
    >>> drawn = SurveyDesign(weights="w", clusters="village").on(homes)
    >>> drawn.df, drawn.covariance(homes["poor"].to_numpy()[None]).round(1)
    (2, array([[300.]]))
    """

    weights: str | None = None
    strata: str | None = None
    clusters: str | None = None
    population: str | None = None
    single: Single = "fail"

    def __post_init__(self) -> None:
        for part in ("weights", "strata", "clusters", "population"):
            name = getattr(self, part)
            if name is not None and not isinstance(name, str):
                raise SpecError(
                    f"{part} of the survey design must name a column", found=shown(name), do="give the name of one column"
                )
        one_of(str(self.single), SINGLE, who="single of the survey design")

    def on(self, frame: pd.DataFrame) -> Sampled:
        """The design of a frame.

        Raises
        ------
        DataError
            A column is absent, stands twice or holds a gap, the frame has no rows, weights are no finite numbers, negative or all
            0, or a stratum has fewer clusters than were drawn.
        """
        if not isinstance(frame, pd.DataFrame):
            raise DataError("a survey design lies over a DataFrame", found=shown(frame))
        named = [name for name in (self.weights, self.strata, self.clusters, self.population) if name is not None]
        has_columns(frame, named, who="the survey design")
        if not len(frame):
            raise DataError("the frame of a survey design has no rows", do="check what was selected before")
        twice = [name for name in named if isinstance(frame[name], pd.DataFrame)]
        if twice:
            raise DataError(f"columns of the survey design stand twice: [{several(twice)}]", do="keep one of each name")
        gaps = [name for name in named if frame[name].isna().any()]
        if gaps:
            raise DataError(f"columns of the survey design hold gaps: [{several(gaps)}]", do="complete them")
        weights = np.ones(len(frame)) if self.weights is None else _figures(frame, self.weights, "design weights")
        if not (weights >= 0).all() or not np.isfinite(weights).all() or not weights.any():
            wrong = int(((weights < 0) | ~np.isfinite(weights)).sum())
            what = f"design weights '{self.weights}' must be finite and not be negative, and not all 0"
            raise DataError(what, found=f"{wrong} that are not" if wrong else "all 0")
        strata = np.zeros(len(frame), dtype=np.intp) if self.strata is None else pd.factorize(native(frame[self.strata]))[0]
        clusters = np.arange(len(frame)) if self.clusters is None else pd.factorize(native(frame[self.clusters]))[0]
        unit, unit_stratum = _units(strata, clusters, alone=self.clusters is None)
        fraction = self._fraction(frame, strata, unit_stratum)
        return Sampled(self, weights, strata, clusters, fraction, unit, unit_stratum, frame)

    def _fraction(self, frame: pd.DataFrame, strata: Codes, unit_stratum: Codes) -> Array | None:
        """The share of its clusters that was drawn, by stratum."""
        if self.population is None:
            return None
        drawn = np.bincount(unit_stratum)
        held = pd.Series(_figures(frame, self.population, "numbers of clusters")).groupby(strata).agg(["min", "max"])
        wrong = held[(held["min"] != held["max"]) | (held["min"] < drawn)]
        if len(wrong):
            what = f"'{self.population}' must be one number in each stratum, at least the clusters drawn from it"
            do = "give each row the number of clusters that its stratum has in the population"
            raise DataError(what, found=f"{len(wrong)} strata where it is not", do=do)
        return drawn / held["min"].to_numpy(dtype=float)


@dataclass(frozen=True, slots=True, eq=False)
class Sampled:
    """A design as it lies over the rows of a frame."""

    design: SurveyDesign
    weights: Array
    strata: Codes
    clusters: Codes
    fraction: Array | None
    unit: Codes  # the sampling unit of each row
    unit_stratum: Codes  # the stratum of each sampling unit
    frame: pd.DataFrame = field(repr=False)

    @property
    def df(self) -> int:
        """Degrees of freedom: clusters less strata, of those with a row of positive weight."""
        return self.degrees_of_freedom()

    def degrees_of_freedom(self, inside: Mask | None = None) -> int:
        """Clusters less strata, of those that hold a row `inside` of a domain with positive weight.

        As R's `degf(subset(design, inside))`: a domain is told of by the clusters it is in, fewer than the sample's.

        Examples
        --------
        >>> homes = pd.DataFrame({"village": list("aabbcc")})
        >>> drawn = SurveyDesign(clusters="village").on(homes)
        >>> drawn.degrees_of_freedom(), drawn.degrees_of_freedom(np.array([True, True, True, False, False, False]))
        (2, 1)
        """
        held = self._holding(inside)
        return int(held.sum()) - len(np.unique(self.unit_stratum[held]))

    def clusters_with(self, inside: Mask | None = None) -> float:
        """Clusters that hold a row `inside` of a domain with positive weight.

        Examples
        --------
        >>> SurveyDesign(clusters="village").on(pd.DataFrame({"village": list("aabbcc")})).clusters_with(np.arange(6) < 3)
        2.0
        """
        return float(self._holding(inside).sum())

    @property
    def whole(self) -> bool:
        """Whether all clusters of the population were drawn, so that no error of sampling is left."""
        return self.fraction is not None and bool((self.fraction >= 1).all())

    def _holding(self, inside: Mask | None) -> Mask:
        counted = self.weights > 0
        if inside is not None:
            counted &= inside
        return np.asarray(np.bincount(self.unit[counted], minlength=len(self.unit_stratum)) > 0)

    def covariance(self, influence: Array | Iterable[Array]) -> Array:
        """Covariance (k, k) of estimates whose influence values have shape (k, rows), or come row by row.

        Of many statistics of many rows give a generator: each row is summed by sampling unit as it comes, and let go.
        """
        if isinstance(influence, np.ndarray) and self.design.clusters is None:
            rows = self._rows(influence)
            return unit_covariance(rows, self.unit_stratum, self.fraction, self.design.single, self.weights)
        return unit_covariance(self.totals(influence), self.unit_stratum, self.fraction, self.design.single)

    def totals(self, influence: Array | Iterable[Array]) -> Array:
        """What each sampling unit adds, Σ w u over its rows, of shape (k, units)."""
        rows = self._rows(influence) if isinstance(influence, np.ndarray) else influence
        units = len(self.unit_stratum)
        return np.stack([np.bincount(self.unit, weights=self.weights * row, minlength=units) for row in rows])

    def _rows(self, influence: Array) -> Array:
        if influence.ndim != 2 or influence.shape[1] != len(self.weights):
            what = "influence values must have shape (k, rows): one row an estimate"
            raise SpecError(
                what, found=f"shape {influence.shape} for {len(self.weights)} rows", do="of one estimate give u[None]"
            )
        return influence

    def domain_ratios(self, above: Iterable[Array], domain: Codes, below: Array | None = None) -> DomainRatios:
        """Ratios Σ w y/Σ w x in every domain at once, such as all counties, with errors and degrees of freedom.

        Linearized as `ratio_influence` does, by way of totals of sampling units in domains: one pass over the rows of each `y`.
        `domain` holds codes 0 … D − 1 of the rows, −1 outside of all; without `below` x = 1 and the ratios are means. NaN where a
        domain has no weight, and there are no degrees of freedom.

        Examples
        --------
        >>> homes = pd.DataFrame({"village": list("aabbcd"), "poor": [1.0, 0, 0, 0, 1, 1]})
        >>> drawn = SurveyDesign(clusters="village").on(homes)
        >>> found = drawn.domain_ratios([homes["poor"].to_numpy()], np.array([0, 0, 0, 0, 1, 1]))
        >>> found.estimate.ravel().tolist(), found.df.tolist()
        ([0.25, 1.0], [1, 1])
        """
        if not isinstance(domain, np.ndarray) or domain.dtype.kind not in "iu" or domain.shape != self.weights.shape:
            do = "give codes 0, 1, … of the rows, such as pd.factorize makes"
            raise SpecError("domains must be whole numbers, one a row", found=f"{type(domain).__name__}", do=do)
        rows = np.flatnonzero(domain >= 0)
        if not len(rows):
            raise NoAnswer("no row lies in any domain", do="check what was selected before")
        pick: Codes | slice = slice(None) if len(rows) == len(domain) else rows
        unit, of, w = self.unit[pick], domain[pick], self.weights[pick]
        domains, units = int(of.max()) + 1, len(self.unit_stratum)
        place, kept = relabeled(unit * domains + of, units * domains)
        held, at = kept // domains, kept % domains
        base = _sums(place, w if below is None else w * below[pick])
        sums = (_sums(place, w * y[pick]) for y in above)
        estimate, influence = linearized_ratios(sums, base, at, domains)
        drawn, stratum = np.bincount(self.unit_stratum), self.unit_stratum[held]
        variance = domain_variances(influence, at, stratum, drawn, self.fraction, self.design.single)
        error = np.where(np.isnan(estimate), np.nan, np.sqrt(variance))
        told = _sums(place, w) > 0
        df = domain_degrees(at[told], held[told], self.unit_stratum, domains)
        return DomainRatios(estimate, error, df, np.bincount(of, minlength=domains), influence, at, held)

    def replicated(
        self, statistic: Callable[[Array], Array], by: ReplicateScheme | None = None, *, about_estimate: bool = False
    ) -> tuple[Array, Array]:
        """A statistic of the weighted sample (k,), and its covariance (k, k) by replicate weights (None: jackknife).

        `statistic` takes weights of shape (b, rows), one row a replicate, and gives (b,) or (b, k) figures. Deviations are from
        the mean of the replicates, or `about_estimate`.

        Examples
        --------
        >>> homes = pd.DataFrame({"village": list("aabbcc"), "income": [1.0, 2, 3, 4, 5, 9]})
        >>> y = homes["income"].to_numpy()
        >>> at, v = SurveyDesign(clusters="village").on(homes).replicated(lambda w: w @ y / w.sum(axis=1))
        >>> at.tolist(), v.round(4)
        ([4.0], array([[2.5833]]))
        """
        if by is not None and (isinstance(by, type) or not callable(getattr(by, "of", None))):
            do = "give Jackknife(), Balanced() or RescaledBootstrap()"
            raise SpecError("replicates cannot be made by this", found=shown(by), do=do)
        scheme = by or Jackknife()
        estimate = np.atleast_2d(np.asarray(statistic(self.weights[None]), dtype=float).reshape(1, -1))[0]
        made = scheme.of(self.unit_stratum, self.fraction, self.design.single)
        if not len(made.factors):
            return estimate, np.zeros((len(estimate), len(estimate)))
        drawn = replicated(statistic, self.weights, self.unit, made)
        return estimate, made.covariance(drawn, estimate if about_estimate else None)

    @property
    def names(self) -> pd.MultiIndex:
        """The names of stratum and cluster of each sampling unit."""
        row = np.empty(len(self.unit_stratum), dtype=np.intp)
        row[self.unit] = np.arange(len(self.unit))
        strata, clusters = self.design.strata, self.design.clusters
        of = np.zeros(len(row), dtype=np.intp) if strata is None else self.frame[strata].to_numpy()[row]
        named = (self.frame.index if clusters is None else self.frame[clusters]).to_numpy()[row]
        return pd.MultiIndex.from_arrays([of, named], names=["stratum", "cluster"])

    @property
    def notes(self) -> tuple[Note, ...]:
        """What a reader must know of the sample: strata of one cluster, strata drawn whole, rows of weight 0, no interval."""
        drawn = np.bincount(self.unit_stratum)
        whole = np.zeros(len(drawn), dtype=bool) if self.fraction is None else self.fraction >= 1
        lonely, empty = int(((drawn == 1) & ~whole).sum()), int((self.weights == 0).sum())
        notes = []
        if lonely and self.design.single in LONELY:
            text = Text("{n} 层只含一个群组，{how}。", "{n} strata hold a single cluster and {how}.")
            notes.append(Note("caution", text.format(n=lonely, how=LONELY[self.design.single])))
        if self.fraction is not None:
            text = Text(
                "标准误按第一阶段作有限总体校正；{n} 层为全查，不计方差。",
                "Errors are corrected for the finite population of the first stage; {n} strata were drawn whole and add none.",
            )
            notes.append(Note("choice", text.format(n=int(whole.sum()))))
        if empty:
            text = Text(
                "{n} 行权数为 0，不计入估计，其群组仍留在设计中。",
                "{n} rows have weight 0: they count for nothing, and their clusters stay in the design.",
            )
            notes.append(Note("left_out", text.format(n=f"{empty:,}")))
        if self.df < 1:
            text = Text("群组数不多于层数，没有自由度，不给出区间。", "No degree of freedom is left: there are no intervals.")
            notes.append(Note("caution", text))
        return tuple(notes)


def wave_covariance(before: Sampled, first: Array, after: Sampled, second: Array) -> tuple[Array, int]:
    """Covariance (k, l) of the estimates of two waves, by the sampling units that are in both, and how many those are.

    Units are the same where the names of their stratum and cluster are; homes drawn by themselves must be named as clusters.
    `first` (k, rows) and `second` (l, rows) are influence values; see `overlap_covariance` for the formula. Of a finite
    population both waves must say how many clusters it has, and a stratum must have as many in both.

    Raises
    ------
    SpecError
        A wave has no clusters, or only one of the two has strata or corrects for a finite population.
    DataError
        A stratum has another population in each wave.

    Examples
    --------
    >>> from evalkit.stats.inference import contrast
    >>> waves = [pd.DataFrame({"home": [1, 2, 3, 4], "y": y}) for y in ([1.0, 2, 3, 6], [2.0, 3, 4, 8])]
    >>> drawn = [SurveyDesign(clusters="home").on(wave) for wave in waves]
    >>> u = [((wave["y"] - wave["y"].mean()) / 4).to_numpy()[None] for wave in waves]
    >>> shared, units = wave_covariance(drawn[0], u[0], drawn[1], u[1])
    >>> v = np.block([[drawn[0].covariance(u[0]), shared], [shared.T, drawn[1].covariance(u[1])]])
    >>> change, error = contrast(np.array([3.0, 4.25]), v, np.array([[-1.0, 1.0]]))
    >>> change.tolist(), error.round(4).tolist(), units  # of the differences 1, 1, 1, 2: s/√n = 0.25
    ([1.25], [0.25], 4)
    """
    if before.design.clusters is None or after.design.clusters is None:
        do = "name clusters in both designs; the home itself where homes were drawn by themselves"
        raise SpecError("two waves are matched by the names of their clusters", found="a design without clusters", do=do)
    if (before.design.strata is None) != (after.design.strata is None):
        raise SpecError("only one of the two waves has strata, so no cluster has one name in both", do="name strata in both")
    if (before.fraction is None) != (after.fraction is None):
        raise SpecError(
            "only one of the two waves is corrected for a finite population", do="name population in both, or in none"
        )
    place = before.names.get_indexer(after.names)
    to = np.flatnonzero(place >= 0)
    at = place[to]
    x, y = before.totals(first), after.totals(second)
    if not len(at):
        return np.zeros((len(x), len(y))), 0
    stratum, _ = pd.factorize(before.unit_stratum[at])
    fractions = None
    if before.fraction is not None and after.fraction is not None:
        own = [wave.unit_stratum[rows][np.unique(stratum, return_index=True)[1]] for wave, rows in ((before, at), (after, to))]
        f0, f1 = before.fraction[own[0]], after.fraction[own[1]]
        population = np.bincount(before.unit_stratum)[own[0]] / f0
        if not np.allclose(population, np.bincount(after.unit_stratum)[own[1]] / f1, rtol=1e-9):
            raise DataError("some strata have another population in each wave", do="give both waves one population of clusters")
        fractions = (f0, f1, population)
    return overlap_covariance(x[:, at], y[:, to], stratum, fractions), len(at)


def _figures(frame: pd.DataFrame, name: str, what: str) -> Array:
    column = frame[name]
    if not pd.api.types.is_numeric_dtype(column) or pd.api.types.is_complex_dtype(column):
        raise DataError(f"{what} '{name}' must be numbers", found=str(column.dtype), do="read the column as numbers")
    return column.to_numpy(dtype=float)


def _sums(place: Codes, x: Array) -> Array:
    """Sums of figures by place."""
    return np.asarray(np.bincount(place, weights=x), dtype=np.float64)


def _units(strata: Codes, clusters: Codes, *, alone: bool) -> tuple[Codes, Codes]:
    """Sampling units numbered 0 … U − 1, of each row, and the stratum of each."""
    if alone:
        return clusters, strata
    size = int(clusters.max()) + 1
    if not strata.any():
        return clusters, np.zeros(size, dtype=np.intp)
    unit, held = pd.factorize(strata * size + clusters)
    return unit, held // size
