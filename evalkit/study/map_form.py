"""`[map]`: where the places are drawn."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from pydantic import model_validator

from evalkit.panel.boundaries import Boundaries, read_boundaries, read_tiles
from evalkit.panel.form import Form


class MapForm(Form):
    """`[map]`: boundaries from a GeoJSON file beside the study, or a table that gives each unit a tile; evalkit ships neither."""

    boundaries: str | None = None
    key: str | None = None
    tiles: str | None = None

    @model_validator(mode="after")
    def _one_ground(self) -> MapForm:
        if (self.boundaries is None) == (self.tiles is None):
            raise ValueError("name either boundaries or tiles")
        if self.key is not None and self.boundaries is None:
            raise ValueError("key is the property of a file of boundaries; tiles have a column unit")
        return self

    def build(self, folder: Path, units: Collection[str]) -> Boundaries:
        """Where the units are drawn; paths are relative to the folder of the study."""
        if self.tiles is not None:
            return read_tiles(folder / self.tiles)
        return read_boundaries(folder / str(self.boundaries), key=self.key, units=units)
