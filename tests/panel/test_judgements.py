"""Judgements: what a matrix must be, and every way experts write one into a workbook or a TOML file."""

import re
from datetime import datetime

import numpy as np
import openpyxl
import pandas as pd
import pytest

import evalkit as ek
from evalkit.panel.judgements import Judgements
from evalkit.panel.read_judgements import read_judgements

ITEMS = ("roads", "water", "schools")
EXACT = [[1, 3, 5], [1 / 3, 1, 2], [1 / 5, 1 / 2, 1]]
NAMES = {"roads": "通硬化路", "water": "自来水", "schools": "义务教育"}


@pytest.fixture
def system():
    def dimension(key, zh, ids):
        items = tuple(ek.Indicator(id=i, name=ek.Text(NAMES.get(i, i), i.title())) for i in ids)
        return ek.Dimension(id=key, name=ek.Text(zh, key.title()), indicators=items)

    parts = (dimension("living", "生活条件", ITEMS), dimension("income", "收入", ("wage", "farm")))
    return ek.IndicatorSystem(id="kept", name=ek.Text("巩固", "kept"), dimensions=parts)


@pytest.fixture
def book(tmp_path):
    """A workbook with these sheets."""

    def make(**sheets):
        workbook = openpyxl.Workbook()
        workbook.remove(workbook.active)
        for title, rows in sheets.items():
            page = workbook.create_sheet(title)
            for row in rows:
                page.append(row)
        path = tmp_path / "专家甲.xlsx"
        workbook.save(path)
        return path

    return make


def living(*rows, heads=ITEMS, names=ITEMS):
    return [["", *heads], *([name, *row] for name, row in zip(names, rows, strict=True))]


