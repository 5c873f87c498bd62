"""Every published table gets the verdict its source deserves; each test is named after its table."""

import os
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import evalkit as ek
from evalkit.coupling.audit.audit import audit_coupling
from evalkit.coupling.audit.chain import RawData
from evalkit.coupling.audit.columns import PrintedColumns

# Wu Wenjie et al., public service and urban-rural interaction, 14 units of Xinjiang, ChinaXiv:202011.00074V1, Table 2
XINJIANG = """unit,F1,F2,C,T,D
乌鲁木齐,0.6312,0.6322,0.6317,0.6317,0.6317
克拉玛依,0.5514,0.4742,0.5113,0.5128,0.5121
吐鲁番,0.4169,0.3496,0.3818,0.3832,0.3825
哈密,0.4142,0.7970,0.5746,0.6056,0.5899
阿克苏,0.2996,0.3615,0.3291,0.3305,0.3298
喀什,0.3651,0.2532,0.3041,0.3092,0.3066
和田,0.2242,0.1702,0.1953,0.1972,0.1962
昌吉,0.3865,0.5052,0.4419,0.4459,0.4439
博州,0.3016,0.2403,0.2692,0.2710,0.2701
巴州,0.3970,0.3259,0.3597,0.3614,0.3606
克州,0.3458,0.3109,0.3279,0.3283,0.3281
伊型,0.2586,0.3006,0.2788,0.2796,0.2792
塔城,0.3358,0.3007,0.3178,0.3183,0.3180
阿勒泰,0.3628,0.2529,0.3029,0.3078,0.3054"""

# Cao Delong et al., ecosystem health and land use of Fujian, ChinaXiv:202205.00109V3, Tables 3 to 5: 2005, 2010, 2015, 2020
FUJIAN = """福建省 .6624 .7516 .7115 .7048 .4284 .4382 .5353 .5398 .1 .555 .85 .829
福州市 .6434 .7191 .6756 .7022 .4808 .4149 .4739 .5331 .273 .315 .68 .935
厦门市 .491 .5749 .5139 .4849 .4867 .5065 .4251 .5439 .446 .906 .239 .315
莆田市 .6951 .7765 .7318 .7109 .4634 .4242 .4773 .4471 .293 .315 .818 .542
三明市 .6969 .7737 .745 .7446 .2563 .4186 .6374 .6687 .096 .791 .869 .884
泉州市 .5817 .6882 .6452 .633 .4425 .4842 .4869 .502 .0931 .911 .815 .831
漳州市 .5901 .6982 .6507 .6302 .3816 .4661 .5511 .6304 .0971 .763 .785 .78
南平市 .705 .7827 .7405 .732 .3683 .521 .5614 .6249 .0919 .875 .765 .767
龙岩市 .6698 .7774 .7417 .7252 .3354 .5096 .5259 .6769 .0953 .843 .78 .845
宁德市 .5914 .7042 .6531 .6902 .3533 .4578 .5695 .6177 .0993 .792 .816 .963"""


def xinjiang():
    return pd.DataFrame([row.split(",") for row in XINJIANG.splitlines()[1:]], columns=XINJIANG.splitlines()[0].split(","))


def fujian():
    rows = []
    for line in FUJIAN.splitlines():
        unit, *figures = line.split()
        rsei, land, d = figures[:4], figures[4:8], figures[8:]
        rows += list(zip([unit] * 4, (2005, 2010, 2015, 2020), rsei, land, d, strict=True))
    return pd.DataFrame(rows, columns=["unit", "year", "rsei", "land", "D"])


def said(found, *steps):
    return tuple(found.verdicts.loc[step, "hypothesis"] for step in steps)


def test_hindawi2969206():
    """Standard, equal shares, three decimals: every cell."""
    found = audit_coupling(ek.datasets.published("hindawi2969206"))
    assert (found.outcome, found.at) == ("reproduced", "")
    assert said(found, "C", "T", "D") == ("standard", "equal", "chain")
    assert (found.verdicts.loc[["C", "T", "D"], "reproduced"] == 10).all()


def test_lanzhou():
    """The figures use the factor 2 that the printed formula lacks: standard, and not the lost coefficient."""
    found = audit_coupling(ek.datasets.published("lanzhou"))
    assert found.outcome == "reproduced"
    assert said(found, "C", "D") == ("standard", "chain|equal")
    lost = found.frame.query("hypothesis == 'lost_coefficient'")
    assert lost["reproduced"].item() == 0
    assert any("sum to 0.358" in note.text.en for note in found.notes)


