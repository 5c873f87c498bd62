"""The assessment in the order of evaluators: what each chapter holds, that none repeats another, that no figure is lost."""

import re
import tomllib
import zlib
from collections import defaultdict
from contextlib import suppress
from dataclasses import replace
from io import BytesIO
from itertools import pairwise

import docx
import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import evalkit as ek
from evalkit.panel.form import read_system
from evalkit.panel.system import Dimension, Direction, Indicator, IndicatorSystem, Theme
from evalkit.report import theme
from evalkit.report.assessment.chapters import compose
from evalkit.report.assessment.found import CHAPTERS, MONITORED, Monitored, Signatories
from evalkit.report.assessment.implementation import NONE_AT_ALL, NONE_OF_IT, implementation, processes
from evalkit.report.assessment.progress import Span, badness, misses, progress, worse
from evalkit.report.assessment.rectification import TO_FILL_IN
from evalkit.report.assessment.signoff import signoff
from evalkit.report.document import Bullets, Heading, Paragraph, Table
from evalkit.report.html.marks import marks
from evalkit.report.html.page import html
from evalkit.report.pictures import Pictures
from evalkit.report.word.document import word
from evalkit.report.words import Voice
from evalkit.study.form import StudyForm
from evalkit.study.run import Study
from evalkit.terms import Text

HAN = re.compile("[一-鿿]")
QUICK = {"weights": ["equal"], "normalize": [], "aggregate": [], "reference": [], "draws": 100, "samples": 0}
SHIPPED = ek.datasets.folder() / "systems" / "consolidation.toml"


def study(**changes):
    """The demonstration with few draws and parts of its file changed."""
    read = Study.read(ek.datasets.folder() / "studies" / "counties.toml")
    plain = tomllib.loads(read.path.read_text(encoding="utf-8"))
    quick = {"robustness": QUICK, "uncertainty": {"draws": 100}}
    return Study(form=StudyForm.model_validate(plain | quick | changes), path=read.path)


@pytest.fixture(scope="module")
def found():
    return study().run()


@pytest.fixture(scope="module")
def english(found):
    return compose(found, "en")


@pytest.fixture(scope="module")
def chinese(found):
    return compose(found, "zh")


def under(document, title):
    """The blocks of one chapter."""
    at = next(n for n, b in enumerate(document.blocks) if isinstance(b, Heading) and b.level == 1 and b.text == title)
    rest = document.blocks[at + 1 :]
    end = next((n for n, b in enumerate(rest) if isinstance(b, Heading) and b.level == 1), len(rest))
    return rest[:end]


def table(document, key):
    return next(one for one in document.tables() if one.key == key).frame


def pages(data):
    """How many pages a PDF has."""
    opened = [data]
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", data, re.S):
        with suppress(zlib.error):
            opened.append(zlib.decompress(stream))
    return len(re.findall(rb"/Type ?/Page\b(?!s)", b"\n".join(opened)))


def test_the_chapters_stand_in_the_evaluators_order(chinese):
    titles = [b.text for b in chinese.blocks if isinstance(b, Heading) and b.level == 1]
    assert titles == [
        "摘要",
        "评估依据与范围",
        "评估方法",
        "数据审计",
        "评估地区概况",
        "责任落实、政策落实与工作落实",
        "巩固拓展脱贫攻坚成果：分维度结果",
        "乡村振兴：分维度结果",
        "耦合协调分析",
        "耦合协调的变化",
        "趋势外推",
        "障碍因素",
        "区域差异",
        "住户贫困与返贫",
        "指标体系诊断",
        "结果的不确定性",
        "稳健性",
        "问题清单",
        "整改清单",
        "附录",
    ]
    sections = [b.text for b in under(chinese, "巩固拓展脱贫攻坚成果：分维度结果") if isinstance(b, Heading)]
    assert sections[:5] == ["收入与增收", "两不愁三保障与饮水安全", "监测帮扶", "产业帮扶", "就业"]
    assert sections[5:] == ["资产管理", "兜底保障", "内生动力（技能与参与）"]
    relocation = next(b for b in under(chinese, "巩固拓展脱贫攻坚成果：分维度结果") if getattr(b, "role", "") == "caution")
    assert "易地搬迁后续扶持" in relocation.text


