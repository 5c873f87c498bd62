"""The look of figures: Chinese on a machine without Chinese fonts, true minus signs, colors that hold in gray."""

import subprocess
import sys
from itertools import combinations, pairwise

import matplotlib as mpl
import numpy as np
import pytest

import evalkit as ek
from evalkit.report import fonts, theme
from evalkit.report.document import Figure
from evalkit.report.pictures import Pictures
from evalkit.terms import Text

TO_XYZ = np.array([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.0721750], [0.0193339, 0.1191920, 0.9503041]])
WHITE = np.array([0.95047, 1, 1.08883])
# Machado, Oliveira & Fernandes (2009), severity 1, on linear RGB
SIGHTS = {
    "protanopia": np.array([[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]),
    "deuteranopia": np.array([[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]),
    "tritanopia": np.array([[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]),
}


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
    names = ("font.family", "mathtext.fontset", "svg.hashsalt", "axes.grid")
    before = [mpl.rcParams[name] for name in names]
    with theme.style():
        assert [mpl.rcParams[name] for name in names] != before
    assert [mpl.rcParams[name] for name in names] == before


def test_figures_stay_out_of_the_global_state():
    code = "import sys; from evalkit.report import theme; theme.new_figure(2, 1); sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0


def linear(color):
    part = np.array(mpl.colors.to_rgb(color))
    return np.where(part <= 0.04045, part / 12.92, ((part + 0.055) / 1.055) ** 2.4)


def lightness(color):
    return 116 * np.cbrt(linear(color) @ TO_XYZ[1]) - 16


def lab(rgb):
    shares = TO_XYZ @ np.clip(rgb, 0, 1) / WHITE
    x, y, z = np.where(shares > 0.008856, np.cbrt(shares), 7.787 * shares + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def test_colors_hold_in_gray():
    steps = [lightness(color) for color in theme.PALETTE]
    assert min(abs(one - other) for one, other in pairwise(steps)) >= 10
    assert min(abs(one - other) for one, other in combinations(steps[:4], 2)) >= 10


@pytest.mark.parametrize("count", [4, 5, 6, 10])
def test_grades_darken_in_equal_steps_in_gray_and_stay_apart_for_every_reader(count):
    """Each grade from the next: 8 of lightness or more, and 8 of CIE76, of which 2.3 are just seen, for color-blind readers."""
    shades = theme.grades(count).colors[:, :3]
    steps = -np.diff([lightness(color) for color in shades])
    assert steps.min() >= 8
    assert steps.max() - steps.min() <= 1.5
    for sight in (np.eye(3), *SIGHTS.values()):
        seen = [lab(sight @ linear(color)) for color in shades]
        assert min(np.linalg.norm(one - other) for one, other in pairwise(seen)) >= 8


@pytest.mark.parametrize("sight", [np.eye(3), *SIGHTS.values()], ids=["all", *SIGHTS])
def test_what_is_greater_is_darker_on_the_scale_whoever_reads_it(sight):
    shades = theme.sequential()(np.linspace(0, 1, 101))[:, :3]
    light = np.array([lab(sight @ linear(color))[0] for color in shades])
    assert (np.diff(light) < 0.3).all()
    assert light[0] - light[-1] > 75


@pytest.mark.parametrize("count", [1, 4, 10])
def test_words_on_a_grade_can_be_read(count):
    """The contrast of WCAG 2: 4.5 to 1 for small print."""
    shades = theme.grades(count)
    for at in range(count):
        shine = [linear(one) @ TO_XYZ[1] for one in (theme.on((at + 0.5) / count, shades), shades(at)[:3])]
        assert (max(shine) + 0.05) / (min(shine) + 0.05) >= 4.5


@pytest.mark.parametrize("sight", [pytest.param(matrix, id=name) for name, matrix in SIGHTS.items()])
def test_the_first_colors_stay_apart_for_color_blind_readers(sight):
    seen = [lab(sight @ linear(color)) for color in theme.PALETTE[:6]]
    assert min(np.linalg.norm(one - other) for one, other in combinations(seen, 2)) >= 15


def test_lines_are_told_apart_without_color():
    looks = {(theme.line(at)["ls"], theme.line(at)["marker"]) for at in range(10)}
    assert len(looks) == 10
