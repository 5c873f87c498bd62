"""CompositeIndex: axioms, recovery of a known truth, and what is learnt where."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import evalkit as ek
from evalkit.stats.ranks import spearman


@pytest.fixture(scope="module")
def index(systems):
    return ek.CompositeIndex(system=systems["revitalization"], weigh=ek.Entropy())


def test_fitting_and_scoring_the_same_years_twice_gives_identical_bits(index, counties):
    first, second = (index.fit(counties, on=slice(2016, 2020)).score(counties) for _ in range(2))
    assert first.frame.to_numpy().tobytes() == second.frame.to_numpy().tobytes()
    assert first.spec.frame["weight"].to_numpy().tobytes() == second.spec.frame["weight"].to_numpy().tobytes()


def test_scores_do_not_move_when_units_are_reordered(index, counties):
    rows = counties.frame.reset_index().sample(frac=1.0, random_state=7)
    shuffled = ek.Panel.from_frame(rows, unit="unit", period="period")
    a, b = (index.fit(panel).score(panel).series for panel in (counties, shuffled))
    pd.testing.assert_series_equal(a, b, check_exact=True)


@settings(max_examples=20, deadline=None)
@given(st.floats(0.01, 1000), st.floats(-1000, 1000), st.sampled_from(["equal", "entropy", "critic"]))
def test_a_positive_affine_change_of_a_raw_indicator_leaves_scores_unchanged(factor, shift, weighing):
    rng = np.random.default_rng(3)
    rows = pd.DataFrame({"unit": np.repeat(list("abcdef"), 4), "year": [2018, 2019, 2020, 2021] * 6})
    rows = rows.assign(x=rng.normal(50, 9, 24), y=rng.normal(5, 1, 24))
    indicators = (
        ek.Indicator(id="x", name=ek.Text("x", "x")),
        ek.Indicator(id="y", name=ek.Text("y", "y"), direction=ek.Direction.COST),
    )
    whole = ek.Dimension(id="d", name=ek.Text("d", "d"), indicators=indicators)
    system = ek.IndicatorSystem(id="s", name=ek.Text("s", "s"), dimensions=(whole,))
    weigh = {"equal": ek.Equal(), "entropy": ek.Entropy(), "critic": ek.Critic()}[weighing]
    index = ek.CompositeIndex(system=system, weigh=weigh)

    def scores(frame):
        panel = ek.Panel.from_frame(frame, unit="unit", period="year")
        return index.fit(panel, on=slice(2018, 2020)).score(panel).series.to_numpy()

    np.testing.assert_allclose(scores(rows.assign(x=rows["x"] * factor + shift)), scores(rows), atol=1e-8)


def test_bounds_and_weights_come_from_the_reference_years_only(index, counties):
    """Years after 2022 are changed: a gap at the edge of the reference is filled from neighbors up to two years later."""
    later = counties.frame.copy()
    later.loc[later.index.get_level_values("period") > 2022] *= 0.9
    changed = replace(counties, frame=later)
    a, b = index.fit(counties, on=slice(2012, 2020)), index.fit(changed, on=slice(2012, 2020))
    pd.testing.assert_frame_equal(a.frame, b.frame)


def test_contributions_add_up_to_the_score_and_dimensions_to_it(index, counties):
    scores = index.fit(counties, on=slice(2016, 2020)).score(counties)
    np.testing.assert_allclose(scores.contributions.sum(axis=1), scores.series, atol=1e-12)
    held = scores.spec.frame.groupby("dimension", sort=False)["weight"].sum()
    np.testing.assert_allclose(scores.frame[list(held.index)].to_numpy() @ held.to_numpy(), scores.series, atol=1e-12)


@pytest.mark.parametrize("name", ["consolidation", "revitalization"])
def test_the_true_ordering_of_the_simulated_counties_is_recovered(name, counties, systems):
    """Spearman's correlation with the known truth exceeds 0.97 over unit-years, and 0.9 among counties of one year."""
    truth = ek.datasets.truth("counties")[name]
    for weigh in (ek.Equal(), ek.Entropy(), ek.Critic()):
        series = ek.CompositeIndex(system=systems[name], weigh=weigh).fit(counties, on=slice(2012, 2020)).score(counties).series
        assert spearman(series.to_numpy(), truth.reindex(series.index).to_numpy()) > 0.97
        now = series.xs(2024, level="period")
        assert spearman(now.to_numpy(), truth.xs(2024, level="period").reindex(now.index).to_numpy()) > 0.9


def test_values_beyond_the_bounds_are_clipped_or_kept_by_choice_and_noted(index, counties):
    clipped = index.fit(counties, on=slice(2016, 2020)).score(counties)
    kept = (
        replace(index, normalize=ek.MinMax(beyond="keep"), weigh=ek.Equal()).fit(counties, on=slice(2016, 2020)).score(counties)
    )
    assert clipped.normalized.to_numpy().min() == 0.0
    assert clipped.normalized.to_numpy().max() == 1.0
    assert kept.normalized.to_numpy().min() < 0.0
    assert any("clipped to the bounds" in note.text.en for note in clipped.notes)
    assert any("kept as they are" in note.text.en for note in kept.notes)


