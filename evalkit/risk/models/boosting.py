"""Boosted trees of LightGBM or scikit-learn, and explainable boosting, with fixed seeds and the same bits on any machine load."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.util import find_spec
from typing import Any, Literal

import numpy as np

from evalkit.check import number, one_of, positive, shown, whole
from evalkit.errors import SpecError, not_installed
from evalkit.risk.models.base import Column, RiskClassifier, middles
from evalkit.stats.arrays import Array, pieces

BATCH = 20_000  # rows scored at a time
Engine = Literal["auto", "lightgbm", "sklearn"]
ENGINES = ("auto", "lightgbm", "sklearn")


class BoostedTrees(RiskClassifier):
    """Many small trees, each learnt on what the others left; slow steps and few leaves, as panels of households need.

    Weights of rows should be of mean 1: penalties are set against them. Parts of the score are exact Shapley values of the trees
    with LightGBM (Lundberg et al. 2020), and those of `ablated` with scikit-learn.

    Parameters
    ----------
    engine
        "lightgbm", "sklearn" (histogram boosting), or "auto": the first that is installed.
    trees, rate, leaves
        How many trees, how far each moves, and how many leaves it has.
    least_rows
        Of a leaf.
    columns
        Share of the columns each tree (with scikit-learn each split) may use.
    ridge
        Penalty on leaves.
    rising, falling
        Columns with which the risk may only rise, or only fall.
    seeds, seed
        How many fits are averaged on the logit, and the first seed; more steady, not sharper.
    threads
        The figures are the same whatever it is.

    Source: Friedman (2001), Annals of Statistics 29:1189–1232; Ke et al. (2017), Advances in Neural Information Processing
    Systems 30:3146–3154; Lundberg et al. (2020), Nature Machine Intelligence 2:56–67.
    """

    models_: list[Any]
    engine_: str

    def __init__(  # noqa: PLR0913, PLR0917
        self,
        engine: Engine = "auto",
        trees: int = 600,
        rate: float = 0.015,
        leaves: int = 8,
        least_rows: int = 50,
        columns: float = 0.3,
        ridge: float = 20.0,
        rising: Sequence[Column] = (),
        falling: Sequence[Column] = (),
        seeds: int = 1,
        seed: int = 0,
        threads: int = 1,
    ) -> None:
        self.engine = engine
        self.trees = trees
        self.rate = rate
        self.leaves = leaves
        self.least_rows = least_rows
        self.columns = columns
        self.ridge = ridge
        self.rising = rising
        self.falling = falling
        self.seeds = seeds
        self.seed = seed
        self.threads = threads

    def _learn(self, X: Array, event: Array, weights: Array) -> None:
        self._sound()
        held = find_spec("lightgbm") is not None
        if self.engine == "lightgbm" and not held:
            absent = not_installed("LightGBM is not installed", "risk")
            absent.do += ", or ask engine='auto'"
            raise absent
        self.engine_ = "lightgbm" if held and self.engine != "sklearn" else "sklearn"
        directions = self._directions()
        make = self._light if self.engine_ == "lightgbm" else self._histogram
        if self.engine_ == "sklearn":
            self.reference_ = middles(X, weights)
        self.models_ = [make(X, event, weights, self.seed + at, directions) for at in range(self.seeds)]

    def _sound(self) -> None:
        who = "BoostedTrees"
        one_of(self.engine, ENGINES, who=f"{who} engine")
        for name, least in (("trees", 1), ("leaves", 2), ("least_rows", 1), ("seeds", 1), ("seed", 0), ("threads", 1)):
            whole(getattr(self, name), who=f"{who} {name}", least=least)
        positive(self.rate, who=f"{who} rate")
        number(self.columns, "(0, 1]", who=f"{who} columns")
        number(self.ridge, "[0, ∞)", who=f"{who} ridge", do="write 20.0")

    def _directions(self) -> list[int]:
        found = np.zeros(self.n_features_in_, dtype=int)
        found[self._places(self.rising, "rising")] = 1
        falling = self._places(self.falling, "falling")
        if found[falling].any():
            do = "name it in rising or in falling"
            raise SpecError("BoostedTrees cannot both rise and fall with a column", found=shown(self.falling), do=do)
        found[falling] = -1
        return [int(x) for x in found]

    def _light(self, X: Array, event: Array, weights: Array, seed: int, directions: list[int]) -> Any:
        import lightgbm

        ask = {
            "objective": "binary", "learning_rate": self.rate, "num_leaves": self.leaves, "min_data_in_leaf": self.least_rows,
            "feature_fraction": self.columns, "lambda_l2": self.ridge, "seed": seed, "num_threads": self.threads,
            "deterministic": True, "force_col_wise": True, "verbosity": -1, "feature_pre_filter": False,
        }  # fmt: skip
        if any(directions):
            ask["monotone_constraints"] = directions
        rows = lightgbm.Dataset(X, label=event, weight=weights, params=ask, free_raw_data=True)
        return lightgbm.train(ask, rows, num_boost_round=self.trees)

    def _histogram(self, X: Array, event: Array, weights: Array, seed: int, directions: list[int]) -> Any:
        from sklearn.ensemble import HistGradientBoostingClassifier
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1, user_api="openmp"):
            return HistGradientBoostingClassifier(
                max_iter=self.trees,
                learning_rate=self.rate,
                max_leaf_nodes=self.leaves,
                min_samples_leaf=self.least_rows,
                max_features=self.columns,
                l2_regularization=self.ridge,
                monotonic_cst=directions,
                early_stopping=False,
                random_state=seed,
            ).fit(X, event, sample_weight=weights)

    def _decide(self, X: Array) -> Array:
        if self.engine_ == "lightgbm":
            return self._summed(X, lambda model, rows: model.predict(rows, raw_score=True, num_threads=self.threads))
        from threadpoolctl import threadpool_limits

        with threadpool_limits(1, user_api="openmp"):
            return self._summed(X, lambda model, rows: model.decision_function(rows))

    def _summed(self, X: Array, score: Callable[[Any, Array], Array]) -> Array:
        out = np.zeros(len(X))
        for rows in pieces(len(X), BATCH):
            for model in self.models_:
                out[rows] += score(model, X[rows])
        return out / len(self.models_)

    def _parts(self, X: Array) -> Array:
        if self.engine_ == "sklearn":
            return super()._parts(X)
        return np.asarray(sum(m.predict(X, pred_contrib=True, num_threads=self.threads)[:, :-1] for m in self.models_)) / len(
            self.models_
        )

    @property
    def own_parts(self) -> bool:
        """With LightGBM alone."""
        return self.engine_ == "lightgbm"

    @property
    def base_(self) -> float:
        """The mean score of the rows learnt from (with scikit-learn: that of the reference)."""
        if self.engine_ == "sklearn":
            return super().base_
        row = np.zeros((1, self.n_features_in_))
        return float(np.mean([m.predict(row, pred_contrib=True, num_threads=self.threads)[0, -1] for m in self.models_]))


class ExplainableBoosting(RiskClassifier):
    """A sum of one curve for each feature and a few surfaces of pairs, boosted: as sharp as trees, and read like a regression.

    A gap has its own value. What a pair adds is shared equally by its two features.

    Parameters
    ----------
    interactions
        How many pairs.
    bags
        How many fits on parts of the rows are averaged; each is stopped where the rows it did not learn from gain no more. One:
        a single fit on all rows that takes all `rounds`, and is the same whether rows are weighted or repeated.
    bins
        Of each feature.
    rate, rounds, patience
        How far each step moves, how many there are at most, and how many without a gain end it.
    least_rows
        Of a bin that is told apart.
    rising, falling
        Columns with which the risk may only rise, or only fall.
    seed
        Of bags and their parts.

    Source: Lou, Caruana, Gehrke & Hooker (2013), ACM SIGKDD 19:623–631; Nori et al. (2019), InterpretML, arXiv:1909.09223.
    """

    model_: Any

    def __init__(  # noqa: PLR0913, PLR0917
        self,
        interactions: int = 0,
        bags: int = 4,
        bins: int = 64,
        rate: float = 0.02,
        rounds: int = 25_000,
        patience: int = 50,
        least_rows: int = 50,
        rising: Sequence[Column] = (),
        falling: Sequence[Column] = (),
        seed: int = 0,
    ) -> None:
        self.interactions = interactions
        self.bags = bags
        self.bins = bins
        self.rate = rate
        self.rounds = rounds
        self.patience = patience
        self.least_rows = least_rows
        self.rising = rising
        self.falling = falling
        self.seed = seed

    def _learn(self, X: Array, event: Array, weights: Array) -> None:
        need_interpret()
        from warnings import catch_warnings, filterwarnings

        from interpret.glassbox import ExplainableBoostingClassifier

        for name, least in (("interactions", 0), ("bags", 1), ("bins", 2), ("rounds", 1), ("patience", 1), ("least_rows", 1)):
            whole(getattr(self, name), who=f"ExplainableBoosting {name}", least=least)
        whole(self.seed, who="ExplainableBoosting seed", least=0)
        positive(self.rate, who="ExplainableBoosting rate")
        directions = np.zeros(X.shape[1], dtype=int)
        directions[self._places(self.rising, "rising")] = 1
        directions[self._places(self.falling, "falling")] = -1
        model = ExplainableBoostingClassifier(
            feature_names=[f"x{j}" for j in range(X.shape[1])],
            feature_types=["continuous"] * X.shape[1],
            interactions=self.interactions,
            outer_bags=self.bags,
            validation_size=0.15 if self.bags > 1 else 0,
            smoothing_rounds=75 if self.bags > 1 else 0,
            interaction_smoothing_rounds=75 if self.bags > 1 else 0,
            max_bins=self.bins,
            learning_rate=self.rate,
            max_rounds=self.rounds,
            early_stopping_rounds=self.patience,
            min_samples_leaf=self.least_rows,
            monotone_constraints=[int(x) for x in directions] if directions.any() else None,
            n_jobs=1,
            random_state=self.seed,
        )
        with catch_warnings():
            filterwarnings("ignore", "Missing values detected")  # pictures of its own, which are not drawn
            self.model_ = model.fit(X, event.astype(int), sample_weight=weights)

    def _decide(self, X: Array) -> Array:
        return np.asarray(self.model_.decision_function(X), dtype=np.float64)

    def _parts(self, X: Array) -> Array:
        terms, out = self.model_.eval_terms(X), np.zeros(X.shape)
        for at, features in enumerate(self.model_.term_features_):
            for j in features:
                out[:, j] += terms[:, at] / len(features)
        return out

    @property
    def base_(self) -> float:
        """The score that curves and surfaces, each of mean 0, are added to."""
        return float(np.ravel(self.model_.intercept_)[0])


def need_interpret() -> None:
    """Refuse explainable boosting where its library is not installed."""
    if find_spec("interpret") is None:
        raise not_installed("ExplainableBoosting needs interpret-core, which is not installed", "risk")
