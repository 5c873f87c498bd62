"""Multidimensional poverty: the example of Alkire and Foster, axioms, decompositions, and errors of stratified clusters."""

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evalkit import datasets
from evalkit.errors import DataError, SpecError
from evalkit.panel.design import SurveyDesign
from evalkit.poverty.multidimensional.alkire_foster import AlkireFoster, alkire_foster
from evalkit.poverty.multidimensional.deprivations import Deprivation, DeprivationSystem, read_deprivations
from evalkit.poverty.multidimensional.patterns import WALK, packed, pattern_bits, pattern_totals
from evalkit.stats.inference import ratio_influence, share_interval
from evalkit.terms import Text, same

J = 5
DESIGN = SurveyDesign(weights="w", strata="stratum", clusters="village")


def system(count=J, weights=None, below=None, name="i"):
    weights, below = weights or [None] * count, below or [None] * count
    parts = [Deprivation(id=f"{name}{j}", name=same(str(j)), weight=weights[j], below=below[j]) for j in range(count)]
    return DeprivationSystem(id="test", name=Text("测试", "test"), deprivations=tuple(parts))


def homes(seed, m=400, count=J):
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame({f"i{j}": (rng.random(m) < 0.2 + 0.1 * (j % 5)).astype(int) for j in range(count)})
    village = rng.integers(0, 40, m)
    return frame.assign(w=rng.uniform(0.5, 3, m), village=village, stratum=village % 4, county=rng.choice(list("abc"), m))


def estimates(answer, over=None):
    return answer.frame.set_index(["measure", *([over] if over else [])])["estimate"]


def plain(frame, spec):
    g = frame[list(spec.system.columns)].to_numpy(dtype=float).T
    return alkire_foster(g, spec.system.weights, frame["w"].to_numpy(), spec.cutoff)


tables = arrays(np.int64, (12, J), elements=st.integers(0, 1))
masses = arrays(float, 12, elements=st.floats(0.1, 5))
cutoffs = st.sampled_from([0.2, 0.4, 0.6, 0.8, 1.0])


def made(x, w):
    return pd.DataFrame(x, columns=[f"i{j}" for j in range(J)]).assign(w=w, county=list("aaaabbbbcccc"))


def asked(cutoff, **kinds):
    return AlkireFoster(system=system(), cutoff=cutoff, design=SurveyDesign(weights="w"), **kinds)


def test_example_of_alkire_and_foster_2011():
    """H .5, A .75, M0 .375 and contributions 1/6, 1/3, 1/6, 1/3 of four persons in four dimensions with k = 2.

    M1 .2055288 and M2 .1654570 were computed apart from this project's code.
    """
    x = np.array([[13.1, 14, 4, 1], [15.2, 7, 5, 0], [12.5, 10, 1, 0], [20, 11, 3, 1]])
    frame = pd.DataFrame(x, columns=[f"i{j}" for j in range(4)])
    found = AlkireFoster(system=system(4, below=[13, 12, 3, 1]), cutoff=0.5).measure(frame)
    got = estimates(found)
    assert (got["H"], got["A"], got["M0"]) == (0.5, 0.75, 0.375)
    assert round(got["M1"], 7) == 0.2055288
    assert round(got["M2"], 7) == 0.1654570
    share = found.indicators.query("measure == 'contribution'")["estimate"]
    np.testing.assert_allclose(share, [1 / 6, 1 / 3, 1 / 6, 1 / 3], rtol=1e-12)


