"""A report of each place: its figures against the assessment, what one place cannot say, and runs that are killed and resumed."""

import json
import multiprocessing
import os
import pickle
import re
import signal
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from few_counties import TWELVE, declared, rows
from hypothesis import given
from hypothesis import strategies as st

import evalkit as ek
from evalkit.errors import OutputError, SpecError
from evalkit.report.document import Bullets, Figure, Heading, Paragraph, Table
from evalkit.report.each.document import compose_place
from evalkit.report.each.overview import compose_overview
from evalkit.report.each.place import place, places
from evalkit.report.pictures import Pictures
from evalkit.report.render import rendered
from evalkit.study.each.record import RECORD, STARTED, alone, fingerprint, folder_names
from evalkit.study.each.run import EachPlace, unit_words
from evalkit.study.each.work import lean
from evalkit.study.run import Study

UNITS = tuple(TWELVE)
FURTHER = """[uncertainty]
draws = 200
[robustness]
draws = 100
samples = 0
weights = ["equal"]
normalize = []
aggregate = []
[report]
formats = ["docx", "html"]
"""


def write_study(
    folder: Path, *, draws: int = 200, years: int = 2018, formats: str = '"docx", "html"', raised: float = 0.0
) -> Study:
    """Twelve of the simulated counties in two provinces, since 2018; `raised` is added to one cell."""
    folder.mkdir(exist_ok=True)
    kept = rows(TWELVE, years)
    kept.loc[kept.index[0], "G03"] += raised
    kept.to_csv(folder / "panel.csv", index=False)
    more = FURTHER.replace("draws = 200", f"draws = {draws}").replace('"docx", "html"', formats)
    reference = "reference = [2018, 2021]" if years <= 2018 else ""
    text = declared(more, reference=f'lang = "en"\n{reference}', gap=3, last="")
    (folder / "study.toml").write_text(text, encoding="utf-8")
    return Study.read(folder / "study.toml")


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    return write_study(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def found(study):
    return study.run()


def table(document, key) -> pd.DataFrame:
    return next(one.frame for one in document.tables() if one.key == key)


def words(document) -> str:
    said = [document.title, document.subtitle, *(value for pair in document.cover for value in pair)]
    for block in document.blocks:
        if isinstance(block, Heading | Paragraph):
            said.append(block.text)
        elif isinstance(block, Bullets):
            said += block.items
        elif isinstance(block, Table):
            said += [
                *map(str, block.frame.columns),
                *block.frame.select_dtypes(exclude="number").astype(str).to_numpy().ravel(),
                block.note,
            ]
        elif isinstance(block, Figure):
            said.append(block.alt)
    return "\n".join(said)


# what the report says of a place


@pytest.mark.parametrize("unit", [UNITS[0], UNITS[7]])
def test_page_one_is_what_the_assessment_found_of_that_place(found, unit):
    document = compose_place(found, unit, "en")
    row, doubt = found.bond.frame.loc[(unit, 2024)], next(iter(found.doubts.values()))
    ranks = doubt.ranks.loc[unit]
    said = words(document)
    assert f"is {row['D']:.3f}" in said
    assert f"{doubt.frame.loc[(unit, 2024), 'D_low']:.3f}–{doubt.frame.loc[(unit, 2024), 'D_high']:.3f}" in said
    assert f"lies between {ranks['rank_low']} and {ranks['rank_high']} (estimate: {ranks['rank']})" in said
    main = table(document, "summary").set_index("Measure")
    east = [code for code in UNITS if code[:2] == unit[:2]]
    group = found.bond.frame.loc[[(code, 2024) for code in east], "D"].median()
    assert (
        main.loc["Coordination degree D", ["2018", "2024"]].tolist() == found.bond.frame["D"].loc[unit].loc[[2018, 2024]].tolist()
    )
    assert main.loc["Coordination degree D", f"Median of {'East' if unit[:2] == '01' else 'West'}"] == group
    assert main.loc["Coordination degree D", "Median of all"] == found.bond.frame["D"].xs(2024, level="period").median()


def test_a_rank_is_never_told_without_its_interval(tmp_path):
    found = write_study(tmp_path, draws=0).run()
    document = compose_place(found, UNITS[0], "en")
    assert not found.doubts
    assert "Rank" not in words(document).replace("Ranks", "")
    assert "so none is given" in words(document)
    assert {one.key for one in document.tables()}.isdisjoint({"ranks", "position"})


def test_places_in_the_group_are_before_only_where_their_whole_interval_is(found):
    doubt = next(iter(found.doubts.values())).frame.xs(2024, level="period")
    for unit in UNITS:
        mates = doubt.loc[[code for code in UNITS if code[:2] == unit[:2]]]
        own = mates.loc[unit]
        told = place(found, unit, "en").among_mates()
        assert told.low == 1 + sum(low > own["D_high"] for low in mates["D_low"])
        assert told.high == len(mates) - sum(high < own["D_low"] for high in mates["D_high"])
        assert told.low <= told.rank <= told.high
        assert told.rank == mates["D"].rank(ascending=False).astype(int)[unit]


def test_obstacles_are_those_of_the_assessment(found):
    for unit in UNITS[:4]:
        printed = table(compose_place(found, unit, "en"), "obstacles")
        for name, drag in found.obstacles.items():
            row = drag.frame.loc[(unit, 2024)]
            mine = printed[printed["System"] == drag.scores.system.name.en]
            np.testing.assert_allclose(mine["Degree 2024 (%)"], [row[f"degree_{at}"] * 100 for at in range(1, 6)], atol=1e-10)
            by_id = {one.id: one.name.en for one in found.scores[name].system.every}
            assert mine["Indicator"].tolist() == [by_id[row[f"obstacle_{at}"]] for at in range(1, 6)]
            mates = drag.frame.xs(2024, level="period").loc[[code for code in UNITS if code[:2] == unit[:2]]]
            among = (mates[[f"obstacle_{at}" for at in range(1, 6)]].astype(object) == row["obstacle_1"]).any(axis=1).sum()
            assert mine.iloc[0, -1] == among


def test_indicators_stand_beside_their_bounds_and_the_median_of_the_group(found):
    unit, score = UNITS[2], found.scores["consolidation"]
    printed = table(compose_place(found, unit, "en"), "indicators_consolidation")
    east = [code for code in UNITS if code[:2] == "01"]
    for at, one in enumerate(score.system.indicators):
        row, raw = printed.iloc[at], found.panel.frame[one.id]
        assert row["2024"] == raw[(unit, 2024)]
        assert row["Median of East"] == pytest.approx(raw.loc[[(code, 2024) for code in east]].median())
        expected = np.clip((row["2024"] - row["Scores 0 at"]) / (row["Scores 1 at"] - row["Scores 0 at"]), 0, 1)
        assert row["Score"] == pytest.approx(expected)


def test_parts_of_the_change_add_up_to_it(found):
    unit = UNITS[5]
    printed = table(compose_place(found, unit, "en"), "dimensions")
    d = found.bond.frame["D"].loc[unit]
    assert printed["Part in the change of D"].sum() == pytest.approx(d.loc[2024] - d.loc[2018], abs=1e-9)


def test_every_figure_is_drawn_from_the_table_under_it(found):
    document = compose_place(found, UNITS[0], "en")
    keys = [block.key for block in document.blocks if isinstance(block, Table)]
    assert [figure.key for figure in document.figures()]
    for figure in document.figures():
        assert figure.key in keys
        frame = table(document, figure.key)
        drawn = {
            round(float(y), 9)
            for axes in figure.draw().axes
            for line in axes.lines
            for y in (*line.get_xdata(), *line.get_ydata())
        }
        columns = frame.select_dtypes("float").columns
        assert any({round(float(v), 9) for v in frame[column].dropna()} <= drawn for column in columns), figure.key


def test_filled_cells_of_the_place_and_no_other_are_listed(found):
    for unit in UNITS:
        document = compose_place(found, unit, "en")
        own = found.filled[found.filled["unit"] == unit]
        if own.empty:
            assert "filled" not in {one.key for one in document.tables()}
        else:
            assert sorted(table(document, "filled")["Filled with"]) == sorted(own["value"])


def test_a_figure_out_of_range_is_told_to_its_place_alone(tmp_path):
    study = write_study(tmp_path, raised=900.0)
    path = tmp_path / "study.toml"
    path.write_text(path.read_text() + '[[accept]]\nrule = "out_of_range"\ncolumn = "G03"\nbecause = "under inquiry"\n')
    found = Study.read(path).run()
    assert study.form.title.en == "A small assessment"
    here, elsewhere = (compose_place(found, unit, "en") for unit in UNITS[:2])
    assert table(here, "audit")["Finding"].tolist() == ["out of plausible range"]
    assert "under inquiry" in words(here)
    assert "audit" not in {one.key for one in elsewhere.tables()}


def test_english_has_no_chinese_and_chinese_no_english_sentence(found):
    named = replace(
        found, panel=replace(found.panel, names={unit: ek.Text(f"县{at}", f"County {at}") for at, unit in enumerate(UNITS)})
    )
    english, chinese = (words(compose_place(named, UNITS[0], lang)) for lang in ("en", "zh"))
    assert not re.search("[\u4e00-\u9fff]", english)
    bare = chinese.replace("East", "").replace("consolidation", "")
    assert not re.search(r"[A-Za-z]{3,} [A-Za-z]{3,}", re.sub(r"panel\.csv.*", "", bare))


def test_one_year_and_no_group_make_a_report_too(tmp_path):
    study = write_study(tmp_path, years=2024)
    text = (tmp_path / "study.toml").read_text().replace('groups = ["province"]\n', "")
    panel = pd.read_csv(tmp_path / "panel.csv", dtype={"county": str}).drop(columns="province")
    panel = panel.fillna(panel.median(numeric_only=True))
    panel.to_csv(tmp_path / "panel.csv", index=False)
    (tmp_path / "study.toml").write_text(text)
    found = Study.read(study.path).run()
    for lang in ("zh", "en"):
        document = compose_place(found, UNITS[0], lang)
        assert len(rendered(document, "html", Pictures(lang))) > 10_000
        assert len(rendered(compose_overview(found, lang, {}), "html", Pictures(lang))) > 10_000


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_the_report_has_six_to_twelve_pages_and_one_to_sign(found, lang):
    pytest.importorskip("typst")
    data = rendered(compose_place(found, UNITS[0], lang), "pdf", Pictures(lang))
    pages = max(map(int, re.findall(rb"/Count (\d+)", data)), default=None) or len(re.findall(rb"/Type\s*/Page\b", data))
    assert 7 <= pages <= 13


def test_the_summary_holds_every_place_once(found):
    document = compose_overview(found, "en", {unit: f"places/{unit}" for unit in UNITS})
    whole = table(document, "places_all")
    assert sorted(whole["Report in"]) == [f"places/{unit}" for unit in UNITS]
    assert table(document, "groups")["Places"].tolist() == [6, 6]
    assert len(table(document, "places_East")) == len(table(document, "places_West")) == 6


# runs


def digests(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and path.name != ".lock")
    return {path.relative_to(folder).as_posix(): sha256(path.read_bytes()).hexdigest() for path in files}


ONLY = UNITS[:3]


class Ready(Study):
    """A study whose assessment is there already, as another run of it would give it: pickled and read again."""

    def run(self, progress=lambda stage: None):
        return pickle.loads(type(self).held)


@pytest.fixture(scope="module")
def quick(found, tmp_path_factory):
    """The same study in workbooks alone, which hold no figure to draw."""
    study = write_study(tmp_path_factory.mktemp("quick"), formats='"xlsx"')
    Ready.held = pickle.dumps(found)
    return Ready(form=study.form, path=study.path)


@pytest.fixture(scope="module")
def fresh(quick, tmp_path_factory):
    """Three reports written in one go by one process."""
    return EachPlace(only=ONLY, jobs=1).deliver(quick, tmp_path_factory.mktemp("fresh") / "out")


def test_a_run_writes_reports_summary_and_manifest(fresh):
    assert {path.name for path in fresh.iterdir()} == {"places", "summary", "manifest.json", STARTED, ".lock"}
    assert {path.name for path in (fresh / "places").iterdir()} == set(ONLY)
    assert {path.name for path in (fresh / "places" / ONLY[0]).iterdir()} == {"report.en.xlsx", RECORD}
    manifest = json.loads((fresh / "manifest.json").read_text(encoding="utf-8"))
    assert manifest["outputs"][f"places/{ONLY[0]}/report.en.xlsx"] == digests(fresh)[f"places/{ONLY[0]}/report.en.xlsx"]
    assert manifest["places"] == list(ONLY)


def test_what_is_half_done_is_done_again_and_the_rest_is_kept(quick, fresh, tmp_path):
    out = tmp_path / "out"
    EachPlace(only=ONLY, jobs=1).deliver(quick, out)
    (out / "places" / ONLY[0] / RECORD).unlink()  # killed before the record
    (out / "places" / ONLY[1] / "report.en.xlsx").write_bytes(b"torn")
    (out / "places" / f".{ONLY[2]}.part-abc").mkdir()  # killed while writing
    (out / "manifest.json").unlink()
    kept = (out / "places" / ONLY[2] / "report.en.xlsx").stat().st_mtime_ns
    heard = []
    EachPlace(only=ONLY, jobs=1).deliver(quick, out, told=lambda done, of: heard.append((done, of)))
    assert heard == [(1, 3), (2, 3), (3, 3)]
    assert (out / "places" / ONLY[2] / "report.en.xlsx").stat().st_mtime_ns == kept
    assert digests(out) == digests(fresh)


def test_processes_side_by_side_write_the_same_bytes(study, found, tmp_path):
    Ready.held = pickle.dumps(found)
    ready = Ready(form=study.form, path=study.path)
    two, one = (EachPlace(only=ONLY[:2], jobs=jobs).deliver(ready, tmp_path / str(jobs)) for jobs in (2, 1))
    assert digests(two) == digests(one)
    assert {path.name for path in (one / "places" / ONLY[0]).iterdir()} == {"report.en.docx", "report.en.html", RECORD}


def test_processes_are_renewed_and_every_report_is_written(quick, fresh, tmp_path, monkeypatch):
    monkeypatch.setattr("evalkit.study.each.work.TASKS", 1)  # two reports, then new processes
    heard = []
    out = EachPlace(only=ONLY, jobs=2).deliver(quick, tmp_path / "out", told=lambda done, of: heard.append(done))
    assert heard == [0, 1, 2, 3]
    assert digests(out) == digests(fresh)


def test_a_process_that_is_killed_is_noticed_and_what_is_written_is_kept(quick, fresh, tmp_path):
    out, killed = tmp_path / "out", []

    def kill(done, of):
        if not killed:
            killed.append(next(child for child in multiprocessing.active_children()))
            os.kill(killed[0].pid, signal.SIGKILL)

    with pytest.raises(OutputError, match="ended by the system"):
        EachPlace(only=ONLY, jobs=2).deliver(quick, out, told=lambda done, of: kill(done, of) if done else None)
    assert not (out / "manifest.json").exists()
    assert not multiprocessing.active_children()
    assert digests(EachPlace(only=ONLY, jobs=1).deliver(quick, out)) == digests(fresh)


def test_another_computation_is_refused_and_replaced_by_force(quick, fresh, tmp_path):
    other = write_study(tmp_path / "study", raised=0.5, formats='"xlsx"')
    out = tmp_path / "out"
    EachPlace(only=UNITS[:2], jobs=1).deliver(other, out)
    with pytest.raises(OutputError, match="another computation"):
        EachPlace(only=UNITS[1:2], jobs=1).deliver(quick, out)
    EachPlace(only=UNITS[1:2], jobs=1, force=True).deliver(quick, out)
    assert {path.name for path in (out / "places").iterdir()} == {UNITS[1]}
    told = f"places/{UNITS[1]}/report.en.xlsx"
    assert digests(out)[told] == digests(fresh)[told]


def test_the_data_the_study_and_the_options_each_make_another_key(study, found, tmp_path):
    assert fingerprint(found) == fingerprint(pickle.loads(pickle.dumps(found)))
    assert fingerprint(found) == fingerprint(lean(found))
    assert fingerprint(found) != fingerprint(write_study(tmp_path, raised=0.5).run())
    renamed = replace(found, panel=replace(found.panel, names={UNITS[0]: ek.Text("县", "County")}))
    assert fingerprint(found) != fingerprint(renamed)


def test_two_runs_do_not_write_at_once(quick, tmp_path):
    out = tmp_path / "out"
    with alone(out), pytest.raises(OutputError, match="another run is writing"):
        EachPlace(only=ONLY, jobs=1).deliver(quick, out)
    assert not out.exists()


def test_a_folder_of_something_else_is_left_alone(quick, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(OutputError, match="something else"):
        EachPlace(force=True).deliver(quick, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


@pytest.mark.parametrize(
    ("asked", "out", "fault", "said"),
    [
        (
            {"template": Path("mine.docx")},
            "out",
            SpecError,
            "mine.docx: a template dresses Word reports, and the study asks for none",
        ),
        ({}, "mine.txt", OutputError, "mine.txt: the output is to be a folder, and this is none. To do: choose another --out"),
    ],
)
def test_what_cannot_be_written_is_refused_before_anything_is_computed(tmp_path, monkeypatch, asked, out, fault, said):
    monkeypatch.setattr(Study, "run", lambda *_: pytest.fail("it was computed"))
    (tmp_path / "mine.txt").write_text("mine")
    plain = write_study(tmp_path / "study", formats='"html"')
    with pytest.raises(fault, match=said):
        EachPlace(**asked).deliver(plain, tmp_path / out)
    assert (tmp_path / "mine.txt").read_text() == "mine"
    with pytest.raises(SpecError, match=r"at least one process; found 0\. To do: give --jobs 1 or more"):
        EachPlace(jobs=0)


def test_a_place_that_was_not_scored_is_refused(quick, tmp_path):
    with pytest.raises(SpecError, match="no place '0101O1'"):
        EachPlace(only=("0101O1",)).deliver(quick, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_fault_in_one_report_leaves_the_others_and_no_half(quick, tmp_path, monkeypatch):
    from evalkit.study.each import work as each_work

    def fails(found, unit, lang, **more):
        if unit == ONLY[1]:
            raise OutputError("no room", where="disk")
        return compose_place(found, unit, lang, **more)

    monkeypatch.setattr(each_work, "compose_place", fails)
    with pytest.raises(OutputError, match="no room"):
        EachPlace(only=ONLY, jobs=1).deliver(quick, tmp_path / "out")
    assert [path.name for path in (tmp_path / "out" / "places").iterdir()] == [ONLY[0]]
    assert not (tmp_path / "out" / "manifest.json").exists()


@given(st.lists(st.text(min_size=1, max_size=80), unique=True, max_size=20))
def test_folders_are_safe_and_each_place_has_its_own(units):
    names = folder_names(units)
    assert len({name.casefold() for name in names.values()}) == len(units)
    for name in names.values():
        assert re.fullmatch(r"[\w.-]{1,80}", name)
        assert not name.startswith(".")
        assert name not in ("..", ".")


def test_a_unit_is_named_by_its_column(study):
    assert unit_words(study)[0] == "county"
    shipped = Study.read(ek.datasets.folder() / "studies" / "wdi.toml")
    assert unit_words(shipped)[0] == "Country Code"


def test_places_are_sorted(found):
    assert places(found) == tuple(sorted(UNITS))
