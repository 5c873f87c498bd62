"""Risk on paper: both languages from one content, figures that are drawn, no household by name, and no formula in a list."""

import re
from dataclasses import replace

import numpy as np
import openpyxl
import pandas as pd
import pytest

import evalkit as ek
from evalkit.errors import DataError, EvalkitError, OutputError, SpecError
from evalkit.panel.design import SurveyDesign
from evalkit.report.report import Report
from evalkit.report.risk.visits import VisitSheet, neutral, pseudonyms
from evalkit.report.risk.words import INDEX, PERCENT, measure_called
from evalkit.report.verbs import figures, names, tables, words
from evalkit.report.words import Voice
from evalkit.risk.calibration.calibration import Calibration
from evalkit.risk.calibration.venn_abers import VennAbers
from evalkit.risk.drift.drift import Drift
from evalkit.risk.fairness.fairness import FairnessAudit
from evalkit.risk.keeping.card import Card
from evalkit.risk.lists.budgets import Number, Share, VisitsPerVillage
from evalkit.risk.lists.official import OfficialList
from evalkit.risk.lists.targeting import Targeting
from evalkit.risk.lists.thresholds import BudgetThreshold
from evalkit.risk.lists.visiting import VisitingList
from evalkit.risk.scoring.bootstrap import ClusterBootstrap
from evalkit.risk.scoring.net_benefit import DecisionCurve
from evalkit.risk.scoring.scores import RiskScores
from evalkit.stats.logistic import expit
from evalkit.terms import Text

BOOT = ClusterBootstrap(replicates=60)
DESIGN = SurveyDesign(weights="w", clusters="village")
KEY = b"a key of sixteen"
KNOWN = {
    "rule": Text("收入线规则", "Income rule"),
    "model": Text("模型", "Model"),
    "income": Text("收入", "Income"),
    "dwelling": Text("住房", "Dwelling"),
    "sex": Text("户主性别", "Sex of head"),
    "f": Text("女", "Women"),
    "m": Text("男", "Men"),
    **{f"V{i:02d}": Text(f"第{i}村", f"Village {i}") for i in range(40)},
    **{f"C{i}": Text(f"第{i}县", f"County {i}") for i in range(4)},
}


@pytest.fixture(scope="module")
def homes():
    rng = np.random.default_rng(0)
    n = 4_000
    x, z = rng.normal(size=(2, n))
    true = expit(-2.2 + x + 0.7 * z)
    frame = pd.DataFrame({"model": expit(-2.2 + x + 0.6 * z), "rule": np.clip(expit(-2 + 0.6 * x).round(2), 0.01, 0.99)})
    frame["fell"] = (rng.uniform(size=n) < true).astype(int)
    frame["village"] = [f"V{i:02d}" for i in np.arange(n) % 40]
    frame["county"] = [f"C{i}" for i in np.arange(n) % 4]
    frame["sex"], frame["w"] = rng.choice(["f", "m"], n), rng.uniform(1, 3, n)
    frame["period"], frame["income"], frame["dwelling"] = 2021 + np.arange(n) % 3, x, rng.choice(["a", "b"], n)
    frame["line"], frame["listed"] = 6_000.0 + 100 * frame["period"], (frame["rule"] > 0.25).astype(int)
    return frame.set_index(pd.Index([f"H{i:07d}" for i in range(n)], name="unit"))


