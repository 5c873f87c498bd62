"""Process quality against figures worked by hand, plain pandas, and scipy's exact interval."""

from datetime import date, timedelta

import numpy as np
import pandas as pd
import pytest
from scipy.stats import binomtest

from evalkit.errors import DataError, SpecError
from evalkit.monitor.ledger.changes import as_changes
from evalkit.monitor.ledger.ledger import Ledger
from evalkit.monitor.ledger.state import LedgerState, case_states
from evalkit.monitor.process.process import STEPS, ProcessQuality

AS_OF = date(2024, 6, 30)
SPEC = ProcessQuality(within_days_visit=15, within_days_help=30)


def cases(rows):
    """A state from (home, county, {stage: date}) of one case each, or with its number as a fourth."""
    changes = []
    for home, county, dates, *number in rows:
        for stage, day in dates.items():
            told = {"home": home, "case": number[0] if number else 1, "stage": stage, "date": day, "source": "township"}
            changes.append({**told, "county": county, "reason": "r", "measure": "m"})
    return LedgerState(spec=None, frame=case_states(as_changes(pd.DataFrame(changes), AS_OF)), as_of=AS_OF)


# 甲县: visits after 10, 20 and 30 days; one waits 15 days (not late yet), one 16 (late). Help 5 and 25 days after the visit.
HAND = [
    (1, "甲县", {"flagged": "2024-01-01", "visited": "2024-01-11", "included": "2024-01-15", "helped": "2024-01-16"}),
    (2, "甲县", {"flagged": "2024-02-01", "visited": "2024-02-21", "included": "2024-02-21", "helped": "2024-03-17"}),
    (3, "甲县", {"flagged": "2024-03-01", "visited": "2024-03-31", "not_included": "2024-04-02"}),
    (4, "甲县", {"flagged": "2024-06-15"}),
    (5, "甲县", {"flagged": "2024-06-14"}),
    (6, "甲县", {"flagged": "2024-05-01", "visited": "2024-05-01", "included": "2024-05-05"}),  # waits for help for 60 days
    (7, "乙县", {"flagged": "2023-03-01", "visited": "2023-03-02", "included": "2023-03-03", "helped": "2023-03-04"}),
]
HAND[6][2]["resolved"] = "2024-01-31"


def test_days_by_hand():
    found = SPEC.measure(cases(HAND), AS_OF)
    frame = found.frame.set_index(["county", "step"])
    visit = frame.loc[("甲县", "signal_to_visit")]
    assert visit[["n", "median", "mean", "p90"]].tolist() == [4, 15.0, 15.0, 30]  # 0, 10, 20, 30
    assert visit[["late", "waiting", "waiting_late", "waiting_mean", "waiting_most"]].tolist() == [2, 2, 1, 15.5, 16]
    assert visit[["due", "in_time"]].tolist() == [5, 0.4]  # 0 and 10 of 0, 10, 20, 30 and the one that waits beyond the limit
    help_ = frame.loc[("甲县", "visit_to_help")]
    assert help_[["n", "median", "mean", "p90", "waiting", "waiting_mean"]].tolist() == [2, 15.0, 15.0, 25, 1, 60]
    assert help_[["late", "waiting_late", "due"]].isna().all() and pd.isna(help_["in_time"])
    whole = frame.loc[("甲县", "signal_to_help")]
    assert whole[["n", "mean", "late", "waiting", "waiting_late", "due"]].tolist() == [2, 30.0, 1, 1, 1, 3]  # 15 and 45 days
    other = frame.loc[("乙县", "signal_to_visit")]
    assert other[["n", "mean", "waiting", "in_time"]].tolist() == [1, 1.0, 0, 1.0] and pd.isna(other["waiting_mean"])
    total = found.total.set_index("step")
    assert total.loc["signal_to_visit", ["n", "waiting", "due", "late"]].tolist() == [5, 2, 6, 2]
    assert list(total.index) == list(STEPS)


