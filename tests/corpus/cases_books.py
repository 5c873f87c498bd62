"""Bad panels as spreadsheets, and bad workbooks of judgements."""

from __future__ import annotations

import datetime
import io
import re
import warnings
import zipfile
from collections.abc import Callable
from functools import partial
from typing import Any

import openpyxl
from bad_files import ASSESS, case
from openpyxl.styles.numbers import FORMAT_PERCENTAGE
from small_study import STUDY, book, lay, packed, parts, rows, table

XLSX = "panel.xlsx"
SHEET = "xl/worksheets/sheet1.xml"
Change = Callable[[dict[str, bytes]], object]


def sheet(name: str, data: Callable[[], bytes], code: int, *says: str, kind: str = "file", **more: Any) -> None:
    """A case whose panel is a spreadsheet, made when it is wanted."""
    case(kind, name, lambda folder: lay(folder, panel=data(), file=XLSX), code, *says, file=XLSX, **more)


def sets(address: str, value: object) -> Callable[[], bytes]:
    return lambda: book(lambda _, page: page.__setitem__(address, value))


def inside(change: Change) -> Callable[[], bytes]:
    """A workbook with a changed member."""

    def made() -> bytes:
        held = parts(book())
        change(held)
        return packed(held)

    return made


def cell(new: str) -> Callable[[], bytes]:
    """A workbook with cell F5 written otherwise."""
    swap = partial(re.sub, rb'<c r="F5"[^>]*>.*?</c>', new.encode(), count=1)
    return inside(lambda held: held.__setitem__(SHEET, swap(held[SHEET])))


def spoilt(data: bytes, at: int) -> bytes:
    """Bytes of which one is turned."""
    return data[:at] + bytes([data[at] ^ 255]) + data[at + 1 :]


def formats(address: str, form: str) -> Callable[[], bytes]:
    return lambda: book(lambda _, page: setattr(page[address], "number_format", form))


def after_the_rows(more: bytes) -> Callable[[], bytes]:
    return inside(lambda held: held.__setitem__(SHEET, held[SHEET].replace(b"</sheetData>", b"</sheetData>" + more)))


def before_the_rows(more: bytes) -> Callable[[], bytes]:
    return inside(lambda held: held.__setitem__(SHEET, held[SHEET].replace(b"<sheetData>", more + b"<sheetData>")))


def hide(dimensions: Any, *at: Any) -> None:
    """Rows or columns hidden."""
    for one in at:
        dimensions[one].hidden = True


def hidden_behind(made: Any, page: Any) -> None:
    """The table on a hidden sheet, behind a page of remarks."""
    made.create_sheet("说明", 0).append(["本表说明"])
    made.active, page.sheet_state = 0, "hidden"


def column_formats(column: str, form: str) -> Callable[[], bytes]:
    return lambda: book(lambda _, page: [setattr(page[f"{column}{k}"], "number_format", form) for k in range(2, 42)])


def long_codes() -> list[list[Any]]:
    """Rows whose codes have eighteen digits and are numbers, of which a spreadsheet keeps fifteen."""
    return [[float(row[0]) * 1e12 + 7, *row[1:]] for row in rows()]


def twice(name: str) -> bytes:
    """A workbook with a second part of a name, which holds other figures."""
    made = io.BytesIO(book())
    with zipfile.ZipFile(made, "a") as archive, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        archive.writestr(
            zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), archive.read(SHEET).replace(b"<v>2018</v>", b"<v>2017</v>")
        )
    return made.getvalue()


