"""The hazard of return: a printed life table, a peer, a known truth, and what cannot be asked."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from evalkit.errors import DataError, NoAnswer, SpecError
from evalkit.panel.design import SurveyDesign
from evalkit.poverty.dynamics.hazard import ReturnHazard
from evalkit.poverty.dynamics.spells import PovertySpells

ASK = ReturnHazard(unit="home", period="year", state="poor")

# Singer & Willett (2003), Applied Longitudinal Data Analysis, table 11.1: events at durations 1 … 6, of so many at risk.
EVENTS = {0: [2, 2, 8, 8, 10, 8], 1: [13, 5, 16, 21, 15, 18]}
AT_RISK = {0: 72, 1: 108}
SURVIVAL = {0: [0.9722, 0.9444, 0.8333, 0.7222, 0.5833, 0.4722], 1: [0.8796, 0.8333, 0.6852, 0.4907, 0.3519, 0.1852]}


def waves(duration, event, **columns):
    """Homes poor in wave 0, then not poor for `duration` waves, then poor again or, without event, still not one wave on."""
    home = np.repeat(np.arange(len(duration)), np.asarray(duration) + 2)
    first = np.cumsum(np.asarray(duration) + 2) - np.asarray(duration) - 2
    year = np.arange(len(home)) - first[home]
    last = year == np.asarray(duration)[home] + 1
    poor = (year == 0) | (last & np.asarray(event, dtype=bool)[home])
    return pd.DataFrame(
        {"home": home, "year": year, "poor": poor.astype(int), **{k: np.asarray(v)[home] for k, v in columns.items()}}
    )


def life_table():
    parts = [(d, 1, g) for g, found in EVENTS.items() for d, n in enumerate(found, start=1) for _ in range(n)]
    parts += [(6, 0, g) for g, n in AT_RISK.items() for _ in range(n - sum(EVENTS[g]))]
    duration, event, group = np.array(parts).T
    return waves(duration, event, pt=group)


@pytest.mark.parametrize("group", [0, 1])
def test_life_table_of_singer_and_willett(group):
    """Table 11.1 as Stata's ltable prints it: survival by duration, of both groups; one class a duration gives it back."""
    found = ASK.estimate(life_table().query("pt == @group"))
    at_risk = AT_RISK[group] - np.r_[0, np.cumsum(EVENTS[group])[:-1]]
    np.testing.assert_allclose(found.baseline["hazard"], np.array(EVENTS[group]) / at_risk, rtol=1e-9)
    assert found.baseline["survival"].round(4).tolist() == SURVIVAL[group]
    assert found.baseline["n"].tolist() == at_risk.tolist()
    assert (found.events, found.frame["n"].iloc[0]) == (sum(EVENTS[group]), at_risk.sum())


def test_hazards_without_covariates_are_those_of_spells():
    frame = life_table()
    spells = PovertySpells(unit="home", period="year", state="poor").measure(frame).frame.query("measure == 'return'")
    found = ASK.estimate(frame).baseline
    np.testing.assert_allclose(found["hazard"], spells["estimate"], rtol=1e-9)
    np.testing.assert_allclose(found["survival"], spells["survival"], rtol=1e-9)


def test_peer_statsmodels_with_errors_by_cluster():
    """statsmodels' binomial GLM with the cloglog link, errors by cluster without its small-sample factor but that of clusters."""
    sm = pytest.importorskip("statsmodels.api")
    frame = life_table()
    found = replace(ASK, covariates=("pt",), design=SurveyDesign(clusters="village")).estimate(
        frame.assign(village=frame["home"] % 30)
    )
    rows = frame[(frame["year"] > 0)].copy()
    rows["ends"] = rows.groupby("home")["poor"].shift(-1)
    rows = rows[(rows["poor"] == 0) & rows["ends"].notna()]
    X = np.column_stack([np.ones(len(rows)), rows["pt"], *(rows["year"] == d for d in range(2, 7))]).astype(float)
    link = sm.families.links.CLogLog()
    peer = sm.GLM(rows["ends"].to_numpy(float), X, family=sm.families.Binomial(link=link)).fit(tol=1e-13)
    np.testing.assert_allclose(found.frame["estimate"], peer.params, rtol=1e-7)
    assert found.log_likelihood == pytest.approx(peer.llf, rel=1e-10)
    score = X * ((rows["ends"] - peer.fittedvalues) * np.exp(X @ peer.params) / peer.fittedvalues).to_numpy()[:, None]
    total = np.stack([np.bincount(rows["home"] % 30, weights=s, minlength=30) for s in score.T])
    bread = np.asarray(peer.cov_params())
    np.testing.assert_allclose(found.frame["std_error"], np.sqrt(np.diag(bread @ (total @ total.T) @ bread) * 30 / 29), rtol=1e-6)
    ratio = found.frame.set_index("measure").loc["pt"]
    assert ratio["hazard_ratio"] == pytest.approx(np.exp(ratio["estimate"]))
    assert ratio["ratio_low"] < ratio["hazard_ratio"] < ratio["ratio_high"]


def simulated(n, seed, b=0.7, slope=-0.5, shared=0.0):
    """Homes of villages whose rate of return is exp(−1.2 + b x − ½ ln d), known by the wave; `shared` is what villages share."""
    rng = np.random.default_rng(seed)
    x, village = rng.normal(size=n), rng.integers(0, 60, n)
    eta = -1.2 + b * x + shared * rng.normal(size=60)[village]
    lasting, event = np.full(n, 6), np.zeros(n, dtype=bool)
    open_ = np.ones(n, dtype=bool)
    for d in range(1, 7):
        back = open_ & (rng.random(n) < -np.expm1(-np.exp(eta + slope * np.log(d))))
        lasting[back], event[back] = d, True
        open_ &= ~back
    return waves(lasting, event, x=x, village=village)


