"""What every study of homes says of its file: where it is, what its columns are, and how homes were drawn."""

from __future__ import annotations

from pydantic import Field

from evalkit.panel.form import Form, HeaderRow


class HomesFile(Form):
    """A file with one row a home and period; `file` lies beside the study, `dataset` is a shipped one."""

    file: str | None = None
    dataset: str | None = None
    sheet: str | None = None
    header: HeaderRow = None
    columns: dict[str, str] = Field(default_factory=dict)
    missing: tuple[str, ...] = ()
    unit: str = "household"
    period: str = "year"
    place: str | None = None
    village: str | None = None
    weight: str | None = None
    members: str | None = None
    strata: str | None = None
    clusters: str | None = None
