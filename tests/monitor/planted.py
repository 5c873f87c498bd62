"""Simulated deliveries worked through in pandas, from the files themselves: an oracle that uses nothing of evalkit.monitor."""

import hashlib
import shutil
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path

import pandas as pd

KEY = b"a key of tests, 24 bytes"
LINE = 6300  # yuan a head
FLOWS = ("employment", "civil_affairs", "disability", "subsidy")
MONTHLY = ("employment", "civil_affairs", "disability")  # an amount stands for a month
RIGID = ("medical", "education", "disaster")
POINT = ["source", "delivery", "row"]
ARCHIVE = "2022-12"  # what was known by then comes in one file a table


def pseudonym(unit: str) -> int:
    return int.from_bytes(
        hashlib.blake2b(unit.encode(), key=KEY, digest_size=8, person=b"household").digest(), "big", signed=True
    )


def send(sent: Path, box: Path, month: str) -> None:
    """The files of a folder known by a month, as they arrive in another; those of old times as one a table."""
    for path in sorted(sent.rglob("*.csv")):
        table, year, number = path.stem.rsplit("-", 2)
        known = f"{year}-{number}"
        if known > month:
            continue
        old = known <= ARCHIVE
        target = box / path.relative_to(sent).parent / (f"{table}-0.csv" if old else path.name)
        target.parent.mkdir(parents=True, exist_ok=True)
        if not old and not target.exists():
            shutil.copy(path, target)
        elif old and not (box / "sealed").exists():
            lines = path.read_bytes()
            with target.open("ab") as file:
                file.write(lines if file.tell() == 0 else lines.split(b"\n", 1)[1])
    (box / "sealed").touch()


def read(box: Path) -> dict[str, pd.DataFrame]:
    """The rows of all files of a folder by table, with the names deliveries have in evidence, and their place in the file."""
    parts: dict[str, list[pd.DataFrame]] = {}
    for path in sorted(box.rglob("*.csv")):
        table = path.stem.rsplit("-", 1 if path.stem.endswith("-0") else 2)[0]
        frame = pd.read_csv(path, parse_dates=["known_date"], encoding="utf-8-sig")
        named = f"{path.stem}-{hashlib.sha256(path.read_bytes()).hexdigest()[:8]}"
        parts.setdefault(table, []).append(frame.assign(source=table, delivery=named, row=range(2, len(frame) + 2)))
    tables = {name: pd.concat(frames, ignore_index=True) for name, frames in parts.items()}
    for table in tables.values():
        for column in ("event_date", "from_date", "to_date"):
            if column in table:
                table[column] = pd.to_datetime(table[column])
        if "amount" in table:
            table["fen"] = (table["amount"] * 100).round().astype("int64")
    return tables


