"""How the ledger looks: open cases by county, stage, kind and age, and what happened in a month."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd
from matplotlib.figure import Figure as Canvas

from evalkit.monitor.ledger.state import LedgerState
from evalkit.report import theme
from evalkit.report.document import Figure, Table
from evalkit.report.monitor.tables import COUNTY, HOME_KINDS, HOMES, LEAST, Counts, by_column, crossed
from evalkit.report.verbs import figures, tables, words
from evalkit.report.words import Voice
from evalkit.stats.suppression import suppressed_together
from evalkit.terms import Text

OPEN: dict[str, Text] = {
    "flagged": Text("待入户核实", "Waiting for a visit"),
    "visited": Text("已核实待定", "Visited, not decided"),
    "included": Text("已纳入待帮扶", "Included, not helped yet"),
    "helped": Text("帮扶中", "Being helped"),
}
AGES: dict[str, Text] = {
    "0-15": Text("15 天以内", "Up to 15 days"),
    "16-30": Text("16—30 天", "16–30 days"),
    "31-90": Text("31—90 天", "31–90 days"),
    "91-": Text("90 天以上", "Over 90 days"),
}
UPPER = (15, 30, 90)
FLOWS: dict[str, Text] = {
    "flagged": Text("新预警", "Flagged"),
    "visited": Text("入户核实", "Visited"),
    "included": Text("纳入监测", "Included"),
    "not_included": Text("不纳入", "Not included"),
    "helped": Text("落实帮扶", "Helped"),
    "resolved": Text("风险消除", "Risk resolved"),
    "reopened": Text("再次预警", "Flagged again"),
}
STAGE = Text("在办农户：环节", "Homes with an open case, by stage")
KIND = Text("在办农户：对象类型", "Homes with an open case, by kind")
AGE = Text("在办农户：自预警起的天数", "Homes with an open case, by days since the flag")
MONTH = Text("本月进展（按记入台账的月份）", "What happened in the month (by when the ledger learned of it)")


@dataclass(frozen=True, slots=True, eq=False)
class OpenCases:
    """Open cases by county: the same homes by stage, kind and age, their small counts hidden together."""

    stage: Counts
    kind: Counts
    age: Counts

    @classmethod
    def of(cls, cases: pd.DataFrame, as_of: date, least: int = LEAST) -> OpenCases:
        """The open ones of a ledger's cases, as of a day."""
        rows = cases[cases["open"].to_numpy(dtype=bool)]
        counties = tuple(sorted(rows["county"].dropna().astype(str).unique()))
        stage = rows["stage"].replace({"reopened": "flagged"})
        days = (pd.Timestamp(as_of) - pd.to_datetime(rows["flagged"])).dt.days.to_numpy()
        age = pd.Series(np.array(list(AGES))[np.searchsorted(UPPER, days)], index=rows.index, dtype=object)
        kind = rows["kind"].astype(object).where(rows["kind"].isin(list(HOME_KINDS)), "none")
        parts: list[tuple[pd.Series, dict[str, Text]]] = [(stage, OPEN), (kind, HOME_KINDS), (age, AGES)]
        counted = [crossed(rows["county"].astype(str), part, counties, list(heads)) for part, heads in parts]
        hidden = suppressed_together(counted, least)
        return cls(
            *(
                Counts(rows=counties, heads=tuple(heads.values()), found=found, least=least)
                for found, (_, heads) in zip(hidden, parts, strict=True)
            )
        )

    @property
    def parts(self) -> tuple[Counts, Counts, Counts]:
        """The three of them."""
        return self.stage, self.kind, self.age

    def tables(self, voice: Voice) -> tuple[Table, ...]:
        """The three tables."""
        said = (("open_by_stage", STAGE, self.stage), ("open_by_kind", KIND, self.kind), ("open_by_age", AGE, self.age))
        return tuple(counts.table(key, caption, COUNTY, voice) for key, caption, counts in said)

    def figure(self, voice: Voice) -> Figure:
        """How long cases have been open, all counties together."""
        alt = Text("条形图：在办农户按自预警起的天数。", "Bars: homes with an open case by days since the flag.")
        heads = [voice(head) for head in AGES.values()]
        values = self.age.totals()[: len(heads)]
        return Figure(key="ageing", caption=AGE, draw=lambda: _bars(heads, {voice(HOMES): values}, voice), alt=voice(alt))

    def sentence(self, voice: Voice) -> str:
        """How many there are, and how many are late."""
        text = Text(
            "在办 {all} 户，其中待入户核实 {waiting} 户；自预警起超过 90 天的 {late} 户",
            "{all} homes have an open case, of which {waiting} wait for a visit; {late} were flagged more than 90 days ago",
        )
        said = {"all": self.stage.total(-1, voice), "waiting": self.stage.total(0, voice), "late": self.age.total(3, voice)}
        return voice(text, **said)


