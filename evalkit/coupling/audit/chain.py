"""The chain from raw indicators to the systems: min–max, weights and scores, held against what is printed of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from evalkit.check import one_of
from evalkit.coupling.audit.boxes import Box, Printed, as_told, read_printed
from evalkit.coupling.audit.steps import Decided
from evalkit.coupling.audit.trial import Decision, Hypothesis, attempt, decide
from evalkit.errors import DataError, SpecError, several
from evalkit.stats.arrays import Array, Codes
from evalkit.stats.entropy import entropy_divergence
from evalkit.terms import Text, same

Grouping = Mapping[str, Codes]


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class RawData:
    """The raw indicators of a printed table, in the order of its rows.

    Parameters
    ----------
    frame
        One column an indicator; the figures are taken as they stand.
    systems
        For each system of the table its indicators, each "benefit" or "cost".
    weighting
        "entropy": the weights are said to be entropy weights; "given": they are judged or agreed, and printed.
    weights
        The printed weights, by indicator; as strings they keep their last zeros.
    normalized
        The printed normalized figures, one column an indicator.
    """

    frame: pd.DataFrame
    systems: Mapping[str, Mapping[str, str]]
    weighting: Literal["entropy", "given"] = "entropy"
    weights: Mapping[str, float | str] | None = None
    normalized: pd.DataFrame | None = None

    def __post_init__(self) -> None:
        if not isinstance(self.frame, pd.DataFrame) or self.frame.columns.has_duplicates:
            found = type(self.frame).__name__ if not isinstance(self.frame, pd.DataFrame) else "a column twice"
            raise SpecError("RawData frame must be a DataFrame with each column once", found=found)
        if (
            not isinstance(self.systems, Mapping)
            or not self.systems
            or not all(isinstance(items, Mapping) and items for items in self.systems.values())
        ):
            do = 'write {"U1": {"income": "benefit", "illness": "cost"}, …}'
            raise SpecError("RawData systems must give each system its indicators", found=repr(self.systems)[:80], do=do)
        one_of(str(self.weighting), ("entropy", "given"), who="RawData weighting")
        if self.weighting == "given" and self.weights is None:
            raise SpecError("weights are said to be given, and none are", do="pass weights={indicator: weight}")
        if self.normalized is not None:
            lacking = (
                self.indicators
                if not isinstance(self.normalized, pd.DataFrame)
                else [name for name in self.indicators if name not in self.normalized.columns]
            )
            if lacking or len(self.normalized) != len(self.frame):
                do = "give one column per indicator and the rows of the raw data"
                found = f"lacking {several(lacking)}" if lacking else f"{len(self.normalized)} rows, not {len(self.frame)}"
                raise SpecError("RawData normalized must have all indicators and the rows of the raw data", found=found, do=do)
        absent = [name for name in self.indicators if name not in self.frame.columns]
        if absent:
            raise DataError("the raw data lack indicators", found=several(absent), do="add the columns")
        for name, direction in ((n, d) for items in self.systems.values() for n, d in items.items()):
            one_of(direction, ("benefit", "cost"), who=f"direction of indicator '{name}'")
        odd = [f"{name}: {cell}" for name in self.indicators for cell in _no_figures(self.frame[name])]
        if odd:
            raise DataError("the raw data hold what is no number", found=several(odd), do="correct the cells")
        gaps = [name for name in self.indicators if not np.isfinite(self.frame[name].to_numpy(dtype=float)).all()]
        if gaps:
            raise DataError(
                "the raw data have gaps or infinite figures",
                found=several(gaps),
                do="fill them as the authors did, or leave the rows out",
            )
        object.__setattr__(self, "frame", as_told(self.frame))
        if self.normalized is not None:
            object.__setattr__(self, "normalized", as_told(self.normalized))

    @property
    def indicators(self) -> tuple[str, ...]:
        """Every indicator, system after system."""
        return tuple(name for items in self.systems.values() for name in items)

    @property
    def cost(self) -> Array:
        """1 for an indicator of which less is better, else 0."""
        return np.array([float(d == "cost") for items in self.systems.values() for d in items.values()])

    @property
    def system_of(self) -> Codes:
        """The system of each indicator, by position."""
        return np.repeat(np.arange(len(self.systems)), [len(items) for items in self.systems.values()])


def _no_figures(column: pd.Series) -> list[object]:
    """The cells of a column that are neither figures nor gaps."""
    return column[pd.to_numeric(column, errors="coerce").isna() & column.notna()].tolist()


ZEROS: dict[str, Text] = {
    "limit": Text("0·ln 0 = 0", "0·ln 0 = 0"),
    "shift": Text("平移 0.0001", "shifted by 0.0001"),
    "shift_001": Text("平移 0.01", "shifted by 0.01"),
    "squeeze_002": Text("压缩至 [0.002, 0.998]", "squeezed to [0.002, 0.998]"),
    "squeeze_01": Text("压缩至 [0.01, 0.99]", "squeezed to [0.01, 0.99]"),
    "one": Text("p = (1 + Z)/Σ(1 + Z)", "p = (1 + Z)/Σ(1 + Z)"),
}
BOUNDS = {
    "over_all": Text("全样本极差标准化", "min–max over all rows"),
    "within_periods": Text("逐年极差标准化", "min–max within each year"),
    "within_units": Text("逐单元极差标准化", "min–max within each unit"),
}
MODES = {
    "entropy": Text("熵权 w = (1 − e)/Σ(1 − e)", "entropy weights w = (1 − e)/Σ(1 − e)"),
    "by_entropy": Text("权重误与 e 成正比", "weights proportional to e instead of 1 − e"),
    "no_shares": Text("误对极差标准化值而非比重取 P ln P", "P ln P on the min–max values instead of their shares"),
    "equal": Text("等权", "equal weights"),
}
TOGETHER = Text("权重在全部系统上归一", "weights that sum to one over all systems together")
SCORES = {"sum": Text("S = Σ w·Z", "S = Σ w·Z"), "shares": Text("S = Σ w·p", "S = Σ w·p")}


def normalized(x: Array, groups: Codes, cost: Array) -> Array:
    """Min–max within groups of rows, of shape (m, k): 1 the best row of its group, 0 the worst and where all are alike."""
    table = pd.DataFrame(x).groupby(groups)
    low, high = table.transform("min").to_numpy(), table.transform("max").to_numpy()
    width = high - low
    z = np.divide(x - low, width, out=np.zeros_like(x), where=width > 0)
    return np.where(cost > 0, np.where(width > 0, 1 - z, 0.0), z)


def lifted(z: Array, zeros: str) -> Array:
    """What becomes of normalized figures before their shares are taken."""
    match zeros:
        case "shift":
            return z + 1e-4
        case "shift_001":
            return z + 0.01
        case "squeeze_002":
            return 0.002 + 0.996 * z
        case "squeeze_01":
            return 0.01 + 0.98 * z
        case "one":
            return 1 + z
        case _:
            return z


def weights(z: Array, system_of: Codes, mode: str, *, together: bool) -> Array:
    """Weights of the columns of z, (m, k): within each system they sum to one, or over all of them together."""
    match mode:
        case "equal":
            raw = np.ones(z.shape[1])
        case "by_entropy":
            raw = 1 - entropy_divergence(z)
        case "no_shares":
            logs = np.log(z, out=np.zeros_like(z), where=z > 0)
            raw = 1 + (z * logs).sum(axis=0) / np.log(len(z))
        case _:
            raw = entropy_divergence(z)
    total = np.bincount(system_of, raw)[system_of] if not together else raw.sum()
    return np.divide(raw, total, out=np.zeros_like(raw), where=total != 0)


def normalization_step(raw: RawData, groups: Grouping) -> Decided | None:
    """What reproduces the printed normalized figures: the bounds of min–max, and the direction of each indicator."""
    if raw.normalized is None:
        return None
    columns = [read_printed(raw.normalized[name], who=name) for name in raw.indicators]
    rows = np.concatenate([one.known for one in columns])
    printed = Printed(np.concatenate([c.values for c in columns])[rows], np.concatenate([c.unit for c in columns])[rows])
    x = raw.frame[list(raw.indicators)].to_numpy(dtype=float)
    every = []
    for scope, codes in groups.items():
        z, other = normalized(x, codes, raw.cost), normalized(x, codes, 1 - raw.cost)
        every.append(Hypothesis(key=scope, name=BOUNDS[scope], kind="right", box=_exact(z.T.ravel()[rows])))
        turned = _turned(z, other, columns)
        if turned.any():
            names = "、".join(name for name, t in zip(raw.indicators, turned, strict=True) if t)
            text = Text("{bounds}；方向相反的指标：{n}", "{bounds}; direction reversed: {n}").format(
                bounds=BOUNDS[scope], n=names
            )
            box = _exact(np.where(turned, other, z).T.ravel()[rows])
            every.append(Hypothesis(key=f"reversed|{scope}", name=text, kind="error", box=box))
    return Decided(decision=decide("Z", every, printed), printed=printed, rows=rows, names=raw.indicators)


def _turned(z: Array, other: Array, columns: Sequence[Printed]) -> Array:
    """The indicators whose printed figures fit the other direction better by far."""
    gain = []
    for j, one in enumerate(columns):
        box = one.box()
        as_said, as_turned = (int(_exact(v[:, j]).meets(box).sum()) for v in (z, other))
        gain.append(as_turned > as_said + len(z) / 2)
    return np.array(gain)


def _exact(values: Array) -> Box:
    return Box(values, values)


def weight_step(raw: RawData, groups: Grouping) -> Decided | None:
    """What reproduces the printed weights, where they are said to be entropy weights."""
    if raw.weights is None or raw.weighting == "given":
        return None
    printed = _printed_weights(raw)
    decision = decide("W", _kept(_weightings(raw, groups), printed), printed)
    return Decided(decision=decision, printed=printed, rows=np.ones(len(raw.indicators), dtype=bool), names=raw.indicators)


def _printed_weights(raw: RawData) -> Printed:
    assert raw.weights is not None
    absent = [name for name in raw.indicators if name not in raw.weights]
    if absent:
        raise DataError("weights are given for some indicators only", found=f"none for {several(absent)}", do="add them")
    return read_printed(pd.Series([raw.weights[name] for name in raw.indicators], dtype=object), who="weights")


def _weightings(raw: RawData, groups: Grouping) -> Iterator[tuple[str, Hypothesis, Array]]:
    """Every weighting: its key without the zero handling, the hypothesis on the weights, and the normalized figures."""
    x = raw.frame[list(raw.indicators)].to_numpy(dtype=float)
    for scope, codes in groups.items():
        z = normalized(x, codes, raw.cost)
        for mode, said in MODES.items():
            for together in (False, True):
                key = f"{mode}|{scope}" + ("|together" if together else "")
                name = _joined(BOUNDS[scope], said, *((TOGETHER,) if together else ()))
                right = mode in ("entropy", "equal") and not together
                for zeros in ZEROS if mode != "equal" else ("limit",):
                    w = weights(lifted(z, zeros), raw.system_of, mode, together=together)
                    one = Hypothesis(
                        key=key, name=name, kind="right" if right else "error", box=_exact(w),
                        found=ZEROS[zeros] if mode != "equal" else same(""),
                    )  # fmt: skip
                    yield key, one, z


def _kept(tried: Iterator[tuple[str, Hypothesis, Array]], printed: Printed) -> list[Hypothesis]:
    """Of each weighting the zero handling that reproduces most, the first among equals."""
    best: dict[str, tuple[int, Hypothesis]] = {}
    for key, one, _ in tried:
        hits = int(attempt(one, printed).hits.sum())
        if key not in best or hits > best[key][0]:
            best[key] = (hits, one)
    return [one for _, one in best.values()]


def score_step(raw: RawData, groups: Grouping, systems: Sequence[Printed]) -> Decided | None:
    """What reproduces the printed systems: S = Σ w·Z or Σ w·p, with printed weights or with every weighting."""
    rows = np.concatenate([one.known for one in systems])
    if not rows.any():
        return None
    printed = Printed(np.concatenate([s.values for s in systems])[rows], np.concatenate([s.unit for s in systems])[rows])
    best: dict[str, tuple[int, Hypothesis]] = {}
    for key, one in _scorings(raw, groups, rows):
        hits = int(attempt(one, printed).hits.sum())
        if key not in best or hits > best[key][0]:
            best[key] = (hits, one)
    decision = decide("U", [one for _, one in best.values()], printed)
    return Decided(decision=decision, printed=printed, rows=rows, names=tuple(raw.systems))


def _scorings(raw: RawData, groups: Grouping, rows: Array) -> Iterator[tuple[str, Hypothesis]]:
    given = _given_weights(raw, groups) if raw.weights is not None else _weightings(raw, groups)
    for key, one, z in given:
        for form, said in SCORES.items():
            base = z if form == "sum" else z / np.maximum(z.sum(axis=0), 1e-300)
            box = scored(base, one.box, raw.system_of)
            found = Hypothesis(
                key=f"{key}|{form}", name=_joined(one.name, said), kind=one.kind,
                box=Box(box.low.ravel()[rows], box.high.ravel()[rows]), found=one.found,
            )  # fmt: skip
            yield found.key, found


def _given_weights(raw: RawData, groups: Grouping) -> Iterator[tuple[str, Hypothesis, Array]]:
    x = raw.frame[list(raw.indicators)].to_numpy(dtype=float)
    printed = _printed_weights(raw)
    total = np.bincount(raw.system_of, printed.values)
    together = len(total) > 1 and abs(float(total.sum()) - 1) < len(printed.values) * float(printed.unit.max())
    name = _joined(PRINTED, TOGETHER) if together else PRINTED
    for scope, codes in groups.items():
        one = Hypothesis(
            key=f"printed_weights|{scope}" + ("|together" if together else ""), name=_joined(BOUNDS[scope], name),
            kind="error" if together else "right", box=printed.box("rounded"),
        )  # fmt: skip
        yield one.key, one, normalized(x, codes, raw.cost)


PRINTED = Text("所列权重", "the printed weights")


def scored(z: Array, w: Box, system_of: Codes) -> Box:
    """Σ w·Z of each system, (n, m), over the intervals of the weights."""
    member = system_of == np.arange(int(system_of.max()) + 1)[:, None]
    return Box((member * w.low) @ z.T, (member * w.high) @ z.T)


def recomputed(raw: RawData, groups: Grouping, decided: Decision | None) -> Box | None:
    """The systems from raw data and printed weights, for rows in which they are not printed."""
    if raw.weights is None:
        return None
    scope = "over_all"
    if decided is not None and decided.best is not None:
        scope = next((name for name in groups if name in decided.best.hypothesis.key), scope)
    x = raw.frame[list(raw.indicators)].to_numpy(dtype=float)
    return scored(normalized(x, groups[scope], raw.cost), _printed_weights(raw).box("rounded"), raw.system_of)


def _joined(*parts: Text) -> Text:
    return Text("；".join(part.zh for part in parts), "; ".join(part.en for part in parts))
