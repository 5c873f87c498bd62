"""How a system of deprivations is written down in a TOML file."""

from __future__ import annotations

from evalkit.panel.form import Form, Words
from evalkit.poverty.deprivations import Deprivation, DeprivationSystem
from evalkit.terms import Text


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
