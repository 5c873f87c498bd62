"""Raw data to the printed systems, by entropy weights written out here: each error is named where it happens."""

import math

import numpy as np
import pandas as pd
import pytest

from evalkit.coupling.audit.audit import audit_coupling
from evalkit.coupling.audit.chain import RawData
from evalkit.errors import DataError, SpecError

DIRECTIONS = {
    "f": {"a": "benefit", "b": "cost", "c": "benefit"},
    "g": {"p": "benefit", "q": "cost", "r": "benefit", "s": "benefit"},
}


def raw_frame(seed, units=6, years=5):
    rng = np.random.default_rng(seed)
    names = [name for items in DIRECTIONS.values() for name in items]
    return pd.DataFrame(
        {
            name: np.exp(rng.normal(2, s, units * years))
            for name, s in zip(names, (0.2, 0.5, 0.9, 0.3, 0.6, 0.8, 0.4), strict=True)
        }
    )


def min_max(column, direction):
    low, high = min(column), max(column)
    return [(v - low) / (high - low) if direction == "benefit" else (high - v) / (high - low) for v in column]


def entropy(z, mode):
    if mode == "no_shares":
        return -sum(v * math.log(v) for v in z if v > 0) / math.log(len(z))
    lift = {"shift": 1e-4, "one": 1.0}.get(mode, 0.0)
    p = [(v + lift) / sum(w + lift for w in z) for v in z]
    return -sum(v * math.log(v) for v in p if v > 0) / math.log(len(z))


def paper(raw, mode="limit", reverse=(), together=False):
    """A paper's table from raw data: weights, systems, C, T and D."""
    turn = {"benefit": "cost", "cost": "benefit"}
    z, weight = {}, {}
    for items in DIRECTIONS.values():
        for name, direction in items.items():
            z[name] = min_max(raw[name], turn[direction] if name in reverse else direction)
            e = entropy(z[name], mode)
            weight[name] = e if mode == "by_entropy" else 1 - e
    whole = sum(weight.values())
    systems = {}
    for system, items in DIRECTIONS.items():
        total = whole if together else sum(weight[name] for name in items)
        for name in items:
            weight[name] /= total
        systems[system] = np.sum([np.array(z[name]) * weight[name] for name in items], axis=0)
    f, g = systems["f"], systems["g"]
    t = f + g if together else (f + g) / 2
    c = 2 * np.sqrt(f * g) / (f + g)
    table = pd.DataFrame(
        {
            "unit": np.repeat(list("ABCDEF"), 5),
            "year": [*range(2016, 2021)] * 6,
            "f": f,
            "g": g,
            "C": c,
            "T": t,
            "D": np.sqrt(c * t),
        }
    )
    return table.round(4), weight, pd.DataFrame(z)


def audited(raw, table, weight=None, normalized=None):
    data = RawData(
        frame=raw,
        systems=DIRECTIONS,
        weights=None if weight is None else {name: round(w, 4) for name, w in weight.items()},
        normalized=None if normalized is None else normalized.round(4),
    )
    return audit_coupling(table, raw=data)


@pytest.mark.parametrize("mode", ["limit", "shift", "one"])
@pytest.mark.parametrize("printed", [True, False])
def test_the_right_chain_is_reproduced(mode, printed):
    raw = raw_frame(1)
    table, weight, z = paper(raw, mode)
    found = audited(raw, table, weight if printed else None, z if printed else None)
    assert found.outcome == "reproduced", found.verdicts["message_en"].tolist()
    if printed:
        assert found.verdicts.loc["W", "hypothesis"] == "entropy|over_all"
    else:
        assert found.verdicts.loc["U", "hypothesis"] == "entropy|over_all|sum"
    zeros = {"one": "p = (1 + Z)", "limit": "0·ln 0 = 0"}
    assert zeros.get(mode, "") in found.verdicts.loc["W" if printed else "U", "message_en"]


