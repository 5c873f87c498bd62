"""A fitted model with all that is needed to trust it again, in one file: written whole, refused where a byte is not as it was."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from evalkit.answer import Note
from evalkit.check import able, has_columns, shown, whole
from evalkit.errors import DataError, EvalkitError, SafetyError, SpecError, located, several
from evalkit.risk.keeping.fingerprint import fingerprint
from evalkit.risk.keeping.integrity import BROKEN, a_key, as_json, from_json, opened, read_file, sealed, write_file
from evalkit.risk.keeping.model_bytes import NATIVE, dumped, restored
from evalkit.risk.observed import a_frame, a_name, names_of
from evalkit.stats.arrays import Array, pieces
from evalkit.terms import Text

MODEL, RECORD = "model.skops", "record.json"
LIBRARIES = ("evalkit", "numpy", "scipy", "pandas", "scikit-learn", "skops")
NEAR = 1e-12  # how near the reference rows must be scored to what they were
AT_ONCE = 200_000  # rows scored at once
KINDS = {"number": "a number", "word": "a word"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRecord:
    """What is written down of a model when it is kept.

    Parameters
    ----------
    features
        The columns of the model, in its order. Names or numbers of households are no features, and nothing else of rows is kept.
    label, line_version
        Which label it foresees, such as "falling@1", and which line that is of.
    trained
        First and last period of its training rows.
    method
        How it was made: a spec, or plain values.
    limits
        What must be known of its use, in both languages.
    reference
        How many rows are kept with their risk, to see that the model still says the same. They are made up: each column is drawn
        from the training rows by itself, so that no row is of a household.
    seed
        Of these draws.

    Examples
    --------
    >>> from sklearn.linear_model import LogisticRegression
    >>> homes = pd.DataFrame({"income": [1.0, 2.0, 3.0, 4.0], "ill": [1, 0, 1, 0]})
    >>> model = LogisticRegression().fit(homes, [1, 1, 0, 0])
    >>> kept = ModelRecord(features=("income", "ill"), label="falling@1", trained=(2020, 2022)).keep(model, homes)
    >>> kept.score(homes).round(2).tolist() == model.predict_proba(homes)[:, 1].round(2).tolist()
    True
    """

    features: tuple[str, ...]
    label: str
    trained: tuple[int, int]
    line_version: str = ""
    method: Any = None
    limits: tuple[Text, ...] = ()
    reference: int = 20
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "features", names_of(self.features, who="ModelRecord features"))
        a_name(self.label, who="ModelRecord label")
        if not isinstance(self.line_version, str):
            do = 'write line_version="china-2024"'
            raise SpecError("ModelRecord line_version must be text", found=shown(self.line_version), do=do)
        if not isinstance(self.trained, tuple) or len(self.trained) != 2:
            raise SpecError("ModelRecord trained must be the first and the last period", found=shown(self.trained))
        for period in self.trained:
            whole(period, who="a period of ModelRecord trained", least=-(10**9))
        if self.trained[0] > self.trained[1]:
            raise SpecError("ModelRecord trained must not end before it begins", found=shown(self.trained))
        if not isinstance(self.limits, tuple) or not all(isinstance(one, Text) for one in self.limits):
            raise SpecError("ModelRecord limits must be a tuple of Text", found=shown(self.limits))
        whole(self.reference, who="ModelRecord reference")
        whole(self.seed, who="ModelRecord seed", least=0)

    def keep(self, model: Any, training: pd.DataFrame, scores: pd.DataFrame | None = None, curve: Any = None) -> KeptModel:
        """The model with its record.

        `scores` is a tidy frame of measures, such as that of an answer; `curve` a calibration applied to what the model says.

        Raises
        ------
        SpecError
            The model has no `predict_proba`, or scores or the method are not plain.
        DataError
            A feature is absent, holds text that tells households apart, or the model was fitted on other columns.
        """
        able(model, "predict_proba", who="the model that is kept", do="give a fitted classifier with predict_proba")
        if curve is not None:
            able(curve, "score", who="the curve of a kept model", do="give a fitted curve of calibration")
        a_frame(training, who="ModelRecord")
        kinds = _kinds(training, self.features)
        rng = np.random.default_rng(self.seed)
        made = {name: training[name].to_numpy()[rng.integers(len(training), size=self.reference)] for name in self.features}
        kept = KeptModel(
            spec=self,
            model=model,
            curve=curve,
            kinds=kinds,
            scores=_plain_scores(scores),
            fingerprint=fingerprint(training[list(self.features)]),
            rows=len(training),
            versions=_versions(),
            reference=pd.DataFrame(made).astype({name: training[name].dtype for name in self.features}),
            risks=np.empty(0),
        )
        object.__setattr__(kept, "risks", kept.score(kept.reference).to_numpy())
        return kept


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class KeptModel:
    """A model with its record: `kinds` of its features, `scores`, the `fingerprint` and number of its training rows, `versions`.

    `reference` are made-up rows and `risks` what the model says of them.
    """

    spec: ModelRecord
    model: Any = field(repr=False)
    curve: Any
    kinds: Mapping[str, str]
    scores: pd.DataFrame
    fingerprint: str
    rows: int
    versions: Mapping[str, str]
    reference: pd.DataFrame = field(repr=False)
    risks: Array = field(repr=False)
    notes: tuple[Note, ...] = ()

    def score(self, frame: pd.DataFrame) -> pd.Series:
        """The risk of each row, on the index that was asked, some rows at a time.

        Raises
        ------
        DataError
            A feature is absent or of another kind, or the model refuses the rows.
        """
        a_frame(frame, who="the model")
        found = _kinds(frame, self.spec.features, told_apart=False)
        other = [name for name, kind in self.kinds.items() if found[name] != kind]
        if other:
            what = f"column '{other[0]}' was {KINDS[self.kinds[other[0]]]} when the model was fitted"
            raise DataError(what, found=f"{KINDS[found[other[0]]]} now", do="read it as it was then")
        named = hasattr(self.model, "feature_names_in_")
        rows = frame[list(self.spec.features)]
        parts = []
        try:
            for piece in pieces(len(rows), AT_ONCE):
                some = rows.iloc[piece]
                said = self.model.predict_proba(some if named else some.to_numpy())[:, 1]
                parts.append(np.asarray(said if self.curve is None else self.curve.score(said), dtype=float))
        except EvalkitError:
            raise
        except Exception:  # whatever a library says of rows it does not take
            do = "hold the columns against its features, and against the libraries it was fitted with"
            raise DataError("the model does not take these rows", do=do) from None
        return pd.Series(np.concatenate(parts), index=frame.index, name="risk")

    def unlike(self, frame: pd.DataFrame) -> tuple[str, ...]:
        """Features of which more than half the rows lie far beyond the reference rows, as figures in another unit or code do.

        Far is farther from these than they span; shares of a county move less from year to year.
        """
        known = self.reference.astype(float)
        low, high = known.min(), known.max()
        rows = frame[list(self.spec.features)].astype(float)
        beyond = ((rows < low - (high - low)) | (rows > high + (high - low))).sum()
        return tuple(str(name) for name in beyond.index[2 * beyond > rows.notna().sum()])


def save(kept: KeptModel, path: str | Path, *, key: bytes | None = None, trusted: tuple[str, ...] = ()) -> Path:
    """Write a kept model to a file, whole or not at all; the same model gives the same bytes.

    `key` signs it; `trusted` names classes of your own, such as "mine.Rule", which loading must then name too.

    Raises
    ------
    SpecError
        What is to be saved is no kept model, or holds types that would not be loaded.
    OutputError
        The file cannot be written; what was there before is left as it was.
    """
    if not isinstance(kept, KeptModel):
        raise SpecError("only kept models are saved", found=type(kept).__name__, do="ModelRecord(...).keep(model, training)")
    a_key(key)
    place = Path(path)
    members = {MODEL: dumped({"model": kept.model, "curve": kept.curve}, _names(trusted)), RECORD: as_json(_record(kept))}
    write_file(place, sealed(members, key))
    return place


def load(path: str | Path, *, key: bytes | None = None, trusted: tuple[str, ...] = (), same_versions: bool = True) -> KeptModel:
    """The kept model of a file, after its integrity, types, versions and columns were checked and its reference rows scored anew.

    Without a key it is known to be whole, not who wrote it. With `same_versions=False` other libraries are taken, if the
    reference rows still get the same risks to 1e-12. Boosters of LightGBM are taken from signed files, or where `trusted` names
    them: LightGBM takes their text at its word.

    Raises
    ------
    SafetyError
        The file is not as it was written, not signed by this key, holds types that are not allowed, is of other columns, or its
        model says another thing of the reference rows.
    DataError
        It cannot be read, or is of other library versions.
    """
    a_key(key)
    place, names = Path(path), _names(trusted)
    with located(str(place)):
        members, signed = opened(read_file(place), (MODEL, RECORD), key)
        record = from_json(members[RECORD], RECORD)
        try:
            shape = _unrecorded(record)
        except DataError:
            raise
        except Exception:  # any value of a crafted record may be of another kind
            raise SafetyError("the record of the model file does not make sense", do=BROKEN) from None
        if same_versions:
            _same_versions(shape["versions"])
        parts = restored(members[MODEL], (*names, *NATIVE) if signed else names)
        if not isinstance(parts, dict) or set(parts) != {"model", "curve"} or not hasattr(parts["model"], "predict_proba"):
            raise SafetyError("the file holds no model that gives probabilities", do=BROKEN)
        kept = KeptModel(**shape, **parts, notes=(_origin(signed),))
        _fits(kept)
        return kept


def _record(kept: KeptModel) -> dict[str, Any]:
    """All but the model as plain values."""
    spec = kept.spec
    columns = {name: [_value(one) for one in kept.reference[name].tolist()] for name in spec.features}
    return {
        "features": list(spec.features),
        "kinds": dict(kept.kinds),
        "dtypes": {name: str(kept.reference[name].dtype) for name in spec.features},
        "label": spec.label,
        "line_version": spec.line_version,
        "trained": list(map(int, spec.trained)),
        "method": _plain(spec.method),
        "limits": [list(one) for one in spec.limits],
        "seed": int(spec.seed),
        "scores": {str(name): [_value(one) for one in kept.scores[name].tolist()] for name in kept.scores},
        "fingerprint": kept.fingerprint,
        "rows": kept.rows,
        "versions": dict(kept.versions),
        "reference": columns,
        "risks": [float(one) for one in kept.risks],
    }


def _unrecorded(record: Mapping[str, Any]) -> dict[str, Any]:
    """The parts of a kept model but the model, of such plain values."""
    spec = ModelRecord(
        features=tuple(record["features"]),
        label=record["label"],
        trained=(record["trained"][0], record["trained"][1]),
        line_version=record["line_version"],
        method=record["method"],
        limits=tuple(Text(str(zh), str(en)) for zh, en in record["limits"]),
        reference=len(record["risks"]),
        seed=record["seed"],
    )
    if set(record["kinds"]) != set(spec.features) or set(record["reference"]) != set(spec.features):
        raise SafetyError("the record of the model file names other columns than its features", do=BROKEN)
    if not set(record["kinds"].values()) <= set(KINDS):
        raise SafetyError("the record of the model file does not make sense", do=BROKEN)
    rows = pd.DataFrame({name: pd.Series(record["reference"][name], dtype=record["dtypes"][name]) for name in spec.features})
    return {
        "spec": spec,
        "kinds": {name: str(record["kinds"][name]) for name in spec.features},
        "scores": pd.DataFrame(record["scores"]),
        "fingerprint": str(record["fingerprint"]),
        "rows": int(record["rows"]),
        "versions": {str(name): str(one) for name, one in record["versions"].items()},
        "reference": rows,
        "risks": np.array(record["risks"], dtype=float),
    }


def _fits(kept: KeptModel) -> None:
    """Refuse a model fitted on other columns, or one that says another thing of the reference rows."""
    features, model = kept.spec.features, kept.model
    names, count = getattr(model, "feature_names_in_", None), getattr(model, "n_features_in_", len(features))
    if (names is not None and list(names) != list(features)) or count != len(features):
        found = several(names) if names is not None else f"{count} columns"
        raise SafetyError("the model was fitted on other columns than its record names", found=found, do=BROKEN)
    again = kept.score(kept.reference).to_numpy()
    apart = float(np.abs(again - kept.risks).max()) if len(again) == len(kept.risks) else np.inf
    if not apart <= NEAR:
        do = "use the library versions it was saved with, or fit it anew"
        raise SafetyError(
            "the model says another thing of its reference rows than when it was saved", found=f"{apart:.3g} apart", do=do
        )


def _same_versions(saved: Mapping[str, str]) -> None:
    now = _versions()
    absent = [name for name in LIBRARIES if name not in saved]
    if absent:
        raise SafetyError("the model file does not say all library versions", found=f"no {several(absent)}", do=BROKEN)
    other = [f"{name} {saved[name]} (here {now[name]})" for name in LIBRARIES if saved[name] != now[name]]
    if other:
        do = "install these versions, or pass same_versions=False to go by the reference rows"
        raise DataError("the model was saved with other library versions", found=several(other), do=do)


def _versions() -> dict[str, str]:
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "unknown"
    return found


def _kinds(frame: pd.DataFrame, features: tuple[str, ...], *, told_apart: bool = True) -> dict[str, str]:
    """Whether each feature is a number or a word; text in which most households differ is refused where `told_apart`."""
    has_columns(frame, features, who="the model")
    twice = [name for name in features if name not in frame.columns or isinstance(frame[name], pd.DataFrame)]
    if twice:
        raise DataError(f"the model finds columns [{several(twice)}] more than once", do="give each column its own name")
    kinds: dict[str, str] = {}
    for name in features:
        kind = frame[name].dtype
        if isinstance(kind, pd.CategoricalDtype) or kind.kind in "cmMV":
            raise DataError(f"column '{name}' is of a kind that is not kept", found=str(kind), do="make it numbers or text")
        kinds[name] = "number" if pd.api.types.is_numeric_dtype(kind) else "word"
        many = kinds[name] == "word" and len(frame) >= 20 and frame[name].nunique() > len(frame) / 2
        if told_apart and many:
            found = f"{frame[name].nunique():,} values in {len(frame):,} rows"
            raise DataError(f"column '{name}' tells households apart and may not be kept", found=found, do="leave it out")
    return kinds


def _plain_scores(scores: pd.DataFrame | None) -> pd.DataFrame:
    if scores is None:
        return pd.DataFrame()
    if not isinstance(scores, pd.DataFrame) or "measure" not in scores or "estimate" not in scores:
        found = type(scores).__name__ if not isinstance(scores, pd.DataFrame) else several(scores.columns)
        raise SpecError("scores must be a tidy frame with measure and estimate", found=found, do="pass answer.frame")
    return scores.reset_index(drop=True)


def _plain(value: Any) -> Any:
    """A spec as plain values: dataclasses by their fields, with their name."""
    if is_dataclass(value) and not isinstance(value, type):
        return {"spec": type(value).__name__, **{part.name: _plain(getattr(value, part.name)) for part in fields(value)}}
    if isinstance(value, Mapping):
        return {str(name): _plain(one) for name, one in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(one) for one in (sorted(value, key=str) if isinstance(value, set | frozenset) else value)]
    if isinstance(value, np.ndarray | pd.Series | pd.DataFrame):
        raise SpecError("the method of a ModelRecord is told by plain values", found=type(value).__name__, do="pass its spec")
    return _value(value)


def _value(value: Any) -> Any:
    """One plain value; what is not a number, a word or yes and no is told by its name."""
    if value is None or value is pd.NA or value is pd.NaT or (isinstance(value, float | np.floating) and not np.isfinite(value)):
        return None
    if isinstance(value, np.generic):
        value = value.item()
    return value if isinstance(value, bool | int | float | str) else str(value)


def _names(trusted: object) -> tuple[str, ...]:
    if not isinstance(trusted, tuple) or not all(isinstance(name, str) and "." in name for name in trusted):
        do = 'name classes in full, such as ("mine.rules.Rule",)'
        raise SpecError("trusted must be a tuple of names of classes", found=shown(trusted), do=do)
    return trusted


def _origin(signed: bool) -> Note:
    if signed:
        return Note("choice", Text("文件完整，签名已核对。", "The file is whole, and its signature was checked."))
    text = Text("文件完整，但未核对签名，来源未知。", "The file is whole; no signature was checked, so its origin is not known.")
    return Note("caution", text)
