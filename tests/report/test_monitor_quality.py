"""The page on the quality of deliveries: one content in two languages, figures that are drawn, a gap told from a zero."""

import re
from datetime import date

import numpy as np
import pandas as pd
import pytest

from evalkit.answer import Note
from evalkit.monitor.door.received import Received
from evalkit.monitor.linkage.linkage import COUNTS, Linkage, Linked
from evalkit.monitor.quality.quality import DeliveryQuality, DeliveryReport
from evalkit.report.document import Figure, Paragraph
from evalkit.report.monitor.quality import QualityFindings, _missing, compose_quality
from evalkit.report.pictures import Pictures
from evalkit.report.render import rendered
from evalkit.report.verbs import tables, words
from evalkit.report.words import Voice
from evalkit.terms import Text

NAMES = {"medical": Text("医保结算", "Medical bills"), "water": Text("饮水", "Water"), "C0": Text("甲县", "County A")}
SOURCES = pd.Index(["medical", "water"], name="source")


def whole(*values):
    return pd.array(list(values), dtype="Int64")


@pytest.fixture
def report():
    figures = {
        "records": whole(1200, 30),
        "newest_known": pd.to_datetime(["2024-06-05", None]),
        "age_days": whole(25, None),
        "due_days": whole(46, None),
        "overdue": [False, True],
        "expected": whole(24, 0),
        "missing": whole(3, 0),
        "duplicates": whole(12, 0),
        "conflict_number": whole(2, 0),
        "double_month": whole(0, 1),
        "outside_range": whole(4, 0),
        "event_after_known": whole(1, 0),
        "late": whole(7, 0),
        "delay_median": whole(20, None),
        "delay_slow": whole(55, None),
    }
    months = np.arange(24282, 24294)
    came = pd.DataFrame(
        {"source": "medical", "county": np.repeat(["C0", "C1"], 12), "month": np.tile(months, 2), "delivered": True}
    )
    came.loc[[2, 3, 14], "delivered"] = False
    late = pd.DataFrame({"source": "water", "county": "C0", "month": months[2:4], "delivered": [False, True]})
    filled = pd.DataFrame({"source": "medical", "column": ["person", "amount"], "records": 1200, "filled": [1100, 1200]})
    return DeliveryReport(
        spec=DeliveryQuality(),
        frame=pd.DataFrame(figures, index=SOURCES),
        filled=filled.assign(share=filled["filled"] / 1200),
        coverage=pd.concat([came, late]),
        notes=(Note("caution", Text("逾期。", "Overdue.")),),
    )


@pytest.fixture
def found(report):
    linked = pd.DataFrame({name: [10, 0] for name in COUNTS}, index=SOURCES)
    rows = {
        "source": ["medical", "water"],
        "delivery": ["2024-06-a", ""],
        "file": ["a.csv", "b.csv"],
        "status": ["stored", "refused"],
        "rule": ["", "column_absent"],
        "rows": whole(1000, None),
        "kept": whole(990, 0),
        "set_aside": whole(10, None),
        "last_known": pd.to_datetime(["2024-06-05", None]),
    }
    why = pd.DataFrame(
        {"source": ["medical"], "delivery": ["2024-06-a"], "column": ["amount"], "rule": ["amount_unreadable"], "rows": [10]}
    )
    received = Received(spec=None, frame=pd.DataFrame(rows), reasons=why, aside=pd.DataFrame(), refusals={})
    return QualityFindings(as_of=date(2024, 6, 30), quality=report, linked=linked, received=received, names=NAMES)


def test_both_languages_say_the_same(found):
    zh, en = (compose_quality(found, lang) for lang in ("zh", "en"))
    assert [type(block) for block in zh.blocks] == [type(block) for block in en.blocks]
    for one, other in zip(zh.tables(), en.tables(), strict=True):
        assert one.key == other.key and one.frame.shape == other.frame.shape
        both = [table.frame.select_dtypes("number").to_numpy() for table in (one, other)]
        np.testing.assert_array_equal(*both)
    said = " ".join(block.text for block in en.blocks if isinstance(block, Paragraph))
    assert not re.search("[\u4e00-\u9fff]", said)
    assert any(block.role == "caution" for block in zh.blocks if isinstance(block, Paragraph))
    for document in (zh, en):
        assert rendered(document, "html", Pictures(document.lang))


def test_figures_are_those_of_the_report(found):
    printed = {table.key: table.frame for table in compose_quality(found, "en").tables()}
    fresh = printed["freshness"].set_index("Source")
    assert fresh.loc["Medical bills", ["Days since", "Due within (days)", "Overdue"]].tolist() == [25, 46, "no"]
    assert pd.isna(fresh.loc["Water", "Newest known"]) and np.isnan(fresh.loc["Water", "Days since"])
    complete = printed["completeness"].set_index("Source")
    assert complete.loc["Medical bills", "Missing (%)"] == 12.5 and np.isnan(complete.loc["Water", "Missing (%)"])
    assert printed["filled"]["Column"].tolist() == ["person"]  # what is filled everywhere is not listed
    assert printed["deliveries"]["Outcome"].tolist() == ["refused", "stored"]
    assert printed["deliveries"]["Reason"].tolist() == ["a declared column is absent", ""]
    assert printed["set_aside"]["Rows"].tolist() == [10]


def test_a_delivery_that_was_not_due_is_no_delivery_that_came(report):
    """Water is due from county C0 in two months only: what was never due is a gap, what came is 0, what did not is counted."""
    gone = _missing(report.coverage)
    assert gone.index.tolist() == ["C0", "C1"]  # those with most first
    assert gone.loc["C0", [24284, 24285, 24286]].tolist() == [2, 1, 0]
    assert gone.loc["C1", 24284] == 1
    short = report.coverage[report.coverage["source"] == "water"]
    assert _missing(pd.concat([short, report.coverage[report.coverage["month"] == 24290]])).loc["C1"].isna().any()
    assert _missing(report.coverage[:0]) is None


def test_linkage_has_its_own_look(found):
    answer = Linked(spec=Linkage(), frame=found.linked, records={}, unmatched={}, stays=None)
    for lang in ("zh", "en"):
        assert [table.key for table in tables(answer, Voice(lang, NAMES))] == ["linkage", "linkage_ways"]
        assert "10" in words(answer, Voice(lang))


def test_without_coverage_there_is_no_picture(report):
    bare = QualityFindings(
        as_of=date(2024, 6, 30),
        quality=DeliveryReport(spec=report.spec, frame=report.frame, filled=report.filled, coverage=report.coverage[:0]),
    )
    assert not any(isinstance(block, Figure) for block in compose_quality(bare, "zh").blocks)
