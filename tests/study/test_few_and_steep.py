"""Studies of few places, and of places that all pass the bounds they are scored on: what nobody asked for is not refused."""

import numpy as np
import openpyxl
import pandas as pd
import pytest

import evalkit as ek
from evalkit.report.assessment.chapters import compose
from evalkit.study.run import Study
from evalkit.terms import Text

SYSTEM = """
id = "{id}"
name = {{ zh = "{id}", en = "{id}" }}
[[dimension]]
id = "{id}_all"
name = {{ zh = "甲", en = "All" }}
indicator = [
  {{ id = "{id}1", name = {{ zh = "一", en = "first" }}, direction = "benefit" }},
  {{ id = "{id}2", name = {{ zh = "二", en = "second" }}, direction = "benefit" }},
  {{ id = "{id}3", name = {{ zh = "三", en = "third" }}, direction = "benefit", core = false }},
]
"""
STUDY = """
title = {{ zh = "甲", en = "Steep" }}
{top}
[panel]
file = "panel.csv"
unit = "unit"
period = "year"
[[system]]
file = "K.toml"
{weigh}
[[system]]
file = "R.toml"
[uncertainty]
draws = 0
[robustness]
draws = 100
samples = 16
{robust}
"""


def study(folder, units=5, step=2.0, top="", robust="", weigh=""):
    """Places that all rise by `step` a year from 2019 to 2024, from levels of their own less than 2 apart."""
    rng, years = np.random.default_rng(5), range(2019, 2025)
    rows = pd.DataFrame([(f"u{n}", year) for n in range(units) for year in years], columns=["unit", "year"])
    own = {f"u{n}": rng.uniform(0, 1.5, 6) for n in range(units)}
    for at, name in enumerate(f"{system}{n}" for system in "KR" for n in (1, 2, 3)):
        rows[name] = [
            20 + own[u][at] + step * (y - 2019) + rng.uniform(0, 0.3) for u, y in zip(rows["unit"], rows["year"], strict=True)
        ]
    rows.to_csv(folder / "panel.csv", index=False)
    for system in "KR":
        (folder / f"{system}.toml").write_text(SYSTEM.format(id=system), encoding="utf-8")
    path = folder / "study.toml"
    path.write_text(STUDY.format(top=top, robust=robust, weigh=weigh), encoding="utf-8")
    return Study.read(path)


@pytest.fixture(scope="module")
def steep(tmp_path_factory):
    return study(tmp_path_factory.mktemp("steep")).run()


def test_an_alternative_nobody_wrote_that_ranks_no_place_is_left_out_and_said(steep):
    """By 2024 all have passed the best of 2019–2021, which evalkit takes as the other reference years."""
    others = list(steep.firmness.comparison.frame.index)
    assert "weighting method: equal weights" in others
    assert not any("reference years" in label for label in others)
    said = [note.text.en for note in steep.firmness.notes]
    assert all("reference years: 2019–2021" in words and "2024" in words for words in said)
    assert len(said) == 2
    assert set(steep.firmness.agreement) == {"K", "R"}


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_was_left_out_stands_in_the_chapter(steep, lang):
    said = [getattr(block, "text", "") for block in compose(steep, lang).blocks]
    assert all(note.say(lang) in said for note in steep.firmness.notes)


def test_the_same_alternative_is_refused_where_the_study_names_it(tmp_path):
    with pytest.raises(ek.NoAnswer, match=r"\[reference years: 2019–2021\] give all units the same score in 2024") as refused:
        study(tmp_path, robust="reference = [[2019, 2021]]").run()
    assert "bounds of 2019–2021" in str(refused.value)


def test_an_index_that_ranks_no_place_names_the_bounds_all_have_passed(tmp_path):
    asked = study(tmp_path, top="reference = [2019, 2021]")
    with pytest.raises(ek.NoAnswer, match=r"\[this study\] give all units the same score in 2024") as refused:
        asked.run()
    best = asked.panel.frame.loc[asked.panel.frame.index.get_level_values("period") <= 2021, "K1"].max()
    assert f"K1 {best:.6g}" in str(refused.value)
    assert "wider bounds" in str(refused.value)


