"""Surveys: weights give unbiased totals, intervals cover, and attrition depends on what was seen and on nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t

from evalkit.errors import SpecError
from evalkit.simulate import DESIGN, Attrition, HouseholdSimulation, HouseholdSurvey
from evalkit.stats.inference import ratio_influence


@pytest.fixture(scope="module")
def many_villages():
    return HouseholdSimulation(households=19_200, villages=960, counties=6, periods=(2020,)).draw()


@pytest.fixture(scope="module")
def village_people():
    return HouseholdSimulation(households=12_000, villages=240, counties=6, periods=(2020,)).draw()


def test_design_columns(people):
    drawn = HouseholdSurvey(villages=8, homes=5, formerly_poor=5).draw(people)
    first = drawn.frame.xs(2020, level="period")
    assert first["stratum"].nunique() == 20
    assert first.groupby("stratum", observed=True)["cluster"].nunique().eq(8).all()
    counts = first.groupby(["cluster", "formerly_poor"], observed=True).size()
    assert counts.max() <= 5
    assert (first["stratum"].astype(str) == first["county"].astype(str)).all()
    assert first["clusters_in_stratum"].eq(40).all()
    assert drawn.frame.loc[first.index[0], "weight"].nunique() == 1


def test_weights_are_inverse_chances(people):
    """In a village that is drawn, weights of a cell sum to its homes times villages / villages drawn, exactly."""
    drawn = HouseholdSurvey(villages=10, homes=7, formerly_poor=4, attrition=None).draw(people)
    first = drawn.frame.xs(2022, level="period")
    sums = first.groupby(["cluster", "formerly_poor"], observed=True)["weight"].sum()
    held = people.homes.groupby(["village", "formerly_poor"], observed=True).size().reindex(sums.index)
    assert sums.to_numpy() == pytest.approx(held.to_numpy() * 4.0, rel=1e-12)


def test_totals_are_unbiased_and_intervals_cover(many_villages):
    """600 samples of 8 of 160 villages a county: means, errors, and how often the 95 % interval holds the truth."""
    frame = many_villages.frame
    true, people = frame["poor"].mean(), len(frame)
    found = []
    for seed in range(600):
        drawn = HouseholdSurvey(villages=8, homes=6, formerly_poor=4, seed=seed).draw(many_villages).frame
        on, poor = DESIGN.on(drawn), drawn["poor"].to_numpy(dtype=float)
        estimate, own = ratio_influence(poor, np.ones(len(poor)), on.weights)
        error = np.sqrt(on.covariance(own[None])[0, 0])
        found.append((estimate, error, on.weights.sum(), abs(estimate - true) < t.ppf(0.975, on.df) * error))
    estimate, error, total, covered = np.array(found).T
    assert abs(total.mean() - people) < 4 * total.std() / np.sqrt(600)
    assert abs(estimate.mean() - true) < 4 * estimate.std() / np.sqrt(600)
    assert 0.93 <= covered.mean() <= 0.97
    assert error.mean() == pytest.approx(estimate.std(), rel=0.1)


def test_all_villages_and_homes_is_the_census(village_people):
    drawn = HouseholdSurvey(villages=1_000, homes=10_000, formerly_poor=10_000).draw(village_people)
    assert len(drawn.frame) == 12_000
    assert drawn.frame["weight"].eq(1).all()
    assert drawn.frame["income"].equals(village_people.frame["income"])


def test_waves_hold_the_same_homes_and_who_left_stays_away(people):
    drawn = HouseholdSurvey(villages=20, homes=15, formerly_poor=10).draw(people)
    waves = drawn.frame.groupby("unit").size()
    assert waves.between(1, 5).all()
    assert waves.nunique() == 5
    last = drawn.frame.reset_index().groupby("unit")["period"].agg(["min", "max", "size"])
    assert last["min"].eq(2020).all()
    assert (last["max"] - 2020 + 1 == last["size"]).all()
    again = HouseholdSurvey(villages=20, homes=15, formerly_poor=10).draw(people)
    assert again.frame.equals(drawn.frame)
    assert "attrition" in drawn.notes[1].text.en


def test_inverse_chances_mend_attrition(people):
    """Homes weighted by 1 / stay_chance show the first wave's income; unweighted they do not, since the better off leave."""
    strong = HouseholdSurvey(villages=40, homes=40, formerly_poor=30, attrition=Attrition(base=-1.0, income=1.0))
    drawn = strong.draw(people).frame
    first, last = drawn.xs(2020, level="period"), drawn.xs(2024, level="period")
    level = np.log(first["income_pc"])
    kept = level.loc[last.index]
    weight = 1 / last["stay_chance"]
    error = np.sqrt((weight**2 * (kept - level.mean()) ** 2).sum()) / weight.sum()
    assert abs(np.average(kept, weights=weight) - level.mean()) < 4 * error
    assert abs(kept.mean() - level.mean()) > 4 * error
    assert (weight.sum() - len(first)) ** 2 < 16 * (weight**2).sum()
    assert 0.1 < len(last) / len(first) < 0.6


def test_stay_chance_is_the_share_that_stays(people):
    drawn = HouseholdSurvey(villages=40, homes=60, formerly_poor=40).draw(people).frame
    second = drawn.reset_index().query("period == 2021")
    whole = HouseholdSurvey(villages=40, homes=60, formerly_poor=40, attrition=None).draw(people).frame
    first = whole.xs(2020, level="period")
    leave = Attrition().chance(first)
    assert abs(len(second) - (1 - leave).sum()) < 4 * np.sqrt((leave * (1 - leave)).sum())
    assert (second["stay_chance"].to_numpy() == (1 - leave)[first.index.isin(second["unit"])]).all()


def test_the_named_design_lies_over_a_wave(people):
    drawn = HouseholdSurvey().draw(people).frame.xs(2020, level="period").reset_index()
    on = DESIGN.on(drawn)
    assert on.df == 20 * 10 - 20
    assert on.weights.sum() == pytest.approx(people.spec.households, rel=0.1)


@pytest.mark.parametrize(
    "wrong",
    [
        {"villages": 0}, {"homes": -1}, {"homes": 0, "formerly_poor": 0}, {"homes": 2.5}, {"attrition": "some"},
        {"attrition": Attrition}, {"seed": -1}, {"seed": None},
    ],
)  # fmt: skip
def test_senseless_specs_are_refused(wrong):
    with pytest.raises(SpecError):
        HouseholdSurvey(**wrong)


def test_only_simulated_households_are_surveyed(people):
    with pytest.raises(SpecError, match="simulated households"):
        HouseholdSurvey().draw(people.frame)
    with pytest.raises(SpecError, match="Attrition income"):
        Attrition(income=float("nan"))
