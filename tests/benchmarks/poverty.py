"""Alkire–Foster with breakdowns by 300 counties beside pandas and one pass over the bytes; and bootstraps of 10,000 villages.

Run it: python tests/benchmarks/poverty.py [--homes 10000000]. The first workload is point estimates and linearized errors by
group through `AlkireFoster`, of which the kernel (patterns, table, estimates) is timed by itself; the pandas script, as a careful
researcher writes it, gives point estimates alone.
"""

from __future__ import annotations

import argparse
import os
import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from measure import beside, child, show

from evalkit.panel.design import SurveyDesign
from evalkit.poverty.alkire_foster import AlkireFoster, is_multidimensionally_poor
from evalkit.poverty.deprivations import Deprivation, DeprivationSystem
from evalkit.poverty.patterns import packed, pattern_bits, pattern_totals
from evalkit.stats.domains import bootstrap_weights, resampled_totals
from evalkit.terms import same

INDICATORS, COUNTIES, VILLAGES, CUTOFF, REPLICATES = 10, 300, 10_000, 1 / 3, 500
NAMES = [f"i{j}" for j in range(INDICATORS)]
SYSTEM = DeprivationSystem(
    id="ten", name=same("ten"), deprivations=tuple(Deprivation(id=name, name=same(name)) for name in NAMES)
)


def homes() -> pd.DataFrame:
    """Made-up households in villages in counties; yes and no as they are stored, in one byte."""
    rng = np.random.default_rng(3)
    m = int(os.environ["HOMES"])
    village = rng.integers(0, VILLAGES, m)
    frame = pd.DataFrame({name: rng.random(m, dtype=np.float32) < 0.1 + 0.03 * j for j, name in enumerate(NAMES)})
    return frame.assign(w=rng.uniform(1, 5, m), county=village % COUNTIES, village=village)


def values() -> np.ndarray:
    """The figures of each pattern: all, poor, scores of the poor, each deprivation, each of the poor."""
    bits = pattern_bits(np.arange(1 << INDICATORS), INDICATORS)
    score = bits @ SYSTEM.weights
    poor = is_multidimensionally_poor(score, CUTOFF).astype(float)
    return np.column_stack([np.ones(len(score)), poor, score * poor, bits, bits * poor[:, None]])


def kernel(frame: pd.DataFrame) -> Callable[[], object]:
    columns, county, w = [frame[name].to_numpy() for name in NAMES], frame["county"].to_numpy(), frame["w"].to_numpy()
    return lambda: pattern_totals(values(), packed(columns)[0], county, COUNTIES, w)


def with_errors(frame: pd.DataFrame) -> Callable[[], object]:
    spec = AlkireFoster(system=SYSTEM, cutoff=CUTOFF, design=SurveyDesign(weights="w", strata="county", clusters="village"))
    return lambda: spec.measure(frame, over="county")


def in_pandas(frame: pd.DataFrame) -> Callable[[], object]:
    """H, A, M0, censored headcounts and contributions by county; point estimates alone."""

    def run() -> object:
        score = frame[NAMES].mean(axis=1)
        poor = score >= CUTOFF - 1e-9
        work = frame[NAMES].mul(frame["w"] * poor, axis=0)
        work = work.assign(county=frame["county"], w=frame["w"], poor=frame["w"] * poor, score=frame["w"] * score * poor)
        sums = work.groupby("county").sum()
        table = pd.DataFrame({"H": sums["poor"] / sums["w"], "A": sums["score"] / sums["poor"], "M0": sums["score"] / sums["w"]})
        censored = sums[NAMES].div(sums["w"], axis=0)
        lacking = frame[NAMES].mul(frame["w"], axis=0).assign(county=frame["county"]).groupby("county").sum()
        share = censored.div(INDICATORS * table["M0"], axis=0)
        return table, censored, lacking.div(sums["w"], axis=0), share

    return run


def one_pass(frame: pd.DataFrame) -> Callable[[], object]:
    columns = [frame[name].to_numpy().view(np.uint8) for name in (*NAMES, "w", "county")]
    return lambda: [np.bitwise_or.reduce(column) for column in columns]


SIDES = {"evalkit": kernel, "evalkit, with errors": with_errors, "pandas": in_pandas, "one pass": one_pass}


def bootstraps(frame: pd.DataFrame) -> tuple[float, float]:
    """CPU seconds of one plain replicate, and of all from totals of villages."""
    columns, village, w = [frame[name].to_numpy() for name in NAMES], frame["village"].to_numpy(), frame["w"].to_numpy()
    start = time.process_time()
    count = np.bincount(np.random.default_rng(0).integers(0, VILLAGES, VILLAGES), minlength=VILLAGES)[village]
    in_pandas(frame.assign(w=w * count))()
    plain = time.process_time() - start
    start = time.process_time()
    totals = pattern_totals(values(), packed(columns)[0], village, VILLAGES, w)
    county = np.arange(VILLAGES) % COUNTIES
    counts = bootstrap_weights(np.random.default_rng(0), county, REPLICATES)
    resampled_totals(totals, county, np.arange(VILLAGES), counts)
    return plain, time.process_time() - start


if __name__ == "__main__":
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--homes", type=int, default=10_000_000)
    ask.add_argument("--child", nargs=2, metavar=("WORKLOAD", "SIDE"), help=argparse.SUPPRESS)
    asked = ask.parse_args()
    os.environ.setdefault("HOMES", str(asked.homes))
    if asked.child:
        child(SIDES[asked.child[1]](homes()), repeats=3)
    else:
        workload = f"Alkire–Foster, {asked.homes / 1e6:.3g} M × {INDICATORS}, {COUNTIES} counties"
        print("| workload | side | CPU s | × evalkit | peak over the data, MB | of it kept in the answer, MB |")
        print("|---|---|---|---|---|---|")
        show(workload, beside(__file__, workload, list(SIDES), 3))
        plain, every = bootstraps(homes())
        print(f"{REPLICATES} bootstraps of villages: {every:.2f} s CPU; one plain replicate in pandas: {plain:.2f} s")
