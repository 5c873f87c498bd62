"""What makes a survey doubtful: codes that only writing keeps apart, money in several units, waves of a handful of homes."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import numpy as np
import pandas as pd

from evalkit.answer import Note
from evalkit.errors import DataError, several
from evalkit.panel.checks.measure_words import times_off
from evalkit.panel.panel import Panel
from evalkit.terms import Text, first_of, same

JOINED = 3  # codes that writing alone keeps apart, from which on it is no chance
TINY = 20  # how many times fewer homes than the largest a wave has that is none
MANY = 0.2  # share of homes with transfers above their income, from which on it is no chance


def apart_in_writing(codes: pd.Series, waves: pd.Series) -> list[Note]:
    """A caution where codes of homes differ in capitals or leading zeros alone and are never seen in the same wave.

    Examples
    --------
    >>> codes = [f"{letter}{n}" for letter in "Hh" for n in range(3)]
    >>> len(apart_in_writing(pd.Series(codes), pd.Series([2021] * 3 + [2022] * 3)))
    1
    """
    seen = pd.DataFrame({"code": codes, "wave": waves}).dropna().drop_duplicates()
    seen["meant"] = seen["code"].str.casefold().str.lstrip("0")
    kinds = seen.groupby("meant")["code"].nunique()
    doubtful = seen[seen["meant"].isin(kinds.index[kinds > 1])]
    together = doubtful.loc[doubtful.duplicated(["meant", "wave"]), "meant"].nunique()
    apart = doubtful["meant"].nunique() - together
    if apart < JOINED or apart <= together:
        return []
    text = Text(
        "{n} 户的编码在不同年份只有大小写或前导零不同，按不同的户处理，因而不能跨期连接：请统一编码的写法。",
        "Codes of {n} homes differ between waves in capitals or leading zeros alone; they count as different homes and are not "
        "followed: write each code in one way.",
    )
    return [Note("caution", text.format(n=apart))]


def one_unit_of_measure(panel: Panel, money: Sequence[str], place: str) -> None:
    """Refuse incomes, lines and transfers of which the file says that they are in different units of measure."""
    said = {} if panel.places is None else panel.places.said
    for one, other in combinations([column for column in money if said.get(column)], 2):
        units = said[one], said[other]
        if any(times_off(a, same(b)) != 1 for a, b in (units, units[::-1])):
            found = several(f"'{column}' {said[column]}" for column in (one, other))
            do = "convert one of them"
            raise DataError("incomes, lines and transfers are not in one unit of measure", where=place, found=found, do=do)


def large_transfers(homes: pd.DataFrame, income: str, transfers: Sequence[str]) -> list[Note]:
    """A caution on transfers that are more than the income of many homes."""
    text = Text(
        "“{column}”在 {share:.0%} 的户次中大于收入“{income}”：请核对两者的单位与时期。",
        "“{column}” is more than the income “{income}” in {share:.0%} of home-years: check unit and length of time of both.",
    )
    shares = {column: float((homes[column] > homes[income]).mean()) for column in transfers}
    return [
        Note("caution", text.format(column=column, income=income, share=share))
        for column, share in shares.items()
        if share > MANY
    ]


def sound_waves(homes: pd.DataFrame, panel: Panel, unit: str, period: str) -> None:
    """Refuse waves with a handful of homes beside others with many, as a wrong year makes them: they would be told alone."""
    sizes = homes.groupby(period).size()
    tiny = sizes.index[sizes * TINY < sizes.max()]
    if not len(tiny):
        return
    some = homes[homes[period].isin(tiny)]
    found = several(f"{year}: {sizes[year]:,}; other waves have up to {sizes.max():,} homes" for year in tiny)
    where = panel.where([(key, year, period) for key, year in some[[unit, period]].itertuples(index=False)], named=False)
    do = "correct the year, or its other cells where they are blank; or take the wave out"
    raise DataError("a wave has only a handful of homes", where=where, found=found, do=do)


def emptied_waves(periods: pd.Series, gaps: pd.Series) -> list[Note]:
    """A caution on waves of which nothing is left, for every home lacks a figure."""
    left = set(np.unique(periods[~gaps]))
    gone = [int(year) for year in np.unique(periods) if year not in left]
    if not gone:
        return []
    text = Text(
        "{years} 各期没有一户具备所需各列的数值，整期未计入；末期为 {last}。",
        "No home of {years} has all the figures that are asked: these waves are left out, and the last is {last}.",
    )
    return [Note("caution", text.format(years=first_of(gone), last=int(max(left))))]
