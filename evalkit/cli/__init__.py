"""The command line, for people who do not open notebooks: assess, audit, audit-table, init, risk, monitor."""

from __future__ import annotations

import logging
import os
import sys

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # thin products take longer on several threads; read when numpy loads


def main() -> None:
    """Run the command line; every fault is one message and an exit code, and a traceback is shown with --debug alone."""
    debug = asked_for_debug(sys.argv)
    if sys.getfilesystemencoding() == "ascii" and sys.platform != "win32":  # file names are Chinese: begin again in UTF-8
        os.environ["PYTHONUTF8"] = "1"
        os.execv(sys.executable, [sys.executable, *sys.orig_argv[1:]])
    try:
        from evalkit.cli.stopping import stoppable
        from evalkit.cli.streams import patient

        if not debug:
            logging.lastResort = logging.NullHandler()  # what libraries log may hold values
        with patient():
            try:
                with stoppable():
                    from evalkit.cli.commands import app

                    app()
            except SystemExit:
                raise
            except BaseException as fault:  # what ends a run is told here and nowhere else
                from evalkit.cli.ending import ended

                raise SystemExit(ended(fault, debug=debug)) from None
    except KeyboardInterrupt:  # before it could be told
        raise SystemExit(130) from None


def asked_for_debug(words: list[str]) -> bool:
    """Whether the words of a command ask for tracebacks, wherever --debug stands; it is taken out of them.

    Examples
    --------
    >>> words = ["evalkit", "audit", "--debug", "panel.csv"]
    >>> asked_for_debug(words), words
    (True, ['evalkit', 'audit', 'panel.csv'])
    """
    options = words[: words.index("--")] if "--" in words else words
    if "--debug" in options:
        words.remove("--debug")
        return True
    return bool(os.environ.get("EVALKIT_DEBUG"))
