"""Whether features hold what came later: by their dates, by the homes' own later figures, or by being drawn anew."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from evalkit.check import has_columns
from evalkit.errors import DataError, several
from evalkit.panel.panel import Panel
from evalkit.risk.features.dated import DatedFeatures
from evalkit.risk.labels.followed import Followed
from evalkit.risk.leakage.evidence import Evidence
from evalkit.risk.leakage.findings import Leak
from evalkit.stats.arrays import Array, Codes, Mask
from evalkit.terms import Text

LAGS = 6  # waves on either side that are looked at
FEWEST = 50  # rows below which nothing can be told
FEW = 5  # rows that differ from all others, below which a column tells nothing
SETTLED = 0.98  # squared correlation of a column with its own next figures, above which they tell nothing new


def partial_correlation(ab: Array, ag: Array, bg: Array) -> Array:
    """Correlation of a and b with g held fixed, from that of a and b, of a and g, and of b and g; 0 where g tells a or b already.

    (r_ab − r_ag r_bg)/√((1 − r_ag²)(1 − r_bg²)).

    Examples
    --------
    >>> r = np.array([0.5, 0.5])
    >>> partial_correlation(np.array([0.5, 1.0]), r, r).round(4)
    array([0.3333, 1.    ])
    """
    left, right = 1 - ag**2, 1 - bg**2
    free = (left > 1 - SETTLED) & (right > 1 - SETTLED)
    return np.divide(ab - ag * bg, np.sqrt(np.maximum(left * right, 1e-12)), out=np.zeros_like(ab), where=free)


COUNTED = 100  # whole figures up to it may count members or say yes; above it they are money, such as a line


def known_too_late(rows: Evidence) -> list[Leak]:
    """Features known after their origin."""
    if rows.known is None:
        return []
    late = rows.known > rows.origin[:, None]
    return [
        Leak(rule="known_after_origin", column=rows.names[j], count=int(late[:, j].sum()), where=rows.where(late[:, j]))
        for j in np.flatnonzero(late.any(axis=0))
    ]


def not_rebuilt(rows: Evidence, features: DatedFeatures, panel: Panel | pd.DataFrame) -> list[Leak] | None:
    """Figures that differ when drawn anew from what there was until the origin, at the first, middle and last origin.

    None where the panel lacks columns that the plan reads.
    """
    frame = panel.frame if isinstance(panel, Panel) else panel
    if not set(features.spec.sources) <= set(frame.columns):
        return None
    waves = np.unique(rows.origin)
    differs = np.zeros(rows.x.shape, dtype=bool)
    for wave in np.unique(waves[[0, len(waves) // 2, -1]]):
        then = frame[frame.index.get_level_values("period") <= wave]
        anew = features.spec.measure(then, origins=(int(wave),)).frame
        here = np.flatnonzero(rows.origin == wave)
        shared = [name for name in rows.frame.columns if name in anew.columns]
        at = rows.frame.columns.get_indexer(pd.Index(shared))
        should = anew[shared].reindex(rows.frame.index[here]).to_numpy()
        differs[np.ix_(here, at)] = ~np.isclose(rows.x[np.ix_(here, at)], should, rtol=1e-9, atol=1e-12, equal_nan=True)
    return [
        Leak(rule="not_rebuilt", column=rows.names[j], count=int(differs[:, j].sum()), where=rows.where(differs[:, j]))
        for j in np.flatnonzero(differs.any(axis=0))
    ]


def future_values(rows: Evidence, panel: Panel | pd.DataFrame, limit: float) -> list[Leak]:
    """Features that follow the later figure of a column, given its present one; and rows that hold figures of other dates."""
    seen = _Seen.of(rows, panel)
    leaks = _misplaced(seen)
    told = {leak.column for leak in leaks}
    for later in sorted({1, rows.horizon}):
        leaks += [leak for leak in _following(seen, later, limit) if leak.column not in told]
        told |= {leak.column for leak in leaks}
    return leaks


def broken_lags(rows: Evidence, lags: Mapping[str, str], back: int) -> list[Leak]:
    """Columns said to be the earlier figure of another that are not, and how often they are its later one."""
    has_columns(rows.frame, [*lags, *lags.values()], who="the check of lags")
    places = pd.MultiIndex.from_arrays([rows.unit, rows.origin])
    leaks = []
    for lag, base in lags.items():
        x, of = (rows.x[:, rows.names.index(name)] for name in (lag, base))
        before, after = (_moved(of, places, rows, step) for step in (-back, back))
        told = ~np.isnan(x + before)
        late = _same(x, after) & ~_same(x, of) & ~_same(x, before)
        wrong = (told & ~_same(x, before)) | late
        told |= ~np.isnan(x + after)
        if told.sum() >= FEWEST and wrong.mean(where=told) > 0.05:
            text = Text("其中 {n} 行等于其后一期的“{base}”", "{n} of them hold the later '{base}'")
            found = text.format(n=f"{int(late.sum()):,}", base=base)
            leaks.append(Leak(rule="shuffled_dates", column=lag, count=int(wrong.sum()), where=rows.where(wrong), found=found))
    return leaks


@dataclass(frozen=True, slots=True, eq=False)
class _Seen:
    """Some rows of the evidence (`picked`), their features `x`, and the panel's row of each (`place`, −1: it has none)."""

    rows: Evidence
    picked: Codes
    x: Array
    homes: Followed
    columns: dict[str, Array]
    place: Codes

    @classmethod
    def of(cls, rows: Evidence, panel: Panel | pd.DataFrame) -> _Seen:
        homes = Followed.of(panel, who="LeakageCheck")
        kinds = homes.frame.dtypes
        names = [name for name in homes.frame.columns if pd.api.types.is_numeric_dtype(kinds[name])]
        if not names:
            found, do = f"columns [{several(homes.frame.columns)}]", "pass the columns features were drawn from"
            raise DataError("the panel holds no column of numbers", found=found, do=do)
        at = rows.some()
        place = homes.frame.index.get_indexer(rows.frame.index[at].set_names(["unit", "period"]))
        return cls(rows, at, rows.x[at], homes, {str(name): homes.figures(name) for name in names}, place)

    def row(self, later: int) -> Codes:
        """The panel's row of each home so many periods later, −1 where it has none."""
        found = self.homes.at(later)[self.place]
        return np.where(self.place >= 0, found, -1)

    def steps(self) -> Iterator[int]:
        """Distances of waves that occur, on both sides."""
        waves = self.homes.waves
        apart = np.unique((waves[:, None] - waves).ravel())
        near = apart[(apart != 0) & (np.abs(apart) <= LAGS * (np.diff(waves).min() if len(waves) > 1 else 1))]
        yield from (int(step) for step in near)