@pytest.mark.parametrize("lang", ["zh", "en"])
def test_no_chapter_repeats_another(lang, chinese, english):
    document = chinese if lang == "zh" else english
    begins = [n for n, b in enumerate(document.blocks) if isinstance(b, Heading) and b.level == 1]
    chapters = document.blocks[begins[1] :]  # the summary says what stands in the chapters
    said = [b.text for b in chapters if isinstance(b, Paragraph) and b.role != "note"]
    said += [item for b in chapters if isinstance(b, Bullets) for item in b.items]
    assert len(said) == len(set(said))
    frames = [one.frame for one in document.tables()]
    assert not any(a.equals(b) for n, a in enumerate(frames) for b in frames[:n])


def test_no_mixed_language(english):
    for block in english.blocks:
        if isinstance(block, Heading | Paragraph):
            assert not HAN.search(block.text), block.text
        if isinstance(block, Bullets):
            assert not HAN.search("".join(block.items)), block.items
        if isinstance(block, Table):
            cells = [*map(str, block.frame.columns), *block.frame.to_numpy(dtype=object).ravel().astype(str)]
            assert not HAN.search("".join(cells)), block.key
    page = english.signoff
    assert page is not None
    assert not HAN.search("".join([page.title, page.note, *page.heads, *(text for row in page.rows for text in row)]))


def test_every_scored_indicator_is_printed_once_as_process_or_as_result(found, english):
    parts = [one for one in english.tables() if one.key.startswith(("results_", *(f"{theme}_" for theme in Theme)))]
    printed = [name for one in parts for name in one.frame["Indicator"]]
    named = [f"{one.name.en} ({one.unit.en})" for score in found.scores.values() for one in score.system.indicators]
    assert sorted(printed) == sorted(named)
    assert set(processes(found)) == {"G06", "G16", "G27", "G30"}


def test_what_a_monitor_tells_is_left_to_its_chapter(found):
    whole = replace(found, monitoring=Monitored(panel=pd.DataFrame({"G21": []}), source=Text("甲", "a")))
    system = found.scores["consolidation"].system
    marked = replace(
        system,
        dimensions=tuple(
            replace(d, indicators=tuple(replace(i, theme=Theme.WORK) if i.id in MONITORED else i for i in d.indicators))
            for d in system.dimensions
        ),
    )
    score = found.scores["consolidation"]
    fitted = replace(score.spec, spec=replace(score.spec.spec, system=marked))
    scores = {"consolidation": replace(score, spec=fitted)}
    assert set(processes(replace(found, scores=scores))) >= {"G21", "G22"}
    assert not set(processes(replace(whole, scores=scores))) & set(MONITORED)


def test_means_change_and_counts_are_those_of_the_panel(found, english):
    """Held against pandas on the shipped file, its gaps filled by pandas as the study says: a straight line, the nearest year."""
    rows = pd.read_csv(ek.datasets.folder() / "counties.csv", comment="#", dtype={"county": str})
    names = {one.id: f"{one.name.en} ({one.unit.en})" for one in found.scores["consolidation"].system.indicators}
    tables = [table(english, f"{theme}_consolidation").set_index("Indicator") for theme in Theme]
    for key in ("G16", "G06", "G27", "G30"):
        wide = rows.pivot(index="year", columns="county", values=key).interpolate(limit_area="inside").ffill().bfill()
        row = next(one.loc[names[key]] for one in tables if names[key] in one.index)
        before, now = wide.loc[2020], wide.loc[2024]
        assert row["2020"] == pytest.approx(before.mean())
        assert row["2024"] == pytest.approx(now.mean())
        assert row["Change"] == pytest.approx((now - before).mean())
        assert row["Places worse off"] == (now < before - 1e-9).sum()


