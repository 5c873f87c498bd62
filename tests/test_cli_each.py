"""`evalkit assess --each county` as a user meets it: what it writes and says, killed in the middle, refused in one message."""

import os
import re
import signal
import subprocess
import sys
import time
from hashlib import sha256
from pathlib import Path

import pytest
from few_counties import FOUR, declared, rows

STUDY = declared("""[uncertainty]
draws = 100
[robustness]
draws = 0
samples = 0
[report]
formats = ["docx"]
""")


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-c", "from evalkit.cli import main; main()", "assess", *map(str, arguments)]


def evalkit(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess:
    return subprocess.run(command(*arguments), cwd=cwd, capture_output=True, text=True, check=False, timeout=300)


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != ".lock")
    return {path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def place(tmp_path_factory) -> Path:
    """A study of four simulated counties in two provinces."""
    folder = tmp_path_factory.mktemp("study")
    rows(FOUR, 2020).to_csv(folder / "panel.csv", index=False)
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def fresh(place) -> subprocess.CompletedProcess:
    """Every report in both languages, written in one go."""
    return evalkit("study.toml", "--each", "county", "--out", "fresh", "--lang", "zh", "--lang", "en", cwd=place)


def test_it_writes_every_county_and_says_how_far_it_is(place, fresh):
    assert fresh.returncode == 0, fresh.stderr
    lines = fresh.stdout.splitlines()
    assert lines[0] == "已写出 0/4 个地区的报告"
    assert lines[-3:] == ["已写出 4/4 个地区的报告", "4 个地区的报告在 places/ 中，汇总在 summary/ 中：", "fresh"]
    assert {path.name for path in (place / "fresh" / "places").iterdir()} == set(FOUR)
    for unit in FOUR:
        assert {path.name for path in (place / "fresh" / "places" / unit).iterdir()} == {
            "report.zh.docx",
            "report.en.docx",
            "record.json",
        }
    assert (place / "fresh" / "summary" / "summary.en.docx").is_file()


def test_the_same_command_again_writes_nothing_and_is_quiet(place, fresh):
    report = place / "fresh" / "places" / FOUR[0] / "report.zh.docx"
    before = report.stat().st_mtime_ns
    again = evalkit("study.toml", "--each", "county", "--out", "fresh", "--lang", "zh", "--lang", "en", "--quiet", cwd=place)
    assert again.returncode == 0, again.stderr
    assert again.stdout == "fresh\n"
    assert report.stat().st_mtime_ns == before


def children(pid: int) -> set[int]:
    found = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    return {int(one) for one in found}


def alive(pid: int) -> bool:
    stat = Path(f"/proc/{pid}/stat")
    try:
        return stat.read_text(encoding="ascii").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="processes are looked up in /proc")
def test_killed_in_the_middle_it_leaves_no_process_and_goes_on_to_the_same_bytes(place, fresh):
    out = place / "killed"
    words = ("study.toml", "--each", "county", "--out", "killed", "--lang", "zh", "--lang", "en", "--jobs", "2")
    run = subprocess.Popen(command(*words), cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    started = set[int]()
    while run.poll() is None and not list(out.glob("places/*/record.json")):
        started |= children(run.pid)
        time.sleep(0.02)
    run.send_signal(signal.SIGKILL)
    run.wait()
    there = len(list(out.glob("places/*/record.json")))
    assert 1 <= there < len(FOUR)
    assert not (out / "manifest.json").exists()
    deadline = time.monotonic() + 20
    while any(map(alive, started)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert started
    assert not any(map(alive, started))
    done = evalkit(*words, cwd=place)
    assert done.returncode == 0, done.stderr
    said = re.match(r"已写出 (\d+)/4", done.stdout)
    assert said
    assert int(said[1]) >= 1
    assert digests(out) == digests(place / "fresh")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("--each", "village"), 2, "--each is 'village', which is not a choice. To do: use one of county, unit."),
        (("--each", "county", "--only", "010199"), 2, "no place '010199' was scored"),
        (("--each", "county", "--jobs", "0"), 2, "at least one process"),
        (("--lang", "en", "--lang", "zh"), 2, "go with --each"),
        (("--lang", "zh", "--lang", "en"), 2, "两次 --lang、--only 和 --jobs 须与 --each 同用"),
        (("--only", "010101"), 2, "go with --each"),
        (("--each", "county", "--template", "no.docx"), 2, "no.docx"),
    ],
)
def test_what_cannot_be_is_refused_in_one_message(place, words, code, said):
    done = evalkit("study.toml", "--out", "refused", *words, cwd=place)
    assert done.returncode == code, done.stderr
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (place / "refused").exists()


def test_changed_data_are_told_before_anything_is_replaced(place, fresh, tmp_path):
    words = ("--each", "county", "--only", FOUR[0], "--out", tmp_path / "out", "--jobs", "1")
    assert evalkit("study.toml", *words, cwd=place).returncode == 0
    before = digests(tmp_path / "out")
    done = evalkit("study.toml", *words, "--lang", "en", cwd=place)
    assert done.returncode == 4
    assert "the folder holds reports of another computation; found other langs" in done.stderr
    assert digests(tmp_path / "out") == before


@pytest.mark.skipif(not hasattr(os, "getpgid") or sys.platform == "win32", reason="interrupts are sent as signals")
def test_interrupted_it_says_that_what_is_written_stays_and_goes_on(place):
    out = place / "interrupted"
    words = ("study.toml", "--each", "county", "--out", "interrupted", "--jobs", "1")
    run = subprocess.Popen(command(*words), cwd=place, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    while run.poll() is None and not list(out.glob("places/*/record.json")):
        time.sleep(0.02)
    run.send_signal(signal.SIGINT)
    _, told = run.communicate(timeout=60)
    assert run.returncode == 130
    assert told.strip() == "已中断；写好的报告保留，重新运行同一命令即可接着写"
    done = evalkit("study.toml", "--each", "county", "--out", "interrupted", "--jobs", "1", cwd=place)
    assert done.returncode == 0, done.stderr
    assert {path.name for path in (out / "places").iterdir()} == set(FOUR)  # nothing of what was begun is left
