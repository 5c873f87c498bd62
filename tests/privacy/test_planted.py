"""Fifty planted persons go through every command, also as it goes wrong: no name or number of them is left anywhere.

All that was written, said and removed again is searched. Departmental records are searched in tests/monitor/test_identities.py.
"""

import itertools
import shutil
from dataclasses import dataclass
from pathlib import Path

import nbformat
import openpyxl
import pandas as pd
import pytest
from everyone import PEOPLE, SECRETS
from few_counties import FOUR, rows
from nbclient import NotebookClient
from search import Search, told
from watched import Watch

import evalkit as ek

SEARCH = Search(SECRETS)
KEY = "a secret of this test, kept apart"
STUDY = """
title = { zh = "小评估", en = "A small assessment" }
reference = [2020, 2022]
[panel]
file = "panel.csv"
unit = "county"
period = "year"
[[system]]
file = "kept.toml"
weigh = { method = "ahp", judgements = ["expert_1.xlsx", "expert_2.xlsx"] }
[[system]]
file = "revitalization"
core = true
[missing]
steps = [{ method = "interpolate", max_gap = 5 }, { method = "carry", max_gap = 5 }, { method = "group_mean" }]
[uncertainty]
draws = 100
[robustness]
draws = 0
samples = 0
[households]
file = "homes.csv"
unit = "公民身份号码"
place = "county"
village = "village"
weight = "weight"
members = "members"
strata = "county"
clusters = "village"
transfers = ["transfer_pc"]
deprivations = "guarantees"
formerly_poor = "formerly_poor"
threshold = 0.45
[report]
formats = ["docx", "html", "xlsx", "pdf"]
"""
KEPT = """
id = "kept"
name = "kept"
[[dimension]]
id = "living"
name = "living"
indicator = [{ id = "G03", name = "G03", direction = "benefit" }, { id = "G02", name = "G02", direction = "benefit" }]
[[dimension]]
id = "services"
name = "services"
indicator = [{ id = "G05", name = "G05", direction = "benefit" }, { id = "G06", name = "G06", direction = "benefit" }]
"""
RISK = """
title = "small"
[homes]
file = "homes.csv"
unit = "公民身份号码"
place = "county"
village = "village"
weight = "weight"
clusters = "village"
formerly_poor = "formerly_poor"
[split]
train = [2021, 2021]
test = [2023, 2023]
shares = [0.6, 0.4]
[ladder]
rungs = ["income_alone", "logistic"]
choose = "logistic"
draws = 20
[list]
share = 0.1
"""


# ---------------------------------------------------------------------------------------------- the run


@dataclass(frozen=True)
class Run:
    """Where everything is: `written` is what the commands wrote and said, `home` what they were given."""

    home: Path
    written: Path
    commands: Watch


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    root = tmp_path_factory.mktemp("planted")
    home, out = root / "home", root / "written"
    for folder in (home, out / "caught", out / "temporary"):
        folder.mkdir(parents=True)
    commands = Watch(caught=out / "caught", home=home, temporary=out / "temporary", settings={"EVALKIT_RISK_KEY": KEY})
    given(home)
    whole(commands, home, out)
    audits(commands, home, out)
    studies(commands, home, out)
    homes(commands, home, out)
    notebook(home, out)
    (out / "said.txt").write_text("\n".join(commands.said), encoding="utf-8")
    return Run(home, out, commands)


def people(rows: pd.DataFrame) -> pd.DataFrame:
    """A table with persons in columns nobody asked for: words only, so that the rest of it can still be read."""
    who = list(itertools.islice(itertools.cycle(PEOPLE), len(rows)))
    return rows.assign(
        姓名=[one.name for one in who],
        住址=[f"某村{one.name}家" for one in who],
        备注=[f"某某某某某某某某的联系人是{one.name}，他的电话号码是{one.phone}" for one in who],
    )


def panel() -> pd.DataFrame:
    return rows(FOUR, 2020).drop(columns="province")


