"""A hierarchy of judgements: dimensions against one another, and the indicators inside each, into one weight an indicator."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from evalkit.check import instance, mapping
from evalkit.errors import DataError, SpecError, did_you_mean, several
from evalkit.indicators.normalization.normalized import Normalized
from evalkit.indicators.weighting.ahp import Ahp, Priorities, remarks
from evalkit.indicators.weighting.equal import Equal
from evalkit.indicators.weighting.levels import Levels
from evalkit.indicators.weighting.weights import Weights
from evalkit.panel.judgements import Judgements
from evalkit.panel.system import IndicatorSystem
from evalkit.terms import Text

DIMENSIONS = "dimensions"


@dataclass(frozen=True, slots=True, kw_only=True)
class AhpHierarchy:
    """AHP weights of a whole system: an indicator's weight is that of its dimension times its weight inside it.

    Parameters
    ----------
    system
        What is judged.
    matrices
        The judgements of the "dimensions" and, by dimension id, of the indicators inside each; what holds one item only
        needs none. Made from what experts filled in by `AhpHierarchy.of`.

    Examples
    --------
    >>> from evalkit.panel.judgements import Judgements
    >>> import evalkit as ek
    >>> system = ek.systems("consolidation")["consolidation"]
    >>> def alike(items):
    ...     return Judgements.from_upper(items, [1] * (len(items) * (len(items) - 1) // 2))
    >>> ids = {d.id: [i.id for i in d.indicators if i.scored] for d in system.dimensions}
    >>> inside = {key: alike(items) for key, items in ids.items() if len(items) > 1}
    >>> judged = AhpHierarchy.of(system, {"dimensions": alike(list(ids)), **inside})
    >>> frame = judged.measure().frame
    >>> held = frame.groupby("dimension")["weight"].sum()
    >>> bool(abs(held - 1 / len(held)).max() < 1e-12)
    True
    """

    system: IndicatorSystem
    matrices: Mapping[str, Ahp]

    def __post_init__(self) -> None:
        instance(self.system, IndicatorSystem, who="AhpHierarchy system", do="give the system that is judged")
        mapping(self.matrices, who="AhpHierarchy matrices", do="make them with AhpHierarchy.of(system, judgements)")
        for key, one in self.matrices.items():
            instance(one, Ahp, who=f"AhpHierarchy matrices of '{key}'", do="write Ahp(judgements=…)")
        needed = _needed(self.system)
        if not needed:
            raise SpecError(f"'{self.system.id}' has a single indicator, so there is nothing to compare")
        lacking = [key for key in needed if key not in self.matrices]
        if lacking:
            raise _lacking(lacking, self.matrices, who="judgements")
        for key, items in needed.items():
            self.matrices[key].experts[0].over(items)

    @property
    def name(self) -> Text:
        """What the weighting is called."""
        return Text("层次分析法权重", "AHP weights")

    @classmethod
    def of(cls, system: IndicatorSystem, *experts: Mapping[str, Judgements], **options: Any) -> AhpHierarchy:
        """The hierarchy of what one or more experts judged, each as `read_judgements` returns it; options are those of `Ahp`."""
        needed = _needed(system)
        for at, said in enumerate(experts, start=1):
            lacking = [key for key in needed if key not in said]
            if lacking:
                name = next((one.expert for one in said.values()), "") or str(at)
                raise _lacking(lacking, said, who=f"judgements of expert {name}")
        return cls(
            system=system,
            matrices={key: Ahp(judgements=tuple(said[key] for said in experts), **options) for key in needed},
        )

    @property
    def levels(self) -> Levels:
        """The weighting, level by level."""
        inside = {key: self.matrices[key] for key in _inside(self.system) if key in self.matrices}
        return Levels(dimensions=self.matrices.get(DIMENSIONS, Equal()), inside=inside)

    def learn(self, z: Normalized, system: IndicatorSystem) -> Weights:
        """The weights, in the order of the system; the data are not looked at.

        Raises
        ------
        DataError
            The judgements do not compare exactly what is weighed.
        NoAnswer
            Judgements contradict each other beyond the limit, and are not accepted.
        """
        return replace(self.levels.learn(z, system), notes=self.measure().notes)

    def measure(self) -> Priorities:
        """Weights at both levels and of every indicator, and the consistency of every matrix."""
        said = {key: ahp.measure() for key, ahp in self.matrices.items()}

        def weights(key: str, items: tuple[str, ...]) -> pd.DataFrame:
            return said[key].frame if key in said else pd.DataFrame({"weight": 1.0}, index=list(items))

        member = [self.system.dimensions[at].id for at in self.system.membership]
        inside = pd.concat([weights(key, items) for key, items in _inside(self.system).items()]).fillna(1.0)
        over = weights(DIMENSIONS, tuple(dict.fromkeys(member))).reindex(columns=inside.columns, fill_value=1.0).loc[member]
        frame = (inside * over.set_axis(inside.index)).rename_axis("item")
        frame.insert(0, "dimension", member)
        frame.insert(1, "weight_of_dimension", over["weight"].to_numpy())
        frame.insert(2, "weight_inside", inside["weight"].to_numpy())
        consistency = _stacked({key: answer.consistency for key, answer in said.items()})
        names = {DIMENSIONS: Text("维度之间", "between dimensions")} | {part.id: part.name for part in self.system.dimensions}
        return Priorities(
            spec=self,
            frame=frame,
            consistency=consistency,
            least=_stacked({key: answer.least for key, answer in said.items()}),
            notes=remarks(next(iter(self.matrices.values())), consistency, names),
        )


def _inside(system: IndicatorSystem) -> dict[str, tuple[str, ...]]:
    """The scored indicators of each dimension."""
    return {part.id: tuple(item.id for item in part.indicators if item.scored) for part in system.dimensions}


def _needed(system: IndicatorSystem) -> dict[str, tuple[str, ...]]:
    """What must be judged: the dimensions, and the indicators of each that has more than one."""
    every = {DIMENSIONS: tuple(part.id for part in system.dimensions), **_inside(system)}
    return {key: items for key, items in every.items() if len(items) > 1}


def _lacking(lacking: Sequence[str], have: Iterable[str], *, who: str) -> DataError:
    near = next((hint for key in have if (hint := did_you_mean(key, lacking))), "")
    return DataError(
        f"{who} lack those of [{several(lacking)}]", found=f"judgements of [{several(have)}]", do=near or "add these matrices"
    )


def _stacked(frames: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """One frame under another, each with the matrix it belongs to."""
    whole = pd.concat(frames, names=["matrix"]).reset_index("matrix")
    return whole.reset_index(drop=True)
