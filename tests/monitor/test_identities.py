"""Fifty planted persons go through every command of the monitor: no name, identity number or phone is left, nor the key.

All that was written is searched, and what was removed again meanwhile: as text in several encodings, inside of workbooks and
documents, and in Parquet.
"""

import base64
import io
import itertools
import json
import re
import shutil
import sys
import tempfile
import zipfile
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import duckdb
import pandas as pd
import planted
import pytest

from evalkit import datasets
from evalkit.cli import main
from evalkit.monitor.ledger.ledger import Ledger
from evalkit.panel.pseudonyms import pseudonym_numbers
from evalkit.simulate import HouseholdSimulation
from evalkit.simulate.deliveries import MonthlyDeliveries

MANY = 50
HOMES = HouseholdSimulation(households=90, villages=4, counties=2, periods=(2022, 2023))
KEY = "2f7c1e9d8b6a5f4039281706f5e4d3c2b1a09f8e7d6c5b4a"
FIRST, SECOND, THIRD = "2023-01-31", "2023-02-28", "2023-03-31"
FAMILY, GIVEN = "欧上司东皇尉公赫澹拓", "瑾瑜翀珩沅"


def checked(body: str) -> str:
    weights = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
    return body + "10X98765432"[sum(int(one) * weight for one, weight in zip(body, weights, strict=True)) % 11]