def homes_rows() -> pd.DataFrame:
    """Homes of the demonstration by identity numbers, fifty of them those of the persons."""
    rows = pd.read_csv(ek.datasets.folder() / "households.csv", comment="#")
    codes = pd.factorize(rows.pop("household"))[0]
    cards = {at: one.card for at, one in enumerate(PEOPLE)}
    told = people(rows.assign(公民身份号码=[cards.get(at, f"53010219700101{at:04d}") for at in codes]))
    who = [PEOPLE[at % len(PEOPLE)] for at in codes]
    return told.assign(联系电话=[one.phone for one in who], 银行卡号=[one.bank for one in who])


def given(home: Path) -> None:
    """A study of places, a survey and judgements, a risk study: all of them with persons in them, and all can be read."""
    people(panel()).to_csv(home / "panel.csv", index=False)
    (home / "study.toml").write_text(STUDY, encoding="utf-8")
    each = STUDY[: STUDY.index("[households]")] + '[report]\nformats = ["docx"]\n'
    (home / "each.toml").write_text(each, encoding="utf-8")
    homes_rows().to_csv(home / "homes.csv", index=False)
    (home / "kept.toml").write_text(KEPT, encoding="utf-8")
    (home / "risk.toml").write_text(RISK, encoding="utf-8")
    for at, one in enumerate(PEOPLE[:2], start=1):
        judged(home / f"expert_{at}.xlsx", one, corner=f"专家 {one.name} {one.phone}")


def judged(path: Path, one, corner: str = "", item: str = "") -> None:
    """A workbook of judgements, with its expert in a corner, in a comment, on a sheet of its own and in its properties."""
    compared = {"dimensions": ["living", "services"], "living": ["G03", "G02"], "services": ["G05", "G06"]}
    book = openpyxl.Workbook()
    book.properties.creator = one.name
    book.active.title = "专家"
    book.active.append(["姓名", one.name])
    book.active.append(["电话", one.phone])
    for name, items in compared.items():
        sheet = book.create_sheet(name)
        sheet.append([corner or None, *items])
        for key in items:
            sheet.append([item or key, *([1] * len(items))])
            item = ""
    book.save(path)


def whole(evalkit: Watch, home: Path, out: Path) -> None:
    """Every command as it goes well."""
    assert evalkit("init", out / "mine") == 0
    assert evalkit("assess", "study.toml", "--out", out / "report", "--lang", "zh") == 0, evalkit.said[-1]
    assert evalkit("assess", "each.toml", "--each", "county", "--out", out / "each", "--jobs", "1") == 0, evalkit.said[-1]
    assert evalkit("risk", "fit", "risk.toml", "--out", out / "risk", "--lang", "zh") == 0, evalkit.said[-1]
    model = out / "risk" / "model.skops"
    for kind in ("csv", "xlsx"):
        assert evalkit("risk", "score", model, "homes.csv", "--out", out / f"list.{kind}") == 0, evalkit.said[-1]
    assert evalkit("risk", "card", model, "--out", out / "card.html") == 0, evalkit.said[-1]


def audits(evalkit: Watch, home: Path, out: Path) -> None:
    """Panels and printed tables with persons where they do not belong, or read as what they are not."""
    rows, cards = panel(), [one.card for one in PEOPLE]
    numbers = {"身份证号": cards, "手机": [p.phone for p in PEOPLE], "银行卡号": [p.bank for p in PEOPLE]}
    for column, values in numbers.items():
        wide = rows.assign(**{column: (values * len(rows))[: len(rows)]})
        wide.to_csv(home / "numbers.csv", index=False)
        wide.assign(**{column: wide[column].str.replace("X", "0").astype(float)}).to_excel(home / "floats.xlsx", index=False)
        for file in ("numbers.csv", "floats.xlsx"):
            for lang in ("zh", "en"):
                assert evalkit("audit", file, "--unit", "county", "--period", "year", "--lang", lang) == 3, (column, file)
    fifty = people(pd.DataFrame({"year": ["2020"] * 50, "income": [str(at) for at in range(50)], "code": cards}))
    fifty.loc[1, "income"], fifty.loc[2, "income"], fifty.loc[3, "year"] = PEOPLE[1].name, f"约{PEOPLE[2].phone}", PEOPLE[3].name
    twice = pd.concat([fifty, fifty])
    twice.to_csv(home / "fifty.csv", index=False)
    twice.to_csv(home / "headless.csv", index=False, header=False)
    for unit in ("姓名", "code", "备注", "住址"):
        assert evalkit("audit", "fifty.csv", "--unit", unit, "--period", "year") == 3, unit
    for more in ((), ("--unit", "code", "--period", "year"), ("--study", "study.toml")):
        assert evalkit("audit", "headless.csv", *more) == 3
        assert evalkit("audit", "fifty.csv", *more) == 3
    table = pd.DataFrame({"U1": ["0.60", "0.42", "0.81"], "U2": ["0.20", "0.30", "0.75"], "D": ["0.589", "0.596", "0.883"]})
    who = {"联系人姓名": [p.name for p in PEOPLE[:3]], "电话": [p.phone for p in PEOPLE[:3]], "编号": cards[:3]}
    for column, values in who.items():
        table.assign(**{column: values}).to_csv(home / "printed.csv", index=False)
        assert evalkit("audit-table", "printed.csv", "--out", out / f"{len(column)}.html") == 3
    table.assign(U1=[PEOPLE[4].phone, PEOPLE[5].card, PEOPLE[6].bank]).to_csv(home / "printed.csv", index=False)
    assert evalkit("audit-table", "printed.csv", "--systems", "U1,U2") == 3


