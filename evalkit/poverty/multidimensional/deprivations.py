"""What counts as deprived: indicators with their cut-offs and weights, in dimensions, kept as frozen data."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from evalkit.check import instance, many, number, shown
from evalkit.errors import SpecError, several
from evalkit.poverty.columns import is_name
from evalkit.stats.arrays import Array, Mask
from evalkit.terms import Text


@dataclass(frozen=True, slots=True, kw_only=True)
class Deprivation:
    """One thing a household may lack.

    Parameters
    ----------
    id
        The name of its column.
    name, dimension
        Its name and that of its dimension, Chinese and English.
    below
        Deprived is who has less than this (a positive cut-off).
    above
        Deprived is who has more than this. With neither, the column says it itself: 1 deprived, 0 not.
    weight
        What it counts, in shares that sum to 1 over the system; None: each dimension counts alike, and each indicator in it.
    source, note
        Where the cut-off stands; what to mind.
    """

    id: str
    name: Text
    dimension: Text = Text("", "")
    below: float | None = None
    above: float | None = None
    weight: float | None = None
    source: Text = Text("", "")
    note: Text = Text("", "")

    def __post_init__(self) -> None:
        is_name(self.id, who="a deprivation")
        who = f"deprivation '{self.id}'"
        for part in ("name", "dimension", "source", "note"):
            instance(getattr(self, part), Text, who=f"{part} of {who}", do="give Text(Chinese, English)")
        if self.below is not None:
            number(self.below, "(0, ∞)", who=f"the cut-off of {who}", do="below must be a positive number")
        if self.above is not None:
            number(self.above, "(-∞, ∞)", who=f"the cut-off of {who}", do="above must be a number")
        if self.weight is not None:
            number(self.weight, "(0, 1]", who=f"the weight of {who}", do="give weights that sum to 1, or none")
        if self.below is not None and self.above is not None:
            raise SpecError(f"deprivation '{self.id}' has a cut-off below and one above", do="keep one of them")

    def deprived(self, x: Array) -> Mask:
        """Who is deprived; who stands at the cut-off is not.

        Examples
        --------
        >>> Deprivation(id="school", name=Text("受教育年限", "years of schooling"), below=6).deprived(np.array([5.0, 6.0]))
        array([ True, False])
        """
        if self.below is not None:
            return x < self.below
        return x > self.above if self.above is not None else x.astype(bool, copy=False)

    def gap(self, x: Array) -> Array:
        """How far the deprived fall short, (z − x)/z, as a share of the cut-off; of a yes or no, 1."""
        lacks = self.deprived(x)
        return np.where(lacks, (self.below - x) / self.below, 0.0) if self.below is not None else lacks.astype(float)


@dataclass(frozen=True, slots=True, kw_only=True)
class DeprivationSystem:
    """A system of deprivations, each id once, all with weights or none.

    Examples
    --------
    >>> water = Deprivation(id="water", name=Text("饮水", "water"), dimension=Text("住", "living"))
    >>> house = Deprivation(id="house", name=Text("住房", "housing"), dimension=Text("住", "living"))
    >>> school = Deprivation(id="school", name=Text("上学", "school"), dimension=Text("学", "learning"))
    >>> DeprivationSystem(id="three", name=Text("三项", "three"), deprivations=(water, house, school)).weights
    array([0.25, 0.25, 0.5 ])
    """

    id: str
    name: Text
    deprivations: tuple[Deprivation, ...]
    source: Text = Text("", "")

    def __post_init__(self) -> None:
        is_name(self.id, who="a system of deprivations")
        who = f"system of deprivations '{self.id}'"
        for part in ("name", "source"):
            instance(getattr(self, part), Text, who=f"{part} of {who}", do="give Text(Chinese, English)")
        object.__setattr__(self, "deprivations", many(self.deprivations, who=f"deprivations of {who}", do="give a tuple of them"))
        for one in self.deprivations:
            instance(one, Deprivation, who=f"each of {who}", do="declare it: Deprivation(id=…, name=…)")
        if not 0 < len(self.deprivations) <= 62:
            do = "declare at least one, and join some where there are more"
            raise SpecError(f"{who} must have 1 to 62 deprivations", found=str(len(self.deprivations)), do=do)
        twice = [name for name, count in Counter(self.columns).items() if count > 1]
        if twice:
            raise SpecError(f"{who} declares some twice: [{several(twice)}]", do="rename or remove one")
        given = [one.weight for one in self.deprivations if one.weight is not None]
        if given and (len(given) < len(self.deprivations) or abs(sum(given) - 1) > 1e-9):
            raise SpecError(
                f"{who} needs weights that sum to 1, or none", found=f"{len(given)} with sum {sum(given):.6g}", do="complete them"
            )

    @property
    def columns(self) -> tuple[str, ...]:
        """The columns the system reads."""
        return tuple(one.id for one in self.deprivations)

    @property
    def weights(self) -> Array:
        """What each deprivation counts; they sum to 1."""
        given = [one.weight for one in self.deprivations if one.weight is not None]
        if given:
            return np.array(given)
        dimensions = [one.dimension if any(one.dimension) else one.id for one in self.deprivations]
        size = Counter(dimensions)
        return np.array([1.0 / (len(size) * size[dimension]) for dimension in dimensions])

    @property
    def cardinal(self) -> bool:
        """Whether depths can be told: some have a cut-off below which one falls short, none a cut-off above."""
        return any(one.below is not None for one in self.deprivations) and all(one.above is None for one in self.deprivations)


def as_path(path: object) -> Path:
    """The path of a file; what is neither a text nor a path is refused."""
    if not isinstance(path, str | Path) or not str(path):
        raise SpecError("a system of deprivations is read from a file", found=shown(path), do="give its path, or a shipped name")
    return Path(path)


def read_deprivations(path: str | Path) -> DeprivationSystem:
    """A system of deprivations from its TOML file.

    Raises
    ------
    SpecError
        With file and line: a key that is not known, a cut-off that is none, weights that do not sum to 1.
    """
    from evalkit.panel.form import read_form  # pydantic is slow to import, and only files need it
    from evalkit.poverty.multidimensional.deprivation_form import DeprivationSystemForm

    path = as_path(path)
    try:
        return read_form(path, DeprivationSystemForm).build()
    except SpecError as wrong:
        raise SpecError(wrong.what, where=wrong.where or path.name, found=wrong.found, do=wrong.do) from None
