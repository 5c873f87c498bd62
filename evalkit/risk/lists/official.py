"""How well an existing list holds those it is meant for: whom it misses and who no longer meets its criteria, by a sample."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import whole
from evalkit.errors import NoAnswer, SpecError
from evalkit.panel.design import Sampled, SurveyDesign
from evalkit.risk.observed import TAKEN, a_design, a_frame, a_name, a_share, labeled, sampled, yes_or_no
from evalkit.stats.arrays import Array, Codes, Mask
from evalkit.stats.domains import relabeled
from evalkit.stats.inference import exact_interval
from evalkit.terms import Text

OWN = {"found", "needed", "to_draw", "small", "place"}  # columns of the answer, beside those of others
ERRORS = ("missed", "no_longer", "missed_of_unlisted", "due_again")


def homes_to_verify(share: float, within: float, level: float = 0.95, effect: float = 1.0) -> int:
    """How many households a rate needs so that its interval reaches no more than `within` to either side.

    n = deff · t² p(1 − p)/d² with the normal quantile t; and at least so many that none found rules out d at this level,
    ln((1 − level)/2)/ln(1 − d), which rules where p is near 0 or 1. They are those the rate is a share of: of a rate among
    households at risk one has to draw more, by the share of those at risk.

    Source: Cochran (1977), Sampling Techniques, chapter 4; Clopper & Pearson (1934), Biometrika 26:404–413.

    Examples
    --------
    >>> homes_to_verify(0.5, 0.05), homes_to_verify(0.2, 0.05, effect=1.5), homes_to_verify(0.0, 0.05)
    (385, 369, 72)
    """
    from scipy.stats import norm

    t = float(norm.ppf((1 + level) / 2))
    plain = t**2 * share * (1 - share) / within**2
    none = np.log((1 - level) / 2) / np.log(1 - within)
    return int(np.ceil(effect * max(plain, none) - 1e-9))


@dataclass(frozen=True, slots=True, kw_only=True)
class OfficialList:
    """An existing list held against a verification sample: whom it misses, and who on it no longer meets the criteria.

    It judges a list, neither households nor those who keep it: records are late, circumstances change, and a sample sees some
    of it. Who is missed is to be visited; nobody loses support by this table.

    Parameters
    ----------
    listed
        The column that says who is on the list: 1, or 0.
    due
        The column that says who, by the visit, meets the criteria: 1, or 0.
    removed
        The column that says who was on the list once and has been taken off it: 1, or 0 (None: not asked).
    design
        How households were drawn; where listed and others were drawn apart, name these as strata.
    level
        Of intervals: Clopper and Pearson's where all were drawn alike and one by one, else Korn and Graubard's.
    least
        A rate of fewer households than this is not shown.
    within
        How near a rate should be known, for how many households that takes.

    Examples
    --------
    >>> homes = pd.DataFrame({"listed": [1] * 20 + [0] * 80, "due": [1] * 16 + [0] * 4 + [1] * 4 + [0] * 76})
    >>> found = OfficialList(listed="listed", due="due").measure(homes)
    >>> found.frame.set_index("measure")["estimate"].head(3).to_dict()
    {'missed': 0.2, 'no_longer': 0.2, 'missed_of_unlisted': 0.05}
    >>> found.frame.loc[0, ["ci_low", "ci_high"]].astype(float).round(4).tolist()
    [0.0573, 0.4366]
    """

    listed: str
    due: str
    removed: str | None = None
    design: SurveyDesign = SurveyDesign()
    level: float = 0.95
    least: int = 10
    within: float = 0.05

    def __post_init__(self) -> None:
        a_name(self.listed, who="OfficialList listed")
        a_name(self.due, who="OfficialList due")
        if self.removed is not None:
            a_name(self.removed, who="OfficialList removed")
        a_design(self.design, who="OfficialList")
        a_share(self.level, who="OfficialList level")
        whole(self.least, who="OfficialList least")
        a_share(self.within, who="OfficialList within", most=0.5)

    def measure(self, frame: pd.DataFrame, over: str | None = None) -> ListEvaluation:
        """Rates of the list, over all households or in each group of `over`.

        Raises
        ------
        DataError
            A column is absent, holds gaps or other than 1 and 0.
        NoAnswer
            Nobody in the sample is on the list, or nobody meets the criteria.
        """
        a_frame(frame, who="OfficialList")
        listed, due = (yes_or_no(frame, name, who="OfficialList") for name in (self.listed, self.due))
        drawn = sampled(frame, self.design, who="OfficialList")
        held = drawn.weights > 0
        on = (listed[held] > 0).any()
        if not on or not (due[held] > 0).any():
            what = f"no household of the sample {'meets the criteria' if on else 'is on the list'}, so the list cannot be judged"
            raise NoAnswer(what, do="draw more of them")
        among = self._among(frame, listed, due)
        if over is None:
            codes, names = np.zeros(len(frame), dtype=np.intp), list[object]([None])
        else:
            a_name(over, who="OfficialList over")
            if over in TAKEN | OWN:
                raise SpecError(f"OfficialList over cannot be '{over}', a column of the answer", do="rename the column of groups")
            codes, names = labeled(frame, over, who="OfficialList")
        rows = [self._rates(name, *asked, drawn, (codes, len(names))) for name, asked in among.items()]
        table = pd.concat([part.assign(place=range(len(names))) for part in rows], ignore_index=True)
        table = table.sort_values("place", kind="stable", ignore_index=True)
        if over is not None:
            table.insert(1, over, pd.Series([names[at] for at in table["place"]], dtype=object))
        table = table.drop(columns="place")
        hidden = int(table["small"].sum())
        notes = (*self._notes(hidden), *drawn.notes)
        return ListEvaluation(spec=self, frame=table, over=over, notes=notes)

    def _among(self, frame: pd.DataFrame, listed: Array, due: Array) -> dict[str, tuple[Array, Mask]]:
        """Of each rate what is counted, and among whom."""
        every = np.ones(len(listed), dtype=bool)
        among = {
            "missed": (1 - listed, due == 1),
            "no_longer": (1 - due, listed == 1),
            "missed_of_unlisted": (due, listed == 0),
        }
        if self.removed is not None:
            off = yes_or_no(frame, self.removed, who="OfficialList")
            among["due_again"] = (due, (off == 1) & (listed == 0))
        return among | {"coverage": (listed, every), "at_risk": (due, every)}

    def _rates(self, name: str, counted: Array, among: Mask, drawn: Sampled, grouped: tuple[Codes, int]) -> pd.DataFrame:
        """One rate in every group, with its interval and the households it would take to know it better."""
        codes, count = grouped
        inside = among & (drawn.weights > 0)
        domain = np.where(inside, codes, -1)
        n = np.bincount(codes[inside], minlength=count)
        hits = np.bincount(codes[inside], weights=counted[inside], minlength=count)
        share, error, df = np.full(count, np.nan), np.full(count, np.nan), np.zeros(count, dtype=np.intp)
        if inside.any():
            found = drawn.domain_ratios([counted], domain)
            seen = len(found.df)
            share[:seen], error[:seen], df[:seen] = found.estimate[:, 0], found.std_error[:, 0], found.df
        low, high, effect = self._interval(share, error, (n, df), domain, drawn)
        known = n >= self.least
        shares = np.bincount(codes[inside], weights=drawn.weights[inside], minlength=count)
        of_all = shares / np.bincount(codes, weights=drawn.weights, minlength=count)
        need = [
            homes_to_verify(p, self.within, self.level, d) if ok else 0 for p, d, ok in zip(share, effect, known, strict=True)
        ]
        shown = {"estimate": share, "std_error": error, "ci_low": low, "ci_high": high, "found": hits}
        table = pd.DataFrame({"measure": name, **{head: np.where(known, values, np.nan) for head, values in shown.items()}})
        wanted = np.where(known, need, np.nan)
        return table.assign(n=n, needed=wanted, to_draw=np.ceil(wanted / of_all), small=~known)

    def _interval(
        self, share: Array, error: Array, of: tuple[Codes, Codes], domain: Codes, drawn: Sampled
    ) -> tuple[Array, Array, Array]:
        """Exact interval, and the design effect, of each rate; one of 0 or 1 counts each cluster once."""
        n, df = of
        if self.design == SurveyDesign():
            alone = np.where((share > 0) & (share < 1), np.sqrt(share * (1 - share) / np.maximum(n, 1)), 0.0)
            low, high = exact_interval(share, alone, np.maximum(n - 1, 1), n.astype(float), self.level)
            return low, high, np.ones(len(n))
        held, units = domain >= 0, len(drawn.unit_stratum)
        pairs = relabeled(domain[held] * units + drawn.unit[held], len(n) * units)[1]
        clusters = np.bincount(pairs // units, minlength=len(n)).astype(float)
        seen = (share > 0) & (share < 1) & (error > 0)
        trials = np.where(seen, n, np.minimum(n, clusters))
        low, high = exact_interval(share, error, df, trials, self.level)
        effect = np.where(
            seen, error**2 / np.where(seen, share * (1 - share) / np.maximum(n - 1, 1), 1.0), n / np.maximum(trials, 1)
        )
        return low, high, np.maximum(effect, 1.0)

    def _notes(self, hidden: int) -> tuple[Note, ...]:
        simple = self.design == SurveyDesign()
        text = Text(
            "区间为 {how}，水平 {level:.4g}%；只评价名单与核查情况的吻合程度，不评价农户或经办人员，也不据此取消任何帮扶。",
            "Intervals are {how}, at {level:.4g} %. They judge how the list fits what visits found, neither households nor "
            "staff; no support ends by it.",
        )
        how = (
            Text("Clopper–Pearson 精确区间", "Clopper and Pearson's")
            if simple
            else Text("Korn–Graubard 区间", "Korn and Graubard's")
        )
        notes = [Note("choice", text.format(how=how, level=100 * self.level))]
        if hidden:
            few = Text("{n} 个比例的户数不足 {least}，不列出。", "{n} rates are of fewer than {least} households and not shown.")
            notes.append(Note("left_out", few.format(n=hidden, least=self.least)))
        return tuple(notes)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ListEvaluation(Answer):
    """A list against a sample: `frame` has `measure`, the group `over`, `estimate`, its errors and exact interval, and counts.

    Measures: "missed" (of households at risk, how many are not listed: undercoverage), "no_longer" (of those listed, how many do
    not meet the criteria: leakage), "missed_of_unlisted" (of those not listed, how many are at risk), "due_again" (of those taken
    off, how many are at risk), "coverage" (listed, of all) and "at_risk" (of all). `found` are households counted, `n` those the
    rate is a share of; `needed` of them, and `to_draw` in all, would make the interval as narrow as `within`. Rates of few
    households are `small` and missing.
    """

    over: str | None = None
