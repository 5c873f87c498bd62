"""Runs of the shipped study under one, two and four threads, each in a process of its own: one hash of the results.

python tests/benchmarks/same_hash.py --runs 20
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from collections import Counter

THREADS = (1, 2, 4)
NAMES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
CHILD = """
import os, sys
os.cpu_count = lambda: int(sys.argv[2])
from evalkit import datasets
from evalkit.study.fingerprint import results_hash
from evalkit.study.run import Study
print(results_hash(Study.read(datasets.folder() / "studies" / sys.argv[1]).run()))
"""


def one(study: str, threads: int) -> str:
    """The hash of one run."""
    own = os.environ | dict.fromkeys(NAMES, str(threads)) | {"PYTHONHASHSEED": "random"}
    told = subprocess.run([sys.executable, "-c", CHILD, study, str(threads)], env=own, capture_output=True, text=True, check=True)
    return told.stdout.strip()


def main(study: str, runs: int) -> int:
    """Count the hashes; 0 where there is one."""
    every = Counter[str]()
    for threads in THREADS:
        start, found = time.monotonic(), Counter(one(study, threads) for _ in range(runs))
        print(f"{threads} threads: {dict(found)}, {(time.monotonic() - start) / runs:.1f} s a run", flush=True)
        every |= found
    print(f"{runs} runs × {THREADS} threads: {len(every)} hash{'es' if len(every) > 1 else ''}")
    return int(len(every) != 1)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--study", default="counties.toml")
    parser.add_argument("--runs", type=int, default=20)
    asked = parser.parse_args()
    sys.exit(main(asked.study, asked.runs))
