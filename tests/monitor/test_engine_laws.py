"""What the monitor's expressions are made of gives the rows worked by hand on every engine, dtypes included."""

import datetime as dt

import narwhals as nw
import numpy as np
import pandas as pd
import pytest

from evalkit.errors import DataError, SpecError
from evalkit.monitor.engine.base import COLLECTED

D, c = dt.date, nw.col
BIG = 2**62 + 1  # a float holds neither it nor its neighbors apart

RECORDS = {"row": "integer", "home": "integer", "amount": "integer", "day": "date", "word": "word", "flag": "flag"}
ROWS = [
    (0, BIG, 10, D(2024, 2, 29), "甲县", True),
    (1, BIG + 1, None, D(2024, 12, 31), "乙县", False),
    (2, -(2**60) - 1, -7, D(1999, 1, 1), None, None),
    (3, None, 3, None, "", True),
    (4, None, 4, D(2024, 1, 31), "甲县", None),
    (5, 5, None, D(2023, 7, 1), "a", None),
    (6, 5, -8, D(2023, 7, 1), "A", False),
    (7, 5, 2**40, D(2025, 3, 31), "乙县", True),
]
HOMES = {"home": "integer", "county": "word"}
PLACES = [(BIG, "x"), (5, "y"), (None, "z"), (-(2**60) - 1, None), (77, "w")]

month = c("day").dt.year().cast(nw.Int64) * 12 + c("day").dt.month().cast(nw.Int64) - 1
size = nw.when(c("amount") > 0).then(nw.lit("up")).when(c("amount") < 0).then(nw.lit("down")).otherwise(nw.lit("none"))

