"""A risk study: homes without their codes, leaks refused by name, the ladder on who tests, and one rung kept as a file."""

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from scipy.stats import rankdata

import evalkit as ek
from evalkit.panel.form import Form
from evalkit.report.assessment.chapters import compose
from evalkit.report.document import Heading
from evalkit.report.risk.study import compose_card, compose_risk
from evalkit.risk.keeping.persistence import load
from evalkit.study.risk.deliver import deliver_risk
from evalkit.study.risk.form import RiskForm
from evalkit.study.risk.homes import at_risk, read_homes, read_key
from evalkit.study.risk.model import keep, list_visits, open_model, plain, signing
from evalkit.study.risk.run import RiskStudy
from evalkit.study.run import Study

FOLDER = ek.datasets.folder()
DEMONSTRATION = FOLDER / "studies" / "risk.toml"
KEY = b"a secret of this test, 32 bytes."
ROWS = pd.read_csv(FOLDER / "households.csv", comment="#")
SMALL = """
title = "small"
[homes]
file = "homes.csv"
place = "county"
village = "village"
weight = "weight"
clusters = "village"
formerly_poor = "formerly_poor"
[features]
columns = [{columns}]
aside = [{aside}]
[split]
train = [2021, 2021]
test = [2023, 2023]
shares = [0.6, 0.4]
[ladder]
rungs = ["income_alone", "logistic"]
draws = 20
[list]
{budget}
"""


def small(folder: Path, rows: pd.DataFrame, *, columns: str = "", aside: str = "", budget: str = "share = 0.1") -> RiskStudy:
    rows.to_csv(folder / "homes.csv", index=False)
    (folder / "study.toml").write_text(SMALL.format(columns=columns, aside=aside, budget=budget), encoding="utf-8")
    return RiskStudy.read(folder / "study.toml")


@pytest.fixture(scope="module")
def found():
    return RiskStudy.read(DEMONSTRATION).run()


@pytest.fixture(scope="module")
def file(found, tmp_path_factory):
    return keep(found, RiskStudy.read(DEMONSTRATION).form, tmp_path_factory.mktemp("model") / "model.skops", KEY)


def auc(risk: pd.Series, event: pd.Series, weight: pd.Series | None = None) -> float:
    """Mann–Whitney by hand: the chance that of two homes the one with the event has the greater risk."""
    if weight is None:
        n = int(event.sum())
        return float((rankdata(risk)[event == 1].sum() - n * (n + 1) / 2) / (n * (len(event) - n)))
    a, b = (event == 1).to_numpy(), (event == 0).to_numpy()
    gap = risk.to_numpy()[a][:, None] - risk.to_numpy()[b][None]
    w = weight.to_numpy()[a][:, None] * weight.to_numpy()[b][None]
    return float((w * ((gap > 0) + 0.5 * (gap == 0))).sum() / w.sum())


def test_labels_are_those_counted_by_hand_in_the_file(found):
    poor = ROWS.assign(poor=ROWS["income_pc"] < ROWS["line"])
    later = poor[["household", "year", "poor"]].assign(year=poor["year"] - 1)
    pairs = poor.merge(later, on=["household", "year"], suffixes=("", "_later"))
    held = pairs[~pairs["poor"]]
    assert found.labels.report.loc[["event", "no_event"], "rows"].tolist() == [
        int(held["poor_later"].sum()),
        int((~held["poor_later"]).sum()),
    ]
    assert found.labels.report["rows"].sum() == len(ROWS)


def test_scores_are_those_computed_by_hand_on_the_homes_that_test(found):
    risks = found.climbed.risks
    numbers = {f"{n:07d}": code for n, code in enumerate(pd.unique(ROWS["household"]), start=1)}
    keys = zip(*(risks.index.get_level_values(at) for at in (0, 1)), strict=True)
    rows = ROWS.set_index(["household", "year"]).loc[[(numbers[unit], year) for unit, year in keys]]
    weight = rows["weight"] * rows["members"]
    expected = auc(risks["logistic"], risks["label"], weight.set_axis(risks.index))
    assert found.climbed.wide.loc["logistic", "auc"] == pytest.approx(expected, abs=1e-12)
    assert set(risks.index.get_level_values("period")) == {2023}


