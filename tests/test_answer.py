"""Answers show themselves in a notebook: small, in both languages, and never a row that is a home or a person."""

import re
from dataclasses import dataclass, field
from html import escape

import numpy as np
import pandas as pd
import pytest

import evalkit as ek
from evalkit.answer import Answer, Note, in_a_line, of_homes
from evalkit.risk.labels.types import MonitoringTypes
from evalkit.terms import Text


@pytest.fixture(scope="module")
def scores():
    counties, system = ek.datasets.load("counties"), ek.systems("revitalization")["revitalization"]
    return ek.CompositeIndex(system=system, weigh=ek.Critic()).fit(counties).score(counties)


@pytest.fixture(scope="module")
def people():
    return ek.HouseholdSimulation(households=300, villages=10, counties=2, periods=range(2020, 2024)).draw()


def answers_of_homes(people) -> dict[str, Answer]:
    """Answers with a row a home, of the families that give them."""
    homes = people.frame.join(people.homes[["village", "formerly_poor"]], on="unit")
    homes = homes.astype(dict.fromkeys(homes.select_dtypes("bool"), int)).assign(risk=lambda all_: all_["wage"].rank(pct=True))
    last = homes.xs(2023, level="period", drop_level=False)
    vulnerable = ek.Vulnerability(income="income_pc", line="line", unit="unit", period="period", covariates=("members",))
    return {
        "simulated": people,
        "surveyed": ek.HouseholdSurvey(villages=4, homes=5, formerly_poor=2).draw(people),
        "labels": ek.ReturnLabel(id="falling", line="line").on(homes),
        "features": ek.FeaturePlan(features=ek.household_features(homes.columns)).measure(homes),
        "kinds": MonitoringTypes(range=9000.0).measure(last.reset_index(drop=True)),
        "vulnerable": vulnerable.measure(last.reset_index()),
        "visits": ek.VisitingList(risk="risk", budget=ek.VisitsPerVillage(visits=2)).measure(last),
    }


def test_rows_of_homes_are_never_shown(people):
    for name, answer in answers_of_homes(people).items():
        assert of_homes(answer), name
        shown = answer._repr_html_() + repr(answer)
        assert not re.search(r"H0{2,}\d", shown), name
        assert str(answer.frame.columns[0]) in shown, name  # but what the columns are is
        figures = answer.frame.select_dtypes("float").to_numpy().ravel()
        told = {f"{figure:,.3f}" for figure in figures[np.isfinite(figures)][:200] if figure not in (0, 1)}
        assert not any(re.search(rf"(?<![\d.,]){re.escape(one)}(?!\d)", shown) for one in told), name


def test_what_is_not_known_to_be_anything_else_is_taken_for_homes():
    risks = Answer(spec=None, frame=pd.DataFrame({"risk": [0.123456]}))
    assert of_homes(risks)
    assert "0.123" not in risks._repr_html_()
    cases = Answer(spec=None, frame=pd.DataFrame({"source": ["village"], "case": ["K7"]}))
    assert "K7" not in cases._repr_html_()


def test_estimates_of_homes_and_figures_of_places_are_shown(people, scores):
    design = ek.SurveyDesign(clusters="unit")
    poor = ek.PovertyIndices(income="income_pc", line="line", design=design).measure(people.frame.reset_index())
    for answer in (poor, scores, scores.spec, ek.audit_panel(scores.panel, [scores.system])):
        assert not of_homes(answer)
        assert "<table" in answer._repr_html_()
    assert f"{poor.frame['estimate'].iloc[0]:.3f}" in poor._repr_html_()


def test_it_is_small_and_says_how_much_is_not_shown(scores):
    shown = scores._repr_html_()
    assert shown.count("<tr>") == 8 + 1  # beside the row of heads, which pandas gives a style
    assert "+1,552" in shown
    assert len(shown) < 10_000
    assert repr(scores) == "IndexScores(1,560 × 6; CompositeIndex(system=IndicatorSystem('revitalization'), weigh=Critic()))"


def test_every_note_stands_there_in_both_languages(scores):
    shown = scores._repr_html_()
    for note in scores.notes:
        assert escape(note.text.zh) in shown
        assert escape(note.text.en) in shown


def test_what_would_be_markup_is_escaped():
    note = Note("caution", Text("<b>甲</b>", "<script>x</script>"))
    frame = pd.DataFrame({"measure": ["<i>"], "estimate": [0.0001]})
    shown = Answer(spec={"<u>": 1}, frame=frame, notes=(note,))._repr_html_()
    assert not re.search("<script|<b>甲|<i>|<u>", shown)
    assert "0.0001" in shown


def test_a_spec_in_a_line_tells_choices_and_no_key_and_no_table():
    @dataclass(frozen=True)
    class Asked:
        key: bytes = field(repr=False)
        table: pd.DataFrame
        word: bytes = b"another key"
        size: float = 0.5
        share: float = 0.1
        often: tuple[int, ...] = ()

    asked = Asked(
        key=b"a secret", table=pd.DataFrame({"name": ["somebody"]}), word=b"yet another", share=0.2, often=(1, 2, 3, 4, 5)
    )
    assert in_a_line(asked) == "Asked(word=bytes, share=0.2, often=(1, 2, 3, 4, …))"
    assert len(in_a_line(["x" * 100] * 9)) <= 240


def test_a_panel_shows_its_size_its_source_and_few_rows(scores):
    shown = scores.panel._repr_html_()
    assert "120 × 2012–2024" in shown
    assert "模拟县域面板" in shown
    assert "simulated county panel" in shown
    assert shown.count("<tr>") < 12
