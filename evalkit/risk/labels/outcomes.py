"""What is looked for at the outcome: something bad that was not there at the origin; and why a row gets no label."""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np

from evalkit.risk.labels.followed import Followed
from evalkit.stats.arrays import Array, Codes, Mask
from evalkit.terms import Text

Event = Literal["falling", "returning", "losing", "falling_without_transfers", "shock"]
EVENTS: dict[str, Text] = {
    "falling": Text("未贫困户在结果期收入低于线", "not poor at the origin, poor at the outcome"),
    "returning": Text("曾贫困、已脱离者再次低于线", "was poor, had left, is poor again"),
    "losing": Text("“三保障”与饮水安全中原有的一项失去", "one of the guarantees that was held is lost"),
    "falling_without_transfers": Text(
        "扣除转移性收入后由线上落到线下", "transfers set aside, above the line at the origin, below it at the outcome"
    ),
    "shock": Text("出现起点时没有的突发困难", "struck by something that was not there at the origin"),
}

REASONS: dict[str, Text] = {
    "not_an_origin": Text("不在所选起点期", "not one of the waves asked for"),
    "origin_missing": Text("起点期数据缺失", "not known at the origin"),
    "not_at_risk": Text("起点期已处于该状态", "already so at the origin"),
    "no_history": Text("此前情况不详", "whether it was poor before is not known"),
    "never_poor": Text("此前未曾贫困", "was not poor before"),
    "not_yet_known": Text("结果尚未可知", "the outcome is not known yet"),
    "no_wave": Text("结果期没有调查", "no home was seen in the outcome's wave"),
    "attrition": Text("此后失访", "not seen again"),
    "gap": Text("结果期未访到，后来又访到", "not seen at the outcome, but later"),
    "outcome_missing": Text("结果期数据缺失", "seen at the outcome, but not what is asked"),
    "assisted": Text("期间获得帮扶，按设定不计", "received assistance, left out as asked"),
}


def new_trouble(before: Mask, after: Mask) -> Mask:
    """Rows where, of troubles (n, k), some trouble is there after that was not there before.

    Examples
    --------
    >>> new_trouble(np.array([[False, True], [False, True]]), np.array([[False, True], [True, False]]))
    array([False,  True])
    """
    return np.asarray((~before & after).any(axis=1))


class Trouble(NamedTuple):
    """Of each row: each kind of trouble (n, k), and whether all of them are known."""

    there: Mask
    known: Mask


class Outcome(NamedTuple):
    """Of each row: whether trouble came, which row the outcome was seen in (−1: none), how many waves between were not seen."""

    came: Mask
    row: Codes
    unseen: Codes


def trouble_of(columns: list[Array]) -> Trouble:
    """Columns of 1, 0 and NaN as troubles."""
    x = np.stack(columns, axis=1)
    return Trouble(x == 1, np.asarray(~np.isnan(x).any(axis=1)))


def outcome_of(homes: Followed, trouble: Trouble, horizon: int, *, within: bool) -> Outcome:
    """What came at the horizon, or within it, in waves in which any home was seen."""
    came, unseen = np.zeros(len(homes), dtype=bool), np.zeros(len(homes), dtype=np.intp)
    waves = homes.waves
    row = homes.at(horizon)
    for later in range(1, horizon + 1) if within else (horizon,):
        at = homes.at(later)
        seen = (at >= 0) & trouble.known[at]
        came |= seen & new_trouble(trouble.there, trouble.there[at])
        if later < horizon:
            unseen += ~seen & np.isin(homes.period + later, waves)
    return Outcome(came, row, unseen)


def was_poor(homes: Followed, trouble: Trouble, history: int | None) -> tuple[Mask, Codes]:
    """Whether a home was poor in an earlier wave, and in how many of the earlier waves it is not known.

    `history` is how many periods are looked back on (None: to the first wave).
    """
    poor = homes.earlier((trouble.there[:, 0] & trouble.known).astype(float), history) > 0
    seen = homes.earlier(trouble.known.astype(float), history)
    waves = homes.waves
    first = 0 if history is None else np.searchsorted(waves, homes.period - history)
    held = np.searchsorted(waves, homes.period) - first
    return poor, np.where(held > 0, held - seen, np.iinfo(np.int32).max).astype(np.intp)
