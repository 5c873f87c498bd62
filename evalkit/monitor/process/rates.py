"""The rates monitoring is graded on: risks resolved, homes newly included, and homes a sample found that were missed."""

from __future__ import annotations

from datetime import date

import numpy as np
import pandas as pd

from evalkit.check import has_columns, instance
from evalkit.errors import DataError, SpecError, several
from evalkit.stats.exact import binomial_lower, binomial_upper


def resolved_share(cases: pd.DataFrame, over: str) -> pd.DataFrame:
    """Homes ever included, those whose last inclusion was resolved, and their share in percent (G21), by group.

    A home that was resolved and is flagged again counts as resolved until it is included again.
    """
    included = cases[cases["included"].notna()].drop_duplicates("home", keep="last")  # sorted by home and case
    by = included.groupby(over)
    table = pd.DataFrame({"ever_included": by.size(), "resolved": included["resolved"].notna().groupby(included[over]).sum()})
    return table.assign(G21=100 * table["resolved"] / table["ever_included"])


def incidence(cases: pd.DataFrame, over: str, population: pd.Series | None, as_of: date) -> pd.DataFrame:
    """Homes included this year, each once, and per 100 of the population (G22), by group.

    Raises
    ------
    SpecError
        The population is no Series by group.
    DataError
        It names a group twice, or is not positive.
    """
    year = (cases["included"] >= pd.Timestamp(as_of.year, 1, 1)) & (cases["included"] <= pd.Timestamp(as_of))
    homes = cases[year].drop_duplicates("home", keep="last").groupby(over).size()
    if population is None:
        table = pd.DataFrame({"included": homes})
        return table.assign(G22=np.nan)
    _is_population(population)
    table = pd.DataFrame({"included": homes, "population": population.astype(float)})
    table["included"] = table["included"].fillna(0)
    return table.assign(G22=100 * table["included"] / table["population"])


def missed(cases: pd.DataFrame, over: str, sample: pd.DataFrame | None, level: float) -> pd.DataFrame:
    """Of sampled homes that qualify, those that are not in the ledger, in percent with an exact interval (G23), by county.

    `turned_down` qualify and are in the ledger, but were never included.

    Raises
    ------
    SpecError
        The sample is no frame, or groups are no counties.
    DataError
        A column is absent or has gaps, or a home stands twice.
    """
    if sample is None:
        return pd.DataFrame({"G23": pd.Series(dtype=float, index=pd.Index([], dtype="str"))})
    if over != "county":
        raise SpecError("a sample of homes is told by county", found=f"over='{over}'", do="ask with over='county'")
    _is_sample(sample)
    qualifies = sample["qualifies"].astype(bool)
    judged = cases.groupby("home").agg(included=("included", "count"), open=("open", "any"))
    there = sample["home"].isin(judged.index)
    down = sample["home"].isin(judged.index[(judged["included"] == 0) & ~judged["open"]])
    told = {"qualify": qualifies, "missed": qualifies & ~there, "turned_down": qualifies & down}
    by = pd.DataFrame({"sampled": True, **told}).groupby(sample["county"].to_numpy(dtype=object))
    table = by.sum().astype("int64")
    n, x = table["qualify"].to_numpy(dtype=float), table["missed"].to_numpy(dtype=float)
    side, asked = 1 - (1 - level) / 2, n > 0
    trials = np.maximum(n, 1)
    figures = {"G23": x / trials, "ci_low": binomial_lower(x, trials, side), "ci_high": binomial_upper(x, trials, side)}
    return table.assign(**{name: np.where(asked, 100 * figure, np.nan) for name, figure in figures.items()})


def _is_population(population: pd.Series) -> None:
    instance(population, pd.Series, who="the population", do="give a Series of homes by county")
    if population.index.has_duplicates:
        twice = several(population.index[population.index.duplicated()])
        raise DataError("the population names a group twice", found=twice, do="keep one figure of each")
    wrong = population.index[~(population > 0).to_numpy(dtype=bool, na_value=False)]
    if len(wrong):
        raise DataError("the population must be positive", where=several(wrong), do="correct it, or leave the group out")


def _is_sample(sample: pd.DataFrame) -> None:
    instance(sample, pd.DataFrame, who="the sample", do="give a frame with home, qualifies, county")
    has_columns(sample, ["home", "qualifies", "county"], who="the sample")
    for name in ("home", "qualifies", "county"):
        gaps = np.flatnonzero(sample[name].isna().to_numpy())
        if len(gaps):
            found = f"{len(gaps)}, the first of them in row {gaps[0] + 1}"
            raise DataError(f"the column '{name}' of the sample has gaps", found=found, do="complete the rows or leave them out")
    if not sample["qualifies"].isin([0, 1]).all():
        raise DataError("the column 'qualifies' of the sample must be yes or no", do="write True or False")
    twice = np.flatnonzero(sample["home"].duplicated().to_numpy())
    if len(twice):
        found = f"{len(twice)}, the first of them in row {twice[0] + 1}"
        raise DataError("the sample holds some homes twice", found=found, do="keep one row of each")
