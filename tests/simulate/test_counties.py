"""The simulated panel: shape, gaps, ranges, the same bytes everywhere, and a truth that can be recovered."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from evalkit import datasets
from evalkit.errors import SpecError
from evalkit.panel.system import Direction, IndicatorSystem
from evalkit.simulate import LEVELS, CountyPanel, SimulatedPanel, level_of, main, progress

SYSTEMS = datasets.systems()
DRAWN = CountyPanel().draw(SYSTEMS)


def oriented(frame: pd.DataFrame, system: IndicatorSystem) -> pd.DataFrame:
    signs = [-1.0 if indicator.direction is Direction.COST else 1.0 for indicator in system.indicators]
    return frame[list(system.columns)] * signs


def spearman(a: pd.Series, b: pd.Series) -> float:
    return float(np.corrcoef(a.rank(), b.rank())[0, 1])


def test_shape():
    frame = DRAWN.panel.frame
    assert frame.shape == (120 * 13, 36)
    assert DRAWN.panel.periods == tuple(range(2012, 2025))
    assert DRAWN.panel.units[0] == "010101"
    assert DRAWN.panel.groups["province"].value_counts().tolist() == [20] * 6
    assert DRAWN.truth.index.equals(frame.index)
    assert DRAWN.panel.weights is not None
    assert DRAWN.panel.weights.between(50_000, 1_500_000).all()


def test_it_is_called_simulated_everywhere():
    assert "simulated" in DRAWN.panel.source.en
    assert "模拟" in DRAWN.panel.source.zh
    assert all("Simulated" in DRAWN.panel.name(unit).en and "模拟" in DRAWN.panel.name(unit).zh for unit in DRAWN.panel.units)


def test_gaps_are_few_and_short():
    missing = DRAWN.panel.frame.isna()
    assert 0.012 < missing.to_numpy().mean() < 0.018
    assert not missing.all(axis=1).any(), "no county-year is missing whole"
    runs = missing.groupby(level="unit").sum()
    assert runs.to_numpy().max() == 2, "a series misses at most two years, in one run"
    ends = missing.loc[missing.index.isin([2012, 2024], level="period")]
    assert 0 < ends.to_numpy().sum() < 0.15 * missing.to_numpy().sum()
    assert DRAWN.complete.frame.notna().all(axis=None)


def test_values_are_plausible_and_vary():
    for system in SYSTEMS.values():
        for indicator in system.every:
            low, high = indicator.plausible
            values = DRAWN.complete.frame[indicator.id]
            assert values.between(low, high).all(), indicator.id
            assert values.nunique() > 20, indicator.id


def test_every_core_indicator_has_its_own_level():
    core = {column for system in SYSTEMS.values() for column in system.columns}
    assert set(LEVELS) == core
    for system in SYSTEMS.values():
        for indicator in system.indicators:
            level = level_of(indicator)
            assert level == LEVELS[indicator.id]
            assert (level.best < level.worst) == (indicator.direction is Direction.COST), indicator.id


@pytest.mark.parametrize("first", [2012, 2016])
def test_few_later_cells_lie_beyond_bounds_learnt_before_2021(first: int):
    frame = DRAWN.panel.frame
    before = frame[frame.index.isin(range(first, 2021), level="period")]
    after = frame[frame.index.isin(range(2021, 2025), level="period")]
    beyond = (after < before.min()) | (after > before.max())
    assert beyond.to_numpy().mean() < 0.05


def test_progress_is_fast_until_2020_and_slower_after():
    mean = DRAWN.truth.groupby(level="period").mean()
    assert (mean.diff().dropna() > 0).all(axis=None)
    assert ((mean.loc[2020] - mean.loc[2016]) > 2 * (mean.loc[2024] - mean.loc[2020])).all()
    assert progress(np.array([2024.0])) < 1.2


def test_some_counties_lead_with_each_system():
    last = DRAWN.truth.xs(2024, level="period")
    lead = (last["consolidation"] > last["revitalization"]).mean()
    assert 0.25 < lead < 0.75


@pytest.mark.parametrize("name", SYSTEMS)
def test_truth_is_recovered_by_a_simple_mean_of_z_scores(name: str):
    system = SYSTEMS[name]
    columns = oriented(DRAWN.panel.frame, system)
    score = ((columns - columns.mean()) / columns.std()).mean(axis=1)
    assert spearman(score, DRAWN.truth[name]) > 0.97
    for year in DRAWN.panel.periods:
        assert spearman(score.xs(year, level="period"), DRAWN.truth[name].xs(year, level="period")) > 0.95


@pytest.mark.parametrize("name", SYSTEMS)
def test_without_noise_indicators_are_monotone_in_the_truth(name: str):
    drawn = CountyPanel(noise=0.0, gaps=0.0).draw(SYSTEMS)
    order = drawn.truth[name].sort_values().index
    steps = oriented(drawn.panel.frame, SYSTEMS[name]).loc[order].diff().dropna()
    assert (steps >= 0).all(axis=None)


def test_gaps_none():
    assert CountyPanel(gaps=0.0).draw(SYSTEMS).panel.frame.notna().all(axis=None)


def test_streams_are_independent_of_what_else_is_drawn():
    alone = CountyPanel().draw([SYSTEMS["consolidation"]])
    columns = list(SYSTEMS["consolidation"].columns)
    pd.testing.assert_frame_equal(alone.panel.frame, DRAWN.panel.frame[columns])


def test_another_seed_is_another_panel():
    def values(drawn: SimulatedPanel) -> np.ndarray:
        return drawn.complete.frame.to_numpy()

    assert np.array_equal(values(CountyPanel().draw(SYSTEMS)), values(DRAWN))
    assert not np.array_equal(values(CountyPanel(seed=7).draw(SYSTEMS)), values(DRAWN))


def test_any_system_can_be_drawn():
    whole = datasets.systems(core=False)
    drawn = CountyPanel(provinces=2, counties_per_province=4, periods=(2018, 2019)).draw(whole)
    assert drawn.panel.frame.shape == (16, 64)
    for system in whole.values():
        for indicator in system.every:
            assert drawn.complete.frame[indicator.id].between(*indicator.plausible).all(), indicator.id


@pytest.mark.parametrize("wrong", [{"provinces": 0}, {"counties_per_province": 100}, {"periods": ()}, {"noise": -1}, {"gaps": 1}])
def test_senseless_specs_are_refused(wrong: dict[str, object]):
    with pytest.raises(SpecError):
        CountyPanel(**wrong)


def test_the_shipped_file_is_made_again_byte_by_byte(tmp_path: Path):
    (tmp_path / "systems").mkdir()
    for name in SYSTEMS:
        made = datasets.folder() / "systems" / f"{name}.toml"
        (tmp_path / "systems" / made.name).write_bytes(made.read_bytes())
    main([str(tmp_path / "counties.csv")])
    assert (tmp_path / "counties.csv").read_bytes() == (datasets.folder() / "counties.csv").read_bytes()


def test_the_script_wants_one_path():
    with pytest.raises(SpecError, match="path"):
        main([])
