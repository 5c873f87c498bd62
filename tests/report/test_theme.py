"""The look of figures: Chinese on a machine without Chinese fonts, true minus signs, colors that hold in gray."""

import subprocess
import sys

import matplotlib as mpl
import pytest

import evalkit as ek
from evalkit.report import fonts, theme
from evalkit.report.document import Figure
from evalkit.report.pictures import Pictures
from evalkit.terms import Text

LUMINANCE = (0.2126, 0.7152, 0.0722)


def draw(title="巩固拓展脱贫攻坚成果"):
    canvas, axes = theme.new_figure(3, 2)
    axes.set_title(title)
    axes.plot([-2, 1], [-1, 1])
    return canvas


def figure_of(title):
    return Figure(key="t", caption=Text("图", "figure"), draw=lambda: draw(title), alt="")


@pytest.fixture
def fresh():
    """The fonts are looked for anew, before and after."""
    for found in (fonts.families, fonts.chinese_family):
        found.cache_clear()
    yield
    for found in (fonts.families, fonts.chinese_family):
        found.cache_clear()


@pytest.fixture
def bare(monkeypatch, fresh):
    """A machine whose system has no Chinese font."""
    monkeypatch.setattr(fonts, "KNOWN", ())
    monkeypatch.setattr(fonts, "LAST", ())


def test_the_packaged_font_serves_where_the_system_has_none(bare):
    """A missing glyph is a warning, and warnings about glyphs are errors in these tests."""
    assert fonts.families() == ["DejaVu Sans", "Noto Sans SC"]
    assert Pictures("zh").png(figure_of("巩固拓展脱贫攻坚成果 −0.5")).startswith(b"\x89PNG")


def test_a_system_font_comes_before_the_packaged_one(monkeypatch, fresh):
    monkeypatch.setattr(fonts, "KNOWN", ("STIXGeneral",))
    assert fonts.chinese_family() == "STIXGeneral"


def test_without_any_font_chinese_is_refused_in_an_english_report_too(bare, monkeypatch):
    monkeypatch.setattr(fonts, "_packaged", lambda: None)
    with pytest.raises(ek.OutputError, match=r"evalkit\[fonts\]"):
        Pictures("zh")
    with pytest.raises(ek.OutputError, match=r"evalkit\[fonts\]"):
        Pictures("en").png(figure_of("某县"))
    assert Pictures("en").png(figure_of("A county")).startswith(b"\x89PNG")


def test_negative_ticks_have_a_true_minus():
    with theme.style():
        canvas = draw()
        canvas.canvas.draw()
        labels = [label.get_text() for label in canvas.axes[0].get_yticklabels()]
    assert any(label.startswith("−") for label in labels)
    assert not any("-" in label for label in labels)


def test_the_style_leaves_no_trace():
    before = mpl.rcParams.copy()
    with theme.style():
        assert mpl.rcParams["font.family"][0] == "DejaVu Sans"
    assert mpl.rcParams == before


def test_figures_stay_out_of_the_global_state():
    code = "import sys; from evalkit.report import theme; theme.new_figure(2, 1); sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def test_neighboring_colors_differ_in_gray():
    grays = [sum(part * share for part, share in zip(mpl.colors.to_rgb(c), LUMINANCE, strict=True)) for c in theme.PALETTE[:6]]
    assert all(abs(one - other) > 0.03 for one, other in zip(grays, grays[1:], strict=False))


def test_lines_are_told_apart_without_color():
    looks = {(theme.line(at)["ls"], theme.line(at)["marker"]) for at in range(10)}
    assert len(looks) == 10
