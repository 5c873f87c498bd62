"""The monitor on paper: one content in two languages, no home by name, no small count that follows, lists for their owner."""

import re
import stat
from datetime import date

import numpy as np
import openpyxl
import pandas as pd
import pytest
from scipy.optimize import linprog

from evalkit.answer import Note
from evalkit.errors import DataError, OutputError, SpecError
from evalkit.monitor.ledger.changes import as_changes
from evalkit.monitor.ledger.stages import faults
from evalkit.monitor.ledger.state import LedgerState, case_states
from evalkit.monitor.process.process import ProcessQuality
from evalkit.monitor.signals.find import Signals
from evalkit.monitor.triage.capacity import VillageCapacity
from evalkit.monitor.triage.history import History
from evalkit.monitor.triage.triage import Triage, flags
from evalkit.panel.pseudonyms import printed
from evalkit.report.document import Bullets, Figure, Paragraph, Table
from evalkit.report.monitor.bulletin import BulletinFindings, compose_bulletin
from evalkit.report.monitor.cases import AGES, FLOWS, OPEN, OpenCases, flows
from evalkit.report.monitor.lists import VillageLists
from evalkit.report.monitor.process import monitoring_chapter
from evalkit.report.monitor.tables import HOME_KINDS
from evalkit.report.monitor.triage import by_rule, statuses, visits
from evalkit.report.pictures import Pictures
from evalkit.report.render import rendered
from evalkit.report.verbs import figures, tables, words
from evalkit.report.words import Voice
from evalkit.terms import Text

DAY = date(2024, 6, 30)
RULES = {"below": ("income", 1), "drop": ("income", 2), "medical": ("shock", 1), "water": ("guarantee", 3)}
NAMES = {
    "below": Text("收入低于监测线", "Income below the line"),
    "drop": Text("收入骤降", "Sharp drop of income"),
    "medical": Text("自付医疗费过高", "High medical costs"),
    "water": Text("饮水不达标", "Unsafe water"),
    **{f"C{i}": Text(f"第{i}县", f"County {i}") for i in range(6)},
    **{f"V{i}": Text(f"第{i}村", f"Village {i}") for i in range(60)},
}
ENDS = [day.date() for day in pd.date_range("2024-02-29", periods=5, freq="ME")]
UNJUDGED = pd.DataFrame(
    {
        "rule": ["below", "drop", "medical"],
        "county": ["C1", "C1", "C2"],
        "reason": ["delivery_missing", "no_record", "no_threshold"],
        "homes": [412, 7, 3000],
    }
)


def month(rng, ids, facts, pool, end):
    """What the rules find up to a month's end."""
    n = 160
    drawn = {"home": rng.choice(ids, n, replace=False), "rule": rng.choice(list(RULES), n)}
    first = pd.Timestamp(end) - pd.to_timedelta(rng.integers(5, 100, n), "D")
    pool.append(pd.DataFrame({**drawn, "first_event": first, "known_date": pd.Timestamp(end)}))
    found = pd.concat(pool).drop_duplicates(["home", "rule"], keep="last")
    found["last_event"] = found["first_event"]
    for at, name in enumerate(("channel", "level")):
        found[name] = found["rule"].map({rule: told[at] for rule, told in RULES.items()})
    return found.merge(facts[["home", "county", "village"]], on="home").sort_values(["home", "rule"], ignore_index=True)


def acted(rng, cases, listed, start, end):
    """What people do with open cases in the month after a list."""
    start = pd.Timestamp(start)

    def some(rows, share, stage, days, **more):
        kept = rows[rng.random(len(rows)) < share]
        return kept[["home", "case"]].assign(stage=stage, date=start + pd.Timedelta(days=days), source="township", **more)

    waits = cases[cases["stage"].isin(["flagged", "reopened"]) & cases["home"].isin(listed)]
    visited = some(waits, 0.9, "visited", 6)
    seen = cases.merge(visited[["home", "case"]], on=["home", "case"])
    included = some(seen, 0.6, "included", 9)
    rest = seen[~seen["home"].isin(included["home"])]
    parts = [
        visited,
        included,
        some(rest, 1, "not_included", 9, reason="income_sufficient"),
        some(cases[cases["stage"] == "included"], 0.7, "helped", 12, measure="job"),
        some(cases[cases["stage"] == "helped"], 0.4, "resolved", 20, reason="stable"),
    ]
    return as_changes(pd.concat(parts, ignore_index=True).assign(known_date=lambda one: one["date"]), end)


