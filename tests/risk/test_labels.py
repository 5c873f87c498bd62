"""Labels: what each event means, when it is known, who gets no label, and what attrition does to it."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import DataError, EvalkitError, NoAnswer, SpecError
from evalkit.panel.panel import Panel
from evalkit.risk.labels.labels import Labels, ReturnLabel
from evalkit.risk.labels.outcomes import REASONS
from evalkit.simulate import Attrition, HouseholdSimulation, HouseholdSurvey


def homes(rows: dict, first=2020) -> pd.DataFrame:
    """Incomes by home from the first wave on; None: not seen, NaN: seen without income."""
    long = [(unit, first + at, x) for unit, values in rows.items() for at, x in enumerate(values) if x is not None]
    index = pd.MultiIndex.from_tuples([row[:2] for row in long], names=["unit", "period"])
    return pd.DataFrame({"income_pc": [row[2] for row in long]}, index=index)


def said(labels: Labels) -> dict:
    return labels.frame["label"].to_dict()


def reasons(labels: Labels) -> dict:
    return labels.unlabeled.astype(str).to_dict()


NAN = float("nan")
FRAME = homes(
    {
        "falls": [9.0, 5.0, None, None],
        "stays": [9.0, 9.0, 9.0, 9.0],
        "poor": [5.0, 5.0, 5.0, 5.0],
        "lost": [9.0, None, None, None],
        "away": [9.0, None, 9.0, 9.0],
        "blank": [9.0, NAN, 9.0, 9.0],
    }
)


def test_falling_and_every_reason_for_no_label():
    labels = ReturnLabel(line=6.0).on(FRAME)
    assert said(labels)["falls", 2020] == 1
    assert said(labels)["stays", 2020] == 0
    why = reasons(labels)
    assert why["poor", 2020] == "not_at_risk"
    assert why["lost", 2020] == "attrition"
    assert why["away", 2020] == "gap"
    assert why["blank", 2020] == "outcome_missing"
    assert why["blank", 2021] == "origin_missing"
    assert why["stays", 2023] == "not_yet_known"
    assert labels.frame.loc[("falls", 2020), ["outcome_period", "known_at"]].tolist() == [2021, 2021]


def test_counts_add_up_to_all_rows_and_are_said_in_both_languages():
    labels = ReturnLabel(line=6.0).on(FRAME)
    assert labels.report["rows"].sum() == len(FRAME)
    assert labels.report["share"].sum() == pytest.approx(1)
    assert list(labels.report.index) == ["event", "no_event", *REASONS]
    assert len(labels.frame) + len(labels.unlabeled) == len(FRAME)
    note = next(note for note in labels.notes if note.kind == "left_out")
    assert "失访" in note.text.zh
    assert "not seen again: 1" in note.text.en


def test_returning_asks_for_a_history():
    frame = homes({"back": [5.0, 9.0, 5.0], "never": [9.0, 9.0, 5.0], "new": [None, 9.0, 5.0], "out": [5.0, 9.0, 9.0]})
    labels = ReturnLabel(id="returning", event="returning", line=6.0).on(frame)
    assert said(labels) == {("back", 2021): 1, ("out", 2021): 0}
    why = reasons(labels)
    assert why["never", 2021] == "never_poor"
    assert why["new", 2021] == "no_history"
    assert why["never", 2020] == "no_history"
    register = frame.assign(registered=[0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1][: len(frame)])
    both = ReturnLabel(event="returning", line=6.0, formerly_poor="registered").on(register)
    assert said(both)["new", 2021] == 1


def test_history_is_looked_back_on_so_far_and_no_further():
    frame = homes({"long_ago": [5.0, 9.0, 9.0, 5.0], "lately": [9.0, 5.0, 9.0, 5.0]})
    two = ReturnLabel(event="returning", line=6.0, history=2).on(frame)
    assert said(two) == {("lately", 2022): 1, ("long_ago", 2021): 0, ("long_ago", 2022): 1}
    one = ReturnLabel(event="returning", line=6.0, history=1).on(frame)
    assert said(one) == {("lately", 2022): 1, ("long_ago", 2021): 0}
    gap = homes({"seen_poor": [5.0, None, 9.0, 5.0], "unknown": [9.0, None, 9.0, 5.0], "other": [9.0, 9.0, 9.0, 9.0]})
    assert said(ReturnLabel(event="returning", line=6.0).on(gap)) == {("seen_poor", 2022): 1}
    assert reasons(ReturnLabel(event="returning", line=6.0).on(gap))["unknown", 2022] == "no_history"
    assert reasons(ReturnLabel(event="returning", line=6.0, gaps=1).on(gap))["unknown", 2022] == "never_poor"


def test_within_counts_any_wave_and_gaps_between():
    frame = homes({"dips": [9.0, 5.0, 9.0], "holds": [9.0, 9.0, 9.0], "unseen": [9.0, None, 9.0]})
    assert said(ReturnLabel(line=6.0, horizon=2).on(frame))["dips", 2020] == 0
    within = ReturnLabel(line=6.0, horizon=2, within=True).on(frame)
    assert said(within) == {("dips", 2020): 1, ("holds", 2020): 0}
    assert reasons(within)["unseen", 2020] == "gap"
    assert said(ReturnLabel(line=6.0, horizon=2, within=True, gaps=1).on(frame))["unseen", 2020] == 0
    assert within.frame.loc[("dips", 2020), "known_at"] == 2022  # not earlier than that of those who did not fall


def test_losing_a_guarantee_and_sudden_shocks():
    index = pd.MultiIndex.from_product([["a", "b", "c"], [2020, 2021]], names=["unit", "period"])
    frame = pd.DataFrame({"insured": [1, 0, 1, 1, 0, 0], "unsafe": [0, 0, 1, 1, 1, 1], "ill": [0, 1, 1, 1, 0, 0]}, index=index)
    losing = ReturnLabel(id="losing", event="losing", held=("insured",), lacking=("unsafe",)).on(frame)
    assert said(losing) == {("a", 2020): 1, ("b", 2020): 0}
    assert reasons(losing)["c", 2020] == "not_at_risk"
    shock = ReturnLabel(id="shock", event="shock", shocks=("ill",)).on(frame)
    assert said(shock) == {("a", 2020): 1, ("c", 2020): 0}
    assert reasons(shock)["b", 2020] == "not_at_risk"


def test_falling_without_transfers_sets_them_aside_at_both_dates():
    frame = homes({"a": [9.0, 7.0], "b": [7.0, 7.0], "c": [9.0, 9.0]}).assign(help=[0.0, 2.0, 2.0, 2.0, 0.0, 0.0])
    labels = ReturnLabel(event="falling_without_transfers", transfers="help", line=6.0).on(frame)
    assert said(labels) == {("a", 2020): 1, ("c", 2020): 0}
    assert reasons(labels)["b", 2020] == "not_at_risk"
    assert said(ReturnLabel(line=6.0).on(frame))["a", 2020] == 0


def test_an_income_at_the_line():
    frame = homes({"a": [6.0, 6.0], "b": [9.0, 6.0]})
    assert said(ReturnLabel(line=6.0).on(frame)) == {("a", 2020): 0, ("b", 2020): 0}
    assert said(ReturnLabel(line=6.0, strict=False).on(frame)) == {("b", 2020): 1}


def test_the_young_women_of_the_nlsy(real_data):
    """Known only by status in five waves: .263 of those not poor are poor in the next (reference)."""
    wide = pd.read_csv(real_data / "real" / "nlsy_teen_poverty.csv")
    named = [f"pov{wave}" for wave in range(1, 6)]
    long = wide[named].set_axis(range(1, 6), axis=1).stack().rename("poor").rename_axis(["unit", "period"]).to_frame()
    labels = ReturnLabel(poor="poor").on(long)
    assert labels.frame["label"].mean() == pytest.approx(0.263, abs=5e-4)


def test_assistance_left_out_or_taken_as_it_is():
    frame = homes({"a": [9.0, 9.0], "b": [9.0, 5.0]}).assign(helped=[0, 1, 0, 0])
    assert len(ReturnLabel(line=6.0, assisted="helped").on(frame).frame) == 2
    left = ReturnLabel(line=6.0, assisted="helped", assistance="leave_out").on(frame)
    assert said(left) == {("b", 2020): 1}
    assert reasons(left)["a", 2020] == "assisted"
    notes = " ".join(note.text.en for note in ReturnLabel(line=6.0).on(frame).notes)
    assert "despite assistance" in notes


def test_what_is_known_as_of_a_period():
    labels = ReturnLabel(line=6.0, lag=1, as_of=2022).on(FRAME)
    assert labels.frame["known_at"].max() == 2022
    assert reasons(labels)["stays", 2021] == "not_yet_known"


def test_waves_without_a_survey():
    frame = homes({"a": [9.0, None, 9.0], "b": [9.0, None, 5.0]})
    with pytest.raises(NoAnswer, match="no_wave"):
        ReturnLabel(line=6.0).on(frame)
    assert said(ReturnLabel(line=6.0, horizon=2).on(frame)) == {("a", 2020): 0, ("b", 2020): 1}


@pytest.mark.parametrize("horizon", [1, 2])
def test_bounds_of_attrition_hold_the_truth_and_weights_mend_it(horizon):
    """A survey that loses the better-off: what all would show lies between the bounds, and within four errors once mended."""
    people = HouseholdSimulation(households=12_000, villages=60, counties=3, periods=range(2020, 2023), seed=3).draw()
    spec = {"origins": (2020,), "horizon": horizon}
    truth = ReturnLabel(**spec).on(people.frame).frame["label"].mean()
    survey = HouseholdSurvey(villages=20, homes=1000, formerly_poor=1000, attrition=Attrition(base=-1.0, income=1.5, alone=0))
    seen = survey.draw(people).frame

    def share(**more):
        frame = ReturnLabel(weight="weight", **spec, **more).on(seen).frame
        mean = np.average(frame["label"], weights=frame["weight"])
        return mean, np.sqrt((frame["weight"] ** 2 * (frame["label"] - mean) ** 2).sum()) / frame["weight"].sum()

    assert share(attrition="no_event")[0] < truth < share(attrition="event")[0]
    assert share()[0] - truth > 0.02
    mended, error = share(stay="stay_chance")
    assert error < 0.01
    assert mended == pytest.approx(truth, abs=4 * error)


def test_labels_of_the_simulation_agree_with_its_true_risk():
    """The mean true risk of those not poor is the share of them that falls, within chance."""
    people = HouseholdSimulation(households=8_000, villages=100, counties=5, seed=11).draw()
    labels = ReturnLabel().on(people.frame)
    risk = people.truth["true_risk"].loc[labels.frame.index.set_names(["unit", "period"])].to_numpy()
    error = np.sqrt((risk * (1 - risk)).sum()) / len(risk)
    assert labels.frame["label"].mean() == pytest.approx(risk.mean(), abs=4 * error)


def test_the_pairs_of_argentina(real_data):
    """Reference, weighted by persons: .105 of those not poor fall, without imputed incomes; 39,993 rows train and 13,265 test."""
    named = ["hid", "q", "pw", "poor", "y", "imp", "imp_f"]
    pairs = pd.read_csv(real_data / "real" / "eph_household_pairs_2009_2015.csv.gz", usecols=named)
    pairs = pairs[(pairs["imp"] == 0) & (pairs["imp_f"] == 0)].set_index(["hid", "q"])
    later = pd.DataFrame({"poor": pairs["y"], "pw": 1.0})
    later = later.set_axis(pd.MultiIndex.from_arrays([later.index.get_level_values(0), later.index.get_level_values(1) + 4]))
    both = pd.concat([pairs[["poor", "pw"]], later[~later.index.isin(pairs.index)]]).rename_axis(["unit", "period"])
    labels = ReturnLabel(poor="poor", horizon=4, weight="pw").on(both)
    wanted = pairs[pairs["poor"] == 0]
    frame = labels.frame.loc[wanted.index]
    assert (frame["label"] == wanted["y"]).all()
    assert np.average(frame["label"], weights=frame["weight"]) == pytest.approx(0.105, abs=5e-4)
    origin = frame.index.get_level_values("origin")
    assert [origin.isin(range(*span)).sum() for span in ((8036, 8047), (8054, 8058))] == [39_993, 13_265]


def test_a_panel_and_unsorted_rows_give_the_same():
    shuffled = FRAME.sample(frac=1, random_state=1)
    pd.testing.assert_frame_equal(ReturnLabel(line=6.0).on(shuffled).frame, ReturnLabel(line=6.0).on(FRAME).frame)
    rows = FRAME.reset_index().rename(columns={"unit": "home", "period": "year"})
    panel = Panel.from_frame(rows, unit="home", period="year")
    assert said(ReturnLabel(line=6.0).on(panel)) == said(ReturnLabel(line=6.0).on(FRAME))


def test_names_and_versions_travel_along():
    labels = ReturnLabel(id="falling", version="2021.1", line_version="monitoring 2021", line=6.0).on(FRAME)
    assert labels.spec.name == "falling@2021.1"
    assert labels.spec.line_version == "monitoring 2021"
    assert "falling@2021.1" in labels.notes[0].text.zh


@given(st.lists(st.lists(st.sampled_from([None, NAN, 5.0, 9.0]), min_size=4, max_size=4), min_size=1, max_size=6), st.data())
def test_every_row_is_counted_once_whatever_is_asked(rows, data):
    frame = homes({f"h{at}": row for at, row in enumerate(rows)})
    if frame.empty:
        return
    spec = ReturnLabel(
        line=6.0,
        event=data.draw(st.sampled_from(["falling", "returning"])),
        horizon=data.draw(st.integers(1, 3)),
        within=data.draw(st.booleans()),
        gaps=data.draw(st.integers(0, 2)),
        history=data.draw(st.sampled_from([None, 1, 2])),
        attrition=data.draw(st.sampled_from(["leave_out", "event", "no_event"])),
        lag=data.draw(st.integers(0, 1)),
    )
    try:
        labels = spec.on(frame)
    except NoAnswer:
        return
    assert labels.report["rows"].sum() == len(frame)
    assert len(labels.frame) == labels.report["rows"].iloc[:2].sum()
    keys = labels.frame.index.append(labels.unlabeled.index)
    assert keys.is_unique
    assert set(keys) == set(frame.index)
    assert (labels.frame["known_at"] >= labels.frame["outcome_period"]).all()
    origin = labels.frame.index.get_level_values("origin")
    assert (labels.frame["outcome_period"] == origin + spec.horizon).all()
    income = frame["income_pc"]
    assert (income.loc[labels.frame.index.rename(["unit", "period"])] >= 6.0).all()


@pytest.mark.parametrize(
    ("spec", "frame"),
    [
        ({"line": 6.0}, "frame"),
        ({"line": 6.0}, FRAME["income_pc"]),
        ({"line": 6.0}, FRAME.reset_index()),
        ({"line": 6.0}, FRAME.iloc[:0]),
        ({"line": 6.0}, pd.concat([FRAME, FRAME])),
        ({"line": 6.0}, FRAME.astype(str)),
        ({"line": 6.0}, FRAME.replace(9.0, np.inf)),
        ({}, FRAME),
        ({}, FRAME.assign(line=-1.0)),
        ({"income": "incom", "line": 6.0}, FRAME),
        ({"line": 6.0, "weight": "w"}, FRAME.assign(w=NAN)),
        ({"line": 6.0, "weight": "w"}, FRAME.assign(w=-1.0)),
        ({"line": 6.0, "stay": "s"}, FRAME.assign(s=0.0)),
        ({"event": "shock", "shocks": ("ill",)}, FRAME.assign(ill=2)),
        ({"line": 6.0}, FRAME.iloc[[0]]),
        ({"line": 6.0, "horizon": 9}, FRAME),
    ],
)
def test_frames_that_cannot_answer_are_refused_in_words(spec, frame):
    with pytest.raises((DataError, SpecError)):
        ReturnLabel(**spec).on(frame)


@pytest.mark.parametrize(
    "wrong",
    [
        {"event": "fall"},
        {"horizon": 0},
        {"horizon": "1"},
        {"line": 0.0},
        {"line": NAN},
        {"line": None},
        {"within": 1},
        {"attrition": "drop"},
        {"event": "losing"},
        {"event": "shock"},
        {"event": "falling_without_transfers"},
        {"assistance": "leave_out"},
        {"event": "falling_without_transfers", "transfers": "help", "poor": "poor"},
        {"held": ["insured"]},
        {"held": "insured"},
        {"origins": 2020},
        {"origins": ()},
        {"origins": ("2020",)},
        {"id": ""},
        {"weight": 3},
        {"history": 0},
        {"as_of": "2020"},
    ],
)
def test_questions_that_make_no_sense_are_refused(wrong):
    with pytest.raises(EvalkitError):
        ReturnLabel(**wrong)
