"""The demonstration of a monitor: simulated departmental records in a folder, with the shipped sources and rules."""

from __future__ import annotations

import re
import secrets
from datetime import date
from pathlib import Path

from evalkit import datasets
from evalkit.simulate.deliveries import MonthlyDeliveries
from evalkit.simulate.households import HouseholdSimulation
from evalkit.study.monitor.run import MonitorStudy

AS_OF = date(2023, 6, 30)
LINE = 6300  # yuan a head and year, of the simulated homes
HOMES = HouseholdSimulation(households=1_200, villages=24, counties=4, periods=(2021, 2022, 2023))


def demonstration(folder: Path, homes: HouseholdSimulation = HOMES, as_of: date = AS_OF) -> MonitorStudy:
    """The shipped monitor in a folder, with what departments had sent by the day of simulated homes.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as place:
    ...     few = HouseholdSimulation(households=60, villages=2, counties=1, periods=(2022, 2023))
    ...     demonstration(Path(place), few).form.title.en
    'Monitoring against return to poverty (simulated data)'
    """
    MonthlyDeliveries(until=as_of).write(homes, folder / "deliveries")
    shipped = datasets.folder()
    rules = (shipped / "monitor" / "rules.toml").read_text(encoding="utf-8")
    (folder / "rules.toml").write_text(re.sub(r"(?m)^line = \d+", f"line = {LINE}", rules), encoding="utf-8")
    study = folder / "monitor.toml"
    told = (shipped / "studies" / "monitor.toml").read_text(encoding="utf-8")
    study.write_text(told.replace('rules = "shipped"', 'rules = "rules.toml"'), encoding="utf-8")
    return MonitorStudy.read(study)


def one_time_key() -> bytes:
    """A key for once: what was made with it leads back to nobody."""
    return secrets.token_hex(24).encode()
