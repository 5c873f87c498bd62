"""Killed at random instants and before every single step, disk full, writers at once: the ledger holds whole batches only."""

import os
import random
import shutil
import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evalkit.errors import OutputError
from evalkit.monitor.ledger.ledger import Ledger

KNOWN = date(2024, 1, 31)
HOMES = 50
WRITERS = '''
"""Forks a writer for each line "folder batch how at": it is killed after `at` seconds, or before its step number `at`, or held
to files of `at` bytes; how it ended is printed."""
import os, resource, signal, sys, time
from pathlib import Path

sys.path.insert(0, sys.argv[1])
from test_ledger_kill import KNOWN, batch
from evalkit.errors import OutputError
from evalkit.monitor.ledger.ledger import Ledger

STEPS = ("open", "os.link", "os.rename", "os.mkdir", "os.remove", "os.rmdir", "os.chmod", "os.utime", "fcntl.flock", "os.listdir")

def count(folder, last):
    left = [last]
    def hook(event, args):
        if event in STEPS and (event == "fcntl.flock" or folder in str(args[0])):
            left[0] -= 1
            if not left[0]:
                os.kill(os.getpid(), signal.SIGKILL)
    sys.addaudithook(hook)

def say(*words):  # a line at once: a writer that is killed leaves it whole, or not there
    os.write(1, (" ".join(map(str, words)) + "\\n").encode())

def write(folder, number, how, at):
    if how == "step":
        count(folder, int(at))
    if how == "bytes":
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(at), int(at)))
    for one in range(number, number + (5 if how == "many" else 1)):
        while True:
            try:
                Ledger(Path(folder)).append(batch(one), known=KNOWN)
                break
            except OutputError as fault:
                if how != "many":
                    say("refused", fault)
                    return
                assert "another run is writing" in str(fault), fault
                time.sleep(0.01)
    if how != "many":
        say("written")

for line in sys.stdin:
    jobs = []
    for told in line.strip().split("|"):
        folder, number, how, at = told.split(" ")
        child = os.fork()
        if not child:
            try:
                write(folder, int(number), how, float(at))
            except BaseException as fault:
                say("broken", repr(fault))
            os._exit(0)
        jobs.append(child)
        if how == "seconds":
            time.sleep(float(at))
            os.kill(child, signal.SIGKILL)
    ended = [os.waitpid(child, 0)[1] for child in jobs]
    say("killed" if 9 in ended else "ended")
'''


def batch(number):
    """A batch of flags with homes of its own, so random that it cannot be packed."""
    homes = np.random.default_rng(number).integers(1, 2**62, HOMES)
    told = {"home": homes, "case": 1, "stage": "flagged", "date": pd.Timestamp(2024, 1, 20), "county": "甲县"}
    return pd.DataFrame({**told, "reason": "medical", "source": "monitor"})


