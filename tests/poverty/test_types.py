"""What is no frame, no spec or no number is refused at the door; what says nothing is said; homes are not named."""

import numpy as np
import pandas as pd
import pytest

from evalkit.errors import DataError, EvalkitError, NoAnswer, SpecError
from evalkit.panel.design import SurveyDesign
from evalkit.poverty.change.changes import PovertyChange
from evalkit.poverty.change.growth import GrowthRedistribution
from evalkit.poverty.change.sources import PovertyBySource
from evalkit.poverty.change.subgroup_change import SubgroupChange
from evalkit.poverty.change.subgroups import PovertyBySubgroup
from evalkit.poverty.change.transfers import WithoutTransfers
from evalkit.poverty.dynamics.attrition import Attrition
from evalkit.poverty.dynamics.hazard import ReturnHazard
from evalkit.poverty.dynamics.moves import PovertyTransitions, paired
from evalkit.poverty.dynamics.persistence import PovertyPersistence
from evalkit.poverty.dynamics.spells import PovertySpells
from evalkit.poverty.dynamics.vulnerability import Vulnerability
from evalkit.poverty.income.fgt import PovertyIndices
from evalkit.poverty.income.inequality import Inequality
from evalkit.poverty.lines.lines import PovertyLines
from evalkit.poverty.multidimensional.alkire_foster import AlkireFoster
from evalkit.poverty.multidimensional.deprivation_form import read_deprivations
from evalkit.poverty.multidimensional.deprivations import Deprivation, DeprivationSystem
from evalkit.poverty.multidimensional.deprivations import read_deprivations as read_file
from evalkit.poverty.returns.bottom_line import BottomLine
from evalkit.poverty.returns.clusters import ReturnClusters
from evalkit.poverty.returns.sample_size import SampleToRuleOut
from evalkit.stats.inference import exact_interval
from evalkit.terms import Text, same

PERSON = "510321197001011234"
SYSTEM = DeprivationSystem(id="two", name=same("two"), deprivations=tuple(Deprivation(id=x, name=same(x)) for x in ("a", "b")))
POOR = AlkireFoster(system=SYSTEM, cutoff=0.5)
SPELLS = PovertySpells(unit="home", period="year", state="poor")
LASTING = PovertyPersistence(unit="home", period="year", income="y", line=100.0)
HAZARD = ReturnHazard(unit="home", period="year", state="poor", covariates=("y",))
MEASURED = {
    "AlkireFoster": POOR.measure,
    "PovertyTransitions": PovertyTransitions(before="a", after="b", earlier="poor").measure,
    "PovertySpells": SPELLS.measure,
    "PovertyPersistence": LASTING.measure,
    "Attrition": Attrition(seen="poor", by=("county",)).measure,
    "paired": lambda frame: paired(frame, unit="home", period="year", state="poor"),
    "PovertyIndices": PovertyIndices(income="y", line=100.0).measure,
    "Inequality": Inequality(income="y").measure,
    "BottomLine": BottomLine(returned="poor", threshold=0.1).measure,
    "ReturnClusters": ReturnClusters(returned="poor", village="county").measure,
    "ReturnHazard": HAZARD.estimate,
    "PovertyLines": PovertyLines().measure,
}


