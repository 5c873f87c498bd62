"""PDF files: what a reader, a screen reader and a library find in them."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import zlib
from dataclasses import replace
from importlib.resources import files

import numpy as np
import pandas as pd
import pytest

import evalkit as ek
from evalkit.report import theme
from evalkit.report.columns import Columns
from evalkit.report.document import Document, Figure, Heading, Paragraph, Table
from evalkit.report.numbering import numbered
from evalkit.report.pdf import press as pdf_press
from evalkit.report.pdf.document import _about, _Content, pdf, size_of
from evalkit.report.pdf.press import _early, typefaces
from evalkit.report.pictures import Pictures
from evalkit.report.render import save, save_all
from evalkit.terms import Text

pytest.importorskip("typst")


def objects(data):
    """Everything a PDF says, its packed streams opened."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, re.S)
    opened = [data]
    for stream in streams:
        try:
            opened.append(zlib.decompress(stream))
        except zlib.error:
            continue
    return b"\n".join(opened)


def test_it_is_tagged_titled_and_has_bookmarks(document, pictures):
    said = objects(pdf(document, pictures))
    assert said.startswith(b"%PDF")
    assert b"/Marked true" in said
    assert b"pdfuaid" in said
    for tag in (b"/H1", b"/Table", b"/TH", b"/TD", b"/Figure", b"/Caption", b"/TOC"):
        assert tag in said, tag
    assert b"/Outlines" in said
    assert b"zh" in re.search(rb"/Lang ?\(([^)]*)", said)[1]


def test_pictures_and_formulas_have_words(document, pictures):
    said = objects(pdf(document, pictures))
    for words in ("两点连线", "D = √(C·T)"):
        assert words.encode("utf-16-be") in said or words.encode("utf-16-be").hex().upper().encode() in said, words


def test_it_says_neither_hour_nor_machine(document, pictures):
    said = objects(pdf(document, pictures))
    assert b"CreationDate" not in said
    assert b"ModDate" not in said
    assert b"/tmp" not in said


def test_fonts_are_inside(document, pictures):
    said = objects(pdf(document, pictures))
    assert said.count(b"/FontFile") >= said.count(b"/FontDescriptor") / 2 > 0


def test_nothing_of_the_content_is_read_as_markup():
    risky = '#panic("x") *a* $x$ [b] <c> @d `e` \\ // f'
    frame = pd.DataFrame({risky: [risky], "n": [1.0]})
    table = Table(key="t", caption=Text(risky, ""), frame=frame, note=risky, source=risky)
    cover = ((risky, risky),)
    wild = Document(
        title=risky, subtitle=risky, lang="en", cover=cover, statement=risky, blocks=(Heading(risky), Paragraph(risky), table)
    )
    assert pdf(wild, Pictures("en")).startswith(b"%PDF")


@pytest.mark.parametrize(
    "blocks", [(), (Paragraph("只有一段"),), (Table(key="e", caption=Text("空表", ""), frame=pd.DataFrame()),), (Heading("一"),)]
)
def test_small_documents_work(blocks):
    assert pdf(Document(title="t", blocks=blocks), Pictures("zh")).startswith(b"%PDF")


def pages(data):
    return [tuple(round(float(n)) for n in box.split()) for box in re.findall(rb"/MediaBox ?\[([\d. ]+)\]", objects(data))]


def test_a_table_too_wide_for_an_upright_page_stands_on_a_turned_one():
    wide = pd.DataFrame(np.full((30, 14), 1234567.0), columns=[f"c{n}" for n in range(14)])
    narrow = pd.DataFrame({"a": [1.0]})
    found = {
        name: {
            box[2] > box[3] for box in pages(pdf(Document(title="t", lang="en", blocks=(Heading("H"), table)), Pictures("en")))
        }
        for name, frame in (("wide", wide), ("narrow", narrow))
        if (table := Table(key=name, caption=Text("", name), frame=frame))
    }
    assert found == {"wide": {True, False}, "narrow": {False}}


def test_a_page_is_not_turned_for_long_words_of_headers():
    """Names of places keep to one line, whose heads are broken instead: many rows would be high otherwise."""
    heads = ["Place", *(f"Incommensurability {n}" for n in range(11))]
    rows = [["Simulated County Wu-15", *["0.123"] * 11]] * 40
    columns = Columns(headers=heads, rows=rows, numeric=[False, *[True] * 11])
    found = columns.widths()
    assert found.fit == "broken"
    assert not columns.turned()
    assert found.each[0] >= 22 * 82 * 0.86
    assert sum(found.each) <= 9071


def test_a_column_without_a_word_has_a_width():
    heads = ["", *(f"Incommensurability {n}" for n in range(12))]
    found = Columns(headers=heads, rows=[["", *["0.123"] * 12]] * 20, numeric=[False, *[True] * 12]).widths()
    assert min(found.each) > 0
    assert sum(found.each) <= 9071


