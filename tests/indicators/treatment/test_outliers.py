"""Outliers: COINr's and R's figures, what may be moved and what may not, and that scores keep their raw bounds."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import evalkit as ek
from evalkit.indicators.treatment.outliers import skewness_kurtosis
from evalkit.indicators.treatment.skew_kurtosis import SkewKurtosis, likeliest, log
from evalkit.indicators.treatment.transforms import BoxCox, Chain, FromIdeal, Within
from evalkit.indicators.treatment.winsorize import Fences, Winsorize, by_fences, by_rank
from evalkit.stats.arrays import Columns

COINR = np.array([*range(1, 11), 30, 100], dtype=float)
# Lengths of 141 rivers in miles, the data set `rivers` that ships with R (McNeil, 1977, Interactive Data Analysis).
RIVERS = np.fromstring(
    "735 320 325 392 524 450 1459 135 465 600 330 336 280 315 870 906 202 329 290 1000 600 505 1450 840 1243 890 350 407 286 280 "
    "525 720 390 250 327 230 265 850 210 630 260 230 360 730 600 306 390 420 291 710 340 217 281 352 259 250 470 680 570 350 300 "
    "560 900 625 332 2348 1171 3710 2315 2533 780 280 410 460 260 255 431 350 760 618 338 981 1306 500 696 605 250 411 1054 735 "
    "233 435 490 310 460 383 375 1270 545 445 1885 380 300 380 377 425 276 210 800 420 350 360 538 1100 1205 314 237 610 360 540 "
    "1038 424 310 300 444 301 268 620 215 652 900 525 246 360 529 500 720 270 430 671 1770",
    sep=" ",
)

columns_of_figures = arrays(float, st.integers(8, 60), elements=st.floats(-1e3, 1e3).map(lambda v: round(v, 3)))


def indicator(**given):
    return ek.Indicator(id="x", name=ek.Text("甲", "x"), **given)


def learn(rule, x, **given):
    return rule.learn(Columns([np.asarray(x, dtype=float)]), [indicator(**given)])


def read(tamed, x):
    x = np.asarray(x, dtype=float)
    return tamed.transforms[0].apply(x) if tamed.transforms else x


def test_coinr_outlier_treatment_of_a_vector():
    """COINr 1.0, article "Outlier Treatment": x <- c(1:10, 30, 100), winmax = 2; one point is winsorized."""
    tamed = learn(SkewKurtosis(points=2), COINR)
    np.testing.assert_allclose(
        [tamed.beside["skewness_before"][0], tamed.beside["kurtosis_before"][0]], [3.063241, 9.741391], atol=5e-7
    )
    np.testing.assert_allclose(
        [tamed.beside["skewness_after"][0], tamed.beside["kurtosis_after"][0]], [1.712038, 1.815781], atol=5e-7
    )
    assert tamed.beside["points"].tolist() == [1]
    assert read(tamed, COINR).tolist() == [*range(1, 11), 30, 30]


def test_coinr_own_tests_of_treat():
    """COINr, tests/testthat/test-treat.R: one outlier is brought to the next figure; two are too many for one point."""
    assert read(learn(SkewKurtosis(), [*range(1, 11), 100]), [9, 10, 100]).tolist() == [9, 10, 10]
    x = [*range(1, 21), 100, 200]
    alone = learn(SkewKurtosis(points=1, then=None), x)
    assert [note.kind for note in alone.notes] == ["choice", "caution"]
    assert learn(SkewKurtosis(points=1), x).beside["outliers"] == ["log"]


@pytest.mark.parametrize(
    ("x", "expected"),
    [
        (COINR, [3.06324103423950, 9.74139083456914]),
        ([-40, *range(1, 21), 100, 200], [3.26144018054594, 12.25307805388679]),
        (RIVERS, [3.21821744191, 13.82581202890]),
    ],
)
def test_skewness_and_kurtosis_are_type_2_of_e1071(x, expected):
    """skewness(x, type = 2) and kurtosis(x, type = 2) of e1071 1.7-13 under R 4.2.2."""
    np.testing.assert_allclose(skewness_kurtosis(np.asarray(x, dtype=float)), expected, rtol=1e-11)


@pytest.mark.parametrize(
    ("points", "how", "moved", "expected"),
    [
        pytest.param(5, "winsorized", 4, [1.90293319388, 3.50032241025], id="winsorized"),
        pytest.param(3, "log", 0, [0.437160666466, 0.474662150068], id="log"),
    ],
)
def test_rivers_as_winsorized_and_logged_in_r(points, how, moved, expected):
    """R 4.2.2: pmin(rivers, 1885), and log(rivers - min(rivers) + .01 * diff(range(rivers))), by e1071 type 2."""
    tamed = learn(SkewKurtosis(points=points), RIVERS)
    assert (tamed.beside["outliers"], tamed.beside["points"].tolist()) == ([how], [moved])
    np.testing.assert_allclose([tamed.beside["skewness_after"][0], tamed.beside["kurtosis_after"][0]], expected, rtol=1e-11)


def test_box_cox_power_of_scipy_own_test():
    """scipy, stats/tests/test_morestats.py, TestBoxcoxNormmax.test_mle: 1.758101."""
    from scipy.stats import gamma

    x = np.log(gamma.rvs(5, size=50, random_state=12345)) + 5
    np.testing.assert_allclose(likeliest(x).power, 1.758101, rtol=1e-6)


@pytest.mark.parametrize(("x", "power"), [(COINR, -0.2005), (RIVERS, -0.552)])
def test_box_cox_power_of_mass(x, power):
    """boxcox(x ~ 1) of MASS under R 4.2.2, on a grid of 0.0005."""
    assert likeliest(x).power == pytest.approx(power, abs=0.00025)


def test_winsorize_as_scipy_documents_it():
    """scipy.stats.mstats.winsorize: its documented example, and the variance in its tests (Wilcox's data)."""
    a = [10, 4, 9, 8, 5, 3, 7, 2, 1, 6]
    assert read(learn(Winsorize(low=0.1, high=0.2), a), a).tolist() == [8, 4, 8, 8, 5, 3, 7, 2, 2, 6]
    data = [77, 87, 88, 114, 151, 210, 219, 246, 253, 262, 296, 299, 306, 376, 428, 515, 666, 1310, 2611]
    assert read(learn(Winsorize(low=0.2, high=0.2), data), data).var(ddof=1) == pytest.approx(21551.4, abs=0.05)


def test_fences_on_quartiles_of_r():
    """quantile(rivers, c(.25, .75)) of R 4.2.2 is 310 and 680."""
    assert by_fences(RIVERS, 1.5) == (310 - 1.5 * 370, 680 + 1.5 * 370)


@given(columns_of_figures, st.integers(0, 6))
def test_no_more_points_are_moved_than_allowed(x, points):
    assume(np.ptp(x) > 0)
    tamed = learn(SkewKurtosis(skewness=0.1, kurtosis=0.1, points=points, then=None), x)
    y = read(tamed, x)
    assert np.count_nonzero(y != x) <= points
    assert np.ptp(y) > 0
    assert set(y) <= set(x)


@given(columns_of_figures, st.floats(0, 0.45), st.floats(0.01, 0.45))
def test_winsorizing_by_rank_moves_the_share_it_states(x, low, high):
    limits = by_rank(x, low, high)
    assert np.count_nonzero(x < limits[0]) <= np.floor(low * len(x) + 1e-6)
    assert np.count_nonzero(x > limits[1]) <= np.floor(high * len(x) + 1e-6)


@given(columns_of_figures, st.sampled_from([SkewKurtosis(points=2), SkewKurtosis(points=0, then="box_cox"), Winsorize()]))
def test_the_order_of_figures_is_kept_for_later_figures_too(x, rule):
    assume(np.ptp(x) > 0.1)
    assume(len(set(x)) > 4)
    try:
        tamed = learn(rule, x)
    except ek.NoAnswer:
        assume(False)
    later = np.sort(np.concatenate([x, x - 50, x + 50]))
    assert (np.diff(read(tamed, later)) >= 0).all()


@given(columns_of_figures, st.floats(-2, 2).map(lambda v: round(v, 2)))
def test_transforms_are_undone_exactly(x, power):
    assume(np.ptp(x) > 1)
    curve = BoxCox(power=power, shift=log(x).shift, low=float(x.min()))
    figures = np.array([x.min() - 5, x.min(), np.median(x), x.max()])
    back = [curve.raw(float(y)) for y in curve.apply(figures)]
    np.testing.assert_allclose(back, figures, atol=1e-6 * np.ptp(x), rtol=1e-6)


def test_a_power_below_zero_never_reaches_its_bound():
    assert np.isnan(BoxCox(power=-1.0, shift=0.0, low=1.0).raw(1.0))


def test_skewness_follows_a_change_of_unit():
    np.testing.assert_allclose(skewness_kurtosis(RIVERS * 1.609 + 7), skewness_kurtosis(RIVERS), rtol=1e-10)
    np.testing.assert_allclose(skewness_kurtosis(-RIVERS), np.array(skewness_kurtosis(RIVERS)) * [-1, 1], rtol=1e-10)
    y = [read(learn(SkewKurtosis(points=0), x), x) for x in (RIVERS, RIVERS * 1000)]
    np.testing.assert_allclose(y[1] - np.log(1000), y[0], rtol=1e-10)


def test_outliers_below_are_drawn_in_from_below():
    tamed = learn(SkewKurtosis(), -COINR)
    assert read(tamed, -COINR).tolist() == [*range(-1, -11, -1), -30, -30]
    assert read(tamed, [55.0]).tolist() == [55.0]


def test_a_transform_that_would_do_harm_is_not_taken():
    """A logarithm stretches the lower tail: it is no cure for outliers below."""
    tamed = learn(SkewKurtosis(points=1), [-200, -100, *range(20)])
    assert tamed.beside["outliers"] == ["winsorized"]
    assert [note.kind for note in tamed.notes] == ["choice", "caution"]


def test_ties_move_together_or_not_at_all():
    x = [*range(1, 20), 100, 100, 100]
    assert learn(SkewKurtosis(skewness=0.5, kurtosis=0.5, points=2, then=None), x).beside["points"].tolist() == [0]
    assert learn(SkewKurtosis(skewness=0.5, kurtosis=0.5, points=3, then=None), x).beside["points"].tolist() == [3]


def test_a_rare_event_is_never_winsorized_away():
    assert np.ptp(read(learn(SkewKurtosis(then=None), [0] * 50 + [1]), [0, 1])) == 1


def test_a_moderate_indicator_is_winsorized_and_then_read_as_a_distance():
    tamed = learn(SkewKurtosis(points=1), [*range(1, 21), 100, 200], direction=ek.Direction.MODERATE, ideal=(10, 10))
    assert tamed.transforms == (Chain((Within(-np.inf, 100.0), FromIdeal(10, 10))),)
    assert tamed.transforms[0].raw(0.0) == 10
    assert any(note.kind == "caution" for note in tamed.notes)


def test_what_the_rules_refuse():
    with pytest.raises(ek.NoAnswer, match="at least four"):
        learn(SkewKurtosis(), [1, 2, 9])
    with pytest.raises(ek.NoAnswer, match=r"\[x\] are alike"):
        learn(Fences(), [0] * 9 + [1, 2])
    with pytest.raises(ek.NoAnswer, match=r"\[x\] are alike"):
        learn(Winsorize(high=0.2), [0] * 9 + [1])


@pytest.mark.parametrize(
    "make",
    [
        lambda: SkewKurtosis(skewness=0),
        lambda: SkewKurtosis(points=-1),
        lambda: SkewKurtosis(then="root"),
        lambda: Winsorize(low=0, high=0),
        lambda: Winsorize(high=0.5),
        lambda: Fences(times=0),
    ],
)
def test_wrong_options_are_refused(make):
    with pytest.raises(ek.SpecError):
        make()


@pytest.fixture
def towns(make_panel, make_system):
    units = tuple("abcdefghijkl")
    panel = make_panel({"x": COINR, "y": np.arange(12.0)}, units=units, years=(2020,))
    return panel, make_system(d={"x": "benefit", "y": "cost"})


def test_every_figure_read_as_another_is_listed(towns):
    panel, system = towns
    scores = ek.CompositeIndex(system=system, outliers=SkewKurtosis()).fit(panel).score(panel)
    assert scores.tamed.to_numpy().tolist() == [["l", 2020, "x", 100.0, 30.0, "winsorized"]]
    assert scores.normalized["x"].tolist()[-2:] == [1.0, 1.0]
    calm = ek.CompositeIndex(system=system).fit(panel).score(panel)
    assert list(calm.tamed) == ["unit", "period", "indicator", "value", "read_as", "method"]
    assert calm.tamed.empty


def test_bounds_stand_in_raw_units_after_a_logarithm(towns):
    panel, system = towns
    fitted = ek.CompositeIndex(system=system, outliers=SkewKurtosis(points=0)).fit(panel)
    assert fitted.frame["outliers"].tolist() == ["log", "none"]
    np.testing.assert_allclose(fitted.frame[["zero_at", "one_at"]], [[1, 100], [11, 0]], rtol=1e-12)
    assert any("ln(x − 0.01)" in note.text.en for note in fitted.notes)


def test_later_years_are_read_by_the_rule_of_the_reference_years(counties, systems):
    index = ek.CompositeIndex(system=systems["consolidation"], outliers=SkewKurtosis(points=3))
    fitted = index.fit(counties, on=slice(2016, 2018))
    whole = fitted.score(counties)
    part = fitted.score(whole.panel.at([2024]))
    np.testing.assert_allclose(part.frame, whole.frame.xs(2024, level="period", drop_level=False), rtol=1e-12)
    assert set(fitted.frame["outliers"]) == {"none", "log"}


@pytest.mark.parametrize("share", [0.07, 0.28, 0.29])
def test_a_share_of_a_hundred_figures_is_so_many_of_them(make_panel, make_system, share):
    """0.29 × 100 is 28.999999999999996."""
    panel = make_panel({"x": range(100)}, units=[f"u{i:03d}" for i in range(100)], years=(2020,))
    for rule in (Winsorize(low=0, high=share), Winsorize(low=share, high=0)):
        fitted = ek.CompositeIndex(system=make_system(d={"x": "benefit"}), outliers=rule).fit(panel)
        assert fitted.frame.at["x", "points"] == round(100 * share)


def test_last_bits_have_no_skewness_and_are_left_to_be_refused(make_panel, make_system):
    x = np.where(np.arange(60) < 59, 95.0, np.nextafter(95.0, 96))
    assert np.isnan(skewness_kurtosis(x)).all()
    panel = make_panel({"x": x}, units=range(10, 70), years=(2020,))
    index = ek.CompositeIndex(system=make_system(d={"x": "benefit"}), outliers=SkewKurtosis(points=0))
    with pytest.raises(ek.NoAnswer, match=r"indicators \[x\] do not vary"):
        index.fit(panel)
