"""The house stands: style, types, floors and the light import, checked by the tools themselves."""

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
HEAVY = ("matplotlib", "sklearn", "statsmodels", "scipy", "docx", "jinja2", "duckdb", "pydantic", "typer")


def run(*command: str) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False, timeout=600)


@pytest.mark.parametrize(
    "command",
    [
        pytest.param(("-m", "ruff", "check", "."), id="ruff"),
        pytest.param(("-m", "ruff", "format", "--check", "."), id="format"),
        pytest.param(("-m", "mypy"), id="types"),
        pytest.param(("-c", "import sys; from importlinter.cli import lint_imports; sys.exit(lint_imports())"), id="floors"),
    ],
)
def test_the_tools_find_nothing(command):
    done = run(*command)
    assert done.returncode == 0, done.stdout + done.stderr


def test_importing_is_light():
    """Ink, forms, engines and learning stay out of the import; it takes under a second, and at most 1.3 times pandas alone.

    Measured in seconds of the processor, the best of three, since other tests run beside this one.
    """
    code = (
        "import sys, time; start = time.process_time(); import pandas; between = time.process_time(); import evalkit;"
        "end = time.process_time(); print(end - start, (end - start) / (between - start));"
        f"heavy = {set(HEAVY)} & set(sys.modules);"
        "sys.exit(f'imported {heavy}' if heavy else 0)"
    )
    runs = [run("-c", code) for _ in range(3)]
    assert all(done.returncode == 0 for done in runs), runs[0].stderr
    took, ratio = (min(float(done.stdout.split()[at]) for done in runs) for at in (0, 1))
    assert took < 1.0
    assert ratio <= 1.3


def test_every_name_that_is_offered_is_there():
    import evalkit as ek

    for name in ek.__all__:
        assert getattr(ek, name) is not None
    with pytest.raises(AttributeError):
        _ = ek.nothing_of_the_kind


def test_files_are_small_and_say_what_lives_there():
    for path in (ROOT / "evalkit").rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert text.startswith('"""'), f"{path} does not say what lives there"
        assert text.count("\n") <= 420, f"{path} has outgrown its room"


def test_the_package_ships_its_data_sets():
    """The wheel takes datasets/ along; an installed evalkit finds them without a checkout."""
    config = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    assert 'datasets = "evalkit/_datasets"' in config
    assert importlib.util.find_spec("evalkit") is not None
