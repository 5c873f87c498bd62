"""Word files: what a reader and a screen reader find in them."""

from __future__ import annotations

import time
from io import BytesIO

import docx
import numpy as np
import pandas as pd
import pytest
from docx.oxml.ns import qn
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure as Canvas

from evalkit.report.columns import TEXT_WIDTH, TURNED_WIDTH, Columns, wide
from evalkit.report.document import Bullets, Document, Figure, Formula, Heading, Paragraph, Table
from evalkit.report.numbering import numbered
from evalkit.report.word.contents import CLOSEST, HINT, list_line
from evalkit.report.word.document import word
from evalkit.report.word.styles import LIST_LINE
from evalkit.terms import Text


class FakePictures:
    """Pictures that are all the same small one."""

    def __init__(self, width=2.0, height=1.0):
        canvas = Canvas(figsize=(width, height))
        FigureCanvasAgg(canvas)
        out = BytesIO()
        canvas.savefig(out, format="png", dpi=50, metadata={"Software": None})
        self.bytes = out.getvalue()

    def png(self, figure):
        return self.bytes

    def formula_png(self, formula):
        return self.bytes


def places(rows=5):
    return pd.DataFrame({"地区": [f"模拟县{n}" for n in range(rows)], "年份": 2024, "D": np.linspace(0.1, 0.9, rows)})


def sample(lang="zh", **changes):
    blocks = (
        Heading("摘要"),
        Paragraph("正文\x00有控制字符。"),
        Paragraph("主要结论", "key"),
        Paragraph("说明", "note"),
        Paragraph("注意", "caution"),
        Bullets(("甲", "乙"), numbered=True),
        Heading("方法"),
        Heading("权重", level=2),
        Bullets(("丙", "丁"), numbered=True),
        Formula("D=1", "D 等于 1"),
        Table(key="places", caption=Text("各县结果", "Counties"), frame=places(), source="模拟数据", show=2),
        Table(key="all", caption=Text("全部", "All"), frame=places(), show=0),
        Figure(key="trend", caption=Text("趋势", "Trend"), draw=Canvas, alt="上升的折线", source="模拟数据"),
        Table(key="last", caption=Text("末表", "Last"), frame=places()),
    )
    cover = (("评估机构", "示范评估院"),)
    given = {"title": "后评估报告", "subtitle": "2024", "lang": lang, "cover": cover, "statement": "声明", "blocks": blocks}
    return Document(**(given | changes))


def opened(document, **pictures):
    return docx.Document(BytesIO(word(document, FakePictures(**pictures))))


@pytest.fixture(scope="module")
def file():
    return opened(sample())


def texts(file, style):
    return [p.text for p in file.paragraphs if p.style.name == style]


def test_headings_are_numbered_and_real(file):
    assert texts(file, "Heading 1") == ["1 摘要", "2 方法"]
    assert texts(file, "Heading 2") == ["2.1 权重"]


def test_contents_is_a_field_filled_with_the_same_headings_and_linked_to_them(file):
    body = file.element.body
    codes = [code.text.strip() for code in body.iter(qn("w:instrText"))]
    assert codes[0] == r'TOC \o "1-2" \h \z \u'
    begin = next(body.iter(qn("w:fldChar")))
    assert begin.get(qn("w:dirty")) == "true"
    assert texts(file, "toc 1") == ["1 摘要\t", "2 方法\t"]
    assert texts(file, "toc 2") == ["2.1 权重\t"]
    links = [link.get(qn("w:anchor")) for link in body.iter(qn("w:hyperlink"))]
    marks = [mark.get(qn("w:name")) for mark in body.iter(qn("w:bookmarkStart"))]
    assert links == ["_Toc_h1", "_Toc_h2", "_Toc_h2_1"]
    assert set(links) <= set(marks)
    assert file.settings.element.find(qn("w:updateFields")) is None


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_what_to_do_for_page_numbers_stands_inside_the_field_that_replaces_it(lang):
    """Word writes the result of a field anew, and the line goes with the old one; no line is left for a reader."""
    body = opened(sample(lang)).element.body
    inside, told = 0, []
    for node in body.iter(qn("w:fldChar"), qn("w:t")):
        if node.tag == qn("w:t"):
            told += [inside] * (node.text == HINT.say(lang))
        else:
            inside += {"begin": 1, "separate": 0, "end": -1}[node.get(qn("w:fldCharType"))]
    assert told == [1]
    assert "F9" in HINT.zh
    assert "F9" in HINT.en


