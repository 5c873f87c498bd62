"""The audit on 200 tables it has not seen: made here by formulas of their own, with known truth, and counted.

Nothing of the library makes the tables. Rules and thresholds of the audit were settled on other seeds than the one used here.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest

from evalkit.coupling.audit.audit import audit_coupling

SEED = 20_260_731
RIGHT = ("standard", "power:2", "power:3", "wang", "fan", "distance:1", "pairs", "power:free")
ERRORS = (
    "lost_coefficient", "lost_denominator", "lost_power", "d_as_c", "c_as_d", "lost_root", "rescaled_within_units",
    "rescaled_over_all", "not_to_one", "both_systems", "outside",
)  # fmt: skip
NOTHING = ("random_c", "random_t", "random_d", "other_c", "other_d")
KINDS = (*RIGHT, *ERRORS, *NOTHING)


@dataclass
class Truth:
    """What a table was made by: outcome, the step that goes wrong, and the hypotheses that name it."""

    kind: str
    outcome: str
    at: str
    names: dict
    frame: pd.DataFrame
    share: float | None = None


def spread(rows):
    """Coupling as the textbook writes it, one row after the other: rows of (m, n)."""
    return np.array([len(r) * np.prod(r) ** (1 / len(r)) / sum(r) for r in rows])


def coupling(kind, rows, k=1.0):
    n = rows.shape[1]
    if kind == "wang":
        out = []
        for r in rows:
            gaps = [abs(r[i] - r[j]) for i in range(n) for j in range(i)]
            out.append(np.sqrt((1 - np.mean(gaps)) * np.prod(r / max(r)) ** (1 / (n - 1))))
        return np.array(out)
    if kind == "fan":
        return np.array([1 - 2 * np.sqrt(np.mean((r - np.mean(r)) ** 2)) for r in rows])
    if kind == "distance:1":
        ideal = np.array([[np.mean(np.delete(r, i)) for i in range(n)] for r in rows])
        return np.sqrt(1 - np.sqrt(((rows - ideal) ** 2).sum(axis=1) / n))
    if kind == "pairs":
        return np.array([(np.prod(r) / np.prod([r[i] + r[j] for i in range(n) for j in range(i)])) ** (1 / n) for r in rows])
    if kind.startswith("power"):
        return (np.prod(rows, axis=1) / rows.mean(axis=1) ** n) ** k
    if kind == "lost_coefficient":
        return spread(rows) / n
    if kind == "lost_denominator":
        return np.exp(np.log(rows).mean(axis=1))
    if kind == "lost_power":
        return n * (np.prod(rows, axis=1) / rows.sum(axis=1)) ** (1 / n)
    return spread(rows)


def draw_systems(rng, n, units, years):
    """Indices of places over years: levels that differ, trends of their own, noise that stays; in (0, 1)."""
    t = np.arange(years) / max(years - 1, 1)
    level = rng.uniform(0.15, 0.6, (units, 1, n)) + rng.uniform(-0.1, 0.1, n)
    slope = rng.uniform(-0.1, 0.4, (units, 1, n))
    noise = rng.normal(0, rng.uniform(0.01, 0.06), (units, years, n))
    return np.clip(level + slope * t[None, :, None] + noise, 0.03, 0.97).reshape(units * years, n)


def in_print(rng, x, decimals, how):
    scale = 10.0**decimals
    return (np.floor(x * scale + 1e-9) if how == "cut" else np.round(x * scale)) / scale


def rescale(rows, group, low=0.01, high=0.99):
    out = np.empty_like(rows)
    for g in np.unique(group):
        one = rows[group == g]
        out[group == g] = low + (high - low) * (one - one.min(axis=0)) / (one.max(axis=0) - one.min(axis=0))
    return out


def draw_table(rng, kind):
    n = int(rng.choice([2, 2, 3, 4]))
    if kind == "pairs":
        n = int(rng.choice([2, 3]))
    if kind == "power:3":
        n = int(rng.choice([2, 3]))
    units, years = (1, int(rng.integers(8, 21))) if rng.random() < 0.35 else (int(rng.integers(4, 11)), int(rng.integers(3, 7)))
    if kind == "rescaled_within_units":
        units, years = int(rng.integers(4, 11)), int(rng.integers(4, 7))
    unit, year = np.repeat(np.arange(units), years), np.tile(np.arange(2010, 2010 + years), units)
    u = draw_systems(rng, n, units, years)
    decimals = int(rng.choice([2, 3, 3, 4, 4]))
    how = "cut" if rng.random() < 0.1 else "rounded"
    if kind == "both_systems":
        u = u / u.max(axis=0) * rng.dirichlet(np.full(n, 8.0)) * rng.uniform(0.85, 1.0)
        u = np.maximum(u, 0.01)
    if kind == "outside":
        u[rng.integers(len(u)), rng.integers(n)] = rng.uniform(1.03, 1.2)
    if rng.random() < 0.3:
        u = np.maximum(in_print(rng, u, decimals, "rounded"), 10.0**-decimals)
    base = u
    if kind == "rescaled_within_units":
        base = rescale(u, unit)
    if kind == "rescaled_over_all":
        base = rescale(u, np.zeros(len(u)))
    a = np.full(n, 1 / n)
    given = kind in ("standard", "power:2", "wang", "lost_coefficient") and rng.random() < 0.4
    if given:
        a = rng.dirichlet(np.full(n, 5.0))
        while np.abs(a - 1 / n).max() < 0.08:
            a = rng.dirichlet(np.full(n, 5.0))
    if kind == "not_to_one":
        a = rng.dirichlet(np.full(n, 8.0)) * rng.choice([rng.uniform(0.7, 0.9), rng.uniform(1.1, 1.3)])
    if kind == "both_systems":
        a = np.ones(n)
    k = {"power:2": 2.0, "power:3": 3.0, "power:free": float(rng.choice([0.8, 1.4, 1.7, 0.3]))}.get(kind, 1.0)
    c, t = coupling(kind, base, k), base @ a
    if kind == "random_c":
        c = rng.uniform(c.min() - 0.1, min(c.max() + 0.1, 1), len(c))
    if kind == "random_t":
        t = rng.permutation(t) if rng.random() < 0.5 else np.clip(t + rng.normal(0, 0.1, len(t)), 0.02, 1)
    if kind == "other_c":
        c = base.min(axis=1) / base.max(axis=1)
    d = np.sqrt(c * t)
    if kind == "other_d":
        d = 0.6 * c + 0.4 * t
    if kind == "random_d":
        d = np.sort(rng.uniform(0.2, 0.9, len(d))) if rng.random() < 0.5 else np.clip(d + rng.normal(0, 0.08, len(d)), 0.02, 1)
    if kind == "lost_root":
        d = c * t
    if kind == "c_as_d":
        d = c
    if kind == "d_as_c":
        c = d
    given_rounded = rng.random() < 0.3 and kind not in ("random_d", "other_d", "lost_root", "c_as_d", "d_as_c")
    if given_rounded:
        d = np.sqrt(in_print(rng, c, decimals, how) * in_print(rng, t, decimals, how))
    if rng.random() < 0.15 and len(u) >= 16 and kind != "outside":
        target = [c, t, d][int(rng.integers(3))]
        target[rng.integers(len(target))] *= 0.9
    columns = {"C": c, "T": t, "D": d}
    needed = {"d_as_c": "C", "random_c": "C", "random_t": "T", "other_c": "C", "not_to_one": "T", "both_systems": "T"}.get(
        kind, "D"
    )
    for name in ("C", "T", "D"):
        if name != needed and rng.random() < 0.3:
            del columns[name]
    if kind == "c_as_d" and rng.random() < 0.7:
        columns.pop("C", None)
    frame = pd.DataFrame({"unit": [f"place {i}" for i in unit], "year": year})
    for i in range(n):
        frame[f"U{i + 1}"] = in_print(rng, u[:, i], decimals, how)
    for name, values in columns.items():
        frame[name] = in_print(rng, values, decimals, how)
    if rng.random() < 0.5:
        for name in frame.columns[2:]:
            frame[name] = [f"{value:.{decimals}f}" for value in frame[name]]
    return truth_of(kind, n, columns, frame, float(a[0]) if given else None)


def truth_of(kind, n, columns, frame, share):
    """What the audit should say: for each step the words its hypothesis must hold."""
    has = set(columns)
    first = next(step for step in "CTD" if step in has)
    names: dict[str, tuple[str, ...]] = {}
    same = {"fan": ("fan", "distance:2") if n == 2 else ("fan",)}
    variant = same.get(kind, (kind,)) if kind in RIGHT else ("standard",)
    if kind in RIGHT:
        if "C" in has:
            names["C"] = variant
        elif "D" in has:
            names["D"] = variant
        return Truth(kind, "reproduced", "", names, frame, share)
    if kind in NOTHING:
        at = kind[-1].upper()
        return Truth(kind, "nothing", at, {}, frame)
    if kind in ("lost_coefficient", "lost_denominator", "lost_power"):
        if not has & {"C", "D"}:
            return Truth(kind, "reproduced", "", {}, frame)
        at = "C" if "C" in has else "D"
        return Truth(kind, "error", at, {at: (kind,)}, frame, share)
    if kind in ("rescaled_within_units", "rescaled_over_all"):
        return Truth(kind, "error", first, {first: (kind,)}, frame)
    at = {"d_as_c": "C", "c_as_d": "D", "lost_root": "D", "not_to_one": "T", "both_systems": "T", "outside": "U"}[kind]
    return Truth(kind, "error", at, {at: (kind, "sum") if kind == "both_systems" else (kind,)}, frame)


def judged(truth, found):
    """right, wrong or undecided; a step that is decided against the truth is wrong, whatever is said of the table."""
    for step in "CTD":
        said = found.verdicts.loc[step]
        if said["outcome"] not in ("reproduced", "error"):
            continue
        if truth.outcome == "nothing" and step == truth.at:
            return "wrong"
        words = truth.names.get(step)
        if words and not any(word in said["hypothesis"].split("|") or said["hypothesis"].startswith(word) for word in words):
            return "wrong"
    if found.outcome != "undecided":
        return "right" if (found.outcome, found.at) == (truth.outcome, truth.at) else "wrong"
    row = found.verdicts.loc[found.at]
    named, words = f"{row['hypothesis']} / {row['rivals']}", truth.names.get(found.at)
    return "undecided" if words is None or any(word in named for word in words) else "undecided, truth not named"


def run(seed, count=200):
    out = []
    for i in range(count):
        rng = np.random.default_rng([seed, i])
        truth = draw_table(rng, KINDS[i % len(KINDS)])
        found = audit_coupling(truth.frame)
        out.append((i, truth, found, judged(truth, found)))
    return out


@pytest.fixture(scope="module")
def unseen():
    return run(SEED)


def test_verdicts_on_tables_not_seen(unseen):
    """Of 200 tables 194 get the right verdict and 5 none, with the truth among what is named; 1 is wrong.

    The wrong one is a C of another formula, printed with two decimals, which the distance variant with a k solved from the table
    reproduces in 17 of 18 cells.
    """
    counts = Counter(said for *_, said in unseen)
    assert counts["wrong"] + counts["undecided, truth not named"] < 0.02 * len(unseen), counts
    assert counts["undecided"] < 0.06 * len(unseen), counts


def test_figures_that_have_nothing_to_do_with_the_systems_are_not_explained_away(unseen):
    random = [found for _, truth, found, _ in unseen if truth.kind.startswith("random")]
    assert len(random) >= 20
    assert {found.outcome for found in random} == {"nothing"}


def test_each_hypothesis_is_drawn_several_times(unseen):
    drawn = Counter(truth.kind for _, truth, _, _ in unseen)
    assert set(drawn) == set(KINDS)
    assert min(drawn.values()) >= 8


@pytest.mark.parametrize("decimals", [2, 3, 4])
def test_a_right_table_is_right_in_single_precision_too(decimals):
    """As Stata keeps it: the same hypotheses reproduce the same cells."""
    u = np.random.default_rng(decimals).uniform(0.1, 0.9, (60, 2)).round(4)
    c = 2 * np.sqrt(u.prod(axis=1)) / u.sum(axis=1)
    made = {"U1": u[:, 0], "U2": u[:, 1], "C": c, "T": u.mean(axis=1), "D": np.sqrt(c * u.mean(axis=1))}
    table = pd.DataFrame(made).round(decimals)
    table[["U1", "U2"]] = u
    whole, single = (audit_coupling(one) for one in (table, table.astype("float32")))
    assert single.outcome == whole.outcome == "reproduced"
    pd.testing.assert_frame_equal(single.frame, whole.frame)
