"""What is recognized as a number or a column of persons: by numbers made here, with their check digits worked out another way."""

import re

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from evalkit.errors import DataError
from evalkit.identifiers import called_personal, called_position, direct_identifier, masked, personal, secret
from evalkit.panel.audit import audit_file
from evalkit.panel.findings import finding, shown

DIGITS = st.text("0123456789", min_size=3, max_size=3)
BIRTHS = st.dates().filter(lambda day: 1900 <= day.year <= 2025).map(lambda day: day.strftime("%Y%m%d"))
REGIONS = st.integers(110000, 659999).map(str)


def identity(region: str, born: str, order: str) -> str:
    """ISO 7064, MOD 11-2, one digit after the other (not by weights)."""
    body, rest = region + born + order, 0
    for digit in body:
        rest = (rest + int(digit)) * 2 % 11
    return body + "0123456789X"[(12 - rest) % 11]


def card(body: str) -> str:
    """Luhn: the digit with which digits, every second doubled, make a multiple of ten."""
    for last in "0123456789":
        signs = (body + last)[::-1]
        if sum(sum(map(int, str(int(one) * (1 + at % 2)))) for at, one in enumerate(signs)) % 10 == 0:
            return body + last
    raise AssertionError


NUMBERS = st.one_of(
    st.builds(identity, REGIONS, BIRTHS, DIGITS),
    st.builds(lambda two, rest: f"1{two}{rest}", st.sampled_from("3456789"), st.text("0123456789", min_size=9, max_size=9)),
    st.builds(
        lambda start, rest: card(start + rest),
        st.sampled_from(["62", "45", "55", "95"]),
        st.text("0123456789", min_size=13, max_size=16),
    ),
    st.builds(lambda name: f"{name}@mail.example", st.text("abcdefghij", min_size=1, max_size=9)),
)
AROUND = st.text("甲乙丙县（）：，;= -#号abcxyz\n", max_size=12)


@given(NUMBERS, AROUND, AROUND)
def test_numbers_of_persons_are_found_and_masked_whatever_stands_around_them(number, before, after):
    after = after.lstrip("abcxyz-") if "@" in number else after
    before = before.rstrip("abcxyz-=#") + ("：" if "@" in number else "")
    for told in (f"{before}{number}{after}", before + number.translate({48 + at: 0xFF10 + at for at in range(10)}) + after):
        assert direct_identifier(told)
        assert personal([told, "甲县"])
        assert number not in masked(told) and not re.search(r"\d{9}", masked(told))
        assert number not in str(DataError("x", found=told))
        assert number not in shown(told)
        assert number not in finding("constant_column", column="a", count=2, found=told).message.zh


@given(REGIONS, BIRTHS, DIGITS)
def test_old_numbers_have_no_check_digit_and_count_where_half_are_like_them(region, born, order):
    old = region + born[2:] + order
    assert secret(old) and masked(f"row 3: {old}") == "row 3: ***"
    assert not direct_identifier(old) or old[0] in "3456789"
    assert personal([old, "甲村"])


@given(st.floats(allow_nan=False, allow_infinity=False), st.integers(-(10**9), 10**9))
def test_figures_are_no_persons(value, whole):
    for text in (f"{value!r}", f"{value:,.3f}", f"{whole:,}", str(whole), f"D = {value:.15f}"):
        if not re.search(r"(?<![\d.])\d{11,}", text):
            assert masked(text) == text


@pytest.mark.parametrize(
    "text",
    [
        "530102",
        "530102100001",
        "530102100001001",
        "2024-06-01 08:30:00",
        "G01 0.1389999999999",
        "sha256 0e4d1c",
        "1,380,000,000",
        "20240630123045123",
    ],
)
def test_codes_and_days_of_places_are_no_persons(text):
    assert not direct_identifier(text) and not secret(text) and masked(text) == text


@pytest.mark.parametrize(
    "name",
    ["身份证号", "户主姓名", "联系电话", "手机号码", "银行卡号", "家庭地址", "ID card", "bank_account", "e-mail", "full name"],
)
def test_columns_are_known_by_name(name):
    assert called_personal(name) and called_personal(name, homes=True)


@pytest.mark.parametrize("name", ["name", "住址", "GPS", "经度", "latitude", "address", "户主", "tel"])
def test_some_are_personal_in_files_of_homes(name):
    assert called_personal(name, homes=True)


@pytest.mark.parametrize(
    "name", ["县", "county", "village", "人均收入", "income", "latrine", "longevity", "filename", "城镇化率"]
)
def test_columns_of_places_and_figures_are_not(name):
    assert not called_personal(name, homes=True) and not called_position(name)


@pytest.mark.parametrize("column", ["移动电话普及率", "固定电话用户", "银行卡发卡量", "经度"])
def test_indicators_that_sound_so_are_kept(tmp_path, column):
    rows = pd.DataFrame({"county": list("aabb"), "year": [2020, 2021] * 2, column: [98.5, 99.1, 97.0, 95.2]})
    rows.to_csv(tmp_path / "panel.csv", index=False)
    audit = audit_file(tmp_path / "panel.csv", unit="county", period="year")
    assert "personal_data" not in set(audit.frame["rule"])


@pytest.mark.parametrize("header", ["联系方式", "remarks", "code"])
def test_a_column_of_numbers_is_refused_whatever_it_is_called(tmp_path, header):
    cards = [identity("530102", f"19{50 + at}0101", f"{at:03d}") for at in range(8)]
    rows = pd.DataFrame({"county": list("aabbccdd"), "year": [2020, 2021] * 4, header: cards, "income": range(8)})
    rows.to_csv(tmp_path / "panel.csv", index=False)
    for unit in ("county", header):
        audit = audit_file(tmp_path / "panel.csv", unit=unit, period="year")
        assert "personal_data" in set(audit.defects["rule"])
        assert not any(number in audit.frame.to_csv() for number in cards)
