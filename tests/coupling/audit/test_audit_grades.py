"""Printed grade tables: gaps, overlaps, open ends, and grades that do not follow D."""

import numpy as np
import pandas as pd
import pytest

import evalkit as ek
from evalkit.coupling.audit.audit import audit_coupling
from evalkit.coupling.audit.columns import PrintedColumns
from evalkit.coupling.audit.grades import PrintedClass, class_findings, read_class
from evalkit.errors import SpecError

GAPS = (*(f"{i / 10:.3f}~{i / 10 + 0.09:.3f}" for i in range(9)), ".900~1.00")


def table(decimals=3):
    rng = np.random.default_rng(8)
    u = rng.uniform(0.1, 0.9, (30, 2))
    d = np.sqrt(np.sqrt(u[:, 0] * u[:, 1]))
    frame = pd.DataFrame({"U1": u[:, 0].round(4), "U2": u[:, 1].round(4), "D": d.round(decimals)})
    return frame.map(lambda v: f"{v:.4f}").assign(D=[f"{v:.{decimals}f}" for v in d])


def test_the_gaps_of_202011_00071():
    """ChinaXiv:202011.00071 prints ".000~.090, .100~.190, …": D of .591 to .599 belongs to no class."""
    found = audit_coupling(table(), PrintedColumns(limits=GAPS))
    assert (found.outcome, found.at) == ("error", "grade")
    assert found.verdicts.loc["D", "outcome"] == "reproduced"
    assert "no class holds what lies between 0.59 and 0.6" in found.verdicts.loc["grade", "message_en"]
    inside = found.cells[found.cells["step"] == "grade"]["printed"].to_numpy()
    assert len(inside)
    assert ((inside * 100) % 10 > 9).all()


def test_with_two_decimals_nothing_lies_between_the_classes():
    classes = [read_class(text) for text in ("0~0.19", "0.20~0.39", "0.40~1")]
    assert class_findings(classes, None) == []
    assert audit_coupling(table(2), PrintedColumns(limits=("0~0.39", "0.40~0.69", "0.70~1"))).outcome == "reproduced"


@pytest.mark.parametrize(
    ("limits", "key"),
    [
        (("0-0.4", "0.3-1"), "overlap"),
        (("0.1至0.4", "0.4至1"), "open_low"),
        (("(0, 0.4]", "(0.4, 0.9]"), "open_high"),
    ],
)
def test_overlaps_and_open_ends(limits, key):
    assert [one.key for one in class_findings([read_class(text) for text in limits], None)] == [key]


def test_limits_that_are_none():
    with pytest.raises(SpecError, match="cannot be read"):
        read_class("high")


def test_labels_are_held_against_their_limits_and_their_order():
    frame = table()
    d = frame["D"].astype(float)
    frame["等级"] = np.where(d > 0.7, "协调", np.where(d > 0.5, "过渡", "失调"))
    ordered = audit_coupling(frame)
    assert ordered.verdicts.loc["grade", "outcome"] == "unchecked"
    assert ordered.outcome == "reproduced"
    wrong = int(d.idxmax())
    frame.loc[wrong, "等级"] = "失调"
    mixed = audit_coupling(frame)
    assert (mixed.outcome, mixed.at) == ("error", "grade")
    assert wrong + 1 in set(mixed.cells["row"])
    limits = ("失调 0~0.5", "过渡 0.5~0.7", "协调 0.7~1")
    exact = audit_coupling(frame, PrintedColumns(limits=limits))
    assert exact.cells.query("step == 'grade'")["row"].tolist() == [wrong + 1]


def ten(frame):
    """The labels of the ten grades, by D."""
    return [ek.TEN_GRADES.grades[g - 1].label.zh for g in ek.TEN_GRADES.grade(frame["D"].astype(float).to_numpy())]


def test_labels_of_a_known_scheme_follow_its_limits():
    assert audit_coupling(table().assign(等级=ten)).verdicts.loc["grade", "hypothesis"] == "ten"


