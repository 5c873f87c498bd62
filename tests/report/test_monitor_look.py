"""A look at a day on paper: its parts, by their names, in both languages; conditions of closing counted by hand."""

from datetime import date

import pandas as pd
import pytest

import evalkit as ek
from evalkit.monitor.ledger.closing import CONDITIONS, Closable, ClosingConditions
from evalkit.study.monitor.demo import demonstration, one_time_key

DAY = date(2022, 9, 30)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    few = ek.HouseholdSimulation(households=80, villages=2, counties=2, periods=(2022,))
    return demonstration(tmp_path_factory.mktemp("monitor"), few, DAY).run(DAY, one_time_key())


def closable(months: list[bool | None]) -> Closable:
    rows = dict.fromkeys(CONDITIONS, True)
    frame = pd.DataFrame({"home": range(len(months)), **rows, "months": pd.array(months, dtype="boolean")})
    frame["met"] = frame["months"].fillna(False)
    return Closable(spec=ClosingConditions(), frame=frame, as_of=DAY, notes=())


def test_conditions_by_hand():
    answer = closable([True] * 12 + [False] * 20 + [None] * 11)
    table = ek.table(answer, lang="en").set_index("Condition")
    assert table.loc["Long enough since inclusion"].tolist() == [12, 20, 11, 43]
    assert table.loc["Somebody in the home can work"].tolist() == [43, 0, 0, 43]
    assert ek.prose(answer, lang="en").startswith("Of 43 monitored cases 12 meet all conditions")


def test_few_cases_are_not_told():
    answer = closable([True] * 3 + [False] * 20 + [None] * 20)
    row = ek.table(answer, lang="zh").iloc[0]
    assert pd.isna(row["符合"])
    assert row[["不符合", "未知"]].isna().any()
    assert "少于 10" in ek.prose(answer, lang="zh")


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_look_shows_its_parts(run, lang):
    look = run.look
    assert ek.table(look, lang=lang).equals(ek.table(look.triaged, lang=lang))
    names = set(ek.table(look, "signals", lang=lang).iloc[:, 0])
    spoken = {one.name.say(lang)[:1].upper() + one.name.say(lang)[1:] for one in look.spec.rules.rules}
    assert names <= spoken | {"合计", "All"}
    assert ek.figure(look, lang=lang).get_axes()
    assert all(ek.prose(part, lang=lang) in ek.prose(look, lang=lang) for part in (look.triaged, look.closable))


def test_a_report_takes_every_answer(run, tmp_path):
    process = run.study.process(run.state, DAY, run.look.counties["homes"])
    report = ek.Report("监测", lang="zh").add(run.received, run.look, run.look.quality, run.look.triaged, run.state, process)
    headings = [block.text for block in report.document().blocks if type(block).__name__ == "Heading"]
    assert headings == ["收到的数据", "当日情况", "数据质量", "走访安排", "监测帮扶台账", "工作质量"]
    assert report.save(tmp_path / "month.html").stat().st_size > 10_000
