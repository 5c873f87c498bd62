"""Figures in the byte order of other machines give what those of this one give: pandas can neither group nor reorder them."""

import numpy as np
import pandas as pd
import pytest

import evalkit as ek
from evalkit.risk.drift.drift import Drift
from evalkit.stats.arrays import all_native

KEY = pd.MultiIndex.from_product([["a", "b", "c"], [2019, 2020, 2021]], names=["unit", "period"])
KEPT, RISE = (pd.Series(np.random.default_rng(at).uniform(0.2, 0.9, len(KEY)), KEY) for at in (1, 2))


def foreign(column: pd.Series) -> pd.Series:
    """A column of numbers in the other byte order."""
    values = column.to_numpy()
    return pd.Series(values.astype(values.dtype.newbyteorder(">" if np.little_endian else "<")), column.index, name=column.name)


def homes(rows: int = 120) -> pd.DataFrame:
    rng = np.random.default_rng(3)
    columns = {"home": np.repeat(np.arange(rows // 3), 3), "year": np.tile([2019, 2020, 2021], rows // 3)}
    columns |= {"poor": rng.integers(0, 2, rows), "village": np.repeat(np.arange(10), rows // 10)}
    return pd.DataFrame({**columns, "risk": rng.random(rows), "income": rng.random(rows) + 0.5})


def abroad(frame: pd.DataFrame) -> pd.DataFrame:
    return pd.DataFrame({name: foreign(column) for name, column in frame.items()})


@pytest.mark.parametrize("spec", [ek.CouplingCoordination(), ek.Speeds(), ek.Decoupling()], ids=lambda spec: type(spec).__name__)
def test_systems_in_another_order_of_rows(spec):
    plain, found = spec.measure(kept=KEPT, rise=RISE), spec.measure(kept=foreign(KEPT), rise=foreign(RISE)[::-1])
    pd.testing.assert_frame_equal(found.frame, plain.frame)


def test_groups_of_places():
    group = pd.DataFrame({"part": [1, 1, 2]}, index=pd.Index(["a", "b", "c"], name="unit"))
    plain, found = (ek.GroupDifferences(over="part").measure(*of) for of in ((KEPT, group), (foreign(KEPT), abroad(group))))
    pd.testing.assert_frame_equal(found.frame, plain.frame)


@pytest.mark.parametrize("over", [None, "village"])
def test_homes_by_group_and_design(over):
    design = ek.SurveyDesign(strata="year", clusters="village")
    spec = ek.PovertyIndices(income="income", line=0.8, design=design)
    plain, found = (spec.measure(frame, over=over) for frame in (homes(), abroad(homes())))
    pd.testing.assert_frame_equal(found.frame, plain.frame)


def test_pairs_of_waves():
    plain, found = (ek.paired(frame, unit="home", period="year", state="poor") for frame in (homes(), abroad(homes())))
    pd.testing.assert_frame_equal(found, plain, check_dtype=False)


def test_drift():
    spec = Drift(risk="risk", outcome="poor", period="year", features=("income", "village"))
    plain, found = (spec.measure(frame) for frame in (homes(), abroad(homes())))
    pd.testing.assert_frame_equal(found.frame, plain.frame)


def test_panels_with_groups_weights_and_codes_of_numbers():
    rows = homes().assign(name=1)
    roles = {"unit": "home", "period": "year", "groups": ["village"], "weight": "income", "name": "name"}
    plain, found = (ek.Panel.from_frame(frame, **roles) for frame in (rows, abroad(rows)))
    for part in ("frame", "groups"):
        pd.testing.assert_frame_equal(getattr(found, part), getattr(plain, part))
    pd.testing.assert_series_equal(found.weights, plain.weights)


def test_frames_in_the_order_of_this_machine_stay_as_they_are():
    frame = homes()
    assert all_native(frame) is frame
    twice = pd.concat([abroad(frame), frame], axis=1)
    assert all(kind.isnative for kind in all_native(twice).dtypes)
