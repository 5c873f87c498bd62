"""Both sides of a workload in turn, each in a process of its own on one thread: CPU seconds and peak memory (Linux)."""

from __future__ import annotations

import gc
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

ONE_THREAD = {f"{name}_NUM_THREADS": "1" for name in ("OMP", "OPENBLAS", "MKL", "NUMEXPR")}


def child(run: Callable[[], object], repeats: int) -> None:
    """Run a workload in this process and print its median CPU seconds, its peak memory and what its answer keeps, in MB."""
    gc.collect()
    before = _memory("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # forgets the peak reached so far
    seconds, answer = [], None
    for _ in range(repeats):
        answer = None  # so that two are never held at once
        start = time.process_time()
        answer = run()
        seconds.append(time.process_time() - start)
    peak = _memory("VmHWM") - before
    gc.collect()
    kept = _memory("VmRSS") - before
    print(json.dumps({"seconds": statistics.median(seconds), "peak": peak, "kept": kept, "answer": type(answer).__name__}))


def beside(script: str, workload: str, sides: Sequence[str], rounds: int) -> dict[str, dict[str, float]]:
    """The sides of a workload, in turn, `rounds` times: the median of each figure a side."""
    found: dict[str, list[dict[str, float]]] = {side: [] for side in sides}
    for _ in range(rounds):
        for side in sides:
            call = [sys.executable, script, "--child", workload, side]
            done = subprocess.run(call, env=os.environ | ONE_THREAD, capture_output=True, text=True, check=False)
            if done.returncode:
                raise SystemExit(f"{workload}, {side}:\n{done.stderr}")
            found[side].append(json.loads(done.stdout.splitlines()[-1]))
    return {
        side: {figure: statistics.median(run[figure] for run in runs) for figure in ("seconds", "peak", "kept")}
        for side, runs in found.items()
    }


def show(workload: str, found: dict[str, dict[str, float]], ours: str = "evalkit") -> None:
    """Print a workload as rows of a Markdown table; the ratio says how many times our time the side takes."""
    for side, figures in found.items():
        ratio = figures["seconds"] / found[ours]["seconds"]
        print(
            f"| {workload} | {side} | {figures['seconds']:.4f} | {ratio:.2f} | {figures['peak']:,.0f} | {figures['kept']:,.0f} |"
        )
    sys.stdout.flush()


def _memory(what: str) -> float:
    """A figure of this process's memory, in MB."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what + ":")) / 1024