@pytest.fixture(scope="module")
def lived():
    """Five months of a district of 3,000 homes: lists, visits, inclusions and help, as a ledger takes them."""
    rng = np.random.default_rng(7)
    ids = (rng.permutation(3_000) * 1_000_003 - 10**9).astype(np.int64)
    county = rng.choice(6, len(ids), p=[0.45, 0.25, 0.16, 0.08, 0.04, 0.02])
    village = county * 10 + rng.integers(0, 10, len(ids))
    facts = pd.DataFrame({"home": ids, "county": [f"C{c}" for c in county], "village": [f"V{v}" for v in village]})
    facts = facts.assign(formerly_poor=rng.random(len(ids)) < 0.3, within=rng.random(len(ids)) < 0.3)
    told = {"home": pd.Series([], dtype="int64"), "case": pd.Series([], dtype="int64"), "stage": [], "date": [], "source": []}
    changes, pool = as_changes(pd.DataFrame(told), DAY), []
    for at, end in enumerate(ENDS):
        found = month(rng, ids, facts, pool, end)
        state = case_states(changes)
        triaged = Triage(capacity=VillageCapacity(default=6)).measure(found, facts, end, History.of(state, changes))
        new = as_changes(flags(triaged), end)
        assert not len(faults(new, state, known=end))
        changes = pd.concat([changes, new], ignore_index=True)
        if end != ENDS[-1]:
            state, listed = case_states(changes), triaged.frame.index[triaged.frame["listed"]]
            more = acted(rng, state[state["open"]], listed, end, ENDS[at + 1])
            assert not len(faults(more, state, known=ENDS[at + 1]))
            changes = pd.concat([changes, more], ignore_index=True)
    return facts, found, triaged, changes, LedgerState(spec=None, frame=case_states(changes), as_of=DAY)


@pytest.fixture(scope="module")
def process(lived):
    facts, *_, state = lived
    sample = facts.iloc[:300].assign(qualifies=np.arange(300) % 5 == 0)
    population = pd.Series({f"C{i}": 30_000.0 for i in range(6)})
    asked = ProcessQuality(within_days_visit=15, within_days_help=45)
    return asked.measure(state, DAY, population=population, sample=sample[["home", "county", "qualifies"]])


@pytest.fixture(scope="module")
def found(lived, process):
    _, _, triaged, changes, state = lived
    told = {"triaged": triaged, "unjudged": UNJUDGED, "process": process, "names": NAMES}
    notes = (Note("caution", Text("补充说明。", "A note.")),)
    return BulletinFindings(
        as_of=DAY, cases=state.frame, changes=changes, organization=Text("模拟局", "A bureau"), notes=notes, **told
    )


@pytest.fixture(scope="module")
def documents(found):
    return {lang: compose_bulletin(found, lang) for lang in ("zh", "en")}


def test_both_languages_say_the_same(documents):
    zh, en = documents["zh"], documents["en"]
    assert [type(block) for block in zh.blocks] == [type(block) for block in en.blocks]
    for one, other in zip(zh.tables(), en.tables(), strict=True):
        numbers = [table.frame.select_dtypes("number").to_numpy() for table in (one, other)]
        np.testing.assert_array_equal(*numbers)
        assert one.caption == other.caption and one.key == other.key
    said = [" ".join(block.items) for doc in (zh, en) for block in doc.blocks if isinstance(block, Bullets)]
    assert [sorted(re.findall(r"[\d,]*\d", text)) for text in said[:1]] == [
        sorted(re.findall(r"[\d,]*\d", text)) for text in said[1:]
    ]
    assert not re.search("[\u4e00-\u9fff]", " ".join(block.text for block in en.blocks if isinstance(block, Paragraph)))


def test_the_bulletin_holds_what_the_ledger_says(documents, lived):
    """Where a count is shown it is the one that is counted here from the changes."""
    *_, changes, state = lived
    table = {one.key: one.frame for one in documents["en"].tables()}
    cases = state.frame[state.frame["open"]]
    by_stage = table["open_by_stage"].set_index("County")
    for county, code in (("County 0", "C0"), ("County 1", "C1")):
        mine = cases[cases["county"] == code]
        assert by_stage.loc[county, "All"] == len(mine)
    june = changes[(changes["known_date"] >= "2024-06-01") & (changes["known_date"] <= "2024-06-30")]
    flow = table["flows"].set_index("County")
    for stage, head in FLOWS.items():
        count = len(june[june["stage"] == stage].drop_duplicates(["home", "case"]))
        shown = flow.loc["All", head.en]
        assert np.isnan(shown) if 0 < count < 10 else shown in (count, np.nan) or np.isnan(shown)
    age = (pd.Timestamp(DAY) - cases["flagged"]).dt.days
    total = table["open_by_age"].set_index("County").loc["All"]
    expected = [(age <= 15).sum(), age.between(16, 30).sum(), age.between(31, 90).sum(), (age > 90).sum()]
    for head, count in zip(AGES.values(), expected, strict=True):
        assert np.isnan(total[head.en]) or total[head.en] == count