def test_a_system_without_indicators_of_process_says_so_in_one_sentence(found):
    plain = replace(found, scores={"revitalization": found.scores["revitalization"]})
    voice = Voice("zh")
    blocks = implementation(plain, voice)
    assert [type(block) for block in blocks] == [Heading, Paragraph]
    assert blocks[1].text == NONE_AT_ALL.zh


def test_a_theme_of_which_nothing_tells_says_so(found):
    score = found.scores["consolidation"]
    bare = replace(
        score.system,
        dimensions=tuple(
            replace(d, indicators=tuple(replace(i, theme=None) if i.id == "G16" else i for i in d.indicators))
            for d in score.system.dimensions
        ),
    )
    fitted = replace(score.spec, spec=replace(score.spec.spec, system=bare))
    blocks = implementation(replace(found, scores={"consolidation": replace(score, spec=fitted)}), Voice("en"))
    at = next(n for n, b in enumerate(blocks) if isinstance(b, Heading) and b.text == "Responsibility")
    assert blocks[at + 1].text == NONE_OF_IT.en


def test_the_summary_is_one_page_and_tells_the_uncertainty(english, chinese):
    pytest.importorskip("typst")
    from evalkit.report.pdf.document import pdf

    for document in (english, chinese):
        at = [n for n, b in enumerate(document.blocks) if isinstance(b, Heading) and b.level == 1][1]
        assert document.blocks[at].page
        until = replace(document, blocks=document.blocks[: at + 1])
        assert pages(pdf(until, Pictures(document.lang))) == 5  # cover, sign-off, contents, summary, next chapter
        assert document.tables()[0].frame.iloc[:, -1].str.len().min() > 3


def test_the_list_of_rectification_follows_the_problems_and_names_nobody(english):
    problems, to_do = table(english, "problems"), table(english, "rectification")
    assert list(to_do["Problem"]) == list(problems["Problem"])
    assert list(to_do["No."]) == list(problems["No."])
    assert (to_do[["Responsible", "Measures", "Deadline", "Done"]] == TO_FILL_IN).all().all()


def test_targets_missed_are_those_of_the_panel(found, english):
    text = table(english, "problems").set_index("Problem").loc["Indicators short of a target of policy", "Evidence"]
    now = found.scores["consolidation"].panel.frame.xs(2024, level="period")
    short = int((now["G07"] < 100).sum())
    named = next(one for one in found.scores["consolidation"].system.every if one.id == "G07")
    assert f"{named.name.en}, {short} places" in text


def test_documents_are_listed_as_the_study_writes_them(chinese, found):
    listed = next(b for b in under(chinese, "评估依据与范围") if isinstance(b, Bullets))
    assert listed.items == tuple(one.zh for one in found.basis)
    none = compose(replace(found, basis=()), "zh")
    assert not any(isinstance(b, Bullets) for b in under(none, "评估依据与范围"))


def test_who_signs_is_named_by_the_study_or_left_blank():
    form = {"lead": "Zhang", "authors": ["Li", {"zh": "王", "en": "Wang"}]}
    who = study(signoff=form).form.signoff.build(Text("院", "Institute"))
    assert who == Signatories(
        organization=Text("院", "Institute"), lead=Text("Zhang", "Zhang"), authors=(Text("Li", "Li"), Text("王", "Wang"))
    )
    rows = signoff(who, Voice("zh")).rows
    assert [row[:2] for row in rows] == [("项目负责人", "Zhang"), ("编制人", "Li"), ("编制人", "王"), ("复核人", "")]
    assert all(row[2:] == ("", "") for row in rows)


def test_the_page_to_sign_is_in_word_and_in_the_page(make_document):
    page = signoff(Signatories(lead=Text("<b>甲</b>", "A")), Voice("zh"))
    document = replace(make_document(), signoff=page)
    file = docx.Document(BytesIO(word(document, Pictures("zh"))))
    cells = [[cell.text for cell in row.cells] for row in file.tables[0].rows]
    assert cells == [list(page.heads), *map(list, page.rows)]
    shown = html(document, Pictures("zh")).decode("utf-8")
    assert '<section class="signoff"' in shown
    assert "&lt;b&gt;甲&lt;/b&gt;" in shown
    assert "signoff" not in re.sub(r"<style>.*?</style>", "", html(make_document(), Pictures("zh")).decode("utf-8"), flags=re.S)


