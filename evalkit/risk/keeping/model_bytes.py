"""A fitted estimator as bytes and back without pickle: the same bytes for the same model, and only types that are named."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import numpy as np

from evalkit.errors import DataError, SafetyError, SpecError, several
from evalkit.risk.keeping.integrity import BROKEN, packed, unpacked

SCHEMA = "schema.json"
LOADERS = frozenset(
    {
        "Dict",
        "DefaultDict",
        "List",
        "Tuple",
        "Set",
        "Json",
        "Type",
        "Slice",
        "Object",
        "NdArray",
        "DType",
        "RandomState",
        "RandomGenerator",
        "Loss",
    }
    | {"Function", "Partial"}  # of functions that are named, as types are
)
_SKLEARN = {
    "linear_model._logistic": "LogisticRegression LogisticRegressionCV",
    "linear_model._base": "LinearRegression",
    "linear_model._ridge": "Ridge",
    "linear_model._coordinate_descent": "ElasticNet ElasticNetCV Lasso LassoCV",
    "preprocessing._function_transformer": "FunctionTransformer",
    "utils.validation": "check_array",
    "isotonic": "IsotonicRegression",
    "pipeline": "Pipeline FeatureUnion",
    "compose._column_transformer": "ColumnTransformer _RemainderColsList",
    "preprocessing._data": "StandardScaler MinMaxScaler RobustScaler QuantileTransformer PowerTransformer PolynomialFeatures",
    "preprocessing._polynomial": "PolynomialFeatures SplineTransformer",
    "preprocessing._encoders": "OneHotEncoder OrdinalEncoder",
    "preprocessing._discretization": "KBinsDiscretizer",
    "preprocessing._label": "LabelEncoder",
    "impute._base": "SimpleImputer MissingIndicator",
    "calibration": "CalibratedClassifierCV _CalibratedClassifier _SigmoidCalibration",
    "ensemble._voting": "VotingClassifier",
    "utils._bunch": "Bunch",
    "ensemble._hist_gradient_boosting.gradient_boosting": "HistGradientBoostingClassifier HistGradientBoostingRegressor",
    "ensemble._hist_gradient_boosting.binning": "_BinMapper",
    "ensemble._hist_gradient_boosting.predictor": "TreePredictor",
    "_loss.loss": "HalfBinomialLoss HalfSquaredError",
    "_loss._loss": "CyHalfBinomialLoss CyHalfSquaredError",
    "_loss.link": "LogitLink IdentityLink Interval",
}
_OWN = {
    "models.linear": "PenalizedLogistic DiscreteHazard",
    "models.columns": "Prepared Expansion",
    "models.means": "ProxyMeans ExpectedPoverty",
    "models.rules": "OfficialLine LineOrShock LastStatus IncomeAlone",
    "models.boosting": "BoostedTrees ExplainableBoosting",
    "models.averaged": "AveragedLogits",
    "calibration.curves": "PlattCurve IsotonicCurve BetaCurve",
    "calibration.venn_abers": "VennAbersCurve",
}
_PLAIN = {
    "functools": "partial",
    "collections": "defaultdict OrderedDict",
    "interpret.glassbox._ebm._ebm": "ExplainableBoostingClassifier",
    "builtins": "int float str bool list tuple dict set slice NoneType",
    "numpy": "ndarray dtype bool bool_ int8 int16 int32 int64 uint8 uint16 uint32 uint64 float32 float64 str_",
    "numpy.random.mtrand": "RandomState",
    "numpy.random._generator": "Generator",
    "numpy.random._pcg64": "PCG64",
    "numpy.random._mt19937": "MT19937",
}
ALLOWED = frozenset(
    f"{prefix}{module}.{name}"
    for prefix, table in (("sklearn.", _SKLEARN), ("evalkit.risk.", _OWN), ("", _PLAIN))
    for module, words in table.items()
    for name in words.split()
)
NATIVE = ("lightgbm.basic.Booster",)  # read by code that takes its text at its word: from signed files, or where named
_NUMBERED = re.compile(r"(\d+)\.(npy|bin)")


def dumped(model: object, trusted: tuple[str, ...] = ()) -> bytes:
    """A fitted model as bytes, its parts numbered in order.

    Raises
    ------
    SpecError
        It holds types that are not named, or that cannot be written without pickle.
    """
    import skops.io

    try:
        raw = skops.io.dumps(model)
    except Exception:  # any part of a model may refuse to be written
        parts = model.values() if isinstance(model, dict) else [model]
        found = several(type(part).__name__ for part in parts if part is not None)
        do = "keep estimators of scikit-learn, without open files in them"
        raise SpecError("the model cannot be written without pickle", found=found, do=do) from None
    from zipfile import ZipFile

    with ZipFile(BytesIO(raw)) as archive:
        members = {name: archive.read(name) for name in archive.namelist()}
    schema = json.loads(members.pop(SCHEMA))
    odd = _odd(schema, (*trusted, *NATIVE))
    if odd:
        do = "keep estimators of scikit-learn, or name classes of your own in trusted"
        raise SpecError("the model holds types that would not be loaded", found=several(odd), do=do)
    numbers: dict[str, str] = {}
    ordered = _renumbered(schema, numbers)
    arrays = {_NUMBERED.sub(lambda hit: f"{numbers[hit[1]]}.{hit[2]}", name): data for name, data in members.items()}
    named = sorted(arrays, key=lambda name: int(name.partition(".")[0]))
    text = json.dumps(ordered, separators=(",", ":"), ensure_ascii=False).encode()
    return packed({**{name: arrays[name] for name in named}, SCHEMA: text})


def restored(data: bytes, trusted: tuple[str, ...] = ()) -> Any:
    """The model of such bytes. Nothing of it is imported or built before all its types and arrays have been looked at.

    Raises
    ------
    SafetyError
        A type is not among `ALLOWED` and `trusted`, an array is not as long as it says, or a tree points outside of itself.
    """
    import skops.io
    from skops.io._protocol import PROTOCOL

    members = unpacked(data)
    if SCHEMA not in members or any(name != SCHEMA and not _NUMBERED.fullmatch(name) for name in members):
        raise SafetyError("the model has other members than it must", found=several(members), do=BROKEN)
    for name, member in members.items():
        if name.endswith(".npy"):
            _whole_array(name, member)
    try:
        schema = json.loads(members[SCHEMA])
    except (ValueError, RecursionError):
        raise SafetyError("the model cannot be read", do=BROKEN) from None
    if not isinstance(schema, dict) or schema.get("protocol") != PROTOCOL:
        raise DataError("the model is written by another protocol of skops", do="save it again with the skops that is installed")
    odd = _odd(schema, trusted)
    if odd:
        do = "load it only if you know who wrote it and what these are; then name them in trusted"
        raise SafetyError("the model holds types that are not allowed", found=several(odd), do=do)
    try:
        model = skops.io.loads(data, trusted=skops.io.get_untrusted_types(data=data))
    except Exception:  # a crafted tree may break its builder in any way
        raise SafetyError("the model cannot be built from what the file holds", do=BROKEN) from None
    _sound(model)
    return model


def _odd(schema: object, trusted: tuple[str, ...]) -> list[str]:
    """What is neither allowed nor trusted: types and ways of building them."""
    known, odd = ALLOWED | set(trusted), dict[str, None]()
    for node in _nodes(schema):
        if "__class__" not in node and "__loader__" not in node:
            continue
        name = f"{node.get('__module__')}.{node.get('__class__')}"
        loader = str(node.get("__loader__", "TypeNode")).removesuffix("Node")
        if name not in known:
            odd[name] = None
        elif loader not in LOADERS:
            odd[f"{name} by {loader}"] = None
    return list(odd)


def _nodes(schema: object) -> Iterator[dict[str, Any]]:
    """Every object of a tree of JSON."""
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            yield node
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)


def _renumbered(node: Any, numbers: dict[str, str]) -> Any:
    """The tree with its objects numbered 1, 2, … as they come, instead of by where they lay in memory."""
    if isinstance(node, list):
        return [_renumbered(one, numbers) for one in node]
    if not isinstance(node, dict):
        return node
    out: dict[str, Any] = {}
    for key, value in node.items():
        if key == "__id__":
            out[key] = int(numbers.setdefault(str(value), str(len(numbers) + 1)))
        elif key == "file" and isinstance(value, str) and (hit := _NUMBERED.fullmatch(value)):
            out[key] = f"{numbers.setdefault(hit[1], str(len(numbers) + 1))}.{hit[2]}"
        else:
            out[key] = _renumbered(value, numbers)
    return out


def _whole_array(name: str, data: bytes) -> None:
    """Refuse an array that says another length than it has, before room is made for it."""
    stream = BytesIO(data)
    try:
        version = np.lib.format.read_magic(stream)
        read = {(1, 0): np.lib.format.read_array_header_1_0, (2, 0): np.lib.format.read_array_header_2_0}[version]
        shape, _, dtype = read(stream)
    except Exception:  # any header but a plain one
        raise SafetyError("an array of the model cannot be read", found=name, do=BROKEN) from None
    length = int(np.prod([int(side) for side in shape], dtype=object)) if shape else 1
    if dtype.hasobject or length * dtype.itemsize != len(data) - stream.tell():
        raise SafetyError("an array of the model is not as long as it says", found=name, do=BROKEN)


def _sound(model: object) -> None:
    """Refuse boosted trees whose nodes point outside of the tree or of the features: scikit-learn does not look."""
    checked: set[int] = set()
    trees: list[Any] = []
    for part in _parts(model):
        if type(part).__name__ == "TreePredictor":
            trees.append(part)
        elif hasattr(part, "_predictors") and hasattr(part, "_bin_mapper"):
            width = int(part.n_features_in_)
            held = [tree for row in part._predictors for tree in row]
            if len(part._bin_mapper.bin_thresholds_) != width or not all(_closed(tree, width) for tree in held):
                raise SafetyError("a tree of the model points outside of itself", do=BROKEN)
            checked |= {id(tree) for tree in held}
    if any(id(tree) not in checked for tree in trees):
        raise SafetyError("a tree of the model belongs to no ensemble", do=BROKEN)


def _closed(tree: Any, width: int) -> bool:
    """Whether all nodes lead to later nodes of the tree and ask for features there are."""
    from sklearn.ensemble._hist_gradient_boosting.common import PREDICTOR_RECORD_DTYPE

    nodes, sets = getattr(tree, "nodes", None), getattr(tree, "raw_left_cat_bitsets", None)
    if not isinstance(nodes, np.ndarray) or nodes.dtype != PREDICTOR_RECORD_DTYPE or nodes.ndim != 1 or not len(nodes):
        return False
    if not isinstance(sets, np.ndarray) or sets.dtype != np.uint32 or (len(sets) and sets.shape[1:] != (8,)):
        return False
    at = np.flatnonzero(nodes["is_leaf"] == 0)
    inner = nodes[at]
    on = all(((inner[side] > at) & (inner[side] < len(nodes))).all() for side in ("left", "right"))
    asked = ((inner["feature_idx"] >= 0) & (inner["feature_idx"] < width)).all()
    kinds = inner["is_categorical"] != 0
    return bool(on and asked and (inner["bitset_idx"][kinds] < len(sets)).all())


def _parts(model: object) -> Iterator[Any]:
    """A model and all that it is made of."""
    waiting, seen = [model], set[int]()
    while waiting:
        part = waiting.pop()
        if id(part) in seen or isinstance(part, str | bytes | int | float | type | None):
            continue
        seen.add(id(part))
        if isinstance(part, dict):
            waiting.extend(part.values())
        elif isinstance(part, list | tuple | set):
            waiting.extend(part)
        elif isinstance(part, np.ndarray):
            waiting.extend(part.ravel().tolist() if part.dtype.hasobject else [])
        else:
            yield part
            waiting.extend(vars(part).values() if hasattr(part, "__dict__") else [])
            slots = getattr(type(part), "__slots__", ())
            names = (slots,) if isinstance(slots, str) else slots
            waiting.extend(getattr(part, name, None) for name in names)
