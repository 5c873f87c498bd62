"""Bad panels as text: their bytes, their header, their keys, their figures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from bad_files import body, case, cells, raw
from small_study import HEAD, NAMES, STUDY, Row, lay, rows, table

TEXT, ROWS = table(rows()), rows()
SAME_YEAR = range(2, 40, 5)  # the rows of one year
FIRST = range(5)  # the rows of one county


def units(value: float, sign: str) -> str:
    return f"{value}{sign}"


def added(*more: Row) -> Any:
    return body(lambda made: [*made, *more])


def averages(name: str, code: str) -> Any:
    """Rows that are the means of all others."""
    years = [[row for row in ROWS if row[3] == year] for year in range(2018, 2023)]
    return added(
        *([code, name, "东省", of[0][3], *(round(sum(row[k] for row in of) / len(of), 1) for k in range(4, 9))] for of in years)
    )


def totals(name: str, code: str) -> Any:
    """Rows that are the sums of all others."""
    years = [[row for row in ROWS if row[3] == year] for year in range(2018, 2023)]
    return added(
        *(
            [
                code,
                name,
                "东省",
                of[0][3],
                *(sum(row[k] for row in of) for k in (4,)),
                12000,
                75.0,
                *(sum(row[k] for row in of) for k in (7, 8)),
            ]
            for of in years
        )
    )


def total_as_a_group() -> list[Row]:
    """Rows that only their province calls a total."""
    return [["530199", "壬县", "合计", year, 9, 12000 + year, 75, 4000 + year, 500 + year] for year in range(2018, 2023)]


def unit_in_header(folder: Path) -> None:
    """A header that names a unit, and a study that says which indicator it is."""
    lay(folder, panel=table(ROWS, [*HEAD[:7], "农业产值（亿元）", "beds"]))
    mapped = STUDY.replace('weight = "population"', 'weight = "population"\ncolumns = { "农业产值（亿元）" = "output" }')
    (folder / "study.toml").write_text(mapped, encoding="utf-8")


# the file
case("file", "empty", raw(b"\xef\xbb\xbf"), 3, "the file is empty")
case("file", "utf16_without_mark", raw(TEXT.encode("utf-16-le")), 3, "not text in UTF-8 or GB18030")
case("file", "utf32", raw(TEXT.encode("utf-32")), 3, "not text in UTF-8 or GB18030")
case("file", "nul_in_cell", raw(TEXT.replace("甲", "甲\0")), 3, "bytes of 0")
case("file", "utf16", raw(b"\xfe\xff" + TEXT.encode("utf-16-be")), 0, "encoding", "UTF-16", "40 rows, 8 units")
case("file", "gbk", raw(TEXT.encode("gbk")), 0, "encoding", "GB18030", "40 rows, 8 units")
case(
    "file",
    "one_line_gbk",
    raw(TEXT.encode() + "530199,壬县,东省,2018,1,2,3,4,5\n".encode("gbk")),
    3,
    "mixed_encodings",
    "GB18030 in lines 42",
)
case(
    "file",
    "one_line_utf8_in_gbk",
    raw(TEXT.encode("gbk") + "530199,测试县,东省,2018,30000,12000,70,4000,500\n".encode()),
    3,
    "mixed_encodings",
    "UTF-8 in lines 42",
)
case("file", "encoded_twice", raw(TEXT.encode().decode("latin-1").encode()), 3, "garbled_text", "40 line(s)")
case("file", "lost_characters", raw(TEXT.replace("甲县", "\ufffd\ufffd县")), 3, "garbled_text", "row 2")
case("file", "big5", raw(TEXT.replace("东", "東").replace("县", "縣").encode("big5")), 0, "doubtful_encoding")
case("file", "latin1", raw(TEXT.replace("甲", "Café é").encode("latin-1", "replace")), 3, "not text in UTF-8")
case("file", "web_page", raw("<html><table><tr><td>county</td><td>year</td></tr></table></html>"), 3, "a web page")
case("file", "spreadsheet_called_csv", raw(b"PK\x03\x04" + b"x" * 100), 3, "its name does not say what it is")
case("file", "only_header", raw(",".join(HEAD) + "\n"), 3, "a header and no rows yet")
case("file", "open_quote", raw(TEXT.replace("丙县", '"丙县', 1)), 3, "panel.csv, row 12", "is never closed")
case("file", "long_line", raw(TEXT.replace(",2019,", ",2019,7,", 1)), 3, "blank_header", "J (row 3)")
case(
    "file",
    "short_line",
    raw("\n".join([*TEXT.split("\n")[:5], "530111,甲县,东省,2021,30111,11331,67.1", *TEXT.split("\n")[6:]])),
    3,
    "short_lines",
    "row 6",
)
case("file", "cut_off", raw(TEXT[:-12]), 3, "cut_off", "row 41")
case("file", "text_called_gz", raw(TEXT, "panel.csv.gz"), 3, "not readable gzip", file="panel.csv.gz")
case("file", "not_parquet", raw(b"PAR1" + b"x" * 40, "panel.parquet"), 3, "not a readable Parquet file", file="panel.parquet")
case("file", "not_stata", raw(b"<stata_dta>" + b"x" * 40, "panel.dta"), 3, "not a readable Stata file", file="panel.dta")
case("file", "old_ending", raw(TEXT, "panel.xls"), 3, "are not read", file="panel.xls")
case("file", "absent", raw(TEXT, "panels.csv"), 3, "there is no such file", "did you mean 'panels.csv'")

# the header
case("schema", "no_header", raw(TEXT.split("\n", 1)[1]), 3, "no row looks like a header")
case(
    "schema",
    "years_as_columns",
    raw(table([[r[0], r[1], *(q[5] for q in ROWS if q[0] == r[0])] for r in ROWS[::5]], ["county", "name", *range(2018, 2023)])),
    3,
    "first be made long",
)
case(
    "schema",
    "column_misspelt",
    body(lambda made: None, [*HEAD[:5], "incom", *HEAD[6:]]),
    3,
    "missing_column",
    "did you mean 'incom'",
)
case("schema", "two_columns_absent", raw(table([row[:7] for row in ROWS], HEAD[:7])), 3, "missing_column", "'output', 'beds'")
case("schema", "column_twice", raw(table([[*row, 9] for row in ROWS], [*HEAD, "income "])), 3, "duplicate_column", "F, J")
case("schema", "column_without_name", raw(table([[*row, 9] for row in ROWS], [*HEAD, ""])), 3, "blank_header", "J")
case("schema", "unseen_sign_in_header", body(lambda made: None, [*HEAD[:5], "inc\u200bome", *HEAD[6:]]), 0, "40 rows, 8 units")
case("schema", "header_again", raw(table(ROWS[:20]) + table(ROWS[20:])), 3, "unreadable_period", "unreadable_cell", "row 22")
case(
    "schema", "two_tables", raw(table([[*row, None, *row] for row in ROWS], [*HEAD, None, *HEAD])), 3, "duplicate_column", "A, K"
)
case(
    "schema",
    "units_below_header",
    raw(table([["", "", "", "", "人", "元", "%", "万元", "张"], *ROWS])),
    3,
    "missing_key",
    "row 2",
    "found '元'",
)
case(
    "schema",
    "turned_round",
    raw("\n".join(",".join(map(str, row)) for row in zip(HEAD, *map(list, ROWS), strict=True)) + "\n"),
    3,
    "missing_column",
)
case("schema", "words_for_figures", cells("tap", range(40), "True"), 3, "unreadable_cell", "found 'True'")

# keys
case("panel", "rows_twice", body(lambda made: [*made, made[3]]), 3, "duplicate_rows", "identical", "rows 5, 42")
case(
    "panel",
    "rows_twice_differ",
    body(lambda made: [*made, [*made[3][:5], 7777, *made[3][6:]]]),
    3,
    "duplicate_rows",
    "different figures",
)
case("panel", "no_year", cells("year", 3, None), 3, "missing_key", "row 5")
case("panel", "no_unit", cells("county", 3, None), 3, "missing_key", "row 5")
case("panel", "dash_for_a_year", cells("year", 3, "—"), 3, "missing_key", "row 5 ('—')")
case("panel", "word_for_a_year", cells("year", 3, "NA"), 3, "missing_key", "row 5 ('NA')")
case("panel", "dash_for_a_unit", cells("county", 3, "-"), 3, "missing_key", "row 5 ('-')")
case("panel", "two_digit_year", cells("year", 3, 21), 3, "unreadable_period", "row 5", "'21'")
case("panel", "two_digit_years", cells("year", range(40), lambda year: year % 100), 3, "unreadable_period", "40 value(s)")
case("panel", "year_of_the_republic", cells("year", range(40), lambda year: year - 1911), 3, "unreadable_period")
case("panel", "far_year", cells("year", 3, 20211), 3, "unreadable_period", "'20211'")
case("panel", "dates_for_years", cells("year", range(40), lambda year: f"{year}-12-31"), 3, "unreadable_period", "'2018-12-31'")
case("panel", "estimate_year", cells("year", 4, "2022E"), 3, "unreadable_period", "'2022E'")
case(
    "panel",
    "years_in_chinese",
    cells("year", range(40), lambda year: "二〇" + "".join("〇一二三四五六七八九"[int(d)] for d in str(year)[2:]) + "年"),
    0,
    "year_text",
    "2018–2022",
)
case("panel", "years_with_point", cells("year", range(40), lambda year: f"{year}.0"), 0, "2018–2022")
case(
    "panel",
    "zero_lost",
    body(lambda made: [[row[0].replace("53", "03" if k >= 5 else "3", 1), *row[1:]] for k, row in enumerate(made)]),
    3,
    "lost_leading_zeros",
    "30111",
)
case("panel", "code_in_powers", cells("county", FIRST, "5.30E+05"), 3, "code_in_powers", "5.30E+05")
case("panel", "unseen_sign_in_code", cells("county", 3, "5301\u200b11"), 0, "unseen_signs", "row 5", "8 units")
case("panel", "apostrophe_in_code", cells("county", 3, "'530111"), 0, "unseen_signs", "8 units")
case("panel", "code_changes", cells("county", [3, 4], "530191"), 3, "missing_periods", "name_shared", "530111, 530191")
case("panel", "name_changes", cells("name", [3, 4], "甲区"), 0, "name_changes", "甲县 → 甲区")
case("panel", "group_changes", cells("province", 3, "西省"), 3, "group_changes", "530111")
case("panel", "total_row", totals("合　计", "530100"), 3, "total_row", "sum_row")
case("panel", "provincial_average", added(["539999", "全省平均水平", "东省", 2018, 30000, 12000, 75, 6000, 500]), 3, "total_row")
case("panel", "mean_in_english", added(["539999", "Provincial average", "东省", 2018, 1, 12000, 75, 6000, 500]), 3, "total_row")
case("panel", "mean_without_a_name", averages("某某", "539999"), 3, "mean_row", "539999")
case("panel", "weight_of_one_county", cells("population", range(5), 3.0), 0, "far_level", "'population'", "530111")
case("panel", "total_without_a_name", totals("某某", "539999"), 3, "sum_row", "539999")
case(
    "panel",
    "subtotal",
    added(*([f"x{y}", "其中：东部", "东省", y, 9, 12000, 75, 4000, 500] for y in (2018, 2019))),
    3,
    "total_row",
    "其中",
)
case(
    "panel",
    "whole_region",
    added(*(["530100", "昆明", "东省", y, 90000, 12000 + y, 75 + y / 100, 9000 + y, 800 + y] for y in range(2018, 2023))),
    0,
    "whole_region",
    "530100",
)
case("panel", "remark_below", raw(TEXT + "以上数据由统计局提供,,,,,,,,\n"), 3, "missing_key", "row 42")
case("panel", "year_absent", body(lambda made: [row for row in made if row[3] != 2020]), 0, "period_gap", "2020")
case("panel", "county_lacks_years", body(lambda made: made[2:]), 3, "missing_periods", "530111: 2018–2019")

# figures
for name, cell in {
    "about": "约300",
    "comma_for_point": "1.234,5",
    "lakh": "1,23,456",
    "bars": "12_345",
    "bracket_minus": "(12345)",
    "trailing_minus": "12345-",
    "hex": "0x3039",
    "error": "#DIV/0!",
    "formula": "=1+2",
    "infinite": "inf",
    "overflow": "1e400",
    "underflow": "1e-400",
    "raised": "12345²",
    "ringed": "①",
    "chinese_figure": "一万二千",
    "true": "TRUE",
    "suppressed": "x",
    "range": "3-5",
    "two": "12 / 13",
}.items():
    quoted = f'"{cell}"' if "," in cell else cell
    case("indicator", f"cell_{name}", cells("output", 3, quoted), 3, "unreadable_cell", "row 5")
case("indicator", "full_width", cells("output", 3, "１２３４"), 0, "full_width")
case("indicator", "thousands", cells("income", 3, '"12,345.5"'), 0, "thousands")
case("indicator", "dash", cells("income", 3, "—"), 0, "missing_marker", "missing_cells")
case(
    "indicator",
    "units_differ",
    body(
        lambda made: [
            [*row[:7], units(row[7] * 10000, "元") if k < 20 else units(row[7], "万元"), row[8]] for k, row in enumerate(made)
        ]
    ),
    3,
    "mixed_units",
    "元 × 20",
)
case(
    "indicator",
    "unit_in_all_cells",
    cells("output", range(40), lambda v: units(v * 10000, "元")),
    3,
    "unit_contradicts",
    "'元'",
    "10,000 times off",
)
case("indicator", "unit_in_header", unit_in_header, 3, "unit_contradicts", "'亿元'")
case("indicator", "unit_above_table", raw("单位：亿元,,,,,,,,\n" + TEXT), 3, "unit_contradicts", "'亿元'")
case("indicator", "one_county_in_another_unit", cells("output", range(5, 10), lambda v: v * 10000), 0, "far_level", "530112")
case("indicator", "half_in_another_unit", cells("output", range(20), lambda v: v * 10000), 0, "far_level", "4 unit(s)")
case("indicator", "year_in_another_unit", cells("output", SAME_YEAR, lambda v: v * 10000), 3, "unit_jump", "×10^4")
case("indicator", "cell_times_ten", cells("output", 3, lambda v: v * 10), 3, "unit_jump", "530111")
case("indicator", "percent_as_fraction", cells("tap", range(40), lambda v: round(v / 100, 4)), 3, "percent_as_fraction")
case(
    "indicator",
    "fraction_in_one_year",
    cells("tap", SAME_YEAR, lambda v: round(v / 100, 4)),
    3,
    "percent_as_fraction",
    "8 value(s)",
)
case("indicator", "above_hundred", cells("tap", 3, 120), 3, "out_of_range", "[0, 100]", "row 5")
case("indicator", "zero_for_missing", cells("output", [3, 13], 0), 3, "zero_for_missing", "row 5")
case("indicator", "code_999", cells("output", [3, 9], 999), 3, "missing_code", "(999)")
case("indicator", "code_minus_99", cells("output", [3], -99), 3, "missing_code", "(-99)")
case("indicator", "code_9999999", cells("output", [3], 9999999), 3, "missing_code", "(9999999)")
case("indicator", "negative", cells("beds", [3], -356), 0, "few_negative", "-356")
case("indicator", "too_large", cells("output", 3, "1e300"), 3, "too_large", "1e+300")
case("indicator", "constant", cells("beds", range(40), 500), 3, "constant_column", "500")
case("indicator", "all_missing", cells("beds", range(40), None), 3, "empty_column")
case("indicator", "columns_alike", body(lambda made: [[*row[:8], row[7]] for row in made]), 0, "same_columns", "'output'")
case(
    "indicator",
    "columns_exchanged",
    body(lambda made: [[*row[:7], row[8], row[7]] if row[3] == 2020 else row for row in made]),
    0,
    "leap",
    "2020",
)
case(
    "indicator",
    "year_copied",
    body(lambda made: [[*row[:4], *made[k - 1][4:]] if row[3] == 2021 else row for k, row in enumerate(made)]),
    0,
    "repeated_row",
    "8 row(s)",
)
case("weights", "negative_weight", cells("population", 3, -500), 3, "weight_not_positive", "row 5")
case("weights", "zero_weight", cells("population", 3, 0), 3, "weight_not_positive")
case("weights", "weight_in_words", cells("population", 3, "约3万"), 3, "unreadable_cell", "'population'")
case("weights", "no_weights", cells("population", range(40), None), 3, "empty_column", "'population'")
case("weights", "weight_missing", cells("population", 3, None), 0, "weight_missing")
case("weights", "weights_in_ten_thousands", cells("population", SAME_YEAR, lambda v: v / 10000), 3, "unit_jump", "'population'")

case("indicator", "figures_in_powers", cells("beds", 3, "3.6E+02"), 0, "code_in_powers", "'beds' 1 code(s)", "'3.6E+02'", "row 5")
case(
    "indicator",
    "points_between_semicolons",
    raw(table([[*row[:6], int(row[6]), f"{row[7] / 1000:.3f}", row[8]] for row in ROWS], mark=";")),
    3,
    "comma_of_two_kinds",
    "the point in 40 cell(s)",
    "row 2",
)
case("panel", "total_as_a_group", added(*total_as_a_group()), 3, "total_row", "'province'", "rows of totals", "row 42")

# persons
case(
    "privacy",
    "identity_numbers",
    raw(table([[*row, "110101199003070038"] for row in ROWS], [*HEAD, "备注"])),
    3,
    "personal_data",
    hides=("110101199003070038",),
)
case("privacy", "telephones_as_names", cells("name", range(40), "13812345678"), 3, "personal_data", hides=("13812345678",))
case(
    "privacy",
    "identity_as_code",
    cells("county", range(40), lambda v: f"11010119900307{NAMES.index(NAMES[int(v) % 8]):03d}8"),
    3,
    hides=("11010119900307",),
)
case(
    "privacy",
    "identity_in_a_remark",
    raw(table([[*row, "见110101199003070038" if k == 9 else "正常"] for k, row in enumerate(ROWS)], [*HEAD, "备注"])),
    0,
    hides=("110101199003070038",),
)
