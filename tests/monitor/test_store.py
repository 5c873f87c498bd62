"""The store: what counts as delivered, who may see it, and what is done about what is broken."""

import errno
import json
import os
import stat

import pandas as pd
import pytest

from evalkit.errors import DataError, OutputError, SpecError
from evalkit.monitor.door.store import Store, declared, delivery_name
from evalkit.monitor.sources.sources import Source
from evalkit.terms import Text

WATER = Source(
    id="water",
    name=Text("饮水", "water"),
    department=Text("水利局", "water"),
    file="*.csv",
    columns={"household": "h", "event_date": "d"},
    known_after=1,
)
RECEIPT = {"table": "records/water", "delivery": "w-1", "fingerprint": "f1", "rows": 2, "kept": 2, "reasons": []}


def rows(*homes):
    frame = pd.DataFrame({"household": homes, "row": range(1, len(homes) + 1)})
    for name, kind in WATER.kinds.items():
        if name not in frame and name != "delivery":
            frame[name] = pd.Timestamp("2024-05-01") if kind == "date" else None
    return frame


def put(store, delivery="w-1", *parts):
    with store.writing("key1") as writing, writing.arriving(WATER) as arriving:
        for part in parts or ((1, 2),):
            arriving.add(rows(*part))
        arriving.commit(delivery, RECEIPT | {"delivery": delivery})


def test_a_delivery_of_parts_is_one_file(tmp_path, duck):
    store = Store(tmp_path / "store")
    put(store, "w-1", (1, 2), (3,), (2**62, -(2**62)))
    told = duck.collect(store.records(duck, WATER))
    assert sorted(told["household"]) == [-(2**62), 1, 2, 3, 2**62] and set(told["delivery"]) == {"w-1"}
    assert sorted(path.name for path in (store.folder / "records/water").iterdir()) == ["w-1.json", "w-1.parquet"]
    assert store.deliveries(WATER)[["delivery", "rows"]].to_numpy().tolist() == [["w-1", 2]]


def test_an_empty_store_has_empty_tables(tmp_path, duck):
    store = Store(tmp_path)
    assert len(duck.collect(store.records(duck, WATER))) == 0 and store.deliveries().empty and store.files(WATER) == []


def test_what_has_no_receipt_was_never_delivered_and_is_removed(tmp_path, duck):
    store = Store(tmp_path / "store")
    put(store)
    place = store.folder / "records/water"
    (place / "w-2.parquet").write_bytes((place / "w-1.parquet").read_bytes())  # killed before the receipt
    (place / ".w-3.json.part-1-x").write_text("{")  # killed while writing it
    (place / ".arriving-1").mkdir()
    (place / ".arriving-1" / "part-00000.parquet").write_text("half")
    assert len(duck.collect(store.records(duck, WATER))) == 2  # a reader never sees them
    with store.writing("key1"):
        assert sorted(path.name for path in place.iterdir()) == ["w-1.json", "w-1.parquet"]


def test_a_delivery_that_fails_leaves_nothing(tmp_path):
    store = Store(tmp_path / "store")
    with pytest.raises(DataError), store.writing("key1") as writing, writing.arriving(WATER) as arriving:
        arriving.add(rows(1))
        raise DataError("stop")
    assert list((store.folder / "records/water").iterdir()) == []


def test_a_receipt_without_its_file_and_one_that_is_no_json_are_named(tmp_path):
    store = Store(tmp_path / "store")
    put(store)
    (store.folder / "records/water/w-1.parquet").rename(tmp_path / "elsewhere")
    with pytest.raises(DataError, match=r"water/w-1.parquet: a delivery of the store is gone"):
        store.files(WATER)
    (store.folder / "records/water/w-1.json").write_text("{", encoding="utf-8")
    with pytest.raises(DataError, match=r"w-1.json: a receipt of the store cannot be read"):
        store.deliveries()


def test_one_run_at_a_time_and_one_key(tmp_path):
    store = Store(tmp_path / "store")
    with store.writing("key1"), pytest.raises(OutputError, match="another run is writing"), store.writing("key1"):
        pass
    with pytest.raises(SpecError, match="key key2, not key1"), store.writing("key2"):
        pass
    assert json.loads((store.folder / "store.json").read_text())["key"] == "key1"


def test_folders_that_others_could_open_are_closed(tmp_path):
    store = Store(tmp_path / "store")
    store.folder.mkdir(mode=0o755)
    store.folder.chmod(0o755)
    put(store)
    assert {stat.S_IMODE(path.stat().st_mode) for path in store.folder.rglob("*") if path.is_dir()} == {0o700}
    assert stat.S_IMODE(store.folder.stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in store.folder.rglob("*") if path.is_file()} == {0o600}


def test_a_place_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("x")
    with pytest.raises(OutputError, match="cannot be written"), Store(tmp_path / "file").writing("key1"):
        pass
    with pytest.raises(SpecError, match="Store folder"):
        Store("folder")


def test_a_delivery_that_has_no_place_is_refused_and_leaves_nothing(tmp_path):
    store = Store(tmp_path / "store")
    with store.writing("key1") as writing:
        (store.folder / "records").write_text("a file where the folder is to be")
        with pytest.raises(OutputError) as raised, writing.arriving(WATER):
            pass
    unwritten(raised.value, store.folder / "records/water")
    assert store.deliveries().empty


def test_a_delivery_that_cannot_take_its_name_leaves_no_receipt(tmp_path):
    store = Store(tmp_path / "store")
    with store.writing("key1") as writing, writing.arriving(WATER) as arriving:
        (store.folder / "records/water/w-1.parquet/taken").mkdir(parents=True)
        with pytest.raises(OutputError) as raised:
            arriving.commit("w-1", RECEIPT)
    unwritten(raised.value, store.folder / "records/water")
    assert store.deliveries().empty
    with pytest.raises(OutputError) as raised, store.writing("key1"):  # nor can the next run clear it away
        pass
    unwritten(raised.value, store.folder)


def test_a_delivery_that_cannot_be_taken_back_is_told(tmp_path, monkeypatch):
    def fails(_: object) -> None:
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    store = Store(tmp_path / "store")
    put(store)
    with store.writing("key1") as writing:
        monkeypatch.setattr("evalkit.monitor.door.store.settle", fails)
        with pytest.raises(OutputError) as raised:
            writing.take_back(WATER, "w-1")
    unwritten(raised.value, store.folder / "records/water", os.strerror(errno.EIO))
    assert store.deliveries().empty


def unwritten(told, place, found=""):
    assert (told.what, told.where) == ("the store cannot be written to", str(place))
    assert told.found == found if found else told.found
    assert told.do == "free space, or choose another folder"


@pytest.mark.parametrize(
    ("file", "name"),
    [("医保 2024.05.xlsx", "医保_2024-abcdef01"), ("../a b'c;.csv", "file-abcdef01"), ("x" * 99, "x" * 60 + "-abcdef01")],
)
def test_deliveries_are_called_by_harmless_names(file, name):
    assert delivery_name(file, "abcdef0123456789") == name


def test_another_declaration_is_another_reading():
    from dataclasses import replace

    assert declared(WATER) == declared(replace(WATER, name=Text("x", "y"), expects="every_county", refresh="year"))
    others = [
        replace(WATER, known_after=2),
        replace(WATER, covers="month"),
        replace(WATER, columns={"person": "h", "event_date": "d"}),
    ]
    assert len({declared(WATER), *map(declared, others)}) == 4
