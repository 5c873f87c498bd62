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


@pytest.mark.parametrize("count", [1, 2, 24, 25, 40, 41, 60])
def test_many_rows_stand_in_two_plots_each_row_once(count):
    canvas, plots = theme.new_rows(count)
    rows = [row for _, part in plots for row in range(count)[part]]
    assert rows == list(range(count))
    assert len(plots) == 1 + (count > 24)
    assert len({axes.get_ylim() for axes, _ in plots}) == 1, "rows are equally high"
    if count <= 40:
        assert canvas.get_figheight() <= 0.6 * 24.7 / 2.54 * 7.2 / 6.3, "60% of a page at the width of the text"


def test_what_two_plots_show_is_named_once_in_their_legend():
    canvas, plots = theme.new_rows(30)
    for at, (axes, _) in enumerate(plots):
        axes.plot([0, 1], label="both")
        axes.plot([1, 0], label=f"own {at}")
    theme.legend_below(*(axes for axes, _ in plots))
    assert [text.get_text() for text in canvas.legends[0].get_texts()] == ["both", "own 0", "own 1"]
