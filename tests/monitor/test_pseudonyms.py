"""Pseudonyms against hashlib and base64 themselves, and what they must never let through."""

import hashlib
import unicodedata
from base64 import b32encode

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import DataError, SafetyError, SpecError
from evalkit.identifiers import direct_identifier
from evalkit.panel import pseudonyms as module
from evalkit.panel.pseudonyms import key_id, numbers_of, printed, pseudonym_numbers, read_key, short
from evalkit.report.risk.visits import pseudonyms

KEY = b"0123456789abcdef0123456789abcdef"
WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)


def identity(at: int) -> str:
    """An identity number that nobody has: of a place that does not exist, with the right check digit."""
    body = f"990101{1950 + at % 60}{1 + at % 12:02d}{1 + at % 28:02d}{at % 1000:03d}"
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, WEIGHTS, strict=True)) % 11]


def of_hashlib(text: str, key: bytes, domain: str) -> int:
    plain = unicodedata.normalize("NFKC", text).strip().upper().encode()
    digest = hashlib.blake2b(plain, key=key, digest_size=8, person=domain.encode()).digest()
    return int.from_bytes(digest, "big", signed=True)


@given(
    st.lists(
        st.text(min_size=1, max_size=30).filter(lambda t: t.strip() and "'" not in t and "\ufeff" not in t and "\u200b" not in t)
    )
)
def test_numbers_are_those_of_hashlib(texts):
    for domain in ("household", "person", "record"):
        made = pseudonym_numbers(texts, KEY, domain)
        # whatever blanks hashlib's side strips, ours must too, or keep them: compare where both agree on what is left
        for text, one in zip(texts, made, strict=True):
            if unicodedata.normalize("NFKC", text).strip(" \t\r\n") == unicodedata.normalize("NFKC", text).strip():
                assert one == of_hashlib(text, KEY, domain)


def test_the_same_key_written_otherwise_is_the_same_person():
    ways = [
        "53010219900101123x",
        "５３０１０２１９９００１０１１２３Ｘ",
        " 53010219900101123X\t",
        "'53010219900101123x",
        "\ufeff53010219900101123X",
    ]
    assert len(set(pseudonym_numbers(ways, KEY, "person"))) == 1
    assert len(set(pseudonym_numbers(["012", "12", "0012"], KEY, "person"))) == 3  # leading zeros are part of a key


def test_domains_and_keys_are_kept_apart():
    made = {int(pseudonym_numbers(["12"], key, domain)[0]) for key in (KEY, KEY[:16]) for domain in module.DOMAINS}
    assert len(made) == 6
    with pytest.raises(SpecError, match="did you mean 'household'"):
        pseudonym_numbers(["12"], KEY, "househol")


@pytest.mark.parametrize("make", [list, lambda v: np.array(v, dtype=object), pd.Series, lambda v: pd.Series(v, dtype="str")])
def test_what_is_missing_stays_missing(make):
    made = pseudonym_numbers(make(["H1", None, "", "  ", "H2", "H1"]), KEY, "household")
    assert made.dtype == "Int64" and pd.isna(made).tolist() == [False, True, True, True, False, False]
    assert made[0] == made[5] != made[4]


def test_nothing_and_only_gaps():
    assert len(pseudonym_numbers([], KEY, "person")) == 0 and printed([]) == [] and numbers_of([]).tolist() == []
    assert pd.isna(pseudonym_numbers([None, None], KEY, "person")).all()


def test_two_keys_that_get_one_number_are_refused(monkeypatch):
    monkeypatch.setattr(module, "digests", lambda texts, key, domain=b"": bytes(8 * len(list(texts))))
    assert not pd.isna(pseudonym_numbers(["H1", " h1"], KEY, "household")).any()  # one key, written twice
    with pytest.raises(DataError, match="two keys of a household got the same") as refused:
        pseudonym_numbers(["H1", "H2"], KEY, "household")
    assert "H1" not in str(refused.value)


