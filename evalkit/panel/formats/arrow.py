"""Which columns of a Parquet file are lengths of time: the schema of Arrow, kept as text beside the whole numbers they are."""

from __future__ import annotations

import base64
import binascii
import struct

DURATION = 18  # in the union of types
_UNITS = ("s", "ms", "us", "ns")
_HEADER, _FIELDS, _NAME, _KIND, _TYPE, _UNIT = 2, 1, 0, 2, 3, 0  # places of what is looked up in its table


def durations(schema: bytes) -> dict[str, str]:
    """The columns that are lengths of time, and the unit of what is stored: "s", "ms", "us" or "ns".

    `schema` is what the key ARROW:schema of a Parquet file holds: a message in base64, laid out as the format of Arrow and
    FlatBuffers say. What is not laid out so tells of no column.

    Examples
    --------
    >>> durations(b"no schema")
    {}
    """
    try:
        message = base64.b64decode(schema, validate=True)
        start = 8 if message[:4] == b"\xff\xff\xff\xff" else 4
        table = _follow(message, _follow(message, start), _HEADER)
        fields = _follow(message, table, _FIELDS)
        every = [_follow(message, fields + 4 + 4 * at) for at in range(_number(message, "<I", fields))]
        return dict(_duration(message, field) for field in every if _byte(message, field, _KIND) == DURATION)
    except (binascii.Error, struct.error, UnicodeDecodeError, IndexError):
        return {}


def _duration(message: bytes, field: int) -> tuple[str, str]:
    """The name of a column, and its unit; milliseconds are not written."""
    name = _follow(message, field, _NAME)
    length = _number(message, "<I", name)
    kind = _follow(message, field, _TYPE)
    place = _place(message, kind, _UNIT)
    unit = _UNITS[_number(message, "<H", place)] if place else "ms"
    return message[name + 4 : name + 4 + length].decode(), unit


def _number(message: bytes, form: str, at: int) -> int:
    return int(struct.unpack_from(form, message, at)[0])


def _place(message: bytes, table: int, what: int) -> int:
    """Where a part of a table stands; 0 where it is not written."""
    index = table - _number(message, "<i", table)
    inside = 4 + 2 * what < _number(message, "<H", index)
    offset = _number(message, "<H", index + 4 + 2 * what) if inside else 0
    return table + offset if offset else 0


def _byte(message: bytes, table: int, what: int) -> int:
    place = _place(message, table, what)
    return message[place] if place else 0


def _follow(message: bytes, at: int, what: int | None = None) -> int:
    """Where an offset leads that stands at a place, or in a part of a table there."""
    place = at if what is None else _place(message, at, what)
    if what is not None and not place:
        raise IndexError(what)
    return place + _number(message, "<I", place)
