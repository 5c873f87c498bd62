"""Weights combined: what is judged and what is learnt from data, or any other weightings, in one vector."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from evalkit.answer import Note
from evalkit.check import many, one_of, shares
from evalkit.errors import NoAnswer, SpecError
from evalkit.indicators.normalization.normalized import Normalized
from evalkit.indicators.steps import stands_at
from evalkit.indicators.weighting.weights import Weighting, Weights
from evalkit.panel.system import IndicatorSystem
from evalkit.stats.arrays import Array
from evalkit.terms import Text, same

How = Literal["arithmetic", "multiplicative", "geometric", "game"]

HOW: Mapping[str, Text] = {
    "arithmetic": Text("加权算术平均", "weighted arithmetic mean"),
    "multiplicative": Text("乘法合成归一", "normalized product"),
    "geometric": Text("加权几何平均（最小相对信息熵）", "weighted geometric mean (minimum relative entropy)"),
    "game": Text("博弈论组合", "game-theoretic combination"),
}
PARTS: Mapping[str, Text] = {
    "ahp": Text("AHP", "AHP"),
    "coefficientofvariation": Text("变异系数法", "coefficient of variation"),
    "critic": Text("CRITIC", "CRITIC"),
    "entropy": Text("熵权法", "entropy"),
    "equal": Text("等权", "equal weights"),
    "given": Text("给定权重", "given weights"),
    "pca": Text("主成分法", "principal components"),
    "rawentropy": Text("熵权法（原始比重）", "entropy of raw shares"),
    "standarddeviation": Text("标准差法", "standard deviation"),
}
UNSTABLE = 100.0  # at this condition number, weights a percent off may move a game share by its whole size


def arithmetic_combination(w: Array, shares: Array) -> Array:
    """Σ_k s_k w_kj of weights of shape (parts, n): what one part gives and another does not is kept in proportion.

    Examples
    --------
    >>> arithmetic_combination(np.array([[0.8, 0.2], [0.4, 0.6]]), np.array([0.5, 0.5]))
    array([0.6, 0.4])
    """
    return shares @ w


def multiplicative_combination(w: Array) -> Array:
    """Π_k w_kj / Σ_j Π_k w_kj of weights of shape (parts, n): great weights grow, small ones all but vanish.

    Equal weights as a part change nothing; a weight of zero in any part is zero.

    Examples
    --------
    >>> multiplicative_combination(np.array([[0.8, 0.2], [0.4, 0.6]])).round(4)
    array([0.7273, 0.2727])
    """
    product = w.prod(axis=0)
    return product / product.sum()


def geometric_combination(w: Array, shares: Array) -> Array:
    """Π_k w_kj^s_k / Σ_j Π_k w_kj^s_k of weights of shape (parts, n); sqrt(w_1j w_2j) / Σ for two equal shares.

    Of all weights it has the least relative entropy to the parts, Σ_k s_k Σ_j v_j ln(v_j / w_kj); it is therefore also
    called the combination of minimum relative entropy. A weight of zero in any part that counts is zero.

    Source: Kullback & Leibler (1951), On information and sufficiency, Annals of Mathematical Statistics 22:79–86.

    Examples
    --------
    >>> geometric_combination(np.array([[0.8, 0.2], [0.2, 0.8]]), np.array([0.5, 0.5]))
    array([0.5, 0.5])
    """
    mean = np.prod(w ** shares[:, None], axis=0)
    return mean / mean.sum()


def game_coefficients(w: Array) -> tuple[Array, float]:
    """α of the game-theoretic combination, as solved, and the condition number of its equations; `w` has shape (parts, n).

    Each part asks that Σ_k α_k w_k lie near it; the first-order conditions are Σ_k (w_l · w_k) α_k = w_l · w_l. Papers take
    |α| / Σ|α| as shares. Weights at right angles give α = 1 each. Where parts are nearly equal the equations are nearly
    singular and α is arbitrary; where they are equal, the shortest α is returned. Equal weights always get α = 0 beside
    one other part, because w_l · w_k = w_l · w_l for every w_k: in this game the flat vector never counts.

    Source: Chen Jialiang (2003), Fujian Computer 9:15–16, in Chinese; the equations as in Hou & Wang (2021), Journal of
    Safety and Environment 21(6):2443 ff., in Chinese.

    Examples
    --------
    >>> alpha, condition = game_coefficients(np.array([[0.5, 0.5, 0.0, 0.0], [0.0, 0.0, 0.5, 0.5]]))
    >>> alpha.round(9), round(condition, 9)
    (array([1., 1.]), 1.0)
    """
    products = w @ w.T
    alpha = np.linalg.lstsq(products, np.diag(products), rcond=None)[0].astype(np.float64)
    return alpha, float(np.linalg.cond(products))


@dataclass(frozen=True, slots=True, kw_only=True)
class Combined:
    """Weights out of the weights of several methods, such as AHP and entropy.

    Parameters
    ----------
    parts
        The methods, two or more.
    how
        "arithmetic" mean; "multiplicative", the normalized product; "geometric" mean, which is the combination of minimum
        relative entropy; "game", the game-theoretic combination, which finds the shares itself.
    shares
        How much each part counts in a mean; by default all alike.

    Notes
    -----
    No combination is the right one. The product and the game are the least steady: the one all but removes small weights,
    the other sets shares by equations that near-equal parts leave undetermined; its condition number is noted. Each part's
    weights and share stand beside the weights of the fitted index.

    Examples
    --------
    >>> import evalkit as ek
    >>> counties, system = ek.datasets.load("counties"), ek.systems("consolidation")["consolidation"]
    >>> weigh = Combined(parts=(ek.Equal(), ek.Entropy()), shares=(0.6, 0.4))
    >>> frame = ek.CompositeIndex(system=system, weigh=weigh).fit(counties).frame
    >>> bool(abs(frame["weight"] - (0.6 * frame["weight_equal"] + 0.4 * frame["weight_entropy"])).max() < 1e-12)
    True
    """

    parts: tuple[Weighting, ...]
    how: How = "arithmetic"
    shares: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        one_of(self.how, tuple(HOW), who="Combined how")
        parts = many(self.parts, who="Combined parts", do="give the weightings in a tuple: (Equal(), Entropy())")
        object.__setattr__(self, "parts", parts)
        for part in parts:
            stands_at("weigh", part, who="each of Combined parts")
        if len(parts) < 2:
            raise SpecError("Combined needs two parts or more", found=str(len(parts)), do="name the weightings to combine")
        if self.shares is not None:
            if self.how in ("multiplicative", "game"):
                raise SpecError(
                    f"Combined with how='{self.how}' takes no shares", do="drop them, or use how='arithmetic' or 'geometric'"
                )
            shares(self.shares, len(parts), who="Combined shares")

    @property
    def name(self) -> Text:
        """What the weighting is called."""
        return Text("组合权重", "combined weights")

    @property
    def names(self) -> tuple[str, ...]:
        """A short name of each part, numbered where a method stands there twice."""
        kinds = [type(part).__name__.lower().removesuffix("hierarchy") for part in self.parts]
        return tuple(f"{kind}_{kinds[: at + 1].count(kind)}" if kinds.count(kind) > 1 else kind for at, kind in enumerate(kinds))

    def learn(self, z: Normalized, system: IndicatorSystem) -> Weights:
        """The weights of each part from the same rows, and their combination.

        Raises
        ------
        NoAnswer
            A product or geometric mean of weights that leave no indicator above zero.
        """
        learnt = [part.learn(z, system) for part in self.parts]
        w = np.stack([one.weight for one in learnt])
        share = np.array(self.shares or np.full(len(w), 1 / len(w)))
        if self.how in ("multiplicative", "geometric") and not np.any(np.all(w > 0, axis=0)):
            raise NoAnswer(
                "every indicator has a weight of zero in some part, so their product is zero", do="use how='arithmetic'"
            )
        notes = list(dict.fromkeys(note for one in learnt for note in one.notes))
        if self.how == "game":
            alpha, condition = game_coefficients(w)
            share = np.abs(alpha) / np.abs(alpha).sum()
            notes += self._of_game(alpha, share, condition)
        else:
            notes.append(self._of_mean(share))
        if self.how == "multiplicative":
            weight = multiplicative_combination(w)
        else:
            weight = geometric_combination(w, share) if self.how == "geometric" else arithmetic_combination(w, share)
        beside = {f"weight_{name}": row for name, row in zip(self.names, w, strict=True)}
        if self.how != "multiplicative":
            beside |= {f"share_{name}": np.full(w.shape[1], s) for name, s in zip(self.names, share, strict=True)}
        return Weights(weight, beside=beside, notes=tuple(notes))

    def _of_mean(self, share: Array) -> Note:
        text = Text("组合权重：{how}；{parts}。", "Weights are combined by {how}: {parts}.")
        figures = [""] * len(share) if self.how == "multiplicative" else [f" {s:.3g}" for s in share]
        return Note("choice", text.format(how=HOW[self.how], parts=self._listed(figures)))

    def _of_game(self, alpha: Array, share: Array, condition: float) -> list[Note]:
        text = Text(
            "组合权重：博弈论组合，{parts}；方程组条件数 {condition:.3g}。",
            "Weights are combined as a game: {parts}; condition number of its equations {condition:.3g}.",
        )
        parts = self._listed([f" {s:.3f} (α={a:.3g})" for s, a in zip(share, alpha, strict=True)])
        notes = [Note("choice", text.format(parts=parts, condition=condition))]
        if condition > UNSTABLE:
            near = Text(
                "各组权重近乎线性相关（条件数 {condition:.3g}），组合系数 α 不稳定，不宜解读其大小。",
                "The parts are nearly dependent (condition number {condition:.3g}): α is unstable, and its size means nothing.",
            )
            notes.append(Note("caution", near.format(condition=condition)))
        if alpha.min() < -1e-9:
            below = Text(
                "博弈论方程组解出负的组合系数，按惯例取绝对值；所得权重不再是该方程组的解。",
                "The game gave a negative coefficient, of which the absolute value is taken by custom; the weights no longer "
                "solve its equations.",
            )
            notes.append(Note("caution", below))
        return notes

    def _listed(self, figures: Sequence[str]) -> Text:
        """The parts by name, each with its figures."""
        known = [PARTS.get(name.split("_")[0], same(name)) for name in self.names]
        zh = "、".join(name.zh + said for name, said in zip(known, figures, strict=True))
        return Text(zh, ", ".join(name.en + said for name, said in zip(known, figures, strict=True)))