@pytest.fixture(scope="module")
def answers(homes):
    both = {"outcome": "fell", "risks": ("rule", "model"), "design": DESIGN, "bootstrap": BOOT}
    one = {**both, "risks": "model"}
    budgets = (Share(share=0.1), VisitsPerVillage(visits=20))
    targeted = Targeting(**both, budgets=budgets).measure(homes)
    scored = RiskScores(**both).measure(homes)
    fair = FairnessAudit(outcome="fell", risk="model", attributes=("sex", "county"), design=DESIGN, bootstrap=BOOT).measure(homes)
    drift = Drift(risk="model", features=("income", "dwelling"), outcome="fell", line="line", design=DESIGN)
    moved = drift.measure(homes.assign(model=homes["model"] ** np.where(homes["period"] == 2023, 0.5, 1)))
    listed = OfficialList(listed="listed", due="fell", design=DESIGN)
    spec = Card(
        name=Text("返贫风险模型", "Risk of return"),
        data=Text("模拟农户", "simulated households"),
        trained=(2021, 2023),
        label="falling@1",
        label_says=Text("次年收入低于线", "income below the line a year later"),
        line_version="2024",
        features=("income", "dwelling"),
        held_aside=("sex",),
        names={name: KNOWN[name] for name in ("income", "dwelling", "sex")},
        limits=(Text("只适用于农村住户。", "For rural households only."),),
        appeal=Text("向村委会提出", "at the village committee"),
    )
    return {
        "scores": scored,
        "scores_by": RiskScores(**one).measure(homes, over="county"),
        "ranking": RiskScores(**one, measures=("auc", "average_precision")).measure(homes),
        "targeted": targeted,
        "targeted_by": Targeting(**one).measure(homes, over="county"),
        "curve": DecisionCurve(**both).measure(homes),
        "curve_by": DecisionCurve(**one, thresholds=(0.1, 0.2)).measure(homes, over="sex"),
        "calibrated": Calibration(risk="model", outcome="fell", method=VennAbers()).fit(homes).score(homes),
        "threshold": BudgetThreshold(risk="model", outcome="fell", share=0.1).fit(homes),
        "fairness": fair,
        "visits": VisitingList(risk="rule", budget=Number(number=300)).measure(homes),
        "drift": drift.measure(homes),
        "drift_found": moved,
        "drift_risk": Drift(risk="model").measure(homes),
        "list": listed.measure(homes),
        "list_by": listed.measure(homes, over="county"),
        "card": spec.write(targeted=targeted, scored=scored, fairness=fair, drifted=moved, risk="model"),
        "card_bare": replace(spec, line_version="", held_aside=()).write(),
    }


KINDS = ["scores", "scores_by", "ranking", "targeted", "targeted_by", "curve", "curve_by", "calibrated", "threshold", "fairness"]
KINDS += ["visits", "drift", "drift_found", "drift_risk", "list", "list_by", "card", "card_bare"]
LATIN = r"Brier|Galasso|Ravallion|Clopper|Pearson|Korn|Graubard|Holm|Platt|VennAbers|falling@1"


def said(answer, lang):
    voice = Voice(lang, {**names(answer), **KNOWN})
    yield words(answer, voice)
    yield from (note.say(lang) for note in answer.notes)
    for table in tables(answer, voice):
        yield from (table.caption.say(lang), table.note, *map(str, table.frame.columns))
        for _, column in table.frame.items():
            yield from (cell for cell in column if isinstance(cell, str))
    for figure in figures(answer, voice):
        yield from (figure.caption.say(lang), figure.alt)


@pytest.mark.parametrize("kind", KINDS)
def test_every_answer_speaks_one_language_and_names_no_household(answers, kind):
    for lang in ("zh", "en"):
        texts = list(said(answers[kind], lang))
        assert len(texts) > 3
        assert texts[0].strip().endswith("。" if lang == "zh" else ".")
        for text in texts:
            assert "nan" not in re.findall(r"[a-z]+", text), text
            assert not re.search(r"H\d{7}", text), text
            assert not re.search(r"[{}]", text), text
            if lang == "en":
                assert not re.search(r"[\u4e00-\u9fff，。；：（）]", text), text
            else:
                told = re.sub(LATIN, "", re.sub(r"“(rule|model)”", "", text))
                assert not re.search(r"[A-Za-z]{4,}", told), text


@pytest.mark.parametrize("kind", KINDS)
def test_every_figure_is_drawn(answers, kind, tmp_path):
    for lang in ("zh", "en"):
        for figure in figures(answers[kind], Voice(lang, {**names(answers[kind]), **KNOWN})):
            path = tmp_path / f"{figure.key}.png"
            ek.figure(answers[kind], figure.key, lang=lang, known=KNOWN).savefig(path, dpi=50)
            assert path.stat().st_size > 2000


def test_what_is_printed_is_what_was_found(answers):
    printed = ek.table(answers["targeted"], "targeting_shares", lang="en", known=KNOWN)
    found = answers["targeted"].frame[answers["targeted"].frame["measure"].isin(PERCENT)]
    assert printed["Estimate"].to_numpy() == pytest.approx(100 * found["estimate"].to_numpy())
    assert printed["Measure (%)"].iloc[0] == "Exclusion error (due, not listed)"  # said first
    assert printed["Budget of visits"].iloc[0] == "10 % of all"
    together = ek.table(answers["scores"], "risk_together", lang="en", known=KNOWN).set_index("Risk")
    auc = answers["scores"].frame.query("measure == 'auc'").set_index("risk")["estimate"]
    assert together.loc["Model", "AUC"] == pytest.approx(auc["model"])
    evaluated = ek.table(answers["list"], lang="en")
    assert evaluated["Estimate"].to_numpy() == pytest.approx(100 * answers["list"].frame["estimate"].to_numpy())
    drift = ek.table(answers["drift_found"], "drift", lang="en", known=KNOWN)
    assert drift["PSI"].to_numpy() == pytest.approx(answers["drift_found"].frame["psi"].to_numpy())


