"""Tables that cannot be read as they are: what is wrong is said, and what to do."""

import numpy as np
import pandas as pd
import pytest

import evalkit as ek
from evalkit.coupling.audit.audit import audit_coupling
from evalkit.coupling.audit.columns import PrintedColumns
from evalkit.errors import DataError


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"U1": [], "U2": [], "D": []}, "no rows"),
        ({"U1": ["high", "low"], "U2": ["0.3", "0.2"], "D": ["0.60", "0.50"]}, "U1: high"),
        ({"U1": ["0.5", "0.4"], "U2": ["0.3", "0.2"], "D": ["good", "bad"]}, "column 'D'.*no number.*row 1: good"),
        ({"U1": ["0.5", "0.4"], "U2": ["0.3", "0.2"], "C": ["0.9", "0.8"], "D": ["60.0", "50.1"]}, "'D' looks like percentages"),
        ({"U1": [52.1, 40.3], "U2": [30.5, 20.2], "D": [0.60, 0.50]}, r"U1: 52.1.*divide percentages by 100"),
        ({"alpha": [1, 2], "beta": [3, 4]}, "name them: systems="),
        (
            {"U1": ["0.5", "0.4"], "U2": ["0.3", "0.2"]},
            r"neither C nor T nor D; found columns \[U1, U2\]\. To do: name what it has: d='D', or --D D",
        ),
        (
            {"U1": ["0.5", "0.4"], "U2": ["0.3", "0.2"], "耦合协调度": ["0.6", "0.5"], "协调度": ["0.7", "0.4"]},
            "could be D; found 耦合协调度, 协调度. To do: name one: d='耦合协调度', or --D 耦合协调度",
        ),
        (
            {"U1": ["0.5", "0.4"], "U2": ["0.3", "0.2"], "D": ["0.6", "0.5"], "户主联系电话": ["13812345678", "13987654321"]},
            "column '户主联系电话' of the printed table holds names or numbers of persons.* To do: .* take the column out",
        ),
    ],
)
def test_what_cannot_be_audited_is_refused(table, said):
    with pytest.raises(DataError, match=said):
        audit_coupling(pd.DataFrame(table))


def test_a_dash_is_no_figure_and_no_fault():
    table = {"U1": ["0.60", "—", "0.81"], "U2": ["0.20", "0.30", "0.75"], "C": ["0.866", "…", "0.999"]}
    assert audit_coupling(pd.DataFrame(table)).verdicts.loc["C", "cells"] == 2


TABLE = pd.DataFrame({"U1": ["0.600", "0.420", "0.810", "0.330"], "U2": ["0.200", "0.300", "0.750", "0.900"]})
D = ["0.589", "0.596", "0.883", "0.738"]


@pytest.mark.parametrize(
    "written", [[f"{float(d) * 100:.1f}%" for d in D], [f"{float(d) * 100:.1f}％" for d in D], [d.replace(".", ",") for d in D]]
)
def test_percentages_and_decimal_commas_are_read(written):
    found = audit_coupling(TABLE.assign(D=written))
    assert (found.outcome, found.verdicts.loc["D", "cells"]) == ("reproduced", 4)


def test_a_column_of_nonsense_is_never_passed_over():
    found = audit_coupling(TABLE.assign(C=["10.0%", "13.0%", "16.0%", "20.0%"], D=D))
    assert found.verdicts.loc["C", "outcome"] == "nothing"
    assert found.outcome != "reproduced"


def test_a_system_that_rounded_weights_push_above_one_is_no_error():
    u = np.array([[0.6, 0.42, 0.81, 0.33, 0.7, 1.0001], [0.2, 0.3, 0.75, 0.9, 0.61, 0.98]])
    d = np.sqrt(np.sqrt(u[0] * u[1]))
    table = pd.DataFrame({"U1": [f"{v:.4f}" for v in u[0]], "U2": [f"{v:.4f}" for v in u[1]], "D": [f"{v:.4f}" for v in d]})
    found = audit_coupling(table)
    assert found.outcome == "reproduced"
    assert any("no more than a unit" in note.text.en for note in found.notes)


def test_a_system_outside_spoils_its_own_row_alone():
    table = TABLE.assign(D=D)
    table.loc[3, "U1"] = "1.330"
    found = audit_coupling(table)
    assert (found.outcome, found.at) == ("error", "U")
    assert found.verdicts.loc["D", "cells"] == 3
    assert found.verdicts.loc["D", "outcome"] != "nothing"


U = {"U1": ["0.60", "0.42", "0.81", "0.33"], "U2": ["0.20", "0.30", "0.75", "0.90"]}
C = ["0.866", "0.986", "0.999", "0.886"]
T = ["0.400", "0.360", "0.780", "0.615"]
D = ["0.589", "0.596", "0.883", "0.738"]


@pytest.mark.parametrize(
    "header",
    [
        "D值",
        "D2020",
        "D-value",
        "CD",
        "CCDM",
        "协同度",
        "耦合度D",
        "协调性D",
        "协调系数",
        "耦合协调类型值",
        "D(2020)",
        "耦合 协调度",
        "Coordination level",
    ],
)
def test_headers_of_d(header):
    assert PrintedColumns().found_in(pd.DataFrame({**U, header: D})).d == header


