"""C, T, D, grades and lag types of 6.9 million unit-years beside one pass over the same bytes; 10,000 draws of what is uncertain.

Run it: python tests/benchmarks/coupling.py. The pass reads both indices and writes nothing; what is printed as memory is the
peak over the data, of which the answer (C, T, D, grade, lagging system) is kept.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from first_assessment import COUNTIES, VILLAGES, index, panel
from measure import beside, child, show

import evalkit as ek
from evalkit.coupling.uncertainty.firmness import CoordinationUncertainty
from evalkit.indicators.uncertainty.drawn import IndexDraws

WORKLOAD = "C, T, D, lag types, 6.9 M"


def systems() -> dict[str, pd.Series]:
    """Two made-up indices of 690,000 villages over ten years."""
    rng = np.random.default_rng(4)
    years = range(2013, 2013 + VILLAGES.periods)
    key = pd.MultiIndex.from_product([[f"{u:06d}" for u in range(VILLAGES.units)], years], names=["unit", "period"])
    return {name: pd.Series(rng.beta(5, 4, len(key)), index=key) for name in ("kept", "rise")}


def coordination(u: dict[str, pd.Series]) -> Callable[[], object]:
    return lambda: ek.CouplingCoordination().measure(**u)


def in_pandas(u: dict[str, pd.Series]) -> Callable[[], object]:
    """The same as a careful researcher writes it."""

    def run() -> object:
        a, b = u["kept"], u["rise"]
        c, t = 2 * np.sqrt(a * b) / (a + b), (a + b) / 2
        d = np.sqrt(c * t)
        lag = pd.Series(np.select([(a - b).abs() <= 0.1, a < b], ["in step", "kept"], "rise"), index=a.index)
        return pd.DataFrame({"C": c, "T": t, "D": d, "grade": pd.cut(d, np.linspace(0, 1, 11), labels=False), "lag": lag})

    return run


def one_pass(u: dict[str, pd.Series]) -> Callable[[], object]:
    return lambda: [series.to_numpy().sum() for series in u.values()]


SIDES = {"evalkit": coordination, "pandas": in_pandas, "one pass": one_pass}


def draws(count: int = 10_000) -> float:
    """Seconds for so many draws of weights, of the weighting method, of shares and of errors, on 2,800 counties and 12 years."""
    data = panel(COUNTIES)
    ask = IndexDraws(weigh=(ek.Entropy(), ek.Equal()))
    drawn = {side: ask.of(index(side), data) for side in "GR"}
    start = time.perf_counter()
    CoordinationUncertainty(draws=count, shares=ek.Dirichlet(concentration=60), error=0.02).measure(**drawn)
    return time.perf_counter() - start


if __name__ == "__main__":
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--child", nargs=2, metavar=("WORKLOAD", "SIDE"), help=argparse.SUPPRESS)
    asked = ask.parse_args()
    if asked.child:
        child(SIDES[asked.child[1]](systems()), repeats=1)
    else:
        print("| workload | side | CPU s | × evalkit | peak over the data, MB | of it kept in the answer, MB |")
        print("|---|---|---|---|---|---|")
        show(WORKLOAD, beside(__file__, WORKLOAD, list(SIDES), 5))
        print(f"10,000 draws, 2,800 counties × 12 years, all cores: {draws():.1f} s")
