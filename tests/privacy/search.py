"""A search of all that was written for words that must not be in it: in several encodings, archives, Parquet, PDF, pictures."""

import base64
import io
import json
import re
import shutil
import struct
import subprocess
import zipfile
import zlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import quote

import duckdb
import numpy as np

BASE64 = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=")


def written(secret: str) -> set[bytes]:
    """The ways in which a text may stand in a file."""
    ways = {secret, secret.lower(), json.dumps(secret)[1:-1], quote(secret), "".join(f"&#{ord(one)};" for one in secret)}
    wide = secret.translate({ord("0") + digit: ord("０") + digit for digit in range(10)})
    plain = {way.encode(code) for way in ways | {wide} for code in ("utf-8", "utf-16-le", "utf-16-be", "gbk")}
    told = secret.encode()
    for shift in range(3):  # of base64, whatever stands before it
        whole = base64.b64encode(b"\0" * shift + told)
        plain.add(whole[(0, 2, 3)[shift] : len(whole) - 4 if (shift + len(told)) % 3 else len(whole)])
    if re.fullmatch(r"[0-9a-f]{32,}", secret):
        plain.add(bytes.fromhex(secret))
    return plain


def ways(secret: str) -> set[bytes]:
    """How a text may stand in a file: as text in several encodings, as hexadecimal digits or a number of eight bytes."""
    found = written(secret)
    for code in ("utf-8", "gbk", "utf-16-le"):
        found |= {secret.encode(code).hex().encode(), secret.encode(code).hex().upper().encode()}
    found.add(quote(secret, encoding="gbk").encode())
    if secret.isdigit():
        found |= {struct.pack("<q", int(secret)), struct.pack("<d", float(secret))}
        found |= {f"{float(secret):.{digits}g}".replace("e+", sign).encode() for digits in (15, 16, 17) for sign in ("e+", "E+")}
    return found


@dataclass(frozen=True)
class Search:
    """Bytes that must not be found, by their first four."""

    secrets: dict[str, str]

    @cached_property
    def starts(self) -> dict[bytes, list[tuple[bytes, str]]]:
        starts: dict[bytes, list[tuple[bytes, str]]] = {}
        for called, secret in self.secrets.items():
            for way in ways(secret):
                starts.setdefault(way[:4], []).append((way, called))
        return starts

    @cached_property
    def numbers(self) -> np.ndarray:
        """The first four bytes of all of them, as numbers."""
        return np.unique([int.from_bytes(start, "little") for start in self.starts]).astype(np.uint32)

    @cached_property
    def pairs(self) -> np.ndarray:
        """Which two bytes any of them begins with."""
        begun = np.zeros(1 << 16, dtype=bool)
        begun[self.numbers & 0xFFFF] = True
        return begun

    def inside(self, blob: bytes) -> set[str]:
        signs = np.frombuffer(blob + bytes(3), dtype=np.uint8)
        at = np.flatnonzero(self.pairs[signs[:-3].astype(np.uint16) | signs[1:-2].astype(np.uint16) << 8])
        four = sum(signs[at + place].astype(np.uint32) << (8 * place) for place in range(4))
        found = set()
        for start in at[np.isin(four, self.numbers)].tolist() if len(at) else ():
            found |= {called for way, called in self.starts[blob[start : start + 4]] if blob.startswith(way, start)}
        return found

    def leaks(self, folder: Path) -> dict[str, set[str]]:
        """File → who is in it: its name, its bytes, members of archives, columns of Parquet, streams of PDF, pictures."""
        found = {}
        for path in sorted(folder.rglob("*")):
            blobs = [str(path.relative_to(folder)).encode("utf-8", "surrogateescape"), *(told(path) if path.is_file() else ())]
            if held := {called for blob in blobs for called in self.inside(blob)}:
                found[str(path.relative_to(folder))] = held
        return found


def told(path: Path) -> list[bytes]:
    """What a file says, opened as far as it can be."""
    data = path.read_bytes()
    if data[:4] == b"PAR1":
        try:
            return [data, columns_of(path)]
        except duckdb.Error:  # it is torn
            return [data]
    parts = [data, *members(data), *streams(data), *pages(path)]
    pictures = [base64.b64decode(one) for part in parts for one in packed(part)]
    return [*parts, *pictures, *(stream for one in pictures for stream in streams(one))]


def pages(path: Path) -> list[bytes]:
    """The words of a PDF, whose letters stand in it by the numbers of their shapes."""
    if path.suffix != ".pdf" or shutil.which("pdftotext") is None:
        return []
    return [subprocess.run(["pdftotext", str(path), "-"], check=False, capture_output=True).stdout]


def streams(data: bytes) -> list[bytes]:
    """The streams of a PDF and the texts of a PNG, unpacked."""
    found, at = [], 0
    while data[:4] in (b"%PDF", b"\x89PNG") and (at := data.find(b"\x78", at) + 1):
        if data[at : at + 1] in b"\x01\x5e\x9c\xda":
            try:
                found.append(zlib.decompressobj().decompress(data[at - 1 :]))
            except zlib.error:
                continue
    return found


def packed(data: bytes) -> list[bytes]:
    """What stands as base64 in a page: pictures and fonts."""
    found = []
    for part in data.split(b"base64,")[1:]:
        end = next((at for at, sign in enumerate(part) if sign not in BASE64), len(part))
        found.append(part[: end - end % 4])
    return found


def members(data: bytes) -> list[bytes]:
    if not data.startswith(b"PK"):
        return []
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            told = [archive.read(name) for name in archive.namelist()]
            return ["\n".join(archive.namelist()).encode(), *told, *(part for one in told for part in members(one))]
    except zipfile.BadZipFile:
        return []


def columns_of(path: Path) -> bytes:
    with duckdb.connect() as connection:
        frame = connection.execute("SELECT * FROM read_parquet(?)", [str(path)]).df()
    return frame.to_csv().encode()
