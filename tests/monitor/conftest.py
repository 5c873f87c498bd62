"""Engines and a database for the tests of the monitor, each started once a worker and ended with it.

A machine without Java or PostgreSQL skips what needs them; CI must have them (.ci/run installs them), and fails instead.
"""

import importlib.util
import os
import secrets
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from evalkit.monitor.engine.duck import DuckDB

PORT = 5432  # of a socket in a folder of its own: it meets no other


def lacking(what: str) -> None:
    if os.environ.get("CI"):
        pytest.fail(f"CI needs {what}: see .ci/run")
    pytest.skip(f"{what} is not on this machine")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items):
    """Tests that use Spark are one group for `--dist loadgroup`, which xdist 3.8 overlooks under pytest 9.2: a start a worker."""
    for item in items:
        asked = getattr(getattr(item, "callspec", None), "params", {}).values()
        if "spark" in (*getattr(item, "fixturenames", ()), *(value for value in asked if isinstance(value, str))):
            item.add_marker(pytest.mark.xdist_group("spark"))


@pytest.fixture(scope="session")
def _folder(tmp_path_factory) -> Path:
    """Where the tests of this worker write, `tmp_path` included."""
    return tmp_path_factory.getbasetemp()


@pytest.fixture(scope="session")
def duck(_folder):
    with DuckDB(memory="1GB", threads=2).open([_folder]) as engine:
        yield engine


@pytest.fixture(scope="session")
def spark(_folder):
    from evalkit.monitor.engine.spark import Spark

    if server := os.environ.get("EVALKIT_SPARK_REMOTE"):  # such as sc://127.0.0.1:15002: the same tests on a Spark Connect server
        with Spark(remote=server).open([_folder]) as engine:
            yield engine
        return
    if shutil.which("java") is None and not os.environ.get("JAVA_HOME"):
        lacking("Java 17")
    if importlib.util.find_spec("pyspark") is None:
        lacking("pyspark")
    os.environ.setdefault("JAVA_TOOL_OPTIONS", "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC")  # short tests: compile little
    with Spark(master="local[2]", memory="1GB", shuffle_partitions=2).open([_folder]) as engine:
        yield engine


@pytest.fixture(params=["duck", "spark"])
def engine(request):
    """Each engine in turn."""
    return request.getfixturevalue(request.param)


@pytest.fixture(scope="session")
def postgres():
    """The address of a server of its own, from Debian's programs, with a password; it ends with the tests."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    if not found:
        lacking("PostgreSQL")
    programs = found[-1].parent
    user = {"user": "postgres"} if os.geteuid() == 0 else {}  # it refuses to run as root
    folder = Path(tempfile.mkdtemp(prefix="evalkit-pg-"))
    word = secrets.token_hex(8)
    (folder / "word").write_text(word, encoding="utf-8")
    if user:
        for path in (folder, folder / "word"):
            shutil.chown(path, "postgres")

    def run(program: str, *given: str) -> None:
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        subprocess.run([programs / program, *given], check=True, cwd=folder, timeout=120, **quiet, **user)

    made = ["-D", f"{folder}/data", "-U", "officer", "-A", "scram-sha-256", f"--pwfile={folder}/word", "-E", "UTF8", "--locale=C"]
    run("initdb", *made, "--no-sync")
    options = f"-c listen_addresses='' -c unix_socket_directories='{folder}' -c port={PORT} -c fsync=off"
    try:
        run("pg_ctl", "-D", f"{folder}/data", "-w", "-l", f"{folder}/log", "-o", options, "start")
        yield f"postgresql://officer:{word}@/postgres?host={folder}&port={PORT}"
    finally:
        run("pg_ctl", "-D", f"{folder}/data", "-w", "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)
