"""Bytes as text: the encodings met in practice, and the signs that a text went through a wrong one."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable

from evalkit.errors import DataError
from evalkit.panel.findings import Finding, finding, listing, refusal

NAMES = {"utf-8-sig": "UTF-8", "gb18030": "GB18030", "utf-16": "UTF-16", "utf-16-le": "UTF-16", "utf-16-be": "UTF-16"}
_HAN = re.compile(r"[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0003ffff\ue000-\uf8ff]")
_CJK = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]{2,}")
_WORDS = re.compile(r"[^\x00-\x7f]{2,}")
_BEYOND = re.compile(r"[^\x00-\x7f]+")
_LOST = re.compile(r"\ufffd|锟斤拷")
_PAGE = re.compile(r"\s*<(?:!doctype|html|head|body|table|meta|\?xml)", re.IGNORECASE)
LAST = 0xFF  # of the letters of Latin 1
_FEW = 0.8  # of the runs of letters beyond ASCII, more than which are Chinese where a text is
_RARE = 0.4  # of the characters of a text, that are outside the 6,763 of GB 2312


def decode(data: bytes, name: str) -> tuple[str, list[Finding]]:
    """The text of a file, and what is to be said of its encoding."""
    if data[:2] in (b"PK", b"\xd0\xcf", b"\x1f\x8b"):
        raise DataError(
            "the file is not text: its name does not say what it is",
            where=name,
            do="give it the ending it should have, such as .xlsx",
        )
    text, encoding = _decoded(data, name)
    if encoding == "utf-16" and _turned_round(text):
        what = "the two bytes of each letter stand the other way round than the mark of byte order of the file says"
        raise DataError(what, where=name, found="UTF-16", do="save it as CSV UTF-8")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    if _PAGE.match(text):
        raise DataError(
            "the file is a web page or XML and no table",
            where=name,
            do="open it in a spreadsheet program and save it as CSV UTF-8",
        )
    if _is_json(text):
        raise DataError("the file is JSON and no table", where=name, do="save it as CSV UTF-8, one row a unit and year")
    findings = [] if encoding == "utf-8-sig" else [finding("encoding", found=NAMES[encoding])]
    return text, [*findings, *_spoilt(text, encoding)]


def _decoded(data: bytes, name: str) -> tuple[str, str]:
    marked = data[:2] in (b"\xff\xfe", b"\xfe\xff") and data[:4] != b"\xff\xfe\0\0"
    for encoding in ["utf-16"] if marked else ["utf-8-sig", "gb18030"]:
        if encoding == "gb18030" and (apart := _lines_apart(data)):
            raise refusal([finding("mixed_encodings", found=apart)], where=name)
        try:
            text = data.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text, encoding
        break
    found = "bytes of 0" if b"\0" in data else ""
    raise DataError("the file is not text in UTF-8 or GB18030", where=name, found=found, do="save it as CSV UTF-8")


def _turned_round(text: str) -> bool:
    """Whether a text in UTF-16 has lines, and what is written within them, only when the bytes of its letters are exchanged."""
    other = text.encode("utf-16-le", "surrogatepass").decode("utf-16-be", "replace")
    return "\n" not in text and "\n" in other and sum(map(str.isascii, other)) > sum(map(str.isascii, text))


def _is_json(text: str) -> bool:
    """Whether a text is an object or a list of JSON, or its first line an object."""
    text = text.strip()
    return text[:1] in ("{", "[") and (_json(text) or (text[0] == "{" and _json(text.partition("\n")[0])))


def _json(text: str) -> bool:
    try:
        json.loads(text)
    except RecursionError:
        return True
    except ValueError:
        return False
    return True


def _lines_apart(data: bytes) -> str:
    """The lines in the rarer encoding, where each line by itself is text and the file is not."""
    kinds: dict[str, list[int]] = {"utf-8": [], "gb18030": []}
    for at, line in enumerate(data.split(b"\n"), start=1):
        if line.isascii():
            continue
        kinds["utf-8" if _in_utf8(line) else "gb18030"].append(at)
    few = min(kinds, key=lambda kind: len(kinds[kind]))
    return f"{few.upper()} in lines {listing(kinds[few])}" if kinds[few] else ""


def _in_utf8(line: bytes) -> bool:
    """Whether a line is Chinese in UTF-8; a line of GB18030 is so by chance only where it is very short."""
    try:
        return _CJK.search(line.decode()) is not None
    except UnicodeDecodeError:
        return False


def _spoilt(text: str, encoding: str) -> list[Finding]:
    """Signs that characters were lost or read in a wrong encoding, here or before the file was saved."""
    if text.isascii():
        return []
    wrong = list[int]()
    for at, line in enumerate(text.split("\n"), start=1):
        if garbled(line):
            wrong.append(at)
    if wrong:
        return [finding("garbled_text", count=len(wrong), where=listing([f"row {at}" for at in wrong]))]
    han = list(dict.fromkeys(_HAN.findall(text)))
    rare = [letter for letter in han if not _common(letter)]
    if encoding == "gb18030" and han and len(rare) > _RARE * len(han):
        return [finding("doubtful_encoding", found=listing(rare, 8))]
    return []


def _turned(word: str) -> bool:
    """Whether a run of characters is Chinese in UTF-8 that was read as GBK or as Latin 1."""
    for wrong in ("gb18030", "cp1252", "latin-1"):
        try:
            right = word.encode(wrong).decode("utf-8")
        except (UnicodeEncodeError, UnicodeDecodeError):
            continue
        if right != word and _CJK.fullmatch(right):
            return True
    return False


def _common(letter: str) -> bool:
    try:
        return bool(letter.encode("gb2312"))
    except UnicodeEncodeError:
        return False


def garbled(text: str) -> bool:
    """Whether a text shows that characters of it were lost, or that it is Chinese in UTF-8 that was read otherwise.

    Examples
    --------
    >>> garbled("åŽ¿åŸŽ"), garbled("县1"), garbled("Café")
    (True, False, False)
    """
    return not text.isascii() and (bool(_LOST.search(text)) or any(map(_turned, _WORDS.findall(text))))


def encoding_of(texts: Iterable[str]) -> str:
    """The encoding of Chinese texts that were read byte by byte, as Latin 1; "" of what is in none, or of other languages.

    In GBK letters beyond ASCII stand in pairs, of which nearly all are of GB 2312; in western languages most stand alone.

    Examples
    --------
    >>> encoding_of(["ÏØ1", "town"]), encoding_of(["å\x8e¿1"]), encoding_of(["Café", "Ñandú"]), encoding_of(["县1"])
    ('gb18030', 'utf-8', '', '')
    """
    words = [word for text in texts for word in _BEYOND.findall(text)]
    if not words or any(ord(letter) > LAST for word in words for letter in word):
        return ""
    for encoding, narrow in (("utf-8", "utf-8"), ("gb18030", "gb2312")):
        read = [_decoded_as(word, narrow) for word in words]
        if sum(map(bool, map(_HAN.search, read))) > _FEW * len(words):
            return encoding
    return ""


def in_encoding(text: str, encoding: str) -> str:
    """A text that was read byte by byte, in its own encoding; the sign of a lost character stands for what is in none.

    Examples
    --------
    >>> in_encoding("ÏØ1", "gb18030"), in_encoding("Ï", "gb18030")
    ('县1', '\ufffd')
    """
    return text.encode("latin-1").decode(encoding, errors="replace")


def _decoded_as(text: str, encoding: str) -> str:
    try:
        return text.encode("latin-1").decode(encoding)
    except (UnicodeEncodeError, UnicodeDecodeError):
        return ""
