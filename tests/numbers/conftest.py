"""All that is worked out in decimals here has fifty digits."""

from decimal import localcontext

import pytest


@pytest.fixture(autouse=True)
def fifty_digits():
    with localcontext() as context:
        context.prec = 50
        yield
