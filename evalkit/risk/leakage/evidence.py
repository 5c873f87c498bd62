"""What is looked at for leakage: features, labels, folds and villages of the same rows, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.check import shown
from evalkit.errors import DataError, SpecError, several
from evalkit.risk.features.dated import DatedFeatures
from evalkit.risk.labels.labels import Labels
from evalkit.stats.arrays import Array, Codes, Mask

Fold = tuple[Codes, Codes]
MOST = 20_000  # rows that searches over sets of features and over dates look at


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Evidence:
    """Rows of homes at origins: features `x` (n, k) with NaN for gaps, and all else by row; None where it was not given.

    `frame` are the features as they came; `text` marks columns of words, which `x` holds as codes in order.
    """

    frame: pd.DataFrame
    x: Array
    text: Mask
    unit: Codes
    origin: Codes
    y: Array
    due: Codes | None
    known_at: Codes | None
    known: Array | None
    place: Codes | None
    places: tuple[object, ...]
    folds: tuple[Fold, ...]

    @classmethod
    def of(
        cls,
        features: DatedFeatures | pd.DataFrame,
        labels: Labels | pd.DataFrame | pd.Series,
        folds: Sequence[Fold] = (),
        places: pd.Series | None = None,
    ) -> Evidence:
        """The rows of the labels, with the features of the same homes and origins; folds are places among these rows."""
        frame, known = (features.frame, features.dates()) if isinstance(features, DatedFeatures) else (features, None)
        told = labels.frame if isinstance(labels, Labels) else labels
        told = told.to_frame("label") if isinstance(told, pd.Series) else told
        _keyed(frame, "features")
        _keyed(told, "labels")
        if "label" not in told:
            found, do = f"columns [{several(told.columns)}]", "name the column of outcomes 'label'"
            raise DataError("labels need a column 'label'", found=found, do=do)
        at = frame.index.get_indexer(told.index)
        if (at < 0).any():
            keys = several(told.index[at < 0])
            raise DataError("some labeled homes have no features", found=keys, do="draw features at these origins")
        frame = frame.iloc[at]
        x, text = _matrix(frame)
        y = _outcome(told["label"])
        unit = pd.factorize(told.index.get_level_values(0), sort=False)[0].astype(np.intp)
        place, names = _places(places, told.index)
        return cls(
            frame=frame,
            x=x,
            text=text,
            unit=unit,
            origin=told.index.get_level_values(1).to_numpy(dtype=np.intp),
            y=y,
            due=_periods(told, "outcome_period"),
            known_at=_periods(told, "known_at"),
            known=None if known is None else known[at],
            place=place,
            places=names,
            folds=_folds(folds, len(told)),
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The features."""
        return tuple(str(name) for name in self.frame.columns)

    @property
    def horizon(self) -> int:
        """How many periods lie between origin and outcome, 1 where that was not given."""
        return 1 if self.due is None else max(1, int(np.median(self.due - self.origin)))

    def some(self) -> Codes:
        """All rows, or evenly spread ones where there are more than searches look at."""
        return np.unique(np.linspace(0, len(self.y) - 1, min(len(self.y), MOST)).astype(np.intp))

    def where(self, rows: Mask | Codes, most: int = 3) -> str:
        """The first few of some rows, as "unit in origin"."""
        at = np.flatnonzero(rows) if rows.dtype == bool else rows
        keys = several(self.frame.index[at[:most]], most)
        return f"{keys} and {len(at) - most:,} more" if len(at) > most else keys


