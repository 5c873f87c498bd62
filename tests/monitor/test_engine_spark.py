"""Spark beside DuckDB: the same faults said the same way, silent, shared where it runs already, and gone when it is closed."""

import os
import socket
import stat
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import narwhals as nw
import pandas as pd
import pytest

from evalkit.errors import DataError, MachineError, SpecError
from evalkit.monitor.engine.base import Engine
from evalkit.monitor.engine.spark import Spark

ID = "110101199001011237"


def numbers(engine, count=10):
    return engine.hold(pd.DataFrame({"a": range(count)}), {"a": "integer"})


def program(text: str, folder: Path, **changed: str) -> subprocess.CompletedProcess:
    """Run a program in a folder, with its own Spark."""
    code = textwrap.dedent(text)
    given = {"cwd": folder, "env": {**os.environ, **changed}, "timeout": 300, "capture_output": True, "text": True}
    return subprocess.run([sys.executable, "-c", code], check=False, **given)


def test_it_is_an_engine(spark):
    assert isinstance(spark, Engine)
    assert spark.name == "spark"


def test_faults_of_files_are_named_as_on_duckdb(duck, spark, tmp_path):
    good, bad, other = tmp_path / "good.parquet", tmp_path / "bad 县.parquet", tmp_path / "other.parquet"
    duck.write(numbers(duck, 3_000), good)
    duck.write(numbers(duck).select(amuont=nw.col("a"), day=nw.lit("x")), other)
    data = bytearray(good.read_bytes())
    said = {}
    for engine in (duck, spark):
        told = []
        for broken in (data[: len(data) // 2], data[:4] + bytes(196) + data[200:]):
            bad.write_bytes(broken)
            with pytest.raises(DataError) as raised:
                engine.collect(engine.scan([good, bad], {"a": "integer"}))
            told.append(str(raised.value))
        for kinds in ({"amount": "integer"}, {"day": "date"}):
            with pytest.raises(DataError) as raised:
                engine.scan([other], kinds)
            told.append(str(raised.value).partition("; found")[0])
        for path in (tmp_path / "none.parquet", Path("/etc/hostname"), tmp_path / ".." / ".." / ".." / ".." / "etc" / "hostname"):
            with pytest.raises((DataError, SpecError)) as raised:
                engine.scan([path], {"a": "integer"})
            told.append(str(raised.value))
        said[engine.name] = told
    assert said["spark"] == said["duckdb"]
    assert all(told.startswith("bad 县.parquet") for told in said["spark"][:2])


def test_files_that_store_a_column_in_other_ways_are_read_together(duck, spark, tmp_path):
    pd.DataFrame({"a": pd.array([1, None], dtype="Int8"), "d": pd.to_datetime(["2024-02-29", None])}).to_parquet(
        tmp_path / "x.parquet"
    )
    duck.write(
        duck.hold(pd.DataFrame({"d": pd.to_datetime(["2023-01-01"]), "a": [2**40]}), {"d": "date", "a": "integer"}),
        tmp_path / "y.parquet",
    )
    files, kinds = [tmp_path / "x.parquet", tmp_path / "y.parquet"], {"a": "integer", "d": "date"}
    one, other = (engine.collect(engine.scan(files, kinds)).sort_values("a", ignore_index=True) for engine in (duck, spark))
    pd.testing.assert_frame_equal(one, other)
    assert one["a"].tolist()[:2] == [1, 2**40]


def test_a_file_is_its_owners_only_and_is_replaced_whole_or_stays(spark, tmp_path):
    file = tmp_path / "a.parquet"
    spark.write(numbers(spark), file)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    data = file.read_bytes()
    with pytest.raises(DataError, match="beyond 64 bits"):
        spark.write(numbers(spark).select(a=(nw.col("a") + 1) * (2**62)), file)
    assert file.read_bytes() == data
    spark.write(numbers(spark).filter(nw.col("a") > 99), file)
    assert spark.collect(spark.scan([file], {"a": "integer"})).shape == (0, 1)
    assert [path.name for path in tmp_path.iterdir()] == ["a.parquet"]


def test_a_session_that_runs_is_shared_and_runs_on(spark, tmp_path):
    before = spark.session.spark.conf.get("spark.sql.shuffle.partitions")
    with Spark(shuffle_partitions=7).open([tmp_path]) as engine:
        assert engine.session.spark.conf.get("spark.sql.shuffle.partitions") == "7"
        assert len(engine.collect(engine.keep(numbers(engine)))) == 10
        with pytest.raises(SpecError, match="outside the folders"):
            engine.scan([tmp_path.parent / "a.parquet"], {"a": "integer"})
    assert spark.session.spark.conf.get("spark.sql.shuffle.partitions") == before
    assert len(spark.collect(numbers(spark))) == 10
    assert list(tmp_path.iterdir()) == []


def test_what_is_kept_forgets_how_it_came_about(spark, tmp_path):
    """Else every step would be planned anew with all before it, and plans grow until nothing runs any more."""
    rows = numbers(spark)
    for _ in range(3):
        rows = spark.keep(rows.join(rows.select("a"), on="a", how="inner"))
    plan = rows.to_native()._jdf.queryExecution().optimizedPlan().toString()
    assert "Join" not in plan
    assert "LogicalRDD" in plan


ALONE = f"""
    import warnings
    from pathlib import Path
    warnings.simplefilter("error")
    import narwhals as nw, pandas as pd
    from evalkit.errors import DataError
    from evalkit.monitor.engine.spark import Spark

    for memory in ("600MB", "700MB"):
        with Spark(memory=memory, shuffle_partitions=2).open([Path("store")]) as engine:
            limit = engine.session.spark.sparkContext.getConf().get("spark.driver.memory")
            frame = engine.hold(pd.DataFrame({{"w": ["{ID}x"]}}), {{"w": "word"}})
            kept = engine.keep(frame)
            assert len(engine.collect(kept)) == 1
            try:
                engine.collect(frame.select(a=nw.col("w").cast(nw.Int64)))
            except DataError as fault:
                assert "{ID}" not in str(fault), fault
            else:
                raise SystemExit("a word was taken for a number")
        print(limit)
"""


def test_alone_it_starts_and_ends_in_silence_and_leaves_nothing(spark, tmp_path):
    """No log, no warning, no cell on the terminal, no metastore; the second time it has the memory it was then given."""
    (tmp_path / "store").mkdir()
    done = program(ALONE, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.split() == ["572m", "667m"]
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["store"]


@pytest.mark.parametrize(
    ("changed", "before", "said"),
    [
        ({"PATH": "/nowhere", "JAVA_HOME": ""}, "", "Spark needs Java, which is not found. To do: install Java 17"),
        ({"JAVA_HOME": "/nowhere"}, "", "Java did not start. To do: install Java 17"),
        ({}, "import sys; sys.modules['pyspark'] = None", 'Spark is not installed. To do: run: pip install "evalkit[spark]"'),
        ({}, "import sys; sys.modules['pyarrow'] = None", 'Spark is not installed. To do: run: pip install "evalkit[spark]"'),
    ],
)
def test_what_is_not_installed_is_said(tmp_path, changed, before, said):
    pytest.importorskip("pyspark")
    code = f"{before}\nfrom pathlib import Path\nfrom evalkit.monitor.engine.spark import Spark\nSpark().open([Path('.')])"
    done = program(code, tmp_path, **changed)
    assert said in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_server_needs_what_speaks_to_it(tmp_path, monkeypatch):
    pytest.importorskip("pyspark")
    monkeypatch.setitem(sys.modules, "grpc", None)
    with pytest.raises(MachineError) as raised:
        Spark(remote="sc://127.0.0.1:1").open([tmp_path])
    told = raised.value
    assert (told.what, told.do) == ("Spark Connect is not installed", 'run: pip install "evalkit[spark]"')
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "given",
    [
        {"master": ""},
        {"master": None},
        {"remote": "http://x"},
        {"memory": "4 bananas"},
        {"shuffle_partitions": 0},
        {"spill": "x"},
    ],
)
def test_questions_that_make_no_sense_are_refused(given):
    with pytest.raises(SpecError):
        Spark(**given)


CONNECTED = """
    import warnings
    from pathlib import Path
    warnings.simplefilter("error")
    import narwhals as nw, pandas as pd
    from evalkit.errors import DataError
    from evalkit.monitor.engine.spark import Spark

    folder = Path("store").resolve()
    with Spark(remote="REMOTE", shuffle_partitions=2).open([folder]) as engine:
        frame = engine.hold(pd.DataFrame({"a": [2**60 + 1, None]}, dtype=object), {"a": "integer"})
        engine.write(engine.keep(frame.with_columns(w=nw.lit("甲"))), folder / "a.parquet")
        print(engine.collect(engine.scan([folder / "a.parquet"], {"a": "integer"}))["a"].sum() == 2**60 + 1)
        try:
            engine.collect(frame.select(x=nw.col("a") * 1024))
        except DataError as fault:
            print(fault.exit_code)
"""


def test_a_spark_connect_server_serves_as_well(spark, tmp_path):
    """A real server, started for the test on a port of this machine. The laws run on one too: EVALKIT_SPARK_REMOTE=sc://host:port."""
    pytest.importorskip("grpc")
    import pyspark

    (tmp_path / "store").mkdir()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    home = Path(pyspark.__file__).parent
    conf = {
        "spark.connect.grpc.binding.port": port,
        "spark.connect.grpc.binding.address": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.host": "127.0.0.1",
        "spark.driver.memory": "600m",
        "spark.ui.enabled": "false",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.local.dir": tmp_path / "server",
    }
    asked = [part for name, value in conf.items() for part in ("--conf", f"{name}={value}")]
    kind = ["--class", "org.apache.spark.sql.connect.service.SparkConnectServer", "--master", "local[2]"]
    environment = {**os.environ, "SPARK_HOME": str(home), "SPARK_CONNECT_MODE": "0"}
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": tmp_path, "env": environment}
    server = subprocess.Popen([home / "bin" / "spark-submit", *kind, *asked, "spark-internal"], **quiet)
    try:
        answers(port)
        done = program(CONNECTED.replace("REMOTE", f"sc://127.0.0.1:{port}"), tmp_path)
    finally:
        server.terminate()
        server.wait(timeout=60)
    assert done.stderr == ""
    assert done.stdout.split() == ["True", "3"]
    assert [path.name for path in (tmp_path / "store").iterdir()] == ["a.parquet"]


def answers(port: int) -> None:
    """Wait until someone listens there."""
    for _ in range(600):
        with socket.socket() as knock:
            if knock.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail("the server did not start within a minute")


def test_duckdb_needs_neither_arrow_nor_spark(tmp_path):
    """The core does without pyarrow, which only the extras bring."""
    code = """
        import sys
        for name in ("pyarrow", "pyspark"):
            sys.modules[name] = None
        from pathlib import Path
        import narwhals as nw, pandas as pd
        from evalkit.monitor.engine.duck import DuckDB
        frame = pd.DataFrame({"a": [2**60 + 1, None], "w": ["甲", None]}, dtype=object)
        with DuckDB().open([Path(".")]) as engine:
            kinds = {"a": "integer", "w": "word"}
            engine.write(engine.hold(frame, kinds), Path("a.parquet"))
            got = engine.collect(engine.scan([Path("a.parquet")], kinds))
        print(*got.dtypes, got["a"].sum() == 2**60 + 1, got["w"].isna().sum())
    """
    done = program(code, tmp_path)
    assert (done.stdout.split(), done.stderr) == (["Int64", "str", "True", "1"], "")