def test_xinjiang14():
    """The denominator is lost: C is √(F1·F2). T is right, and D follows from the C and T that are printed."""
    found = audit_coupling(xinjiang())
    assert (found.outcome, found.at) == ("error", "C")
    assert said(found, "C", "T", "D") == ("lost_denominator", "equal", "chain")
    assert (found.verdicts.loc[["C", "T", "D"], "reproduced"] == 14).all()
    standard = found.frame.query("step == 'C' and hypothesis == 'standard'")
    assert standard["reproduced"].item() == 0


def test_xinjiang14_from_d_alone():
    found = audit_coupling(xinjiang().drop(columns=["C", "T"]))
    assert (found.outcome, found.at) == ("error", "D")
    assert said(found, "D") == ("chain|lost_denominator|equal",)


def test_fujian():
    """U rescaled to [.01, .99] within each unit; six worst years are printed as .09-something where .1 would stand."""
    found = audit_coupling(fujian())
    assert (found.outcome, found.at) == ("error", "D")
    assert said(found, "D") == ("rescaled_within_units|chain|standard|equal",)
    assert found.verdicts.loc["D", "reproduced"] == 34
    assert set(found.cells["unit"]) == {"三明市", "泉州市", "漳州市", "南平市", "龙岩市", "宁德市"}
    assert set(found.cells["period"]) == {2005}
    np.testing.assert_allclose(found.cells["least"], 0.1, atol=1e-9)


@pytest.mark.parametrize("decimals", [7, 4, 3])
def test_coupling_pkg(decimals):
    """R package coupling, vignette ccd: four systems, six units; the same with fewer decimals."""
    table = ek.datasets.published("coupling_pkg").round(decimals)
    found = audit_coupling(table)
    assert found.outcome == "reproduced"
    assert said(found, "C", "D") == ("standard", "chain|equal")


@pytest.mark.parametrize(
    ("variant", "c", "d"),
    [
        (
            "wang",
            ".4722274 .6211236 .5375842 .5861986 .6640321 .6319211",
            ".4776480 .4588675 .5514412 .6045044 .6662930 .6402164",
        ),
        ("fan", ".4593785 .7164548 .4915051 .5399620 .5951898 .5907777", ".4711049 .4928249 .5272784 .5801746 .6308098 .6190239"),
    ],
)
def test_coupling_pkg_other_variants(variant, c, d):
    """The other two variants of the same vignette, as it prints them."""
    table = ek.datasets.published("coupling_pkg").drop(columns=["C", "D"])
    table["C"], table["D"] = c.split(), d.split()
    found = audit_coupling(table)
    assert found.outcome == "reproduced"
    assert said(found, "C", "D") == (variant, "chain|equal")


def hobq(weighting, normalized=None):
    raw, indicators = ek.datasets.published("hobq"), ek.datasets.published("hobq_indicators")
    named = {side: "f" if side == "economy" else "g" for side in indicators["system"].unique()}
    data = RawData(
        frame=raw,
        systems={named[side]: dict(rows["direction"]) for side, rows in indicators.groupby("system", sort=False)},
        weighting=weighting,
        weights={name: f"{weight:.4f}" for name, weight in indicators["weight"].items()},
        normalized=normalized,
    )
    table = ek.datasets.published("hobq_results").reindex(raw.index)
    return audit_coupling(table, PrintedColumns(systems=("f", "g"), c="C", d="D"), raw=data)


def test_hobq():
    """From 18 raw indicators through min–max and given weights to f, g, and the power variant with k = 2."""
    found = hobq("given")
    assert found.outcome == "reproduced"
    assert said(found, "U", "C", "D") == ("printed_weights|over_all|sum", "power:2", "from_systems|chain|power:2|equal")
    assert (found.verdicts.loc[["U", "C", "D"], "reproduced"] == found.verdicts.loc[["U", "C", "D"], "cells"]).all()


def test_hobq_weights_are_no_entropy_weights():
    """The source says AHP; were they called entropy weights, the audit would say that nothing reproduces them."""
    found = hobq("entropy")
    assert (found.outcome, found.at) == ("nothing", "W")


@pytest.mark.skipif("EVALKIT_DATA" not in os.environ, reason="EVALKIT_DATA is not set")
def test_hobq_normalized_figures():
    """All but one of the 180 normalized figures are within rounding or cutting; B7 of 2009 is off by 3.5 in the last place."""
    path = Path(os.environ["EVALKIT_DATA"]) / "published" / "hobq_normalised.csv"
    found = hobq("given", pd.read_csv(path, comment="#", index_col=0).T)
    assert found.outcome == "reproduced"
    assert found.verdicts.loc["Z", "hypothesis"] == "over_all"
    assert found.verdicts.loc["Z", "reproduced"] == 179
    assert found.cells[["column", "period"]].values.tolist() == [["B7", 2009]]
    assert 3.5 < found.cells["miss"].item() < 3.6