@pytest.mark.parametrize(("homes", "p90"), [(9, 9), (10, 9), (11, 10), (20, 18)])
def test_nine_in_ten_took_no_longer(homes, p90):
    """Visits after 1, 2, … days: the fewest days within which at least nine in ten were done."""
    day = date(2024, 1, 1)
    rows = [(n, "甲县", {"flagged": day, "visited": day + timedelta(days=n)}) for n in range(1, homes + 1)]
    assert SPEC.measure(cases(rows), AS_OF).total["p90"].iloc[0] == p90


def test_who_waits_is_told_and_in_no_average():
    notes = [note.text for note in SPEC.measure(cases(HAND), AS_OF).notes]
    visit = next(text for text in notes if text.en.startswith("Days from signal to visit"))
    assert "5 cases" in visit.en and "2 still wait, for 15.5 days so far on average and 16 at most" in visit.en
    assert "2 次尚在等待" in visit.zh and "平均已等 15.5 天" in visit.zh


def test_open_cases_by_age_by_hand():
    ages = SPEC.measure(cases(HAND), AS_OF).ages
    found = ages[ages["cases"] > 0][["county", "stage", "days", "cases"]].values.tolist()
    # 1 and 2 are helped for 181 and 150 days since their flag; 4 is 15 days old, 5 is 16, 6 is 60
    expected = [
        ["甲县", "flagged", "0-15", 1],
        ["甲县", "flagged", "16-30", 1],
        ["甲县", "included", "31-90", 1],
        ["甲县", "helped", "91+", 2],
    ]
    assert sorted(found) == sorted(expected)
    assert len(ages) == 2 * 5 * 4
    assert ProcessQuality(within_days_visit=15, within_days_help=30, ages=(7,)).bands == ("0-7", "8+")


def test_indicators_by_hand():
    population = pd.Series({"甲县": 400, "乙县": 250, "丙县": 100})
    rows = {"home": [1, 3, 5, 90, 91, 92], "qualifies": [True, True, True, True, False, True], "county": [*["甲县"] * 5, "丙县"]}
    found = SPEC.measure(cases(HAND), AS_OF, population=population, sample=pd.DataFrame(rows))
    counts = found.counts.droplevel("period")
    # 甲县: 1, 2 and 6 were included, none resolved; all three this year, of 400 homes
    assert counts.loc["甲县", ["ever_included", "resolved", "G21", "included", "G22"]].tolist() == [3, 0, 0.0, 3, 0.75]
    assert counts.loc["乙县", ["ever_included", "resolved", "G21", "included", "G22"]].tolist() == [1, 1, 100.0, 0, 0.0]
    # of 1, 3, 5 and 90, which qualify, 90 is not in the ledger and 3 was turned down
    assert counts.loc["甲县", ["sampled", "qualify", "missed", "turned_down", "G23"]].tolist() == [5, 4, 1, 1, 25.0]
    assert counts.loc["丙县", ["qualify", "missed", "G23"]].tolist() == [1, 1, 100.0]
    assert counts.loc["甲县", ["helped", "G24"]].tolist() == [2, 30.0]  # 15 and 45 days
    assert counts.loc["乙县", "helped"] == 0 and np.isnan(counts.loc["乙县", "G24"])  # helped the year before
    assert np.isnan(counts.loc["丙县", "G21"]) and counts.loc["丙县", "G22"] == 0.0
    assert found.panel.index.names == ["unit", "period"] and set(found.panel.index.get_level_values("period")) == {2024}
    assert list(found.panel) == ["G21", "G22", "G23", "G24"]
    assert any("1 more are in it but were turned down" in note.text.en for note in found.notes)


