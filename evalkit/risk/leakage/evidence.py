"""What is looked at for leakage: features, labels, folds and villages of the same rows, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from evalkit.check import a_period, at_rows, neither
from evalkit.errors import DataError, SpecError, several
from evalkit.risk.features.dated import DatedFeatures
from evalkit.risk.labels.labels import Labels
from evalkit.stats.arrays import Array, Codes, Mask

Fold = tuple[Codes, Codes]
MOST = 20_000  # rows that searches over sets of features and over dates look at


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Evidence:
    """Rows of homes at origins: features `x` (n, k) with NaN for gaps, and all else by row; None where it was not given.

    `frame` are the features as they came; `text` marks columns of words, which `x` holds as codes in order. `at_risk` says to
    which rows the outcome can happen, the others teach only; `row` is where each stands among the labels.
    """

    frame: pd.DataFrame
    x: Array
    text: Mask
    unit: Codes
    origin: Codes
    y: Array
    at_risk: Mask
    row: Codes
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
            do = "draw features at these origins"
            raise DataError("some labeled homes have no features", found=f"labels in {at_rows(at < 0)}", do=do)
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
            at_risk=_at_risk(told),
            row=np.arange(len(told)),
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

    def where(self, rows: Mask | Codes) -> str:
        """Where some rows stand among the labels, and at which origins; no home is named."""
        wrong = np.zeros(int(self.row[-1]) + 1, dtype=bool)
        wrong[self.row[rows]] = True
        return f"labels in {at_rows(wrong)}, origins {several(np.unique(self.origin[rows]))}"

    def only(self, held: Mask) -> Evidence:
        """Some of the rows; folds that lose a side are left out."""
        if held.all():
            return self
        place = np.cumsum(held) - 1
        folds = [(place[train[held[train]]], place[test[held[test]]]) for train, test in self.folds]
        return replace(
            self,
            frame=self.frame.loc[held],
            x=self.x[held],
            unit=pd.factorize(self.unit[held])[0].astype(np.intp),
            origin=self.origin[held],
            y=self.y[held],
            at_risk=self.at_risk[held],
            row=self.row[held],
            due=None if self.due is None else self.due[held],
            known_at=None if self.known_at is None else self.known_at[held],
            known=None if self.known is None else self.known[held],
            place=None if self.place is None else self.place[held],
            folds=tuple((train, test) for train, test in folds if len(train) and len(test)),
        )


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
        raise DataError(f"origins of {what} must be whole numbers", found=a_period(index[0][1]), do=do)
    if index.has_duplicates:
        raise DataError(f"{what} hold some (unit, origin) twice", found=at_rows(index.duplicated()), do="keep one of each")
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
        raise DataError("labels must say 1 or 0", found=neither(pd.unique(label)), do="leave out rows without a label")
    return y


def _at_risk(told: pd.DataFrame) -> Mask:
    if "at_risk" not in told:
        return np.ones(len(told), dtype=bool)
    said = pd.to_numeric(told["at_risk"], errors="coerce").to_numpy(dtype=float, na_value=np.nan)
    if not ((said == 0) | (said == 1)).all() or not said.any():
        do = "give 1 where the outcome can happen, at least once, and 0 where a row teaches only"
        raise DataError("'at_risk' of labels must say 1 or 0", found=neither(pd.unique(told["at_risk"])), do=do)
    return np.asarray(said == 1)


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
        where = at_rows(found.isna().to_numpy())
        raise DataError("some homes have no place", found=f"labels in {where}", do="complete the places")
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
