"""Rungs keep scikit-learn's rules, weights are repetitions, and figures are those of peers and of printed tables."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit, ndtr
from sklearn.utils.estimator_checks import parametrize_with_checks
from threadpoolctl import threadpool_limits

from evalkit.errors import DataError, EvalkitError, NoAnswer, SpecError
from evalkit.panel.design import SurveyDesign
from evalkit.risk.models.averaged import AveragedLogits
from evalkit.risk.models.base import on_logit_scale
from evalkit.risk.models.boosting import BoostedTrees, ExplainableBoosting
from evalkit.risk.models.linear import DiscreteHazard, PenalizedLogistic
from evalkit.risk.models.means import ExpectedPoverty, ProxyMeans
from evalkit.risk.models.odds import OddsRatios
from evalkit.risk.models.rules import IncomeAlone, LastStatus, LineOrShock, OfficialLine
from evalkit.stats.cloglog import event_rates
from evalkit.stats.feasible import mean_and_variance
from evalkit.stats.least_squares import least_squares

QUICK = {"trees": 30, "rate": 0.3, "least_rows": 20, "columns": 1.0, "ridge": 1.0}
RUNGS = [
    OfficialLine(),
    LineOrShock(),
    LastStatus(),
    IncomeAlone(),
    ProxyMeans(),
    ExpectedPoverty(),
    PenalizedLogistic(),
    DiscreteHazard(),
    BoostedTrees(engine="lightgbm", **QUICK),
    BoostedTrees(engine="sklearn", **QUICK),
    ExplainableBoosting(rounds=50, bags=1, rate=0.2, least_rows=1),
    AveragedLogits(rungs=(PenalizedLogistic(), BoostedTrees(**QUICK))),
]


def excused(estimator):
    """Explainable boosting splits by counts of rows: a weight is not quite a repetition, as in scikit-learn's own boosting."""
    if isinstance(estimator, ExplainableBoosting):
        return {"check_sample_weight_equivalence_on_dense_data": "bins and splits count rows"}
    return {}


@parametrize_with_checks(RUNGS, expected_failed_checks=excused)
def test_every_rung_keeps_the_rules_of_scikit_learn(estimator, check):
    check(estimator)


@pytest.fixture(scope="module")
def homes():
    """Homes with gaps, a class and an effect that bends; later log income is known."""
    rng = np.random.default_rng(4)
    n = 3_000
    X = pd.DataFrame(rng.normal(size=(n, 5)), columns=list("abcde"))
    X["class"] = rng.integers(0, 4, n)
    X.loc[rng.random(n) < 0.2, "e"] = np.nan
    later = 1.0 + 0.8 * X["a"] - 0.6 * np.abs(X["b"]) + 0.3 * (X["class"] == 2) + rng.normal(size=n) * (1 + 0.3 * (X["c"] > 0))
    return X, (later < 0).astype(int).to_numpy(), rng.uniform(0.2, 5, n), later.to_numpy()


@pytest.mark.parametrize("rung", RUNGS, ids=lambda rung: f"{type(rung).__name__} {getattr(rung, 'engine', '')}".strip())
def test_parts_add_up_to_the_score(rung, homes):
    X, y, w, _ = homes
    X = X.fillna(0.0)
    rung.fit(X, y, w)
    assert rung.contributions(X[:200]).sum(axis=1) + rung.base_ == pytest.approx(rung.decision_function(X[:200]), abs=1e-6)
    parts, start = on_logit_scale(rung, X[:200])
    p = rung.predict_proba(X[:200])[:, 1]
    assert expit(parts.sum(axis=1) + start) == pytest.approx(p, abs=1e-6)


def test_penalized_logistic_is_that_of_scikit_learn(homes):
    from sklearn.linear_model import LogisticRegression

    X, y, w, _ = homes
    X = X[list("abcd")]
    found = PenalizedLogistic(penalty=0.02).fit(X, y, w)
    peer = LogisticRegression(C=1 / (0.02 * w.sum()), solver="newton-cholesky", tol=1e-12)
    peer.fit(found.prepared_.matrix(X.to_numpy()), y, w)
    assert found.coef_ == pytest.approx(peer.coef_[0], abs=1e-8)
    assert found.intercept_ == pytest.approx(peer.intercept_[0], abs=1e-8)


def test_hazard_is_the_unpenalized_one_where_the_penalty_vanishes(homes):
    X, y, w, _ = homes
    X = X[list("abc")].to_numpy()
    found = DiscreteHazard(penalty=1e-10).fit(X, y, w)
    free = event_rates(np.column_stack([np.ones(len(X)), X]), y.astype(float), w)
    assert found.coef_ / found.prepared_.scale == pytest.approx(free.coefficients[1:], abs=1e-6)


def test_hazard_over_periods_is_the_complement_of_getting_through_each(homes):
    X, y, w, _ = homes
    one, three = DiscreteHazard().fit(X, y, w), DiscreteHazard(periods=3).fit(X, y, w)
    h = one.predict_proba(X)[:, 1]
    assert three.predict_proba(X)[:, 1] == pytest.approx(1 - (1 - h) ** 3, abs=1e-12)


