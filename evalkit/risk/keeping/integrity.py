"""A file of named members, whole or refused: nothing compressed, the SHA-256 of each member in a manifest, signed with a key."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import tempfile
from collections.abc import Mapping
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import ZIP_STORED, ZipFile, ZipInfo

from evalkit.errors import DataError, OutputError, SafetyError, SpecError

MANIFEST = "manifest.json"
FORMAT = "evalkit-model/1"
LARGEST = 256 << 20  # bytes of a file
MOMENT = (1980, 1, 1, 0, 0, 0)  # the earliest a zip archive can say
SHORTEST_KEY, LONGEST_KEY = 16, 64
BROKEN = "take an untouched copy of the file, or save the model again"


def sealed(members: Mapping[str, bytes], key: bytes | None = None) -> bytes:
    """Members as the bytes of one file: the same bytes for the same content.

    The manifest holds the SHA-256 of every member and, with a key, the keyed BLAKE2b of all that.

    Examples
    --------
    >>> opened(sealed({"a.txt": b"1"}), ("a.txt",))
    ({'a.txt': b'1'}, False)
    """
    body: dict[str, Any] = {"format": FORMAT, "sha256": {name: _digest(data) for name, data in members.items()}}
    if key is not None:
        body["signature"] = _signature(body, key)
    return packed({**members, MANIFEST: as_json(body)})


def opened(data: bytes, names: tuple[str, ...], key: bytes | None = None) -> tuple[dict[str, bytes], bool]:
    """The members of a sealed file, and whether its signature was checked.

    Without a key a signed file is opened as one that is not: its content is whole, its origin is not known.

    Raises
    ------
    SafetyError
        It has other members, or a byte of it is not as it was written; or a key was given and the file is not signed, or by
        another key.
    DataError
        The file is no such archive, or of another format.
    """
    members = unpacked(data, (*names, MANIFEST))
    body = from_json(members.pop(MANIFEST), MANIFEST)
    if body.get("format") != FORMAT:
        raise DataError("the model file is of another format", found=repr(body.get("format"))[:60], do=f"save it as {FORMAT}")
    if body.get("sha256") != {name: _digest(member) for name, member in members.items()}:
        raise SafetyError("the content of the model file is not what was written", do=BROKEN)
    signature = body.pop("signature", None)
    if set(body) != {"format", "sha256"}:
        raise SafetyError("the manifest of the model file holds what it must not", do=BROKEN)
    if key is None:
        return members, False
    if not isinstance(signature, str) or not hmac.compare_digest(signature.encode(), _signature(body, key).encode()):
        found = "a signature by another key" if signature else "no signature"
        raise SafetyError("the model file is not signed with this key", found=found, do="ask who sent it, and use the right key")
    return members, True


def packed(members: Mapping[str, bytes]) -> bytes:
    """An archive that compresses nothing and says no time, machine or owner.

    Examples
    --------
    >>> packed({"a": b"1"}) == packed({"a": b"1"})
    True
    """
    out = BytesIO()
    with ZipFile(out, "w", ZIP_STORED) as archive:
        for name, data in members.items():
            member = ZipInfo(name, MOMENT)
            member.create_system, member.external_attr = 0, 0
            archive.writestr(member, data)
    return out.getvalue()


def unpacked(data: bytes, names: tuple[str, ...] | None = None) -> dict[str, bytes]:
    """The members of an archive that is byte for byte as `packed` writes it; what is compressed is never unfolded.

    Raises
    ------
    SafetyError
        It is too large, torn, compressed, has other members than `names`, or a byte that is not as written.
    DataError
        It is no archive.
    """
    if len(data) > LARGEST:
        raise SafetyError("the model file is too large", found=f"{len(data):,} bytes", do=f"keep it under {LARGEST:,} bytes")
    try:
        with ZipFile(BytesIO(data)) as archive:
            entries = archive.infolist()
            _fits(entries, names, len(data))
            members = {entry.filename: archive.read(entry) for entry in entries}
    except DataError:
        raise
    except Exception:  # a broken archive may fail its reader in any way
        torn, found = DataError, "a file of another kind" if data else "an empty file"
        if data[:2] == b"PK":
            torn, found = SafetyError, "an archive that is cut off or damaged"
        raise torn("this is no model file", found=found, do=BROKEN) from None
    if packed(members) != data:
        raise SafetyError("the model file is not as it was written", do=BROKEN)
    return members


def _fits(entries: list[ZipInfo], names: tuple[str, ...] | None, length: int) -> None:
    """Refuse members with other names, compressed, or longer than the file they are in."""
    if names is not None and tuple(entry.filename for entry in entries) != names:
        raise SafetyError("the model file has other members than it must", found=f"{len(entries)} in all", do=BROKEN)
    if any(entry.compress_type != ZIP_STORED or entry.flag_bits & 1 for entry in entries):
        raise SafetyError("the model file is compressed or encrypted, which none is", do=BROKEN)
    if sum(entry.file_size for entry in entries) > length:
        raise SafetyError("the model file says it holds more than it is long", do=BROKEN)


def as_json(value: object) -> bytes:
    """Plain values as JSON, the same bytes for the same values.

    Examples
    --------
    >>> as_json({"b": 1, "a": None})
    b'{"a":null,"b":1}'
    """
    return json.dumps(value, ensure_ascii=False, allow_nan=False, sort_keys=True, separators=(",", ":")).encode()


def from_json(data: bytes, member: str) -> dict[str, Any]:
    """An object of JSON."""
    try:
        found = json.loads(data)
    except (ValueError, RecursionError):
        raise SafetyError(f"{member} of the model file is no JSON", do=BROKEN) from None
    if not isinstance(found, dict):
        raise SafetyError(f"{member} of the model file is no object of JSON", do=BROKEN)
    return found


def a_key(key: object) -> None:
    """Refuse what is no key of 16 to 64 bytes."""
    if key is not None and (not isinstance(key, bytes) or not SHORTEST_KEY <= len(key) <= LONGEST_KEY):
        found = f"{len(key)} bytes" if isinstance(key, bytes) else type(key).__name__
        do = f"give {SHORTEST_KEY} to {LONGEST_KEY} bytes, such as secrets.token_bytes(32), and keep them apart from the file"
        raise SpecError("the key of a model file must be bytes", found=found, do=do)


def read_file(path: Path) -> bytes:
    """The bytes of a file that is not too large."""
    if path.exists() and not path.is_file():
        raise DataError("this is no file", where=str(path), do="name a model file")
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError as fault:
        raise DataError(
            "the model file cannot be read", where=str(path), found=fault.strerror or "", do="check the path"
        ) from None
    if len(data) > LARGEST:
        raise SafetyError("the model file is too large", where=str(path), do=f"keep it under {LARGEST:,} bytes")
    return data


def write_file(path: Path, data: bytes) -> None:
    """Write a file beside its place, make sure it is on disk, and move it there: whole or not at all."""
    do = "choose another place, or free some space"
    try:
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.part-", dir=path.parent)
    except OSError as fault:
        raise OutputError("the model file cannot be written", where=str(path), found=fault.strerror or "", do=do) from None
    part = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        part.replace(path)
    except OSError as fault:
        raise OutputError("the model file cannot be written", where=str(path), found=fault.strerror or "", do=do) from None
    finally:
        part.unlink(missing_ok=True)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _signature(body: Mapping[str, Any], key: bytes) -> str:
    return hashlib.blake2b(as_json(body), key=key, digest_size=32).hexdigest()
