"""How sure a study's coordination is: with its method as chosen, and as more and more of the method is put in doubt."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from evalkit.coupling.static import CouplingCoordination
from evalkit.coupling.uncertainty.firmness import CoordinationUncertainty, UncertainCoordination
from evalkit.coupling.variants import CouplingVariant
from evalkit.indicators.uncertainty.drawn import IndexDraws
from evalkit.stats.scatter import Dirichlet
from evalkit.study.coupling_form import UncertaintyForm
from evalkit.study.form import StudyForm
from evalkit.study.robust import Asked, doubts
from evalkit.terms import Text

CHOSEN = Text("权重、份额与误差（方法不变）", "weights, shares and errors (method as chosen)")
ADDED = {
    "weigh": Text("再加：赋权方法", "and the weighting method"),
    "aggregate": Text("再加：合成方法", "and the aggregation"),
    "normalize": Text("再加：标准化方法", "and the normalization"),
    "variants": Text("再加：耦合度模型", "and the variant of the coupling degree"),
}


def coordination_doubts(asked: Asked, study: StudyForm, coupling: CouplingCoordination) -> dict[Text, UncertainCoordination]:
    """Coordination in doubt, step by step: each step adds to what was in doubt before it; none where no draws are asked for."""
    form = study.uncertainty
    if not form.draws:
        return {}
    known = {name: doubts(asked, study.robustness, name) for name in asked.indices}
    mixed = _mixed(form, coupling)
    found = {}
    for label, steps in _cumulative({step for some in known.values() for step in some} | ({"variants"} if mixed else set())):
        ask = CoordinationUncertainty(
            coupling=coupling,
            draws=form.draws,
            level=form.level,
            certainty=form.certainty,
            shares=Dirichlet(concentration=form.concentration) if form.concentration else None,
            error=form.error,
            variants=mixed if "variants" in steps else (),
            between=form.between,
            seed=form.seed,
        )
        found[label] = ask.measure(**{name: _drawn(asked, name, some, steps) for name, some in known.items()})
    return found


def _cumulative(present: set[str]) -> Iterator[tuple[Text, tuple[str, ...]]]:
    """The steps that are in doubt somewhere, one more each time."""
    steps: tuple[str, ...] = ()
    yield CHOSEN, steps
    for step, label in ADDED.items():
        if step in present:
            steps = (*steps, step)
            yield label, steps


def _mixed(form: UncertaintyForm, coupling: CouplingCoordination) -> tuple[CouplingVariant, ...]:
    """The study's own variant beside the others; none where there are no others."""
    others = tuple(variant for one in form.variants if (variant := one.build()) != coupling.variant)
    return (coupling.variant, *others) if others else ()


def _drawn(asked: Asked, name: str, known: dict[str, Any], steps: tuple[str, ...]) -> Any:
    on = None if asked.reference is None else slice(*asked.reference)
    some = {key: value for key, value in known.items() if key in (*steps, "weights", "error")}
    return IndexDraws(**some).of(asked.indices[name], asked.panel, on)
