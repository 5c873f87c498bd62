"""Fifty planted persons go through every command of the monitor: no name, identity number or phone is left, nor the key.

All that was written is searched, and what was removed again meanwhile: as text in several encodings, inside of workbooks and
documents, and in Parquet.
"""

import json
import re
import shutil
from dataclasses import dataclass
from pathlib import Path

import duckdb
import pandas as pd
import planted
import pytest
from everyone import PEOPLE, SECRETS
from search import Search
from watched import Watch

from evalkit import datasets
from evalkit.monitor.ledger.ledger import Ledger
from evalkit.panel.pseudonyms import pseudonym_numbers
from evalkit.simulate import HouseholdSimulation
from evalkit.simulate.deliveries import MonthlyDeliveries

MANY = len(PEOPLE)
HOMES = HouseholdSimulation(households=90, villages=4, counties=2, periods=(2022, 2023))
KEY = "2f7c1e9d8b6a5f4039281706f5e4d3c2b1a09f8e7d6c5b4a"
FIRST, SECOND, THIRD = "2023-01-31", "2023-02-28", "2023-03-31"


CARDS = {f"H{person.at + 1:07d}": person.card for person in PEOPLE}
HEADS = {f"P{person.at + 1:07d}0": person.card for person in PEOPLE}
OF_CARD = {person.card: person for person in PEOPLE}
SEARCH = Search({**SECRETS, "key": KEY})


# ---------------------------------------------------------------------------------------------- the run


@dataclass(frozen=True)
class Run:
    """Where everything is: `written` is what the monitor wrote, `sent` what was given to it."""

    sent: Path
    home: Path
    written: Path
    watch: Watch


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    root = tmp_path_factory.mktemp("identities")
    sent, home, out = root / "sent", root / "home", root / "written"
    for folder in (sent, home, out, out / "caught", out / "temporary"):
        folder.mkdir(parents=True)
    (root / "safe").mkdir()
    (root / "safe" / "key.txt").write_text(KEY, encoding="utf-8")
    MonthlyDeliveries().write(HOMES, root / "simulated")
    study(home, out)
    watch = Watch(caught=out / "caught", home=home, temporary=out / "temporary")

    def evalkit(*arguments):
        return watch("monitor", *arguments)

    def looked(day, name):
        key = ("--key", root / "safe" / "key.txt")
        return evalkit("run", "monitor.toml", "--as-of", day, *key, "--out", out / name, "--lang", "zh")

    deliver(root / "simulated", root / "box", home / "deliveries", FIRST[:7])
    assert looked(FIRST, "first") == 0, watch.said
    deliver(root / "simulated", root / "box", home / "deliveries", SECOND[:7])
    spoil(home / "deliveries")
    follow_up(home / "follow_up", out / "store" / "ledger")
    looked(SECOND, "second")
    assert evalkit("bulletin", "monitor.toml", "--as-of", SECOND, "--out", out / "bulletin.docx", "--lang", "en") == 0
    assert evalkit("quality", "monitor.toml", "--as-of", SECOND, "--out", out / "quality.xlsx", "--lang", "en") == 0
    for kind in ("deliveries", "follow_up"):
        shutil.copytree(home / kind, sent / kind)
    shutil.rmtree(home / "deliveries")
    (home / "deliveries").mkdir()
    fail(evalkit, looked, root, home, out)
    (out / "said.txt").write_text("\n".join(watch.said), encoding="utf-8")
    return Run(sent, home, out, watch)


def study(home: Path, out: Path) -> None:
    """A monitor file with its store outside."""
    shipped = datasets.folder()
    rules = re.sub(r"(?m)^line = \d+", "line = 9000", (shipped / "monitor" / "rules.toml").read_text(encoding="utf-8"))
    (home / "rules.toml").write_text(rules, encoding="utf-8")
    told = (shipped / "studies" / "monitor.toml").read_text(encoding="utf-8")
    told = told.replace('rules = "shipped"', 'rules = "rules.toml"').replace('store = "store"', f'store = "{out / "store"}"')
    told = told.replace("least = 10", "least = 5")
    (home / "monitor.toml").write_text(told + '\n[follow_up]\nfile = "follow_up/*"\n', encoding="utf-8")


def deliver(simulated: Path, box: Path, deliveries: Path, month: str) -> None:
    """What is known by a month, with the planted persons in it: as keys, and in columns that nobody declared."""
    planted.send(simulated, box, month)
    for path in sorted(box.rglob("*.csv")):
        target = deliveries / path.relative_to(box)
        other = target.with_suffix(".xlsx")
        if target.exists() or other.exists():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        table = with_people(pd.read_csv(path, dtype=str, encoding="utf-8-sig", keep_default_na=False))
        if path.stem.startswith("water"):
            table.to_excel(other, index=False)
        else:
            table.to_csv(target, index=False, encoding="gb18030" if path.stem.startswith("housing") else "utf-8")


