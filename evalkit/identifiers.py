"""What names a person: numbers by their pattern, columns by what they are called; never shown, wherever it stands."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

HIDDEN = "***"
_FEW = 0.5  # share of texts from which on numbers without a check digit are taken for identifiers

_BORN = r"(?:0[1-9]|1[0-2])[ -]?(?:0[1-9]|[12]\d|3[01])"  # month and day
_CARD = rf"[1-9]\d{{5}}[ -]?(?:18|19|20)\d{{2}}{_BORN}[ -]?\d{{3}}[\dXx]"
_OLD = rf"[1-8]\d{{5}}\d{{2}}{_BORN}\d{{3}}"  # identity numbers of 15 digits, issued until 1999
_MOBILE = r"(?:\+?86[ -]?)?1[3-9]\d[ -]?\d{4}[ -]?\d{4}"
_BANK = r"[3-69]\d{3}(?:[ -]?\d{4}){3}(?:[ -]?\d{1,3})?"
_MAIL = r"[\w.+-]{1,64}@[\w-]+(?:\.[\w-]+)+"  # no part before the @ is longer, and a long text takes no long time
_ALONE, _END = r"(?<!\d)(?<!\d\.)", r"(?!\d)"  # a number of its own, and no decimals of another
_CARDS, _MOBILES, _BANKS = (re.compile(f"{_ALONE}{one}{_END}", re.ASCII) for one in (_CARD, _MOBILE, _BANK))
_OLDS, _MAILS = re.compile(f"{_ALONE}{_OLD}{_END}", re.ASCII), re.compile(_MAIL)
_MAYBE = re.compile(r"\d(?:[ -]?\d){10}|@")  # what every one of them holds
_WIDE = str.maketrans("０１２３４５６７８９Ｘ＠－", "0123456789X@-")
_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)

_NUMBERS = (
    r"身份证|公民身份|证件号|证号码|护照|社保卡|社会保障号|残疾人?证号|手机|电话|联系方式|银行卡|银行账|银行帐|开户|账号|帐号|卡号|微信|电子邮[件箱]|邮箱"
    r"|id[ _]?card|identity[ _]?(?:card|number)|passport|phone|mobile[ _]?(?:number|no)|telephone|bank[ _]?(?:card|account)"
    r"|account[ _]?(?:number|no)|e[-_ ]?mail|wechat"
)
_WORDS = (
    r"姓名|户主名|住址|家庭地址|详细地址|户籍地址|通讯地址|家庭成员名|(?:^|[ _])(?:full|first|last|family|given)[ _]?name"
    r"|name of (?:the )?(?:head|person)|person[ _]?name|head[ _]?name|(?:home|street|postal|mailing)[ _]?address"
)
_SPOTS = r"经纬度|经度|纬度|坐标|定位|(?:^|[ _])(?:gps|lat|lon|lng|latitude|longitude|coordinates?)(?:$|[ _])"
_ALONE_NAMES = frozenset({"户主", "name", "names", "address", "tel", "地址", "联系人", "负责人"})
_CALLED = re.compile(f"{_NUMBERS}|{_WORDS}", re.IGNORECASE)
_SPOT = re.compile(_SPOTS, re.IGNORECASE)


def called_personal(column: str, *, homes: bool = False) -> bool:
    """Whether a column is called what holds names, numbers, telephones, accounts or addresses of persons.

    In files of places such a word may be part of an indicator ("移动电话普及率"), and a "name" is that of a place: look at the
    cells too. In files of `homes`, these words alone and the position of a dwelling count as well.

    Examples
    --------
    >>> [called_personal(name) for name in ("身份证号码", "户主姓名", "id_card", "经度", "name", "人均收入")]
    [True, True, True, False, False, False]
    >>> called_personal("经度", homes=True), called_personal("name", homes=True), called_personal("latrine", homes=True)
    (True, True, False)
    """
    plain = unicodedata.normalize("NFKC", column).strip()
    if _CALLED.search(plain):
        return True
    return homes and (plain.casefold() in _ALONE_NAMES or called_position(plain))


def called_position(column: str) -> bool:
    """Whether a column is called what holds positions on the earth, which in a file of homes are addresses.

    Examples
    --------
    >>> called_position("gps_lat"), called_position("经纬度"), called_position("latrine")
    (True, True, False)
    """
    return _SPOT.search(unicodedata.normalize("NFKC", column).strip()) is not None


def direct_identifier(text: str) -> bool:
    """Whether a text holds an identity number (its check digit is right), a mobile telephone, a bank card (Luhn) or an e-mail.

    Identity numbers of 15 digits have no check digit and look like codes of hamlets: see `personal`.

    Examples
    --------
    >>> direct_identifier("530102192005080010"), direct_identifier("530102192005080013"), direct_identifier("甲县")
    (False, True, False)
    >>> direct_identifier("tel 138-0000-0000"), direct_identifier("１３８００００００００"), direct_identifier("a@b.cn")
    (True, True, True)
    >>> direct_identifier("6222 0212 3456 7890 128"), direct_identifier("6222021234567890123")
    (True, False)
    """
    plain = text if text.isascii() else unicodedata.normalize("NFKC", text)
    if _MAYBE.search(plain) is None:
        return False
    if _MOBILES.search(plain) or _MAILS.search(plain):
        return True
    cards = any(_checked(_digits(match.group())) for match in _CARDS.finditer(plain))
    return cards or any(_bank(match.group()) for match in _BANKS.finditer(plain))


def secret(text: str) -> bool:
    """Whether a text is an identifier and nothing else, its check digit aside.

    Examples
    --------
    >>> secret("530102920508001"), secret(" 13812345678 "), secret("call 13812345678"), secret("530102100001001")
    (True, True, False, False)
    """
    plain = unicodedata.normalize("NFKC", text).strip()
    if any(pattern.fullmatch(plain) for pattern in (_CARDS, _OLDS, _MOBILES, _MAILS)):
        return True
    return _BANKS.fullmatch(plain) is not None and _bank(plain)


def personal(texts: Iterable[str]) -> bool:
    """Whether texts that should name places or states are of persons: one holds an identifier, or half of them look like one.

    Examples
    --------
    >>> personal(["甲村", "乙村 13812345678"]), personal(["530102920508001", "530102930101002"]), personal(["甲村", "乙村"])
    (True, True, False)
    """
    every = list(texts)
    return any(map(direct_identifier, every)) or (bool(every) and sum(map(secret, every)) >= _FEW * len(every))


def masked(text: str) -> str:
    """A text with whatever may be an identity number, a telephone, a bank card or an e-mail in it hidden.

    Examples
    --------
    >>> masked("a.13812345678, 530102192005080010"), masked("0.13812345678"), masked("１３８ ００００ ００００")
    ('a.***, ***', '0.13812345678', '***')
    """
    plain = text if text.isascii() else text.translate(_WIDE)
    if _MAYBE.search(plain) is None:
        return text
    hidden = plain
    for pattern in (_MAILS, _CARDS, _MOBILES, _OLDS):
        hidden = pattern.sub(HIDDEN, hidden)
    hidden = _BANKS.sub(lambda match: HIDDEN if _bank(match.group()) else match.group(), hidden)
    return text if hidden == plain else hidden


def _digits(number: str) -> str:
    return re.sub("[ -]", "", number)


def _checked(number: str) -> bool:
    """Whether the check digit of an identity number is right (GB 11643)."""
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == number[-1].upper()


def _bank(number: str) -> bool:
    """Whether a number that is no identity number by its shape has the check digit of a bank card (ISO/IEC 7812-1)."""
    number = _digits(number)
    if _CARDS.fullmatch(number):
        return False
    doubled = [int(digit) * (2 if at % 2 else 1) for at, digit in enumerate(reversed(number))]
    return sum(one - 9 * (one > 9) for one in doubled) % 10 == 0
