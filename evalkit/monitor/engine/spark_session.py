"""Starting and ending Spark: a process of Java beside this one, or a server elsewhere."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from evalkit.errors import OutputError, not_installed
from evalkit.monitor.engine.spark_faults import quiet, spoken

if TYPE_CHECKING:
    from pyspark.sql import SparkSession

SAME = {"spark.sql.session.timeZone": "UTC", "spark.sql.ansi.enabled": "true", "spark.sql.caseSensitive": "true"}
ALONE = {
    "spark.app.name": "evalkit",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
    "spark.eventLog.enabled": "false",
    "spark.sql.catalogImplementation": "in-memory",
}
HERE = {"spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1"}
SILENT = "appender.none.type = Null\nappender.none.name = none\nrootLogger.level = off\nrootLogger.appenderRef.none.ref = none\n"


@dataclass(slots=True)
class Session:
    """A session, and the process that was started for it, if one was."""

    spark: SparkSession
    own: bool
    gateway: Any = None

    def stop(self) -> None:
        """End what was started for it; what was there before runs on."""
        if self.own:
            self.spark.stop()
        if self.gateway is not None:
            from pyspark import SparkContext

            self.gateway.shutdown()
            self.gateway.proc.stdin.close()  # Java ends when no one holds the other end
            try:
                self.gateway.proc.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.gateway.proc.kill()
            SparkContext._gateway = SparkContext._jvm = None  # so that the next one starts its own, with its own memory


def start(master: str, *, remote: str | None, memory: int, spill: Path, settings: Mapping[str, str]) -> Session:
    """A session on a master or a server; one that runs in this process already is shared."""
    try:
        with quiet():
            import pyarrow  # noqa: F401
            from pyspark.sql import SparkSession
    except ImportError:
        absent = not_installed("Spark is not installed", "spark")
        absent.do += "; it also needs Java 17"
        raise absent from None
    _hushed()
    with spoken(where="Spark"), quiet():
        if remote is not None:
            session = Session(spark=_connected(SparkSession, remote), own=True)
        elif (running := SparkSession.getActiveSession()) is not None:
            session = Session(spark=running.newSession(), own=False)
        else:
            session = _launched(master, memory=memory, spill=spill)
        for name, value in {**SAME, **settings}.items():
            session.spark.conf.set(name, value)
    return session


def _hushed() -> None:
    """Have Spark's loggers in this process say nothing: they print each error, with its cells, before it is raised."""
    from pyspark.logger import PySparkLogger

    for name in ("DataFrameQueryContextLogger", "SQLQueryContextLogger"):
        PySparkLogger.getLogger(name).disabled = True


def _connected(maker: Any, remote: str) -> Any:
    try:
        import grpc  # noqa: F401
    except ImportError:
        raise not_installed("Spark Connect is not installed", "spark") from None
    return maker.builder.remote(remote).create()


def _launched(master: str, *, memory: int, spill: Path) -> Session:
    """A session of its own, in a process of Java that says nothing: its messages quote cells."""
    from pyspark import SparkConf, SparkContext
    from pyspark.java_gateway import launch_gateway
    from pyspark.sql import SparkSession

    if not os.environ.get("JAVA_HOME") and shutil.which("java") is None:
        raise OutputError(
            "Spark needs Java, which is not found", do="install Java 17 (Debian: openjdk-17-jre-headless), or set JAVA_HOME"
        )
    logs = spill / "log4j2.properties"
    logs.write_text(SILENT, encoding="utf-8")
    conf = SparkConf().setMaster(master)
    for name, value in {**ALONE, **SAME, **(HERE if master.startswith("local") else {})}.items():
        conf.set(name, value)
    conf.set("spark.driver.memory", f"{max(memory // 2**20, 512)}m")
    conf.set("spark.driver.maxResultSize", "0")  # the driver's memory is the limit
    conf.set("spark.local.dir", str(spill))
    conf.set("spark.sql.warehouse.dir", str(spill / "warehouse"))
    conf.set("spark.driver.extraJavaOptions", f'"-Djava.io.tmpdir={spill}" "-Dlog4j2.configurationFile={logs}" -XX:-UsePerfData')
    if SparkContext._gateway is not None:  # the program has Java running, with the memory it was given
        return Session(spark=SparkSession(SparkContext(conf=conf)), own=True)
    start_java: Any = launch_gateway
    gateway = start_java(conf=conf, popen_kwargs={"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL})
    return Session(spark=SparkSession(SparkContext(conf=conf, gateway=gateway)), own=True, gateway=gateway)
