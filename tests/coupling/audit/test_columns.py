"""Tables that cannot be read as they are: what is wrong is said, and what to do."""

import pandas as pd
import pytest

from evalkit.coupling.audit.audit import audit_coupling
from evalkit.errors import DataError


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({"U1": [], "U2": [], "D": []}, "no rows"),
        ({"U1": ["50%", "40%"], "U2": ["30%", "20%"], "D": ["0.60", "0.50"]}, r"U1: 50%.*divide percentages by 100"),
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
