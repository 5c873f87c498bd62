"""A kept model comes back with the same bits, and a file that was touched does not come back at all."""

import importlib
import io
import json
import re
import zipfile

import numpy as np
import pandas as pd
import pytest

pytest.importorskip("skops")
pytest.importorskip("sklearn")

from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OneHotEncoder, StandardScaler
from threadpoolctl import threadpool_limits

from evalkit.errors import DataError, EvalkitError, OutputError, SafetyError, SpecError
from evalkit.risk.calibration.curves import Beta, Isotonic, Platt
from evalkit.risk.calibration.venn_abers import VennAbers
from evalkit.risk.keeping import persistence
from evalkit.risk.keeping.fingerprint import fingerprint
from evalkit.risk.keeping.integrity import LARGEST, MANIFEST, as_json, opened, packed, sealed, unpacked
from evalkit.risk.keeping.model_bytes import ALLOWED, SCHEMA, dumped, restored
from evalkit.risk.keeping.persistence import MODEL, RECORD, ModelRecord, load, save
from evalkit.terms import Text

NUMBERS = ("income", "drop", "workers")
KEY = b"0123456789abcdef0123456789abcdef"


class Rule(ClassifierMixin, BaseEstimator):
    """A classifier of one's own: at risk below a level of the first column."""

    def __init__(self, level=0.0):
        self.level = level

    def fit(self, X, y):
        self.classes_, self.n_features_in_ = np.unique(y), np.shape(X)[1]
        return self

    def predict_proba(self, X):
        p = np.where(np.asarray(X)[:, 0] < self.level, 0.9, 0.1)
        return np.stack([1 - p, p], axis=1)


RULE = f"{Rule.__module__}.Rule"


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="module")
def homes():
    rng = np.random.default_rng(1)
    frame = pd.DataFrame(rng.normal(size=(2_000, 3)), columns=NUMBERS, index=[f"H{i:07d}" for i in range(2_000)])
    frame["workers"] = rng.integers(0, 4, 2_000)
    frame["dwelling"] = rng.choice(["brick", "earth", "wood"], 2_000)
    frame["fell"] = (frame["income"] + rng.normal(size=2_000) < -1).astype(int)
    return frame


def mixed():
    steps = [("number", make_pipeline(SimpleImputer(), StandardScaler()), list(NUMBERS))]
    steps.append(("word", OneHotEncoder(handle_unknown="ignore"), ["dwelling"]))
    return make_pipeline(ColumnTransformer(steps), LogisticRegression())


MODELS = {
    "logistic": (LogisticRegression(), NUMBERS),
    "scaled": (make_pipeline(StandardScaler(), LogisticRegression(C=0.1)), NUMBERS),
    "mixed": (mixed(), (*NUMBERS, "dwelling")),
    "boosted": (HistGradientBoostingClassifier(max_iter=20, random_state=0, categorical_features=[2]), NUMBERS),
    "calibrated": (CalibratedClassifierCV(LogisticRegression(), method="isotonic", cv=3), NUMBERS),
}


def kept_of(homes, model=None, features=NUMBERS, **kwargs):
    fitted = (model or LogisticRegression()).fit(homes[list(features)], homes["fell"])
    record = ModelRecord(
        features=features,
        label="falling@1",
        line_version="china-2024",
        trained=(2020, 2023),
        method={"C": 1.0, "note": "plain"},
        limits=(Text("仅用于安排走访。", "For visits only."),),
    )
    scores = pd.DataFrame({"measure": ["exclusion_error"], "estimate": [0.6], "ci_low": [np.nan], "ci_high": [0.7]})
    return record.keep(fitted, homes, scores, **kwargs)