def test_no_home_both_trains_and_tests(found):
    tested = set(found.climbed.risks.index.get_level_values("unit"))
    trained = set(found.trained.index.get_level_values("unit"))
    assert tested
    assert trained
    assert not tested & trained


def test_the_rung_named_is_kept_and_the_default_is_said(found):
    assert found.kept == "logistic"
    assert found.climbed.chosen != "logistic"
    shown = json.dumps([str(block) for block in compose_risk(found, "en").blocks])
    assert "the default would be income alone" in shown


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_report_says_whom_the_list_misses_first_and_names_no_home(found, lang):
    document = compose_risk(found, lang)
    first = next(block for block in document.blocks if hasattr(block, "items"))
    assert ("遗漏误差" if lang == "zh" else "exclusion error") in first.items[0].replace("Exclusion", "exclusion")
    text = " ".join(str(getattr(block, "frame", getattr(block, "text", ""))) for block in document.blocks)
    assert not re.search(r"H\d{7}|\b00\d{5}\b", text)


ASSESSED = """
title = "with risk"
[panel]
dataset = "counties"
[[system]]
file = "consolidation"
core = true
[[system]]
file = "revitalization"
core = true
{risk}
[uncertainty]
draws = 0
[report]
chapters = ["scope", "risk"]
"""


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_an_assessment_has_the_chapter_of_the_risk_study_that_it_names(tmp_path, lang):
    small(tmp_path, ROWS)
    (tmp_path / "whole.toml").write_text(ASSESSED.format(risk='[risk]\nfile = "study.toml"'), encoding="utf-8")
    (tmp_path / "without.toml").write_text(ASSESSED.format(risk=""), encoding="utf-8")
    whole, without = (compose(Study.read(tmp_path / name).run(), lang) for name in ("whole.toml", "without.toml"))
    head = {"zh": "返贫风险及其误差", "en": "Risk of return, and its errors"}[lang]
    heads = {block.text: block.level for block in whole.blocks if isinstance(block, Heading)}
    own = compose_risk(RiskStudy.read(tmp_path / "study.toml").run(), lang)
    assert heads[head] == 1
    assert {one.text: one.level + 1 for one in own.blocks if isinstance(one, Heading)}.items() <= heads.items()
    assert {table.key for table in own.tables()} <= {table.key for table in whole.tables()}
    assert head not in [block.text for block in without.blocks if isinstance(block, Heading)]


def test_results_are_the_same_whatever_the_key(found, tmp_path):
    study = RiskStudy.read(DEMONSTRATION)
    other = study.run(KEY)
    pd.testing.assert_frame_equal(found.climbed.frame, other.climbed.frame)
    pd.testing.assert_frame_equal(found.climbed.risks, other.climbed.risks)
    first, second = (keep(one, study.form, tmp_path / name, KEY).read_bytes() for one, name in ((found, "a"), (other, "b")))
    assert first == second


def test_a_list_can_be_matched_back_by_who_has_the_key_and_by_no_other(file):
    opened = open_model(file, KEY)
    rows = list_visits(opened, FOLDER / "households.csv", key=KEY, lang="en").rows
    from evalkit.report.risk.visits import pseudonyms

    codes = pd.unique(ROWS["household"])
    back = dict(zip(pseudonyms(codes, KEY), codes, strict=True))
    homes = rows["Household"].map(back)
    assert homes.notna().all()
    now = ROWS[ROWS["year"] == 2024].set_index("household")
    assert (now.loc[homes, "income_pc"] >= now.loc[homes, "line"]).all()
    numbered = list_visits(opened, FOLDER / "households.csv", lang="en").rows
    pd.testing.assert_series_equal(rows["Risk (%)"], numbered["Risk (%)"])
    assert [f"{list(codes).index(home) + 1:07d}" for home in homes] == numbered["Household"].tolist()


def test_the_model_that_is_opened_says_what_the_one_that_was_fitted_said(found, file):
    opened = open_model(file, KEY)
    rows = found.trained
    assert np.array_equal(opened.model.risk(rows), found.climbed.models["logistic"].risk(rows))
    assert opened.form == RiskStudy.read(DEMONSTRATION).form
    pd.testing.assert_frame_equal(opened.card.frame, found.card.frame)
    pd.testing.assert_frame_equal(opened.card.scores, found.card.scores, check_dtype=False)
    assert opened.card.notes == found.card.notes
    for lang in ("zh", "en"):
        ours, theirs = (compose_card(card, lang, "x").blocks for card in (opened.card, found.card))
        assert [type(block) for block in ours] == [type(block) for block in theirs]


