"""What a frame says of risks and outcomes, read at one door: figures, yes or no, probabilities, groups."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pandas as pd

from evalkit.check import able, has_columns, neither, no_numbers, number, shown
from evalkit.errors import DataError, NoAnswer, SpecError
from evalkit.panel.design import Sampled, SurveyDesign
from evalkit.stats.arrays import Array, Codes, Mask, native
from evalkit.stats.ranks import HALF

TAKEN = {  # columns that answers have of their own
    *("measure", "risk", "against", "estimate", "std_error", "ci_low", "ci_high", "n", "over", "budget", "threshold"),
    *("bin", "low", "high", "predicted", "observed", "weight_share"),
}


class NumbersNeeded(DataError, ValueError):
    """As scikit-learn expects it: a ValueError too."""


@contextmanager
def only_numbers(who: str) -> Iterator[None]:
    """Text where numbers belong is refused without saying what it is; scikit-learn and numpy would print it, be it a name.

    Examples
    --------
    >>> with only_numbers("the imputer"):
    ...     np.asarray(["Wang"], dtype=float)
    Traceback (most recent call last):
    evalkit.risk.observed.NumbersNeeded: the imputer needs numbers, and finds text. To do: code it as numbers, or leave it out.
    """
    try:
        yield
    except ValueError as wrong:
        if "could not convert string" not in str(wrong):
            raise
        raise NumbersNeeded(f"{who} needs numbers, and finds text", do="code it as numbers, or leave it out") from None


def a_frame(frame: pd.DataFrame, *, who: str) -> None:
    """Refuse what is no DataFrame, or holds no row."""
    if not isinstance(frame, pd.DataFrame):
        raise SpecError(f"{who} needs a DataFrame", found=type(frame).__name__, do="pass one row a household")
    if not len(frame):
        raise DataError(f"{who} was given no rows", do="check what was selected before")


def column(frame: pd.DataFrame, name: str, *, who: str) -> pd.Series:
    """One column without gaps."""
    has_columns(frame, [name], who=who)
    found = native(frame[name]) if isinstance(frame[name], pd.Series) else frame[name]
    if isinstance(found, pd.DataFrame):
        raise DataError(f"{who} finds column '{name}' more than once", do="give each column its own name")
    if found.isna().any():
        gaps = f"{int(found.isna().sum())} gaps"
        raise DataError(f"{who} finds gaps in column '{name}'", found=gaps, do="fill them, or leave the rows out and say so")
    return found


def figures(frame: pd.DataFrame, name: str, *, who: str) -> Array:
    """A column of finite numbers; text is refused even where it looks like a number."""
    found = column(frame, name, who=who)
    if not pd.api.types.is_numeric_dtype(found.dtype) or found.dtype.kind == "c":
        do = "read it as numbers first"
        raise DataError(f"{who} needs numbers in column '{name}'", found=no_numbers(found), do=do)
    values = found.to_numpy(dtype=float)
    if not np.isfinite(values).all():
        raise DataError(f"{who} finds infinite figures in column '{name}'", do="leave those rows out and say so")
    return values


def not_negative(frame: pd.DataFrame, name: str, *, who: str) -> Array:
    """A column of numbers of at least 0, not all of them 0."""
    values = figures(frame, name, who=who)
    if (values < 0).any() or not values.any():
        found = f"{int((values < 0).sum())} below 0" if values.any() else "0 in all rows"
        raise DataError(f"{who} column '{name}' must not be negative, and not all 0", found=found)
    return values


def yes_or_no(frame: pd.DataFrame, name: str, *, who: str) -> Array:
    """A column of outcomes, 1 where it happened and 0 where it did not."""
    values = figures(frame, name, who=who)
    if ((values != 0) & (values != 1)).any():
        raise DataError(
            f"{who} needs 1 and 0 in column '{name}'", found=neither(pd.unique(values)), do="give 1 where it happened, else 0"
        )
    return values


def varied(outcome: Array, weights: Array, name: str, *, so: str) -> None:
    """Refuse outcomes that are all alike among rows with weight."""
    held = outcome[weights > 0]
    if not held.any() or held.all():
        found = f"{int(held.sum()):,} of {len(held):,} rows with the event"
        do = "give rows with and without it, such as those of more periods"
        raise NoAnswer(f"'{name}' does not vary among rows with weight, so {so}", found=found, do=do)


def probabilities(frame: pd.DataFrame, name: str, *, who: str) -> Array:
    """A column of probabilities."""
    values = figures(frame, name, who=who)
    if values.min() < -HALF or values.max() > 1 + HALF:
        raise DataError(
            f"{who} needs probabilities in column '{name}'",
            found=f"figures from {values.min():.6g} to {values.max():.6g}",
            do="calibrate the score first, or ask for measures of its ranking alone",
        )
    return np.clip(values, 0.0, 1.0)


def sampled(frame: pd.DataFrame, design: SurveyDesign, *, who: str) -> Sampled:
    """The design of a frame, with weights that are finite numbers."""
    if design.weights is not None:
        figures(frame, design.weights, who=who)
    return design.on(frame)


def groups(frame: pd.DataFrame, over: str | None, *, who: str) -> dict[object, Mask]:
    """Which rows belong to each group, in order of their names; one group of all rows where `over` is None."""
    if over is None:
        return {None: np.ones(len(frame), dtype=bool)}
    a_name(over, who=f"{who} over")
    if over in TAKEN:
        raise SpecError(f"{who} over cannot be '{over}', a column of the answer", do="rename the column of groups")
    codes, names = labeled(frame, over, who=who)
    return {name: codes == at for at, name in enumerate(names)}


def labeled(frame: pd.DataFrame, name: str, *, who: str) -> tuple[Codes, list[object]]:
    """A column as codes 0, 1, … and the names they stand for, in order."""
    codes, unique = pd.factorize(column(frame, name, who=who))
    names = list(unique)
    try:
        order = sorted(range(len(names)), key=lambda at: names[at])
    except TypeError:
        order = sorted(range(len(names)), key=lambda at: (type(names[at]).__name__, str(names[at])))
    place = np.empty(len(names), dtype=np.intp)
    place[order] = np.arange(len(names))
    return place[codes], [names[at] for at in order]


def names_of(value: str | Sequence[str], *, who: str) -> tuple[str, ...]:
    """One name or several as a tuple, each once."""
    names = (value,) if isinstance(value, str) else tuple(value) if isinstance(value, list | tuple) else ()
    if not names or not all(isinstance(name, str) and name for name in names) or len(set(names)) != len(names):
        raise SpecError(f"{who} must be one name, or several different ones", found=shown(value))
    return names


def a_name(value: str, *, who: str) -> None:
    """Refuse what is no name."""
    if not isinstance(value, str) or not value:
        raise SpecError(f"{who} must be a name: text that is not empty", found=shown(value))


def a_design(value: SurveyDesign, *, who: str) -> None:
    """Refuse what is no survey design."""
    able(value, "on", who=f"{who} design", do="use SurveyDesign(weights=…, clusters=…)")


def a_share(value: float, *, who: str, least: float = 0.0, most: float = 1.0) -> None:
    """Refuse what is no number strictly between two limits."""
    number(value, f"({least:g}, {most:g})", who=who)