@pytest.mark.parametrize("kind", list(MODELS))
def test_a_model_comes_back_with_the_same_bits(homes, tmp_path, kind):
    model, features = MODELS[kind]
    kept = kept_of(homes, model, features)
    back = load(save(kept, tmp_path / "model.evalkit"))
    assert np.array_equal(back.score(homes).to_numpy(), kept.score(homes).to_numpy())
    assert np.array_equal(back.score(homes).to_numpy(), kept.model.predict_proba(homes[list(features)])[:, 1])
    assert back.score(homes).index.equals(homes.index)
    assert back.fingerprint == kept.fingerprint == fingerprint(homes[list(features)])
    assert back.spec.label == "falling@1"
    assert back.spec.limits[0].zh == "仅用于安排走访。"
    assert back.scores["estimate"].tolist() == [0.6]
    assert back.rows == 2_000
    again = save(back, tmp_path / "again.evalkit")
    assert np.array_equal(load(again).score(homes).to_numpy(), kept.score(homes).to_numpy())
    if kind != "boosted":  # whose parts share arrays before they are written
        assert again.read_bytes() == (tmp_path / "model.evalkit").read_bytes()


def test_the_same_model_is_the_same_bytes(homes, tmp_path):
    one, other = kept_of(homes, LogisticRegression()), kept_of(homes, LogisticRegression())
    assert save(one, tmp_path / "a").read_bytes() == save(other, tmp_path / "b").read_bytes()


@pytest.mark.parametrize("method", [Platt(), Isotonic(), Beta(), VennAbers()])
def test_a_curve_of_calibration_comes_along(homes, tmp_path, method):
    risk = np.random.default_rng(0).uniform(0.01, 0.99, 500)
    curve = method.fit(risk, (np.random.default_rng(1).uniform(size=500) < risk**2).astype(float), np.ones(500))
    kept = kept_of(homes, curve=curve)
    plain = kept.model.predict_proba(homes[list(NUMBERS)])[:, 1]
    assert np.array_equal(kept.score(homes).to_numpy(), curve.score(plain))
    assert np.array_equal(load(save(kept, tmp_path / "m")).score(homes).to_numpy(), curve.score(plain))


def test_a_class_of_ones_own_is_named_to_be_loaded(homes, tmp_path):
    kept = kept_of(homes, Rule(level=-0.5))
    with pytest.raises(SpecError, match="types that would not be loaded"):
        save(kept, tmp_path / "m")
    path = save(kept, tmp_path / "m", trusted=(RULE,))
    with pytest.raises(DataError, match="types that are not allowed"):
        load(path)
    assert np.array_equal(load(path, trusted=(RULE,)).score(homes).to_numpy(), kept.score(homes).to_numpy())


OWN = {
    "linear": "PenalizedLogistic DiscreteHazard",
    "means": "ProxyMeans ExpectedPoverty",
    "rules": "OfficialLine LineOrShock LastStatus IncomeAlone",
    "boosting": "BoostedTrees ExplainableBoosting",
    "averaged": "AveragedLogits",
}


@pytest.mark.parametrize(("module", "name"), [(module, name) for module, names in OWN.items() for name in names.split()])
def test_every_rung_of_the_ladder_comes_back_with_the_same_bits(homes, tmp_path, module, name):
    rungs = importlib.import_module(f"evalkit.risk.models.{module}")
    if name == "ExplainableBoosting":
        pytest.importorskip("interpret")
    few = {"trees": 20, "engine": "sklearn"} if name == "BoostedTrees" else {}
    if name == "AveragedLogits":
        boosting = importlib.import_module("evalkit.risk.models.boosting")
        linear = importlib.import_module("evalkit.risk.models.linear")
        few = {"rungs": (linear.PenalizedLogistic(), boosting.BoostedTrees(trees=20, engine="sklearn"))}
    kept = kept_of(homes, getattr(rungs, name)(**few))
    back = load(save(kept, tmp_path / "m"))
    assert np.array_equal(back.score(homes).to_numpy(), kept.score(homes).to_numpy())
    assert save(kept, tmp_path / "n").read_bytes() == (tmp_path / "m").read_bytes()


def test_lightgbm_is_taken_from_signed_files_or_by_name(homes, tmp_path):
    pytest.importorskip("lightgbm")
    boosting = importlib.import_module("evalkit.risk.models.boosting")
    kept = kept_of(homes, boosting.BoostedTrees(trees=20, engine="lightgbm"))
    path = save(kept, tmp_path / "m", key=KEY)
    with pytest.raises(DataError, match="lightgbm"):
        load(path)
    for back in (load(path, key=KEY), load(path, trusted=("lightgbm.basic.Booster",))):
        assert np.array_equal(back.score(homes).to_numpy(), kept.score(homes).to_numpy())