def test_the_file_holds_no_code_and_no_key(file):
    data = file.read_bytes()
    assert KEY not in data
    assert not any(code.encode() in data for code in ROWS["household"].unique())
    with pytest.raises(ek.DataError, match="not signed with this key"):
        open_model(file, b"another secret of this test")
    assert signing(KEY) != KEY
    load(file, key=signing(KEY))


def test_a_model_that_is_no_study_is_refused(tmp_path):
    from sklearn.linear_model import LogisticRegression

    from evalkit.risk.keeping.persistence import ModelRecord, save

    homes = pd.DataFrame({"income": [1.0, 2.0, 3.0, 4.0]})
    model = LogisticRegression().fit(homes, [1, 1, 0, 0])
    save(ModelRecord(features=("income",), label="falling@1", trained=(2020, 2022)).keep(model, homes), tmp_path / "m.skops")
    with pytest.raises(ek.DataError, match="no model of a risk study"):
        open_model(tmp_path / "m.skops")


def test_a_column_that_knows_the_outcome_is_refused_by_name(tmp_path):
    poor = ROWS.assign(poor=(ROWS["income_pc"] < ROWS["line"]).astype(float))
    told = poor[["household", "year", "poor"]].assign(year=poor["year"] - 1).rename(columns={"poor": "benefits"})
    rows = ROWS.merge(told, on=["household", "year"], how="left").fillna({"benefits": 0})
    with pytest.raises(ek.DataError) as wrong:
        small(tmp_path, rows, columns='"benefits"').run()
    assert "benefits" in str(wrong.value)
    assert "label_in_feature" in str(wrong.value)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"water": "yes"}, r"columns \[water\] hold no figures"),
        ({"income_pc": "x"}, r"columns \[income_pc\] hold no figures"),
        ({"weight": np.nan}, "weights 'weight' must be 0 or more"),
        ({"income_pc": 1.0}, "finds no row to label"),
        ({"income_pc": 1e6}, "does not vary"),
        ({"line": 0.0}, "must be positive"),
        ({"year": "spring"}, "not a year"),
    ],
)
def test_data_that_cannot_answer_say_so(tmp_path, changed, said):
    with pytest.raises(ek.DataError, match=said):
        small(tmp_path, ROWS.assign(**changed), columns='"water"').run()


@pytest.mark.parametrize(
    ("column", "code"), [("income_pc", -9), ("income_pc", 99999999), ("water", 9), ("water", -8), ("transfer_pc", -99)]
)
def test_codes_of_no_answer_are_refused_and_no_figures(tmp_path, column, code):
    rows = ROWS.assign(**{column: ROWS[column].astype(float).where(ROWS.index > 20, code)})
    with pytest.raises(
        ek.DataError, match=rf"homes.csv: '{column}' holds 21 value\(s\) that look like codes for missing \({code}\)"
    ):
        small(tmp_path, rows, columns='"water", "transfer_pc"').run()


def test_who_was_poor_is_told_by_1_and_0(tmp_path):
    with pytest.raises(ek.DataError, match=r"homes.csv, .*\(row 12\).*: column 'formerly_poor' must say yes \(1\) or no \(0\)"):
        small(tmp_path, ROWS.assign(formerly_poor=2 - ROWS["formerly_poor"])).run()


@pytest.mark.parametrize(("labels", "refused"), [({0: "是", 1: "否"}, True), ({0: "否", 1: "是"}, False)])
def test_labels_of_who_was_poor_must_agree(tmp_path, labels, refused):
    study = small(tmp_path, ROWS)
    ROWS.to_stata(tmp_path / "homes.dta", write_index=False, version=118, value_labels={"formerly_poor": labels})
    if not refused:
        assert len(read_homes(tmp_path / "homes.dta", study.form, None, []).frame) == len(ROWS)
        return
    with pytest.raises(ek.DataError, match=r"homes\.dta: 1 in 'formerly_poor' is taken for yes"):
        read_homes(tmp_path / "homes.dta", study.form, None, [])


