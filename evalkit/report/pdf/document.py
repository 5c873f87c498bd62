"""A document as a PDF: typeset by typst from a fixed template, tagged to be read aloud, the same bytes for the same content."""

from __future__ import annotations

import re
from importlib.resources import files
from itertools import groupby
from typing import Any

from evalkit.report.archive import moment
from evalkit.report.columns import TEXT_WIDTH, TURNED_WIDTH, Columns
from evalkit.report.document import Bullets, Document, Figure, Formula, Heading, Paragraph, SignOff, Table
from evalkit.report.numbering import CONTENTS, PAGES, Numbered, below, listed, mention, numbered
from evalkit.report.pdf.press import Typefaces, press, typefaces
from evalkit.report.pictures import Pictures
from evalkit.report.plain import printed, safe_text

WIDEST, HIGHEST = 453.5, 420.0  # points: as wide as the text, and 60% of its height
HEAVY = 600_000  # bytes: an SVG of more goes in as PNG
SMALLEST = 0.5  # share of the usual size of letters
_SIZE = re.compile(
    rb'<svg[^>]*?\sheight="([\d.]+)pt"[^>]*?\swidth="([\d.]+)pt"|<svg[^>]*?\swidth="([\d.]+)pt"[^>]*?\sheight="([\d.]+)pt"'
)
_LONG = re.compile(r"[!-~]{25,}")


def pdf(document: Document, pictures: Pictures) -> bytes:
    """The document as a PDF (PDF/UA-1) with its fonts inside.

    The content goes to the template as data and is never read as markup; nothing is written to disk on the way.

    Raises
    ------
    OutputError
        typst is not installed, or no font has a character of the text.
    """
    faces = typefaces(document.lang)
    items = numbered(document)
    made = _Content(pictures)
    parts = [made.part(item, document) for item in items]
    anchors = [item.anchor for item in items if isinstance(item.block, Heading | Figure)]
    said = _about(document, faces) | {"lists": list(listed(items)), "parts": _turned(parts), "anchors": anchors}
    template = (files("evalkit.report.pdf") / "report.typ").read_bytes()
    return press(said, {"main.typ": template, **made.files}, faces)


def _about(document: Document, faces: Typefaces) -> dict[str, Any]:
    lang = document.lang
    before, between, after = re.split(r"\{page\}|\{pages\}", PAGES.say(lang))
    colon = "：" if lang == "zh" else ":"
    return {
        "title": safe_text(document.title),
        "subtitle": safe_text(document.subtitle),
        "lang": lang,
        "date": list(when.timetuple()[:6]) if (when := moment()) else [],
        "fonts": {"serif": faces.serif, "sans": faces.sans},
        "cover": [(safe_text(label) + colon, safe_text(value)) for label, value in document.cover],
        "statement": safe_text(document.statement),
        "signoff": None if document.signoff is None else _signed(document.signoff, colon),
        "words": {kind: text.say(lang) for kind, text in CONTENTS.items()} | {"page": (before, between, after)},
    }


def _signed(page: SignOff, colon: str) -> dict[str, Any]:
    return {
        "title": safe_text(page.title),
        "lines": [(safe_text(label) + colon, safe_text(value)) for label, value in page.lines],
        "heads": [safe_text(head) for head in page.heads],
        "rows": [[safe_text(text) for text in row] for row in page.rows],
        "note": safe_text(page.note),
    }


def _turned(parts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The parts, with neighboring tables that are too wide for an upright page on turned pages together."""
    out: list[dict[str, Any]] = []
    for turned, some in groupby(parts, key=lambda part: part.get("turned", False)):
        inside = list(some)
        out += [{"kind": "turned", "parts": inside}] if turned else inside
    return out


class _Content:
    """Blocks as data, and the pictures they name."""

    def __init__(self, pictures: Pictures) -> None:
        self.pictures = pictures
        self.files: dict[str, bytes] = {}

    def part(self, item: Numbered, document: Document) -> dict[str, Any]:
        """One block as the template takes it."""
        match block := item.block:
            case Heading():
                return {"kind": "heading", "text": item.label, "level": block.level, "anchor": item.anchor, "page": block.page}
            case Paragraph():
                named = [
                    {"text": piece} if isinstance(piece, str) else {"text": piece.name, "anchor": piece.anchor}
                    for piece in mention(item, document.lang)
                ]
                return {"kind": "paragraph", "text": safe_text(block.text), "role": block.role, "named": named}
            case Bullets():
                return {"kind": "bullets", "items": [safe_text(text) for text in block.items], "numbered": block.numbered}
            case Formula():
                shown = self._picture(self.pictures.formula_svg(block))
                return {"kind": "formula", "alt": _aloud(block.alt), **shown}
            case Figure():
                shown = self._picture(self.pictures.svg(block), self.pictures.png(block))
                return {"kind": "figure", "alt": _aloud(block.alt), **shown, **_caption(item, document)}
            case Table():
                return {"kind": "table", **_grid(block), **_caption(item, document)}

    def _picture(self, svg: bytes, png: bytes = b"") -> dict[str, Any]:
        """A picture of its own size, never larger than the page, in points."""
        width, height = size_of(svg)
        kind, data = ("png", png) if png and len(svg) > HEAVY else ("svg", svg)
        name = f"picture-{len(self.files) + 1}.{kind}"
        self.files[name] = data
        return {"file": name, "width": round(width * min(WIDEST / width, HIGHEST / height, 1), 2)}


def size_of(svg: bytes) -> tuple[float, float]:
    """The width and height of an SVG picture, in points.

    Examples
    --------
    >>> size_of(b'<svg height="20pt" version="1.1" width="10.5pt">')
    (10.5, 20.0)
    """
    found = _SIZE.search(svg)
    if found is None:
        return WIDEST, WIDEST
    high, wide_, wide_first, high_after = found.groups()
    return float(wide_ or wide_first), float(high or high_after)


def _grid(table: Table) -> dict[str, Any]:
    """A table: its cells, the widths of its columns, and whether it stays on one page."""
    headers, rows, numeric = printed(table)
    columns = Columns(headers=headers, rows=rows, numeric=numeric)
    turned = bool(rows) and columns.turned()
    widths = columns.widths(TURNED_WIDTH if turned else TEXT_WIDTH)
    return {
        "heads": headers,
        "rows": [[_LONG.sub(_breakable, text) for text in row] for row in rows],
        "numeric": numeric,
        "widths": widths.each if rows else [],
        "scale": max(widths.scale, SMALLEST),
        "small": columns.small,
        "whole": columns.short,
        "turned": turned,
    }


def _caption(item: Numbered, document: Document) -> dict[str, Any]:
    other = item.other if item.bilingual else ""
    return {"anchor": item.anchor, "main": item.label, "other": other, "lines": below(item, document.lang)}


def _aloud(alt: str) -> str:
    return " ".join(safe_text(alt).split())


def _breakable(word: re.Match[str]) -> str:
    """A very long word, a fingerprint or an address, with places where a line may end."""
    return re.sub(r"(?<=[/_.?&=-])|(?<=[0-9A-Za-z]{16})(?=[0-9A-Za-z])", "\u200b", word[0])
