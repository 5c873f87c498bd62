"""Fonts that know Chinese: one the system has, else the one of a small package, else a clear error."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from matplotlib import font_manager

from evalkit.errors import OutputError

KNOWN = (
    "Noto Sans CJK SC",
    "Noto Sans SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "Microsoft YaHei",
    "SimHei",
    "PingFang SC",
    "Heiti SC",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
)


@cache
def families() -> list[str]:
    """The font families figures use, the first with the glyph winning: Latin first, then Chinese where there is one."""
    chinese = chinese_family()
    return ["DejaVu Sans", *([chinese] if chinese else [])]


LAST = ("Noto Sans CJK JP",)  # what a collection of all of CJK is called where only its first face is read


@cache
def chinese_family() -> str | None:
    """A family that has Chinese glyphs: of the system, else of the package of the extra `fonts`; None where there is none."""
    have = {font.name for font in font_manager.fontManager.ttflist}
    for name in KNOWN:
        if name in have:
            return name
    packaged = _packaged()
    if packaged is None:
        return next((name for name in LAST if name in have), None)
    font_manager.fontManager.addfont(packaged)
    return font_manager.FontProperties(fname=packaged).get_name()


def chinese_font() -> Path | None:
    """The file of a font with Chinese glyphs that may travel inside a report (the packaged one, OFL-1.1), or None."""
    return _packaged()


def need_chinese() -> None:
    """Refuse to draw Chinese on a machine without a Chinese font: it would come out as empty boxes."""
    if chinese_family() is None:
        raise no_chinese()


def no_chinese() -> OutputError:
    """What is said where Chinese is to be drawn and no font has it."""
    return OutputError("no font on this machine has Chinese glyphs", do='install one, or run: pip install "evalkit[fonts]"')


def _packaged() -> Path | None:
    try:
        from pylopdf_fonts_zh_cn import sans_path
    except ImportError:
        return None
    return Path(sans_path())