def _following(seen: _Seen, later: int, limit: float) -> list[Leak]:
    """Features that go with the figure of a column `later` periods on, among homes of one wave, its present one held fixed."""
    now, then = seen.row(0), seen.row(later)
    held = (now >= 0) & (then >= 0)
    if held.sum() < FEWEST:
        return []
    own = {name: x for name, x in seen.columns.items() if not _of_places(x, seen.homes.period) and _varies(x[then[held]])}
    if not own:
        return []
    stacked = np.stack(list(own.values()), axis=1)
    f, present, next_ = seen.x[held], stacked[now[held]], stacked[then[held]]
    wave = pd.factorize(seen.rows.origin[seen.picked[held]])[0]
    f, present, next_ = (_standard(_ranks(x), wave) for x in (f, present, next_))
    with_next, with_now = (np.einsum("ni,nj->ij", f, x) / len(f) for x in (next_, present))
    settled = np.broadcast_to(np.einsum("nm,nm->m", present, next_) / len(f), with_now.shape)
    given = np.abs(partial_correlation(with_next, with_now, settled))
    with_next, with_now = np.abs(with_next), np.abs(with_now)
    leaks = []
    told = np.array([_varies(column) for column in seen.x[held].T])
    for j in np.flatnonzero(told & ((given >= limit) & (with_next > with_now)).any(axis=1)):
        m = int(np.where(with_next[j] > with_now[j], given[j], 0.0).argmax())
        text = Text(
            "与 {k} 期后的“{c}”偏相关 {r:.2f}", "it goes with '{c}' {k} period(s) later: correlation {r:.2f} given the present"
        )
        found = text.format(k=later, c=list(own)[m], r=float(given[j, m]))
        leaks.append(Leak(rule="future_values", column=seen.rows.names[j], count=int(held.sum()), found=found))
    return leaks


