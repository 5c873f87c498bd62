"""The HTML page: self-contained, escaped, numbered, readable in both languages."""

import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser

import pandas as pd
import pytest

from evalkit.report import theme
from evalkit.report.document import Document, Figure, Heading, Table
from evalkit.report.html import page as html_module
from evalkit.report.html.page import html
from evalkit.report.plain import cell, printed
from evalkit.terms import Text


def without_script(page):
    return re.sub(r"<script>.*?</script>", "", page, flags=re.DOTALL)


def draw_line():
    canvas, axes = theme.new_figure(4, 2)
    axes.plot([2020, 2021], [0.1, -0.2], "o")
    return canvas


@pytest.fixture
def page(document, pictures):
    return html(document, pictures).decode("utf-8")


def test_it_needs_nothing_from_outside(page):
    references = re.findall(r'(?:src|href|url)\s*[=(]\s*["\']?([^"\')\s>]+)', without_script(page))
    assert references
    assert all(reference.startswith(("data:", "#")) for reference in references)
    assert page.count("<script") == 1


def test_text_is_escaped_everywhere(page):
    assert "报告 &lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<td>&lt;b&gt;</td>" in page


def test_captions_are_numbered_in_both_languages(page):
    assert "图 1　折线" in page
    assert "Figure 1. A line" in page
    assert "表 2　全表" in page


def test_english_comes_first_in_an_english_report(make_document, pictures):
    page = html(make_document("en"), pictures).decode("utf-8")
    assert 'lang="en"' in page
    assert page.index("Table 1. A long table") < page.index("表 1　长表")
    assert "Source: 模拟" in page


def test_hidden_rows_are_told(page):
    assert "本表共 60 行，此处列出前 10 行；全部 60 行见随附工作簿的“long”工作表。" in page
    assert page.count("<td>=1+1</td>") == 5


def test_the_font_of_the_page_travels_along(page):
    face = re.search(r'@font-face\{font-family:"Evalkit Sans SC";src:url\(data:font/woff2;base64,([A-Za-z0-9+/=]+)\)', page)
    assert face is not None
    assert 2_000 < len(face.group(1)) < 60_000


def test_it_parses_and_every_anchor_is_there(page):
    class Anchors(HTMLParser):
        def __init__(self):
            super().__init__()
            self.ids, self.links, self.alts = set(), set(), []

        def handle_starttag(self, tag, attrs):
            found = dict(attrs)
            self.ids.add(found.get("id"))
            if tag == "a":
                self.links.add(found["href"])
            if tag == "img" or found.get("role") == "img":
                self.alts.append(found.get("alt") or found["aria-label"])

    parser = Anchors()
    parser.feed(page)
    assert {link[1:] for link in parser.links} <= parser.ids
    assert parser.alts == ["D = √(C·T)", "两点连线"]


def test_the_same_document_gives_the_same_bytes(make_document):
    from evalkit.report.pictures import Pictures

    first, second = (html(make_document(), Pictures("zh")) for _ in range(2))
    assert first == second


def test_the_font_reaches_the_style_sheet_unescaped_and_holds_what_the_page_says(page):
    from base64 import b64decode
    from io import BytesIO

    from fontTools.ttLib import TTFont

    style = re.search(r"<style>(.*?)</style>", page, re.DOTALL).group(1)
    assert "&#34;" not in style
    assert "&quot;" not in style
    data = re.search(r"data:font/woff2;base64,([A-Za-z0-9+/=]+)", style).group(1)
    glyphs = TTFont(BytesIO(b64decode(data))).getBestCmap()
    assert {ord(char) for char in "第一章折线长表来源0123456789"} <= set(glyphs)


def test_without_a_font_the_page_falls_back_on_those_of_the_reader(document, pictures, monkeypatch):
    monkeypatch.setattr(html_module, "chinese_font", lambda: None)
    page = html(document, pictures).decode("utf-8")
    assert "@font-face" not in page
    assert '"Microsoft YaHei"' in page


def test_nothing_can_run_or_be_fetched(page):
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page).group(1)
    assert policy.startswith("default-src 'none'")
    assert "connect-src" not in policy
    assert not re.search(r"https?:", without_script(page))


