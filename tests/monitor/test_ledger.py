"""The ledger in its folder: whole batches, a chain that shows what was done to it, and the state as known on any day."""

import errno
import json
import os
import shutil
import stat
import threading
from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest

from evalkit.errors import DataError, OutputError, SafetyError, SpecError
from evalkit.monitor.ledger.chain import read_chain, writing
from evalkit.monitor.ledger.changes import COLUMNS, as_changes
from evalkit.monitor.ledger.ledger import Ledger
from evalkit.monitor.ledger.state import case_states

DAY = date(2024, 1, 31)


def flags(number, homes=5):
    """A batch of flags of homes of its own."""
    keys = np.arange(number * 100, number * 100 + homes)
    told = {"home": keys, "case": 1, "stage": "flagged", "date": pd.Timestamp(2024, 1, 20), "county": "甲县", "village": "V1"}
    return pd.DataFrame({**told, "reason": "medical", "source": "monitor"})


def history(homes=200, seed=0):
    """Legal cases of many homes, each change known some days after it happened, never before the one it follows."""
    generator = np.random.default_rng(seed)
    key = generator.permutation(np.arange(1, homes + 1)) * (2**54 + 3)
    day, known, parts = generator.integers(0, 60, homes), np.zeros(homes, dtype=int), []
    left = np.ones(homes, dtype=bool)
    for stage in ("flagged", "signal", "visited", "included", "helped", "resolved"):
        day = day + generator.integers(0, 20, homes)
        known = np.maximum(known, day + generator.integers(0, 15, homes))
        told = {"home": key, "case": 1, "stage": stage, "date": pd.to_datetime(DAY) + pd.to_timedelta(day, unit="D")}
        told |= {"known_date": pd.to_datetime(DAY) + pd.to_timedelta(known, unit="D"), "source": "township"}
        words = {"county": "甲县" if stage == "flagged" else None, "measure": "job" if stage == "helped" else None}
        reason = np.array(["medical", "drop; school"], dtype=object)[generator.integers(0, 2, homes)]
        parts.append(pd.DataFrame({**told, **words, "reason": reason})[left])
        left &= generator.random(homes) < 0.85
    return pd.concat(parts, ignore_index=True)


