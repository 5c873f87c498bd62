"""Forecasts of an index some years ahead, beside the naive one and with the errors each method made in the past."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from evalkit.answer import Answer, by_period
from evalkit.check import able, keyed, many, number, one_of, shown, whole
from evalkit.coupling.forecast.baselines import Drift, Naive
from evalkit.coupling.forecast.grey import GM11
from evalkit.coupling.forecast.notes import UNSETTLED, forecast_notes
from evalkit.coupling.forecast.path import ForecastMethod
from evalkit.coupling.forecast.rolling import Bounds, Plan, Run, error_frame, ratio, run, within
from evalkit.errors import DataError, NoAnswer, SpecError, several
from evalkit.stats.arrays import Mask
from evalkit.stats.ranks import settled
from evalkit.terms import TERMS, Text, same

MEAN = "mean"


@dataclass(frozen=True, slots=True, kw_only=True)
class Forecast:
    """An index of each place some years ahead, by several methods, each judged by what it would have forecast in the past.

    Parameters
    ----------
    methods
        How to forecast. The naive forecast runs along in any case: it is what the others have to beat.
    horizon
        How many years ahead.
    level
        Probability of the intervals.
    origins
        From how many past years each method is tried: the last ones that have `horizon` years after them, the same for all.
    of
        "places": every place; "mean": the mean of all places alone; or the places named, for methods that fit one series
        after the other.
    bounds
        What the index cannot leave: forecasts and intervals are cut there. None: it has no bounds.

    Notes
    -----
    A forecast carries the past on. It knows of no policy, no shock and no ceiling but `bounds`; a dozen years tell little
    of any model, so that a longer horizon is seldom more than its own assumption.
    """

    methods: tuple[ForecastMethod, ...] = (GM11(), Naive(), Drift())
    horizon: int = 3
    level: float = 0.9
    origins: int = 4
    of: Literal["places", "mean"] | tuple[str, ...] = "places"
    bounds: Bounds = (0.0, 1.0)

    def __post_init__(self) -> None:
        do = "pass methods=(GM11(), Drift())"
        object.__setattr__(self, "methods", many(self.methods, who="the methods of Forecast", do=do))
        if not self.methods:
            raise SpecError("Forecast has no method", do=do)
        for method in self.methods:
            able(method, "forecast", who="a method of Forecast", do="use GM11(), Drift(), Smoothing(), …")
        keys = [method.key for method in self.methods]
        if len(set(keys)) < len(keys):
            raise SpecError("Forecast holds a method twice", found=several(keys), do="keep one of each")
        whole(self.horizon, who="Forecast horizon")
        whole(self.origins, who="Forecast origins")
        number(self.level, "(0, 1)", who="Forecast level", do="use 0.9, or another share between 0 and 1")
        self._check_of()
        self._check_bounds()

    def measure(self, series: pd.Series) -> Forecasted:
        """Forecasts, intervals and past errors of an index keyed by (unit, period).

        Raises
        ------
        SpecError
            A method needs statsmodels, which is not installed.
        DataError
            Keys are double or missing, the years are not equally spaced or not those of all units, or are too few.
        NoAnswer
            A value lies outside the bounds, or a method does not take it.

        Examples
        --------
        >>> key = pd.MultiIndex.from_product([["a", "b"], range(2012, 2021)], names=["unit", "period"])
        >>> d = pd.Series([0.50, 0.52, 0.53, 0.55, 0.57, 0.58, 0.60, 0.61, 0.63] * 2, index=key)
        >>> ahead = Forecast(horizon=2, origins=3).measure(d)
        >>> ahead.best, ahead.frame.loc[("drift", "a"), "estimate"].round(3).tolist()
        ('drift', [0.646, 0.662])
        """
        table = _table(series)
        self._check(table)
        chosen = table if isinstance(self.of, str) else table.loc[list(self.of)]
        mean = pd.DataFrame([chosen.mean()], index=pd.Index([MEAN], name="unit"))
        chosen = mean if self.of == MEAN else chosen
        for grey in (one for one in self.methods if isinstance(one, GM11)):
            below = chosen + grey.constant(chosen.to_numpy())[:, None] <= 0
            do = 'leave those units out, or use GM11(translate="least")'
            _refuse(chosen, below.to_numpy(), f"{grey.name.en} needs positive values", do)
        methods = self.methods if any(one.key == "naive" for one in self.methods) else (Naive(), *self.methods)
        runs = {one.key: run(one, chosen.to_numpy(), self.plan) for one in methods}
        of_mean = runs if self.of == MEAN else {one.key: run(one, mean.to_numpy(), self.plan) for one in methods}
        errors, checks = error_frame({key: ran.past for key, ran in runs.items()}, self.level), _checks(methods, chosen)
        ran = {one.key: (one, runs[one.key]) for one in methods}
        return Forecasted(
            spec=self,
            frame=_frame(self, runs, chosen),
            errors=errors,
            checks=checks,
            mean=_frame(self, of_mean, mean).droplevel("unit"),
            history=pd.Series(
                chosen.to_numpy().ravel(), pd.MultiIndex.from_product([chosen.index, chosen.columns]), name="value"
            ),
            mean_history=pd.Series(mean.to_numpy().ravel(), mean.columns, name="value"),
            methods={one.key: one.name for one in methods},
            unsettled=tuple(key for key, ran in runs.items() if ran.unsettled > UNSETTLED),
            variable=_variable(series),
            notes=forecast_notes(self.plan, ran, chosen, errors, checks),
        )

    @property
    def plan(self) -> Plan:
        """Horizon, origins, level and bounds."""
        return Plan(self.horizon, self.origins, self.level, self.bounds)

    def _check_of(self) -> None:
        """Refuse what names no places."""
        if isinstance(self.of, str):
            one_of(self.of, ("places", MEAN), who="Forecast of")
            return
        places = many(self.of, who="Forecast of", do="use of='places', of='mean', or name places, as in of=('a', 'b')")
        named = all(isinstance(place, str | int) for place in places)
        if not places or not named or len(set(places)) < len(places):
            found = several(places) or "none" if named else shown(places)
            raise SpecError("Forecast of names places, each once", found=found, do="name some places, or use of='places'")
        object.__setattr__(self, "of", places)

    def _check_bounds(self) -> None:
        """Refuse bounds that are no two numbers, or do not rise."""
        if self.bounds is None:
            return
        bounds = many(self.bounds, count=2, who="Forecast bounds", do="use (0, 1), or None for none")
        for end in bounds:
            number(end, "[-∞, ∞]", who="each of Forecast bounds")
        if not bounds[0] < bounds[1]:
            raise SpecError("Forecast bounds must rise", found=str(bounds))
        object.__setattr__(self, "bounds", bounds)

    def _check(self, table: pd.DataFrame) -> None:
        """Refuse years that are too few, units that are not there, and values beyond the bounds."""
        years, greedy = table.shape[1], max(self.methods, key=lambda method: method.least)
        needed = greedy.least + self.origins - 1 + self.horizon
        if years < needed:
            raise DataError(
                f"{greedy.name.en} needs {greedy.least} years before the first of {self.origins} origins, each with "
                f"{self.horizon} years after it: {needed} in all",
                found=f"{years} years",
                do="ask for a shorter horizon or fewer origins",
            )
        if not isinstance(self.of, str):
            absent = [unit for unit in self.of if unit not in table.index]
            if absent:
                raise DataError("units to forecast are not in the series", found=several(absent), do="name units of the series")
        _refuse(table, _outside(table, self.bounds), f"forecasts within {self.bounds}: a value lies outside", "set bounds=None")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Forecasted(Answer):
    """Forecasts: `frame` is keyed by (method, unit, period), with `estimate`, `ci_low` and `ci_high`.

    `errors` is keyed by (method, horizon): `MAE`, `RMSE`, `MAPE` (a share; values of 0 left out), `MASE` (over the mean
    absolute change up to the origin; series that did not change left out), `against_naive` (MAE over that of the naive
    forecast), `coverage` (share of what came within the intervals) and `n`, the forecasts they are means of.

    `checks` is keyed by (method, unit), for GM(1,1): `constant`, `a`, `b`, `lowest_ratio`, `highest_ratio`, `ratios_pass`,
    `C`, `P`, `accuracy` (1 good … 4 unqualified), `relative_error` and `reach` (1 … 5, see `REACH`).

    `mean`, keyed by (method, period), is the forecast of the mean of all places that were asked for, which is not the mean of
    their forecasts. `history` and `mean_history` are what was observed, `methods` the names of the methods, `unsettled` those
    with many fits that did not converge or failed, `variable` the name of the index.
    """

    spec: Forecast
    errors: pd.DataFrame
    checks: pd.DataFrame
    mean: pd.DataFrame
    history: pd.Series
    mean_history: pd.Series
    methods: Mapping[str, Text]
    unsettled: tuple[str, ...]
    variable: Text

    @property
    def against_naive(self) -> pd.Series:
        """Mean of MAE over all horizons, over that of the naive forecast, by method: below 1 where the method beats it."""
        every = self.errors["MAE"].groupby(level="method", sort=False).mean()
        naive = np.full(len(every), every["naive"])
        return pd.Series(ratio(every.to_numpy(), naive), every.index, name="against_naive")

    @property
    def best(self) -> str:
        """The method of least MAE over all horizons among those that converge; the naive one where none is better."""
        against = self.against_naive.drop(list(self.unsettled))
        return "naive" if against.min() >= 1 else str(against.idxmin())

    @property
    def series(self) -> pd.Series:
        """Forecasts of the best method, keyed by (unit, period)."""
        return self.frame["estimate"].xs(self.best, level="method")


def _frame(spec: Forecast, runs: Mapping[str, Run], table: pd.DataFrame) -> pd.DataFrame:
    years = table.columns.to_numpy()
    ahead = years[-1] + (years[-1] - years[-2]) * np.arange(1, spec.horizon + 1)
    index = pd.MultiIndex.from_product([table.index, ahead], names=["unit", "period"])
    parts = {
        key: pd.DataFrame(
            {
                "estimate": within(ran.path.estimate, spec.bounds).ravel(),
                "ci_low": within(ran.low, spec.bounds).ravel(),
                "ci_high": within(ran.high, spec.bounds).ravel(),
            },
            index=index,
        )
        for key, ran in runs.items()
    }
    return pd.concat(parts, names=["method"])


def _checks(methods: tuple[ForecastMethod, ...], table: pd.DataFrame) -> pd.DataFrame:
    grey = [method for method in methods if isinstance(method, GM11)]
    if not grey:
        return pd.DataFrame(index=pd.MultiIndex.from_arrays([[], []], names=["method", "unit"]))
    parts = {method.key: pd.DataFrame(method.check(table.to_numpy()), index=table.index) for method in grey}
    return pd.concat(parts, names=["method", "unit"])


def _table(series: pd.Series) -> pd.DataFrame:
    """The series with one row a unit and one column a year; refused where years are missing or not equally spaced."""
    keyed(series, who="Forecast")
    _, years = by_period(series.index)
    table = series.astype(float).unstack("period")[list(years)]
    gaps = np.argwhere(table.isna().to_numpy())
    if len(gaps):
        found = several([(table.index[i], years[j]) for i, j in gaps])
        raise DataError(
            "Forecast needs the same years of every unit",
            found=f"none for {found}",
            do="fill them or leave the units out, by name",
        )
    steps = np.diff(years)
    if len(steps) and (steps != steps[0]).any():
        at = int(np.flatnonzero(steps != steps[0])[0])
        raise DataError(
            "Forecast needs years at equal distances",
            found=f"{years[at]} is followed by {years[at + 1]}",
            do="keep a run of years without a gap",
        )
    return table.rename_axis(index="unit", columns="period")


def _outside(table: pd.DataFrame, bounds: Bounds) -> Mask:
    values = settled(table.to_numpy())
    return np.zeros(values.shape, dtype=bool) if bounds is None else (values < bounds[0]) | (values > bounds[1])


def _refuse(table: pd.DataFrame, wrong: Mask, what: str, do: str) -> None:
    cells = np.argwhere(wrong)
    if len(cells):
        found = [f"{table.index[i]} in {table.columns[j]}: {table.iloc[i, j]:.4g}" for i, j in cells[:4]]
        raise NoAnswer(what, found=f"{len(cells)} such values: {several(found, 3)}", do=do)


def _variable(series: pd.Series) -> Text:
    title = series.attrs.get("title")
    return title if isinstance(title, Text) else TERMS.get(str(series.name), same(str(series.name or "index")))