@dataclass(frozen=True)
class Person:
    """Someone who must not be found."""

    at: int

    @property
    def name(self) -> str:
        return f"{FAMILY[self.at // 5]}{GIVEN[self.at % 5]}{GIVEN[(self.at // 5 + self.at) % 5]}"

    @property
    def card(self) -> str:
        return checked(f"53010219{50 + self.at}0{1 + self.at % 9}{10 + self.at % 18}{100 + 7 * self.at}")

    @property
    def phone(self) -> str:
        return f"138{71000000 + 13579 * self.at:08d}"

    @property
    def bank(self) -> str:
        """A card of 19 digits whose last one is that of Luhn."""
        body = f"622848{100_000_000_000 + 7_654_321 * self.at:012d}"
        doubled = [int(one) * (2 if place % 2 == 0 else 1) for place, one in enumerate(reversed(body))]
        return body + str(-sum(one // 10 + one % 10 for one in doubled) % 10)


PEOPLE = [Person(at) for at in range(MANY)]
CARDS = {f"H{person.at + 1:07d}": person.card for person in PEOPLE}
HEADS = {f"P{person.at + 1:07d}0": person.card for person in PEOPLE}
OF_CARD = {person.card: person for person in PEOPLE}
SECRETS = {
    **{f"name {p.at}": p.name for p in PEOPLE},
    **{f"card {p.at}": p.card for p in PEOPLE},
    **{f"phone {p.at}": p.phone for p in PEOPLE},
    **{f"bank {p.at}": p.bank for p in PEOPLE},
    "key": KEY,
}


# ---------------------------------------------------------------------------------------------- the search


def written(secret: str) -> set[bytes]:
    """The ways in which a text may stand in a file."""
    ways = {secret, secret.lower(), json.dumps(secret)[1:-1], quote(secret), "".join(f"&#{ord(one)};" for one in secret)}
    wide = secret.translate({ord("0") + digit: ord("０") + digit for digit in range(10)})
    plain = {way.encode(code) for way in ways | {wide} for code in ("utf-8", "utf-16-le", "utf-16-be", "gbk")}
    told = secret.encode()
    for shift in range(3):  # of base64, whatever stands before it
        whole = base64.b64encode(b"\0" * shift + told)
        plain.add(whole[(0, 2, 3)[shift] : len(whole) - 4 if (shift + len(told)) % 3 else len(whole)])
    if re.fullmatch(r"[0-9a-f]{32,}", secret):
        plain.add(bytes.fromhex(secret))
    return plain


WAYS = {way: called for called, secret in SECRETS.items() for way in written(secret)}
BY_START: dict[bytes, list[bytes]] = {}
for _way in WAYS:
    BY_START.setdefault(_way[:4], []).append(_way)


def leaks(folder: Path) -> dict[str, set[str]]:
    """File → what is in it that must not be: its name, its bytes, members of archives, columns of Parquet."""
    found = {}
    for path in sorted(folder.rglob("*")):
        blobs = [str(path.relative_to(folder)).encode("utf-8", "surrogateescape"), *(contents(path) if path.is_file() else [])]
        if held := {called for blob in blobs for called in inside(blob)}:
            found[str(path.relative_to(folder))] = held
    return found


def inside(blob: bytes) -> set[str]:
    return {WAYS[way] for start, ways in BY_START.items() if start in blob for way in ways if way in blob}


def contents(path: Path) -> list[bytes]:
    data = path.read_bytes()
    if data[:4] == b"PAR1":
        try:
            return [data, columns_of(path)]
        except duckdb.Error:
            return [data]
    return [data, *members(data)]


def members(data: bytes) -> list[bytes]:
    if not data.startswith(b"PK"):
        return []
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            told = [archive.read(name) for name in archive.namelist()]
            return ["\n".join(archive.namelist()).encode(), *told, *(part for one in told for part in members(one))]
    except zipfile.BadZipFile:
        return []


def columns_of(path: Path) -> bytes:
    with duckdb.connect() as connection:
        frame = connection.execute("SELECT * FROM read_parquet(?)", [str(path)]).df()
    return frame.to_csv().encode()


def as_parquet(path: Path, value: str) -> None:
    with duckdb.connect() as connection:
        frame = pd.DataFrame({"n": range(500), "w": [value] * 500})  # noqa: F841  # read by its name
        connection.execute(f"COPY frame TO '{path}' (FORMAT parquet, COMPRESSION zstd)")


def zipped(*names: str, data: bytes) -> bytes:
    for name in reversed(names):
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(name, data)
        data = held.getvalue()
    return data


@pytest.mark.parametrize("called", ["name 7", "card 11", "phone 49", "key"])
def test_the_search_finds_what_is_there_however_it_is_written(tmp_path, called):
    secret = SECRETS[called]
    text = f"。前{secret}後。"
    for code in ("utf-8", "utf-16-le", "utf-16-be", "gbk"):
        (tmp_path / code).write_bytes(text.encode(code))
    for shift in range(3):
        (tmp_path / f"base64-{shift}").write_bytes(base64.b64encode(b"x" * shift + text.encode()))
    (tmp_path / "json").write_text(json.dumps({"a": text}), encoding="utf-8")
    (tmp_path / "address").write_text(quote(text), encoding="utf-8")
    (tmp_path / "a.docx").write_bytes(zipped("word/document.xml", data=text.encode()))
    (tmp_path / "b.docx").write_bytes(zipped("word/embeddings/x.xlsx", "xl/sharedStrings.xml", data=text.encode()))
    pd.DataFrame({"a": [text]}).to_excel(tmp_path / "c.xlsx")
    as_parquet(tmp_path / "d.parquet", text)
    (tmp_path / f"e {secret}.txt").touch()
    as_parquet(tmp_path / "none.parquet", "nobody")
    found = leaks(tmp_path)
    assert set(found) == {path.name for path in tmp_path.iterdir()} - {"none.parquet"}
    assert all(held == {called} for held in found.values())


# ---------------------------------------------------------------------------------------------- the run


@dataclass
class Watch:
    """What the commands said, and copies of what they removed."""

    caught: Path
    said: list[str] = field(default_factory=list)
    codes: list[int] = field(default_factory=list)

    def evalkit(self, *arguments: object, home: Path, temporary: Path) -> int:
        """A command in this process."""
        out, err = io.StringIO(), io.StringIO()
        with pytest.MonkeyPatch.context() as patched, redirect_stdout(out), redirect_stderr(err):
            self._keep(patched)
            patched.setenv("TMPDIR", str(temporary))
            patched.setattr(tempfile, "tempdir", str(temporary))
            patched.setattr(sys, "argv", ["evalkit", "monitor", *map(str, arguments)])
            patched.chdir(home)
            with pytest.raises(SystemExit) as left:
                main()
        self.said.append(f"{arguments[0]}\n{out.getvalue()}{err.getvalue()}")
        self.codes.append(int(left.value.code or 0))
        return self.codes[-1]

    def _keep(self, patched: pytest.MonkeyPatch) -> None:
        number, tree, unlink = itertools.count(len(list(self.caught.iterdir()))), shutil.rmtree, Path.unlink

        def rmtree(path, *given, **named):
            if Path(path).is_dir():
                shutil.copytree(path, self.caught / f"{next(number)}", ignore_dangling_symlinks=True)
            return tree(path, *given, **named)

        def removed(path, *given, **named):
            if path.is_file():
                shutil.copy(path, self.caught / f"{next(number)}")
            return unlink(path, *given, **named)

        patched.setattr(shutil, "rmtree", rmtree)
        patched.setattr(Path, "unlink", removed)


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
    watch = Watch(out / "caught")

    def evalkit(*arguments):
        return watch.evalkit(*arguments, home=home, temporary=out / "temporary")

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
    found = {called for held in leaks(run.sent).values() for called in held}
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
    assert leaks(run.written) == {}


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
