"""TOPSIS beside scikit-criteria, pymcdm and one pass over the same bytes: vector norms, ideals, closeness and ranks.

Run it: python tests/benchmarks/topsis.py. scikit-criteria and pymcdm are no dependencies: a side that cannot be imported is
named and left out. To have them without touching the project, install them elsewhere and run that Python with the checkout on
PYTHONPATH. `--million` adds a million rows, for which scikit-criteria needs about 4 GB.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
from measure import beside, child, show

from evalkit.indicators.aggregation.topsis import Topsis
from evalkit.indicators.normalization.normalized import Normalized
from evalkit.indicators.normalization.shares import Vector
from evalkit.panel.system import Indicator
from evalkit.stats.arrays import Array, Columns
from evalkit.stats.ranks import ranks
from evalkit.terms import same

WIDTH = 40


def matrix(rows: int) -> Array:
    """Made-up figures of 40 benefits, one row a unit."""
    return np.random.default_rng(20).gamma(2.0, 1.0, size=(rows, WIDTH))


def weights() -> Array:
    w = np.random.default_rng(21).random(WIDTH)
    return w / w.sum()


# what is timed: each takes the figures and returns the run, which ends in closeness and ranks


def evalkit(x: Array) -> Callable[[], object]:
    columns, w = Columns([np.ascontiguousarray(column) for column in x.T]), weights()
    indicators = [Indicator(id=f"x{j}", name=same(f"x{j}")) for j in range(WIDTH)]

    def run() -> object:
        z = Normalized(columns, Vector().learn(columns, indicators))
        rule, score = Topsis().learn(z, w), np.empty(len(z))
        for rows, block in z.blocks():
            score[rows] = rule.combine(block, w)
        return score, ranks(score)

    return run


def scikit_criteria(x: Array) -> Callable[[], object]:
    from skcriteria import mkdm
    from skcriteria.agg.topsis import TOPSIS
    from skcriteria.preprocessing.scalers import VectorScaler

    problem = mkdm(x, [1] * WIDTH, weights=weights())
    return lambda: TOPSIS().evaluate(VectorScaler(target="matrix").transform(problem))


def pymcdm(x: Array) -> Callable[[], object]:
    from pymcdm.helpers import rankdata
    from pymcdm.methods import TOPSIS
    from pymcdm.normalizations import vector_normalization

    topsis, w, types = TOPSIS(vector_normalization), weights(), np.ones(WIDTH)

    def run() -> object:
        score = topsis(x, w, types)
        return score, rankdata(score, reverse=True)

    return run


def one_pass(x: Array) -> Callable[[], object]:
    columns = [np.ascontiguousarray(column) for column in x.T]
    return lambda: [column.sum() for column in columns]


SIDES = {"evalkit": evalkit, "scikit-criteria": scikit_criteria, "pymcdm": pymcdm, "one pass": one_pass}
NEEDS = {"scikit-criteria": "skcriteria", "pymcdm": "pymcdm"}
WORKLOADS = {"TOPSIS, 100,000 × 40": (100_000, 5, 5), "TOPSIS, 1,000,000 × 40": (1_000_000, 1, 3)}  # rows, repeats, rounds


def main() -> None:
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--million", action="store_true", help="a million rows too")
    ask.add_argument("--child", nargs=2, metavar=("WORKLOAD", "SIDE"), help=argparse.SUPPRESS)
    asked = ask.parse_args()
    if asked.child:
        rows, repeats, _ = WORKLOADS[asked.child[0]]
        child(SIDES[asked.child[1]](matrix(rows)), repeats)
        return
    absent = [side for side, module in NEEDS.items() if find_spec(module) is None]
    for side in absent:
        print(f"{side} cannot be imported here and is left out.")
    print("| workload | side | CPU s | × evalkit | peak over the data, MB | of it kept in the answer, MB |")
    print("|---|---|---|---|---|---|")
    for workload, (rows, _, rounds) in WORKLOADS.items():
        if rows < 1_000_000 or asked.million:
            show(workload, beside(__file__, workload, [side for side in SIDES if side not in absent], rounds))


if __name__ == "__main__":
    main()
