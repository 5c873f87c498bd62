"""How a system of deprivations is written down in a TOML file."""

from __future__ import annotations

from pathlib import Path

from evalkit import datasets
from evalkit.errors import SpecError, did_you_mean
from evalkit.panel.form import Form, Words, read_form
from evalkit.poverty.multidimensional.deprivations import Deprivation, DeprivationSystem, as_path
from evalkit.terms import Text

SHIPPED = ("guarantees",)


class DeprivationForm(Form):
    """`[[deprivation]]` of a file."""

    id: str
    name: Words
    dimension: Words = Text("", "")
    below: float | None = None
    above: float | None = None
    weight: float | None = None
    source: Words = Text("", "")
    note: Words = Text("", "")


class DeprivationSystemForm(Form):
    """A whole file."""

    id: str
    name: Words
    source: Words = Text("", "")
    deprivation: tuple[DeprivationForm, ...] = ()

    def build(self) -> DeprivationSystem:
        """The system that the file declares."""
        declared = tuple(Deprivation(**dict(one)) for one in self.deprivation)
        return DeprivationSystem(id=self.id, name=self.name, source=self.source, deprivations=declared)


def read_deprivations(source: str | Path = "guarantees") -> DeprivationSystem:
    """A system of deprivations: a shipped one by its name, or your own TOML file.

    Shipped: "guarantees", two no worries, three guarantees and safe water.

    Raises
    ------
    SpecError, DataError
        The file is not there or says what it should not, with file and line.

    Examples
    --------
    >>> [one.id for one in read_deprivations("guarantees").deprivations]
    ['food', 'clothing', 'education', 'medical', 'housing', 'water']
    """
    path = as_path(source)
    if path.suffix == ".toml":
        return read_form(path, DeprivationSystemForm).build()
    if str(source) not in SHIPPED:
        do = did_you_mean(str(source), SHIPPED) or f"use '{SHIPPED[0]}', or name a file of yours that ends in .toml"
        raise SpecError(f"no system of deprivations is called '{source}'", do=do)
    return read_form(datasets.folder() / "systems" / f"{source}.toml", DeprivationSystemForm).build()
