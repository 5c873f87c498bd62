"""Grade schemes as checked data: classes that cover the whole range once, with the closed side stated."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from evalkit.check import instance, many, number, one_of
from evalkit.errors import NoAnswer, SpecError
from evalkit.stats.arrays import Array
from evalkit.stats.ranks import HALF
from evalkit.terms import Lang, Text

MOST = 127  # a grade is held in one byte


@dataclass(frozen=True, slots=True, kw_only=True)
class Grade:
    """One class of a scheme: its bounds and its label."""

    lower: float
    upper: float
    label: Text

    def __post_init__(self) -> None:
        number(self.lower, "[0, 1]", who="the lower bound of a grade")
        number(self.upper, "[0, 1]", who="the upper bound of a grade")
        instance(self.label, Text, who="the label of a grade", do='write Text("良好", "good")')


@dataclass(frozen=True, slots=True, kw_only=True)
class GradeScheme:
    """Classes of a measure in [0, 1], from worst to best.

    Parameters
    ----------
    measure
        What is graded: "D" or "C".
    closed
        "right": a value on a limit belongs to the lower class, (lower, upper]; "left": to the upper, [lower, upper).
        The two ends 0 and 1 are always in.

    Raises
    ------
    SpecError
        A gap, an overlap, or an end that does not reach 0 or 1.

    Examples
    --------
    >>> TEN_GRADES.grade(np.array([0.0, 0.6, 0.600001]))
    array([1, 6, 7], dtype=int8)
    >>> TEN_GRADES.label(7, "en")
    'primary coordination'
    """

    id: str
    name: Text
    grades: tuple[Grade, ...]
    closed: Literal["left", "right"]
    source: Text
    measure: Literal["D", "C"] = "D"

    def __post_init__(self) -> None:
        one_of(self.closed, ("left", "right"), who=f"grade scheme '{self.id}' closed")
        one_of(self.measure, ("D", "C"), who=f"grade scheme '{self.id}' measure")
        instance(self.name, Text, who=f"the name of grade scheme '{self.id}'", do='write Text("四级", "four grades")')
        do = "write (Grade(lower=0.0, upper=0.5, label=…), Grade(lower=0.5, upper=1.0, label=…))"
        object.__setattr__(self, "grades", many(self.grades, who=f"the grades of scheme '{self.id}'", do=do))
        for grade in self.grades:
            instance(grade, Grade, who=f"each grade of scheme '{self.id}'", do=do)
        if not self.grades:
            raise SpecError(f"grade scheme '{self.id}' has no grade")
        if len(self.grades) > MOST:
            raise SpecError(f"grade scheme '{self.id}' has more than {MOST} grades", found=str(len(self.grades)))
        ends = self.grades[0].lower, self.grades[-1].upper
        if ends != (0.0, 1.0):
            raise SpecError(
                f"grade scheme '{self.id}' has an open end: it runs from {ends[0]:g} to {ends[1]:g}", do="let it run from 0 to 1"
            )
        for grade in self.grades:
            if not grade.lower < grade.upper:
                raise SpecError(f"grade scheme '{self.id}': {grade.lower:g} to {grade.upper:g} is no interval")
        for below, above in zip(self.grades, self.grades[1:], strict=False):
            if below.upper != above.lower:
                kind = "a gap" if below.upper < above.lower else "an overlap"
                between = f"{below.upper:g} and {above.lower:g}"
                raise SpecError(
                    f"grade scheme '{self.id}' has {kind} between {between}", do="let each class begin where the last ends"
                )

    def grade(self, values: Array) -> NDArray[np.int8]:
        """The class of each value, 1 for the worst; values are rounded to ten digits first, so that no last bit decides."""
        values = np.asarray(values, dtype=float)
        if not (values.min(initial=0.0) >= -HALF and values.max(initial=0.0) <= 1 + HALF):
            raise NoAnswer(f"grade scheme '{self.id}' grades values in [0, 1]", found="values outside, or missing")
        grade = np.ones(values.shape, dtype=np.int8)
        for limit in self.limits:
            grade += values > limit
        return grade

    @property
    def limits(self) -> Array:
        """The limits between the classes, lowest first, moved by half a unit of the tenth digit to their closed side.

        A value above one belongs to the upper class, as it would after rounding to ten digits.
        """
        between = np.array([grade.upper for grade in self.grades[:-1]])
        return between + (HALF if self.closed == "right" else -HALF)

    def label(self, grade: int, lang: Lang) -> str:
        """The name of a class."""
        return self.grades[grade - 1].label.say(lang)

    def interval(self, grade: int) -> str:
        """A class as printed, such as (0.1, 0.2]."""
        one = self.grades[grade - 1]
        left = "[" if self.closed == "left" or grade == 1 else "("
        right = "]" if self.closed == "right" or grade == len(self.grades) else ")"
        return f"{left}{one.lower:g}, {one.upper:g}{right}"


def scheme(id: str, name: Text, limits: str, labels: str, *, closed: Literal["left", "right"], source: Text) -> GradeScheme:  # noqa: A002
    """A scheme from its limits and its labels, written as `zh en; zh en; …`."""
    edges = [float(edge) for edge in limits.split()]
    names = [Text(*label.strip().split(" ", 1)) for label in labels.split(";")]
    if len(edges) != len(names) + 1:
        raise SpecError(f"grade scheme '{id}' has {len(names)} labels for {len(edges) - 1} classes", do="give each class a label")
    grades = tuple(Grade(lower=a, upper=b, label=n) for a, b, n in zip(edges, edges[1:], names, strict=False))
    return GradeScheme(id=id, name=name, grades=grades, closed=closed, source=source)


TEN_GRADES = scheme(
    "ten",
    Text("十级协调等级", "ten grades"),
    "0 .1 .2 .3 .4 .5 .6 .7 .8 .9 1",
    "极度失调 extreme disorder; 严重失调 severe disorder; 中度失调 moderate disorder; "
    "轻度失调 mild disorder; 濒临失调 near disorder; "
    "勉强协调 barely coordinated; 初级协调 primary coordination; 中级协调 intermediate coordination; 良好协调 good coordination; "
    "优质协调 quality coordination",
    closed="right",
    source=Text("田深圳（2021），地理学报 76(4)，表 1", "Tian Shenzhen (2021), Acta Geographica Sinica 76(4), Table 1"),
)
FOUR_GRADES = scheme(
    "four",
    Text("四级协调等级", "four grades"),
    "0 .5 .6 .7 1",
    "濒临失调 near disorder; 初级协调 primary coordination; 中级协调 intermediate coordination; 高级协调 advanced coordination",
    closed="left",
    source=Text(
        "徐维祥等（2020），自然资源学报 35(9)，表 2", "Xu Weixiang et al. (2020), Journal of Natural Resources 35(9), Table 2"
    ),
)
FIVE_GRADES = scheme(
    "five",
    Text("五级协调等级", "five grades"),
    "0 .25 .5 .7 .85 1",
    "严重失衡 seriously imbalanced; 轻度失衡 slightly imbalanced; 勉强协调 barely coordinated; "
    "协调 coordinated; 高度均衡 superiorly balanced",
    closed="right",
    source=Text("PMC8374037，表 2（中文名称为本项目译名）", "PMC8374037, Table 2 (the Chinese labels are our translation)"),
)
SIX_GRADES = scheme(
    "six",
    Text("六级协调等级", "six grades"),
    "0 .2 .4 .5 .6 .8 1",
    "第一级 level 1; 第二级 level 2; 第三级 level 3; 第四级 level 4; 第五级 level 5; 第六级 level 6",
    closed="left",
    source=Text(
        "Hindawi 7271637，表 3（仅取界限；名称与闭合方向未核实）",
        "Hindawi 7271637, Table 3 (limits only; labels and closed side unverified)",
    ),
)
COUPLING_STAGES = GradeScheme(
    id="stages",
    name=Text("耦合阶段", "coupling stages"),
    measure="C",
    closed="right",
    source=Text("田深圳（2021），地理学报 76(4)", "Tian Shenzhen (2021), Acta Geographica Sinica 76(4)"),
    grades=(
        Grade(lower=0.0, upper=0.3, label=Text("低水平耦合", "low coupling")),
        Grade(lower=0.3, upper=0.5, label=Text("拮抗阶段", "antagonism")),
        Grade(lower=0.5, upper=0.8, label=Text("磨合阶段", "running-in")),
        Grade(lower=0.8, upper=1.0, label=Text("高水平耦合", "high coupling")),
    ),
)
SCHEMES: dict[str, GradeScheme] = {one.id: one for one in (TEN_GRADES, FOUR_GRADES, FIVE_GRADES, SIX_GRADES, COUPLING_STAGES)}
