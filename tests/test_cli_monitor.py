"""The monitor at the command line, as a county meets it month by month: follow-ups in Chinese, slips, kills, reruns."""

import fcntl
import io
import json
import re
import shutil
import signal
import subprocess
import sys
import time
from contextlib import redirect_stderr, redirect_stdout
from datetime import date
from pathlib import Path
from typing import NamedTuple

import openpyxl
import pandas as pd
import pytest

import evalkit as ek
from evalkit.cli import main
from evalkit.cli.stopping import Stopped
from evalkit.monitor.door.store import Store
from evalkit.monitor.ledger.ledger import Ledger
from evalkit.panel.pseudonyms import printed, pseudonym_numbers
from evalkit.simulate.deliveries import MonthlyDeliveries
from evalkit.simulate.households import HouseholdSimulation
from evalkit.study.monitor.run import MonitorStudy

SECRET = "0123456789abcdef, a secret of this test"
HOMES = HouseholdSimulation(households=120, villages=4, counties=2, periods=(2022, 2023))
HEADS = ["农户编号", "环节", "日期", "原因", "措施", "来源"]
FOLLOW = """
[follow_up]
file = "follow_up/*"
household = "农户编号"
code = "农户代号"
stage = "环节"
date = "日期"
reason = "原因"
measure = "措施"
source = "来源"
"""


class Done(NamedTuple):
    code: int
    out: str
    err: str