class TestMatrix:
    @pytest.mark.parametrize(
        "said",
        [
            pytest.param(Judgements(items=ITEMS, ratios=EXACT), id="whole"),
            pytest.param(Judgements(items=ITEMS, ratios=[[1, 3, 5], [None, 1, 2], [None, None, None]]), id="upper half"),
            pytest.param(Judgements(items=ITEMS, ratios=[[1, 3, 5], [0.33, 1, 2], [0.2, 0.5, 1]]), id="rounded"),
            pytest.param(Judgements.from_upper(ITEMS, (3, 5, 2)), id="row by row"),
            pytest.param(Judgements.from_frame(pd.DataFrame(EXACT, ITEMS, ITEMS)[["schools", "roads", "water"]]), id="frame"),
        ],
    )
    def test_every_way_to_give_it(self, said):
        np.testing.assert_allclose(said.matrix, EXACT, rtol=1e-14)
        assert said.items == ITEMS

    @pytest.mark.parametrize(
        ("ratios", "message"),
        [
            (
                [[1, 3, 5], [0.5, 1, 2], [0.2, 0.5, 1]],
                r"row 1, column 2 and row 2, column 1: .*'roads' and 'water' are not rec.*3 and 0.5",
            ),
            ([[1, 3, 0], [1 / 3, 1, 2], [0.2, 0.5, 1]], r"row 1, column 3: .*positive.*0 for 'roads' over 'schools'"),
            ([[1, 3, -5], [1 / 3, 1, 2], [-0.2, 0.5, 1]], "-5 for 'roads'"),
            ([[1, 3, 10], [1 / 3, 1, 2], [None, 0.5, 1]], r"row 1, column 3: .*from 1/9 to 9.*10 for 'roads'.*in groups"),
            ([[1, 3, 0.1], [1 / 3, 1, 2], [None, 0.5, 1]], r"row 1, column 3: .*from 1/9 to 9.*0.1 for 'roads'"),
            ([[1, float("inf"), 5], [0, 1, 2], [0.2, 0.5, 1]], "inf for 'roads'"),
            ([[1, 3, 5], [1 / 3, 2, 2], [0.2, 0.5, 1]], "row 2, column 2: .*itself is judged 1; found 2 for 'water'"),
            ([[1, 3, None], [1 / 3, 1, 2], [None, 0.5, 1]], "row 1, column 3 and row 3, column 1: 'roads' and 'schools' are not"),
            ([[1, 3], [1 / 3, 1]], "square of 3 by 3; found rows of 2, 2 in all"),
            ([[1, 3, 5], [1 / 3, 1], [0.2, 0.5, 1]], "square of 3 by 3"),
        ],
    )
    def test_what_is_no_matrix_of_judgements(self, ratios, message):
        with pytest.raises(ek.DataError, match=message):
            Judgements(items=ITEMS, ratios=ratios)

    @pytest.mark.parametrize("items", [("roads", "roads", "water"), ("roads",), ()])
    def test_items_are_two_or_more_and_each_once(self, items):
        with pytest.raises(ek.DataError, match="two or more items, each once"):
            Judgements.from_upper(items, [1.0] * (len(items) * (len(items) - 1) // 2))

    def test_pairs_are_counted(self):
        with pytest.raises(ek.DataError, match="3 items make 3 pairs; found 2 judgements"):
            Judgements.from_upper(ITEMS, (3, 5))

    def test_a_frame_must_name_the_same_items(self):
        with pytest.raises(ek.DataError, match="must name the same items"):
            Judgements.from_frame(pd.DataFrame(EXACT, ITEMS, ["roads", "water", "school"]))

    def test_rounded_reciprocals_of_the_whole_scale_are_made_exact(self):
        for k in range(1, 10):
            rounded = round(1 / k, 2)
            assert Judgements(items=("a", "b"), ratios=[[1, k], [rounded, 1]]).matrix[1, 0] == 1 / k
            assert Judgements(items=("a", "b"), ratios=[[1, rounded], [k, 1]]).matrix[0, 1] == 1 / k

    def test_the_ends_of_the_scale_may_be_given_by_either_cell(self):
        for rows in ([[1, 9], [None, 1]], [[1, None], [1 / 9, 1]], [[1, None], [0.11, 1]], [[1, 3 / (1 / 3)], [None, 1]]):
            assert Judgements(items=("a", "b"), ratios=rows).matrix.tolist() == [[1, 9], [1 / 9, 1]]

    def test_another_order(self):
        said = Judgements(items=ITEMS, ratios=EXACT)
        assert said.over(("schools", "roads", "water"))[0, 1] == pytest.approx(1 / 5)
        with pytest.raises(ek.DataError, match="did you mean 'road'"):
            said.over(("road", "water", "schools"))


class TestWorkbook:
    @pytest.mark.parametrize(
        "rows",
        [
            pytest.param(living((1, 3, 5), (1 / 3, 1, 2), (0.2, 0.5, 1)), id="numbers"),
            pytest.param(living(("1", "3", "5"), ("1/3", "1", "2"), ("1/5", "1/2", "1")), id="fractions"),
            pytest.param(living(("１", "３", "５"), ("１／３", "1", "２"), ("１/５", "½", "１")), id="full width"),
            pytest.param(living((1, 3, 5), (None, 1, 2), (None, None, 1)), id="upper half"),
            pytest.param(living((1, 3, 5), ("-", 1, 2), ("—", "", 1)), id="marks for blank"),
            pytest.param(living((1, 3, 5), (0.33, 1, 2), (0.2, 0.5, 1), heads=list(NAMES.values())), id="names above"),
            pytest.param(living((1, 3, 5), (0.33, 1, 2), (0.2, 0.5, 1), names=list(NAMES.values())), id="names beside"),
            pytest.param(living((5, 1, 3), (2, 1 / 3, 1), (1, 0.2, 0.5), heads=("schools", "roads", "water")), id="other order"),
            pytest.param(
                [["生活条件：两两比较"], [], *living((1, 3, 5), (0.33, 1, 2), (0.2, 0.5, 1)), [], ["注：1 为同等重要"]],
                id="title and note",
            ),
            pytest.param([["", *row] for row in living((1, 3, 5), (0.33, 1, 2), (0.2, 0.5, 1))], id="a blank column first"),
        ],
    )
    def test_every_way_to_fill_it_in(self, book, system, rows):
        said = read_judgements(book(living=rows), system=system)["living"]
        np.testing.assert_allclose(said.over(ITEMS), EXACT, rtol=1e-12)
        assert said.expert == "专家甲"

    @pytest.mark.parametrize("title", ["living", "Living", "生活条件", " LIVING "])
    def test_sheets_are_named_by_id_or_name(self, book, system, title):
        assert list(read_judgements(book(**{title: living(*EXACT)}), system=system)) == ["living"]

    def test_all_levels_in_one_workbook_and_other_sheets_left_aside(self, book, system):
        pair = [["", "income", "living"], ["living", 2, 1], ["income", 1, 0.5]]
        path = book(
            填表说明=[["请按 1–9 标度填写"]],
            维度=pair,
            living=living(*EXACT),
            收入=[["", "wage", "farm"], ["wage", 1, 4], ["farm", "", 1]],
        )
        said = read_judgements(path, system=system, expert="A")
        assert list(said) == ["dimensions", "living", "income"]
        assert said["dimensions"].over(("income", "living"))[0, 1] == 0.5
        assert {one.expert for one in said.values()} == {"A"}

    @pytest.mark.parametrize(
        ("rows", "message"),
        [
            pytest.param(
                living((1, 3, 5), (0.5, 1, 2), (0.2, 0.5, 1)),
                r"专家甲.xlsx › living, C2 and B3: .*'roads' and 'water' are not reciprocal; found 3 and 0.5",
                id="not reciprocal",
            ),
            pytest.param(living((1, 3, 0), (None, 1, 2), (None, None, 1)), r"living, D2: .*positive", id="zero"),
            pytest.param(living((1, 3, 5), (None, 1, None), (None, None, 1)), r"D3 and C4: 'water' and 'schools'", id="left out"),
            pytest.param(living((1, 3, "很重要"), (None, 1, 2), (None, None, 1)), r"D2: .*fraction; found '很重要'", id="a word"),
            pytest.param(living((1, 3, "5倍"), (None, 1, 2), (None, None, 1)), r"D2: .*found '5倍'", id="a unit"),
            pytest.param(living((1, "1/0", 5), (None, 1, 2), (None, None, 1)), r"C2: .*found '1/0'", id="over zero"),
            pytest.param(living((1, "/3", 5), (None, 1, 2), (None, None, 1)), r"C2: .*found '/3'", id="under nothing"),
            pytest.param(living((1, "1/2/3", 5), (None, 1, 2), (None, None, 1)), r"C2: .*found '1/2/3'", id="two strokes"),
            pytest.param(living((1, "1 1/2", 5), (None, 1, 2), (None, None, 1)), r"C2: .*found '1 1/2'", id="one and a half"),
            pytest.param(living((1, "2½", 5), (None, 1, 2), (None, None, 1)), r"C2: .*fraction; found '2½'", id="two and a half"),
            pytest.param(living((1, "３⅓", 5), (None, 1, 2), (None, None, 1)), r"C2: .*found '３⅓'", id="three and a third"),
            pytest.param(living((1, "½2", 5), (None, 1, 2), (None, None, 1)), r"C2: .*found '½2'", id="half of a number"),
            pytest.param(living((1, "2\u200b½", 5), (None, 1, 2), (None, None, 1)), r"C2: .*fraction; found", id="unseen"),
            pytest.param(
                living((1, datetime(2024, 1, 3), 5), (None, 1, 2), (None, None, 1)),
                r"C2: .*made a date of a fraction",
                id="a date",
            ),
            pytest.param(
                living((1, "1月3日", 5), (None, 1, 2), (None, None, 1)), r"C2: .*made a date of a fraction", id="a Chinese date"
            ),
            pytest.param(
                living(*EXACT, heads=("roads", "watr", "schools")),
                r"living, C1: 'watr' is not among.*did you mean 'water'",
                id="misspelt",
            ),
            pytest.param(
                living(*EXACT, names=("通硬化", "water", "schools")),
                r"living, A2: '通硬化' .*did you mean '通硬化路'",
                id="misspelt name",
            ),
            pytest.param(living(*EXACT, names=("roads", "roads", "water")), "A3: 'roads' stands there twice", id="twice"),
            pytest.param(
                [["", "roads", "water"], ["roads", 1, 3], ["water", "", 1]], r"\[schools\] are not compared", id="an item short"
            ),
            pytest.param([["说明"]], r"are not compared", id="no matrix"),
        ],
    )
    def test_faults_name_file_sheet_and_cell(self, book, system, rows, message):
        with pytest.raises(ek.DataError) as caught:
            read_judgements(book(living=rows), system=system)
        assert re.search(message, str(caught.value)), str(caught.value)

    def test_formulas_without_a_stored_value_are_refused(self, book, system):
        with pytest.raises(ek.DataError, match="formula"):
            read_judgements(book(living=living((1, 3, 5), ("=1/C2", 1, 2), (0.2, 0.5, 1))), system=system)

    def test_sheets_must_be_named_after_what_is_compared(self, book, system):
        with pytest.raises(ek.DataError, match=r"found sheets \[livng\].*did you mean 'living'"):
            read_judgements(book(livng=living(*EXACT)), system=system)
        with pytest.raises(ek.DataError, match="name the sheets dimensions, indicators, living, income"):
            read_judgements(book(Sheet1=living(*EXACT)), system=system)
        with pytest.raises(ek.DataError, match="'living' is judged on two sheets"):
            read_judgements(book(living=living(*EXACT), 生活条件=living(*EXACT)), system=system)

    def test_other_files_are_refused(self, tmp_path, system):
        with pytest.raises(ek.DataError, match="no such file"):
            read_judgements(tmp_path / "nothing.xlsx", system=system)
        (tmp_path / "a.csv").write_text("a,b\n", encoding="utf-8")
        with pytest.raises(ek.DataError, match=r"from \.xlsx and \.toml"):
            read_judgements(tmp_path / "a.csv", system=system)
        (tmp_path / "a.xlsx").write_text("no workbook", encoding="utf-8")
        with pytest.raises(ek.DataError, match="not a readable"):
            read_judgements(tmp_path / "a.xlsx", system=system)


class TestToml:
    def read(self, folder, system, text):
        path = folder / "b.toml"
        path.write_text(text, encoding="utf-8")
        return read_judgements(path, system=system)

    def test_a_matrix_or_what_stands_above_the_diagonal(self, tmp_path, system):
        text = """
            expert = "乙"
            [judgements.living]
            items = ["通硬化路", "water", "schools"]
            matrix = [[1, 3, 5], ["1/3", 1, 2], ["", "1/2", 1]]
            [judgements.dimensions]
            items = ["living", "income"]
            upper = ["1/4"]
        """
        said = self.read(tmp_path, system, text)
        np.testing.assert_allclose(said["living"].over(ITEMS), EXACT, rtol=1e-14)
        assert said["dimensions"].matrix[0, 1] == 0.25
        assert said["living"].expert == "乙"

    @pytest.mark.parametrize(
        ("text", "message"),
        [
            ('[judgements.livng]\nitems = ["a"]\nupper = []', r"b.toml, \[judgements.livng\]: .*did you mean 'living'"),
            ('[judgements.income]\nitems = ["wage", "form"]\nupper = [2]', "'form' is not among.*did you mean 'farm'"),
            ('[judgements.income]\nitems = ["wage", "farm"]\nupper = [2, 3]', "2 items make 1 pairs; found 2"),
            ('[judgements.income]\nitems = ["wage", "farm"]\nupper = ["two"]', "upper 1: .*found 'two'"),
            ('[judgements.income]\nitems = ["wage", "farm"]\nmatrix = [[1, 2], [2, 1]]', "row 1, column 2 and row 2, column 1"),
        ],
    )
    def test_faults_name_their_place(self, tmp_path, system, text, message):
        with pytest.raises(ek.DataError, match=message):
            self.read(tmp_path, system, text)

    def test_an_unknown_key_is_refused_with_its_line(self, tmp_path, system):
        with pytest.raises(ek.SpecError, match="line 2"):
            self.read(tmp_path, system, '[judgements.income]\nitmes = ["wage", "farm"]\nupper = [2]')
