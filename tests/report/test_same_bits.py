"""Same study, same data, same bits: whole folders from processes that share nothing but the study and its data."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree as Tree
from zipfile import ZipFile

import docx
import openpyxl
import pytest
from few_counties import declared
from hypothesis import given
from hypothesis import strategies as st

import evalkit as ek
from evalkit.report.archive import moment, reproducible
from evalkit.report.pictures import Pictures
from evalkit.report.render import KINDS, need_writers, rendered

pytest.importorskip("typst")

STUDY = declared(
    """[households]
dataset = "households"
place = "county"
weight = "weight"
members = "members"
strata = "county"
clusters = "village"
[uncertainty]
draws = 200
[robustness]
draws = 200
samples = 16
weights = ["equal"]
normalize = []
[report]
formats = ["html", "docx", "xlsx", "pdf"]
""",
    reference="lang = 'zh'\nreference = [2018, 2021]",
    gap=3,
    last="",
)
MACHINES = (  # two that differ in all that should not matter
    {"PYTHONHASHSEED": "1", "TZ": "Asia/Shanghai", "LANG": "C.UTF-8", "LC_ALL": "C.UTF-8", "OMP_NUM_THREADS": "1"},
    {"PYTHONHASHSEED": "2", "TZ": "America/Los_Angeles", "LANG": "POSIX", "LC_ALL": "POSIX", "OMP_NUM_THREADS": "2"},
)
WHEN = datetime(2024, 3, 5, 6, 7, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def study(tmp_path_factory) -> Path:
    """A study of nine of the shipped counties."""
    folder = tmp_path_factory.mktemp("study")
    lines = (ek.datasets.folder() / "counties.csv").read_text(encoding="utf-8").splitlines()
    heads, *rows = [line for line in lines if not line.startswith("#")]
    units = sorted({row.split(",")[0] for row in rows})
    kept = [row for row in rows if row.split(",")[0] in units[1::14] and int(row.split(",")[5]) >= 2018]
    (folder / "panel.csv").write_text("\n".join([heads, *kept]) + "\n", encoding="utf-8")
    (folder / "study.toml").write_text(STUDY, encoding="utf-8")
    return folder / "study.toml"


def delivered(study: Path, machine: dict[str, str], place: Path) -> dict[str, str]:
    """The fingerprint of each file that a process of its own writes, by its place in the folder."""
    place.mkdir(parents=True)
    threads = dict.fromkeys(("OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), machine["OMP_NUM_THREADS"])
    kept = {name: value for name, value in os.environ.items() if name != "SOURCE_DATE_EPOCH"}
    command = [sys.executable, "-c", "from evalkit.cli import main; main()", "assess", str(study), "--out", "out", "--quiet"]
    done = subprocess.run(command, cwd=place, env=kept | machine | threads, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    out = place / "out"
    return {str(path.relative_to(out)): sha256(path.read_bytes()).hexdigest() for path in out.rglob("*") if path.is_file()}


def test_two_machines_write_the_same_bits_at_different_hours(study, tmp_path):
    with ThreadPoolExecutor() as both:
        here, there = both.map(delivered, [study] * 2, MACHINES, [tmp_path / "here", tmp_path / "some where" / "else"])
    assert {Path(name).suffix for name in here} == {".html", ".docx", ".xlsx", ".pdf", ".png", ".svg", ".json"}
    assert here.keys() == there.keys()
    assert [name for name in here if here[name] != there[name]] == []


@pytest.fixture
def at_a_moment(monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", str(int(WHEN.timestamp())))


def core(data: bytes) -> str:
    with ZipFile(BytesIO(data)) as archive:
        return archive.read("docProps/core.xml").decode("utf-8")


@pytest.mark.usefixtures("at_a_moment")
@pytest.mark.parametrize("kind", ["docx", "xlsx"])
def test_office_files_bear_the_moment_they_are_given(document, pictures, kind):
    data = rendered(document, kind, pictures)
    with ZipFile(BytesIO(data)) as archive:
        assert {member.date_time for member in archive.infolist()} == {(2024, 3, 5, 6, 7, 8)}
    read = docx.Document(BytesIO(data)).core_properties if kind == "docx" else openpyxl.load_workbook(BytesIO(data)).properties
    assert [when.replace(tzinfo=UTC) for when in (read.created, read.modified)] == [WHEN, WHEN]


@pytest.mark.usefixtures("at_a_moment")
def test_a_pdf_bears_the_moment_it_is_given(document, pictures):
    data = rendered(document, "pdf", pictures)
    said = b"\n".join([data, *opened(data)])
    assert set(re.findall(rb"/(CreationDate|ModDate) ?\(D:20240305060708Z?\)", said)) == {b"CreationDate", b"ModDate"}


@pytest.mark.usefixtures("at_a_moment")
def test_a_page_bears_the_moment_it_is_given(document, pictures):
    assert b'<meta name="dcterms.created" content="2024-03-05T06:07:08Z">' in rendered(document, "html", pictures)


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_moment_no_file_names_one(document, pictures, kind, monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    data = rendered(document, kind, pictures)
    if kind in {"docx", "xlsx"}:
        assert "dcterms:created" not in core(data)
        assert "dcterms:modified" not in core(data)
    said = b"\n".join([data, *opened(data)])
    this_year = str(datetime.now(tz=UTC).year).encode()
    assert not re.search(rb"D:" + this_year + rb"|" + this_year + rb"-\d\d-\d\dT", said)


@pytest.mark.usefixtures("at_a_moment")
@pytest.mark.parametrize("kind", KINDS)
def test_the_same_moment_gives_the_same_bytes(make_document, kind):
    first, second = (rendered(make_document("en"), kind, Pictures("en")) for _ in range(2))
    assert first == second


@pytest.mark.usefixtures("at_a_moment")
def test_properties_under_other_names_of_namespaces_stay_readable():
    """A template may come from a program that calls the namespaces by other names."""
    old = (
        b'<?xml version="1.0"?><p:coreProperties xmlns:p="http://schemas.openxmlformats.org/package/2006/metadata/core-properties">'
        b"<p:revision>1</p:revision></p:coreProperties>"
    )
    packed = BytesIO()
    with ZipFile(packed, "w") as archive:
        archive.writestr("docProps/core.xml", old)
    found = Tree.fromstring(core(reproducible(packed.getvalue())))
    assert [part.text for part in found] == ["1", "2024-03-05T06:07:08Z", "2024-03-05T06:07:08Z"]


@pytest.mark.parametrize("said", ["yesterday", "1.5", "-1", "9" * 30, "0"])
def test_what_is_no_moment_is_refused_before_anything_is_computed(said, monkeypatch):
    monkeypatch.setenv("SOURCE_DATE_EPOCH", said)
    with pytest.raises(ek.SpecError, match="SOURCE_DATE_EPOCH"):
        need_writers(("html",))


@given(st.integers(int(datetime(1980, 1, 1, tzinfo=UTC).timestamp()), int(datetime(2107, 12, 31, tzinfo=UTC).timestamp())))
def test_a_moment_is_the_second_it_names(seconds):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SOURCE_DATE_EPOCH", str(seconds))
        found = moment()
    assert found is not None
    assert found.timestamp() == seconds


def opened(data: bytes) -> list[bytes]:
    """The packed streams of a PDF."""
    out = []
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, re.S):
        try:
            out.append(zlib.decompress(stream))
        except zlib.error:
            continue
    return out
