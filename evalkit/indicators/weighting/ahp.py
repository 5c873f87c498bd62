"""AHP weights: what experts judge pair by pair, with the consistency of their judgements."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import instance, many, number, one_of, shares
from evalkit.errors import NoAnswer, SpecError, several
from evalkit.indicators.normalization.normalized import Normalized
from evalkit.indicators.weighting.priorities import (
    by_column_mean,
    by_eigenvector,
    by_geometric_mean,
    consistency_index,
    geometric_consistency,
    largest_eigenvalue,
    least_consistent,
)
from evalkit.indicators.weighting.random_index import SAATY_1980, RandomIndex
from evalkit.indicators.weighting.weights import Weights
from evalkit.panel.judgements import Judgements
from evalkit.panel.system import IndicatorSystem
from evalkit.stats.arrays import Array
from evalkit.stats.ranks import settled
from evalkit.terms import Text, same

Method = Literal["eigenvector", "geometric_mean", "column_mean"]
Together = Literal["judgements", "priorities", "priorities_arithmetic"]

METHODS: dict[str, tuple[Callable[[Array], Array], Text]] = {
    "eigenvector": (by_eigenvector, Text("特征向量法", "the principal eigenvector")),
    "geometric_mean": (by_geometric_mean, Text("几何平均法（方根法）", "geometric means of the rows")),
    "column_mean": (by_column_mean, Text("列归一平均法（和法）", "means of the normalized columns")),
}
TOGETHER = {
    "judgements": Text("判断矩阵的加权几何平均（AIJ）", "by geometric means of their judgements (AIJ)"),
    "priorities": Text("个体权重的加权几何平均（AIP）", "by geometric means of their priorities (AIP)"),
    "priorities_arithmetic": Text("个体权重的加权算术平均（AIP）", "by arithmetic means of their priorities (AIP)"),
}
GROUP = "group"
RESERVED = (GROUP, "weight", "dimension", "weight_of_dimension", "weight_inside")
NO_NAMES: Mapping[str, Text] = {}


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Priorities(Answer):
    """Weights from judgements: `frame` is keyed by item and holds `weight` and, of several experts, one column each.

    `consistency` has one row a matrix: `judge` (an expert, or "group" for the matrix of their mean judgements), `size`,
    `lambda_max`, `ci`, `ri`, `cr` and `gci`. `least` holds the judgements of each that fit least: `judge`, `item`, `over`,
    `judged`, `fits` (what all other judgements speak for) and `deviation`. Of a hierarchy, both begin with a column
    `matrix`, and `frame` holds `dimension`, `weight_of_dimension` and `weight_inside` too.
    """

    consistency: pd.DataFrame
    least: pd.DataFrame


@dataclass(frozen=True, slots=True, kw_only=True)
class Ahp:
    """Weights by the analytic hierarchy process: one matrix of judgements, of one expert or several.

    Parameters
    ----------
    judgements
        One matrix, or one an expert, all on the same items. They weigh what has these ids: the indicators of a system, of
        one of its dimensions, or the dimensions.
    method
        "eigenvector" (Saaty's), "geometric_mean" of the rows, or "column_mean", the textbooks' approximation.
    together
        How experts are combined: geometric means of their "judgements", which keep them reciprocal; geometric means of
        their "priorities", or arithmetic ones ("priorities_arithmetic"). With "geometric_mean" the first two agree.
    expert_shares
        How much each expert counts; by default all alike.
    random_index
        The table by which the consistency index is divided; they differ by a tenth at three items.
    limit
        The greatest consistency ratio that is accepted; 1 is that of judgements made at random.
    beyond
        What becomes of judgements above the limit: "refuse" them, naming those that fit least, or "accept" with a caution.

    Notes
    -----
    Every expert's matrix must pass, not only that of the group, which averages contradictions away. λ_max is the principal
    eigenvalue whatever the method, so that CR is a property of the judgements alone.

    Sources: Saaty (1980), The Analytic Hierarchy Process; for groups Forman & Peniwati (1998), Aggregating individual
    judgments and priorities with the analytic hierarchy process, European Journal of Operational Research 108:165–169.

    Examples
    --------
    >>> said = Judgements.from_upper(("roads", "water", "schools"), (2, 5, 3), expert="A")
    >>> answer = Ahp(judgements=said).measure()
    >>> answer.frame["weight"].round(3).to_dict(), answer.consistency["cr"].round(3).tolist()
    ({'roads': 0.582, 'water': 0.309, 'schools': 0.109}, [0.003])
    """

    judgements: Judgements | tuple[Judgements, ...]
    method: Method = "eigenvector"
    together: Together = "judgements"
    expert_shares: tuple[float, ...] | None = None
    random_index: RandomIndex = SAATY_1980
    limit: float = 0.1
    beyond: Literal["refuse", "accept"] = "refuse"

    def __post_init__(self) -> None:
        one_of(self.method, tuple(METHODS), who="Ahp method")
        one_of(self.together, tuple(TOGETHER), who="Ahp together")
        one_of(self.beyond, ("refuse", "accept"), who="Ahp beyond")
        if not isinstance(self.judgements, Judgements):
            said = many(self.judgements, who="Ahp judgements", do="give the Judgements of one expert, or of several in a tuple")
            object.__setattr__(self, "judgements", said)
            for one in said:
                instance(one, Judgements, who="each of Ahp judgements", do="make them with Judgements.from_upper")
        if not self.experts:
            raise SpecError("Ahp needs judgements", do="give the matrix of at least one expert")
        for expert in self.experts:
            expert.over(self.items)
        if len({*self.judges, *RESERVED}) < len(self.judges) + len(RESERVED):
            raise SpecError(
                f"the experts of Ahp need names of their own, none of {', '.join(RESERVED)}", found=several(self.judges)
            )
        instance(self.random_index, RandomIndex, who="Ahp random_index", do="use SAATY_1980")
        self.random_index.of(len(self.items))
        if self.expert_shares is not None:
            shares(self.expert_shares, len(self.experts), who="Ahp expert_shares")
        number(self.limit, "(0, 1]", who="Ahp limit", do="use 0.1")

    @property
    def name(self) -> Text:
        """What the weighting is called."""
        return Text("层次分析法权重", "AHP weights")

    @property
    def experts(self) -> tuple[Judgements, ...]:
        """The judgements, one an expert."""
        return (self.judgements,) if isinstance(self.judgements, Judgements) else self.judgements

    @property
    def judges(self) -> tuple[str, ...]:
        """The experts' names; their number where they have none."""
        return tuple(said.expert or str(at) for at, said in enumerate(self.experts, start=1))

    @property
    def items(self) -> tuple[str, ...]:
        """What is compared."""
        return self.experts[0].items

    def learn(self, z: Normalized, system: IndicatorSystem) -> Weights:
        """The weights, in the order of the system; the data are not looked at.

        Raises
        ------
        DataError
            The judgements do not compare exactly what is weighed.
        NoAnswer
            Judgements contradict each other beyond the limit, and `beyond` is "refuse".
        """
        self.experts[0].over(system.columns)
        said = self.measure()
        if self.beyond == "refuse" and settled(said.consistency["cr"].to_numpy()).max() > self.limit:
            raise self._contradiction(said)
        columns = [name for name in said.frame if name != "weight"]
        weight = said.frame.loc[list(system.columns)]
        beside = {f"weight_{name}": weight[name].to_numpy() for name in columns}
        return Weights(weight["weight"].to_numpy(), beside=beside, notes=said.notes)

    def measure(self) -> Priorities:
        """Weights, consistency and the judgements that fit least, of every expert and of the group."""
        prioritize, items = METHODS[self.method][0], self.items
        stack = np.stack([said.over(items) for said in self.experts])
        count = np.array(self.expert_shares or np.full(len(stack), 1 / len(stack)))
        each, judges = prioritize(stack), list(self.judges)
        frame = pd.DataFrame({"weight": each[0]}, index=pd.Index(items, name="item"))
        if len(stack) > 1:
            if self.together == "judgements":
                mean = np.exp(np.tensordot(count, np.log(stack), axes=1))
                stack, judges = np.concatenate([stack, mean[None]]), [*judges, GROUP]
                weight = prioritize(mean)
            else:
                weight = count @ each if self.together == "priorities_arithmetic" else np.exp(count @ np.log(each))
            frame = pd.DataFrame(dict(zip(self.judges, each, strict=True)), index=frame.index)
            frame.insert(0, "weight", weight / weight.sum())
        consistency = pd.DataFrame([self._consistency(judge, a) for judge, a in zip(judges, stack, strict=True)])
        least = [least_consistent(a, prioritize(a), items).assign(judge=judge) for judge, a in zip(judges, stack, strict=True)]
        return Priorities(
            spec=self,
            frame=frame,
            consistency=consistency,
            least=pd.concat(least, ignore_index=True)[["judge", "item", "over", "judged", "fits", "deviation"]],
            notes=remarks(self, consistency),
        )

    def _contradiction(self, said: Priorities) -> NoAnswer:
        """Why the worst matrix is refused: its judgements that fit least, and what the others speak for."""
        at = int(settled(said.consistency["cr"].to_numpy()).argmax())
        judge, ratio = said.consistency["judge"].iloc[at], said.consistency["cr"].iloc[at]
        least = said.least[said.least["judge"] == judge]
        pairs = [f"'{p.item}' over '{p.over}' judged {p.judged:.3g}, the others say {p.fits:.3g}" for p in least.itertuples()]
        return NoAnswer(
            f"judgements of {called(judge).en} contradict each other: CR {ratio:.3f} is above {self.limit:g}",
            found="; ".join(pairs),
            do="ask again about these pairs, or accept them with beyond='accept', which is noted",
        )

    def _consistency(self, judge: str, a: Array) -> dict[str, Any]:
        ci, ri = float(consistency_index(a)), self.random_index.of(len(a))
        return {
            "judge": judge,
            "size": len(a),
            "lambda_max": float(largest_eigenvalue(a)),
            "ci": ci,
            "ri": ri,
            "cr": ci / ri if ri else 0.0,
            "gci": geometric_consistency(a),
        }


def remarks(ahp: Ahp, consistency: pd.DataFrame, names: Mapping[str, Text] = NO_NAMES) -> tuple[Note, ...]:
    """How the weights were made, and which judgements contradict each other; `names` are those of the matrices of a hierarchy."""
    experts = Text("{n} 位专家的判断以{how}集结；", "; {n} experts were combined {how}")
    text = Text(
        "AHP 权重由判断矩阵按{method}求得，{group}随机一致性指标取自 {table}，CR 最大为 {cr:.3f}。",
        "AHP weights come from judgements by {method}{group}; random index of {table}, greatest CR {cr:.3f}.",
    ).format(
        method=METHODS[ahp.method][1],
        group=experts.format(n=len(ahp.experts), how=TOGETHER[ahp.together]) if len(ahp.experts) > 1 else Text("", ""),
        table=ahp.random_index.name,
        cr=consistency["cr"].max(),
    )
    over = consistency[settled(consistency["cr"].to_numpy()) > ahp.limit]
    if over.empty:
        return (Note("choice", text),)
    caution = Text(
        "以下判断矩阵的一致性比率超过 {limit:g}，判断前后矛盾，其权重应谨慎使用：{which}。",
        "These judgements have consistency ratios above {limit:g}; they contradict each other, and weights from them are to be "
        "used with care: {which}.",
    )
    of = [
        Text("{name}，", "{name}, ").format(name=names[key]) if key in names else Text("", "") for key in over.get("matrix", ())
    ]
    each = [
        Text("{of}{judge}（CR={cr:.3f}）", "{of}{judge} (CR {cr:.3f})").format(of=place, judge=called(judge), cr=cr)
        for place, judge, cr in zip(of or [Text("", "")] * len(over), over["judge"], over["cr"], strict=True)
    ]
    which = Text("；".join(one.zh for one in each), "; ".join(one.en for one in each))
    return Note("choice", text), Note("caution", caution.format(limit=ahp.limit, which=which))


def called(judge: str) -> Text:
    """An expert in words: by name, by number, or the group."""
    if judge == GROUP:
        return Text("专家群体", "the group")
    return Text(f"专家 {judge}", f"expert {judge}") if judge.isdigit() else same(judge)