def test_every_name_that_is_allowed_is_there():
    for name in ALLOWED:
        module, _, known = name.rpartition(".")
        if module.startswith("evalkit"):
            assert hasattr(importlib.import_module(module), known), name


def test_a_hundred_tampered_files_of_a_hundred_are_refused(homes, tmp_path):
    data = save(kept_of(homes), tmp_path / "m").read_bytes()
    rng, refused = np.random.default_rng(2), 0
    for trial in range(100):
        touched = bytearray(data)
        if trial < 60:  # one bit of one byte, anywhere
            touched[rng.integers(len(data))] ^= 1 << rng.integers(8)
        elif trial < 80:  # a stretch of bytes of somewhere else
            at, other = rng.integers(len(data) - 64, size=2)
            touched[at : at + 64] = bytes(touched[other : other + 64])[::-1]
        elif trial < 90:  # cut off, or something added
            touched = touched[: rng.integers(len(data))] if trial % 2 else touched + rng.bytes(rng.integers(1, 99))
        else:  # one member given the content of another file, or one bit less
            members = unpacked(data)
            name = [MODEL, RECORD, MANIFEST][trial % 3]
            changed = bytearray(members[name])
            changed[rng.integers(len(changed))] ^= 1 << rng.integers(8)
            touched = bytearray(packed({**members, name: bytes(changed)}))
        touched[0] ^= touched == data  # a stretch may be put where the same bytes were
        path = tmp_path / f"t{trial}"
        path.write_bytes(touched)
        try:
            load(path)
        except DataError as wrong:
            refused += str(path) in str(wrong)
    assert refused == 100


def test_every_byte_counts(homes):
    data = sealed({"a.txt": b"twelve bytes", "b.txt": b""}, KEY)
    names = ("a.txt", "b.txt")
    assert opened(data, names, KEY)[1]
    for at in range(len(data)):
        touched = bytearray(data)
        touched[at] ^= 0x21
        with pytest.raises(DataError):
            opened(bytes(touched), names, KEY)


def test_swapped_members_are_refused(homes, tmp_path):
    one = unpacked(save(kept_of(homes), tmp_path / "a").read_bytes())
    two = unpacked(save(kept_of(homes, LogisticRegression(C=0.01)), tmp_path / "b").read_bytes())
    for name in one:
        (tmp_path / "c").write_bytes(packed({**one, name: two[name]}))
        if one[name] != two[name]:
            with pytest.raises(DataError, match="not what was written"):
                load(tmp_path / "c")
    # sealed anew without a key, another model is found out by its reference rows
    (tmp_path / "c").write_bytes(sealed({MODEL: two[MODEL], RECORD: one[RECORD]}))
    with pytest.raises(DataError, match="another thing of its reference rows"):
        load(tmp_path / "c")


def test_a_key_tells_who_wrote_it(homes, tmp_path):
    kept = kept_of(homes)
    path, bare = save(kept, tmp_path / "m", key=KEY), save(kept, tmp_path / "n")
    assert load(path, key=KEY).notes[0].kind == "choice"
    assert load(path).notes[0].kind == "caution"
    for file, key in ((path, KEY[::-1]), (bare, KEY)):
        with pytest.raises(DataError, match="not signed with this key"):
            load(file, key=key)
    members = unpacked(path.read_bytes())
    forged = sealed({MODEL: members[MODEL], RECORD: members[RECORD].replace(b"falling@1", b"falling@2")}, KEY[::-1])
    (tmp_path / "f").write_bytes(forged)
    with pytest.raises(DataError, match="not signed with this key"):
        load(tmp_path / "f", key=KEY)
    for key in ("word", b"short", 7):
        with pytest.raises(SpecError, match="key of a model file"):
            save(kept, tmp_path / "x", key=key)


