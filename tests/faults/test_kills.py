"""Killed at any instant, a command leaves what was there or what it makes, whole; run again, it makes what it makes undisturbed.

Every other kill is at a random instant, the others come while it writes. EVALKIT_KILLS is the number of kills of each command
(1 without it); after every EVALKIT_EVERY of them (1) it is run again.
"""

import os
import random
import shutil
import time
from pathlib import Path

import pytest

from .conftest import ENV, Command, copied, digests

KILLS, EVERY = (int(os.environ.get(name, default)) for name, default in (("EVALKIT_KILLS", "1"), ("EVALKIT_EVERY", "1")))


def half(place: Path) -> list[str]:
    """What a killed run may leave until the next one."""
    every = (str(Path(at) / name) for at, folders, files in os.walk(place) for name in (*folders, *files))
    return [path for path in every if ".part-" in path or "/.spill" in path]


def made(command: Command, place: Path) -> dict[str, str]:
    there = place / command.makes
    return digests(there, command.besides) if there.exists() else {}


def kept(command: Command, place: Path) -> dict[str, str]:
    return digests(place / command.keeps, ("lock",)) if command.keeps else {}


def begun(warm, command, source, place) -> Path:
    """A copy of the source, with what the command is to replace."""
    copied(source, place)
    (place / "tmp").mkdir()
    if command.before:
        done = warm.run(*command.words, *command.before, cwd=place, env=ENV)
        assert done.code == command.code, done.err
    return place


def test_killed_at_any_instant(warm, command, source, tmp_path):
    lots = random.Random(command.name)
    start = begun(warm, command, source, tmp_path / "start")
    old = made(command, start)
    fresh = copied(start, tmp_path / "fresh")
    done = warm.run(*command.words, cwd=fresh, env=ENV)
    assert done.code == command.code, done.err
    whole, told = made(command, fresh), kept(command, fresh)
    assert whole
    assert whole != old
    hits = partly = 0
    place = copied(start, tmp_path / "killed")
    env = {**ENV, "TMPDIR": str(place / "tmp")}
    for number in range(1, KILLS + 1):
        left = set(half(place))
        running = warm.start(*command.words, cwd=place, env=env)
        if number % 2:
            writing(running, place, left)
            ended = running.killed(lots.uniform(0, 0.03))
        else:
            ended = running.killed(lots.uniform(0, done.took))
        assert ended.code in (-9, command.code), ended.err
        hits += ended.code == -9
        partly += bool(half(place))
        found = made(command, place)
        if "--each" in command.words:
            report_by_report(found, whole)
        else:
            assert found in (old, whole)
        refused = found == whole and "--force" not in command.words and not command.before  # it is there already
        if number % EVERY == 0 and not refused:
            again = warm.run(*command.words, cwd=place, env=env)
            assert again.code == command.code, again.err
            assert made(command, place) == whole
            assert kept(command, place) == told
            assert not half(place), "what killed runs left is gone"
            assert not list(place.glob(".*.lock"))
        if number % EVERY == 0 or refused:
            shutil.rmtree(place)
            copied(start, place)
    print(f"{command.name}: {KILLS} kills, {hits} of them while it ran, {partly} with something left beside; none partial")


def writing(running, place: Path, left: set[str]) -> None:
    """Wait until a command has begun to write something else than what is left of others, or has ended."""
    status = Path(f"/proc/{running.pid}/stat")
    while not set(half(place)) - left and status.exists() and ") Z " not in status.read_text(encoding="ascii"):
        time.sleep(0.002)


def report_by_report(found: dict[str, str], whole: dict[str, str]) -> None:
    """Each folder is there whole or not at all, and the manifest when all are."""
    found = {name: value for name, value in found.items() if ".part-" not in name}
    assert found.items() <= whole.items()
    assert "manifest.json" not in found or found == whole
    for folder in {name.rpartition("/")[0] for name in found} - {""}:
        assert {name for name in found if name.startswith(folder)} == {name for name in whole if name.startswith(folder)}


def test_what_was_moved_aside_for_a_replacement_comes_back(tmp_path):
    """Where two names cannot change places at once, the older result is moved aside first."""
    from evalkit.study.claim import sweep

    for name in (".out.part-x", ".out.part-x.old", ".outer.part-y"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    (tmp_path / ".out.part-z").write_text("a file")
    sweep(tmp_path / "out")
    assert {path.name for path in tmp_path.iterdir()} == {"out", ".outer.part-y"}
    assert (tmp_path / "out" / "file").read_text() == ".out.part-x.old"


@pytest.mark.parametrize("at_once", [True, False])
def test_a_folder_takes_the_place_of_another(tmp_path, monkeypatch, at_once):
    from evalkit import disk
    from evalkit.study.deliver import staged

    if not at_once:
        monkeypatch.setattr(disk, "exchanged", lambda one, other: False)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old").write_text("old")
    with staged(tmp_path / "out", mode=0o700) as stage:
        (stage / "new").write_text("new")
        assert (tmp_path / "out" / "old").exists()
    assert [path.name for path in tmp_path.rglob("*")] == ["out", "new"]
    assert (tmp_path / "out").stat().st_mode & 0o777 == 0o700
