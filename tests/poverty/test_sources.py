"""Sources of income and transfers: identities, peers' formulas, and who is above the line by transfers alone."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evalkit.errors import DataError, NoAnswer, SpecError
from evalkit.panel.design import SurveyDesign
from evalkit.poverty.change.sources import GiniBySource, PovertyBySource, concentration_influence
from evalkit.poverty.change.transfers import WithoutTransfers
from evalkit.poverty.income.fgt import PovertyIndices
from evalkit.stats.inequality import gini

SOURCES = ("wage", "business", "transfer")
parts = arrays(float, (12, 3), elements=st.floats(0, 200))
weights = arrays(float, 12, elements=st.floats(0.1, 5))


def homes(values, w):
    return pd.DataFrame(values, columns=SOURCES).assign(w=w, y=values.sum(axis=1), g=np.arange(len(w)) % 2)


@settings(max_examples=40)
@given(parts, weights)
def test_sources_of_gini_add_up(values, w):
    assume(values.sum() > 1 and np.ptp(values.sum(axis=1)) > 1e-3)
    frame = homes(values, w)
    found = GiniBySource(sources=SOURCES, design=SurveyDesign(weights="w")).measure(frame)
    whole = gini(frame["y"].to_numpy(), w)
    assert found.frame["contribution"].sum() == pytest.approx(whole, abs=1e-12)
    assert found.gini == pytest.approx(whole, abs=1e-12)
    assert found.frame["share"].sum() == pytest.approx(1, abs=1e-9)
    assert found.frame["income_share"].sum() == pytest.approx(1, abs=1e-12)
    assert found.frame["marginal"].sum() == pytest.approx(0, abs=1e-9)
    known = found.frame.dropna(subset="correlation")
    np.testing.assert_allclose(known["income_share"] * known["gini"] * known["correlation"], known["contribution"], atol=1e-12)
    assert (known["correlation"].abs() <= 1 + 1e-9).all()


def test_a_source_is_the_covariance_with_the_rank():
    """Lerman & Yitzhaki (1985): S_k G_k R_k = 2 cov(y_k, F(y))/ȳ with F the rank over n less half of 1/n."""
    rng = np.random.default_rng(1)
    part, rest = rng.lognormal(3, 1, 40), rng.lognormal(3, 0.5, 40)
    whole = part + rest
    rank = (np.argsort(np.argsort(whole)) + 0.5) / 40
    expected = 2 * np.cov(part, rank, bias=True)[0, 1] / whole.mean()
    assert concentration_influence(part, whole, np.ones(40))[0] == pytest.approx(expected, abs=1e-12)


def test_the_marginal_effect_is_what_a_little_more_of_a_source_does():
    """Lerman & Yitzhaki: ∂G/∂e over G is the share in inequality less that in income, where a source grows by e for all."""
    rng = np.random.default_rng(7)
    frame = homes(rng.lognormal(3, 0.8, (60, 3)), rng.uniform(1, 3, 60))
    ask = GiniBySource(sources=SOURCES, design=SurveyDesign(weights="w"))
    found, step = ask.measure(frame), 1e-6
    for row, source in enumerate(SOURCES):
        more = ask.measure(frame.assign(**{source: frame[source] * (1 + step)})).gini
        assert (more / found.gini - 1) / step == pytest.approx(found.frame["marginal"].iloc[row], abs=1e-5)


def test_influence_of_a_source_is_what_a_little_weight_does():
    rng = np.random.default_rng(3)
    part, rest, w = rng.integers(0, 9, 30) * 1.0, rng.integers(1, 9, 30) * 1.0, rng.uniform(1, 3, 30)  # many ties
    value, own = concentration_influence(part, part + rest, w)
    assert w @ own == pytest.approx(0, abs=1e-12)
    for row in (0, 11, 29):
        more = w + 1e-6 * (np.arange(30) == row)
        assert (concentration_influence(part, part + rest, more)[0] - value) / 1e-6 == pytest.approx(own[row], abs=1e-7)


@settings(max_examples=40)
@given(parts, weights)
def test_sources_of_poverty_add_up(values, w):
    frame = homes(values, w)
    ask = PovertyBySource(sources=SOURCES, line=150.0, design=SurveyDesign(weights="w"))
    found = ask.measure(frame).frame.groupby("measure")["contribution"].sum()
    whole = PovertyIndices(income="y", line=150.0, design=ask.design).measure(frame).frame.set_index("measure")["estimate"]
    np.testing.assert_allclose(1 + found, whole[found.index], atol=1e-12)
    apart = ask.measure(frame, over="g").frame
    for g in (0, 1):
        alone = ask.measure(frame[frame["g"] == g]).frame["contribution"]
        np.testing.assert_allclose(apart.loc[apart["g"] == g, "contribution"], alone, atol=1e-12)


def test_sources_that_matter_alike_get_the_same_and_an_empty_one_nothing():
    frame = pd.DataFrame({"a": [60.0, 20.0], "b": [60.0, 20.0], "none": 0.0})
    found = PovertyBySource(sources=("a", "b", "none"), line=100.0, measures=("gap",)).measure(frame).frame["contribution"]
    assert found.iloc[0] == pytest.approx(found.iloc[1], abs=1e-12)
    assert found.iloc[2] == pytest.approx(0, abs=1e-12)


@settings(max_examples=40)
@given(parts, weights, st.booleans())
def test_with_and_without_transfers(values, w, strict):
    frame = homes(values, w)
    ask = WithoutTransfers(income="y", transfers=("transfer",), line=150.0, design=SurveyDesign(weights="w"), strict=strict)
    found = ask.measure(frame)
    got = found.frame.set_index("measure")["estimate"]
    index = PovertyIndices(income="y", line=150.0, measures=("headcount", "gap"), design=ask.design, strict=strict)
    expected = index.measure(frame).frame["estimate"].tolist()
    without = index.measure(frame.assign(y=frame["y"] - frame["transfer"])).frame["estimate"].tolist()
    assert got[["headcount_with", "gap_with"]].tolist() == pytest.approx(expected, abs=1e-12)
    assert got[["headcount_without", "gap_without"]].tolist() == pytest.approx(without, abs=1e-12)
    assert got["headcount_without"] - got["headcount_with"] == pytest.approx(got["kept_above"], abs=1e-12)
    assert got["headcount_change"] == pytest.approx(got["kept_above"], abs=1e-12)
    assert got["still_poor"] == pytest.approx(got["headcount_with"], abs=1e-12)  # no transfer is below 0
    assert w[found.kept].sum() / w.sum() == pytest.approx(got["kept_above"], abs=1e-12)
    if got["headcount_with"] < 1 - 1e-9:
        assert got["kept_of_not_poor"] == pytest.approx(got["kept_above"] / (1 - got["headcount_with"]), abs=1e-9)


def test_the_error_of_those_kept_of_the_not_poor_is_that_of_a_ratio():
    rng = np.random.default_rng(9)
    frame = pd.DataFrame({"y": rng.uniform(50, 250, 80), "t": rng.uniform(0, 60, 80), "w": rng.uniform(1, 3, 80)})
    frame["v"] = np.arange(80) // 4
    design = SurveyDesign(weights="w", clusters="v")
    found = WithoutTransfers(income="y", transfers=("t",), line=100.0, design=design).measure(frame).frame.set_index("measure")
    above, kept = (frame["y"] >= 100).to_numpy(float), ((frame["y"] >= 100) & (frame["y"] - frame["t"] < 100)).to_numpy(float)
    w = frame["w"].to_numpy()
    ratio = w @ kept / (w @ above)
    by_hand = design.on(frame).covariance(((kept - ratio * above) / (w @ above))[None])[0, 0]
    assert found.loc["kept_of_not_poor", "std_error"] == pytest.approx(np.sqrt(by_hand), rel=1e-12)
    assert found.loc["kept_of_not_poor", "estimate"] == pytest.approx(ratio)


def test_what_is_said_beside_the_number():
    frame = pd.DataFrame({"y": [80.0, 120.0, 200.0], "t": [30.0, 40.0, -1.0], "g": list("aab")}, index=[5, 6, 7])
    found = WithoutTransfers(income="y", transfers=("t",), line=100.0).measure(frame, over="g")
    assert found.kept.to_dict() == {5: False, 6: True, 7: False}
    texts = " ".join(note.text.en for note in found.notes)
    assert "no ground to end help" in texts
    assert "below 0" in texts
    assert all(note.text.zh for note in found.notes)


@pytest.mark.parametrize(
    ("ask", "error"),
    [
        (lambda f: GiniBySource(sources=()), SpecError),
        (lambda f: GiniBySource(sources=("a", "a")), SpecError),
        (lambda f: PovertyBySource(sources=("a",), line=1.0, measures=("watts",)), SpecError),
        (lambda f: PovertyBySource(sources=tuple("abcdefghijk"), line=1.0), SpecError),
        (lambda f: WithoutTransfers(income="y", transfers=("y",), line=1.0), SpecError),
        (lambda f: WithoutTransfers(income="y", transfers=3, line=1.0), SpecError),
        (lambda f: WithoutTransfers(income="y", transfers=("t",), line="low"), None),
        (lambda f: GiniBySource(sources=("a", "y")).measure([1]), SpecError),
        (lambda f: GiniBySource(sources=("a", "gone")).measure(f), DataError),
        (lambda f: GiniBySource(sources=("a", "y")).measure(f), DataError),
        (lambda f: GiniBySource(sources=("y",)).measure(f.assign(y=3.0)), NoAnswer),
        (lambda f: GiniBySource(sources=("y",)).measure(f.assign(y=-3.0)), NoAnswer),
        (lambda f: WithoutTransfers(income="y", transfers=("t",), line=1.0).measure(f), DataError),
        (lambda f: WithoutTransfers(income="y", transfers=("a",), line=1.0).measure(f.iloc[:0]), DataError),
    ],
)
def test_what_cannot_be_asked_is_refused(ask, error):
    frame = pd.DataFrame({"y": [50.0, 150.0], "a": ["much", "little"]})
    if error is None:
        ask(frame)
        return
    with pytest.raises(error):
        ask(frame)


def test_one_row_has_no_interval_and_no_error_is_made_up():
    found = WithoutTransfers(income="y", transfers=("t",), line=100.0, design=SurveyDesign(single="certainty")).measure(
        pd.DataFrame({"y": [120.0], "t": [30.0]})
    )
    assert found.frame["estimate"].iloc[2] == 1
    assert found.frame[["ci_low", "ci_high"]].loc[[5]].isna().all(axis=None)


@pytest.mark.parametrize("divisor", [10, 1, 1e4, 1e-4])
def test_incomes_that_are_alike_but_for_the_last_bit_of_their_sum_are_ties(divisor):
    """0.1 + 0.2 and 0.3 + 0.0 are one income: which of the two is ranked higher must not decide what a source adds."""
    wage, farm = [1] * 50 + [3] * 50 + [5, 9], [2] * 50 + [0] * 50 + [5, 1]
    found = GiniBySource(sources=("wage", "farm")).measure(pd.DataFrame({"wage": wage, "farm": farm}) / divisor).frame
    np.testing.assert_allclose(found["share"], [5 / 7, 2 / 7], atol=1e-9)


def test_a_small_rest_of_great_incomes_is_a_tie_too():
    """100,000.1 less a loss of 100,000 leaves 0.1 but for what the subtraction cannot hold."""
    frame = pd.DataFrame({"wage": [100_000.1, 0.1, 0.5, 0.1], "loss": [-100_000.0, 0.0, 0.0, 0.0]})
    found, whole = (GiniBySource(sources=("wage", "loss")).measure(x).frame for x in (frame, (frame * 10).round()))
    np.testing.assert_allclose(found["share"], whole["share"], rtol=1e-9)


def test_incomes_that_differ_in_the_last_bit_alone_are_alike():
    with pytest.raises(NoAnswer, match="all incomes are alike"):
        GiniBySource(sources=("wage", "farm")).measure(pd.DataFrame({"wage": [0.1, 0.3], "farm": [0.2, 0.0]}))
