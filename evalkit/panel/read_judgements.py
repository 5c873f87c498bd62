"""The door for judgements: one expert's pairwise comparisons in, from a workbook with a sheet a matrix, or from TOML."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from evalkit.errors import DataError, did_you_mean, several
from evalkit.panel.cells import read_cell
from evalkit.panel.findings import refusal
from evalkit.panel.form import Form, read_form
from evalkit.panel.formats.addresses import letter
from evalkit.panel.formats.sheet import read_sheet, titles
from evalkit.panel.judgements import Judgements, Rows, position, reciprocal, refuse_all, upper_rows
from evalkit.panel.raw import Cells
from evalkit.panel.read import file_bytes
from evalkit.panel.system import IndicatorSystem
from evalkit.stats.arrays import Mask
from evalkit.terms import Text

LEVELS = {"dimensions": Text("维度", "dimensions"), "indicators": Text("指标", "indicators")}

_BAR = re.compile("fraction|002F")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}.*|\d{1,2}月\d{1,2}日")


def read_judgements(
    path: str | Path, *, system: IndicatorSystem, expert: str = "", whole: IndicatorSystem | None = None
) -> dict[str, Judgements]:
    """What one expert judged, by what is compared: "dimensions", "indicators" (all of them), or the id of a dimension.

    Parameters
    ----------
    path
        A workbook (.xlsx) or a TOML file. In a workbook each matrix has a sheet, named "dimensions" (维度), "indicators"
        (指标) or as a dimension is; items stand in the first row and the first column, by id or by name. Other sheets are
        left aside. In TOML each has a table `[judgements.<what>]` with `items` and either `matrix` or `upper`.
        Cells hold numbers or fractions ("1/3"); of each pair one cell may be blank.
    system
        The system whose dimensions and indicators are compared.
    expert
        Who judged; by default the name of the file.
    whole
        The system that `system` is a part of, such as its core: what is only in it is not scored, so it is not judged, and
        an error says so.

    Raises
    ------
    DataError
        With file, sheet and cell: a name the system does not know, an item left out, what is no number, a fraction that the
        spreadsheet turned into a date, two judgements that contradict each other.

    Examples
    --------
    >>> import evalkit as ek, tempfile
    >>> system = ek.systems("consolidation")["consolidation"]
    >>> items = [dimension.id for dimension in system.dimensions]
    >>> upper = ["1/2"] * (len(items) * (len(items) - 1) // 2)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "expert_a.toml"
    ...     _ = file.write_text(f"[judgements.dimensions]\\nitems = {items}\\nupper = {upper}\\n", encoding="utf-8")
    ...     said = read_judgements(file, system=system)["dimensions"]
    >>> said.expert, float(said.matrix[0, 1])
    ('expert_a', 0.5)
    """
    path = Path(path)
    if path.suffix.lower() == ".toml":
        return _from_toml(path, system, expert, whole or system)
    data, kind = file_bytes(path)
    if kind != ".xlsx":
        raise DataError("judgements are read from .xlsx and .toml", where=path.name, do="save the matrices as a workbook")
    there = titles(data, path.name)
    known = {title: what for title in there if (what := _named(title, _compared(system)))}
    if not known:
        near = next((hint for title in there if (hint := did_you_mean(title, _compared(system)))), "")
        raise DataError(
            f"no sheet is named after what '{system.id}' compares",
            where=path.name,
            found=f"sheets [{several(there, 8)}]" if near else f"{len(there)} sheets of other names",
            do=near or f"name the sheets {', '.join(_compared(system))}",
        )
    said = dict[str, Judgements]()
    for title, what in known.items():
        where = f"{path.name} › {title}"
        if what in said:
            raise DataError(f"'{what}' is judged on two sheets", where=where, do="keep one of them")
        cells = read_sheet(data, name=path.name, sheet=title)
        if any(item.severity == "defect" for item in cells.findings):
            raise refusal(cells.findings, where=where)
        said[what] = _from_cells(cells, _Place(where, _items(system, what), _items(whole or system, what)), expert or path.stem)
    return said


class MatrixForm(Form):
    """`[judgements.<what>]` of a file of judgements."""

    items: tuple[str, ...]
    matrix: tuple[tuple[float | str, ...], ...] = ()
    upper: tuple[float | str, ...] = ()


class JudgementsForm(Form):
    """A whole file of judgements."""

    expert: str = ""
    judgements: dict[str, MatrixForm]


def _from_toml(path: Path, system: IndicatorSystem, expert: str, whole: IndicatorSystem) -> dict[str, Judgements]:
    form = read_form(path, JudgementsForm)
    said = dict[str, Judgements]()
    if not form.judgements:
        raise DataError("the file holds no judgements", where=path.name, do=f"add [judgements.{next(iter(_compared(system)))}]")
    for title, part in form.judgements.items():
        where = f"{path.name}, [judgements.{title}]"
        if not (what := _named(title, _compared(system))):
            near = did_you_mean(title, _compared(system)) or f"use one of {', '.join(_compared(system))}"
            raise DataError(f"'{system.id}' does not compare '{title}'", where=where, do=near)
        if what in said:
            raise DataError(f"'{what}' is judged twice", where=where, do="keep one of the two tables")
        if bool(part.matrix) == bool(part.upper):
            raise DataError("judgements are given as matrix or as upper, one of the two", where=where, do="write one of them")
        compared = _Place(where, _items(system, what), _items(whole, what))
        items = _identified([(name, "items") for name in part.items], compared)
        upper = _ratios([(cell, f"{where}, upper {at + 1}") for at, cell in enumerate(part.upper)], where)
        told = [[(cell, f"{where}, {position(i, j)}") for j, cell in enumerate(row)] for i, row in enumerate(part.matrix)]
        flat = iter(_ratios([one for row in told for one in row], where))
        rows: Rows = [[next(flat) for _ in row] for row in told] if told else upper_rows(len(items), upper, where=where)
        exact = reciprocal(items, rows, where=where, cell=position)
        said[what] = Judgements(items=items, ratios=exact.tolist(), expert=expert or form.expert or path.stem)
    return said


def _from_cells(cells: Cells, compared: _Place, expert: str) -> Judgements:
    """The matrix of a sheet: names in the first row with two filled cells and in the first column with a name below it."""
    table, where = cells.table, compared.where
    filled = table.notna().to_numpy(bool)
    top = next((row for row in range(len(table)) if filled[row].sum() > 1), 0)
    left = next((column for column in range(table.shape[1]) if filled[top + 1 :, column].any()), 0)
    rows = _run(filled[top + 1 :, left], top + 1)
    columns = _run(filled[top, left + 1 :], left + 1)
    items = _identified([(table.iat[row, left], f"{letter(left)}{row + 1}") for row in rows], compared)
    heads = _identified([(table.iat[top, column], f"{letter(column)}{top + 1}") for column in columns], compared)
    place = {item: columns[at] for at, item in enumerate(heads)}

    def cell(i: int, j: int) -> str:
        return f"{letter(place[items[j]])}{rows[i] + 1}"

    told = [(table.iat[row, place[item]], f"{where}, {cell(i, j)}") for i, row in enumerate(rows) for j, item in enumerate(items)]
    ratios = np.reshape(_ratios(told, where), (len(items), len(items))).tolist()
    return Judgements(items=items, ratios=reciprocal(items, ratios, where=where, cell=cell).tolist(), expert=expert)


def _run(filled: Mask, start: int) -> list[int]:
    """The positions of the first filled cells in a row, up to the first blank one."""
    end = next((at for at, full in enumerate(filled) if not full), len(filled))
    return list(range(start, start + end))


class _Place(NamedTuple):
    """Where judgements stand, the names of what they compare, and of all that a larger system would compare there."""

    where: str
    known: Mapping[str, Text]
    whole: Mapping[str, Text]


def _identified(found: Sequence[tuple[object, str]], compared: _Place) -> tuple[str, ...]:
    """The ids that names in cells stand for: all that is compared, each once."""
    (where, known, whole), ids = compared, list[str]()
    for name, place in found:
        item = _named(str(name), known)
        if not item and (other := _named(str(name), whole)):
            raise DataError(
                f"'{other}' is not scored here, so it is not judged",
                where=f"{where}, {place}",
                found=f"scored and asked for: [{several(known, 12)}]",
                do="leave out its row and column; or score it too (core = false in a study)",
            )
        if not item:
            hint = did_you_mean(str(name), [*known, *(text.zh for text in known.values()), *(text.en for text in known.values())])
            do = hint or f"use one of {several(known, 8)}"
            told = f"'{name}'" if hint else "what stands here"  # it may be the name of an expert
            raise DataError(f"{told} is not among what is compared here", where=f"{where}, {place}", do=do)
        if item in ids:
            raise DataError(f"'{name}' stands there twice", where=f"{where}, {place}", do="name each item once")
        ids.append(item)
    lacking = [item for item in known if item not in ids]
    if lacking:
        raise DataError(f"[{several(lacking)}] are not compared", where=where, found=f"[{several(ids, 8)}]", do="add them")
    return tuple(ids)


def _ratios(told: Sequence[tuple[object, str]], where: str) -> list[float]:
    """Judgements as written, each with its place; all that are none are refused in one error."""
    ratios, wrong = list[float](), list[DataError]()
    for cell, place in told:
        try:
            ratios.append(_ratio(cell, place))
        except DataError as fault:
            wrong.append(fault)
    refuse_all(wrong, where)
    return ratios


def _ratio(cell: object, where: str) -> float:
    """A judgement as written: a number, a fraction, or NaN where it is blank."""
    if cell is None or isinstance(cell, int | float):
        return float("nan") if cell is None else float(cell)
    bars = {sign: unicodedata.normalize("NFKC", sign) for sign in str(cell) if _BAR.search(unicodedata.decomposition(sign))}
    text = "".join(f" {bars[sign]} " if sign in bars else sign for sign in str(cell))  # apart, so that 2½ is not 21/2
    text = text.replace("\u2044", "/").replace("\u2215", "/").strip()
    parts = [read_cell(part) for part in (text.split("/") if text != "/" else [text])]
    broken = len(parts) == 2 and (np.isnan(parts[0].value) or not parts[1].value > 0)
    if len(parts) > 2 or broken or any(part.unit or not part.readable for part in parts):
        turned = "the spreadsheet made a date of a fraction: write =1/3, or set the cell to text before writing 1/3"
        raise DataError(
            "a judgement must be a number or a fraction",
            where=where,
            found=f"'{cell}'",
            do=turned if _DATE.fullmatch(text) else "write it as 3 or as 1/3",
        )
    return parts[0].value / (parts[1].value if len(parts) == 2 else 1.0)


def _compared(system: IndicatorSystem) -> dict[str, Text]:
    """What can be compared in a system, and its names."""
    return LEVELS | {dimension.id: dimension.name for dimension in system.dimensions}


def _items(system: IndicatorSystem, what: str) -> dict[str, Text]:
    """The items of one comparison, and their names."""
    if what == "dimensions":
        return {dimension.id: dimension.name for dimension in system.dimensions}
    return {
        item.id: item.name
        for dimension in system.dimensions
        for item in dimension.indicators
        if item.scored and what in ("indicators", dimension.id)
    }


def _named(name: str, known: Mapping[str, Text]) -> str:
    """The id that a name stands for, by id or by either name, or nothing."""
    plain = _plain(name)
    if plain in map(_plain, known):
        return next(item for item in known if _plain(item) == plain)
    return next((item for item, text in known.items() if plain in (_plain(text.zh), _plain(text.en))), "")


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).strip().casefold()
