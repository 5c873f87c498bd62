"""A small study of eight counties over five years, with two systems: what every bad file of the corpus is a spoilt copy of."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import openpyxl

Row = list[Any]
HEAD = ["county", "name", "province", "year", "population", "income", "tap", "output", "beds"]
NAMES = "甲乙丙丁戊己庚辛"
INDICATOR = """[[dimension.indicator]]
id = "{id}"
name = {{ zh = "{zh}", en = "{en}" }}
unit = {{ zh = "{unit}", en = "{unit_en}" }}
direction = "benefit"
{more}
"""
SYSTEM = """id = "{id}"
name = {{ zh = "{zh}", en = "{id}" }}
[[dimension]]
id = "{dim}"
name = {{ zh = "{dim_zh}", en = "{dim}" }}
"""
INCOME = {
    "id": "income",
    "zh": "人均可支配收入",
    "en": "income per head",
    "unit": "元",
    "unit_en": "yuan",
    "more": "plausible = [2000, 80000]",
}
TAP = {"id": "tap", "zh": "自来水普及率", "en": "tap water", "unit": "%", "unit_en": "%", "more": "plausible = [0, 100]"}
OUTPUT = {"id": "output", "zh": "农业产值", "en": "farm output", "unit": "万元", "unit_en": "10,000 yuan", "more": ""}
BEDS = {"id": "beds", "zh": "床位数", "en": "beds", "unit": "张", "unit_en": "beds", "more": ""}
KEPT = SYSTEM.format(id="kept", zh="巩固", dim="living", dim_zh="生活") + "".join(
    INDICATOR.format(**one) for one in (INCOME, TAP)
)
RISE = SYSTEM.format(id="rise", zh="振兴", dim="industry", dim_zh="产业") + "".join(
    INDICATOR.format(**one) for one in (OUTPUT, BEDS)
)
STUDY = """title = { zh = "测试", en = "Test" }
[panel]
file = "panel.csv"
unit = "county"
period = "year"
name = "name"
groups = ["province"]
weight = "population"
[[system]]
file = "kept.toml"
[[system]]
file = "rise.toml"
[robustness]
draws = 0
samples = 0
weights = []
normalize = []
aggregate = []
[report]
chapters = ["indicators"]
formats = ["html"]
"""
SURVEY = """[households]
file = "homes.csv"
place = "county"
weight = "weight"
strata = "county"
clusters = "village"
line = 4000
"""


def rows(counties: int = 8) -> list[Row]:
    """A row a county and year, the same each time."""
    chance, made = np.random.default_rng(3), list[Row]()
    for i in range(counties):
        start = (chance.uniform(9000, 15000), chance.uniform(60, 85), chance.uniform(3000, 9000), chance.uniform(200, 900))
        for k, year in enumerate(range(2018, 2023)):
            figures = (30000 + 1000 * i + 37 * k, int(start[0] * 1.06**k), round(start[1] + 2.1 * k + chance.normal() * 0.3, 1))
            more = (int(start[2] * 1.05**k + chance.normal() * 30), int(start[3] * 1.03**k + chance.normal() * 5))
            name = NAMES[i] if i < len(NAMES) else str(i)
            made.append([f"5301{i + 11:02d}", f"{name}县", "东省" if 2 * i < counties else "西省", year, *figures, *more])
    return made


def homes() -> list[Row]:
    """A survey of sixty homes in two waves, its header first."""
    chance, made = np.random.default_rng(5), [["household", "year", "county", "village", "weight", "income_pc"]]
    for h in range(60):
        place = "甲乙"[h % 2]
        figures = [1.5 + h % 3, int(chance.lognormal(9, 0.6))]
        made += [[f"H{h:03d}", year, f"{place}县", f"{place}村{h % 6 // 2}", *figures] for year in (2021, 2022)]
    return made


def table(body: Iterable[Row], head: Row | None = None, mark: str = ",") -> str:
    """Rows as delimited text, as they stand: a cell that needs quotes brings them."""
    lines = [HEAD if head is None else head, *body]
    return "\n".join(mark.join("" if cell is None else str(cell) for cell in row) for row in lines) + "\n"


def lay(folder: Path, *, panel: str | bytes | None = "", file: str = "panel.csv") -> Path:
    """The study in a folder, with a sound panel or another; None: without one."""
    folder.mkdir(parents=True)
    (folder / "study.toml").write_text(STUDY.replace("panel.csv", file), encoding="utf-8")
    (folder / "kept.toml").write_text(KEPT, encoding="utf-8")
    (folder / "rise.toml").write_text(RISE, encoding="utf-8")
    if panel is not None:
        data = panel or table(rows())
        (folder / file).write_bytes(data if isinstance(data, bytes) else data.encode())
    return folder


def book(change: Callable[[Any, Any], object] | None = None, body: list[Row] | None = None) -> bytes:
    """A workbook of the panel, changed by hand; the same bytes each time."""
    made = openpyxl.Workbook()
    page = made.active
    assert page is not None
    page.title = "panel"
    for row in [HEAD, *(rows() if body is None else body)]:
        page.append(row)
    if change:
        change(made, page)
    out = io.BytesIO()
    made.save(out)
    return packed(parts(out.getvalue()))


def parts(data: bytes) -> dict[str, bytes]:
    """The members of an archive."""
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        held = {name: archive.read(name) for name in archive.namelist()}
    held["docProps/core.xml"] = re.sub(rb">\d{4}-[^<]*Z<", b">2024-01-01T00:00:00Z<", held["docProps/core.xml"])
    return held


def packed(held: dict[str, bytes]) -> bytes:
    """Members as an archive of one fixed time."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in held.items():
            archive.writestr(zipfile.ZipInfo(name, (2024, 1, 1, 0, 0, 0)), data, zipfile.ZIP_DEFLATED)
    return out.getvalue()