def test_an_origin_that_is_no_wave_is_refused(tmp_path):
    small(tmp_path, ROWS)
    path = tmp_path / "study.toml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text.replace("[features]", "[label]\norigins = [2021, 2023, 2032]\n[features]"), encoding="utf-8")
    with pytest.raises(ek.SpecError) as wrong:
        RiskStudy.read(path).run()
    assert str(wrong.value) == (
        "study.toml, [label]: origins names periods of which there is no row; found 2032. "
        "To do: name some of 2021, 2022, 2023, 2024, or leave origins out."
    )


def test_what_is_held_aside_may_not_be_a_feature_too(tmp_path):
    with pytest.raises(ek.DataError, match="must not see"):
        small(tmp_path, ROWS, columns='"medical"', aside='"medical"').run()


def test_codes_of_homes_never_reach_a_message(tmp_path):
    secret = "510321199001011234"
    rows = ROWS.astype(str).head(8).assign(household=secret, name="Zhang")
    rows.loc[1, "income_pc"] = "many"
    with pytest.raises(ek.DataError) as wrong:
        small(tmp_path, rows).run()
    assert "row 3" in str(wrong.value)
    assert "many" not in str(wrong.value)
    assert secret not in str(wrong.value)


def test_homes_at_risk_are_those_not_poor_then(tmp_path):
    study = small(tmp_path, ROWS)
    homes = read_homes(tmp_path / "homes.csv", study.form, None, [])
    units = at_risk(study.form.label.build(study.form.homes), homes.frame, 2024)
    poor = homes.frame["poor"].xs(2024, level="period")
    assert set(units) == set(poor.index[poor == 0])


def test_visits_go_to_so_many_homes_of_each_village(tmp_path):
    study = small(tmp_path, ROWS, columns='"water"', budget="visits = 2")
    keep(study.run(), study.form, tmp_path / "model.skops", None)
    listed = list_visits(open_model(tmp_path / "model.skops"), tmp_path / "homes.csv", lang="en").rows
    counts = listed.groupby("Village").size()
    assert counts.max() == 2
    assert (counts == 2).mean() > 0.9


def test_a_list_of_another_period_and_of_a_file_without_a_column(file, tmp_path):
    opened = open_model(file, KEY)
    assert set(list_visits(opened, FOLDER / "households.csv", period=2023, lang="en").rows["Figures of"]) == {"2023"}
    with pytest.raises(ek.DataError, match="no home was seen in 1999"):
        list_visits(opened, FOLDER / "households.csv", period=1999)
    ROWS.drop(columns="wage_pc").to_csv(tmp_path / "less.csv", index=False)
    with pytest.raises(ek.DataError, match="wage_pc"):
        list_visits(opened, tmp_path / "less.csv")
    ROWS.assign(income_pc=1.0).to_csv(tmp_path / "poor.csv", index=False)
    with pytest.raises(ek.NoAnswer, match="not_at_risk"):
        list_visits(opened, tmp_path / "poor.csv")


def test_figures_in_another_unit_than_the_model_learnt_from_are_told(file, tmp_path):
    """The line in 10,000 yuan beside incomes in yuan; the homes it was fitted on, of any year, are nothing strange."""
    opened = open_model(file, KEY)
    ROWS.assign(line=ROWS["line"] / 1e4).to_csv(tmp_path / "homes.csv", index=False)
    told = list_visits(opened, tmp_path / "homes.csv").visits.notes
    said = [note for note in told if "lie far beyond what the model learnt from" in note.text.en]
    assert [note.kind for note in said] == ["caution"]
    assert "learnt from: level of income" in said[0].text.en
    for period in (2022, 2023, 2024):
        usual = list_visits(opened, FOLDER / "households.csv", period=period).visits.notes
        assert not any("learnt from" in note.text.en for note in usual)