def test_a_known_truth_is_recovered():
    found = replace(ASK, covariates=("x",), duration="log").estimate(simulated(6000, 1)).frame.set_index("measure")
    for name, truth in {"const": -1.2, "x": 0.7, "log_duration": -0.5}.items():
        assert abs(found.loc[name, "estimate"] - truth) <= 3 * found.loc[name, "std_error"]


def test_errors_by_village_are_those_of_villages():
    """Where homes of a village share what is not seen, errors by village are larger for the constant than by home."""
    frame = simulated(1500, 2, shared=0.6)
    ask = replace(ASK, covariates=("x",), duration="log")
    alone = ask.estimate(frame).frame.set_index("measure")["std_error"]
    village = replace(ask, design=SurveyDesign(clusters="village")).estimate(frame).frame.set_index("measure")["std_error"]
    assert village["const"] > 1.3 * alone["const"]


def test_weights_count_homes():
    frame = simulated(150, 3)
    frame["w"] = frame["home"] % 2 + 1.0
    twice = pd.concat([frame, frame[frame["w"] == 2].assign(home=lambda f: f["home"] + 1000)])
    ask = replace(ASK, covariates=("x",), duration="log")
    weighted = replace(ask, design=SurveyDesign(weights="w")).estimate(frame)
    np.testing.assert_allclose(weighted.frame["estimate"], ask.estimate(twice).frame["estimate"], rtol=1e-8)


def test_the_order_of_rows_does_not_matter_and_exit_is_the_mirror():
    frame = simulated(200, 4)
    ask = replace(ASK, covariates=("x",), duration="constant")
    one = ask.estimate(frame).frame
    pd.testing.assert_frame_equal(one, ask.estimate(frame.sample(frac=1, random_state=0)).frame)
    mirror = replace(ask, event="exit").estimate(frame.assign(poor=1 - frame["poor"])).frame
    pd.testing.assert_frame_equal(one, mirror)


def test_long_durations_are_joined_and_factors_are_classes():
    frame = simulated(800, 5).assign(kind=lambda f: np.where(f["home"] % 3 == 0, "old", "young"))
    found = replace(ASK, factors=("kind",), longest=3).estimate(frame)
    assert found.frame["measure"].tolist() == ["const", "kind=young", "duration=2", "duration=3"]
    assert found.baseline["duration"].tolist() == [1, 2, 3]


def test_spells_without_beginning_are_counted_out():
    frame = simulated(50, 6)
    late = frame[frame["year"] > 0].assign(home=lambda f: f["home"] + 500)
    both = replace(ASK, duration="constant").estimate(pd.concat([frame, late]))
    assert both.frame["n"].iloc[0] == replace(ASK, duration="constant").estimate(frame).frame["n"].iloc[0]
    left = next(note for note in both.notes if note.kind == "left_out")
    assert not left.text.en.startswith("0 ")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"event": "entry"}, "not a choice"),
        ({"duration": "months"}, "not a choice"),
        ({"longest": 0}, "whole number"),
        ({"step": 0}, "whole number"),
        ({"covariates": "x"}, "tuple"),
        ({"covariates": ("poor",)}, "by itself"),
        ({"unit": None}, "name of a column"),
        ({"level": 1.5}, "level"),
        ({"design": {}}, "SurveyDesign"),
    ],
)
def test_specs_check_themselves(change, said):
    with pytest.raises(SpecError, match=said):
        replace(ASK, **change)


@pytest.mark.parametrize(
    ("ask", "change", "error", "said"),
    [
        (ASK, lambda f: f["poor"], SpecError, "DataFrame"),
        (ASK, lambda f: f.iloc[:0], DataError, "no rows"),
        (ASK, lambda f: f.iloc[:1], NoAnswer, "seen to begin"),
        (ASK, lambda f: f.assign(poor=2), DataError, "yes"),
        (ASK, lambda f: f.assign(poor=np.nan), DataError, "gaps"),
        (ASK, lambda f: f.assign(year=0), DataError, "twice"),
        (ASK, lambda f: f.assign(year="first"), DataError, "whole numbers"),
        (ASK, lambda f: f[f["year"] < 3].assign(poor=lambda g: (g["year"] == 0).astype(int)), NoAnswer, "some who had"),
        (ASK, lambda f: f[~((f["poor"] == 1) & (f["year"] == 3))], NoAnswer, "longest=1"),
        (replace(ASK, covariates=("x",)), lambda f: f.assign(x="a"), DataError, "numbers"),
        (replace(ASK, covariates=("x",)), lambda f: f.assign(x=1), DataError, r"\[x\]"),
        (replace(ASK, covariates=("x",)), lambda f: f.assign(x=np.nan), DataError, "gaps"),
        (replace(ASK, covariates=("x",), duration="constant"), lambda f: f.assign(x=_fated(f)), NoAnswer, "without error"),
    ],
)
def test_data_that_cannot_answer_is_refused(ask, change, error, said):
    with pytest.raises(error, match=said):
        ask.estimate(change(simulated(120, 7)))


def _fated(frame):
    """1 for homes that come back at once, else 0."""
    return frame["home"].map(frame[frame["year"] == 2].set_index("home")["poor"]).fillna(0)
