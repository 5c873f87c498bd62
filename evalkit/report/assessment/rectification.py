"""The list of what is to be set right: each problem found, with who is to do what by when left to be filled in."""

from __future__ import annotations

import pandas as pd

from evalkit.report.assessment.findings import found_problems
from evalkit.report.assessment.found import Assessment
from evalkit.report.document import Block, Heading, Paragraph, Table
from evalkit.report.words import Voice
from evalkit.terms import Text

TO_FILL_IN = "________"
BLANKS = (
    Text("责任单位", "Responsible"),
    Text("整改措施", "Measures"),
    Text("完成时限", "Deadline"),
    Text("完成情况", "Done"),
)
LEAD = Text(
    "整改清单与问题清单一一对应。责任单位、措施与时限由评估委托方会同有关部门核实问题后填写，本报告不代为指定。",
    "Each line stands for one of the problems found, by its number. Who is responsible, what is to be done and by when is filled in by "
    "those who asked for the evaluation, once the problem is verified; this report names nobody.",
)


def rectification(found: Assessment, voice: Voice) -> list[Block]:
    """The list; nothing where no problem was found."""
    titles = [row[0] for row in found_problems(found, voice)]
    if not titles:
        return []
    heads = [voice(Text("序号", "No.")), voice(Text("问题", "Problem")), *(voice(blank) for blank in BLANKS)]
    rows = [(number, title, *[TO_FILL_IN] * len(BLANKS)) for number, title in enumerate(titles, start=1)]
    return [
        Heading(voice(Text("整改清单", "Rectification"))),
        Paragraph(voice(LEAD)),
        Table(
            key="rectification",
            caption=Text("整改清单（待填）", "List of rectification (to be filled in)"),
            frame=pd.DataFrame(rows, columns=heads),
        ),
    ]
