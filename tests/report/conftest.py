"""A small document that holds one of everything."""

import pandas as pd
import pytest

from evalkit.report import theme
from evalkit.report.document import Bullets, Document, Figure, Formula, Heading, Paragraph, Table
from evalkit.report.pictures import Pictures
from evalkit.terms import Text


def draw_line():
    canvas, axes = theme.new_figure(4, 2)
    axes.plot([2020, 2021], [0.1, -0.2], label="耦合协调度", **theme.line(0))
    theme.legend_below(axes)
    return canvas


def sample(lang="zh"):
    long = pd.DataFrame(
        {
            "年份": [2020, 2021] * 30,
            "人口": [12345, 67890] * 30,
            "得分": [0.12345, float("nan")] * 30,
            "说明": ["=1+1", "<b>"] * 30,
        }
    )
    return Document(
        title="报告 <script>alert(1)</script>",
        subtitle="Sub",
        lang=lang,
        cover=(("机构", "某评估中心"),),
        statement="声明",
        blocks=(
            Heading("第一章"),
            Paragraph("正文 <script>x</script>"),
            Paragraph("要点", role="key"),
            Paragraph("注意", role="caution"),
            Paragraph("附注", role="note"),
            Bullets(("甲", "乙")),
            Formula(r"D=\sqrt{C\,T}", "D = √(C·T)"),
            Heading("小节", level=2),
            Figure(key="line", caption=Text("折线", "A line"), draw=draw_line, alt="两点连线", source="模拟"),
            Table(key="long", caption=Text("长表", "A long table"), frame=long, source="模拟", show=10),
            Heading("第二章"),
            Table(key="all", caption=Text("全表", "In the workbook"), frame=long, show=0),
        ),
    )


@pytest.fixture
def document():
    return sample()


@pytest.fixture(scope="session")
def pictures():
    return Pictures("zh")


@pytest.fixture
def make_document():
    return sample