def ends(frames, totals_shared):
    """The least and most of each cell missing in printed tables, from what is printed alone (counts from 1 on where hidden)."""
    sizes = [frame.size for frame in frames]
    start = np.cumsum([0, *sizes[:-1]])
    values = np.concatenate([frame.ravel() for frame in frames])
    lines, equal = [], []
    for first, frame in zip(start, frames, strict=True):
        cell = np.arange(frame.size).reshape(frame.shape) + first
        lines += [(row[:-1], row[-1]) for row in cell] if totals_shared else []
        lines += [(column[:-1], column[-1]) for column in cell.T]
        equal.append(cell[:, -1])
    A = np.zeros((len(lines), len(values)))
    for at, (parts, whole) in enumerate(lines):
        A[at, parts], A[at, whole] = 1, -1
    if totals_shared:
        links = np.zeros((len(equal[0]) * (len(equal) - 1), len(values)))
        pairs = [(a, b) for other in equal[1:] for a, b in zip(equal[0], other, strict=True)]
        for at, (a, b) in enumerate(pairs):
            links[at, a], links[at, b] = 1, -1
        A = np.vstack([A, links])
    gone = np.isnan(values)
    limits = [(1, 10_000) if missing else (value, value) for value, missing in zip(values, gone, strict=True)]
    found = {}
    for at in np.flatnonzero(gone):
        cost = np.zeros(len(values))
        cost[at] = 1
        both = [linprog(c, A_eq=A, b_eq=np.zeros(len(A)), bounds=limits, method="highs") for c in (cost, -cost)]
        assert all(one.status == 0 for one in both)
        found[at] = (both[0].x[at], both[1].x[at])
    return found


def test_no_small_count_follows_from_the_printed_tables(documents, lived):
    """An attack on the printed frames: linear programs over the three tables of open cases together, and over the others."""
    table = {one.key: one.frame for one in documents["zh"].tables()}
    three = [table[name].iloc[:, 1:].to_numpy(dtype=float) for name in ("open_by_stage", "open_by_kind", "open_by_age")]
    assert all(np.isnan(frame).any() for frame in three)
    for least, most in ends(three, totals_shared=True).values():
        assert most - least > 0.5 or least >= 10
    for key, shared in (("flows", False), ("visits", True), ("to_do", True)):
        for least, most in ends([table[key].iloc[:, 1:].to_numpy(dtype=float)], totals_shared=shared).values():
            assert most - least > 0.5 or least >= 10
    for one in documents["zh"].tables():
        if one.key in ("process_days", "process_indicators"):
            continue
        shown = one.frame.select_dtypes("number").to_numpy(dtype=float)
        assert not ((shown > 0) & (shown < 10)).any(), one.key


def test_months_cannot_be_taken_from_each_other(documents):
    """Days are shown, numbers of cases so far are not: their differences would tell the flows that are hidden."""
    days = next(one for one in documents["en"].tables() if one.key == "process_days")
    graded = next(one for one in documents["en"].tables() if one.key == "process_indicators")
    assert not any(head.startswith("G22") for head in graded.frame.columns)
    assert list(days.frame.columns) == ["Step", "County", "Median days", "Nine in ten within (days)", "In time (%)"]


def test_no_home_is_in_the_bulletin(documents, lived, tmp_path):
    facts, *_ = lived
    for lang, document in documents.items():
        page = rendered(document, "html", Pictures(lang)).decode()
        text = re.sub(r"data:[^\"]+", "", page)
        assert not any(one in text for one in printed(facts["home"].to_numpy()))
        assert not any(str(home) in text for home in facts["home"].tolist()[:300])


def test_a_ledger_without_cases_has_a_bulletin(lived):
    *_, changes, state = lived
    empty = BulletinFindings(as_of=date(2024, 1, 31), cases=state.frame[:0], changes=changes[:0])
    for lang in ("zh", "en"):
        document = compose_bulletin(empty, lang)
        assert rendered(document, "html", Pictures(lang))
    with pytest.raises(DataError, match="stage"):
        BulletinFindings(as_of=DAY, cases=state.frame.drop(columns="stage"), changes=changes)
    with pytest.raises(SpecError):
        BulletinFindings(as_of=DAY, cases=state.frame, changes=changes, least=1)


