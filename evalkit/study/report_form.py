"""What declarations of every kind say for their reports: the formats they are written in, and the reasons they print."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator

from evalkit.panel.form import Words
from evalkit.terms import Text

Format = Literal["html", "docx", "xlsx", "pdf"]


def _some(formats: tuple[Format, ...]) -> tuple[Format, ...]:
    if not formats:
        raise ValueError("name at least one of html, docx, xlsx, pdf; without one no report would be written")
    return formats


def _a_reason(words: Text) -> Text:
    if any(sum(map(str.isalnum, words.say(lang))) < 2 for lang in ("zh", "en")):
        raise ValueError("give a reason in words; the report prints it")
    return words


Formats = Annotated[tuple[Format, ...], AfterValidator(_some)]
Reason = Annotated[Words, AfterValidator(_a_reason)]