def homes(n=40):
    """Homes in two waves, named by identity numbers."""
    rng = np.random.default_rng(4)
    names = [f"5103211970010112{k:02d}" for k in range(n // 2)]
    frame = pd.DataFrame({"home": np.repeat(names, 2), "year": [2020, 2021] * (n // 2), "province": "四川省"})
    flags = {name: rng.integers(0, 2, n) for name in ("a", "b", "poor")}
    return frame.assign(**flags, county=rng.choice(["x", "y"], n), y=rng.uniform(50, 200, n))


@pytest.mark.parametrize("name", MEASURED)
def test_what_is_no_table_is_refused(name):
    frame = homes()
    twice = pd.concat([frame, frame], axis=1)
    for wrong in (
        [1, 2],
        None,
        "homes",
        frame["y"],
        frame.to_numpy(),
        twice,
        frame.iloc[:0],
        frame.rename(columns=str.upper),
        {},
    ):
        with pytest.raises(EvalkitError):
            MEASURED[name](wrong)


@pytest.mark.parametrize("name", MEASURED)
def test_odd_cells_are_refused_or_answered_and_never_a_traceback(name):
    """Each column in turn holds gaps, text, endless or complex figures, dates or lists, of as many rows or of one."""
    cells = (np.nan, "x", "2021年", np.inf, 1 + 2j, pd.Timestamp("2020-01-01"), 2021.5, True, PERSON)
    for column in homes().columns:
        for cell in cells:
            for rows in (24, 1):
                frame = homes().astype({column: object}).iloc[:rows].copy()
                frame.loc[0, column] = cell
                frame[column] = frame[column].infer_objects()
                try:
                    MEASURED[name](frame)
                except EvalkitError as refused:
                    assert "51032119" not in str(refused)


SPECS = {
    "AlkireFoster": (lambda **x: AlkireFoster(**{"system": SYSTEM, **x}), "cutoff level replicates seed system design"),
    "PovertyChange": (PovertyChange, "years level"),
    "Deprivation": (lambda **x: Deprivation(**{"id": "d", "name": same("d"), **x}), "id name below above weight"),
    "DeprivationSystem": (
        lambda **x: DeprivationSystem(**{"id": "d", "name": same("d"), "deprivations": SYSTEM.deprivations, **x}),
        "id name deprivations",
    ),
    "PovertyTransitions": (PovertyTransitions, "before level design"),
    "PovertySpells": (lambda **x: PovertySpells(**{"unit": "u", "period": "t", "state": "s", **x}), "unit step design level"),
    "PovertyPersistence": (
        lambda **x: PovertyPersistence(**{"unit": "u", "period": "t", "income": "y", "line": 1.0, **x}),
        "unit income line alpha duration design level",
    ),
    "Attrition": (lambda **x: Attrition(**{"seen": "s", "by": ("c",), **x}), "seen by design smallest level"),
    "PovertyIndices": (
        lambda **x: PovertyIndices(**{"income": "y", "line": 1.0, **x}),
        "income line strict design level measures",
    ),
    "PovertyBySubgroup": (
        lambda **x: PovertyBySubgroup(**{"income": "y", "line": 1.0, "over": "c", **x}),
        "line strict over level",
    ),
    "BottomLine": (lambda **x: BottomLine(**{"returned": "r", "threshold": 0.1, **x}), "threshold level adjust design smallest"),
    "ReturnClusters": (lambda **x: ReturnClusters(**{"returned": "r", "village": "v", **x}), "village adjust level least"),
    "ReturnHazard": (lambda **x: ReturnHazard(**{"unit": "u", "period": "t", "state": "s", **x}), "unit covariates step design"),
    "Inequality": (lambda **x: Inequality(**{"income": "y", **x}), "income gini entropy shares level design"),
}

RIGHT = {("above", "-3.0"), ("entropy", "-3.0"), ("by", "['half']")}


@pytest.mark.parametrize("name", SPECS)
def test_arguments_of_another_kind_are_refused(name):
    make, arguments = SPECS[name]
    frame = pd.DataFrame({"a": [1, 2]})
    for argument in arguments.split():
        for wrong in (frame, ["half"], object, {}, np.nan, -3.0, 1 + 2j, frame["a"]):
            if (argument, str(wrong)) in RIGHT:
                continue
            with pytest.raises(SpecError):
                make(**{argument: wrong})
    if "level" in arguments:
        for wrong in ("0.95", 0, 1, True, None):
            with pytest.raises(SpecError):
                make(level=wrong)


@pytest.mark.parametrize(
    "make",
    [
        lambda x: PovertyIndices(income="y", line=1.0, strict=x),
        lambda x: PovertyBySubgroup(income="y", line=1.0, over="c", strict=x),
        lambda x: GrowthRedistribution(income="y", line=1.0, strict=x),
        lambda x: SubgroupChange(income="y", line=1.0, over="c", strict=x),
        lambda x: WithoutTransfers(income="y", line=1.0, transfers=("t",), strict=x),
        lambda x: PovertyBySource(sources=("y", "t"), line=1.0, strict=x),
    ],
)
def test_strict_is_yes_or_no(make):
    for wrong in ("no", 0, None, [True]):
        with pytest.raises(SpecError, match="True or False"):
            make(wrong)


def test_single_wrong_questions():
    frame = homes()
    answer = POOR.measure(frame)
    fgt = PovertyIndices(income="y", line=100.0).measure(frame)
    for before, after in (("a", "b"), (answer, None), (fgt, fgt), (frame, frame), (AlkireFoster, AlkireFoster)):
        with pytest.raises(SpecError, match="MultidimensionalPoverty"):
            PovertyChange().measure(before, after)
    for wrong in ({"below": "6", "above": "6"}, {"below": "6"}, {"above": True}, {"weight": "1"}, {"below": 0}):
        with pytest.raises(SpecError):
            Deprivation(id="d", name=same("d"), **wrong)
    with pytest.raises(SpecError, match="must be a Deprivation"):
        DeprivationSystem(id="d", name=same("d"), deprivations=["d1"])
    for read in (read_deprivations, read_file):
        for wrong in (None, 3, ["guarantees"], ""):
            with pytest.raises(SpecError):
                read(wrong)
    for lag in (0, 1.5, "1", None, True):
        with pytest.raises(SpecError, match="lag"):
            paired(frame, unit="home", period="year", state="poor", lag=lag)
    for unit in (["home"], None, 3, ""):
        with pytest.raises(SpecError):
            paired(frame, unit=unit, period="year", state="poor")
    for year in (2021.5, "2021年", "2021", np.inf, None):
        odd = frame.assign(year=[year, *[2020, 2021] * 19, 2020])
        for measure in (SPELLS.measure, LASTING.measure, MEASURED["paired"], HAZARD.estimate):
            with pytest.raises(DataError, match=r"whole numbers|gaps"):
                measure(odd)
    for province in (["四川省"], None, 5):
        with pytest.raises(SpecError):
            PovertyLines().line(2020, province)
    with pytest.raises(DataError, match="provinces of lines must be text"):
        PovertyLines().measure(pd.DataFrame({"province": [["四川省"], ["北京市"]], "year": [2020, 2020]}))
    with pytest.raises(SpecError, match="each once"):
        ReturnClusters(returned="r", village="v", within="v")
    with pytest.raises(SpecError, match="each once"):
        ReturnClusters(returned="r", village="v", expected="r")
    for earlier in (2, -1, 0.5, "1", np.inf):
        with pytest.raises(DataError, match="nothing"):
            PovertyTransitions(before="a", after="b", earlier="e").measure(frame.assign(e=[earlier, *[np.nan] * 39]))


@pytest.mark.parametrize("name", ["measure", "indicator", "estimate", "n", "std_error"])
def test_groupings_called_as_columns_of_answers_are_refused(name):
    frame = homes().assign(**{name: "x"})
    with pytest.raises(DataError, match="cannot be called"):
        POOR.measure(frame, over=name)
    if name == "indicator":
        return
    for asked in (
        lambda: PovertyIndices(income="y", line=100.0).measure(frame, over=name),
        lambda: Inequality(income="y").measure(frame, over=name),
        lambda: PovertyBySubgroup(income="y", line=100.0, over=name).measure(frame),
        lambda: SubgroupChange(income="y", line=100.0, over=name).measure(frame, frame),
        lambda: GrowthRedistribution(income="y", line=100.0).measure(frame, frame, over=name),
        lambda: WithoutTransfers(income="y", line=100.0, transfers=("a",)).measure(frame, over=name),
        lambda: PovertyBySource(sources=("y", "a"), line=100.0).measure(frame, over=name),
        lambda: BottomLine(returned="poor", threshold=0.1).measure(frame, over=name),
        lambda: Attrition(seen="poor", by=(name,)).measure(frame),
        lambda: Vulnerability(income="y", unit="home", period="year", line=100.0, covariates=("a",)).measure(frame, over=name),
    ):
        with pytest.raises(DataError, match="cannot be called"):
            asked()


def test_names_of_homes_are_counted_and_not_said():
    """Messages say how many rows and where; never whose."""
    twice = homes().assign(year=2020)
    asked = (SPELLS.measure, LASTING.measure, MEASURED["paired"], HAZARD.estimate)
    for measure in asked:
        with pytest.raises(DataError, match="rows 2, 4, 6, 8, 10 and 15 more") as refused:
            measure(twice)
        assert "5103" not in str(refused.value)
    named = homes().assign(a=homes()["home"], y=homes()["home"])
    for measure, said in ((POOR.measure, "20 different values"), (MEASURED["PovertyTransitions"], "20 different values")):
        with pytest.raises(DataError, match=said):
            measure(named)
    with pytest.raises(DataError, match="no numbers in rows 1, 2, 3, 4, 5 and 35 more"):
        PovertyIndices(income="y", line=100.0).measure(named)
    with pytest.raises(DataError, match="others in row 2"):
        SampleToRuleOut(rate=0.01).measure(pd.Series([10, 2.5], index=[PERSON, PERSON[::-1]]))


def test_notes_and_messages_do_not_print_numbers_of_persons():
    cells = homes().assign(county=[PERSON] * 4 + ["x"] * 36, poor=1)
    assert PERSON not in "".join(note.text.zh for note in Attrition(seen="poor", by=("county",)).measure(cells).notes)
    with pytest.raises(DataError, match=r"of \*\*\* in 1900"):
        PovertyLines().line(1900, PERSON)
    lent = PovertyLines().measure(pd.DataFrame({"province": [PERSON], "year": [2021]}))
    assert PERSON not in "".join(note.text.zh for note in lent.notes)


def test_nobody_and_nothing_are_said():
    frame = homes()
    with pytest.raises(NoAnswer, match="all 0"):
        Inequality(income="y").measure(frame.assign(y=0.0))
    some = Inequality(income="y", entropy=(), atkinson=()).measure(
        frame.assign(y=np.where(frame["county"] == "x", 0, 1)), over="county"
    )
    assert any("收入全为 0" in note.text.zh for note in some.notes)
    rich = PovertyBySubgroup(income="y", line=1.0, over="county").measure(frame)
    assert (rich.frame[["index", "contribution", "share"]] == 0).all(axis=None)
    assert any("份额记为 0" in note.text.zh for note in rich.notes)
    pairs = pd.DataFrame({"before": [0, 0, 1, 1], "after": [0, 1, 0, 1], "earlier": [0, 0, np.nan, 1]})
    moves = PovertyTransitions(earlier="earlier").measure(pairs)
    assert moves.frame.set_index("measure")["estimate"].isna().to_dict()["return"]
    said = [note.text.zh for note in moves.notes]
    assert any("无从计算：返贫率。" in text for text in said)
    assert any("入贫率、持续贫困率、脱贫率、此前非贫困户的入贫率" in text for text in said)
    for level in (0.5, 0.3, 1.0):
        with pytest.raises(SpecError, match=r"\(0\.5, 1\)"):
            BottomLine(returned="poor", threshold=0.1, level=level)


def test_shares_of_nobody_and_of_all_have_exact_bounds_by_clusters():
    """0 and 1 of 30 villages: Clopper and Pearson's 0.1157 of 30 trials (Hahn & Meeker 1991: 1 − 0.025^(1/30))."""
    village = np.repeat(np.arange(30), 5)
    frame = pd.DataFrame({"y": 200.0, "a": 0, "b": 1, "v": village, "poor": 0, "after": 0, "c": "x"})
    design, bound = SurveyDesign(clusters="v"), 1 - 0.025 ** (1 / 30)
    assert bound == pytest.approx(float(exact_interval(np.zeros(1), np.zeros(1), 29, 30)[1][0]))
    for over in (None, "c"):
        index = PovertyIndices(income="y", line=100.0, design=design).measure(frame, over=over).frame.set_index("measure")
        np.testing.assert_allclose(index.loc[["headcount", "gap", "severity"], "ci_high"], bound, rtol=1e-9)
        assert (index["ci_low"] == 0).all()
        many = AlkireFoster(system=SYSTEM, cutoff=1, design=design).measure(frame, over=over)
        np.testing.assert_allclose(many.frame.set_index("measure").loc[["H", "M0"], "ci_high"], bound, rtol=1e-9)
        shares = many.indicators.set_index(["measure", "indicator"])
        assert shares.loc[("uncensored", "b"), "ci_low"] == pytest.approx(1 - bound)
        assert shares.loc[("uncensored", "b"), "ci_high"] == 1
    moved = frame.assign(before=(village < 10).astype(int))
    entry = (
        PovertyTransitions(before="before", after="after", design=design).measure(moved).frame.set_index("measure").loc["entry"]
    )
    assert entry["ci_high"] == pytest.approx(1 - 0.025 ** (1 / 20))  # of the 20 villages at risk
    whole = SurveyDesign(clusters="v", population="N")
    drawn = PovertyIndices(income="y", line=100.0, design=whole).measure(frame.assign(N=30)).frame
    assert (drawn["ci_high"] == 0).all()  # a census leaves nothing to chance


def test_intervals_of_what_lies_between_0_and_1_stay_there():
    few = pd.DataFrame({"y": [99.0, *[150.0] * 19, 40.0]})
    low = PovertyIndices(income="y", line=100.0, measures=("headcount", "gap", "severity", "sen", "sen_shorrocks_thon"))
    assert low.measure(few).frame["ci_low"].between(0, 1, inclusive="neither").all()
    debts = low.measure(few.assign(y=few["y"] - 60)).frame.set_index("measure")
    assert debts.loc["gap", "ci_low"] == pytest.approx(2 * debts.loc["gap", "estimate"] - debts.loc["gap", "ci_high"])


def test_poor_who_lack_one_thing_each_are_said_so():
    frame = pd.DataFrame({"a": [1, 0, 0, 0], "b": [0, 1, 0, 0]})
    assert any(note.text.en.startswith("All who are poor lack exactly one") for note in POOR.measure(frame).notes)
    assert len(POOR.measure(frame.assign(b=[1, 1, 0, 0])).notes) == 1


def test_groups_have_the_degrees_of_freedom_of_their_own_villages():
    frame = homes().assign(v=np.repeat(np.arange(10), 4), c=np.repeat(["x", "y"], [12, 28]))
    found = AlkireFoster(system=SYSTEM, design=SurveyDesign(strata="c", clusters="v")).measure(frame, over="c")
    assert found.groups["df"].to_dict() == {"x": 2, "y": 6}


def test_waves_without_clusters_are_not_matched_by_the_number_of_the_row():
    frame = homes()
    answer = POOR.measure(frame)
    with pytest.raises(SpecError, match="names of their clusters"):
        PovertyChange().measure(answer, answer)
    named = AlkireFoster(system=SYSTEM, design=SurveyDesign(clusters="home"))
    first, second = frame[::2].assign(a=1), frame[1::2]
    shuffled = second.sample(frac=1, random_state=1)
    alike = [PovertyChange().measure(named.measure(first), named.measure(x)).frame["std_error"] for x in (second, shuffled)]
    np.testing.assert_allclose(*alike)
    with pytest.raises(SpecError, match="strata"):
        PovertyChange().measure(
            named.measure(first),
            AlkireFoster(system=SYSTEM, design=SurveyDesign(clusters="home", strata="county")).measure(second),
        )


def test_notes_are_chinese_in_chinese():
    """No name of a column stands in a Chinese note."""
    frame = homes().assign(y=lambda x: x["y"].where(x.index > 2, 0.0))
    notes = [
        *PovertyIndices(income="y", line=100.0, measures=("headcount", "watts", "exit_time"), growth=0.05).measure(frame).notes,
        *Inequality(income="y", entropy=(0, 2), atkinson=(1, 2)).measure(frame).notes,
        *LASTING.measure(frame).notes,
    ]
    said = Text("".join(note.text.zh for note in notes), "")
    for word in ("watts", "exit_time", "mean_log_deviation", "atkinson_1", "慢性"):
        assert word not in said.zh