def test_only_the_script_of_the_page_may_run(page):
    policy = re.search(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page).group(1)
    script = re.search(r"<script>(.*?)</script>", page, re.DOTALL).group(1)
    digest = b64encode(sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}'" in policy.replace("&#39;", "'").replace("&#43;", "+")
    assert set(re.findall(r"https?://[^\s\"']+", script)) == {"http://www.w3.org/2000/svg"}  # a name, no address


def test_each_language_is_marked_for_those_who_listen(page, make_document, pictures):
    assert '<html lang="zh-CN">' in page
    assert '<span class="other" lang="en">Table 1. A long table</span>' in page
    english = html(make_document("en"), pictures).decode("utf-8")
    assert '<span class="other" lang="zh-CN">表 1　长表</span>' in english
    assert 'href="#text">Skip to the text' in english


def test_chapters_are_numbered_in_text_and_contents(page):
    assert '<h2 id="h1">1 第一章</h2>' in page
    assert '<h3 id="h1-1">1.1 小节</h3>' in page
    assert page.count('<a href="#h2">2 第二章</a>') == 2  # beside the text on a wide screen, folded on a phone


def test_a_table_kept_in_the_workbook_prints_no_rows(page):
    assert page.count("<table") == 1
    assert "本表共 60 行，见随附工作簿的“all”工作表。" in page


def page_of(frame, pictures):
    blocks = (Heading("h"), Table(key="t", caption=Text("表", "t"), frame=frame))
    return html(Document(title="t", blocks=blocks), pictures).decode("utf-8")


def test_a_table_without_rows_says_so(pictures):
    assert "（无记录）" in page_of(pd.DataFrame({"a": []}), pictures)


def test_cells_wrap_by_how_long_they_are(pictures):
    frame = pd.DataFrame({"n": [-1.5], "短": ["良好协调"], "中": ["巩固拓展脱贫攻坚成果"], "长": ["长" * 30], "文": ["长" * 90]})
    page = page_of(frame, pictures)
    assert '<td class="number">−1.500</td><td>良好协调</td><td class="mid">' in page
    assert '<td class="long">' in page
    assert '<td class="prose">' in page


def test_what_cannot_be_printed_is_left_out(pictures):
    page = page_of(pd.DataFrame({"a\x00": pd.Series(["x\ud800\u202ey"], dtype=object)}), pictures)
    assert '<th scope="col" class="brief">a</th>' in page
    assert "<td>xy</td>" in page


def test_a_figure_is_drawn_in_the_page_and_its_names_are_its_own(make_document, pictures):
    document = make_document()
    again = document.with_blocks(document.figures())
    page = html(again, pictures).decode("utf-8")
    names = re.findall(r' id="([^"]+)"', without_script(page))
    assert len(names) == len(set(names))
    asked = set(re.findall(r'(?:<use href="|url\()#([^")]+)', page))
    assert asked
    assert asked <= set(names)


def test_figures_of_homes_stay_dots(pictures):
    figure = Figure(key="visits", caption=Text("图", "f"), draw=draw_line, alt="a")
    page = html(Document(title="t", blocks=(figure,)), pictures).decode("utf-8")
    assert '<img src="data:image/png;base64,' in page
    assert "data-csv" not in page
    assert 'class="marks"' not in page


def test_a_figure_without_its_table_gives_away_what_it_draws(page):
    assert 'data-csv="系列,年份,纵轴\n耦合协调度,2020,0.1\n耦合协调度,2021,-0.2\n"' in page


@pytest.mark.parametrize(
    ("value", "expected"),
    [(float("-inf"), "−∞"), (pd.NaT, "—"), (pd.NA, "—"), (pd.Timestamp("2024-03-01"), "2024-03-01")],
)
def test_odd_cells(value, expected):
    assert cell(value) == expected


def test_missing_years_stay_years_and_words_are_no_numbers():
    frame = pd.DataFrame(
        {
            "year": pd.array([2020, None], dtype="Int64"),
            "mixed": pd.Series([1, None], dtype=object),
            "yes": [True, False],
            "word": ["a", "b"],
        }
    )
    _, rows, numeric = printed(Table(key="t", caption=Text("", ""), frame=frame))
    assert rows == [["2020", "1", "True", "a"], ["—", "—", "False", "b"]]
    assert numeric == [True, True, False, False]
