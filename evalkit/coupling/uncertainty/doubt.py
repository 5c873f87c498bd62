"""What is uncertain of coordination: the indices, their shares in T, and the variant."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
import pandas as pd

from evalkit.check import able, instance, many, number, whole
from evalkit.coupling.static import CouplingCoordination, coordination_degree
from evalkit.coupling.variants import CouplingVariant, WithoutCoefficient
from evalkit.errors import SpecError, did_you_mean
from evalkit.stats.arrays import Array, Codes
from evalkit.stats.scatter import Around
from evalkit.terms import Text

Draw = Callable[[Codes, np.random.Generator], Array]


class InDoubt(Protocol):
    """An index in doubt, such as `IndexDraws(…).of(index, panel)`: the index as asked, and draws of it."""

    @property
    def series(self) -> pd.Series:
        """The index as asked, keyed by (unit, period)."""
        ...

    @property
    def said(self) -> Text:
        """All that is uncertain of it, in words."""
        ...

    def draws(self, count: int, seed: int, system: int) -> Draw:
        """A function from positions of rows to draws of shape (count, rows)."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class CoordinationDoubts:
    """What is uncertain beside the indices themselves.

    Parameters
    ----------
    variants
        Variants of the coupling degree, each as likely as the next, in place of the one of `coupling`; empty: it is not in doubt.
    shares
        How the shares in T scatter around those of `coupling`; None: they do not.
    error
        Standard deviation of a normal error of each index, for all or by system; errors are independent over units and years.
    decimals
        To how many decimals the indices were rounded, as in a printed table; None: they were not.
    """

    coupling: CouplingCoordination = CouplingCoordination()
    variants: tuple[CouplingVariant, ...] = ()
    shares: Around | None = None
    error: float | Mapping[str, float] = 0.0
    decimals: int | None = None

    def __post_init__(self) -> None:
        do = "use CouplingCoordination(variant=…)"
        instance(self.coupling, CouplingCoordination, who="the coupling in doubt", do=do)
        do = "use (Standard(), Wang2021()), or () where the variant is not in doubt"
        object.__setattr__(self, "variants", many(self.variants, who="the variants in doubt", do=do))
        for one in self.variants:
            able(one, "degree", who="a variant in doubt", do="use Standard(), Wang2021(), …")
        if self.shares is not None:
            able(self.shares, "draw", who="the scatter of the shares", do="use Dirichlet(concentration=60)")
        if any(isinstance(one, WithoutCoefficient) for one in self.variants):
            what = "a coupling degree without its coefficient is an error of published papers, not a choice"
            raise SpecError(what, do="take it out")
        for size in self._errors():
            number(size, "[0, 1)", who="the error of an index, a standard deviation,")
        if self.decimals is not None:
            whole(self.decimals, most=15, who="decimals of the indices")

    @property
    def said(self) -> Text:
        """All that is uncertain beside the indices, in words."""
        parts = []
        if self.variants:
            names = [one.name for one in self.variants]
            listed = Text("、".join(name.zh for name in names), "; ".join(name.en for name in names))
            parts.append(Text("耦合度模型（{which}）", "variant of the coupling degree ({which})").format(which=listed))
        if self.shares is not None:
            parts.append(Text("系统份额（{how}）", "shares of the systems ({how})").format(how=self.shares.said))
        if any(self._errors()):
            listed = Text("按系统给定", "given by system") if isinstance(self.error, Mapping) else Text("{e:g}", "{e:g}")
            text = Text("指数的独立正态误差（标准差 {e}）", "independent normal errors of the indices (standard deviation {e})")
            parts.append(text.format(e=listed if isinstance(self.error, Mapping) else f"{self.error:g}"))
        if self.decimals is not None:
            parts.append(Text("指数舍入至 {d} 位小数", "indices rounded to {d} decimals").format(d=self.decimals))
        return Text("；".join(part.zh for part in parts), "; ".join(part.en for part in parts))

    def spreads(self, systems: Sequence[str]) -> Array:
        """The standard deviation of each system's error."""
        if not isinstance(self.error, Mapping):
            return np.full(len(systems), float(self.error))
        strange = [name for name in self.error if name not in systems]
        if strange:
            near = did_you_mean(str(strange[0]), systems) or f"name one of {', '.join(systems)}"
            raise SpecError(f"an error is given for '{strange[0]}', which is no system", do=near)
        return np.array([float(self.error.get(name, 0.0)) for name in systems])

    def _errors(self) -> list[float]:
        return list(self.error.values()) if isinstance(self.error, Mapping) else [self.error]


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """All that is drawn once for all rows: shares (draws, n), which variant each draw takes, and a draw of each index."""

    doubts: CoordinationDoubts
    indices: tuple[Array | Draw, ...]
    spreads: Array
    shares: Array
    which: Codes

    @classmethod
    def of(
        cls, doubts: CoordinationDoubts, systems: Mapping[str, pd.Series | InDoubt], shares: Array, count: int, seed: int
    ) -> Drawing:
        """What is drawn of `count` draws."""
        indices = tuple(
            one.to_numpy(dtype=float) if isinstance(one, pd.Series) else one.draws(count, seed, at)
            for at, one in enumerate(systems.values())
        )
        center = np.broadcast_to(shares, (count, len(shares)))
        drawn = center if doubts.shares is None else doubts.shares.draw(np.random.default_rng([seed, 2]), center)
        which = np.sort(np.arange(count) % max(1, len(doubts.variants)))
        mixed = np.random.default_rng([seed, 3]).permutation(which)
        return cls(doubts, indices, doubts.spreads(list(systems)), drawn, mixed)

    @property
    def count(self) -> int:
        """How many draws there are."""
        return len(self.shares)

    def degrees(self, rows: Codes, rng: np.random.Generator) -> Array:
        """D of some rows, of shape (draws, rows)."""
        u = np.stack([self._index(at, rows, rng) for at in range(len(self.indices))])
        t = np.einsum("ks,skr->kr", self.shares, u)
        return coordination_degree(self._coupling(u), t)

    def _index(self, system: int, rows: Codes, rng: np.random.Generator) -> Array:
        source, shape = self.indices[system], (self.count, len(rows))
        u = source(rows, rng) if callable(source) else np.broadcast_to(source[rows], shape)
        if self.doubts.decimals is not None:
            u = u + 10.0**-self.doubts.decimals * (rng.random(shape) - 0.5)
        if self.spreads[system] > 0:
            u = u + self.spreads[system] * rng.standard_normal(shape)
        return np.clip(u, 0.0, 1.0)

    def _coupling(self, u: Array) -> Array:
        variants = self.doubts.variants or (self.doubts.coupling.variant,)
        if len(variants) == 1:
            return variants[0].degree(u)
        c = np.empty(u.shape[1:])
        for at, variant in enumerate(variants):
            c[self.which == at] = variant.degree(u[:, self.which == at])
        return c
