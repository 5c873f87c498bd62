"""Figures and fonts: Chinese without empty boxes, drawn once, the same bytes twice."""

import pytest

import evalkit as ek
from evalkit.report import fonts, theme
from evalkit.report.document import Figure
from evalkit.report.pictures import Pictures
from evalkit.terms import Text


def draw():
    canvas, axes = theme.new_figure(3, 2)
    axes.set_title("巩固拓展脱贫攻坚成果 −0.5 龘")
    axes.plot([0, 1], [-1, 1])
    return canvas


FIGURE = Figure(key="t", caption=Text("图", "figure"), draw=draw, alt="")


def test_chinese_is_drawn_without_a_missing_glyph():
    """A missing glyph is a warning, and warnings about glyphs are errors in these tests."""
    assert Pictures("zh").png(FIGURE).startswith(b"\x89PNG")
    assert b"<svg" in Pictures("zh").svg(FIGURE)


def test_pictures_are_the_same_bytes_twice():
    first, second = Pictures("en"), Pictures("en")
    assert first.png(FIGURE) == second.png(FIGURE)
    assert first.svg(FIGURE) == second.svg(FIGURE)


def test_a_figure_is_drawn_once():
    times = []
    figure = Figure(key="once", caption=Text("图", "figure"), draw=lambda: times.append(1) or draw(), alt="")
    pictures = Pictures("en")
    pictures.png(figure)
    pictures.svg(figure)
    pictures.png(figure)
    assert len(times) == 1


def test_without_any_chinese_font_a_chinese_report_is_refused(monkeypatch):
    monkeypatch.setattr(fonts, "chinese_family", lambda: None)
    with pytest.raises(ek.OutputError, match=r"evalkit\[fonts\]"):
        Pictures("zh")
