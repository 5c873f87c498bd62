"""An existing list against a verification sample: exact intervals, designs, groups, and how many visits would tell more."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest

from evalkit.errors import DataError, EvalkitError, NoAnswer, SpecError
from evalkit.panel.design import SurveyDesign
from evalkit.risk.lists.official import ERRORS, OfficialList, homes_to_verify

SPEC = OfficialList(listed="listed", due="due")


def sample(both, missed, kept, none):
    """Households by whether they are listed and at risk."""
    counts = (both, missed, kept, none)
    return pd.DataFrame({"listed": np.repeat([1, 0, 1, 0], counts), "due": np.repeat([1, 1, 0, 0], counts)})


def rates(found):
    return found.frame.set_index("measure")


def test_interval_of_binom_test():
    # R, binom.test: 682 of 925 is .7372973, exact 95 % interval .7076683 to .7654066 (Conover 1971, Mendel's peas)
    found = rates(SPEC.measure(sample(925 - 682, 682, 10, 50))).loc["missed"]
    assert found[["estimate", "ci_low", "ci_high"]].astype(float).round(7).tolist() == [0.7372973, 0.7076683, 0.7654066]
    assert (found["found"], found["n"]) == (682, 925)


@given(st.lists(st.integers(1, 60), min_size=4, max_size=4))
@settings(max_examples=40, deadline=None)
def test_rates_are_those_of_the_table_and_hang_together(counts):
    both, missed, kept, none = counts
    found = rates(OfficialList(listed="listed", due="due", least=1).measure(sample(*counts)))
    at = found["estimate"]
    assert at["missed"] == pytest.approx(missed / (both + missed))
    assert at["no_longer"] == pytest.approx(kept / (both + kept))
    assert at["missed_of_unlisted"] == pytest.approx(missed / (missed + none))
    assert at["at_risk"] * (1 - at["missed"]) == pytest.approx(at["coverage"] * (1 - at["no_longer"]))
    for measure in ERRORS[:3]:
        peer = binomtest(int(found.loc[measure, "found"]), int(found.loc[measure, "n"])).proportion_ci(method="exact")
        assert found.loc[measure, ["ci_low", "ci_high"]].astype(float).to_numpy() == pytest.approx(
            [peer.low, peer.high], abs=1e-9
        )


def test_none_found_is_not_none_there():
    found = rates(SPEC.measure(sample(30, 0, 4, 300)))
    assert found.loc["missed", "estimate"] == 0
    assert found.loc["missed", "ci_high"] == pytest.approx(1 - 0.025 ** (1 / 30))
    assert found.loc["missed_of_unlisted", "ci_high"] == pytest.approx(1 - 0.025 ** (1 / 300))


def population(seed=0):
    """Villages of households; the list reaches two thirds of those at risk, and more in some villages than in others."""
    rng = np.random.default_rng(seed)
    village = np.repeat(np.arange(200), 60)
    due = rng.uniform(size=len(village)) < 0.08
    reach = rng.beta(6, 3, 200)[village]
    listed = np.where(due, rng.uniform(size=len(village)) < reach, rng.uniform(size=len(village)) < 0.02)
    return pd.DataFrame({"village": village, "due": due.astype(int), "listed": listed.astype(int)})


def drawn(people, rng, villages=30):
    """Villages, in them all who are listed and a fifth of the others."""
    some = people[people["village"].isin(rng.choice(200, villages, replace=False))]
    chance = np.where(some["listed"] == 1, 1.0, 0.2)
    kept = some[rng.uniform(size=len(some)) < chance].copy()
    kept["w"] = 1 / np.where(kept["listed"] == 1, 1.0, 0.2)
    return kept


def test_intervals_of_a_designed_sample_cover_the_truth():
    people = population()
    truth = {"missed": people.loc[people["due"] == 1, "listed"].eq(0).mean()}
    truth["no_longer"] = people.loc[people["listed"] == 1, "due"].eq(0).mean()
    spec = OfficialList(listed="listed", due="due", design=SurveyDesign(weights="w", clusters="village"))
    rng, covered = np.random.default_rng(1), {name: [] for name in truth}
    estimates = []
    for _ in range(200):
        found = rates(spec.measure(drawn(people, rng)))
        estimates.append(found.loc["missed", "estimate"])
        for name, true in truth.items():
            covered[name].append(found.loc[name, "ci_low"] <= true <= found.loc[name, "ci_high"])
    assert np.mean(estimates) == pytest.approx(truth["missed"], abs=0.01)
    for name, hits in covered.items():
        assert np.mean(hits) >= 0.93, name


def test_the_unweighted_rate_is_wrong_where_listed_were_drawn_more_often():
    people = population()
    some = drawn(people, np.random.default_rng(0), villages=200)
    truth = people.loc[people["due"] == 1, "listed"].eq(0).mean()
    weighted = rates(OfficialList(listed="listed", due="due", design=SurveyDesign(weights="w")).measure(some))
    assert weighted.loc["missed", "estimate"] == pytest.approx(truth, abs=0.03)
    assert rates(SPEC.measure(some)).loc["missed", "estimate"] < truth / 2


def test_clusters_and_strata_are_counted():
    homes = sample(60, 20, 20, 300).assign(stratum=lambda f: f["listed"], village=np.tile(np.arange(20), 20))
    design = SurveyDesign(strata="stratum", clusters="village")
    found = rates(OfficialList(listed="listed", due="due", design=design).measure(homes))
    assert found.loc["coverage", "estimate"] == 0.2
    none = sample(60, 0, 20, 300).assign(village=np.tile(np.arange(19), 20))
    clustered = rates(OfficialList(listed="listed", due="due", design=SurveyDesign(clusters="village")).measure(none))
    assert clustered.loc["missed", "ci_high"] == pytest.approx(1 - 0.025 ** (1 / 19))  # each village counts once


def test_groups_and_small_cells():
    homes = pd.concat([sample(30, 10, 5, 90).assign(county="B"), sample(2, 1, 30, 40).assign(county="A")])
    found = SPEC.measure(homes, over="county")
    table = found.frame.set_index(["county", "measure"])
    assert found.frame["county"].unique().tolist() == ["A", "B"]
    assert found.over == "county"
    assert table.loc[("A", "missed"), "small"]
    assert table.loc[("A", "missed"), ["estimate", "ci_low", "found", "needed"]].isna().all()
    assert table.loc[("B", "missed"), "estimate"] == 0.25
    assert any(note.kind == "left_out" for note in found.notes)
    alone = rates(SPEC.measure(homes[homes["county"] == "B"]))
    columns = ["estimate", "ci_low", "ci_high", "n"]
    for measure in ("missed", "no_longer", "at_risk"):
        assert table.loc[("B", measure), columns].astype(float).tolist() == alone.loc[measure, columns].astype(float).tolist()


def test_a_group_that_is_last_and_without_anybody_at_risk():
    homes = pd.concat([sample(30, 10, 5, 90).assign(county="A"), sample(0, 0, 0, 40).assign(county="Z")])
    table = SPEC.measure(homes, over="county").frame.set_index(["county", "measure"])
    assert table.loc[("Z", "missed"), "n"] == 0
    assert table.loc[("Z", "missed_of_unlisted"), "estimate"] == 0


def test_households_taken_off_that_are_at_risk_again():
    homes = sample(30, 12, 5, 90).assign(off=0)
    homes.loc[homes.index[30:36], "off"] = 1  # six of those missed
    homes.loc[homes.index[-24:], "off"] = 1
    found = rates(OfficialList(listed="listed", due="due", removed="off").measure(homes))
    assert found.loc["due_again", "estimate"] == pytest.approx(6 / 30)


def test_how_many_visits_would_tell_more():
    # Cochran (1977): p = .5, d = .05, 95 %: 384.1
    assert homes_to_verify(0.5, 0.05) == 385
    assert homes_to_verify(0.5, 0.05, effect=2) == 769
    for share in (0.0, 0.02, 0.2, 0.5):
        n = homes_to_verify(share, 0.05)
        assert binomtest(round(share * n), n).proportion_ci(method="exact").high - share < 0.065
    homes = sample(60, 20, 20, 300)
    found = rates(SPEC.measure(homes)).loc["missed"]
    assert found["needed"] == homes_to_verify(0.25, 0.05)
    assert found["to_draw"] == np.ceil(found["needed"] / 0.2)  # a fifth of the sample is at risk


@pytest.mark.parametrize(
    "make",
    [
        lambda f: OfficialList(listed="", due="due"),
        lambda f: OfficialList(listed="listed", due=7),
        lambda f: OfficialList(listed="listed", due="due", removed=[]),
        lambda f: OfficialList(listed="listed", due="due", level=95),
        lambda f: OfficialList(listed="listed", due="due", least=0),
        lambda f: OfficialList(listed="listed", due="due", within=0.7),
        lambda f: OfficialList(listed="listed", due="due", design="simple"),
        lambda f: SPEC.measure([1]),
        lambda f: SPEC.measure(f["listed"]),
        lambda f: SPEC.measure(f.head(0)),
        lambda f: SPEC.measure(f.drop(columns="due")),
        lambda f: SPEC.measure(f.assign(due="yes")),
        lambda f: SPEC.measure(f.assign(due=2)),
        lambda f: SPEC.measure(f.assign(due=np.nan)),
        lambda f: SPEC.measure(f.assign(listed=0)),
        lambda f: SPEC.measure(f.assign(due=0)),
        lambda f: SPEC.measure(f, over="county"),
        lambda f: SPEC.measure(f.assign(measure="a"), over="measure"),
        lambda f: SPEC.measure(f.assign(county=np.nan), over="county"),
    ],
)
def test_what_makes_no_sense_is_refused(make):
    with pytest.raises(EvalkitError) as said:
        make(sample(20, 10, 5, 30))
    assert isinstance(said.value, SpecError | DataError | NoAnswer)
    assert len(str(said.value)) > 25


@pytest.mark.parametrize(("column", "lacking"), [("listed", "is on the list"), ("due", "meets the criteria")])
def test_a_sample_without_such_households_is_refused_by_name(column, lacking):
    with pytest.raises(NoAnswer, match=f"^no household of the sample {lacking}, so the list cannot be judged"):
        SPEC.measure(sample(20, 10, 5, 30).assign(**{column: 0}))


def test_few_households_tell_nothing_that_is_shown():
    with pytest.raises(DataError, match="single cluster"):
        SPEC.measure(pd.DataFrame({"listed": [1], "due": [1]}))
    two = pd.DataFrame({"listed": [1, 1], "due": [1, 1]})
    assert SPEC.measure(two).frame["estimate"].isna().all()
    shown = rates(OfficialList(listed="listed", due="due", least=1).measure(two))
    assert shown.loc["missed", ["ci_low", "ci_high"]].astype(float).round(6).tolist() == [0, 0.841886]
