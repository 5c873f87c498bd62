"""The page to sign: who evaluated, led, wrote and reviewed; names where the study gives them, blank lines for the rest."""

from __future__ import annotations

from evalkit.report.assessment.found import Signatories
from evalkit.report.document import SignOff
from evalkit.report.words import Voice
from evalkit.terms import Text

TITLE = Text("评估报告签署页", "Sign-off page")
NOTE = Text(
    "签字、日期与盖章由手工填写；未印姓名处由评估单位补填。",
    "Signatures, dates and the seal are added by hand; where no name is printed, the organization writes it in.",
)


def signoff(who: Signatories, voice: Voice) -> SignOff:
    """The page, with a line for each who is named and one blank line for each part that nobody is named for.

    Examples
    --------
    >>> page = signoff(Signatories(authors=(Text("王", "Wang"), Text("李", "Li"))), Voice("en"))
    >>> [row[:2] for row in page.rows]
    [('Project lead', ''), ('Written by', 'Wang'), ('Written by', 'Li'), ('Reviewed by', '')]
    """
    parts = (
        (Text("项目负责人", "Project lead"), (who.lead,)),
        (Text("编制人", "Written by"), who.authors),
        (Text("复核人", "Reviewed by"), who.reviewers),
    )
    heads = (Text("职责", "Part"), Text("姓名", "Name"), Text("签字", "Signature"), Text("日期", "Date"))
    return SignOff(
        title=voice(TITLE),
        lines=(
            (voice(Text("评估单位", "Organization")), voice(who.organization)),
            (voice(Text("评估单位盖章", "Seal of the organization")), ""),
            (voice(Text("盖章日期", "Date of the seal")), ""),
        ),
        heads=tuple(voice(head) for head in heads),
        rows=tuple((voice(part), voice(name), "", "") for part, names in parts for name in (names or (Text("", ""),))),
        note=voice(NOTE),
    )