def _keyed(frame: object, what: str) -> None:
    if not isinstance(frame, pd.DataFrame):
        raise SpecError(f"{what} must be a frame", found=type(frame).__name__, do="pass what a plan or a label gave")
    index = frame.index
    if not isinstance(index, pd.MultiIndex) or list(index.names) != ["unit", "origin"]:
        do = "key them by household and origin"
        raise DataError(f"{what} must be keyed by (unit, origin)", found=f"index {list(index.names)}", do=do)
    if not len(frame):
        raise DataError(f"{what} hold no rows", do="check what was selected before")
    if min(codes.min() for codes in index.codes) < 0:
        raise DataError(f"{what} hold rows without a unit or an origin", do="complete or leave out these rows")
    if index.levels[1].dtype.kind not in "iu":
        do = "write origins as whole numbers such as 2021"
        raise DataError(f"origins of {what} must be whole numbers", found=f"such as {shown(index[0][1])}", do=do)
    if index.has_duplicates:
        raise DataError(f"{what} hold some (unit, origin) twice", found=several(index[index.duplicated()]), do="keep one of each")
    if frame.columns.has_duplicates:
        twice = several(frame.columns[frame.columns.duplicated()])
        raise DataError(f"{what} hold some columns twice", found=twice, do="give each column its own name")


def _matrix(frame: pd.DataFrame) -> tuple[Array, Mask]:
    """Columns as numbers, words as codes in order; which of them are words."""
    if not frame.shape[1]:
        raise DataError("features hold no column", do="pass the matrix a model would see")
    x, text = np.empty(frame.shape), np.zeros(frame.shape[1], dtype=bool)
    for j, name in enumerate(frame.columns):
        column = frame[name]
        text[j] = not pd.api.types.is_numeric_dtype(column.dtype)
        if text[j]:
            codes = pd.factorize(column.astype("string"), sort=True)[0].astype(float)
            x[:, j] = np.where(codes < 0, np.nan, codes)
        else:
            x[:, j] = column.to_numpy(dtype=float, na_value=np.nan)
    if np.isinf(x).any():
        bad = frame.columns[np.flatnonzero(np.isinf(x).any(axis=0))]
        raise DataError("features hold infinite figures", found=several(bad), do="mend them, or make them gaps")
    return x, text


def _outcome(label: pd.Series) -> Array:
    y = pd.to_numeric(label, errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    if not ((y == 0) | (y == 1)).all():
        raise DataError("labels must say 1 or 0", found=several(pd.unique(label)[:5]), do="leave out rows without a label")
    return y


def _periods(told: pd.DataFrame, name: str) -> Codes | None:
    if name not in told:
        return None
    if told[name].dtype.kind not in "iu":
        do = "complete them, and cast them with .astype(int)"
        raise DataError(f"'{name}' of labels must hold whole periods", found=str(told[name].dtype), do=do)
    return told[name].to_numpy(dtype=np.intp)


def _places(places: pd.Series | None, index: pd.Index) -> tuple[Codes | None, tuple[object, ...]]:
    """Places of rows: a series keyed by (unit, origin), or by unit."""
    if places is None:
        return None, ()
    if not isinstance(places, pd.Series):
        raise SpecError("places must be a Series", found=type(places).__name__, do="key it by unit, or by (unit, origin)")
    by = index if isinstance(places.index, pd.MultiIndex) else index.get_level_values(0)
    if places.index.has_duplicates:
        raise DataError("places hold some keys twice", do="keep one place of each")
    found = places.reindex(by)
    if found.isna().any():
        raise DataError("some homes have no place", found=several(by[found.isna().to_numpy()]), do="complete the places")
    codes, names = pd.factorize(found)
    return codes.astype(np.intp), tuple(names)


def _folds(folds: Sequence[Fold], rows: int) -> tuple[Fold, ...]:
    found = []
    for pair in folds:
        if not isinstance(pair, tuple | list) or len(pair) != 2:
            raise SpecError(
                "folds are pairs of training and test rows", found=type(pair).__name__, do="pass list(splitter.split(X))"
            )
        train, test = (np.asarray(side) for side in pair)
        for side in (train, test):
            sound = side.ndim == 1 and side.dtype.kind in "iu" and len(side) and side.min() >= 0 and side.max() < rows
            if not sound:
                found_ = f"{side.dtype} of shape {side.shape}"
                raise DataError(f"folds must be places among the {rows} labeled rows", found=found_, do="split the same rows")
        found.append((train.astype(np.intp), test.astype(np.intp)))
    return tuple(found)
