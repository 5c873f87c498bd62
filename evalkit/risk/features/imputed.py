"""Gaps filled for models that cannot see them, with a flag beside: a transformer of scikit-learn."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted, validate_data

from evalkit.check import one_of
from evalkit.risk.observed import only_numbers
from evalkit.stats.arrays import Array

STATISTICS = ("median", "mean", "zero")


class FlaggedImputer(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Fills gaps with what was learnt of training rows, and keeps beside them a column that says so.

    That a figure is not there often tells more than what stands in for it; and imputed figures share errors with what they were
    imputed from. It learns from training rows alone: fit it inside a pipeline.

    Parameters
    ----------
    statistic
        "median", "mean" or "zero"; a column without any figure is filled with 0.
    flags
        Whether columns of 1 (was a gap) and 0 are added, one for each column that had gaps in training.

    Attributes
    ----------
    fill_ : array of shape (n_features_in_,)
        What gaps are filled with.
    flagged_ : array of whole numbers
        The places of columns that get a flag.

    Examples
    --------
    >>> FlaggedImputer().fit_transform(np.array([[1.0, 2.0], [np.nan, 4.0], [3.0, 6.0]]))
    array([[1., 2., 0.],
           [2., 4., 1.],
           [3., 6., 0.]])
    """

    def __init__(self, statistic: str = "median", flags: bool = True) -> None:
        self.statistic = statistic
        self.flags = flags

    def fit(self, X: Any, y: Any = None) -> FlaggedImputer:
        """Learn what gaps are filled with, and which columns have any."""
        one_of(self.statistic, STATISTICS, who="FlaggedImputer statistic")
        values = self._read(X, reset=True)
        gaps = np.isnan(values)
        fill = np.zeros(values.shape[1])
        held = ~gaps.all(axis=0)
        if self.statistic != "zero":
            middle = np.nanmedian if self.statistic == "median" else np.nanmean
            fill[held] = middle(values[:, held], axis=0)
        self.fill_ = fill
        self.flagged_ = np.flatnonzero(gaps.any(axis=0)) if self.flags else np.zeros(0, dtype=np.intp)
        return self

    def transform(self, X: Any) -> Array:
        """The columns without gaps, and the flags after them."""
        check_is_fitted(self)
        values = self._read(X, reset=False)
        gaps = np.isnan(values)
        filled = np.where(gaps, self.fill_, values)
        return np.hstack([filled, gaps[:, self.flagged_].astype(filled.dtype)])

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[np.object_]:
        """The names of the columns, flags as `…_missing`."""
        from sklearn.utils.validation import _check_feature_names_in

        check_is_fitted(self)
        names = _check_feature_names_in(self, input_features)
        return np.asarray([*names, *(f"{names[j]}_missing" for j in self.flagged_)], dtype=object)

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def _read(self, X: Any, *, reset: bool) -> Array:
        with only_numbers("FlaggedImputer"):
            return np.asarray(validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=reset))
