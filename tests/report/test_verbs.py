"""table, figure and prose of every answer, in both languages."""

import pandas as pd
import pytest

import evalkit as ek


@pytest.fixture(scope="module")
def answers(counties, systems):
    index = ek.CompositeIndex(system=systems["revitalization"], weigh=ek.Entropy())
    scores = index.fit(counties, on=slice(2016, 2020)).score(counties)
    kept = ek.CompositeIndex(system=systems["consolidation"]).fit(counties, on=slice(2016, 2020)).score(counties)
    bond = ek.CouplingCoordination().measure(kept=kept.series, rise=scores.series)
    other = ek.CouplingCoordination(shares=(0.4, 0.6)).measure(kept=kept.series, rise=scores.series)
    return {
        "scores": scores,
        "bond": bond,
        "drag": ek.ObstacleDegree(top=3).measure(scores),
        "firm": ek.vary(index, weigh=[ek.Equal(), ek.Critic()]).rank_intervals(counties),
        "groups": ek.GroupDifferences(over="province").measure(bond.series, counties.groups),
        "compared": ek.compare(bond, {"weights=equal": other}),
    }


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.parametrize("name", ["scores", "bond", "drag", "firm", "groups", "compared"])
def test_every_answer_is_printed_and_told(answers, name, lang):
    assert len(ek.table(answers[name], lang=lang)) > 0
    said = ek.prose(answers[name], lang=lang)
    assert said
    assert "{" not in said


@pytest.mark.parametrize("name", ["scores", "bond", "drag", "firm", "groups"])
def test_every_answer_with_a_picture_is_drawn(answers, name):
    assert type(ek.figure(answers[name], lang="en")).__name__ == "Picture"


@pytest.mark.parametrize("kind", ["trend", "ladder", "balance", "ranking"])
def test_kinds_of_figures_are_chosen_by_name(answers, counties, kind):
    assert ek.figure(answers["bond"], kind, known=counties.names).axes


def test_a_kind_that_is_not_there_is_refused(answers):
    with pytest.raises(ek.SpecError, match="use one of trend"):
        ek.figure(answers["bond"], "pie")
    with pytest.raises(ek.SpecError, match="no figure"):
        ek.figure(answers["compared"])


def test_names_of_places_are_printed_in_the_language(answers):
    assert "Simulated County Wu-12" in ek.table(answers["firm"], lang="en").iloc[:, 0].tolist()
    assert any(name.startswith("模拟县") for name in ek.table(answers["firm"], lang="zh").iloc[:, 0])


@pytest.mark.parametrize("kind", ["html", "docx", "xlsx"])
def test_a_report_of_answers_is_saved(answers, kind, tmp_path):
    path = tmp_path / f"报告.{kind}"
    report = ek.Report("巩固衔接评估", lang="zh").add(answers["bond"], answers["drag"], answers["firm"])
    assert report.save(path) == path
    assert path.stat().st_size > 10_000


def test_a_report_is_frozen_and_refuses_other_endings(answers, tmp_path):
    report = ek.Report("t")
    assert report.add(answers["bond"]) is not report
    assert report.answers == ()
    with pytest.raises(ek.SpecError, match=r"use \.html"):
        report.add(answers["drag"]).save(tmp_path / "report.odt")
    with pytest.raises(ek.SpecError, match="no answer"):
        report.save(tmp_path / "report.html")
    with pytest.raises(ek.OutputError):
        ek.Report("t", lang="en").add(answers["drag"]).save(tmp_path / "nowhere" / "report.html")
    assert list(tmp_path.iterdir()) == []


def test_many_years_of_grades_go_down_the_page():
    key = pd.MultiIndex.from_product([["a", "b"], range(2001, 2018)], names=["unit", "period"])
    bond = ek.CouplingCoordination().measure(x=pd.Series(0.5, key), y=pd.Series(0.7, key))
    grades = ek.table(bond, "grades_by_year", lang="en")
    assert grades.shape == (17, 2)
    assert grades.iloc[:, 1].tolist() == [2] * 17


def test_only_answers_and_two_languages_are_shown(answers):
    with pytest.raises(ek.SpecError, match="only answers"):
        ek.table(answers["bond"].frame)
    with pytest.raises(ek.SpecError, match="only answers"):
        ek.Report("t").add(answers["bond"].frame)
    with pytest.raises(ek.SpecError, match="lang"):
        ek.prose(answers["bond"], lang="fr")
    with pytest.raises(ek.SpecError, match="language of a report"):
        ek.Report("t", lang="fr")
