"""The variants of the coupling degree side by side, on the same systems: values, ranks, and the grades that change."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import able, many
from evalkit.coupling.compare import Comparison, compare
from evalkit.coupling.static import Coordination, on_coordination
from evalkit.coupling.variants import CouplingVariant, Distance, Fan2024, PairwiseProduct, Power, Standard, Wang2021
from evalkit.errors import SpecError
from evalkit.terms import Text


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class VariantComparison(Answer):
    """Variants side by side: `frame` is keyed by (unit, period) and holds, by variant, columns `C`, `D`, `rank` and `grade`.

    The first level of its columns is the variant's English name, the second the figure; ranks are taken within a period, 1 the
    best. `against` compares each variant with the first, in the words of `compare`; `labels` names the variants.
    """

    against: Comparison
    labels: Mapping[str, Text]


def compare_variants(bond: Coordination, variants: Sequence[CouplingVariant] | None = None) -> VariantComparison:
    """What the other variants make of the same systems, shares and grades; the variant of `bond` comes first.

    Without `variants`: all that apply to so many systems. Grades and ranks hang on the formula: say which was used.

    Examples
    --------
    >>> from evalkit.coupling.static import CouplingCoordination
    >>> key = pd.MultiIndex.from_tuples([("a", 2020), ("b", 2020)], names=["unit", "period"])
    >>> bond = CouplingCoordination().measure(kept=pd.Series([0.8, 0.5], key), rise=pd.Series([0.3, 0.4], key))
    >>> beside = compare_variants(bond, [Wang2021(), Power(k=2)])
    >>> beside.frame.xs("D", axis=1, level="figure").round(3).iloc[:, :2].values
    array([[0.7  , 0.488],
           [0.669, 0.618]])
    """
    on_coordination(bond, what="variants are compared")
    n, do = len(bond.systems), "pass [Wang2021(), Power(k=2)]"
    chosen = usual(n) if variants is None else many(variants, who="what is compared with the variant of the base", do=do)
    for one in chosen:
        able(one, "degree", who="a variant of coupling", do="use Standard(), Wang2021(), …")
    others = [one for one in chosen if one != bond.spec.variant]
    if not others:
        raise SpecError("there is no other variant to compare", do="pass at least one that the base does not use")
    systems = {name: bond.frame[name] for name in bond.systems}
    shares = tuple(float(share) for share in bond.shares)
    asked: dict[str | Text, Coordination] = {
        one.name: replace(bond.spec, variant=one, shares=shares).measure(**systems) for one in others
    }
    every = {bond.spec.variant.name: bond, **{one.name: asked[one.name] for one in others}}
    frame = pd.concat({name.en: _figures(one) for name, one in every.items()}, axis=1, names=["variant", "figure"])
    text = Text(
        "各模型使用相同的系统指数、份额与等级界限；等级与位次都随公式而变，须说明所用模型。",
        "All variants take the same indices, shares and limits. Grades, and ranks too, hang on the formula: say which was used.",
    )
    return VariantComparison(
        spec=bond.spec,
        frame=frame,
        against=compare(bond, asked),
        labels={name.en: name for name in every},
        notes=(Note("caution", text), *_ceilings(others, n)),
    )


def _ceilings(variants: Sequence[CouplingVariant], n: int) -> Iterator[Note]:
    """Variants whose C cannot reach 1, so that grades made for a D that does are too strict for them."""
    for one in variants:
        if (most := one.most(n)) < 1:
            text = Text(
                "{variant}的 C 最大为 {most:.3g}，按 D 达到 1 设定的等级对其偏严。",
                "With the {variant} C is at most {most:.3g}: grades made for a D that reaches 1 are too strict.",
            )
            yield Note("caution", text.format(variant=one.name, most=most))


def usual(n: int) -> tuple[CouplingVariant, ...]:
    """The variants in use that apply to n systems."""
    pairs = (PairwiseProduct(),) if n <= 3 else ()
    return (Standard(), Power(k=float(max(n, 2))), *pairs, Wang2021(), Fan2024(), Distance())


def _figures(bond: Coordination) -> pd.DataFrame:
    frame = bond.frame[["C", "D", "grade"]]
    rank = frame["D"].round(10).groupby(level="period").rank(method="min", ascending=False).astype(np.intp)
    return pd.DataFrame({"C": frame["C"], "D": frame["D"], "rank": rank, "grade": frame["grade"]})
