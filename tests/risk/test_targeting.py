"""Lists under budgets: identities of the literature, exact means over ties, and what is refused."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from evalkit.errors import DataError, EvalkitError, NoAnswer, SpecError
from evalkit.panel.design import SurveyDesign
from evalkit.risk.lists.budgets import CountyQuotas, Number, Share, VisitsPerVillage
from evalkit.risk.lists.listed import Listed, poorest, targeting_measures
from evalkit.risk.lists.targeting import Targeting
from evalkit.risk.lists.visiting import VisitingList
from evalkit.risk.scoring.bootstrap import ClusterBootstrap

NONE = ClusterBootstrap(replicates=0)
risks = arrays(float, 12, elements=st.sampled_from([0.1, 0.2, 0.3, 0.5]))
marks = arrays(float, 12, elements=st.sampled_from([0, 1])).filter(lambda y: 0 < y.sum() < 12)
weights = arrays(float, 12, elements=st.floats(0.2, 5))


def asked(frame, **more):
    found = Targeting(outcome="y", risks="risk", bootstrap=NONE, **more).measure(frame).frame
    return found.set_index("measure")["estimate"]


@given(risks, marks, weights)
def test_errors_are_equal_where_the_quota_is_the_base_rate(p, y, w):
    """Brown, Ravallion & van de Walle (2018): with a quota of the poverty rate, exclusion and inclusion error coincide."""
    frame = pd.DataFrame({"risk": p, "y": y, "w": w})
    share = float((w * y).sum() / w.sum())
    found = asked(frame, budgets=Share(share=share), design=SurveyDesign(weights="w"))
    assert found["exclusion_error"] == pytest.approx(found["inclusion_error"], abs=1e-9)
    assert found["recall"] == pytest.approx(1 - found["exclusion_error"])
    assert found["coverage"] == pytest.approx(share)


@given(risks, marks, weights, st.floats(0.05, 0.95))
def test_the_differential_is_recall_less_coverage_over_those_not_due(p, y, w, share):
    """Galasso & Ravallion: TPR − FPR = (recall − coverage)/(1 − base rate); a lot has 0 and lift 1."""
    frame = pd.DataFrame({"risk": p, "y": y, "w": w})
    found = asked(frame, budgets=Share(share=share), design=SurveyDesign(weights="w"))
    base = (w * y).sum() / w.sum()
    assert found["differential"] == pytest.approx((found["recall"] - found["coverage"]) / (1 - base), abs=1e-9)
    assert found["lift"] == pytest.approx(found["recall"] / found["coverage"], rel=1e-9)
    lot = asked(frame.assign(risk=1.0), budgets=Share(share=share), design=SurveyDesign(weights="w"))
    assert lot["lift"] == pytest.approx(1)
    assert lot["differential"] == pytest.approx(0, abs=1e-12)


def test_a_perfect_list():
    """Coady, Grosh & Hoddinott (2004): at best the poorest q receive all, so that the ratio is 1/q."""
    income = np.arange(1.0, 11.0)
    frame = pd.DataFrame({"risk": -income, "y": (income <= 2).astype(int), "income": income, "gap": np.maximum(3 - income, 0)})
    found = asked(frame, budgets=Share(share=0.2), income="income", gap="gap")
    assert found[["exclusion_error", "inclusion_error", "gap_missed"]].tolist() == [0, 0, 0]
    assert found[["lift", "differential", "cgh_0.2", "cgh_0.4"]].tolist() == pytest.approx([5, 1, 5, 2.5])


def test_gaps_weigh_what_is_missed():
    frame = pd.DataFrame({"risk": [0.9, 0.1, 0.5], "y": [1, 1, 0], "gap": [0.2, 0.6, 0.0]})
    found = asked(frame, budgets=Number(number=1), gap="gap")
    assert found["exclusion_error"] == 0.5
    assert found["gap_missed"] == pytest.approx(0.75)


def test_figures_are_means_over_lots():
    """Of 7 rows, 5 tied for 2 places: the mean of 4,000 lists drawn by lot is the figure given, within 4 standard errors."""
    frame = pd.DataFrame({"risk": [0.9, 0.5, 0.5, 0.5, 0.5, 0.5, 0.1], "y": [1, 1, 0, 0, 1, 0, 1]})
    found = asked(frame, budgets=Number(number=3))
    hits = np.empty(4000)
    for seed in range(4000):
        drawn = VisitingList(risk="risk", budget=Number(number=3), seed=seed)._drawn(
            frame["risk"].to_numpy(), np.ones(7), np.zeros(7, dtype=int), np.array([3 / 7])
        )[0]
        assert drawn.sum() == 3
        hits[seed] = frame["y"].to_numpy()[drawn].sum()
    assert found["recall"] * 4 == pytest.approx(1 + 2 * 2 / 5)
    assert abs(hits.mean() - found["recall"] * 4) < 4 * hits.std() / np.sqrt(4000)


def test_ties_are_said():
    frame = pd.DataFrame({"risk": [0.9, 0.5, 0.5, 0.1], "y": [1, 1, 0, 0]})
    notes = Targeting(outcome="y", risks="risk", budgets=Number(number=2), bootstrap=NONE).measure(frame).notes
    assert any("2 rows are tied, or taken in part, for 1 place" in note.text.en for note in notes)
    clear = Targeting(outcome="y", risks="risk", budgets=Number(number=3), bootstrap=NONE).measure(frame).notes
    assert not any("tied" in note.text.en for note in clear)


def test_budgets_by_village_and_county():
    frame = pd.DataFrame(
        {"risk": [0.9, 0.8, 0.3, 0.2, 0.1], "y": [1, 0, 1, 0, 0], "village": list("aabbc"), "county": list("xxxyy")}
    )
    visits = VisitingList(risk="risk", budget=VisitsPerVillage(visits=1)).measure(frame).frame
    assert visits["listed"].tolist() == [True, False, True, False, True]
    assert visits["place"].tolist() == [1, 2, 1, 2, 1]
    quotas = VisitingList(risk="risk", budget=CountyQuotas(quotas={"x": 2, "y": 0})).measure(frame).frame
    assert quotas["listed"].tolist() == [True, True, False, False, False]
    found = asked(frame, budgets=VisitsPerVillage(visits=1))
    assert found[["recall", "precision", "coverage"]].tolist() == pytest.approx([1, 2 / 3, 0.6])
    with pytest.raises(DataError, match="no quota"):
        asked(frame, budgets=CountyQuotas(quotas={"x": 1}))


@given(risks, weights, st.floats(0.05, 1), st.integers(0, 3))
def test_a_list_is_never_overspent_and_takes_the_greatest(p, cost, share, seed):
    frame = pd.DataFrame({"risk": p, "cost": cost})
    found = VisitingList(risk="risk", budget=Share(share=share), cost="cost", seed=seed).measure(frame).frame
    assert (cost * found["listed"]).sum() <= share * cost.sum() * (1 + 1e-9)
    left = p[~found["listed"]].max(initial=-1)
    assert left <= p[found["listed"]].min(initial=1)


def test_the_lot_is_by_seed():
    frame = pd.DataFrame({"risk": np.full(60, 0.5)}, index=[f"H{i}" for i in range(60)])
    lists = [VisitingList(risk="risk", budget=Number(number=20), seed=s).measure(frame).frame["listed"] for s in (1, 1, 2)]
    assert lists[0].equals(lists[1])
    assert not lists[0].equals(lists[2])
    assert lists[0].index.equals(frame.index)


@given(
    arrays(float, 9, elements=st.sampled_from([1.0, 2.0, 3.0])),
    arrays(float, 9, elements=st.floats(0.2, 4)),
    st.floats(0.05, 0.95),
)
def test_the_poorest_share_is_exact(income, w, share):
    member = poorest(income, w, share)
    assert (w * member).sum() / w.sum() == pytest.approx(share)


def test_a_resample_spends_the_same_share():
    rng = np.random.default_rng(2)
    frame = pd.DataFrame({"risk": rng.random(200).round(1), "y": rng.integers(0, 2, 200), "v": np.arange(200) // 10})
    ask = Targeting(
        outcome="y",
        risks="risk",
        budgets=(Share(share=0.1), VisitsPerVillage(visits=2, village="v")),
        design=SurveyDesign(clusters="v"),
        bootstrap=ClusterBootstrap(replicates=40),
    )
    found = ask.measure(frame)
    at = np.flatnonzero(found.frame["measure"] == "coverage")
    np.testing.assert_allclose(found.draws[:, at], np.broadcast_to([0.1, 0.2], (40, 2)), atol=1e-12)
    assert found.frame["std_error"].drop(index=at).gt(0).all()


def test_groups_share_one_list():
    frame = pd.DataFrame({"risk": [0.9, 0.8, 0.7, 0.1], "y": [1, 0, 1, 0], "sex": list("ffmm")})
    found = Targeting(outcome="y", risks="risk", budgets=Number(number=2), bootstrap=NONE).measure(frame, over="sex").frame
    recall = found[found["measure"] == "recall"].set_index("sex")["estimate"]
    assert recall.to_dict() == {"f": 1.0, "m": 0.0}
    assert found[(found["measure"] == "precision") & (found["sex"] == "m")]["estimate"].isna().all()


def test_measures_of_nothing_are_no_figures():
    zero = {"all": np.zeros(1), "due": np.zeros(1)}
    assert all(np.isnan(x).all() for x in targeting_measures(zero, zero).values())


def test_the_chance_of_each_row():
    listed = Listed.under(np.array([0.5, 0.9, 0.5]), np.ones(3), Number(number=2).over(pd.DataFrame(index=range(3)), np.ones(3)))
    assert listed.chance.tolist() == [0.5, 1.0, 0.5]
    assert listed.tied == (2, 1.0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"budgets": ()},
        {"budgets": 0.1},
        {"budgets": (Share(share=0.1), Share(share=0.1))},
        {"budgets": Share},
        {"poorest": (1.5,)},
        {"against": "other"},
        {"gap": 3},
        {"design": None},
        {"bootstrap": None},
    ],
)
def test_wrong_questions_are_refused(wrong):
    with pytest.raises(SpecError):
        Targeting(**{"outcome": "y", "risks": "risk", **wrong})


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: Share(share=0),
        lambda: Share(share=1.1),
        lambda: Share(share="half"),
        lambda: Number(number=0),
        lambda: Number(number=np.nan),
        lambda: VisitsPerVillage(visits=-1),
        lambda: VisitsPerVillage(visits=1, village=""),
        lambda: CountyQuotas(quotas={}),
        lambda: CountyQuotas(quotas=[1, 2]),
        lambda: CountyQuotas(quotas={"a": -1}),
        lambda: VisitingList(risk="r", budget=3),
        lambda: VisitingList(risk="r", budget=Share(share=0.1), seed=-1),
    ],
)
def test_wrong_budgets_are_refused(wrong):
    with pytest.raises(SpecError):
        wrong()


@pytest.mark.parametrize(
    ("columns", "more", "error"),
    [
        ({"risk": [0.1, 0.2], "y": [1, 1]}, {}, NoAnswer),
        ({"risk": [0.1, 0.2], "y": [1, 0], "c": [1.0, -1.0]}, {"cost": "c"}, DataError),
        ({"risk": [0.1, 0.2], "y": [1, 0], "c": [0.0, 0.0]}, {"cost": "c"}, DataError),
        ({"risk": ["a", "b"], "y": [1, 0]}, {}, DataError),
        ({"risk": [0.1, None], "y": [1, 0]}, {}, DataError),
        ({"risk": [0.1, 0.3], "y": [1, 0]}, {"budgets": VisitsPerVillage(visits=2)}, DataError),
        ({"risk": [], "y": []}, {}, DataError),
    ],
)
def test_data_that_cannot_answer_are_refused(columns, more, error):
    with pytest.raises(error) as said:
        Targeting(outcome="y", risks="risk", bootstrap=NONE, **more).measure(pd.DataFrame(columns))
    assert isinstance(said.value, EvalkitError)
