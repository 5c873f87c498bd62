"""Figures stored with 24 bits: computed in double precision, and said so."""

from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest

import evalkit as ek
from evalkit.panel.panel import Panel
from evalkit.panel.read import read_panel


def table():
    rng = np.random.default_rng(0)
    key = pd.MultiIndex.from_product([[f"{110000 + i}" for i in range(300)], range(2018, 2021)], names=["code", "year"])
    even = 1e4 * (1 + 0.005 * rng.normal(size=len(key)))
    figures = {"income": even, "share": rng.random(len(key)), "people": rng.integers(1, 9999, len(key))}
    return pd.DataFrame(figures, key).reset_index().astype(dict.fromkeys(("income", "share", "people"), np.float32))


def written(folder: Path, kind: str) -> Path:
    frame, path = table(), folder / f"panel.{kind}"
    if kind == "dta":
        frame.to_stata(path, write_index=False, version=118)
        return path
    with duckdb.connect() as engine:
        engine.register("frame", frame.astype({"code": object}))
        engine.execute(f"COPY frame TO '{path}'")
    return path


@pytest.mark.parametrize("kind", ["parquet", "dta"])
def test_files_say_it_and_are_read_in_double(tmp_path, kind):
    """Whole numbers lose nothing and are not named."""
    panel = read_panel(written(tmp_path, kind), unit="code", period="year")
    assert set(panel.frame.dtypes) == {np.dtype(np.float64)}
    said = [note for note in panel.notes if "single precision" in note.text.en]
    assert [note.kind for note in said] == ["caution"]
    assert "income, share" in said[0].text.en
    assert "people" not in said[0].text.en
    assert "单精度" in said[0].text.zh


def test_frames_say_it_too():
    panel = Panel.from_frame(table(), unit="code", period="year")
    assert any("single precision" in note.text.en for note in panel.notes)
    assert not Panel.from_frame(table().astype({"income": float, "share": float}), unit="code", period="year").notes


def test_weights_are_computed_in_double():
    """Of nearly equal figures entropy weights in single precision are noise: they are those of the same figures in double."""
    frame = table().drop(columns="people")
    raw = frame.set_index(["code", "year"]).rename_axis(["unit", "period"])
    items = tuple(ek.Indicator(id=name, name=ek.Text(name, name)) for name in ("income", "share"))
    dimension = ek.Dimension(id="d", name=ek.Text("", ""), indicators=items)
    system = ek.IndicatorSystem(id="s", name=ek.Text("", ""), dimensions=(dimension,))
    for weigh in (ek.Entropy(), ek.Critic(), ek.RawEntropy(), ek.CoefficientOfVariation(on="raw")):
        index = ek.CompositeIndex(system=system, weigh=weigh)
        single, double = (index.fit(Panel(frame=one)).weights for one in (raw, raw.astype(float)))
        np.testing.assert_array_equal(single, double)
        assert np.asarray(single).dtype == np.float64
