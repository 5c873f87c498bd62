"""How firm coordination looks: what is printed agrees with the answer, in both languages, and pictures are drawn."""

import re

import numpy as np
import pandas as pd
import pytest

import evalkit as ek
from evalkit.report.coupling.doubt import cumulative, with_the_method
from evalkit.report.words import Voice
from evalkit.terms import Text

HAN = re.compile("[一-鿿]")


@pytest.fixture(scope="module")
def bond():
    rng = np.random.default_rng(8)
    key = pd.MultiIndex.from_product([[f"u{i:02d}" for i in range(50)], [2019, 2020, 2021]], names=["unit", "period"])
    return {name: pd.Series(rng.uniform(0.2, 0.9, len(key)), key) for name in ("kept", "rise")}


@pytest.fixture(scope="module")
def firm(bond):
    return ek.CoordinationUncertainty(error=0.03, draws=500).measure(**bond)


@pytest.fixture(scope="module")
def beside(bond):
    return ek.compare_variants(ek.CouplingCoordination().measure(**bond))


@pytest.fixture(scope="module")
def stands(bond):
    return ek.Balance(cut="median").measure(ek.CouplingCoordination().measure(**bond))


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", ["firm", "beside", "stands"])
def test_one_content_in_one_language(name, lang, request):
    from evalkit.report.verbs import figures, tables

    answer, voice = request.getfixturevalue(name), Voice(lang)
    said = [ek.prose(answer, lang=lang), *(figure.alt for figure in figures(answer, voice))]
    for table in tables(answer, voice):
        said += [table.caption.say(lang), *map(str, table.frame.columns)]
        said += [str(cell) for column in table.frame.select_dtypes(exclude="number") for cell in table.frame[column].head(30)]
    for text in said:
        assert (HAN.search(text) is None) if lang == "en" else True, text
    if lang == "zh":
        assert HAN.search(ek.prose(answer, lang=lang))


@pytest.mark.parametrize(
    ("name", "kinds"), [("firm", ("grade_probability", "firm_change")), ("beside", ("variants",)), ("stands", ("quadrants",))]
)
def test_figures_are_drawn(name, kinds, request, tmp_path):
    for kind in kinds:
        ek.figure(request.getfixturevalue(name), kind, lang="zh").savefig(tmp_path / f"{kind}.png")
        assert (tmp_path / f"{kind}.png").stat().st_size > 5000


def test_a_grade_is_withheld_on_paper_where_the_answer_withholds_it(firm):
    printed = ek.table(firm, "firm_places", lang="en")
    now = firm.frame.xs(2021, level="period").sort_values("D", ascending=False, kind="stable")
    assert (printed["Grade"] == "withheld").tolist() == now["label"].isna().tolist()
    assert printed["Its probability (%)"].to_numpy() == pytest.approx(now["probability"].to_numpy() * 100)


def test_the_interval_of_every_rank_is_printed_and_the_firm_are_marked(firm):
    printed = ek.table(firm, "firm_places", lang="en").set_index("Place")
    for unit, row in firm.ranks.iterrows():
        assert printed.loc[unit, "Interval of the rank"] == f"{row['rank_low']}–{row['rank_high']}"
        assert (printed.loc[unit, "Rank"] == "firm") == row["firm"]
    assert any("A rank is called firm" in note.text.en for note in firm.notes)


def test_of_two_places_no_rank_is_firm_that_moves():
    key = pd.MultiIndex.from_product([["a", "b"], [2020]], names=["unit", "period"])
    near = ek.CoordinationUncertainty(error=0.05, draws=500).measure(x=pd.Series([0.50, 0.51], key), y=pd.Series(0.5, key))
    assert not near.ranks["firm"].any()


def test_what_the_method_leaves_is_told_in_words(bond, firm):
    wide = ek.CoordinationUncertainty(error=0.08, draws=500).measure(**bond)
    steps = {Text("小", "small"): firm, Text("再加：大", "and the large"): wide}
    said = with_the_method(steps, Voice("en"))
    named = [int(one.frame.xs(2021, level="period")["label"].notna().sum()) for one in (firm, wide)]
    assert f"the grade of {named[1]} can be named instead of {named[0]}" in said
    assert "(the large)" in said
    assert with_the_method({Text("小", "small"): firm}, Voice("en")) == ""


def test_a_mark_that_is_drawn_is_explained_in_the_picture(firm):
    titles = [axes.get_title(loc="right") for axes in ek.figure(firm, "grade_probability", lang="en").axes]
    assert any("○" in title for title in titles)


def test_the_change_is_called_settled_only_where_its_interval_leaves_out_zero(firm):
    printed = ek.table(firm, "firm_change", lang="en").set_index("Place")["Verdict"]
    assert ((printed != "not settled") == firm.change["firm"].reindex(printed.index)).all()


def test_more_doubt_leaves_less(bond, firm):
    wide = ek.CoordinationUncertainty(error=0.08, draws=500).measure(**bond)
    table = cumulative({Text("小", "small"): firm, Text("大", "large"): wide}, Voice("en")).frame
    assert table["In doubt"].tolist() == ["small", "large"]
    assert table["Grade named"].is_monotonic_decreasing
    assert table["Median width"].is_monotonic_increasing


def test_variants_are_explained_and_their_figures_are_those_of_the_answer(beside):
    printed = ek.table(beside, lang="en").set_index("Variant")
    for label in beside.labels:
        assert printed.loc[label, "Mean D"] == pytest.approx(beside.frame[label]["D"].mean())


def test_quadrants_are_counted(stands):
    printed = ek.table(stands, lang="en")
    counts = printed[["both high", "kept low, rise high", "both low", "kept high, rise low"]].sum(axis=1)
    assert counts.tolist() == [50, 50, 50]
