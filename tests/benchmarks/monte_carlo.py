"""Rank intervals by Monte Carlo beside a loop over draws, and Sobol shares of 2,800 outputs beside SALib where there is one.

Run it: python tests/benchmarks/monte_carlo.py. SALib is no dependency: `--salib PYTHON` names an interpreter that has it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
from measure import ONE_THREAD, beside, child, show

UNITS, DRAWS, CONCENTRATION = 2_800, 60_000, 120.0
ROWS, INPUTS, RESAMPLES = 512, 5, 100

Run = Callable[[], object]


# 10,000 draws × 3 normalizations × 2 aggregations: each draw takes one of the six combinations


def rank_intervals() -> Run:
    import first_assessment as made

    import evalkit as ek
    from evalkit.indicators.uncertainty.monte_carlo import MonteCarlo
    from evalkit.stats.scatter import Dirichlet

    data, index = panel(), ek.CompositeIndex(system=whole(made))
    ask = MonteCarlo(
        draws=DRAWS,
        weights=Dirichlet(concentration=CONCENTRATION),
        normalize=(ek.MinMax(), ek.MinMax(bounds="period"), ek.MinMax(bounds=tails(data))),
        aggregate=(ek.ARITHMETIC, ek.GEOMETRIC),
    )
    return lambda: ask.measure(index, data)


def rank_intervals_in_a_loop() -> Run:
    """The same work as a careful researcher writes it: normalized once, then draw by draw."""
    import first_assessment as made
    from scipy.stats import rankdata

    data = panel()
    system = whole(made)
    falls = np.array([indicator.falls for indicator in system.indicators])
    known = data.frame[list(system.columns)]

    def normalized(low: np.ndarray, high: np.ndarray) -> np.ndarray:
        z = np.clip((known.xs(data.periods[-1], level="period").to_numpy() - low) / (high - low), 0, 1)
        return np.where(falls, 1 - z, z)

    def run() -> object:
        last = known.xs(data.periods[-1], level="period")
        posts = np.array(list(tails(data).values())).T
        sides = [(known.min(), known.max()), (last.min(), last.max()), posts]
        scored = [normalized(np.asarray(low), np.asarray(high)) for low, high in sides]
        rng = np.random.default_rng(0)
        ranks = np.empty((DRAWS, UNITS), dtype=np.int16)
        at, center = 0, np.full(len(falls), CONCENTRATION / len(falls))
        for z in scored:
            with np.errstate(divide="ignore"):
                logs = np.log(z)
            for geometric in (False, True):
                for _ in range(DRAWS // 6):
                    w = rng.dirichlet(center)
                    score = np.exp(logs @ w) if geometric else z @ w
                    ranks[at] = rankdata(-score, method="min")
                    at += 1
        return np.quantile(ranks, [0.05, 0.5, 0.95], axis=0, method="inverted_cdf")

    return run


def panel() -> object:
    import first_assessment as made

    return made.panel(made.Size(units=UNITS, periods=3))


def whole(made: object) -> object:
    from evalkit.panel.system import IndicatorSystem
    from evalkit.terms import same

    return IndicatorSystem(id="both", name=same("both"), dimensions=made.system("G").dimensions + made.system("R").dimensions)


def tails(data: object) -> dict[str, tuple[float, float]]:
    """Goalposts at the 1st and 99th percentile."""
    low, high = (data.frame.quantile(share) for share in (0.01, 0.99))
    return {name: (low[name], high[name]) for name in data.frame}


# Sobol shares with bootstrap bounds of 2,800 outputs from runs that are there already


def runs() -> np.ndarray:
    """Outputs of shape (2 + inputs, rows, units): sums of the inputs with weights of each unit's own, and an interaction."""
    rng = np.random.default_rng(7)
    a, b = rng.random((2, ROWS, INPUTS))
    weights = rng.random((INPUTS, UNITS))
    sides = [a, b]
    for at in range(INPUTS):
        swapped = a.copy()
        swapped[:, at] = b[:, at]
        sides.append(swapped)
    return np.stack([side @ weights + side[:, :1] * side[:, 1:2] for side in sides])


def shares() -> Run:
    from evalkit.stats.resampling import bootstrap_counts
    from evalkit.stats.sobol import sobol_bounds, sobol_indices

    made = runs()

    def run() -> object:
        counts = bootstrap_counts(np.random.default_rng(0), ROWS, RESAMPLES)
        return sobol_indices(made[0], made[1], made[2:]), sobol_bounds(made[0], made[1], made[2:], counts, 0.95)

    return run


def shares_by_salib() -> Run:
    from SALib.analyze import sobol

    made = runs()
    problem = {"num_vars": INPUTS, "names": [f"x{i}" for i in range(INPUTS)], "bounds": [[0, 1]] * INPUTS}
    order = [0, *range(2, 2 + INPUTS), 1]  # SALib's rows: A, then A with each input from B, then B

    def run() -> object:
        ask = {"calc_second_order": False, "num_resamples": RESAMPLES, "seed": 1}
        return [sobol.analyze(problem, made[order, :, unit].T.ravel(), **ask) for unit in range(UNITS)]

    return run


WORKLOADS: dict[str, dict[str, Callable[[], Run]]] = {
    "rank intervals, 60,000 draws × 2,800 × 40": {"evalkit": rank_intervals, "numpy loop": rank_intervals_in_a_loop},
    "Sobol, 2,800 outputs": {"evalkit": shares, "SALib": shares_by_salib},
}


def by_another(python: str, workload: str, side: str) -> dict[str, float]:
    """A side run by another interpreter."""
    call = [python, __file__, "--child", workload, side]
    done = subprocess.run(call, env=ONE_THREAD, capture_output=True, text=True, check=False, cwd=Path(__file__).parent)
    if done.returncode:
        raise SystemExit(f"{workload}, {side}:\n{done.stderr}")
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--salib", metavar="PYTHON", help="an interpreter that has SALib")
    ask.add_argument("--rounds", type=int, default=3)
    ask.add_argument("--child", nargs=2, metavar=("WORKLOAD", "SIDE"), help=argparse.SUPPRESS)
    asked = ask.parse_args()
    if asked.child:
        child(WORKLOADS[asked.child[0]][asked.child[1]](), 1)
        return
    print("| workload | side | CPU s | × evalkit | peak over the data, MB | of it kept in the answer, MB |")
    print("|---|---|---|---|---|---|")
    for workload, sides in WORKLOADS.items():
        found = beside(__file__, workload, [side for side in sides if side != "SALib"], asked.rounds)
        if "SALib" in sides and asked.salib:
            found["SALib"] = by_another(asked.salib, workload, "SALib")
        show(workload, found)
    sys.stdout.flush()


if __name__ == "__main__":
    main()
