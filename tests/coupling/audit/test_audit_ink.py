"""How the audit of a printed table reads: verdicts in both languages, no language in the other, figures from the table."""

import re

import numpy as np
import pandas as pd
import pytest

import evalkit as ek
import evalkit.report.coupling.audit as ink
from evalkit.coupling.audit.audit import audit_coupling
from evalkit.coupling.audit.columns import PrintedColumns
from evalkit.coupling.audit.verdict import STEPS
from evalkit.errors import DataError, SpecError

CHINESE = re.compile("[\u3400-\u9fff]")


def two_systems(rows=12, seed=5):
    u = np.random.default_rng(seed).uniform(0.1, 0.9, (2, rows)).round(3)
    return u, 2 * np.sqrt(u[0] * u[1]) / u.sum(axis=0), u.mean(axis=0)


def frame(u, **columns):
    table = pd.DataFrame({"place": [f"p{i}" for i in range(u.shape[1])], "U1": u[0], "U2": u[1]})
    return table.assign(**{name: np.round(values, 3) for name, values in columns.items()})


def made():
    u, c, t = two_systems()
    d = np.sqrt(c * t)
    stray = d.copy()
    stray[3] += 0.2
    shuffled = np.random.default_rng(1).permutation(d)
    high = u.copy()
    high[0, 2] = 1.3
    return {
        "reproduced": frame(u, C=c, T=t, D=d),
        "stray": frame(u, C=c, T=t, D=stray),
        "lost coefficient": frame(u, C=c / 2, T=t, D=np.sqrt(c / 2 * t)),
        "lost root": frame(u, C=c, T=t, D=c * t),
        "exchanged": frame(u, C=d, T=t, D=c),
        "nothing": frame(u, C=c, T=t, D=shuffled),
        "undecided": frame(np.full((2, 5), 0.4), C=np.ones(5)),
        "outside": frame(high, D=d),
        "harmonic": frame(u, C=c, T=2 * u[0] * u[1] / u.sum(axis=0)),
    }


@pytest.fixture(scope="module", params=list(made()))
def audited(request):
    return audit_coupling(made()[request.param])


def test_it_speaks_both_languages_and_mixes_none(audited):
    for lang in ("zh", "en"):
        said = ek.prose(audited, lang=lang)
        assert bool(CHINESE.search(said)) == (lang == "zh"), said
        assert "{" not in said
        voice = ink.Voice(lang)
        for table in ink.tables(audited, voice):
            words = " ".join(
                [*table.frame.columns, *table.frame.astype(str).to_numpy().ravel(), table.caption.say(lang), table.note]
            )
            assert bool(CHINESE.search(words)) == (lang == "zh"), words
        assert ek.figure(audited, lang=lang).axes


def test_a_report_is_written(audited, tmp_path):
    path = ek.Report("Audit", lang="en").add(audited).save(tmp_path / "audit.html")
    assert path.stat().st_size > 1000


def test_every_step_and_outcome_has_a_name():
    assert set(ink.STEPS) == set(STEPS)
    assert set(ink.OUTCOMES) == {"reproduced", "error", "nothing", "undecided", "not_printed", "unchecked"}


def test_a_stray_misprint_is_listed_and_not_a_verdict():
    found = audit_coupling(made()["stray"])
    assert found.outcome == "reproduced"
    assert found.cells[["column", "row"]].values.tolist() == [["D", 4]]
    assert found.cells["miss"].item() == pytest.approx(200, abs=2)
    assert "Cells that do not fit and may be misprints: 1" in ek.prose(found, lang="en")


def test_columns_that_were_exchanged():
    found = audit_coupling(made()["exchanged"])
    assert (found.outcome, found.at) == ("error", "C")
    assert found.verdicts.loc["C", "hypothesis"] == "d_as_c"


def test_shares_that_vary_by_row():
    found = audit_coupling(made()["harmonic"])
    assert found.verdicts.loc["T", "hypothesis"] == "harmonic"


def test_cube_root_of_three_systems():
    u = np.random.default_rng(9).uniform(0.1, 0.9, (3, 15))
    c, t = 3 * np.prod(u, axis=0) ** (1 / 3) / u.sum(axis=0), u.mean(axis=0)
    table = pd.DataFrame({"U1": u[0], "U2": u[1], "U3": u[2], "C": c, "T": t, "D": np.cbrt(c * t)}).round(4)
    found = audit_coupling(table)
    assert found.verdicts.loc["D", ["outcome", "hypothesis"]].tolist() == ["error", "wrong_root"]
    table["C"] = (3 * np.sqrt(np.prod(u, axis=0)) / u.sum(axis=0)).round(4)
    assert audit_coupling(table).verdicts.loc["C", "hypothesis"] == "wrong_root"


def test_given_shares_come_with_their_range():
    u, c, _ = two_systems(20)
    table = frame(u, C=c, T=0.6 * u[0] + 0.4 * u[1])
    found = audit_coupling(table)
    assert found.verdicts.loc["T", "hypothesis"] == "given"
    low, high = map(float, re.search(r"a = ([\d.]+)–([\d.]+);", found.verdicts.loc["T", "message_en"]).groups())
    assert low <= 0.6 <= high
    assert high - low < 0.01


def test_rows_by_unit_and_period_as_the_library_keys_them():
    u, c, t = two_systems()
    table = frame(u, C=c, T=t).assign(unit=list("abcdef") * 2, period=[2019] * 6 + [2020] * 6).drop(columns="place")
    found = audit_coupling(table.set_index(["unit", "period"]))
    assert found.outcome == "reproduced"
    assert (found.spec.unit, found.spec.period) == ("unit", "period")


def test_what_cannot_be_asked():
    u, c, _ = two_systems()
    with pytest.raises(SpecError, match="a system twice"):
        PrintedColumns(systems=("U1", "U1"))
    with pytest.raises(SpecError, match="at most eight"):
        PrintedColumns(systems=tuple("abcdefghi"))
    with pytest.raises(DataError, match=r"no column 'U11'.*did you mean 'U1'"):
        audit_coupling(frame(u, C=c), PrintedColumns(systems=("U1", "U11")))
    with pytest.raises(DataError, match="no rows"):
        audit_coupling(frame(u, C=c).head(0), PrintedColumns(systems=("U1", "U2"), c="C"))
