"""One column for two roles, commas between semicolons, labels for figures, codes too long for their type, totals by name."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from pathlib import Path
from typing import Any

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
case("panel", "province_among_counties", among_counties, 0, "whole_region", "东省")
case("indicator", "codes_of_surveys", cells("income", list(FIRST), 99999998), 3, "missing_code", "99999998")
case("indicator", "bare_scale", cells("income", list(range(40)), lambda value: f"{value}万"), 3, "unit_contradicts", "'万'")
