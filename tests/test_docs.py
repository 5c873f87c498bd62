"""The documentation keeps its word: examples run, links lead somewhere, and what must be listed is listed."""

import doctest
import re
import tomllib
from pathlib import Path

import pytest

import evalkit as ek
from evalkit.monitor.door.rules import ROWS, WHOLE
from evalkit.monitor.ledger.faults import FAULTS
from evalkit.monitor.rules.form import RuleSetForm
from evalkit.monitor.signals.unjudged import REASONS
from evalkit.monitor.sources.form import SourcesForm
from evalkit.panel.form import Form, IndicatorForm
from evalkit.panel.rules.rules import RULES
from evalkit.study.form import StudyForm
from evalkit.study.index_form import Step
from evalkit.study.monitor.form import MonitorForm

ROOT = Path(__file__).parents[1]
DOCS = sorted((ROOT / "docs").rglob("*.md"))
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md", *DOCS, *sorted((ROOT / "datasets").rglob("*.md"))]
FENCE = re.compile(r"^```(\w*)(.*?)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE | doctest.IGNORE_EXCEPTION_DETAIL


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def blocks(path: Path, language: str) -> list[str]:
    return [found[3] for found in FENCE.finditer(path.read_text(encoding="utf-8")) if found[1] == language]


def on_real_data(found: re.Match[str]) -> bool:
    """Whether a block needs the real panels: its fence says so, ```python EVALKIT_DATA."""
    return "EVALKIT_DATA" in found[2]


def failures(path: Path, *, real: bool) -> str:
    """What the examples of a page print instead of what they say; they are one session.

    Lines outside of the examples are blanked, so that a failure names its line.
    """
    text = path.read_text(encoding="utf-8")
    kept = [" "] * len(text)
    for found in FENCE.finditer(text):
        if found[1] == "python" and (real or not on_real_data(found)):
            kept[found.start(3) : found.end(3)] = found[3]
    lines = "".join(old if old == "\n" else new for old, new in zip(text, kept, strict=True))
    session = doctest.DocTestParser().get_doctest(lines, {"__name__": "__main__"}, name(path), str(path), 0)
    report: list[str] = []
    assert doctest.DocTestRunner(optionflags=FLAGS).run(session, out=report.append).attempted > 0
    return "\n".join(report)


@pytest.mark.parametrize("path", [page for page in (ROOT / "README.md", *DOCS) if blocks(page, "python")], ids=name)
def test_examples_print_what_they_say(path, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert not failures(path, real=False)


@pytest.mark.parametrize("path", [page for page in DOCS if "```python EVALKIT_DATA" in page.read_text("utf-8")], ids=name)
def test_examples_on_real_data_print_what_they_say(path, real_data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert not failures(path, real=True)


@pytest.mark.parametrize("path", DOCS, ids=name)
def test_every_python_block_is_an_example_that_runs(path):
    for block in blocks(path, "python"):
        assert block.startswith(">>> "), f"not run by the tests:\n{block}"


@pytest.mark.parametrize("path", [page for page in DOCS if blocks(page, "toml")], ids=name)
def test_toml_blocks_are_toml(path):
    for block in blocks(path, "toml"):
        assert tomllib.loads(block)


def anchors(path: Path) -> set[str]:
    """The anchors of a page's headings, as code forges make them."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("path", PAGES, ids=name)
def test_links_lead_somewhere(path):
    text = FENCE.sub("", path.read_text(encoding="utf-8"))
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith(("http://", "https://", "mailto:")):
            continue
        file, _, anchor = target.partition("#")
        there = (path.parent / file).resolve() if file else path
        assert there.exists(), f"{name(path)} links to {target}, which is not there"
        assert not anchor or anchor in anchors(there), f"{name(path)} links to {target}: {anchors(there)}"


def test_the_index_leads_to_every_page():
    read, reached = [ROOT / "docs" / "README.md"], set()
    while read:
        page = read.pop()
        if page in reached or page.suffix != ".md" or not page.is_relative_to(ROOT / "docs"):
            continue
        reached.add(page)
        targets = re.findall(r"\]\(([^)\s#]+)", page.read_text(encoding="utf-8"))
        read += [(page.parent / target).resolve() for target in targets if "://" not in target]
    assert reached == set(DOCS)


def shape(path: Path) -> dict[str, list]:
    """What a page shares with its twin in another language: levels of headings, code, rows of tables, where its links lead."""
    text = path.read_text(encoding="utf-8")
    words = FENCE.sub("", text)
    targets = [target.partition("#")[0] for target in re.findall(r"\]\(([^)\s]+)\)", words)]
    return {
        "headings": [len(marks) for marks in re.findall(r"^(#+) ", words, re.MULTILINE)],
        "code": [found[0] for found in FENCE.finditer(text)],
        "rows": [line.count("|") for line in words.splitlines() if line.startswith("|")],
        "links": [re.sub("_(en|zh)[.]png$", ".png", str((path.parent / target).resolve())) for target in targets],
    }


def test_the_readme_and_its_chinese_twin_keep_step():
    english, chinese = ROOT / "README.md", ROOT / "docs" / "README.zh.md"
    ours, theirs = shape(english), shape(chinese)
    assert (ours["links"].pop(0), theirs["links"].pop(0)) == (str(chinese), str(english)), "each links to the other first"
    assert ours == theirs
    assert ours["code"]
    assert ours["rows"]


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "pictures").glob("*.png")), ids=name)
def test_pictures_are_light(path):
    assert path.stat().st_size < 300_000


def keys(form: type[Form], above: frozenset[type[Form]] = frozenset()) -> set[str]:
    found = set(form.model_fields)
    for field in form.model_fields.values():
        for part in (field.annotation, *getattr(field.annotation, "__args__", ())):
            if isinstance(part, type) and issubclass(part, Form) and part not in above:
                found |= keys(part, above | {form, part})
    return found


MONITOR = (keys(MonitorForm) | keys(SourcesForm) | keys(RuleSetForm)) - {"register_"}


@pytest.mark.parametrize(
    ("page", "words"),
    [
        pytest.param("how-to/study_file.md", keys(StudyForm) | keys(Step), id="study"),
        pytest.param("how-to/own_indicator_system.md", keys(IndicatorForm), id="system"),
        pytest.param("how-to/monitor.md", MONITOR, id="monitor"),
        pytest.param("reference/errors.md", set(RULES), id="rules"),
        pytest.param("reference/errors.md", {*ROWS, *WHOLE, *REASONS, *FAULTS}, id="monitor-rules"),
    ],
)
def test_what_must_be_listed_is_listed(page, words):
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    said = set(re.findall(r"\w+", text))
    assert not words - said


def test_every_public_name_is_met_in_the_docs():
    said = set(re.findall(r"\w+", "".join(page.read_text(encoding="utf-8") for page in [ROOT / "README.md", *DOCS])))
    assert not {*ek.__all__, *ek.monitor.__all__} - said
