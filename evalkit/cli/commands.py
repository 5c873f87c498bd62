"""Every command under one name: `evalkit`."""

from __future__ import annotations

from typing import Annotated

import typer

from evalkit.cli.assess import app
from evalkit.cli.monitor import monitor
from evalkit.cli.risk import risk

__all__ = ["app"]

app.add_typer(risk, name="risk")
app.add_typer(monitor, name="monitor")


@app.callback()
def everywhere(
    debug: Annotated[
        bool, typer.Option("--debug", help="Where something goes wrong, show where in the program; values are masked.")
    ] = False,
) -> None:
    """Take what goes with every command; `main` has seen to it already."""