def test_goalposts_replace_learnt_bounds(counties, systems):
    fitted = ek.CompositeIndex(system=systems["consolidation"], normalize=ek.MinMax(bounds="plausible")).fit(counties)
    by_id = {i.id: i for i in systems["consolidation"].indicators}
    assert fitted.frame.loc["G10", ["zero_at", "one_at"]].tolist() == list(by_id["G10"].plausible)
    assert fitted.frame.loc["G22", ["zero_at", "one_at"]].tolist() == list(by_id["G22"].plausible)[::-1]


def test_later_years_are_scored_by_what_was_learnt(index, counties):
    fitted = index.fit(counties.at(slice(2012, 2020)))
    later = fitted.score(counties.at(slice(2021, 2024)))
    whole = index.fit(counties, on=slice(2012, 2020)).score(counties)
    assert later.series.index.get_level_values("period").min() == 2021
    np.testing.assert_allclose(later.series, whole.series.loc[later.series.index], atol=0.02)


def test_an_absent_column_is_named_with_the_nearest(index, counties):
    renamed = replace(counties, frame=counties.frame.rename(columns={"R24": "R24x"}))
    with pytest.raises(ek.DataError, match=r"needs columns \[R24\].*did you mean 'R24x'"):
        index.fit(renamed)


def test_an_index_that_has_learnt_nothing_does_not_score(index, counties):
    with pytest.raises(ek.SpecError, match=r"'revitalization' has learnt nothing yet\. To do: score what fit\(panel, on=…"):
        index.score(counties)


def test_weights_inside_a_dimension_that_is_none_are_refused(index, counties):
    with pytest.raises(ek.SpecError, match=r"'revitalization' has no dimension 'industy'\. To do: did you mean 'industry'"):
        replace(index, weigh=ek.Levels(inside={"industy": ek.Entropy()})).fit(counties)


def test_periods_the_panel_does_not_cover_are_refused(index, counties):
    with pytest.raises(ek.DataError, match="does not cover the periods 2005 to 2010"):
        index.fit(counties, on=slice(2005, 2010))


def test_an_indicator_that_does_not_vary_is_refused(make_panel, make_system):
    panel = make_panel({"x": range(9), "y": [1.0] * 9})
    with pytest.raises(ek.NoAnswer, match=r"\[y\] do not vary over the reference periods"):
        ek.CompositeIndex(system=make_system(d={"x": "benefit", "y": "benefit"})).fit(panel)


def test_z_scores_have_mean_zero_and_are_refused_by_coupling(counties, systems):
    z = ek.CompositeIndex(system=systems["revitalization"], normalize=ek.ZScore()).fit(counties).score(counties)
    np.testing.assert_allclose(z.normalized.mean(), 0.0, atol=1e-10)
    np.testing.assert_allclose(z.normalized.std(ddof=0), 1.0, atol=1e-10)
    with pytest.raises(ek.NoAnswer, match=r"indices in \[0, 1\]"):
        ek.CouplingCoordination().measure(a=z.series, b=z.series)


def test_distance_to_target_scores_one_at_the_target(make_panel, make_system):
    panel = make_panel({"x": [10, 20, 30, 40, 50, 60, 70, 80, 90], "y": [9, 8, 7, 6, 5, 4, 3, 2, 1]})
    system = make_system(d={"x": "benefit", "y": "cost"})
    spec = ek.CompositeIndex(system=system, normalize=ek.DistanceToTarget(targets={"x": 50, "y": 5}))
    z = spec.fit(panel).score(panel).normalized
    assert z["x"].tolist() == [0, 0.25, 0.5, 0.75, 1, 1, 1, 1, 1]
    assert z["y"].tolist() == [0, 0.25, 0.5, 0.75, 1, 1, 1, 1, 1]
    with pytest.raises(ek.NoAnswer, match="already reaches the target"):
        replace(spec, normalize=ek.DistanceToTarget(targets={"x": 5, "y": 5})).fit(panel)
    with pytest.raises(ek.SpecError, match=r"\[y\] have no target"):
        replace(spec, normalize=ek.DistanceToTarget(targets={"x": 50})).fit(panel)


def test_what_is_handed_out_may_be_changed_and_changes_nothing(counties, systems):
    index = ek.CompositeIndex(system=systems["revitalization"], outliers=ek.Winsorize())
    scores = index.fit(counties).score(counties)
    before = scores.contributions.to_numpy().tobytes()
    for mine in (scores.normalized, scores.contributions):
        mine.loc[:] = 100.0
    scores.tamed.insert(0, "mine", 1)
    assert scores.contributions.to_numpy().tobytes() == before
    assert scores.normalized.to_numpy().max() == 1.0
    assert "mine" not in scores.tamed


def test_what_is_no_panel_or_holds_no_rows_is_refused(counties, systems):
    index = ek.CompositeIndex(system=systems["revitalization"])
    fitted = index.fit(counties)
    many, drawn = ek.vary(index, weigh=[ek.Equal(), ek.Critic()]), ek.MonteCarlo(draws=10, weights=ek.Dirichlet())
    for ask in (index.fit, fitted.score, many.rank_intervals, lambda panel: drawn.measure(index, panel)):
        with pytest.raises(
            ek.SpecError, match=r"CompositeIndex panel must be a Panel; found a DataFrame\. To do: make one of a table"
        ):
            ask(counties.frame)
        with pytest.raises(ek.DataError, match="the panel has no rows, so there is nothing to score"):
            ask(replace(counties, frame=counties.frame.iloc[:0], weights=None))
