"""Whether indicators hang together enough to be one: Cronbach's α, KMO, Bartlett's test and principal components."""

from __future__ import annotations

import numpy as np

from evalkit.stats.arrays import Array, Codes


def cronbach_alpha(covariance: Array) -> float:
    """Cronbach's α = n/(n − 1) · (1 − tr C / Σ C) of n indicators with covariance matrix C.

    1: all move as one; 0: their sum varies no more than if they were unrelated; negative: they work against each other.
    α rises with n alone. Of a correlation matrix it is the standardized α. Source: Cronbach (1951), Coefficient Alpha and
    the Internal Structure of Tests, Psychometrika 16:297–334.

    Examples
    --------
    >>> round(cronbach_alpha(np.array([[1.0, 0.5], [0.5, 1.0]])), 4)
    0.6667
    """
    n = len(covariance)
    return float(n / (n - 1) * (1.0 - np.trace(covariance) / covariance.sum()))


def kaiser_meyer_olkin(r: Array) -> tuple[float, Array]:
    """The KMO measure of sampling adequacy: overall, and of each indicator (MSA).

    Σ r² / (Σ r² + Σ q²) over the pairs of an indicator, or all pairs; q are partial correlations given all others. `r` is a
    correlation matrix with an inverse. In [0, 1]: near 1 the indicators share few factors, below 0.5 they do not.

    Source: Kaiser & Rice (1974), Little Jiffy, Mark IV, Educational and Psychological Measurement 34:111–117.

    Examples
    --------
    >>> overall, each = kaiser_meyer_olkin(np.array([[1.0, 0.5, 0.5], [0.5, 1.0, 0.5], [0.5, 0.5, 1.0]]))
    >>> round(overall, 4), each.round(4).tolist()
    (0.6923, [0.6923, 0.6923, 0.6923])
    """
    inverse = np.linalg.inv(r)
    scale = np.sqrt(np.diag(inverse))
    off = ~np.eye(len(r), dtype=bool)
    simple, partial = np.where(off, r, 0.0) ** 2, np.where(off, inverse / np.outer(scale, scale), 0.0) ** 2
    each = simple.sum(axis=1) / (simple + partial).sum(axis=1)
    return float(simple.sum() / (simple + partial).sum()), each


def bartlett_sphericity(r: Array, rows: int) -> tuple[float, int, float]:
    """Bartlett's test that no indicator is correlated with another: χ², degrees of freedom, p.

    χ² = −(m − 1 − (2n + 5)/6) ln det R with n(n − 1)/2 degrees of freedom, for m independent rows of n normal indicators.
    With hundreds of rows it rejects almost anything: a small p is little, a large p a warning.

    Source: Bartlett (1951), The Effect of Standardization on a χ² Approximation in Factor Analysis, Biometrika 38:337–344.

    Examples
    --------
    >>> chi_square, df, p = bartlett_sphericity(np.array([[1.0, 0.5], [0.5, 1.0]]), 30)
    >>> round(chi_square, 4), df, round(p, 4)
    (7.9113, 1, 0.0049)
    """
    from scipy.stats import chi2

    n = len(r)
    chi_square = -(rows - 1 - (2 * n + 5) / 6) * np.linalg.slogdet(r)[1]
    df = n * (n - 1) // 2
    return float(chi_square), df, float(chi2.sf(chi_square, df))


def component_variances(r: Array) -> Array:
    """Variances of the principal components (eigenvalues of a correlation matrix), greatest first; they sum to n.

    Examples
    --------
    >>> component_variances(np.array([[1.0, 0.5], [0.5, 1.0]])).round(6).tolist()
    [1.5, 0.5]
    """
    return np.clip(np.linalg.eigvalsh(r)[::-1], 0.0, None)


def entangled(r: Array) -> Codes:
    """Indicators that are, to ten digits, a linear combination of the others; none where the matrix has an inverse.

    Examples
    --------
    >>> entangled(np.array([[1.0, -1.0, 0.1], [-1.0, 1.0, -0.1], [0.1, -0.1, 1.0]])).tolist()
    [0, 1]
    """
    values, vectors = np.linalg.eigh(r)
    return np.flatnonzero((np.abs(vectors[:, values < 1e-10]) > 1e-4).any(axis=1))
