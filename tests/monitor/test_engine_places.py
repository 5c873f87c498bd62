"""A disk that gives an engine no place is said as such, with the place and what to do."""

import errno
import os

import pytest

from evalkit.errors import OutputError
from evalkit.monitor.engine.places import Spill, passing, whole_or_not

ROOM = "free some space, or choose another folder"


@pytest.mark.parametrize("place", [passing, whole_or_not])
def test_a_file_without_its_folder_is_not_written(tmp_path, place):
    with pytest.raises(OutputError) as raised, place(tmp_path / "gone" / "a.parquet"):
        pytest.fail("there is no place to write into")
    told = raised.value
    assert (told.what, told.where, told.do) == ("the file cannot be written", "a.parquet", ROOM)
    assert told.found == os.strerror(errno.ENOENT)


def test_a_folder_for_which_the_disk_has_no_room_leaves_the_file_as_it_was(tmp_path, monkeypatch):
    def full(**_: object) -> str:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    file = tmp_path / "a.parquet"
    file.write_bytes(b"before")
    monkeypatch.setattr("evalkit.monitor.engine.places.tempfile.mkdtemp", full)
    with pytest.raises(OutputError) as raised, whole_or_not(file), passing(file):
        pytest.fail("there is no place to write into")
    told = raised.value
    assert (told.what, told.where, told.do) == ("the file cannot be written", "a.parquet", ROOM)
    assert told.found == os.strerror(errno.ENOSPC)
    assert file.read_bytes() == b"before"
    assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"]


def test_a_spill_folder_under_a_file_is_refused(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError) as raised:
        Spill.within(tmp_path / "file" / "spill")
    told = raised.value
    assert (told.what, told.where) == ("the spill folder cannot be made", str(tmp_path / "file" / "spill"))
    assert (told.found, told.do) == (os.strerror(errno.ENOTDIR), ROOM)
