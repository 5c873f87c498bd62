"""What errors say, in Chinese: a catalog of sentences by room, in TOML beside this file, read when one is first asked for.

An entry is a sentence as the code says it, with `{}` for what is filled in, and the same in Chinese. Chinese that fills in
another order numbers its places: `{2}` is what the second `{}` of the English holds. What is filled in is put into Chinese too,
unless quotes or brackets say that it is a name.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from itertools import pairwise
from typing import NamedTuple

_MORE, _AND = re.compile(r"(?<=\S),? and ([\d,]+) more\b"), r" 等，另有 \1 项"
# what holds every message together, and how it is said in Chinese
_FIXED = tuple(
    (re.compile(english, re.MULTILINE), chinese)
    for english, chinese in (
        (_MORE.pattern, _AND),
        (r"^(\s*)and ([\d,]+) more\b\.?", r"\1另有 \2 项"),
        (r"^([\d,]+) (?:problems|faults):", r"\1 处问题："),
        (r"^(\s*)line (\d+): ", r"\1第 \2 行："),
        (r"^rows? (\d+(?:, (?:row )?\d+)*)", lambda found: f"第 {found[1].replace('row ', '')} 行"),
        (r", (?:line|row) (\d+)\b", r"，第 \1 行"),
        (r", sheet (\d+)\b", r"，第 \1 个工作表"),
        (r" \(row (\d+)\)", r"（第 \1 行）"),
        (r"第 (\d+) 行, column (\d+)\b", r"第 \1 行第 \2 列"),
        (r"([^\s'“]+) in (\d{4})(?=,|;| and |$)", r"\1（\2）"),
        (r"[Dd]id you mean '([^']*)'\?", r"是否为“\1”？"),
        (r"; found ", "；实际为 "),
        (r"\.? To do: ", "。处理："),
    )
)
_PLACE = re.compile(r"\{(\d*)\}")
_SPACED = re.compile(r"( ?)\{(\d+)\}( ?)")  # blanks stand round what is in Latin letters
_HAN = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef“”]")
_HEAD = re.compile(r"\s*(?:- )?(?:line \d+: )?")
_NAMED = re.compile(r"'|\"|\[|`|“|\(")  # what stands before a name
_WEAK = 6  # letters of its own below which a sentence takes figures and quoted names alone: else much would look like it
_DEEPEST, _LONGEST, _MOST = 8, 4000, 6  # sentences within sentences; letters of a text; places before a sentence
_FILE = re.compile(r"[^,\[\]]*\.\w+(?=,|$)")  # with which a place may begin
_ANY, _FIGURE = "(.*?)", r"('[^'\n]*'|[\d.,%+-]+)"
_QUOTED, _FIRST = r"([^'\n]*)", r"((?:(?!: )[^\n])*?)"  # a name in quotes; what a sentence begins with, on one line and no place


class Sentence(NamedTuple):
    """A sentence of the catalog: how it is known, its longest words, which of its places hold names, and its Chinese."""

    pattern: re.Pattern[str]
    anchor: str
    names: tuple[bool, ...]
    chinese: str

    @classmethod
    def of(cls, english: str, chinese: str) -> Sentence:
        """An entry of the catalog.

        Examples
        --------
        >>> Sentence.of("'{}' is not in {} of them", "{2} 个中没有“{1}”").said("'fuel' is not in 3 of them")
        '3 个中没有“fuel”'
        """
        parts = english.split("{}")
        count = iter(range(1, len(parts)))
        numbered = _PLACE.sub(lambda place: place[0] if place[1] else f"{{{next(count)}}}", chinese)
        place = _FIGURE if sum(map(str.isalpha, "".join(parts))) < _WEAK else _ANY
        places = [_QUOTED if before[-1:] == after[:1] == "'" else place for before, after in pairwise(parts)]
        if places and not parts[0] and place == _ANY:
            places[0] = _FIRST
        known = "".join(re.escape(part) + held for part, held in zip(parts, [*places, ""], strict=True))
        names = tuple(bool(_NAMED.match(part[-1:])) for part in parts[:-1])
        return cls(re.compile(known, re.DOTALL), max(parts, key=len), names, numbered)

    def said(self, text: str, deep: int = 0) -> str | None:
        """The Chinese of a text that is this sentence, else None; `deep` is in how many others it stands."""
        found = self.pattern.fullmatch(text) if self.anchor in text else None
        if found is None:
            return None
        pairs = zip(found.groups(), self.names, strict=True)
        parts = [_MORE.sub(_AND, part) if name else _told(part, deep + 1) for part, name in pairs]
        return _SPACED.sub(lambda place: _spaced(place[1], parts[int(place[2]) - 1], place[3]), self.chinese)


def in_chinese(text: str) -> str:
    """A message in Chinese, with all that is filled in; what the catalog does not know stays, but for its fixed words.

    Examples
    --------
    >>> in_chinese("there is not enough memory")
    '内存不足'
    >>> in_chinese("a, b and 5 more")
    'a, b 等，另有 5 项'
    """
    return _told(text)


def place_in_chinese(where: str) -> str:
    """A place in Chinese; the name of its file stays.

    Examples
    --------
    >>> place_in_chinese("income of women.csv, row 3, column 2")
    'income of women.csv，第 3 行第 2 列'
    """
    file = _FILE.match(where)
    at = file.end() if file else 0
    return where[:at] + (_told(where[at:]) if where[at:] else "")


def _told(text: str, deep: int = 0) -> str:
    """A text that stands in so many sentences."""
    if deep > _DEEPEST or len(text) > 10 * _LONGEST:
        return text
    if (told := _sentence(text, deep)) is not None:
        return told
    told = "\n".join(_line(line, deep) for line in text.split("\n"))
    for english, chinese in _FIXED:
        told = english.sub(chinese, told)
    return told


def _spaced(before: str, part: str, after: str) -> str:
    """What is filled in, with the blanks beside it, which go where it begins or ends in Chinese."""
    return f"{'' if _HAN.match(part[:1]) else before}{part}{'' if _HAN.match(part[-1:]) else after}"


def _line(text: str, deep: int) -> str:
    """A line that is no sentence of the catalog: a message whole, as `EvalkitError` puts it together."""
    head = _HEAD.match(text)
    at = head.end() if head else 0
    message, _, do = text[at:].partition(". To do: ")
    message, _, found = message.partition("; found ")
    told = _placed(message.rstrip("."), deep)
    if told == message.rstrip(".") and not (found or do):
        return text
    told = text[:at] + told + (f"；实际为 {_told(found.rstrip('.'), deep + 1)}" if found else "")
    if not do:
        return f"{told}{'。' if text.endswith('.') else ''}"
    said = _told(do.rstrip("."), deep + 1)
    return f"{told}。处理：{said}{'' if said.endswith('？') else '。'}"


def _placed(message: str, deep: int) -> str:
    """A sentence that may have its place before it: "file, row 3: the sentence"."""
    start = 0
    for _ in range(_MOST):
        if (told := _sentence(message[start:], deep)) is not None:
            return f"{place_in_chinese(message[: start - 2])}：{told}" if start else told
        if (after := message.find(": ", start)) < 0:
            break
        start = after + 2
    return message


def _sentence(text: str, deep: int) -> str | None:
    """The Chinese of a text that is one sentence of the catalog: of those that fit the one with most words of its own."""
    if len(text) > _LONGEST:
        return None
    return next((told for one in catalog() if (told := one.said(text, deep)) is not None), None)


@cache
def catalog() -> tuple[Sentence, ...]:
    """All sentences, those with most words of their own first."""
    ordered = sorted(entries().items(), key=lambda entry: -len(entry[0].replace("{}", "")))
    return tuple(Sentence.of(english, chinese) for english, chinese in ordered)


@cache
def entries() -> Mapping[str, str]:
    """English to Chinese, of every room."""
    return {english: chinese for room in _rooms() for english, chinese in room.items()}


def _rooms() -> Iterator[dict[str, str]]:
    for file in sorted(files(__name__).iterdir(), key=lambda file: file.name):
        if file.name.endswith(".toml"):
            yield tomllib.loads(file.read_text(encoding="utf-8"))