def test_bastia_in_the_vignette_of_mpi():
    """R's MPI (Kukiattikun), vignette MPI_demo, k = 3 of 11: the two persons of Bastia, every figure printed of them.

    H 1, A and M0 .4090909; contributions, uncensored and censored ratios by indicator. The vignette prints these two rows and
    three more of the 30: the whole sample is not to be had.
    """
    rows = [[1, 1, 0, 1, 0, 1, 0, 1, 0, 0, 0], [0, 0, 1, 1, 0, 1, 0, 0, 0, 1, 0]]
    frame = pd.DataFrame(rows, columns=[f"i{j}" for j in range(11)])
    found = AlkireFoster(system=system(11), cutoff=3 / 11).measure(frame)
    got = estimates(found)
    assert (got["H"], round(got["A"], 7), round(got["M0"], 7)) == (1.0, 0.4090909, 0.4090909)
    parts = found.indicators.pivot_table(index="indicator", columns="measure", values="estimate", sort=False)
    ratios = [0.5, 0.5, 0.5, 1.0, 0.0, 1.0, 0.0, 0.5, 0.0, 0.5, 0.0]
    assert parts["uncensored"].tolist() == ratios
    assert parts["censored"].tolist() == ratios
    shares = [0.1111111, 0.1111111, 0.1111111, 0.2222222, 0, 0.2222222, 0, 0.1111111, 0, 0.1111111, 0]
    assert parts["contribution"].round(7).tolist() == shares


def test_interval_printed_by_mpitb():
    """Stata's mpitb, Eswatini 2014: M0 .09782088 with error .005230329 has the interval .08800425 to .1086021 on the logit scale.

    The degrees of freedom were not at hand: of 20 to 3000, 339 alone gives both ends to all digits; the normal quantile
    does not.
    """
    m0, error = np.array([0.09782088]), np.array([0.005230329])
    low, high = share_interval(m0, error, df=339)
    assert (round(low[0], 8), round(high[0], 7)) == (0.08800425, 0.1086021)
    low, _ = share_interval(m0, error, df=1e9)
    assert round(low[0], 8) != 0.08800425


@pytest.mark.parametrize("count", [5, 16, 17, 20])
@pytest.mark.parametrize("cutoff", [0.2, 1 / 3, 0.5, 1.0])
def test_patterns_answer_as_the_plain_formula(count, cutoff):
    frame = homes(count, count=count)
    spec = AlkireFoster(system=system(count), cutoff=cutoff, design=DESIGN)
    got = estimates(spec.measure(frame, over="county"), "county")
    for county, rows in frame.groupby("county"):
        np.testing.assert_allclose([got[name, county] for name in ("H", "A", "M0")], plain(rows, spec), rtol=1e-12)


def test_a_score_of_sums_reaches_the_cutoff_it_equals():
    """Six weights of 1/6 and .1 + .2 are not exact in binary: k is compared with a tolerance."""
    spec = AlkireFoster(system=system(3, weights=[0.1, 0.2, 0.7]), cutoff=0.3)
    frame = pd.DataFrame({"i0": [1, 0], "i1": [1, 0], "i2": [0, 1]})
    assert estimates(spec.measure(frame))["H"] == 1.0
    half = AlkireFoster(system=system(6), cutoff=0.5)
    frame = pd.DataFrame({f"i{j}": [int(j in (0, 2, 5))] for j in range(6)} | {"w": [1.0]})
    assert plain(frame, half)[0] == 1.0


@given(tables, masses, cutoffs)
def test_parts_add_up(x, w, k):
    frame = made(x, w)
    found, whole = asked(k).measure(frame, over="county"), asked(k).measure(frame)
    m0 = estimates(found, "county")["M0"]
    total = estimates(whole)["M0"]
    assert found.groups["population_share"] @ m0 == pytest.approx(total, abs=1e-12)
    parts = whole.indicators.set_index(["measure", "indicator"])["estimate"]
    assert asked(k).system.weights @ parts["censored"] == pytest.approx(total, abs=1e-12)
    assert (parts["censored"] <= parts["uncensored"] + 1e-12).all()
    if total > 0:
        assert parts["contribution"].sum() == pytest.approx(1, abs=1e-12)
        assert found.groups["contribution"].sum() == pytest.approx(1, abs=1e-12)
        assert estimates(whole)["H"] * estimates(whole)["A"] == pytest.approx(total, abs=1e-12)


@given(tables, masses, cutoffs, st.integers(0, 11), st.integers(0, J - 1))
def test_focus_and_dimensional_monotonicity(x, w, k, row, column):
    """Where a household lacks one thing less, M0 stays if it was not poor, and falls if it was."""
    assume(x[row, column] == 1)
    less = x.copy()
    less[row, column] = 0
    before, after = (estimates(asked(k).measure(made(y, w)))["M0"] for y in (x, less))
    if x[row].mean() >= k - 1e-9:
        assert after < before
    else:
        assert after == pytest.approx(before, abs=1e-12)


