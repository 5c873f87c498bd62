"""The first assessment beside a plain-pandas script and one pass over the same bytes.

Run it: python tests/benchmarks/first_assessment.py. `--villages` adds the workloads of millions of rows, which take minutes
and, for pandas, about 16 GB.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from measure import beside, child, show

import evalkit as ek
from evalkit.indicators.normalization.normalized import Normalized
from evalkit.panel.system import Dimension, Direction, Indicator, IndicatorSystem
from evalkit.terms import Text, same

HALF, DIMENSIONS, TOP = 20, 5, 5


@dataclass(frozen=True)
class Size:
    """How many units and periods, how often a workload is run in a process, and how often the processes take turns."""

    units: int
    periods: int
    repeats: int = 1
    rounds: int = 3


COUNTIES = Size(units=2_800, periods=12, repeats=9, rounds=5)
MILLIONS = Size(units=230_000, periods=10, repeats=3)  # memory that a virtual machine never used costs much the first time
VILLAGES = Size(units=690_000, periods=10)


def panel(size: Size) -> ek.Panel:
    """A made-up panel of 40 indicators, complete, in one block of columns."""
    rng = np.random.default_rng(20)
    values = rng.gamma(2.0, 1.0, size=(2 * HALF, size.units * size.periods))
    years = range(2013, 2013 + size.periods)
    index = pd.MultiIndex.from_product([[f"{u:06d}" for u in range(size.units)], years], names=["unit", "period"])
    columns = [f"{side}{j:02d}" for side in "GR" for j in range(HALF)]
    return ek.Panel(frame=pd.DataFrame(values.T, index=index, columns=columns, copy=False))


def system(side: str) -> IndicatorSystem:
    """Twenty indicators in five dimensions; every fourth is a cost."""
    dimensions = []
    for d in range(DIMENSIONS):
        ids = [f"{side}{j:02d}" for j in range(d * HALF // DIMENSIONS, (d + 1) * HALF // DIMENSIONS)]
        ways = [Direction.COST if j % 4 == 3 else Direction.BENEFIT for j in range(len(ids))]
        inside = tuple(Indicator(id=i, name=same(i), direction=way) for i, way in zip(ids, ways, strict=True))
        dimensions.append(Dimension(id=f"{side}_{d}", name=same(f"{side}_{d}"), indicators=inside))
    return IndicatorSystem(id=side, name=Text(side, side), dimensions=tuple(dimensions))


def index(side: str) -> ek.CompositeIndex:
    return ek.CompositeIndex(system=system(side), weigh=ek.Entropy())


def reference(data: ek.Panel) -> list[int]:
    """The first half of the years."""
    return list(data.periods[: len(data.periods) // 2])


# what is timed: each takes a panel and returns the run


def whole(data: ek.Panel) -> Callable[[], object]:
    """Normalization, entropy weights, scores, C, T, D and the top five obstacles."""

    def run() -> object:
        scores = {side: index(side).fit(data, on=reference(data)).score(data) for side in "GR"}
        bond = ek.CouplingCoordination().measure(**{side: score.series for side, score in scores.items()})
        return scores, bond, [ek.ObstacleDegree(top=TOP).measure(score) for score in scores.values()]

    return run


def whole_in_pandas(data: ek.Panel) -> Callable[[], object]:
    def run() -> object:
        u, drag = {}, {}
        years = data.frame.index.get_level_values("period")
        for side in "GR":
            x, sign = data.frame[list(system(side).columns)], signs(side)
            x = x * sign
            known = x[years.isin(reference(data))]
            low, high = known.min(), known.max()
            weights = entropy_weights((known - low) / (high - low))
            z = ((x - low) / (high - low)).clip(0, 1)
            u[side] = (z * weights).sum(axis=1)
            drag[side] = top_obstacles(z, weights)
        return u, coupled(u["G"], u["R"]), drag

    return run


def weights_alone(data: ek.Panel) -> Callable[[], object]:
    """Normalization and entropy weights of all forty indicators, on all years."""
    columns = data.columns(list(data.frame))
    both = IndicatorSystem(id="both", name=same("both"), dimensions=system("G").dimensions + system("R").dimensions)

    def run() -> object:
        return ek.Entropy().learn(Normalized(columns, ek.MinMax().learn(columns, both.indicators)), both)

    return run


def weights_alone_in_pandas(data: ek.Panel) -> Callable[[], object]:
    def run() -> object:
        x = data.frame * pd.concat([signs("G"), signs("R")])
        return entropy_weights((x - x.min()) / (x.max() - x.min()))

    return run


def coupling(top: int | None) -> Callable[[ek.Panel], Callable[[], object]]:
    """C, T, D and obstacles of known bounds and weights."""

    def prepare(data: ek.Panel) -> Callable[[], object]:
        scores = {side: index(side).fit(data, on=data.periods[0]).score(data) for side in "GR"}

        def run() -> object:
            bond = ek.CouplingCoordination().measure(**{side: score.series for side, score in scores.items()})
            return bond, [ek.ObstacleDegree(top=top).measure(score) for score in scores.values()]

        return run

    return prepare


def coupling_in_pandas(data: ek.Panel) -> Callable[[], object]:
    scores = {side: index(side).fit(data, on=data.periods[0]).score(data) for side in "GR"}
    raw = {side: data.frame[list(system(side).columns)] for side in "GR"}

    def run() -> object:
        drag = {}
        for side, score in scores.items():
            recipe = score.spec.frame
            z = ((raw[side] - recipe["zero_at"]) / (recipe["one_at"] - recipe["zero_at"])).clip(0, 1)
            drag[side] = top_obstacles(z, recipe["weight"])
        return coupled(scores["G"].series, scores["R"].series), drag

    return run


def one_pass(data: ek.Panel) -> Callable[[], object]:
    columns = [data.frame[name].to_numpy() for name in data.frame]
    return lambda: [column.sum() for column in columns]


# the plain-pandas script, as a careful researcher writes it


def signs(side: str) -> pd.Series:
    return pd.Series({i.id: -1.0 if i.direction is Direction.COST else 1.0 for i in system(side).indicators})


def entropy_weights(z: pd.DataFrame) -> pd.Series:
    p = z / z.sum()
    e = -(p * np.log(p.where(p > 0, 1.0))).sum() / np.log(len(p))
    return (1 - e) / (1 - e).sum()


def top_obstacles(z: pd.DataFrame, weights: pd.Series) -> tuple[pd.DataFrame, pd.DataFrame]:
    lack = (1 - z) * weights
    degree = lack.div(lack.sum(axis=1), axis=0)
    first = np.argsort(-degree.to_numpy(), axis=1)[:, :TOP]
    return pd.DataFrame(degree.columns.to_numpy()[first], index=z.index), degree


def coupled(a: pd.Series, b: pd.Series) -> pd.DataFrame:
    c, t = 2 * np.sqrt(a * b) / (a + b), (a + b) / 2
    d = np.sqrt(c * t)
    return pd.DataFrame({"C": c, "T": t, "D": d, "grade": pd.cut(d, np.linspace(0, 1, 11), labels=False)})


WORKLOADS: dict[str, tuple[Size, dict[str, Callable[[ek.Panel], Callable[[], object]]]]] = {
    "whole, 33,600 × 40": (COUNTIES, {"evalkit": whole, "pandas": whole_in_pandas, "one pass": one_pass}),
    "entropy, 33,600 × 40": (COUNTIES, {"evalkit": weights_alone, "pandas": weights_alone_in_pandas, "one pass": one_pass}),
    "whole, 6.9 M × 40": (VILLAGES, {"evalkit": whole, "pandas": whole_in_pandas, "one pass": one_pass}),
    "entropy, 6.9 M × 40": (VILLAGES, {"evalkit": weights_alone, "pandas": weights_alone_in_pandas, "one pass": one_pass}),
    "C, T, D + all obstacles, 2.3 M × 40": (
        MILLIONS,
        {"evalkit": coupling(None), "pandas": coupling_in_pandas, "one pass": one_pass},
    ),
    "C, T, D + top five, 2.3 M × 40": (MILLIONS, {"evalkit": coupling(TOP), "pandas": coupling_in_pandas, "one pass": one_pass}),
}


def main(workloads: dict, script: str, what: str | None) -> None:
    """Run the workloads of a script on counties, and with --villages those of millions of rows; both sides in turn."""
    ask = argparse.ArgumentParser(description=what)
    ask.add_argument("--villages", action="store_true", help="the workloads of millions of rows too")
    ask.add_argument("--child", nargs=2, metavar=("WORKLOAD", "SIDE"), help=argparse.SUPPRESS)
    asked = ask.parse_args()
    if asked.child:
        size, sides = workloads[asked.child[0]]
        child(sides[asked.child[1]](panel(size)), size.repeats)
        return
    print("| workload | side | CPU s | × evalkit | peak over the data, MB | of it kept in the answer, MB |")
    print("|---|---|---|---|---|---|")
    for workload, (size, sides) in workloads.items():
        if size is COUNTIES or asked.villages:
            show(workload, beside(script, workload, list(sides), size.rounds))


if __name__ == "__main__":
    main(WORKLOADS, __file__, __doc__)
