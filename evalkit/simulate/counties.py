"""Simulated county panels with a known truth: what methods are tested and demonstrated on. No figure here is real."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.errors import SpecError
from evalkit.panel.panel import Panel
from evalkit.panel.system import Direction, Indicator, IndicatorSystem
from evalkit.terms import Text

Array: TypeAlias = NDArray[np.float64]

SEED = 20240101
SOURCE = Text(
    "模拟县域面板（虚构数据，由 evalkit.simulate 生成）", "simulated county panel (fictional data, made by evalkit.simulate)"
)

# 1. the formula


def logistic(x: Array) -> Array:
    """The logistic curve, from (−∞, ∞) to (0, 1)."""
    return np.asarray(1.0 / (1.0 + np.exp(-x)), dtype=np.float64)


def progress(years: Array, turn: int = 2020) -> Array:
    """How far the programme has come: 0 in 2012, 1 in the turning year, about a third of the pace after it.

    Examples
    --------
    >>> progress(np.array([2012.0, 2016.0, 2020.0, 2024.0]))
    array([0.   , 0.5  , 1.   , 1.175])
    """
    before = np.minimum(years, turn) - (turn - 8)
    after = np.maximum(years - turn, 0.0)
    return np.asarray((before + 0.35 * after) / 8.0, dtype=np.float64)


def respond(latent: Array, level: Level, noise: Array) -> Array:
    r"""An indicator as a monotone function of its system's latent level, plus noise.

    .. math:: x = w + (b - w)\,\sigma(\operatorname{logit}\ell + \lambda + e)

    with worst value :math:`w`, best value :math:`b`, lead :math:`\lambda` (positive: the indicator comes along early and
    saturates) and noise :math:`e` in logits, so that x never leaves the interval between w and b. Where w and b are
    positive and lie a factor of 4 or more apart, the interpolation is geometric. Without noise, x rises strictly with the
    latent level for a benefit and falls for a cost. Latent levels lie strictly between 0 and 1.

    Examples
    --------
    >>> respond(np.array([0.2, 0.5, 0.8]), Level(20.0, 70.0), np.zeros(3)).round(6)
    array([30., 45., 60.])
    """
    share = logistic(np.log(latent) - np.log1p(-latent) + level.lead + noise)
    if level.geometric:
        return np.asarray(level.worst * (level.best / level.worst) ** share, dtype=np.float64)
    return level.worst + (level.best - level.worst) * share


class Level(NamedTuple):
    """Where an indicator comes from and where it is bound for: worst and best value, lead in logits, decimals."""

    worst: float
    best: float
    lead: float = 0.0
    decimals: int = 1

    @property
    def geometric(self) -> bool:
        """Whether the indicator grows by factors rather than by steps."""
        low, high = sorted((self.worst, self.best))
        return low > 0 and high / low >= 4


# Worst and best values a county can come near to, by indicator id; chosen for looking realistic, taken from no data.
LEVELS = {
    "G01": Level(48, 104), "G02": Level(-4.0, 7.5), "G03": Level(52, 93), "G05": Level(87, 99.7, 0.5),
    "G06": Level(92, 99.9, 1.0), "G07": Level(74, 99.8, 0.7), "G09": Level(8.5, 0.05, 0.6, 2), "G10": Level(46, 99, 0.2),
    "G12": Level(42, 86), "G14": Level(78, 99.6, 0.5), "G15": Level(38, 96), "G16": Level(36, 76, -0.2),
    "G18": Level(28, 66, -0.3), "G21": Level(32, 94), "G22": Level(2.4, 0.02, 0.6, 2), "G27": Level(56, 99.5),
    "G30": Level(7, 54, -0.4), "G32": Level(6.2, 10.8, -0.3, 2),
    "R01": Level(170, 1500, 0.2, 0), "R02": Level(1.1, 9.0, -0.1, 2), "R03": Level(0.45, 3.6, 0.0, 2), "R04": Level(24, 94, 0.3),
    "R07": Level(28, 98, 0.3), "R08": Level(36, 98.5, 0.4), "R09": Level(2, 72, -0.7), "R11": Level(480, 165),
    "R13": Level(52, 99.6, 0.8), "R14": Level(6.5, 15.8), "R15": Level(42, 95, 0.2), "R18": Level(16, 98),
    "R19": Level(15, 92), "R21": Level(2, 90, -0.6), "R24": Level(4800, 34000, 0.0, 0), "R25": Level(3.7, 1.55, 0.1, 2),
    "R26": Level(44, 25), "R27": Level(42, 99.4, 0.4),
}  # fmt: skip


def level_of(indicator: Indicator) -> Level:
    """The level of an indicator: from the table where its id stands there, otherwise from its plausible range.

    Examples
    --------
    >>> level_of(Indicator(id="late", name=Text("", ""), direction=Direction.COST, plausible=(0, 50)))
    Level(worst=47.5, best=5.0, lead=0.0, decimals=1)
    """
    known = LEVELS.get(indicator.id)
    low, high = indicator.plausible or (0.0, 100.0)
    if known is not None and low <= min(known.worst, known.best) and max(known.worst, known.best) <= high:
        return known
    width = high - low
    near, far = low + 0.1 * width, high - 0.05 * width
    worst, best = (far, near) if indicator.direction is Direction.COST else (near, far)
    return Level(worst, best, decimals=max(0, min(4, 3 - int(np.ceil(np.log10(width))))))


# 2. the choice


@dataclass(frozen=True, slots=True, kw_only=True)
class CountyPanel:
    """A question to chance: a panel of fictional counties whose true levels are known.

    Every county-year has one latent level per system in (0, 1), made in logits of a start, a province effect, a county
    effect, a tilt (in some counties the first system leads, in others it lags), a pace of its own, the common progress
    (fast until 2020, slower after) and a persistent disturbance. Indicators follow from it by `respond`, with persistent
    and passing noise of their own. Each indicator draws from a stream keyed by its id, so that a system more or an
    indicator fewer changes nothing in the others. Missing cells come in runs of one or two years, one run at most in a
    series; every twelfth run lies at an end.

    Parameters
    ----------
    seed
        The same seed gives the same panel.
    provinces, counties_per_province
        At most 10 and 99.
    periods
        Years, in order.
    noise
        Standard deviation of the indicators' noise in logits; 0 makes every indicator a strictly monotone function of its
        latent level (before rounding).
    gaps
        Expected share of missing cells, at most 0.05.

    Examples
    --------
    >>> water = Indicator(id="water", name=Text("自来水", "tap water"), plausible=(40, 100))
    >>> from evalkit.panel.system import Dimension
    >>> safe = Dimension(id="safe", name=Text("饮水", "water"), indicators=(water,))
    >>> kept = IndicatorSystem(id="kept", name=Text("巩固", "consolidation"), dimensions=(safe,))
    >>> drawn = CountyPanel(provinces=2, counties_per_province=3).draw([kept])
    >>> len(drawn.panel.units), drawn.panel.periods[-1], list(drawn.truth.columns)
    (6, 2024, ['kept'])
    """

    seed: int = SEED
    provinces: int = 6
    counties_per_province: int = 20
    periods: Sequence[int] = tuple(range(2012, 2025))
    noise: float = 0.7
    gaps: float = 0.015

    def __post_init__(self) -> None:
        sensible = 1 <= self.provinces <= len(STEMS) and 1 <= self.counties_per_province <= 99 and len(self.periods) > 0
        if not sensible or self.noise < 0 or not 0 <= self.gaps <= 0.05:
            raise SpecError(
                "a county panel needs 1 to 10 provinces of 1 to 99 counties, a period, noise ≥ 0 and gaps of at most 0.05",
                found=f"{self}",
            )

    def draw(self, systems: Iterable[IndicatorSystem] | Mapping[str, IndicatorSystem]) -> SimulatedPanel:
        """The panel of all indicators of the systems, its truth, and the same panel without gaps."""
        systems = tuple(systems.values() if isinstance(systems, Mapping) else systems)
        counties = _counties(self)
        index = pd.MultiIndex.from_product([counties.index, list(self.periods)], names=["unit", "period"])
        truth = {system.id: self._latent(system.id, lead=at == 0) for at, system in enumerate(systems)}
        columns, holes = dict[str, Array](), dict[str, NDArray[np.bool_]]()
        for system in systems:
            for indicator in system.every:
                columns[indicator.id] = self._observe(indicator, truth[system.id]).ravel()
                holes[indicator.id] = self._holes(indicator.id).ravel()
        frame = pd.DataFrame(columns, index=index)
        complete = Panel(
            frame=frame,
            names=_names(counties),
            groups=counties[["province"]],
            weights=pd.Series(self._population().ravel(), index=index, name="population"),
            source=SOURCE,
        )
        return SimulatedPanel(
            spec=self,
            panel=replace(complete, frame=frame.mask(pd.DataFrame(holes, index=index))),
            truth=pd.DataFrame({name: level.ravel() for name, level in truth.items()}, index=index),
            complete=complete,
        )

    @property
    def _shape(self) -> tuple[int, int]:
        return self.provinces * self.counties_per_province, len(self.periods)

    def _latent(self, system: str, *, lead: bool) -> Array:
        """Latent levels of one system, counties by years."""
        many, _ = self._shape
        common, own = _stream(self.seed, "counties"), _stream(self.seed, "latent", system)
        province = common.normal(0, 0.45, self.provinces).repeat(self.counties_per_province)
        county, tilt = common.normal(0, 0.45, many), common.normal(0, 0.55, many)
        level = (-1.0 if lead else -1.5) + province + county + (tilt if lead else -tilt) + own.normal(0, 0.15, many)
        pace = 1.9 + own.normal(0, 0.2, many)
        trend = np.outer(pace, progress(np.asarray(self.periods, dtype=np.float64)))
        return logistic(level[:, None] + trend + _persistent(own, self._shape, 0.12))

    def _observe(self, indicator: Indicator, latent: Array) -> Array:
        """One indicator, counties by years; a context indicator follows nothing but its own noise."""
        own, level = _stream(self.seed, "indicator", indicator.id), level_of(indicator)
        many, _ = self._shape
        province = own.normal(0, 0.4, self.provinces).repeat(self.counties_per_province)[:, None]
        lasting = own.normal(0, 1, many)[:, None]
        noise = self.noise * (province + lasting + _persistent(own, self._shape, 0.25) + own.normal(0, 0.1, self._shape))
        base = latent if indicator.scored else np.full(self._shape, 0.4)
        return np.round(respond(base, level, noise), level.decimals) + 0.0

    def _holes(self, name: str) -> NDArray[np.bool_]:
        """Where an indicator is missing: at most one run of one or two years in each county."""
        own, (many, years) = _stream(self.seed, "gaps", name), self._shape
        hit, length, at_end = own.random(many), own.integers(1, 3, many), own.random(many)
        where, side = own.random(many), own.random(many)
        holes = np.zeros(self._shape, dtype=bool)
        if years < 5:
            return holes
        for county in np.flatnonzero(hit < self.gaps * years / 1.5):
            run = int(length[county])
            first = 1 + int(where[county] * (years - 1 - run))
            if at_end[county] < 1 / 12:
                first = 0 if side[county] < 0.5 else years - run
            holes[county, first : first + run] = True
        return holes

    def _population(self) -> Array:
        """Population, in persons, slowly changing."""
        own, (many, _) = _stream(self.seed, "population"), self._shape
        start = np.clip(np.exp(own.normal(12.8, 0.5, many)), 60_000, 1_400_000)
        change = own.normal(-0.004, 0.006, many)
        return np.round(start[:, None] * np.exp(np.outer(change, np.arange(len(self.periods)))), -2)


# 3. the answer


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SimulatedPanel:
    """What was drawn: `panel` with its gaps, `truth` (index unit and period, one column a system), `complete` without gaps."""

    spec: CountyPanel
    panel: Panel
    truth: pd.DataFrame
    complete: Panel


def county_rows(drawn: SimulatedPanel) -> Iterator[str]:
    """The lines of the county file: two comment lines, the header, one line a county and year.

    Figures are written with the decimals they were rounded to, so that the file is the same on every machine.
    """
    yield f"# simulated data, no figure is real; made by evalkit.simulate with seed {drawn.spec.seed}; see counties.md"
    yield "# 模拟数据，全部虚构；由 evalkit.simulate 生成；说明见 counties.md"
    frame, counties = drawn.panel.frame, _counties(drawn.spec)
    yield ",".join(["county", "name", "name_en", "province", "province_en", "year", "population", *frame.columns])
    populations = drawn.panel.weights
    assert populations is not None
    decimals = [_decimals(frame[column]) for column in frame.columns]
    words = {unit: ",".join([unit, *row]) for unit, row in zip(counties.index, counties.to_numpy().tolist(), strict=True)}
    for (unit, year), people, values in zip(frame.index, populations, frame.to_numpy(), strict=True):
        cells = ("" if np.isnan(value) else f"{value:.{digits}f}" for value, digits in zip(values, decimals, strict=True))
        yield ",".join([words[unit], str(year), f"{people:.0f}", *cells])


def write_counties(path: Path, systems: Iterable[IndicatorSystem], spec: CountyPanel | None = None) -> None:
    """Draw the shipped county panel and write it."""
    lines = county_rows((spec or CountyPanel()).draw(systems))
    path.write_text("\n".join(lines) + "\n", encoding="utf-8", newline="\n")


STEMS = ("甲 Jia", "乙 Yi", "丙 Bing", "丁 Ding", "戊 Wu", "己 Ji", "庚 Geng", "辛 Xin", "壬 Ren", "癸 Gui")


def _counties(spec: CountyPanel) -> pd.DataFrame:
    """The fictional counties by code: name, name_en, province, province_en."""
    rows = {}
    for province in range(spec.provinces):
        zh, en = STEMS[province].split()
        for at in range(spec.counties_per_province):
            code = f"{province + 1:02d}{at // 5 + 1:02d}{at % 5 + 1:02d}"
            rows[code] = (f"模拟县{zh}{at + 1:02d}", f"Simulated County {en}-{at + 1:02d}", f"{zh}省", f"{en} Province")
    counties = pd.DataFrame.from_dict(rows, orient="index", columns=["name", "name_en", "province", "province_en"])
    return counties.set_axis(pd.Index(rows, dtype=object, name="unit"), axis=0)


def _names(counties: pd.DataFrame) -> dict[str, Text]:
    """The names of counties, and of provinces, in both languages."""
    units = zip(counties.index, counties["name"], counties["name_en"], strict=True)
    provinces = zip(counties["province"], counties["province"], counties["province_en"], strict=True)
    return {str(key): Text(str(zh), str(en)) for key, zh, en in (*units, *provinces)}


def _stream(seed: int, *words: str) -> np.random.Generator:
    """A stream of chance of its own for each purpose."""
    return np.random.default_rng(np.random.SeedSequence([seed, *(zlib.crc32(word.encode()) for word in words)]))


def _persistent(own: np.random.Generator, shape: tuple[int, int], sd: float, memory: float = 0.7) -> Array:
    """A disturbance that fades by `memory` a year, with standard deviation `sd` in every year."""
    shocks = own.normal(0, sd, shape)
    for year in range(1, shape[1]):
        shocks[:, year] = memory * shocks[:, year - 1] + np.sqrt(1 - memory**2) * shocks[:, year]
    return shocks


def _decimals(values: pd.Series) -> int:
    """The fewest decimals that lose nothing."""
    seen = values.dropna().to_numpy()
    return next(digits for digits in range(12) if np.array_equal(np.round(seen, digits), seen))


def main(arguments: Sequence[str] | None = None) -> None:
    """`python -m evalkit.simulate PATH`: write the county panel of the systems that lie in PATH's folder under systems/."""
    import sys

    from evalkit.panel.form import read_system

    given = sys.argv[1:] if arguments is None else list(arguments)
    if len(given) != 1:
        raise SpecError("one path is needed", do="python -m evalkit.simulate datasets/counties.csv")
    path = Path(given[0])
    systems = [read_system(path.parent / "systems" / f"{name}.toml").core() for name in ("consolidation", "revitalization")]
    write_counties(path, systems)
