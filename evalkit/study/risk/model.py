"""The model of a risk study as a file: kept with its study and card, opened again, and asked for a list of visits or its card."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evalkit.answer import Note
from evalkit.errors import DataError, NoAnswer, located, several
from evalkit.panel.form import Form
from evalkit.report.risk.study import NAMED, RiskFindings
from evalkit.report.risk.visits import HEADS, VisitSheet
from evalkit.report.words import Voice
from evalkit.risk.explanation.reasons import Reasons
from evalkit.risk.features.dated import DatedFeatures
from evalkit.risk.keeping.card import Card, ModelCard
from evalkit.risk.keeping.persistence import KeptModel, ModelRecord, load, save
from evalkit.risk.lists.visiting import VisitingList, Visits
from evalkit.risk.models.fitted import RiskModel
from evalkit.risk.models.rungs import Rung
from evalkit.study.households.doubts import TINY
from evalkit.study.risk.form import RiskForm
from evalkit.study.risk.homes import Homes, at_risk, read_homes
from evalkit.terms import Lang, Text

BROKEN = "fit the study again"
RISK, SEEN, OLDEST, PSEUDONYM = "risk", "figures of", "oldest figure", "pseudonym"
CALLED = {
    SEEN: Text("数据时期", "Figures of"),
    OLDEST: Text("最早的数据时期", "Oldest figure of"),
    "reasons": Text("主要原因", "Main reasons"),
    "county": Text("县（市、区）", "County"),
    "village": Text("村", "Village"),
}
FIGURES = ("estimate", "std_error", "ci_low", "ci_high", "p", "p_adjusted")
TABLES = ("scores", "reliability", "fairness", "drift")


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class OpenedModel:
    """A model of a study: `form` is the study it was fitted by, `model` scores homes, `themes` tell reasons, `card` warns."""

    kept: KeptModel
    form: RiskForm
    model: RiskModel
    themes: Mapping[str, str]
    card: ModelCard
    columns: tuple[str, ...]
    source: str


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class ListOfVisits:
    """A list of visits ready to be written: `about` has what is known of each home, `sheet` says how it is printed."""

    visits: Visits
    about: pd.DataFrame
    sheet: DoorSheet

    @property
    def rows(self) -> pd.DataFrame:
        """The listed homes in order, ready to print."""
        return self.sheet.rows(self.visits, self.about)

    @property
    def notes(self) -> tuple[Note, ...]:
        """What must be known beside the list."""
        return self.sheet.notes(self.visits, self.about)

    def save(self, path: Path) -> Path:
        """Write it to .xlsx or .csv, whole or not at all."""
        return self.sheet.save(self.visits, path, self.about)


class DoorSheet(VisitSheet):
    """A sheet of homes whose pseudonyms were made at the door: a column of what is known of them."""

    __slots__ = ()

    def rows(self, visits: Visits, about: pd.DataFrame | None = None) -> pd.DataFrame:
        """The listed households in order, ready to print."""
        printed = VisitSheet.rows(self, visits, about)
        _, told = self._listed(visits, about)
        return printed.assign(**{Voice(self.lang, self.names)(HEADS["household"]): told[PSEUDONYM].to_numpy()})


def signing(key: bytes | None) -> bytes | None:
    """The key that signs model files, made of the secret: another one than that of pseudonyms."""
    return None if key is None else hashlib.blake2b(b"evalkit model file", key=key, digest_size=32).digest()


def keep(found: RiskFindings, form: RiskForm, path: Path, key: bytes | None) -> Path:
    """Write the rung that is kept, with its study, themes and card, to a file; no home and no key is in it."""
    model = found.climbed.models[found.kept]
    learnt = dict(model.learnt)
    method = {
        "study": plain(form),
        "rung": model.rung.name,
        "columns": [name for name in found.plan.sources if name not in _aside(form)],
        "reference": {str(name): float(x) for name, x in model.reference.items()},
        "level": model.level,
        "themes": dict(found.themes),
        "learnt": learnt,
        "source": found.source,
        "card": _card_out(found.card),
    }
    record = ModelRecord(
        features=model.features,
        label=found.labels.spec.name,
        line_version=found.labels.spec.line_version,
        trained=(learnt["first_origin"], learnt["last_origin"]),
        method=method,
        limits=form.report.limits,
    )
    kept = record.keep(model.estimator, found.trained[list(model.features)], scores=found.card.scores, curve=model.curve)
    return save(kept, path, key=signing(key))


def open_model(path: str | Path, key: bytes | None = None, *, same_versions: bool = True) -> OpenedModel:
    """The model of a file, checked for integrity, types, versions and columns; with a key, for its signature too.

    Raises
    ------
    DataError
        The file is not as it was written, not signed by this key, of other versions, or holds no model of a study.
    """
    kept = load(path, key=signing(key), same_versions=same_versions)
    method = kept.spec.method
    with located(str(path)):
        try:
            form = RiskForm.model_validate(method["study"])
            card = _card_in(method["card"], form, kept)
            model = RiskModel(
                rung=Rung(name=method["rung"], estimator=kept.model),
                estimator=kept.model,
                features=kept.spec.features,
                reference=pd.Series({name: _number(x) for name, x in method["reference"].items()})[list(kept.spec.features)],
                curve=kept.curve,
                level=float(method["level"]),
                learnt=tuple((str(name), int(n)) for name, n in method["learnt"].items()),
            )
            themes, columns = dict(method["themes"]), tuple(map(str, method["columns"]))
            source = str(method["source"])
        except Exception:  # any value of a crafted record may be of another kind
            raise DataError("the file holds no model of a risk study", found=kept.spec.label, do=BROKEN) from None
    return OpenedModel(kept=kept, form=form, model=model, themes=themes, card=card, columns=columns, source=source)


def list_visits(
    opened: OpenedModel, path: str | Path, *, key: bytes | None = None, period: int | None = None, lang: Lang | None = None
) -> ListOfVisits:
    """Whom to visit first, of the homes of a file: those to which the label could happen, in its last period or another.

    Raises
    ------
    DataError
        The file cannot be read, lacks a column of the model, or holds no such period.
    NoAnswer
        No home is at risk of the event.
    """
    form, place = opened.form, Path(path)
    label = form.label.model_copy(update={"outcome": None, "later": None, "assisted": None, "stay": None})
    asked = form.model_copy(update={"label": label})
    made = {"line", "poor", "income_pc", "formerly_poor", "members", "village", "county", "weight"}  # at the door
    homes = read_homes(place, asked, key, sorted({*opened.columns, *label.figures} - made), form.features.may_read)
    origin = _period(homes, period)
    with located(place.name):
        seen = homes.frame.xs(origin, level="period").index
        units = at_risk(label.build(form.homes), homes.frame, origin) if "poor" in homes.frame else seen
        plan = form.features.build(set(homes.frame.columns), income=form.homes.income is not None, audited=False)
        features = plan.measure(homes.frame, origins=(origin,))
        rows = features.matrix
        rows = rows[rows.index.get_level_values("unit").isin(units)].rename_axis(index=["unit", "period"])
        scored = opened.model.score(rows)
        told = homes.frame.loc[rows.index]
        frame = scored.frame.join(told[[name for name in ("village", "county") if name in told]])
        visits = VisitingList(risk=RISK, budget=form.list.budget, seed=form.list.seed).measure(frame)
    listed = rows[visits.frame["listed"].to_numpy(dtype=bool)]
    if not len(listed):
        do = "give [list] of the study a larger budget, and fit it anew"
        raise NoAnswer("the budget lists no home", found=f"{len(rows)} homes at risk", do=do)
    about, notes = _about(opened, features, frame, listed)
    spoken = lang or form.lang
    about = about.rename(columns={f"reasons_{spoken}": "reasons"})
    about[PSEUDONYM] = homes.called[about.index.get_level_values("unit")].to_numpy()
    sheet = _sheet(form, about, spoken)
    counted = (*_counted(homes, origin, len(rows), form), *_unlike(opened, rows))
    return ListOfVisits(visits=replace(visits, notes=(*visits.notes, *counted, *notes)), about=about, sheet=sheet)


def _sheet(form: RiskForm, about: pd.DataFrame, lang: Lang) -> DoorSheet:
    """What the list shows of each home, as far as it is known."""
    return DoorSheet(
        key=bytes(16),
        low="low" if "low" in about else None,
        high="high" if "high" in about else None,
        places=tuple(name for name in ("county", "village") if name in about),
        reasons=("reasons",) if "reasons" in about else (),
        known=(SEEN, OLDEST),
        names={**CALLED, **NAMED, **form.features.names},
        least=form.list.least,
        lang=lang,
    )


def _about(
    opened: OpenedModel, features: DatedFeatures, frame: pd.DataFrame, listed: pd.DataFrame
) -> tuple[pd.DataFrame, tuple[Note, ...]]:
    """What is known of each home: places, interval, reasons of those listed, and when its figures were known."""
    known = features.known.rename_axis(index=["unit", "period"]).loc[frame.index, list(opened.model.features)]
    there = features.frame.rename_axis(index=["unit", "period"]).loc[frame.index, list(opened.model.features)].notna()
    about = frame.drop(columns=RISK)
    about[SEEN] = frame.index.get_level_values("period")
    about[OLDEST] = known.where(there).min(axis=1).astype("Int64")
    if not opened.form.list.reasons:
        return about, ()
    why = Reasons(themes=opened.themes, most=opened.form.list.reasons).measure(opened.model, listed)
    for lang in ("zh", "en"):
        about[f"reasons_{lang}"] = why.sentences[lang].reindex(about.index).fillna("")
    return about, why.notes


def _period(homes: Homes, period: int | None) -> int:
    """The period that is asked for, or the last."""
    seen, sizes = np.unique(homes.frame.index.get_level_values("period"), return_counts=True)
    if period is None and sizes[-1] * TINY < sizes.max():
        found = f"{seen[-1]}: {sizes[-1]:,}; other waves have up to {sizes.max():,} homes"
        do = "correct the year, or choose the --period"
        raise DataError("the last wave has only a handful of homes", where=homes.source, found=found, do=do)
    if period is None:
        return int(seen[-1])
    if period not in seen:
        raise DataError(f"no home was seen in {period}", where=homes.source, found=several(seen, 8), do="choose another --period")
    return period


def _counted(homes: Homes, origin: int, scored: int, form: RiskForm) -> tuple[Note, ...]:
    """How many homes could not be on the list, and why; and how they are named."""
    period = homes.frame.index.get_level_values("period")
    every, seen = homes.frame.index.get_level_values("unit").nunique(), int((period == origin).sum())
    poor = int((homes.frame.loc[period == origin, "poor"] == 1).sum()) if "poor" in homes.frame else 0
    text = Text(
        "{period} 期 {seen:,} 户中 {scored:,} 户参与排序；{poor:,} 户已在线下，应直接给予帮扶，不在本名单；"
        "其余条件不符或数据不全。",
        "Of {seen:,} homes seen in {period}, {scored:,} are ranked; {poor:,} are below the line already: they are due help now, "
        "and not on this list; of others the event cannot be told.",
    )
    notes = [Note("left_out", text.format(period=origin, seen=seen, scored=scored, poor=poor))]
    if every > seen:
        lost = Text(
            "{n:,} 户该期未访到，没有风险值：未访到不等于没有风险。",
            "{n:,} homes were not seen then and have no risk: not seen is not safe.",
        )
        notes.append(Note("left_out", lost.format(n=every - seen)))
    if not homes.keyed:
        numbers = Text(
            "没有密钥：农户按其在文件中出现的次序编号。", "Without a key: homes are numbered in the order of the file."
        )
        notes.append(Note("choice", numbers))
    return tuple(notes)


def _unlike(opened: OpenedModel, rows: pd.DataFrame) -> tuple[Note, ...]:
    """A caution that names features in which most homes are unlike all that the model learnt from."""
    names = opened.kept.unlike(rows)
    if not names:
        return ()
    called = {**NAMED, **opened.form.features.names}
    zh, en = (Voice(lang, called).listing([Voice(lang, called).name(name) for name in names]) for lang in ("zh", "en"))
    text = Text(
        "多数农户的下列特征远超出模型学习时所见的范围：{names}。请核对单位、编码和监测线；若与学习时不同，名单不可用。",
        "Of most homes these features lie far beyond what the model learnt from: {names}. Compare units, codes and the line "
        "with those it was fitted on; where they differ the list is of no use.",
    )
    return (Note("caution", text.format(names=Text(zh, en))),)


def _aside(form: RiskForm) -> set[str]:
    held = form.features
    return {*held.aside, *held.bands, *held.none}


def plain(value: Any) -> Any:
    """A form as plain values, words in both languages by name, as a form reads them."""
    if isinstance(value, Text):
        return value._asdict()
    if isinstance(value, Form):
        return {name: plain(one) for name, one in value}
    if isinstance(value, Mapping):
        return {str(name): plain(one) for name, one in value.items()}
    return [plain(one) for one in value] if isinstance(value, list | tuple) else value


def _card_out(card: ModelCard) -> dict[str, Any]:
    """A card as plain values."""
    tables = {name: getattr(card, name) for name in (*TABLES, "frame")}
    return {
        **{name: {"columns": list(table), "rows": table.to_numpy(dtype=object).tolist()} for name, table in tables.items()},
        "budgets": {label: plain(said) for label, said in card.budgets.items()},
        "notes": [[note.kind, *note.text] for note in card.notes],
        "names": {name: plain(text) for name, text in card.spec.names.items()},
        "says": plain(card.spec.label_says),
        "data": plain(card.spec.data),
        "held": list(card.spec.held_aside),
        "taught": list(card.spec.taught or ()),
    }


def _card_in(told: Mapping[str, Any], form: RiskForm, kept: KeptModel) -> ModelCard:
    """The card of such values."""
    taught = told["taught"]
    spec = Card(
        name=form.report.name or form.title,
        data=Text(**told["data"]),
        trained=kept.spec.trained,
        label=kept.spec.label,
        label_says=Text(**told["says"]),
        line_version=kept.spec.line_version,
        features=kept.spec.features,
        held_aside=tuple(told["held"]),
        names={name: Text(**text) for name, text in told["names"].items()},
        limits=kept.spec.limits,
        taught=(int(taught[0]), int(taught[1])) if taught else None,
        contact=form.report.contact,
        appeal=form.report.appeal,
    )
    return ModelCard(
        spec=spec,
        frame=_table(told["frame"]),
        **{name: _table(told[name]) for name in TABLES},
        budgets={label: Text(**said) for label, said in told["budgets"].items()},
        notes=tuple(Note(kind, Text(zh, en)) for kind, zh, en in told["notes"]),
    )


def _table(told: Mapping[str, Any]) -> pd.DataFrame:
    """A table as it was, its columns in order; those that hold nothing but numbers and gaps are numbers."""
    table = pd.DataFrame(told["rows"], columns=told["columns"])
    for name in table:
        some = table[name].dropna()
        if name in FIGURES or (len(some) and all(isinstance(x, int | float) and not isinstance(x, bool) for x in some)):
            table[name] = pd.to_numeric(table[name])
    return table


def _number(value: object) -> float:
    return float("nan") if value is None else float(value)  # type: ignore[arg-type]
