"""A printed grade table: whether its classes cover [0, 1] once, and whether the printed grades follow them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd

from evalkit.coupling.audit.boxes import Printed
from evalkit.coupling.audit.labels import against, core, degree, ranks, read_labels, sign
from evalkit.coupling.audit.trial import Outcome
from evalkit.coupling.grades import SCHEMES, GradeScheme
from evalkit.errors import SpecError
from evalkit.terms import Text

_LIMITS = re.compile(
    r"^(?P<label>.*?)[\s:：\[\](（]*(?P<low>\d*\.?\d+)\s*%?\s*(?:~|-|–|—|至|to|,|，|[<‹≤]\s*d\s*[<‹≤])+\s*(?P<high>\d*\.?\d+)\s*%?\s*[\])）]*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedClass:
    """A class of D as printed: its label, if it has one, its limits, and the unit of their last place."""

    label: str
    low: float
    high: float
    unit: float


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class GradeFinding:
    """What was found of the grades, what follows from it, and the rows it touches."""

    key: str
    text: Text
    outcome: Outcome
    rows: tuple[int, ...] = ()


def read_class(text: str) -> PrintedClass:
    """A class of D from its printed limits.

    Examples
    --------
    >>> read_class("极度失调 .000~.090")
    PrintedClass(label='极度失调', low=0.0, high=0.09, unit=0.001)
    """
    match = _LIMITS.match(unicodedata.normalize("NFKC", text).replace("∼", "~").strip())
    if match is None:
        raise SpecError(
            "the limits of a class cannot be read", found=f"'{text}'", do="write them as 0.1~0.2, a label before them"
        )
    low, high = match["low"], match["high"]
    places = max(len(one.partition(".")[2]) for one in (low, high))
    part = 100.0 if float(high) > 1 else 1.0  # in percent
    if not 0 <= float(low) < float(high) <= part:
        raise SpecError("the limits of a class must rise within 0 and 1", found=f"'{text}'", do="write them as 0.1~0.2")
    return PrintedClass(label=match["label"].strip(), low=float(low) / part, high=float(high) / part, unit=10.0**-places / part)


def class_findings(classes: Sequence[PrintedClass], d: Printed | None) -> list[GradeFinding]:
    """Gaps, overlaps and open ends of a grade table, each with the rows whose D falls into it.

    Between ".000~.090" and ".100~.190" lie figures that belong to no class, unless D itself is printed with so few decimals
    that none can lie there. Classes that meet in one limit are in order; to which of them the limit belongs is another matter.
    """
    rows = sorted(classes, key=lambda one: one.low)
    finest = float(d.unit.min()) if d is not None and len(d.unit) else 0.01
    finest = min([finest, *(one.unit for one in rows)])
    found = []
    for below, above in pairwise(rows):
        room = above.low - below.high
        if room > finest * 1.001:
            within = _inside(d, below.high, above.low)
            found.append(_finding("gap", GAP, below.high, above.low, within))
        elif room < -1e-9:
            found.append(_finding("overlap", OVERLAP, above.low, below.high, _inside(d, above.low, below.high)))
    for key, text, low, high in (("open_low", OPEN, 0.0, rows[0].low), ("open_high", OPEN, rows[-1].high, 1.0)):
        if high - low > finest * 1.001:
            found.append(_finding(key, text, low, high, _inside(d, low, high)))
    return found


GAP = Text(
    "等级表有空档：{a:g} 与 {b:g} 之间的值不属于任何等级",
    "the grade table has a gap: no class holds what lies between {a:g} and {b:g}",
)
OVERLAP = Text("等级表有重叠：{a:g} 至 {b:g} 属于两个等级", "the grade table overlaps: two classes hold {a:g} to {b:g}")
OPEN = Text("等级表未覆盖 [0, 1]：{a:g} 至 {b:g} 没有等级", "the grade table does not cover [0, 1]: no class for {a:g} to {b:g}")


def _finding(key: str, text: Text, low: float, high: float, rows: tuple[int, ...]) -> GradeFinding:
    return GradeFinding(key=key, text=text.format(a=low, b=high), outcome="error", rows=rows)


def _inside(d: Printed | None, low: float, high: float) -> tuple[int, ...]:
    """Rows whose printed D lies strictly between two limits."""
    if d is None:
        return ()
    return tuple(int(i) for i in np.flatnonzero((d.values > low + 1e-9) & (d.values < high - 1e-9)))


def label_findings(labels: pd.Series, d: Printed, classes: Sequence[PrintedClass]) -> list[GradeFinding]:
    """Whether the printed grades follow D: by the printed classes where these have labels, else by what the labels mean.

    Labels of a known scheme are held against its limits and its order; other labels against their order, and what is called
    disorder must not stand above what is called coordination. Labels that mean nothing known cannot be checked further.
    """
    texts = np.array(read_labels(labels.tolist()), dtype=object)
    known = np.array([text is not None for text in texts]) & d.known
    if not known.any():
        return []
    by_label = {one.label: one for one in classes if one.label}
    if by_label:
        low = np.array([by_label[t].low if t in by_label else np.nan for t in texts])
        high = np.array([by_label[t].high if t in by_label else np.nan for t in texts])
        away = known & ~((d.values >= low - 1e-9) & (d.values <= high + 1e-9))  # a label of no printed class is away too
        return [_labels_wrong("grade_not_of_class", AWAY, away)] if away.any() else []
    return _order_findings(texts, d, known)


AWAY = Text("与所列界限不符的等级：{n} 个", "grades that do not follow the printed limits: {n}")
MIXED = Text(
    "与 D 的次序不符的等级：{n} 个；同一等级的 D 被其他等级隔开",
    "grades that do not follow the order of D: {n}; another grade stands between their figures",
)
REVERSED = Text("含义与 D 的高低相反的等级：{n} 个", "grades whose meaning runs against D, the better on the lower figure: {n}")
OTHER = Text(
    "不符合“{scheme}”通用界限的等级：{n} 个；若采用其他界限，请一并列出",
    "grades that do not follow the usual limits of “{scheme}”: {n}; where the paper has other limits, give them",
)
KNOWN = Text("等级与“{name}”一致", "the grades follow “{name}”")
UNKNOWN = Text(
    "等级与 D 的次序不矛盾，但不是已知的等级方案，未给出界限，不能核对",
    "the grades do not run against D, but are of no known scheme; without their limits they cannot be checked",
)
LIKE = Text(
    "等级的界限与“{name}”一致，但标签不是该方案的，未给出界限，不能核对",
    "the grades part D as “{name}” do, but are called otherwise; without their limits they cannot be checked",
)
FEW = 3  # labels from which on it says something that they part D as a known scheme does


def _labels_wrong(key: str, text: Text, rows: np.ndarray, outcome: Outcome = "error") -> GradeFinding:
    at = tuple(int(i) for i in np.flatnonzero(rows))
    return GradeFinding(key=key, text=text.format(n=len(at)), outcome=outcome, rows=at)


def _order_findings(texts: np.ndarray, d: Printed, known: np.ndarray) -> list[GradeFinding]:
    """Grades without printed limits: each must hold one stretch of D."""
    if not known.any():
        return []
    held = pd.Series(d.values[known]).groupby(texts[known]).agg(["min", "max", "median"]).sort_values("median")
    mixed = np.zeros(len(texts), dtype=bool)
    for (a, below), (b, above) in zip(held.iloc[:-1].iterrows(), held.iloc[1:].iterrows(), strict=True):
        if below["max"] > above["min"] + 1e-9:
            mixed |= known & (texts == a) & (d.values > above["min"] + 1e-9)
            mixed |= known & (texts == b) & (d.values < below["max"] - 1e-9)
    if mixed.any():
        return [_labels_wrong("grades_mixed", MIXED, mixed)]
    return [_meaning(texts, d, known)]


def _meaning(texts: np.ndarray, d: Printed, known: np.ndarray) -> GradeFinding:
    """What labels that each hold one stretch of D say by themselves."""
    of_d = [scheme for scheme in SCHEMES.values() if scheme.measure == "D"]
    plain = np.array(["" if text is None else core(text).lower() for text in texts], dtype=object)
    off = {scheme.id: _off_limits(scheme, plain, d, known) for scheme in of_d if set(plain[known]) <= set(ranks(scheme))}
    for scheme in of_d:
        if scheme.id in off and not off[scheme.id].any():
            return GradeFinding(key=scheme.id, text=KNOWN.format(name=scheme.name), outcome="reproduced")
    nearest = min((scheme for scheme in of_d if scheme.id in off), key=lambda one: off[one.id].sum(), default=None)
    wrong = _reversed(texts, plain, d, known, nearest)
    if wrong.any():
        return _labels_wrong("grades_reversed", REVERSED, wrong)
    if nearest is not None:
        said = OTHER.format(scheme=nearest.name, n="{n}")
        return _labels_wrong("other_limits", said, off[nearest.id], "undecided")
    for scheme in of_d:
        if len(set(texts[known])) >= FEW and _follows(scheme, texts[known], d.values[known]):
            return GradeFinding(key="like_scheme", text=LIKE.format(name=scheme.name), outcome="unchecked")
    return GradeFinding(key="unknown_scheme", text=UNKNOWN, outcome="unchecked")


def _reversed(texts: np.ndarray, plain: np.ndarray, d: Printed, known: np.ndarray, scheme: GradeScheme | None) -> np.ndarray:
    """Rows whose label means more than that of a higher figure: by the scheme, by degree, or as disorder above coordination."""
    senses = [np.array([sense(text) for text in texts]) for sense in (sign, degree)]
    if scheme is not None:
        rank = ranks(scheme)
        senses.append(np.array([rank.get(text, np.nan) for text in plain], dtype=float))
    return np.logical_or.reduce([against(sense, d.values, known) for sense in senses])


def _off_limits(scheme: GradeScheme, plain: np.ndarray, d: Printed, known: np.ndarray) -> np.ndarray:
    """Rows whose figure lies outside of the class that their label names; a figure on a limit belongs to either side."""
    rank = ranks(scheme)
    ends = [(scheme.grades[rank[t] - 1].lower, scheme.grades[rank[t] - 1].upper) if t in rank else (-1, 2) for t in plain]
    low, high = np.array(ends, dtype=float).T
    return known & ((d.values < low - 1e-9) | (d.values > high + 1e-9))


def _follows(scheme: GradeScheme, texts: np.ndarray, d: np.ndarray) -> bool:
    """Whether grades and classes of a scheme go together one to one, a figure on a limit counting for either side."""
    inside = (d >= 0) & (d <= 1)
    grade = scheme.grade(np.clip(d, 0, 1))
    limits = np.array([one.upper for one in scheme.grades[:-1]])
    free = (np.abs(d[:, None] - limits) < 1e-9).any(axis=1) | ~inside
    pairs = pd.DataFrame({"label": texts, "grade": grade})[~free].drop_duplicates()
    return bool(len(pairs) and pairs["label"].is_unique and pairs["grade"].is_unique)


COVERS = GradeFinding(key="covers", text=Text("等级界限不重不漏", "the classes cover [0, 1] once"), outcome="reproduced")