@given(st.lists(st.integers(-(2**63), 2**63 - 1)))
def test_printed_letters_are_base32_and_lead_back(numbers):
    told = printed(numbers)
    assert told == [b32encode(one.to_bytes(8, "big", signed=True)).decode().rstrip("=") for one in numbers]
    assert numbers_of(told).tolist() == numbers == numbers_of([one.lower() for one in told]).tolist()


@pytest.mark.parametrize("wrong", ["张三丰张三丰张三丰张三丰张", "AAAAAAAAAAAAB", "AAAA", "AAAAAAAAAAAA1", ""])
def test_what_is_no_pseudonym_is_refused_without_being_repeated(wrong):
    with pytest.raises(DataError, match="1, the first of them number 2") as refused:
        numbers_of(["AAAAAAAAAAAAA", wrong])
    assert not wrong or wrong not in str(refused.value)


def test_lists_of_visits_print_what_they_always_printed():
    for ids in (["H1", "h1 ", 12, 12.0, "户一"],):
        want = [b32encode(hashlib.blake2b(str(one).encode(), key=KEY, digest_size=8).digest()).decode()[:12] for one in ids]
        assert pseudonyms(ids, KEY) == want == short([str(one) for one in ids], KEY, 12)


def test_identity_numbers_need_their_check_digit_and_telephones_their_length():
    for at in range(200):
        number = identity(at)
        assert direct_identifier(number) and direct_identifier(f"户主 {number.lower()}") and not direct_identifier("1" + number)
        wrong = number[:-1] + ("0" if number[-1] != "0" else "1")
        assert not direct_identifier(wrong)
    for text in ("13800000000", "+86 13912345678", "１５０１２３４５６７８", "张三13800000000"):
        assert direct_identifier(text)
    for text in ("", "甲县", "530102", "12800000000", "138000000001", "2024-06-01", "990101"):
        assert not direct_identifier(text)


def test_keys_come_from_a_file_apart_or_from_the_environment(tmp_path, monkeypatch):
    file = tmp_path / "keys" / "secret"
    file.parent.mkdir()
    file.write_bytes(KEY + b"\n")
    assert read_key(file, [tmp_path / "store"]) == KEY
    with pytest.raises(SafetyError, match="lies beside"):
        read_key(file, [tmp_path])
    monkeypatch.delenv("EVALKIT_MONITOR_KEY", raising=False)
    assert read_key(None) is None
    monkeypatch.setenv("EVALKIT_MONITOR_KEY", KEY.decode())
    assert read_key(None) == KEY
    monkeypatch.setenv("EVALKIT_MONITOR_KEY", "short")
    with pytest.raises(SpecError, match="5 bytes") as refused:
        read_key(None)
    assert "short" not in str(refused.value).replace("shorter", "")
    with pytest.raises(DataError, match="there is no such file"):
        read_key(tmp_path / "none")
    with pytest.raises(DataError, match="cannot be read"):
        read_key(file.parent)


def test_a_key_that_is_not_there_is_told_as_missing_wherever_it_was_looked_for(tmp_path):
    """It lies beside nothing, so nothing is to be kept apart from it."""
    with pytest.raises(DataError, match=r"none.txt: there is no such file. To do: check the path of the key.") as missing:
        read_key(tmp_path / "none.txt", [tmp_path])
    assert missing.value.exit_code == 3


def test_short_pseudonyms_that_are_the_same_are_refused():
    with pytest.raises(DataError, match=r"two households got the same pseudonym. To do: use another key") as refused:
        short([f"H{at}" for at in range(33)], KEY, 1)  # of 32 letters
    assert "H" not in str(refused.value)


def test_the_id_of_a_key_does_not_hold_it():
    ids = {key_id(KEY[at:]) for at in range(16)}
    assert len(ids) == 16 and all(len(one) == 8 and one not in KEY.decode() for one in ids)
    for wrong in (b"short", "text" * 8, b"x" * 65):
        with pytest.raises(SpecError, match="key of pseudonyms must be bytes"):
            key_id(wrong)