@given(tables, masses, cutoffs, st.integers(2, 4))
def test_replication_order_and_scale_change_nothing(x, w, k, times):
    once = asked(k).measure(made(x, w)).frame["estimate"]
    for other in (made(np.tile(x, (1, 1)), 3 * w), made(x, w).sample(frac=1, random_state=times)):
        np.testing.assert_allclose(asked(k).measure(other).frame["estimate"], once, rtol=1e-12)
    many = pd.concat([made(x, w)] * times, ignore_index=True)
    np.testing.assert_allclose(asked(k).measure(many).frame["estimate"], once, rtol=1e-12)


@given(tables, masses)
def test_a_higher_cutoff_finds_fewer_poor_who_lack_more(x, w):
    by = [estimates(asked(k).measure(made(x, w))) for k in (0.2, 0.4, 0.6, 0.8, 1.0)]
    assert all(a["H"] >= b["H"] - 1e-12 and a["M0"] >= b["M0"] - 1e-12 for a, b in pairwise(by))
    assert all(not b["H"] > 0 or b["A"] >= a["A"] - 1e-12 for a, b in pairwise(by))


@given(arrays(float, (12, J), elements=st.floats(0, 20)), masses, cutoffs)
def test_depths_are_ordered(x, w, k):
    spec = AlkireFoster(system=system(below=[10.0] * J), cutoff=k, design=SurveyDesign(weights="w"))
    got = estimates(spec.measure(made(x, w)))
    assert got["M0"] + 1e-12 >= got["M1"] >= got["M2"] - 1e-12


def test_errors_are_those_of_the_rows():
    """By sampling unit and group, as by one influence value a row through the design."""
    frame, spec = homes(3), AlkireFoster(system=system(), cutoff=0.4, design=DESIGN)
    found = spec.measure(frame, over="county")
    drawn = DESIGN.on(frame)
    score = frame[list(spec.system.columns)].to_numpy() @ spec.system.weights
    poor = (score >= 0.4 - 1e-9).astype(float)
    for county in "abc":
        inside = (frame["county"] == county).to_numpy(dtype=float)
        rows = [(poor, inside), (score * poor, poor), (score * poor, inside)]
        own = np.stack([ratio_influence(a * inside, b * inside, drawn.weights)[1] for a, b in rows])
        got = found.frame[found.frame["county"] == county]
        np.testing.assert_allclose(got["std_error"], np.sqrt(np.diag(drawn.covariance(own))), rtol=1e-10)
    assert found.df == drawn.df == 36
    kept = found.influence.groupby("group")[["H", "A", "M0"]].sum()
    np.testing.assert_allclose(kept, 0, atol=1e-12)


def test_bootstrap_errors_are_near_the_linear_ones():
    frame = homes(4, m=4000)
    linear = AlkireFoster(system=system(), cutoff=0.4, design=DESIGN).measure(frame, over="county").frame
    drawn = AlkireFoster(system=system(), cutoff=0.4, design=DESIGN, replicates=4000).measure(frame, over="county").frame
    np.testing.assert_allclose(drawn["std_error"], linear["std_error"], rtol=0.1)


