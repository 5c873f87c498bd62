"""The place of a result: apart from what is read, writable, one run's alone, and taken whole or not at all."""

import errno
import os
import tempfile
from pathlib import Path

import pytest

from evalkit import disk
from evalkit.errors import DataError, OutputError, SpecError
from evalkit.study.claim import apart, claimed
from evalkit.study.deliver import staged
from evalkit.study.each.record import alone
from evalkit.study.monitor.ledger import one_run


def failing(number: int):
    """What a system call does that fails."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    return fail


@pytest.mark.parametrize(
    ("out", "what"),
    [
        ("panel.csv", "the output would take the place of what is read"),
        ("link", "the output would take the place of what is read"),
        (".", "the output folder holds what is read"),
    ],
)
def test_an_output_lies_apart_from_what_is_read(tmp_path, out, what):
    (tmp_path / "panel.csv").write_text("county\n")
    (tmp_path / "link").hardlink_to(tmp_path / "panel.csv")
    with pytest.raises(SpecError, match=what) as refused:
        apart(tmp_path / out, [tmp_path / "panel.csv"])
    assert (refused.value.where, refused.value.found) == (str(tmp_path / out), "panel.csv")
    assert refused.value.do == "choose another place"


@pytest.mark.parametrize("change", [lambda path: path.write_text("b"), Path.unlink], ids=["written", "gone"])
def test_an_input_that_changes_is_named(tmp_path, change):
    (tmp_path / "panel.csv").write_text("a")
    with (
        claimed(tmp_path / "out", inputs=[tmp_path / "panel.csv"]) as unchanged,
        pytest.raises(DataError, match="the file was changed while it was being worked on") as refused,
    ):
        unchanged()
        change(tmp_path / "panel.csv")
        unchanged()
    assert (refused.value.where, refused.value.do) == (str(tmp_path / "panel.csv"), "run again once nobody writes to it")


def test_an_input_that_cannot_be_read_is_named(tmp_path, monkeypatch):
    (tmp_path / "panel.csv").write_text("a")
    monkeypatch.setattr(Path, "open", failing(errno.EACCES))
    with pytest.raises(DataError, match="the file cannot be read; found Permission denied") as refused:
        claimed(tmp_path / "out", inputs=[tmp_path / "panel.csv"]).__enter__()
    assert (refused.value.where, refused.value.do) == (str(tmp_path / "panel.csv"), "check its rights")


@pytest.mark.parametrize(
    ("number", "what", "do"),
    [
        (errno.EROFS, "the output folder cannot be written; found Read-only file system", "choose another place"),
        (errno.ENOSPC, "the disk has too little space", "free some, or choose another place"),
    ],
)
def test_a_folder_that_cannot_be_written_is_told_first_and_leaves_nothing(tmp_path, monkeypatch, number, what, do):
    monkeypatch.setattr(tempfile, "TemporaryFile", failing(number))
    with pytest.raises(OutputError, match=what) as refused:
        claimed(tmp_path / "made" / "out").__enter__()
    assert (refused.value.where, refused.value.do) == (str(tmp_path / "made"), do)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("place", "where", "what", "do"),
    [
        (claimed, "file", "no folder can be made here", "choose another place"),
        (staged, "file", "no folder can be made here", "choose another place"),
        (alone, "file/out", "the output folder cannot be written", "choose another --out"),
        (one_run, "file/out", "the store cannot be written to", "free space, or check rights"),
    ],
)
def test_no_folder_is_made_in_a_file(tmp_path, place, where, what, do):
    (tmp_path / "file").write_text("mine")
    with pytest.raises(OutputError, match=f"{what}; found ") as refused:
        place(tmp_path / "file" / "out").__enter__()
    assert (refused.value.where, refused.value.do) == (str(tmp_path / where), do)
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.parametrize("fails", [".out.part-", "out"], ids=["the new one", "the old one"])
def test_a_folder_that_cannot_take_its_place_leaves_the_old_one_there(tmp_path, monkeypatch, fails):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "old").write_text("old")
    monkeypatch.setattr(disk, "exchanged", lambda one, other: False)
    rename = Path.rename

    def held(path: Path, target: Path) -> Path:
        if path.name.startswith(fails) and not path.name.endswith(".old"):
            raise OSError(errno.EBUSY, os.strerror(errno.EBUSY))
        return rename(path, target)

    monkeypatch.setattr(Path, "rename", held)
    with (
        pytest.raises(OutputError, match="the new folder cannot be moved into its place; found") as refused,
        staged(tmp_path / "out") as stage,
    ):
        (stage / "new").write_text("new")
    assert (refused.value.where, refused.value.found) == (str(tmp_path / "out"), os.strerror(errno.EBUSY))
    assert refused.value.do == "close what is open in it, or choose another --out"
    assert [str(path.relative_to(tmp_path)) for path in sorted(tmp_path.rglob("*"))] == ["out", "out/old"]