def test_one_home_of_a_wrong_year_is_not_the_last_wave(file, tmp_path):
    ROWS.assign(year=ROWS["year"].where(ROWS.index != 3, 2042)).to_csv(tmp_path / "homes.csv", index=False)
    opened = open_model(file, KEY)
    with pytest.raises(ek.DataError) as wrong:
        list_visits(opened, tmp_path / "homes.csv")
    assert str(wrong.value) == (
        "homes.csv: the last wave has only a handful of homes; found 2042: 1; other waves have up to 703 homes. "
        "To do: correct the year, or choose the --period."
    )
    assert len(list_visits(opened, tmp_path / "homes.csv", period=2024, lang="en").rows) > 0


def test_a_budget_that_reaches_nobody_is_said(file, tmp_path):
    """Of a tenth of three homes no home can be visited."""
    richest = ROWS.groupby("household")["income_pc"].min().nlargest(3).index
    ROWS[ROWS["household"].isin(richest)].to_csv(tmp_path / "few.csv", index=False)
    with pytest.raises(ek.NoAnswer) as wrong:
        list_visits(open_model(file, KEY), tmp_path / "few.csv")
    assert str(wrong.value) == (
        "the budget lists no home; found 3 homes at risk. To do: give [list] of the study a larger budget, and fit it anew."
    )


@pytest.mark.parametrize(
    ("changed", "error", "said"),
    [
        (
            ("columns = []", 'columns = ["logistic"]'),
            ek.SpecError,
            "study.toml: features have names that are taken; found logistic. To do: rename them.",
        ),
        (
            ("columns = []", "standard = false"),
            ek.SpecError,
            "study.toml, [ladder]: no feature is drawn. To do: name columns in [features].",
        ),
        (
            ("draws = 20", 'draws = 20\nbends = ["income_levl"]'),
            ek.SpecError,
            "study.toml, line 20: the ladder names features that are not drawn; found income_levl. "
            "To do: did you mean 'income_level'?",
        ),
        (
            ('rungs = ["income_alone", "logistic"]', 'rungs = ["line_or_shock"]'),
            ek.SpecError,
            "study.toml, [ladder]: no rung can be climbed on these columns; found line_or_shock. To do: ask for others.",
        ),
        (
            ('rungs = ["income_alone", "logistic"]', 'rungs = ["line_or_shock", "logistic"]\nchoose = "line_or_shock"'),
            ek.SpecError,
            "study.toml, [ladder]: 'line_or_shock' cannot be climbed on these columns, nor kept; found logistic. "
            "To do: choose one of these, or name the columns it rests on in [features].",
        ),
        (
            ("[features]", '[label]\noutcome = "fell"\n[features]'),
            ek.NoAnswer,
            "study.toml, [label]: no row can be labeled by 'fell'; found 587 already so at the origin, "
            "1,916 seen at the outcome, but not what is asked. To do: check the column, who is poor, and origins.",
        ),
    ],
)
def test_what_does_not_fit_together_is_said_before_anything_is_learnt(tmp_path, changed, error, said):
    few = ["household", "year", "county", "village", "weight", "formerly_poor", "income_pc", "line", "water"]
    ROWS[few].assign(logistic=ROWS["water"], fell=np.nan).to_csv(tmp_path / "homes.csv", index=False)
    text = SMALL.format(columns="", aside="", budget="share = 0.1")
    assert changed[0] in text
    (tmp_path / "study.toml").write_text(text.replace(*changed), encoding="utf-8")
    with pytest.raises(error) as wrong:
        RiskStudy.read(tmp_path / "study.toml").run()
    assert str(wrong.value) == said


