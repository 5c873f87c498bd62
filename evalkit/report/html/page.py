"""A document as one HTML file that works offline, prints well and reads on a phone."""

from __future__ import annotations

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import Any

from jinja2 import BaseLoader, Environment, StrictUndefined
from markupsafe import Markup

from evalkit.report.archive import moment
from evalkit.report.document import Block, Bullets, Document, Figure, Formula, Heading, Paragraph, SignOff, Table
from evalkit.report.fonts import chinese_font
from evalkit.report.html.csv import as_csv, table_of
from evalkit.report.html.marks import MOST, rows
from evalkit.report.html.svg import Letters, inline
from evalkit.report.numbering import KINDS, Numbered, mention, numbered
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
SAID = {  # by the script
    "filter": Text("筛选", "Filter"),
    "filtering": Text("筛选{what}的行", "Filter the rows of {what}"),
    "rows": Text("{n} 行", "{n} rows"),
    "some": Text("显示 {k} 行，共 {n} 行", "{k} of {n} rows shown"),
    "sort": Text("按此列排序", "Sort by this column"),
    "ascending": Text("已按“{column}”升序排列。", "Sorted by “{column}”, ascending."),
    "descending": Text("已按“{column}”降序排列。", "Sorted by “{column}”, descending."),
    "none": Text("已恢复原来的次序。", "Back in the first order."),
    "save": Text("{kind}：保存{what}", "{kind}: save {what}"),
    "saving": Text("保存{what}", "Save {what}"),
    "using": Text("{what}：筛选与保存", "{what}: filter and save"),
}
HOMES = {"visits"}  # figures drawn from records of homes: dots only, so that no record can be read back
_UNNAMEABLE = re.compile(r"[^\w.-]+")


def html(document: Document, pictures: Pictures) -> bytes:
    """The document as one self-contained page: styles, script, pictures and the glyphs it uses are inside.

    It needs nothing from outside, and its policy forbids to ask: no request leaves the file, and no script runs but the one
    the page is written with. Without scripts, all of it can still be read.
    """
    lang, items, letters = document.lang, numbered(document), Letters()
    parts = [_part(at, items, pictures, letters, lang) for at in range(len(items))]
    page = _environment().from_string(_resource("template.html.j2"))
    script = _resource("report.js")
    said = {
        "document": _safe(document),
        "date": when.strftime("%Y-%m-%dT%H:%M:%SZ") if (when := moment()) else "",
        "parts": parts,
        "words": {key: text.say(lang) for key, text in WORDS.items()},
        "said": json.dumps({key: text.say(lang) for key, text in SAID.items()}, ensure_ascii=False),
        "css": Markup(_resource("report.css")),
        "script": Markup(script),
        "digest": b64encode(sha256(script.encode("utf-8")).digest()).decode("ascii"),
        "letters": Markup(letters.markup()),
    }
    font = _font_face(page.render(**said, font=""))
    return page.render(**said, font=Markup(font)).encode("utf-8")


@dataclass(frozen=True, slots=True)
class Part:
    """One block as the template takes it: its kind, its number, and what it holds."""

    kind: str
    anchor: str = ""
    data: Any = None


def _part(at: int, items: Sequence[Numbered], pictures: Pictures, letters: Letters, lang: Lang) -> Part:
    item = items[at]
    block: Block = item.block
    match block:
        case Heading():
            return Part("heading", item.anchor, {"text": item.label, "level": block.level, "page": block.page})
        case Paragraph():
            named = _mentioned(item, lang)
            return Part("paragraph", data={"text": safe_text(block.text), "role": block.role, "named": named})
        case Bullets():
            return Part("bullets", data={"items": [safe_text(text) for text in block.items], "numbered": block.numbered})
        case Formula():
            return Part("formula", data={"uri": _uri(pictures.formula_svg(block)), "alt": safe_text(block.alt)})
        case Figure():
            drawn = _figure(block, at, items, pictures, letters)
            return Part("figure", item.anchor, drawn | {"alt": safe_text(block.alt)} | _caption(item, block, lang))
        case Table():
            return Part("table", item.anchor, _table(item, block, lang) | _caption(item, block, lang))


def _mentioned(item: Numbered, lang: Lang) -> Markup:
    """The tables and figures that stand under a paragraph, as links to them."""
    link = Markup('<a href="#{}">{}</a>')
    return Markup("").join(
        piece if isinstance(piece, str) else link.format(piece.anchor, piece.name) for piece in mention(item, lang)
    )


def _figure(figure: Figure, at: int, items: Sequence[Numbered], pictures: Pictures, letters: Letters) -> dict[str, Any]:
    """A figure drawn in the page, its marks over it; of records of homes and of very many marks, its dots only."""
    marks = pictures.marks(figure)
    if figure.key in HOMES or len(marks) > MOST:
        return {"svg": "", "uri": _uri(pictures.png(figure), "png"), "table": "", "csv": ""}
    svg = inline(pictures.svg(figure), f"f{items[at].number}-", letters, marks)
    table = table_of(at, items, marks)
    return {"svg": Markup(svg), "uri": "", "table": table, "csv": "" if table else as_csv(rows(marks, pictures.lang))}


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
    kind = KINDS[type(block)]
    return {
        "main": item.label,
        "other": item.other,
        "source": safe_text(block.source),
        "source_word": WORDS["source"].say(lang),
        "called": f"{kind.say(lang)} {item.number}",
        "name": f"{kind.en.lower()}_{int(item.number):02d}_{_UNNAMEABLE.sub('_', safe_text(block.key))}",
    }


def _safe(document: Document) -> dict[str, Any]:
    return {
        "title": safe_text(document.title),
        "subtitle": safe_text(document.subtitle),
        "lang": LANGUAGES[document.lang],
        "other_lang": LANGUAGES["en" if document.lang == "zh" else "zh"],
        "cover": [(safe_text(label), safe_text(value)) for label, value in document.cover],
        "statement": safe_text(document.statement),
        "signoff": None if document.signoff is None else _signed(document.signoff),
    }


def _signed(page: SignOff) -> dict[str, Any]:
    return {
        "title": safe_text(page.title),
        "lines": [(safe_text(label), safe_text(value)) for label, value in page.lines],
        "heads": [safe_text(head) for head in page.heads],
        "rows": [[safe_text(text) for text in row] for row in page.rows],
        "note": safe_text(page.note),
    }


def _uri(picture: bytes, kind: str = "svg+xml") -> str:
    return f"data:image/{kind};base64," + b64encode(picture).decode("ascii")


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
    return (files("evalkit.report.html") / name).read_text(encoding="utf-8")
