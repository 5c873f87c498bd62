"""What a model leans on: how much worse it ranks when features are exchanged between homes of the same period."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import able, one_of, shown, whole
from evalkit.errors import NoAnswer, SpecError
from evalkit.panel.design import SurveyDesign
from evalkit.risk.models.fitted import RiskModel, key_of
from evalkit.risk.observed import a_design, a_frame, a_name, sampled, varied, yes_or_no
from evalkit.risk.scoring.bootstrap import ClusterBootstrap, bootstrap_notes, sizes, with_errors
from evalkit.risk.scoring.scored import MEASURES, Measure, Scored
from evalkit.stats.arrays import Array, Codes
from evalkit.stats.ranks import even
from evalkit.terms import Text

SMALLER = ("brier", "log_loss", "ece")  # measures of which less is better


def exchanged(period: Codes, rng: np.random.Generator) -> Codes:
    """For each row the row of the same period whose figures it is lent, drawn by lot without putting back.

    Examples
    --------
    >>> found = exchanged(np.array([0, 1, 0, 1, 1]), np.random.default_rng(0))
    >>> sorted(found.tolist()), np.array([0, 1, 0, 1, 1])[found].tolist()
    ([0, 1, 2, 3, 4], [0, 1, 0, 1, 1])
    """
    place = np.argsort(period, kind="stable")
    lent = np.empty(len(period), dtype=np.intp)
    lent[place] = np.lexsort((rng.random(len(period)), period))
    return lent


@dataclass(frozen=True, slots=True, kw_only=True)
class PermutationImportance:
    """How much a measure suffers when features lose their tie to homes: permuted within each period, weighted, with errors.

    Within a period, so that what a feature tells of the period itself is left in place. Features that say the same stand in for
    each other: permute them together, by giving them one theme. 0: the model gains nothing from them; it may fall below 0 by
    chance. It describes the model, and says nothing of causes.

    Parameters
    ----------
    outcome
        The column that says what happened (1) or did not (0).
    measure_of
        The measure that may suffer, of `RiskScores`; where less is better the sign is turned, so that positive is a loss.
    themes
        Features that are permuted together, by the name of their theme (None: each by itself).
    repeats
        How many permutations are averaged.
    design
        Weights, strata and clusters.
    seed
        Of the permutations.
    bootstrap
        How errors are found: those of the rows that score, the model and its permutations taken as given.

    Source: Breiman (2001), Machine Learning 45:5–32; Fisher, Rudin & Dominici (2019), Journal of Machine Learning
    Research 20(177).
    """

    outcome: str
    measure_of: Measure = "auc"
    themes: Mapping[str, str] | None = None
    repeats: int = 3
    design: SurveyDesign = SurveyDesign()
    seed: int = 0
    bootstrap: ClusterBootstrap = ClusterBootstrap(replicates=200)

    def __post_init__(self) -> None:
        a_name(self.outcome, who="PermutationImportance outcome")
        one_of(self.measure_of, MEASURES, who="PermutationImportance measure_of")
        if self.themes is not None and not isinstance(self.themes, Mapping):
            raise SpecError("PermutationImportance themes must map features to themes", found=shown(self.themes))
        whole(self.repeats, who="PermutationImportance repeats")
        a_design(self.design, who="PermutationImportance")
        whole(self.seed, who="PermutationImportance seed", least=0)
        able(self.bootstrap, "run", who="PermutationImportance bootstrap", do="use ClusterBootstrap()")

    def measure(self, model: RiskModel, frame: pd.DataFrame) -> Importance:
        """The loss of each feature or theme, the greatest first.

        Raises
        ------
        DataError
            A column is absent or not what it should be.
        NoAnswer
            The outcome does not vary, or no period holds two homes.
        """
        if not isinstance(model, RiskModel):
            raise SpecError("PermutationImportance needs a RiskModel", found=type(model).__name__, do="pass climbed.model")
        a_frame(frame, who="PermutationImportance")
        event = yes_or_no(frame, self.outcome, who="PermutationImportance")
        drawn = sampled(frame, self.design, who="PermutationImportance")
        varied(event, drawn.weights, self.outcome, so="nothing can be lost")
        period = pd.factorize(key_of(frame, model.unit, model.period, who="PermutationImportance").get_level_values("period"))[0]
        if np.bincount(period).max() < 2:
            do = "give more homes of a period"
            raise NoAnswer("no period holds two homes, so nothing can be exchanged", found=f"{len(period)} rows", do=do)
        X, themes = model.matrix(frame), self._themes(model)
        rows = [model.risk(X), *self._lent(model, X, period.astype(np.intp), themes)]
        parts = [
            Scored.under((self.measure_of,), 10, (risk, event, drawn.weights), drawn.unit, len(drawn.unit_stratum))
            for risk in rows
        ]
        point, draws = self.bootstrap.run(lambda times: self._loss(parts, times), drawn)
        measured = pd.DataFrame({"measure": self.measure_of, "feature": list(themes), "against": "permuted"})
        whole_rows = [np.ones(len(frame), dtype=bool)]
        table = with_errors(measured, point, draws, self.bootstrap.level, sizes(drawn, whole_rows, len(themes)))
        table = table.drop(columns="against").sort_values("estimate", ascending=False, kind="stable", key=even, ignore_index=True)
        notes = (*self._notes(), *bootstrap_notes(self.bootstrap, drawn, point, draws))
        return Importance(spec=self, frame=table, notes=notes)

    def _themes(self, model: RiskModel) -> dict[str, list[str]]:
        """The features of each theme."""
        found: dict[str, list[str]] = {}
        for name in model.features:
            found.setdefault(name if self.themes is None else self.themes.get(name, "other"), []).append(name)
        return found

    def _lent(self, model: RiskModel, X: pd.DataFrame, period: Codes, themes: dict[str, list[str]]) -> list[Array]:
        """Risks with the features of a theme exchanged, theme by theme, repeat by repeat."""
        risks = []
        for at, names in enumerate(themes.values()):
            for repeat in range(self.repeats):
                lent = exchanged(period, np.random.default_rng([self.seed, at, repeat]))
                other = X.copy()
                other[names] = X[names].to_numpy()[lent]
                risks.append(model.risk(other))
        return risks

    def _loss(self, parts: list[Scored], times: Array) -> Array:
        """What is lost (resamples, themes), the mean over repeats."""
        figures = np.concatenate([part.of(times) for part in parts], axis=1)
        lost = figures[:, :1] - figures[:, 1:].reshape(len(times), -1, self.repeats).mean(axis=2)
        return -lost if self.measure_of in SMALLER else lost

    def _notes(self) -> tuple[Note, ...]:
        text = Text(
            "在同一期内交换特征（{r} 次平均），损失越大说明模型越依赖该特征；这不是因果。",
            "Exchanged within periods (mean of {r}): the greater the loss, the more the model leans on it; not a cause.",
        )
        return (Note("choice", text.format(r=self.repeats)),)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Importance(Answer):
    """Importance: `frame` has columns `measure`, `feature` (or theme), `estimate` (what is lost), its errors and `n`."""
