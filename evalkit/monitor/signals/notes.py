"""What a reader of signals must know beside them."""

from __future__ import annotations

import pandas as pd

from evalkit.answer import Note
from evalkit.monitor.rules.rules import IncomeBelow
from evalkit.monitor.signals.ground import Ground
from evalkit.monitor.signals.unjudged import REASONS
from evalkit.terms import Text, first_of

VERSION = Text(
    "预警规则“{name}”版本 {version}，自 {since} 起施行；截至 {day} 已知的记录；收入期 {first} 至 {last}。",
    "Rules '{name}', version {version}, in force from {since}; records known by {day}; incomes of {first} to {last}.",
)
VISIT = Text("预警只提示入户核实，不是认定结果。", "A signal opens a visit; it decides nothing.")
EXAMPLE = Text(
    "所用规则是示例，阈值取自个别地方：请换成本地当年的规则文件。",
    "These rules are an example, with thresholds of single places: put the rules of your place and year in their stead.",
)
EARLY = Text(
    "规则自 {since} 起施行，晚于 {day}：这一天的结果是按后来的规则推算的。",
    "The rules hold from {since}, which is after {day}: they are applied to a day before them.",
)
BLIND = Text(
    "没有给出各县送达情况：缺送的数据会被当作没有收入或没有发放，请谨慎使用。",
    "Nothing was said of deliveries: what never came may look like an income that is not there or a payment that has stopped.",
)
ELSEWHERE = Text(
    "规则“{rule}”写明的县中，{names} 没有任何住户：请与名册中的县代码核对。",
    "Rule '{rule}' names counties where no home is: {names}. Compare them with the codes of the register.",
)
NO_RECORD = Text(
    "{n:,} 户近两年没有任何收入记录：{what}。",
    "{n:,} homes have no record of an income in two years: {what}.",
)
ZERO = Text("规则 {rules} 按零收入计", "rules {rules} count them as without income")
NOT_ZERO = Text("不按零收入计，未作收入判断", "they are not taken as without income, and were not judged by it")
UNJUDGED = Text("规则“{rule}”有 {n:,} 户未能判断：{reason}。", "Rule '{rule}' could not judge {n:,} homes: {reason}.")


def notes_of(ground: Ground, homes: pd.DataFrame, shut: pd.DataFrame) -> tuple[Note, ...]:
    """The rules and their day, what is not known of deliveries and of incomes, and who was not judged."""
    rules, day = ground.rules, ground.as_of
    words = {"name": rules.name, "version": rules.version, "since": rules.valid_from, "day": day}
    notes = [Note("choice", VERSION.format(**words, first=ground.window.first, last=ground.window.last)), Note("choice", VISIT)]
    if rules.example:
        notes.append(Note("caution", EXAMPLE))
    if day < rules.valid_from:
        notes.append(Note("caution", EARLY.format(since=rules.valid_from, day=day)))
    if ground.coverage is None:
        notes.append(Note("caution", BLIND))
    notes += _elsewhere(ground)
    notes += _no_record(ground, int(homes.loc[~homes["recorded"], "homes"].sum()))
    by_reason = shut.groupby(["rule", "reason"], as_index=False)["homes"].sum()
    for rule, reason, n in zip(by_reason["rule"], by_reason["reason"], by_reason["homes"], strict=True):
        told = UNJUDGED.format(rule=rules.called(rule).name, n=n, reason=REASONS[reason])
        notes.append(Note("left_out", told))
    return tuple(notes)


def _elsewhere(ground: Ground) -> list[Note]:
    """Counties that rules name and the register does not have: their rules and thresholds hold nowhere."""
    told = []
    for rule in ground.rules.rules:
        named = dict.fromkeys((*rule.counties, *getattr(rule, "by_county", ())))
        if ground.counties and (strange := [name for name in named if name not in ground.counties]):
            told.append(Note("caution", ELSEWHERE.format(rule=rule.name, names=first_of(strange))))
    return told


def _no_record(ground: Ground, n: int) -> list[Note]:
    """How many homes have no income on record, and what was made of them."""
    if not n or ground.rules.the_range is None:
        return []
    below = [rule for rule in ground.rules.rules if isinstance(rule, IncomeBelow)]
    zero = [rule.id for rule in below if rule.no_record == "counts_as_zero"]
    what = ZERO.format(rules=first_of(zero)) if zero else NOT_ZERO
    return [Note("caution" if zero else "left_out", NO_RECORD.format(n=n, what=what))]