@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize(
    ("error", "options"),
    [
        ("by_entropy", {"mode": "by_entropy"}),
        ("no_shares", {"mode": "no_shares"}),
        ("entropy|over_all|together", {"together": True}),
    ],
)
def test_errors_in_the_weights_are_named(error, options, seed):
    raw = raw_frame(seed)
    table, weight, _ = paper(raw, **options)
    assert audited(raw, table, weight).at == "W"
    found = audited(raw, table)
    assert (found.outcome, found.at) == ("error", "U")
    assert error in found.verdicts.loc["U", "hypothesis"]


def test_a_direction_turned_round_is_named():
    raw = raw_frame(4)
    table, weight, z = paper(raw, reverse=("b",))
    found = audited(raw, table, weight, z)
    assert (found.outcome, found.at) == ("error", "Z")
    assert found.verdicts.loc["Z", "message_en"].endswith("direction reversed: b")


def test_systems_that_do_not_follow_from_the_raw_data():
    raw = raw_frame(5)
    table, *_ = paper(raw)
    found = audited(raw_frame(6), table)
    assert (found.outcome, found.at) == ("nothing", "U")
    assert found.verdicts.loc["D", "outcome"] == "reproduced"


def test_raw_data_that_cannot_be_followed():
    raw = raw_frame(7)
    table, *_ = paper(raw)
    with pytest.raises(DataError, match="same number of rows; found 29 and 30"):
        audited(raw.iloc[1:], table)
    with pytest.raises(DataError, match="lack indicators; found a"):
        audited(raw.drop(columns="a"), table)
    with pytest.raises(SpecError, match="are said to be given"):
        RawData(frame=raw, systems=DIRECTIONS, weighting="given")
    with pytest.raises(DataError, match=r"for some indicators only; found none for .*b.*\. To do: add them"):
        audit_coupling(table, raw=RawData(frame=raw, systems=DIRECTIONS, weights={"a": "0.4"}))
    with pytest.raises(SpecError, match=f"the rows of the raw data; found {len(raw) - 1} rows, not {len(raw)}"):
        RawData(frame=raw, systems=DIRECTIONS, normalized=raw[1:])
    with pytest.raises(SpecError, match="the rows of the raw data; found lacking a"):
        RawData(frame=raw, systems=DIRECTIONS, normalized=raw.drop(columns="a"))
    with pytest.raises(SpecError, match="direction of indicator 'a'"):
        RawData(frame=raw, systems={"f": {"a": "up"}, "g": DIRECTIONS["g"]})


def test_systems_are_matched_by_their_names():
    raw = raw_frame(3)
    table, *_ = paper(raw)
    turned = {name: DIRECTIONS[name] for name in reversed(DIRECTIONS)}
    one, two = (audit_coupling(table, raw=RawData(frame=raw, systems=systems)) for systems in (DIRECTIONS, turned))
    pd.testing.assert_frame_equal(one.verdicts, two.verdicts)


def test_systems_of_other_names_are_taken_in_order_and_that_is_said():
    raw = raw_frame(3)
    systems = {"first": DIRECTIONS["f"], "second": DIRECTIONS["g"]}
    found = audit_coupling(paper(raw)[0], raw=RawData(frame=raw, systems=systems))
    assert any("first = " in note.text.en for note in found.notes)


def test_raw_data_of_three_systems_do_not_fit_a_table_of_two():
    raw = raw_frame(3)
    three = {**DIRECTIONS, "h": {"a": "benefit"}}
    with pytest.raises(DataError, match="the same number of systems"):
        audit_coupling(paper(raw)[0], raw=RawData(frame=raw, systems=three))


def test_raw_cells_that_are_no_figures_are_named():
    raw = raw_frame(3).astype(object)
    raw.loc[2, "b"] = "about 5"
    with pytest.raises(DataError, match="b: about 5"):
        RawData(frame=raw, systems=DIRECTIONS)


def test_raw_data_of_32_bits_are_read_as_they_were_made():
    whole = pd.DataFrame({"a": [0.31, 0.5, 0.9], "b": [0.1, 0.7, 0.3]})
    kept = RawData(
        frame=whole.astype("float32"), systems={"f": {"a": "benefit"}, "g": {"b": "cost"}}, normalized=whole.astype("float32")
    )
    pd.testing.assert_frame_equal(kept.frame, whole)
    pd.testing.assert_frame_equal(kept.normalized, whole)
