"""Whether the sources that are declared have what a set of rules reads: tables, amounts, states, persons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from evalkit.errors import SpecError, did_you_mean, several
from evalkit.monitor.rules.rule import Rule, Value
from evalkit.monitor.rules.rules import RuleSet, SpendingAbove, SpendingShare, State, StateLost, Stopped
from evalkit.monitor.sources.sources import Source

Place = tuple[int | str, ...]
TYPES: dict[str, type] = {"flag": bool, "integer": int, "word": str}


def unfit(rules: RuleSet, sources: Sequence[Source]) -> Iterator[tuple[Place, SpecError]]:
    """What a set of rules reads that the sources do not have: the place in a file of rules, and what is wrong there.

    Examples
    --------
    >>> from datetime import date
    >>> from evalkit.monitor.rules.rules import IncomeBelow
    >>> from evalkit.terms import Text
    >>> low = IncomeBelow(id="low", name=Text("低收入", "low income"), channel="income", line=8700)
    >>> words = {"id": "own", "version": "1", "name": Text("规则", "rules"), "valid_from": date(2024, 1, 1)}
    >>> place, wrong = next(unfit(RuleSet(**words, rules=(low,), income=("wages",)), []))
    >>> place, wrong.what
    (('income',), "income reads 'wages', which is no source")
    """
    known = {source.id: source for source in sources}
    yield from ((("income",), wrong) for wrong in _money("income", rules.income, known))
    for at, rule in enumerate(rules.rules):
        for key, wrong in _of_rule(rule, rules.income, known):
            yield ("rule", at, key), wrong


def _of_rule(rule: Rule, income: Sequence[str], known: Mapping[str, Source]) -> Iterator[tuple[str, SpecError]]:
    """What one rule reads that is not there, or is the contrary, and by which key."""
    if isinstance(rule, SpendingAbove | SpendingShare) and (both := [table for table in rule.tables if table in income]):
        what = f"{rule.called} reads '{both[0]}' as spending, which is among the sources of income"
        yield "records", SpecError(what, do="take it out of one of the two")
    if isinstance(rule, SpendingAbove | SpendingShare | Stopped):
        yield from (("records", wrong) for wrong in _money(rule.called, rule.tables, known))
    elif isinstance(rule, State | StateLost):
        if rule.records not in known:
            yield "records", _unknown(rule.called, rule.records, known)
            return
        source = known[rule.records]
        if rule.each == "person" and "person" not in source.columns:
            what = f"{rule.called} looks at each person, whom '{source.id}' does not name"
            yield "each", SpecError(what, do='use each = "home"')
        for key, column, among in _looked_for(rule):
            yield from _states(rule, source, column, among, key)


def _looked_for(rule: State | StateLost) -> Iterator[tuple[str, str, Sequence[Value]]]:
    """The columns and values that a rule looks for, and by which key of the file."""
    yield ("column", rule.column, (0,)) if isinstance(rule, StateLost) else ("among", rule.column, rule.among)
    if isinstance(rule, State):
        yield from (("where", column, among) for column, among in rule.where.items())


def _money(who: str, tables: Sequence[str], known: Mapping[str, Source]) -> Iterator[SpecError]:
    for table in tables:
        if table not in known:
            yield _unknown(who, table, known)
        elif "amount" not in known[table].columns:
            yield SpecError(f"{who} reads amounts of '{table}', which has none", do="name the column amount of the source")


def _states(rule: Rule, source: Source, column: str, among: Sequence[Value], key: str) -> Iterator[tuple[str, SpecError]]:
    """What is wrong with a column of states or the values that a rule looks for in it, and by which key."""
    state = source.states.get(column)
    if state is None:
        what = f"{rule.called} reads '{column}', which is no state of '{source.id}'"
        do = did_you_mean(column, source.states) or f"use one of {several(source.states)}"
        yield ("where" if key == "where" else "column"), SpecError(what, do=do)
        return
    strange = [value for value in among if type(value) is not TYPES[state.kind]]
    strange += [value for value in among if not strange and state.among and value not in state.among]
    if strange and not (isinstance(rule, StateLost) and state.kind == "integer"):
        do = "use true or false" if state.kind == "flag" else "use whole numbers"
        do = f"use one of {several(state.among)}" if state.among else do
        do = "name a column of whole numbers" if isinstance(rule, StateLost) else do
        yield key, SpecError(f"{rule.called} looks for what '{column}' cannot be", found=several(map(repr, strange)), do=do)


def _unknown(who: str, table: str, known: Mapping[str, Source]) -> SpecError:
    do = did_you_mean(table, known) or (f"use one of {several(known, 12)}" if known else "declare it among the sources")
    return SpecError(f"{who} reads '{table}', which is no source", do=do)
