"""One hash of the results: three runs under one, two and four threads; what rounding lets pass, and what it does not."""

import os
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from few_counties import declared
from threadpoolctl import threadpool_limits

import evalkit as ek
from evalkit.monitor.engine.base import DTYPES
from evalkit.study.fingerprint import results_hash, tables_of
from evalkit.study.run import Study

STUDY = declared(
    """[weigh]
method = "critic"
[uncertainty]
draws = 100
[robustness]
weights = ["equal"]
normalize = []
aggregate = []
draws = 50
samples = 16
[forecast]
horizon = 2
""",
    reference="reference = [2016, 2020]",
    gap=3,
    last="",
)


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """Twenty counties in nine years."""
    folder = tmp_path_factory.mktemp("few")
    rows = pd.read_csv(ek.datasets.folder() / "counties.csv", comment="#", dtype={"county": str})
    kept = rows["county"].isin(rows["county"].unique()[::6]) & (rows["year"] >= 2016)
    rows[kept].drop(columns=["name", "name_en", "province_en"]).to_csv(folder / "panel.csv", index=False)
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    return folder / "study.toml"


@pytest.fixture(scope="module")
def found(study):
    return Study.read(study).run()


def test_threads_change_no_result(study, monkeypatch):
    hashes = set[str]()
    for threads in (1, 2, 4):
        monkeypatch.setattr(os, "cpu_count", lambda n=threads: n)
        with threadpool_limits(threads):
            hashes |= {results_hash(Study.read(study).run()) for _ in range(3)}
    assert len(hashes) == 1


def test_the_hash_sees_ten_digits_and_no_more(found):
    told = results_hash(found)
    frame = found.bond.frame

    def moved(by):
        changed = replace(found.bond, frame=frame.assign(D=np.round(frame["D"], 9) + by))
        return results_hash(replace(found, bond=changed))

    assert moved(1e-13) == moved(-1e-13) == moved(0.0)
    assert len({moved(1e-9), moved(0.0), told}) == 3
    assert told == results_hash(replace(found, versions={"numpy": "0"}, title=ek.Text("别的", "another")))


def test_every_answer_is_in_it(found):
    names = [name for name, _ in tables_of(found)]
    for part in ("bond/frame", "obstacles/", "movement/change", "forecast/frame", "quality/", "doubts/", "firmness/", "groups/"):
        assert any(part in name for name in names), part
    assert len(names) == len(set(names))
    assert not any("/panel/" in name or "/spec/" in name for name in names)


def test_the_monitor_adds_up_whole_numbers_only():
    """Sums of floats by several threads of DuckDB differ from run to run: no table of the engine has a floating column."""
    assert set(DTYPES) == {"integer", "date", "word", "flag"}
