"""The only writer: a document as HTML, Word or workbook, whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterable
from pathlib import Path

from evalkit.errors import OutputError, SpecError
from evalkit.report.document import Document
from evalkit.report.pictures import Pictures

FORMATS = ("html", "docx", "xlsx")


def save(document: Document, path: Path) -> Path:
    """Write a document to one file; its ending says how.

    Raises
    ------
    SpecError
        The ending is none of .html, .docx, .xlsx.
    OutputError
        The file cannot be written; what was there before is left as it was.
    """
    kind = path.suffix.lstrip(".").lower()
    if kind not in FORMATS:
        raise SpecError(f"a report is not written as '{path.suffix}'", where=str(path), do="use .html, .docx or .xlsx")
    write(path, rendered(document, kind, Pictures(document.lang)))
    return path


def save_all(document: Document, folder: Path, *, stem: str, formats: Iterable[str] = FORMATS) -> None:
    """Write a document in several formats, and its figures as PNG and SVG, into a folder; each figure is drawn once."""
    pictures = Pictures(document.lang)
    for kind in formats:
        write(folder / f"{stem}.{kind}", rendered(document, kind, pictures))
    (folder / "figures").mkdir()
    for number, figure in enumerate(document.figures(), start=1):
        write(folder / "figures" / f"{number:02d}_{figure.key}.png", pictures.png(figure))
        write(folder / "figures" / f"{number:02d}_{figure.key}.svg", pictures.svg(figure))


def rendered(document: Document, kind: str, pictures: Pictures) -> bytes:
    """The document as the bytes of a file."""
    match kind:
        case "html":
            from evalkit.report.html import html

            return html(document, pictures)
        case "docx":
            from evalkit.report.word import word

            return word(document, pictures)
        case _:
            from evalkit.report.workbook import workbook

            return workbook(document)


def write(path: Path, data: bytes) -> None:
    """Write a file beside its place, make sure it is on disk, and move it there."""
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.part-", dir=path.parent)
    except OSError as fault:
        raise OutputError("the file cannot be written", where=str(path), found=str(fault), do="choose another place") from None
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.chmod(0o644)
        part.replace(path)
    except OSError as fault:
        part.unlink(missing_ok=True)
        raise OutputError(
            "the file cannot be written", where=str(path), found=str(fault), do="close it where it is open, or free some space"
        ) from None