def studies(evalkit: Watch, home: Path, out: Path) -> None:
    """Studies as they go wrong."""
    one, two = PEOPLE[7:9]
    for old, new in (
        ("[2020, 2022]", f'["{one.phone}", "{two.card}"]'),
        ("draws = 100", f'draws = "{PEOPLE[9].bank}"'),
        ("draws = 100", f'draws = {PEOPLE[9].bank}\n"{one.phone}" = "{two.card}"'),
        ('unit = "county"', f'unit = "{one.card}"'),
        ('place = "county"', 'place = "姓名"'),
        ('village = "village"', 'village = "住址"'),
        ('village = "village"', 'village = "备注"'),
        ('weight = "weight"', 'weight = "姓名"'),
        ('unit = "公民身份号码"', f'unit = "{one.phone}"'),
        ('file = "homes.csv"', f'file = "homes {one.card}.csv"'),
        ('"expert_1.xlsx"', '"expert_3.xlsx"'),
        ("title", "title = [\ntitle"),
    ):
        assert old in STUDY
        (home / "wrong.toml").write_text(STUDY.replace(old, new, 1), encoding="utf-8")
        judged(home / "expert_3.xlsx", one, item=one.name)
        assert evalkit("assess", "wrong.toml", "--out", out / "wrong") in (2, 3), (old, new)
    (home / "wrong.toml").write_text(STUDY.replace("panel.csv", "numbers.csv"), encoding="utf-8")
    assert evalkit("assess", "wrong.toml", "--out", out / "wrong") == 3
    assert evalkit("assess", "wrong.toml", "--each", "county", "--out", out / "wrong") == 3
    (home / f"{one.name} {one.phone}.csv").write_bytes(b"PK\x03\x04" + f"{two.name}{two.card}".encode())
    assert evalkit("audit", f"{one.phone}.csv") == 3


