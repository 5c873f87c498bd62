"""Refusals that no file of the corpus meets: what is asked of the doors and the specs directly."""

import errno
import gzip
import io
import os
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import openpyxl
import pandas as pd
import pytest

import evalkit as ek
from evalkit.errors import DataError, SpecError
from evalkit.panel import read
from evalkit.panel.form import read_system
from evalkit.panel.formats.plain import parquet_batches, parquet_columns
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

    def test_a_sheet_whose_name_is_not_the_one_in_the_book(self, tmp_path):
        with zipfile.ZipFile(book(tmp_path / "a.xlsx")) as held:
            named = held.read("xl/workbook.xml").replace(b'name="Sheet"', b'name="a\tb"')  # a tab, which XML reads as a blank
        with pytest.raises(DataError, match=r"p\.xlsx: the spreadsheet is damaged, or is none. To do: open it") as refused:
            read_table(book(tmp_path / "p.xlsx", workbook=named))
        assert refused.value.do.endswith("save it again as .xlsx")

    @pytest.mark.parametrize("read_it", [read_table, lambda path: list(parquet_batches(path, ["x"]))])
    def test_parquet_whose_pages_are_damaged(self, tmp_path, read_it):
        path = tmp_path / "p.parquet"
        pd.DataFrame({"x": np.random.default_rng(1).normal(size=999)}).to_parquet(path, index=False)
        data = bytearray(path.read_bytes())
        data[4:400] = b"\xff" * 396  # the foot, which says what there is, stays
        path.write_bytes(data)
        assert parquet_columns(path) == {"x": "DOUBLE"}
        with pytest.raises(
            DataError, match=r"p\.parquet: the file is not a readable Parquet file; found \w+\. To do: write it again"
        ):
            read_it(path)

    def test_what_is_no_regular_file(self, tmp_path):
        os.mkfifo(tmp_path / "p.csv")
        with pytest.raises(DataError, match=r"^p\.csv: this is not a regular file\. To do: name a file\.$"):
            read_table(tmp_path / "p.csv")

    def test_a_file_that_is_held_elsewhere(self, tmp_path, monkeypatch):
        (tmp_path / "p.csv").touch()
        denied = PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        monkeypatch.setattr(Path, "read_bytes", lambda _: (_ for _ in ()).throw(denied))
        with pytest.raises(
            DataError, match=r"^p\.csv: the file cannot be opened; found Permission denied\. To do: close it elsewhere"
        ):
            read_table(tmp_path / "p.csv")

    @pytest.mark.parametrize("path", ["长" * 90 + ".csv", "x" * 300 + "/p.csv", "/".join(["folder"] * 900) + "/p.csv"])
    def test_names_that_no_file_can_have(self, path):
        with pytest.raises(DataError, match=r"…: the name is longer than a file can have. To do: check the path") as refused:
            read_table(path)
        assert path.startswith(refused.value.where[:-1]) or refused.value.where == "p.csv…"

    def test_a_name_in_another_encoding_is_only_a_name(self, tmp_path):
        with pytest.raises(DataError, match=r"there is no such file. To do: check the path"):
            read_table(tmp_path / os.fsdecode("县.csv".encode("gbk")))

    def test_judgements_of_what_is_not_scored(self, tmp_path):
        whole = ek.systems("consolidation")["consolidation"]
        first, *rest = whole.dimensions
        assert len(first.indicators) > 2
        part = replace(whole, dimensions=(replace(first, indicators=first.indicators[1:]), *rest))
        ids = [one.id for one in first.indicators if one.scored]
        upper = [1] * (len(ids) * (len(ids) - 1) // 2)
        (tmp_path / "e.toml").write_text(f"[judgements.{first.id}]\nitems = {ids}\nupper = {upper}\n", encoding="utf-8")
        with pytest.raises(DataError, match=f"'{ids[0]}' is not scored here, so it is not judged") as refused:
            read_judgements(tmp_path / "e.toml", system=part, whole=whole)
        assert refused.value.where == f"e.toml, [judgements.{first.id}], items"
        assert ids[1] in refused.value.found
        assert ids[0] not in refused.value.found
        assert refused.value.do == "leave out its row and column; or score it too (core = false in a study)"


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

    @pytest.mark.parametrize(
        ("path", "what"),
        [
            (
                "x" * 300 + ".toml",
                "^xxxxxxxxxxxxxxxxxxxx…: the file cannot be read; found File name too long. To do: check the path",
            ),
            ("a\0b.toml", "ab.toml: there is no such file. To do: check the path"),
            (__file__ + "/s.toml", "s.toml: there is no such file. To do: check the path"),
        ],
    )
    def test_a_path_that_leads_nowhere(self, path, what):
        with pytest.raises(DataError, match=what):
            read_system(path)

    def test_a_system_without_the_right_to_read_it(self, tmp_path, monkeypatch):
        (tmp_path / "s.toml").touch()
        denied = PermissionError(errno.EACCES, os.strerror(errno.EACCES))
        monkeypatch.setattr(Path, "read_text", lambda *_, **__: (_ for _ in ()).throw(denied))
        with pytest.raises(
            DataError, match=r"^s\.toml: the file cannot be read; found Permission denied\. To do: check the path, and"
        ):
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
