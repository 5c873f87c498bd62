"""The notebooks run from top to bottom, hold no outputs, and read as one question asked step by step."""

import warnings
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").rglob("*.ipynb"))


@pytest.fixture(params=NOTEBOOKS, ids=lambda path: path.stem)
def notebook(request):
    return nbformat.read(request.param, as_version=4)


def code(notebook):
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def test_there_is_one_for_each_step_of_the_work():
    assert {path.stem for path in NOTEBOOKS} == {
        "data_and_audit",
        "indicator_systems",
        "coupling_coordination",
        "poverty_dynamics",
        "return_to_poverty",
        "monitoring",
        "post_consolidation_assessment",
    }


def test_it_stores_no_outputs(notebook):
    nbformat.validate(notebook)
    assert notebook.metadata.kernelspec.name == "python3"
    for cell in code(notebook):
        assert cell.outputs == []
        assert cell.execution_count is None


def test_its_cells_are_short_and_define_nothing(notebook):
    for cell in code(notebook):
        lines = cell.source.splitlines()
        assert len(lines) <= 15, cell.source
        assert not any(line.lstrip().startswith(("def ", "class ", "async def ")) for line in lines), cell.source


def test_it_opens_with_its_question_and_ends_with_what_to_distrust(notebook):
    first, last = notebook.cells[0], notebook.cells[-1]
    assert first.cell_type == last.cell_type == "markdown"
    assert "回答" in first.source
    assert "answers" in first.source
    assert "distrust" in last.source


def test_its_figures_speak_chinese_as_the_report_does(notebook):
    figures = [line for cell in code(notebook) for line in cell.source.splitlines() if "ek.figure(" in line]
    assert figures
    assert all('lang="zh"' in line or "lang=" not in line for line in figures)


def test_it_runs(notebook, tmp_path):
    """On the kernel of these tests; a warning on the way, such as a letter that no font has, is a failure."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        client = NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(tmp_path)}})
        client.execute()
    said = [output.text for cell in code(notebook) for output in cell.outputs if output.get("name") == "stderr"]
    assert not said, "".join(said)[:2000]
    assert list(tmp_path.iterdir()) == [], "the notebook left files behind"
