"""Alkire–Foster by 300 counties, FGT, Gini and growth beside pandas, DuckDB and one pass over the bytes; bootstraps of villages.

Run it: python tests/benchmarks/poverty.py [--homes 10000000]. Scripts of pandas and SQL give point estimates alone, as a careful
researcher writes them. `AlkireFoster` adds errors by linearization; its kernel (patterns, table, totals) is timed by itself.
"""

from __future__ import annotations

import argparse
import os
import statistics
from collections.abc import Callable

import numpy as np
import pandas as pd
from measure import beside, child, show

from evalkit.panel.design import SurveyDesign
from evalkit.poverty.change.growth import growth_redistribution, poverty_at_means
from evalkit.poverty.income.fgt import fgt_indices
from evalkit.poverty.multidimensional.alkire_foster import AlkireFoster, is_multidimensionally_poor
from evalkit.poverty.multidimensional.deprivations import Deprivation, DeprivationSystem
from evalkit.poverty.multidimensional.patterns import packed, pattern_bits, pattern_totals
from evalkit.stats.domains import bootstrap_weights, resampled_totals
from evalkit.stats.inequality import gini
from evalkit.terms import same

COUNTIES, VILLAGES, CUTOFF, REPLICATES, LINE = 300, 10_000, 1 / 3, 500, 7_000.0
SHARES = [1 / 6] * 4 + [1 / 18] * 6  # of the global multidimensional poverty index
NAMES = [f"i{j}" for j in range(len(SHARES))]
REACHED = CUTOFF - 1e-9  # a score of 1/6 + 3/18 reaches 1/3
SYSTEM = DeprivationSystem(
    id="ten",
    name=same("ten"),
    deprivations=tuple(Deprivation(id=name, name=same(name), weight=share) for name, share in zip(NAMES, SHARES, strict=True)),
)

Run = Callable[[], object]


def homes() -> pd.DataFrame:
    """Made-up households in villages in counties; yes and no as they are stored, in one byte."""
    rng = np.random.default_rng(3)
    m = int(os.environ["HOMES"])
    village = rng.integers(0, VILLAGES, m)
    frame = pd.DataFrame({name: rng.random(m, dtype=np.float32) < 0.1 + 0.03 * j for j, name in enumerate(NAMES)})
    return frame.assign(w=rng.uniform(1, 5, m), county=village % COUNTIES, village=village)


def incomes(*, whole: bool = False) -> pd.DataFrame:
    """Made-up incomes of two waves with weights, in yuan and fen, or in whole yuan."""
    rng = np.random.default_rng(4)
    m = int(os.environ["HOMES"])
    before, after = np.exp(rng.normal(9.4, 0.7, m)), np.exp(rng.normal(9.6, 0.75, m))
    frame = pd.DataFrame({"before": before, "after": after, "w": rng.uniform(1, 5, m)})
    return frame.round({"before": 0, "after": 0}) if whole else frame


def one_pass(frame: pd.DataFrame, *names: str) -> Run:
    columns = [frame[name].to_numpy().view(np.uint64 if frame[name].dtype != bool else np.uint8) for name in names]
    return lambda: [np.bitwise_or.reduce(column) for column in columns]


# Alkire–Foster: H, A, M0, raw and censored headcounts and contributions by county


def values() -> np.ndarray:
    """The figures of each pattern: all, poor, scores of the poor, each deprivation, each of the poor."""
    bits = pattern_bits(np.arange(1 << len(NAMES)), len(NAMES))
    score = bits @ SYSTEM.weights
    poor = is_multidimensionally_poor(score, CUTOFF).astype(float)
    return np.column_stack([np.ones(len(score)), poor, score * poor, bits, bits * poor[:, None]])


def kernel() -> Run:
    frame = homes()
    columns, county, w = [frame[name].to_numpy() for name in NAMES], frame["county"].to_numpy(), frame["w"].to_numpy()
    return lambda: pattern_totals(values(), packed(columns)[0], county, COUNTIES, w)