sheet("formula_without_value", sets("F5", "=F4*1.05"), 3, "formula_without_value", "F5")
sheet("error_cell", sets("F5", "#DIV/0!"), 3, "error_cell", "F5 (#DIV/0!)")
sheet("error_without_address", cell('<c t="e"><v>#REF!</v></c>'), 3, "error_cell", "#REF!")
sheet("remark_before_formula", cell('<c r="F5"><!-- x --><f>A1</f></c>'), 3, "formula_without_value", "F5")
sheet("value_before_formula", cell('<c r="F5"><v>5</v><f>A1</f></c>'), 3, "formula_without_value", "F5")
sheet("shared_formula", cell('<c r="F5"><f t="shared" si="0"/></c>'), 3, "formula_without_value", "F5")
sheet("infinite_number", cell('<c r="F5"><v>1e400</v></c>'), 3, "not_finite", "F5")
sheet("cell_twice", cell('<c r="G5"><v>70</v></c>'), 3, "repeated_cell", "G5")
sheet("no_number", cell('<c r="F5"><v>abc</v></c>'), 3, "unreadable_cell", "F5")
sheet(
    "raised_mark",
    cell('<c r="F5" t="inlineStr"><is><r><t>12345</t></r><r><rPr><vertAlign val="superscript"/></rPr><t>1</t></r></is></c>'),
    3,
    "raised_marks",
    "F5",
)
sheet("remark_in_a_figure", cell('<c r="F5"><v>123<!-- x -->45</v></c>'), 3, "would be read in part")
sheet("section_for_a_figure", cell('<c r="F5"><v><![CDATA[12345]]></v></c>'), 3, "would be read in part")
sheet("reference_in_a_figure", cell('<c r="F5"><v>&#49;2345</v></c>'), 3, "would be read in part")
sheet("two_values_in_a_cell", cell('<c r="F5"><v>12345</v><v>99</v></c>'), 3, "would be read in part")
sheet("text_with_a_reference", cell('<c r="F5" t="str"><f>A1</f><v>&lt;5</v></c>'), 3, "unreadable_cell", "'<5'")
sheet("error_newer_than_the_reader", cell('<c r="F5" t="e"><f>A1</f><v>#SPILL!</v></c>'), 3, "error_cell", "F5 (#SPILL!)")
sheet("true_for_a_figure", sets("G5", True), 3, "unreadable_cell", "'TRUE'", kind="indicator")
sheet("date_for_a_figure", sets("F5", datetime.date(2019, 3, 1)), 3, "unreadable_cell", "'2019-03-01'", kind="indicator")
sheet(
    "years_as_dates",
    lambda: book(lambda _, page: [page.__setitem__(f"D{k}", datetime.date(page[f"D{k}"].value, 12, 31)) for k in range(2, 42)]),
    3,
    "unreadable_period",
    "D2",
    kind="panel",
)
sheet(
    "percent_in_one_cell",
    lambda: book(lambda _, page: (page.__setitem__("G5", 0.7), setattr(page["G5"], "number_format", FORMAT_PERCENTAGE))),
    0,
    "percent_format",
    kind="indicator",
)
sheet("shown_in_thousands", formats("H5", "#,##0,"), 0, "scaled_format", "H5", kind="indicator")
sheet("shown_in_ten_thousands", formats("H5", '0!.0,"万"'), 0, "scaled_format", "H5", kind="indicator")
sheet("percent_sign_as_a_word", column_formats("G", '0.0"%"'), 0, "unit_in_cell", "% × 40", kind="indicator")
sheet("percent_sign_escaped", column_formats("G", "0.0\\%"), 0, "unit_in_cell", "% × 40", kind="indicator")
sheet("percent_for_some_values", column_formats("G", "[>1]0.0;0.0%"), 0, "scaled_format", "G5", kind="indicator")
sheet("unit_in_the_format", column_formats("H", '#,##0"元"'), 3, "unit_contradicts", "'元'", "10,000", kind="indicator")
sheet("scale_in_the_format", column_formats("F", '0"万"'), 3, "unit_contradicts", "'万'", "10,000", kind="indicator")
sheet("long_codes_as_numbers", lambda: book(body=long_codes()), 3, "code_in_powers", kind="panel")
sheet(
    "hidden_row",
    lambda: book(lambda _, page: setattr(page.row_dimensions[5], "hidden", True)),
    0,
    "hidden_rows",
    "5",
    kind="panel",
)
sheet(
    "rows_filtered_out",
    lambda: book(lambda _, page: (setattr(page.auto_filter, "ref", "A1:I41"), hide(page.row_dimensions, 3, 4))),
    0,
    "hidden_rows",
    "2 row(s)",
    "3, 4",
    kind="panel",
)
sheet("hidden_column", lambda: book(lambda _, page: hide(page.column_dimensions, "H")), 0, "hidden_rows", "1 column(s)", ": H")
sheet(
    "column_of_no_width",
    before_the_rows(b'<cols><col min="8" max="8" width="0" customWidth="1"/><col min="12" max="16384" hidden="1"/></cols>'),
    0,
    "hidden_rows",
    "1 column(s)",
    ": H",
)
sheet(
    "row_of_no_height",
    inside(lambda held: held.__setitem__(SHEET, held[SHEET].replace(b'<row r="5"', b'<row r="5" ht="0" customHeight="1"'))),
    0,
    "hidden_rows",
    "1 row(s)",
    ": 5",
)
sheet(
    "hidden_sheet",
    lambda: book(hidden_behind),
    0,
    "hidden_rows",
    "a sheet hidden",
    ": panel",
    command=("audit", "{file}", "--sheet", "panel", "--study", "study.toml", "--lang", "en"),
)
sheet("table_on_a_hidden_sheet", lambda: book(hidden_behind), 3, "name the sheet with the table", "panel (hidden)")
sheet("figures_not_shown", column_formats("H", ";;;"), 0, "scaled_format", "40 cell(s)", "H2", kind="indicator")
sheet("word_for_figures", column_formats("H", '"缺测"'), 0, "scaled_format", "H2", kind="indicator")
sheet("minus_in_the_format", formats("H5", '"-"0'), 0, "scaled_format", "H5", kind="indicator")
sheet(
    "lowered_mark",
    cell('<c r="F5" t="inlineStr"><is><r><t>1234</t></r><r><rPr><vertAlign val="subscript"/></rPr><t>1</t></r></is></c>'),
    3,
    "raised_marks",
    "F5",
)
sheet(
    "merged_names",
    lambda: book(lambda _, page: [page.merge_cells(f"B{k}:B{k + 4}") for k in range(2, 42, 5)]),
    0,
    "merged_cells",
    kind="schema",
)
sheet("merged_figures", lambda: book(lambda _, page: page.merge_cells("F5:F6")), 3, "merged_figures", "F6", kind="schema")
sheet(
    "other_sheet_first",
    lambda: book(lambda made, _: made.create_sheet("说明", 0).append(["本表说明"])),
    3,
    "name the sheet with the table",
    "panel",
    kind="schema",
)
sheet(
    "other_sheets",
    lambda: book(lambda made, _: made.create_sheet("2023").append(["x"])),
    0,
    "other_sheets",
    "2023",
    kind="schema",
)
sheet("far_cell_in_an_early_row", cell('<c r="XFD1048576"><v>1</v></c>'), 3, "too many cells")
sheet("far_cell_in_small_letters", cell('<c r="xfd1048576"><v>1</v></c>'), 3, "too many cells")
sheet("far_cell_in_a_narrow_sheet", sets("G1048576", 1), 3, "too many cells")
sheet(
    "merged_to_the_end",
    after_the_rows(b'<mergeCells count="1"><mergeCell ref="B2:XFD1048576"/></mergeCells>'),
    3,
    "too many cells",
)
sheet("far_cell", sets("XFD1048576", "x"), 3, "too many cells")
sheet(
    "row_twice",
    inside(lambda held: held.__setitem__(SHEET, re.sub(rb'(<row r="5".*?</row>)', rb"\1\1", held[SHEET], count=1))),
    3,
    "repeated_cell",
    "row 5",
)
sheet("cut_archive", lambda: book()[:-200], 3, "not a readable .xlsx")
sheet("spoilt_byte", lambda: spoilt(book(), 2000), 3, "not a readable .xlsx")
sheet("old_xls", lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, 3, "an old .xls")
sheet("web_page_as_xlsx", lambda: b"<html><body><table><tr><td>a", 3, "a web page or XML")
sheet("csv_as_xlsx", lambda: table(rows()).encode(), 3, "call it .csv")
sheet(
    "document_as_xlsx",
    lambda: packed({"word/document.xml": b"<w/>", "[Content_Types].xml": b"<Types/>"}),
    3,
    "damaged, or is none",
)
sheet("no_sheet", inside(lambda held: held.pop(SHEET)), 3, "damaged, or is none")
sheet(
    "link_out_of_the_archive",
    inside(
        lambda held: held.__setitem__(
            "xl/_rels/workbook.xml.rels",
            held["xl/_rels/workbook.xml.rels"].replace(b"/xl/worksheets/sheet1.xml", b"../../../../etc/passwd"),
        )
    ),
    3,
    "damaged, or is none",
    kind="security",
)
sheet(
    "bomb",
    inside(lambda held: held.__setitem__("xl/theme/big.xml", b"0" * (300 * 2**20))),
    5,
    "more than is safe",
    kind="security",
)
sheet(
    "document_type",
    inside(
        lambda held: held.__setitem__(SHEET, held[SHEET].replace(b"<worksheet", b"<!DOCTYPE x [<!ENTITY a 'b'>]><worksheet", 1))
    ),
    5,
    "document type",
    kind="security",
)
sheet("part_twice", lambda: twice(SHEET), 5, "two parts of one name", kind="security")
sheet("part_twice_but_for_case", lambda: twice("xl/worksheets/Sheet1.xml"), 5, "two parts of one name", kind="security")
sheet("part_twice_but_for_slash", lambda: twice("xl\\worksheets\\sheet1.xml"), 5, "two parts of one name", kind="security")
sheet(
    "document_type_in_small_letters",
    inside(lambda held: held.__setitem__(SHEET, held[SHEET].replace(b"<worksheet", b"<!doctype x><worksheet", 1))),
    5,
    "document type",
    kind="security",
)
sheet(
    "document_type_utf16",
    inside(
        lambda held: held.__setitem__(
            SHEET, ("<?xml version='1.0' encoding='UTF-16'?><!DOCTYPE x>" + held[SHEET].decode()).encode("utf-16")
        )
    ),
    5,
    "document type",
    kind="security",
)
sheet(
    "document_type_elsewhere",
    inside(lambda held: held.__setitem__("xl/odd.bin", b"<!DOCTYPE x [<!ENTITY a SYSTEM 'file:///etc/passwd'>]><x/>")),
    5,
    "document type",
    kind="security",
)

