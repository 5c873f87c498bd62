"""How well the process works: days from signal to visit and to help, who still waits, and what it is graded on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import many, number, one_of, shown, whole
from evalkit.errors import SpecError
from evalkit.monitor.ledger.changes import a_day
from evalkit.monitor.ledger.ledger import Ledger
from evalkit.monitor.ledger.stages import OPEN
from evalkit.monitor.ledger.state import LedgerState, is_known
from evalkit.monitor.process.rates import incidence, missed, resolved_share
from evalkit.stats.arrays import Codes, Mask
from evalkit.terms import Text

STEPS: dict[str, tuple[str, str, Text]] = {
    "signal_to_visit": ("flagged", "visited", Text("预警到入户", "signal to visit")),
    "visit_to_help": ("visited", "helped", Text("入户到帮扶", "visit to help")),
    "signal_to_help": ("flagged", "helped", Text("预警到帮扶", "signal to help")),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessQuality:
    """Days between the steps of a case, and the four indicators of monitoring (G21–G24), by county.

    A step counts for cases that took it; those that have not yet are counted beside them with their days so far, since an average
    of finished cases alone looks the better the longer others wait. Limits are a county's own: one writes 15 days
    (qinan.gov.cn 1360362), another 20 working days.

    Parameters
    ----------
    within_days_visit
        From signal to visit; more is late.
    within_days_help
        From signal to the first help of those included; more is late.
    ages
        The last days of the bands open cases are counted in by age.
    level
        Of the exact interval of the missed rate.

    Examples
    --------
    >>> ProcessQuality(within_days_visit=15, within_days_help=30).bands
    ('0-15', '16-30', '31-90', '91+')
    """

    within_days_visit: int
    within_days_help: int
    ages: tuple[int, ...] = (15, 30, 90)
    level: float = 0.95

    def __post_init__(self) -> None:
        whole(self.within_days_visit, who="ProcessQuality within_days_visit", least=0)
        whole(self.within_days_help, who="ProcessQuality within_days_help", least=0)
        for age in many(self.ages, who="ProcessQuality ages", do="write (15, 30, 90)"):
            whole(age, who="ProcessQuality ages", least=0)
        if not self.ages or list(self.ages) != sorted(set(self.ages)):
            raise SpecError("ProcessQuality ages must rise", found=shown(self.ages), do="write (15, 30, 90)")
        number(self.level, "(0, 1)", who="ProcessQuality level", do="use 0.95")

    @property
    def bands(self) -> tuple[str, ...]:
        """The bands of age, in days."""
        first = (0, *(age + 1 for age in self.ages))
        return (*(f"{low}-{high}" for low, high in zip(first[:-1], self.ages, strict=True)), f"{first[-1]}+")

    def measure(
        self,
        state: LedgerState | Ledger,
        as_of: date,
        *,
        over: Literal["county", "kind"] = "county",
        population: pd.Series | None = None,
        sample: pd.DataFrame | None = None,
    ) -> Process:
        """The quality of the process as known on a day.

        Parameters
        ----------
        state
            A ledger, or its state as known on the day.
        as_of
            The day; its year is the period of the indicators.
        over
            What cases are grouped by.
        population
            Homes (or people) of each group, by its name: new inclusions are counted per 100 of them.
        sample
            Homes drawn by a third party: `home`, `qualifies` (whether it ought to be monitored) and `county`.

        Raises
        ------
        SpecError
            A parameter is none.
        DataError
            The state knows what became known after the day; the population is not positive; the sample holds a home twice or
            does not say whether it qualifies.
        """
        a_day(as_of, who="the day of process quality")
        one_of(over, ("county", "kind"), who="ProcessQuality over")
        known = state.state(as_of) if isinstance(state, Ledger) else state
        is_known(known, as_of)
        cases = known.frame.assign(**{over: known.frame[over].fillna("none")})
        counts = self._counts(cases, as_of, over, population, sample)
        panel = counts[["G21", "G22", "G23", "G24"]]
        notes = (*self._waiting(cases, as_of), *_indicators(counts, population is None, sample is None))
        return Process(
            spec=self,
            frame=self._steps(cases, as_of, over),
            total=self._steps(cases, as_of, None),
            ages=self._ages(cases, as_of, over),
            counts=counts,
            panel=panel,
            as_of=as_of,
            notes=notes,
        )

    def _steps(self, cases: pd.DataFrame, as_of: date, over: str | None) -> pd.DataFrame:
        """The days of each step in each group, and who still waits."""
        group, names = (np.zeros(len(cases), dtype=np.intp), [""]) if over is None else _groups(cases[over])
        parts = list[pd.DataFrame]()
        for step, (start, end, _) in STEPS.items():
            days, done, waits = _days(cases, start, end, as_of)
            limit = self._limit(step)
            told = _spread(days[done], group[done], len(names))
            told |= _queue(days[waits], group[waits], len(names), limit)
            told |= _in_time(days, done, waits, group, len(names), limit)
            part = pd.DataFrame({"step": step, **told})
            if over is not None:
                part.insert(0, over, names)
            parts.append(part)
        return pd.concat(parts, ignore_index=True)

    def _limit(self, step: str) -> int | None:
        return {"signal_to_visit": self.within_days_visit, "signal_to_help": self.within_days_help}.get(step)

    def _ages(self, cases: pd.DataFrame, as_of: date, over: str) -> pd.DataFrame:
        """Open cases by stage and by days since their flag; every combination has its row."""
        group, names = _groups(cases[over])
        is_open = cases["open"].to_numpy(dtype=bool)
        age = _between(cases["flagged"], as_of)[is_open]
        band = np.searchsorted(self.ages, age, side="left")
        stage = pd.Categorical(cases["stage"][is_open], categories=list(OPEN)).codes
        index = pd.MultiIndex.from_product([names, OPEN, self.bands], names=[over, "stage", "days"])
        at = (group[is_open] * len(OPEN) + stage) * len(self.bands) + band
        return pd.DataFrame({"cases": np.bincount(at, minlength=len(index))}, index=index).reset_index()

    def _counts(
        self, cases: pd.DataFrame, as_of: date, over: str, population: pd.Series | None, sample: pd.DataFrame | None
    ) -> pd.DataFrame:
        """The four indicators with the counts they are made of, keyed by (unit, period)."""
        parts = [resolved_share(cases, over), incidence(cases, over, population, as_of)]
        parts += [missed(cases, over, sample, self.level), _to_help(cases, over, as_of)]
        table = pd.concat(parts, axis=1).sort_index()
        whole_numbers = table.columns.difference(["G21", "G22", "G23", "G24", "ci_low", "ci_high", "population"])
        table[whole_numbers] = table[whole_numbers].fillna(0).astype("int64")
        years = np.full(len(table), as_of.year, dtype=np.int64)
        return table.set_axis(pd.MultiIndex.from_arrays([table.index, years], names=["unit", "period"]))

    def _waiting(self, cases: pd.DataFrame, as_of: date) -> tuple[Note, ...]:
        """What averages of finished steps leave out."""
        text = Text(
            "“{step}”只计已完成的 {n:,} 次；另有 {waiting:,} 次尚在等待，平均已等 {mean:.1f} 天，最长 {most} 天，"
            "单独列出，未计入平均。",
            "Days from {step} are those of {n:,} cases that took the step; {waiting:,} still wait, for {mean:.1f} days so far on "
            "average and {most} at most: they are counted apart and are in no average.",
        )
        notes = list[Note]()
        for start, end, name in STEPS.values():
            days, done, waits = _days(cases, start, end, as_of)
            if waits.any():
                told = {"mean": float(days[waits].mean()), "most": int(days[waits].max()), "waiting": int(waits.sum())}
                notes.append(Note("caution", text.format(step=name, n=int(done.sum()), **told)))
        said = Text(
            "帮扶时长只计核实后纳入的对象；及时率只计期限已满的对象。",
            "Days to help are those of homes that were included; shares in time are of cases whose time is up.",
        )
        return (Note("choice", said), *notes)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Process(Answer):
    """Process quality: `frame` has one row a group and step, `total` one a step.

    `step` (see `STEPS`); of the `n` cases that took it `median`, `mean` and `p90` days (nine in ten took no longer) and how many
    were `late`; `waiting` cases that have not, `waiting_late` of them beyond the limit already, `waiting_mean` and
    `waiting_most` days so far; and of the `due` cases whose time is up, the share `in_time`. Where a step has no limit, what
    needs one is missing.

    `ages` counts open cases by group, `stage` and `days` since the flag. `counts` is keyed by (unit, period): `ever_included`
    and `resolved` homes (G21, %), homes `included` this year (G22, per 100 of the population), `sampled`, `qualify`, `missed`,
    `turned_down` homes of the sample (G23, %, with `ci_low` and `ci_high`), homes `helped` this year (G24, mean days from
    signal to first help). `panel` has G21–G24 alone, for an indicator panel; what cannot be said is missing.
    """

    spec: ProcessQuality
    total: pd.DataFrame
    ages: pd.DataFrame
    counts: pd.DataFrame
    panel: pd.DataFrame
    as_of: date


def _groups(names: pd.Series) -> tuple[Codes, list[str]]:
    codes, distinct = pd.factorize(names, sort=True)
    return codes.astype(np.intp), [str(name) for name in distinct]


def _between(start: pd.Series, end: Any) -> Any:
    """Whole days from one date to another; 0 where one is missing."""
    passed = pd.to_datetime(end) - start
    return (passed.dt.days if isinstance(passed, pd.Series) else passed).fillna(0).to_numpy(dtype=np.int64)


def _days(cases: pd.DataFrame, start: str, end: str, as_of: date) -> tuple[Codes, Mask, Mask]:
    """The days of a step, so far where it is not done; who took it, and who waits for it."""
    done = cases[end].notna().to_numpy()
    waits = cases["open"].to_numpy(dtype=bool) & ~done & cases[start].notna().to_numpy()
    if end == "helped":
        waits &= cases["included"].notna().to_numpy()
    ended = cases[end].fillna(pd.Timestamp(as_of).as_unit("s"))
    return _between(cases[start], ended), done, waits


def _spread(days: Codes, group: Codes, groups: int) -> dict[str, Any]:
    """Number, median, mean and 90 % point of the days of each group; NaN where there are none."""
    order = np.lexsort((days, group))
    held, n = days[order], np.bincount(group, minlength=groups)
    first = np.cumsum(n) - n
    some = n > 0

    def at(place: Codes) -> Any:
        return held[np.where(some, first + place, 0)] if len(held) else np.zeros(groups)

    middle = (at((n - 1) // 2) + at(n // 2)) / 2
    mean = np.bincount(group, weights=days, minlength=groups) / np.maximum(n, 1)
    told = {"median": middle, "mean": mean, "p90": at((9 * n + 9) // 10 - 1)}
    return {"n": n, **{name: np.where(some, figure, np.nan) for name, figure in told.items()}}


def _queue(days: Codes, group: Codes, groups: int, limit: int | None) -> dict[str, Any]:
    """Who still waits in each group, and for how long so far."""
    n = np.bincount(group, minlength=groups)
    most = np.zeros(groups, dtype=np.int64)
    np.maximum.at(most, group, days)
    mean = np.bincount(group, weights=days, minlength=groups) / np.maximum(n, 1)
    late = _count(group[days > limit], groups) if limit is not None else None
    told = {"waiting_mean": np.where(n > 0, mean, np.nan), "waiting_most": np.where(n > 0, most, np.nan)}
    return {"waiting": n, "waiting_late": _maybe(late, groups), **told}


def _in_time(days: Codes, done: Mask, waits: Mask, group: Codes, groups: int, limit: int | None) -> dict[str, Any]:
    """Who was late, and of cases whose time is up how many were not."""
    if limit is None:
        return {"late": _maybe(None, groups), "due": _maybe(None, groups), "in_time": np.full(groups, np.nan)}
    late = _count(group[done & (days > limit)], groups)
    timely = _count(group[done & (days <= limit)], groups)
    due = timely + late + _count(group[waits & (days > limit)], groups)
    share = np.where(due > 0, timely / np.maximum(due, 1), np.nan)
    return {"late": _maybe(late, groups), "due": _maybe(due, groups), "in_time": share}


def _count(group: Codes, groups: int) -> Codes:
    return np.bincount(group, minlength=groups)


def _maybe(counts: Codes | None, groups: int) -> Any:
    missing = counts is None
    return pd.arrays.IntegerArray(
        np.zeros(groups, dtype=np.int64) if counts is None else counts.astype(np.int64), np.full(groups, missing)
    )


def _to_help(cases: pd.DataFrame, over: str, as_of: date) -> pd.DataFrame:
    """Mean days from signal to first help of cases helped first in the year (G24)."""
    year = (cases["helped"] >= pd.Timestamp(as_of.year, 1, 1)) & (cases["helped"] <= pd.Timestamp(as_of))
    days = (cases["helped"] - cases["flagged"]).dt.days[year].groupby(cases[over][year])
    return pd.DataFrame({"helped": days.size(), "G24": days.mean()})


def _indicators(counts: pd.DataFrame, no_population: bool, no_sample: bool) -> tuple[Note, ...]:
    """How the indicators count, and which cannot be given."""
    counted = Text(
        "G21 以户计：曾纳入监测的户中，最近一次纳入已消除风险的比例；G22 为当年新纳入户；G24 为当年首次得到帮扶者。",
        "G21 counts homes: of those ever included, the share whose last inclusion was resolved; G22 those included this year; "
        "G24 cases first helped this year.",
    )
    notes = [Note("choice", counted)]
    if no_population:
        notes.append(Note("left_out", Text("未给出总户数，G22 无从计算。", "No population was given: G22 cannot be said.")))
    elif counts["G22"].isna().any():
        text = Text("{n} 个地区没有总户数，无 G22。", "{n} places have no population and no G22.")
        notes.append(Note("left_out", text.format(n=int(counts["G22"].isna().sum()))))
    if no_sample:
        notes.append(Note("left_out", Text("未给出抽样调查，G23 无从计算。", "No sample was given: G23 cannot be said.")))
    else:
        text = Text(
            "G23 为抽样户中符合条件者未在台账的比例，区间为精确区间（Clopper–Pearson），按简单随机抽样计；"
            "{n:,} 户在台账中但核实未纳入，另计。",
            "G23 is the share of sampled homes that qualify and are not in the ledger, with the exact interval of Clopper and "
            "Pearson for a simple random sample; {n:,} more are in it but were turned down, and are counted apart.",
        )
        notes.append(Note("caution", text.format(n=int(counts["turned_down"].sum()))))
    return tuple(notes)
