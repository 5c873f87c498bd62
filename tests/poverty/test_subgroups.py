"""What groups add: a printed decomposition, sums to 1e-12, errors against weights moved by hand, and changes between waves."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evalkit.errors import DataError, NoAnswer, SpecError
from evalkit.panel.design import SurveyDesign
from evalkit.poverty.change.subgroup_change import SubgroupChange, group_changes
from evalkit.poverty.change.subgroups import InequalityBySubgroup, PovertyBySubgroup, between_influence
from evalkit.poverty.income.fgt import PovertyIndices
from evalkit.stats.inequality import generalized_entropy
from evalkit.stats.parted import Parted

# Per-capita product of the 32 states of Mexico in 1940 and 1950 and their region (Hanson 1998), of PySAL's example `mexico`.
# fmt: off
MEXICO = pd.DataFrame(
    [
        [10384, 22361, 9573, 3758, 2934, 8578, 8537, 6909, 17816, 12132, 4359, 2181, 4414, 5309, 3408, 3327, 6936, 4836, 9073,
         1892, 3569, 11016, 21965, 4372, 4840, 6399, 2459, 7508, 3605, 5203, 7990, 3734],
        [6234, 20977, 16013, 4929, 4138, 13997, 9673, 6049, 17119, 8859, 5686, 3629, 5194, 8232, 4972, 5272, 8962, 7515, 11490,
         4538, 6415, 5560, 28747, 7533, 6663, 10345, 3857, 8536, 4178, 10143, 8428, 6435],
        [2, 1, 2, 5, 5, 1, 1, 3, 4, 2, 3, 5, 3, 3, 4, 3, 3, 2, 1, 5, 3, 3, 5, 2, 2, 1, 5, 1, 3, 3, 5, 2],
    ],
    index=["y1940", "y1950", "region"],
).T
# fmt: on
incomes = arrays(float, 15, elements=st.floats(1, 300))
weights = arrays(float, 15, elements=st.floats(0.1, 5))


@pytest.mark.parametrize(("year", "within", "between"), [("y1940", 0.17435454, 0.0345889), ("y1950", 0.12405598, 0.02816853)])
def test_theil_of_mexican_states_by_region(year, within, between):
    """PySAL's inequality, documentation of `TheilD`: parts within and between five regions, at the printed precision."""
    found = InequalityBySubgroup(income=year, over="region", alpha=(1,)).measure(MEXICO).frame.set_index("part")["estimate"]
    assert found["within"] == pytest.approx(within, abs=5e-9)
    assert found["between"] == pytest.approx(between, abs=5e-9)


@settings(max_examples=40)
@given(incomes, weights)
def test_inequality_within_and_between_adds_up(x, w):
    frame = pd.DataFrame({"y": x, "w": w, "g": np.arange(15) % 4})
    alphas = (-1, 0, 0.5, 1, 2)
    found = InequalityBySubgroup(income="y", over="g", alpha=alphas, design=SurveyDesign(weights="w")).measure(frame)
    parts = found.frame.pivot(index="measure", columns="part", values="estimate")
    np.testing.assert_allclose(parts["within"] + parts["between"], parts["total"], atol=1e-12, rtol=1e-12)
    sums = found.groups.groupby("measure")["within"].sum()
    np.testing.assert_allclose(parts["within"], sums[parts.index], atol=1e-12)
    assert found.groups.groupby("measure")["income_share"].sum().to_numpy() == pytest.approx(np.ones(5), abs=1e-12)


@pytest.mark.parametrize("alpha", [-1, 0, 0.5, 1, 2])
def test_between_is_the_inequality_of_group_means_and_so_is_its_influence(alpha):
    rng = np.random.default_rng(4)
    x, w, codes = rng.lognormal(3, 0.6, 30), rng.uniform(1, 3, 30), np.arange(30) % 4
    parted = Parted.of(w, codes, 4)
    value, own = between_influence(x, parted, alpha)
    assert value == pytest.approx(generalized_entropy(parted.mean(x)[codes], w, alpha), abs=1e-12)
    assert w @ own == pytest.approx(0, abs=1e-12)
    for row in (0, 9, 22):
        more = Parted.of(w + 1e-6 * (np.arange(30) == row), codes, 4)
        assert (between_influence(x, more, alpha)[0] - value) / 1e-6 == pytest.approx(own[row], abs=1e-7)


@settings(max_examples=40)
@given(incomes, weights)
def test_poverty_of_groups_adds_up(x, w):
    frame = pd.DataFrame({"y": x, "w": w, "g": np.arange(15) % 3})
    measures = ("headcount", "gap", "severity", "watts")
    design = SurveyDesign(weights="w")
    found = PovertyBySubgroup(income="y", line=100.0, over="g", measures=measures, design=design).measure(frame).frame
    whole = PovertyIndices(income="y", line=100.0, design=design).measure(frame).frame.set_index("measure")["estimate"]
    np.testing.assert_allclose(found.groupby("measure")["contribution"].sum()[list(measures)], whole[list(measures)], atol=1e-12)
    np.testing.assert_allclose(found["population_share"] * found["index"], found["contribution"], atol=1e-12)