def test_flows_by_hand():
    """Two cases flagged in May and one in June, told in June; a second measure counts no second time."""
    rows = [
        (1, 1, "flagged", "2024-05-03", "C0"),
        (2, 1, "flagged", "2024-06-01", "C0"),
        (3, 1, "flagged", "2024-06-30", "C1"),
        (4, 1, "flagged", "2024-07-01", "C1"),
        (1, 1, "helped", "2024-06-05", None),
        (1, 1, "helped", "2024-06-25", None),
    ]
    changes = pd.DataFrame(rows, columns=["home", "case", "stage", "known_date", "county"])
    counts = flows(changes, DAY, least=2)
    assert counts.rows == ("C0", "C1")
    assert counts.found.table[:, [0, 4]].tolist() == [[1, 1], [1, 0], [2, 1]]
    assert flows(changes, date(2024, 5, 31), least=2).found.table[-1, 0] == 1


def test_ages_by_hand():
    """15, 16, 30, 31, 90 and 91 days: each in its band; a closed case counts nowhere."""
    days = [15, 16, 30, 31, 90, 91]
    cases = pd.DataFrame({"county": "C0", "kind": None, "stage": "reopened", "open": [True] * 6 + [False]})
    cases["flagged"] = [pd.Timestamp(DAY) - pd.Timedelta(days=day) for day in (*days, 3)]
    found = OpenCases.of(cases, DAY, least=2)
    assert found.age.found.table[0].tolist() == [1, 2, 2, 1, 6]
    assert found.stage.found.table[0].tolist() == [6, 0, 0, 0, 6]
    assert found.kind.found.table[0].tolist() == [0, 0, 0, 6, 6]
    assert len(OPEN) == len(HOME_KINDS) == 4


def test_triage_adds_up_on_paper(lived):
    _, found, triaged, _, _ = lived
    assert statuses(triaged).found.table[-1, -1] == len(triaged.frame)
    assert visits(triaged).found.table[-1].tolist()[:2] == [triaged.villages["listed"].sum(), triaged.villages["left"].sum()]
    rules = by_rule(triaged)
    waits = triaged.frame[~triaged.frame.index.isin(found["home"])]["reasons"].str.split("; ").explode().value_counts()
    for at, rule in enumerate(rules.rows):
        assert rules.found.table[at, -1] == (found["rule"] == rule).sum() + waits.get(rule, 0)


def test_every_answer_has_words_tables_and_figures(lived, process):
    *_, triaged, _, state = lived
    for lang in ("zh", "en"):
        voice = Voice(lang, NAMES)
        for answer in (triaged, state, process):
            said = words(answer, voice)
            assert said.endswith("。" if lang == "zh" else ".")
            assert lang == "zh" or not re.search("[\u4e00-\u9fff]", said)
            for table in tables(answer, voice):
                assert len(table.frame)
            for figure in figures(answer, voice):
                assert Pictures(lang).svg(figure)


def test_signals_by_county_and_rule(lived):
    _, found, *_ = lived
    answer = Signals(spec=None, frame=found, evidence=None, facts=None, unjudged=UNJUDGED, doubted=None)
    table = tables(answer, Voice("en", NAMES))[0].frame.set_index("County")
    for rule in RULES:
        assert table.loc["All", NAMES[rule].en] == (found["rule"] == rule).sum()
    shown = table.to_numpy()
    assert np.isnan(shown).any() and not ((shown > 0) & (shown < 10)).any()
    assert "2 counties" in words(answer, Voice("en")) and words(answer, Voice("zh")).endswith("。")


def test_the_chapter_gives_the_four_indicators(process):
    """G21 only where neither the resolved nor the others are few: 100 × resolved / included, as the panel has it."""
    blocks = monitoring_chapter(process, Voice("en", NAMES))
    table = next(block for block in blocks if isinstance(block, Table) and block.key == "process_indicators")
    printed_ = table.frame.set_index("County")
    counts, panel = process.counts.droplevel("period"), process.panel.droplevel("period")
    assert not printed_.isna().all(axis=None)
    for code in panel.index:
        row, own = printed_.loc[f"County {code[1:]}"], counts.loc[code]
        shown = row["G21 Risk resolved (%)"]
        rest = own["ever_included"] - own["resolved"]
        if not np.isnan(shown):
            assert shown == pytest.approx(panel.loc[code, "G21"])
            assert all(count == 0 or count >= 10 for count in (own["resolved"], rest))
        if 0 < own["included"] < 10:
            assert np.isnan(row["G22 New cases per 100"])
        if own["helped"] < 10:
            assert np.isnan(row["G24 Mean days, detection to help"])
        else:
            assert row["G24 Mean days, detection to help"] == pytest.approx(panel.loc[code, "G24"])
    assert monitoring_chapter(None, Voice("zh")) == []
    assert any(isinstance(block, Figure) for block in blocks)
    waits = [note.say("en") for note in process.notes if note.kind == "caution"]
    assert not set(waits) & {block.text for block in blocks if isinstance(block, Paragraph)}


