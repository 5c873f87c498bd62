"""Tables that cannot be read as they are: what is wrong is said, and what to do."""

import numpy as np
import pandas as pd
import pytest

from evalkit.coupling.audit.audit import audit_coupling
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
