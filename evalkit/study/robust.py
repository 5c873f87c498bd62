"""How firm a study's result is: other settings one at a time, and all doubts at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from evalkit.answer import Note, in_period
from evalkit.coupling.compare import compare
from evalkit.coupling.static import Coordination
from evalkit.errors import NoAnswer
from evalkit.indicators.aggregation.benefit import Benefit, BenefitOfTheDoubt
from evalkit.indicators.aggregation.copeland import Copeland
from evalkit.indicators.comparison import FEWEST, IndexAgreement, IndexComparison, flat
from evalkit.indicators.diagnostics import Diagnostics
from evalkit.indicators.importance import Importance
from evalkit.indicators.index import CompositeIndex, IndexScores
from evalkit.indicators.removal import RemoveOne
from evalkit.indicators.scored import FEWEST as FEWEST_ROWS
from evalkit.indicators.uncertainty.draws import Noise
from evalkit.indicators.uncertainty.monte_carlo import MonteCarlo, Uncertainty
from evalkit.indicators.uncertainty.replay import STEPS
from evalkit.indicators.uncertainty.sensitivity import Drivers, NothingShifts, Sensitivity
from evalkit.indicators.uncertainty.variations import spoken
from evalkit.panel.panel import Panel
from evalkit.report.assessment.found import Firmness, Quality
from evalkit.report.indicators.weighting import judged
from evalkit.stats.scatter import Dirichlet
from evalkit.study.coupling_form import Span
from evalkit.study.form import RobustnessForm
from evalkit.terms import Text

Scores = Mapping[str, IndexScores]
Indices = Mapping[str, CompositeIndex]


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What a study asked: its indices by system, on a treated panel and reference years, coupled by `couple`.

    `options` are other ways of doing a step of the index, by its field, and `years` other reference years; `notes` say which
    of them the data do not allow.
    """

    indices: Indices
    panel: Panel
    reference: Span | None
    couple: Callable[[Scores], Coordination]
    options: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    years: tuple[Span, ...] = ()
    notes: tuple[Note, ...] = ()

    def scores(self, indices: Indices | None = None, reference: Span | None = None) -> dict[str, IndexScores]:
        """Scores by system, of these or other indices, on these or other reference years."""
        span = reference or self.reference
        on = None if span is None else slice(*span)
        return {name: index.fit(self.panel, on).score(self.panel) for name, index in (indices or self.indices).items()}

    def changed(self, step: str, option: Any) -> dict[str, CompositeIndex]:
        """The indices with one step done another way."""
        return {name: replace(index, **{step: option}) for name, index in self.indices.items()}


@dataclass(frozen=True, slots=True)
class Other:
    """Another setting: what it is called, the scores under it, and whether the study names it or evalkit chose it."""

    label: Text
    scores: Scores
    named: bool


def applicable(asked: Asked, form: RobustnessForm) -> Asked:
    """What is asked, with other options and years; those that evalkit chose and the data do not allow are left out and noted."""
    kept, notes = dict[str, tuple[Any, ...]](), list[Note]()
    for step, options in form.alternatives().items():
        kept[step] = tuple(one for one in options if step in form.named or _allowed(asked, asked.changed(step, one)))
        notes += [_not_allowed(_called(step, one)) for one in options if one not in kept[step]]
    spans = form.reference or _other_reference(asked)
    years = tuple(span for span in spans if form.reference or _allowed(asked, asked.indices, span))
    notes += [_not_allowed(_learnt_on(span)) for span in spans if span not in years]
    return replace(asked, options=kept, years=years, notes=tuple(notes))


def _allowed(asked: Asked, indices: Indices, years: Span | None = None) -> bool:
    try:
        asked.scores(indices, years)
    except NoAnswer:
        return False
    return True


def _learnt_on(years: Span) -> Text:
    return Text("参考期：{a}—{b}", "reference years: {a}–{b}").format(a=years[0], b=years[1])


def _called(step: str, option: Any) -> Text:
    return Text("{step}：{how}", "{step}: {how}").format(step=STEPS[step], how=spoken(option))


def _not_allowed(label: Text) -> Note:
    text = Text("“{label}”不适用于本研究的数据，未列入对照。", "Left out of the comparison: these data do not allow “{label}”.")
    return Note("left_out", text.format(label=label))


def quality(asked: Asked, scores: Scores) -> dict[str, Quality]:
    """What the indicators of each system have in common, how important each is, and what hangs on it.

    Systems of fewer unit-years than that takes are left out. What hangs on each indicator is told by ranks, so it is not asked
    of places that all have the same score.
    """
    on = None if asked.reference is None else slice(*asked.reference)
    enough = {name: score for name, score in scores.items() if len(score.frame) >= FEWEST_ROWS}
    return {
        name: Quality(
            diagnosis=Diagnostics().measure(score),
            importance=Importance().measure(score),
            removals=None
            if flat(_now(score))
            else _removal(asked.indices[name]).measure(asked.indices[name], asked.panel, on=on),
        )
        for name, score in enough.items()
    }


def _removal(index: CompositeIndex) -> RemoveOne:
    """How an index does without an indicator: experts judged all of them together, and are not asked again."""
    return RemoveOne(weights="kept" if judged(index.weigh) else "again")


