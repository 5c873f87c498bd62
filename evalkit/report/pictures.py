"""Figures and formulas as bytes: each drawn once, kept as PNG and SVG, the same bytes every time."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure as Canvas

from evalkit.report import fonts
from evalkit.report.document import Figure, Formula
from evalkit.report.html.marks import Mark, marks
from evalkit.report.theme import style
from evalkit.terms import Lang

DPI = 200
SILENT: dict[str, dict[str, Any]] = {"png": {"Software": None}, "svg": {"Date": None, "Creator": None}}  # no hour, no machine


class Pictures:
    """The pictures of one document, each drawn when first asked for.

    They are kept by figure, not by its key: answers of one kind draw figures of one key.
    """

    def __init__(self, lang: Lang = "zh") -> None:
        if lang == "zh":
            fonts.need_chinese()
        self.lang: Lang = lang
        self._made: dict[tuple[Figure | Formula, str], bytes] = {}
        self._marks: dict[Figure, tuple[Mark, ...]] = {}

    def png(self, figure: Figure) -> bytes:
        """The figure as PNG, 200 dots an inch."""
        self._draw(figure)
        return self._made[figure, "png"]

    def svg(self, figure: Figure) -> bytes:
        """The figure as SVG, its text as paths, so that it needs no font."""
        self._draw(figure)
        return self._made[figure, "svg"]

    def marks(self, figure: Figure) -> tuple[Mark, ...]:
        """What the figure says where."""
        self._draw(figure)
        return self._marks[figure]

    def formula_png(self, formula: Formula) -> bytes:
        """The formula as PNG on white."""
        return self._typeset(formula, "png")

    def formula_svg(self, formula: Formula) -> bytes:
        """The formula as SVG."""
        return self._typeset(formula, "svg")

    def _draw(self, figure: Figure) -> None:
        if (figure, "svg") not in self._made:
            with style(), _no_empty_boxes():
                canvas = figure.draw()
                self._made[figure, "png"] = _png(canvas)
                canvas.set_layout_engine("none")  # what was laid out for the one serves the other
                self._marks[figure] = marks(canvas, self.lang)
                self._made[figure, "svg"] = _svg(canvas)

    def _typeset(self, formula: Formula, kind: str) -> bytes:
        if (formula, kind) not in self._made:
            with style(), _no_empty_boxes():
                canvas = Canvas(figsize=(0.1, 0.1))
                FigureCanvasAgg(canvas)
                canvas.text(0, 0, f"${formula.tex}$", fontsize=12)
                self._made[formula, kind] = _fitted(canvas, kind)
        return self._made[formula, kind]


@contextmanager
def _no_empty_boxes() -> Iterator[None]:
    """Refuse to draw a Chinese name where no font has it, in an English report too."""
    known = fonts.chinese_family() is not None
    with warnings.catch_warnings():  # a rare sign that the font lacks is an empty box, and no message of a library
        warnings.filterwarnings("ignore" if known else "error", message=".*[Gg]lyph .*missing", category=UserWarning)
        try:
            yield
        except UserWarning as fault:
            if "missing from" not in str(fault):
                raise
            raise fonts.no_chinese() from None


def _png(canvas: Canvas) -> bytes:
    """The canvas as drawn once; `savefig` would draw it a second time to measure what is measured already."""
    out = BytesIO()
    canvas.set_dpi(DPI)
    FigureCanvasAgg(canvas).print_png(out, metadata=SILENT["png"])  # type: ignore[no-untyped-call]
    return out.getvalue()


def _svg(canvas: Canvas) -> bytes:
    out = BytesIO()
    FigureCanvasSVG(canvas).print_svg(out, metadata=SILENT["svg"])  # type: ignore[no-untyped-call]
    return out.getvalue()


def _fitted(canvas: Canvas, kind: str) -> bytes:
    """A canvas cut to what is on it."""
    out = BytesIO()
    canvas.savefig(out, format=kind, dpi=DPI, metadata=SILENT[kind], bbox_inches="tight", pad_inches=0.04)
    return out.getvalue()
