"""An evaluator's own Word document as the template of a report: its styles, page, header and footer, without its text."""

from __future__ import annotations

from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any, TypeVar
from zipfile import BadZipFile, ZipFile

import docx
from docx.opc.constants import CONTENT_TYPE, RELATIONSHIP_TYPE
from docx.opc.oxml import serialize_part_xml
from docx.opc.packuri import PackURI
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.parts.numbering import NumberingPart

from evalkit.errors import SpecError
from evalkit.report.columns import TEXT_WIDTH
from evalkit.report.word.page import Room, edges
from evalkit.report.word.styles import COVER_LABEL, THREE_LINE, styles
from evalkit.terms import Lang

MOST = 100_000_000  # bytes of a template, unpacked
KEPT = (
    "styles",
    "stylesWithEffects",
    "settings",
    "webSettings",
    "fontTable",
    "theme",
    "numbering",
    "header",
    "footer",
    "footnotes",
    "endnotes",
)
REMOTE = ("attachedTemplate", "mailMerge", "documentProtection", "writeProtection")  # settings that reach out, or lock
EDGES = ("headerReference", "footerReference")
Element = TypeVar("Element")


@dataclass(slots=True)
class Names:
    """How the styles of the report are called in a document, and how its lists count.

    `ids` gives the id of a style by the report's own; `counting` are the levels of headings that the document numbers itself;
    `bullets` are paragraph properties of a bullet where the style of lists has none.
    """

    ids: Mapping[str, str] = field(default_factory=dict)
    counting: frozenset[int] = frozenset()
    bullets: str = ""
    counted: int | None = None

    def apply(self, element: Element) -> Element:
        """The element with the document's own names of styles."""
        if self.ids:
            tags = {qn("w:pStyle"), qn("w:rStyle"), qn("w:tblStyle")}
            for node in element.iter():  # type: ignore[attr-defined]
                if node.tag in tags:
                    node.set(qn("w:val"), self.ids.get(node.get(qn("w:val")), node.get(qn("w:val"))))
        return element

    def numbers(self, file: Any) -> int:
        """The numbering of numbered lists."""
        if self.counted is None:
            number = file.styles["List Number"].element.pPr.numPr.numId.val
            self.counted = file.part.numbering_part.element.num_having_numId(number).abstractNumId.val
        return self.counted


def template(path: Path) -> bytes:
    """The bytes of a template, looked at before anything is computed.

    Raises
    ------
    SpecError
        The file is not there, is no .docx document, holds macros, or is too large.
    """
    said = "save it in Word as .docx (a document without macros) and name that file"
    if path.exists() and not path.is_file():
        raise SpecError("the template is no file", where=str(path), do="name a .docx file")
    try:
        data = path.read_bytes()
    except OSError as fault:
        raise SpecError(
            "the template cannot be read", where=str(path), found=fault.strerror or "", do="name a .docx file"
        ) from None
    try:
        with ZipFile(BytesIO(data)) as parts:
            size = sum(part.file_size for part in parts.infolist())
            types = parts.read("[Content_Types].xml") if size <= MOST else b""
            names = parts.namelist()
    except (BadZipFile, KeyError, NotImplementedError, RuntimeError):
        raise SpecError("the template is no .docx document", where=str(path), do=said) from None
    if size > MOST:
        raise SpecError(
            "the template is too large", where=str(path), found=f"{size / 1e6:,.0f} MB unpacked", do="take a smaller one"
        )
    if b"macroEnabled" in types or any(name.lower().endswith("vbaproject.bin") for name in names):
        raise SpecError("the template holds macros, which a report does not carry", where=str(path), do=said)
    if b"wordprocessingml.document.main+xml" not in types:
        raise SpecError("the template is no .docx document", where=str(path), do=said)
    try:
        docx.Document(BytesIO(data))
    except Exception as fault:  # whatever a damaged file makes the reader say
        raise SpecError("the template cannot be opened", where=str(path), found=type(fault).__name__, do=said) from None
    return data


def adopted(data: bytes, title: str, lang: Lang) -> tuple[Any, Names]:
    """A template without its text, with the styles it lacks, and the names of those it has."""
    file = docx.Document(BytesIO(data))
    last = _emptied(file)
    _forgotten(file)
    if not any(last.findall(qn(f"w:{kind}")) for kind in EDGES):
        edges(file.sections[-1], title, lang)
    return file, _completed(file, lang)


def _emptied(file: Any) -> Any:
    """Take out the text; the last section keeps the headers and footers it took from those before it, on one column."""
    body = file.element.body
    sections = [section._sectPr for section in file.sections]
    last = sections[-1]
    for kind in EDGES:
        have = {ref.get(qn("w:type")) for ref in last.findall(qn(f"w:{kind}"))}
        for section in reversed(sections[:-1]):
            for ref in section.findall(qn(f"w:{kind}")):
                if ref.get(qn("w:type")) not in have:
                    have.add(ref.get(qn("w:type")))
                    last.insert(0, deepcopy(ref))
    for name in ("cols", "sectPrChange", "type"):
        for old in last.findall(qn(f"w:{name}")):
            last.remove(old)
    for child in list(body):
        if child is not last:
            body.remove(child)
    return last


def _forgotten(file: Any) -> None:
    """Let go of what belonged to the text (comments, pictures, footnotes) and of what reaches out of the document or locks it."""
    package = file.part.package.rels
    for key in [key for key, rel in package.items() if rel.reltype.endswith(("/custom-properties", "/customXml"))]:
        del package[key]
    rels = file.part.rels
    for key in [key for key, rel in rels.items() if rel.reltype.rsplit("/", 1)[-1] not in KEPT]:
        del rels[key]
    for rel in list(rels.values()):
        kind = rel.reltype.rsplit("/", 1)[-1]
        if kind in ("footnotes", "endnotes"):
            _without_notes(rel.target_part)
    settings = file.settings.element
    for name in REMOTE:
        for old in settings.findall(qn(f"w:{name}")):
            settings.remove(old)
    outside = file.part._settings_part.rels
    for key in [key for key, rel in outside.items() if rel.is_external]:
        del outside[key]


