"""Reports of all shipped counties in both languages: time, processor time, memory of all processes together; killed and resumed.

Run it: python tests/benchmarks/each.py. `--only N` takes the first N counties, `--jobs` the processes, `--resume` kills a second
run half-way, runs it again and holds its files against those of the first. Linux: memory is read from /proc.
"""

from __future__ import annotations

import argparse
import os
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import evalkit as ek

COMMAND = [
    sys.executable,
    "-c",
    "from evalkit.cli import main; main()",
    "assess",
    "--each",
    "county",
    "--lang",
    "zh",
    "--lang",
    "en",
]


@dataclass(frozen=True)
class Took:
    """Seconds that passed, seconds of the processors, and the most memory of all processes together, in MB."""

    wall: float
    processor: float
    memory: float


def run(out: Path, more: list[str], until: int | None = None) -> Took:
    """Run the command; with `until`, kill it with all it started once so many reports are there."""
    start, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    child = subprocess.Popen([*COMMAND, "--out", str(out), "--quiet", *more], start_new_session=True)
    most = 0.0
    while child.poll() is None:
        most = max(most, memory(child.pid))
        if until is not None and len(list(out.glob("places/*/record.json"))) >= until:
            child.send_signal(signal.SIGKILL)  # the first process alone: those that write must end by themselves
            child.wait()
            break
        time.sleep(0.5)
    if until is None and child.returncode:
        raise SystemExit(f"exit code {child.returncode}")
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Took(time.monotonic() - start, used, most)


def memory(pid: int) -> float:
    """The memory of a process and of those it started, in MB."""
    total, left = 0.0, [pid]
    while left:
        one = left.pop()
        try:
            rows = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
            left += map(int, Path(f"/proc/{one}/task/{one}/children").read_text().split())
        except OSError:
            continue
        total += next((int(row.split()[1]) for row in rows if row.startswith("Pss:")), 0) / 1024
    return total


def digests(folder: Path) -> dict[str, str]:
    """Every file with its SHA-256."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != ".lock")
    return {path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest() for path in files}


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--only", type=int, help="the first so many counties")
    ask.add_argument("--jobs", type=int, help="processes")
    ask.add_argument("--study", help="another study")
    ask.add_argument("--resume", action="store_true", help="kill a second run half-way and run it again")
    asked = ask.parse_args()
    units = ek.datasets.load("counties").units[: asked.only]
    more = [word for unit in units for word in ("--only", unit)] if asked.only else []
    more = [*([asked.study] if asked.study else []), *more, *(["--jobs", str(asked.jobs)] if asked.jobs else [])]
    place = Path(tempfile.mkdtemp(prefix="each-"))
    try:
        took = run(place / "first", more)
        load = os.getloadavg()[1]
        used = f"{took.processor:.0f} s of processors, {took.memory:.0f} MB; load {load:.1f}"
        print(f"{len(units)} counties, zh and en: {took.wall:.0f} s, {used}")
        if asked.resume:
            killed = run(place / "second", more, until=len(units) // 2)
            there = len(list((place / "second").glob("places/*/record.json")))
            again = run(place / "second", more)
            same = digests(place / "first") == digests(place / "second")
            print(f"killed after {killed.wall:.0f} s with {there} reports, resumed in {again.wall:.0f} s; same bytes: {same}")
    finally:
        shutil.rmtree(place, ignore_errors=True)


if __name__ == "__main__":
    main()