def test_the_best_label_on_the_lowest_figure_is_an_error():
    frame = table()
    d, labels = frame["D"].astype(float), ten(frame)
    labels[int(d.argmin())], labels[int(d.argmax())] = "优质协调", "极度失调"
    found = audit_coupling(frame.assign(等级=labels))
    assert (found.outcome, found.at) == ("error", "grade")
    assert {int(d.argmin()) + 1, int(d.argmax()) + 1} <= set(found.cells["row"])


def test_one_label_for_every_figure_is_not_passed():
    found = audit_coupling(table().assign(等级="优质协调"))
    assert (found.outcome, found.at) == ("undecided", "grade")
    assert "usual limits of “ten grades”" in found.verdicts.loc["grade", "message_en"]


def test_disorder_above_coordination_is_an_error_in_any_scheme():
    frame = table()
    frame["等级"] = np.where(frame["D"].astype(float) > 0.6, "失调类", "协调类")
    assert audit_coupling(frame).verdicts.loc["grade", "hypothesis"] == "grades_reversed"


def test_a_label_of_no_printed_class_is_an_error():
    frame = table().assign(等级="中等")
    found = audit_coupling(frame, PrintedColumns(limits=("失调 0~0.5", "协调 0.5~1")))
    assert found.verdicts.loc["grade", "hypothesis"] == "grade_not_of_class"


def test_ten_grades_under_other_names_are_told_and_not_passed():
    frame = table()
    frame["level"] = [f"class {np.ceil(d * 10):.0f}" for d in frame["D"].astype(float)]
    found = audit_coupling(frame).verdicts.loc["grade"]
    assert (found["hypothesis"], found["outcome"]) == ("like_scheme", "unchecked")


def graded(labels, d=("0.65", "0.66", "0.67", "0.68", "0.69", "0.67")):
    u = ["0.423", "0.436", "0.449", "0.462", "0.476", "0.449"]
    frame = pd.DataFrame({"U1": u, "U2": u, "D": list(d), "grade": labels})
    return audit_coupling(frame).verdicts.loc["grade"]


@pytest.mark.parametrize("label", ["foo", "极度失调类", "Ⅳ", "极度失调发展", "优质协调"])
def test_one_label_on_all_rows_is_no_pass(label):
    assert graded([label] * 6)["outcome"] in ("unchecked", "undecided")


def test_the_right_label_on_all_rows_passes_with_a_word_after_it():
    assert graded(["初级协调发展类"] * 6)["outcome"] == "reproduced"


SPREAD = ("0.15", "0.35", "0.55", "0.65", "0.85", "0.95")


@pytest.mark.parametrize(
    "labels",
    [
        ["低度协调", "低度协调", "低度协调", "高度协调", "高度协调", "高度协调"][::-1],
        ["high coordination"] * 3 + ["low coordination"] * 3,
        ["轻度失调"] * 2 + ["严重失调"] * 2 + ["优质协调"] * 2,
        ["协调"] * 3 + ["不协调"] * 3,
        ["coordinated"] * 3 + ["uncoordinated"] * 3,
    ],
)
def test_meaning_that_runs_against_d_is_an_error(labels):
    u = [f"{float(d) ** 2:.4f}" for d in SPREAD]
    frame = pd.DataFrame({"U1": u, "U2": u, "D": list(SPREAD), "grade": labels})
    found = audit_coupling(frame).verdicts.loc["grade"]
    assert (found["hypothesis"], found["outcome"]) == ("grades_reversed", "error")


@pytest.mark.parametrize("gap", [None, "", "—", "-", float("nan")])
def test_a_grade_that_is_not_printed_is_left_out(gap):
    labels = ["初级协调"] * 5 + [gap]
    assert graded(labels)["outcome"] == "reproduced"
    assert (
        "grade"
        not in audit_coupling(
            pd.DataFrame({"U1": ["0.423"] * 4, "U2": ["0.423"] * 4, "D": ["0.65"] * 4, "grade": [gap] * 4})
        ).verdicts.index
    )


def test_classes_in_percent_are_read_and_wrong_ones_refused():
    assert read_class("低 0%~40%") == PrintedClass(label="低", low=0.0, high=0.4, unit=0.01)
    assert read_class("0<D≤0.4").high == 0.4
    for wrong in ("0.4~0.1", "10~400"):
        with pytest.raises(ek.SpecError, match="must rise"):
            read_class(wrong)
