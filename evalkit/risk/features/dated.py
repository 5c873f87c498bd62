"""The plan of features and what it makes of a panel: figures keyed by home and origin, each with the period it was known in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
import pandas as pd

from evalkit.answer import Answer, Note
from evalkit.check import shown, whole
from evalkit.errors import DataError, NoAnswer, SpecError, several
from evalkit.panel.panel import Panel
from evalkit.risk.features.aside import HeldAside, refuse_protected
from evalkit.risk.features.past import Dated, Past
from evalkit.risk.labels.followed import Followed, origins_of
from evalkit.risk.observed import a_name
from evalkit.stats.arrays import Array, Mask
from evalkit.terms import Text, first_of


@runtime_checkable
class Feature(Protocol):
    """What draws one figure or several of each home from what was known at its origin."""

    @property
    def sources(self) -> tuple[str, ...]:
        """The columns it reads."""
        ...

    @property
    def theme(self) -> str:
        """What it is about: income, burden, health, …"""
        ...

    def draw(self, past: Past) -> dict[str, Dated]:
        """Its figures at each row of the homes."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class FeaturePlan:
    """Which features are drawn, when their columns are known, and which attributes are held aside.

    Of a column that is known `delays` periods after its own, an origin sees the newest known figure: that of an earlier wave. Of
    one with a column of dates (`known`), a figure not known by the origin is a gap.

    Parameters
    ----------
    features
        Level, Ratio, IncomeLevel, IncomeTrend, RelativeDrop, Recent, PovertyHistory, PlaceContext, or your own.
    delays
        Column → periods until it is known (0 unless said: at the close of its own period).
    known
        Column → column of the period each figure was known in.
    imputed
        Column → column that flags imputed figures (1); features drawn from it get one beside them, `…_imputed`.
    step
        Distance of waves in periods.
    held
        Attributes kept for audits.

    Examples
    --------
    >>> from evalkit.risk.features.measures import Level, RelativeDrop
    >>> key = pd.MultiIndex.from_product([["a"], [2020, 2021, 2022]], names=["unit", "period"])
    >>> homes = pd.DataFrame({"income_pc": [8.0, 4.0, 6.0], "medical": [1.0, 2.0, 3.0]}, index=key)
    >>> plan = FeaturePlan(features=(RelativeDrop(), Level(name="medical", columns="medical")), delays={"medical": 1})
    >>> found = plan.measure(homes, origins=(2022,))
    >>> found.frame.iloc[0].to_dict(), found.known.iloc[0].to_dict()
    ({'income_drop': -0.5, 'medical': 2.0}, {'income_drop': 2022, 'medical': 2022})
    """

    features: tuple[Feature, ...]
    delays: Mapping[str, int] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)
    imputed: Mapping[str, str] = field(default_factory=dict)
    step: int = 1
    held: HeldAside = field(default_factory=HeldAside)

    def __post_init__(self) -> None:
        sound = isinstance(self.features, tuple) and all(
            isinstance(one, Feature) and not isinstance(one, type) for one in self.features
        )
        if not sound or not self.features:
            raise SpecError("FeaturePlan features must be a tuple of features", found=shown(self.features))
        for part in ("delays", "known", "imputed"):
            if not isinstance(getattr(self, part), Mapping):
                raise SpecError(f"FeaturePlan {part} must map columns", found=shown(getattr(self, part)))
        for name, delay in self.delays.items():
            whole(delay, who=f"the delay of '{name}'", least=0)
        for name, other in (*self.known.items(), *self.imputed.items()):
            a_name(other, who=f"what FeaturePlan says of '{name}'")
        both = set(self.delays) & set(self.known)
        if both:
            raise SpecError("columns have a delay or a column of dates, not both", found=several(sorted(both)))
        whole(self.step, who="FeaturePlan step")
        if not isinstance(self.held, HeldAside):
            raise SpecError("FeaturePlan held must be a HeldAside", found=shown(self.held))
        read = [name for one in self.features for name in one.sources]
        refuse_protected(read, self.held.attributes, who="FeaturePlan")
        never = set(self.delays) | set(self.known) | set(self.imputed)
        if never - set(read):
            raise SpecError("FeaturePlan dates columns no feature reads", found=several(sorted(never - set(read))))

    @property
    def sources(self) -> tuple[str, ...]:
        """All columns that are read."""
        read = [name for one in self.features for name in one.sources]
        aside = [*self.held.attributes, *self.held.bands, *self.held.none]
        return tuple(dict.fromkeys([*read, *self.known.values(), *self.imputed.values(), *aside]))

    def measure(self, panel: Panel | pd.DataFrame, origins: Sequence[int] | None = None) -> DatedFeatures:
        """The features of every home at every origin (None: all waves).

        Raises
        ------
        SpecError
            This is no frame, or two features have one name.
        DataError
            A column is absent or holds text, or a feature is named after what is held aside.
        NoAnswer
            No home was seen at these origins.
        """
        homes = Followed.of(panel, self.sources, who="FeaturePlan")
        rows = self._rows(homes, origins)
        past = Past(homes, self.delays, self.known, self.step)
        drawn: dict[str, Dated] = {}
        themes: dict[str, str] = {}
        for one in self.features:
            found = self._with_flags(one, past)
            twice = set(found) & set(drawn)
            if twice:
                raise SpecError("two features have one name", found=several(sorted(twice)), do="rename one")
            drawn |= found
            themes |= dict.fromkeys(found, one.theme)
        refuse_protected(drawn, self.held.names, who="FeaturePlan")
        index = origins_of(homes.frame)[rows]
        known = pd.DataFrame({name: dated.known[rows] for name, dated in drawn.items()}, index=index)
        frame = pd.DataFrame({name: dated.value[rows] for name, dated in drawn.items()}, index=index)
        return DatedFeatures(
            spec=self,
            frame=frame,
            known=known,
            themes=pd.Series(themes, name="theme"),
            aside=self.held.take(homes.frame).set_axis(origins_of(homes.frame), axis=0)[rows],
            notes=self._notes(frame),
        )

    def _rows(self, homes: Followed, origins: Sequence[int] | None) -> Mask:
        if origins is None:
            return np.ones(len(homes), dtype=bool)
        sound = isinstance(origins, Sequence) and not isinstance(origins, str)
        if not sound or not all(isinstance(x, int | np.integer) and not isinstance(x, bool) for x in origins):
            raise SpecError("origins are whole periods", found=shown(origins), do="write (2021, 2022)")
        rows = np.isin(homes.period, np.array(origins, dtype=np.intp))
        if not rows.any():
            raise NoAnswer("no home was seen at these origins", found=several(homes.waves), do="name waves that are there")
        return rows

    def _with_flags(self, one: Feature, past: Past) -> dict[str, Dated]:
        """The figures of a feature, and whether any of what it reads was imputed."""
        found = dict(one.draw(past))
        flags = [self._flag(past, name) for name in one.sources if name in self.imputed]
        if not flags:
            return found
        worst = np.max([flag.value for flag in flags], axis=0)
        first = next(iter(found))
        return found | {f"{first}_imputed": flags[0].then(worst, *flags[1:])}

    def _flag(self, past: Past, column: str) -> Dated:
        """Whether the newest known figure of a column was imputed: known with the figure."""
        flag = self.imputed[column]
        past.homes.flags(flag)
        delays = {flag: self.delays[column]} if column in self.delays else {}
        known = {flag: self.known[column]} if column in self.known else {}
        dated = Past(past.homes, delays, known, past.step).of(flag)
        return dated._replace(value=np.nan_to_num(dated.value))

    def _notes(self, frame: pd.DataFrame) -> tuple[Note, ...]:
        notes = []
        if self.delays:
            said = Text(
                "、".join(f"{k} {v}" for k, v in self.delays.items()), ", ".join(f"{k} {v}" for k, v in self.delays.items())
            )
            text = Text(
                "迟报列取起点时已知的最新一期（滞后期数：{d}）。", "Of late columns the newest known figure is used: {d}."
            )
            notes.append(Note("choice", text.format(d=said)))
        gaps = frame.isna().mean()
        if (gaps > 0).any():
            worst = gaps[gaps > 0].sort_values(ascending=False, kind="stable")
            some = first_of([f"{name} {share:.1%}" for name, share in worst.items()], 8)
            text = Text("起点时未知的特征留空：{f}。", "What was not known at the origin is a gap: {f}.")
            notes.append(Note("left_out", text.format(f=some)))
        if self.held.names:
            text = Text("以下属性只用于审查，不进入模型：{a}。", "Kept for audits and seen by no model: {a}.")
            notes.append(Note("choice", text.format(a=first_of(self.held.names, 20))))
        return tuple(notes)


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class DatedFeatures(Answer):
    """Features: `frame` is keyed by (unit, origin), one column of numbers a feature, NaN where it was not known.

    `known` has the same index and columns: the period each figure was known in, never after its origin (the origin itself where
    there is none). `themes` says of each feature what it is about, `aside` holds the attributes kept for audits.
    """

    spec: FeaturePlan
    known: pd.DataFrame
    themes: pd.Series
    aside: pd.DataFrame

    @property
    def matrix(self) -> pd.DataFrame:
        """The matrix a model may see; refused if anything in it became known after its origin, or has no date.

        Raises
        ------
        DataError
            A figure was known too late, or a column is one that is held aside.
        """
        refuse_protected(self.frame.columns, self.aside.columns, who="a model")
        dates = self.dates()
        origin = self.frame.index.get_level_values("origin").to_numpy()
        wrong = {"have no date": np.isnan(dates), "were known after their origin": dates > origin[:, None]}
        for what, cells in wrong.items():
            bad = np.flatnonzero(cells.any(axis=0))
            if len(bad):
                raise DataError(f"features [{several(self.frame.columns[bad])}] {what}", do="date them, or leave them out")
        return self.frame

    def dates(self) -> Array:
        """The period each figure of `frame` was known in, by its key and name; NaN where that is not said."""
        known = self.known
        if not (known.index.equals(self.frame.index) and known.columns.equals(self.frame.columns)):
            known = known.reindex(index=self.frame.index, columns=self.frame.columns)
        return known.to_numpy(dtype=float, na_value=np.nan)
