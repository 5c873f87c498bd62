"""How well a risk ranks households, and how far its probabilities can be taken at their word."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import able, one_of, whole
from evalkit.panel.design import SurveyDesign
from evalkit.risk.observed import a_design, a_frame, a_name, figures, groups, names_of, probabilities, sampled, varied, yes_or_no
from evalkit.risk.scoring.bootstrap import ClusterBootstrap, bootstrap_notes, sizes, with_errors
from evalkit.risk.scoring.paired import paired_differences
from evalkit.risk.scoring.scored import MEASURES, RANKING, Measure, Scored
from evalkit.stats.arrays import Array
from evalkit.terms import Text, first_of


@dataclass(frozen=True, slots=True, kw_only=True)
class RiskScores:
    """How well risks rank and are calibrated, weighted, with errors by cluster bootstrap, and their paired differences.

    Parameters
    ----------
    outcome
        The column that says what happened (1) or did not (0).
    risks
        The column of risks, or several to be compared; of measures beyond `RANKING` they are probabilities.
    against
        The risk the others are compared with (None: the first).
    measures
        Which measures, of "auc", "average_precision", "brier", "brier_skill", "log_loss", "intercept", "slope" and "ece".
    design
        Weights, strata and clusters of the rows.
    bins
        How many bins of like weight the calibration error and the table of reliability have.
    bootstrap
        How errors are found.

    Examples
    --------
    >>> homes = pd.DataFrame({"fell": [0, 0, 1, 1], "risk": [0.1, 0.4, 0.35, 0.8]})
    >>> found = RiskScores(outcome="fell", risks="risk", measures=RANKING).measure(homes)
    >>> found.frame[["measure", "risk", "estimate"]].round(3).values.tolist()
    [['auc', 'risk', 0.75], ['average_precision', 'risk', 0.833]]
    """

    outcome: str
    risks: str | tuple[str, ...]
    against: str | None = None
    measures: tuple[Measure, ...] = MEASURES
    design: SurveyDesign = SurveyDesign()
    bins: int = 10
    bootstrap: ClusterBootstrap = ClusterBootstrap()

    def __post_init__(self) -> None:
        a_name(self.outcome, who="RiskScores outcome")
        names = names_of(self.risks, who="RiskScores risks")
        if self.against is not None:
            one_of(self.against, names, who="RiskScores against")
        for measure in names_of(self.measures, who="RiskScores measures"):
            one_of(measure, MEASURES, who="RiskScores measure")
        a_design(self.design, who="RiskScores")
        whole(self.bins, who="RiskScores bins", least=2)
        able(self.bootstrap, "run", who="RiskScores bootstrap", do="use ClusterBootstrap()")

    def measure(self, frame: pd.DataFrame, over: str | None = None) -> ScoredRisk:
        """The measures of each risk, over all rows or in each group of `over`.

        Raises
        ------
        DataError
            A column is absent, holds gaps or text, an outcome other than 0 and 1, or (beyond `RANKING`) a risk outside of [0, 1].
        NoAnswer
            All rows have the event, or none has.
        """
        a_frame(frame, who="RiskScores")
        outcome = yes_or_no(frame, self.outcome, who="RiskScores")
        drawn = sampled(frame, self.design, who="RiskScores")
        varied(outcome, drawn.weights, self.outcome, so="no risk can be scored by it")
        names, clusters = names_of(self.risks, who="RiskScores risks"), len(drawn.unit_stratum)
        read = figures if set(self.measures) <= set(RANKING) else probabilities
        risks = [read(frame, name, who="RiskScores") for name in names]
        inside = groups(frame, over, who="RiskScores")
        parts = [
            Scored.under(self.measures, self.bins, (risk[at], outcome[at], drawn.weights[at]), drawn.unit[at], clusters)
            for at in inside.values()
            for risk in risks
        ]
        point, draws = self.bootstrap.run(lambda m: np.concatenate([p.of(m) for p in parts], axis=1), drawn)
        keys = _keys(self.measures, names, over, list(inside))
        of = sizes(drawn, inside.values(), len(names) * len(self.measures))
        level = self.bootstrap.level
        return ScoredRisk(
            spec=self,
            frame=with_errors(keys, point, draws, level, of),
            differences=paired_differences(keys, point, draws, self.against or names[0], level, of),
            reliability=self._reliability(parts, names, over, list(inside)),
            draws=draws,
            notes=(*self._notes(point, keys, risks), *bootstrap_notes(self.bootstrap, drawn, point, draws)),
        )

    def _reliability(self, parts: list[Scored], names: tuple[str, ...], over: str | None, labels: list[object]) -> pd.DataFrame:
        """The bins of each risk in each group, where risks are probabilities."""
        if set(self.measures) <= set(RANKING):
            return pd.DataFrame()
        tables = []
        for at, part in enumerate(parts):
            table = part.reliability().assign(risk=names[at % len(names)])
            if over is not None:
                table.insert(0, over, pd.Series([labels[at // len(names)]] * len(table)))
            tables.append(table)
        frame = pd.concat(tables, ignore_index=True)
        first = ["risk"] if over is None else [over, "risk"]
        return frame[[*first, *frame.columns.drop(first)]]

    def _notes(self, point: Array, keys: pd.DataFrame, risks: list[Array]) -> tuple[Note, ...]:
        notes = []
        if "ece" in self.measures:
            text = Text("ECE 按权重等分为 {bins} 箱。", "ECE over {bins} bins of like weight.")
            notes.append(Note("choice", text.format(bins=self.bins)))
        if set(self.measures) & {"intercept", "slope", "log_loss"}:
            sure = sum(int(((risk == 0) | (risk == 1)).sum()) for risk in risks)
            text = Text(
                "{n} 个风险值恰为 0 或 1，取对数前略向内移。", "{n} risks of exactly 0 or 1 were moved inwards before logs."
            )
            notes += [Note("caution", text.format(n=sure))] if sure else []
        lacking = keys.loc[~np.isfinite(point)].astype(str).agg(" ".join, axis=1)
        if len(lacking):
            text = Text("无法计算（事件不变或风险不变）：{which}。", "No figure (outcome or risk does not vary): {which}.")
            notes.append(Note("left_out", text.format(which=first_of(lacking))))
        return tuple(notes)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ScoredRisk(Answer):
    """Scores: `frame` has columns `measure`, the group, `risk`, `estimate`, `std_error`, `ci_low`, `ci_high` and `n` (rows).

    `differences` has the same with `against`: each risk less that one, by the same resamples. `reliability` has, of each risk,
    `bin`, `low`, `high` (of its risks), `predicted`, `observed`, `weight_share` and `n`. `draws` (replicates, rows of the frame)
    are the resampled figures.
    """

    differences: pd.DataFrame
    reliability: pd.DataFrame
    draws: Array


def _keys(measures: tuple[Measure, ...], names: tuple[str, ...], over: str | None, labels: list[object]) -> pd.DataFrame:
    """One row a figure: group by group, risk by risk, measure by measure."""
    rows = [(m, label, name) for label in labels for name in names for m in measures]
    frame = pd.DataFrame(rows, columns=["measure", "over" if over is None else over, "risk"])
    return frame.drop(columns="over") if over is None else frame