def with_errors() -> Run:
    frame = homes()
    spec = AlkireFoster(system=SYSTEM, cutoff=CUTOFF, design=SurveyDesign(weights="w", strata="county", clusters="village"))
    return lambda: spec.measure(frame, over="county")


def headcounts(frame: pd.DataFrame) -> object:
    score = frame[NAMES] @ SHARES
    poor = score >= REACHED
    censored = frame[NAMES].mul(frame["w"] * poor, axis=0)
    censored = censored.assign(county=frame["county"], w=frame["w"], poor=frame["w"] * poor, score=frame["w"] * score * poor)
    sums = censored.groupby("county").sum()
    raw = frame[NAMES].mul(frame["w"], axis=0).groupby(frame["county"]).sum()
    table = pd.DataFrame({"H": sums["poor"] / sums["w"], "A": sums["score"] / sums["poor"], "M0": sums["score"] / sums["w"]})
    return (
        table,
        raw.div(sums["w"], axis=0),
        sums[NAMES].div(sums["w"], axis=0),
        (sums[NAMES] * SHARES).div(sums["score"], axis=0),
    )


def in_pandas() -> Run:
    frame = homes()
    return lambda: headcounts(frame)


def in_sql() -> Run:
    """One pass of SQL over a table in memory, by one thread."""
    import duckdb

    score = " + ".join(f"{share!r} * i{j}::double" for j, share in enumerate(SHARES))
    sums = ", ".join(f"sum({name}::double * w) as {name}_raw, sum({name}::double * poor_w) as {name}_poor" for name in NAMES)
    parts = ", ".join(
        f"{name}_raw / w, {name}_poor / w, {share!r} * {name}_poor / lack" for name, share in zip(NAMES, SHARES, strict=True)
    )
    ask = f"""
        with scored as (select *, {score} as score from homes),
        told as (select *, case when score >= {REACHED} then w else 0 end as poor_w from scored),
        summed as (
            select county, sum(w) as w, sum(poor_w) as poor, sum(score * poor_w) as lack, {sums} from told group by county
        )
        select county, poor / w, lack / poor, lack / w, {parts} from summed order by county"""
    base = duckdb.connect()
    base.execute("set threads = 1")
    base.register("frame", homes())
    base.execute("create table homes as select * from frame")
    base.unregister("frame")
    return lambda: base.execute(ask).fetchnumpy()


# 500 bootstraps of villages, from their totals; and one plain replicate


def bootstraps() -> Run:
    frame = homes()
    columns, village, w = [frame[name].to_numpy() for name in NAMES], frame["village"].to_numpy(), frame["w"].to_numpy()
    county = np.arange(VILLAGES) % COUNTIES

    def run() -> object:
        totals = pattern_totals(values(), packed(columns)[0], village, VILLAGES, w)
        counts = bootstrap_weights(np.random.default_rng(0), county, REPLICATES)
        return resampled_totals(totals, county, np.arange(VILLAGES), counts)

    return run


def replicate() -> Run:
    frame = homes()

    def run() -> object:
        drawn = np.random.default_rng(0).integers(0, VILLAGES, VILLAGES)
        times = np.bincount(drawn, minlength=VILLAGES)[frame["village"]]
        return headcounts(frame.assign(w=frame["w"] * times))

    return run


# incomes


def fgt_in_pandas() -> Run:
    y = incomes()["before"]

    def run() -> object:
        gap = (1 - y / LINE).clip(lower=0)
        return (y < LINE).mean(), gap.mean(), (gap**2).mean()

    return run


def fgt_kernel() -> Run:
    y = incomes()["before"].to_numpy()
    return lambda: fgt_indices(y, LINE)


def gini_kernel(*, whole: bool = False) -> Run:
    frame = incomes(whole=whole)
    y, w = frame["before"].to_numpy(), frame["w"].to_numpy()
    return lambda: gini(y, w)


def gini_in_pandas(*, whole: bool = False, counted: bool = False) -> Run:
    """By sorting; or of sums by income, as who knows that incomes are whole."""
    frame = incomes(whole=whole)

    def run() -> object:
        rising = frame.groupby("before", as_index=False)["w"].sum() if counted else frame[["before", "w"]].sort_values("before")
        held = (rising["w"] * rising["before"]).cumsum()
        held /= held.iloc[-1]
        return 1 - (rising["w"] * (held + held.shift(fill_value=0))).sum() / rising["w"].sum()

    return run


