"""Make the corpus of bad files in a folder: `python tests/corpus/make.py FOLDER`.

Each case has a folder of its own with a study and what is spoilt in it; `expected.json` says what each is and what is expected.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import cases_books
import cases_other
import cases_readers
import cases_roles
import cases_tables
from bad_files import CASES

MADE_BY = (cases_tables, cases_books, cases_other, cases_readers, cases_roles)


def make(folder: Path) -> None:
    """All cases, each in a folder of its own."""
    folder.mkdir(parents=True, exist_ok=True)
    for case in CASES.values():
        case.build(folder / case.name)
    expected = [
        {
            "name": case.name,
            "kind": case.kind,
            "command": ["evalkit", *case.arguments],
            "code": case.code,
            "says": list(case.says),
        }
        for case in CASES.values()
    ]
    (folder / "expected.json").write_text(json.dumps(expected, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    make(Path(sys.argv[1]))