@pytest.mark.parametrize(
    ("add", "message"),
    [
        ("[signoff]\nleader = 'x'\n", "'signoff.leader' is not a known key"),
        ("[report]\nbasis = 'x'\n", "'report.basis': must be a list in brackets"),
    ],
)
def test_faults_are_named(tmp_path, add, message):
    systems = '[[system]]\nfile = "consolidation"\n[[system]]\nfile = "revitalization"\n'
    path = tmp_path / "study.toml"
    path.write_text(f'title = "t"\n[panel]\ndataset = "counties"\n{systems}{add}', encoding="utf-8")
    with pytest.raises(ek.SpecError, match=re.escape(message)):
        Study.read(path)


@pytest.mark.parametrize(
    ("sections", "message"),
    [
        ('[["incom"]]', r"line 20: sections names 'incom' which is no dimension; did you mean 'income'"),
        ('[["income"], ["income"]]', "sections names 'income' more than once"),
        ('["income"]', "'sections': must be a list in brackets"),
    ],
)
def test_sections_that_name_no_dimension_are_refused(tmp_path, sections, message):
    lines = SHIPPED.read_text(encoding="utf-8").splitlines()
    at = next(n for n, line in enumerate(lines) if line.startswith("sections"))
    lines[at] = f"sections = {sections}"
    path = tmp_path / "own.toml"
    path.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(ek.SpecError, match=message):
        read_system(path)


def test_a_theme_that_is_none_is_refused(tmp_path):
    path = tmp_path / "own.toml"
    path.write_text(SHIPPED.read_text(encoding="utf-8").replace('theme = "policy"', 'theme = "polices"', 1), encoding="utf-8")
    with pytest.raises(ek.SpecError, match=r"theme.*'responsibility', 'policy' or 'work'"):
        read_system(path)


def one(name, **more):
    return Indicator(id=name, name=Text(name, name), **more)


@given(st.permutations("abcde"), st.lists(st.integers(1, 3), max_size=4), st.integers(0, 5))
def test_parts_hold_every_dimension_once(order, sizes, kept):
    every = tuple(Dimension(id=key, name=Text(key, key), indicators=(one(f"i{key}"),)) for key in "abcde")
    sections = tuple(tuple(order[a:b]) for a, b in pairwise(np.cumsum([0, *sizes])))
    system = IndicatorSystem(id="s", name=Text("s", "s"), dimensions=every[: max(kept, 1)], sections=sections)
    flat = [dimension.id for part in system.parts for dimension in part]
    assert sorted(flat) == [dimension.id for dimension in system.dimensions]
    assert all(system.parts)


@given(st.lists(st.tuples(st.floats(0, 100), st.floats(0, 100)), min_size=2, max_size=8), st.sampled_from(list(Direction)))
def test_worse_for_a_benefit_is_better_for_a_cost(pairs, direction):
    ideal = (40.0, 60.0) if direction is Direction.MODERATE else None
    before, now = (pd.Series(column, dtype=float) for column in zip(*pairs, strict=True))
    kind = one("x", direction=direction, ideal=ideal)
    count = worse(kind, before, now)
    if direction is Direction.CONTEXT:
        assert count is None
    elif direction is Direction.MODERATE:
        assert badness(kind, pd.Series([40.0, 50.0, 60.0])).eq(0).all()
        assert badness(kind, pd.Series([30.0, 75.0])).tolist() == [10.0, 15.0]
    else:
        other = one("x", direction=Direction.COST if direction is Direction.BENEFIT else Direction.BENEFIT)
        still = int((abs(now - before) <= 1e-9).sum())
        assert count + (worse(other, before, now) or 0) + still == len(pairs)


