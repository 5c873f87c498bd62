"""Refusals that no file of the corpus meets: what is asked of the doors and the specs directly."""

import gzip
import io
import zipfile
from pathlib import Path

import openpyxl
import pytest

import evalkit as ek
from evalkit.errors import DataError, SpecError
from evalkit.panel import read
from evalkit.panel.form import read_system
from evalkit.panel.formats.plain import parquet_columns
from evalkit.panel.read import read_table
from evalkit.panel.read_judgements import read_judgements
from evalkit.terms import Text

WATER = ek.Indicator(id="water", name=Text("自来水", "water"))
SAFE = ek.Dimension(id="safe", name=Text("饮水", "water"), indicators=(WATER,))


def book(path: Path, **parts: bytes | None) -> Path:
    """A workbook with some members replaced, or left out where None."""
    made = io.BytesIO()
    openpyxl.Workbook().save(made)
    with zipfile.ZipFile(made) as held, zipfile.ZipFile(path, "w") as out:
        for name in held.namelist():
            data = parts.get(Path(name).stem, held.read(name))
            if data is not None:
                out.writestr(name, data)
    return path


class TestFiles:
    def test_only_spreadsheets_have_sheets(self, tmp_path):
        (tmp_path / "p.csv").write_text("a,b\nx,1\n")
        with pytest.raises(DataError, match="only spreadsheets have sheets"):
            read_table(tmp_path / "p.csv", sheet="2020")

    def test_what_unpacks_to_too_much(self, tmp_path, monkeypatch):
        monkeypatch.setattr(read, "MOST_BYTES", 100)
        (tmp_path / "p.csv.gz").write_bytes(gzip.compress(b"a,b\n" * 100))
        with pytest.raises(DataError, match="more than is safe to read"):
            read_table(tmp_path / "p.csv.gz")

    def test_a_workbook_without_a_worksheet(self, tmp_path):
        with pytest.raises(DataError, match=r"no worksheet|damaged"):
            read_table(book(tmp_path / "p.xlsx", workbook=None))

    def test_parquet_that_is_none(self, tmp_path):
        (tmp_path / "p.parquet").write_bytes(b"PAR1")
        with pytest.raises(DataError, match="not a readable Parquet file"):
            parquet_columns(tmp_path / "p.parquet")

    def test_judgements_in_a_damaged_workbook(self, tmp_path):
        system = ek.systems("consolidation")["consolidation"]
        with pytest.raises(DataError, match="damaged, or is none"):
            read_judgements(book(tmp_path / "e.xlsx", workbook=b"<x"), system=system)

    def test_judgements_given_twice(self, tmp_path):
        system = ek.systems("consolidation")["consolidation"]
        items = [one.id for one in system.dimensions]
        upper = [1] * (len(items) * (len(items) - 1) // 2)
        tables = "".join(f"[judgements.{name}]\nitems = {items}\nupper = {upper}\n" for name in ("dimensions", '"维度"'))
        (tmp_path / "e.toml").write_text(tables, encoding="utf-8")
        with pytest.raises(DataError, match="judged twice"):
            read_judgements(tmp_path / "e.toml", system=system)


class TestDeclarations:
    @pytest.mark.parametrize(
        ("text", "what"),
        [
            ("x = " + "[" * 5000, "not valid TOML"),
            ("x = " + "9" * 5000, "not valid TOML"),
            ("#" * (2**22 + 1), "too large for a declaration"),
            ('id = "s"\nname = "s"\n', "no dimension"),
            ('id = "s"\nname = "s"\nsections = [["roads"]]\n', "sections names 'roads'"),
        ],
    )
    def test_a_system_that_cannot_be_read(self, tmp_path, text, what):
        (tmp_path / "s.toml").write_text(text, encoding="utf-8")
        with pytest.raises(SpecError, match=what):
            read_system(tmp_path / "s.toml")

    def test_a_folder_for_a_system(self, tmp_path):
        (tmp_path / "s.toml").mkdir()
        with pytest.raises(DataError, match="no file"):
            read_system(tmp_path / "s.toml")

    @pytest.mark.parametrize(
        ("changes", "what"),
        [
            ({"plausible": (5.0, 5.0)}, "empty plausible range"),
            ({"direction": ek.Direction.MODERATE}, "has no ideal"),
            ({"direction": ek.Direction.MODERATE, "ideal": (5.0, 1.0)}, "empty ideal range"),
            ({"weight": -1.0}, "negative weight"),
        ],
    )
    def test_an_indicator(self, changes, what):
        with pytest.raises(SpecError, match=what):
            ek.Indicator(id="x", name=Text("x", "x"), **changes)

    def test_a_dimension_and_a_system(self):
        other = ek.Dimension(id="other", name=Text("其他", "other"), indicators=(WATER,))
        twice = ek.Dimension(id="twice", name=Text("重复", "twice"), indicators=(WATER, WATER))
        with pytest.raises(SpecError, match="is empty"):
            ek.Dimension(id="none", name=Text("无", "none"), indicators=())
        for dimensions, what in (
            ((), "no dimension"),
            ((SAFE, SAFE), "declared twice in system"),
            ((SAFE, other), "stands in two dimensions"),
            ((twice,), "declared twice in dimension"),
        ):
            with pytest.raises(SpecError, match=what):
                ek.IndicatorSystem(id="s", name=Text("系统", "system"), dimensions=dimensions)