def test_every_field_is_closed(file):
    kinds = [mark.get(qn("w:fldCharType")) for mark in file.element.body.iter(qn("w:fldChar"))]
    assert kinds.count("begin") == kinds.count("separate") == kinds.count("end") > 0


@pytest.mark.parametrize(
    ("lang", "caption", "code"),
    [("zh", ("表 2　全部", "Table 2. All"), "SEQ 表"), ("en", ("Table 2. All", "表 2　全部"), "SEQ Table")],
)
def test_captions_speak_both_languages_and_count_with_fields(lang, caption, code):
    """Each language is a paragraph of its own, so that a list of tables that Word renews holds one of them."""
    file = opened(sample(lang))
    pair = [[p for p in file.paragraphs if p.style.name == style][1] for style in ("Caption", "Caption Other Language")]
    assert tuple(p.text for p in pair) == caption
    codes = [[node.text.strip() for node in p._p.iter(qn("w:instrText"))] for p in pair]
    assert codes == [[rf"{code} \* ARABIC"], [r"REF _No_table_2 \h"]]


def test_every_bookmark_is_made_once_and_every_reference_leads_to_one():
    many = tuple(Table(key=f"t{n}", caption=Text("甲", "A"), frame=places()) for n in range(9))
    body = opened(sample(blocks=(Heading("一"), Paragraph("见下。"), *many))).element.body
    marks = [mark.get(qn("w:name")) for mark in body.iter(qn("w:bookmarkStart"))]
    numbers = [mark.get(qn("w:id")) for mark in body.iter(qn("w:bookmarkStart"))]
    ends = [mark.get(qn("w:id")) for mark in body.iter(qn("w:bookmarkEnd"))]
    assert len(set(marks)) == len(marks) == len(set(numbers))
    assert sorted(numbers) == sorted(ends)
    codes = [code.text.split() for code in body.iter(qn("w:instrText"))]
    targets = {code[1] for code in codes if code[0] in ("REF", "PAGEREF")}
    assert {"_Ref_table_1", "_Ref_table_9", "_Toc_table_5", "_Toc_h1"} <= targets <= set(marks)
    assert ["TOC", "\\h", "\\z", "\\c", '"表"'] in codes


def test_a_paragraph_names_what_stands_under_it():
    one, two = (Table(key=key, caption=Text("甲", "A"), frame=places()) for key in "ab")
    shown = Figure(key="f", caption=Text("图", "F"), draw=Canvas, alt="x")
    blocks = (Paragraph("It rose."), shown, one, two, Paragraph("Not here:"), two, Paragraph("As so.", "note"), two)
    assert texts(opened(sample("en", blocks=blocks)), "Body Text") == [
        "It rose. See Figure 1, Table 1 and Table 2.",
        "Not here:",
    ]
    assert texts(opened(sample("zh", blocks=(Paragraph("上升。"), shown, one))), "Body Text") == ["上升。见图 1、表 1。"]


def test_tables_have_a_repeated_header_unbroken_rows_and_a_description(file):
    table = file.tables[0]
    assert table.rows[0]._tr.trPr.find(qn("w:tblHeader")) is not None
    assert all(row._tr.trPr.find(qn("w:cantSplit")) is not None for row in table.rows)
    assert table.style.name == "Three-Line Table"
    assert table._tbl.tblPr.find(qn("w:tblCaption")).get(qn("w:val")) == "各县结果"
    assert [cell.text for cell in table.rows[1].cells] == ["模拟县0", "2024", "0.100"]
    assert table.rows[1].cells[2].paragraphs[0].alignment is not None


def test_hidden_rows_are_said_to_be_in_the_workbook(file):
    lines = texts(file, "Source Line")
    assert "本表共 5 行，此处列出前 2 行；全部 5 行见随附工作簿的“places”工作表。" in lines
    assert "本表共 5 行，见随附工作簿的“all”工作表。" in lines
    assert [len(table.rows) for table in file.tables] == [3, 6]
    english = texts(opened(sample("en")), "Source Line")
    assert "The first 2 of 5 rows are printed; the workbook holds all 5 rows in sheet “places”." in english


