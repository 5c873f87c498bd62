"""The press of PDF reports: typst, the typefaces it may use, and what is said when it cannot print."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

from evalkit.errors import OutputError
from evalkit.report import fonts
from evalkit.terms import Lang

PACKAGED = ("Noto Serif SC", "Noto Sans SC")  # of the extra `fonts`
LATIN = "Libertinus Serif"  # comes with typst
TRIALS = 4
STANDARD = "ua-1"  # tagged: titles, headings, tables, words for pictures, in the order of reading


@dataclass(frozen=True, slots=True, kw_only=True)
class Typefaces:
    """The families of text and of heads, the first with the glyph winning; where they are, and whether those of the system count."""

    serif: list[str]
    sans: list[str]
    folder: Path | None
    system: bool


def typefaces(lang: Lang) -> Typefaces:
    """The typefaces of a PDF: those of the extra `fonts`, so that every machine prints alike, else those of the system."""
    packaged = fonts.chinese_font()
    latin = [LATIN] if lang == "en" else []
    if packaged is not None:
        serif, sans = PACKAGED
        return Typefaces(serif=[*latin, serif, LATIN], sans=[sans, serif, LATIN], folder=packaged.parent, system=False)
    chinese = fonts.chinese_family()
    if chinese is None and lang == "zh":
        raise fonts.no_chinese()
    known = [chinese.replace(" JP", " SC"), chinese] if chinese else []
    return Typefaces(serif=[*latin, *known, LATIN], sans=[*latin, *known, LATIN], folder=None, system=True)


def need_typst() -> None:
    """Refuse a PDF on a machine without typst."""
    _typst()


def press(content: dict[str, Any], project: dict[str, bytes], faces: Typefaces) -> bytes:
    """Typeset content by a project whose main file is `main.typ`, in memory.

    A character that the packaged typefaces lack (a rare one in a name) is looked for among those of the system.

    Raises
    ------
    OutputError
        typst is not installed, or no font has a character of the text.
    """
    try:
        return _printed(content, project, _shelf(faces.folder, faces.system))
    except RuntimeError as fault:
        wrong = fault
    if _lacks_glyph(wrong) and not faces.system:
        try:
            return _printed(content, project, _shelf(faces.folder, True))
        except RuntimeError as fault:
            wrong = fault
    if _lacks_glyph(wrong):
        raise _no_glyph(str(wrong))
    raise OutputError(
        "the PDF cannot be typeset", found=str(wrong).partition("\n")[0], do="write the report as .docx or .html, and report this"
    )


def _printed(content: dict[str, Any], project: dict[str, bytes], shelf: Any) -> bytes:
    """The PDF. Figures go to the head or the foot of a page, but those that would stand above their own heading stay in line.

    All stay in line where typst loses the tags of those that wait for a place while the caption of a table moves to the next page
    (its issue 8487).
    """
    typst = _typst()
    inline: list[str] = []
    for _ in range(TRIALS):
        source = _project(content, project, inline)
        places = typst.query(source, "<places>", field="value", one=True, font_paths=shelf, ignore_system_fonts=True)
        early = _early(json.loads(places)) - set(inline)
        if not early:
            break
        inline += sorted(early)
    try:
        return _compiled(source, shelf)
    except RuntimeError as fault:
        if not _loses_tags(fault):
            raise
    return _compiled(_project(content, project, content["anchors"]), shelf)


def _project(content: dict[str, Any], project: dict[str, bytes], inline: list[str]) -> dict[str, bytes]:
    return {**project, "content.json": json.dumps(content | {"inline": inline}, ensure_ascii=False).encode()}


def _compiled(source: dict[str, bytes], shelf: Any) -> bytes:
    made: bytes = _typst().compile(source, format="pdf", font_paths=shelf, ignore_system_fonts=True, pdf_standards=[STANDARD])
    return made


def _early(places: list[tuple[str, int, float]]) -> set[str]:
    """The figures that stand above the heading before them; places come in the order of the text."""
    early, heading = set[str](), (0, 0.0)
    for anchor, page, height in places:
        if anchor.startswith("figure-"):
            early |= {anchor} if (page, height) < heading else set()
        else:
            heading = (page, height)
    return early


def _typst() -> Any:
    try:
        return import_module("typst")
    except ImportError:
        raise OutputError("a PDF is typeset by typst, which is not installed", do='run: pip install "evalkit[pdf]"') from None


@cache
def _shelf(folder: Path | None, system: bool) -> Any:
    """The fonts typst may take, read once."""
    return _typst().Fonts(include_system_fonts=system, include_embedded_fonts=True, font_paths=[str(folder)] if folder else [])


def _lacks_glyph(fault: Exception) -> bool:
    return "could not be displayed" in str(fault)


def _loses_tags(fault: Exception) -> bool:
    return "internal error: parent group" in str(fault)


def _no_glyph(said: str) -> OutputError:
    """What is said where no font has a character; it is named by its code, for it may stand in a name."""
    quoted = "".join(re.findall(r"the text (.+?) could not", said))
    codes = {int(code, 16) for code in re.findall(r"\\u\{([0-9a-f]+)\}", quoted)} | {ord(mark) for mark in quoted}
    return OutputError(
        "no font on this machine has a character of the report",
        found=", ".join(f"U+{code:04X}" for code in sorted(codes) if code > 0x7E),
        do="install one that has it, or write the report as .docx or .html",
    )
