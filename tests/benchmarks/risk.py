"""Risk at scale beside the plain libraries: fits of a million rows, 25 million homes scored, and the ladder on real pairs.

Run it: python tests/benchmarks/risk.py [--rows 1000000] [--homes 25000000] [--ladder] [--files FOLDER]. CPU seconds on one
thread; the libraries are given the same settings. The ladder needs EVALKIT_DATA. With a folder (new, or filled by an earlier
run) the homes are simulated to Parquet there once, and scored from Parquet to Parquet.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from measure import beside, child, show

FEATURES, BATCH = 60, 100_000
KNOWN = [
    "members", "workers", "children", "elderly", "students", "chronic", "wage", "business", "transfer", "medical", "education",
    "illness", "accident", "disaster", "job_loss", "insured", "unsafe_dwelling", "unsafe_water",
]  # fmt: skip
TREES = {"trees": 100, "rate": 0.1, "leaves": 31, "least_rows": 50, "columns": 1.0, "ridge": 0.0}


def rows() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Made-up homes: features, whether they fell, and weights of mean about 1."""
    rng = np.random.default_rng(7)
    n = int(os.environ["ROWS"])
    X = rng.normal(size=(n, FEATURES))
    score = X[:, :20] @ rng.normal(0, 0.3, 20) - 2.5
    return X, (rng.random(n) < 1 / (1 + np.exp(-score))).astype(int), rng.uniform(0.5, 1.5, n)


def logistic_ours() -> Callable[[], object]:
    from evalkit.risk.models.linear import PenalizedLogistic

    X, y, w = rows()
    return lambda: PenalizedLogistic().fit(X, y, w)


def logistic_theirs(solver: str) -> Callable[[], object]:
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    X, y, w = rows()
    plain = make_pipeline(StandardScaler(), LogisticRegression(C=1 / (0.01 * w.sum()), solver=solver, tol=1e-6, max_iter=1000))
    return lambda: plain.fit(X, y, logisticregression__sample_weight=w, standardscaler__sample_weight=w)


def trees_ours(engine: str) -> Callable[[], object]:
    from evalkit.risk.models.boosting import BoostedTrees

    X, y, w = rows()
    return lambda: BoostedTrees(engine=engine, **TREES).fit(X, y, w)


def lightgbm_plain() -> Callable[[], object]:
    import lightgbm

    X, y, w = rows()
    ask = {
        "objective": "binary", "learning_rate": 0.1, "num_leaves": 31, "min_data_in_leaf": 50, "lambda_l2": 0.0, "num_threads": 1,
        "deterministic": True, "force_col_wise": True, "verbosity": -1, "seed": 0,
    }  # fmt: skip
    return lambda: lightgbm.train(ask, lightgbm.Dataset(X, label=y, weight=w), num_boost_round=100)


def histogram_plain() -> Callable[[], object]:
    from sklearn.ensemble import HistGradientBoostingClassifier

    X, y, w = rows()
    plain = HistGradientBoostingClassifier(
        max_iter=100, learning_rate=0.1, max_leaf_nodes=31, min_samples_leaf=50, early_stopping=False, random_state=0
    )
    return lambda: plain.fit(X, y, sample_weight=w)


def learnt(engine: str) -> object:
    from evalkit.risk.models.boosting import BoostedTrees
    from evalkit.risk.models.linear import PenalizedLogistic

    os.environ["ROWS"] = "100000"
    X, y, w = rows()
    frame = pd.DataFrame(X, columns=[f"x{j}" for j in range(FEATURES)])
    return (PenalizedLogistic() if engine == "logistic" else BoostedTrees(engine=engine, **TREES)).fit(frame, y, w)


def batches() -> object:
    """One frame of homes after the other, made when it is asked for."""
    rng = np.random.default_rng(9)
    names = [f"x{j}" for j in range(FEATURES)]
    block = rng.normal(size=(BATCH, FEATURES))
    for first in range(0, int(os.environ["HOMES"]), BATCH):
        frame = pd.DataFrame(block + 1e-9 * first, columns=names)
        yield frame.assign(unit=np.arange(first, first + BATCH), period=2024)


