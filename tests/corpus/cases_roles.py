"""One column for two roles, commas between semicolons, labels for figures, codes too long for their type, totals by name."""

from __future__ import annotations

import datetime
import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
from bad_files import ASSESS, case, cells, raw
from small_study import HEAD, STUDY, lay, rows, table

ROWS = rows()
FIRST = range(5)  # the rows of one county
ONE_COLUMN = "a column is one thing alone"


def named(old: str, new: str) -> Any:
    """The study with another line in its [panel]."""

    def build(folder: Path) -> None:
        lay(folder)
        (folder / "study.toml").write_text(STUDY.replace(old, new), encoding="utf-8")

    return build


def stata(change: Callable[[pd.DataFrame], pd.DataFrame]) -> Any:
    """The panel as a Stata file, changed."""

    def build(folder: Path) -> None:
        lay(folder, panel=None, file="panel.dta")
        frame = change(pd.DataFrame(rows(), columns=HEAD))
        frame.to_stata(folder / "panel.dta", write_index=False, version=118, time_stamp=datetime.datetime(2024, 1, 1))

    return build


def parquet_codes(folder: Path) -> None:
    """Codes of twelve digits in single precision."""
    lay(folder, panel=None, file="panel.parquet")
    frame = pd.DataFrame(rows(), columns=HEAD)
    codes = (frame["county"].astype("int64") * 1_000_003).astype("float32")
    frame.assign(county=codes).to_parquet(folder / "panel.parquet", index=False)


def parquet_lengths(kind: str) -> Any:
    """The output as a length of time: as pandas keeps one beside whole numbers, or as a type of Parquet."""

    def build(folder: Path) -> None:
        lay(folder, panel=None, file="panel.parquet")
        frame = pd.DataFrame(rows(), columns=HEAD)
        if kind == "duration":
            frame.assign(output=pd.to_timedelta(frame["output"], unit="D")).to_parquet(folder / "panel.parquet", index=False)
            return
        with duckdb.connect() as engine:
            engine.register("panel", frame)
            output = "to_days(output::INTEGER) AS output"
            engine.execute(f"COPY (SELECT * REPLACE ({output}) FROM panel) TO '{folder / 'panel.parquet'}' (FORMAT parquet)")

    return build


def labelled(folder: Path) -> None:
    """Incomes of which some are codes that their labels call no answer, one a missing value with a label; a topcode of beds."""
    lay(folder, panel=None, file="panel.dta")
    frame = pd.DataFrame(rows(), columns=HEAD).astype({"income": float, "beds": "int32"})
    frame.loc[3:6, "income"] = [-8, 99, 99, 777.125]
    labels = {-8: "不适用", 99: "99. Don't know / refused", 2**31 - 26: "拒答"}
    path, when = folder / "panel.dta", datetime.datetime(2024, 1, 1)
    of_columns: Any = {"income": labels, "beds": {int(frame["beds"].iloc[0]): "topcode"}}
    frame.to_stata(path, write_index=False, version=118, time_stamp=when, value_labels=of_columns)
    path.write_bytes(path.read_bytes().replace(struct.pack("<d", 777.125), struct.pack("<Q", 0x7FE0010000000000)))  # .a


def among_counties(folder: Path) -> None:
    """A province among its counties, by its name alone."""
    lay(
        folder,
        panel=table([*ROWS, *(["530199", "东省", "东省", year, 400000, 12000, 75.0, 9000, 900] for year in range(2018, 2023))]),
    )


case("config", "unit_is_name", named('name = "name"', 'name = "county"'), 2, ONE_COLUMN, "'county'")
case("config", "group_twice", named('["province"]', '["province", "province"]'), 2, ONE_COLUMN, "'province'")
case("config", "group_is_unit", named('["province"]', '["county"]'), 2, ONE_COLUMN)
case("config", "weight_is_period", named('"population"', '"year"'), 2, ONE_COLUMN)
case(
    "config",
    "goalposts_fall",
    named("[robustness]", "[normalize]\nbounds = { income = [60000, 2000] }\n[robustness]"),
    2,
    "the goalposts of 'income' do not rise",
    command=ASSESS,
)
case("config", "key_of_thousands_of_tables", named("[robustness]", "a." * 20000 + "b = 1\n[robustness]"), 2, "not valid TOML")
case(
    "file",
    "commas_between_semicolons",
    raw(table([[*row[:5], f"{row[5]:,}", *row[6:]] for row in ROWS], mark=";")),
    3,
    "comma_of_two_kinds",
    "row 2",
)
case(
    "indicator",
    "figures_as_labels",
    stata(lambda frame: frame.assign(tap=pd.Categorical(frame["tap"].astype(str)))),
    3,
    "encoded_figures",
    "0 = '",
    file="panel.dta",
)
case(
    "panel",
    "codes_in_single_precision",
    stata(lambda frame: frame.assign(county=(frame["county"].astype("int64") * 1_000_003).astype("float32"))),
    3,
    "code_in_powers",
    file="panel.dta",
)
case("panel", "codes_in_single_precision_parquet", parquet_codes, 3, "code_in_powers", file="panel.parquet")
case(
    "indicator",
    "lengths_of_time",
    parquet_lengths("duration"),
    3,
    "unreadable_cell",
    "'output'",
    "'a length of time: ",
    "row 1",
    file="panel.parquet",
)
case(
    "indicator",
    "intervals",
    parquet_lengths("interval"),
    3,
    "unreadable_cell",
    "'output'",
    "'a length of time: 7801 days'",
    file="panel.parquet",
)
case(
    "indicator",
    "labels_of_no_answer",
    labelled,
    0,
    "missing_marker 'income': 4 marker(s) read as missing",
    "-8 = '不适用' × 1, 99 = '99. Don't know / refused' × 2, .a = '拒答' × 1",
    "encoded_figures 'beds' holds 1 value(s) that have a label",
    "= 'topcode'",
    file="panel.dta",
)
case("panel", "province_among_counties", among_counties, 0, "whole_region", "东省")
case("indicator", "codes_of_surveys", cells("income", list(FIRST), 99999998), 3, "missing_code", "99999998")
case("indicator", "bare_scale", cells("income", list(range(40)), lambda value: f"{value}万"), 3, "unit_contradicts", "'万'")