@pytest.mark.parametrize("units", [1, 2, 3])
def test_few_places_get_their_report(tmp_path, units):
    found = study(tmp_path, units=units, step=0.3).run()
    said = " ".join(note.text.en for note in found.firmness.notes)
    assert ("fewer than 3 places" in said) == (units < 3)
    assert bool(found.firmness.agreement) == (units >= 3)
    assert found.firmness.comparison is not None
    for lang in ("zh", "en"):
        assert len(compose(found, lang).blocks) > 20


def test_ranks_that_nothing_moves_are_said_and_not_refused(tmp_path):
    """Three places far apart on every indicator keep their ranks under any setting."""
    asked = study(tmp_path, units=3, step=0.3, robust='weights = ["equal"]')
    rows = pd.read_csv(tmp_path / "panel.csv")
    rows.iloc[:, 2:] += rows["unit"].map({"u0": 0, "u1": 15, "u2": 30}).to_numpy()[:, None]
    rows.to_csv(tmp_path / "panel.csv", index=False)
    firm = Study.read(asked.path).run().firmness
    assert not firm.drivers
    assert sum("No setting shifts the ranks" in note.text.en for note in firm.notes) == 2
    assert set(firm.uncertainty) == {"K", "R"}


def test_weights_nobody_wrote_that_the_data_do_not_allow_are_left_out_and_said(tmp_path):
    """CRITIC has no weights where all indicators move as one."""
    asked = study(tmp_path, step=0.3)
    rows = pd.read_csv(tmp_path / "panel.csv")
    for name in ("2", "3"):
        rows[f"K{name}"] = 2 * rows["K1"] + int(name)
    rows.to_csv(tmp_path / "panel.csv", index=False)
    firm = Study.read(asked.path).run().firmness
    assert not any("CRITIC" in label for label in firm.comparison.frame.index)
    assert any("do not allow" in note.text.en and "CRITIC" in note.text.en for note in firm.notes)
    (tmp_path / "study.toml").write_text(asked.path.read_text(encoding="utf-8") + '\nweights = ["critic"]\n', encoding="utf-8")
    with pytest.raises(ek.NoAnswer, match="CRITIC gives no weights"):
        Study.read(asked.path).run()


def judgements(path, items):
    book = openpyxl.Workbook()
    book.remove(book.active)
    sheet = book.create_sheet("K_all")
    for row in ([None, *items], *([item, *([1] * len(items))] for item in items)):
        sheet.append(row)
    book.save(path)


@pytest.mark.parametrize(("items", "refused"), [(["K1", "K2"], False), (["K1", "K2", "K3"], True)])
def test_experts_judge_what_the_study_scores(tmp_path, items, refused):
    """K3 is not of the core, which a study scores by default."""
    judgements(tmp_path / "a.xlsx", items)
    asked = study(tmp_path, step=0.3, weigh='weigh = { method = "ahp", judgements = ["a.xlsx"] }')
    if refused:
        with pytest.raises(ek.DataError, match=r"'K3' is not scored here.*asked for: \[K1, K2\].*core = false"):
            asked.run()
    else:
        frame = asked.run().scores["K"].spec.frame
        assert frame["weight"].to_dict() == pytest.approx({"K1": 0.5, "K2": 0.5})


def test_judgements_among_the_other_weights_are_refused_with_their_place(tmp_path):
    with pytest.raises(ek.SpecError, match=r"belong to one system: write weigh = … in its \[\[system\]\]"):
        study(tmp_path, robust='weights = ["equal", { method = "ahp", judgements = ["a.xlsx"] }]')


def test_an_index_that_is_not_clipped_names_no_bounds():
    """Scores that are equal for another reason are refused without blaming bounds."""
    key = pd.MultiIndex.from_product([["a", "b", "c"], [2020]], names=["unit", "period"])
    given = {"a": pd.Series([1.0, 2.0, 3.0], key), "b": pd.Series([2.0] * 3, key)}
    with pytest.raises(ek.NoAnswer, match="leave them out") as refused:
        ek.IndexComparison(labels={"b": Text("乙", "the other")}).measure(**given)
    assert "[the other]" in str(refused.value)
    assert "bounds" not in str(refused.value)
