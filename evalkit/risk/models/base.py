"""What every rung is: a weighted classifier of two outcomes by the rules of scikit-learn that says what its risk is made of."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.multiclass import check_classification_targets, type_of_target
from sklearn.utils.validation import _check_sample_weight, check_is_fitted, validate_data

from evalkit.check import shown
from evalkit.errors import DataError, NoAnswer, SpecError, did_you_mean, several
from evalkit.risk.observed import only_numbers
from evalkit.stats.arrays import Array
from evalkit.stats.logistic import expit, logit
from evalkit.stats.quantiles import weighted_quantile

Column = str | int
MANY = 100_000  # rows are enough for a median


class TwoOutcomesNeeded(NoAnswer, ValueError):
    """There is nothing to learn: the outcome does not vary among rows with weight."""


class OneOutcomeTooMany(DataError, ValueError):
    """More than two outcomes, or weights that cannot be weights."""


class RiskClassifier(ClassifierMixin, BaseEstimator, ABC):  # type: ignore[misc]
    """What rungs share: reading of rows, weights and outcomes, and predictions that follow from one score.

    A rung learns by `_learn(X, event, weights)` from rows with weight, and scores by `_decide(X)`; `_chance` turns that score
    into a probability. Scores above 0 are risks above one half. Gaps (NaN) are taken where the class says `gaps`.
    """

    gaps = True
    poor_score = False

    classes_: NDArray[Any]
    n_features_in_: int
    reference_: Array

    def fit(self, X: Any, y: Any, sample_weight: Any = None) -> RiskClassifier:
        """Learn from rows X, outcomes y of two kinds (the event is the greater) and weights."""
        values, event, weights, _ = self._rows(X, y, sample_weight)
        with one_thread():
            self._learn(values, event, weights)
        return self

    def decision_function(self, X: Any) -> Array:
        """The score of each row: above 0 where the risk is above one half."""
        return self._decide(self._read(X))

    def predict_proba(self, X: Any) -> Array:
        """Chances of no event and of the event, of shape (n, 2)."""
        p = self._chance(self.decision_function(X))
        return np.stack([1 - p, p], axis=1)

    def predict(self, X: Any) -> NDArray[Any]:
        """The likelier outcome of each row; what households are visited for is the chance, not this."""
        likelier = self.decision_function(X) > 0
        return self.classes_[likelier.astype(np.intp)]

    def contributions(self, X: Any) -> Array:
        """What each feature adds to the score of each row, of shape (n, features); with `base_` they add up to the score."""
        return self._parts(self._read(X))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.classifier_tags.poor_score = self.poor_score
        tags.input_tags.allow_nan = self.gaps
        return tags

    @abstractmethod
    def _learn(self, X: Array, event: Array, weights: Array) -> None:
        """Learn from rows with weight."""

    @abstractmethod
    def _decide(self, X: Array) -> Array:
        """The score of each row."""

    def _chance(self, score: Array) -> Array:
        return expit(score)

    def _parts(self, X: Array) -> Array:
        """By taking features to their reference one by one, and once more in the other order."""
        return ablated(self._decide, X, self.reference_)

    @property
    def own_parts(self) -> bool:
        """Whether what features add follows from the model itself, and not from setting them to a reference."""
        return type(self)._parts is not RiskClassifier._parts

    @property
    def base_(self) -> float:
        """The score of a row that is as the reference in all features."""
        return float(self._decide(self.reference_[None])[0])

    def _rows(self, X: Any, y: Any, sample_weight: Any, later: Any = None) -> tuple[Array, Array, Array, Array | None]:
        """Rows with weight: features, the event as 1 and 0, weights, and later figures where they were given."""
        with only_numbers(type(self).__name__):
            X, y = validate_data(self, X, y, dtype=np.float64, ensure_all_finite="allow-nan" if self.gaps else True)
            weights = np.asarray(_check_sample_weight(sample_weight, X, dtype=np.float64, ensure_non_negative=True))
            after = None if later is None else np.asarray(later, dtype=np.float64)
        check_classification_targets(y)
        kinds = np.unique(y)
        if len(kinds) > 2:
            kind = type_of_target(y, input_name="y")
            raise OneOutcomeTooMany(f"Only binary classification is supported. The type of the target is {kind}.")
        self.classes_ = kinds
        event = (y == kinds[-1]).astype(float)
        held = weights > 0
        if len(kinds) < 2 or not event[held].any() or event[held].all():
            found = f"one class ({several(np.unique(y[held]))})" if held.any() else "no row with weight"
            what = "a risk needs both classes of the outcome among rows with weight"
            raise TwoOutcomesNeeded(what, found=found, do="give rows of both")
        if after is not None and (after.shape != event.shape or not np.isfinite(after[held]).all()):
            found, do = f"{int(np.isfinite(after).sum())} of them for {len(event)} rows", "complete them, or leave those rows out"
            raise OneOutcomeTooMany("later figures must be finite numbers, one a row", found=found, do=do)
        if held.all():
            return X, event, weights, after
        return X[held], event[held], weights[held], None if after is None else after[held]

    def _read(self, X: Any) -> Array:
        check_is_fitted(self)
        finite = "allow-nan" if self.gaps else True
        with only_numbers(type(self).__name__):
            return np.asarray(validate_data(self, X, dtype=np.float64, ensure_all_finite=finite, reset=False))

    def _places(self, columns: Sequence[Column], what: str) -> list[int]:
        """Where columns stand: a name among those of the frame that was learnt from, or a place."""
        if isinstance(columns, str) or not isinstance(columns, Sequence):
            who = f"{what} of {type(self).__name__}"
            raise SpecError(f"{who} must be a tuple of columns", found=shown(columns), do='write ("a", "b")')
        return [self._place(column, what) for column in columns]

    def _place(self, column: Column, what: str) -> int:
        who = f"{what} of {type(self).__name__}"
        if isinstance(column, str):
            names = [str(name) for name in getattr(self, "feature_names_in_", [])]
            if column not in names:
                do = did_you_mean(column, names) or "give a place, or learn from a frame that has it"
                raise SpecError(f"{who} is '{column}', which is no column", found=several(names) or "rows without names", do=do)
            return names.index(column)
        if isinstance(column, bool) or not isinstance(column, int | np.integer) or not 0 <= column < self.n_features_in_:
            what = f"{who} must be a name or a place from 0 to {self.n_features_in_ - 1}"
            raise SpecError(what, found=shown(column), do="name columns of the frame that is learnt from")
        return int(column)


def one_thread() -> Any:
    """A time in which sums of products run on one thread, so that their last bits are the same on any machine load."""
    from threadpoolctl import threadpool_limits

    return threadpool_limits(1, user_api="blas")


def ablated(score: Callable[[Array], Array], X: Array, reference: Array) -> Array:
    """What each feature adds to a score, of shape (n, features): the mean over two orders in which they are set to a reference.

    Steps of either order add up to the score less that of the reference, and so do their means: Shapley's shares of two orders.
    Source: Castro, Gómez & Tejada (2009), Computers & Operations Research 36:1726–1730; Mitchell, Cooper, Frank & Holmes (2022),
    Journal of Machine Learning Research 23(43), of an order and its reverse.

    Examples
    --------
    >>> ablated(lambda X: X[:, 0] * X[:, 1], np.array([[2.0, 3.0]]), np.zeros(2))
    array([[3., 3.]])
    """
    out = np.zeros(X.shape)
    whole = score(X)
    for order in (range(X.shape[1]), range(X.shape[1] - 1, -1, -1)):
        now, before = X.copy(), whole
        for j in order:
            same = np.array_equal(now[:, j], np.full(len(now), reference[j]), equal_nan=True)
            now[:, j] = reference[j]
            after = before if same else score(now)
            out[:, j] += (before - after) / 2
            before = after
    return out


def middles(X: Array, weights: Array) -> Array:
    """The weighted median of each feature over its figures; a gap where it has none. Of many rows about `MANY` tell.

    Examples
    --------
    >>> middles(np.array([[1.0, np.nan], [2.0, np.nan], [9.0, np.nan]]), np.ones(3))
    array([ 2., nan])
    """
    some = slice(None, None, max(1, len(X) // MANY))
    X, weights = X[some], weights[some]
    out = np.full(X.shape[1], np.nan)
    for j, column in enumerate(X.T):
        held = ~np.isnan(column)
        if held.any():
            out[j] = weighted_quantile(column[held], weights[held], 0.5)
    return out


def on_logit_scale(rung: Any, X: Any) -> tuple[Array, float]:
    """What each feature adds to the logit of the risk of each row, and the logit that they are added to.

    Of a score on another scale the parts of a row are stretched alike, so that they add up on this one.
    """
    return logit_parts(rung, rung._read(X))


def logit_parts(rung: Any, X: Array) -> tuple[Array, float]:
    """As `on_logit_scale`, of rows that were read already."""
    parts, base = rung._parts(X), rung.base_
    start = float(logit(rung._chance(np.array([base])))[0])
    score = rung._decide(X)
    way = score - base
    wanted = logit(rung._chance(score)) - start
    stretch = np.divide(wanted, way, out=np.ones_like(way), where=np.abs(way) > 1e-12)
    return parts * stretch[:, None], start