# judgements
AHP = STUDY + '[weigh]\nmethod = "ahp"\njudgements = ["expert.xlsx"]\n'
SAID = [[None, "income", "tap"], ["income", 1, 3], ["tap", "1/3", 1]]


def judged(name: str, code: int, *says: str, at: tuple[int, int] | None = None, value: object = None, toml: str = "") -> None:
    """A case whose weights come from judgements of two items of each system."""

    def build(folder: Any) -> None:
        lay(folder)
        ending = "toml" if toml else "xlsx"
        own = f'[[system]]\nfile = "kept.toml"\nweigh = {{ method = "ahp", judgements = ["expert.{ending}"] }}\n'
        whole = STUDY.replace('[[system]]\nfile = "kept.toml"\n', own)
        (folder / "study.toml").write_text(whole, encoding="utf-8")
        if toml:
            (folder / "expert.toml").write_text(toml, encoding="utf-8")
            return
        made = openpyxl.Workbook()
        made.active.title = "indicators"
        for r, row in enumerate(SAID):
            made.active.append([value if (r, c) == at else held for c, held in enumerate(row)])
        made.save(folder / "expert.xlsx")
        (folder / "expert.xlsx").write_bytes(packed(parts((folder / "expert.xlsx").read_bytes())))

    case("weights", f"judgements_{name}", build, code, *says, command=ASSESS)


