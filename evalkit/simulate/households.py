"""Households of villages and counties, year by year, whose true risk of falling below the line is known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import whole
from evalkit.errors import SpecError
from evalkit.simulate.chance import atoms, in_order
from evalkit.simulate.columns import TRUTH, Table, empty, rows
from evalkit.simulate.counties import SEED
from evalkit.simulate.help import Benefits, Program
from evalkit.simulate.incomes import IncomeProcess
from evalkit.simulate.limits import made_of, within
from evalkit.simulate.names import labeled, names
from evalkit.simulate.places import Extent, PlaceModel, Places
from evalkit.simulate.shocks import ShockModel
from evalkit.simulate.walk import Setting, Walk
from evalkit.terms import Text

if TYPE_CHECKING:
    from evalkit.simulate.stream import StreamedHouseholds

FICTION = Note(
    "caution",
    Text("全部数据由程序模拟，不对应任何真实住户或地区。", "All data are simulated; they stand for no real household or place."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HouseholdSimulation:
    """A question to chance: households in villages in counties, year by year, with shocks, transfers and a program.

    Income follows `IncomeProcess`, shocks `ShockModel`, transfers `Benefits`, the program `Program`, places `PlaceModel`.
    The same question gives the same bits, however many threads draw it and however it is cut into blocks.

    Parameters
    ----------
    households, villages, counties
        How many, at most 100 million households; every village has a household and every county a village.
    periods
        Years, one after the other; the year before the first is the baseline, in which it is registered who is poor.
    line
        Poverty line in yuan a head and year, in the first year and its prices.
    line_growth
        Real rise of the line a year; transfers by rule and the dibao standard rise with it.
    registered
        A home counts as formerly poor if its baseline income, seen with an error of 15 %, was below this many lines.
    seed
        A whole number from 0 on.

    Examples
    --------
    >>> drawn = HouseholdSimulation(households=500, villages=10, counties=2, periods=(2021, 2022)).draw()
    >>> drawn.frame.shape[0], drawn.homes.index[0], drawn.truth.columns[0], bool(drawn.truth["true_risk"].between(0, 1).all())
    (1000, 'H0000001', 'true_risk', True)
    """

    households: int = 10_000
    villages: int = 100
    counties: int = 10
    periods: Sequence[int] = (2020, 2021, 2022, 2023, 2024)
    line: float = 6_000.0
    line_growth: float = 0.025
    registered: float = 1.0
    seed: int = SEED
    process: IncomeProcess = IncomeProcess()
    shocks: ShockModel = ShockModel()
    benefits: Benefits = Benefits()
    program: Program = Program()
    place_model: PlaceModel = PlaceModel()

    def __post_init__(self) -> None:
        for name in ("households", "villages", "counties"):
            whole(getattr(self, name), who=f"HouseholdSimulation {name}")
        whole(self.seed, who="HouseholdSimulation seed", least=0)
        if not self.counties <= self.villages <= self.households <= 100_000_000:
            found = f"{self.counties} counties, {self.villages} villages, {self.households} households"
            raise SpecError("every county needs a village and every village a household, 100 million at most", found=found)
        within(self, 1, 1e7, "line")
        within(self, -0.3, 0.3, "line_growth")
        within(self, 0, 10, "registered")
        made_of(self, process=IncomeProcess, shocks=ShockModel, benefits=Benefits, program=Program, place_model=PlaceModel)
        object.__setattr__(self, "periods", _years(self.periods))

    @property
    def extent(self) -> Extent:
        """Seed, numbers and years."""
        return Extent(self.seed, self.households, self.villages, self.counties, tuple(self.periods))

    def raise_at(self, at: int) -> float:
        """How many times as high as in the first year the line stands `at` years later, in the same prices."""
        return float((1 + self.line_growth) ** at)

    def line_at(self, at: int) -> float:
        """The line `at` years after the first, in prices of the first year."""
        return self.line * self.raise_at(at)

    def setting(self) -> Setting:
        """Places, starts of the program and an observer's knowledge: what all households share."""
        places = self.place_model.draw(self.extent)
        return Setting(self, places, self.program.starts(self.extent), self.process.knowledge(len(self.periods) + 2))

    def stream(self, folder: Path, *, block: int = 131_072, threads: int | None = None) -> StreamedHouseholds:
        """All households to Parquet files in a new or empty folder, `block` at a time (rounded up to whole atoms of 8,192).

        The rows are those of `draw`, whatever the block. Needed memory grows with the block, not with the households.
        """
        from evalkit.simulate.stream import stream_households

        return stream_households(self, folder, block=block, threads=threads)

    def draw(self, *, threads: int | None = None) -> SimulatedHouseholds:
        """All households in memory: about 0.3 kB a household and year."""
        setting = self.setting()
        fixed, years = fill(setting, 0, self.households, threads=threads)
        units = pd.Index(names("H", np.arange(self.households), self.households), name="unit")
        key = _key(units, self)
        return SimulatedHouseholds(
            spec=self,
            frame=_columns({name: column for name, column in years.items() if name not in TRUTH}, key),
            truth=_columns({name: years[name] for name in TRUTH}, key),
            homes=_homes(fixed, self, setting.places, units),
            villages=setting.places.frame(),
            notes=(FICTION,),
        )


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SimulatedHouseholds(Answer):
    """Simulated households: `frame` and `truth` are keyed by (unit, period), `homes` by unit, `villages` by village.

    `frame` holds what is observed in a year: numbers of members by kind (`workers`: 16–64, not at school, not disabled); money
    of the whole home in yuan of the year, to a fen: `wage`, `business` and `property` make up market income, `pension`,
    `disability`, `subsidy` and `dibao` make up `transfer`, both together `income`; `income_pc` = income / members; the
    `line` a head and the `price` level of the county; `poor` (below the line); the four shocks; `medical` (out of pocket),
    `education` (self-paid) and disaster `loss`; `dropout` (a child of school age left school), `insured`,
    `unsafe_dwelling`, `unsafe_water`; `treated` (the program works this year), `enrolled` and `granted` (program and dibao
    of the next year, known at the close of this one).

    `truth` holds what only the simulation knows. `true_risk` is the model's own chance that the home is poor in the next year
    given all that is known at the close of this one: its income of every year since the baseline, its shocks, its village's
    effect, hazard and weather so far, and its members, benefits and enrolment of next year; but not the lasting part of its
    income, of which only the best forecast ρ m enters (`knowledge`). With it, the mean of next year's log market income is
    μ = ln level + g t + x'β + v + ρ m − φ S + τ d, its variance σ² = P + σ_e² + σ_w², and `evalkit.simulate.risk.true_risk` sums
    over the shocks that may strike. Then the `lasting` and `passing` part of log income, the `scar` of shocks, the
    `program_effect` on log market income, and market income a head in prices of the first year.

    `homes`: county, village, the head's sex and schooling, `resettled`, `off_farm`, `land` (mu), `formerly_poor`,
    `baseline_income_pc` (a head, in the baseline year, in prices of the first), `need` (running variable of the program, cut
    at 0; NaN where it never comes) and `program_start` (first year of the program for the home, 0 if never).
    """

    truth: pd.DataFrame
    homes: pd.DataFrame
    villages: pd.DataFrame


