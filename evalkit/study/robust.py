"""How firm a study's result is: other settings one at a time, and all doubts at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from evalkit.coupling.compare import compare
from evalkit.coupling.static import Coordination
from evalkit.indicators.aggregation.benefit import Benefit, BenefitOfTheDoubt
from evalkit.indicators.aggregation.copeland import Copeland
from evalkit.indicators.comparison import IndexAgreement, IndexComparison
from evalkit.indicators.diagnostics import Diagnostics
from evalkit.indicators.importance import Importance
from evalkit.indicators.index import CompositeIndex, IndexScores
from evalkit.indicators.removal import RemoveOne
from evalkit.indicators.uncertainty.draws import Noise
from evalkit.indicators.uncertainty.monte_carlo import MonteCarlo, Uncertainty
from evalkit.indicators.uncertainty.replay import STEPS
from evalkit.indicators.uncertainty.sensitivity import Drivers, Sensitivity
from evalkit.indicators.uncertainty.variations import spoken
from evalkit.panel.panel import Panel
from evalkit.report.assessment import Firmness, Quality
from evalkit.stats.scatter import Dirichlet
from evalkit.study.coupling_form import Span
from evalkit.study.form import RobustnessForm
from evalkit.terms import Text

Scores = Mapping[str, IndexScores]
Indices = Mapping[str, CompositeIndex]


@dataclass(frozen=True, slots=True, eq=False)
class Asked:
    """What a study asked: its indices by system, on a treated panel and reference years, coupled by `couple`."""

    indices: Indices
    panel: Panel
    reference: Span | None
    couple: Callable[[Scores], Coordination]

    def scores(self, indices: Indices | None = None, reference: Span | None = None) -> dict[str, IndexScores]:
        """Scores by system, of these or other indices, on these or other reference years."""
        span = reference or self.reference
        on = None if span is None else slice(*span)
        return {name: index.fit(self.panel, on).score(self.panel) for name, index in (indices or self.indices).items()}


def quality(asked: Asked, scores: Scores) -> dict[str, Quality]:
    """What the indicators of each system have in common, how important each is, and what hangs on it."""
    on = None if asked.reference is None else slice(*asked.reference)
    return {
        name: Quality(
            diagnosis=Diagnostics().measure(score),
            importance=Importance().measure(score),
            removals=RemoveOne().measure(asked.indices[name], asked.panel, on=on),
        )
        for name, score in scores.items()
    }


def firmness(asked: Asked, form: RobustnessForm, scores: Scores, bond: Coordination) -> Firmness:
    """The result under other settings one at a time, and under all doubts at once."""
    others = {label: asked.scores(indices) for label, indices in _other_indices(asked, form).items()}
    for span in form.reference or _other_reference(asked):
        if span != asked.reference:
            label = Text("参考期：{a}—{b}", "reference years: {a}–{b}").format(a=span[0], b=span[1])
            others[label] = asked.scores(reference=span)
    comparison = compare(bond, {label: asked.couple(other) for label, other in others.items()}) if others else None
    return Firmness(
        comparison=comparison,
        agreement={name: _agreement(name, score, others) for name, score in scores.items()} if others else {},
        uncertainty={name: _uncertainty(asked, form, name) for name in scores} if form.draws else {},
        drivers={name: _drivers(asked, form, name) for name in scores} if form.samples else {},
        outranking={name: Copeland().measure(score) for name, score in scores.items()} if form.copeland else {},
        benefit={name: _benefit(form.benefit_of_the_doubt, score) for name, score in scores.items()}
        if form.benefit_of_the_doubt
        else {},
    )


def _other_indices(asked: Asked, form: RobustnessForm) -> dict[Text, Indices]:
    """The indices with one step done another way, by what is done."""
    found: dict[Text, Indices] = {}
    for step, options in form.alternatives().items():
        for option in options:
            changed = {name: replace(index, **{step: option}) for name, index in asked.indices.items()}
            if changed != asked.indices:
                found[Text("{step}：{how}", "{step}: {how}").format(step=STEPS[step], how=spoken(option))] = changed
    return found


def _other_reference(asked: Asked) -> tuple[Span, ...]:
    """Where the study names no other reference years: all its years, or, where it uses those, their first half."""
    years = asked.panel.periods
    if asked.reference not in (None, (years[0], years[-1])):
        return ((years[0], years[-1]),)
    return ((years[0], years[(len(years) - 1) // 2]),) if len(years) > 2 else ()


def _agreement(name: str, score: IndexScores, others: Mapping[Text, Scores]) -> IndexAgreement:
    labels = {"base": Text("本研究设定", "this study"), **{label.en: label for label in others}}
    return IndexComparison(labels=labels).measure(base=score, **{label.en: other[name] for label, other in others.items()})


def _benefit(shares: tuple[float, float], score: IndexScores) -> Benefit:
    """The weights that suit each place best; where shares are asked for, a score of 0 is raised so that it can hold one."""
    return BenefitOfTheDoubt(shares=shares, floor=0.01 if shares[0] > 0 else 0.0).measure(score)


def doubts(asked: Asked, form: RobustnessForm, name: str) -> dict[str, Any]:
    """All that is uncertain of an index: the study's own options beside the alternatives, weights, errors."""
    index = asked.indices[name]
    steps = {step: _distinct(getattr(index, step), options) for step, options in form.alternatives().items()}
    found: dict[str, Any] = {step: options for step, options in steps.items() if len(options) > 1}
    error = Noise(relative=form.error) if form.error else None
    return found | {"weights": Dirichlet(concentration=form.concentration), "error": error}


def _distinct(own: object, others: tuple[object, ...]) -> tuple[object, ...]:
    return (own, *(option for option in others if option != own))


def _uncertainty(asked: Asked, form: RobustnessForm, name: str) -> Uncertainty:
    on = None if asked.reference is None else slice(*asked.reference)
    ask = MonteCarlo(draws=form.draws, seed=form.seed, **doubts(asked, form, name))
    return ask.measure(asked.indices[name], asked.panel, on=on)


def _drivers(asked: Asked, form: RobustnessForm, name: str) -> Drivers:
    on = None if asked.reference is None else slice(*asked.reference)
    ask = Sensitivity(samples=form.samples, seed=form.seed, **doubts(asked, form, name))
    return ask.measure(asked.indices[name], asked.panel, on=on)
