"""What a monitor needs before it can look: who lives where, and a day."""

from dataclasses import replace
from datetime import datetime

import pytest

from evalkit import datasets
from evalkit.errors import SpecError
from evalkit.monitor.door.store import Store
from evalkit.monitor.ledger.ledger import Ledger
from evalkit.monitor.monitor import Monitor
from evalkit.monitor.rules.form import read_rules
from evalkit.monitor.sources.sources import read_declared


@pytest.fixture
def monitor(tmp_path):
    declared = read_declared(datasets.folder() / "monitor" / "sources.toml")
    places = {"store": Store(tmp_path / "store"), "ledger": Ledger(tmp_path / "ledger")}
    return Monitor(sources=declared.sources, register=declared.register, rules=read_rules(), **places)


def test_a_register_of_homes_alone_does_not_say_who_lives_where(monitor):
    with pytest.raises(SpecError) as refused:
        replace(monitor, register=replace(monitor.register, members=None))
    told = refused.value
    assert told.what == "a monitor needs to know who lives in which home"
    assert (told.found, told.do) == ("a register of homes alone", "declare [register.members]")


@pytest.mark.parametrize(
    ("day", "found"),
    [("2024-06-30", "'2024-06-30'"), (datetime(2024, 6, 30), "datetime.datetime(2024, 6, 30, 0, 0)"), (None, "None")],
)
def test_a_monitor_looks_as_of_a_day(monitor, tmp_path, day, found):
    with pytest.raises(SpecError) as refused:
        monitor.look(day)
    told = refused.value
    assert (told.what, told.found, told.do) == ("as_of must be a date without a time", found, "give a datetime.date")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("wrong", "do"),
    [
        ({"register": None}, "use read_declared(path)"),
        ({"rules": "rules.toml"}, "use read_rules(path)"),
        ({"store": "store"}, "write Store(Path(…))"),
        ({"ledger": "ledger"}, "write Ledger(Path(…))"),
    ],
)
def test_a_monitor_is_made_of_its_parts(monitor, wrong, do):
    with pytest.raises(SpecError, match=f"Monitor {next(iter(wrong))} must be a") as refused:
        replace(monitor, **wrong)
    assert refused.value.do == do