def test_regressions_of_income_are_least_squares_and_three_steps(homes):
    X, y, w, later = homes
    X = X[list("abcd")]
    proxy = ProxyMeans().fit(X, y, w, later=later)
    full = np.column_stack([np.ones(len(X)), proxy.prepared_.matrix(X.to_numpy())])
    plain = least_squares(full, later, w)
    sigma = np.sqrt(w @ plain.residuals**2 / w.sum())
    assert proxy.predict_proba(X)[:, 1] == pytest.approx(ndtr(-(full @ plain.coefficients) / sigma), abs=1e-5)
    expected = ExpectedPoverty().fit(X, y, w, later=later)
    steps = mean_and_variance(full, later, w, 0.2)
    spread = np.sqrt(np.maximum(full @ steps.variance, steps.floor))
    assert expected.predict_proba(X)[:, 1] == pytest.approx(ndtr(-(full @ steps.mean) / spread), abs=1e-5)


def test_later_income_tells_more_than_the_outcome_alone(homes):
    X, y, w, later = homes
    truth = ndtr(-(1.0 + 0.8 * X["a"] - 0.6 * np.abs(X["b"]) + 0.3 * (X["class"] == 2)) / (1 + 0.3 * (X["c"] > 0)))
    ask = {"classes": ("class",), "bends": ("b",), "knots": 4}
    off = {
        name: np.mean((rung.predict_proba(X)[:, 1] - truth) ** 2)
        for name, rung in (("with", ProxyMeans(**ask).fit(X, y, w, later=later)), ("without", ProxyMeans(**ask).fit(X, y, w)))
    }
    assert off["with"] < off["without"]


def spector():
    """Spector & Mazzeo (1980): 32 students, as statsmodels ships them."""
    data = pytest.importorskip("statsmodels.api").datasets.spector.load_pandas()
    return data.exog.assign(GRADE=data.endog)


def test_logit_of_greene():
    """Greene, Econometric Analysis, 5th edition, table 21.1: −13.021, 2.826, .095, 2.379; odds ratio of PSI e^2.379."""
    found = OddsRatios(outcome="GRADE", covariates=("GPA", "TUCE", "PSI")).measure(spector()).frame.set_index("measure")
    assert found["coefficient"].round(3).tolist() == [-13.021, 2.826, 0.095, 2.379]
    assert found.loc["PSI", "estimate"] == pytest.approx(np.exp(found.loc["PSI", "coefficient"]))


def test_cluster_robust_errors_of_statsmodels():
    import statsmodels.api as sm

    frame = spector().assign(group=np.arange(32) % 8)
    design = SurveyDesign(clusters="group")
    found = OddsRatios(outcome="GRADE", covariates=("GPA", "TUCE", "PSI"), design=design).measure(frame).frame
    peer = sm.Logit(frame["GRADE"], sm.add_constant(frame[["GPA", "TUCE", "PSI"]])).fit(
        disp=0, tol=1e-12, cov_type="cluster", cov_kwds={"groups": frame["group"], "use_correction": False}
    )
    assert found["coefficient_error"].to_numpy() == pytest.approx(peer.bse.to_numpy() * np.sqrt(8 / 7), rel=1e-6)


def test_odds_ratios_of_a_factor_are_those_of_the_table():
    frame = pd.DataFrame({"fell": [1] * 20 + [0] * 80 + [1] * 10 + [0] * 90, "kind": ["b"] * 100 + ["a"] * 100})
    found = OddsRatios(outcome="fell", factors=("kind",)).measure(frame).frame.set_index("measure")
    assert found.loc["kind=b", "estimate"] == pytest.approx((20 / 80) / (10 / 90), rel=1e-9)


@given(scale=st.floats(1e-6, 1e6), seed=st.integers(0, 99))
@settings(max_examples=20)
def test_the_scale_of_weights_changes_no_regression(scale, seed):
    rng = np.random.default_rng(seed)
    X, w = rng.normal(size=(60, 3)), rng.uniform(0.5, 2, 60)
    y = (X[:, 0] + rng.normal(size=60) > 0).astype(int)
    for rung in (PenalizedLogistic(), ProxyMeans(), DiscreteHazard()):
        first, second = rung.fit(X, y, w).predict_proba(X), rung.fit(X, y, w * scale).predict_proba(X)
        assert first == pytest.approx(second, abs=1e-7)


def test_same_bits_with_one_and_two_threads(homes):
    X, y, w, _ = homes
    for make in (
        lambda n: PenalizedLogistic(),
        lambda n: BoostedTrees(engine="lightgbm", threads=n, trees=40),
        lambda n: BoostedTrees(engine="sklearn", threads=n, trees=40),
        lambda n: ExplainableBoosting(rounds=60, bags=2),
        lambda n: AveragedLogits(rungs=(ExplainableBoosting(rounds=60, bags=2), BoostedTrees(threads=n, trees=40))),
    ):
        found = []
        for threads in (1, 2):
            with threadpool_limits(threads):
                found.append(make(threads).fit(X, y, w).predict_proba(X)[:, 1])
        assert np.array_equal(*found)


