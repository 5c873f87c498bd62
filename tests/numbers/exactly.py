"""Figures as decimals, exactly as the computer holds them, and how near to the truth a result must come."""

from decimal import Decimal

import numpy as np


def decimals(values):
    return [Decimal(float(v)) for v in np.asarray(values).ravel()]


def agree(found, truth, rtol=1e-12, atol=0.0):
    np.testing.assert_allclose(np.asarray(found, dtype=float).ravel(), [float(t) for t in truth], rtol=rtol, atol=atol)