@pytest.mark.parametrize("header", ["C-value", "耦合系数", "耦合值", "协调度C", "耦合 度", "C2020"])
def test_headers_of_c(header):
    found = PrintedColumns().found_in(pd.DataFrame({**U, header: C, "D": D}))
    assert (found.c, found.d) == (header, "D")


@pytest.mark.parametrize(
    "header",
    ["发展度", "Development", "综合发展指数", "综合评价指数", "综合指数", "发展指数", "comprehensive index", "综合得分T"],
)
def test_headers_of_t_are_no_third_system(header):
    found = PrintedColumns().found_in(pd.DataFrame({**U, header: T, "D": D}))
    assert (found.t, found.systems) == (header, ("U1", "U2"))


def test_figures_whose_meaning_is_not_known_do_not_pass_for_nothing():
    with pytest.raises(ek.DataError, match="no column that is known as D"):
        ek.audit_coupling(pd.DataFrame({**U, "C": C, "strange": D}))
    found = ek.audit_coupling(pd.DataFrame({**U, "D": D, "strange": C}))
    assert found.spec.idle == ("strange",)
    assert any("took no part: strange" in note.text.en for note in found.notes)


def test_a_sum_of_systems_for_t_is_named_and_not_taken_for_percent():
    u3 = {**U, "U3": ["0.95", "0.88", "0.97", "0.91"]}
    t = [f"{sum(float(u3[k][i]) for k in u3):.2f}" for i in range(4)]
    found = ek.audit_coupling(pd.DataFrame({**u3, "T": t, "D": ["1.1", "1.2", "1.5", "1.4"]}))
    assert found.verdicts.loc["T", "outcome"] == "error"


def test_raw_data_with_half_the_names_or_another_order_are_refused():
    table = pd.DataFrame({"地区": list("abcd"), **U, "D": D})
    frame = pd.DataFrame({"地区": list("badc"), "x": [1.0, 2, 3, 4], "y": [2.0, 1, 4, 3]})
    with pytest.raises(ek.DataError, match="share some names"):
        ek.audit_coupling(table, raw=ek.RawData(frame=frame, systems={"U1": {"x": "benefit"}, "y": {"y": "benefit"}}))
    with pytest.raises(ek.DataError, match="another order of '地区'"):
        ek.audit_coupling(table, raw=ek.RawData(frame=frame, systems={"U1": {"x": "benefit"}, "U2": {"y": "benefit"}}))


@pytest.mark.parametrize(
    "wrong",
    [
        {"systems": None},
        {"systems": ("U1", 2)},
        {"d": 5},
        {"limits": 3},
        {"limits": (1, 2)},
        {"decimals": 3},
        {"decimals": (("D", "x"),)},
    ],
)
def test_columns_that_are_no_names(wrong):
    with pytest.raises(ek.SpecError, match="of a printed table"):
        PrintedColumns(**wrong)


def test_what_is_no_table_no_columns_or_no_raw_data():
    table = pd.DataFrame({**U, "D": D})
    with pytest.raises(ek.SpecError, match="takes a PrintedColumns"):
        ek.audit_coupling(table, {"d": "D"})
    with pytest.raises(ek.SpecError, match="takes a RawData"):
        ek.audit_coupling(table, raw=table)
    with pytest.raises(ek.DataError, match="columns twice"):
        ek.audit_coupling(pd.concat([table, table[["D"]]], axis=1))
    with pytest.raises(ek.DataError, match="no column 'Q'"):
        ek.audit_coupling(table, PrintedColumns(decimals=(("Q", 3),)))
    double = table.set_axis(pd.MultiIndex.from_product([["Table 4"], table.columns]), axis=1)
    assert ek.audit_coupling(double).outcome == ek.audit_coupling(table).outcome


@pytest.mark.parametrize(
    "wrong", [{"frame": [1]}, {"systems": {}}, {"systems": {"U1": ["x"]}}, {"normalized": [1]}, {"weighting": "equal"}]
)
def test_raw_data_of_the_wrong_kind(wrong):
    asked = {"frame": pd.DataFrame({"x": [1.0, 2.0]}), "systems": {"U1": {"x": "benefit"}}}
    with pytest.raises(ek.SpecError):
        ek.RawData(**(asked | wrong))


def test_one_system_has_nothing_to_be_coupled_with():
    with pytest.raises(ek.SpecError, match=r"at least two systems; found 'U1'\. To do: name both: U1,U2"):
        PrintedColumns(systems=("U1",))


def test_raw_data_that_are_infinite():
    with pytest.raises(ek.DataError, match="infinite"):
        ek.RawData(frame=pd.DataFrame({"x": [1.0, np.inf]}), systems={"U1": {"x": "benefit"}})


def test_a_yes_is_no_figure_and_the_odd_cell_is_shown():
    with pytest.raises(ek.DataError, match="row 2: True"):
        ek.audit_coupling(pd.DataFrame({**U, "D": ["0.589", True, "0.883", "0.738"]}))
    with pytest.raises(ek.DataError, match=r"U2: 75\.00"):
        ek.audit_coupling(pd.DataFrame({**U, "U2": ["0.20", "0.30", "75.00", "90.1"], "D": D}))
