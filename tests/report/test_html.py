"""The HTML page: self-contained, escaped, numbered, readable in both languages."""

import re
from html.parser import HTMLParser

import pytest

from evalkit.report.html import html


@pytest.fixture
def page(document, pictures):
    return html(document, pictures).decode("utf-8")


def test_it_needs_nothing_from_outside(page):
    references = re.findall(r'(?:src|href|url)\s*[=(]\s*["\']?([^"\')\s>]+)', page)
    assert references
    assert all(reference.startswith(("data:", "#")) for reference in references)
    assert "<script" not in page


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
    assert "共 60 行，全部列于工作簿的工作表“long”" in page
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
            if tag == "img":
                self.alts.append(found["alt"])

    parser = Anchors()
    parser.feed(page)
    assert {link[1:] for link in parser.links} <= parser.ids
    assert parser.alts == ["D = √(C·T)", "两点连线"]


def test_the_same_document_gives_the_same_bytes(make_document):
    from evalkit.report.pictures import Pictures

    first, second = (html(make_document(), Pictures("zh")) for _ in range(2))
    assert first == second
