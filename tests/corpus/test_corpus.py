"""The corpus of bad files: each meets its message and its exit code, and leaves nothing half written."""

import hashlib
import io
import json
import resource
import subprocess
import sys
import time
from collections import Counter
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

import pytest
from bad_files import CASES, KINDS, Case
from make import make

from evalkit.cli import main
from evalkit.cli.console import complain, speak

SECONDS, BYTES = 3, 500 * 2**20


class Told(NamedTuple):
    code: int
    text: str


def run(case: Case, folder: Path) -> Told:
    """The command of a case in its folder, in this process."""
    out = io.StringIO()
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(out):
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["evalkit", *case.arguments])
        patch.setattr(speak, "_file", out)
        patch.setattr(complain, "_file", out)
        with pytest.raises(SystemExit) as left:
            main()
    return Told(int(left.value.code or 0), out.getvalue())


def held(folder: Path) -> dict[str, str]:
    """What lies in a folder, by name."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def corpus(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    make(folder)
    return folder


def test_the_corpus_covers_every_kind():
    counts = Counter(case.kind for case in CASES.values())
    assert len(CASES) >= 120
    assert set(counts) == set(KINDS)


def test_the_corpus_is_the_same_each_time(corpus, tmp_path):
    make(tmp_path / "again")
    assert held(tmp_path / "again") == held(corpus)


def test_what_is_expected_lies_beside_each_file(corpus):
    expected = json.loads((corpus / "expected.json").read_text(encoding="utf-8"))
    assert {one["name"] for one in expected} == {path.name for path in corpus.iterdir() if path.is_dir()}
    assert all({"kind", "command", "code", "says"} <= set(one) for one in expected)


@pytest.mark.parametrize("case", CASES.values(), ids=lambda case: f"{case.kind}-{case.name}".replace(" ", "_"))
def test_a_bad_file_meets_what_is_expected(case, corpus):
    folder = corpus / case.name
    before, start, memory = held(folder), time.process_time(), _memory()
    told = run(case, folder)
    seconds = time.process_time() - start
    assert told.code == case.code, told.text
    flat = " ".join(told.text.split())
    for words in case.says:
        assert words in flat, told.text
    assert "Traceback" not in told.text
    assert "Warning" not in told.text
    for words in case.hides:
        assert words not in told.text
    assert held(folder) == before
    assert seconds < SECONDS
    assert _memory() - memory < BYTES


@pytest.mark.parametrize("name", ["cell_about", "bomb", "unknown_key"])
def test_in_a_process_of_its_own_it_is_the_same(name, corpus):
    case = CASES[name]
    command = [sys.executable, "-m", "evalkit.cli", *case.arguments]
    done = subprocess.run(command, cwd=corpus / name, capture_output=True, encoding="utf-8", timeout=60, check=False)
    assert done.returncode == case.code, done.stderr
    assert all(words in " ".join((done.stdout + done.stderr).split()) for words in case.says)
    assert "Traceback" not in done.stderr


def _memory() -> int:
    """The most memory this process ever had, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
