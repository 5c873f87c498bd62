"""The variants of the coupling degree side by side, on the same systems: values, ranks, and the grades that change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.coupling.compare import Comparison, compare
from evalkit.coupling.static import Coordination
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

    Without `variants`: all that apply to so many systems. Grades hang on the formula more than ranks do: say which was used.

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
    n = len(bond.systems)
    others = [one for one in (usual(n) if variants is None else variants) if one != bond.spec.variant]
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
        "各模型使用相同的系统指数、份额与等级界限；等级随公式而变，位次较少变动。",
        "All variants take the same indices, shares and limits. Grades change with the formula; ranks change less.",
    )
    return VariantComparison(
        spec=bond.spec,
        frame=frame,
        against=compare(bond, asked),
        labels={name.en: name for name in every},
        notes=(Note("caution", text),),
    )


def usual(n: int) -> tuple[CouplingVariant, ...]:
    """The variants in use that apply to n systems."""
    pairs = (PairwiseProduct(),) if n <= 3 else ()
    return (Standard(), Power(k=float(max(n, 2))), *pairs, Wang2021(), Fan2024(), Distance())


def _figures(bond: Coordination) -> pd.DataFrame:
    frame = bond.frame[["C", "D", "grade"]]
    rank = frame["D"].round(10).groupby(level="period").rank(method="min", ascending=False).astype(np.intp)
    return pd.DataFrame({"C": frame["C"], "D": frame["D"], "rank": rank, "grade": frame["grade"]})
