"""What drives the ranking: shares known beforehand, steps that do nothing, and what is refused."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import evalkit as ek
from evalkit.indicators.uncertainty import sensitivity
from evalkit.indicators.uncertainty.draws import Noise
from evalkit.indicators.uncertainty.sensitivity import Sensitivity, mean_shift
from evalkit.stats.scatter import Dirichlet


@pytest.fixture(scope="module")
def index(systems):
    return ek.CompositeIndex(system=systems["revitalization"], weigh=ek.Entropy())


@pytest.fixture(scope="module")
def drivers(index, counties):
    ask = Sensitivity(samples=256, weigh=(ek.Entropy(), ek.Equal()), aggregate=(ek.ARITHMETIC, ek.PowerMean(power=0, floor=0.01)))
    return ask.measure(index, counties, on=slice(2016, 2020))


def test_average_shift_in_ranks_saisana2005():
    """R̄ = (1/M) Σ |rank_ref − rank|; Saisana, Saltelli & Tarantola (2005): two of four swap, and the order turns round."""
    base = np.array([1.0, 2, 3, 4])
    assert mean_shift(np.array([[2.0, 1, 3, 4], [4.0, 3, 2, 1]]), base).tolist() == [0.5, 2.0]


def test_a_step_whose_options_are_one_has_shares_of_zero_coinr(index, counties):
    """COINr, tests/testthat/test-sensitivity.R: two normalizations that are the same; their shares are 0."""
    ask = Sensitivity(samples=64, weights=None, weigh=(ek.Entropy(), ek.Equal()), normalize=(ek.MinMax(), ek.MinMax()))
    frame = ask.measure(index, counties).frame
    assert frame.loc["normalize", ["first", "total"]].tolist() == [0, 0]
    np.testing.assert_allclose(frame.loc["weigh", "total"], 1, atol=0.1)


def test_shares_known_beforehand(make_panel, make_system):
    """Two sets of weights and independent errors on two indicators: every share of a score has a closed form.

    With score w_k·(z + e), e of variance s² each and k one of two at even odds: V = Var_k(w_k·z) + s² E|w_k|²; first-order
    Var_k(w_k·z)/V and s²|w̄|²/V, total (Var_k(w_k·z) + s²|(w₁ − w₂)/2|²)/V and s² E|w_k|²/V.
    """
    system = make_system(d={"x": "benefit", "y": "benefit"})
    posts = ek.MinMax(bounds={"x": (0, 1), "y": (0, 1)}, beyond="keep")
    one, two = np.array([0.9, 0.1]), np.array([0.3, 0.7])
    weigh = tuple(ek.Given(values={"x": a, "y": b}) for a, b in (one, two))
    panel = make_panel({"x": [0.8, 0.5, 0.2], "y": [0.3, 0.5, 0.9]}, years=(2020,))
    ask = Sensitivity(samples=4096, weights=None, weigh=weigh, error=Noise(absolute=0.2), of="score")
    found = ask.measure(ek.CompositeIndex(system=system, normalize=posts), panel).by_unit
    for unit, z in (("a", np.array([0.8, 0.3])), ("c", np.array([0.2, 0.9]))):
        between = ((one - two) @ z / 2) ** 2
        spread = 0.04 * (one @ one + two @ two) / 2
        shared, apart = 0.04 * ((one + two) ** 2).sum() / 4, ((one - two) ** 2).sum() / 4
        whole = between + spread
        exact = {"weigh": (between / whole, (between + 0.04 * apart) / whole), "error": (shared / whole, spread / whole)}
        for name, known in exact.items():
            np.testing.assert_allclose(found.loc[(unit, name), ["first", "total"]].astype(float), known, atol=0.04)


def test_more_scatter_of_the_weights_takes_a_greater_share(index, counties):
    asks = (Sensitivity(samples=128, weights=Dirichlet(concentration=c), weigh=(ek.Entropy(), ek.Equal())) for c in (30, 3000))
    wide, narrow = (ask.measure(index, counties).frame.loc["weights", "total"] for ask in asks)
    assert wide > narrow


def test_shares_are_shares_and_bounds_hold_them(drivers):
    frame = drivers.frame
    assert list(frame.index) == ["weigh", "aggregate", "weights"]
    assert (frame["total_low"] <= frame["total"]).all()
    assert (frame["total"] <= frame["total_high"]).all()
    assert frame["first"].sum() < 1.1
    assert frame["total"].sum() > 0.9
    assert drivers.shift > 0


def test_places_that_never_move_have_no_shares_and_are_counted(drivers):
    assert drivers.by_unit.notna().all(axis=None)
    gone = 120 - len(drivers.by_unit.index.unique("unit"))
    said = [note.text.en for note in drivers.notes if note.kind == "left_out"]
    assert said == ([f"Places that never move in any run, and so have no shares: {gone}."] if gone else [])


@pytest.mark.parametrize("error", [None, Noise(relative=0.02)])
def test_the_same_seed_gives_the_same_and_blocks_do_not_matter(index, counties, monkeypatch, error):
    ask = Sensitivity(samples=32, weigh=(ek.Entropy(), ek.Equal()), error=error, resamples=50)
    first, second = (ask.measure(index, counties) for _ in range(2))
    assert first.frame.to_numpy().tobytes() == second.frame.to_numpy().tobytes()
    monkeypatch.setattr(sensitivity, "CELLS", 20_000)
    pd.testing.assert_frame_equal(ask.measure(index, counties).frame, first.frame)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"samples": 100}, "power of two"),
        ({"weigh": ()}, "at least two inputs"),
        ({"of": "scores"}, "did you mean 'score'"),
        ({"of": "score", "normalize": (ek.MinMax(), ek.ZScore())}, "no common scale"),
        ({"level": 0.0}, r"level must be a number in \(0, 1\); found 0\.0"),
        ({"resamples": 10}, "resamples must be a whole number from 50 on; found 10"),
    ],
)
def test_wrong_questions_are_refused(change, message):
    with pytest.raises(ek.SpecError, match=message):
        replace(Sensitivity(weigh=(ek.Entropy(), ek.Equal())), **change)


def test_nothing_to_share_is_refused(make_panel, make_system):
    system = make_system(d={"x": "benefit", "y": "benefit"})
    panel = make_panel({"x": [1.0, 2, 3], "y": [1.0, 2, 3]}, years=(2020,))
    ask = Sensitivity(samples=16, aggregate=(ek.ARITHMETIC, ek.HARMONIC))
    with pytest.raises(ek.NoAnswer, match="nothing to share"):
        ask.measure(ek.CompositeIndex(system=system), panel)


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_it_is_told_printed_and_drawn(drivers, lang):
    assert "{" not in ek.prose(drivers, lang=lang) + "".join(note.say(lang) for note in drivers.notes)
    assert len(ek.table(drivers, lang=lang)) == 3
    assert len(ek.table(drivers, "drivers_places", lang=lang)) == len(drivers.by_unit)
    assert ek.figure(drivers, lang=lang).axes


def test_words_say_when_the_order_is_not_settled(drivers):
    frame = drivers.frame.assign(total=[0.6, 0.5, 0.1], total_low=[0.4, 0.3, 0.0], total_high=[0.8, 0.7, 0.2])
    assert "the order is not settled" in ek.prose(replace(drivers, frame=frame), lang="en")
    clear = frame.assign(total_low=[0.55, 0.4, 0.0], total_high=[0.7, 0.5, 0.2])
    assert "clearly ahead of “aggregation”" in ek.prose(replace(drivers, frame=clear), lang="en")
