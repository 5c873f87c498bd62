"""A disk on which nothing can be locked is refused wherever runs write, and it is said what to do."""

import errno
import os
from datetime import date

import pandas as pd
import pytest

from evalkit.errors import OutputError
from evalkit.monitor.door.store import Store
from evalkit.monitor.engine.duck import DuckDB
from evalkit.monitor.ledger.ledger import Ledger
from evalkit.study.claim import claimed

FLAG = pd.DataFrame([{"home": 1, "case": 1, "stage": "flagged", "date": "2024-06-01", "source": "monitor", "reason": "medical"}])


def into_the_store(folder):
    with Store(folder).writing("key"):
        pass


def into_the_ledger(folder):
    Ledger(folder).append(FLAG, known=date(2024, 6, 30))


def into_the_spill(folder):
    DuckDB(spill=folder).open([folder])


def into_a_result(folder):
    with claimed(folder / "report"):
        pass


WRITES = {"store": into_the_store, "ledger": into_the_ledger, "spill": into_the_spill, "result": into_a_result}


@pytest.mark.parametrize("what", WRITES)
@pytest.mark.parametrize("code", [errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP])
def test_a_disk_without_locks_is_refused_with_what_to_do(tmp_path, monkeypatch, what, code):
    def no_lock(*_: object) -> None:
        raise OSError(code, os.strerror(code))

    folder = tmp_path / "place"
    folder.mkdir(mode=0o700)
    monkeypatch.setattr("evalkit.disk.fcntl.flock", no_lock)
    with pytest.raises(OutputError) as raised:
        WRITES[what](folder)
    told = raised.value
    assert (told.what, told.found, told.exit_code) == ("the folder lies on a disk without locks", os.strerror(code), 4)
    assert told.where.endswith("place")
    assert "move it to a disk of this machine" in told.do


@pytest.mark.parametrize("what", WRITES)
def test_a_disk_that_fails_is_not_taken_for_one_without_locks(tmp_path, monkeypatch, what):
    def fails(*_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    folder = tmp_path / "place"
    folder.mkdir(mode=0o700)
    monkeypatch.setattr("evalkit.disk.fcntl.flock", fails)
    with pytest.raises(OutputError) as raised:
        WRITES[what](folder)
    assert raised.value.found == os.strerror(errno.EIO)
    assert "without locks" not in raised.value.what