def rezipped(members, **how):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", **how) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return out.getvalue()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_archives_that_are_up_to_something_are_refused(homes, tmp_path):
    members = unpacked(save(kept_of(homes), tmp_path / "m").read_bytes())
    pairs = list(members.items())
    bomb = rezipped([(MODEL, b"\0" * 50_000_000), *pairs[1:]], compression=zipfile.ZIP_DEFLATED)
    assert len(bomb) < 100_000
    wrong = {
        "bomb": bomb,
        "path": rezipped([("../" + MODEL, members[MODEL]), *pairs[1:]]),
        "root": rezipped([("/etc/" + MODEL, members[MODEL]), *pairs[1:]]),
        "more": rezipped([*pairs, ("run.py", b"print()")]),
        "twice": rezipped([pairs[0], pairs[0], *pairs[1:]]),
        "less": rezipped(pairs[1:]),
        "empty": b"",
        "text": b"PK not at all",
        "times": rezipped(pairs),  # the members alone are not enough: this one says when it was made
    }
    for name, data in wrong.items():
        (tmp_path / name).write_bytes(data)
        with pytest.raises(DataError):
            load(tmp_path / name)
    with pytest.raises(DataError, match="too large"):
        unpacked(bytes(LARGEST + 1))
    with pytest.raises(DataError, match="cannot be read"):
        load(tmp_path / "nowhere")


def crafted(change):
    """Bytes of a model whose schema was changed by hand."""
    model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    members = unpacked(dumped({"model": model, "curve": None}))
    schema = json.loads(members[SCHEMA])
    change(schema)
    return packed({**members, SCHEMA: json.dumps(schema, separators=(",", ":")).encode()})


@pytest.mark.parametrize(
    ("module", "name", "loader"),
    [
        ("os", "system", "FunctionNode"),
        ("builtins", "eval", "TypeNode"),
        ("subprocess", "Popen", "ObjectNode"),
        ("functools", "reduce", "PartialNode"),
        ("sklearn.linear_model._logistic", "LogisticRegression", "MethodNode"),
        ("sklearn.linear_model._logistic", "LogisticRegression", "ConstructorFromReduceNode"),
        ("sklearn.linear_model._logistic", "LogisticRegression", "NoSuchNode"),
    ],
)
def test_nothing_is_run_on_loading(module, name, loader):
    def change(schema):
        schema["content"]["evil"] = {"__module__": module, "__class__": name, "__loader__": loader, "__id__": 999, "content": {}}

    with pytest.raises(DataError, match="types that are not allowed"):
        restored(crafted(change))


def test_other_crafted_models_are_refused():
    for change, said in (
        (lambda s: s.update(protocol=0), "another protocol"),
        (lambda s: s.update(content=[]), "cannot be built"),
        (lambda s: s.update(__class__=["list"]), "types that are not allowed"),
    ):
        with pytest.raises(DataError, match=said):
            restored(crafted(change))
    members = unpacked(dumped(LogisticRegression().fit([[0.0], [1.0]], [0, 1])))
    array = next(name for name in members if name.endswith(".npy"))
    for data in (members[array][:-1], members[array].replace(b"(2,)", b"(9,)").replace(b"(1, 1)", b"(9, 9)"), b"no array"):
        with pytest.raises(DataError, match="array of the model"):
            restored(packed({**members, array: data}))


@pytest.mark.parametrize(
    ("data", "code", "found"),
    [
        (b"", 3, "an empty file"),
        (b"hello", 3, "a file of another kind"),
        (b"PK\x03\x04 and no more", 5, "an archive that is cut off or damaged"),
    ],
)
def test_what_is_no_model_file_is_said_in_words(tmp_path, data, code, found):
    (tmp_path / "m").write_bytes(data)
    with pytest.raises(DataError) as refused:
        load(tmp_path / "m")
    assert (refused.value.exit_code, refused.value.what, refused.value.found) == (code, "this is no model file", found)
    assert "take an untouched copy" in refused.value.do
    assert not re.search(r"[A-Z][a-z]+(Error|File|Exception)", str(refused.value))


