"""What can go wrong, and how it is said: what, where, what was found, what to do."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from difflib import get_close_matches

from evalkit.chinese import in_chinese, place_in_chinese
from evalkit.identifiers import masked

# signs that would rule a terminal instead of being read
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


class EvalkitError(Exception):
    """Anything evalkit refuses to do; identity numbers, telephones, bank cards and e-mails are masked when it is said.

    Parameters
    ----------
    what
        What is wrong, as a sentence without its full stop.
    where
        The place: file, sheet, row, column, unit, period; whatever is known.
    found
        What was there instead of what was needed.
    do
        What the user can do about it.

    Examples
    --------
    >>> print(DataError("the poverty line is missing", where="lines.csv, row 3", do="add it"))
    lines.csv, row 3: the poverty line is missing. To do: add it.
    """

    exit_code = 1

    def __init__(self, what: str, *, where: str = "", found: str = "", do: str = "") -> None:
        self.what, self.where, self.found, self.do = what, where, found, do
        self.zh = ""  # all of it in Chinese, where that is known
        super().__init__(masked(what))

    def __str__(self) -> str:
        text = f"{self.where}: {self.what}" if self.where else self.what
        if self.found:
            text = f"{text.rstrip('.')}; found {self.found}"
        told = f"{sentence(text)} To do: {sentence(self.do)}" if self.do else sentence(text)
        return masked(_UNSEEN.sub("", told))

    def in_chinese(self) -> str:
        """All of it in Chinese; names and values stay as they are, and so do sentences the catalog does not hold.

        Examples
        --------
        >>> DataError("the file holds a header and no rows yet", where="a.csv, row 3", do="complete it").in_chinese()
        'a.csv，第 3 行：文件只有表头，还没有数据行。处理：将其补全。'
        """
        if self.zh:
            return masked(_UNSEEN.sub("", self.zh))
        text = f"{place_in_chinese(self.where)}：" if self.where else ""
        text += in_chinese(self.what).rstrip(" .") + (f"；实际为 {in_chinese(self.found)}" if self.found else "")
        told = [text, f"处理：{in_chinese(self.do)}"] if self.do else [text]
        ended = (one if one.endswith(("?", "？", "。")) else f"{one.rstrip(' .')}。" for one in told)
        return masked(_UNSEEN.sub("", "".join(ended)))


class SpecError(EvalkitError):
    """The question is wrong: a spec, a study or an indicator system does not make sense."""

    exit_code = 2


class Undeclared(SpecError):
    """Some indicators, `of`, declare no `part` ("target", "weight" or "plausible") that a method needs."""

    def __init__(self, what: str, *, part: str, of: Iterable[str], found: str = "", do: str = "") -> None:
        super().__init__(what, found=found, do=do)
        self.part, self.of = part, tuple(of)


class DataError(EvalkitError):
    """The data cannot answer the question."""

    exit_code = 3


class NoAnswer(DataError):
    """The method does not apply to these data, and says why instead of returning NaN."""


class SafetyError(DataError):
    """What was given is not safe to use: it was tampered with, is built to do harm, or would give a secret away."""

    exit_code = 5


class MachineError(EvalkitError):
    """The machine cannot do it: no memory, no space, no right, or a library that is not installed."""

    exit_code = 4


class OutputError(MachineError):
    """The answer cannot be written where it was asked for."""


def sentence(text: str) -> str:
    """The text with its full stop, unless it has an end already.

    Examples
    --------
    >>> sentence("add it"), sentence("did you mean 'income'?")
    ('add it.', "did you mean 'income'?")
    """
    text = text.rstrip()
    return text if text.endswith((".", "?")) else f"{text}."


@contextmanager
def located(where: str) -> Iterator[None]:
    """What goes wrong inside is said to have gone wrong there, unless it names its own place.

    Examples
    --------
    >>> with located("study.toml, [forecast]"):
    ...     raise SpecError("the horizon is too long", do="shorten it")
    Traceback (most recent call last):
    evalkit.errors.SpecError: study.toml, [forecast]: the horizon is too long. To do: shorten it.
    """
    try:
        yield
    except EvalkitError as wrong:
        wrong.where = wrong.where or where
        raise


def several(items: Iterable[object], most: int = 5) -> str:
    """The first few of many, and how many more there are; a key is said as "unit in period".

    Examples
    --------
    >>> several(range(8), most=3)
    '0, 1, 2 and 5 more'
    >>> several([("010101", 2018)])
    '010101 in 2018'
    """
    every = [f"{item[0]} in {item[1]}" if isinstance(item, tuple) and len(item) == 2 else str(item) for item in items]
    text = ", ".join(every[:most])
    return text if len(every) <= most else f"{text} and {len(every) - most} more"


def not_installed(what: str, extra: str) -> MachineError:
    """What is said where the libraries of an extra are not there; `what` says it as a sentence.

    Examples
    --------
    >>> print(not_installed("a forecast needs statsmodels, which is not installed", "forecast"))
    a forecast needs statsmodels, which is not installed. To do: run: pip install "evalkit[forecast]".
    """
    return MachineError(what, do=f'run: pip install "evalkit[{extra}]"')


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """A hint at the nearest known name, or nothing.

    Examples
    --------
    >>> did_you_mean("incom", ["income", "housing"])
    "did you mean 'income'?"
    """
    near = nearest(name, known)
    return f"did you mean '{near}'?" if near else ""


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name most like another, or nothing."""
    return next(iter(get_close_matches(name, list(known), n=1)), "")
