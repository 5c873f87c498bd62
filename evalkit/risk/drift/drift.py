"""Whether a risk still means what it meant: shifts of scores, features, outcomes and the line, and calibration over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import has_columns, positive, shown, whole
from evalkit.errors import DataError, NoAnswer, SpecError, several
from evalkit.panel.design import Sampled, SurveyDesign
from evalkit.risk.drift.period_rates import Measured, calibration_of, known_outcomes, mean_of
from evalkit.risk.observed import a_design, a_frame, a_name, a_share, figures, labeled, names_of, probabilities, sampled
from evalkit.stats.arrays import Array, Codes, Mask, all_native
from evalkit.stats.inference import unit_covariance
from evalkit.stats.multiplicity import holm
from evalkit.stats.stability import cells, independent_draws, mass_edges, stability_test
from evalkit.terms import Text, first_of

VERDICTS = {
    "keep": Text("继续使用", "keep"),
    "recalibrate": Text("重新校准", "recalibrate"),
    "refit": Text("重新训练", "refit"),
}
RULES = {
    "slope_lost": Text("校准斜率的区间完全落在允许范围之外", "the interval of the calibration slope lies outside of its band"),
    "risk_shifted_much": Text(
        "风险分布的 PSI 大且超出随机波动", "the population stability index of the risk is large, and beyond chance"
    ),
    "slope_off": Text("校准斜率的区间不含 1", "the interval of the calibration slope excludes 1"),
    "level_off": Text(
        "观测与预测之比偏离 1 超过允许幅度，且区间不含 1",
        "observed over predicted is off 1 by more than allowed, and its interval excludes 1",
    ),
    "risk_shifted": Text("风险分布的 PSI 不小且超出随机波动", "the index of the risk is not small, and beyond chance"),
    "feature_shifted": Text("有特征的 PSI 大且超出随机波动", "the index of some feature is large, and beyond chance"),
    "line_moved": Text("线的实际值变动超过允许幅度", "the real value of the line moved by more than allowed"),
}
LEADS = {name: "refit" if name in ("slope_lost", "risk_shifted_much") else "recalibrate" for name in RULES}


@dataclass(frozen=True, slots=True, kw_only=True)
class DriftRules:
    """What counts as a shift: limits of the verdict, stated and yours to replace.

    Parameters
    ----------
    some, much
        Population stability indices from which on a shift is not small, and large.
    slope
        The calibration slope may lie between this and its inverse.
    level
        How far observed over predicted may be off 1.
    line
        How far the real value of the line may be off that of the reference.
    """

    some: float = 0.1
    much: float = 0.25
    slope: float = 0.8
    level: float = 0.1
    line: float = 0.05

    def __post_init__(self) -> None:
        for name in ("some", "much", "level", "line"):
            positive(getattr(self, name), who=f"DriftRules {name}")
        a_share(self.slope, who="DriftRules slope")
        if self.some >= self.much:
            raise SpecError("DriftRules some must be less than much", found=f"{self.some:g} and {self.much:g}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Whether risks and features of later periods are those of the reference, and risks still come true; what to do about it.

    "refit" where a rule that asks for it is met, else "recalibrate" where one of the others is, else "keep"; the rules are
    `RULES`, judged on the latest period, and those of calibration on the latest whose outcomes are known.

    Parameters
    ----------
    risk
        The column of risks, probabilities.
    features
        Columns of the model, numbers or words; gaps are a cell of their own (none: risks alone).
    outcome
        The column that says what happened (1) or did not (0), with gaps where it is not known yet (None: not known at all).
    line, deflator
        The column of the line, and that of the prices it is divided by (None: it is in constant prices).
    period
        The column, or the level of the index, that says when.
    reference
        The periods the model is of (None: the first).
    design
        Weights, strata and clusters; effective numbers of draws count them.
    bins
        How many cells of like weight a column of numbers is parted into, by the reference.
    rules
        Limits of the verdict.
    level
        Of intervals; a shift is beyond chance where its p-value, by Holm over all columns and periods, is at most 1 − level.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> homes = pd.DataFrame({"period": np.repeat([2021, 2022], 500), "risk": rng.beta(2, 8, 1000)})
    >>> found = Drift(risk="risk").measure(homes)
    >>> found.verdict, found.frame[["column", "period", "df"]].values.tolist()
    ('keep', [['risk', 2022, 9]])
    """

    risk: str
    features: tuple[str, ...] = ()
    outcome: str | None = None
    line: str | None = None
    deflator: str | None = None
    period: str = "period"
    reference: tuple[object, ...] | None = None
    design: SurveyDesign = SurveyDesign()
    bins: int = 10
    rules: DriftRules = DriftRules()
    level: float = 0.95

    def __post_init__(self) -> None:
        for name in ("risk", "period"):
            a_name(getattr(self, name), who=f"Drift {name}")
        for name in ("outcome", "line", "deflator"):
            if getattr(self, name) is not None:
                a_name(getattr(self, name), who=f"Drift {name}")
        if not isinstance(self.features, tuple) or self.features:
            object.__setattr__(self, "features", names_of(self.features, who="Drift features"))
        if self.deflator is not None and self.line is None:
            raise SpecError("Drift deflator divides a line, and there is none", do="name the column of the line too")
        if self.reference is not None and (not isinstance(self.reference, tuple) or not self.reference):
            raise SpecError("Drift reference must be a tuple of periods", found=shown(self.reference), do="write (2021,)")
        a_design(self.design, who="Drift")
        whole(self.bins, who="Drift bins", least=2)
        if not isinstance(self.rules, DriftRules):
            raise SpecError("Drift rules must be DriftRules", found=shown(self.rules), do="use DriftRules()")
        a_share(self.level, who="Drift level")

    def measure(self, frame: pd.DataFrame) -> Drifted:
        """The shifts of every later period, and the verdict.

        Raises
        ------
        DataError
            A column is absent or holds what it must not, or a period of the reference is not there.
        NoAnswer
            There is no period but the reference.
        """
        a_frame(frame, who="Drift")
        frame = all_native(frame)
        if self.period not in frame.columns and self.period in frame.index.names:
            frame = frame.reset_index(level=self.period)
        codes, names = labeled(frame, self.period, who="Drift")
        first = (names[0],) if self.reference is None else self.reference
        absent = [one for one in first if one not in names]
        if absent:
            raise DataError(
                "periods of the Drift reference are not there", found=several(names), do=f"leave out {several(absent)}"
            )
        base = np.isin(codes, [names.index(one) for one in first])
        later = [at for at, name in enumerate(names) if name not in first]
        if not later:
            raise NoAnswer("there is no period but the reference, so nothing can have moved", do="add later rows")
        parts = [_Part(None, base), *(_Part(names[at], codes == at) for at in later)]
        stability = self._stability(frame, parts)
        rates, unknown = self._rates(frame, parts)
        rules = self._judged(stability, rates)
        met = set(rules.loc[rules["met"] == "yes", "leads_to"])
        verdict = "refit" if "refit" in met else "recalibrate" if met else "keep"
        notes = self._notes(first, unknown, rules)
        return Drifted(spec=self, frame=stability, rates=rates, rules=rules, verdict=verdict, notes=notes)

    def _stability(self, frame: pd.DataFrame, parts: list[_Part]) -> pd.DataFrame:
        """The index of every column in every later period."""
        drawn = [sampled(frame[part.rows], self.design, who="Drift") for part in parts]
        rows = []
        for name in (self.risk, *self.features):
            cell = self._cells(frame, name, parts[0].rows, drawn[0].weights)
            count = int(cell.max()) + 1
            weights: list[Array] = [_held(cell[p.rows], d.weights, count) for p, d in zip(parts, drawn, strict=True)]
            worth = [self._worth(cell[p.rows], w, d) for p, w, d in zip(parts, weights, drawn, strict=True)]
            for at in range(1, len(parts)):
                found = stability_test(weights[0], weights[at], (worth[0], worth[at]))
                rows.append((name, parts[at].name, *found, worth[0], worth[at], int(parts[at].rows.sum())))
        heads = ["column", "period", "psi", "expected", "df", "p", "worth_before", "worth_after", "n"]
        table = pd.DataFrame(rows, columns=heads)
        table.insert(6, "p_adjusted", holm(table["p"].to_numpy()))
        beyond = table["p_adjusted"].to_numpy() <= 1 - self.level
        psi = table["psi"].to_numpy()
        size = np.select([psi > self.rules.much, psi > self.rules.some], ["large", "moderate"], "small")
        return table.assign(size=size, beyond_chance=beyond)

    def _cells(self, frame: pd.DataFrame, name: str, base: Mask, weights: Array) -> Codes:
        """The cell of each row: bins of like weight of the reference, words, and gaps."""
        if name == self.risk:
            values = probabilities(frame, name, who="Drift")
            return cells(values, mass_edges(values[base], weights, self.bins))
        has_columns(frame, [name], who="Drift")
        found = frame[name]
        if isinstance(found, pd.DataFrame):
            raise DataError(f"Drift finds column '{name}' more than once", do="give each column its own name")
        if not pd.api.types.is_numeric_dtype(found.dtype) or found.dtype.kind == "c":
            return np.asarray(pd.factorize(found.astype(str).where(found.notna()), use_na_sentinel=False)[0], dtype=np.intp)
        values = found.to_numpy(dtype=float, na_value=np.nan)
        if np.isinf(values).any():
            raise DataError(f"Drift finds infinite figures in column '{name}'", do="leave those rows out and say so")
        there = ~np.isnan(values[base])
        edges = mass_edges(values[base][there], weights[there], self.bins) if there.any() else np.empty(0)
        return cells(values, edges)

    def _worth(self, cell: Codes, weights: Array, drawn: Sampled) -> float:
        """How many independent draws the shares of cells are worth."""
        rows = int((drawn.weights > 0).sum())
        if self.design == SurveyDesign():
            return float(rows)
        count, units = len(weights), len(drawn.unit_stratum)
        totals = np.bincount(drawn.unit * count + cell, weights=drawn.weights, minlength=units * count).reshape(units, count).T
        share = weights / weights.sum()
        apart = (totals - share[:, None] * totals.sum(axis=0)) / weights.sum()
        spread = np.diag(unit_covariance(apart, drawn.unit_stratum, drawn.fraction, self.design.single))
        return independent_draws(share, spread, rows)

    def _rates(self, frame: pd.DataFrame, parts: list[_Part]) -> tuple[pd.DataFrame, int]:
        """Level of risk, outcome and line by period, and calibration; and how many outcomes are not known."""
        risk = probabilities(frame, self.risk, who="Drift")
        outcome = known_outcomes(frame, self.outcome)
        line = self._line(frame)
        rows, base = [], np.nan
        for part in parts:
            drawn = sampled(frame[part.rows], self.design, who="Drift")
            table: list[Measured] = [("predicted", *mean_of(risk[part.rows], drawn, self.level, share=True))]
            known = part.rows & ~np.isnan(outcome)
            if known.any():
                seen = sampled(frame[known], self.design, who="Drift")
                table += calibration_of(risk[known], outcome[known], seen, self.level)
            if line is not None:
                mean = mean_of(line[part.rows], drawn, self.level, share=False)
                base = mean[0] if part.name is None else base
                table += [("line", *mean), ("line_change", mean[0] / base - 1, np.nan, np.nan, np.nan, mean[4])]
            rows += [(name, part.name, *figure) for name, *figure in table]
        heads = ["measure", "period", "estimate", "std_error", "ci_low", "ci_high", "n"]
        table_ = pd.DataFrame(rows, columns=heads).assign(period=pd.Series([row[1] for row in rows], dtype=object))
        return table_, int(np.isnan(outcome).sum()) if self.outcome is not None else 0

    def _line(self, frame: pd.DataFrame) -> Array | None:
        if self.line is None:
            return None
        named = [name for name in (self.line, self.deflator) if name is not None]
        values = [figures(frame, name, who="Drift") for name in named]
        low = [name for name, found in zip(named, values, strict=True) if (found <= 0).any()]
        if low:
            raise DataError(f"lines and prices must be positive: [{several(low)}]", do="correct them, or leave the rows out")
        return values[0] if len(values) == 1 else values[0] / values[1]

    def _judged(self, stability: pd.DataFrame, rates: pd.DataFrame) -> pd.DataFrame:
        """Each rule with the period and figure it is judged by, its limit, and whether it is met: yes, no or unknown."""
        limits, latest = self.rules, stability["period"].iloc[-1]
        now = stability[stability["period"] == latest]
        mine, others = now.iloc[0], now.iloc[1:]
        shifted = others[others["beyond_chance"]]
        slope, ratio, line = (_latest(rates, name) for name in ("slope", "ratio", "line_change"))
        beyond = bool(mine["beyond_chance"])
        most = float(others["psi"].max()) if len(others) else np.nan
        off = slope.low > 1 or slope.high < 1
        judged = {
            "slope_lost": (slope, limits.slope, slope.high < limits.slope or slope.low > 1 / limits.slope),
            "risk_shifted_much": (_Said(latest, float(mine["psi"])), limits.much, beyond and mine["psi"] > limits.much),
            "slope_off": (slope, 1.0, off),
            "level_off": (
                ratio,
                limits.level,
                abs(ratio.at - 1) > limits.level and (np.isinf(ratio.at) or ratio.low > 1 or ratio.high < 1),
            ),
            "risk_shifted": (_Said(latest, float(mine["psi"])), limits.some, beyond and mine["psi"] > limits.some),
            "feature_shifted": (_Said(latest, most), limits.much, bool((shifted["psi"] > limits.much).any())),
            "line_moved": (line, limits.line, abs(line.at) > limits.line),
        }
        rows = [
            (name, said.period, said.at, limit, "unknown" if np.isnan(said.at) else "yes" if met else "no", LEADS[name])
            for name, (said, limit, met) in judged.items()
        ]
        table = pd.DataFrame(rows, columns=["rule", "period", "found", "limit", "met", "leads_to"])
        return table.assign(period=pd.Series([row[1] for row in rows], dtype=object))

    def _notes(self, first: tuple[object, ...], unknown: int, rules: pd.DataFrame) -> tuple[Note, ...]:
        text = Text(
            "以 {first} 为基准；PSI 与无漂移时的期望值并列，p 值为卡方检验，按 Holm 法调整。",
            "The reference is {first}; the index stands beside what chance alone makes of it, p-values are of χ², by Holm.",
        )
        notes = [Note("choice", text.format(first=first_of(first)))]
        if unknown:
            gap = Text("{n:,} 行的结果尚不知，不计入校准。", "{n:,} outcomes are not known yet and are left out of calibration.")
            notes.append(Note("left_out", gap.format(n=unknown)))
        if (rules["met"] == "unknown").any():
            open_ = Text(
                "有的规则因缺少数据无法判断，结论只据其余规则作出。",
                "Some rules cannot be judged for want of data; the verdict is by the others.",
            )
            notes.append(Note("caution", open_))
        return tuple(notes)


