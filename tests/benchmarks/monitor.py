"""A look of the monitor at five departmental tables of 24 months, beside plain SQL on DuckDB and a pandas script.

Run it: python tests/benchmarks/monitor.py [--homes 1000000 10000000] [--memory 3GB] [--only evalkit sql pandas]. Each side runs
in a process of its own on two threads, and says how many signals it found by rule: all sides must say the same. Data are made
once in --folder (1.3 GB for 10 million homes). Pandas holds all rows at once and is asked of a million homes at most.

Plain SQL does what the look does with records: each number once, persons to their homes, homes as known, accounts of linkage,
filled cells, delays, delivered months by county, homes in doubt, two incomes, six rules, and the evidence of every signal to
Parquet files. It has no ledger and no triage.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

import duckdb
import pandas as pd
from monitor_data import TABLES, make

from evalkit import datasets
from evalkit.monitor.door.store import Store
from evalkit.monitor.engine.duck import DuckDB
from evalkit.monitor.ledger.ledger import Ledger
from evalkit.monitor.monitor import Monitor
from evalkit.monitor.rules.form import read_rules
from evalkit.monitor.sources.sources import read_declared

AS_OF, NOW, BEFORE = date(2025, 1, 31), ("2024-01-01", "2024-12-31"), ("2023-01-01", "2023-12-31")
LINE, MOST = 250_000, 1_000_000  # fen a head; homes that pandas is asked of
FLOWS = ("employment", "civil_affairs", "subsidy")
Counts = dict[str, int]


def evalkit(folder: Path, memory: str) -> Counts:
    """The look."""
    told = read_declared(datasets.folder() / "monitor" / "sources.toml")
    assert told.register is not None
    sources = tuple(source for source in told.sources if source.id in TABLES)
    rules = read_rules(Path(__file__).with_name("monitor_rules.toml"), sources)
    with tempfile.TemporaryDirectory() as ledger:
        asked = Monitor(
            sources=sources,
            register=told.register,
            rules=rules,
            store=Store(folder),
            ledger=Ledger(Path(ledger) / "ledger"),
            engine=DuckDB(memory=memory, threads=2),
        )
        look = asked.look(AS_OF)
    return {rule: int(n) for rule, n in look.signals.groupby("rule").size().items()}


ONCE = """CREATE TEMP VIEW {t} AS SELECT * FROM raw_{t} ANTI JOIN twice_{t} USING (number)
UNION ALL BY NAME SELECT * EXCLUDE (place) FROM (SELECT DISTINCT ON (number, place) * FROM
(SELECT *, coalesce(county, '') AS place FROM raw_{t} SEMI JOIN twice_{t} USING (number))
ORDER BY number, place, known_date DESC, delivery, row)"""
SETUP = """
CREATE TEMP VIEW raw_{t} AS SELECT * FROM read_parquet('{folder}/records/{t}/*.parquet') WHERE known_date <= DATE '{day}';
CREATE TEMP TABLE twice_{t} AS SELECT number FROM raw_{t} WHERE number IS NOT NULL GROUP BY number HAVING count(*) > 1;
"""
REGISTER = """
CREATE TEMP TABLE homes AS SELECT DISTINCT ON (household) household AS home, county, village, formerly_poor
FROM read_parquet('{folder}/register/homes/*.parquet') WHERE known_date <= DATE '{day}' ORDER BY household, known_date DESC;
CREATE TEMP TABLE stays AS SELECT person, household AS home, from_date, to_date
FROM read_parquet('{folder}/register/members/*.parquet') WHERE known_date <= DATE '{day}';
CREATE TEMP TABLE members AS SELECT home, count(*) AS members FROM stays
WHERE from_date <= DATE '{day}' AND (to_date IS NULL OR to_date > DATE '{day}') GROUP BY home;
CREATE TEMP TABLE bills AS SELECT
coalesce(CASE WHEN s.from_date <= m.event_date AND (s.to_date IS NULL OR m.event_date < s.to_date) THEN s.home END, h.home)
AS home,
m.event_date, m.known_date, m.amount, m.delivery, m.row
FROM medical m LEFT JOIN stays s ON m.person = s.person LEFT JOIN homes h ON m.household = h.home;
"""
PAID = """CREATE TEMP TABLE paid_{t} AS SELECT household AS home,
sum(amount) FILTER (event_date BETWEEN DATE '{now[0]}' AND DATE '{now[1]}')::BIGINT AS now,
sum(amount) FILTER (event_date BETWEEN DATE '{before[0]}' AND DATE '{before[1]}')::BIGINT AS before
FROM {t} WHERE event_date BETWEEN DATE '{before[0]}' AND DATE '{now[1]}' GROUP BY household;
CREATE TEMP TABLE drawing_{t} AS SELECT home FROM
(SELECT DISTINCT household AS home, year(event_date) * 12 + month(event_date) AS m FROM {t}
WHERE event_date BETWEEN DATE '{before[0]}' AND DATE '{now[1]}' AND amount IS NOT NULL) GROUP BY home HAVING count(*) < 24;
"""
ACCOUNTS = """CREATE TEMP TABLE came_{t} AS SELECT county, year(known_date) * 12 + month(known_date) - 1 AS month, count(*) AS n
FROM (SELECT household AS home, known_date FROM raw_{t}) JOIN homes USING (home) GROUP BY ALL;
SELECT count(*), count(person), count(household), count(number), count(amount), sum((amount > 10000000)::INT) FROM raw_{t};
SELECT event_date, known_date, count(*) FROM raw_{t} GROUP BY ALL;
SELECT count(*) FROM {t} SEMI JOIN homes ON household = home;
SELECT count(*) FROM {t} ANTI JOIN homes ON household = home
"""
MONTHLY = """SELECT count(*) FROM (SELECT DISTINCT household, person, year(event_date) * 12 + month(event_date)
FROM {t} SEMI JOIN homes ON household = home)"""
RULES = """
CREATE TEMP TABLE base AS SELECT h.*, m.members, i.now, i.before, drawn FROM homes h JOIN members m USING (home)
JOIN (SELECT home, coalesce(sum(now), 0) AS now, coalesce(sum(before), 0) AS before, bool_or(t = 'c') AS drawn FROM
(SELECT *, 'e' AS t FROM paid_employment UNION ALL SELECT *, 'c' FROM paid_civil_affairs
UNION ALL SELECT *, 's' FROM paid_subsidy)
GROUP BY home) i USING (home);
CREATE TEMP TABLE spent AS SELECT home, sum(amount)::BIGINT AS paid FROM bills
WHERE event_date BETWEEN DATE '{now[0]}' AND DATE '{now[1]}' GROUP BY home;
CREATE TEMP TABLE hits AS
SELECT home, 'low' AS rule FROM base WHERE now < {line} * members
UNION ALL SELECT home, 'drop' FROM base WHERE before > 0 AND now * 10000 <= 7000 * before AND NOT drawn
UNION ALL SELECT home, 'medical' FROM spent JOIN homes USING (home) WHERE paid >= 1000000
UNION ALL SELECT home, 'burden' FROM spent JOIN base USING (home) WHERE paid >= 500000 AND paid * 10000 >= 6000 * greatest(now, 0)
UNION ALL SELECT home, 'uninsured' FROM
(SELECT household AS home, arg_max(insured, event_date) AS insured FROM insurance GROUP BY household)
JOIN homes USING (home) WHERE NOT insured
UNION ALL SELECT home, 'stopped' FROM (SELECT household AS home, max(event_date) AS last FROM civil_affairs WHERE amount > 0
AND event_date >= DATE '2024-08-01' GROUP BY household) JOIN homes USING (home) WHERE last < DATE '2024-11-01';
"""
PAIRS = {  # the evidence of a rule: from which rows, and when
    "low": ("({flows})", "event_date BETWEEN DATE '{now[0]}' AND DATE '{now[1]}'"),
    "drop": ("({flows})", "event_date BETWEEN DATE '{before[0]}' AND DATE '{now[1]}'"),
    "medical": ("bills", "event_date BETWEEN DATE '{now[0]}' AND DATE '{now[1]}'"),
    "burden": ("bills", "event_date BETWEEN DATE '{now[0]}' AND DATE '{now[1]}'"),
    "uninsured": ("(SELECT *, household AS home FROM insurance)", "true"),
}
EVIDENCE = """COPY (SELECT home, rule, delivery, row, event_date, known_date, amount FROM {rows} SEMI JOIN
(SELECT home FROM hits WHERE rule = '{rule}') USING (home), (SELECT '{rule}' AS rule)
WHERE {when}) TO '{out}' (FORMAT parquet, COMPRESSION zstd)"""


def sql(folder: Path, memory: str) -> Counts:
    """What a careful engineer writes for DuckDB."""
    with tempfile.TemporaryDirectory(dir=folder) as spill:
        config = {"memory_limit": memory, "threads": "2", "temp_directory": spill, "preserve_insertion_order": "false"}
        con = duckdb.connect(config=config)
        words = {"folder": folder, "day": AS_OF, "now": NOW, "before": BEFORE, "line": LINE}
        for table in TABLES:
            con.execute(SETUP.format(t=table, **words))
            con.execute(ONCE.format(t=table))
        con.execute(REGISTER.format(**words))
        for table in TABLES:
            for line in [*ACCOUNTS.split(";"), *([MONTHLY] if table in FLOWS[:2] else [])]:
                con.execute(line.format(t=table)).fetchall()
        for table in FLOWS:
            con.execute(PAID.format(t=table, **words))
        con.execute(RULES.format(**words))
        chosen = "SELECT household AS home, event_date, known_date, amount, delivery, row FROM {}"
        flows = " UNION ALL ".join(chosen.format(table) for table in FLOWS)
        for rule, (rows, when) in PAIRS.items():
            told = {"rows": rows.format(flows=flows), "when": when.format(**words), "rule": rule}
            con.execute(EVIDENCE.format(out=Path(spill) / f"{rule}.parquet", **told))
        return dict(con.execute("SELECT rule, count(*) FROM hits GROUP BY rule ORDER BY rule").fetchall())


def pandas(folder: Path, _: str) -> Counts:
    """What a careful researcher writes; evidence is left out."""
    day, columns = pd.Timestamp(AS_OF), ["household", "person", "number", "event_date", "known_date", "amount"]
    read = {
        name: pd.read_parquet(folder / "records" / name / "all.parquet", columns=[*columns, *_state(name)]) for name in TABLES
    }
    for name, every in read.items():
        rows = every[pd.to_datetime(every["known_date"]) <= day].sort_values("known_date").drop_duplicates("number", keep="last")
        read[name] = rows.assign(event_date=pd.to_datetime(rows["event_date"]))
    homes = pd.read_parquet(folder / "register" / "homes" / "all.parquet").drop_duplicates("household", keep="last")
    stays = pd.read_parquet(folder / "register" / "members" / "all.parquet", columns=["person", "household"])
    members = stays.groupby("household").size()
    flows = pd.concat([read[name][["household", "event_date", "amount"]] for name in FLOWS])
    now, before = (flows[flows["event_date"].between(*span)].groupby("household")["amount"].sum() for span in (NOW, BEFORE))
    base = homes.set_index("household").join(members.rename("members")).join(now.rename("now")).join(before.rename("before"))
    base = base[base[["now", "before"]].notna().any(axis=1)].fillna({"now": 0, "before": 0})
    drawn = base.index.isin(read["civil_affairs"]["household"])
    bills = read["medical"].merge(stays.rename(columns={"household": "home"}), on="person", how="left")
    bills["home"] = bills["home"].fillna(bills["household"])
    paid = bills[bills["event_date"].between(*NOW)].groupby("home")["amount"].sum()
    both = base.join(paid.rename("paid"), how="inner")
    last = read["insurance"].sort_values("event_date").drop_duplicates("household", keep="last")
    found = {
        "low": base["now"] < LINE * base["members"],
        "drop": (base["before"] > 0) & (base["now"] * 10_000 <= 7_000 * base["before"]) & ~drawn,
        "medical": paid >= 1_000_000,
        "burden": (both["paid"] >= 500_000) & (both["paid"] * 10_000 >= 6_000 * both["now"].clip(lower=0)),
        "uninsured": ~last["insured"],
    }
    return {rule: int(mask.sum()) for rule, mask in sorted(found.items())}


def _state(name: str) -> list[str]:
    return {"insurance": ["insured"], "employment": ["at_work"]}.get(name, [])


SIDES: dict[str, Callable[[Path, str], Counts]] = {"evalkit": evalkit, "sql": sql, "pandas": pandas}


def main() -> None:
    """Make the data, run each side in a process of its own, and print a table."""
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--homes", type=int, nargs="*", default=[1_000_000])
    ask.add_argument("--memory", default="3GB")
    ask.add_argument("--folder", type=Path, default=Path(tempfile.gettempdir()) / "evalkit-monitor")
    ask.add_argument("--only", choices=list(SIDES), nargs="*", default=list(SIDES))
    ask.add_argument("--child", nargs=2, help=argparse.SUPPRESS)
    asked = ask.parse_args()
    if asked.child:
        return _child(*asked.child, asked.memory)
    print("| homes | records | side | s | CPU s | peak MB | signals |\n|---|---|---|---|---|---|---|")
    for homes in asked.homes:
        folder = asked.folder / str(homes)
        rows = sum(made for name, made in make(folder, homes).items() if name in TABLES)
        for side in asked.only:
            if side == "pandas" and homes > MOST:
                continue
            call = [sys.executable, __file__, "--memory", asked.memory, "--child", side, str(folder)]
            done = subprocess.run(call, env=os.environ, capture_output=True, text=True, check=False)
            if done.returncode:
                raise SystemExit(f"{side}, {homes}:\n{done.stderr}")
            told = json.loads(done.stdout.splitlines()[-1])
            figures = f"{told['wall']:.1f} | {told['cpu']:.1f} | {told['peak']:,.0f}"
            print(f"| {homes:,} | {rows:,} | {side} | {figures} | {told['counts']} |", flush=True)
    return None


def _child(side: str, folder: str, memory: str) -> None:
    start, cpu = time.perf_counter(), time.process_time()
    counts = SIDES[side](Path(folder), memory)
    wall, busy = time.perf_counter() - start, time.process_time() - cpu
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"wall": wall, "cpu": busy, "peak": peak, "counts": counts}))


if __name__ == "__main__":
    main()
