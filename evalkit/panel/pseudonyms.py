"""Pseudonyms: numbers and letters that stand for households, persons and records, made with a secret key."""

from __future__ import annotations

import hashlib
import os
import re
import unicodedata
from base64 import b32encode
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from evalkit.check import one_of
from evalkit.errors import DataError, SafetyError, SpecError

Domain = Literal["household", "person", "record"]  # what pseudonyms stand for
DOMAINS: tuple[Domain, ...] = ("household", "person", "record")
KEY = "EVALKIT_MONITOR_KEY"
LETTERS = 13  # that 8 bytes take in base32
ALPHABET = np.frombuffer(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", dtype=np.uint8)

_ASIDE = " \t\r\n\u3000\u200b\ufeff'"  # beside a key: blanks, marks that are not seen, the apostrophe that makes a cell text


def pseudonym_numbers(values: Iterable[object], key: bytes, domain: Domain) -> pd.arrays.IntegerArray:
    """Keyed BLAKE2b of each value as a whole number of 64 bits; what is missing stays missing.

    Values are compared as they are meant: full-width characters as ordinary ones, without blanks around them, in capitals (the x
    of identity cards). The domain keeps apart what is numbered alike: household "12" is not person "12". Each distinct value is
    worked out once. Without the key, values can neither be read back nor guessed and tried.

    Raises
    ------
    DataError
        Two distinct values of this call get one number (about 1 in 370,000 for 10 million values).

    Examples
    --------
    >>> key = b"sixteen bytes ok"
    >>> one, other, none = pseudonym_numbers(["Ｈ１２", " h12 ", None], key, "household")
    >>> bool(one == other), none, bool(one == pseudonym_numbers(["H12"], key, "person")[0])
    (True, <NA>, False)
    """
    a_key(key)
    one_of(domain, DOMAINS, who="the domain of pseudonyms")
    which, distinct = pd.factorize(_column(values))
    place, texts = _meant(distinct.tolist())
    numbers = np.frombuffer(digests(texts, key, domain.encode()), dtype=">i8").astype(np.int64)
    if len(np.unique(numbers)) != len(numbers):
        raise DataError(f"two keys of a {domain} got the same pseudonym", do="use another key")
    at = np.append(place, -1)[which]  # the last stands for what is missing
    return pd.arrays.IntegerArray(np.append(numbers, 0)[at], at < 0)


def digests(texts: Iterable[str], key: bytes, domain: bytes = b"") -> bytes:
    """Keyed BLAKE2b of texts as they are, 8 bytes each, one after the other."""
    start, made = hashlib.blake2b(key=key, digest_size=8, person=domain), bytearray()
    for text in texts:
        one = start.copy()
        one.update(text.encode())
        made += one.digest()
    return bytes(made)


def printed(numbers: Iterable[int] | NDArray[np.int64]) -> list[str]:
    """Pseudonyms as people write them: 13 letters and digits of base32 for the 8 bytes of each number.

    Examples
    --------
    >>> printed([0, -1, 1])
    ['AAAAAAAAAAAAA', '7777777777776', 'AAAAAAAAAAAAC']
    """
    whole = np.asarray(numbers if isinstance(numbers, np.ndarray) else list(numbers), dtype=np.int64).view(np.uint64)
    signs = np.empty((len(whole), LETTERS), dtype=np.uint8)
    for at in range(LETTERS - 1):
        signs[:, at] = ALPHABET[(whole >> np.uint64(59 - 5 * at)) & np.uint64(31)]
    signs[:, -1] = ALPHABET[(whole & np.uint64(15)) << np.uint64(1)]
    return [one.decode("ascii") for one in signs.view(f"S{LETTERS}").ravel().tolist()]


def numbers_of(texts: Sequence[str]) -> NDArray[np.int64]:
    """The numbers of printed pseudonyms, as they come back on forms, in small letters or capitals.

    Raises
    ------
    DataError
        Some are no pseudonyms; they are named by their place in the list and not as they are, for they may be names.

    Examples
    --------
    >>> numbers_of(printed([5, -7])).tolist(), numbers_of(["aaaaaaaaaaaac"]).tolist()
    ([5, -7], [1])
    """
    plain = [str(text).strip().upper() for text in texts]
    wrong = [at for at, text in enumerate(plain) if re.fullmatch(r"[A-Z2-7]{12}[A-Z2-7]", text) is None]
    place = np.zeros(128, dtype=np.uint64)
    place[ALPHABET] = np.arange(32, dtype=np.uint64)
    if not wrong:
        signs = place[np.array(plain, dtype=f"S{LETTERS}").view(np.uint8).reshape(len(plain), LETTERS)]
        wrong = np.flatnonzero(signs[:, -1] & np.uint64(1)).tolist()
    if wrong:
        found = f"{len(wrong)}, the first of them number {wrong[0] + 1} of the list"
        raise DataError("some of these are no pseudonyms", found=found, do="write the 13 letters as they are printed on the list")
    whole = signs[:, -1] >> np.uint64(1)
    for at in range(LETTERS - 1):
        whole |= signs[:, at] << np.uint64(59 - 5 * at)
    return whole.view(np.int64)


def short(texts: Sequence[str], key: bytes, letters: int) -> list[str]:
    """Short pseudonyms of texts as they are, for lists that are never matched; two that are the same are refused."""
    a_key(key)
    made = [b32encode(one).decode()[:letters] for one in _bytes(digests(texts, key))]
    if len(set(made)) != len(set(texts)):
        raise DataError("two households got the same pseudonym", do="use another key")
    return made


def normal(value: object) -> str | None:
    """A key as it is compared, or None for an empty one.

    Examples
    --------
    >>> normal("'５３０１02x "), normal(110000.0), normal("  ")
    ('530102X', '110000', None)
    """
    if isinstance(value, float | np.floating) and float(value).is_integer():
        value = int(value)
    text = value if isinstance(value, str) else str(value)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text)
    return text.strip(_ASIDE).upper() or None