def test_letters_shrink_where_even_a_turned_page_is_too_narrow():
    rows = [["1,234,567,890.123"] * 20]
    columns = Columns(headers=["x"] * 20, rows=rows, numeric=[True] * 20)
    assert columns.turned()
    assert 0.3 < columns.widths(14003).scale < 1
    assert columns.widths(14003).scale > columns.widths().scale


def test_long_tables_break_and_repeat_their_heads():
    long = pd.DataFrame({"Quiddity": [f"row {n}" for n in range(200)]})
    table = Table(key="long", caption=Text("", "Long"), frame=long)
    assert len(pages(pdf(Document(title="t", lang="en", blocks=(table,)), Pictures("en")))) >= 4


def test_no_page_stays_half_empty_before_a_figure(tmp_path):
    """What comes after a tall figure goes before it; of ten figures in ten chapters only the last page is half empty."""
    if shutil.which("pdftoppm") is None:
        pytest.skip("pdftoppm is not installed")
    said = Paragraph("The quick brown fox jumps over the lazy dog. " * 12)
    chapters = [[Heading(f"Part {n}", level=2), said, tall(n), table_of(12 + n), said] for n in range(10)]
    blocks = (Heading("All"), *(block for chapter in chapters for block in chapter))
    (tmp_path / "r.pdf").write_bytes(pdf(Document(title="t", lang="en", blocks=blocks), Pictures("en")))
    subprocess.run(["pdftoppm", "-r", "24", "-gray", "r.pdf", "p"], cwd=tmp_path, check=True)
    gaps = [longest_gap(page) for page in sorted(tmp_path.glob("p-*.pgm"))]
    first = next(at for at in range(1, len(gaps)) if gaps[at] < 0.3)  # after the cover and the contents
    assert len(gaps) - first > 8
    assert max(gaps[first:-1]) < 0.4


def tall(n):
    def draw():
        canvas, axes = theme.new_figure(7.2, 9.0)  # drawn higher than a figure may be printed
        axes.plot([0, n])
        return canvas

    return Figure(key=f"f{n}", caption=Text("", f"Figure of part {n}"), draw=draw, alt="a line")


def table_of(rows):
    return Table(key="t", caption=Text("", "Rows"), frame=pd.DataFrame({"row": range(rows), "value": np.linspace(0, 1, rows)}))


def longest_gap(path):
    """The highest stripe of a page without ink, as a share of the room for text."""
    _, size, _, pixels = path.read_bytes().split(b"\n", 3)
    width, height = map(int, size.split())
    page = np.frombuffer(pixels, np.uint8).reshape(height, width)[round(height * 0.08) : round(height * 0.91)]
    ink = np.flatnonzero((page < 200).any(axis=1))
    return float(np.diff([-1, *ink, len(page)]).max() / len(page))


def test_figures_above_their_heading_are_found():
    """Places come in the order of the text; the second figure went to the head of its heading's page."""
    places = [("h1", 2, 100.0), ("figure-1", 2, 300.0), ("h2", 3, 400.0), ("figure-2", 3, 70.0), ("figure-3", 4, 70.0)]
    assert _early(places) == {"figure-2"}


def test_the_size_of_a_picture_is_read_whatever_the_order_of_its_attributes(document, pictures):
    figure = next(iter(document.figures()))
    assert size_of(pictures.svg(figure)) == pytest.approx((4 * 72, 2 * 72))
    assert size_of(b'<svg width="3pt" version="1.1" height="4pt">') == (3, 4)
    assert size_of(b"<svg/>")[0] > 0


def test_a_character_no_font_has_is_named_by_its_code():
    with pytest.raises(ek.OutputError, match=r"U\+10FFFD") as refused:
        pdf(Document(title="t", blocks=(Paragraph("某人名\U0010fffd"),)), Pictures("zh"))
    assert "某人名" not in str(refused.value)


def test_what_typst_cannot_set_is_said_in_one_line():
    broken = {"main.typ": b'#panic("no such style")\n'}
    with pytest.raises(
        ek.OutputError, match=r"the PDF cannot be typeset; found .*no such style.*\. To do: write .*as \.docx"
    ) as refused:
        pdf_press.press({"anchors": []}, broken, typefaces("en"))
    assert "\n" not in refused.value.found


def test_without_typst_it_is_said_what_to_install(document, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "typst", None)
    for write in (
        lambda: save(document, tmp_path / "r.pdf"),
        lambda: save_all(document, tmp_path, stem="r", formats=("html", "pdf")),
    ):
        with pytest.raises(ek.OutputError, match=r'pip install "evalkit\[pdf\]"'):
            write()
    assert list(tmp_path.iterdir()) == []