@pytest.fixture(scope="module")
def writers():
    """Tells a process to fork a writer; what it says, until it ended."""
    command = [sys.executable, "-c", WRITERS, str(Path(__file__).parent)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:

        def tell(*lines):
            process.stdin.write("|".join(lines) + "\n")
            process.stdin.flush()
            said = [process.stdout.readline().strip()]
            while said[-1] not in ("killed", "ended"):
                assert said[-1] and not said[-1].startswith("broken"), said
                said.append(process.stdout.readline().strip())
            return said

        yield tell
        process.stdin.close()


def holds(ledger, numbers):
    """The ledger verifies and holds these batches, each whole and once."""
    found = ledger.changes()
    expected = np.sort(np.concatenate([batch(number)["home"] for number in numbers])) if numbers else np.array([])
    assert np.sort(found["home"].to_numpy()).tolist() == expected.tolist()
    assert [segment.rows for segment in ledger.segments()] == [HOMES] * len(numbers)


def test_killed_at_random_instants(writers, tmp_path):
    """Sixty times, at instants over the whole of an append; how long that takes is learnt on the way."""
    ledger, chance, landed, killed, trials = Ledger(tmp_path / "ledger"), random.Random(7), 0, 0, 0
    began = time.monotonic()
    assert writers(f"{ledger.folder} 0 free 0") == ["written", "ended"]
    longest = time.monotonic() - began
    while killed < 60:
        trials += 1
        said = writers(f"{ledger.folder} {landed + 1} seconds {chance.uniform(0.0, longest)}")
        killed += said[-1] == "killed"
        longest *= 0.85 if "written" in said else 1.02
        segments = ledger.segments()
        assert len(segments) in (landed + 1, landed + 2)
        assert len(segments) == landed + 2 or "written" not in said
        landed = len(segments) - 1
        if trials % 25 == 0:
            holds(ledger, range(landed + 1))
    assert landed < trials
    assert ledger.append(batch(landed), known=KNOWN).again
    ledger.append(batch(landed + 1), known=KNOWN)
    holds(ledger, range(landed + 2))
    assert not (ledger.folder / ".part").exists()


def test_killed_before_each_step(writers, tmp_path):
    """Every step that opens, links, renames or removes something in the folder, each on a ledger of its own."""
    first = Ledger(tmp_path / "ledger")
    first.append(batch(0), known=KNOWN)
    found, said = [], ["killed"]
    while said[-1] == "killed":
        ledger = Ledger(tmp_path / f"killed-{len(found)}")
        shutil.copytree(first.folder, ledger.folder)
        said = writers(f"{ledger.folder} 1 step {len(found) + 1}")
        found.append(len(ledger.segments()) - 1)
        if len(found) % 10 == 0 or found[-1]:
            holds(ledger, range(found[-1] + 1))
            assert ledger.append(batch(1), known=KNOWN).again == bool(found[-1])
            holds(ledger, [0, 1])
            assert not (ledger.folder / ".part").exists()
    assert found == sorted(found)
    assert found.count(0) > 15 and found.count(1) > 2


@pytest.mark.parametrize("most", [1, 200, 1_000])
def test_files_that_cannot_grow(writers, tmp_path, most):
    ledger = Ledger(tmp_path / "ledger")
    ledger.append(batch(0), known=KNOWN)
    left = sorted(path.name for path in ledger.folder.iterdir())
    said = writers(f"{ledger.folder} 1 bytes {most}")
    assert said[0].startswith("refused") and ("free space" in said[0] or "free some space" in said[0]), said
    assert sorted(path.name for path in ledger.folder.iterdir()) == left
    holds(ledger, [0])
    ledger.append(batch(1), known=KNOWN)
    holds(ledger, [0, 1])


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    told = ["mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", str(folder)]
    if os.geteuid() != 0 or subprocess.run(told, capture_output=True, check=False).returncode:
        pytest.skip("a small disk cannot be mounted here; files that cannot grow are tested above")
    yield folder
    subprocess.run(["umount", str(folder)], check=True)


def test_disk_full(small_disk):
    """Whatever is left of the disk, the batch is there whole or not at all, and comes in once there is space."""
    ledger, filler, landed, refused = Ledger(small_disk / "ledger"), small_disk / "filler", 0, 0
    for pages in (0, 1, 2, 3, 4, 6):
        free = os.statvfs(small_disk).f_bavail
        filler.write_bytes(b"x" * 4096 * max(0, free - pages))
        try:
            ledger.append(batch(landed), known=KNOWN)
            landed += 1
        except OutputError as fault:
            assert fault.exit_code == 4
            refused += 1
        holds(ledger, range(landed))
        filler.unlink()
    assert refused >= 3
    ledger.append(batch(landed), known=KNOWN)
    holds(ledger, range(landed + 1))


def test_writers_at_once(writers, tmp_path):
    """Two of them with five batches each: one writes, the other is refused and tries again."""
    ledger = Ledger(tmp_path / "ledger")
    assert writers(f"{ledger.folder} 0 many 0", f"{ledger.folder} 5 many 0") == ["ended"]
    holds(ledger, range(10))