def test_nothing_is_left_behind_where_the_study_fails(tmp_path):
    study = small(tmp_path, ROWS[ROWS["year"] < 2023])
    with pytest.raises(ek.NoAnswer, match="no row is left to test"):
        deliver_risk(study, tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["homes.csv", "study.toml"]


def test_boosted_trees_need_a_key_before_anything_is_learnt(tmp_path):
    text = SMALL.format(columns="", aside="", budget="share = 0.1").replace('"logistic"', '"boosting"')
    ROWS.to_csv(tmp_path / "homes.csv", index=False)
    (tmp_path / "study.toml").write_text(text, encoding="utf-8")
    with pytest.raises(ek.SpecError, match="signed files only"):
        RiskStudy.read(tmp_path / "study.toml").run()


def test_keys_are_long_enough_and_kept_apart(tmp_path, monkeypatch):
    monkeypatch.delenv("EVALKIT_RISK_KEY", raising=False)
    assert read_key(None) is None
    monkeypatch.setenv("EVALKIT_RISK_KEY", "short")
    with pytest.raises(ek.SpecError, match="16 to 64 bytes"):
        read_key(None)
    (tmp_path / "safe").mkdir()
    (tmp_path / "safe" / "key.txt").write_bytes(KEY + b"\n")
    assert read_key(tmp_path / "safe" / "key.txt", (tmp_path / "study",)) == KEY
    with pytest.raises(ek.SafetyError, match="kept apart"):
        read_key(tmp_path / "safe" / "key.txt", (tmp_path,))
    with pytest.raises(ek.DataError, match="there is no such file"):
        read_key(tmp_path / "safe" / "none.txt", (tmp_path,))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"homes": {"file": "a.csv", "dataset": "households"}}, "either a file or a dataset"),
        ({"homes": {"dataset": "households", "line": -5.0}}, "above 0"),
        ({"homes": {"dataset": "households", "income": None}, "label": {"event": "falling"}}, None),
        ({"split": {"train": [2021, 2021], "test": [2023, 2023], "shares": [0.5, 0.6]}}, "sum to 1"),
        ({"ladder": {"rungs": ["logistic"], "choose": "hazard"}}, "not among the rungs"),
        ({"ladder": {"rungs": []}}, "one at least"),
        ({"ladder": {"rungs": ["magic"]}}, "official_line"),
        ({"list": {"share": 0.1, "number": 5.0}}, "one budget"),
        ({"list": {"visits": 5.0}}, "needs homes.village"),
        ({"list": {"quotas": {"a": 5.0}}}, "needs homes.place"),
        ({"label": {"later": "x"}}, "goes with outcome"),
        ({"homes": {"dataset": "households", "income": ""}}, "homes needs income, or poor, a column that says who is poor"),
        ({"accept": [{"rule": "nothing", "because": "I say so"}]}, "known_after_origin"),
    ],
)
def test_a_form_that_makes_no_sense(wrong, said):
    sound = {"title": "x", "homes": {"dataset": "households"}, "split": {"train": [2021, 2021], "test": [2023, 2023]}}
    RiskForm.model_validate(sound)
    if said is not None:
        with pytest.raises(ValueError, match=said):
            RiskForm.model_validate(sound | wrong)


def test_a_form_as_plain_values_is_read_as_the_same_form():
    form = RiskStudy.read(DEMONSTRATION).form
    assert RiskForm.model_validate(json.loads(json.dumps(plain(form)))) == form


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("test = [2023, 2023]", "test = [2022, 2023]", r"study.toml, \[split\]: outcomes of train are not known"),
        ('id = "falling"', 'event = "shock"', r"study.toml, \[label\]: sudden shocks need columns"),
        ("draws = 20", "drawz = 20", "line 21: 'ladder.drawz' is not a known key"),
        ('title = "small"', "", "'title' is missing"),
    ],
)
def test_faults_of_the_file_are_named_with_their_place(tmp_path, old, new, said):
    text = SMALL.format(columns="", aside="", budget="share = 0.1").replace("[features]", '[label]\nid = "falling"\n[features]')
    (tmp_path / "study.toml").write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(ek.SpecError, match=said):
        RiskStudy.read(tmp_path / "study.toml")


def keys(form: type[Form]) -> set[str]:
    """All keys of a form, at any depth."""
    found = set(form.model_fields)
    for field in form.model_fields.values():
        for part in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(part, type) and issubclass(part, Form):
                found |= keys(part)
    return found


def test_every_key_of_the_study_is_documented():
    page = Path(__file__).parents[2] / "docs" / "how-to" / "risk_list.md"
    assert not keys(RiskForm) - set(re.findall(r"\w+", page.read_text(encoding="utf-8")))


def test_a_village_that_names_persons_is_refused(tmp_path):
    number = pd.factorize(ROWS["household"])[0]
    for names in ([f"51032119900101{n:04d}" for n in number], [f"家 {n}" for n in number]):
        with pytest.raises(ek.DataError, match=r"column 'village' of the survey|'village' looks like identity") as wrong:
            small(tmp_path, ROWS.assign(village=names)).run()
        assert "51032119900101" not in str(wrong.value)
