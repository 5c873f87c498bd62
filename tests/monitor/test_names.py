"""The names of the monitor: they are there, cost nothing until they are used, and every answer has a chapter in a report."""

import subprocess
import sys
from importlib import import_module
from pkgutil import walk_packages

import evalkit as ek
from evalkit.answer import Answer
from evalkit.report.report import CHAPTERS


def test_every_name_that_is_offered_is_there():
    for name in ek.monitor.__all__:
        assert getattr(ek.monitor, name).__module__.startswith("evalkit.monitor.")
    assert {"Monitor", "Door", "Ledger", "read_rules", "AsOf", "State", "Stopped", "flags"} <= set(ek.monitor.__all__)


def test_names_bring_no_engine_before_they_are_used():
    code = (
        "import sys, evalkit as ek; ek.monitor.__all__; ek.monitor.Source;"
        "heavy = {'narwhals', 'duckdb', 'pyspark', 'pydantic', 'matplotlib'} & set(sys.modules);"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr


def test_every_answer_of_the_monitor_has_a_chapter():
    for module in walk_packages(ek.monitor.__path__, "evalkit.monitor."):
        import_module(module.name)
    answers = {one.__name__ for one in Answer.__subclasses__() if one.__module__.startswith("evalkit.monitor.")}
    assert {"Received", "Linked", "DeliveryReport", "Signals", "Triaged", "LedgerState", "Closable", "Process"} <= answers
    assert answers <= set(CHAPTERS)