def test_every_measure_has_a_name_in_both_languages():
    for name in (*PERCENT, *INDEX, "cgh_0.4"):
        assert all(measure_called(name))
        assert measure_called(name).zh != measure_called(name).en or name == "auc"


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_a_card_is_written_as_any_report(answers, tmp_path, lang):
    report = Report("卡" if lang == "zh" else "Card", lang=lang).add(answers["card"])
    for ending in ("docx", "html"):
        path = report.save(tmp_path / f"card.{ending}")
        assert path.stat().st_size > 10_000
    text = (tmp_path / "card.html").read_text(encoding="utf-8")
    assert ("不得" if lang == "zh" else "Never to grant, end or cut support") in text
    assert ("待填写：负责单位" if lang == "zh" else "to be filled in: office in charge") in text


def test_pseudonyms_need_the_key_and_tell_households_apart():
    made = pseudonyms([f"H{i}" for i in range(20_000)], KEY)
    assert len(set(made)) == 20_000
    assert made[:3] == pseudonyms(["H0", "H1", "H2"], KEY)
    assert not set(made) & set(pseudonyms([f"H{i}" for i in range(20_000)], KEY[::-1]))
    for key in ("text", b"short", None, b"x" * 65):
        with pytest.raises(SpecError, match="key of pseudonyms"):
            pseudonyms(["a"], key)


@pytest.fixture(scope="module")
def about(homes):
    told = pd.DataFrame(index=homes.index)
    told["county"], told["village"] = homes["county"], homes["village"]
    told["low"], told["high"] = homes["rule"] * 0.8, np.minimum(homes["rule"] * 1.2, 1)
    reasons = ['=HYPERLINK("http://x","y")', "+1", "-2", "@SUM(A1)", "\tcmd", "疾病", 'loss; "of" work, =1']
    told["why"] = np.resize(reasons, len(told))
    told["seen"] = pd.Timestamp("2024-03-01")
    return told


SHEET = VisitSheet(
    key=KEY,
    low="low",
    high="high",
    places=("county", "village"),
    reasons=("why",),
    known=("seen",),
    names={**KNOWN, "county": Text("县", "County"), "village": Text("村", "Village"), "why": Text("原因", "Reason")},
)


def test_a_list_of_visits_is_sorted_and_whole(answers, homes, about):
    rows = SHEET.rows(answers["visits"], about)
    assert len(rows) == 300
    assert rows["风险（%）"].max() == pytest.approx(100 * homes["rule"].max())
    assert rows["县"].is_monotonic_increasing
    first = rows[(rows["县"] == rows["县"].iloc[0]) & (rows["村"] == rows["村"].iloc[0])]
    assert first["优先次序"].is_monotonic_increasing
    assert (rows["风险下限（%）"] < rows["风险（%）"]).all()
    assert set(rows["是否抽签入列"]) <= {"是", "否"}
    plain = VisitSheet(key=KEY, lang="en").rows(answers["visits"])
    assert plain["Priority"].tolist() == list(range(1, 301))
    notes = " ".join(note.say("zh") for note in SHEET.notes(answers["visits"], about))
    assert "抽签" in notes
    assert "少于 10 户" in notes


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_cell_of_a_list_is_a_formula_and_no_household_is_named(answers, about, tmp_path, lang):
    sheet = replace(SHEET, lang=lang)
    book = openpyxl.load_workbook(sheet.save(answers["visits"], tmp_path / "list.xlsx", about))
    text = sheet.save(answers["visits"], tmp_path / "list.csv", about).read_text(encoding="utf-8-sig")
    back = pd.read_csv(tmp_path / "list.csv", encoding="utf-8-sig", dtype=str)
    assert len(back) == 300
    assert not re.search(r"H\d{7}", text)
    assert not any(re.match(r"[=+\-@\t\r]", str(cell)) for _, column in back.items() for cell in column)
    assert sum("'=HYPERLINK" in str(cell) for cell in back.iloc[:, -2]) > 10
    seen = 0
    for page in book:
        for row in page.iter_rows():
            for one in row:
                assert one.data_type != "f"
                assert not re.search(r"H\d{7}", str(one.value))
                if isinstance(one.value, str):
                    assert not re.match(r"[=+\-@\t\r]", one.value)
                seen += one.value is not None
    assert seen > 2_000
    counts = book[book.sheetnames[2]]
    assert any(("少于 10" if lang == "zh" else "fewer than 10") == one.value for row in counts.iter_rows() for one in row)