@pytest.fixture
def evidence(lived):
    _, found, *_ = lived
    places = {"source": "medical", "delivery": "=cmd|x", "row": np.arange(2, len(found) + 2), "event_date": found["first_event"]}
    return found[["home", "rule", "known_date"]].assign(**places)


def test_lists_are_for_their_owner_alone(lived, evidence, tmp_path):
    _, found, triaged, *_ = lived
    lists = VillageLists(names=NAMES, sources={"medical": Text("医保结算", "Medical bills")}, lang="en")
    made = lists.save(triaged, tmp_path / "lists", found, evidence)
    listed = triaged.frame[triaged.frame["listed"]]
    assert len(made) == len(listed[["county", "village"]].drop_duplicates())
    for path in made:
        assert stat.S_IMODE(path.stat().st_mode) == 0o600 and stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    seen, first = {}, openpyxl.load_workbook(made[0])
    for path in made:
        rows = list(openpyxl.load_workbook(path)["visits"].iter_rows(min_row=5, values_only=True))
        assert [row[0] for row in rows] == list(range(1, len(rows) + 1))
        seen |= {row[1]: (path.parent.name, path.stem) for row in rows}
    where = dict(zip(printed(listed.index.to_numpy()), listed[["county", "village"]].itertuples(index=False), strict=True))
    assert seen == {home: tuple(place) for home, place in where.items()}
    told = list(first["evidence"].iter_rows(min_row=5, values_only=True))
    assert {row[0] for row in told} <= set(seen) and {row[2] for row in told} == {"Medical bills"}
    assert {row[3] for row in told} == {"'=cmd|x"}
    assert all(cell.data_type != "f" for sheet in first for row in sheet.iter_rows() for cell in row)


def test_lists_as_text(lived, evidence, tmp_path):
    _, found, triaged, *_ = lived
    made = VillageLists(names=NAMES, kind="csv").save(triaged, tmp_path, found, evidence)
    assert sum(path.name.endswith(".evidence.csv") for path in made) * 2 == len(made)
    rows = pd.read_csv(made[0])
    assert list(rows.columns)[:3] == ["次序", "农户代号", "状态"] and rows["农户代号"].str.fullmatch("[A-Z2-7]{13}").all()
    known = pd.read_csv(next(path for path in made if path.name.endswith(".evidence.csv")))
    assert known["交付文件"].eq("'=cmd|x").all()


def test_lists_are_not_put_into_a_file(lived, tmp_path):
    *_, triaged, _, _ = lived
    (tmp_path / "out").write_text("mine")
    with pytest.raises(OutputError, match=r"the folder cannot be made; found File exists\. To do: choose another") as refused:
        VillageLists().save(triaged, tmp_path / "out")
    assert refused.value.where == str(tmp_path / "out")
    assert (tmp_path / "out").read_text() == "mine"


def test_names_of_places_lead_nowhere_else(lived, tmp_path):
    _, _, triaged, *_ = lived
    one = triaged.frame[triaged.frame["listed"]].iloc[:2].copy()
    one["county"], one["village"] = ["../../etc", "C1"], ["..", "=1+1"]
    moved = type(triaged)(spec=triaged.spec, frame=one, villages=triaged.villages, as_of=DAY)
    made = VillageLists().save(moved, tmp_path / "out")
    assert all((tmp_path / "out") in path.resolve().parents for path in made)
    one["county"], one["village"] = ["C1", "C1"], ["a b", "a_b"]
    with pytest.raises(DataError, match="one file"):
        VillageLists().save(type(triaged)(spec=triaged.spec, frame=one, villages=triaged.villages, as_of=DAY), tmp_path / "out")
    with pytest.raises(DataError, match="delivery"):
        VillageLists().evidence(triaged, pd.DataFrame({"home": [1]}))
    with pytest.raises(SpecError):
        VillageLists(kind="pdf")
