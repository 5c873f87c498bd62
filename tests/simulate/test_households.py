"""Simulated households: sums that add up, moves within the village, the same bits, figures like those of real panels."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from evalkit.errors import OutputError, SpecError
from evalkit.simulate import (
    Benefits,
    HouseholdSimulation,
    IncomeProcess,
    PlaceModel,
    Program,
    ShockModel,
    SimulatedHouseholds,
)
from evalkit.simulate.chance import ATOM
from evalkit.simulate.columns import TRUTH


def wide(people: SimulatedHouseholds, name: str) -> np.ndarray:
    table = people.frame if name in people.frame else people.truth
    return table[name].to_numpy().reshape(-1, len(people.spec.periods))


def test_shape_and_keys(people, spec):
    assert people.frame.index.names == ["unit", "period"]
    assert people.frame.index.equals(people.truth.index)
    assert people.frame.shape[0] == spec.households * 5
    assert people.frame.index.is_unique
    assert people.homes.index[[0, -1]].tolist() == ["H0000001", "H0040000"]
    assert people.villages.index[[0, -1]].tolist() == ["V00001", "V00800"]
    assert not (set(people.frame) & set(TRUTH))
    assert people.homes["village"].value_counts().sort_index().to_list() == people.villages["households"].to_list()
    assert people.villages["households"].min() >= 1
    assert people.homes["county"].nunique() == 20
    assert "simulated" in people.notes[0].text.en


def test_incomes_add_up_to_a_fen(people):
    f = people.frame
    market = f["wage"] + f["business"] + f["property"]
    transfer = f["pension"] + f["disability"] + f["subsidy"] + f["dibao"]
    assert (transfer - f["transfer"]).abs().max() < 1e-9 * f["income"].max()
    assert (market + f["transfer"] - f["income"]).abs().max() < 1e-9 * f["income"].max()
    assert (f["income"] / f["members"] == f["income_pc"]).all()
    assert ((f["income_pc"] < f["line"]) == f["poor"]).all()
    real = people.truth["market_pc"] * f["members"] * f["price"]
    assert (market - real).abs().max() < 0.0051
    assert (f[["wage", "business", "property", "transfer", "medical", "education", "loss"]] >= 0).all(axis=None)


def test_log_income_is_the_sum_of_its_parts(people):
    """What is left of ln M after lasting, passing, scar and program part does not change but with growth, weather and members."""
    t = people.truth
    rest = (np.log(t["market_pc"]) - t["lasting"] - t["passing"] + t["scar"] - t["program_effect"]).to_numpy().reshape(-1, 5)
    same = np.ones(len(rest), dtype=bool)
    for name in ("members", "workers", "chronic", "disabled"):
        same &= (wide(people, name) == wide(people, name)[:, :1]).all(axis=1)
    village = people.homes["village"].cat.codes.to_numpy()[same]
    steps = pd.DataFrame(np.diff(rest[same], axis=1)).groupby(village)
    assert same.sum() > 5_000
    assert (steps.max() - steps.min()).max(axis=None) < 1e-9


def test_moments_of_the_parts_are_those_asked_for(people):
    process = people.spec.process
    lasting, passing = wide(people, "lasting"), wide(people, "passing")
    assert lasting.std() == pytest.approx(process.lasting_sd, rel=0.02)
    assert passing.std() == pytest.approx(process.passing_sd, rel=0.02)
    assert np.corrcoef(lasting[:, 0], lasting[:, 1])[0, 1] == pytest.approx(process.memory, abs=0.01)
    assert np.corrcoef(lasting[:, 0], lasting[:, 4])[0, 1] == pytest.approx(process.memory**4, abs=0.02)
    assert abs(np.corrcoef(passing[:, 0], passing[:, 1])[0, 1]) < 0.02


def test_scars_follow_hits(people):
    scar = wide(people, "scar")
    hit = np.stack([wide(people, name) for name in ("illness", "accident", "disaster", "job_loss")])
    shocks = people.spec.shocks
    wanted = shocks.lasting * scar[:, :-1] + np.tensordot(shocks.effects, hit[:, :, 1:], axes=1)
    assert np.abs(scar[:, 1:] - wanted).max() < 1e-12


def test_it_looks_like_real_panels(people):
    """Loose bounds around what the household pairs of Argentina show: see the reference figures of the risk chapter."""
    poor, members = wide(people, "poor"), wide(people, "members")
    now, later, weight = poor[:, :-1], poor[:, 1:], members[:, :-1]
    assert 0.07 < np.average(later[~now], weights=weight[~now]) < 0.13
    assert 0.50 < np.average(later[now], weights=weight[now]) < 0.65
    left = poor[:, :-2] & ~poor[:, 1:-1]
    assert 0.25 < poor[:, 2:][left].mean() < 0.40
    never = ~poor[:, :3].any(axis=1)
    assert 0.05 < poor[never, 3].mean() < 0.10
    change = np.diff(np.log(wide(people, "income_pc") / wide(people, "price")), axis=1)
    assert 0.4 < change.std() < 0.7
    assert 0.19 < (change < np.log(0.7)).mean() < 0.26
    assert 0.13 < poor.mean() < 0.25
    assert 0.10 < people.homes["formerly_poor"].mean() < 0.35
    assert 3.0 < members.mean() < 4.2
    shares = people.frame[["illness", "accident", "disaster", "job_loss"]].mean()
    assert shares.between(0.01, 0.12).all()


def test_true_risk_among_those_not_poor_is_as_sharp_as_real_models(people):
    from evalkit.simulate import expected_auc

    risk, poor = wide(people, "true_risk")[:, :-1], wide(people, "poor")[:, :-1]
    assert 0.80 < expected_auc(risk[~poor]) < 0.87


def test_dibao_goes_mostly_to_the_poor_and_what_is_granted_is_paid(people):
    granted, paid = wide(people, "granted"), wide(people, "dibao")
    assert (granted[:, :-1] == (paid[:, 1:] > 0)).all()
    market = people.truth["market_pc"].to_numpy().reshape(-1, 5)
    line = people.spec.line
    assert granted[market < 0.3 * line].mean() > 0.6
    assert granted[market > 2 * line].mean() < 0.02


def test_program_reaches_need_with_error_and_adds_what_it_should(people):
    homes, program = people.homes, people.spec.program
    came = homes["need"].notna()
    enrolled = homes["program_start"] > 0
    assert enrolled[came & (homes["need"] > 0)].mean() == pytest.approx(program.reach, abs=0.02)
    assert enrolled[came & (homes["need"] <= 0)].mean() == pytest.approx(program.slip, abs=0.01)
    assert not enrolled[~came].any()
    treated, effect = wide(people, "treated"), wide(people, "program_effect")
    assert (effect == program.effect * treated).all()
    start = homes["program_start"].to_numpy()
    years = np.array(people.spec.periods)
    assert (treated == ((start > 0)[:, None] & (years >= start[:, None]))).all()
    assert (wide(people, "enrolled")[:, :-1] == treated[:, 1:]).all()


def test_the_program_changes_only_what_it_changes(spec):
    """With the same seed and another effect, log market income of the first treated year differs by it and by nothing else."""
    small = replace(spec, households=3_000, villages=60, counties=6)
    with_it = small.draw()
    without = replace(small, program=Program(effect=0.0)).draw()
    first = people_year(with_it, 2021)
    other = people_year(without, 2021)
    gap = np.log(first["market_pc"]) - np.log(other["market_pc"])
    treated = with_it.frame["treated"].xs(2021, level="period")
    assert treated.any()
    assert (gap - 0.12 * treated).abs().max() < 1e-12


def people_year(people: SimulatedHouseholds, year: int) -> pd.DataFrame:
    return people.truth.xs(year, level="period")


def test_differences_in_differences_recover_the_effect():
    """Counties start at random: log market income, one village and year at a time, gives back effect × share treated."""
    program = Program(effect=0.3, reach=1.0, slip=1.0, never=0.5)
    drawn = HouseholdSimulation(households=60_000, villages=600, counties=200, periods=(2020, 2021), program=program).draw()
    change = np.log(wide(drawn, "market_pc")[:, 1]) - np.log(wide(drawn, "market_pc")[:, 0])
    county = drawn.homes["county"].cat.codes.to_numpy()
    mean = np.bincount(county, change) / np.bincount(county)
    treated = np.bincount(county, wide(drawn, "treated")[:, 1]) > 0
    assert treated.sum() == 100
    gap = mean[treated].mean() - mean[~treated].mean()
    error = np.sqrt(mean[treated].var(ddof=1) / 100 + mean[~treated].var(ddof=1) / 100)
    assert abs(gap - 0.3) < 3 * error
    assert error < 0.02


@pytest.mark.parametrize("threads", [2, 3])
def test_same_bits_whatever_the_threads(threads):
    spec = HouseholdSimulation(households=3 * ATOM + 100, villages=50, counties=3, periods=(2020, 2021))
    a, b = spec.draw(threads=1), spec.draw(threads=threads)
    pd.testing.assert_frame_equal(a.frame, b.frame, check_exact=True)
    pd.testing.assert_frame_equal(a.truth, b.truth, check_exact=True)
    pd.testing.assert_frame_equal(a.homes, b.homes, check_exact=True)


def test_nothing_is_missing_and_another_seed_is_another_population():
    a = HouseholdSimulation(households=500, villages=5, counties=1, periods=(2020, 2021)).draw()
    assert not a.frame.isna().any(axis=None)
    b = HouseholdSimulation(households=500, villages=5, counties=1, periods=(2020, 2021), seed=7).draw()
    assert not np.array_equal(a.frame["income"], b.frame["income"])


@pytest.mark.parametrize("block", [1, 10**9])
def test_streamed_rows_are_those_drawn(tmp_path, block):
    import duckdb

    spec = HouseholdSimulation(households=2 * ATOM + 500, villages=40, counties=4, periods=(2020, 2021))
    drawn, streamed = spec.draw(), spec.stream(tmp_path / "out", block=block)
    assert streamed.rows == {"homes": len(drawn.homes), "years": len(drawn.frame), "truth": len(drawn.frame), "villages": 40}
    assert len(streamed.files["years"]) == {1: 3, 10**9: 1}[block]
    for name, wanted in {"years": drawn.frame, "truth": drawn.truth, "homes": drawn.homes}.items():
        files = [str(path) for path in streamed.files[name]]
        read = duckdb.read_parquet(files).df()
        keys = [key for key in ("unit", "period") if key in read]
        read = read.set_index(keys)
        assert read.index.tolist() == wanted.index.tolist()
        for column in wanted:
            want = wanted[column].astype(object) if wanted[column].dtype == "category" else wanted[column]
            assert np.array_equal(read[column].to_numpy(), want.to_numpy(), equal_nan=column == "need"), column
    assert not list(tmp_path.rglob("*.partial"))


def test_streaming_writes_nothing_over(tmp_path):
    (tmp_path / "kept.txt").write_text("kept")
    spec = HouseholdSimulation(households=100, villages=2, counties=1)
    with pytest.raises(OutputError, match="not an empty folder"):
        spec.stream(tmp_path)
    with pytest.raises(SpecError, match="folder"):
        spec.stream(None)
    with pytest.raises(OutputError, match="cannot be made"):
        spec.stream(tmp_path / "kept.txt" / "x")
    with pytest.raises(SpecError, match="block"):
        spec.stream(tmp_path / "new", block=0)


def test_one_household_one_year():
    one = HouseholdSimulation(households=1, villages=1, counties=1, periods=[2024]).draw()
    assert one.frame.shape[0] == 1
    assert one.frame["members"].iloc[0] >= 1
    assert one.homes["program_start"].tolist() == [0]


def test_people_move_within_villages_and_none_is_lost(people):
    members = wide(people, "members").sum(axis=0)
    assert len(set(members.tolist())) == 1, "who leaves a home joins another"
    assert (np.diff(wide(people, "members"), axis=1) != 0).any()
    village = people.homes["village"].cat.codes.to_numpy()
    change = np.diff(wide(people, "members").astype(int), axis=1)
    assert (pd.DataFrame(change).groupby(village).sum() == 0).all(axis=None)


@pytest.mark.parametrize(
    "wrong",
    [
        {"households": 0}, {"households": 1.5}, {"households": True}, {"villages": 20_000}, {"counties": 101},
        {"periods": ()}, {"periods": (2020, 2022)}, {"periods": "2020"}, {"periods": [2020.0]}, {"periods": None},
        {"line": 0}, {"line": float("nan")}, {"line": "6000"}, {"line_growth": 3}, {"registered": float("inf")}, {"seed": -1},
        {"process": 1}, {"shocks": "none"}, {"program": None}, {"benefits": {}}, {"place_model": PlaceModel},
    ],
)  # fmt: skip
def test_senseless_specs_are_refused(wrong):
    with pytest.raises(SpecError):
        HouseholdSimulation(**wrong)


@pytest.mark.parametrize(
    ("kind", "wrong"),
    [
        (IncomeProcess, {"memory": 1.1}), (IncomeProcess, {"level": "much"}), (IncomeProcess, {"passing_sd": -1}),
        (ShockModel, {"lasting": 1}), (ShockModel, {"effects": (0.1, 0.2)}), (ShockModel, {"effects": 0.1}),
        (ShockModel, {"effects": (0.1, 0.2, 0.3, float("nan"))}), (ShockModel, {"exposure": 2}), (Benefits, {"reach": -0.1}),
        (Benefits, {"pension": None}), (Program, {"bound": 0}), (Program, {"never": 2}), (PlaceModel, {"disaster": 0.9}),
        (PlaceModel, {"village_sd": float("inf")}),
    ],
)  # fmt: skip
def test_senseless_parts_are_refused(kind, wrong):
    with pytest.raises(SpecError, match=kind.__name__):
        kind(**wrong)


def test_bad_threads_are_refused(spec):
    with pytest.raises(SpecError, match="threads"):
        spec.draw(threads=0)


def test_a_million_household_years_take_seconds():
    """About 2 s of one processor on a quiet machine; a busy one may take twice as long."""
    start = time.process_time()
    HouseholdSimulation(households=200_000, villages=1_000, counties=10).draw(threads=1)
    assert time.process_time() - start < 5.0


def test_a_part_that_cannot_be_written_leaves_nothing_half_done(tmp_path):
    from evalkit.simulate.stream import Writer

    writer = Writer(tmp_path / "out", HouseholdSimulation(households=10, villages=1, counties=1), None)
    with pytest.raises(OutputError, match="cannot be written"):
        writer.write("homes", {"unit": np.arange(3), 'no "column"': np.arange(3)})
    assert not [path for path in tmp_path.rglob("*") if path.is_file()]
    assert writer.rows == {}