def by_day(changes, every=20):
    """The changes in batches, as they became known, with the day of each."""
    days = (changes["known_date"] - pd.Timestamp(DAY)).dt.days // every
    for number, batch in changes.groupby(days):
        yield batch.sample(frac=1, random_state=3), DAY + timedelta(days=int((number + 1) * every))


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A ledger of a history in several segments, which tests read and copy."""
    ledger = Ledger(tmp_path_factory.mktemp("written") / "ledger")
    for batch, known in by_day(history()):
        ledger.append(batch, known=known)
    return ledger


@pytest.fixture
def copied(written, tmp_path):
    shutil.copytree(written.folder, tmp_path / "ledger")
    return Ledger(tmp_path / "ledger")


def test_what_is_read_is_what_was_appended(written):
    expected = as_changes(history(), DAY + timedelta(days=400)).sort_values(list(COLUMNS), ignore_index=True)
    found = written.changes().sort_values(list(COLUMNS), ignore_index=True)
    pd.testing.assert_frame_equal(found, expected.astype({"home": "int64", "case": "int64"}))
    assert [str(kind) for kind in found.dtypes[["home", "stage", "date"]]] == ["int64", "str", "datetime64[s]"]
    assert len(written.segments()) == len(list(by_day(history()))) > 4
    assert sum(segment.rows for segment in written.segments()) == len(found)


def test_state_as_of_a_day_is_the_state_of_a_ledger_that_holds_only_what_was_known_by_then(written, tmp_path):
    changes, full = history(), written.state().frame
    for days in (0, 17, 45, 80, 130, 400):
        day = DAY + timedelta(days=days)
        known = changes[changes["known_date"] <= pd.Timestamp(day)]
        state = written.state(day)
        other = Ledger(tmp_path / f"known-{days}")
        other.append(known, known=day)
        pd.testing.assert_frame_equal(state.frame, other.state().frame)
        assert len(state.frame) == known["home"].nunique()
        assert (state.frame["known"] <= pd.Timestamp(day)).all()
    pd.testing.assert_frame_equal(state.frame, full)


def test_what_becomes_known_later_changes_no_earlier_day(copied):
    day = copied.segments()[-1].known
    before = copied.state(day).frame
    copied.append(flags(9).assign(date="2024-01-05"), known=day + timedelta(days=1))
    pd.testing.assert_frame_equal(copied.state(day).frame, before)
    assert len(copied.state().frame) == len(before) + 5
    with pytest.raises(DataError, match="before a day the ledger is settled up to"):
        copied.append(flags(10), known=day)


def test_the_state_is_that_of_plain_pandas(written):
    """Dates of stages, counts and last stages by group-bys that know nothing of the ledger."""
    changes, state = written.changes(), written.state().frame.set_index("home")
    for stage in ("flagged", "visited", "included", "helped", "resolved"):
        dates = changes[changes["stage"] == stage].groupby("home")["date"].min().reindex(state.index)
        pd.testing.assert_series_equal(state[stage], dates, check_names=False)
    moves = changes[changes["stage"] != "signal"].groupby("home").size()
    last = pd.Series({1: "flagged", 2: "visited", 3: "included", 4: "helped", 5: "resolved"})
    assert state["stage"].tolist() == last[moves.reindex(state.index)].tolist()
    assert (state["open"] == state["resolved"].isna()).all()
    signals = changes[changes["stage"] == "signal"].groupby("home").size().reindex(state.index).fillna(0)
    assert state["signals"].tolist() == signals.tolist()
    assert state["grounds"].notna().equals(state["resolved"].notna())
    assert state["county"].eq("甲县").all() and state["kind"].isna().all()


def test_a_ledger_that_is_not_there_is_empty_and_is_made_by_the_first_append(tmp_path):
    ledger = Ledger(tmp_path / "new" / "ledger")
    assert ledger.segments() == () and ledger.changes().empty and ledger.state().frame.empty
    assert ledger.append(flags(1).iloc[:0], known=DAY) is None
    assert not ledger.folder.exists()
    assert list(ledger.changes().dtypes) == list(Ledger(tmp_path / "other").changes().dtypes)
    ledger.append(flags(1), known=DAY)
    assert len(ledger.state().frame) == 5


def test_the_same_batch_again_is_said_and_not_doubled(copied):
    first = copied.append(flags(9), known=date(2025, 1, 31))
    later = copied.append(flags(10), known=date(2025, 2, 28))
    again = copied.append(flags(9).sample(frac=1, random_state=1), known=date(2025, 1, 31))
    assert (first.again, later.again, again.again) == (False, False, True)
    assert again.sequence == first.sequence and again.seal == first.seal
    assert copied.segments()[-1].sequence == later.sequence


def test_a_batch_with_one_fault_leaves_no_trace(copied):
    before = sorted((path.name, path.stat().st_mtime_ns) for path in copied.folder.iterdir() if path.name != "lock")
    batch = pd.concat([flags(9), flags(9).iloc[:1].assign(stage="included")])
    with pytest.raises(DataError, match=r"row 6 .*'included' cannot follow 'flagged'"):
        copied.append(batch, known=date(2025, 1, 31))
    assert sorted((path.name, path.stat().st_mtime_ns) for path in copied.folder.iterdir() if path.name != "lock") == before


def test_faults_found_elsewhere_are_told_with_its_own(copied):
    also = pd.DataFrame(
        {"row": [2], "home": [901], "case": [1], "stage": "resolved", "fault": "not_closable", "detail": "income; labor"}
    ).astype({"home": "Int64", "case": "Int64"})
    with pytest.raises(DataError, match=r"(?s)a fault in 1 of .*not met: income; labor"):
        copied.append(flags(9), known=date(2025, 1, 31), also=also)
    with pytest.raises(DataError, match=r"(?s)2 faults .*row 1.*who told.*row 2"):
        copied.append(flags(9).assign(source=["", *"abcd"]), known=date(2025, 1, 31), also=also)


def test_folder_and_files_are_their_owners_only(tmp_path):
    mask = os.umask(0)
    try:
        ledger = Ledger(tmp_path / "ledger")
        ledger.append(flags(1), known=DAY)
    finally:
        os.umask(mask)
    assert stat.S_IMODE(ledger.folder.stat().st_mode) == 0o700
    files = [path for path in ledger.folder.rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert sorted(path.name for path in files) == ["head.json", "lock", "segment-000001.json", "segment-000001.parquet"]


def test_seals_do_not_depend_on_the_hour_or_the_order_of_rows(tmp_path):
    one, other = Ledger(tmp_path / "one"), Ledger(tmp_path / "other")
    for ledger, seed in ((one, 1), (other, 2)):
        for number in (1, 2):
            ledger.append(flags(number).sample(frac=1, random_state=seed), known=DAY)
    assert [segment.content for segment in one.segments()] == [segment.content for segment in other.segments()]
    assert [segment.seal for segment in one.segments()] == [segment.seal for segment in other.segments()]


def flip(path, at=0.5):
    data = bytearray(path.read_bytes())
    data[int(len(data) * at)] ^= 1
    path.write_bytes(data)


def swap(one, other):
    kept = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(kept)


def swap_segments(folder):
    for kind in ("parquet", "json"):
        swap(folder / f"segment-000002.{kind}", folder / f"segment-000003.{kind}")


def drop(folder, number, *kinds):
    for kind in kinds:
        (folder / f"segment-{number:06d}.{kind}").unlink()


def reseal(folder, **changed):
    """The second seal written anew by another hand, with other entries; None takes one away."""
    seal = folder / "segment-000002.json"
    told = json.loads(seal.read_text(encoding="utf-8")) | changed
    seal.write_text(json.dumps({name: value for name, value in told.items() if value is not None}), encoding="utf-8")


def last(folder):
    return len(list(folder.glob("segment-*.json")))


TAMPERED = {
    "a byte of rows": (lambda folder: flip(folder / "segment-000002.parquet"), "segment-000002.parquet"),
    "a byte of the last rows": (lambda f: flip(f / f"segment-{last(f):06d}.parquet", 0.9), "segment-"),
    "a byte of a seal": (lambda folder: flip(folder / "segment-000003.json", 0.6), "segment-000003.json"),
    "rows cut short": (lambda folder: os.truncate(folder / "segment-000002.parquet", 400), "segment-000002.parquet"),
    "a seal written otherwise": (reseal, "segment-000002.json"),
    "a seal of another format": (lambda folder: reseal(folder, format=2), "segment-000002.json"),
    "a seal without its day": (lambda folder: reseal(folder, known=None), "segment-000002.json"),
    "a seal of no number": (lambda folder: reseal(folder, rows=float("inf")), "segment-000002.json"),
    "a seal cut short": (lambda folder: os.truncate(folder / "segment-000002.json", 40), "segment-000002.json"),
    "a segment taken away": (lambda folder: drop(folder, 2, "parquet", "json"), "segment-000002 is missing"),
    "its rows taken away": (lambda folder: drop(folder, 2, "parquet"), "segment-000002.parquet: .* is missing"),
    "its seal taken away": (lambda folder: drop(folder, 2, "json"), "segment-000002 is missing"),
    "the last taken away": (lambda folder: drop(folder, last(folder), "parquet", "json"), "segments are missing: segment-"),
    "the first taken away": (lambda folder: drop(folder, 1, "parquet", "json"), "segment-000001 is missing"),
    "two swapped": (swap_segments, "segment-000002.json"),
    "rows of two swapped": (
        lambda folder: swap(folder / "segment-000002.parquet", folder / "segment-000003.parquet"),
        "segment-000002.parquet",
    ),
    "the head taken away": (lambda folder: (folder / "head.json").unlink(), "head.json"),
    "the head of another": (lambda folder: flip(folder / "head.json", 0.7), "segment-|head.json"),
}


@pytest.mark.parametrize("how", TAMPERED)
def test_what_was_done_to_a_segment_is_seen_and_named_and_nothing_is_added_or_cleaned(copied, how):
    change, named = TAMPERED[how]
    change(copied.folder)
    left = sorted(path.name for path in copied.folder.iterdir())
    with pytest.raises(DataError, match=named) as refused:
        copied.state()
    assert "restore the folder from its last backup" in str(refused.value)
    with pytest.raises(DataError):
        copied.append(flags(9), known=date(2025, 1, 31))
    assert sorted(path.name for path in copied.folder.iterdir()) == left


def test_a_segment_written_anew_does_not_fit_the_one_after_it(copied, tmp_path):
    """Its own seal is right, and the number too: only the segment after knows another."""
    other = Ledger(tmp_path / "forged")
    other.append(flags(8), known=DAY)
    for kind in ("parquet", "json"):
        shutil.copy(other.folder / f"segment-000001.{kind}", copied.folder / f"segment-000001.{kind}")
    with pytest.raises(DataError, match=r"segment-000001\.json: .* found segment-000002\.json follows another"):
        copied.changes()


@pytest.mark.parametrize(
    "head",
    [
        "[]",
        '{"seal": "x"}',
        '{"sequence": "two", "seal": "x"}',
        '{"sequence": 0, "seal": ""}',
        '{"sequence": Infinity, "seal": ""}',
    ],
)
@pytest.mark.parametrize("there", [True, False])
def test_a_head_that_no_run_writes_is_named(copied, tmp_path, head, there):
    ledger = copied if there else Ledger(tmp_path / "empty")
    ledger.folder.mkdir(exist_ok=True)
    (ledger.folder / "head.json").write_text(head, encoding="utf-8")
    with pytest.raises(SafetyError) as refused:
        ledger.state()
    told = refused.value
    assert told.where == f"{ledger.folder.name}/head.json"
    assert told.what == "this segment of the ledger is not the one that was written"
    assert told.do == "restore the folder from its last backup; nothing was read"


def test_a_head_far_ahead_names_the_first_and_the_last_segment_that_are_missing(copied):
    (copied.folder / "head.json").write_text('{"sequence": 900000000, "seal": "x"}', encoding="utf-8")
    with pytest.raises(SafetyError) as refused:
        copied.state()
    assert refused.value.what == f"segments are missing: segment-{last(copied.folder) + 1:06d} to segment-900000000"


def test_a_segment_the_disk_does_not_give_is_not_taken_for_a_changed_one(copied, monkeypatch):
    def fails(_: object) -> bytes:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    monkeypatch.setattr("evalkit.monitor.ledger.chain.Path.read_bytes", fails)
    with pytest.raises(DataError) as refused:
        copied.state()
    told = refused.value
    assert not isinstance(told, SafetyError)
    assert (told.where, told.what) == ("ledger/head.json", "this segment of the ledger cannot be read")
    assert (told.found, told.do) == (os.strerror(errno.EIO), "restore the folder from its last backup; nothing was read")


def test_a_system_without_locks_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("evalkit.monitor.ledger.chain.LOCKS", False)
    with pytest.raises(OutputError) as refused:
        Ledger(tmp_path / "ledger").append(flags(1), known=DAY)
    told = refused.value
    assert (told.where, told.what) == ("ledger", "this system cannot lock a folder")
    assert told.do == "keep the ledger on a machine that has locks"
    assert not list((tmp_path / "ledger").glob("segment-*"))


def test_what_a_dead_writer_left_is_ignored_and_cleaned_by_the_next(copied):
    number = last(copied.folder) + 1
    before = copied.changes()
    (copied.folder / ".part").mkdir()
    (copied.folder / ".part" / "rows.parquet").write_bytes(b"half")
    (copied.folder / f"segment-{number:06d}.parquet").write_bytes(b"rows without a seal")
    pd.testing.assert_frame_equal(copied.changes(), before)
    copied.append(flags(9), known=date(2025, 1, 31))
    assert len(copied.changes()) == len(before) + 5
    assert not (copied.folder / ".part").exists()


def test_a_head_that_was_not_written_any_more_is_written_by_the_next(copied):
    old = (copied.folder / "head.json").read_bytes()
    copied.append(flags(9), known=date(2025, 1, 31))
    (copied.folder / "head.json").write_bytes(old)  # killed between the seal and the head
    assert len(copied.segments()) == last(copied.folder)
    assert copied.append(flags(9), known=date(2025, 1, 31)).again
    assert (copied.folder / "head.json").read_bytes() != old
    copied.append(flags(10), known=date(2025, 2, 28))
    assert len(copied.segments()) == last(copied.folder)


def test_a_second_writer_is_refused_at_once_and_readers_are_not(copied):
    before = copied.changes()
    with writing(copied.folder):
        with pytest.raises(OutputError, match=r"another run is writing since \d{4}-\d\d-\d\d \d\d:\d\d:\d\d"):
            copied.append(flags(9), known=date(2025, 1, 31))
        pd.testing.assert_frame_equal(copied.changes(), before)
    copied.append(flags(9), known=date(2025, 1, 31))


def test_readers_never_see_half_a_batch_while_others_write(tmp_path):
    ledger, seen, wrong = Ledger(tmp_path / "ledger"), [], []
    done = threading.Event()

    def read():
        while not done.is_set():
            try:
                seen.append(sum(segment.rows for segment in read_chain(ledger.folder)))
            except Exception as fault:
                wrong.append(fault)

    reader = threading.Thread(target=read)
    reader.start()
    for number in range(8):
        ledger.append(flags(number), known=DAY)
    done.set()
    reader.join()
    assert not wrong
    assert set(seen) <= set(range(0, 45, 5)) and len(seen) > 8


def test_a_folder_that_cannot_be_written_is_said_as_such(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(OutputError, match="the ledger cannot be written"):
        Ledger(tmp_path / "file" / "ledger").append(flags(1), known=DAY)
    with pytest.raises(SpecError, match="Ledger folder"):
        Ledger("ledger")
    with pytest.raises(SpecError, match="must be a date"):
        Ledger(tmp_path).state("2024-06-30")


def test_cases_of_a_state_are_those_of_its_changes(written):
    pd.testing.assert_frame_equal(case_states(written.changes()), written.state().frame)
    assert "200 cases" in written.state().notes[0].text.en