def test_pictures_have_words_and_fit_the_page(file):
    about = [node.get("descr") for node in file.element.body.iter(qn("wp:docPr"))]
    assert about == ["D 等于 1", "上升的折线"]
    formula, figure = file.inline_shapes
    assert formula.width.cm == pytest.approx(2 * 2.54, abs=0.01)
    assert figure.width.cm == pytest.approx(2 * 2.54, abs=0.01)
    broad = opened(sample(), width=10.0, height=4.0).inline_shapes[1]
    assert broad.width.cm == pytest.approx(16, abs=0.01)
    tall = opened(sample(), width=1.0, height=40.0).inline_shapes[1]
    assert tall.height.cm == pytest.approx(0.6 * 24.7, abs=0.01)


def test_a_wide_table_stands_on_a_turned_page_and_the_text_goes_on_upright():
    wide_one = pd.DataFrame(np.full((3, 14), 1234567.0), columns=[f"c{n}" for n in range(14)])
    both = tuple(Table(key=key, caption=Text("宽", "Wide"), frame=wide_one) for key in "ab")
    file = opened(sample(blocks=(Heading("一"), *both, Paragraph("后文"))))
    assert [section.orientation for section in file.sections] == [0, 1, 0]
    assert [section.different_first_page_header_footer for section in file.sections] == [True, False, False]
    widths = [sum(int(col.get(qn("w:w"))) for col in table._tbl.tblGrid) for table in file.tables]
    assert all(TEXT_WIDTH < width <= TURNED_WIDTH + 14 for width in widths)
    assert [section.orientation for section in opened(sample(blocks=both)).sections] == [0, 1, 0]


@pytest.mark.parametrize(
    ("style", "chinese"),
    [("Normal", "SimSun"), ("Body Text", "SimSun"), ("Heading 1", "SimHei"), ("Title", "SimHei"), ("Caption", "SimHei")],
)
def test_styles_name_chinese_fonts_and_language(file, style, chinese):
    props = file.styles[style].element.rPr
    assert props.rFonts.get(qn("w:eastAsia")) == chinese
    assert props.find(qn("w:lang")).get(qn("w:eastAsia")) == "zh-CN"
    assert props.rFonts.get(qn("w:asciiTheme")) is None


def test_page_header_footer_and_properties(file):
    section = file.sections[0]
    assert (round(section.page_width.cm, 1), round(section.left_margin.cm, 1)) == (21.0, 2.5)
    assert section.header.paragraphs[0].text == "后评估报告"
    assert section.footer.paragraphs[0].text == "第 2 页 共 2 页"
    assert section.first_page_footer.paragraphs[0].text == ""
    assert (file.core_properties.title, file.core_properties.language) == ("后评估报告", "zh-CN")
    assert opened(sample("en")).core_properties.language == "en-US"


def test_numbered_lists_each_start_at_one(file):
    numbers = [p._p.pPr.numPr.numId.val for p in file.paragraphs if p.style.name == "List Number"]
    assert numbers[0] == numbers[1] != numbers[2] == numbers[3]


def test_roles_have_their_own_look(file):
    assert texts(file, "Key Finding") == ["主要结论"]
    assert texts(file, "Note Text") == [HINT.zh, "说明"]
    assert texts(file, "Caution Text") == ["注意"]
    assert "正文有控制字符。" in texts(file, "Body Text")


def test_same_content_same_bytes():
    assert word(sample(), FakePictures()) == word(sample(), FakePictures())


def test_text_that_looks_like_markup_stays_text():
    frame = pd.DataFrame({"a<b": ["<w:p/>&", "=1+1"], "空": [np.nan, 1.0]})
    table = Table(key="t", caption=Text('引号"<&', "q"), frame=frame, note='"&<')
    file = opened(sample(title="A & B <c>", blocks=(table,)))
    assert file.tables[0].rows[1].cells[0].text == "<w:p/>&"
    assert file.tables[0].rows[1].cells[1].text == "—"
    assert file.sections[0].header.paragraphs[0].text == "A & B <c>"


