"""What a model must not see: attributes held aside for audits, and those that are never measured at all."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np
import pandas as pd

from evalkit.check import has_columns, shown
from evalkit.errors import DataError, SpecError, several
from evalkit.risk.observed import a_frame, a_name, figures

# Words of names, in any of which a column is taken for what it says.
NEVER = frozenset(
    {"ethnic", "ethnicity", "ethnicities", "minority", "religion", "religious", "faith", "party", "political", "politics"}
)
PROTECTED = frozenset(
    {"sex", "gender", "female", "females", "fem", "male", "males", "woman", "women", "age", "ages", "aged"}
    | {"disabled", "disability", "disabilities", "resettled", "resettlement", "relocated", "relocation", "remote", "remoteness"}
)
NEVER_PARTS = ("民族", "宗教", "信仰", "党员", "政治")
PROTECTED_PARTS = ("性别", "年龄", "残疾", "搬迁", "偏远", "无劳动", "no_labor", "no_labour", "nolabor", "nolabour")


def never_measured(name: str) -> bool:
    """Whether a column is named after ethnicity, religion or politics, which nothing here may use, not even an audit.

    Examples
    --------
    >>> never_measured("head_ethnicity"), never_measured("民族"), never_measured("income")
    (True, True, False)
    """
    return bool(_words(name) & NEVER) or any(part in name for part in NEVER_PARTS)


def protected(name: str) -> bool:
    """Whether a column is named after an attribute that is audited and enters no model: sex, age, disability, resettlement …

    Examples
    --------
    >>> protected("head_age"), protected("无劳动力户"), protected("wage")
    (True, True, False)
    """
    return bool(_words(name) & PROTECTED) or any(part in name.lower() for part in PROTECTED_PARTS)


def refuse_protected(names: Iterable[object], held: Iterable[str] = (), *, who: str) -> None:
    """Refuse features that are held aside, or are named after what must be.

    Raises
    ------
    DataError
        Some are; the message names them.

    Examples
    --------
    >>> refuse_protected(["income_level", "head_sex"], who="the model")
    Traceback (most recent call last):
        ...
    evalkit.errors.DataError: the model must not see [head_sex]. To do: hold them aside for the audit: HeldAside(attributes=…).
    """
    every, aside = [str(name) for name in names], set(held)
    never = [name for name in every if never_measured(name)]
    if never:
        do = "take them out of the data: ethnicity, religion and politics are not measured"
        raise DataError(f"{who} must not see [{several(never)}]", do=do)
    wrong = [name for name in every if name in aside or protected(name)]
    if wrong:
        raise DataError(f"{who} must not see [{several(wrong)}]", do="hold them aside for the audit: HeldAside(attributes=…)")


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldAside:
    """Attributes that are kept beside the features, for audits of who is reached, and never enter a model.

    Parameters
    ----------
    attributes
        Columns kept as they are: sex of the head, resettled, remote.
    bands
        Columns of figures cut into bands at some limits: {"head_age": (40, 60)} gives under 40, 40 to under 60, and 60 and more.
    none
        Columns of which it is kept whether they are 0, under another name: {"workers": "no_labor"}.

    Examples
    --------
    >>> homes = pd.DataFrame({"head_female": [1, 0], "head_age": [35, 70], "workers": [2, 0]})
    >>> held = HeldAside(attributes=("head_female",), bands={"head_age": (40, 60)}, none={"workers": "no_labor"})
    >>> held.take(homes).to_numpy().tolist()
    [[1, '<40', False], [0, '>=60', True]]
    """

    attributes: tuple[str, ...] = ()
    bands: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    none: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if not isinstance(self.attributes, tuple) or not all(isinstance(name, str) and name for name in self.attributes):
            raise SpecError("HeldAside attributes must be a tuple of column names", found=shown(self.attributes))
        if not isinstance(self.bands, Mapping) or not isinstance(self.none, Mapping):
            raise SpecError("HeldAside bands and none are mappings of columns", do='write bands={"head_age": (40, 60)}')
        for name, limits in self.bands.items():
            a_name(name, who="a band of HeldAside")
            numbers = isinstance(limits, tuple) and all(isinstance(x, int | float) and np.isfinite(x) for x in limits)
            if not numbers or not limits or list(limits) != sorted(set(limits)):
                raise SpecError(f"bands of '{name}' need rising limits", found=shown(limits), do="write (40, 60)")
        for name, called in self.none.items():
            a_name(name, who="a column of HeldAside none")
            a_name(called, who="a name of HeldAside none")
        if len(set(self.names)) < len(self.names):
            raise SpecError("HeldAside names an attribute twice", found=several(self.names))
        never = [name for name in (*self.names, *self.none) if never_measured(name)]
        if never:
            do = "leave it out: ethnicity, religion and politics are not measured"
            raise SpecError("some attributes are never measured", found=several(never), do=do)

    @property
    def names(self) -> tuple[str, ...]:
        """The attributes that are kept."""
        return (*self.attributes, *self.bands, *self.none.values())

    def take(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The attributes of each row.

        Raises
        ------
        DataError
            A column is absent, or one that is cut or compared holds gaps or text.
        """
        a_frame(frame, who="HeldAside")
        has_columns(frame, [*self.attributes, *self.bands, *self.none], who="HeldAside")
        kept: dict[str, object] = {name: frame[name] for name in self.attributes}
        kept |= {name: _banded(frame, name, limits) for name, limits in self.bands.items()}
        kept |= {called: figures(frame, name, who="HeldAside") == 0 for name, called in self.none.items()}
        return pd.DataFrame(kept, index=frame.index)


def _banded(frame: pd.DataFrame, name: str, limits: tuple[float, ...]) -> pd.Series:
    at = np.searchsorted(np.array(limits, dtype=float), figures(frame, name, who="HeldAside"), side="right")
    middle = [f"{low:g}-<{high:g}" for low, high in pairwise(limits)]
    names = pd.Index([f"<{limits[0]:g}", *middle, f">={limits[-1]:g}"])
    return pd.Series(pd.Categorical.from_codes(at, names, ordered=True), index=frame.index)


def _words(name: str) -> set[str]:
    return set(re.split(r"[^a-z]+", re.sub(r"([a-z])([A-Z])", r"\1_\2", name).lower()))
