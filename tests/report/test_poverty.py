"""Poverty on paper: both languages from one content, figures that are drawn, and no home by name."""

import re

import numpy as np
import pandas as pd
import pytest

import evalkit as ek
from evalkit.poverty.change.changes import PovertyChange
from evalkit.poverty.change.growth import GrowthRedistribution
from evalkit.poverty.change.sources import GiniBySource, PovertyBySource
from evalkit.poverty.change.subgroup_change import SubgroupChange
from evalkit.poverty.change.subgroups import InequalityBySubgroup, PovertyBySubgroup
from evalkit.poverty.change.transfers import WithoutTransfers
from evalkit.poverty.dynamics.attrition import Attrition
from evalkit.poverty.dynamics.hazard import ReturnHazard
from evalkit.poverty.dynamics.moves import PovertyTransitions, paired
from evalkit.poverty.dynamics.persistence import PovertyPersistence
from evalkit.poverty.dynamics.spells import PovertySpells
from evalkit.poverty.dynamics.vulnerability import Vulnerability
from evalkit.poverty.income.fgt import EVERY, PovertyIndices
from evalkit.poverty.income.inequality import Inequality
from evalkit.poverty.multidimensional.alkire_foster import AlkireFoster
from evalkit.poverty.multidimensional.deprivations import Deprivation, DeprivationSystem
from evalkit.poverty.returns.bottom_line import BottomLine
from evalkit.poverty.returns.clusters import ReturnClusters
from evalkit.poverty.returns.sample_size import SampleToRuleOut
from evalkit.report.poverty.measures import MEASURES, called, in_percent
from evalkit.report.verbs import figures, names, tables, words
from evalkit.report.words import Voice
from evalkit.simulate import HouseholdSimulation, HouseholdSurvey
from evalkit.terms import Text

DESIGN = ek.SurveyDesign(weights="weight", strata="stratum", clusters="cluster")
LINE = {"income": "income_pc", "line": "line", "design": DESIGN}
LACKS = DeprivationSystem(
    id="three",
    name=Text("三项", "three"),
    deprivations=(
        Deprivation(id="uninsured", name=Text("未参保", "Without insurance")),
        Deprivation(id="unsafe_dwelling", name=Text("住房不安全", "Unsafe house")),
        Deprivation(id="unsafe_water", name=Text("饮水不安全", "Unsafe water")),
    ),
)
SOURCES = ("wage", "business", "property", "transfer")
KNOWN = {
    "wage": Text("工资性收入", "wages"),
    "business": Text("经营净收入", "business"),
    "property": Text("财产净收入", "property"),
    "transfer": Text("转移净收入", "transfers"),
    "members": Text("人口", "members"),
    "workers": Text("劳动力", "workers"),
    "formerly_poor": Text("曾为贫困户", "formerly poor"),
    **{f"C{i:03d}": Text(f"第{i}县", f"County {i}") for i in range(1, 9)},
    **{f"V{i:05d}": Text(f"第{i}村", f"Village {i}") for i in range(1, 200)},
}


@pytest.fixture(scope="module")
def people():
    return HouseholdSimulation(households=8_000, villages=80, counties=4, periods=(2020, 2021, 2022, 2023)).draw()


@pytest.fixture(scope="module")
def seen(people):
    frame = HouseholdSurvey(villages=10, attrition=None).draw(people).frame.reset_index()
    frame["county"], frame["village"] = frame["county"].astype(str), frame["village"].astype(str)
    for source in (*SOURCES, "income"):
        frame[source] = frame[source] / frame["members"]
    frame["uninsured"] = (~frame["insured"]).astype(int)
    return frame.astype({"poor": int, "formerly_poor": int, "unsafe_dwelling": int, "unsafe_water": int})


@pytest.fixture(scope="module")
def answers(seen):
    first, last = seen[seen["period"] == 2020], seen[seen["period"] == 2023]
    pairs = paired(seen, unit="unit", period="period", state="poor")
    left = pairs[pairs["before"] == 0].assign(back=lambda rows: rows["after"].astype(int))
    many = AlkireFoster(system=LACKS, cutoff=1 / 3, design=DESIGN)
    spells = {"unit": "unit", "period": "period", "state": "poor", "design": DESIGN}
    fitted = Vulnerability(
        income="income_pc", line="line", unit="unit", period="period", covariates=("members", "workers"), design=DESIGN
    ).fit(last)
    return {
        "indices": PovertyIndices(**LINE, measures=EVERY, growth=0.05).measure(last[last["income_pc"] > 0]),
        "by_county": PovertyIndices(**LINE).measure(last, over="county"),
        "inequality": Inequality(income="income_pc", design=DESIGN).measure(last),
        "transfers": WithoutTransfers(income="income", transfers=("transfer",), line="line", design=DESIGN).measure(last),
        "transfers_by": WithoutTransfers(income="income", transfers=("transfer",), line="line", design=DESIGN).measure(
            last, over="county"
        ),
        "many": many.measure(last),
        "many_by": many.measure(last, over="county"),
        "many_change": PovertyChange(years=3).measure(many.measure(first), many.measure(last)),
        "growth": GrowthRedistribution(**LINE).measure(first, last),
        "growth_by": GrowthRedistribution(**LINE).measure(first, last, over="county"),
        "groups": PovertyBySubgroup(**LINE, over="county").measure(last),
        "apart": InequalityBySubgroup(income="income_pc", over="county", design=DESIGN).measure(last[last["income_pc"] > 0]),
        "shifts": SubgroupChange(**LINE, over="county").measure(first, last),
        "gini_sources": GiniBySource(sources=SOURCES, design=DESIGN).measure(last),
        "poverty_sources": PovertyBySource(sources=SOURCES, line="line", design=DESIGN).measure(last),
        "moves": PovertyTransitions(earlier="earlier", design=DESIGN).measure(pairs),
        "lasting": PovertyPersistence(unit="unit", period="period", income="income_pc", line="line", design=DESIGN).measure(
            seen[seen["income_pc"] > 0]
        ),
        "spells": PovertySpells(**spells).measure(seen),
        "attrition": Attrition(seen="stayed", by=("formerly_poor",), design=DESIGN).measure(
            first.assign(stayed=(np.arange(len(first)) % 7 > 0).astype(int))
        ),
        "hazard": ReturnHazard(**spells, covariates=("members",)).estimate(seen),
        "fitted": fitted,
        "vulnerable": fitted.score(last),
        "vulnerable_by": fitted.score(last, over="county"),
        "bottom": BottomLine(returned="back", threshold=0.2, design=DESIGN).measure(left, over="county"),
        "bottom_all": BottomLine(returned="back", threshold=0.2).measure(left),
        "villages": ReturnClusters(returned="back", village="village", within="county").measure(left),
        "sizes": SampleToRuleOut(rate=0.01).measure(),
    }


