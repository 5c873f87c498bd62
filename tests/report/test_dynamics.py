"""Movement on paper: both languages from one content, figures drawn from the tables printed with them."""

import re

import numpy as np
import pandas as pd
import pytest

import evalkit as ek
import evalkit.report.coupling.contributions
import evalkit.report.coupling.dynamics
import evalkit.report.distribution.transitions
from evalkit.coupling.dynamics.contributions import ChangeOfD
from evalkit.coupling.dynamics.decoupling import STATES, Decoupling
from evalkit.coupling.dynamics.speeds import Speeds
from evalkit.coupling.dynamics.stages import OCTANTS
from evalkit.coupling.dynamics.transitions import GradeTransitions
from evalkit.report.verbs import figures, names, tables, words
from evalkit.report.words import Voice, system_names

KINDS = ("speeds", "trend", "decoupling", "moves", "change", "unopened")


@pytest.fixture(scope="module")
def scores(counties, systems):
    return {key: ek.CompositeIndex(system=one).fit(counties).score(counties) for key, one in systems.items()}


@pytest.fixture(scope="module")
def known(counties, systems):
    return {**counties.names, **system_names(systems)}


@pytest.fixture(scope="module")
def answers(scores, systems):
    series = {key: score.series for key, score in scores.items()}
    bond = ek.CouplingCoordination().measure(**series)
    parts = {key: score.contributions for key, score in scores.items()}
    dimensions = {i.id: d.id for system in systems.values() for d in system.dimensions for i in d.indicators}
    return {
        "speeds": Speeds().measure(**series),
        "trend": Speeds(degree=2, stages=OCTANTS).measure(**series),
        "decoupling": Decoupling(lag=3).measure(**series),
        "moves": GradeTransitions(lag=2).measure(bond),
        "change": ChangeOfD().measure(bond, parts, dimensions),
        "unopened": ChangeOfD().measure(bond),
    }


def shown(answer, voice):
    """All words of an answer in one language."""
    yield words(answer, voice)
    yield from (note.say(voice.lang) for note in answer.notes)
    for table in tables(answer, voice):
        yield from (table.caption.say(voice.lang), table.source)
        yield from map(str, table.frame.columns)
        for _, column in table.frame.items():
            yield from (str(cell) for cell in column if isinstance(cell, str))
    for figure in figures(answer, voice):
        yield from (figure.caption.say(voice.lang), figure.alt)


@pytest.mark.parametrize("kind", KINDS)
def test_no_language_is_mixed(answers, known, kind):
    answer = answers[kind]
    for text in shown(answer, Voice("en", {**names(answer), **known})):
        assert not re.search(r"[\u4e00-\u9fff]", text), text
    for text in shown(answer, Voice("zh", {**names(answer), **known})):
        assert not re.search(r"[A-Za-z]{4,}", re.sub(r"Tapio|Shapley|Transport Policy|atan2", "", text)), text


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_figure_is_drawn(answers, known, kind, lang, tmp_path):
    answer = answers[kind]
    for figure in figures(answer, Voice(lang, {**names(answer), **known})):
        path = tmp_path / f"{figure.key}.png"
        ek.figure(answer, figure.key, lang=lang, known=known).savefig(path, dpi=40)
        assert path.stat().st_size > 2000


def bars(canvas):
    """Heights of stacked bars, one row a color."""
    return np.array([[patch.get_height() for patch in one.patches] for one in canvas.axes[0].containers])


@pytest.mark.parametrize(("kind", "key"), [("speeds", "speed_stages_by_year"), ("decoupling", "decoupling_by_year")])
def test_stacked_bars_are_the_counts_of_the_table(answers, kind, key):
    table = ek.table(answers[kind], key, lang="en").set_index("Year")
    figure = "speed_stages" if kind == "speeds" else "decoupling_states"
    held = table.loc[:, table.any()]
    np.testing.assert_array_equal(bars(ek.figure(answers[kind], figure, lang="en")), held.to_numpy().T)
    assert (table.sum(axis=1) == 120).all()