def test_without_the_packaged_font_those_of_the_system_serve(monkeypatch):
    monkeypatch.setattr(pdf_press.fonts, "chinese_font", lambda: None)
    monkeypatch.setattr(pdf_press.fonts, "chinese_family", lambda: "Noto Sans CJK JP")
    assert typefaces("zh").serif[:2] == ["Noto Sans CJK SC", "Noto Sans CJK JP"]
    assert typefaces("zh").system
    monkeypatch.setattr(pdf_press.fonts, "chinese_family", lambda: None)
    with pytest.raises(ek.OutputError, match="Chinese glyphs"):
        typefaces("zh")
    assert typefaces("en").serif


def test_a_paragraph_with_figures_under_it_names_them(document):
    named = {
        item.block.text: [one.name for one in item.shown] for item in numbered(document) if isinstance(item.block, Paragraph)
    }
    assert named["附注"] == []
    with_text = replace(document, blocks=(Paragraph("上升。"), *document.figures(), *document.tables()))
    assert [one.name for one in numbered(with_text)[0].shown] == ["图 1", "表 1", "表 2"]


def test_each_figure_is_drawn_once_for_all_formats(tmp_path, document):
    drawn = []
    figure = next(iter(document.figures()))
    counted = replace(figure, draw=lambda: drawn.append(1) or figure.draw())
    assert isinstance(counted, Figure)
    save_all(Document(title="t", blocks=(counted,)), tmp_path, stem="r", formats=("pdf", "docx"))
    assert drawn == [1]
    assert (tmp_path / "r.pdf").read_bytes().startswith(b"%PDF")


def test_no_figure_stands_above_its_heading(document, pictures, monkeypatch):
    """A figure in the upper half of a page goes to its head; where a heading is between, it is set again, in line."""
    found = []

    def watched(places):
        found.append(_early(places))
        return found[-1]

    monkeypatch.setattr(pdf_press, "_early", watched)
    blocks = (Paragraph("上升。"), Heading("一"), Paragraph("下降。"), *document.figures(), Paragraph("完。"))
    pdf(Document(title="t", blocks=blocks), pictures)
    assert found == [{"figure-1"}, set()]


def test_tags_that_typst_loses_are_kept_by_figures_in_line(monkeypatch):
    """Two figures wait for a place as the caption of a table moves to the next page: typst 0.15 fails with "parent group"."""
    other = {1: "图 1　2024 年各地区协调等级地图", 2: "", 3: "图 3　D 自 2020 年至 2024 年的变化地图"}
    sizes = {1: (436.7, 420.0), 2: (453.5, 184.5), 3: (453.5, 353.3)}
    plain = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="{0}pt" height="{1}pt" viewBox="0 0 {0} {1}"><path d="M0 0L9 9"/></svg>'
    )
    shown = [
        {"kind": "figure", "alt": "a", "file": f"{n}.svg", "width": sizes[n][0], "anchor": f"figure-{n}", "main": "T"}
        | {"other": other[n], "lines": ["S"]}
        for n in sizes
    ]
    places = ["Simulated County Wu-12", "quality coordination", "0.973", "0.031", "0.946", "0.948"]
    heads = ["Place", "Grade", "Degree D", "Change of D since 2020", "Consolidation of poverty-alleviation results", "Rural"]
    table = {"kind": "table", "heads": heads, "rows": [places] * 5, "numeric": [False] * 6, "scale": 1.0, "anchor": "table-1"}
    table |= {"widths": [2012, 1479, 1456, 893, 1562, 1669], "small": False, "whole": False, "turned": False, "main": "T"}
    table |= {"other": "表 1　2024 年各地区的等级、变化与指数（上列地图的数据）", "lines": []}
    head = {"kind": "heading", "text": "H", "level": 2, "anchor": "h1", "page": False}
    said = {"kind": "paragraph", "text": "said", "role": "body", "named": []}
    drawn = {f"{n}.svg": plain.format(*size).encode() for n, size in sizes.items()}
    begun = Document(title="t", lang="en")
    content = _about(begun, typefaces("en")) | {"lists": ["heading"], "anchors": ["h1", "figure-1", "figure-2", "figure-3"]}
    content["parts"] = [head, said, *shown, table]
    project = {"main.typ": (files("evalkit.report.pdf") / "report.typ").read_bytes(), **drawn}
    asked = []
    compiled = pdf_press._compiled
    monkeypatch.setattr(
        pdf_press, "_compiled", lambda source, shelf: asked.append(json.loads(source["content.json"])) or compiled(source, shelf)
    )
    said = objects(pdf_press.press(content, project, typefaces("en")))
    assert said.count(b"/S/Figure") + said.count(b"/S /Figure") == 3
    assert [one["inline"] for one in asked] == [["figure-1"], content["anchors"]]


def test_a_figure_takes_no_more_than_three_fifths_of_a_page():
    high = Document(title="t", lang="en", blocks=(tall(1),))
    part = _Content(Pictures("en")).part(numbered(high)[0], high)
    assert part["width"] * 9.0 / 7.2 <= 0.6 * 24.7 / 2.54 * 72 + 1
