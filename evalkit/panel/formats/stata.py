"""Stata files: figures as they are stored, words by their labels, and codes that their labels call no answer taken out."""

from __future__ import annotations

import re
import struct
import unicodedata
from collections.abc import Collection, Mapping
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd

from evalkit.errors import DataError
from evalkit.panel.cells import read_cell
from evalkit.panel.findings import Finding, finding, listing
from evalkit.panel.formats.plain import framed
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


def read_stata(path: Path, text: Collection[str]) -> Cells:
    """The cells of a Stata file; columns wanted as text come as their value labels, figures as they are stored."""
    try:
        frame = pd.read_stata(path, convert_categoricals=False)
        for column in [name for name in text if name in frame.columns]:
            labelled = pd.read_stata(path, columns=[column])[column]
            if isinstance(labelled.dtype, pd.CategoricalDtype):
                frame[column] = labelled.astype(object)
        labels = _labels(path)
        marks = _letters(path, labels.letters)
    except (ValueError, OSError, EOFError, struct.error) as fault:
        raise DataError(
            "the file is not a readable Stata file", where=path.name, found=type(fault).__name__, do="save it again"
        ) from None
    encoded = _encoded(frame, labels.figures)
    unanswered = _unanswered(frame, labels, marks)
    cells = framed(frame, text)
    return replace(cells, findings=(*cells.findings, *encoded, *unanswered))


def _labels(path: Path) -> _Labels:
    """The labels of the values of each column of a Stata file that has some."""
    with pd.read_stata(path, iterator=True, convert_categoricals=False) as reader:
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

    A notice where a column of figures has words for a few of its values: nothing tells whether these are figures as well.
    """
    findings = list[Finding]()
    for column, words in labels.items():
        if column not in frame or not pd.api.types.is_numeric_dtype(frame[column]):
            continue
        read = {code: read_cell(label) for code, label in words.items()}
        other = {code: words[code] for code, cell in read.items() if cell.readable and cell.value not in (code, np.nan)}
        named = {code: words[code] for code, cell in read.items() if not cell.readable and not no_answer(words[code])}
        if 2 * len(other) > len(words):
            findings += _labelled(frame[column], other, "defect")
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