def test_the_error_of_a_contribution_counts_all_rows():
    rng = np.random.default_rng(8)
    frame = pd.DataFrame({"y": rng.uniform(20, 200, 60), "w": rng.uniform(1, 3, 60), "v": np.arange(60) // 3})
    frame["g"] = rng.integers(0, 2, 60)
    design = SurveyDesign(weights="w", clusters="v")
    found = PovertyBySubgroup(income="y", line=100.0, over="g", measures=("gap",), design=design).measure(frame).frame
    value = np.maximum(1 - frame["y"] / 100, 0) * (frame["g"] == 0)
    mean = np.average(value, weights=frame["w"])
    by_hand = design.on(frame).covariance(((value - mean) / frame["w"].sum()).to_numpy()[None])
    assert found["std_error"].iloc[0] == pytest.approx(np.sqrt(by_hand[0, 0]), rel=1e-10)


@settings(max_examples=40)
@given(incomes, incomes, weights)
def test_subgroup_consistency(x, y, w):
    """Where poverty of one group falls and others stay, poverty of all falls."""
    better = x.copy()
    better[::3] = np.maximum(x[::3], y[::3])
    frame = pd.DataFrame({"before": x, "after": better, "w": w, "g": np.arange(15) % 3})
    for measure in ("headcount", "gap", "severity", "watts"):
        one, two = (
            PovertyIndices(income=name, line=100.0, measures=(measure,), design=SurveyDesign(weights="w"))
            for name in ("before", "after")
        )
        group = (two.measure(frame, over="g").frame["estimate"] - one.measure(frame, over="g").frame["estimate"]).to_numpy()
        whole = (two.measure(frame).frame["estimate"] - one.measure(frame).frame["estimate"]).item()
        assert group[1:] == pytest.approx([0, 0], abs=1e-12)
        assert group[0] <= 1e-12
        assert (whole < -1e-13) == (group[0] < -1e-12) or abs(group[0]) < 1e-10


@settings(max_examples=40)
@given(incomes, incomes, weights, weights, st.sampled_from(["first", "last", "average"]))
def test_changes_of_groups_add_up(x, y, w, v, base):
    before = pd.DataFrame({"y": x, "w": w, "g": np.arange(15) % 3})
    after = pd.DataFrame({"y": y, "w": v, "g": np.arange(15) % 4})  # one group is new
    ask = SubgroupChange(income="y", line=100.0, over="g", base=base, design=SurveyDesign(weights="w"))
    found = ask.measure(before, after).frame
    index = PovertyIndices(income="y", line=100.0, measures=ask.measures, design=ask.design)
    change = index.measure(after).frame["estimate"] - index.measure(before).frame["estimate"]
    parts = found.groupby("measure", sort=False)[["within", "shift", "interaction"]].sum().sum(axis=1)
    np.testing.assert_allclose(parts, change, atol=1e-12)
    np.testing.assert_allclose(found[["within", "shift", "interaction"]].sum(axis=1), found["change"], atol=1e-12)
    if base == "average":
        assert not found["interaction"].any()


def test_changes_of_groups_by_hand():
    """People leave a poor group for a better one: Ravallion & Huppi's parts with the first wave as base."""
    parts = group_changes(np.array([[0.8, 0.2], [0.6, 0.4]]), np.array([[0.5, 0.1], [0.4, 0.1]]), "first")
    np.testing.assert_allclose(parts.sum(axis=1), [-0.08, -0.08, 0.02], atol=1e-12)
    assert parts.sum() == pytest.approx(0.6 * 0.4 + 0.4 * 0.1 - 0.8 * 0.5 - 0.2 * 0.1, abs=1e-12)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: PovertyBySubgroup(income="y", line=0, over="g"),
        lambda: PovertyBySubgroup(income="y", line=1.0, over=None),
        lambda: PovertyBySubgroup(income="y", line=1.0, over="g", measures=("sen",)),
        lambda: InequalityBySubgroup(income="y", over="g", alpha=("gini",)),
        lambda: InequalityBySubgroup(income="y", over="g", alpha=()),
        lambda: SubgroupChange(income="y", line=1.0, over="g", base="middle"),
        lambda: SubgroupChange(income="y", line=1.0, over="g", design="w"),
    ],
)
def test_what_cannot_be_asked_is_refused(ask):
    with pytest.raises(SpecError):
        ask()


def test_data_that_cannot_answer_are_refused():
    frame = pd.DataFrame({"y": [0.0, 50.0], "g": ["a", "b"], "n": ["a", "b"]})
    with pytest.raises(NoAnswer, match="positive"):
        InequalityBySubgroup(income="y", over="g").measure(frame)
    with pytest.raises(NoAnswer, match="Watts"):
        PovertyBySubgroup(income="y", line=100.0, over="g", measures=("watts",)).measure(frame)
    with pytest.raises(DataError, match="cannot be called 'n'"):
        PovertyBySubgroup(income="y", line=100.0, over="n").measure(frame)
    with pytest.raises(DataError, match="gaps"):
        PovertyBySubgroup(income="y", line=100.0, over="g").measure(frame.assign(g=["a", None]))
