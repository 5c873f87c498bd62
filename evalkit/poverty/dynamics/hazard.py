"""What hastens or delays a return to poverty: a hazard by duration and covariates, in whole waves."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import one_of, shown, whole
from evalkit.errors import NoAnswer, SpecError, several
from evalkit.panel.design import Sampled, SurveyDesign
from evalkit.poverty.columns import has_rows, is_level, is_name
from evalkit.poverty.dynamics.regressors import Regressors, column_names, independent, keys_of
from evalkit.poverty.dynamics.spells import runs, survival
from evalkit.poverty.income.ratios import yes_or_no
from evalkit.stats.arrays import Array, Codes, Mask
from evalkit.stats.cloglog import EventRates, event_chance, event_rates
from evalkit.stats.inference import plain_interval
from evalkit.terms import Text


def duration_columns(duration: Codes, shape: str, longest: int) -> tuple[Array, tuple[str, ...]]:
    """Columns (n, k) that say how long a spell has lasted, and their names: ln d, or one of 0 and 1 for each d from 2 on.

    Durations beyond `longest` count as it.

    Examples
    --------
    >>> columns, names = duration_columns(np.array([1, 2, 5]), "classes", 3)
    >>> names, columns.tolist()
    (('duration=2', 'duration=3'), [[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    """
    d = np.minimum(duration, longest)
    if shape == "log":
        return np.log(d)[:, None], ("log_duration",)
    if shape == "constant":
        return np.zeros((len(d), 0)), ()
    held = np.unique(d)[1:]
    return (d[:, None] == held).astype(float), tuple(f"duration={k}" for k in held)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnHazard:
    """The hazard of returning to poverty, or of leaving it: h = 1 − exp(−exp(duration + covariates)), of homes seen wave by wave.

    exp of a coefficient is the hazard ratio of a rate that runs on between waves: 2 doubles it. Spells whose beginning was not
    seen are left out, those still going on count as long as they were seen. Source: Jenkins (1995), Oxford Bulletin of Economics
    and Statistics 57:129–138; Prentice & Gloeckler (1978), Biometrics 34:57–67.

    Parameters
    ----------
    unit, period
        Columns of the home and of the wave, a whole number.
    state
        Column that says who is poor (1) or not (0).
    covariates, factors
        Columns of numbers and of classes, known in the wave before the event may happen.
    event
        "return", of homes that left poverty, or "exit", of homes that fell into it.
    duration
        How the hazard goes with waves since the spell began: by "classes", one a duration, with "log", or "constant".
    longest
        Longer durations count as this one.
    step
        Between waves that follow each other.
    design
        How homes were drawn; without clusters each home is one, since its waves are not drawn apart.
    level
        Of the intervals.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> ill = np.arange(900) < 300
    >>> back = rng.random(900) < np.where(ill, 0.4, 0.2)
    >>> homes = pd.DataFrame({"home": np.repeat(range(900), 3), "year": np.tile([1, 2, 3], 900), "ill": np.repeat(ill, 3)})
    >>> homes["poor"] = np.column_stack([np.ones(900), np.zeros(900), back]).ravel().astype(int)
    >>> asked = ReturnHazard(unit="home", period="year", state="poor", covariates=("ill",), duration="constant")
    >>> asked.estimate(homes).frame[["measure", "hazard_ratio", "n"]].round(2).values.tolist()
    [['const', 0.21, 900], ['ill', 2.66, 900]]
    """

    unit: str
    period: str
    state: str
    covariates: tuple[str, ...] = ()
    factors: tuple[str, ...] = ()
    event: Literal["return", "exit"] = "return"
    duration: Literal["classes", "log", "constant"] = "classes"
    longest: int = 10
    step: int = 1
    design: SurveyDesign = SurveyDesign()
    level: float = 0.95

    def __post_init__(self) -> None:
        for name in (self.unit, self.period, self.state):
            is_name(name, who="ReturnHazard")
        column_names(self.covariates, who="covariates of ReturnHazard")
        column_names(self.factors, who="factors of ReturnHazard")
        if self.state in {*self.covariates, *self.factors}:
            raise SpecError("ReturnHazard cannot explain a state by itself", found=self.state, do="leave it out")
        one_of(str(self.event), ("return", "exit"), who="event of ReturnHazard")
        one_of(str(self.duration), ("classes", "log", "constant"), who="duration of ReturnHazard")
        whole(self.longest, who="longest duration of ReturnHazard")
        whole(self.step, who="step of ReturnHazard")
        is_level(self.level, who="ReturnHazard")
        if not isinstance(self.design, SurveyDesign):
            raise SpecError("design of ReturnHazard must be a SurveyDesign", found=shown(self.design))

    def estimate(self, frame: pd.DataFrame) -> HazardRatios:
        """Coefficients and hazard ratios with the errors of the design, and the hazard by duration of an average home.

        Raises
        ------
        DataError
            A column is absent, is not what it should be or holds a gap, a home stands twice in a wave, or columns say the same.
        NoAnswer
            No spell is known from its beginning, nobody or everybody had the event, or a class had none or nothing else.
        """
        has_rows(frame, [self.unit, self.period, self.state], who="ReturnHazard")
        keys_of(frame, self.unit, self.period, who="ReturnHazard")
        rows = frame.sort_values([self.unit, self.period]).reset_index(drop=True)
        unit, period = keys_of(rows, self.unit, self.period, who="ReturnHazard")
        poor = yes_or_no(rows, self.state)
        found = runs(unit, period, poor, self.step)
        drawn = replace(self.design, clusters=self.design.clusters or self.unit).on(rows)
        side = ~poor if self.event == "return" else poor
        risk = found.began & found.followed & side & (drawn.weights > 0)
        ends, lasted = found.ends[risk], np.minimum(found.duration[risk], self.longest)
        self._answerable(ends, lasted)
        own = rows[risk]
        learnt = Regressors.learnt(own, self.covariates, self.factors, who="ReturnHazard")
        by_duration, durations = duration_columns(lasted, self.duration, self.longest)
        X, names = np.hstack([learnt.matrix(own), by_duration]), (*learnt.names, *durations)
        independent(X, drawn.weights[risk], names, who="ReturnHazard")
        fit = event_rates(X, ends.astype(float), drawn.weights[risk])
        unseen = int((~found.began & found.followed & side).sum())
        return HazardRatios(
            spec=self,
            frame=self._ratios(fit, names, risk, drawn),
            baseline=self._baseline(fit, X, lasted, drawn.weights[risk]),
            events=int(ends.sum()),
            log_likelihood=fit.log_likelihood,
            notes=_notes(unseen) + drawn.notes,
        )

    def _answerable(self, ends: Mask, lasted: Codes) -> None:
        if not len(ends):
            raise NoAnswer("no spell was seen to begin and was followed by a wave", do="give at least three waves of some homes")
        if ends.all() or not ends.any():
            raise NoAnswer(
                f"a hazard needs some who had the event '{self.event}' and some who had not", found="only one of the two"
            )
        if self.duration != "classes":
            return
        share = np.bincount(lasted, weights=ends) / np.maximum(np.bincount(lasted), 1)
        flat = [d for d in np.unique(lasted) if share[d] in (0, 1)]
        if flat:
            do = f"set longest={max(flat[0] - 1, 1)}, or duration='log'"
            raise NoAnswer("at some durations nobody or everybody had the event", found=f"durations {several(flat)}", do=do)

    def _ratios(self, fit: EventRates, names: tuple[str, ...], risk: Mask, drawn: Sampled) -> pd.DataFrame:
        influence = np.zeros((len(names), len(risk)))
        influence[:, risk] = fit.influence
        error = np.sqrt(np.diag(drawn.covariance(influence)))
        df = drawn.degrees_of_freedom(risk)
        low, high = plain_interval(fit.coefficients, error, df if df > 0 else np.nan, self.level)
        columns = {"measure": names, "estimate": fit.coefficients, "std_error": error, "ci_low": low, "ci_high": high}
        ratios = {"hazard_ratio": np.exp(fit.coefficients), "ratio_low": np.exp(low), "ratio_high": np.exp(high)}
        return pd.DataFrame({**columns, **ratios, "n": int(risk.sum())})

    def _baseline(self, fit: EventRates, X: Array, lasted: Codes, weights: Array) -> pd.DataFrame:
        """Hazard and survival by duration, of a home whose covariates are the means of all at risk."""
        durations, first = np.unique(lasted, return_index=True)
        k = X.shape[1] - duration_columns(lasted, self.duration, self.longest)[0].shape[1]
        mean = weights @ X[:, :k] / weights.sum()
        hazard = event_chance(float(mean @ fit.coefficients[:k]) + X[first, k:] @ fit.coefficients[k:])
        n = np.bincount(lasted)[durations]
        return pd.DataFrame({"duration": durations, "hazard": hazard, "survival": survival(hazard), "n": n})


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class HazardRatios(Answer):
    """Hazard ratios: `frame` has columns `measure` (the regressor), `estimate` (its coefficient), `std_error`, `ci_low`,
    `ci_high`, `hazard_ratio`, `ratio_low`, `ratio_high`, `n` (home-waves at risk).

    `baseline` has columns `duration`, `hazard`, `survival`, `n`: of a home with mean covariates, by waves since the spell began.
    `events` of those at risk had the event (unweighted).
    """

    spec: ReturnHazard
    baseline: pd.DataFrame
    events: int
    log_likelihood: float


def _notes(unseen: int) -> tuple[Note, ...]:
    text = Text(
        "{n} 个住户期所在的段，其开始未被观测，持续期不明，未计入。",
        "{n} home-waves lie in spells whose beginning was not seen: their duration is not known, and they are left out.",
    )
    alike = Text(
        "住户间未观测到的差异会使风险率看似随持续期下降，并使系数偏向零；风险比是关联，不是因果。",
        "What homes differ in unseen makes hazards seem to fall with duration and draws coefficients towards 0; ratios are "
        "associations, not effects.",
    )
    return Note("left_out", text.format(n=unseen)), Note("caution", alike)
