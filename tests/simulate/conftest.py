"""One population for all tests of simulated households."""

from __future__ import annotations

import pytest

from evalkit.simulate import HouseholdSimulation


@pytest.fixture(scope="session")
def spec():
    return HouseholdSimulation(households=40_000, villages=800, counties=20)


@pytest.fixture(scope="session")
def people(spec):
    return spec.draw()


@pytest.fixture(scope="session")
def still():
    """Nothing is shared by neighbors, so that homes fall independently of each other given their risk."""
    from evalkit.simulate import PlaceModel

    places = PlaceModel(weather_sd=0.0, disaster=0.0)
    return HouseholdSimulation(households=60_000, villages=400, counties=8, place_model=places, periods=range(2019, 2025)).draw()
