"""Sheets that leave out the addresses of cells, or write them in a way of their own: each cell with its address, one way."""

from __future__ import annotations

import re

_ODD = re.compile(
    rb"<(?:\w+:)?(?:c(?=[\s/>])(?![^>]*\sr=[\"'][A-Z]+\d+[\"'])|row(?=[\s/>])(?![^>]*\sr=[\"']\d+[\"'])|"
    rb"(?:c|row|col)\s[^>]*(?:\s=|=\s))"
)
_TAG = re.compile(rb"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<((?:\w+:)?(row|c|col))(?=[\s/>])([^>]*?)(/?)>", re.DOTALL)
_ATTRIBUTE = re.compile(rb"([\w:.-]+)\s*=\s*(\"[^\"]*\"|'[^']*')")
_ADDRESS = re.compile(rb"([A-Z]+)(\d+)")


def number(letters: bytes) -> int:
    """A column counted from 0 by its letters.

    Examples
    --------
    >>> number(b"A"), number(b"AA")
    (0, 26)
    """
    at = 0
    for byte in letters:
        at = at * 26 + byte - 64
    return at - 1


def letter(column: int) -> str:
    """The spreadsheet letter of a column counted from 0.

    Examples
    --------
    >>> letter(0), letter(25), letter(26), letter(701)
    ('A', 'Z', 'AA', 'ZZ')
    """
    text = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        text = chr(65 + rest) + text
    return text


def addressed(xml: bytes) -> bytes:
    """A sheet in which every row and every cell says where it stands, in capitals and without blanks about the "=".

    A cell without an address stands behind the one before it, and a row below the one before it.

    Examples
    --------
    >>> addressed(b'<row><c><v>1</v></c><c s = "1"><v>2</v></c></row><row><c r="c2"/><c/></row>')
    b'<row r="1"><c r="A1"><v>1</v></c><c r="B1" s="1"><v>2</v></c></row><row r="2"><c r="C2"/><c r="D2"/></row>'
    """
    return _TAG.sub(_Counter().written, xml) if _ODD.search(xml) else xml


class _Counter:
    """Where the reading of a sheet is: the row, from 1, and the column of the next cell, from 0."""

    def __init__(self) -> None:
        self.row, self.column = 0, 0

    def written(self, tag: re.Match[bytes]) -> bytes:
        """A tag with its address; a remark as it is."""
        if not tag[1]:
            return tag[0]
        held = dict(_ATTRIBUTE.findall(tag[3]))
        said = held.get(b"r", b"")[1:-1].upper()
        if tag[2] == b"row":
            self.row, self.column = int(said) if said.isdigit() else self.row + 1, 0
            held = {b"r": b'"%d"' % self.row} | {name: value for name, value in held.items() if name != b"r"}
        elif tag[2] == b"c":
            held = {b"r": b'"%b"' % self._cell(said)} | {name: value for name, value in held.items() if name != b"r"}
        return b"<%b%b%b>" % (tag[1], b"".join(b" %b=%b" % one for one in held.items()), tag[4])

    def _cell(self, said: bytes) -> bytes:
        """The address of the next cell."""
        if address := _ADDRESS.fullmatch(said):
            self.column = number(address[1])
        here = said or f"{letter(self.column)}{self.row}".encode()
        self.column += 1
        return here
