"""Stata files: figures as they are stored, words by their labels, and codes that their labels call no answer taken out."""

from __future__ import annotations

import re
import struct
import unicodedata
import warnings
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from evalkit.errors import DataError
from evalkit.panel.cells import read_cell
from evalkit.panel.findings import Finding, finding, listing, shown
from evalkit.panel.formats.encodings import NAMES, encoding_of, garbled, in_encoding
from evalkit.panel.formats.plain import doubtful_marks, framed
from evalkit.panel.raw import Cells
from evalkit.panel.rules.rule import Severity

_NO_ANSWER = re.compile(
    r"不知道|不清楚|不详|不明|未知|拒答|拒绝(?:回答)?|(?:情况)?不适用|[无未没]有?(?:回答|作答)|未答|(?:系统)?缺失值?|无法(?:判断|回答)|"
    r"说不清楚?|记不清楚?|不记得|跳[过答]|"
    r"(?:(?:do|does|did)(?: not|n't|nt) know|don t know|dk)|refus(?:ed|al|es|e)(?: to answer)?|not applicable|inapplicable|"
    r"does not apply|na|no (?:answer|response)|non-?response|not (?:answered|available|stated|ascertained|sure)|"
    r"(?:system )?missing|unknown|unsure|skip(?:ped)?"
)
_NUMBERED = re.compile(r"^[\[(]?\s*-?(?:\d+|\.?[a-z])\s*[\])]?\s*[.:=)、-]?\s+|^[\[(]?-?\d+[\])]?\s*[.:=、]?\s*(?=[^\d\s])")
_PARTS = re.compile(r"\s*(?:[/,;、，;或|]|\bor\b|\band\b)\s*")
MANY = 10  # different values without a label, from which on a column is one of figures
UNICODE = 118  # the format of Stata 14, from which on texts are in UTF-8
_LETTERS = 2**31 - 26  # the label of .a; those of .b to .z follow


def no_answer(label: str) -> bool:
    """Whether the label of a value says that there is none: not known, refused, does not apply.

    Examples
    --------
    >>> [no_answer(label) for label in ("不适用", "-8. Don't know / refused", "拒绝回答", "none", "无", "refused work")]
    [True, True, True, False, False, False]
    """
    plain = unicodedata.normalize("NFKC", label).casefold().replace("’", "'").replace("n/a", "na").strip()
    words = [part.strip(" .()[]*。") for part in _PARTS.split(_NUMBERED.sub("", plain))]
    return bool(words) and all(_NO_ANSWER.fullmatch(word) for word in words)


class _Labels(NamedTuple):
    """The labels of the values of columns: those of figures, and those of the missing values .a to .z."""

    figures: dict[str, dict[float, str]]
    letters: dict[str, dict[str, str]]

    def in_encoding(self, encoding: str) -> _Labels:
        """The same labels, read in another encoding."""
        right = partial(in_encoding, encoding=encoding)
        figures = {name: {code: right(label) for code, label in held.items()} for name, held in self.figures.items()}
        letters = {name: {code: right(label) for code, label in held.items()} for name, held in self.letters.items()}
        return _Labels(figures, letters)


class _Held(NamedTuple):
    """What a Stata file holds: its cells as they are stored, the labels of values, and cells by .a to .z where these have one."""

    frame: pd.DataFrame
    labels: _Labels
    marks: dict[str, pd.Series]
    encoding: str = ""  # of its texts, where it is not what the file says
    read: bool = False  # whether they were read by it


