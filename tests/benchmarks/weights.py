"""Entropy and CRITIC weights of forty indicators beside a plain-pandas script and one pass over the same bytes.

Run it: python tests/benchmarks/weights.py. `--villages` adds 6.9 million rows, which take minutes and, for pandas, about 16 GB.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
from first_assessment import COUNTIES, VILLAGES, Size, entropy_weights, main, one_pass, signs, system

import evalkit as ek
from evalkit.indicators.normalization.normalized import Normalized
from evalkit.indicators.weighting.weights import Weighting
from evalkit.panel.system import IndicatorSystem
from evalkit.terms import same

Run = Callable[[], object]
ONCE = replace(VILLAGES, rounds=1)


def learnt(weigh: Weighting) -> Callable[[ek.Panel], Run]:
    """Min–max bounds of all forty indicators on all years, and the weights."""

    def prepare(data: ek.Panel) -> Run:
        columns = data.columns(list(data.frame))
        both = IndicatorSystem(id="both", name=same("both"), dimensions=system("G").dimensions + system("R").dimensions)
        return lambda: weigh.learn(Normalized(columns, ek.MinMax().learn(columns, both.indicators), clip=True), both)

    return prepare


def in_pandas(weights: Callable[[pd.DataFrame], pd.Series]) -> Callable[[ek.Panel], Run]:
    """The same as a careful researcher writes it."""

    def prepare(data: ek.Panel) -> Run:
        def run() -> object:
            x = data.frame * pd.concat([signs("G"), signs("R")])
            return weights((x - x.min()) / (x.max() - x.min()))

        return run

    return prepare


def critic_weights(z: pd.DataFrame) -> pd.Series:
    information = z.std() * (1 - z.corr()).sum()
    return information / information.sum()


def beside_pandas(size: Size, weigh: Weighting, weights: Callable[[pd.DataFrame], pd.Series]) -> tuple[Size, dict]:
    return size, {"evalkit": learnt(weigh), "pandas": in_pandas(weights), "one pass": one_pass}


WORKLOADS = {
    "entropy, 33,600 × 40": beside_pandas(COUNTIES, ek.Entropy(), entropy_weights),
    "CRITIC, 33,600 × 40": beside_pandas(COUNTIES, ek.Critic(), critic_weights),
    "entropy, 6.9 M × 40": beside_pandas(ONCE, ek.Entropy(), entropy_weights),
    "CRITIC, 6.9 M × 40": beside_pandas(ONCE, ek.Critic(), critic_weights),
}


if __name__ == "__main__":
    main(WORKLOADS, __file__, __doc__)