def firmness(asked: Asked, form: RobustnessForm, scores: Scores, bond: Coordination) -> Firmness:
    """The result under other settings one at a time, and under all doubts at once; of fewer than three places, no ranks are."""
    others, notes = _comparable(list(_others(asked, form)), scores)
    ranked, few = _ranked(scores)
    comparison = compare(bond, {one.label: asked.couple(one.scores) for one in others}) if others else None
    drivers, still = _drivers(asked, form, ranked if form.samples else {})
    return Firmness(
        comparison=comparison,
        agreement={name: _agreement(name, score, others) for name, score in ranked.items()} if others else {},
        uncertainty={name: _uncertainty(asked, form, name) for name in ranked} if form.draws else {},
        drivers=drivers,
        outranking={name: Copeland().measure(score) for name, score in ranked.items()} if form.copeland else {},
        benefit={name: _benefit(form.benefit_of_the_doubt, score) for name, score in scores.items()}
        if form.benefit_of_the_doubt
        else {},
        notes=(*few, *asked.notes, *notes, *still),
    )


def _others(asked: Asked, form: RobustnessForm) -> Iterator[Other]:
    """The result with one step done another way, or learnt on other years."""
    for step, options in asked.options.items():
        for option in options:
            changed = asked.changed(step, option)
            if changed != asked.indices:
                yield Other(_called(step, option), asked.scores(changed), step in form.named)
    for span in asked.years:
        if span != asked.reference:
            yield Other(_learnt_on(span), asked.scores(reference=span), bool(form.reference))


def _comparable(others: list[Other], scores: Scores) -> tuple[list[Other], tuple[Note, ...]]:
    """The others, without those that evalkit chose and that tell no places apart; and which these are."""
    text = Text(
        "“{label}”下，“{system}”在 {year} 年各地区得分相同，排不出位次，未列入对照。",
        "Left out of the comparison: under “{label}” all places have the same score of “{system}” in {year}.",
    )
    kept, notes = list[Other](), list[Note]()
    for one in others:
        lost = [
            name for name, score in one.scores.items() if not one.named and flat(_now(score)) and not flat(_now(scores[name]))
        ]
        if not lost:
            kept.append(one)
        for name in lost:
            score = one.scores[name]
            said = text.format(label=one.label, system=score.system.name, year=_last(score))
            notes.append(Note("left_out", said))
    return kept, tuple(notes)


def _ranked(scores: Scores) -> tuple[Scores, tuple[Note, ...]]:
    """The indices whose ranks are examined, and why those of few places are not."""
    few = {name: score for name, score in scores.items() if len(_now(score)) < FEWEST}
    if not few:
        return scores, ()
    text = Text(
        "最后一年不足 {least} 个地区，位次说明不了什么，因此不检验位次是否稳健。",
        "There are fewer than {least} places in the last year: their ranks say little, so how firm these are is not examined.",
    )
    rest = {name: score for name, score in scores.items() if name not in few}
    return rest, (Note("left_out", text.format(least=FEWEST)),)


def _now(score: IndexScores) -> pd.Series:
    """The scores of the last year."""
    return in_period(score.frame, _last(score))["score"]


def _last(score: IndexScores) -> int:
    return int(score.frame.index.get_level_values("period").max())


def _other_reference(asked: Asked) -> tuple[Span, ...]:
    """Where the study names no other reference years: all its years, or, where it uses those, their first half."""
    years = asked.panel.periods
    if asked.reference not in (None, (years[0], years[-1])):
        return ((years[0], years[-1]),)
    return ((years[0], years[(len(years) - 1) // 2]),) if len(years) > 2 else ()


def _agreement(name: str, score: IndexScores, others: list[Other]) -> IndexAgreement:
    labels = {"base": Text("本研究设定", "this study"), **{one.label.en: one.label for one in others}}
    return IndexComparison(labels=labels).measure(base=score, **{one.label.en: one.scores[name] for one in others})


def _benefit(shares: tuple[float, float], score: IndexScores) -> Benefit:
    """The weights that suit each place best; where shares are asked for, a score of 0 is raised so that it can hold one."""
    return BenefitOfTheDoubt(shares=shares, floor=0.01 if shares[0] > 0 else 0.0).measure(score)


def doubts(asked: Asked, form: RobustnessForm, name: str) -> dict[str, Any]:
    """All that is uncertain of an index: the study's own options beside the alternatives, weights, errors."""
    index = asked.indices[name]
    steps = {step: _distinct(getattr(index, step), options) for step, options in asked.options.items()}
    found: dict[str, Any] = {step: options for step, options in steps.items() if len(options) > 1}
    error = Noise(relative=form.error) if form.error else None
    return found | {"weights": Dirichlet(concentration=form.concentration), "error": error}


def _distinct(own: object, others: tuple[object, ...]) -> tuple[object, ...]:
    return (own, *(option for option in others if option != own))


def _uncertainty(asked: Asked, form: RobustnessForm, name: str) -> Uncertainty:
    on = None if asked.reference is None else slice(*asked.reference)
    ask = MonteCarlo(draws=form.draws, seed=form.seed, **doubts(asked, form, name))
    return ask.measure(asked.indices[name], asked.panel, on=on)


def _drivers(asked: Asked, form: RobustnessForm, scores: Scores) -> tuple[dict[str, Drivers], tuple[Note, ...]]:
    """Which doubts move the ranks of each index; and those whose ranks nothing moves."""
    on = None if asked.reference is None else slice(*asked.reference)
    text = Text(
        "“{system}”的位次在各种设定下都一样，无需分解来源。",
        "No setting shifts the ranks of “{system}”: there is nothing to explain.",
    )
    found, notes = dict[str, Drivers](), list[Note]()
    for name, score in scores.items():
        ask = Sensitivity(samples=form.samples, seed=form.seed, **doubts(asked, form, name))
        try:
            found[name] = ask.measure(asked.indices[name], asked.panel, on=on)
        except NothingShifts:
            notes.append(Note("left_out", text.format(system=score.system.name)))
    return found, tuple(notes)
