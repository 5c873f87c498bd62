"""Five departmental tables of homes over 24 months, and their register, as a store keeps them; made by SQL, chance by hashes."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

from evalkit.monitor.door.store import RECEIPT

COUNTIES, VILLAGES = 100, 20_000


def lot(key: str, salt: int) -> str:
    """An expression uniform in [0, 1) that depends on a key alone."""
    return f"(hash({key} * 1000003 + {salt}) % 1000000) / 1e6"


# A record of month m (0 is January 2023) becomes known up to 30 days later.
DAY = "(DATE '2023-01-01' + to_months(m::INTEGER))::DATE"
KNOWN = f"({DAY} + (14 + (hash(h * 31 + m) % 30))::INTEGER)::DATE"
SCHEMA = (
    "{home} AS household, {person} AS person, {number} AS number, {event} AS event_date, {known} AS known_date,"
    " {amount} AS amount{states}, NULL::VARCHAR AS county, {delivery} AS delivery, row_number() OVER () AS row"
)
PAY = f"(150000 + 350000 * {lot('h', 1)}) * CASE WHEN m >= 12 + 12 * {lot('h', 2)} AND {lot('h', 3)} < 0.05 THEN 0.2 ELSE 1 END"

TABLES: dict[str, tuple[str, dict[str, str]]] = {  # rows of homes h and months m, and what each holds; money in fen
    "employment": (
        f"range(24) t(m) WHERE {lot('h', 4)} < 0.85 AND m >= 12 OR {lot('h', 4)} < 0.05",
        {"amount": f"({PAY})::BIGINT", "states": f", CASE WHEN ({PAY}) > 120000 THEN 1 ELSE 0 END::BIGINT AS at_work"},
    ),
    "civil_affairs": (f"range(24) t(m) WHERE {lot('h', 5)} < 0.1 AND m >= 12", {"amount": "21000::BIGINT"}),
    "subsidy": (f"(VALUES (4), (16)) t(m) WHERE {lot('h', 6)} < 0.8", {"amount": f"(20000 * {lot('h', 7)})::BIGINT"}),
    "medical": (
        f"range(24) t(m) WHERE {lot('h * 24 + m', 8)} < 0.105",
        {"person": "h * 10 + (hash(h + m) % 3)::BIGINT", "amount": f"(15000 / (0.012 + {lot('h * 24 + m', 9)}))::BIGINT"},
    ),
    "insurance": ("(VALUES (12)) t(m)", {"amount": "NULL::BIGINT", "states": f", {lot('h', 10)} > 0.01 AS insured"}),
}


def make(folder: Path, homes: int) -> dict[str, int]:
    """The store of so many homes, and how many rows each table has; what is there already is kept."""
    rows = {}
    spill = {"memory_limit": "6GB", "temp_directory": str(folder / ".tmp"), "preserve_insertion_order": "false"}
    con = duckdb.connect(config=spill)
    for table in ("homes", "members"):
        (folder / "register" / table).mkdir(parents=True, exist_ok=True)
    chosen = (
        f"h AS household, 'C' || lpad((h % {COUNTIES})::VARCHAR, 3, '0') AS county,"
        f" 'V' || lpad((h % {VILLAGES})::VARCHAR, 5, '0') AS village, {lot('h', 11)} < 0.12 AS formerly_poor,"
        f" {lot('h', 12)} > 0.05 AS labor, DATE '2023-01-01' AS known_date, 'all' AS delivery, h AS row"
    )
    rows["homes"] = _copy(con, f"SELECT {chosen} FROM range({homes}) r(h)", folder / "register" / "homes" / "all.parquet")
    days = "DATE '2020-01-01' AS from_date, NULL::DATE AS to_date, DATE '2023-01-01' AS known_date"
    at = "'all' AS delivery, h * 10 + k AS row"
    members = f"SELECT h * 10 + k AS person, h AS household, {days}, {at} FROM range({homes}) r(h), range(3) s(k)"
    rows["members"] = _copy(con, members, folder / "register" / "members" / "all.parquet")
    for name, (of, columns) in TABLES.items():
        (folder / "records" / name).mkdir(parents=True, exist_ok=True)
        what = {
            "home": "h", "person": "NULL::BIGINT", "number": "h * 24 + m", "event": DAY, "known": KNOWN, "states": "",
            "delivery": f"'{name}-' || strftime({KNOWN}, '%Y-%m')",
        }  # fmt: skip
        query = f"SELECT {SCHEMA.format(**{**what, **columns})} FROM range({homes}) r(h), {of}"
        rows[name] = _copy(con, query, folder / "records" / name / "all.parquet")
    con.close()
    return rows


def _copy(con: duckdb.DuckDBPyConnection, query: str, file: Path) -> int:
    """A file of the store with its receipt, which says no more than that it is whole."""
    if not file.exists():
        con.execute(f"COPY ({query}) TO '{file}' (FORMAT parquet, COMPRESSION zstd)")
        receipt = dict.fromkeys(RECEIPT) | {"delivery": file.stem}
        file.with_suffix(".json").write_text(json.dumps(receipt), encoding="utf-8")
    return con.execute(f"SELECT count(*) FROM read_parquet('{file}')").fetchone()[0]
