"""The household pairs of Argentina as the ladder takes them: features known at the origin, their themes, and who tests."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from evalkit.panel.design import SurveyDesign
from evalkit.risk.calibration.curves import Platt
from evalkit.risk.ladder import Ladder
from evalkit.risk.models.averaged import AveragedLogits
from evalkit.risk.models.boosting import BoostedTrees, ExplainableBoosting
from evalkit.risk.models.rungs import Rung, standard_rungs
from evalkit.risk.models.windows import Windows
from evalkit.risk.scoring.bootstrap import ClusterBootstrap

DESIGN = SurveyDesign(weights="pw", clusters="AGLOMERADO")
# Quarters are year × 4 + quarter − 1: 2009Q1–2011Q3, 2011Q4–2012Q2, 2013Q3–2014Q2.
WINDOWS = Windows(train=(8036, 8046), calibrate=(8047, 8049), test=(8054, 8057), horizon=4)
THEMES = {
    "income": "lr lr_l1 lab_lr dlr lrmean lrmin",
    "history": "poor_l1 returned seen",
    "work": "emp unemp inf selfemp empsh formal_sh earn head_estado head_cat inf_sh self_sh d_emp d_unemp d_inf",
    "illness": "nohealth nohsh d_nohealth",
    "schooling": "outschool maxed head_ed",
    "household": "n n_u6 n_6_15 n_65 dep d_n",
    "support": "pens subs v5m v2m v5sh v2sh V1 V2 V5 V6",
    "dwelling": "crowd IV1 IV3 IV4 IV5 IV9 IV10 IV11 II1 II7",
    "water": "IV6 IV7 IV8",
    "place": "ctx_poor ctx_lr quarter REGION",
}
CLASSES = ("head_ed", "head_estado", "head_cat", "IV1", "IV3", "IV4", "IV7", "IV10", "IV11", "II7", "quarter", "REGION")
CHANGING = ("emp", "unemp", "inf", "n", "nohealth")
BENDS = ("lr", "lrmean", "lr_l1", "lab_lr", "ctx_poor", "v2sh")
RISING = ("ctx_poor", "returned", "poor_l1", "crowd", "unemp", "nohsh")
FALLING = ("lr", "lrmean", "lrmin", "lr_l1", "lab_lr", "ctx_lr", "maxed", "formal_sh")
THEME_OF = {name: theme for theme, names in THEMES.items() for name in names.split()}
FEATURES = tuple(THEME_OF)
TREES = BoostedTrees(columns=0.15, rising=RISING, falling=FALLING)
BOTH = AveragedLogits(rungs=(ExplainableBoosting(rising=RISING, falling=FALLING), TREES))
SHARP = {name: Rung(name=name, estimator=rung, calibrate=False) for name, rung in (("boosting", TREES), ("averaged", BOTH))}


def pairs(real_data: Path) -> pd.DataFrame:
    """Homes without imputed incomes, with features at the origin, a quarter earlier, and of the town; `fit`: who is not poor.

    Sex and age of the head are held aside. Context is of all other homes of the town and quarter, poor or not. Changes since a
    quarter ago are 0 where no pair of the home began then: a gap would tell whether it was met again three quarters later.
    """
    every = pd.read_csv(real_data / "real" / "eph_household_pairs_2009_2015.csv.gz")
    town, w = [every["AGLOMERADO"], every["q"]], every["pw"]
    others = w.groupby(town).transform("sum") - w
    for name, column in (("ctx_poor", "poor"), ("ctx_lr", "lr")):
        product = w * every[column]
        every[name] = (product.groupby(town).transform("sum") - product) / others
    every["dlr"] = every["lr"] - every["lr_l1"]
    every["lrmin"] = np.fmin(every["lr"], every["lr_l1"])
    every["lrmean"] = np.where(every["lr_l1"].isna(), every["lr"], (every["lr"] + every["lr_l1"]) / 2)
    every["seen"] = every["lr_l1"].notna().astype(float)
    every["returned"] = ((every["poor_l1"] == 1) & (every["poor"] == 0)).astype(float)
    every["earn"] = (every["n"] - every["emp"]) / every["emp"].clip(lower=0.5)
    every["lab_lr"] = np.log((every["ITF"] - every["v2m"] - every["v5m"]).clip(lower=1) / every["n"] / every["z"])
    every["formal_sh"] = (every["emp"] - every["inf"] - every["selfemp"]) / every["n"]
    for kind, workers in (("inf_sh", "inf"), ("self_sh", "selfemp")):
        every[kind] = every[workers] / every["emp"].clip(lower=0.5)
    earlier = every[["hid", "q", *CHANGING]].assign(q=every["q"] + 1)
    earlier = every[["hid", "q"]].merge(earlier, on=["hid", "q"], how="left", validate="one_to_one")
    for name in CHANGING:
        every[f"d_{name}"] = (every[name] - earlier[name]).fillna(0)
    every["quarter"] = every["TRIMESTRE"]
    every["struck"] = ((every["dlr"] < np.log(0.7)) | (every["unemp"] > 0)).astype(float)
    every["fit"] = 1.0 - every["poor"]
    kept = (every["imp"] == 0) & (every["imp_f"] == 0)
    return every[kept].reset_index(drop=True)


def ladder(**asked) -> Ladder:
    """All rungs; all that is set was chosen by rolling origins inside of the rows that train and calibrate."""
    rungs = standard_rungs(
        income="r",
        log_income="lr",
        shocks=("struck",),
        last_status="poor_l1",
        classes=CLASSES,
        bends=BENDS,
        rising=RISING,
        falling=FALLING,
    )
    rungs = tuple(SHARP.get(rung.name, rung) for rung in rungs)
    spec = {
        "outcome": "y",
        "features": FEATURES,
        "rungs": rungs,
        "windows": WINDOWS,
        "later": "lr_f",
        "at_risk": "fit",
        "design": DESIGN,
        "unit": "hid",
        "period": "q",
        "calibration": Platt(),
        "temper": 0.5,
        "groups": ("returned",),
        "bootstrap": ClusterBootstrap(replicates=200),
    }
    return Ladder(**(spec | asked))