@pytest.mark.parametrize(
    "blocks", [(), (Paragraph("只有一段"),), (Table(key="e", caption=Text("空表", ""), frame=pd.DataFrame()),)]
)
def test_small_documents_work(blocks):
    assert opened(Document(title="t", blocks=blocks)).paragraphs[0].text == "t"


def test_long_tables_are_quick():
    long = pd.DataFrame({f"c{n}": np.random.default_rng(n).random(1500) for n in range(8)})
    shown = Table(key="long", caption=Text("长表", "Long"), frame=long, show=40)
    full = Table(key="full", caption=Text("长表", "Long"), frame=long.head(200))
    start = time.perf_counter()
    file = opened(sample(blocks=(shown, full)))
    assert time.perf_counter() - start < 2
    assert [len(table.rows) for table in file.tables] == [41, 201]


@pytest.mark.parametrize("columns", [1, 2, 8, 12, 30])
def test_tables_are_never_wider_than_the_text(columns):
    rows = [["地区名称很长很长" * (n % 4) for n in range(columns)]]
    made = Columns(headers=["指标"] * columns, rows=rows, numeric=[False] * columns)
    for room in (TEXT_WIDTH, TURNED_WIDTH, 5000):
        widths = made.widths(room).each
        assert len(widths) == columns
        assert 0 < sum(widths) <= room + columns


def test_short_columns_keep_their_line_beside_a_long_text():
    rows = [["农村居民人均可支配收入", "很长的说明" * 40]]
    widths = Columns(headers=["指标", "说明"], rows=rows, numeric=[False, False]).widths().each
    assert widths[0] >= wide(rows[0][0]) * 90
    assert sum(widths) <= TEXT_WIDTH


def test_no_part_names_the_library_that_wrote_it_nor_an_hour(monkeypatch):
    import zipfile

    monkeypatch.delenv("SOURCE_DATE_EPOCH", raising=False)

    with zipfile.ZipFile(BytesIO(word(sample(), FakePictures()))) as parts:
        assert not [name for name in parts.namelist() if "thumbnail" in name]
        core = parts.read("docProps/core.xml").decode()
        assert "<dcterms:" not in core
        assert "python" not in core


def test_numbers_are_never_broken():
    rows = [["很长的说明" * 20, "1,234,567.00", "32,882.00"]]
    widths = Columns(headers=["说明", "x", "y"], rows=rows, numeric=[False, True, True]).widths().each
    assert widths[1] > 12 * 90
    assert widths[2] > 9 * 90


def test_figures_hold_where_another_font_has_wider_digits():
    """Years and figures stay on one line in DejaVu Serif, which is taken where the fonts of the report are absent."""
    from matplotlib.font_manager import FontProperties
    from matplotlib.textpath import TextPath

    words = [
        "Index “Consolidation of poverty-alleviation results”",
        "90% interval of a rank spans 14 places of one hundred and twenty",
    ]
    rows = [[words[0], "0.525", "12,016", "−0.051", words[1]]] * 4
    widths = Columns(headers=["Figure", "2012", "2016", "Change", "Uncertainty"], rows=rows, numeric=[False] * 5).widths().each
    font = FontProperties(family="DejaVu Serif", size=9)
    for text, width in zip(rows[0][1:4], widths[1:4], strict=True):
        assert TextPath((0, 0), text, prop=font).get_extents().width * 20 <= width - 160, text


@pytest.mark.parametrize("tables", range(60, 130, 5))
def test_the_last_lines_of_a_list_have_no_page_for_themselves(tables):
    """Laid out line by line on pages of 13,000 twips: a title of 980, a heading of 450, then the tables, one line each."""
    blocks = (Heading("One"), *(Table(key=f"t{n}", caption=Text("", "A table"), frame=places(1)) for n in range(tables)))
    line = list_line(numbered(Document(title="t", lang="en", blocks=blocks)), 9000, 13000)
    first, each = (13000 - 2 * 980 - 450) // line, 13000 // line
    over = (tables - first) % each if tables > first else 0
    loose = (tables - (13000 - 2 * 980 - 450) // LIST_LINE) % (13000 // LIST_LINE)
    assert CLOSEST <= line <= LIST_LINE
    assert line == LIST_LINE or over == 0 or over > each - 3
    assert line < LIST_LINE or loose == 0 or loose > 6