def score_ours(engine: str) -> Callable[[], object]:
    from evalkit.risk.models.fitted import RiskModel
    from evalkit.risk.models.rungs import Rung

    found = learnt(engine)
    names = tuple(f"x{j}" for j in range(FEATURES))
    model = RiskModel(
        rung=Rung(name="trees", estimator=found), estimator=found, features=names, reference=pd.Series(0.0, index=list(names))
    )
    return lambda: sum(scored.frame["risk"].sum() for scored in model.score_batches(batches()))


def score_theirs(engine: str) -> Callable[[], object]:
    found = learnt(engine)
    names = [f"x{j}" for j in range(FEATURES)]
    if engine == "logistic":
        from evalkit.stats.logistic import expit

        b, a = found.coef_ / found.prepared_.scale, found.intercept_
        a -= b @ found.prepared_.center
        return lambda: sum(expit(frame[names].to_numpy() @ b + a).sum() for frame in batches())
    plain = found.models_[0]
    return lambda: sum(plain.predict(frame[names].to_numpy(), num_threads=1).sum() for frame in batches())


def simulated(folder: Path) -> None:
    """The homes of one year as Parquet files, where they do not lie there yet."""
    from evalkit.simulate import HouseholdSimulation

    if folder.is_dir() and any(folder.iterdir()):
        return
    n, start = int(os.environ["HOMES"]), time.perf_counter()
    HouseholdSimulation(households=n, villages=n // 100, counties=100, periods=(2024,)).stream(folder)
    print(f"{n / 1e6:.3g} M homes simulated to {folder} in {time.perf_counter() - start:.0f} s", file=sys.stderr)


def told(years: pd.DataFrame) -> pd.DataFrame:
    """What a model knows of homes in a year: income, its kinds, composition and shocks; shocks and states as numbers."""
    known = years[KNOWN].astype(float)
    known["lr"] = np.log((years["income_pc"] / years["line"]).clip(lower=0.05))
    for name in ("wage", "business", "transfer", "medical", "education"):
        known[name] = known[name] / years["members"] / years["line"]
    return known


def taught(engine: str) -> object:
    """A rung that learnt falling from 40,000 simulated homes, and its features."""
    from evalkit.risk.models.boosting import BoostedTrees
    from evalkit.risk.models.fitted import RiskModel
    from evalkit.risk.models.linear import PenalizedLogistic
    from evalkit.risk.models.rungs import Rung
    from evalkit.simulate import HouseholdSimulation

    frame = HouseholdSimulation(households=40_000, villages=400, counties=20, periods=(2023, 2024), seed=5).draw().frame
    now, later = frame.xs(2023, level="period"), frame.xs(2024, level="period")
    held = ~now["poor"].to_numpy(dtype=bool)
    X, y = told(now)[held], later["poor"].to_numpy(dtype=int)[held]
    rung = PenalizedLogistic(bends=("lr",)) if engine == "logistic" else BoostedTrees(engine=engine, **TREES)
    names = tuple(X.columns)
    found = rung.fit(X, y)
    zero = pd.Series(0.0, index=list(names))
    return RiskModel(rung=Rung(name=engine, estimator=found), estimator=found, features=names, reference=zero)


def from_files(folder: Path) -> Iterator[pd.DataFrame]:
    """All homes, batch by batch, with what a model knows of them."""
    import pyarrow.parquet as pq

    columns = ["unit", "period", "income_pc", "line", *KNOWN]
    for file in sorted((folder / "years").glob("*.parquet")):
        for batch in pq.ParquetFile(file).iter_batches(BATCH, columns=columns):
            years = batch.to_pandas()
            yield told(years).assign(unit=years["unit"], period=years["period"].astype(int))


def score_files(engine: str) -> Callable[[], object]:
    """Risks of all homes of the folder into one Parquet file beside them."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    folder, model = Path(os.environ["FOLDER"]), taught(engine)

    def run() -> None:
        shape = pa.schema([("unit", pa.string()), ("period", pa.int64()), ("risk", pa.float64())])
        with pq.ParquetWriter(folder / f"risks_{engine}.parquet", shape) as out:
            for scored in model.score_batches(from_files(folder)):
                out.write_table(pa.Table.from_pandas(scored.frame[["risk"]].reset_index(), schema=shape, preserve_index=False))

    return run


FILES = {
    "Parquet to Parquet, logistic": {"evalkit": lambda: score_files("logistic")},
    "Parquet to Parquet, LightGBM": {"evalkit": lambda: score_files("lightgbm")},
}
WORKLOADS = {
    "logistic": {
        "evalkit": logistic_ours,
        "scikit-learn, lbfgs": lambda: logistic_theirs("lbfgs"),
        "scikit-learn, newton-cholesky": lambda: logistic_theirs("newton-cholesky"),
    },
    "LightGBM": {"evalkit": lambda: trees_ours("lightgbm"), "LightGBM": lightgbm_plain},
    "histogram boosting": {"evalkit": lambda: trees_ours("sklearn"), "scikit-learn": histogram_plain},
    "scoring, logistic": {"evalkit": lambda: score_ours("logistic"), "product and curve alone": lambda: score_theirs("logistic")},
    "scoring, LightGBM": {"evalkit": lambda: score_ours("lightgbm"), "LightGBM": lambda: score_theirs("lightgbm")},
    **FILES,
}


def ladder() -> None:
    """The whole ladder on the household pairs of Argentina, as one table."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "risk"))
    import eph

    pairs = eph.pairs(Path(os.environ["EVALKIT_DATA"]))
    start = time.perf_counter()
    climbed = eph.ladder().fit(pairs)
    took = time.perf_counter() - start
    back = climbed.groups.query("group == 1").pivot(index="rung", columns="measure", values="estimate")[["observed", "predicted"]]
    table = climbed.wide.join(back)
    gain = climbed.differences.query("measure == 'auc'").set_index("rung")[["ci_low", "ci_high"]]
    auc = climbed.frame.query("measure == 'auc'").set_index("rung")
    table.insert(4, "auc interval", [f"[{low:.3f}, {high:.3f}]" for low, high in zip(auc["ci_low"], auc["ci_high"], strict=True)])
    print(table.join(gain.add_prefix("auc gain ")).round(4).to_string())
    print(f"default: {climbed.chosen}; {took:.0f} s")


if __name__ == "__main__":
    ask = argparse.ArgumentParser(description=__doc__)
    ask.add_argument("--rows", type=int, default=1_000_000)
    ask.add_argument("--homes", type=int, default=25_000_000)
    ask.add_argument("--rounds", type=int, default=1)
    ask.add_argument("--ladder", action="store_true")
    ask.add_argument("--files", type=Path, metavar="FOLDER", help="score homes simulated to Parquet in this folder")
    ask.add_argument("--only", choices=list(WORKLOADS), nargs="*")
    ask.add_argument("--child", nargs=2, metavar=("WORKLOAD", "SIDE"), help=argparse.SUPPRESS)
    asked = ask.parse_args()
    os.environ.setdefault("ROWS", str(asked.rows))
    os.environ.setdefault("HOMES", str(asked.homes))
    if asked.files is not None:
        os.environ["FOLDER"] = str(asked.files)
        simulated(asked.files)
    if asked.child:
        child(WORKLOADS[asked.child[0]][asked.child[1]](), repeats=1)
    elif asked.ladder:
        ladder()
    else:
        print("| workload | side | CPU s | × evalkit | peak over the data, MB | of it kept in the answer, MB |")
        print("|---|---|---|---|---|---|")
        kinds = FILES if asked.files is not None else [name for name in WORKLOADS if name not in FILES]
        for workload in asked.only or kinds:
            of = (
                f"{asked.homes / 1e6:.3g} M homes"
                if "scoring" in workload or workload in FILES
                else f"{asked.rows / 1e6:.3g} M × {FEATURES}"
            )
            found = beside(__file__, workload, list(WORKLOADS[workload]), asked.rounds)
            show(f"{workload}, {of}", found)