def _held(cell: Codes, weights: Array, count: int) -> Array:
    """The weight in each cell."""
    return np.asarray(np.bincount(cell, weights=weights, minlength=count), dtype=np.float64)


class _Part(NamedTuple):
    """One period (None: the reference) and its rows."""

    name: object
    rows: Mask


class _Said(NamedTuple):
    """A figure of a period, with its interval where it has one."""

    period: object
    at: float
    low: float = np.nan
    high: float = np.nan


def _latest(rates: pd.DataFrame, measure: str) -> _Said:
    """The figure of the latest period after the reference that has one."""
    rows = rates[(rates["measure"] == measure) & rates["period"].notna() & rates["estimate"].notna()]
    if not len(rows):
        return _Said(None, np.nan)
    row = rows.iloc[-1]
    return _Said(row["period"], float(row["estimate"]), float(row["ci_low"]), float(row["ci_high"]))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Drifted(Answer):
    """Drift: `frame` has, of each column and later period, `psi`, what chance makes of it (`expected`), `df`, `p`, `p_adjusted`.

    And `worth_before`, `worth_after` (independent draws the samples are worth), `n` (rows), `size` ("small", "moderate",
    "large") and `beyond_chance`. `rates` has `measure`, `period` (missing: the reference), `estimate`, its errors and `n`:
    "predicted", "observed", "ratio" (observed over predicted), "intercept", "slope", "line" and "line_change". `rules` has
    `rule`, `period`, `found`, `limit`, `met` ("yes", "no", "unknown") and `leads_to`; `verdict` is "keep", "recalibrate" or
    "refit".
    """

    rates: pd.DataFrame
    rules: pd.DataFrame
    verdict: str