WITH_GROUPS = (
    "by_county",
    "transfers_by",
    "many_by",
    "growth_by",
    "groups",
    "apart",
    "shifts",
    "vulnerable_by",
    "bottom",
    "villages",
)
OF_ALL = ("indices", "inequality", "transfers", "many", "many_change", "growth", "gini_sources", "poverty_sources", "bottom_all")
OVER_TIME = ("moves", "lasting", "spells", "attrition", "hazard", "fitted", "vulnerable", "sizes")
KINDS = (*WITH_GROUPS, *OF_ALL, *OVER_TIME)
LATIN = re.compile(
    "Watts|Sen|Shorrocks|Thon|Atkinson|Clopper|Pearson|Korn|Graubard|Holm|Bonferroni|Shapley|Jenkins|Datt|Ravallion|FGLS|Stata"
)


def said(answer, lang):
    voice = Voice(lang, {**names(answer), **KNOWN})
    yield words(answer, voice)
    yield from (note.say(lang) for note in answer.notes)
    for table in tables(answer, voice):
        yield from (table.caption.say(lang), table.note, *map(str, table.frame.columns))
        for _, column in table.frame.items():
            yield from (cell for cell in column if isinstance(cell, str))
    for figure in figures(answer, voice):
        yield from (figure.caption.say(lang), figure.alt)


@pytest.mark.parametrize("kind", KINDS)
def test_every_answer_speaks_one_language_and_names_no_home(answers, kind):
    for lang in ("zh", "en"):
        texts = list(said(answers[kind], lang))
        assert len(texts) > 2
        for text in texts:
            assert "nan" not in re.findall(r"[a-z]+", text), text
            assert not re.search(r"H\d{7}", text), text
            if lang == "en":
                assert not re.search(r"[\u4e00-\u9fff]", text), text
            else:
                assert not re.search(r"[A-Za-z]{4,}", LATIN.sub("", text)), text


@pytest.mark.parametrize("kind", KINDS)
def test_every_figure_is_drawn(answers, kind, tmp_path):
    for lang in ("zh", "en"):
        for figure in figures(answers[kind], Voice(lang, {**names(answers[kind]), **KNOWN})):
            path = tmp_path / f"{figure.key}.png"
            ek.figure(answers[kind], figure.key, lang=lang, known=KNOWN).savefig(path, dpi=50)
            assert path.stat().st_size > 2000


def test_what_is_printed_is_what_was_found(answers):
    printed = ek.table(answers["by_county"], "poverty_shares", lang="en", known=KNOWN)
    found = answers["by_county"].frame.query("measure == 'headcount'")
    assert printed["Estimate"].to_numpy() == pytest.approx(100 * found["estimate"].to_numpy())
    assert printed["County"].tolist() == [KNOWN[one].en for one in found["county"]]
    indices = ek.table(answers["by_county"], "poverty_indices", lang="en")
    frame = answers["by_county"].frame
    other = [frame.query("measure == @name")["estimate"] for name in ("gap", "severity", "watts")]
    assert indices["Estimate"].to_numpy() == pytest.approx(np.concatenate(other))


def test_years_stay_in_their_order(seen):
    by_year = PovertyIndices(**LINE).measure(seen, over="period")
    assert "in 2020 to" in ek.prose(by_year, lang="en").replace("  ", " ")
    labels = [tick.get_text() for tick in ek.figure(by_year, lang="en").axes[0].get_yticklabels()]
    assert labels == ["2020", "2021", "2022", "2023"]


def test_a_small_place_is_not_shown(seen):
    pairs = paired(seen, unit="unit", period="period", state="poor")
    left = pairs[pairs["before"] == 0].assign(back=lambda rows: rows["after"].astype(int))
    whole = left[left["county"] != "C001"]
    few = pd.concat([left[left["county"] == "C001"].head(6), whole])
    found = BottomLine(returned="back", threshold=0.2).measure(few, over="county")
    printed = ek.table(found, lang="en").set_index("County")
    next_smallest = whole["county"].value_counts().index[-1]
    for county in ("C001", next_smallest):  # the total less the others would give a single hidden one away
        assert printed.loc[county, "Verdict"] == "not shown"
        assert printed.loc[county].drop("Verdict").isna().all()
    assert printed["Homes"].notna().sum() == 3


def test_every_measure_has_a_name_in_both_languages():
    for name in MEASURES:
        assert all(called(name))
    assert in_percent("headcount")
    assert not in_percent("ge_2")
