"""Least squares of scikit-learn 1.9 drop directions of small scale without a word: shown here, and used nowhere for inference."""

import re
from pathlib import Path

import numpy as np
import pytest

import evalkit
from evalkit.stats.least_squares import least_squares

TRUTH = np.array([3e-10, -5.0, 1e-4])  # of a gross product in yuan, a rate, and an income


def figures():
    rng = np.random.default_rng(0)
    X = np.column_stack([1e10 * (1 + rng.random(200)), rng.random(200), 1e4 * (1 + rng.random(200))])
    return X, X @ TRUTH


def test_ours_finds_what_is_there():
    X, y = figures()
    found = least_squares(np.column_stack([np.ones(200), X]), y, np.ones(200)).coefficients
    np.testing.assert_allclose(found[1:], TRUTH, rtol=1e-9)


def test_theirs_drops_it_in_silence():
    """Where this fails scikit-learn has mended it; the rule below stands all the same."""
    sklearn = pytest.importorskip("sklearn")
    if tuple(map(int, sklearn.__version__.split(".")[:2])) != (1, 9):
        pytest.skip("seen in scikit-learn 1.9")
    from sklearn.linear_model import LinearRegression

    X, y = figures()
    with np.errstate(all="raise"):
        found = LinearRegression().fit(X, y)
    assert found.rank_ < 3
    assert abs(found.coef_[1]) < 1e-9
    scaled = LinearRegression().fit(X / X.std(axis=0), y).coef_ / X.std(axis=0)
    np.testing.assert_allclose(scaled, TRUTH, rtol=1e-9)


def test_it_is_used_nowhere():
    """The one place that names it is the list of what a model file may hold."""
    folder = Path(evalkit.__file__).parent
    naming = [
        path.relative_to(folder).as_posix() for path in folder.rglob("*.py") if "LinearRegression" in path.read_text("utf-8")
    ]
    assert naming in ([], ["risk/keeping/model_bytes.py"])
    called = re.compile(r"LinearRegression\s*\(|import [^\n]*LinearRegression")
    assert not any(called.search(path.read_text("utf-8")) for path in folder.rglob("*.py"))
