"""The command line, for people who do not open notebooks: assess, audit, audit-table, init, risk, monitor."""

from __future__ import annotations

import os
import sys

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # thin products take longer on several threads; read when numpy loads

from evalkit.cli.assess import app
from evalkit.cli.console import complain
from evalkit.cli.monitor import monitor
from evalkit.cli.risk import risk
from evalkit.errors import EvalkitError

app.add_typer(risk, name="risk")
app.add_typer(monitor, name="monitor")


def main() -> None:
    """Run the command line; every fault is one message and an exit code, never a traceback."""
    try:
        app()
    except EvalkitError as fault:
        complain.print(f"[bold red]error[/] {type(fault).__name__}:", end=" ")
        complain.print(str(fault), markup=False)
        raise SystemExit(fault.exit_code) from None
    except KeyboardInterrupt:
        complain.print("interrupted; nothing is half written")
        raise SystemExit(130) from None
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
    except Exception as bug:
        if os.environ.get("EVALKIT_DEBUG"):
            raise
        complain.print(f"[bold red]internal error[/] {type(bug).__name__}; nothing is half written. EVALKIT_DEBUG=1 shows where.")
        raise SystemExit(1) from None