def read_stata(path: Path, text: Collection[str]) -> Cells:
    """The cells of a Stata file; columns wanted as text come as their value labels, figures as they are stored."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", UnicodeWarning)  # of texts that are not in the encoding of the file: see _held
            held = _held(path)
    except (ValueError, OSError, EOFError, struct.error) as fault:
        raise DataError(
            "the file is not a readable Stata file", where=path.name, found=type(fault).__name__, do="save it again"
        ) from None
    frame = held.frame
    for column in [name for name in text if name in held.labels.figures and name in frame]:
        frame[column] = _worded(frame[column], held.labels.figures[column], path)
    words = [str(name) for name in frame if not pd.api.types.is_numeric_dtype(frame[name])]
    doubts = doubtful_marks(frame[words], always=False)
    encoded = _encoded(frame, held.labels.figures)
    unanswered = _unanswered(frame, held.labels, held.marks)
    cells = framed(frame, text)
    said = [finding("encoding", found=NAMES[held.encoding])] if held.read else []
    spoilt = _spoilt(frame[words], every=bool(held.encoding) and not held.read)
    return replace(cells, findings=(*cells.findings, *said, *spoilt, *doubts, *encoded, *unanswered), labels=held.labels.figures)


def _held(path: Path) -> _Held:
    """The cells and labels of a Stata file; before Stata 14 a file does not say in which encoding its texts are."""
    with pd.read_stata(path, iterator=True, convert_categoricals=False) as reader:
        frame, labels = reader.read(), _labels(reader)  # type: ignore[attr-defined]
        old = reader._format_version < UNICODE  # type: ignore[attr-defined]  # has no public name
        years = [name for name, kind in zip(reader._varlist, reader._fmtlist, strict=True) if kind.startswith("%ty")]  # type: ignore[attr-defined]
    marks = _letters(path, labels.letters)
    for name in years:
        frame[name] = frame[name].dt.year.astype("float64")
    texts = [cell for name in frame for cell in _texts(frame[name])]
    encoding = encoding_of([*texts, *(label for words in labels.figures.values() for label in words.values())])
    if not (old and encoding):
        return _Held(frame, labels, marks, encoding)
    for name in [name for name in frame if not all(map(str.isascii, _texts(frame[name])))]:
        frame[name] = frame[name].astype(object).map(partial(_right, encoding=encoding))
    return _Held(frame, labels.in_encoding(encoding), marks, encoding, read=True)


def _right(cell: object, encoding: str) -> object:
    return in_encoding(cell, encoding) if isinstance(cell, str) else cell


def _texts(cells: pd.Series) -> list[str]:
    """The different texts of a column."""
    return [] if pd.api.types.is_numeric_dtype(cells) else [cell for cell in cells.unique() if isinstance(cell, str)]


def _worded(cells: pd.Series, words: Mapping[float, str], path: Path) -> pd.Series:
    """Codes as their labels; refused where two codes that stand in the column have one label, and would become one."""
    codes = [code for code in words if (cells == code).any()]
    if twice := next((label for label, often in Counter(words[code] for code in codes).items() if often > 1), None):
        found = f"{listing([f'{code:g}' for code in codes if words[code] == twice])} = {shown(twice)}"
        what, do = "several codes of a column have one label", "give each code a label of its own"
        raise DataError(what, where=f"{path.name}, column '{cells.name}'", found=found, do=do)
    return cells.astype(object).map(lambda code: words.get(code, code))


def _spoilt(texts: pd.DataFrame, *, every: bool) -> list[Finding]:
    """The rows of texts that were read or saved in a wrong encoding; `every` text beyond ASCII, or those that show it alone."""
    at = np.zeros(len(texts), dtype=bool)
    for name in texts:
        wrong = [cell for cell in _texts(texts[name]) if (every and not cell.isascii()) or garbled(cell)]
        at |= texts[name].isin(wrong).to_numpy(bool)
    rows = listing([f"row {row + 1}" for row in np.flatnonzero(at)])
    return [finding("garbled_text", count=int(at.sum()), where=rows)] if at.any() else []


def _labels(reader: pd.io.stata.StataReader) -> _Labels:
    """The labels of the values of each column of a Stata file that has some."""
    known = reader.value_labels()
    named = dict(zip(reader._varlist, reader._lbllist, strict=True))  # type: ignore[attr-defined]  # has no public name
    figures, letters = dict[str, dict[float, str]](), dict[str, dict[str, str]]()
    for column, name in named.items():
        every = {int(code): str(label) for code, label in known.get(name, {}).items()}
        figures[column] = {float(code): label for code, label in every.items() if code < _LETTERS}
        letters[column] = {f".{chr(97 + code - _LETTERS)}": label for code, label in every.items() if code >= _LETTERS}
    return _Labels({c: words for c, words in figures.items() if words}, {c: words for c, words in letters.items() if words})


def _letters(path: Path, labels: Mapping[str, Mapping[str, str]]) -> dict[str, pd.Series]:
    """The cells, as they are written in Stata, of columns that label some of the missing values .a to .z."""
    if not labels:
        return {}
    marked = pd.read_stata(path, columns=list(labels), convert_categoricals=False, convert_missing=True)
    return {str(column): marked[column].map(str) for column in marked.columns}


def _unanswered(frame: pd.DataFrame, labels: _Labels, marks: Mapping[str, pd.Series]) -> list[Finding]:
    """Figures whose label says that there is no answer, taken out of the frame; and missing values, by their label."""
    findings = list[Finding]()
    for column in map(str, frame.columns):
        if not pd.api.types.is_numeric_dtype(frame[column]):
            continue
        codes = {code: label for code, label in labels.figures.get(column, {}).items() if no_answer(label)}
        taken = {f"{code:g} = '{label}'": (frame[column] == code).to_numpy(bool) for code, label in codes.items()}
        lettered = {
            f"{letter} = '{label}'": (marks[column] == letter).to_numpy(bool)
            for letter, label in labels.letters.get(column, {}).items()
        }
        every = {said: at for said, at in (taken | lettered).items() if at.any()}
        if not every:
            continue
        at = np.flatnonzero(np.logical_or.reduce(list(every.values())))
        found = listing([f"{said} × {int(here.sum()):,}" for said, here in every.items()])
        findings.append(
            finding("missing_marker", column=column, count=len(at), where=listing([f"row {row + 1}" for row in at]), found=found)
        )
        frame[column] = frame[column].mask(frame[column].isin(list(codes)))
    return findings


def _encoded(frame: pd.DataFrame, labels: Mapping[str, Mapping[float, str]]) -> list[Finding]:
    """Columns of numbers that only number their labels: the figures are the labels, and what is stored is their order.

    One label that is another number than its code tells so where no label is a word, or most of them where some are. A notice
    where few of them are, or where a column of figures has words for a few of its values: nothing tells if these are figures.
    """
    findings = list[Finding]()
    for column, words in labels.items():
        if column not in frame or not pd.api.types.is_numeric_dtype(frame[column]):
            continue
        read = {code: read_cell(label) for code, label in words.items()}
        other = {code: words[code] for code, cell in read.items() if cell.readable and cell.value not in (code, np.nan)}
        named = {code: words[code] for code, cell in read.items() if not cell.readable and not no_answer(words[code])}
        if 2 * len(other) > len(words) or (other and not named):
            findings += _labelled(frame[column], other, "defect")
        elif other:
            findings += _labelled(frame[column], other, "notice")
        elif frame.loc[~frame[column].isin(list(words)), column].nunique() > max(MANY, len(words)):
            findings += _labelled(frame[column], named, "notice")
    return findings


def _labelled(cells: pd.Series, words: Mapping[float, str], severity: Severity) -> list[Finding]:
    """The cells of a column that hold a value with one of some labels."""
    at = np.flatnonzero(cells.isin(list(words)))
    where = listing([f"row {row + 1}" for row in at])
    some = listing([f"{code:g} = '{label}'" for code, label in list(words.items())[:6]], 3)
    told = {"column": str(cells.name), "count": len(at), "where": where, "found": some}
    return [finding("encoded_figures", severity=severity, **told)] if at.size else []