def read_key(file: Path | None, apart_from: Iterable[Path] = (), *, variable: str = KEY) -> bytes | None:
    """The secret of pseudonyms, of a file or an environment variable; it is never stored. None: there is none.

    Raises
    ------
    SpecError
        It is shorter than 16 bytes or longer than 64.
    SafetyError
        Its file lies in one of the folders it is to be kept apart from.
    DataError
        The file is not there, or cannot be read.
    """
    if file is None:
        told = os.environ.get(variable, "").strip()
        return _sound(told.encode(), f"the environment variable {variable}") if told else None
    place = file.resolve()
    with suppress(OSError):  # a folder that may not be looked into is told below
        if not place.exists():
            raise DataError("there is no such file", where=str(file), do="check the path of the key")
    if any(place.is_relative_to(folder.resolve()) for folder in apart_from):
        do = "keep it in a folder of its own, which is not passed on"
        raise SafetyError("the key lies beside what it is to be kept apart from", where=file.name, do=do)
    try:
        return _sound(place.read_bytes().strip(), file.name)
    except OSError as fault:
        raise DataError("the key cannot be read", where=file.name, found=fault.strerror or "", do="check the path") from None


def key_id(key: bytes) -> str:
    """Eight signs that tell one key from another and lead back to none, for manifests.

    Examples
    --------
    >>> key_id(b"sixteen bytes ok") == key_id(b"another key here"), len(key_id(b"sixteen bytes ok"))
    (False, 8)
    """
    a_key(key)
    return hashlib.blake2b(key=key, digest_size=4, person=b"key id").hexdigest()


def a_key(key: object) -> None:
    """Refuse what is no key: 16 to 64 bytes."""
    if not isinstance(key, bytes) or not 16 <= len(key) <= 64:
        found = f"{len(key)} bytes" if isinstance(key, bytes) else type(key).__name__
        do = "give 16 to 64 bytes, such as secrets.token_bytes(32), and keep them apart from the list"
        raise SpecError("the key of pseudonyms must be bytes", found=found, do=do)


def _sound(key: bytes, where: str) -> bytes:
    if not 16 <= len(key) <= 64:
        do = 'make one: python -c "import secrets; print(secrets.token_hex(24))"'
        raise SpecError("a key has 16 to 64 bytes", where=where, found=f"{len(key)} bytes", do=do)
    return key


def _column(values: Iterable[object]) -> Any:
    """Values as pandas tells distinct ones apart."""
    if isinstance(values, pd.Series):
        return values.array
    if isinstance(values, np.ndarray | pd.api.extensions.ExtensionArray):
        return values
    return pd.Series(list(values), dtype=object).array


def _meant(values: list[Any]) -> tuple[NDArray[np.intp], list[str]]:
    """Distinct keys as they are compared, and which of them each value is; −1 for an empty one."""
    meaning = [one.strip(_ASIDE).upper() if isinstance(one, str) and one.isascii() else normal(one) for one in values]
    if meaning == values and "" not in meaning:
        return np.arange(len(values)), values
    place, texts = pd.factorize(np.array([*(one or None for one in meaning), None], dtype=object)[:-1])
    return place, texts.tolist()


def _bytes(joined: bytes) -> Iterable[bytes]:
    return (joined[at : at + 8] for at in range(0, len(joined), 8))
