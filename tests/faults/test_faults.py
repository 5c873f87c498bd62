"""Faults of the machine and of its users: each ends a command with its exit code, one message, and nothing half written."""

import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import evalkit as ek
from evalkit import disk
from evalkit.cli.stopping import PATIENCE
from evalkit.study.claim import claimed
from evalkit.study.deliver import deliver
from evalkit.study.each.run import EachPlace

from .conftest import AUDIT, COMMANDS, EACH, ENV, SECRET, Command, copied, digests

ASSESS = next(one for one in COMMANDS if one.words[:2] == ("assess", "study.toml"))
SCORE = next(one for one in COMMANDS if one.words[:2] == ("risk", "score"))
MESSAGE = re.compile(r"^error \w+Error: .+ To do: .+\.\s?$")


def one_message(done, code: int, *said: str) -> None:
    """It ended with this code and one message that says all of this, and nothing of the program."""
    assert done.code == code, (done.code, done.err)
    assert MESSAGE.match(done.err), done.err
    assert done.err.count("error ") == 1
    assert "Traceback" not in done.out + done.err
    for part in said:
        assert part in done.err, done.err


def beside(place: Path) -> set[str]:
    return {str(path.relative_to(place)) for path in place.rglob("*") if not path.is_relative_to(place / "work" / "store")}