def test_a_tree_that_points_outside_of_itself_is_refused(homes):
    def fitted():
        return HistGradientBoostingClassifier(max_iter=3).fit(homes[list(NUMBERS)], homes["fell"])

    assert restored(dumped(fitted())).n_features_in_ == 3
    for name, value in (("left", 99_999), ("right", 0), ("feature_idx", 77)):
        model = fitted()
        nodes = model._predictors[0][0].nodes
        nodes[name][nodes["is_leaf"] == 0] = value
        with pytest.raises(DataError, match="points outside of itself"):
            restored(dumped(model))
    with pytest.raises(DataError, match="belongs to no ensemble"):
        restored(dumped({"model": fitted()._predictors[0][0]}))


def test_other_versions_and_columns_are_refused(homes, tmp_path, monkeypatch):
    kept = kept_of(homes)
    path = save(kept, tmp_path / "m")
    now = persistence._versions()
    monkeypatch.setattr(persistence, "_versions", lambda: {**now, "scikit-learn": "9.9.9"})
    with pytest.raises(DataError, match="other library versions"):
        load(path)
    assert np.array_equal(load(path, same_versions=False).score(homes), kept.score(homes))
    monkeypatch.undo()
    members = unpacked(path.read_bytes())
    record = json.loads(members[RECORD])
    lost = {**record, "versions": {"numpy": now["numpy"]}}
    turned = {**record, "features": record["features"][::-1]}
    fewer = {**record, "features": record["features"][:2]}
    odd = {**record, "trained": "always"}
    for wrong, said in (
        (lost, "does not say all library versions"),
        (turned, "fitted on other columns"),
        (fewer, "other columns than its features"),
        (odd, "does not make sense"),
        ({**record, "kinds": dict.fromkeys(record["kinds"], "figure")}, "does not make sense"),
        ({}, "does not make sense"),
    ):
        (tmp_path / "w").write_bytes(sealed({MODEL: members[MODEL], RECORD: as_json(wrong)}))
        with pytest.raises(DataError, match=said):
            load(tmp_path / "w")
    for frame, said in (
        (homes.drop(columns="drop"), "drop"),
        (homes.assign(income=homes["income"].astype(str)), "was a number"),
        (homes.assign(income=np.nan), "does not take these rows"),
        (homes.head(0), "no rows"),
        (pd.concat([homes, homes[["income"]]], axis=1), "more than once"),
    ):
        with pytest.raises(DataError, match=said):
            kept.score(frame)


def test_no_household_is_in_the_file(homes, tmp_path):
    kept = kept_of(homes, *MODELS["mixed"])
    data = save(kept, tmp_path / "m").read_bytes()
    assert b"H000" not in data
    whole = {tuple(row) for row in homes[list(kept.spec.features)].itertuples(index=False)}
    assert not whole & {tuple(row) for row in kept.reference.itertuples(index=False)}
    named = homes.assign(code=homes.index)
    with pytest.raises(DataError, match="tells households apart"):
        kept_of(named, mixed(), (*NUMBERS, "dwelling")).spec.__class__(
            features=("income", "code"), label="a@1", trained=(1, 2)
        ).keep(Rule().fit(named[["income", "code"]], named["fell"]), named)