def fill(setting: Setting, first: int, last: int, *, threads: int | None = None) -> tuple[Table, Table]:
    """The arrays of households first … last − 1, where `first` starts an atom; see `evalkit.simulate.columns`."""
    fixed, years = empty(last - first, len(setting.spec.periods))
    in_order(partial(_walk, setting, (fixed, years), first), atoms(first, last), threads)
    return fixed, years


def _walk(setting: Setting, tables: tuple[Table, Table], first: int, atom: tuple[int, int, int]) -> None:
    number, start, stop = atom
    fixed, years = (rows(table, start - first, stop - first) for table in tables)
    Walk(setting, number, start, stop, fixed, years).run()


def _years(periods: object) -> tuple[int, ...]:
    """Years one after the other, as whole numbers."""
    years = list(periods) if isinstance(periods, Sequence) and not isinstance(periods, str | bytes) else []
    sound = bool(years) and all(isinstance(year, int | np.integer) and not isinstance(year, bool) for year in years)
    if not sound or years != list(range(years[0], years[0] + len(years))) or not 1950 <= years[0] <= years[-1] <= 2100:
        what = "HouseholdSimulation periods must be years one after the other between 1950 and 2100"
        raise SpecError(what, found=repr(periods), do="use range(2020, 2025)")
    return tuple(int(year) for year in years)


def _key(units: pd.Index, spec: HouseholdSimulation) -> pd.MultiIndex:
    """(unit, period), units one after the other."""
    many, years = len(units), len(spec.periods)
    codes: list[Any] = [np.repeat(np.arange(many), years), np.tile(np.arange(years), many)]
    levels: list[Any] = [units, list(spec.periods)]
    return pd.MultiIndex(levels=levels, codes=codes, names=["unit", "period"], verify_integrity=False)


def _columns(columns: Table, key: pd.MultiIndex) -> pd.DataFrame:
    """Columns (homes, years) as a frame."""
    return pd.DataFrame({name: column.ravel() for name, column in columns.items()}, index=key, copy=False)


def _homes(fixed: Table, spec: HouseholdSimulation, places: Places, units: pd.Index) -> pd.DataFrame:
    village = fixed["village"]
    counties = labeled("C", places.county[village], spec.counties)
    villages = labeled("V", village, spec.villages)
    rest = {name: column for name, column in fixed.items() if name != "village"}
    return pd.DataFrame({"county": counties, "village": villages, **rest}, index=units, copy=False)