# a law: its expression of records and homes, and the rows it gives
LAWS = {
    "sums skip what is missing; of nothing it is 0": (
        lambda f, g: f.group_by("home").agg(c("amount").sum().cast(nw.Int64), n=nw.len(), k=c("amount").count()),
        [(BIG, 10, 1, 1), (BIG + 1, 0, 1, 0), (-(2**60) - 1, -7, 1, 1), (None, 7, 2, 2), (5, 2**40 - 8, 3, 2)],
    ),
    "least and greatest of dates, words and flags": (
        lambda f, g: f.group_by("home").agg(c("day").min(), last=c("day").max(), word=c("word").min(), flag=c("flag").max()),
        [
            (BIG, D(2024, 2, 29), D(2024, 2, 29), "甲县", True),
            (BIG + 1, D(2024, 12, 31), D(2024, 12, 31), "乙县", False),
            (-(2**60) - 1, D(1999, 1, 1), D(1999, 1, 1), None, None),
            (None, D(2024, 1, 31), D(2024, 1, 31), "", True),
            (5, D(2023, 7, 1), D(2025, 3, 31), "A", True),
        ],
    ),
    "figures of the whole, and of no rows": (
        lambda f, g: nw.concat(
            [frame.select(c("amount").sum().cast(nw.Int64), c("day").max(), n=nw.len()) for frame in (f, f.filter(c("row") > 99))]
        ),
        [(2**40 + 2, D(2025, 3, 31), 8), (0, None, 0)],
    ),
    "conditions counted by group": (
        lambda f, g: f.group_by("flag").agg(n=(c("amount") > 0).cast(nw.Int64).sum().cast(nw.Int64), words=c("word").n_unique()),
        [(True, 3, 3), (False, 0, 2), (None, 1, 3)],
    ),
    "inner join: a missing key meets nothing": (
        lambda f, g: f.join(g, on="home").select("row", "county"),
        [(0, "x"), (2, None), (5, "y"), (6, "y"), (7, "y")],
    ),
    "left join": (
        lambda f, g: f.join(g.rename({"home": "h"}), left_on="home", right_on="h", how="left").select("row", "county"),
        [(0, "x"), (1, None), (2, None), (3, None), (4, None), (5, "y"), (6, "y"), (7, "y")],
    ),
    "semi join": (lambda f, g: f.join(g, on="home", how="semi").select("row"), [(0,), (2,), (5,), (6,), (7,)]),
    "anti join keeps missing keys": (lambda f, g: f.join(g, on="home", how="anti").select("row"), [(1,), (3,), (4,)]),
    "a join with itself, filtered": (
        lambda f, g: f.join(f, on="home").filter(c("row") < c("row_right")).select("row", "row_right"),
        [(5, 6), (5, 7), (6, 7)],
    ),
    "a join with its own groups": (
        lambda f, g: f.join(f.group_by("home").agg(t=c("amount").sum().cast(nw.Int64)), on="home").select("row", "t"),
        [(0, 10), (1, 0), (2, -7), (5, 2**40 - 8), (6, 2**40 - 8), (7, 2**40 - 8)],
    ),
    "concat": (
        lambda f, g: nw.concat([f.select("home").filter(c("home") > 5), g.select("home").filter(c("home") > 5)]),
        [(BIG,), (BIG + 1,), (BIG,), (77,)],
    ),
    "unique takes missing ones for the same": (
        lambda f, g: f.select("word", "flag").unique(),
        [("甲县", True), ("乙县", False), (None, None), ("", True), ("甲县", None), ("a", None), ("A", False), ("乙县", True)],
    ),
    "the newest of each, every tie broken": (
        lambda f, g: f.unique(["home"], keep="last", order_by=["day", "row"]).select("home", "row"),
        [(BIG, 0), (BIG + 1, 1), (-(2**60) - 1, 2), (None, 4), (5, 7)],
    ),
    "when, then, otherwise": (
        lambda f, g: f.select("row", x=size, y=nw.when(c("flag")).then(c("amount"))),
        [
            (0, "up", 10),
            (1, "none", None),
            (2, "down", None),
            (3, "up", 3),
            (4, "up", None),
            (5, "none", None),
            (6, "down", None),
            (7, "up", 2**40),
        ],
    ),
    "dates: a filter by literals, both ends": (
        lambda f, g: f.filter(c("day") >= D(2024, 1, 31), c("day") < nw.lit(D(2024, 12, 31))).select("row"),
        [(0,), (4,)],
    ),
    "dates: months numbered": (
        lambda f, g: f.filter(month >= 2024 * 12).select("row", month=month),
        [(0, 24289), (1, 24299), (4, 24288), (7, 24302)],
    ),
    "dates: moved by months, as dates again": (
        lambda f, g: f.select(
            "row", x=c("day").dt.offset_by("1mo").cast(nw.Date), y=c("day").dt.truncate("1mo").cast(nw.Date)
        ).filter(c("row").is_in([0, 4, 7])),
        [
            (0, D(2024, 3, 29), D(2024, 2, 1)),
            (4, D(2024, 2, 29), D(2024, 1, 1)),
            (7, D(2025, 4, 30), D(2025, 3, 1)),
        ],
    ),
    "keys beyond what a float holds": (
        lambda f, g: f.filter(c("home").is_in([BIG, -(2**60) - 1])).select("home", next=c("home") + 1),
        [(BIG, BIG + 1), (-(2**60) - 1, -(2**60))],
    ),
    "words in Chinese": (
        lambda f, g: f.filter(c("word").str.starts_with("甲") | (c("word") == "")).select("row", "word"),
        [(0, "甲县"), (3, ""), (4, "甲县")],
    ),
    "flags with missing ones": (
        lambda f, g: f.select("row", a=c("flag") & (c("row") > 3), o=c("flag") | (c("row") > 3), n=~c("flag")),
        [
            (0, False, True, False),
            (1, False, False, True),
            (2, False, None, None),
            (3, False, True, False),
            (4, None, True, None),
            (5, None, True, None),
            (6, False, True, True),
            (7, True, True, False),
        ],
    ),
    "what is missing is neither equal nor unequal": (
        lambda f, g: f.filter((c("word") != "甲县") & ~c("flag").is_null()).select("row"),
        [(1,), (3,), (6,), (7,)],
    ),
    "missing ones filled, and the first there is": (
        lambda f, g: f.select(
            x=c("amount").fill_null(-1), y=nw.coalesce(c("amount"), c("row")), z=nw.max_horizontal("amount", "row")
        ),
        [(10, 10, 10), (-1, 1, 1), (-7, -7, 2), (3, 3, 3), (4, 4, 4), (-1, 5, 5), (-8, -8, 6), (2**40, 2**40, 2**40)],
    ),
    "shift and running sums along an order": (
        lambda f, g: f.filter(c("home") == 5).select(
            "row",
            before=c("day").shift(1).over("home", order_by=["day", "row"]),
            after=c("row").shift(-1).over("home", order_by=["day", "row"]),
            so_far=c("amount").cum_sum().over("home", order_by=["day", "row"]).cast(nw.Int64),
        ),
        [(5, None, 6, None), (6, D(2023, 7, 1), 7, -8), (7, D(2023, 7, 1), None, 2**40 - 8)],
    ),
    "ranks within a group, ties sharing the least": (
        lambda f, g: f.filter(c("home") == 5).select("row", r=c("day").rank("min").over("home")),
        [(5, 1), (6, 1), (7, 3)],
    ),
    "sums and counts beside each row": (
        lambda f, g: f.filter(c("row") > 3).select(
            "row", t=c("amount").sum().over("home").cast(nw.Int64), n=nw.len().over("home")
        ),
        [(4, 4, 1), (5, 2**40 - 8, 3), (6, 2**40 - 8, 3), (7, 2**40 - 8, 3)],
    ),
    "whole parts and remainders follow the divisor": (
        lambda f, g: f.filter(c("row").is_in([0, 2, 6])).select("row", whole=c("amount") // 3, rest=c("amount") % 3),
        [(0, 3, 1), (2, -3, 2), (6, -3, 1)],
    ),
    "thresholds as whole numbers": (
        lambda f, g: f.filter(c("amount") * 10_000 <= 7_000 * c("row")).select("row"),
        [(2,), (6,)],
    ),
    "literals of every kind": (
        lambda f, g: f.filter(c("row") == 0).select(i=nw.lit(BIG), d=nw.lit(D(2024, 2, 29)), w=nw.lit("村'\""), f=nw.lit(True)),
        [(BIG, D(2024, 2, 29), "村'\"", True)],
    ),
    "no rows": (lambda f, g: f.filter(c("row") < 0).join(g, on="home", how="left"), []),
}


def tables(engine):
    records = pd.DataFrame(ROWS, columns=list(RECORDS), dtype=object)
    return engine.hold(records, RECORDS), engine.hold(pd.DataFrame(PLACES, columns=list(HOMES), dtype=object), HOMES)


def plain(frame: pd.DataFrame) -> list[tuple]:
    """Rows as Python has them, in an order of their own."""
    columns = [[None if pd.isna(v) else v for v in frame[name].tolist()] for name in frame.columns]
    rows = [tuple(v.date() if isinstance(v, pd.Timestamp) else v for v in row) for row in zip(*columns, strict=True)]
    return sorted(rows, key=repr)


@pytest.mark.parametrize("law", LAWS)
def test_each_engine_gives_the_rows_worked_by_hand(engine, law):
    ask, rows = LAWS[law]
    got = engine.collect(ask(*tables(engine)))
    assert plain(got) == sorted(rows, key=repr)
    assert {str(dtype) for dtype in got.dtypes} <= set(COLLECTED.values())


def random_tables(engine):
    """Five thousand records with gaps in every column."""
    dice = np.random.default_rng(7)
    n = 5_000

    def gaps(values):
        column = pd.Series(values).astype(object)
        column[dice.random(n) < 0.1] = None
        return column

    keys = np.concatenate([dice.integers(-(2**63), 2**63 - 1, 896), [5, BIG, BIG + 1, -(2**60) - 1]])
    days = pd.to_datetime("2023-01-01") + pd.to_timedelta(dice.integers(0, 900, n), unit="D")
    records = pd.DataFrame(
        {
            "row": np.arange(n),
            "home": gaps(dice.choice(keys, n)),
            "amount": gaps(dice.integers(-(10**9), 10**9, n)),
            "day": gaps(days),
            "word": gaps(dice.choice(["甲县", "乙县", "a", "A", ""], n)),
            "flag": gaps(dice.random(n) < 0.5),
        }
    )
    homes = pd.DataFrame({"home": keys, "county": dice.choice(["甲", "乙"], 900)})
    return engine.hold(records, RECORDS), engine.hold(homes, HOMES)


def test_both_engines_give_identical_rows_and_dtypes(duck, spark):
    """All laws on five thousand random records, column by column."""
    here, there = random_tables(duck), random_tables(spark)
    for law, (ask, _) in LAWS.items():
        one, other = (by_rows(engine.collect(ask(*held))) for engine, held in ((duck, here), (spark, there)))
        pd.testing.assert_frame_equal(one, other, obj=law)
        assert (len(one) > 0) == (law != "no rows")


def by_rows(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.sort_values(list(frame.columns), ignore_index=True)


@pytest.mark.parametrize("by", [4, -4])
def test_no_engine_lets_a_figure_run_over(engine, by):
    records, _ = tables(engine)
    with pytest.raises(DataError, match="beyond 64 bits") as raised:
        engine.collect(records.select(x=c("home") * by))
    assert str(BIG) not in str(raised.value)


def test_a_sum_beyond_64_bits_is_refused(engine):
    records, _ = tables(engine)
    with pytest.raises(DataError, match="beyond 64 bits"):
        engine.collect(records.filter(c("home") >= BIG).select(c("home").sum().cast(nw.Int64)))


@pytest.mark.parametrize("ask", [c("amount") / 2, c("amount").mean(), c("day").dt.truncate("1mo")])
def test_what_would_not_pass_exactly_is_refused(engine, ask):
    records, _ = tables(engine)
    with pytest.raises(SpecError, match="would not pass exactly"):
        engine.collect(records.select(x=ask))


def test_the_same_kept_or_not(engine):
    records, homes = tables(engine)
    joined = records.join(homes, on="home", how="left")
    kept = engine.keep(joined)
    pd.testing.assert_frame_equal(by_rows(engine.collect(kept)), by_rows(engine.collect(joined)))
    assert engine.collect(kept.filter(c("county") == "y").select(n=nw.len()))["n"].tolist() == [3]


def test_files_of_one_engine_are_read_by_the_other(duck, spark, tmp_path):
    kinds = {**RECORDS, "month": "integer"}  # 32 bits wide on Spark before it is written
    for engine, other in ((duck, spark), (spark, duck)):
        records, _ = tables(engine)
        file = tmp_path / f"县 {engine.name} [1].parquet"
        engine.write(records.with_columns(month=c("day").dt.month()), file)
        read = by_rows(other.collect(other.scan([file], kinds)))
        pd.testing.assert_frame_equal(read, by_rows(engine.collect(records.with_columns(month=c("day").dt.month()))))
