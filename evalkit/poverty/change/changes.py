"""How poverty changed between two waves, when some sampling units are in both."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import instance, positive
from evalkit.errors import DataError, NoAnswer, SpecError
from evalkit.poverty.columns import is_level
from evalkit.poverty.multidimensional.alkire_foster import MultidimensionalPoverty
from evalkit.stats.arrays import Array
from evalkit.stats.inference import plain_interval
from evalkit.terms import Text

KINDS = ("absolute", "absolute_yearly", "relative", "relative_yearly")


def changes(before: Array, after: Array, years: float) -> Array:
    """Absolute change, the same per year, relative change, and the same per year, of shape (4, k); negative: poverty fell.

    θ₁ − θ₀; (θ₁ − θ₀)/t; (θ₁ − θ₀)/θ₀; (θ₁/θ₀)^(1/t) − 1. Relative changes are NaN where θ₀ is 0.
    Source: Alkire, Roche & Vaz (2017), World Development 94:232–249.

    Examples
    --------
    >>> changes(np.array([0.4]), np.array([0.1]), years=2).ravel().round(4)
    array([-0.3 , -0.15, -0.75, -0.5 ])
    """
    apart = after - before
    ratio = np.divide(after, before, out=np.full(before.shape, np.nan), where=before > 0)
    return np.stack([apart, apart / years, ratio - 1, ratio ** (1 / years) - 1])


def slopes(before: Array, after: Array, years: float) -> tuple[Array, Array]:
    """How fast each of `changes` moves with θ₀ and with θ₁, each of shape (4, k): what the delta method needs.

    Examples
    --------
    >>> [side.ravel().tolist() for side in slopes(np.array([0.5]), np.array([0.25]), years=1)]
    [[-1.0, -1.0, -1.0, -1.0], [1.0, 1.0, 2.0, 2.0]]
    """
    one = np.ones(before.shape)
    inverse = np.divide(1.0, before, out=np.full(before.shape, np.nan), where=before > 0)
    ratio = after * inverse
    power = np.where((ratio > 0) | (years <= 1), ratio, np.nan) ** (1 / years - 1) / years
    by_after = np.stack([one, one / years, inverse, power * inverse])
    by_before = np.stack([-one, -one / years, -ratio * inverse, -power * ratio * inverse])
    return by_before, by_after


@dataclass(frozen=True, slots=True, kw_only=True)
class PovertyChange:
    """Change of multidimensional poverty between two waves, absolute and relative, in all and per year.

    Sampling units found in both waves, by the names of stratum and cluster, make the two estimates vary together, which makes
    the change the surer: V(θ₁ − θ₀) = V(θ₁) + V(θ₀) − 2 Cov, with the covariance over the units of both. Homes drawn by
    themselves are named as clusters. Strata with one such unit add none.

    Parameters
    ----------
    years
        Between the waves.
    level
        Of the intervals, plain, by Student's t with the smaller of the two degrees of freedom of the group.
    """

    years: float = 1.0
    level: float = 0.95

    def __post_init__(self) -> None:
        positive(self.years, who="PovertyChange years")
        is_level(self.level, who="PovertyChange")

    def measure(self, before: MultidimensionalPoverty, after: MultidimensionalPoverty) -> PovertyChanges:
        """The change of each measure, of all or of each group.

        Raises
        ------
        SpecError
            The waves are no answers of `AlkireFoster`, were asked different questions, or a design has no clusters to match by.
        DataError
            A group is in one wave only.
        NoAnswer
            The design corrects for a finite population: how far that holds of two waves is not known.
        """
        for wave in (before, after):
            instance(wave, MultidimensionalPoverty, who="a wave of PovertyChange", do="give what AlkireFoster.measure gives")
        _comparable(before, after)
        over = [name for name in before.frame.columns[1:2] if "group" in before.influence]
        keys = ["measure", *over]
        pair = before.frame.merge(after.frame, on=keys, how="outer", suffixes=("_0", "_1"), indicator=True)
        if (pair["_merge"] != "both").any():
            only = pair.loc[pair["_merge"] != "both", keys].drop_duplicates()
            raise DataError(
                "some groups are in one wave only", found=str(len(only)), do="measure both waves over the same groups"
            )
        pair = before.frame[keys].merge(pair, on=keys)
        shared, units = _covariances(before.influence, after.influence, pair, over)
        first, second = pair["estimate_0"].to_numpy(), pair["estimate_1"].to_numpy()
        by_before, by_after = slopes(first, second, self.years)
        variance = (by_before * pair["std_error_0"].to_numpy()) ** 2 + (by_after * pair["std_error_1"].to_numpy()) ** 2
        error = np.sqrt(np.maximum(variance + 2 * by_before * by_after * shared, 0.0))
        change = changes(first, second, self.years)
        low, high = plain_interval(change, error, _degrees(before, after, pair, over), self.level)
        frame = pd.concat([pair[keys]] * len(KINDS), ignore_index=True)
        frame.insert(1, "change", np.repeat(KINDS, len(pair)))
        figures = {"estimate": change, "std_error": error, "ci_low": low, "ci_high": high}
        frame = frame.assign(**{name: x.ravel() for name, x in figures.items()}, n=np.tile(pair["n_0"] + pair["n_1"], len(KINDS)))
        text = Text(
            "两期共有 {n} 个抽样单元，差异的标准误计入其协方差。",
            "{n} sampling units are in both waves; errors count their covariance.",
        )
        return PovertyChanges(spec=self, frame=frame, units=units, notes=(Note("choice", text.format(n=units)),))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class PovertyChanges(Answer):
    """Changes: `frame` has columns `measure`, `change`, the group, `estimate`, `std_error`, `ci_low`, `ci_high`, `n` (rows).

    `change` is `absolute`, `absolute_yearly`, `relative` or `relative_yearly`. `units` counts sampling units in both waves.
    """

    spec: PovertyChange
    units: int


def _comparable(before: MultidimensionalPoverty, after: MultidimensionalPoverty) -> None:
    asked = [replace(wave.spec, level=0.95, seed=0, replicates=0, design=before.spec.design) for wave in (before, after)]
    if asked[0] != asked[1] or list(before.frame.columns) != list(after.frame.columns):
        raise SpecError(
            "the two waves were asked different questions", do="measure both by one AlkireFoster, over the same groups"
        )
    designs = (before.spec.design, after.spec.design)
    if any(design.clusters is None for design in designs):
        do = "name clusters in both designs; the home itself where homes were drawn by themselves"
        raise SpecError("two waves are matched by the names of their clusters", found="a design without clusters", do=do)
    if (designs[0].strata is None) != (designs[1].strata is None):
        raise SpecError("only one of the two waves has strata, so no cluster has one name in both", do="name strata in both")
    if before.spec.design.population is not None or after.spec.design.population is not None:
        raise NoAnswer("a finite population correction does not carry over to a change", do="leave population out of the design")


def _degrees(before: MultidimensionalPoverty, after: MultidimensionalPoverty, pair: pd.DataFrame, over: list[str]) -> Array:
    """The smaller of the degrees of freedom of both waves, of the group of each row of `pair`; NaN where there are none."""
    told = [wave.groups["df"].reindex(pair[over[0]] if over else ["all"] * len(pair)) for wave in (before, after)]
    fewest = np.minimum(*(df.to_numpy(dtype=float) for df in told))
    return np.where(fewest > 0, fewest, np.nan)


def _covariances(before: pd.DataFrame, after: pd.DataFrame, pair: pd.DataFrame, over: list[str]) -> tuple[Array, int]:
    """Covariance of the two estimates of each row of `pair`, from the sampling units of both waves; and how many those are.

    Σ_h n_h/(n_h − 1) (Σ_c x_c y_c − Σ x Σ y/n_h) over the n_h shared units of stratum h; strata of one unit add nothing.
    """
    key = ["stratum", "cluster"]
    common = before[key].drop_duplicates().merge(after[key].drop_duplicates(), on=key)
    if common.empty:
        return np.zeros(len(pair)), 0
    common = common.assign(unit=np.arange(len(common)), at=pd.factorize(common["stratum"])[0])
    n, names = np.bincount(common["at"]), list(pair["measure"].unique())
    groups = pd.Index(pair[over[0]].unique()) if over else pd.Index([0])
    places = len(groups) * len(n)
    waves = []
    for wave in (before, after):
        rows = wave.merge(common, on=key)
        group = groups.get_indexer(pd.Index(rows["group"])) if over else np.zeros(len(rows), dtype=np.intp)
        waves.append(rows[names].assign(unit=group * len(common) + rows["unit"], place=group * len(n) + rows["at"]))
    shared = waves[0].merge(waves[1][[*names, "unit"]], on="unit", suffixes=("_0", "_1"))
    scale = np.where(n > 1, n / np.maximum(n - 1, 1), 0.0)
    found = np.zeros((len(groups), len(names)))
    for m, name in enumerate(names):
        product = _sums(shared["place"], shared[f"{name}_0"] * shared[f"{name}_1"], places)
        x, y = (_sums(wave["place"], wave[name], places) for wave in waves)
        found[:, m] = (product - x * y / np.tile(n, len(groups))).reshape(-1, len(n)) @ scale
    at = groups.get_indexer(pd.Index(pair[over[0]])) if over else np.zeros(len(pair), dtype=np.intp)
    return found[at, pd.Index(names).get_indexer(pd.Index(pair["measure"]))], len(common)


def _sums(place: pd.Series, x: pd.Series, places: int) -> Array:
    return np.asarray(np.bincount(place.to_numpy(), weights=x.to_numpy(), minlength=places), dtype=np.float64)
