"""The only writer: a document as HTML, Word, PDF or workbook, whole or not at all."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path

from evalkit.disk import FULL, full
from evalkit.errors import OutputError, SpecError
from evalkit.report.archive import moment
from evalkit.report.document import Document
from evalkit.report.pictures import Pictures

FORMATS = ("html", "docx", "xlsx")  # written unless others are asked for
KINDS = (*FORMATS, "pdf")
_UNNAMEABLE = re.compile(r"[^\w.-]+")


def save(document: Document, path: Path, *, template: bytes | None = None) -> Path:
    """Write a document to one file; its ending says how. A template is a .docx file whose styles and page a Word file takes.

    Raises
    ------
    SpecError
        The ending is none of .html, .docx, .pdf, .xlsx.
    OutputError
        The file cannot be written; what was there before is left as it was.
    """
    kind = path.suffix.lstrip(".").lower()
    if kind not in KINDS:
        raise SpecError(f"a report is not written as '{path.suffix}'", where=str(path), do="use .html, .docx, .pdf or .xlsx")
    _need_folder(path.parent)
    need_writers((kind,))
    write(path, rendered(document, kind, Pictures(document.lang), template))
    return path


def save_all(
    document: Document, folder: Path, *, stem: str, formats: Iterable[str] = FORMATS, template: bytes | None = None
) -> None:
    """Write a document in several formats, and its figures as files, into a folder; each figure is drawn once.

    Nothing is written before everything is drawn, so that a fault while drawing leaves no file.
    """
    _need_folder(folder)
    formats = tuple(formats)
    need_writers(formats)
    pictures = Pictures(document.lang)
    made = {f"{stem}.{kind}": rendered(document, kind, pictures, template) for kind in formats}
    save_figures(document, folder / "figures", pictures)
    for name, data in made.items():
        write(folder / name, data)


def save_figures(document: Document, folder: Path, pictures: Pictures | None = None) -> list[Path]:
    """Write each figure as PNG (200 dots an inch) and SVG, named by its number and key; `pictures` are those drawn already."""
    drawn = pictures or Pictures(document.lang)
    made: dict[Path, bytes] = {}
    for number, figure in enumerate(document.figures(), start=1):
        stem = f"{number:02d}_{_UNNAMEABLE.sub('_', figure.key)}"
        made |= {folder / f"{stem}.png": drawn.png(figure), folder / f"{stem}.svg": drawn.svg(figure)}
    try:
        folder.mkdir(exist_ok=True)
    except OSError as fault:
        raise OutputError(
            "the folder cannot be made", where=str(folder), found=fault.strerror or "", do="choose another place"
        ) from None
    for path, data in made.items():
        write(path, data)
    return list(made)


def rendered(document: Document, kind: str, pictures: Pictures, template: bytes | None = None) -> bytes:
    """The document as the bytes of a file."""
    match kind:
        case "html":
            from evalkit.report.html.page import html

            return html(document, pictures)
        case "docx":
            from evalkit.report.word.document import word

            return word(document, pictures, template)
        case "pdf":
            from evalkit.report.pdf.document import pdf

            return pdf(document, pictures)
        case _:
            from evalkit.report.workbook import workbook

            return workbook(document)


def need_writers(formats: Iterable[str]) -> None:
    """Refuse a format whose writer is not installed, and a moment that is none, before anything is computed or drawn.

    Raises
    ------
    SpecError
        SOURCE_DATE_EPOCH is set to what is no moment.
    OutputError
        A PDF is asked for, and typst is not there.
    """
    moment()
    if "pdf" in formats:
        from evalkit.report.pdf.press import need_typst

        need_typst()


def write(path: Path, data: bytes, *, private: bool = False) -> None:
    """Write a file beside its place, make sure it is on disk, and move it there; a `private` one is for its owner alone."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.part-", dir=path.parent)
    except OSError as fault:
        if fault.errno in FULL:
            raise full(path, len(data)) from None
        do = "choose another place"
        raise OutputError("the file cannot be written", where=str(path), found=fault.strerror or "", do=do) from None
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.chmod(0o600 if private else 0o644)
        part.replace(path)
    except OSError as fault:
        part.unlink(missing_ok=True)
        if fault.errno in FULL:
            raise full(path, len(data)) from None
        do = "close it where it is open, or free some space"
        raise OutputError("the file cannot be written", where=str(path), found=fault.strerror or "", do=do) from None
    finally:
        part.unlink(missing_ok=True)


def _need_folder(folder: Path) -> None:
    """Refuse a place that is not there before any figure is drawn."""
    if not folder.is_dir():
        raise OutputError("the folder to write into is not there", where=str(folder), do="make it, or choose another place")
