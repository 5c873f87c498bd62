"""How unequally incomes are spread: Gini, entropy, Atkinson, shares and ratios of quantiles, with honest errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import able, flag, real, shown, whole
from evalkit.errors import NoAnswer, SpecError, several
from evalkit.panel.design import SurveyDesign
from evalkit.poverty.columns import has_rows, is_level, is_name, numbers
from evalkit.poverty.estimates import Grouped, Measured
from evalkit.poverty.words import measure_names
from evalkit.stats.arrays import Array
from evalkit.stats.inequality import atkinson_influence, entropy_influence, gini_influence
from evalkit.stats.parted import Parted
from evalkit.stats.quantiles import lorenz_influence, quantile_influence
from evalkit.terms import Text


def entropy_name(alpha: float) -> str:
    """What GE(α) is called in a frame.

    Examples
    --------
    >>> entropy_name(0), entropy_name(1), entropy_name(2)
    ('mean_log_deviation', 'theil', 'ge_2')
    """
    return "mean_log_deviation" if alpha == 0 else "theil" if alpha == 1 else f"ge_{alpha:g}"


def share_influence(x: Array, parted: Parted, low: float, high: float) -> Measured:
    """The share of all that those between the quantiles `low` and `high` hold, and influence values.

    Examples
    --------
    >>> share_influence(np.array([1.0, 2.0, 3.0, 4.0]), Parted.of(np.ones(4)), 0.5, 1.0)[0]
    array([0.7])
    """
    upper, above = lorenz_influence(x, parted, high)
    lower, below = lorenz_influence(x, parted, low)
    return upper - lower, above - below


def ratio_of(above: Measured, below: Measured, parted: Parted) -> Measured:
    """The ratio of two estimates, and its influence values by the delta method; NaN over 0."""
    (top, up), (bottom, down) = above, below
    ratio = np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom > 0)
    base = np.where(bottom > 0, bottom, np.nan)
    return ratio, (up - parted.rows(ratio) * down) / parted.rows(base)


def share_ratio_influence(x: Array, parted: Parted, p: float) -> Measured:
    """What the richest share p holds over what the poorest does, and influence values.

    Examples
    --------
    >>> share_ratio_influence(np.array([1.0, 2.0, 3.0, 4.0]), Parted.of(np.ones(4)), 0.25)[0].round(4)
    array([4.])
    """
    return ratio_of(share_influence(x, parted, 1 - p, 1), share_influence(x, parted, 0, p), parted)


def quantile_ratio_influence(x: Array, parted: Parted, high: float, low: float) -> Measured:
    """A higher quantile over a lower one, and influence values by a kernel density at both.

    Examples
    --------
    >>> quantile_ratio_influence(np.arange(1.0, 100.0), Parted.of(np.ones(99)), 0.9, 0.1)[0]
    array([9.])
    """
    return ratio_of(quantile_influence(x, parted, high), quantile_influence(x, parted, low), parted)


@dataclass(frozen=True, slots=True, kw_only=True)
class Inequality:
    """Inequality of incomes, of all or of groups, with standard errors by influence values.

    Parameters
    ----------
    income
        The column of incomes.
    gini
        Whether the Gini coefficient is asked.
    entropy
        The α of generalized entropy: 0 the mean log deviation, 1 Theil's index.
    atkinson
        The ε of Atkinson's index.
    shares
        In how many parts of one size people are put by income, each part's share of all income being told; 0: none.
    share_ratio
        What the richest share p holds over what the poorest does: 0.2 is S80/S20. None: not asked.
    quantile_ratio
        The two quantiles that are compared: (0.9, 0.1) is P90/P10. None: not asked.
    design
        How the rows were drawn.
    level
        Of the intervals, plain, by Student's t.

    Examples
    --------
    >>> homes = pd.DataFrame({"income": [541.0, 1463, 2445, 3438, 4437, 5401, 6392, 8304, 11904, 22261]})
    >>> found = Inequality(income="income", shares=2).measure(homes).frame.set_index("measure")["estimate"]
    >>> found[["gini", "share_1", "share_2"]].round(4).to_dict()
    {'gini': 0.4621, 'share_1': 0.1851, 'share_2': 0.8149}
    """

    income: str
    gini: bool = True
    entropy: tuple[float, ...] = (0, 1)
    atkinson: tuple[float, ...] = (0.5, 1)
    shares: int = 5
    share_ratio: float | None = 0.2
    quantile_ratio: tuple[float, float] | None = (0.9, 0.1)
    design: SurveyDesign = SurveyDesign()
    level: float = 0.95

    def __post_init__(self) -> None:
        is_name(self.income, who="Inequality income")
        able(self.design, "on", who="Inequality design", do="give a SurveyDesign")
        is_level(self.level, who="Inequality")
        flag(self.gini, who="Inequality gini")
        for name in ("entropy", "atkinson"):
            object.__setattr__(self, name, _figures(getattr(self, name), who=f"Inequality {name}"))
        if any(epsilon <= 0 for epsilon in self.atkinson):
            raise SpecError("the aversion to inequality of Atkinson's index must be positive", found=shown(self.atkinson))
        whole(self.shares, who="Inequality shares", least=0)
        cuts = () if self.share_ratio is None else _figures((self.share_ratio,), who="Inequality share_ratio")
        if any(not 0 < p <= 0.5 for p in cuts):
            raise SpecError("the share of richest and poorest must lie in (0, 0.5]", found=shown(self.share_ratio))
        if self.quantile_ratio is not None:
            ratio = _figures(self.quantile_ratio, who="Inequality quantile_ratio")
            if len(ratio) != 2 or not 0 < ratio[1] < ratio[0] < 1:
                raise SpecError("a quantile ratio needs a higher and a lower quantile in (0, 1)", found=shown(ratio))
            object.__setattr__(self, "quantile_ratio", ratio)
        if not (self.gini or self.entropy or self.atkinson or self.shares or self.share_ratio or self.quantile_ratio):
            raise SpecError("Inequality was asked for no measure", do="ask for one, such as gini=True")

    def measure(self, frame: pd.DataFrame, over: str | None = None) -> InequalityEstimates:
        """The measures of all rows, or of each group of `over`.

        Raises
        ------
        SpecError
            `frame` is no frame.
        DataError
            A column is absent, or holds gaps or text.
        NoAnswer
            None of the measures exists for these incomes.
        """
        has_rows(frame, [self.income, *([] if over is None else [over])], who="Inequality")
        income, grouped = numbers(frame, self.income, who="Inequality"), Grouped.of(frame, over, self.design)
        if not income.any():
            raise NoAnswer("incomes that are all 0 have no inequality", found=f"{len(income)} of them", do="look at the column")
        negative, zero = bool((income < 0).any()), bool((income == 0).any())
        at = grouped.parted.ranked(income)[0]  # sorted once: what follows finds it so
        measured, lost = {}, []
        for name, (least, make) in self._asked(income[at], grouped.parted.taken(at)).items():
            if (negative and least >= 0) or (zero and least > 0):
                lost.append(name)
            else:
                value, own = make()
                influence = np.empty(len(at))
                influence[at] = own
                measured[name] = value, influence
        if not measured:
            found = "incomes below 0" if negative else "incomes of 0"
            raise NoAnswer(f"{several(lost)} do not exist for these incomes", found=found, do="look why they are not positive")
        return InequalityEstimates(
            spec=self,
            frame=grouped.table(measured, frozenset(), self.level),
            influence=pd.DataFrame({name: own for name, (_, own) in measured.items()}, index=frame.index),
            notes=(*grouped.drawn.notes, *_notes(lost, _penniless(income, grouped), negative=negative)),
        )

    def _asked(self, x: Array, parted: Parted) -> dict[str, tuple[int, Callable[[], Measured]]]:
        """Each measure: the least income it takes (1: above 0, 0: from 0 on, −1: any), and how it is made."""
        asked: dict[str, tuple[int, Callable[[], Measured]]] = {}
        if self.gini:
            asked["gini"] = 0, partial(gini_influence, x, parted)
        for alpha in self.entropy:
            asked[entropy_name(alpha)] = int(alpha <= 0), partial(entropy_influence, x, parted, alpha)
        for epsilon in self.atkinson:
            asked[f"atkinson_{epsilon:g}"] = int(epsilon >= 1), partial(atkinson_influence, x, parted, epsilon)
        for k in range(self.shares):
            asked[f"share_{k + 1}"] = 0, partial(share_influence, x, parted, k / self.shares, (k + 1) / self.shares)
        if self.share_ratio is not None:
            asked["share_ratio"] = 0, partial(share_ratio_influence, x, parted, self.share_ratio)
        if self.quantile_ratio is not None:
            asked["quantile_ratio"] = -1, partial(quantile_ratio_influence, x, parted, *self.quantile_ratio)
        return asked


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class InequalityEstimates(Answer):
    """Inequality: `frame` has columns `measure`, the group, `estimate`, `std_error`, `ci_low`, `ci_high` and `n` (rows).

    Measures: `gini`, `mean_log_deviation`, `theil`, `ge_α`, `atkinson_ε`, `share_k` (of the k-th part from the poorest),
    `share_ratio`, `quantile_ratio`. `influence`, on the index that was asked, is what a little more weight of each row does to
    the estimate of its own group.
    """

    spec: Inequality
    influence: pd.DataFrame


def _figures(figures: object, *, who: str) -> tuple[float, ...]:
    """Finite numbers, as a tuple, each once; one number is a tuple of one."""
    every = tuple(figures) if isinstance(figures, tuple | list) else (figures,)
    for figure in every:
        if not real(figure) or not np.isfinite(figure):
            raise SpecError(f"{who} needs finite numbers", found=shown(figures))
    if len(set(every)) < len(every):
        raise SpecError(f"{who} names a number twice", found=shown(figures))
    return tuple(float(figure) for figure in every)


def _penniless(income: Array, grouped: Grouped) -> int:
    """How many groups have no income at all."""
    codes = grouped.parted.codes
    return 0 if codes is None else int((np.bincount(codes, weights=income != 0, minlength=grouped.parted.count) == 0).sum())


def _notes(lost: list[str], penniless: int, *, negative: bool) -> tuple[Note, ...]:
    notes = []
    if penniless:
        none = Text("{n} 组收入全为 0，差距无从计算。", "{n} groups have incomes of 0 only, which have no inequality.")
        notes.append(Note("caution", none.format(n=penniless)))
    if not lost:
        return tuple(notes)
    kind = Text("负收入", "incomes below 0") if negative else Text("零收入", "incomes of 0")
    text = Text("有{kind}，未计算 {which}。", "There are {kind}: {which} is left out.")
    return (*notes, Note("left_out", text.format(kind=kind, which=measure_names(lost))))