def test_the_same_list_is_the_same_bytes(answers, about, tmp_path):
    for ending in ("xlsx", "csv"):
        one, two = (SHEET.save(answers["visits"], tmp_path / f"{name}.{ending}", about).read_bytes() for name in "ab")
        assert one == two


def test_cells_that_begin_like_formulas_are_neutral():
    for text in ("=1", "+1", "-1", "@a", "\t=1", "\r=1", " =1", "\n=1", "\x00=1", "＝1", "|calc", "%0A=1"):
        assert neutral(text).startswith("'"), text
    for text in ("income", "疾病", "3 kinds", "'quoted", ""):
        assert neutral(text) == text


def test_what_makes_no_sense_is_refused(answers, homes, about, tmp_path):
    visits = answers["visits"]
    for make in (
        lambda: VisitSheet(key="word"),
        lambda: VisitSheet(key=KEY, low="low"),
        lambda: VisitSheet(key=KEY, places="county"),
        lambda: VisitSheet(key=KEY, reasons=("why", "why")),
        lambda: VisitSheet(key=KEY, lang="fr"),
        lambda: SHEET.rows(answers["drift"], about),
        lambda: SHEET.rows(visits),
        lambda: SHEET.rows(visits, "about"),
        lambda: SHEET.rows(visits, about.drop(columns="why")),
        lambda: SHEET.rows(visits, about.head(10)),
        lambda: SHEET.rows(visits, pd.concat([about, about])),
        lambda: SHEET.rows(visits, about.assign(low="low")),
        lambda: SHEET.rows(visits, about.assign(low=2.0)),
        lambda: SHEET.save(visits, tmp_path / "list.txt", about),
        lambda: SHEET.save(visits, tmp_path / "nowhere" / "list.csv", about),
        lambda: VisitSheet(key=KEY).rows(VisitingList(risk="rule", budget=Number(number=0.1)).measure(homes)),
        lambda: VisitSheet(key=KEY).rows(VisitingList(risk="rule", budget=Number(number=9)).measure(pd.concat([homes, homes]))),
    ):
        with pytest.raises(EvalkitError) as wrong:
            make()
        assert isinstance(wrong.value, SpecError | DataError | OutputError)
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("found", "said"), [(0, "no gap in recall stands"), (1, "1 gap in recall stands"), (2, "2 gaps in recall stand ")]
)
def test_gaps_are_counted_in_good_english(answers, found, said):
    fair = answers["fairness"]
    recall = fair.gaps["measure"] == "recall"
    p = np.where(recall & (recall.cumsum() <= found), 0.01, 0.9)
    assert said in ek.prose(replace(fair, gaps=fair.gaps.assign(p_adjusted=p)), lang="en").lower()


def test_groups_that_are_true_or_false_are_said_as_yes_and_no(homes):
    """Also in the note on groups too small to be shown; names that are known come first."""
    rare = np.arange(len(homes)) < 30
    fair = FairnessAudit(outcome="fell", risk="model", attributes=("remote", "moved"), design=DESIGN, bootstrap=BOOT)
    answer = fair.measure(homes.assign(remote=homes["income"] > 0, moved=rare))
    for lang, yes, no in (("zh", "是", "否"), ("en", "yes", "no")):
        (figure,) = figures(answer, Voice(lang, KNOWN))
        drawn = [text.get_text() for text in figure.draw().axes[0].get_yticklabels()]
        assert drawn == [f"remote · {no}", f"remote · {yes}", f"moved · {no}"]
        told = [*drawn, *said(answer, lang), *(note.say(lang) for note in answer.notes)]
        assert not [text for text in told if re.search("True|False", text)]
        assert any(f"moved {yes}" in note.say(lang) for note in answer.notes)
    named = Voice("en", {"True": Text("偏远", "far"), "False": Text("不远", "near")})
    assert "remote · far" in [text.get_text() for text in figures(answer, named)[0].draw().axes[0].get_yticklabels()]
