"""Labels of values that say the opposite of what a study takes 1 and 0 for: 0 is "yes", or 1 is "up to standard"."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Literal

from evalkit.answer import Note
from evalkit.errors import DataError
from evalkit.panel.findings import shown
from evalkit.panel.raw import RawTable
from evalkit.terms import Text

Means = Literal["yes", "lacks"]  # what 1 is taken for

_POOR = r"(?:的|为|属于)?(?:建档立卡)?(?:贫困|脱贫)?(?:户|人口|家庭)?"
_YES = re.compile(rf"(?:(?:是|有|对|真|曾经?|曾是|原|已){_POOR}|贫困户?|脱贫户|yes|y|true|(?:formerly |once )?poor)")
_NO = re.compile(
    rf"(?:(?:否|没有?|无|假|不是|[非未]曾?|从未|从来没有|未曾){_POOR}|no|n|none|false|never(?: poor)?|"
    r"(?:not|non)[ -]?(?:formerly )?(?:poor)?)"
)
_PLAIN = re.compile(r"是|有|对|yes|y|true")
_LACKS = re.compile(
    r"[^无没未非不]*(?:未达标|不达标|没达标|没有达标|未达到|没达到|不合格|不安全|[无没未]有?保障|[未没]有?参[加保].*|失学|辍学|危房)|(?:被)?剥夺|缺乏|缺少|"
    r"(?:not|un)[ -]?(?:met|reached|safe|insured|secured)|deprived|lack(?:s|ing)?|insecure|below(?: the)? standard|dropped out"
)
_MEETS = re.compile(
    r"(?:已经?|全部)?(?:达标|达到(?:标准)?|合格)|(?:住房|饮水)?安全|有保障|(?:已|有)?参[加保]|未被?剥夺|不缺|在学|"
    r"met|reached|safe|insured|secured|not deprived|(?:at|up to)(?: the)? standard"
)
_SAYS: Mapping[Means, tuple[re.Pattern[str], re.Pattern[str]]] = {
    "yes": (_YES, _NO),
    "lacks": (_LACKS, _MEETS),
}


def labels_agree(raw: RawTable, columns: Iterable[str], means: Means, named: Mapping[str, str]) -> None:
    """Refuse columns of 1 and 0 of which the file itself says that 0 means what 1 is taken for; `named` are its other names.

    Raises
    ------
    DataError
        A label of 0 or 1 contradicts the study.
    """
    for column in columns:
        if found := contradicts(_held(raw, column, named), means):
            do = "recode the column so that its labels agree, or leave it out"
            what = f"1 in '{column}' is taken for yes and 0 for no, and their labels say the opposite"
            if means == "lacks":
                what = f"1 in '{column}' is taken for lacking and 0 for not, and their labels say the opposite"
            raise DataError(what, where=raw.place, found=found, do=do)


def labels_reversed(raw: RawTable, columns: Iterable[str], named: Mapping[str, str]) -> list[Note]:
    """A caution on columns in which 1 is taken for lacking and a bare yes is the label of 0: nothing tells what was asked."""
    notes = []
    for column in columns:
        held = _held(raw, column, named)
        if _PLAIN.fullmatch(_plain(held.get(0.0, ""))):
            text = Text(
                "“{column}”的值标签为 {found}，而 1 按未达到计：请核对 1 的含义。",
                "The labels of “{column}” are {found}, and 1 counts as lacking: check what 1 means.",
            )
            notes.append(Note("caution", text.format(column=column, found=_told(held))))
    return notes


def contradicts(labels: Mapping[float, str], means: Means) -> str:
    """The labels of 0 and 1 where one of them says the opposite of what it is taken for; "" where none does.

    Examples
    --------
    >>> contradicts({0.0: "是", 1.0: "否"}, "yes"), contradicts({0.0: "否", 1.0: "是"}, "yes")
    ("0 = '是', 1 = '否'", '')
    >>> contradicts({0.0: "未达标", 1.0: "达标"}, "lacks"), contradicts({0.0: "达标", 1.0: "未达标"}, "lacks")
    ("0 = '未达标', 1 = '达标'", '')
    """
    one, none = _SAYS[means]
    zero, first = (_plain(labels.get(code, "")) for code in (0.0, 1.0))
    wrong = one.fullmatch(zero) or none.fullmatch(first)
    return _told(labels) if wrong else ""


def _held(raw: RawTable, column: str, named: Mapping[str, str]) -> Mapping[float, str]:
    return next((labels for name, labels in raw.labels.items() if named.get(name, name) == column), {})


def _told(labels: Mapping[float, str]) -> str:
    return ", ".join(f"{code:g} = {shown(labels[code])}" for code in (0.0, 1.0) if code in labels)


def _plain(label: str) -> str:
    """A label without a number before it, marks and spaces."""
    text = unicodedata.normalize("NFKC", label).casefold().strip()
    return re.sub(r"^[\[(]?\d+[\])]?\s*[.:=)、-]?\s*", "", text).strip(" .。:：")