def with_people(table: pd.DataFrame) -> pd.DataFrame:
    """Keys as identity cards, with names, telephones and addresses beside them."""
    for column, cards in (("unit", CARDS), ("person", HEADS)):
        if column in table:
            table[column] = table[column].map(cards).fillna(table[column])
    who = [OF_CARD.get(unit) for unit in table["unit"]]
    table.insert(0, "姓名", [person.name if person else "某人" for person in who])
    table.insert(2, "电话", [person.phone if person else "" for person in who])
    table["一卡通账号"] = [person.bank if person else "" for person in who]
    return table.assign(住址=[f"某县某村{person.name}家" if person else "" for person in who])


def spoil(deliveries: Path) -> None:
    """What goes wrong: rows that cannot be read, columns mixed up, torn files, file names."""
    one, two, three = PEOPLE[:3]
    bills = pd.read_csv(deliveries / "medical-0.csv", dtype=str, keep_default_na=False)
    rows = bills.head(30).assign(record=[str(900_000 + n) for n in range(30)], known_date="2023-02-10", event_date="2023-02-01")
    rows.loc[0, "event_date"], rows.loc[1, "amount"], rows.loc[2, "known_date"] = one.name, f"电话{two.phone}", three.card
    rows.to_csv(deliveries / "medical-19.csv", index=False)
    rows.assign(record=[str(910_000 + n) for n in range(30)]).iloc[3:].to_csv(
        deliveries / f"medical {one.phone} {two.card}.csv", index=False
    )
    rows.rename(columns={"unit": three.card, "amount": three.name}).to_csv(deliveries / "medical-11.csv", index=False)
    rows.to_csv(deliveries / "medical-12.csv", index=False, header=False)
    students = pd.read_csv(deliveries / "education-0.csv", dtype=str, keep_default_na=False)
    students.assign(stage=students["姓名"]).to_csv(deliveries / "education-13.csv", index=False)
    students.assign(stage=students["电话"]).to_csv(deliveries / "education-14.csv", index=False)
    workers = pd.read_csv(deliveries / "employment-0.csv", dtype=str, keep_default_na=False).head(200)
    workers.assign(at_work=workers["电话"].replace("", "1")).to_csv(deliveries / "employment-14.csv", index=False)
    homes = pd.read_csv(next((deliveries / "register").glob("homes*")), dtype=str, keep_default_na=False).head(MANY)
    homes.assign(county=homes["姓名"]).to_csv(deliveries / "register" / "homes-13.csv", index=False)
    homes.assign(county=homes["unit"]).to_csv(deliveries / "register" / "homes-15.csv", index=False)
    homes.assign(village=homes["住址"] + homes["电话"]).to_csv(deliveries / "register" / "homes-16.csv", index=False)
    homes.assign(county=homes["一卡通账号"]).to_csv(deliveries / "register" / "homes-20.csv", index=False)
    students.assign(stage=students["一卡通账号"]).to_csv(deliveries / "education-20.csv", index=False)
    torn = (deliveries / "water-0.xlsx").read_bytes()
    (deliveries / f"water-{three.card}.xlsx").write_bytes(torn[: len(torn) // 2])
    (deliveries / f"water-{two.name}.xlsx").write_bytes(torn[: len(torn) // 3])  # refused, and a good one under another name
    students.head(60).to_csv(deliveries / f"education {three.name}.csv", index=False)
    (deliveries / "water-17.xlsx").write_bytes(f"{one.name},{one.card},{one.phone}\n".encode() * 50)
    (deliveries / "housing-18.parquet").write_bytes(b"PAR1" + f"{one.name}{one.card}{one.phone}".encode() + b"PAR1")
    (deliveries / "disaster-18.csv").write_bytes(f'record,unit,"event_date\n1,{one.card},"{one.name}'.encode() + b"\xff\xfe\x00")


def flagged(ledger: Path) -> list[str]:
    """Cards of planted homes that are in the ledger."""
    cards = [person.card for person in PEOPLE]
    homes = set(Ledger(ledger).state().frame["home"])
    return [card for card, home in zip(cards, pseudonym_numbers(cards, KEY.encode(), "household"), strict=True) if home in homes]


def follow_up(folder: Path, ledger: Path) -> None:
    """What visits found: homes by their cards, with names and telephones that nobody asked for."""
    folder.mkdir()
    cards = flagged(ledger)
    assert len(cards) >= 3
    rows = {"household": cards, "stage": "visited", "date": "2023-02-10", "reason": "", "measure": "", "source": "township"}
    people = {"户主": [OF_CARD[card].name for card in cards], "电话": [OF_CARD[card].phone for card in cards]}
    pd.DataFrame({**people, **rows}).to_excel(folder / f"visits {PEOPLE[5].phone}.xlsx", index=False)


def fail(evalkit, looked, root: Path, home: Path, out: Path) -> None:
    """Each command as it goes wrong."""
    card = flagged(out / "store" / "ledger")[0]
    person = OF_CARD[card]
    row = {"household": card, "date": "2023-03-05", "source": "township", "reason": "", "measure": ""}
    unread = [
        {**row, "stage": "not_included", "reason": person.name},
        {**row, "stage": person.name},
        {**row, "stage": "visited", "date": person.card},
    ]
    phoned = [{**row, "stage": "helped", "measure": f"{person.name} {person.phone}"}]
    illegal = [
        {**row, "household": person.name, "stage": "visited"},
        {**row, "stage": "resolved"},
        {**row, "stage": "included", "date": "2020-01-01"},
    ]
    for name, files in {"unread": (unread, phoned), "illegal": (illegal,)}.items():
        made = [home / "follow_up" / f"{name}{at} {person.card}.csv" for at in range(len(files))]
        for file, told in zip(made, files, strict=True):
            pd.DataFrame(told).to_csv(file, index=False)
        torn = home / "follow_up" / "torn.xlsx"
        torn.write_bytes(b"PK\x03\x04" + f"{person.name}{person.card}{person.phone}".encode())
        if name == "illegal":
            torn.unlink()
        else:
            made.append(torn)
        assert looked(THIRD, f"bad-{name}") == 3, name
        for file in made:
            file.unlink()
    assert evalkit("bulletin", "monitor.toml", "--as-of", "2021-01-31", "--out", out / "early.html") == 3
    assert evalkit("bulletin", "monitor.toml", "--as-of", "5 March", "--out", out / "day.html") == 2
    for path, name in ((root / "safe" / "other.txt", "wrong"), (home / "key.txt", "beside")):
        path.write_text(KEY if name == "beside" else KEY[::-1], encoding="utf-8")
        assert evalkit("run", "monitor.toml", "--as-of", THIRD, "--key", path, "--out", out / name) in (2, 3, 5)
        path.unlink()
    (victim,) = (out / "store" / "records" / "medical").glob("medical-0*.parquet")
    whole = victim.read_bytes()
    victim.write_bytes(whole[: len(whole) // 2])
    assert evalkit("quality", "monitor.toml", "--as-of", SECOND, "--out", out / "torn.html") in (3, 4)
    victim.write_bytes(whole)


def test_what_is_searched_for_was_really_given(run):
    found = {called for held in SEARCH.leaks(run.sent).values() for called in held}
    assert found >= set(SECRETS) - {"key"}


def test_bad_deliveries_were_refused_and_the_commands_ran(run):
    names = {path.name for path in run.written.iterdir()}
    assert {"first", "second", "store", "bulletin.docx", "quality.xlsx"} <= names
    assert {"bulletin.html", "bulletin.docx", "bulletin.xlsx", "quality.html"} <= {
        path.name for path in (run.written / "second").iterdir()
    }
    assert run.watch.codes.count(0) == 3
    assert list((run.written / "second" / "visits").rglob("*.xlsx"))
    assert list((run.written / "store" / "evidence").rglob("*.parquet"))
    assert len(Ledger(run.written / "store" / "ledger").segments()) >= 3
    told = [json.loads(path.read_text(encoding="utf-8")) for path in (run.written / "store").glob("*/*/*.json")]
    by_file = {one["file"]: one for one in told}
    assert by_file["medical-19.csv"]["set_aside"] == 3
    refused = {"medical-11", "medical-12", "education-13", "education-14", "employment-14", "homes-13"}
    refused |= {"homes-20", "education-20", "homes-15", "homes-16", "water-17", "housing-18", "disaster-18"}
    assert not refused & {Path(file).stem for file in by_file}
    assert any((run.written / "caught").iterdir())


def test_nothing_that_was_written_or_said_names_anyone(run):
    assert SEARCH.leaks(run.written) == {}


def test_pseudonyms_lead_back_with_the_key_only(run):
    """The store holds the planted homes, by numbers that the key makes."""
    cards = [person.card for person in PEOPLE]
    mine = set(pseudonym_numbers(cards, KEY.encode(), "household"))
    other = set(pseudonym_numbers(cards, KEY[::-1].encode(), "household"))
    with duckdb.connect() as connection:
        homes = connection.execute(f"SELECT household FROM '{run.written}/store/register/homes/*.parquet'").df()["household"]
    assert mine <= set(homes)
    assert not other & set(homes)


def test_what_is_about_homes_is_for_its_owner_alone(run):
    """Lists, records, evidence and ledger: 0600 in folders of 0700, whatever the umask."""
    for folder in (run.written / "store", run.written / "second" / "visits"):
        every = [folder, *folder.rglob("*")]
        assert len(every) > 1
        assert folder.stat().st_mode & 0o077 == 0  # nobody else gets in, whatever lies inside
        open_to_others = [path for path in every if path.is_file() and path.suffix in (".xlsx", ".csv", ".parquet")]
        assert open_to_others
        assert not [path.name for path in open_to_others if path.stat().st_mode & 0o077]