def homes(evalkit: Watch, home: Path, out: Path) -> None:
    """Risk studies and lists as they go wrong: columns shifted, persons in cells of figures, other keys, torn models."""
    rows, (one, two) = homes_rows(), PEOPLE[10:12]
    spoilt = {
        "cells": rows.assign(income_pc=[one.name, f"{two.name}{two.phone}", *rows["income_pc"].astype(str)[2:]]),
        "years": rows.assign(year=[one.name, two.card, *rows["year"].astype(str)[2:]]),
        "twice": pd.concat([rows, rows.head(60)]),
        "flags": rows.assign(formerly_poor=rows["姓名"]),
        "words": rows.assign(village=rows["住址"]),
        "places": rows.assign(county=rows["联系电话"]),
        "headless": rows,
    }
    model = out / "risk" / "model.skops"
    for name, frame in spoilt.items():
        (home / name).mkdir()
        frame.to_csv(home / name / "homes.csv", index=False, header=name != "headless")
        (home / name / "risk.toml").write_text(RISK, encoding="utf-8")
        (home / name / "study.toml").write_text(STUDY, encoding="utf-8")
        people(panel()).to_csv(home / name / "panel.csv", index=False)
        for file in ("kept.toml", "expert_1.xlsx", "expert_2.xlsx"):
            shutil.copy(home / file, home / name)
        assert evalkit("risk", "fit", f"{name}/risk.toml", "--out", out / "bad") == 3, (name, evalkit.said[-1])
        assert evalkit("risk", "score", model, f"{name}/homes.csv", "--out", out / "bad.csv") == 3, (name, evalkit.said[-1])
        if name != "flags":
            assert evalkit("assess", f"{name}/study.toml", "--out", out / "bad") == 3, (name, evalkit.said[-1])
    for old, new in (('place = "county"', 'place = "联系电话"'), ("[split]", '[features]\ncolumns = ["银行卡号"]\n[split]')):
        (home / "wrong.toml").write_text(RISK.replace(old, new), encoding="utf-8")
        assert evalkit("risk", "fit", "wrong.toml", "--out", out / "bad") == 3
    torn = model.read_bytes()[:-50] + f"{one.name}{one.card}".encode()
    (home / f"model {two.phone}.skops").write_bytes(torn)
    assert evalkit("risk", "card", f"model {two.phone}.skops", "--out", out / "bad.html") in (3, 5)


def notebook(home: Path, out: Path) -> None:
    """A notebook that shows the answers of both studies, and what is said of files that are refused."""
    cells = [
        "import evalkit as ek\nfrom evalkit.study.risk.run import RiskStudy\nfrom evalkit.study.run import Study",
        "study = Study.read('study.toml')\nstudy.panel",
        "study.audit()",
        "found = study.run()\nfound",
        "found.households",
        "risk = RiskStudy.read('risk.toml').run()\nrisk",
        "ek.read_panel('homes.csv', unit='公民身份号码', period='year')",
        "ek.read_panel('fifty.csv', unit='姓名', period='year')",
        "Study.read('cells/study.toml').run()",
        "RiskStudy.read('twice/risk.toml').run()",
    ]
    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    place = {"metadata": {"path": str(home)}}
    NotebookClient(book, timeout=300, kernel_name="python3", allow_errors=True, resources=place).execute()
    nbformat.write(book, out / "shown.ipynb")


def test_what_is_searched_for_was_really_given(run):
    found = {called for held in SEARCH.leaks(run.home).values() for called in held}
    assert found == set(SECRETS)


def test_every_command_ran_and_none_broke(run):
    assert {words.split()[0] for words, _ in run.commands.ran} == {"init", "assess", "audit", "audit-table", "risk"}
    assert {code for _, code in run.commands.ran} <= {0, 2, 3, 5}
    names = {path.name for path in run.written.iterdir()}
    assert names >= {"report", "each", "risk", "mine", "list.csv", "list.xlsx", "card.html", "said.txt", "caught"}
    assert not names & {"wrong", "bad", "bad.csv", "bad.html"}
    assert any((run.written / "caught").iterdir())


def test_nothing_that_was_written_or_said_names_anyone(run):
    assert SEARCH.leaks(run.written) == {}


def test_the_notebook_showed_answers_and_refusals(run):
    cells = nbformat.read(run.written / "shown.ipynb", as_version=4).cells
    ends = [[one.get("ename", one.output_type) for one in cell.outputs][-1:] for cell in cells]
    assert ends == [[], *([["execute_result"]] * 5), *([["DataError"]] * 4)]


def test_the_pdf_can_be_read_by_the_search(run):
    (path,) = (run.written / "report").glob("*.pdf")
    assert any("小评估".encode() in part for part in told(path))


def test_pseudonyms_of_the_list_lead_back_with_the_key_only(run):
    from evalkit.report.risk.visits import pseudonyms

    listed = set(pd.read_csv(run.written / "list.csv")["农户代号"])
    codes = homes_rows()["公民身份号码"].unique()
    assert listed <= set(pseudonyms(codes, KEY.encode()))
    assert not listed & set(pseudonyms(codes, KEY[::-1].encode()))


def test_lists_and_models_are_for_their_owner_alone(run):
    for name in ("list.csv", "list.xlsx", "risk/model.skops"):
        assert (run.written / name).stat().st_mode & 0o777 == 0o600, name