def flows(changes: pd.DataFrame, month: date, least: int = LEAST) -> Counts:
    """How many cases came to each stage, by county, in the month of a day: by when the ledger learned of it, up to that day.

    A case counts once in a month and stage, however many measures it was given.
    """
    learnt = pd.to_datetime(changes["known_date"])
    inside = (learnt >= pd.Timestamp(month.replace(day=1))) & (learnt <= pd.Timestamp(month))
    rows = changes[inside & changes["stage"].isin(list(FLOWS))].drop_duplicates(["home", "case", "stage"])
    place = changes.dropna(subset=["county"]).drop_duplicates(["home", "case"]).set_index(["home", "case"])["county"]
    county = rows[["home", "case"]].join(place, on=["home", "case"])["county"].astype(str)
    counties = sorted(place.astype(str).unique())
    return by_column(crossed(county, rows["stage"], counties, list(FLOWS)), counties, FLOWS, least)


def flow_figure(now: Counts, before: Counts, month: date, voice: Voice) -> Figure:
    """The month beside the one before, all counties together; hidden totals have no bar."""
    last = f"{month.year - (month.month == 1)}-{(month.month - 2) % 12 + 1:02d}"
    bars = {last: before.totals(), f"{month:%Y-%m}": now.totals()}
    heads = [voice(head) for head in FLOWS.values()]
    caption = Text("本月与上月的进展", "The month and the month before")
    alt = Text("条形图：各环节户数，本月与上月并列。", "Bars: homes by stage, this month beside the last.")
    return Figure(key="flows", caption=caption, draw=lambda: _bars(heads, bars, voice), alt=voice(alt))


def _bars(heads: list[str], bars: dict[str, list[float]], voice: Voice) -> Canvas:
    """Groups of bars with their counts; where one is not shown a dash stands for it."""
    canvas, axes = theme.new_figure(7.0, 3.2)
    width, at = 0.8 / len(bars), np.arange(len(heads))
    for turn, (name, values) in enumerate(bars.items()):
        heights = np.nan_to_num(np.array(values, dtype=float))
        place = at + (turn - (len(bars) - 1) / 2) * width
        color = theme.PALETTE[0] if turn == len(bars) - 1 else "0.72"
        axes.bar(place, heights, width * 0.94, color=color, label=name)
        for x, height, value in zip(place, heights, values, strict=True):
            said = "—" if np.isnan(value) else f"{int(value):,}"
            axes.annotate(said, (x, height), (0, 2), textcoords="offset points", ha="center", fontsize=7.5)
    axes.set_xticks(at, [theme.wrapped(head, 16) for head in heads], fontsize=8)
    axes.set_ylabel(voice(HOMES))
    axes.margins(y=0.12)
    axes.grid(visible=False, axis="x")
    if len(bars) > 1:
        theme.legend_below(axes)
    return canvas


def _cases(answer: LedgerState) -> OpenCases:
    frame = answer.frame
    day = answer.as_of or (pd.to_datetime(frame["known"]).max().date() if len(frame) else date(2000, 1, 1))
    return OpenCases.of(frame, day)


@tables.register
def _(answer: LedgerState, voice: Voice) -> tuple[Table, ...]:
    return _cases(answer).tables(voice)


@figures.register
def _(answer: LedgerState, voice: Voice) -> tuple[Figure, ...]:
    return (_cases(answer).figure(voice),)


@words.register
def _(answer: LedgerState, voice: Voice) -> str:
    return _cases(answer).sentence(voice) + voice(Text("。", "."))