@pytest.mark.parametrize("rung", [IncomeAlone(), ProxyMeans(bends=(0, 1)), ExpectedPoverty(bends=(0, 1)), PenalizedLogistic()])
def test_same_bits_where_rows_are_many_enough_to_be_shared_by_threads(rung):
    rng = np.random.default_rng(3)
    X, w = rng.normal(size=(60_000, 30)), rng.uniform(0.2, 5, 60_000)
    y = (X[:, 0] + rng.normal(size=60_000) > 1.5).astype(int)
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            found.append(rung.fit(X, y, w).predict_proba(X)[:, 1])
    assert np.array_equal(*found)


@pytest.mark.parametrize("engine", ["lightgbm", "sklearn"])
def test_directions_are_kept(engine, homes):
    X, y, w, _ = homes
    found = BoostedTrees(engine=engine, rising=("b",), falling=("a",), trees=60, least_rows=20).fit(X, y, w)
    path = pd.concat([X.iloc[[7]]] * 50, ignore_index=True)
    for name, sign in (("a", -1), ("b", 1)):
        risks = found.predict_proba(path.assign(**{name: np.linspace(-3, 3, 50)}))[:, 1]
        assert (sign * np.diff(risks) >= -1e-12).all()


def test_rules_are_rates_of_their_classes():
    X = pd.DataFrame({"r": [1.0, 1.4, 1.6, 2.0, np.nan], "ill": [0, 1, 1, 0, 0]})
    found = LineOrShock("r", ("ill",)).fit(X, [1, 0, 1, 0, 0], sample_weight=[1.0, 2.0, 3.0, 4.0, 5.0])
    mean = 4 / 15
    assert found.predict_proba(X)[:, 1] == pytest.approx(
        [(1 + mean) / 2, mean / 3, (3 + mean) / 4, mean / 5, mean / 6], rel=1e-12
    )
    line = OfficialLine("r").fit(X, [1, 0, 1, 0, 0])
    assert line.predict_proba(pd.DataFrame({"r": [1.5], "ill": [0]}))[0, 1] > 0.4


def test_an_interval_holds_the_risk_and_narrows_with_rows(homes):
    X, y, w, _ = homes
    wide, narrow = PenalizedLogistic().fit(X[:300], y[:300], w[:300]), PenalizedLogistic().fit(X, y, w)
    spans = []
    for rung in (wide, narrow):
        low, high = rung.risk_interval(X)
        p = rung.predict_proba(X)[:, 1]
        assert ((low <= p) & (p <= high)).all()
        spans.append((high - low).mean())
    assert spans[1] < spans[0]


@pytest.mark.parametrize(
    "wrong",
    [
        lambda X, y: PenalizedLogistic(penalty=0).fit(X, y),
        lambda X, y: PenalizedLogistic(penalty="much").fit(X, y),
        lambda X, y: PenalizedLogistic(classes="a").fit(X, y),
        lambda X, y: PenalizedLogistic(classes=("nothing",)).fit(X, y),
        lambda X, y: PenalizedLogistic(bends=(9,)).fit(X, y),
        lambda X, y: OfficialLine(income=-1).fit(X, y),
        lambda X, y: OfficialLine(multiple=0).fit(X, y),
        lambda X, y: BoostedTrees(engine="forest").fit(X, y),
        lambda X, y: BoostedTrees(trees=0).fit(X, y),
        lambda X, y: BoostedTrees(rising=("a",), falling=("a",)).fit(X, y),
        lambda X, y: ExplainableBoosting(bags=0).fit(X, y),
        lambda X, y: AveragedLogits(rungs=("logistic",)).fit(X, y),
        lambda X, y: ExpectedPoverty(floor=-1).fit(X, y),
        lambda X, y: DiscreteHazard(periods=0).fit(X, y),
    ],
)
def test_wrong_parameters_are_said(wrong, homes):
    X, y, _, _ = homes
    with pytest.raises(SpecError):
        wrong(X, y)


def test_what_cannot_be_learnt_is_said(homes):
    X, y, w, later = homes
    with pytest.raises(NoAnswer, match="both classes"):
        PenalizedLogistic().fit(X, np.zeros(len(X)))
    with pytest.raises(EvalkitError, match="finite"):
        ProxyMeans().fit(X, y, w, later=np.where(later < 0, np.nan, later))
    frame = pd.DataFrame({"fell": [0, 0, 1, 1], "x": [1.0, 2.0, 3.0, 4.0], "z": [2.0, 4.0, 6.0, 8.0]})
    with pytest.raises(NoAnswer):
        OddsRatios(outcome="fell", covariates=("x",)).measure(frame)
    with pytest.raises(DataError, match="say nothing"):
        OddsRatios(outcome="fell", covariates=("x", "z")).measure(frame)
    with pytest.raises(SpecError):
        OddsRatios(outcome="fell")
    with pytest.raises(SpecError):
        OddsRatios(outcome="fell", covariates=("x",)).measure([1, 2])