def evalkit(*arguments: object, key: str = "") -> Done:
    """The command line within this process: what it returns and prints."""
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patched, redirect_stdout(out), redirect_stderr(err):
        patched.setenv("EVALKIT_MONITOR_KEY", key)
        patched.setattr(sys, "argv", ["evalkit", "monitor", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            main()
    return Done(int(left.value.code or 0), out.getvalue(), re.sub(r"\s+", " ", err.getvalue()))


class County:
    """A county's folder: deliveries as they come, follow-ups, the key apart, and the months that were run."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.work, self.key = folder, folder / "work", folder / "safe" / "key.txt"

    def arrive(self, month: str, sent: Path) -> None:
        """Everything that was known by the end of a month."""
        for path in sorted([*sent.glob("*.csv"), *sent.glob("register/*.csv")]):
            if path.stem[-7:] <= month:
                shutil.copy(path, self.work / "deliveries" / path.relative_to(sent))

    def run(self, as_of: str, *more: object, out: str = "") -> Done:
        """The month, with the key of the county unless another is given."""
        given = () if "--key" in more else ("--key", self.key)
        return evalkit("run", self.work / "monitor.toml", "--as-of", as_of, "--out", self.out(out or as_of), *given, *more)

    def out(self, name: str) -> Path:
        return self.folder / "out" / name

    def listed(self, as_of: str) -> list[str]:
        """The codes of the lists of a run, in order."""
        return [str(row[1]) for path in sorted(self.out(as_of).glob("visits/*/*.xlsx")) for row in sheet(path)]

    def tell(self, rows: list[list[object]], file: str, heads: list[str] = HEADS) -> Path:
        """A follow-up file."""
        path = self.work / "follow_up" / file
        frame = pd.DataFrame(rows, columns=heads)
        if path.suffix == ".xlsx":
            frame.to_excel(path, index=False)
        else:
            frame.to_csv(path, index=False, encoding="gb18030")
        return path

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.work / "store" / "ledger")

    def copied(self, folder: Path) -> "County":
        shutil.copytree(self.folder, folder)
        return County(folder)


def sheet(path: Path) -> list[tuple]:
    """The rows of the list of a village."""
    book = openpyxl.load_workbook(path, read_only=True)
    rows = [row for row in book["visits"].iter_rows(values_only=True) if isinstance(row[0], int)]
    book.close()
    return rows


def pages(folder: Path) -> dict[str, bytes]:
    """What a run wrote, but for what says which deliveries were new to the store."""
    paths = [path for path in sorted(folder.rglob("*")) if path.is_file() and path.name not in ("quality.html", "manifest.json")]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


@pytest.fixture(scope="module")
def sent(tmp_path_factory) -> Path:
    """All that departments send: the first year in one file a table, then month by month."""
    MonthlyDeliveries().write(HOMES, folder := tmp_path_factory.mktemp("sent") / "all")
    old = [path for path in [*folder.glob("*.csv"), *folder.glob("register/*.csv")] if path.stem[-7:] < "2023-01"]
    for table in {path.parent / path.stem[:-8] for path in old}:
        parts = sorted(path for path in old if path.parent / path.stem[:-8] == table)
        whole = pd.concat([pd.read_csv(path, dtype=str, encoding="utf-8-sig") for path in parts])
        for path in parts:
            path.unlink()
        whole.to_csv(table.with_name(f"{table.name}-2022-12.csv"), index=False, encoding="utf-8-sig")
    return folder


@pytest.fixture(scope="module")
def keys(sent) -> dict[str, str]:
    """The households by their codes, as who holds the key finds them."""
    homes = pd.concat([pd.read_csv(path, dtype=str) for path in sent.glob("register/homes*.csv")])["unit"].unique()
    return dict(zip(printed(pseudonym_numbers(homes, SECRET.encode(), "household").to_numpy("int64")), homes, strict=True))


@pytest.fixture(scope="module")
def january(tmp_path_factory, sent) -> County:
    """The county after its first month."""
    county = County(tmp_path_factory.mktemp("january") / "county")
    shipped = ek.datasets.folder()
    (county.work / "deliveries" / "register").mkdir(parents=True)
    (county.work / "follow_up").mkdir()
    county.key.parent.mkdir()
    county.key.write_text(SECRET)
    for name in ("sources.toml", "rules.toml"):
        text = (shipped / "monitor" / name).read_text(encoding="utf-8")
        (county.work / name).write_text(re.sub(r"(?m)^line = \d+", "line = 6300", text), encoding="utf-8")
    told = (shipped / "studies" / "monitor.toml").read_text(encoding="utf-8")
    own = {'sources = "shipped"': 'sources = "sources.toml"', 'rules = "shipped"': 'rules = "rules.toml"'}
    own |= {"capacity = 6": "capacity = 4", "least = 10": "formats = ['xlsx']\nleast = 10"}
    for shipped_line, line in own.items():
        told = told.replace(shipped_line, line)
    (county.work / "monitor.toml").write_text(told + FOLLOW, encoding="utf-8")
    county.arrive("2023-01", sent)
    done = county.run("2023-01-31")
    assert done.code == 0, done.err
    assert "台账新增" in done.out
    assert "应走访" in done.out
    assert "月报合看" not in done.out
    return county


@pytest.fixture(scope="module")
def february(tmp_path_factory, january, sent, keys) -> tuple[County, Done]:
    """The county after its second month: visits told in Chinese, one home that came forward, one delivery that is wrong."""
    county = january.copied(tmp_path_factory.mktemp("february") / "county")
    homes = [keys[code] for code in county.listed("2023-01-31")]
    rows: list[list[object]] = []
    for at, home in enumerate(homes[:9]):
        rows.append([home, "入户核实", f"2023-02-{at + 1:02d}", None, None, None])
        rows.append(
            [home, "不纳入", "2023年2月16日", "入户核实未见风险", None, None]
            if at % 3 == 0
            else [home, "纳入监测", "2023-02-17", None, None, "乡镇"]
        )
        rows += [[home, "落实帮扶", "2023-02-20", None, "产业帮扶", "village"]] if at % 3 == 1 else []
    forward = sorted(set(keys.values()) - set(homes) - {keys[code] for code in flagged(county)})[0]
    rows.append([forward, "flagged", "2023-02-10", "因病", None, "农户自主申报"])
    county.tell(rows, "2023-02 乡镇.xlsx")
    county.arrive("2023-02", sent)
    broken = county.work / "deliveries" / "medical-2023-02.csv"
    broken.write_bytes(broken.read_bytes().replace(b"amount", b"sum", 1))
    (county.work / "deliveries" / "water-0.xlsx").write_bytes(b"PK\x03\x04 no spreadsheet")
    return county, county.run("2023-02-28")


def flagged(county: County) -> list[str]:
    return printed(county.ledger.state().frame["home"].to_numpy("int64"))


def test_help_shows_examples():
    for command in ("run", "bulletin", "quality"):
        done = evalkit(command, "--help")
        assert done.code == 0
        assert f"evalkit monitor {command}" in done.out


def test_lists_are_within_what_villages_can_do(january):
    books = sorted(january.out("2023-01-31").glob("visits/*/*.xlsx"))
    assert [len(sheet(path)) for path in books] == [4] * 4
    assert all(path.stat().st_mode & 0o077 == 0 for path in books)


def test_the_same_month_again_draws_the_same_list_and_writes_nothing(january, tmp_path):
    county = january.copied(tmp_path / "county")
    before = county.ledger.changes()
    done = county.run("2023-01-31", out="again")
    assert done.code == 0
    assert "台账已有本次全部记录，未作改动" in done.out
    assert pages(county.out("again")) == pages(county.out("2023-01-31"))
    pd.testing.assert_frame_equal(county.ledger.changes(), before)


def test_a_list_drawn_after_flags_are_in_the_ledger_has_them_as_new(january):
    statuses = {row[2] for path in january.out("2023-01-31").glob("visits/*/*.xlsx") for row in sheet(path)}
    assert statuses == {"新发现"}


def test_refused_deliveries_hold_up_nothing_are_named_and_leave_three(february):
    county, done = february
    assert done.code == 3
    assert "medical-2023-02.csv: the file has no column [amount]" in done.err
    assert "water-0.xlsx" in done.err
    assert "2 份数据被拒收" in done.out
    page = (county.out("2023-02-28") / "quality.html").read_text(encoding="utf-8")
    assert "medical-2023-02.csv" in page
    assert "缺少声明的列" in page


def test_follow_ups_in_chinese_reach_the_ledger(february):
    county, _ = february
    cases = county.ledger.state(date(2023, 2, 28)).frame
    assert cases["visited"].notna().sum() == 9
    assert (cases["not_included"].notna().sum(), cases["included"].notna().sum(), cases["measures"].sum()) == (3, 6, 3)
    forward = cases[cases["source"] == "self_report"]
    assert forward[["reason", "stage", "case"]].to_numpy().tolist()[0][1:] == ["flagged", 1]
    assert forward["county"].notna().all()
    assert forward["village"].notna().all()


def test_what_is_told_again_changes_nothing_and_a_delivery_that_comes_right_is_taken_in(february, sent, tmp_path):
    county = february[0].copied(tmp_path / "county")
    before = county.ledger.changes()
    told = pd.read_excel(county.work / "follow_up" / "2023-02 乡镇.xlsx", engine="calamine")
    county.tell(told.values.tolist()[::-1], "again.csv")
    done = county.run("2023-02-28", out="again")
    assert "0 项新情况" in done.out
    assert pages(county.out("again")) == pages(county.out("2023-02-28"))
    pd.testing.assert_frame_equal(county.ledger.changes(), before)
    (county.work / "deliveries" / "water-0.xlsx").unlink()
    shutil.copy(sent / "medical-2023-02.csv", county.work / "deliveries")
    done = county.run("2023-02-28", "--force", "--quiet")
    assert (done.code, done.out.strip(), done.err) == (0, str(county.out("2023-02-28")), "")
    told = county.ledger.changes()
    assert len(told) >= len(before)
    flags = told[told["source"] == "monitor"].assign(rule=lambda rows: rows["reason"].str.split("; ")).explode("rule")
    assert not flags.duplicated(["home", "case", "rule", "known_date"]).any()


def test_visits_come_back_by_codes_and_what_is_of_later_days_waits(january, tmp_path):
    county = january.copied(tmp_path / "county")
    codes, heads = county.listed("2023-01-31"), ["农户代号", "环节", "日期"]
    rows: list[list[object]] = [[code.lower(), "visited", "2023-01-31"] for code in codes[:2]]
    path = county.tell([*rows, [codes[0], "included", "2023-02-12"]], "visits.csv", heads)
    path.with_name("more.xls").write_bytes(b"a format that is not read")
    done = county.run("2023-01-31", out="again")
    assert done.code == 0, done.err
    assert "1 行回填的日期晚于 2023-01-31" in done.out
    assert "另有 1 个回填文件的格式不能读取，未计入" in done.out
    cases = county.ledger.state().frame
    assert sorted(printed(cases.loc[cases["visited"].notna(), "home"].to_numpy("int64"))) == sorted(codes[:2])


SLIPS = {
    "visit before flag": (
        [["{other}", "visited", "2023-02-03", None, None, None]],
        "row 2: 'visited' of a case that was never opened; check the number of the home",
    ),
    "no stage": ([["{home}", None, "2023-02-03", None, None, None]], "column '环节' cannot be read; found row 2"),
    "no day": ([["{home}", "visited", "soon", None, None, None]], "column '日期' cannot be read; found row 2"),
    "word of nobody": ([["{home}", "visited", "2023-02-03", None, "张三家", None]], "column '措施' cannot be read; found row 2"),
    "no reason": (
        [["{home}", "visited", "2023-02-03", None, None, None], ["{home}", "不纳入", "2023-02-04", None, None, None]],
        "row 3: not included without a reason",
    ),
    "out of order": ([["{home}", "helped", "2023-02-03", None, "industry", None]], "row 2: 'helped' cannot follow 'flagged'"),
    "unknown home that came forward": (
        [["H99", "flagged", "2023-02-03", "因病", None, "self_report"]],
        "the register does not know this home",
    ),
    "resolved too soon": (
        [
            ["{home}", "visited", "2023-02-03", None, None, None],
            ["{home}", "included", "2023-02-04", None, None, None],
            ["{home}", "helped", "2023-02-05", None, "industry", None],
            ["{home}", "风险消除", "2023-02-20", "conditions_met", None, None],
        ],
        "row 5: the conditions of resolution are not met: long enough since inclusion",
    ),
}


@pytest.fixture(scope="module")
def slippery(tmp_path_factory, january) -> County:
    return january.copied(tmp_path_factory.mktemp("slips") / "county")


@pytest.mark.parametrize("slip", SLIPS)
def test_slips_of_follow_ups_are_told_by_file_and_row_and_write_nothing(slippery, keys, slip):
    county = slippery
    codes = county.listed("2023-01-31")
    other = next(home for code, home in sorted(keys.items()) if code not in flagged(county))
    rows, says = SLIPS[slip]
    filled = [[cell.format(home=keys[codes[0]], other=other) if isinstance(cell, str) else cell for cell in row] for row in rows]
    path = county.tell(filled, "slip.csv")
    before = county.ledger.changes()
    try:
        done = county.run("2023-02-28", out="slip")
    finally:
        path.unlink()
    assert done.code == 3, done.out
    if slip == "resolved too soon":  # the conditions are asked of the ledger with all other follow-ups in it
        assert len(county.ledger.changes()) == len(before) + 3
        assert "the other follow-ups are written" in done.err
    else:
        pd.testing.assert_frame_equal(county.ledger.changes(), before)
    assert says in done.err
    assert "slip.csv" in done.err
    assert "张三" not in done.err
    assert "internal" not in done.err
    assert not county.out("slip").exists()


def test_files_of_follow_ups_that_cannot_be_read_are_named(january, tmp_path):
    county = january.copied(tmp_path / "county")
    (county.work / "follow_up" / "torn.xlsx").write_bytes(b"PK no spreadsheet")
    (county.work / "follow_up" / "~$torn.xlsx").write_bytes(b"a mark of an open file")
    county.tell([["H1", "visited"]], "short.csv", ["农户编号", "环节"])
    county.tell([["H1", "visited", "2023-02-01"]], "visits of 13912345678.csv", ["农户", "环节", "日期"])
    done = county.run("2023-02-28")
    assert done.code == 3
    assert "3 things are wrong with the follow-ups" in done.err
    assert "torn.xlsx: the file is not a readable .xlsx" in done.err
    assert "short.csv: the file has no column [日期]" in done.err
    assert "13912345678" not in done.err


@pytest.mark.parametrize(
    ("as_of", "code", "says"),
    [
        ("2023-01-30", 3, "the ledger is written up to a later day; found 2023-01-30, before 2023-01-31"),
        ("2999-12-31", 2, "has not come yet"),
        ("2023-02-30", 2, "needs the day it looks as of"),
    ],
)
def test_wrong_days_are_refused(january, as_of, code, says):
    done = january.run(as_of)
    assert (done.code, says in done.err) == (code, True), done.err


def test_wrong_keys_are_refused(january, tmp_path):
    (other := tmp_path / "other.txt").write_text("another key of sixteen bytes and more")
    (beside := january.work / "deliveries" / "key.txt").write_text(SECRET)
    wrong, near = (january.run("2023-02-28", "--key", path) for path in (other, beside))
    beside.unlink()
    none = evalkit("run", january.work / "monitor.toml", "--as-of", "2023-02-28", "--out", january.out("none"))
    assert (wrong.code, "not that of the store" in wrong.err) == (2, True)
    assert (near.code, "beside what it is to be kept apart from" in near.err) == (5, True)
    assert (none.code, "needs the key" in none.err) == (3, True)
    assert SECRET not in wrong.err + near.err + none.err


def test_risks_of_which_a_column_stands_twice_are_refused(january, tmp_path):
    county = january.copied(tmp_path / "county")
    with (county.work / "monitor.toml").open("a", encoding="utf-8") as told:
        told.write('\n[risk]\nfile = "risk.csv"\n')
    (county.work / "risk.csv").write_text("household,risk,risk\nH0000001,0.1,0.9\n", encoding="utf-8")
    done = county.run("2023-01-31", out="twice")
    assert done.code == 3, done.out
    assert "risk.csv: the table loses something when it is read; found duplicate_column (B, C)" in done.err


@pytest.mark.parametrize("risk", ["1.5", "high", ""])
def test_risks_that_are_no_probabilities_are_named_by_row(january, tmp_path, risk):
    county = january.copied(tmp_path / "county")
    (county.work / "risk.csv").write_text(f"household,risk\nH1,0.5\nH2,{risk}\n", encoding="utf-8")
    with (county.work / "monitor.toml").open("a", encoding="utf-8") as told:
        told.write('\n[risk]\nfile = "risk.csv"\n')
    done = county.run("2023-02-28")
    assert done.code == 3
    assert "risk.csv, row 3: risks must be numbers from 0 to 1. To do: give probabilities." in done.err
    assert "H2" not in done.err
    assert not county.out("2023-02-28").exists()


def test_a_folder_that_is_there_is_kept(january):
    before = pages(january.out("2023-01-31"))
    done = january.run("2023-01-31")
    assert (done.code, "there already" in done.err) == (4, True)
    assert pages(january.out("2023-01-31")) == before


def test_two_runs_at_once(january):
    with (january.work / "store" / ".run").open("ab") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = january.run("2023-01-31", out="second")
    assert (done.code, "another run of this monitor is under way" in done.err) == (4, True)
    assert not january.out("second").exists()


def test_killed_between_ledger_and_folder_a_run_is_made_good_by_the_next(january, february, tmp_path):
    county = january.copied(tmp_path / "county")
    whole, _ = february
    for place in ("deliveries", "follow_up"):
        shutil.copytree(whole.work / place, county.work / place, dirs_exist_ok=True)
    told = ["--as-of", "2023-02-28", "--key", county.key, "--out", county.out("2023-02-28")]
    command = [sys.executable, "-m", "evalkit.cli", "monitor", "run", county.work / "monitor.toml", *told]
    segments = len(whole.ledger.segments())
    with subprocess.Popen(list(map(str, command)), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as running:
        last, start = county.ledger.folder / f"segment-{segments:06d}.json", time.monotonic()
        while not last.exists() and running.poll() is None and time.monotonic() - start < 60:
            time.sleep(0.005)
        running.kill()
    assert last.exists()
    assert not county.out("2023-02-28").exists()
    assert county.run("2023-02-28").code == 3
    assert pages(county.out("2023-02-28")) == pages(whole.out("2023-02-28"))
    pd.testing.assert_frame_equal(county.ledger.changes(), whole.ledger.changes())
    assert not [path for path in county.out("").iterdir() if path.name.startswith(".")] or county.out("2023-02-28").exists()


def test_a_disk_that_is_full_is_said_and_leaves_no_folder(january, monkeypatch):
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("evalkit.study.monitor.run.MonitorStudy.run", lambda *_: None)
    monkeypatch.setattr("evalkit.study.monitor.deliver._write", full)
    done = january.run("2023-01-31", out="full")
    assert (done.code, "No space left" in done.err, "ledger is told already" in done.err) == (4, True, True), done.err
    assert not january.out("full").exists()


def test_before_anything_is_known_there_is_nothing_to_visit(january, tmp_path):
    county = january.copied(tmp_path / "county")
    shutil.rmtree(county.work / "store")
    for path in county.work.glob("deliveries/*.csv"):
        path.unlink()
    done = county.run("2001-01-31", "--lang", "en")
    assert done.code == 0, done.err
    assert "0 homes are due" in done.out
    assert not re.search("[\u4e00-\u9fff]", done.out)
    assert (county.out("2001-01-31") / "bulletin.xlsx").is_file()
    assert not list((county.out("2001-01-31") / "visits").iterdir())


def test_bulletin_and_quality_page_of_any_day_in_both_languages(february, tmp_path):
    county, _ = february
    for lang, title in (("zh", "防止返贫监测月报"), ("en", "Monthly bulletin of monitoring")):
        out = tmp_path / f"{lang}.html"
        done = evalkit("bulletin", county.work / "monitor.toml", "--as-of", "2023-01-31", "--lang", lang, "--out", out)
        assert done.code == 0, done.err
        assert title in out.read_text(encoding="utf-8")
    out = tmp_path / "quality.xlsx"
    assert evalkit("quality", county.work / "monitor.toml", "--as-of", "2023-02-28", "--out", out).code == 0
    none = evalkit("bulletin", county.work / "monitor.toml", "--as-of", "2022-01-31", "--out", tmp_path / "none.html")
    assert (none.code, "the ledger knows of no case yet" in none.err) == (3, True)
    wrong = evalkit("bulletin", county.work / "monitor.toml", "--as-of", "2023-01-31", "--out", tmp_path / "bulletin.txt")
    assert wrong.code == 2


def test_a_file_with_a_header_alone_is_nobody_where_few_are_usual_and_a_failed_export_where_many_are(january, sent, tmp_path):
    county = january.copied(tmp_path / "county")
    county.arrive("2023-03", sent)
    full = county.work / "deliveries" / "employment-2023-02.csv"
    full.write_bytes(full.read_bytes().split(b"\n", 1)[0])
    full.with_name("disaster-2023-02.csv").write_text("unit,record,event_date,known_date,amount\n", encoding="utf-8")
    done = county.run("2023-03-31")
    assert done.code == 0, done.err
    assert "2 份数据只有表头、没有记录" in done.out
    assert re.search(r"规则“.+”有 \d+ 户未能判断：所需部门数据未送达", done.out)
    page = (county.out("2023-03-31") / "quality.html").read_text(encoding="utf-8")
    for said in (
        "1 份数据只有表头、没有记录（灾害损失 2023-02），按当期无人上报计",
        "（务工就业与工资 2023-02），可能是导出失败",
    ):
        assert said in page


def hidden(path: Path) -> dict[str, list[tuple[int, int]]]:
    """Which cells of open cases and of what happened a bulletin does not show, by sheet."""
    book = openpyxl.load_workbook(path)
    names = [name for name in book.sheetnames if name.startswith(("open_by", "flows"))]
    rows = {name: list(book[name].iter_rows(values_only=True)) for name in names}
    book.close()
    assert len(rows) == 4
    return {
        name: [(i, j) for i, row in enumerate(cells[4:]) for j, cell in enumerate(row) if cell is None]
        for name, cells in rows.items()  # title, source, link and heads come first
    }


def test_a_bulletin_hides_what_would_give_counts_away_beside_the_one_before(february, tmp_path):
    """That of a run is noted, and a page of the same day shows the same; where no run is known of it shows more."""
    county, run = february
    assert "合看仍可推算" not in run.out
    told = json.loads((county.work / "store" / "bulletins" / "2023-02-28.json").read_text(encoding="utf-8"))
    assert told["apart_from"] == ["2023-01-31"]
    out = tmp_path / "bulletin.xlsx"
    asked = ("bulletin", county.work / "monitor.toml", "--as-of", "2023-02-28", "--out", out)
    assert evalkit(*asked).code == 0
    assert hidden(out) == hidden(county.out("2023-02-28") / "bulletin.xlsx")
    page = tmp_path / "bulletin.html"
    assert evalkit(*asked[:-1], page).code == 0
    assert "已与往期月报（截至 2023-01-31）的在办农户和各月进展一并核查" in page.read_text(encoding="utf-8")

    alone = county.copied(tmp_path / "alone")
    shutil.rmtree(alone.work / "store" / "bulletins")
    assert evalkit("bulletin", alone.work / "monitor.toml", "--as-of", "2023-02-28", "--out", out).code == 0
    before, now = hidden(out), hidden(county.out("2023-02-28") / "bulletin.xlsx")
    assert all(set(before[name]) <= set(now[name]) for name in now)
    assert before != now


def test_a_bulletin_is_held_beside_one_that_no_run_wrote(february, tmp_path):
    county, _ = february
    out = tmp_path / "bulletin.html"
    asked = ("bulletin", county.work / "monitor.toml", "--as-of", "2023-02-28", "--out", out)
    done = evalkit(*asked, "--after", "2023-02-10")
    assert done.code == 0, done.err
    assert "截至 2023-01-31、2023-02-10" in out.read_text(encoding="utf-8")
    book = tmp_path / "bulletin.xlsx"
    assert evalkit(*asked[:-1], book, "--after", "2023-02-10").code == 0
    run, now = hidden(county.out("2023-02-28") / "bulletin.xlsx"), hidden(book)
    assert all(set(run[name]) <= set(now[name]) for name in now)  # readers of both see no more than the run's showed
    for day, code, said in (("2023-02-28", 2, "not of an earlier day"), ("2023", 2, "write --after 2024-06-30")):
        wrong = evalkit(*asked, "--after", day)
        assert (wrong.code, said in wrong.err) == (code, True), wrong.err


def test_a_bulletin_is_refused_where_earlier_ones_give_counts_away_whatever_it_hides(february, tmp_path):
    """As those of runs that were not noted do: they were not kept apart."""
    county = february[0].copied(tmp_path / "county")
    shutil.rmtree(county.work / "store" / "bulletins")
    out = tmp_path / "bulletin.html"
    asked = ("bulletin", county.work / "monitor.toml", "--as-of", "2023-03-31", "--out", out)
    done = evalkit(*asked, "--after", "2023-02-28")
    assert (done.code, out.exists()) == (5, False), done.err
    assert "the bulletin of 2023-03-31: with the bulletins of 2023-01-31, 2023-02-28 small counts that are not shown" in done.err
    assert "pass on one of a later month" in done.err
    run = county.run("2023-03-31", "--lang", "en")
    assert re.search(r"From the bulletins of 2023-01-31, 2023-02-28, 2023-03-31 \d+ counts that are not shown", run.out), run.err


def test_a_note_of_a_bulletin_with_other_tables_is_named(february, tmp_path):
    county = february[0].copied(tmp_path / "county")
    file = county.work / "store" / "bulletins" / "2023-01-31.json"
    note = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(note | {"flows": note["flows"][1:]}), encoding="utf-8")
    done = evalkit("bulletin", county.work / "monitor.toml", "--as-of", "2023-01-31", "--out", tmp_path / "bulletin.html")
    assert (done.code, "is damaged, or is of another ledger" in done.err) == (3, True), done.err


@pytest.mark.parametrize("note", ["{", "{}", "[]", '{"day": "2023-01-31", "open_in": [], "flows_in": []}'])
def test_a_damaged_note_of_a_bulletin_is_named(february, tmp_path, note):
    county = february[0].copied(tmp_path / "county")
    (county.work / "store" / "bulletins" / "2023-01-31.json").write_text(note, encoding="utf-8")
    out = tmp_path / "bulletin.html"
    for day in ("2023-01-31", "2023-02-15"):
        done = evalkit("bulletin", county.work / "monitor.toml", "--as-of", day, "--out", out)
        assert (done.code, "bulletins/2023-01-31.json: the note of what a bulletin showed is damaged" in done.err) == (3, True)
    assert not out.exists()


@pytest.mark.parametrize(("sent", "kept"), [("deliveries", "deliveries/store"), ("./in", "in"), ("all/in", "all")])
def test_deliveries_and_store_lie_apart(tmp_path, sent, kept):
    told = (ek.datasets.folder() / "studies" / "monitor.toml").read_text(encoding="utf-8")
    own = "\n".join(line for line in told.splitlines() if not line.startswith(("deliveries =", "store =")))
    (tmp_path / "monitor.toml").write_text(f'deliveries = "{sent}"\nstore = "{kept}"\n{own}', encoding="utf-8")
    with pytest.raises(ek.SpecError, match="deliveries and store must be folders apart from each other"):
        MonitorStudy.read(tmp_path / "monitor.toml")


def test_bulletins_before_are_those_of_the_last_run_of_each_month_whether_or_not_it_found_anything(january, tmp_path):
    county = january.copied(tmp_path / "county")
    for day in ("2022-11-30", "2022-12-15", "2022-12-31", "2023-02-10", "2023-02-28", ".2023-02-27.part-1"):
        (county.work / "store" / "evidence" / day).mkdir()
    before = MonitorStudy.read(county.work / "monitor.toml").bulletins.days_before
    assert [day.isoformat() for day in before(date(2023, 2, 28))] == ["2022-12-31", "2023-01-31", "2023-02-10"]
    assert before(date(2022, 9, 30)) == []


def test_the_quality_page_of_any_day_leaves_the_store_as_it_is(february, tmp_path):
    county, _ = february
    store = county.work / "store"

    def kept() -> dict[str, tuple[int, bytes]]:
        return {str(path): (path.stat().st_mtime_ns, path.read_bytes()) for path in store.rglob("*") if path.is_file()}

    before = kept()
    assert any("evidence/2023-01-31/" in path for path in before)
    for day in ("2023-01-31", "2023-02-15"):  # one that was run, and one that never was
        done = evalkit("quality", county.work / "monitor.toml", "--as-of", day, "--out", tmp_path / f"{day}.html")
        assert done.code == 0, done.err
        assert kept() == before


def test_a_run_that_is_interrupted_keeps_deliveries_and_does_not_say_that_nothing_was_written(
    january, sent, tmp_path, monkeypatch
):
    def stopped(*_: object, **__: object) -> None:
        raise Stopped(signal.SIGTERM)

    county = january.copied(tmp_path / "county")
    county.arrive("2023-02", sent)
    before = len(Store(county.work / "store").deliveries())
    with monkeypatch.context() as patched:
        patched.setattr("evalkit.monitor.monitor.Monitor.look", stopped)
        done = county.run("2023-02-28")
    assert (done.code, done.err.strip()) == (143, "interrupted; nothing is half written")
    assert len(Store(county.work / "store").deliveries()) > before
    assert not county.out("2023-02-28").exists()
    assert county.run("2023-02-28").code == 0


def test_a_bulletin_is_the_same_whoever_asks_for_it_later(february, tmp_path):
    county, _ = february
    one, two = (tmp_path / name for name in ("one.html", "two.html"))
    for out in (one, two):
        evalkit("bulletin", county.work / "monitor.toml", "--as-of", "2023-02-28", "--out", out)
    assert one.read_bytes() == two.read_bytes()
