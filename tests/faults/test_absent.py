"""A library of an extra that is not installed is the machine's fault: exit code 4, what to install, and nothing written."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

import evalkit as ek

from .conftest import FIT, MONTH, ROOT, SECRET, copied, digests

AHEAD = """[forecast]
methods = [{ method = "smoothing", trend = "none" }]
origins = 1
horizon = 1
[report]
formats = ["xlsx"]
chapters = ["forecast", """
CARD = ("risk", "card", "model/model.skops", "--out", "card.html")
ASSESS = ("assess", "study.toml", "--out", "a", "--lang", "en")
ABSENT = """
import sys
sys.modules.update(dict.fromkeys(sys.argv.pop(1).split(",")))  # None there: an import of it finds nothing
from evalkit.cli import main
main()
"""


def without(absent: str, *words: str, cwd: Path) -> subprocess.CompletedProcess:
    """A command where some libraries, named by commas, are not installed."""
    env = {**os.environ, "PYTHONPATH": str(ROOT), "EVALKIT_RISK_KEY": SECRET, "EVALKIT_MONITOR_KEY": SECRET}
    command = [sys.executable, "-c", ABSENT, absent, *words]
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, check=False, timeout=300)


def refused(done: subprocess.CompletedProcess, what: str, extra: str) -> None:
    """It ended for want of a library, said so in one line, and named the extra."""
    assert done.returncode == 4, done.stderr
    assert f'{what}. To do: run: pip install "evalkit[{extra}]"' in done.stderr
    assert done.stderr.startswith(("error MachineError: ", "error OutputError: "))
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    ("absent", "words", "old", "new", "what", "extra"),
    [
        pytest.param(
            "sklearn",
            ASSESS,
            'method = "interpolate", max_gap = 5',
            'method = "neighbors"',
            "Neighbors needs scikit-learn, which is not installed",
            "learn",
            id="learn",
        ),
        pytest.param(
            "statsmodels",
            ASSESS,
            '[report]\nformats = ["xlsx", "html"]\nchapters = ["coupling", ',
            AHEAD,
            "Smoothing needs statsmodels, which is not installed",
            "forecast",
            id="forecast",
        ),
        pytest.param(
            "typst",
            ASSESS,
            'formats = ["xlsx", "html"]',
            'formats = ["html", "pdf"]',
            "a PDF is typeset by typst, which is not installed",
            "pdf",
            id="pdf",
        ),
    ],
)
def test_a_study_that_needs_an_extra(study, tmp_path, absent, words, old, new, what, extra):
    folder = copied(study, tmp_path / "study")
    told = (folder / "study.toml").read_text(encoding="utf-8")
    assert old in told
    (folder / "study.toml").write_text(told.replace(old, new), encoding="utf-8")
    before = digests(folder)
    refused(without(absent, *words, cwd=folder), what, extra)
    assert digests(folder) == before


def test_a_study_that_needs_no_extra_runs_without_any(study, tmp_path):
    folder = copied(study, tmp_path / "study")
    every = "sklearn,skops,lightgbm,interpret,statsmodels,typst,pyspark,pyarrow,adbc_driver_postgresql,ipywidgets"
    done = without(every, *ASSESS, cwd=folder)
    assert done.returncode == 0, done.stderr
    assert (folder / "a" / "report.xlsx").is_file()


@pytest.mark.parametrize(
    ("absent", "rung", "what"),
    [
        ("sklearn", "logistic", "a library that is needed is not installed; found sklearn"),
        ("interpret", "explainable", "ExplainableBoosting needs interpret-core, which is not installed"),
    ],
)
def test_a_risk_study(risk, tmp_path, absent, rung, what):
    folder = copied(risk, tmp_path / "risk")
    told = (folder / "risk.toml").read_text(encoding="utf-8")
    (folder / "risk.toml").write_text(told.replace('"logistic"', f'"{rung}"'), encoding="utf-8")
    before = digests(folder)
    refused(without(absent, *FIT, cwd=folder), what, "risk")
    assert digests(folder) == before


def test_a_model_file(fitted, tmp_path):
    folder = copied(fitted, tmp_path / "fitted")
    before = digests(folder)
    refused(without("skops", *CARD, cwd=folder), "a library that is needed is not installed; found skops", "risk")
    assert digests(folder) == before


@pytest.mark.parametrize("absent", ["pyspark", "pyarrow"])
def test_a_monitor_on_spark(county, tmp_path, absent):
    folder = copied(county, tmp_path / "county")
    file = folder / "work" / "monitor.toml"
    told = file.read_text(encoding="utf-8")
    file.write_text(told.partition("[engine]")[0] + '[engine]\nkind = "spark"\n', encoding="utf-8")
    refused(without(absent, *MONTH, cwd=folder), "Spark is not installed", "spark")
    assert not (folder / "out").exists()


def test_boosting_by_lightgbm(monkeypatch):
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    rows = [[float(n), float(n % 7)] for n in range(80)]
    with pytest.raises(ek.MachineError, match=r'LightGBM is not installed.*pip install "evalkit\[risk\]", or ask engine=.auto'):
        ek.BoostedTrees(engine="lightgbm").fit(rows, [n % 2 for n in range(80)])
    assert ek.BoostedTrees(engine="auto", trees=2).fit(rows, [n % 2 for n in range(80)]).engine_ == "sklearn"


@pytest.mark.parametrize("absent", ["adbc_driver_postgresql", "pyarrow"])
def test_a_table_of_postgresql(absent, monkeypatch):
    from evalkit.monitor.engine.postgres import PostgresTable

    monkeypatch.setitem(sys.modules, absent, None)
    monkeypatch.setitem(sys.modules, "adbc_driver_postgresql.dbapi", None) if absent.startswith("adbc") else None
    monkeypatch.setenv("WELFARE_DB", "postgresql://nowhere.invalid/x")
    with pytest.raises(ek.MachineError, match=r'the driver of PostgreSQL is not installed.*pip install "evalkit\[postgres\]"'):
        next(PostgresTable(address_in="WELFARE_DB", table="a.b", columns=("c",)).batches())


def test_chinese_without_a_font(monkeypatch):
    from evalkit.report import fonts

    fonts.chinese_family.cache_clear()
    monkeypatch.setitem(sys.modules, "pylopdf_fonts_zh_cn", None)
    monkeypatch.setattr(fonts.font_manager.fontManager, "ttflist", [])
    try:
        with pytest.raises(ek.MachineError, match=r'no font on this machine has Chinese glyphs.*pip install "evalkit\[fonts\]"'):
            fonts.need_chinese()
    finally:
        fonts.chinese_family.cache_clear()