def _misplaced(seen: _Seen) -> list[Leak]:
    """Features that hold, figure for figure, a column of other dates: all of them later, or some."""
    leaks = []
    told = _particular(seen.x)
    for name, column in seen.columns.items():
        if len(np.unique(column[~np.isnan(column)])) < 0.2 * len(column):
            continue
        now = seen.row(0)
        own = _taken(column, now)
        same_now = _same(seen.x, own[:, None])
        early, late = same_now.copy(), np.zeros_like(same_now)
        for step in seen.steps():
            there = _taken(column, seen.row(step))
            moved = _same(seen.x, there[:, None]) & ~same_now
            early |= moved & (step < 0)
            late |= moved & (step > 0)
        share, after = ((early | late) & told).sum(axis=0), (late & ~early & told).sum(axis=0)
        rows = told.sum(axis=0)
        for j in np.flatnonzero((rows >= FEWEST) & (share >= 0.7 * rows) & (after >= np.maximum(0.02 * rows, 3))):
            bad = late[:, j] & ~early[:, j] & told[:, j]
            rule = "future_values" if after[j] >= 0.9 * share[j] else "shuffled_dates"
            text = Text("等于其后各期的“{c}”", "they hold the later '{c}'").format(c=name)
            where = seen.rows.where(seen.picked[bad])
            leaks.append(Leak(rule=rule, column=seen.rows.names[j], count=int(after[j]), where=where, found=text))
    return leaks


def _particular(x: Array) -> Mask:
    """Figures that hardly any other row has; none of a column of few different figures."""
    told = np.zeros(x.shape, dtype=bool)
    for j, column in enumerate(x.T):
        _, at, count = np.unique(column, return_inverse=True, return_counts=True)
        own = (count[at.ravel()] <= max(3, 0.001 * len(column))) & ~np.isnan(column)
        told[:, j] = own & (own.sum() >= FEWEST)
    return told


def _of_places(column: Array, wave: Codes) -> bool:
    """Whether a column says more of places than of homes: no counts and no yes or no, and a wave has but few figures."""
    held = ~np.isnan(column)
    if (column[held] == np.round(column[held])).all() and (np.abs(column[held]) <= COUNTED).all():
        return False
    pairs = pd.DataFrame({"wave": wave[held], "x": column[held]}).drop_duplicates()
    return bool(pairs.groupby("wave").size().median() < FEWEST)


def _varies(column: Array) -> bool:
    """Whether more than a few rows differ from the figure that most have; else one home makes a correlation."""
    return len(column) - int(np.unique(column, return_counts=True)[1].max()) >= FEW


def _taken(column: Array, row: Codes) -> Array:
    return np.where(row >= 0, column[row], np.nan)


def _same(a: Array, b: Array) -> Mask:
    """Where figures are the same to six digits."""
    return np.asarray(np.abs(a - b) <= 1e-6 * np.abs(b))


def _moved(x: Array, places: pd.MultiIndex, rows: Evidence, step: int) -> Array:
    at = places.get_indexer(pd.MultiIndex.from_arrays([rows.unit, rows.origin + step]))
    return np.where(at >= 0, x[at], np.nan)


def _ranks(x: Array) -> Array:
    """Ranks of each column, gaps in the middle."""
    ranks = rankdata(x, axis=0, nan_policy="omit")
    return np.where(np.isnan(ranks), (1 + (~np.isnan(x)).sum(axis=0)) / 2, ranks)


def _standard(x: Array, wave: Codes) -> Array:
    """Columns less their mean of the wave, so that what all homes share in a year tells nothing, with a spread of 1."""
    sums = np.zeros((int(wave.max()) + 1, x.shape[1]))
    np.add.at(sums, wave, x)
    z = x - (sums / np.bincount(wave)[:, None])[wave]
    spread = np.sqrt((z**2).mean(axis=0))
    return np.divide(z, spread, out=np.zeros_like(z), where=spread > 1e-9 * (1 + np.abs(x).max(axis=0)))
