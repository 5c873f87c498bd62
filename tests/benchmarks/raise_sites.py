"""Which lines of evalkit that raise an error of its own are reached by the tests.

`python tests/benchmarks/raise_sites.py tests/panel tests/corpus` runs these tests in this process and prints the share of raise
sites reached, and those that were not; `--within evalkit/panel` looks at a part of the tree only.
"""

from __future__ import annotations

import argparse
import ast
import sys
import threading
from collections import defaultdict
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
ERRORS = ("EvalkitError", "SpecError", "DataError", "NoAnswer", "OutputError", "SafetyError", "MachineError")
MAKERS = ("refusal", "full", "_no_archive", "_no_parquet", "_refusal")  # functions that make an error to be raised


def sites(path: Path) -> list[range]:
    """The lines of each statement that raises one of evalkit's errors, or a ValueError that a form turns into one."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            name = getattr(node.exc.func, "id", getattr(node.exc.func, "attr", ""))
            if name in (*ERRORS, *MAKERS, "ValueError"):
                found.append(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return found


class Watch:
    """Lines that ran, of functions that hold a raise site and of no other."""

    def __init__(self, wanted: dict[str, list[range]]) -> None:
        self.wanted = wanted
        self.hit: dict[str, set[int]] = defaultdict(set)
        self.holds: dict[CodeType, set[int]] = {}

    def lines(self, code: CodeType) -> set[int]:
        """The lines of the raise sites that a function holds."""
        if code not in self.holds:
            places = self.wanted.get(code.co_filename, [])
            own = {line for _, _, line in code.co_lines() if line is not None} if places else set()
            self.holds[code] = {line for place in places for line in place if line in own}
        return self.holds[code]

    def __call__(self, frame: FrameType, event: str, _: Any) -> Any:
        """Trace a function that holds a raise site, line by line."""
        if event != "call" or not self.lines(frame.f_code):
            return None
        return self.line

    def line(self, frame: FrameType, event: str, _: Any) -> Any:
        """Note a line."""
        if event == "line" and frame.f_lineno in self.lines(frame.f_code):
            self.hit[frame.f_code.co_filename].add(frame.f_lineno)
        return self.line


class Afresh:
    """Sets the trace before each test, since what draws examples in a test may take it away."""

    def __init__(self, watch: Watch) -> None:
        self.watch = watch

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_setup(self) -> None:
        sys.settrace(self.watch)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_call(self) -> None:
        sys.settrace(self.watch)


def main() -> int:
    """Run the tests and say which raise sites they reached."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("tests", nargs="+")
    asked.add_argument("--within", default="evalkit")
    asked.add_argument("--least", type=float, default=0.0, help="the share below which the exit code is 1")
    given = asked.parse_args()
    wanted = {str(path): places for path in sorted((ROOT / given.within).rglob("*.py")) if (places := sites(path))}
    watch = Watch(wanted)
    threading.settrace(watch)
    pytest.main(["-q", "-n", "0", "-p", "no:cacheprovider", *given.tests], plugins=[Afresh(watch)])
    sys.settrace(None)
    missed = [(path, place) for path, places in wanted.items() for place in places if not watch.hit[path] & set(place)]
    total = sum(map(len, wanted.values()))
    for path, place in missed:
        print(f"{Path(path).relative_to(ROOT)}:{place.start}")
    share = 1 - len(missed) / total if total else 1.0
    print(f"{total - len(missed)} of {total} raise sites reached ({share:.1%})")
    return int(share < given.least)


if __name__ == "__main__":
    raise SystemExit(main())
