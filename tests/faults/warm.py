"""A process in which evalkit is imported and nothing has run: each command it is asked for runs in a fork of it, at once.

Run as a script. It reads one JSON object a line: {"words", "cwd", "env", "out", "err", "limits", "unread"} starts a command and
is answered with its process id (a limit of memory counts from what the process has already; "unread" is a pipe that nobody
reads); {"wait": id} is answered with its exit code, below 0 where a signal ended it.
"""

import importlib
import json
import os
import pkgutil
import resource
import sys
import tempfile
from pathlib import Path
from typing import Any

os.environ["OPENBLAS_NUM_THREADS"] = os.environ["OMP_NUM_THREADS"] = "1"  # threads would not survive the fork

LIBRARIES = (
    "docx.document", "duckdb", "fontTools.ttLib", "jinja2", "matplotlib.backends.backend_agg", "matplotlib.backends.backend_svg",
    "matplotlib.pyplot", "matplotlib.figure", "narwhals", "openpyxl", "python_calamine", "scipy.optimize", "scipy.spatial",
    "scipy.stats", "skops.io", "sklearn.calibration", "sklearn.ensemble", "sklearn.isotonic", "sklearn.linear_model",
    "xlsxwriter",
)  # fmt: skip


def warm() -> None:
    """Import what commands import while they run."""
    import evalkit

    for module in pkgutil.walk_packages(evalkit.__path__, "evalkit."):
        if "__main__" not in module.name and "spark" not in module.name:
            importlib.import_module(module.name)
    for name in LIBRARIES:
        importlib.import_module(name)


def run(asked: dict[str, Any]) -> int:
    """The exit code of a command, run in this process."""
    os.chdir(asked["cwd"])
    os.environ.update(asked.get("env", {}))
    for place, fd in ((asked["out"], 1), (asked["err"], 2)):
        os.dup2(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644), fd)
    if asked.get("unread"):
        reading, writing = os.pipe()
        os.close(reading)
        os.dup2(writing, 1)
    for name, most in asked.get("limits", {}).items():
        has = resource.getpagesize() * int(Path("/proc/self/statm").read_text().split()[0]) if name == "RLIMIT_AS" else 0
        resource.setrlimit(getattr(resource, name), (has + most, has + most))
    tempfile.tempdir = None  # TMPDIR is another now
    sys.argv = ["evalkit", *asked["words"]]
    from evalkit.cli import main

    try:
        main()
    except SystemExit as left:
        return int(left.code or 0)
    return 0


def fork(asked: dict[str, Any]) -> int:
    """Start a command, in a process of its own."""
    child = os.fork()
    if child:
        return child
    code = 99
    try:
        os.setsid()
        code = run(asked)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def serve() -> None:
    """Answer until nobody asks."""
    warm()
    asked, answers = os.fdopen(os.dup(0), encoding="utf-8"), os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    print(json.dumps({"ready": True}), file=answers, flush=True)
    for line in asked:
        told = json.loads(line)
        if "wait" in told:
            _, status = os.waitpid(told["wait"], 0)
            print(json.dumps({"code": os.waitstatus_to_exitcode(status)}), file=answers, flush=True)
        else:
            print(json.dumps({"pid": fork(told)}), file=answers, flush=True)


if __name__ == "__main__":
    serve()