def test_intervals_cover_the_truth():
    """Of 400 stratified two-stage samples of 40 villages, 95 % intervals of H and M0 hold the truth 93 to 97 times in a hundred.

    Held within three standard errors of so many samples.
    """
    rng = np.random.default_rng(11)
    villages, size = 2000, 30
    lack = rng.beta(2, 6, (villages, 1, 1)) * np.linspace(0.6, 1.4, J)
    people = rng.random((villages, size, J)) < lack
    spec = AlkireFoster(system=system(), cutoff=0.4, design=SurveyDesign(strata="stratum", clusters="village"))
    truth = alkire_foster(people.reshape(-1, J).T.astype(float), spec.system.weights, np.ones(villages * size), 0.4)
    covered = np.zeros(2)
    for _ in range(400):
        chosen = np.concatenate([rng.choice(500, 10) + 500 * h for h in range(4)])
        taken = people[chosen][:, :10].reshape(-1, J).astype(int)
        frame = pd.DataFrame(taken, columns=[f"i{j}" for j in range(J)])
        frame = frame.assign(village=np.repeat(np.arange(40), 10), stratum=np.repeat(np.arange(4), 100))
        table = spec.measure(frame).frame.set_index("measure")
        covered += [table.loc[n, "ci_low"] <= t <= table.loc[n, "ci_high"] for n, t in (("H", truth[0]), ("M0", truth[2]))]
    assert (np.abs(covered / 400 - 0.95) <= 0.02 + 3 * np.sqrt(0.95 * 0.05 / 400)).all(), covered / 400


def test_totals_are_one_either_way():
    """A table of patterns and one count a figure give the same totals."""
    rng = np.random.default_rng(0)
    pattern, weights = rng.integers(0, 1 << 10, 3000), rng.random(3000)
    values = pattern_bits(np.arange(1 << 10), 10)
    few, many = rng.integers(0, 5, 3000), rng.integers(0, 3000, 3000)
    for place, places in ((few, 5), (many, 3000)):
        found = pattern_totals(values, pattern, place, places, weights)
        by_hand = [np.bincount(place, weights=weights * values[pattern, j], minlength=places) for j in range(10)]
        np.testing.assert_allclose(found, by_hand, rtol=1e-12, atol=1e-12)


def test_totals_of_more_rows_than_one_piece():
    rng = np.random.default_rng(5)
    rows = 2 * WALK + 7
    deprived, place, weights = rng.random((3, rows)) < 0.3, rng.integers(0, 4, rows), rng.random(rows)
    pattern, patterns = packed(list(deprived))
    found = pattern_totals(pattern_bits(patterns, 3), pattern, place.astype(np.int16), 4, weights)
    by_hand = [np.bincount(place, weights=weights * one) for one in deprived]
    np.testing.assert_allclose(found, by_hand, rtol=1e-12)


@pytest.mark.parametrize("replicates", [0, 50])
def test_groups_that_hold_whole_villages_or_cut_them_are_told_alike(replicates):
    """One home that lies across the border, without weight, puts each village in places of its own: nothing else changes."""
    rng = np.random.default_rng(6)
    frame = pd.DataFrame((rng.random((400, J)) < 0.4).astype(int), columns=[f"i{j}" for j in range(J)])
    village = rng.permutation(np.repeat(np.arange(40), 10))
    frame = frame.assign(village=village, stratum=village % 3, w=rng.uniform(1, 3, 400), county=village % 3 + 3 * (village % 2))
    across = frame.iloc[[0]].assign(w=0.0, county=(frame["county"].iloc[0] + 1) % 6)
    design = SurveyDesign(weights="w", strata="stratum", clusters="village")
    spec = AlkireFoster(system=system(), cutoff=0.4, design=design, replicates=replicates)
    whole, cut = spec.measure(frame, over="county"), spec.measure(pd.concat([frame, across]), over="county")
    told = ["estimate", "std_error", "ci_low", "ci_high"]
    np.testing.assert_allclose(whole.frame[told], cut.frame[told], rtol=1e-9)
    np.testing.assert_allclose(whole.indicators[told], cut.indicators[told], rtol=1e-9)
    assert len(cut.influence) == len(whole.influence) + 1


def test_influence_is_named_by_its_unit_however_rows_lie():
    rng = np.random.default_rng(7)
    frame = pd.DataFrame((rng.random((300, J)) < 0.4).astype(int), columns=[f"i{j}" for j in range(J)])
    frame = frame.assign(village=rng.integers(0, 30, 300), county=rng.integers(0, 3, 300)).assign(
        stratum=lambda x: x["village"] % 4
    )
    spec = AlkireFoster(system=system(), cutoff=0.4, design=SurveyDesign(strata="stratum", clusters="village"))
    for over in ("stratum", "county"):
        key = ["group", "stratum", "cluster"]
        as_drawn = spec.measure(frame, over=over).influence.set_index(key).sort_index()
        mixed = spec.measure(frame.sample(frac=1, random_state=1), over=over).influence.set_index(key).sort_index()
        pd.testing.assert_frame_equal(as_drawn, mixed, rtol=1e-9, atol=1e-14)
        pairs = frame[[over, "stratum", "village"]].drop_duplicates()
        assert set(as_drawn.index) == set(pairs.itertuples(index=False, name=None))


