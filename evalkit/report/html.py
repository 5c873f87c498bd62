"""A document as one HTML file that works offline, prints well and reads on a phone."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, Environment, StrictUndefined
from markupsafe import Markup

from evalkit.report.document import Block, Bullets, Document, Figure, Formula, Heading, Paragraph, Table
from evalkit.report.fonts import chinese_font
from evalkit.report.numbering import Numbered, numbered
from evalkit.report.pictures import Pictures
from evalkit.report.plain import printed, safe_text
from evalkit.terms import Lang, Text

FAMILY = "Evalkit Sans SC"
LANGUAGES: dict[Lang, str] = {"zh": "zh-CN", "en": "en"}
HEAD = 5  # ems: up to here the head of a column never wraps
WIDTHS = {"": 8, "mid": 16, "long": 40, "prose": float("inf")}  # ems: text cells never wrap; wrap on paper; wrap; are prose
WORDS = {
    "contents": Text("目录", "Contents"),
    "skip": Text("跳到正文", "Skip to the text"),
    "source": Text("来源：", "Source: "),
    "empty": Text("（无记录）", "(no rows)"),
    "key": Text("要点", "Key finding"),
    "caution": Text("注意", "Caution"),
}


def html(document: Document, pictures: Pictures) -> bytes:
    """The document as one self-contained page: styles, pictures and the glyphs it uses are inside."""
    lang = document.lang
    parts = [_part(item, pictures, lang) for item in numbered(document)]
    page = _environment().from_string(_resource("template.html.j2"))
    words = {key: text.say(lang) for key, text in WORDS.items()}
    said = {"document": _safe(document), "parts": parts, "words": words, "css": Markup(_resource("report.css"))}
    font = _font_face(page.render(**said, font=""))
    return page.render(**said, font=Markup(font)).encode("utf-8")


@dataclass(frozen=True, slots=True)
class Part:
    """One block as the template takes it: its kind, its number, and what it holds."""

    kind: str
    anchor: str = ""
    data: Any = None


def _part(item: Numbered, pictures: Pictures, lang: Lang) -> Part:
    block: Block = item.block
    match block:
        case Heading():
            return Part("heading", item.anchor, {"text": item.label, "level": block.level})
        case Paragraph():
            return Part("paragraph", data={"text": safe_text(block.text), "role": block.role})
        case Bullets():
            return Part("bullets", data={"items": [safe_text(text) for text in block.items], "numbered": block.numbered})
        case Formula():
            return Part("formula", data={"uri": _uri(pictures.formula_svg(block)), "alt": safe_text(block.alt)})
        case Figure():
            data = {"uri": _uri(pictures.svg(block)), "alt": safe_text(block.alt)} | _caption(item, block, lang)
            return Part("figure", item.anchor, data)
        case Table():
            return Part("table", item.anchor, _table(item, block, lang) | _caption(item, block, lang))


def _table(item: Numbered, table: Table, lang: Lang) -> dict[str, Any]:
    heads, rows, numeric = printed(table)
    columns = zip(*rows, strict=True) if rows else ((),) * len(heads)
    looks = ["number" if is_number else _wrapping(column) for is_number, column in zip(numeric, columns, strict=True)]
    return {
        "heads": [(head, f"{look} {_head_look(head)}".strip()) for head, look in zip(heads, looks, strict=True)],
        "rows": [list(zip(row, looks, strict=True)) for row in rows],
        "size": "many wide" if len(heads) > 9 else "many" if len(heads) > 6 else "",
        "hidden": WORDS["empty"].say(lang) if table.frame.empty else item.elsewhere,
        "note": safe_text(table.note),
    }


def _wrapping(column: Iterable[str]) -> str:
    """How the cells of a text column wrap, by the longest of them."""
    longest = max((_ems(text) for text in column), default=0)
    return next(look for look, most in WIDTHS.items() if longest <= most)


def _head_look(head: str) -> str:
    return "brief" if _ems(head) <= HEAD else "tall"


def _ems(text: str) -> float:
    """About how wide a text is, in ems."""
    return sum(1.0 if ord(char) > 0x2E7F else 0.55 for char in text)


def _caption(item: Numbered, block: Table | Figure, lang: Lang) -> dict[str, str]:
    return {"main": item.label, "other": item.other, "source": safe_text(block.source), "source_word": WORDS["source"].say(lang)}


def _safe(document: Document) -> dict[str, Any]:
    return {
        "title": safe_text(document.title),
        "subtitle": safe_text(document.subtitle),
        "lang": LANGUAGES[document.lang],
        "other_lang": LANGUAGES["en" if document.lang == "zh" else "zh"],
        "cover": [(safe_text(label), safe_text(value)) for label, value in document.cover],
        "statement": safe_text(document.statement),
    }


def _uri(svg: bytes) -> str:
    return "data:image/svg+xml;base64," + b64encode(svg).decode("ascii")


def _font_face(page: str) -> str:
    """The glyphs of the page as a font of its own; nothing where no font may travel along.

    Quotes are wide in a Chinese font; its narrow ones, which English text asks for, travel along (`pwid`).
    """
    path = chinese_font()
    if path is None:
        return ""
    glyphs = "".join(sorted({char for char in page if char.isprintable()}))
    data = b64encode(_subset(path, glyphs)).decode("ascii")
    return f'@font-face{{font-family:"{FAMILY}";src:url(data:font/woff2;base64,{data}) format("woff2");}}'


@cache
def _subset(path: Path, glyphs: str) -> bytes:
    from fontTools import subset

    options = subset.Options(
        flavor="woff2", recalc_timestamp=False, notdef_outline=True, layout_features=["kern", "locl", "pwid"]
    )
    options.name_IDs = [*options.name_IDs, 13]  # the licence travels with the glyphs
    font = subset.load_font(str(path), options)
    maker = subset.Subsetter(options)
    maker.populate(text=glyphs)
    maker.subset(font)
    out = BytesIO()
    subset.save_font(font, out, options)
    return out.getvalue()


@cache
def _environment() -> Environment:
    return Environment(loader=BaseLoader(), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def _resource(name: str) -> str:
    return (files("evalkit.report") / name).read_text(encoding="utf-8")
