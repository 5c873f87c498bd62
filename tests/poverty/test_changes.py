"""Change between two waves: covariance of repeated villages, deltas against numbers, and what cannot be compared."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from evalkit.errors import DataError, NoAnswer, SpecError
from evalkit.panel.design import SurveyDesign
from evalkit.poverty.change.changes import KINDS, PovertyChange, changes, slopes
from evalkit.poverty.multidimensional.alkire_foster import AlkireFoster
from evalkit.poverty.multidimensional.deprivations import Deprivation, DeprivationSystem
from evalkit.stats.inference import total_covariance
from evalkit.terms import same

J = 4
PARTS = tuple(Deprivation(id=f"i{j}", name=same(str(j))) for j in range(J))
SPEC = AlkireFoster(
    system=DeprivationSystem(id="test", name=same("test"), deprivations=PARTS),
    cutoff=0.5,
    design=SurveyDesign(weights="w", strata="stratum", clusters="village"),
)


def wave(seed, level, villages=range(40), rng=None):
    """Ten homes in each village; villages differ alike in every wave."""
    rng = rng or np.random.default_rng(seed)
    village = np.repeat(np.array(villages), 10)
    hard = np.random.default_rng(99).normal(0, 0.15, 400)[village]
    lacks = rng.random((len(village), J)) < np.clip(level + hard, 0, 1)[:, None]
    frame = pd.DataFrame(lacks.astype(int), columns=[f"i{j}" for j in range(J)])
    return frame.assign(
        w=rng.uniform(1, 2, len(frame)), village=village, stratum=village % 4, county=rng.choice(["a", "b"], len(frame))
    )


def of(table, measure, change, **group):
    rows = (table["measure"] == measure) & (table["change"] == change)
    for name, value in group.items():
        rows &= table[name] == value
    return table[rows].iloc[0]


def test_villages_in_both_waves_keep_their_covariance():
    """Where all villages are in both waves the variance is that of the difference, by the design, of all and of each group."""
    first, second = wave(1, 0.5), wave(2, 0.4)
    for over in (None, "county"):
        a, b = SPEC.measure(first, over=over), SPEC.measure(second, over=over)
        found = PovertyChange(years=3).measure(a, b)
        assert found.units == 40
        for group in (None,) if over is None else ("a", "b"):
            both = []
            for answer in (a, b):
                kept = answer.influence if group is None else answer.influence[answer.influence["group"] == group]
                both.append(kept.set_index("cluster")["M0"].reindex(range(40), fill_value=0.0).to_numpy())
            apart = total_covariance((both[1] - both[0])[None], np.arange(40) % 4, np.arange(40))[0, 0]
            row = of(found.frame, "M0", "absolute", **({} if group is None else {over: group}))
            assert row["std_error"] == pytest.approx(np.sqrt(apart), rel=1e-10)
    alone = np.hypot(*(x.frame.set_index("measure").loc["M0", "std_error"] for x in (SPEC.measure(first), SPEC.measure(second))))
    assert of(PovertyChange().measure(SPEC.measure(first), SPEC.measure(second)).frame, "M0", "absolute")["std_error"] < alone


def test_waves_drawn_apart_add_their_variances():
    a, b = SPEC.measure(wave(1, 0.5)), SPEC.measure(wave(2, 0.4, villages=range(40, 80)))
    found = PovertyChange().measure(a, b)
    assert found.units == 0
    for name in ("H", "A", "M0"):
        errors = [x.frame.set_index("measure").loc[name, "std_error"] for x in (a, b)]
        assert of(found.frame, name, "absolute")["std_error"] == pytest.approx(np.hypot(*errors))


def test_a_wave_beside_itself_has_not_changed():
    a = SPEC.measure(wave(1, 0.5), over="county")
    found = PovertyChange(years=2).measure(a, a).frame
    np.testing.assert_allclose(found["estimate"], 0, atol=1e-12)
    np.testing.assert_allclose(found["std_error"], 0, atol=1e-8)


@pytest.mark.parametrize("years", [0.5, 1, 2, 5])
def test_slopes_are_those_of_small_steps(years):
    before, after, step = np.array([0.4, 0.2]), np.array([0.1, 0.3]), 1e-6
    by_before, by_after = slopes(before, after, years)
    np.testing.assert_allclose(
        by_before, (changes(before + step, after, years) - changes(before - step, after, years)) / (2 * step), rtol=1e-6
    )
    np.testing.assert_allclose(
        by_after, (changes(before, after + step, years) - changes(before, after - step, years)) / (2 * step), rtol=1e-6
    )


def test_changes_compound():
    """Yearly rates bring the first level to the second over the years."""
    before, after = np.array([0.4, 0.2]), np.array([0.1, 0.3])
    absolute, yearly, relative, rate = changes(before, after, 4)
    np.testing.assert_allclose(before + 4 * yearly, after)
    np.testing.assert_allclose(before * (1 + rate) ** 4, after)
    np.testing.assert_allclose(before * (1 + relative), before + absolute)


def test_intervals_of_a_change_cover_the_truth():
    """Of 400 repeated samples of the same villages, 95 % intervals of the change of M0 hold the truth 93 to 97 times in 100.

    Held within three standard errors of so many samples.
    """
    rng = np.random.default_rng(5)
    true = []
    for level in (0.5, 0.4):
        p = np.clip(level + np.random.default_rng(99).normal(0, 0.15, 400), 0, 1)
        counts = np.stack([6 * p**2 * (1 - p) ** 2, 4 * p**3 * (1 - p), p**4])
        true.append((np.array([0.5, 0.75, 1.0]) @ counts).mean())
    hits = 0
    for _ in range(400):
        villages = np.concatenate([rng.choice(np.arange(h, 400, 4), 10) for h in range(4)])
        answers = []
        for level in (0.5, 0.4):
            frame = wave(0, level, villages=villages, rng=rng).assign(village=np.repeat(np.arange(40), 10), w=1.0)
            answers.append(SPEC.measure(frame.assign(stratum=np.repeat(np.arange(4), 100))))
        row = of(PovertyChange().measure(*answers).frame, "M0", "absolute")
        hits += row["ci_low"] <= true[1] - true[0] <= row["ci_high"]
    assert abs(hits / 400 - 0.95) <= 0.02 + 3 * np.sqrt(0.95 * 0.05 / 400), hits / 400


def test_all_kinds_are_told():
    found = PovertyChange().measure(SPEC.measure(wave(1, 0.5), over="county"), SPEC.measure(wave(2, 0.4), over="county")).frame
    assert list(found.columns) == ["measure", "change", "county", "estimate", "std_error", "ci_low", "ci_high", "n"]
    assert len(found) == len(KINDS) * 2 * 3
    assert (found["n"].groupby(found["county"]).nunique() == 1).all()


def test_what_cannot_be_compared_is_refused():
    a = SPEC.measure(wave(1, 0.5), over="county")
    with pytest.raises(SpecError, match="different questions"):
        PovertyChange().measure(a, replace(SPEC, cutoff=0.25).measure(wave(2, 0.4), over="county"))
    with pytest.raises(SpecError, match="different questions"):
        PovertyChange().measure(a, SPEC.measure(wave(2, 0.4)))
    with pytest.raises(DataError, match="one wave only"):
        PovertyChange().measure(a, SPEC.measure(wave(2, 0.4).assign(county="a"), over="county"))
    with pytest.raises(SpecError, match="positive"):
        PovertyChange(years=0)
    finite = replace(SPEC, design=replace(SPEC.design, population="N"))
    b = finite.measure(wave(1, 0.5).assign(N=100))
    with pytest.raises(NoAnswer, match="finite population"):
        PovertyChange().measure(b, b)
