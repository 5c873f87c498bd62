"""What a sample design makes of influence values: covariances of totals, degrees of freedom, intervals and differences."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import numpy as np

from evalkit.check import one_of
from evalkit.errors import DataError, NoAnswer
from evalkit.stats.arrays import Array, Codes, Mask, pieces
from evalkit.stats.exact import effective_trials

Single = Literal["fail", "remove", "certainty", "adjust", "average"]
SINGLE: tuple[Single, ...] = get_args(Single)
HELD = 1 << 18  # figures of a piece held at once


class Strata(NamedTuple):
    """What each stratum of a sample is to a variance."""

    drawn: Codes  # sampling units
    scale: Array  # what its squared deviations are multiplied with; 0: it adds nothing
    lonely: Mask  # a single unit drawn of several
    blown: float  # what the sum over strata is multiplied with


def strata_scales(drawn: Codes, fraction: Array | None = None, single: Single = "fail") -> Strata:
    """The scale (1 − f_h) n_h/(n_h − 1) of each stratum, from its sampling units n_h and the share f_h of all that was drawn.

    A stratum drawn whole (f_h = 1) adds nothing, however few its units. A stratum of a single unit of several says nothing of
    its variance: `single` decides, named as in R's survey. "fail" refuses it; "remove" and "certainty" let it add nothing;
    "adjust" takes the distance of its total to the mean total of all units, without n/(n − 1); "average" gives it the mean
    variance of the other strata, those drawn whole among them.

    Raises
    ------
    SpecError
        `single` is no such word.
    DataError
        A stratum holds a single unit, under "fail".
    NoAnswer
        No other stratum tells a variance, under "remove" and "average".

    Examples
    --------
    >>> strata_scales(np.array([2, 4, 1]), np.array([0.0, 0.25, 1.0])).scale.tolist()
    [2.0, 1.0, 0.0]
    >>> strata_scales(np.array([2, 2, 1]), single="average").blown
    1.5
    """
    one_of(str(single), SINGLE, who="what a stratum of a single cluster counts (single)")
    left = np.ones(len(drawn)) if fraction is None else 1.0 - fraction
    whole = left <= 0
    lonely = (drawn == 1) & ~whole
    known = (drawn > 1) & ~whole
    if lonely.any() and single == "fail":
        what = f"{int(lonely.sum())} strata hold a single cluster, which says nothing of their variance"
        raise DataError(what, do="join them to others, or choose single='adjust', 'certainty' or 'average'")
    if lonely.any() and not known.any() and single in ("remove", "average"):
        what = f"no stratum holds two clusters: single='{single}' has no variance to go by"
        raise NoAnswer(what, found=f"{int(lonely.sum())} strata of one cluster", do="join strata, or choose single='adjust'")
    scale = np.where(known, np.maximum(left, 0.0) * drawn / np.maximum(drawn - 1, 1), 0.0)
    if single == "adjust":
        scale = np.where(lonely, left, scale)
    used = int(np.count_nonzero(drawn))
    blown = used / (used - int(lonely.sum())) if single == "average" and lonely.any() else 1.0
    return Strata(drawn, scale, lonely, blown)


def unit_covariance(
    totals: Array, stratum: Codes, fraction: Array | None = None, single: Single = "fail", weights: Array | None = None
) -> Array:
    """Covariance (k, k) of the sums of k rows of `totals` (k, U), each what a sampling unit adds; units lie in strata 0 … H − 1.

    V = Σ_h s_h Σ_c (t_c − t̄_h)(t_c − t̄_h)ᵀ with s_h of `strata_scales`. With `weights` (U,) the totals are weights times
    `totals`, taken piece by piece so that no copy of them is made.

    Examples
    --------
    >>> unit_covariance(np.array([[1.0, 2.0, 4.0, 5.0]]), np.zeros(4, dtype=int)).round(4)  # n s²: 4 × 3.3333
    array([[13.3333]])
    """
    drawn = np.bincount(stratum, minlength=0 if fraction is None else len(fraction))
    strata = strata_scales(drawn, fraction, single)
    center = np.empty((len(totals), len(drawn)))
    for k, row in enumerate(totals):
        t = row if weights is None else weights * row
        center[k] = np.bincount(stratum, weights=t, minlength=len(drawn)) / np.maximum(drawn, 1)
        if single == "adjust":
            center[k, strata.lonely] = t.sum() / len(t)
    root = np.sqrt(strata.scale)
    covariance = np.zeros((len(totals), len(totals)))
    for piece in pieces(totals.shape[1], max(1, HELD // max(len(totals), 1))):
        of = stratum[piece]
        apart = totals[:, piece] - center[:, of] if weights is None else totals[:, piece] * weights[piece] - center[:, of]
        apart *= root[of]
        covariance += apart @ apart.T
    return covariance * strata.blown


def total_covariance(
    scores: Array, strata: Codes, clusters: Codes, fraction: Array | None = None, single: Single = "fail"
) -> Array:
    """Covariance (k, k) of k estimated totals Σ_i s_i, from scores of shape (k, m): what each row adds to each of them.

    Clusters are drawn within strata, with replacement or with a sampling `fraction` f_h by stratum:
    V = Σ_h (1 − f_h) n_h/(n_h − 1) Σ_c (t_c − t̄_h)(t_c − t̄_h)ᵀ with t_c the total of a cluster. Scores are weight times
    influence value; a row outside of the domain has score 0 and keeps its cluster in the design. `strata` are codes 0 … H − 1;
    clusters of two strata are two clusters, even under one code. `single`: see `strata_scales`.

    Source: Wolter (2007), Introduction to Variance Estimation; Lumley (2010), Complex Surveys.

    Examples
    --------
    >>> x = np.array([[1.0, 2.0, 4.0, 5.0]])
    >>> total_covariance(x, np.zeros(4, dtype=int), np.arange(4)).round(4)  # n s²: 4 × 3.3333
    array([[13.3333]])
    """
    size = int(clusters.max()) + 1
    of, unit = np.unique(strata * size + clusters, return_inverse=True)
    totals = np.array([np.bincount(unit.ravel(), weights=row, minlength=len(of)) for row in scores], dtype=np.float64)
    return unit_covariance(totals, of // size, fraction, single)


def degrees_of_freedom(strata: Codes, clusters: Codes, inside: Mask | None = None) -> int:
    """Clusters less strata: of the whole sample, or of those that hold a row `inside` of a domain.

    As R's `degf(subset(design, inside))`: clusters and strata without a row of the domain tell nothing of it, although the
    variance counts them as totals of 0. Rows of weight 0 are outside, as R counts them.

    Examples
    --------
    >>> strata, clusters = np.array([0, 0, 0, 1, 1]), np.array([0, 1, 2, 0, 1])
    >>> degrees_of_freedom(strata, clusters), degrees_of_freedom(strata, clusters, np.array([True, True, False, False, False]))
    (3, 1)
    """
    if inside is not None:
        strata, clusters = strata[inside], clusters[inside]
    if not len(strata):
        return 0
    pairs = np.unique(strata * (int(clusters.max()) + 1) + clusters)
    return len(pairs) - len(np.unique(pairs // (int(clusters.max()) + 1)))


def overlap_covariance(before: Array, after: Array, stratum: Codes, fractions: tuple[Array, Array, Array] | None = None) -> Array:
    """Covariance (k, l) of sums of two waves, from the totals (k, U), (l, U) of the U sampling units that are in both.

    C = Σ_h c_h m_h/(m_h − 1) Σ_c (x_c − x̄_h)(y_c − ȳ_h)ᵀ over the m_h shared units of stratum h, c_h = 1 of draws with
    replacement. Of draws without, c_h = 1 − f_0h f_1h N_h/m_h with `fractions` (f_0, f_1, N) by stratum: 1 − f_h where all units
    were kept, 0 where as many are shared as two independent draws would share. A stratum that shares one unit adds nothing.

    Source: Tam (1984), On covariances from overlapping samples, The American Statistician 38:288–289.

    Examples
    --------
    >>> x, all_kept = np.array([[1.0, 2.0, 3.0]]), (np.array([0.5]), np.array([0.5]), np.array([6.0]))
    >>> overlap_covariance(x, 2 * x, np.zeros(3, int)), overlap_covariance(x, 2 * x, np.zeros(3, int), all_kept)
    (array([[6.]]), array([[3.]]))
    """
    shared = np.bincount(stratum, minlength=0 if fractions is None else len(fractions[0]))
    scale = np.where(shared > 1, shared / np.maximum(shared - 1, 1), 0.0)
    if fractions is not None:
        first, second, population = fractions
        scale = scale * (1.0 - first * second * population / np.maximum(shared, 1))
    apart = []
    for totals in (before, after):
        center = np.stack([np.bincount(stratum, weights=row, minlength=len(shared)) for row in totals]) / np.maximum(shared, 1)
        apart.append(totals - center[:, stratum])
    return (apart[0] * scale[stratum]) @ apart[1].T


def contrast(estimate: Array, covariance: Array, by: Array) -> tuple[Array, Array]:
    """Sums Σ_j b_j θ_j of estimates (k,), one a row of `by` (c, k), and their standard errors √(b V bᵀ).

    With b = (−1, 1) it is a difference, which keeps the covariance of the two. An estimate that is NaN makes NaN of the sums it
    is in, and of no others. Where two waves share few units V may not be positive definite: a negative variance is NaN.

    Examples
    --------
    >>> v = np.array([[4.0, 3.0], [3.0, 4.0]])
    >>> contrast(np.array([10.0, 12.0]), v, np.array([[-1.0, 1.0]]))  # V = 4 + 4 − 2 × 3
    (array([2.]), array([1.41421356]))
    """
    lost = np.isnan(estimate) | np.isnan(np.diag(covariance))
    known, spread = np.where(lost, 0.0, estimate), np.where(lost[:, None] | lost, 0.0, covariance)
    variance = np.einsum("ck,kl,cl->c", by, spread, by)
    rounding = 1e-12 * (by**2 @ np.abs(np.diag(spread)))
    variance = np.where(np.abs(variance) <= rounding, 0.0, variance)
    undefined = (by != 0) @ lost
    error = np.sqrt(np.where(variance >= 0, variance, np.nan))
    return np.where(undefined, np.nan, by @ known), np.where(undefined, np.nan, error)


def share_interval(share: Array, error: Array, df: float | Array | Codes, level: float = 0.95) -> tuple[Array, Array]:
    """Interval of a share on the logit scale: logit p ± t(df) · se/(p(1 − p)), which never leaves [0, 1].

    Where the share is 0 or 1 the logit does not exist and the interval is the point itself: use `exact_interval` there. With no
    degree of freedom the interval is NaN. Source: as R's `svyciprop` with methods "logit" and "xlogit", which are the same
    interval found by way of a regression and by the delta method; SUDAAN's and Stata's too.

    Examples
    --------
    >>> low, high = share_interval(np.array([0.09782088]), np.array([0.005230329]), df=339)  # mpitb, Eswatini 2014
    >>> low.round(8), high.round(7)
    (array([0.08800425]), array([0.1086021]))
    """
    from scipy.special import expit
    from scipy.stats import t

    inside = (share > 0) & (share < 1)
    p = np.where(inside, share, 0.5)
    middle, reach = np.log(p / (1 - p)), t.ppf((1 + level) / 2, df) * error / (p * (1 - p))
    return np.where(inside, expit(middle - reach), share), np.where(inside, expit(middle + reach), share)


def exact_interval(
    share: Array, error: Array, df: float | Array | Codes, n: float | Array, level: float = 0.95, *, capped: bool = True
) -> tuple[Array, Array]:
    """Interval of Clopper and Pearson with the sample size the design leaves: Korn and Graubard's, for shares near 0 or 1.

    Of n rows the design leaves n* = p(1 − p)/se² · (t(n − 1)/t(df))², `capped` at n; the interval is that of n* p successes in
    n* trials, by quantiles of the beta distribution. Where p is 0 or 1 no design effect can be seen and n* = n: with homes that
    fall together the bound is then too narrow, and the number of clusters is a safer n. Uncapped it is R's
    `svyciprop(method = "beta")`. With no degree of freedom the interval is NaN.

    Source: Korn & Graubard (1998), Survey Methodology 24:193–201; Parker et al. (2017), NCHS Data Presentation Standards for
    Proportions, Vital and Health Statistics 2:175.

    Examples
    --------
    >>> low, high = exact_interval(np.array([0.0]), np.array([0.0]), df=299, n=300)  # none of 300
    >>> low, high.round(5)
    (array([0.]), array([0.01222]))
    """
    from scipy.stats import beta

    tail = (1 - level) / 2
    seen = (share > 0) & (share < 1) & (error > 0)
    counted = effective_trials(share, np.asarray(error) ** 2, np.asarray(n), np.asarray(df), 1 - tail, capped=capped)
    left = np.where(np.asarray(df) > 0, np.where(seen, counted, n), np.nan)
    hits = left * share
    low = np.where(share > 0, beta.ppf(tail, np.maximum(hits, 1e-300), left - hits + 1), left * 0.0)
    high = np.where(share < 1, beta.ppf(1 - tail, hits + 1, np.maximum(left - hits, 1e-300)), left * 0.0 + 1.0)
    return low, high


def plain_interval(estimate: Array, error: Array, df: float | Array | Codes, level: float = 0.95) -> tuple[Array, Array]:
    """Interval estimate ± t(df) · standard error; NaN with no degree of freedom.

    Examples
    --------
    >>> [side.round(3) for side in plain_interval(np.array([10.0]), np.array([1.0]), df=10)]
    [array([7.772]), array([12.228])]
    """
    from scipy.stats import t

    reach = t.ppf((1 + level) / 2, df) * error
    return estimate - reach, estimate + reach


def ratio_influence(above: Array, below: Array, weights: Array) -> tuple[float, Array]:
    """A ratio R = Σ w y / Σ w x, and the influence value (y_i − R x_i)/Σ w x of each row.

    The variance of R is that of the total of w_i u_i. With x = 1 it is a mean, with y in {0, 1} a share, with both 0 outside
    of a group that of the group.

    Examples
    --------
    >>> ratio_influence(np.array([1.0, 3.0]), np.ones(2), np.ones(2))
    (2.0, array([-0.5,  0.5]))
    """
    base = float(weights @ below)
    ratio = float(weights @ above) / base if base > 0 else float("nan")
    return ratio, (above - ratio * below) / base if base > 0 else np.full(len(above), np.nan)
