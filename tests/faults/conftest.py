"""Real commands on tiny data, each in a process of its own that can be killed, starved or cut off."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd
import pytest
from few_counties import FOUR, declared, rows

import evalkit as ek

ROOT = Path(__file__).parents[2]
SECRET = "0123456789abcdef, a secret of these tests"
STUDY = declared("""[uncertainty]
draws = 100
[robustness]
draws = 0
samples = 0
[report]
formats = ["xlsx", "html"]
chapters = ["coupling", "methods"]
""")
TABLE = """place,U1,U2,C,D
a,0.6312,0.6022,0.4999,0.5553
b,0.5514,0.2742,0.4709,0.4409
c,0.4169,0.3496,0.4981,0.4369
d,0.4142,0.7970,0.4744,0.5360
"""


class Done(NamedTuple):
    code: int
    out: str
    err: str
    took: float


@dataclass
class Warm:
    """A process in which everything is imported, and commands that run in forks of it."""

    place: Path
    process: Any = None
    lock: Any = field(default_factory=threading.Lock)
    number: int = 0

    def __enter__(self) -> "Warm":
        command = [sys.executable, str(Path(__file__).with_name("warm.py"))]
        env = {**os.environ, "PYTHONPATH": str(ROOT)}
        env.pop("SOURCE_DATE_EPOCH", None)
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, env=env
        )
        assert json.loads(self.process.stdout.readline())["ready"]
        return self

    def __exit__(self, *_: object) -> None:
        self.process.stdin.close()
        self.process.wait(timeout=20)
        self.process.stdout.close()

    def ask(self, told: dict[str, Any]) -> dict[str, Any]:
        with self.lock:
            print(json.dumps(told), file=self.process.stdin, flush=True)
            return json.loads(self.process.stdout.readline())

    def start(self, *words: object, cwd: Path, **more: Any) -> "Running":
        """A command that runs; `env`, `limits` and `unread` are those of warm.py."""
        self.number += 1
        out, err = (self.place / f"{self.number}.{name}" for name in ("out", "err"))
        out.touch()
        err.touch()
        told = {"words": [str(word) for word in words], "cwd": str(cwd), "out": str(out), "err": str(err), **more}
        began = time.monotonic()
        return Running(self, self.ask(told)["pid"], out, err, began)

    def run(self, *words: object, cwd: Path, **more: Any) -> Done:
        """A command that has run."""
        return self.start(*words, cwd=cwd, **more).wait()


@dataclass
class Running:
    warm: Warm
    pid: int
    out: Path
    err: Path
    began: float

    def wait(self, most: float = 120) -> Done:
        """How it ended; one that hangs is killed, and has the code -9."""
        guard = threading.Timer(most, self.send, [signal.SIGKILL])
        guard.start()
        code = self.warm.ask({"wait": self.pid})["code"]
        guard.cancel()
        said = [re.sub(r"\s+", " ", path.read_text(encoding="utf-8", errors="replace")) for path in (self.out, self.err)]
        return Done(code, *said, time.monotonic() - self.began)

    def send(self, number: int) -> None:
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def killed(self, after: float) -> Done:
        """Killed after so many seconds, if it still runs."""
        time.sleep(after)
        self.send(signal.SIGKILL)
        return self.wait()


@pytest.fixture(scope="session")
def warm(tmp_path_factory):
    with Warm(tmp_path_factory.mktemp("said")) as process:
        yield process


@pytest.fixture(scope="session")
def study(tmp_path_factory) -> Path:
    """A folder with a small study, and a table as it is printed."""
    folder = tmp_path_factory.mktemp("study")
    rows(FOUR, 2020).to_csv(folder / "panel.csv", index=False)
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    (folder / "each.toml").write_text(STUDY.replace('"xlsx", "html"', '"xlsx"'), encoding="utf-8")
    (folder / "table.csv").write_text(TABLE, encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def risk(tmp_path_factory) -> Path:
    """A folder with a small risk study and its homes."""
    folder = tmp_path_factory.mktemp("risk")
    told = (ek.datasets.folder() / "studies" / "risk.toml").read_text(encoding="utf-8")
    told = told.replace('dataset = "households"', 'file = "homes.csv"').replace("draws = 200", "draws = 100")
    told = told.replace('"proxy_means", ', "").replace("[report]", '[report]\nformats = ["xlsx"]')
    (folder / "risk.toml").write_text(told, encoding="utf-8")
    rows = pd.read_csv(ek.datasets.folder() / "households.csv", comment="#", dtype=str)
    rows.to_csv(folder / "homes.csv", index=False)
    return folder


@pytest.fixture(scope="session")
def fitted(risk, warm, tmp_path_factory) -> Path:
    """The same, with its model."""
    folder = copied(risk, tmp_path_factory.mktemp("fitted") / "risk")
    done = warm.run("risk", "fit", "risk.toml", "--out", "model", cwd=folder, env={"EVALKIT_RISK_KEY": SECRET})
    assert done.code == 0, done.err
    return folder


@pytest.fixture(scope="session")
def county(tmp_path_factory) -> Path:
    """A folder with a small monitor and what was delivered to it."""
    from evalkit.simulate.households import HouseholdSimulation
    from evalkit.study.monitor.demo import demonstration

    folder = tmp_path_factory.mktemp("county")
    demonstration(folder / "work", HouseholdSimulation(households=60, villages=2, counties=1, periods=(2022, 2023)))
    for path in (folder / "work" / "deliveries").glob("*.csv"):
        if path.stem[-7:] < "2023-06":
            path.unlink()
    told = (folder / "work" / "monitor.toml").read_text(encoding="utf-8")
    (folder / "work" / "monitor.toml").write_text(told.replace("[report]", "[report]\nformats = ['xlsx']"), encoding="utf-8")
    return folder


@pytest.fixture(scope="session")
def watched(county, warm, tmp_path_factory) -> Path:
    """The same after a run."""
    folder = copied(county, tmp_path_factory.mktemp("watched") / "county")
    done = warm.run(*MONTH, cwd=folder, env={"EVALKIT_MONITOR_KEY": SECRET})
    assert done.code == 0, done.err
    return folder


MONTH = ("monitor", "run", "work/monitor.toml", "--as-of", "2023-06-30", "--out", "out")


def digests(place: Path, besides: tuple[str, ...] = ()) -> dict[str, str]:
    """The files of a place by their names in it, each with its hash; locks and what is named apart."""
    files = [place] if place.is_file() else sorted(path for path in place.rglob("*") if path.is_file())
    named = {path.relative_to(place).as_posix(): path for path in files if path.name not in {".lock", *besides}}
    return {name: sha256(path.read_bytes()).hexdigest() for name, path in named.items()}


def copied(source: Path, place: Path) -> Path:
    shutil.copytree(source, place)
    return place


@dataclass(frozen=True)
class Command:
    """A command as it is run in a copy of its source: what it makes, and with which code it ends."""

    source: str  # the fixture
    words: tuple[str, ...]
    makes: str
    code: int = 0
    before: tuple[str, ...] = ()  # what is run first, and makes what this one replaces
    besides: tuple[str, ...] = ()  # files that say which deliveries were new to the store
    keeps: str = ""  # a folder that is the same after a run as after a killed one and its repetition

    @property
    def name(self) -> str:
        words = [word for word in self.words if word.isalpha() or word in ("audit-table", "--each")]
        return " ".join(words[: 2 + ("--each" in words)])


ENV = {"EVALKIT_RISK_KEY": SECRET, "EVALKIT_MONITOR_KEY": SECRET}
EACH = ("assess", "each.toml", "--each", "county", "--out", "each", "--jobs", "1", "--only", FOUR[0], "--only", FOUR[1])
FIT = ("risk", "fit", "risk.toml", "--out", "made", "--force")
MODEL = "model/model.skops"
DAY = ("--as-of", "2023-06-30")
COMMANDS = (
    Command("study", ("init", "mine"), "mine"),
    Command("study", ("assess", "study.toml", "--out", "a", "--force"), "a", before=("--lang", "en")),
    Command("study", EACH, "each"),
    Command("study", ("audit-table", "table.csv", "--out", "t.html"), "t.html", code=3, before=("--lang", "en")),
    Command("risk", FIT, "made", before=("--lang", "en")),
    Command("fitted", ("risk", "score", MODEL, "homes.csv", "--out", "list.xlsx"), "list.xlsx", before=("--lang", "en")),
    Command("fitted", ("risk", "card", MODEL, "--out", "card.html"), "card.html", before=("--lang", "en")),
    Command("county", MONTH, "out", besides=("quality.html", "manifest.json"), keeps="work/store/ledger"),
    Command("watched", ("monitor", "bulletin", "work/monitor.toml", *DAY, "--out", "b.xlsx"), "b.xlsx", before=("--lang", "en")),
    Command("watched", ("monitor", "quality", "work/monitor.toml", *DAY, "--out", "q.xlsx"), "q.xlsx", before=("--lang", "en")),
)
AUDIT = Command("study", ("audit", "panel.csv", "--unit", "county", "--period", "year"), "")


@pytest.fixture(params=COMMANDS, ids=lambda command: command.name)
def command(request) -> Command:
    return request.param


@pytest.fixture
def source(command, request) -> Path:
    """The folder that the command is run in; tests copy it."""
    return request.getfixturevalue(command.source)
