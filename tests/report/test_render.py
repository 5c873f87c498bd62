"""Writing: whole or not at all, the same bytes for the same content, each figure drawn once."""

import os
from dataclasses import replace
from io import BytesIO
from zipfile import ZipFile

import pytest

import evalkit as ek
from evalkit.report import render, theme
from evalkit.report.document import Document, Figure
from evalkit.report.pictures import Pictures
from evalkit.report.render import KINDS, rendered, save, save_all, save_figures, write
from evalkit.terms import Text


def draw_of(values):
    def draw():
        canvas, axes = theme.new_figure(2, 1)
        axes.plot(values)
        return canvas

    return draw


def failing():
    raise ek.DataError("there is nothing to draw")


def figure(draw, key="f"):
    return Figure(key=key, caption=Text("图", "figure"), draw=draw, alt="a line")


@pytest.mark.parametrize("kind", KINDS)
def test_the_same_content_gives_the_same_bytes(make_document, kind):
    first, second = (rendered(make_document(), kind, Pictures("zh")) for _ in range(2))
    assert first == second


@pytest.mark.parametrize("kind", ["docx", "xlsx"])
def test_office_files_do_not_say_when_they_were_made(make_document, kind, monkeypatch):
    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)
    with ZipFile(BytesIO(rendered(make_document(), kind, Pictures("zh")))) as archive:
        assert {member.date_time for member in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert b"dcterms:" not in archive.read("docProps/core.xml").replace(b"xmlns:dcterms", b"")


@pytest.mark.parametrize("kind", KINDS)
def test_save_writes_what_is_rendered(document, kind, tmp_path):
    path = tmp_path / f"报告.{kind}"
    assert save(document, path) == path
    assert path.stat().st_size > 5_000
    assert list(tmp_path.iterdir()) == [path]


def test_all_formats_and_figures_are_written_each_figure_drawn_once(document, tmp_path):
    times = []

    def counted():
        times.append(1)
        return draw_of([0, 1])()

    save_all(document.with_blocks([figure(counted)]), tmp_path, stem="report")
    names = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
    figures = {f"figures/{stem}.{kind}" for stem in ("01_line", "02_f") for kind in ("png", "svg")}
    assert names == {"report.html", "report.docx", "report.xlsx"} | figures
    assert len(times) == 1


def test_figures_of_one_key_are_not_mistaken_for_each_other(tmp_path):
    """Two answers of one kind in one report draw figures of one key."""
    pair = Document(title="t", lang="en", blocks=(figure(draw_of([0, 1])), figure(draw_of([1, 0]))))
    paths = save_figures(pair, tmp_path / "figures")
    assert [path.name for path in paths] == ["01_f.png", "01_f.svg", "02_f.png", "02_f.svg"]
    assert paths[0].read_bytes() != paths[2].read_bytes()
    assert paths[1].read_bytes() != paths[3].read_bytes()


def test_a_report_of_two_answers_of_one_kind_shows_the_figures_of_both(counties, systems):
    index = ek.CompositeIndex(system=systems["revitalization"])
    kept = ek.CompositeIndex(system=systems["consolidation"]).fit(counties).score(counties)
    rise = index.fit(counties).score(counties)
    bond = ek.CouplingCoordination().measure(kept=kept.series, rise=rise.series)
    other = ek.CouplingCoordination(shares=(0.2, 0.8)).measure(kept=kept.series, rise=rise.series)
    figures = ek.Report("t", lang="en").add(bond, other).document().figures()
    pictures, half = Pictures("en"), len(figures) // 2
    assert figures[0].key == figures[half].key
    assert pictures.png(figures[0]) != pictures.png(figures[half])


def test_a_key_is_made_a_legal_file_name(tmp_path):
    folder = tmp_path / "figures"
    paths = save_figures(Document(title="t", lang="en", blocks=(figure(draw_of([0, 1]), key="../U1 / 得分"),)), folder)
    assert [path.name for path in paths] == ["01_.._U1_得分.png", "01_.._U1_得分.svg"]
    assert {path.parent for path in paths} == {folder}


def test_a_figure_that_fails_leaves_no_file(document, tmp_path):
    broken = replace(document, blocks=(*document.blocks, figure(failing)))
    with pytest.raises(ek.DataError):
        save(broken, tmp_path / "report.html")
    with pytest.raises(ek.DataError):
        save_all(broken, tmp_path, stem="report", formats=("xlsx", "html"))
    assert list(tmp_path.iterdir()) == []


def test_a_write_that_fails_leaves_the_old_file(tmp_path, monkeypatch):
    path = tmp_path / "report.html"
    path.write_text("old")

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ek.OutputError, match="too little space"):
        write(path, b"new")
    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_an_interrupted_write_leaves_no_part(tmp_path, monkeypatch):
    def stopped(_):
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", stopped)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "report.html", b"new")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_cannot_be_written_is_refused_before_drawing(tmp_path, monkeypatch):
    monkeypatch.setattr(render, "rendered", lambda *_: pytest.fail("drawn for nothing"))
    (tmp_path / "file").write_text("")
    for folder in (tmp_path / "nowhere", tmp_path / "file"):
        with pytest.raises(ek.OutputError, match="folder"):
            save(Document(title="t", lang="en"), folder / "report.html")
        with pytest.raises(ek.OutputError, match="folder"):
            save_all(Document(title="t", lang="en"), folder, stem="report")


def test_a_folder_in_the_place_of_the_file_is_refused(tmp_path):
    (tmp_path / "report.html").mkdir()
    with pytest.raises(ek.OutputError):
        write(tmp_path / "report.html", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["report.html"]


def test_a_read_only_folder_is_refused(tmp_path, monkeypatch):
    """Root may write anywhere, so the refusal of the system is acted."""

    def denied(**_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(render.tempfile, "mkstemp", denied)
    with pytest.raises(ek.OutputError, match="Permission denied"):
        write(tmp_path / "report.html", b"new")


def test_a_disk_without_room_for_a_first_byte_is_said(tmp_path, monkeypatch):
    def full(**_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(render.tempfile, "mkstemp", full)
    with pytest.raises(ek.OutputError, match=r"too little space.* To do: free some") as refused:
        write(tmp_path / "report.html", b"new")
    assert str(tmp_path / "report.html") in refused.value.where


def test_a_file_in_the_place_of_the_figures_is_refused_and_left(document, tmp_path):
    figures = tmp_path / "figures"
    figures.write_text("mine")
    with pytest.raises(ek.OutputError, match=r"the folder cannot be made; found File exists\. To do: choose another") as refused:
        save_all(document, tmp_path, stem="report", formats=("html",))
    assert refused.value.where == str(figures)
    assert figures.read_text() == "mine"
    assert list(tmp_path.iterdir()) == [figures]


def test_other_endings_are_refused(tmp_path):
    with pytest.raises(ek.SpecError, match=r"use \.html"):
        save(Document(title="t", lang="en"), tmp_path / "report.odt")