@pytest.mark.parametrize("count", [1, 8, 16, 17, 40])
def test_patterns_hold_what_was_packed(count):
    lacks = np.random.default_rng(count).random((count, 50)) < 0.4
    pattern, patterns = packed(list(lacks))
    np.testing.assert_array_equal(pattern_bits(patterns, count)[pattern].T, lacks)


def test_the_guarantees_are_shipped():
    found = read_deprivations(datasets.folder() / "systems" / "guarantees.toml")
    assert found.columns == ("food", "clothing", "education", "medical", "housing", "water")
    np.testing.assert_allclose(found.weights, 1 / 6)
    assert all(one.below is None and one.above is None for one in found.deprivations)
    assert all(one.name.zh and one.name.en and one.source.zh and one.source.en for one in found.deprivations)
    frame = pd.DataFrame({name: [int(at == 2), 0] for at, name in enumerate(found.columns)})
    assert estimates(AlkireFoster(system=found, cutoff=1 / 6).measure(frame))["H"] == 0.5


def test_nobody_poor_has_no_intensity():
    found = AlkireFoster(system=system(2)).measure(pd.DataFrame({"i0": [0, 0], "i1": [0, 0]}))
    assert estimates(found)["H"] == 0
    assert np.isnan(estimates(found)["A"])


def test_wrong_questions_and_data_are_refused(tmp_path):
    frame = pd.DataFrame({"i0": [0, 2], "i1": [0.0, np.nan]})
    with pytest.raises(DataError, match=r"yes \(1\) or no \(0\)"):
        AlkireFoster(system=system(1)).measure(frame)
    with pytest.raises(DataError, match="hold gaps"):
        AlkireFoster(system=system(2)).measure(frame)
    with pytest.raises(DataError, match="i2"):
        AlkireFoster(system=system(3)).measure(frame)
    with pytest.raises(SpecError, match=r"\(0, 1\]"):
        AlkireFoster(system=system(1), cutoff=2)
    with pytest.raises(SpecError, match="with replacement"):
        AlkireFoster(system=system(1), design=SurveyDesign(population="N"), replicates=100)
    with pytest.raises(SpecError, match="sum to 1"):
        system(2, weights=[0.5, 0.4])
    with pytest.raises(SpecError, match="one above"):
        Deprivation(id="x", name=same("x"), below=1, above=2)
    own = tmp_path / "own.toml"
    own.write_text('id = "own"\nname = "own"\n[[deprivation]]\nid = "a"\nname = "a"\nbelwo = 3\n', encoding="utf-8")
    with pytest.raises(SpecError, match=r"line 6.*below"):
        read_deprivations(own)
    own.write_text('id = "own"\nname = "own"\n[[deprivation]]\nid = "a"\nname = "a"\nbelow = -3\n', encoding="utf-8")
    with pytest.raises(SpecError, match=r"own\.toml: the cut-off of deprivation"):
        read_deprivations(own)


def test_depth_above_a_cutoff_is_left_out():
    far = Deprivation(id="far", name=same("far"), above=30)
    poor = Deprivation(id="poor", name=same("poor"), below=10)
    spec = AlkireFoster(system=DeprivationSystem(id="two", name=same("two"), deprivations=(far, poor)), cutoff=0.5)
    found = spec.measure(pd.DataFrame({"far": [30.0, 31.0], "poor": [10.0, 12.0]}))
    assert list(found.frame["measure"]) == ["H", "A", "M0"]
    assert estimates(found)["H"] == 0.5
    assert [note.kind for note in found.notes] == ["choice", "left_out", "caution"]
    assert "恰好缺一项" in found.notes[2].text.zh