def sort() -> Run:
    y = incomes()["before"].to_numpy()
    return lambda: np.sort(y)


def growth_kernel() -> Run:
    waves = [incomes()[name].to_numpy() for name in ("before", "after")]
    return lambda: growth_redistribution(poverty_at_means((waves[0], waves[1]), LINE))


def growth_in_pandas() -> Run:
    """Incomes are scaled to the other mean, as the formula is written."""
    frame = incomes()
    before, after = frame["before"], frame["after"]

    def measures(y: pd.Series) -> np.ndarray:
        gap = (1 - y / LINE).clip(lower=0)
        return np.array([(y < LINE).mean(), gap.mean(), (gap**2).mean()])

    def run() -> object:
        first, last = measures(before), measures(after)
        grown, spread = measures(before * (after.mean() / before.mean())), measures(after * (before.mean() / after.mean()))
        return ((grown - first) + (last - spread)) / 2, ((spread - first) + (last - grown)) / 2

    return run


WORKLOADS: dict[str, dict[str, Callable[[], Run]]] = {
    f"Alkire–Foster, {len(NAMES)} indicators, {COUNTIES} counties": {
        "evalkit": kernel,
        "evalkit, with errors": with_errors,
        "pandas": in_pandas,
        "DuckDB": in_sql,
        "one pass": lambda: one_pass(homes(), *NAMES, "w", "county"),
    },
    f"{REPLICATES} bootstraps of villages": {"evalkit": bootstraps, "pandas, one replicate": replicate},
    "FGT 0, 1, 2": {"evalkit": fgt_kernel, "pandas": fgt_in_pandas, "one pass": lambda: one_pass(incomes(), "before")},
    "Gini, weighted": {
        "evalkit": gini_kernel,
        "pandas": gini_in_pandas,
        "one sort": sort,
        "one pass": lambda: one_pass(incomes(), "before", "w"),
    },
    "Gini, weighted, whole yuan": {
        "evalkit": lambda: gini_kernel(whole=True),
        "pandas": lambda: gini_in_pandas(whole=True),
        "pandas, summed by income": lambda: gini_in_pandas(whole=True, counted=True),
        "one pass": lambda: one_pass(incomes(whole=True), "before", "w"),
    },
    "Datt–Ravallion, FGT 0, 1, 2": {
        "evalkit": growth_kernel,
        "pandas": growth_in_pandas,
        "one pass": lambda: one_pass(incomes(), "before", "after"),
    },
}


def compared(workload: str, rounds: int) -> list[str]:
    """Print the rows of a workload; how far the ratios of its rounds lie apart."""
    sides = list(WORKLOADS[workload])
    each = [beside(__file__, workload, sides, 1) for _ in range(rounds)]
    show(workload, {side: {key: statistics.median(run[side][key] for run in each) for key in each[0][side]} for side in sides})
    ratios = {side: [run[side]["seconds"] / run["evalkit"]["seconds"] for run in each] for side in sides[1:]}
    return [f"{workload}: {side} {min(r):.2f} to {max(r):.2f} × evalkit" for side, r in ratios.items()]


if __name__ == "__main__":
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--homes", type=int, default=10_000_000)
    ask.add_argument("--rounds", type=int, default=3)
    ask.add_argument("--child", nargs=2, metavar=("WORKLOAD", "SIDE"), help=argparse.SUPPRESS)
    asked = ask.parse_args()
    os.environ.setdefault("HOMES", str(asked.homes))
    if asked.child:
        child(WORKLOADS[asked.child[0]][asked.child[1]](), repeats=3)
    else:
        print(f"{asked.homes / 1e6:.3g} M households\n")
        print("| workload | side | CPU s | × evalkit | peak over the data, MB | of it kept in the answer, MB |")
        print("|---|---|---|---|---|---|")
        print("\n" + "\n".join(line for workload in WORKLOADS for line in compared(workload, asked.rounds)))
