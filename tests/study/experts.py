"""Workbooks of experts, as a study's AHP reads them."""

from pathlib import Path

import openpyxl

from evalkit.panel.system import IndicatorSystem


def judged(path: Path, system: IndicatorSystem) -> None:
    """An expert's workbook in which every item counts the same."""
    book = openpyxl.Workbook()
    book.remove(book.active)
    inside = {d.id: [i.id for i in d.indicators if i.scored] for d in system.dimensions}
    for what, items in {"dimensions": list(inside), **inside}.items():
        if len(items) > 1:
            sheet = book.create_sheet(what)
            sheet.append([None, *items])
            for row in items:
                sheet.append([row, *([1] * len(items))])
    book.save(path)