def test_the_path_of_the_phase_plane_is_the_printed_one(answers):
    table = ek.table(answers["speeds"], "mean_path", lang="en")
    canvas = ek.figure(answers["speeds"], "phase_plane", lang="en")
    path = next(line for line in canvas.axes[0].lines if len(line.get_xdata()) == len(table))
    np.testing.assert_allclose(path.get_xydata(), table.iloc[:, 1:3])
    years = [text.get_text() for text in canvas.axes[0].texts if text.get_text()]
    assert {"2012", "2024"} <= set(years)
    assert "40 places evenly sampled" in canvas.get_suptitle()


def test_the_heat_table_is_the_matrix(answers):
    table = ek.table(answers["moves"], "grade_moves", lang="en")
    canvas = ek.figure(answers["moves"], "grade_moves", lang="en")
    np.testing.assert_allclose(canvas.axes[0].images[0].get_array(), table.iloc[:, 2:].fillna(0))
    began = table["Began"] > 0
    np.testing.assert_allclose(table.loc[began].iloc[:, 2:].sum(axis=1), 100)
    assert table["Began"].sum() == answers["moves"].by_period["pairs"].sum()


@pytest.mark.parametrize(
    ("kind", "key"), [("change", "change_steps"), ("change", "change_indicator_steps"), ("unopened", "change_steps")]
)
def test_the_waterfall_runs_from_the_first_mean_to_the_last(answers, kind, key):
    answer = answers[kind]
    table = ek.table(answer, key, lang="en")
    reached, change = table["D reached"].to_numpy(), table["Change of D"].to_numpy()
    assert reached[0] == pytest.approx(answer.frame["first"].mean(), abs=1e-12)
    assert reached[-1] == pytest.approx(answer.frame["last"].mean(), abs=1e-12)
    assert reached[-2] == pytest.approx(reached[-1], abs=1e-12)
    np.testing.assert_allclose(np.diff(reached[:-1]), change[1:-1], atol=1e-12)
    drawn = ek.figure(answer, key, lang="en").axes[0].patches
    np.testing.assert_allclose([patch.get_width() for patch in drawn][1:-1], change[1:-1], atol=1e-12)
    np.testing.assert_allclose([patch.get_x() + patch.get_width() for patch in drawn], reached, atol=1e-12)


def test_the_rest_of_the_indicators_is_summed(answers):
    table = ek.table(answers["change"], "change_indicator_steps", lang="en")
    count = answers["change"].indicators.shape[1]
    assert f"the other {count - 8} indicators" in table["Part"].tolist()
    assert len(table) == 8 + 1 + 2


def test_what_is_in_no_state_is_shown():
    key = pd.MultiIndex.from_product([["a", "b"], [2019, 2020]], names=["unit", "period"])
    still = Decoupling().measure(a=pd.Series([1.0, 2, 1, 2], key), b=pd.Series([1.0, 1, 1, 2], key))
    assert ek.table(still, lang="en").iloc[0].tolist()[-1] == 1
    assert ek.table(still, "decoupling_2020", lang="en")["State"].tolist() == ["in none", STATES[2].label.en]
    quiet = Decoupling().measure(a=pd.Series([1.0, 2, 1, 2], key), b=pd.Series(1.0, key))
    assert ek.prose(quiet, lang="en") == "In 2020 no place is in a state."
    calm = Speeds().measure(a=pd.Series(1.0, key), b=pd.Series(1.0, key))
    assert ek.prose(calm, lang="en") == "In 2020 no place moved."


def test_words_are_those_of_the_answer(answers, known):
    change = answers["change"]
    said = ek.prose(change, lang="en", known=known)
    assert f"({change.frame['change'].mean():+.4f})" in said
    for mean in change.systems.mean():
        assert f"{mean:+.4f}" in said
    moved = ek.prose(answers["moves"], lang="en", known=known)
    up = (answers["moves"].by_period["up"] * answers["moves"].by_period["pairs"]).sum() / answers["moves"].by_period[
        "pairs"
    ].sum()
    assert f"{up:.1%} rose" in moved
