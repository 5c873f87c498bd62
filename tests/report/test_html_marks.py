"""What is read off a drawn figure: points, bars and cells at their places, with their words."""

import numpy as np
import pandas as pd
import pytest

from evalkit.report import theme
from evalkit.report.document import Figure, Heading, Table
from evalkit.report.html.csv import as_csv, holds, table_of
from evalkit.report.html.marks import RADIUS, marks, rows
from evalkit.report.html.svg import Letters, inline
from evalkit.report.numbering import Numbered
from evalkit.report.pictures import Pictures
from evalkit.terms import Text


def found(canvas, lang="en"):
    figure = Figure(key="f", caption=Text("图", "f"), draw=lambda: canvas, alt="")
    return Pictures(lang).marks(figure)


def lines():
    canvas, axes = theme.new_figure(4, 3)
    axes.plot([2020, 2021, 2022], [0.1, -0.25, np.nan], label="poor", **theme.line(0))
    axes.plot([2020, 2022], [0, 0], label="a rule", color="0.5", ls="--")
    axes.axhline(0.1)
    axes.fill_between([2020, 2022], [0, 0], [1, 1])
    axes.set(xlabel="Year", ylabel="Share (the axis does not begin at 0)")
    return canvas


def test_points_of_lines_are_marks_and_rules_are_none():
    said = [mark.said() for mark in found(lines())]
    assert said == ["poor · Year 2020 · Share 0.100", "poor · Year 2021 · Share −0.250"]


def test_a_mark_stands_where_it_is_drawn():
    """Against matplotlib's own transform, at another resolution."""
    canvas = lines()
    first = found(canvas)[0]
    canvas.set_dpi(72)
    x, y = canvas.axes[0].transData.transform((2020, 0.1))
    left, top, width, _ = first.box
    assert (left + RADIUS, top + RADIUS) == pytest.approx((x, 72 * 3 - y), abs=0.01)
    assert width == 2 * RADIUS


def test_lying_bars_go_by_the_words_of_their_axis():
    canvas, axes = theme.new_figure(4, 3)
    axes.barh([0, 1], [2.0, -1.0], color=theme.PALETTE[0])
    axes.set_yticks([0, 1], ["甲\n县", "a long\nname"])
    axes.set_xlabel("%")
    theme.keys_below(axes, [(theme.PALETTE[0], "wins")])
    assert [mark.said() for mark in found(canvas)] == ["wins · 甲县 · 2%", "wins · a long name · −1%"]


def test_a_bar_from_the_edge_of_a_cut_axis_says_its_end():
    canvas, axes = theme.new_figure(4, 3)
    axes.barh([0, 1], [0.1, 0.05], left=[0.4, 0.5])
    axes.set(xlim=(0.4, 0.6))
    assert [mark.x for mark in found(canvas)] == pytest.approx([0.5, 0.05])


def test_cells_know_the_years_that_are_left_out_and_what_their_color_means():
    with theme.style():
        canvas, axes = theme.new_figure(6, 3)
        axes.imshow(np.array([[1.0, 2.0] * 6]), cmap=theme.grades(2), vmin=0.5, vmax=2.5, aspect="auto")
        theme.years(axes, range(2012, 2024), tiles=True)
        axes.set_yticks([0], ["甲县"])
        theme.keys_below(axes, [(theme.grades(2)(0), "差"), (theme.grades(2)(1), "好")])
    cells = found(canvas, "zh")
    assert [mark.x for mark in cells] == list(range(2012, 2024))
    assert [mark.said() for mark in cells][:2] == ["甲县 · 2012 · 差", "甲县 · 2013 · 好"]
    assert rows(cells, "zh")[:2] == [["项目", "年份", "数值"], ["甲县", "2012", "差"]]


def test_rows_put_words_first_and_keep_every_digit():
    canvas, axes = theme.new_figure(4, 3)
    axes.scatter([0.123456789], [0], label="=1+1")
    axes.set_yticks([0], ["@home"])
    axes.set_xlabel("D")
    made = rows(found(canvas), "en")
    assert made == [["Series", "Item", "D"], ["=1+1", "@home", "0.123456789"]]
    assert as_csv(made) == "Series,Item,D\n'=1+1,'@home,0.123456789\n"


def test_no_marks_no_rows():
    canvas, _ = theme.new_figure(4, 3)
    assert marks(canvas, "en") == ()
    assert rows((), "en") == []


def table(frame, key="t", **more):
    return Table(key=key, caption=Text("表", "t"), frame=frame, **more)


YEARS = pd.DataFrame({"Year": [2020, 2021], "poor": [0.1, -0.25]})


def test_the_table_that_holds_the_drawn_numbers_is_found():
    drawn = found(lines())
    assert holds(table(YEARS), drawn)
    assert holds(table(YEARS.assign(poor=YEARS["poor"] * 100)), drawn)  # in percent
    assert not holds(table(YEARS.assign(poor=[0.1, 0.3])), drawn)
    assert not holds(table(YEARS.rename(columns={"poor": "rich"})), drawn)
    assert holds(table(YEARS.rename(columns={"poor": "rich"})), drawn, named=True)
    assert not holds(table(YEARS), ())


def test_a_table_of_another_chapter_or_with_rows_left_out_is_not_taken():
    figure = Figure(key="f", caption=Text("图", "f"), draw=lines, alt="")
    drawn = found(lines())
    other, cut, own = table(YEARS), table(YEARS, show=1), table(YEARS, key="f")

    def asked(*blocks):
        items = [Numbered(block, anchor=f"a{at}") for at, block in enumerate(blocks)]
        return table_of(blocks.index(figure), items, drawn)

    assert asked(other, Heading("h"), figure, Heading("h"), own) == ""
    assert asked(figure, cut) == ""
    assert asked(figure, other, own) == "a2"
    assert asked(other, figure) == "a0"


def test_pictures_of_a_page_share_their_letters_and_lose_no_ink():
    figure = Figure(key="f", caption=Text("图", "f"), draw=lines, alt="")
    pictures, letters = Pictures("en"), Letters()
    drawn = pictures.svg(figure)
    first, second = (inline(drawn, f"f{n}-", letters, pictures.marks(figure)) for n in (1, 2))
    assert first != second
    assert first.replace("f1-", "f2-") == second
    assert len(first) + len(letters.markup()) < 0.8 * len(drawn)
    assert first.count("<use ") == drawn.count(b"<use ")
    assert first.count("<title>") == 2


def test_what_is_said_is_escaped():
    canvas, axes = theme.new_figure(4, 3)
    axes.plot([1], [1], "o", label="</title><script>x</script>")
    figure = Figure(key="f", caption=Text("图", "f"), draw=lambda: canvas, alt="")
    pictures = Pictures("en")
    said = inline(pictures.svg(figure), "f1-", Letters(), pictures.marks(figure))
    assert "<script" not in said
    assert "&lt;script&gt;" in said
