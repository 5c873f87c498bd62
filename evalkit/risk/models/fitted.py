"""A rung that has learnt: it scores homes in batches, calibrated, with bounds where it has any."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import a_period, has_columns, shown, whole
from evalkit.errors import DataError, SpecError, several
from evalkit.risk.calibration.curves import Curve
from evalkit.risk.calibration.venn_abers import VennAbersCurve
from evalkit.risk.observed import a_frame
from evalkit.stats.arrays import Array, pieces
from evalkit.terms import Text

if TYPE_CHECKING:
    from evalkit.risk.models.rungs import Rung

BATCH = 100_000  # rows scored at a time


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RiskModel:
    """A rung that has learnt.

    `rung` is what was asked, `estimator` what learnt, `features` its columns in order, `reference` their weighted medians among
    the rows learnt from, `curve` the calibration (None: none), `unit` and `period` where the key of a row stands (levels of the
    index or columns), `learnt` what it learnt from: rows, events and origins, and
    how many more rows, not at risk, taught it beside them (`teach_only`).
    """

    rung: Rung
    estimator: Any
    features: tuple[str, ...]
    reference: pd.Series
    curve: Curve | None = None
    unit: str = "unit"
    period: str = "period"
    level: float = 0.95
    learnt: tuple[tuple[str, int], ...] = ()
    notes: tuple[Note, ...] = ()

    def score(self, frame: pd.DataFrame, *, batch: int = BATCH) -> RiskOfHomes:
        """The risk of each home of a frame, `batch` rows at a time.

        Raises
        ------
        SpecError
            `frame` is no frame.
        DataError
            A column is absent, text or infinite, holds gaps the rung does not take, or the key is not there.
        """
        whole(batch, who="RiskModel batch")
        a_frame(frame, who="RiskModel")
        key = key_of(frame, self.unit, self.period, who="RiskModel")
        out = np.empty((3, len(frame)))
        for rows in pieces(len(frame), batch):
            out[:, rows] = self._scored(frame.iloc[rows])
        bounded = isinstance(self.curve, VennAbersCurve) or hasattr(self.estimator, "risk_interval")
        columns = {"risk": out[0]} | ({"low": out[1], "high": out[2]} if bounded else {})
        return RiskOfHomes(spec=self, frame=pd.DataFrame(columns, index=key), notes=(*self.notes, *self._notes(bounded)))

    def score_batches(self, frames: Iterable[pd.DataFrame]) -> Iterator[RiskOfHomes]:
        """The risks of one frame after the other: as many households as there are, in the memory of one frame.

        A frame is asked for when its risks are. Of a Parquet file of any length:
        `(rows.to_pandas() for rows in pyarrow.parquet.ParquetFile(path).iter_batches(100_000))`.
        """
        return (self.score(frame) for frame in frames)

    def risk(self, X: pd.DataFrame) -> Array:
        """The calibrated risk of rows that hold the features, without their key."""
        return self._calibrated(self.estimator.predict_proba(self.matrix(X))[:, 1])

    def matrix(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The features of a frame as numbers, checked at the door."""
        tags = getattr(self.estimator, "__sklearn_tags__", None)
        return matrix_of(frame, self.features, gaps=bool(tags and tags().input_tags.allow_nan), who=f"'{self.rung.name}'")

    def _scored(self, frame: pd.DataFrame) -> Array:
        X = self.matrix(frame)
        p = self.estimator.predict_proba(X)[:, 1]
        low = high = np.full(len(p), np.nan)
        if isinstance(self.curve, VennAbersCurve):
            low, high = self.curve.bounds(p)
        elif hasattr(self.estimator, "risk_interval"):
            low, high = (self._calibrated(side) for side in self.estimator.risk_interval(X, self.level))
        return np.stack([self._calibrated(p), low, high])

    def _calibrated(self, p: Array) -> Array:
        return np.asarray(p if self.curve is None else self.curve.score(p), dtype=np.float64)

    def _notes(self, bounded: bool) -> tuple[Note, ...]:
        use = Text(
            "风险用于安排走访的先后，不用于取消或减少任何帮扶。",
            "Risks say whom to visit first; they never take help away.",
        )
        notes = [Note("caution", use)]
        if bounded and not isinstance(self.curve, VennAbersCurve):
            text = Text(
                "区间（{level:.4g}%）只含系数估计的不确定性，不含模型未计入的因素。",
                "Intervals ({level:.4g} %) hold what is not known of the coefficients, not what the model leaves out.",
            )
            notes.append(Note("caution", text.format(level=100 * self.level)))
        return tuple(notes)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RiskOfHomes(Answer):
    """Risks of homes: `frame` is keyed by (unit, period), with columns `risk` and, where the rung has them, `low` and `high`."""

    spec: RiskModel


def matrix_of(frame: pd.DataFrame, features: tuple[str, ...], *, gaps: bool, who: str) -> pd.DataFrame:
    """Columns as float64, in order; text, dates, infinite figures and (unless taken) gaps are refused by name."""
    a_frame(frame, who=who)
    has_columns(frame, features, who=who)
    twice = frame.columns[frame.columns.duplicated()].intersection(list(features))
    if len(twice):
        raise DataError(f"{who} finds columns more than once", found=several(twice), do="give each its own name")
    kinds = {name: frame.dtypes[name] for name in features}
    text = [name for name, kind in kinds.items() if not pd.api.types.is_numeric_dtype(kind) or kind.kind == "c"]
    if text:
        raise DataError(f"{who} needs numbers in columns [{several(text)}]", found=f"{kinds[text[0]]}", do="code them as numbers")
    X = frame[list(features)].astype(np.float64)
    values = X.to_numpy()
    if np.isinf(values).any():
        which = [name for name, bad in zip(features, np.isinf(values).any(axis=0), strict=True) if bad]
        raise DataError(f"{who} finds infinite figures in [{several(which)}]", do="mend them, or make them gaps")
    if not gaps and np.isnan(values).any():
        which = [name for name, bad in zip(features, np.isnan(values).any(axis=0), strict=True) if bad]
        raise DataError(f"{who} does not take gaps, and finds some in [{several(which)}]", do="fill them, with a flag beside")
    return X


def key_of(frame: pd.DataFrame, unit: str, period: str, *, who: str) -> pd.MultiIndex:
    """The key (unit, period) of rows, from levels of the index or from columns."""
    parts = []
    for name in (unit, period):
        if name in frame.index.names:
            parts.append(frame.index.get_level_values(name))
        elif name in frame.columns:
            parts.append(pd.Index(frame[name]))
        else:
            raise DataError(f"{who} finds no '{name}' of the rows", do="key the frame by it, or name the column that holds it")
        if parts[-1].hasnans:
            raise DataError(f"{who} finds gaps in '{name}'", do="complete it")
    if not pd.api.types.is_integer_dtype(parts[1].dtype):
        do = "number the periods, such as year × 4 + quarter"
        raise DataError(f"{who} needs whole numbers in '{period}'", found=a_period(parts[1][0]), do=do)
    return pd.MultiIndex.from_arrays(parts, names=["unit", "period"])


def features_of(value: object, *, who: str) -> tuple[str, ...]:
    """Different column names, at least one, as a tuple."""
    names = tuple(value) if isinstance(value, tuple | list) else ()
    if not names or any(not isinstance(name, str) or not name for name in names) or len(set(names)) < len(names):
        raise SpecError(f"{who} must be a tuple of different columns", found=shown(value), do='write ("size", "schooling")')
    return names
