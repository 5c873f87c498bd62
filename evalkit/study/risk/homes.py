"""The door of a risk study: homes lose their codes, columns get the names features know, and labels are laid beside them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from evalkit import datasets
from evalkit.check import has_columns, neither
from evalkit.errors import DataError, NoAnswer, SpecError, several
from evalkit.panel.cells import read_codes
from evalkit.panel.panel import Panel
from evalkit.panel.pseudonyms import read_key as pseudonyms_key
from evalkit.panel.read import open_table
from evalkit.panel.tidy import Layout, tidy
from evalkit.report.risk.visits import pseudonyms
from evalkit.risk.features.measures import log_ratio
from evalkit.risk.labels.followed import Followed, origins_of
from evalkit.risk.labels.labels import Labels, ReturnLabel
from evalkit.risk.labels.outcomes import REASONS
from evalkit.stats.arrays import Array
from evalkit.stats.ranks import below
from evalkit.study.households.file import are_places, are_there, not_personal, odd_figures, sound_weights
from evalkit.study.households.labels import labels_agree
from evalkit.study.risk.form import HomesForm, RiskForm
from evalkit.terms import Text

KEY = "EVALKIT_RISK_KEY"
FLOOR = 0.05  # lines below which incomes count as that, as in the features of income
SAID = (Text("发生", "the event"), Text("未发生", "not the event"))


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Homes:
    """Homes as read: `frame` keyed by (unit, period), units being numbers in the order of the file.

    `called` are the pseudonyms of these numbers, which lists print; without a key the numbers themselves. Results are the same
    whatever the key.
    """

    frame: pd.DataFrame
    source: str
    fingerprint: str
    keyed: bool
    called: pd.Series


def read_key(file: Path | None, apart_from: Iterable[Path] = ()) -> bytes | None:
    """The secret of pseudonyms and signatures, of a file or the environment variable EVALKIT_RISK_KEY; it is never stored.

    Raises
    ------
    SpecError
        It is shorter than 16 bytes or longer than 64, or its file lies in one of the folders it is to be kept apart from.
    DataError
        The file cannot be read.
    """
    return pseudonyms_key(file, apart_from, variable=KEY)


def where_of(form: HomesForm, folder: Path) -> Path:
    """The file of the homes of a study that lies in a folder."""
    return datasets.folder() / f"{form.dataset}.csv" if form.dataset is not None else folder / str(form.file)


def read_homes(path: Path, form: RiskForm, key: bytes | None, must: Iterable[str], may: Iterable[str] = ()) -> Homes:
    """The homes of a file; columns that are not asked for, such as names, are dropped unread.

    Codes of homes are replaced before a row is looked at, so that no message and no result can hold one.

    Raises
    ------
    DataError
        The file cannot be read, or lacks a column of `must`; those of `may` are taken where they are there.
    """
    homes = form.homes
    raw = open_table(path, sheet=homes.sheet, header=homes.header, text=(homes.unit, *homes.texts))
    are_there([homes.unit], raw.frame.columns, place=raw.place)
    raw.frame[homes.unit], called = _without_codes(raw.frame[homes.unit], key)
    figures = dict.fromkeys([*homes.figures, *must])
    asked = {homes.unit, homes.period, homes.weight, *homes.texts, *figures, *may} - {None}
    not_personal(homes.texts, (*figures, *may), place=raw.place)
    kept = [column for column in raw.frame.columns if homes.columns.get(column, column) in asked]
    raw = replace(raw, frame=raw.frame[kept], personal=True)
    labels_agree(raw, form.flags, "yes", homes.columns)
    labels_agree(raw, form.label.lacking, "lacks", homes.columns)
    there = {name: target for name, target in homes.columns.items() if name in kept}
    layout = Layout(
        unit=homes.unit,
        period=homes.period,
        groups=homes.texts,
        weight=homes.weight,
        columns=there,
        missing=homes.missing,
        waves=True,
    )
    panel = tidy(raw, layout).panel()
    sound_weights(panel, homes.weight)
    odd_figures(panel, tuple(panel.frame.columns), raw.place)
    _yes_or_no(panel, homes)
    frame = panel.frame.copy()
    units = frame.index.get_level_values("unit")
    for column in homes.texts:
        frame[column] = panel.groups[column].reindex(units).to_numpy()
    for column in (one for one in (homes.place, homes.village) if one is not None):
        are_places(frame[column], pd.Series(units))
    if panel.weights is not None:
        frame["weight"] = panel.weights.to_numpy()
    words = [name for name in figures if name not in frame and name in {homes.columns.get(column, column) for column in kept}]
    if words:
        do = "code them as numbers, such as 1 and 0"
        raise DataError(f"columns [{several(words)}] hold no figures that can be read", where=raw.place, do=do)
    frame = _named(frame, homes, f"[homes] in {raw.place}")
    has_columns(frame, figures, who=f"[homes] in {raw.place}")
    return Homes(frame=frame, source=raw.place, fingerprint=raw.fingerprint, keyed=key is not None, called=called)


def _yes_or_no(panel: Panel, homes: HomesForm) -> None:
    """Refuse columns that say who is and who was poor by something else than 1 and 0."""
    for name in (homes.formerly_poor, homes.poor):
        if name is None or name not in panel.frame:
            continue
        values = panel.frame[name]
        wrong = values.index[~(values.isna() | values.isin([0, 1]))]
        if len(wrong):
            what, where = f"column '{name}' must say yes (1) or no (0)", panel.where([(*key, name) for key in wrong], named=False)
            do = "give 1 for yes, 0 for no"
            raise DataError(what, where=where, found=neither(pd.unique(values[wrong])), do=do)


def _without_codes(column: pd.Series, key: bytes | None) -> tuple[list[str | None], pd.Series]:
    """Numbers in place of codes, in the order in which homes come; and the pseudonym of each."""
    at, codes = pd.factorize(read_codes(column)[0].astype("string").str.strip())
    numbers = [f"{n:07d}" for n in range(1, len(codes) + 1)]
    called = pd.Series(numbers if key is None else pseudonyms(codes, key), index=numbers, dtype=object)
    return [None if place < 0 else numbers[place] for place in at], called


def _named(frame: pd.DataFrame, homes: HomesForm, who: str) -> pd.DataFrame:
    """Columns under the names that standard features know, with who is poor."""
    has_columns(frame, homes.figures, who=who)
    called = {"income_pc": homes.income, "formerly_poor": homes.formerly_poor, "members": homes.members}
    called |= {"village": homes.village, "county": homes.place, "poor": homes.poor}
    new = {name: frame[column] for name, column in called.items() if column is not None}
    if homes.income is not None:
        line = frame[homes.line] if isinstance(homes.line, str) else pd.Series(float(homes.line), index=frame.index)
        new["line"] = line
        if homes.poor is None:
            income = new["income_pc"]
            poor = below(np.asarray(income, dtype=np.float64), np.asarray(line, dtype=np.float64), strict=homes.strict)
            new["poor"] = pd.Series(poor.astype(float), index=frame.index).where(income.notna() & line.notna())
    return frame.assign(**new)


def labels_of(form: RiskForm, frame: pd.DataFrame) -> Labels:
    """The labels that the study declares, or those that the file holds already.

    Raises
    ------
    SpecError
        An origin is no period of the file.
    NoAnswer
        No row can be labeled.
    """
    label, waves = form.label.build(form.homes), sorted(map(int, frame.index.unique("period")))
    absent = [origin for origin in label.origins or () if origin not in waves]
    if absent:
        do = f"name some of {several(waves, 20)}, or leave origins out"
        raise SpecError("origins names periods of which there is no row", found=several(absent), do=do)
    return label.on(frame) if form.label.outcome is None else _given(label, frame, form.label.outcome)


def _given(label: ReturnLabel, frame: pd.DataFrame, column: str) -> Labels:
    """Labels of a file that has one row a home and origin, with what came of it; homes poor at the origin are not at risk."""
    homes = Followed.of(frame, [column], who="[label] outcome")
    came = homes.flags(column)
    poor = homes.flags("poor") if "poor" in frame else np.zeros(len(homes))
    elsewhere = np.zeros(len(homes), dtype=bool) if label.origins is None else ~np.isin(homes.period, label.origins)
    reasons = list(REASONS)
    holds = (("outcome_missing", np.isnan(came)), ("not_at_risk", poor == 1), ("not_an_origin", elsewhere))
    reason = np.full(len(homes), -1)
    for name, rows in holds:
        reason[rows] = reasons.index(name)
    held = reason < 0
    if not held.any():
        found = several(f"{int((reason == at).sum()):,} {REASONS[reasons[at]].en}" for at in np.unique(reason))
        do = "check the column, who is poor, and origins"
        raise NoAnswer(f"no row can be labeled by '{column}'", found=found, do=do)
    index = origins_of(homes.frame)
    counts = [int((held & (came == 1)).sum()), int((held & (came == 0)).sum())]
    counts += np.bincount(reason[~held], minlength=len(reasons)).tolist()
    texts = [*SAID, *REASONS.values()]
    names = pd.Index(["event", "no_event", *reasons], name="reason")
    report = {"rows": counts, "share": np.array(counts) / len(homes), "zh": [t.zh for t in texts], "en": [t.en for t in texts]}
    weight = homes.figures("weight") if label.weight is not None else np.ones(len(homes))
    told = {"label": came, "outcome_period": homes.period + label.horizon, "weight": weight}
    told["known_at"] = told["outcome_period"] + label.lag
    return Labels(
        spec=label,
        frame=pd.DataFrame(told, index=index)[held].astype({"label": np.int8}),
        unlabeled=pd.Series(pd.Categorical.from_codes(reason[~held], pd.Index(reasons)), index=index[~held], name="reason"),
        report=pd.DataFrame(report, index=names),
    )


def poor_homes(form: RiskForm, labels: Labels, frame: pd.DataFrame) -> pd.DataFrame:
    """Homes that were poor at the origin: whether they are poor at the outcome, when that is and was known, and their weights.

    They cannot fall. What becomes of them teaches what lies near the line.

    Raises
    ------
    SpecError
        The label asks of something else than being poor at one later period, or sets homes aside or fills in what came.
    DataError
        The outcome that the file holds is no poverty: no home that was poor has it.
    """
    label, where = labels.spec, "[ladder] poor_teach"
    if label.event != "falling" or label.within:
        do = "leave poor_teach out, or ask of falling, at the horizon alone"
        raise SpecError("homes that are poor teach falling alone", where=where, do=do)
    if (label.attrition, label.assistance, label.stay) != ("leave_out", "as_is", None):
        do = "leave poor_teach out, or stay, assistance and attrition as they are by default"
        raise SpecError("homes that are poor teach only where all homes that are met again are labeled alike", where=where, do=do)
    homes = Followed.of(frame, ["poor"], who="[homes]")
    poor, row = homes.flags("poor"), homes.at(label.horizon)
    later = np.where(row < 0, np.nan, poor[row]) if form.label.outcome is None else homes.flags(form.label.outcome)
    weight = np.ones(len(homes)) if label.weight is None else homes.figures("weight")
    index = origins_of(homes.frame)
    barred = labels.unlabeled.index[labels.unlabeled == "not_at_risk"]
    kept = index.isin(barred) & (poor == 1) & ~np.isnan(later + weight)
    if form.label.outcome is not None and kept.any() and not later[kept].any():
        what = f"no home that was poor has '{form.label.outcome}', as if it meant falling and not being poor later"
        raise DataError(what, where=where, do="leave poor_teach out, or give an outcome that says who is poor later")
    told = {"label": later, "outcome_period": homes.period + label.horizon, "weight": weight}
    told["known_at"] = told["outcome_period"] + label.lag
    return pd.DataFrame(told, index=index)[kept].astype({"label": np.int8})


def later_income(form: RiskForm, frame: pd.DataFrame) -> pd.Series | None:
    """ln of income over the line at the outcome, keyed by (unit, origin); None where it cannot be told of any home."""
    if form.label.later is not None:
        homes = Followed.of(frame, [form.label.later], who="[label] later")
        return pd.Series(homes.figures(form.label.later), index=origins_of(homes.frame))
    if form.homes.income is None or form.label.outcome is not None:
        return None
    homes = Followed.of(frame, ["income_pc", "line"], who="[homes]")
    row = homes.at(form.label.horizon)
    ratio: Array = log_ratio(homes.figures("income_pc"), homes.figures("line"), FLOOR)
    return pd.Series(np.where(row < 0, np.nan, ratio[row]), index=origins_of(homes.frame))


def at_risk(label: ReturnLabel, frame: pd.DataFrame, period: int) -> pd.Index:
    """The homes of a period to which the label could happen: those it would label were they seen again, unchanged.

    Raises
    ------
    NoAnswer
        There is none; the message says why.
    """
    again = frame[frame.index.get_level_values("period") == period]
    units = again.index.get_level_values("unit")
    later = again.set_axis(pd.MultiIndex.from_arrays([units, [period + label.horizon] * len(units)], names=["unit", "period"]))
    known = frame[frame.index.get_level_values("period") <= period]
    asked = replace(
        label, origins=(period,), lag=0, as_of=None, attrition="leave_out", assistance="as_is", stay=None, weight=None
    )
    return asked.on(pd.concat([known, later])).frame.index.get_level_values("unit")