def test_a_file_is_written_whole_or_not_at_all(homes, tmp_path, monkeypatch):
    kept = kept_of(homes)
    path = save(kept, tmp_path / "m")
    before = path.read_bytes()

    def full(*_):
        raise OSError("no space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OutputError, match="cannot be written"):
        save(kept_of(homes, LogisticRegression(C=0.1)), path)
    monkeypatch.undo()
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["m"]
    with pytest.raises(OutputError):
        save(kept, tmp_path / "nowhere" / "m")


def test_what_cannot_be_kept_is_said(homes, tmp_path):
    record = ModelRecord(features=NUMBERS, label="falling@1", trained=(2020, 2023))
    model = LogisticRegression().fit(homes[list(NUMBERS)], homes["fell"])
    function = make_pipeline(FunctionTransformer(np.tanh), LogisticRegression()).fit(homes[list(NUMBERS)], homes["fell"])
    forest = RandomForestClassifier(2).fit(homes[list(NUMBERS)], homes["fell"])
    for wrong in (function, forest):
        with pytest.raises(SpecError, match="types that would not be loaded"):
            save(record.keep(wrong, homes), tmp_path / "m")
    for make in (
        lambda: record.keep("model", homes),
        lambda: record.keep(model, [1, 2]),
        lambda: record.keep(model, homes.head(0)),
        lambda: record.keep(model, homes.drop(columns="income")),
        lambda: record.keep(model, homes, scores="good"),
        lambda: record.keep(model, homes, scores=pd.DataFrame({"auc": [1]})),
        lambda: record.keep(model, homes, curve="straight"),
        lambda: save(ModelRecord(features=NUMBERS, label="a@1", trained=(1, 2), method=homes).keep(model, homes), tmp_path / "m"),
        lambda: record.keep(model, homes.assign(income=homes["income"].astype("category"))),
        lambda: save(model, tmp_path / "m"),
        lambda: save(record.keep(model, homes), tmp_path / "m", trusted="all"),
        lambda: ModelRecord(features=(), label="a", trained=(1, 2)),
        lambda: ModelRecord(features=NUMBERS, label="", trained=(1, 2)),
        lambda: ModelRecord(features=NUMBERS, label="a", trained=(3, 2)),
        lambda: ModelRecord(features=NUMBERS, label="a", trained=2020),
        lambda: ModelRecord(features=NUMBERS, label="a", trained=("a", "b")),
        lambda: ModelRecord(features=NUMBERS, label="a", trained=(1, 2), limits=("none",)),
        lambda: ModelRecord(features=NUMBERS, label="a", trained=(1, 2), reference=0),
    ):
        with pytest.raises(EvalkitError) as said:
            make()
        assert len(str(said.value)) > 20
    assert not list(tmp_path.iterdir())


def test_what_cannot_be_written_without_pickle_is_said(homes, tmp_path):
    kept = kept_of(homes, Rule(level=0.1))
    with (tmp_path / "log").open("w") as kept.model.log, pytest.raises(SpecError) as wrong:
        save(kept, tmp_path / "m", trusted=(RULE,))
    assert str(wrong.value) == (
        "the model cannot be written without pickle; found Rule. "
        "To do: keep estimators of scikit-learn, without open files in them."
    )


def test_a_version_of_the_line_is_text():
    with pytest.raises(SpecError) as wrong:
        ModelRecord(features=NUMBERS, label="falling@1", trained=(1, 2), line_version=2024)
    assert str(wrong.value) == 'ModelRecord line_version must be text; found 2024. To do: write line_version="china-2024".'


def test_folders_and_files_that_are_too_large_are_not_read(tmp_path, monkeypatch):
    with pytest.raises(DataError) as wrong:
        load(tmp_path)
    assert str(wrong.value) == f"{tmp_path}: this is no file. To do: name a model file."
    monkeypatch.setattr("evalkit.risk.keeping.integrity.LARGEST", 8)
    large = tmp_path / "large"
    large.write_bytes(bytes(9))
    with pytest.raises(SafetyError) as wrong:
        load(large)
    assert str(wrong.value) == f"{large}: the model file is too large. To do: keep it under 8 bytes."


def test_a_fingerprint_tells_frames_apart(homes):
    frame = homes.drop(columns="fell")
    told = fingerprint(frame)
    assert fingerprint(frame.sample(frac=1, random_state=0).reset_index(drop=True)[frame.columns[::-1]]) == told
    assert fingerprint(frame.assign(income=frame["income"] * (1 + 1e-15))) == told
    changed = frame.copy()
    changed.iloc[7, 0] += 1e-6
    swapped = frame.assign(income=frame["income"].to_numpy()[::-1])
    for other in (changed, swapped, frame.head(1_999), frame.rename(columns={"drop": "fall"}), frame.assign(workers=1)):
        assert fingerprint(other) != told
    gaps = pd.DataFrame({"a": [1.0, np.nan], "b": ["x", None]})
    assert fingerprint(gaps) != fingerprint(gaps.fillna({"a": 0.0}))
