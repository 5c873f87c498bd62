"""Variations of one question, Monte Carlo, and the ranks they give: known truths, a plain loop, and what is refused."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import evalkit as ek
from evalkit.indicators.uncertainty import replay as replay_module
from evalkit.indicators.uncertainty.drawn import IndexDraws
from evalkit.indicators.uncertainty.draws import Noise
from evalkit.indicators.uncertainty.monte_carlo import MonteCarlo, share_above
from evalkit.indicators.uncertainty.replay import Replay
from evalkit.indicators.uncertainty.variations import vary
from evalkit.stats.ranks import ranks
from evalkit.stats.scatter import Dirichlet, Uniform

FLOORED = ek.PowerMean(power=0.0, floor=0.01)


@pytest.fixture(scope="module")
def index(systems):
    return ek.CompositeIndex(system=systems["revitalization"], weigh=ek.Entropy())


@pytest.fixture
def two_indicators(make_system):
    """x and y on goalposts of 0 and 100, so that scores are known by hand."""
    posts = ek.MinMax(bounds={"x": (0, 100), "y": (0, 100)}, beyond="keep")
    return ek.CompositeIndex(system=make_system(d={"x": "benefit", "y": "benefit"}), normalize=posts)


# variations


def test_every_combination_is_asked(index):
    many = vary(index, weigh=[ek.Equal(), ek.Critic()], normalize=[ek.MinMax(), ek.MinMax(bounds="plausible")])
    assert list(many.members) == [
        "Equal · MinMax",
        "Equal · MinMax(bounds='plausible')",
        "Critic · MinMax",
        "Critic · MinMax(bounds='plausible')",
    ]


def test_every_field_can_be_varied_and_its_label_reads_well(index):
    labels = {
        "treat": ([(ek.Interpolate(), ek.Carry(max_gap=1)), ()], ["Interpolate + Carry(max_gap=1)", "none"]),
        "outliers": ([None], ["none"]),
        "normalize": ([ek.ZScore()], ["ZScore"]),
        "weigh": ([ek.Levels(indicators=ek.Entropy())], ["Levels(indicators=Entropy)"]),
        "aggregate": (
            [ek.GEOMETRIC, ek.ByLevel(between=ek.GEOMETRIC)],
            ["weighted geometric mean", "ByLevel(between=weighted geometric mean)"],
        ),
    }
    for field, (options, said) in labels.items():
        assert list(vary(index, **{field: options}).members) == said


def test_rank_intervals_hold_the_ranks_of_every_member(index, counties):
    many = vary(index, weigh=[ek.Entropy(), ek.Critic(), ek.Equal()])
    firm = many.rank_intervals(counties, on=slice(2016, 2020))
    assert (firm.frame["best"] <= firm.frame["rank"]).all()
    assert (firm.frame["rank"] <= firm.frame["worst"]).all()
    assert firm.frame["rank"].tolist() == sorted(firm.frame["rank"])
    assert firm.frame["score"].between(firm.frame["score_low"], firm.frame["score_high"]).all()
    assert ((firm.frame["moved"] == 0) == (firm.frame["best"] == firm.frame["worst"])).all()
    assert firm.period == 2024


def test_a_single_variation_leaves_no_doubt(index, counties):
    firm = vary(index, weigh=[index.weigh]).rank_intervals(counties)
    assert (firm.frame["best"] == firm.frame["worst"]).all()


def test_scores_without_a_common_scale_get_no_interval(index, counties):
    many = vary(replace(index, weigh=ek.Equal()), normalize=[ek.MinMax(), ek.ZScore()])
    assert "score_low" not in many.rank_intervals(counties).frame


@pytest.mark.parametrize(
    ("choices", "message"),
    [
        ({"wiegh": [1]}, "did you mean 'weigh'"),
        ({"weigh": []}, "no options"),
        ({}, "nothing was given"),
        ({"treat": [ek.Interpolate()]}, "tuple of steps"),
    ],
)
def test_wrong_variations_are_refused(index, choices, message):
    with pytest.raises(ek.SpecError, match=message):
        vary(index, **choices)


def test_ranks_among_different_units_are_refused(make_panel, two_indicators):
    panel = make_panel({"x": [1.0, 2, np.nan, 4, 5, 6, 7, 8, 9], "y": np.arange(9.0)})
    base = replace(two_indicators, treat=(ek.Carry(),))
    options = ((ek.Carry(),), (ek.LeaveOut(),))
    with pytest.raises(ek.NoAnswer, match=r"units \[a\]"):
        vary(base, treat=options).rank_intervals(panel)
    with pytest.raises(ek.NoAnswer, match=r"units \[a\]"):
        MonteCarlo(treat=options).measure(base, panel)


# what is drawn


@settings(max_examples=15, deadline=None)
@given(st.floats(2, 500), st.lists(st.floats(0.05, 1), min_size=2, max_size=6), st.integers(0, 99))
def test_dirichlet_mean_and_variance(concentration, raw, seed):
    """Mean w and variance w(1 − w)/(c + 1); 20,000 draws, five standard errors."""
    w = np.array(raw) / sum(raw)
    rng, spread = np.random.default_rng(seed), Dirichlet(concentration=concentration)
    center = np.tile(w, (20_000, 1))
    variance = w * (1 - w) / (concentration + 1)
    for drawn in (spread.draw(rng, center), spread.at(rng.random(center.shape), center)):
        assert drawn.min() >= 0
        np.testing.assert_allclose(drawn.sum(axis=1), 1, rtol=1e-12)
        assert (np.abs(drawn.mean(axis=0) - w) < 5 * np.sqrt(variance / 20_000)).all()
        np.testing.assert_allclose(drawn.var(axis=0), variance, rtol=0.15)


def test_weights_of_zero_stay_zero():
    center = np.tile([0.0, 0.4, 0.6], (500, 1))
    rng = np.random.default_rng(0)
    for spread in (Dirichlet(), Uniform()):
        assert (spread.draw(rng, center)[:, 0] == 0).all()
        assert (spread.at(rng.random(center.shape), center)[:, 0] == 0).all()


def test_uniform_weights_stay_within_their_factors():
    center = np.tile([0.2, 0.3, 0.5], (5000, 1))
    drawn = Uniform(spread=0.25).draw(np.random.default_rng(0), center)
    np.testing.assert_allclose(drawn.sum(axis=1), 1, rtol=1e-12)
    factor = drawn[:, 0] / drawn[:, 1] * 1.5
    assert 0.6 <= factor.min() < 0.62  # 0.75 / 1.25
    assert 1.63 < factor.max() <= 5 / 3


@pytest.mark.parametrize(
    "make",
    [
        lambda: Dirichlet(concentration=0.5),
        lambda: Uniform(spread=1.0),
        Noise,
        lambda: Noise(relative=-0.1),
        lambda: MonteCarlo(draws=3),
        lambda: MonteCarlo(level=1.0),
        lambda: MonteCarlo(group=2.5),
    ],
)
def test_wrong_questions_are_refused(make):
    with pytest.raises(ek.SpecError):
        make()


def test_noise_on_an_unknown_indicator_and_nothing_in_doubt_are_refused(index, counties):
    with pytest.raises(ek.SpecError, match="'R011', which the index does not score"):
        MonteCarlo(error=Noise(absolute={"R011": 1.0})).measure(index, counties)
    with pytest.raises(ek.SpecError, match="nothing is uncertain"):
        MonteCarlo(weights=None).measure(index, counties)


@pytest.mark.filterwarnings("ignore:overflow:RuntimeWarning", "ignore:invalid value:RuntimeWarning")
def test_errors_beyond_all_figures_are_refused_and_not_ranked(make_panel, two_indicators):
    panel = make_panel({"x": np.arange(9.0), "y": np.arange(9.0)[::-1]})
    endless = {"weights": None, "error": Noise(absolute=1e308)}
    drawn = IndexDraws(**endless).of(two_indicators, panel).draws(100, seed=0, system=0)
    for ask in (
        lambda: MonteCarlo(draws=100, **endless).measure(two_indicators, panel),
        lambda: drawn(np.arange(9), np.random.default_rng(0)),
    ):
        with pytest.raises(ek.NoAnswer, match=r"figures where they have no score\. To do: use a smaller error"):
            ask()


# known truths


def test_probability_that_a_lies_above_b_under_normal_noise(make_panel, two_indicators):
    """Scores 2 apart, errors of standard deviation 2 in each: Φ(2 / (2√2)) = 0.7602; 20,000 draws, four standard errors."""
    system = replace(two_indicators.system, dimensions=(replace(two_indicators.system.dimensions[0]),))
    panel = make_panel({"x": [52.0, 50.0, 10.0], "y": [50.0, 50.0, 50.0]}, years=(2020,))
    only_x = replace(two_indicators, system=system, weigh=ek.Given(values={"x": 1.0, "y": 0.0}))
    firm = MonteCarlo(draws=20_000, weights=None, error=Noise(absolute={"x": 2.0}), group=1).measure(only_x, panel)
    assert abs(firm.beats("a", "b") - 0.7602) < 4 * np.sqrt(0.76 * 0.24 / 20_000)
    assert firm.frame.loc["a", "top"] == firm.beats("a", "b")  # c never comes near
    assert firm.beats("b", "a") == 1 - firm.beats("a", "b")


@pytest.mark.parametrize("concentration", [8.0, 60.0])
def test_probability_that_a_lies_above_b_under_dirichlet_weights(make_panel, two_indicators, concentration):
    """A is best in x and B in y, so A lies above B where w_x > 1/2: a beta probability; four standard errors."""
    from scipy.stats import beta

    panel = make_panel({"x": [100.0, 0.0, 0.0], "y": [0.0, 100.0, 0.0]}, years=(2020,))
    tilted = replace(two_indicators, weigh=ek.Given(values={"x": 0.45, "y": 0.55}))
    ask = MonteCarlo(draws=20_000, weights=Dirichlet(concentration=concentration), seed=4, group=1)
    exact = beta.sf(0.5, 0.45 * concentration, 0.55 * concentration)
    assert abs(ask.measure(tilted, panel).beats("a", "b") - exact) < 4 * np.sqrt(exact * (1 - exact) / 20_000)


def test_intervals_of_scores_cover_the_true_scores_as_often_as_they_say(make_system):
    """2,000 units with errors of known size: the 80 % interval about what is observed holds the truth in 80 % (± 4 s.e.)."""
    rng = np.random.default_rng(12)
    true = rng.uniform(20, 80, 2000)
    rows = pd.DataFrame({"unit": [f"{i:04d}" for i in range(2000)], "year": 2020, "x": true + rng.normal(0, 5, 2000)})
    panel = ek.Panel.from_frame(rows, unit="unit", period="year")
    system = make_system(d={"x": "benefit"})
    index = ek.CompositeIndex(system=system, normalize=ek.MinMax(bounds={"x": (0, 100)}, beyond="keep"))
    ask = MonteCarlo(draws=2000, weights=None, error=Noise(absolute=5.0), level=0.8)
    frame = ask.measure(index, panel).frame.sort_index()
    held = (frame["score_low"] <= true / 100) & (true / 100 <= frame["score_high"])
    assert abs(held.mean() - 0.8) < 4 * np.sqrt(0.8 * 0.2 / 2000)


def test_equal_scores_share_the_rank_and_half_the_wins(make_panel, two_indicators):
    panel = make_panel({"x": [60.0, 60.0, 10.0], "y": [30.0, 30.0, 10.0]}, years=(2020,))
    firm = MonteCarlo(draws=100, group=1).measure(two_indicators, panel)
    assert firm.beats("a", "b") == 0.5
    assert firm.frame.loc[["a", "b"], ["rank_low", "rank_high", "top"]].to_numpy().tolist() == [[1, 1, 1], [1, 1, 1]]


# the blocks


def ask_everything(**changed):
    plain = MonteCarlo(
        draws=300,
        seed=9,
        weigh=(ek.Entropy(), ek.Equal()),
        aggregate=(ek.ARITHMETIC, FLOORED, ek.ByLevel(between=FLOORED)),
        error=Noise(relative=0.02),
    )
    return replace(plain, **changed)


def test_a_plain_loop_over_draws_gives_the_same(index, counties):
    """Draw by draw, fitted anew, with the weights put in by hand and the noise put into the panel."""
    ask, on = ask_everything(draws=25), slice(2016, 2020)
    firm = ask.measure(index, counties, on=on)
    options, weights, errors = (np.random.default_rng(s) for s in np.random.SeedSequence(9).spawn(3))
    now = index.fit(counties, on).score(counties).panel.at([2024])  # gaps filled
    columns, scores = list(index.system.columns), []
    for which in np.sort((options.random(25) * 6).astype(int)):
        member = replace(index, weigh=ask.weigh[which // 3], aggregate=ask.aggregate[which % 3])
        fitted = member.fit(counties, on)
        gamma = weights.standard_gamma(100.0 * fitted.weights)
        noise = errors.standard_normal((len(columns), len(now.frame)))
        noisy = now.frame.assign(**{c: now.frame[c] * (1 + 0.02 * noise[j]) for j, c in enumerate(columns)})
        drawn = replace(fitted, frame=fitted.frame.assign(weight=gamma / gamma.sum()))
        scores.append(drawn.score(replace(now, frame=noisy)).series.to_numpy())
    scores, units = np.array(scores), list(now.units)
    placed, frame = ranks(scores), firm.frame.loc[units]
    for head, share in (("rank_low", 0.05), ("rank_median", 0.5), ("rank_high", 0.95)):
        assert frame[head].tolist() == np.quantile(placed, share, axis=0, method="inverted_cdf").tolist()
    for head, share in (("score_low", 0.05), ("score_median", 0.5), ("score_high", 0.95)):
        np.testing.assert_allclose(frame[head], np.quantile(scores, share, axis=0, method="inverted_cdf"), rtol=1e-6)
    np.testing.assert_allclose(frame["score_mean"], scores.mean(axis=0), rtol=1e-10)
    np.testing.assert_allclose(frame["rank_mean"], placed.mean(axis=0), rtol=1e-12)
    assert frame["top"].tolist() == (placed <= 12).mean(axis=0).tolist()
    assert frame["bottom"].tolist() == (placed > 108).mean(axis=0).tolist()
    np.testing.assert_array_equal(firm.above(units[:5]), share_above(scores[:, :5]))


def test_the_same_seed_gives_the_same_bits_and_another_seed_others(index, counties):
    first, second, other = (ask_everything(seed=s).measure(index, counties).frame for s in (1, 1, 2))
    assert first.to_numpy().tobytes() == second.to_numpy().tobytes()
    assert not first["rank_mean"].equals(other["rank_mean"])


@pytest.mark.parametrize("error", [None, Noise(relative=0.02)])
def test_the_size_of_the_blocks_does_not_matter(index, counties, monkeypatch, error):
    ask = ask_everything(error=error)
    whole = ask.measure(index, counties).frame
    monkeypatch.setattr(replay_module, "CELLS", 50_000)
    small = ask.measure(index, counties).frame
    pd.testing.assert_frame_equal(whole, small, rtol=1e-7)
    replayed = Replay.of(ask, index, counties, None, None)
    blocks = [np.concatenate(list(replayed.draws(ask, 40, seed=3, most=most))) for most in (1, 7, 40)]
    for scores in blocks[1:]:
        np.testing.assert_allclose(scores, blocks[0], rtol=1e-12)


def test_fewer_kept_scores_move_quantiles_little(index, counties, monkeypatch):
    from evalkit.indicators.uncertainty import monte_carlo

    ask = ask_everything(error=None, draws=4000)
    whole = ask.measure(index, counties)
    monkeypatch.setattr(monte_carlo, "KEPT", 120 * 1500)
    fewer = ask.measure(index, counties)
    assert np.abs(whole.frame - fewer.frame)[["score_low", "score_median", "score_high"]].max(axis=None) < 0.01
    same = [head for head in whole.frame if head not in ("score_low", "score_median", "score_high")]
    pd.testing.assert_frame_equal(whole.frame[same], fewer.frame[same])
    assert any("1,334 evenly spaced draws" in note.text.en for note in fewer.notes)


# the answer


def test_intervals_are_in_order_and_groups_add_up(index, counties):
    firm = ask_everything(group=10).measure(index, counties, on=slice(2016, 2020))
    frame = firm.frame
    assert (frame["rank_low"] <= frame["rank_median"]).all()
    assert (frame["rank_median"] <= frame["rank_high"]).all()
    assert (frame["score_low"] <= frame["score_high"]).all()
    np.testing.assert_allclose(frame[["top", "bottom"]].sum(), 10)
    assert firm.size == 10
    assert frame["rank"].tolist() == sorted(frame["rank"])


def test_no_doubt_about_weights_or_figures_and_one_option_leave_the_base(index, counties):
    frame = MonteCarlo(draws=20, weights=None, weigh=(ek.Entropy(),)).measure(index, counties).frame
    for head in ("rank_low", "rank_median", "rank_high"):
        assert (frame[head] == frame["rank"]).all()
    np.testing.assert_allclose(frame["score_high"], frame["score"], rtol=1e-6)


def test_scores_are_left_out_where_normalizations_are_varied(index, counties):
    firm = MonteCarlo(draws=50, weigh=(ek.Equal(),), normalize=(ek.MinMax(), ek.ZScore())).measure(index, counties)
    assert "score_low" not in firm.frame
    assert any(note.kind == "left_out" for note in firm.notes)


def test_wrong_units_groups_and_sizes_are_refused(index, counties, make_panel, two_indicators):
    firm = MonteCarlo(draws=20).measure(index, counties)
    with pytest.raises(ek.SpecError, match="not among the ranked"):
        firm.beats(firm.frame.index[0], "nowhere")
    with pytest.raises(ek.SpecError, match="larger than half"):
        MonteCarlo(draws=20, group=61).measure(index, counties)
    single = make_panel({"x": [1.0], "y": [2.0]}, units=("a",), years=(2020,))
    with pytest.raises(ek.NoAnswer, match="1 units"):
        MonteCarlo(draws=20).measure(two_indicators, single)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_it_is_told_printed_and_drawn(index, counties, lang):
    firm = ask_everything().measure(index, counties)
    assert "{" not in ek.prose(firm, lang=lang) + "".join(note.say(lang) for note in firm.notes)
    assert len(ek.table(firm, lang=lang)) == 120
    for kind in ("uncertainty", "uncertainty_all", "top_group"):
        assert ek.figure(firm, kind, lang=lang).axes
