"""Bad files that readers took for good ones: results never calculated, addresses left out, quotation marks, commas, encodings."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from bad_files import body, case, raw
from cases_books import SHEET, cell, column_formats, inside, sheet
from small_study import HEAD, Row, book, lay, packed, parts, rows, table

TEXT, ROWS = table(rows()), rows()
LINES = TEXT.split("\n")
QUOTED = TEXT.replace(",11331,", ',"11,331",', 1)


def percents() -> dict[str, bytes]:
    """A workbook whose tap water is in percent format."""

    def change(_: Any, page: Any) -> None:
        for at in range(2, 42):
            page[f"G{at}"].value /= 100
            page[f"G{at}"].number_format = "0.0%"

    return parts(book(change))


def written(pattern: bytes, new: bytes | Callable[[re.Match[bytes]], bytes]) -> Callable[[], bytes]:
    """That workbook, with addresses written otherwise."""

    def made() -> bytes:
        held = percents()
        held[SHEET], often = re.subn(pattern, new, held[SHEET])
        assert often
        return packed(held)

    return made


def figures(column: str, by: Callable[[Any], str], mark: str = ",") -> str:
    """The panel with a column written otherwise."""
    at = HEAD.index(column)
    return table([[*row[:at], by(row[at]), *row[at + 1 :]] for row in ROWS], mark=mark)


def parquet(change: Callable[[pa.Table], pa.Table]) -> Callable[[Path], object]:
    """The panel as a Parquet file, changed."""

    def build(folder: Path) -> None:
        lay(folder, panel=None, file="panel.parquet")
        pq.write_table(change(pa.Table.from_pandas(pd.DataFrame(rows(), columns=HEAD))), folder / "panel.parquet")

    return build


def stata(change: Callable[[pd.DataFrame], pd.DataFrame], **more: Any) -> Callable[[Path], object]:
    """The panel as a Stata file, changed."""

    def build(folder: Path) -> None:
        lay(folder, panel=None, file="panel.dta")
        frame, day = change(pd.DataFrame(rows(), columns=HEAD)), datetime.datetime(2024, 1, 1)
        frame.to_stata(folder / "panel.dta", **({"write_index": False, "version": 118, "time_stamp": day} | more))

    return build


def numbered(frame: pd.DataFrame) -> pd.DataFrame:
    """Counties by number."""
    return frame.assign(county=pd.factorize(frame["county"])[0] + 1)


def as_latin(frame: pd.DataFrame) -> pd.DataFrame:
    """Words in GBK, byte by byte."""
    words = {name: frame[name].map(lambda word: word.encode("gbk").decode("latin-1")) for name in ("name", "province")}
    return frame.assign(**words)


sheet("formula_never_calculated", cell('<c r="F5"><f>F4*1.05</f><v>0</v></c>'), 3, "formula_without_value", "F5")
sheet("text_of_a_formula_without_value", cell('<c r="F5" t="str"><f>F4*1.05</f></c>'), 3, "formula_without_value", "F5")
for name, pattern, new in (
    ("no_addresses_of_cells", rb'<c r="[A-Z]+\d+"', b"<c"),
    ("no_addresses", rb'<(c|row) r="[A-Z]*\d+"', rb"<\1"),
    ("addresses_in_small_letters", rb'<c r="([A-Z]+)', lambda at: b'<c r="' + at[1].lower()),
    ("blanks_in_addresses", rb'<c r="([A-Z]+\d+)" s="(\d+)"', rb'<c s = "\2" r = "\1"'),
):
    sheet(name, written(pattern, new), 0, "percent_format", "'tap': 40 cell(s)")
sheet("rows_on_one_another", written(rb'<row r="5"', b'<row r="4"'), 3, "repeated_cell", "row 4")
sheet("percent_or_general", column_formats("G", "[<=1]0.0%;General"), 0, "scaled_format", "G5", kind="indicator")
sheet(
    "struck_through",
    cell('<c r="F5" t="inlineStr"><is><r><t>1234</t></r><r><rPr><strike/></rPr><t>1</t></r><r><t>2</t></r></is></c>'),
    3,
    "raised_marks",
    "F5",
)
sheet(
    "no_longer_struck_through",
    cell('<c r="F5" t="inlineStr"><is><r><t>1234</t></r><r><rPr><strike val="0"/></rPr><t>5</t></r></is></c>'),
    0,
    "40 rows, 8 units",
)
sheet(
    "struck_through_among_shared_texts",
    inside(
        lambda held: held.update(
            {
                "xl/sharedStrings.xml": b'<sst xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><si><r><t>1234</t></r>'
                b"<r><rPr><strike/></rPr><t>1</t></r></si></sst>",
                SHEET: re.sub(rb'<c r="F5"[^>]*>.*?</c>', b'<c r="F5" t="s"><v>0</v></c>', held[SHEET]),
                "xl/_rels/workbook.xml.rels": held["xl/_rels/workbook.xml.rels"].replace(
                    b"</Relationships>",
                    b'<Relationship Id="rId99" Target="/xl/sharedStrings.xml" Type="http://schemas.openxmlformats.org/'
                    b'officeDocument/2006/relationships/sharedStrings"/></Relationships>',
                ),
            }
        )
    ),
    3,
    "raised_marks",
    "F5",
)

case("file", "cut_off_with_a_quote", raw(QUOTED[:-12]), 3, "cut_off", "row 41")
case(
    "file",
    "short_line_with_a_quote",
    raw("\n".join([*QUOTED.split("\n")[:5], "530111,甲县,东省,2021,30111,11331,67.1", *QUOTED.split("\n")[6:]])),
    3,
    "short_lines",
    "row 6",
)
for name, closed in (("quote_over_rows", '甲县"'), ("quote_over_rows_to_another", '"甲县"')):
    opened = [LINES[2].replace("甲县", '"甲县'), LINES[3], LINES[4].replace("甲县", closed)]
    case("file", name, raw("\n".join([*LINES[:2], *opened, *LINES[5:]])), 3, "swallowed_lines", "row 3")
for mark, named in {"\t": "tabs", "|": "bars"}.items():
    data = figures("tap", lambda v: f"{v:.3f}".replace(".", ","), mark)
    case("file", f"commas_between_{named}", raw(data), 3, "comma_of_two_kinds", "the comma in 40 cell(s)", "row 2")
case("file", "thousands_between_tabs", raw(figures("income", "{:,}".format, "\t")), 0, "thousands", "40 rows, 8 units")
case("file", "utf16_of_another_mark", raw(b"\xff\xfe" + TEXT.encode("utf-16-be")), 3, "the other way round", "CSV UTF-8")
case("file", "json_called_csv", raw(json.dumps([dict(zip(HEAD, row, strict=True)) for row in ROWS])), 3, "JSON and no table")
case(
    "file",
    "lines_of_json",
    raw("\n".join(json.dumps(dict(zip(HEAD, row, strict=True))) for row in ROWS)),
    3,
    "JSON and no table",
)


def of_one(column: str, value: str) -> Callable[[Path], object]:
    def change(made: list[Row]) -> None:
        made[3][HEAD.index(column)] = value

    return body(change)


for name, value in {
    "brackets": "(" * 30000,
    "digits": "1" * 50000 + ".0",
    "words": "平均" * 20000,
    "addresses": "a@" * 20000,
}.items():
    case("panel", f"code_of_many_{name}", of_one("county", value), 3, "long_code", "'county'", "row 5")
    case("indicator", f"cell_of_many_{name}", of_one("tap", value), 3, "unreadable_cell", "row 5")
case(
    "privacy",
    "telephone_in_a_remark",
    raw(table([[*row, "" if at else "联系人13800138000"] for at, row in enumerate(ROWS)], [*HEAD, "备注"])),
    3,
    "personal_data",
    hides=("13800138000",),
)

DECIMALS = pa.array([Decimal("80.50")] * 40, pa.decimal256(50, 2))
case(
    "indicator",
    "decimals_of_fifty_digits",
    parquet(lambda held: held.set_column(HEAD.index("tap"), "tap", DECIMALS)),
    3,
    "decimals of more digits than can be read",
    "'tap'",
    "decimal(50,2)",
    file="panel.parquet",
)
case(
    "schema",
    "column_twice_in_parquet",
    parquet(lambda held: pa.Table.from_arrays([*held.columns, held.column("tap")], names=[*HEAD, "tap"])),
    3,
    "duplicate_column",
    "column 7, column 10",
    file="panel.parquet",
)
for name, kind, code, said in (("utf8", "utf-8", 0, "40 rows, 8 units"), ("gbk", "gbk", 3, "bytes that are no text in UTF-8")):
    names = pa.array([row[1].encode(kind) for row in ROWS], pa.binary())
    case(
        "panel",
        f"names_as_bytes_in_{name}",
        parquet(lambda held, names=names: held.set_column(1, "name", names)),
        code,
        said,
        file="panel.parquet",
    )
case(
    "panel",
    "two_codes_of_one_label",
    stata(numbered, value_labels={"county": dict(zip(range(1, 9), "甲乙丙丁戊己庚庚", strict=True))}),
    3,
    "several codes of a column have one label",
    "'county'",
    "7, 8 = '庚'",
    file="panel.dta",
)
case("file", "stata_in_gbk", stata(as_latin, version=114), 0, "encoding", "GB18030", "40 rows, 8 units", file="panel.dta")
case("file", "stata_read_in_another_encoding", stata(as_latin), 3, "garbled_text", "40 line(s)", file="panel.dta")
case(
    "file",
    "decimal_commas_in_stata",
    stata(lambda frame: frame.assign(tap=frame["tap"].map("{:.3f}".format).str.replace(".", ","))),
    3,
    "comma_of_two_kinds",
    "row 1",
    file="panel.dta",
)