def _without_notes(part: Any) -> None:
    """Leave of footnotes only the lines that part them from the text."""
    root = parse_xml(part.blob)
    for note in list(root):
        if note.get(qn("w:type")) is None:
            root.remove(note)
    part._blob = serialize_part_xml(root)


def _completed(file: Any, lang: Lang) -> Names:
    """Make the styles that are missing, in the fonts of those that are there."""
    root = file.styles.element
    known = {_name(style): style.get(qn("w:styleId")) for style in root.findall(qn("w:style"))}
    heads = _fonts(root, known.get("heading 1", ""))
    reach = f'w:pos="{Room.of(file.sections[-1]).width}"'  # the tab before the page numbers of the contents
    ids: dict[str, str] = {}
    fresh = []
    for style in styles(lang):
        found = known.get(style.name.casefold())
        ids[style.id] = found or _free(style.id, known.values())
        if not found:
            fresh.append(_made(parse_xml(style.xml(lang).replace(f'w:pos="{TEXT_WIDTH}"', reach)), heads if style.head else None))
    for xml in (COVER_LABEL, THREE_LINE):
        made = parse_xml(xml)
        found = known.get(_name(made))
        ids[made.get(qn("w:styleId"))] = found or _free(made.get(qn("w:styleId")), known.values())
        fresh += [] if found else [_made(made, heads)]
    ids["TableNormal"] = known.get("normal table", "TableNormal")
    for made in fresh:
        made.set(qn("w:styleId"), ids[made.get(qn("w:styleId"))])
        for tag in ("basedOn", "next"):
            for node in made.findall(qn(f"w:{tag}")):
                node.set(qn("w:val"), ids.get(node.get(qn("w:val")), node.get(qn("w:val"))))
        root.append(made)
    return _listing(file, ids)


def _name(style: Any) -> str:
    return str(style.find(qn("w:name")).get(qn("w:val"))).casefold()


def _free(id_: str, taken: Any) -> str:
    return id_ if id_ not in set(taken) else f"{id_}Evalkit"


def _fonts(root: Any, id_: str) -> Any:
    """The fonts of a style, where it names any."""
    found = root.xpath(f'w:style[@w:styleId="{id_}"]/w:rPr/w:rFonts') if id_ else []
    return found[0] if found else None


def _made(style: Any, heads: Any) -> Any:
    """A style in the fonts of the document: of its headings, or of its text."""
    style.attrib.pop(qn("w:default"), None)
    look = style.find(qn("w:rPr"))
    for old in look.findall(qn("w:rFonts")) + look.findall(qn("w:lang")) if look is not None else []:
        look.remove(old)
    if look is not None and heads is not None:
        look.insert(0, deepcopy(heads))
    return style


def _listing(file: Any, ids: Mapping[str, str]) -> Names:
    """How the lists and headings of the document count; what it lacks is made."""
    root = file.styles.element
    numbering = _numbering(file)
    levels = {level for level in (1, 2, 3) if _number_of(root, ids[f"Heading{level}"])}
    plain = '<w:numPr><w:ilvl w:val="0"/><w:numId w:val="{number}"/></w:numPr><w:ind w:left="720" w:hanging="360"/>'
    bullets = plain.format(number=numbering.add_num(_list_of(numbering, "bullet", "•")).numId)
    return Names(ids=ids, counting=frozenset(levels), bullets=bullets, counted=_list_of(numbering, "decimal", "%1."))


def _number_of(root: Any, id_: str) -> bool:
    """Whether a style numbers its paragraphs, by itself or by the style it is based on."""
    while id_:
        found = root.xpath(f'w:style[@w:styleId="{id_}"]')
        if not found:
            return False
        number = found[0].xpath("w:pPr/w:numPr/w:numId/@w:val")
        if number:
            return bool(number[0] != "0")
        id_ = next(iter(found[0].xpath("w:basedOn/@w:val")), "")
    return False


def _numbering(file: Any) -> Any:
    """The numbering definitions of the document; empty ones where it has none."""
    try:
        return file.part.part_related_by(RELATIONSHIP_TYPE.NUMBERING).element
    except KeyError:
        xml = f"<w:numbering {nsdecls('w')}/>".encode()
        part = NumberingPart.load(PackURI("/word/numbering.xml"), CONTENT_TYPE.WML_NUMBERING, xml, file.part.package)
        file.part.relate_to(part, RELATIONSHIP_TYPE.NUMBERING)
        return part.element


def _list_of(numbering: Any, kind: str, mark: str) -> int:
    """A new kind of list; its definition stands before the lists that use one."""
    taken = [int(one.get(qn("w:abstractNumId"))) for one in numbering.findall(qn("w:abstractNum"))]
    number = max(taken, default=-1) + 1
    made = parse_xml(
        f'<w:abstractNum {nsdecls("w")} w:abstractNumId="{number}"><w:multiLevelType w:val="singleLevel"/><w:lvl w:ilvl="0">'
        f'<w:start w:val="1"/><w:numFmt w:val="{kind}"/><w:lvlText w:val="{mark}"/><w:lvlJc w:val="left"/></w:lvl></w:abstractNum>'
    )
    first = numbering.find(qn("w:num"))
    numbering.append(made) if first is None else first.addprevious(made)
    return number