def test_homes_resolved_and_flagged_or_included_again():
    done = {"flagged": "2023-01-01", "visited": "2023-01-02", "included": "2023-01-03", "helped": "2023-01-04"}
    done |= {"resolved": "2023-12-31"}
    again = {"reopened": "2024-02-01", "visited": "2024-02-02"}
    rows = [(home, "甲县", done) for home in (1, 2, 3)]
    rows += [(2, "甲县", again, 2), (3, "甲县", {**again, "included": "2024-02-03"}, 2)]
    counts = SPEC.measure(cases(rows), AS_OF, population=pd.Series({"甲县": 100})).counts
    # 2 is flagged again and not included again: it still counts as resolved; 3 does not
    assert counts.loc[("甲县", 2024), ["ever_included", "resolved", "included"]].tolist() == [3, 2, 1]
    assert counts.loc[("甲县", 2024), "G22"] == 1.0


@pytest.mark.parametrize(("missed", "qualify"), [(0, 40), (2, 60), (7, 7)])
def test_the_missed_rate_has_the_exact_interval(missed, qualify):
    sample = pd.DataFrame({"home": range(1, qualify + 1), "qualifies": True, "county": "甲县"})
    known = [(home, "甲县", {"flagged": "2024-01-01"}) for home in range(missed + 1, qualify + 1)] or [
        (999, "甲县", {"flagged": "2024-01-01"})
    ]
    counts = SPEC.measure(cases(known), AS_OF, sample=sample).counts.loc[("甲县", 2024)]
    exact = binomtest(missed, qualify).proportion_ci(0.95, method="exact")
    assert counts[["missed", "qualify"]].tolist() == [missed, qualify]
    assert counts["ci_low"] == pytest.approx(100 * exact.low, abs=1e-9)
    assert counts["ci_high"] == pytest.approx(100 * exact.high, abs=1e-9)


def random_state(homes=3_000, seed=1):
    generator = np.random.default_rng(seed)
    day = generator.integers(0, 400, homes)
    table = {"home": np.arange(homes), "case": 1, "county": generator.choice(["A", "B", "C", "D"], homes), "village": None}
    kept, start = np.ones(homes, dtype=bool), pd.Timestamp(2023, 5, 1)
    for stage in ("flagged", "visited", "included", "helped", "resolved"):
        when = pd.Series(start + pd.to_timedelta(day, unit="D")).astype("datetime64[s]")
        kept &= (when <= pd.Timestamp(AS_OF)).to_numpy()
        table[stage] = when.where(kept)
        day, kept = day + generator.integers(0, 60, homes), kept & (generator.random(homes) < 0.8)
    frame = pd.DataFrame(table).assign(not_included=pd.NaT, known=pd.Timestamp(AS_OF), kind="sudden")
    frame = frame[frame["flagged"].notna()].reset_index(drop=True)
    last = frame[["flagged", "visited", "included", "helped", "resolved"]].notna().sum(axis=1)
    names = np.array(["flagged", "visited", "included", "helped", "resolved"], dtype=object)
    frame = frame.assign(stage=names[last - 1], open=frame["resolved"].isna())
    return LedgerState(spec=None, frame=frame, as_of=AS_OF)


def test_days_are_those_of_plain_pandas():
    state = random_state()
    frame = SPEC.measure(state, AS_OF).frame.set_index(["step", "county"])
    for step, (start, end, _) in STEPS.items():
        days = (state.frame[end] - state.frame[start]).dt.days
        by = days.groupby(state.frame["county"])
        pd.testing.assert_series_equal(frame.loc[step, "median"], by.median(), check_names=False)
        pd.testing.assert_series_equal(frame.loc[step, "mean"], by.mean(), check_names=False)
        p90 = by.agg(lambda part: np.quantile(part.dropna(), 0.9, method="inverted_cdf"))
        pd.testing.assert_series_equal(frame.loc[step, "p90"], p90, check_names=False)
        assert frame.loc[step, "n"].tolist() == by.count().tolist()
    open_, county = state.frame["open"], state.frame["county"]
    so_far = (pd.Timestamp(AS_OF) - state.frame["flagged"]).dt.days[open_ & state.frame["visited"].isna()]
    assert frame.loc["signal_to_visit", "waiting_mean"].tolist() == pytest.approx(so_far.groupby(county).mean().tolist())
    assert frame.loc["signal_to_visit", "waiting_most"].tolist() == so_far.groupby(county).max().tolist()
    assert SPEC.measure(state, AS_OF).ages["cases"].sum() == open_.sum()


