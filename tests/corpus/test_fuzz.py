"""Whatever bytes come, the doors answer or refuse in words of their own."""

import io
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from small_study import HEAD, KEPT, STUDY, book, parts, rows, table

import evalkit as ek
from evalkit.errors import EvalkitError
from evalkit.panel.audit import audit_file
from evalkit.panel.form import read_system
from evalkit.panel.read_judgements import read_judgements

SPOILT = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ODD = st.sampled_from(
    [
        "",
        "—",
        "1,234.5",
        "1.234,5",
        "１２",
        "12²",
        "1e400",
        "nan",
        "-99",
        "0",
        "合计",
        "2020年",
        '"',
        "\u200b",
        "=1+1",
        "#N/A",
        "\ufffd",
        "3.5万元",
        "85%",
        "-",
        "\x0b",
        "1" * 400,
    ]
)
CELL = st.one_of(ODD, st.text(max_size=8), st.floats().map(str), st.integers().map(str))
TEXT = table(rows()).encode()
BOOK = book()


def answered(data: bytes, name: str) -> None:
    """An audit, or an error of evalkit; anything else fails the test."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / name
        path.write_bytes(data)
        try:
            audit = audit_file(path)
        except EvalkitError as refused:
            assert str(refused)
        else:
            assert set(audit.frame["severity"]) <= {"defect", "notice", "repaired"}


@SPOILT
@given(st.binary(max_size=300))
def test_any_bytes_as_text(data):
    answered(data, "p.csv")


@SPOILT
@given(st.lists(st.tuples(st.integers(0, len(TEXT) - 1), st.integers(0, 255)), min_size=1, max_size=8), st.integers(1, len(TEXT)))
def test_a_table_with_spoilt_bytes(swaps, length):
    data = bytearray(TEXT)
    for at, byte in swaps:
        data[at] = byte
    answered(bytes(data[:length]), "p.csv")


@SPOILT
@given(st.lists(st.tuples(st.integers(0, 39), st.integers(0, len(HEAD) - 1), CELL), min_size=1, max_size=6))
def test_a_table_with_odd_cells(cells):
    made = rows()
    for row, column, cell in cells:
        made[row][column] = cell
    answered(table(made).encode("utf-8", "replace"), "p.csv")


@SPOILT
@given(st.lists(st.tuples(st.integers(0, len(BOOK) - 1), st.integers(0, 255)), min_size=1, max_size=6))
def test_a_spreadsheet_with_spoilt_bytes(swaps):
    data = bytearray(BOOK)
    for at, byte in swaps:
        data[at] = byte
    answered(bytes(data), "p.xlsx")


@SPOILT
@given(
    st.sampled_from(["xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml", "xl/_rels/workbook.xml.rels"]),
    st.integers(0, 4000),
    st.integers(0, 60),
    st.binary(max_size=12),
)
def test_a_spreadsheet_with_spoilt_xml(name, at, length, new):
    held = parts(BOOK)
    whole = held[name]
    held[name] = whole[: at % len(whole)] + new + whole[at % len(whole) + length :]
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for member, data in held.items():
            archive.writestr(member, data)
    answered(out.getvalue(), "p.xlsx")


@SPOILT
@pytest.mark.parametrize("whole", [STUDY, KEPT], ids=["study", "system"])
@given(data=st.data())
def test_a_declaration_with_spoilt_text(whole, data):
    at = data.draw(st.integers(0, len(whole)))
    length = data.draw(st.integers(0, 20))
    new = data.draw(
        st.one_of(
            st.text(max_size=12), st.sampled_from(["nan", "1e999", "[[", "{", '"""', "= 1\n", "true", "-1", "\n[x]\n", "9" * 30])
        )
    )
    with TemporaryDirectory() as folder:
        path = Path(folder) / "declared.toml"
        path.write_bytes((whole[:at] + new + whole[at + length :]).encode("utf-8", "replace"))
        try:
            _ = ek.Study.read(path) if whole is STUDY else read_system(path)
        except EvalkitError as refused:
            assert str(refused)


@SPOILT
@given(
    st.lists(
        st.lists(st.one_of(st.floats(), st.text(max_size=5), st.integers(-20, 20)), min_size=2, max_size=3),
        min_size=2,
        max_size=3,
    )
)
def test_any_judgements(matrix):
    system = ek.systems("consolidation")["consolidation"]
    items = [one.id for one in system.dimensions[0].indicators if one.scored]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "expert.toml"
        told = [[f'"{cell}"' if isinstance(cell, str) else repr(cell) for cell in row] for row in matrix]
        rows_of = ", ".join(f"[{', '.join(row)}]" for row in told)
        path.write_bytes(
            f"[judgements.{system.dimensions[0].id}]\nitems = {items}\nmatrix = [{rows_of}]\n".encode("utf-8", "replace")
        )
        try:
            said = read_judgements(path, system=system)
        except EvalkitError as refused:
            assert str(refused)
        else:
            assert all(one.matrix.min() > 0 for one in said.values())
