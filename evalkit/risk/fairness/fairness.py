"""Whether a list of visits reaches some groups less than others, over attributes that never entered the model."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import able, shown, whole
from evalkit.errors import NoAnswer, SpecError
from evalkit.panel.design import SurveyDesign
from evalkit.risk.lists.budgets import Budget, Share
from evalkit.risk.lists.listed import Listed, Reach
from evalkit.risk.observed import (
    a_design,
    a_frame,
    a_name,
    figures,
    labeled,
    names_of,
    not_negative,
    probabilities,
    sampled,
    yes_or_no,
)
from evalkit.risk.scoring.bootstrap import ClusterBootstrap, bootstrap_notes, sizes, with_errors
from evalkit.stats.arrays import Array, Codes, Mask
from evalkit.stats.multiplicity import holm
from evalkit.terms import TERMS, Text, first_of, same

LISTED = ("recall", "selection", "false_alarm")
SAID = ("observed", "predicted", "calibration_gap")
GAPS = ("recall", "calibration_gap")

Cell = tuple[str, object, Mask]  # an attribute, a group, its rows


@dataclass(frozen=True, slots=True, kw_only=True)
class FairnessAudit:
    """How often those who fell back were on the list, and how well risks were calibrated, group by group.

    Each group is set against the largest of its attribute. Groups that hold fewer than `least` rows with the event, or without
    it, are not shown. It describes lists, not people: a gap calls for a look at what the data miss.

    Parameters
    ----------
    outcome
        The column that says what happened (1) or did not (0).
    risk
        The column of risks.
    attributes
        Columns that were held aside, such as the sex of the head, disability, age band, no labor force, remoteness, resettled.
    budget
        That of the list, drawn up for all groups together.
    calibrated
        Whether risks are probabilities, so that calibration is looked at too.
    design
        Weights, strata and clusters.
    cost
        The column that says what a row takes of the budget (None: its weight).
    least
        The fewest rows with the event, and without it, a group is shown with.
    bootstrap
        How errors are found.

    Examples
    --------
    >>> homes = pd.DataFrame({"fell": [1, 0] * 20, "risk": np.linspace(0.9, 0.1, 40), "sex": list("ffffmmmm") * 5})
    >>> found = FairnessAudit(outcome="fell", risk="risk", attributes="sex", budget=Share(share=0.5)).measure(homes)
    >>> found.frame.loc[found.frame["measure"] == "recall", ["group", "estimate", "n"]].values.tolist()
    [['f', 0.6, 20], ['m', 0.4, 20]]
    """

    outcome: str
    risk: str
    attributes: str | tuple[str, ...]
    budget: Budget = Share(share=0.1)
    calibrated: bool = True
    design: SurveyDesign = SurveyDesign()
    cost: str | None = None
    least: int = 10
    bootstrap: ClusterBootstrap = ClusterBootstrap()

    def __post_init__(self) -> None:
        a_name(self.outcome, who="FairnessAudit outcome")
        a_name(self.risk, who="FairnessAudit risk")
        names_of(self.attributes, who="FairnessAudit attributes")
        able(self.budget, "over", who="FairnessAudit budget", do="use Share, Number, VisitsPerVillage or CountyQuotas")
        if not isinstance(self.calibrated, bool):
            raise SpecError("FairnessAudit calibrated must be True or False", found=shown(self.calibrated))
        a_design(self.design, who="FairnessAudit")
        if self.cost is not None:
            a_name(self.cost, who="FairnessAudit cost")
        whole(self.least, who="FairnessAudit least")
        able(self.bootstrap, "run", who="FairnessAudit bootstrap", do="use ClusterBootstrap()")

    def measure(self, frame: pd.DataFrame) -> Fairness:
        """Rates of each group, and their gaps to the largest group of the attribute, with p-values adjusted by Holm.

        Raises
        ------
        DataError
            A column is absent or holds gaps or text, an outcome is not 0 or 1, or a risk no probability.
        NoAnswer
            No group is large enough to be shown.
        """
        a_frame(frame, who="FairnessAudit")
        outcome = yes_or_no(frame, self.outcome, who="FairnessAudit")
        read = probabilities if self.calibrated else figures
        risk, drawn = read(frame, self.risk, who="FairnessAudit"), sampled(frame, self.design, who="FairnessAudit")
        cost = drawn.weights if self.cost is None else not_negative(frame, self.cost, who="FairnessAudit")
        cells, small = self._cells(frame, outcome, drawn.weights > 0)
        listed = Listed.under(risk, cost, self.budget.over(frame, cost))
        values = {"all": np.ones(len(frame)), "due": outcome, "said": risk if self.calibrated else outcome}
        reach = listed.ready(values, drawn.weights, drawn.unit, [rows for _, _, rows in cells])
        measures = (*LISTED, *SAID) if self.calibrated else LISTED
        point, draws = self.bootstrap.run(lambda times: self._rates(reach, times), drawn)
        rows = [(m, attribute, group) for attribute, group, _ in cells for m in measures]
        keys = pd.DataFrame(rows, columns=["measure", "attribute", "group"])
        of = sizes(drawn, [held for _, _, held in cells], len(measures))
        gaps = self._gaps(keys, point, draws, self._largest(cells, drawn.weights), of)
        return Fairness(
            spec=self,
            frame=with_errors(keys, point, draws, self.bootstrap.level, of),
            gaps=gaps,
            draws=draws,
            telling=_telling(cells, [attribute for attribute, _ in small]),
            notes=(
                *self._notes(small, len(gaps)),
                *bootstrap_notes(self.bootstrap, drawn, point, draws),
            ),
        )

    def _cells(self, frame: pd.DataFrame, outcome: Array, held: Mask) -> tuple[list[Cell], list[tuple[str, object]]]:
        """Groups large enough to be shown, and the names of the others."""
        cells: list[Cell] = []
        small: list[tuple[str, object]] = []
        for attribute in names_of(self.attributes, who="FairnessAudit attributes"):
            codes, names = labeled(frame, attribute, who="FairnessAudit")
            for at, name in enumerate(names):
                rows = held & (codes == at)
                events = int(outcome[rows].sum())
                if min(events, int(rows.sum()) - events) < self.least:
                    small.append((attribute, name))
                else:
                    cells.append((attribute, name, rows))
        if not cells:
            raise NoAnswer(f"no group holds {self.least} rows with the event and as many without", do="join groups")
        return cells, small

    def _rates(self, reach: Reach, times: Array) -> Array:
        """Rates (resamples, groups × measures), of how often each cluster counts."""
        found: list[Array] = []
        for reached, whole_of in reach.totals(times):
            there, due = whole_of["all"], whole_of["due"]
            with np.errstate(divide="ignore", invalid="ignore"):
                found += [reached["due"] / due, reached["all"] / there, (reached["all"] - reached["due"]) / (there - due)]
                if self.calibrated:
                    found += [due / there, whole_of["said"] / there, (due - whole_of["said"]) / there]
        return np.stack(found, axis=1)

    def _largest(self, cells: list[tuple[str, object, Mask]], weights: Array) -> dict[str, object]:
        """The group with the greatest weight of each attribute."""
        found: dict[str, tuple[float, object]] = {}
        for attribute, name, rows in cells:
            weight = float(weights[rows].sum())
            if attribute not in found or weight > found[attribute][0]:
                found[attribute] = (weight, name)
        return {attribute: name for attribute, (_, name) in found.items()}

    def _gaps(
        self, keys: pd.DataFrame, point: Array, draws: Array, against: dict[str, object], of: tuple[Codes, Codes]
    ) -> pd.DataFrame:
        """Each group less the largest of its attribute, with p-values by Student's t, as they are and by Holm over all."""
        from scipy.stats import t

        place = {key: at for at, key in enumerate(keys.itertuples(index=False, name=None))}
        pairs = [
            (at, place[(measure, attribute, against[attribute])])
            for (measure, attribute, group), at in place.items()
            if measure in GAPS and group != against[attribute]
        ]
        rest, base = (np.array([pair[side] for pair in pairs], dtype=np.intp) for side in (0, 1))
        table = keys.iloc[rest].reset_index(drop=True)
        table.insert(3, "against", pd.Series([against[a] for a in table["attribute"]], dtype=object))
        gap, apart = point[rest] - point[base], draws[:, rest] - draws[:, base]
        df = np.minimum(of[1][rest], of[1][base])
        found = with_errors(table, gap, apart, self.bootstrap.level, (of[0][rest], df))
        with np.errstate(divide="ignore", invalid="ignore"):
            p = 2 * t.sf(np.abs(gap) / found["std_error"].to_numpy(), np.maximum(df, 1))
        asked = np.isfinite(p)
        adjusted = np.full(len(p), np.nan)
        adjusted[asked] = holm(p[asked])
        return found.assign(p=p, p_adjusted=adjusted)

    def _notes(self, small: list[tuple[str, object]], tests: int) -> tuple[Note, ...]:
        text = Text(
            "名单按全体预算{budget}排出；各组与其属性中最大的组相比。属性未进入模型。",
            "The list is that of all under a budget of {budget}; groups are set against the largest of their attribute.",
        )
        notes = [Note("choice", text.format(budget=self.budget.said))]
        if tests:
            many = Text("共 {n} 项比较，p 值按 Holm 法调整。", "{n} comparisons; p-values are adjusted by Holm.")
            notes.append(Note("choice", many.format(n=tests)))
        if small:
            few = Text(
                "发生或未发生的行不足 {least} 的组不列出：{which}。",
                "Groups with fewer than {least} rows with or without the event are not shown: {which}.",
            )
            which = first_of(Text("{a} {g}", "{a} {g}").format(a=attribute, g=_said(name)) for attribute, name in small)
            notes.append(Note("left_out", few.format(least=self.least, which=which)))
        return tuple(notes)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Fairness(Answer):
    """Rates by group: `frame` has columns `measure`, `attribute`, `group`, `estimate`, its errors and `n` (rows).

    Measures: "recall" (of those with the event, how many were listed), "selection" (of all), "false_alarm" (of those without the
    event), and where risks are probabilities "observed", "predicted" and "calibration_gap", observed less predicted: above 0 the
    group is at more risk than said. `gaps` has recall and calibration gap of each group less those of the largest, `against`,
    with `p` and `p_adjusted`. `telling` are groups whose number of rows, beside that of all, would tell that of a small group
    that is left out; reports do not print it.
    """

    gaps: pd.DataFrame
    draws: Array
    telling: tuple[tuple[str, object], ...] = ()


def _said(group: object) -> Text:
    """A group in words: yes or no of what is true or false."""
    if isinstance(group, bool | np.bool_):
        return TERMS["yes" if group else "no"]
    return same(str(group))


def untold(rows: pd.DataFrame, telling: tuple[tuple[str, object], ...]) -> pd.DataFrame:
    """Rows of groups without the numbers from which that of a small group would follow."""
    if not telling or not len(rows):
        return rows
    keys = pd.MultiIndex.from_frame(rows[["attribute", "group"]])
    return rows.assign(n=rows["n"].astype(float).mask(keys.isin(list(telling))))


def _telling(cells: list[Cell], left_out: list[str]) -> tuple[tuple[str, object], ...]:
    """The smallest group that is shown of each attribute of which one group alone is left out."""
    told = []
    for attribute in dict.fromkeys(left_out):
        shown = [(int(rows.sum()), at) for at, (of, _, rows) in enumerate(cells) if of == attribute]
        if shown and left_out.count(attribute) == 1:
            told.append((attribute, cells[min(shown)[1]][1]))
    return tuple(told)