@dataclass(frozen=True)
class Oracle:
    """What a day's look must say; `coverage` is which deliveries are said to have come."""

    tables: dict[str, pd.DataFrame]
    day: date
    coverage: pd.DataFrame

    @property
    def at(self) -> pd.Timestamp:
        return pd.Timestamp(self.day)

    @property
    def last(self) -> pd.Period:
        """The last complete month."""
        return pd.Period(self.day, "M") - 1

    def since(self, months: int) -> pd.Timestamp:
        return (self.last - (months - 1)).start_time

    @cached_property
    def stays(self) -> pd.DataFrame:
        members = self.tables["members"]
        known = members[members["known_date"] <= self.at].sort_values(["known_date", "to_date"])
        return known.drop_duplicates(["person", "unit", "from_date"], keep="last")

    @cached_property
    def homes(self) -> pd.DataFrame:
        homes = self.tables["homes"]
        newest = homes[homes["known_date"] <= self.at].sort_values("known_date").drop_duplicates("unit", keep="last")
        here = self.stays[(self.stays["from_date"] <= self.at) & ~(self.stays["to_date"] <= self.at)]
        return newest.set_index("unit").assign(members=here.groupby("unit").size()).fillna({"members": 0})

    @cached_property
    def linked(self) -> dict[str, pd.DataFrame]:
        """Records once each with their `home`: where the person lived that day, else had lived, else as filed."""
        return {name: self._linked(rows) for name, rows in self.tables_of_records.items()}

    @property
    def tables_of_records(self) -> dict[str, pd.DataFrame]:
        return {name: rows for name, rows in self.tables.items() if name not in ("homes", "members")}

    def _linked(self, rows: pd.DataFrame) -> pd.DataFrame:
        known = rows[rows["known_date"] <= self.at].sort_values(["known_date", "delivery", "row"]).drop_duplicates("record")
        home = known["unit"].where(known["unit"].isin(self.homes.index))
        if "person" in known:
            stays = self.stays.rename(columns={"unit": "lived", "known_date": "told"})
            pairs = known[["record", "person", "event_date"]].merge(stays, on="person")
            event, left = pairs["event_date"], pairs["to_date"]
            began = pairs[pairs["from_date"] <= event]
            here = began[~(began["to_date"] <= began["event_date"])].sort_values(["told", "from_date"])
            months = event.dt.to_period("M").astype("int64") - left.dt.to_period("M").astype("int64")
            gone = pairs[(left <= event) & (months <= 12)].sort_values("to_date")
            for some in (gone, here):
                found = known["record"].map(some.groupby("record")["lived"].last())
                home = home.mask(found.notna(), found)
        return known.assign(home=home)

    def happened(self, source: str) -> pd.DataFrame:
        return self.linked[source][(self.linked[source]["event_date"] <= self.at)].dropna(subset="home")

    def within(self, source: str, first: pd.Period, last: pd.Period) -> pd.DataFrame:
        rows = self.happened(source)
        return rows[rows["event_date"].dt.to_period("M").between(first, last)]

    # ------------------------------------------------------------------ deliveries that did not come

    def closed(self, source: str, months: int, monthly: bool = True) -> set[str]:
        """The counties of which a delivery is missing in the last months."""
        last = self.last.year * 12 + self.last.month - 1
        table = self.coverage[(self.coverage["source"] == source) & self.coverage["month"].between(last - months + 1, last)]
        gone = set(table.loc[~table["delivered"], "county"])
        came = table[table["delivered"]].groupby("county")["month"].nunique().reindex(self.homes["county"].unique()).fillna(0)
        return gone | (set(came.index[came < months]) if monthly else set())

    def doubted(self, months: int) -> set[str]:
        """Homes whose income of the last months may lack what never came."""
        homes: set[str] = set()
        for source in FLOWS:
            some = self.homes.index[self.homes["county"].isin(self.closed(source, months, source in MONTHLY))]
            paid = self.within(source, self.last - 23, self.last)
            paid = paid[paid["home"].isin(some)]
            if source in MONTHLY:
                span = paid["event_date"].dt.to_period("M").where(paid["event_date"] >= self.since(months))
                many = span.groupby(paid["home"]).nunique()
                homes |= set(many.index[many < months])
            else:
                homes |= set(paid["home"])
        assert not self.closed("accounts", months, monthly=False)
        return homes

    # ------------------------------------------------------------------ incomes

    @cached_property
    def incomes(self) -> pd.DataFrame:
        """By home: `now`, `before`; a gap where there is no record."""
        accounts = self.linked["accounts"].dropna(subset="home")
        year = accounts["event_date"].dt.year
        figures = accounts.assign(year=year)[year <= self.last.year].sort_values(["home", "year", "known_date"])
        figures = figures.drop_duplicates(["home", "year"], keep="last")
        older = figures[figures["year"] <= figures["home"].map(figures.groupby("home")["year"].max()) - 1]
        columns = {}
        for name, first, standing in (("now", 11, figures), ("before", 23, older)):
            parts = [self.within(source, self.last - first, self.last - first + 11) for source in FLOWS]
            rows = pd.concat([*parts, standing.drop_duplicates("home", keep="last")])
            columns[name] = rows.groupby("home")["fen"].sum()
        return pd.DataFrame(columns).reindex(self.homes.index).astype("Int64")

    # ------------------------------------------------------------------ signals

    @cached_property
    def signals(self) -> pd.DataFrame:
        """unit, rule and value of every signal of the shipped rules."""
        values = {
            **self._incomes(),
            **self._spending(),
            **self._states(),
            "job_loss": self._lost(),
            "dibao_stopped": self._stopped(),
        }
        parts = [series.rename("value").rename_axis("unit").reset_index().assign(rule=rule) for rule, series in values.items()]
        return pd.concat(parts).sort_values(["unit", "rule"], ignore_index=True)[["unit", "rule", "value"]]

    @cached_property
    def unsure(self) -> dict[str, pd.Series]:
        """Rule → homes that would be signaled if nothing were missing, by county."""
        found = {}
        for rule, (series, months) in self._below().items():
            there = series.index[series.index.isin(self.doubted(months))]
            found[rule] = self.homes["county"].reindex(there).value_counts()
        return found

    def _below(self) -> dict[str, tuple[pd.Series, int]]:
        """The rules of incomes, and how many months they need, missing deliveries aside."""
        now, before = self.incomes["now"], self.incomes["before"]
        recorded, income = now.notna() | before.notna(), now.fillna(0)
        people = self.homes["members"].astype("int64")
        low = income[recorded & (people > 0) & (income < people * LINE * 100)]
        fallen = income[before.notna() & (before > 0) & (income * 10 <= before * 7)]
        rows = pd.concat([self.within(source, self.last - 11, self.last) for source in RIGID])
        paid = rows.groupby("home")["fen"].sum()
        share = paid[
            (paid >= 500_000) & (paid * 10 >= income.clip(lower=0).reindex(paid.index) * 6) & recorded.reindex(paid.index)
        ]
        return {"income_low": (low, 12), "income_drop": (fallen, 24), "rigid_spending": (share, 12)}

    def _incomes(self) -> dict[str, pd.Series]:
        return {rule: series[~series.index.isin(self.doubted(months))] for rule, (series, months) in self._below().items()}

    def medical_year(self) -> pd.DataFrame:
        return self.within("medical", pd.Period(f"{self.last.year}-01", "M"), self.last)

    def limits(self, registered: float, others: float) -> pd.Series:
        """Fen by home."""
        return self.homes["formerly_poor"].map({True: registered, False: others}) * 100

    def _spending(self) -> dict[str, pd.Series]:
        poor = self.homes["formerly_poor"]
        year = self.medical_year().groupby("home")["fen"].sum()
        large = year[year >= self.limits(5_000, 20_000).reindex(year.index)]
        bills = self.happened("medical")
        bills = bills[bills["event_date"] >= self.since(12)].groupby("home")["fen"].max()
        single = bills[bills > self.limits(6_000, 10_000).reindex(bills.index)]
        autumn = self.last.year - (self.last.month < 9)
        school = self.within("education", pd.Period(f"{autumn}-09", "M"), self.last).groupby("home")["fen"].sum()
        struck = self.happened("disaster")
        found = {"education_costs": school[school > 1_000_000]}
        found["disaster"] = struck[struck["event_date"] >= self.since(12)].groupby("home")["fen"].max()
        for name, series in (("medical", large), ("single_stay", single)):
            found |= {
                f"{name}_registered": series[poor.reindex(series.index)],
                f"{name}_others": series[~poor.reindex(series.index)],
            }
        return found

    def newest(self, source: str, whose: str = "home", since: pd.Timestamp | None = None) -> pd.DataFrame:
        """The newest records of each home or person."""
        rows = self.happened(source)
        rows = rows if since is None else rows[rows["event_date"] >= since]
        top = rows.sort_values(["event_date", "known_date"]).drop_duplicates(whose, keep="last")
        return rows.merge(top[[whose, "event_date", "known_date"]], on=[whose, "event_date", "known_date"])

    def showing(self, rule: str) -> pd.DataFrame:
        """The newest records that show a state."""
        if rule == "dropout":
            rows = self.newest("education", "person", self.since(12))
            return rows[~rows["enrolled"].astype(bool) & (rows["stage"] == "compulsory")]
        source, column, bad = STATES[rule]
        rows = self.newest(source)
        return rows[rows[column].isin(bad)]

    def _states(self) -> dict[str, pd.Series]:
        found = {rule: self.showing(rule).groupby("home")["record"].nunique().clip(upper=1) for rule in STATES}
        return {**found, "dropout": self.showing("dropout").groupby("home")["person"].nunique()}

    def work(self) -> pd.DataFrame:
        """Homes at work of late: `had` and `newest`, the last records above 0 and of all."""
        rows = self.happened("employment")
        rows = rows[rows["event_date"] >= self.since(12)].assign(
            at=lambda t: list(zip(t["event_date"], t["known_date"], strict=True))
        )
        had, newest = rows[rows["at_work"] > 0].groupby("home")["at"].max(), rows.groupby("home")["at"].max()
        none = rows[rows["at_work"] == 0].groupby("home")["at"].max()
        return pd.DataFrame({"had": had, "none": none, "newest": newest})

    def _lost(self) -> pd.Series:
        work = self.work().dropna()
        work = work[(work["none"] == work["newest"]) & (work["newest"] > work["had"])]
        shut = self.homes["county"].reindex(work.index).isin(self.closed("employment", 12))
        return pd.Series(1, index=work.index[~shut])

    def silence(self) -> pd.Series:
        """For how many complete months each home that had dibao has had none."""
        rows = self.happened("civil_affairs")
        paid = (
            rows[(rows["fen"] > 0) & (rows["event_date"] >= self.since(5))].groupby("home")["event_date"].max().dt.to_period("M")
        )
        return self.last.ordinal - paid.astype("int64")

    def _stopped(self) -> pd.Series:
        months = self.silence()
        shut = self.homes["county"].reindex(months.index).isin(self.closed("civil_affairs", 2))
        return months[months.between(2, 4) & ~shut]


STATES = {
    "insurance_lapsed": ("insurance", "insured", [False]),
    "dwelling_unsafe": ("housing", "grade", ["C", "D"]),
    "water_unsafe": ("water", "safe", [False]),
}
