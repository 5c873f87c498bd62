"""What a study file may say of a survey of households: its file, its columns, its design, and the line."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from evalkit.stats.inference import Single
from evalkit.study.households.homes import HomesFile

Share = Annotated[float, Field(gt=0, lt=1)]


class HouseholdsForm(HomesFile):
    """`[households]`: one row a home and year; its codes are replaced by numbers before anything else is read.

    `transfers` asks for poverty without them, `deprivations` for multidimensional poverty, `formerly_poor` and `threshold` for
    the bottom line; homes that are seen in two waves tell of moves. Places with fewer homes than `smallest` are not shown, nor
    what would give them away.
    """

    single: Single = "adjust"
    income: str = "income_pc"
    line: float | str = "line"
    strict: bool = True
    transfers: tuple[str, ...] = ()
    deprivations: str | None = None
    cutoff: Annotated[float, Field(gt=0, le=1)] | None = None
    formerly_poor: str | None = None
    threshold: Share | None = None
    level: Annotated[float, Field(ge=0.8, lt=1)] = 0.95
    smallest: Annotated[int, Field(ge=5)] = 10

    @model_validator(mode="after")
    def _whole(self) -> HouseholdsForm:
        if (self.file is None) == (self.dataset is None):
            raise ValueError("name either a file or a dataset")
        if isinstance(self.line, float) and not self.line > 0:
            raise ValueError(f"the line must be above 0, not {self.line:g}")
        if (self.threshold is None) != (self.formerly_poor is None):
            raise ValueError("the bottom line needs both formerly_poor, a column, and threshold, a rate of your own")
        figures = (self.income, self.line, self.members, self.formerly_poor, self.weight, *self.transfers)
        if self.unit in (self.place, self.village, self.strata, self.period, *figures):
            raise ValueError(f"'{self.unit}' is the column of the home and can be nothing else but clusters")
        if self.village is not None and self.village == self.place:
            raise ValueError("place and village are two columns: villages lie in places")
        if self.village is not None and self.formerly_poor is None:
            raise ValueError("returns are looked at village by village only with formerly_poor and threshold")
        return self

    @property
    def grouped(self) -> str | None:
        """The column of clusters; none where homes were drawn one by one."""
        return None if self.clusters == self.unit else self.clusters

    @property
    def money(self) -> tuple[str, ...]:
        """Columns of money, which must be of one unit of measure."""
        named = (self.income, self.line, *self.transfers)
        return tuple(dict.fromkeys(column for column in named if isinstance(column, str)))

    @property
    def figures(self) -> tuple[str, ...]:
        """Columns of figures without which a home tells nothing."""
        named = (self.income, self.line, self.members, self.formerly_poor, *self.transfers)
        return tuple(dict.fromkeys(column for column in named if isinstance(column, str)))

    @property
    def texts(self) -> tuple[str, ...]:
        """Columns of codes and names beside that of the home, each once."""
        named = (self.place, self.village, self.strata, self.grouped)
        return tuple(dict.fromkeys(column for column in named if column is not None))