def test_groups_add_up_to_the_total():
    found = SPEC.measure(random_state(seed=2), AS_OF)
    summed = found.frame.groupby("step")[["n", "waiting", "late", "waiting_late", "due"]].sum(min_count=1)
    total = found.total.set_index("step")[list(summed)]
    assert summed.loc[total.index].astype("Int64").equals(total.astype("Int64"))


def test_a_ledger_is_read_as_of_the_day(tmp_path):
    ledger = Ledger(tmp_path / "ledger")
    told = {"home": [1, 2], "case": 1, "stage": "flagged", "date": "2024-05-01", "county": "甲县", "reason": "r", "source": "s"}
    ledger.append(pd.DataFrame(told), known=date(2024, 5, 31))
    visits = pd.DataFrame(told).assign(stage="visited", date="2024-05-11")
    ledger.append(visits, known=date(2024, 7, 5))
    found = SPEC.measure(ledger, AS_OF).total.iloc[0]
    assert found[["n", "waiting", "waiting_late"]].tolist() == [0, 2, 2] and np.isnan(found["mean"])
    later = SPEC.measure(ledger, date(2024, 7, 5)).total.iloc[0]
    assert later[["n", "waiting", "mean"]].tolist() == [2, 0, 10.0]
    with pytest.raises(DataError, match="knows what became known after the day"):
        SPEC.measure(ledger.state(), AS_OF)
    assert SPEC.measure(Ledger(tmp_path / "none"), AS_OF).frame.empty


def test_what_is_asked_wrongly_is_refused():
    state, sample = cases(HAND), pd.DataFrame({"home": [1, 1], "qualifies": True, "county": "甲县"})
    with pytest.raises(DataError, match="holds some homes twice; found 1, the first of them in row 2"):
        SPEC.measure(state, AS_OF, sample=sample)
    with pytest.raises(DataError, match="'qualifies' of the sample has gaps"):
        SPEC.measure(state, AS_OF, sample=pd.DataFrame({"home": [1], "qualifies": [None], "county": "甲县"}))
    with pytest.raises(DataError, match=r"'qualifies' of the sample must be yes or no\. To do: write True or False"):
        SPEC.measure(state, AS_OF, sample=pd.DataFrame({"home": [1], "qualifies": ["maybe"], "county": "甲县"}))
    with pytest.raises(SpecError, match=r"the state of the ledger must be a LedgerState.*give ledger.state\(as_of\)"):
        SPEC.measure(state.frame, AS_OF)
    with pytest.raises(DataError, match="must be positive"):
        SPEC.measure(state, AS_OF, population=pd.Series({"甲县": 0}))
    with pytest.raises(DataError, match="twice"):
        SPEC.measure(state, AS_OF, population=pd.Series([1, 2], index=["甲县", "甲县"]))
    with pytest.raises(SpecError, match="by county"):
        SPEC.measure(state, AS_OF, over="kind", sample=sample.iloc[:1])
    with pytest.raises(SpecError, match="over"):
        SPEC.measure(state, AS_OF, over="village")
    with pytest.raises(SpecError, match="ages must rise"):
        ProcessQuality(within_days_visit=15, within_days_help=30, ages=(30, 15))
    with pytest.raises(SpecError, match="within_days_visit"):
        ProcessQuality(within_days_visit=-1, within_days_help=30)


def test_by_kind_and_without_what_is_optional():
    found = SPEC.measure(cases(HAND), AS_OF + timedelta(days=1), over="kind")
    assert found.frame["kind"].unique().tolist() == ["none"]
    assert found.panel["G22"].isna().all() and found.panel["G23"].isna().all()
    said = " ".join(note.text.en for note in found.notes)
    assert "No population was given" in said and "No sample was given" in said