def test_progress_of_three_places_by_hand():
    key = pd.MultiIndex.from_product([["a", "b", "c"], [2020, 2024]], names=["unit", "period"])
    frame = pd.DataFrame({"up": [50, 60, 70, 65, 90, 95], "low": [3, 1, 2, 2, 5, 7]}, index=key, dtype=float)
    kinds = [one("up", target=66.0, unit=Text("%", "%")), one("low", direction=Direction.COST)]
    made = progress(frame, kinds, Span(2020, 2024), Voice("en"))
    first, second = made.iloc[0], made.iloc[1]
    assert (first["Indicator"], second["Indicator"]) == ("up (%)", "low")
    assert (first["2020"], first["Places worse off"], first["Target"], first["Places short of it"]) == (70.0, 1, 66.0, 2)
    assert first["2024"] == pytest.approx(220 / 3)
    assert first["Worst place"] == "a 60.00"
    assert (second["Places worse off"], second["Worst place"]) == (1, "c 7.00")
    assert pd.isna(second["Target"])
    assert misses(one("x", direction=Direction.COST, target=0.0), pd.Series([0.0, 0.1])) == 1
    single = progress(frame, kinds, Span(2024, 2024), Voice("en"))
    assert "Change" not in single


def test_the_base_is_the_end_of_the_reference_years(found):
    assert Span.of(found.scores["consolidation"]) == Span(2020, 2024)
    whole = study(reference=[2012, 2024], report={"chapters": ["systems"]}, robustness=QUICK | {"draws": 0}).run()
    assert Span.of(whole.scores["consolidation"]) == Span(2012, 2024)


def test_the_default_holds_every_chapter():
    assert study().form.report.chapters == CHAPTERS


def cells(one):
    """The numbers of a table with how far a drawn one may be from each: nothing, or half the last digit of one in a text."""
    found: list[tuple[float, float]] = []
    for value in one.frame.to_numpy(dtype=object).ravel():
        if isinstance(value, int | float | np.number) and np.isfinite(value):
            found.append((abs(float(value)), 0.0))
        elif isinstance(value, str):
            found += [(float(hit), 0.51 * 10.0 ** -len(hit.partition(".")[2])) for hit in re.findall(r"\d+\.\d{3,}", value)]
    return np.array(found or [(np.inf, 0.0)]).T


def test_every_figure_is_drawn_from_a_table_of_the_report(english):
    """Every number drawn, series by series and axis by axis, is one of a single table, exactly; so is every word of a cell."""
    tables = english.tables()
    numbers, rows = [cells(one) for one in tables], defaultdict(list)
    for row in (set(map(str, row)) for one in tables for row in one.frame.to_numpy(dtype=object)):
        for text in row:
            rows[text].append(row)
    for figure in english.figures():
        with theme.style():
            (canvas := figure.draw()).canvas.draw()
            drawn = marks(canvas, "en")
        assert drawn, figure.key
        parts, words = {}, set()
        for mark in drawn:
            for axis, value in (("x", mark.x), ("y", mark.y), ("value", mark.value)):
                if isinstance(value, float) and not (value.is_integer() and 1900 <= value <= 2100):
                    parts.setdefault((mark.series, mark.panel, axis), []).append(abs(value))
            if isinstance(mark.value, str):
                said = {str(mark.x).removesuffix(".0"), mark.y, re.sub(r" [\[(].*", "", mark.value)}
                words.add((frozenset(said - {""}), mark.y or mark.x))
        for part, values in parts.items():
            many = np.array(values)[:, None]
            there = [
                np.logical_or.reduce([(abs(scale * many - own) <= slack + 1e-9).any(axis=1) for scale in (1.0, 100.0, 0.01)])
                for own, slack in numbers
            ]
            assert any(one.all() for one in there), (figure.key, part, max(one.mean() for one in there))
        assert all(any(label <= row for row in rows[place]) for label, place in words), figure.key


@pytest.mark.parametrize("what", ["tables", "figures"])
def test_no_two_captions_are_the_same(chinese, english, what):
    for document, lang in ((chinese, "zh"), (english, "en")):
        captions = [one.caption.say(lang) for one in getattr(document, what)()]
        assert sorted(captions) == sorted(set(captions))