judged("zero", 3, "positive number", "B3", at=(2, 1), value=0)
judged("by_zero", 3, "a number or a fraction", "'1/0'", at=(2, 1), value="1/0")
judged("and_a_half", 3, "a number or a fraction", "'2½'", at=(2, 1), value="2½")
judged("in_words", 3, "a number or a fraction", at=(2, 1), value="强")
judged("as_date", 3, "made a date of a fraction", at=(2, 1), value=datetime.date(2020, 1, 3))
judged("not_reciprocal", 3, "not reciprocal", "C2 and B3", at=(2, 1), value=3)
judged("diagonal", 3, "compared with itself is judged 1", at=(1, 1), value=2)
judged("huge", 3, "from 1/9 to 9", "C2", at=(1, 2), value=1e6)
judged("ringed", 3, "a number or a fraction", at=(1, 2), value="③")
judged("item_unknown", 3, "not among what is compared", at=(2, 0), value="taps")
judged(
    "both_ways",
    3,
    "matrix or as upper",
    toml='[judgements.indicators]\nitems = ["income", "tap"]\nupper = [3]\nmatrix = [[1, 3], ["1/3", 1]]\n',
)
judged("none", 3, "holds no judgements", toml="[judgements]\n")
judged("nan", 2, "finite number", toml='[judgements.indicators]\nitems = ["income", "tap"]\nupper = [nan]\n')
