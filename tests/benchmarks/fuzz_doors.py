"""Fuzz the doors with atheris, apart from the tests: `python tests/benchmarks/fuzz_doors.py csv -max_total_time=300`.

Needs `pip install atheris`. Targets: csv, xlsx, toml, judgements. Whatever is no `EvalkitError` is a crash, whose input is kept.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import atheris

sys.path.insert(0, str(Path(__file__).parents[1] / "corpus"))

with atheris.instrument_imports(include=["evalkit.panel"]):
    import evalkit as ek
    from evalkit.errors import EvalkitError
    from evalkit.panel.audit import audit_file
    from evalkit.panel.form import read_system
    from evalkit.panel.read_judgements import read_judgements

from small_study import KEPT, STUDY, book, rows, table

FOLDER = Path(tempfile.mkdtemp(prefix="fuzz_doors_"))
SYSTEM = ek.systems("consolidation")["consolidation"]
SEEDS = {"csv": table(rows(2)).encode(), "xlsx": book(body=rows(1)), "toml": KEPT.encode(), "judgements": STUDY.encode()}


def tried(name: str, read: Callable[[Path], object]) -> Callable[[bytes], None]:
    """A target: the bytes as a file, read."""
    path = FOLDER / name

    def target(data: bytes) -> None:
        path.write_bytes(data)
        try:
            read(path)
        except EvalkitError as refused:
            str(refused)

    return target


TARGETS = {
    "csv": tried("p.csv", audit_file),
    "xlsx": tried("p.xlsx", audit_file),
    "toml": tried("s.toml", read_system),
    "judgements": tried("e.toml", lambda path: read_judgements(path, system=SYSTEM)),
}

if __name__ == "__main__":
    kind = sys.argv.pop(1)
    seeds = FOLDER / "seeds"
    seeds.mkdir()
    (seeds / "seed").write_bytes(SEEDS[kind])
    atheris.Setup([*sys.argv, str(seeds)], TARGETS[kind])
    atheris.Fuzz()
