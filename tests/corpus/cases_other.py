"""Bad studies, systems, surveys, printed tables, models and monitors."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from bad_files import ASSESS, beside, case, texts
from small_study import STUDY, SURVEY, Row, homes, lay, table

ROBUST = "[robustness]"


def study(name: str, old: str, new: str, code: int, *says: str, kind: str = "config", **more: Any) -> None:
    case(kind, name, texts(study=(old, new)), code, *says, command=ASSESS, **more)


def system(name: str, old: str, new: str, code: int, *says: str, kind: str = "config") -> None:
    case(kind, f"system_{name}", texts(kept=(old, new)), code, *says, command=ASSESS)


def bytes_of(file: str, data: bytes) -> Any:
    def build(folder: Path) -> None:
        lay(folder)
        (folder / file).write_bytes(data)

    return build


FILE = 'file = "panel.csv"'
study("syntax", "[panel]", "[panel", 2, "not valid TOML", "line 2")
study("key_twice", 'unit = "county"', 'unit = "county"\nunit = "x"', 2, "not valid TOML", "line 5")
study("unknown_key", 'unit = "county"', 'unti = "county"', 2, "line 4", "did you mean 'unit'")
study(
    "three_faults",
    'unit = "county"\nperiod = "year"',
    "unit = 3\nperiod = true\nfoo = 1",
    2,
    "3 faults",
    "line 4",
    "line 5",
    "line 6",
)
study("hundred_faults", "[panel]", "\n".join(f"k{at} = 1" for at in range(100)) + "\n[panel]", 2, "100 faults", "and 80 more")
study("many_keys", "[panel]", "\n".join(f"k{at} = 1" for at in range(20000)) + "\n[panel]", 2, "20000 faults", "and 19980 more")
study("nested_lists", "[panel]", "x = " + "[" * 3000 + "]" * 3000 + "\n[panel]", 2, "not valid TOML")
study("huge_number", "draws = 0", "draws = 99999999999999999999999999", 2, "robustness.draws", "line 14")
study("not_a_number", "draws = 0", "draws = nan", 2, "must be a whole number, not nan")
study("true_for_a_number", "draws = 0", "draws = true", 2, "must be a whole number, not true")
study("one_system", '[[system]]\nfile = "rise.toml"\n', "", 2, "needs at least 2 tables")
study("system_twice", 'file = "rise.toml"', 'file = "kept.toml"', 2, "two systems are called 'kept'")
study("reference_backwards", "[panel]", "reference = [2022, 2018]\n[panel]", 2, "from the earlier to the later")
study(
    "accept_the_unacceptable",
    ROBUST,
    '[[accept]]\nrule = "duplicate_rows"\nbecause = "known"\n[robustness]',
    2,
    "not 'duplicate_rows'",
)
study("accept_without_reason", ROBUST, '[[accept]]\nrule = "unit_jump"\nbecause = ""\n[robustness]', 2, "give a reason")
study("shares", ROBUST, "[coupling]\nshares = [0.5, 0.6]\n[robustness]", 2, "sum to 1", kind="coupling")
study("negative_shares", ROBUST, "[coupling]\nshares = [-0.5, 1.5]\n[robustness]", 2, "not negative", kind="coupling")
study("no_given_weights", ROBUST, '[weigh]\nmethod = "given"\n[robustness]', 2, "given weights", kind="weights")
study("unknown_method", ROBUST, '[weigh]\nmethod = "entropi"\n[robustness]', 2, "did you mean 'entropy'", kind="weights")
study("unbounded_scores", ROBUST, '[normalize]\nmethod = "z_score"\n[robustness]', 2, "cannot be coupled", kind="coupling")
study("unknown_format", 'formats = ["html"]', 'formats = ["html", "exe"]', 2, "not 'exe'", kind="report text")
study("title_of_numbers", 'title = { zh = "测试", en = "Test" }', "title = { zh = 3 }", 2, "line 1", kind="report text")
study("control_sign", 'zh = "测试"', 'zh = "a\x01b"', 2, "not valid TOML", kind="report text")
study("half_character", 'zh = "测试"', 'zh = "\\ud800"', 2, "not valid TOML", kind="report text")
study(
    "out_of_the_folder", FILE, 'file = "../../../../../../../../etc/passwd"', 3, "are not read", kind="security", hides=("root:",)
)
study("file_of_the_machine", FILE, 'file = "/etc/hostname"', 3, "are not read", kind="security")
study("long_name", FILE, f'file = "{"a" * 5000}.csv"', 3, "longer than a file can have", kind="security")
study("zero_in_name", FILE, 'file = "a\\u0000.csv"', 3, "there is no such file", kind="security")
study("address_for_a_file", FILE, 'file = "https://example.org/p.csv"', 3, "there is no such file", kind="security")
study("pattern_for_a_file", FILE, 'file = "*.csv"', 3, "there is no such file", kind="security")
case(
    "security",
    "endless_file",
    lambda folder: (lay(folder, panel=None), (folder / "panel.csv").symlink_to("/dev/zero")),
    3,
    "not a regular file",
    command=ASSESS,
)
case(
    "security",
    "pipe",
    lambda folder: (lay(folder, panel=None), os.mkfifo(folder / "panel.csv")),
    3,
    "not a regular file",
    command=ASSESS,
)
case(
    "security",
    "folder_for_a_file",
    lambda folder: (lay(folder, panel=None), (folder / "panel.csv").mkdir()),
    3,
    "a folder, not a file",
    command=ASSESS,
)
case("config", "no_text", bytes_of("study.toml", 'title = "x"'.encode("utf-16")), 2, "UTF-8", command=ASSESS)
case("config", "zeros", bytes_of("study.toml", b"\0" * 100), 2, "not valid TOML", command=ASSESS)
case("config", "empty", bytes_of("study.toml", b""), 2, "3 faults", "'title' is missing", command=ASSESS)
case("config", "too_large", bytes_of("study.toml", b"#" * (2**22 + 1)), 2, "too large for a declaration", command=ASSESS)

system("id_twice", 'id = "tap"', 'id = "income"', 2, "declared twice", "line 13")
system("many_faults", 'id = "tap"', 'id = "income"\nweight = -3', 2, "2 faults", "negative weight", "declared twice")
system("empty_range", "plausible = [0, 100]", "plausible = [5, 5]", 2, "empty plausible range")
system("endless_range", "plausible = [0, 100]", "plausible = [0, inf]", 2, "finite number")
system("no_direction", 'direction = "benefit"', 'direction = "upward"', 2, "not 'upward'")
system("empty_id", 'id = "tap"', 'id = ""', 2, "an id is a word", kind="report text")
system("unseen_id", 'id = "tap"', 'id = "t\\u0007ap"', 2, "an id is a word", kind="report text")
system("no_indicators", "[[dimension.indicator]]", "[[dimension.indicators]]", 2, "not a known key")


def survey(
    name: str,
    code: int,
    *says: str,
    at: tuple[int, int] | None = None,
    value: object = None,
    change: Any = None,
    form: tuple[str, str] = ("", ""),
    kind: str = "survey",
    **more: Any,
) -> None:
    """A case with a spoilt survey of homes."""

    def build(folder: Path) -> None:
        made: list[Row] = homes()
        if at is not None:
            made[at[0]][at[1]] = value
        made = change(made) if change else made
        whole = STUDY.replace('chapters = ["indicators"]', 'chapters = ["households"]') + SURVEY.replace(*form)
        beside({"homes.csv": table(made[1:], made[0]), "study.toml": whole})(folder)

    case(kind, f"survey_{name}", build, code, *says, command=ASSESS, **more)


survey("negative_weight", 3, "homes.csv", "(row 4)", "below 0, or infinite", at=(3, 4), value=-1)
survey("weight_in_words", 3, "unreadable_cell", "row 4", at=(3, 4), value="高")
survey("infinite_weight", 3, "unreadable_cell", at=(3, 4), value="inf")
survey("home_twice", 3, "duplicate_rows", "rows 4, 122", change=lambda made: [*made, made[3]])
survey("home_called_total", 3, "total_row", "row 122", change=lambda made: [*made, ["合计", 2022, "甲县", "甲村0", 1, 900000]])
survey("place_called_total", 3, "total_row", "'county'", change=lambda made: [*made, ["H99", 2022, "合计", "甲村0", 1, 900000]])
for name, size in {"in_part": 3.5, "none": 0, "less_than_none": -2}.items():
    survey(
        f"members_{name}",
        3,
        "member_count",
        "row 4",
        str(size),
        change=lambda made, size=size: [[*row, "size" if not n else size if n == 3 else 4] for n, row in enumerate(made)],
        form=('weight = "weight"\n', 'weight = "weight"\nmembers = "size"\n'),
    )
survey("home_moves", 3, "group_changes", at=(4, 2), value="丙县")
survey("no_home", 3, "missing_key", "row 4", at=(3, 0))
survey("year_typed_wrong", 3, "unreadable_period", at=(3, 1), value=20211)
survey("income_in_words", 3, "unreadable_cell", at=(3, 5), value="约3000")
survey("income_coded", 3, "missing_code", "(-99)", at=(3, 5), value=-99)
survey("income_of_nines", 3, "missing_code", "(99999999)", at=(3, 5), value=99999999)
survey(
    "income_in_another_unit",
    3,
    "not in one unit of measure",
    change=lambda made: [made[0], *([*row[:5], row[5] / 10000] for row in made[1:])],
)
survey("wave_of_one_home", 3, "a wave has only a handful of homes", "(row 4)", "2042: 1", at=(3, 1), value=2042)
survey("mark_for_a_year", 3, "missing_key", "row 4 ('—')", at=(3, 1), value="—")
survey(
    "transfers_in_another_unit",
    3,
    "not in one unit of measure",
    "'income_pc' 元, 'benefit' 万元",
    change=lambda made: [[*made[0], "benefit"], *([*row[:5], f"{row[5]}元", "0.1万元"] for row in made[1:])],
    form=("line = 4000", 'line = 4000\ntransfers = ["benefit"]'),
)
survey("no_incomes", 3, "no home has all the columns", change=lambda made: [made[0], *([*row[:5], None] for row in made[1:])])
survey("no_weight_column", 3, "no column 'weight'", change=lambda made: [[*row[:4], row[5]] for row in made])
survey("only_header", 3, "a header and no rows yet", change=lambda made: made[:1])
survey("line_below_zero", 2, "line must be above 0", form=("line = 4000", "line = -4000.0"))
survey("unit_for_two", 2, "can be nothing else", form=('strata = "county"', 'strata = "household"'))
survey(
    "telephones_as_places",
    3,
    "personal_data",
    change=lambda made: [made[0], *([*row[:2], "13812345678", *row[3:]] for row in made[1:])],
    kind="privacy",
    hides=("13812345678",),
)

PRINTED = """年份,U1,U2,C,T,D
2011,0.101,0.280,0.882,0.190,0.410
2012,0.165,0.406,0.906,0.286,0.509
2013,0.187,0.427,0.920,0.307,0.532
2014,0.238,0.511,0.931,0.374,0.590
"""


def printed(name: str, text: str, code: int, *says: str, more: tuple[str, ...] = ()) -> None:
    """A case with a printed table of coupling coordination."""
    case(
        "coupling",
        f"printed_{name}",
        beside({"t.csv": text}),
        code,
        *says,
        command=("audit-table", "t.csv", "--lang", "en", *more),
        file="t.csv",
    )


printed("wrong_degree", PRINTED.replace("0.509", "0.905"), 3, "coordination degree D")
printed("above_one", PRINTED.replace("0.882", "1.882"), 3, "coupling degree C nothing reproduces it")
printed("in_words", PRINTED.replace("0.882", "高"), 3, "holds what is no number")
printed("no_columns", "a,b\nx,y\n", 3, "fewer than two systems")
printed("unknown_column", PRINTED, 3, "did you mean 'C'", more=("--C", "CC"))
printed("one_row", "\n".join(PRINTED.split("\n")[:2]) + "\n", 3, "undecided")

CARD = ("risk", "card", "model.skops", "--out", "card.html")
case("model", "no_model", lay, 3, "cannot be read", command=CARD)
case("model", "text_for_a_model", beside({"model.skops": "hello"}), 3, "this is no model file", command=CARD)
case("model", "empty_model", beside({"model.skops": ""}), 3, "this is no model file", command=CARD)
case("model", "archive_for_a_model", beside({"model.skops": b"PK\x05\x06" + b"\0" * 18}), 5, "model.skops", command=CARD)
case(
    "model",
    "pickle_for_a_model",
    beside({"model.skops": b"\x80\x04cos\nsystem\n(S'echo taken > taken'\ntR."}),
    3,
    "this is no model file",
    command=CARD,
)

RISK = ("risk", "fit", "risk.toml", "--out", "out")
case("labels", "no_study", lay, 3, "no such file", command=RISK)
case("labels", "empty_risk_study", beside({"risk.toml": ""}), 2, "missing", command=RISK)
case(
    "labels",
    "unknown_label",
    beside({"risk.toml": 'title = "x"\n[label]\nmethod = "luck"\n'}),
    2,
    "3 faults",
    "'homes' is missing",
    command=RISK,
)
case(
    "config",
    "empty_monitor",
    beside({"monitor.toml": ""}),
    2,
    "missing",
    command=("monitor", "run", "monitor.toml", "--as-of", "2024-06-30", "--out", "out"),
)
case(
    "config",
    "no_day",
    beside({"monitor.toml": ""}),
    2,
    "line 1",
    command=("monitor", "run", "monitor.toml", "--as-of", "June", "--out", "out"),
)