@pytest.fixture
def small_disk(tmp_path):
    """A disk of half a megabyte or as much as is asked for, where one can be made."""
    if sys.platform != "linux" or os.geteuid() != 0:
        pytest.skip("only root can make a small disk")
    place = tmp_path / "disk"
    place.mkdir()

    def make(size: str = "500k", *more: str) -> Path:
        command = ["mount", "-t", "tmpfs", "-o", ",".join([f"size={size}", *more]), "tmpfs", str(place)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            pytest.skip("no small disk can be made here")
        return place

    yield make
    subprocess.run(["umount", "-l", str(place)], capture_output=True, check=False)


def away(command: Command, place: Path) -> list[str]:
    """The command, its output elsewhere."""
    words = [str(place / word) if word == command.makes else word for word in command.words]
    assert words != list(command.words)
    return words


def test_a_disk_that_is_nearly_full_is_told_before_any_data_are_read(warm, command, source, small_disk, tmp_path):
    place = copied(source, tmp_path / "work")
    disk_of = small_disk("40k")
    done = warm.run(*away(command, disk_of), cwd=place, env=ENV)
    one_message(done, 4, "the disk has too little space", "bytes needed", "free")
    assert not list(disk_of.iterdir())
    assert beside(place) == beside(source)


def test_a_disk_that_fills_while_it_writes_keeps_the_old_result(warm, study, small_disk):
    place = small_disk("2m")
    done = warm.run("assess", "study.toml", "--out", place / "a", "--lang", "en", cwd=study)
    assert done.code == 0, done.err
    old = digests(place / "a")
    (place / "filler").write_bytes(b"\0" * (shutil.disk_usage(place).free - 540_000))
    done = warm.run("assess", "study.toml", "--out", place / "a", "--force", cwd=study)
    one_message(done, 4, "the disk has too little space", "bytes needed", str(place / "a"))
    assert ".part-" not in done.err
    assert digests(place / "a") == old
    assert {path.name for path in place.iterdir()} == {"a", "filler"}


@pytest.mark.parametrize("command", [*COMMANDS[:3], SCORE], ids=lambda one: one.name)
def test_a_file_that_may_not_grow(warm, command, source, tmp_path):
    """As on a disk that is full, for whoever cannot make one: files end at 3,000 bytes."""
    place = copied(source, tmp_path / "work")
    done = warm.run(*command.words, cwd=place, env=ENV, limits={"RLIMIT_FSIZE": 3_000})
    one_message(done, 4)
    assert beside(place) <= beside(source) | {"each", "each/.lock", "each/started.json", "each/places", "work/store"}


def test_a_folder_that_is_only_read(warm, command, source, small_disk, tmp_path):
    place, out = copied(source, tmp_path / "work"), small_disk("500k", "ro")
    done = warm.run(*away(command, out), cwd=place, env=ENV)
    one_message(done, 4, str(out), "Read-only file system")
    assert beside(place) == beside(source)


@pytest.mark.parametrize("command", [ASSESS, SCORE], ids=lambda one: one.name)
def test_too_little_memory(warm, command, source, tmp_path):
    place = copied(source, tmp_path / "work")
    codes = set()
    for more in (2, 24):  # megabytes beyond what the process has already
        done = warm.run(*command.words, cwd=place, env=ENV, limits={"RLIMIT_AS": more << 20})
        codes.add(done.code)
        if done.code != command.code:
            one_message(done, 4)
            assert beside(place) == beside(source)
    assert 4 in codes


def test_two_runs_at_once(warm, command, source, tmp_path):
    place = copied(source, tmp_path / "work")
    lock = place / f".{command.makes}.lock"
    with disk.alone(lock, busy=ek.OutputError("busy"), unwritable=lambda fault: ek.OutputError("no"), passing=True):
        done = warm.run(*command.words, cwd=place, env=ENV)
        one_message(done, 4, "another run is writing there", f"process {os.getpid()} since 20")
    assert done.took < 30
    assert beside(place) == beside(source)
    assert not lock.exists()


def test_the_second_of_two_real_runs_ends_at_once_and_the_first_is_not_disturbed(warm, study, tmp_path):
    place = copied(study, tmp_path / "work")
    first = warm.start(*ASSESS.words, cwd=place)
    while not (place / ".a.lock").exists():
        time.sleep(0.01)
    with pytest.raises(ek.OutputError, match=f"process {first.pid} since"), claimed(place / "a"):
        pass
    done = first.wait()
    assert done.code == 0, done.err
    assert (place / "a" / "manifest.json").is_file()
    assert {path.name for path in place.iterdir()} == {path.name for path in study.iterdir()} | {"a"}


@pytest.mark.parametrize("command", [*COMMANDS[:4], SCORE, AUDIT], ids=lambda one: one.name)
def test_a_pipe_that_nobody_reads(warm, command, source, tmp_path):
    place = copied(source, tmp_path / "work")
    done = warm.run(*command.words, cwd=place, env=ENV, unread=True)
    assert (done.code, done.err) == (command.code, "")
    assert not command.makes or (place / command.makes).exists()


@pytest.mark.parametrize("words", [("--help",), ("assess", "--help")])
def test_help_that_nobody_reads(warm, study, words):
    done = warm.run(*words, cwd=study, unread=True)
    assert (done.code, done.err) == (0, "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=["interrupted", "terminated"])
def test_told_to_stop(warm, command, source, tmp_path, number):
    place = copied(source, tmp_path / "work")
    running = warm.start(*command.words, cwd=place, env=ENV)
    status = Path(f"/proc/{running.pid}/status")
    if not status.exists():
        pytest.skip("whether a process listens is looked up in /proc")
    while not listens(status):
        time.sleep(0.005)
    began = time.monotonic()
    running.send(number)
    done = running.wait()
    if done.code == command.code:  # it was done already
        return
    assert done.code == 128 + number, done.err
    took = time.monotonic() - began
    assert took < 10, "two seconds on a machine that does nothing else"
    assert done.err.strip() in {"interrupted; nothing is half written", "已中断；写好的报告保留，重新运行同一命令即可接着写"}
    left = {name for name in beside(place) - beside(source) if not name.startswith("each")}
    if took >= PATIENCE:  # it did not listen, and was ended: the next run clears what it had begun
        left = {name for name in left if not any(part.startswith(".") for part in Path(name).parts)}
    assert left <= {"work/store"}


def listens(status: Path) -> bool:
    """Whether a process has its own way with being told to end; also where it has ended."""
    try:
        caught = re.search(r"SigCgt:\s*([0-9a-f]+)", status.read_text(encoding="ascii"))
    except OSError:
        return True
    return caught is None or bool(int(caught[1], 16) >> (signal.SIGTERM - 1) & 1)


@pytest.mark.parametrize(
    ("words", "own", "said"),
    [
        ((), "", "interrupted; nothing is half written\n"),
        (("--lang", "zh"), "", "已中断；没有写到一半的文件\n"),
        ((), "写好的报告保留", "写好的报告保留\n"),
    ],
    ids=["en", "zh", "own words"],
)
def test_a_library_that_does_not_listen_is_ended_in_two_seconds(words, own, said):
    code = (
        "import hashlib, os, signal, threading\n"
        "from contextlib import nullcontext\n"
        "from evalkit.cli.stopping import stoppable\n"
        "from evalkit.cli.tongue import stopped_says\n"
        f"with stoppable(), {f'stopped_says({own!r})' if own else 'nullcontext()'}:\n"
        "    threading.Timer(0.3, os.kill, [os.getpid(), signal.SIGTERM]).start()\n"
        "    hashlib.pbkdf2_hmac('sha256', b'', b'', 100_000_000)\n"
    )
    began = time.monotonic()
    done = subprocess.run([sys.executable, "-c", code, *words], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 143, done.stderr
    assert done.stderr == said
    assert time.monotonic() - began < 20
    assert "Traceback" not in done.stderr


def changing(file: Path):
    """Progress that changes a file once the data are read."""

    def tell(stage: str) -> None:
        if stage in ("report", "ladder"):
            file.write_text(file.read_text(encoding="utf-8") + "\n", encoding="utf-8")

    return tell


@pytest.mark.parametrize("name", ["panel.csv", "study.toml"])
def test_an_input_that_changes_meanwhile(study, tmp_path, name):
    place = copied(study, tmp_path / "work")
    with pytest.raises(ek.DataError, match=f"{name}: the file was changed while it was being worked on"):
        deliver(ek.Study.read(place / "study.toml"), place / "out", progress=changing(place / name))
    assert beside(place) == beside(study)


def test_an_input_that_changes_while_reports_are_written(study, tmp_path):
    place = copied(study, tmp_path / "work")
    with pytest.raises(ek.DataError, match="was changed"):
        EachPlace(only=("010101",), jobs=1).deliver(
            ek.Study.read(place / "each.toml"), place / "out", progress=changing(place / "panel.csv")
        )
    assert not (place / "out" / "manifest.json").exists()


def test_homes_that_change_meanwhile(risk, tmp_path):
    from evalkit.study.risk.deliver import RiskStudy, deliver_risk

    place = copied(risk, tmp_path / "work")
    with pytest.raises(ek.DataError, match=r"homes.csv: the file was changed"):
        deliver_risk(RiskStudy.read(place / "risk.toml"), place / "out", progress=changing(place / "homes.csv"))
    assert not (place / "out").exists()


@pytest.mark.parametrize("name", ["panel.csv", "table.csv", "link.html", "hard.html"])
def test_an_output_that_is_an_input(warm, study, tmp_path, name):
    place = copied(study, tmp_path / "work")
    (place / "table.html").write_bytes((place / "table.csv").read_bytes())
    (place / "link.html").symlink_to("table.html")
    (place / "hard.html").hardlink_to(place / "table.html")
    before = digests(place)
    if name == "panel.csv":
        done = warm.run("assess", "study.toml", "--out", ".", "--force", cwd=place)
        one_message(done, 2, "the output folder holds what is read")
    elif name == "table.csv":
        done = warm.run("risk", "score", "no.skops", "table.csv", "--out", "table.csv", cwd=place)
        one_message(done, 2, "the output would take the place of what is read")
    else:
        done = warm.run("audit-table", "table.html", "--out", name, cwd=place)
        one_message(done, 2, "the output would take the place of what is read")
    assert digests(place) == before


def test_a_study_within_the_folder_to_be_replaced(warm, study, tmp_path):
    place = copied(study, tmp_path / "work")
    (place / "manifest.json").write_text("{}")
    done = warm.run("assess", place / "study.toml", "--out", place, "--force", cwd=tmp_path)
    one_message(done, 2, "the output folder holds what is read")
    assert (place / "study.toml").is_file()


def test_a_monitor_writes_into_no_folder_it_reads(warm, watched, tmp_path):
    place = copied(watched, tmp_path / "work")
    for out in ("work/deliveries/june", "work/store/june", "work"):
        words = ("monitor", "run", "work/monitor.toml", "--as-of", "2023-06-30", "--out", out, "--force")
        one_message(warm.run(*words, cwd=place, env=ENV), 2)
    assert beside(place) == beside(watched)


INPUTS = {
    "study": ("assess", "IT", "--out", "out"),
    "panel": ("audit", "IT.csv"),
    "table": ("audit-table", "IT.csv"),
    "template": ("assess", "study.toml", "--out", "out", "--template", "IT"),
    "model": ("risk", "card", "IT", "--out", "card.html"),
    "monitor": ("monitor", "bulletin", "IT", "--out", "b.html", "--as-of", "2023-06-30"),
}


@pytest.mark.parametrize("kind", ["fifo", "folder", "device"])
@pytest.mark.parametrize("given", INPUTS)
def test_an_input_that_is_no_file(warm, study, tmp_path, given, kind):
    place = copied(study, tmp_path / "work")
    text = next(file for file in place.glob("study.toml")).read_text(encoding="utf-8")
    (place / "study.toml").write_text(text.replace('"xlsx", "html"', '"docx"'), encoding="utf-8")
    name = next(word for word in INPUTS[given] if word.startswith("IT"))
    if kind == "fifo":
        os.mkfifo(place / name)
    elif kind == "folder":
        (place / name).mkdir()
    else:
        (place / name).symlink_to("/dev/zero")
    done = warm.start(*INPUTS[given], cwd=place).wait(most=30)
    one_message(done, 2 if given == "template" else 3)
    assert not (place / "out").exists()


def test_a_locale_that_knows_no_chinese(study, tmp_path):
    place = copied(study, tmp_path / "数据")
    (place / "panel.csv").rename(place / "面板.csv")
    text = (place / "each.toml").read_text(encoding="utf-8").replace("panel.csv", "面板.csv")
    (place / "评估.toml").write_text(text, encoding="utf-8")
    code = [sys.executable, "-c", "from evalkit.cli import main; main()"]
    env = {**os.environ, "LC_ALL": "C", "LANG": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
    assess, audit = ("assess", "评估.toml", "--out", "报告"), ("audit", "没有.csv")
    for words, said in ((assess, "report.xlsx"), (audit, "there is no such file")):
        done = subprocess.run([*code, *words], cwd=place, env=env, capture_output=True, check=False, timeout=200)
        assert done.returncode == (3 if words is audit else 0), done.stderr
        assert said in (done.stdout + done.stderr).decode("ascii", errors="strict")
    assert (place / "报告" / "manifest.json").is_file()


def test_models_that_were_tampered_with_and_keys_beside_data_are_refused_for_safety(warm, fitted, tmp_path):
    place = copied(fitted, tmp_path / "work")
    model = place / "model" / "model.skops"
    data = bytearray(model.read_bytes())
    data[len(data) // 2] ^= 1
    model.write_bytes(data)
    one_message(warm.run("risk", "card", model, "--out", "c.html", cwd=place), 5, "SafetyError")
    (place / "key.txt").write_text(SECRET)
    one_message(warm.run("risk", "fit", "risk.toml", "--out", "new", "--key", "key.txt", cwd=place), 5, "kept apart")
    assert not (place / "new").exists()


def test_a_ledger_that_was_tampered_with_is_refused_for_safety(warm, watched, tmp_path):
    place = copied(watched, tmp_path / "work")
    rows = next((place / "work" / "store" / "ledger").glob("segment-*.parquet"))
    rows.write_bytes(rows.read_bytes()[:-1] + b"?")
    words = ("monitor", "bulletin", "work/monitor.toml", "--as-of", "2023-06-30", "--out", "b.html")
    one_message(warm.run(*words, cwd=place), 5, "not the one that was written")


def test_a_spreadsheet_that_declares_a_document_type_is_refused_for_safety(warm, tmp_path):
    from zipfile import ZipFile

    with ZipFile(tmp_path / "panel.xlsx", "w") as archive:
        archive.writestr("xl/workbook.xml", '<!DOCTYPE a [<!ENTITY b "c">]><workbook/>')
    one_message(warm.run("audit", "panel.xlsx", cwd=tmp_path), 5, "document type")


def test_reports_of_places_are_one_folder_for_one_run(study, tmp_path):
    with claimed(tmp_path / "each"), pytest.raises(ek.OutputError, match="another run is writing there"):
        EachPlace(jobs=1).deliver(ek.Study.read(study / EACH[1]), tmp_path / "each")
