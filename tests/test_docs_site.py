"""The docs site builds without a warning, reaches for nothing outside, finds words of both languages, and leads nowhere astray.

It is one test, so that it is built once however many processes share the tests.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote

import pytest

import evalkit as ek
import evalkit.report.risk.ladder  # registers its figures
from evalkit.report.verbs import figures

ROOT = Path(__file__).parents[1]
RUN = "poverty_dynamics"  # the cheapest notebook stands for all: tests/test_notebooks.py runs each
OUTSIDE = re.compile(
    r"<(?:script|img|link|iframe|source|video|audio|embed|object)\b[^>]*?(?:src|href|data)=[\"'](?:https?:)?//[^\"']*"
)
FETCHED = re.compile(r"(?:@import\s+|url\()[\"']?(?:https?:)?//[^)\"']*")
LINKS = re.compile(r"<(?:a|img|script|link)\b[^>]*?(?:href|src)=\"([^\"]+)\"")
IDS = re.compile(r"\bid=\"([^\"]+)\"")


@pytest.fixture
def site(tmp_path):
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "docs", str(tmp_path / "html")]
    environment = {
        **os.environ,
        "OMP_WAIT_POLICY": "PASSIVE",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
        "EVALKIT_SITE_RUN": RUN,
    }
    environment.pop("EVALKIT_DATA", None)
    made = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=1800, check=False)
    assert made.returncode == 0, made.stderr[-4000:]
    return tmp_path / "html"


def read(site: Path) -> dict[str, str]:
    kept = [path for path in site.rglob("*.html") if not {"_static", ".pages"} & set(path.relative_to(site).parts)]
    return {path.relative_to(site).as_posix(): path.read_text(encoding="utf-8") for path in kept}


def from_outside(site, pages):
    """What a browser would ask another host for."""
    styles = [path for path in site.rglob("*.css") if ".pages" not in path.parts]
    asked = [(name, found) for name, page in pages.items() for found in OUTSIDE.findall(page)]
    return asked + [(path.name, found) for path in styles for found in FETCHED.findall(path.read_text(encoding="utf-8"))]


def astray(site, pages):
    """Links that lead to no page, no file or no place on a page."""
    places = {name: set(IDS.findall(page)) for name, page in pages.items()}
    lost = []
    for name, page in pages.items():
        for link in set(LINKS.findall(page)):
            file, _, anchor = unquote(link).partition("#")
            if re.match(r"[a-z]+:", link):
                continue
            file = file.partition("?")[0]
            there = os.path.normpath(Path(name).parent / file) if file else name
            known = places.get(Path(there).as_posix())
            if not (site / there).is_file() or (anchor and known is not None and anchor not in known):
                lost.append((name, link))
    return lost


def found(site, query):
    """The pages that hold every word of a query, by the index that the browser reads."""
    sys.path.insert(0, str(ROOT / "docs" / "_ext"))
    try:
        from han_search import HanAndEnglish
    finally:
        sys.path.pop(0)
    text = (site / "searchindex.js").read_text(encoding="utf-8")
    index = json.loads(text[text.index("{") : text.rindex("}") + 1])
    cut = HanAndEnglish({})
    pages = []
    for word in cut.split(query):
        listed = [index[kind].get(cut.stem(word), []) for kind in ("terms", "titleterms")]
        pages.append({at for one in listed for at in (one if isinstance(one, list) else [one])})
    return {index["docnames"][at] for at in set.intersection(*pages)}


def undocumented(pages):
    """Public names without a place of their own in the reference."""
    told = {place for name, page in pages.items() if name.startswith("names/") for place in IDS.findall(page)}
    modules = ("datasets", "monitor", "risk")
    asked = {f"evalkit.{name}" for name in ek.__all__ if name not in modules}
    asked |= {f"evalkit.monitor.{name}" for name in ek.monitor.__all__}
    asked |= {f"evalkit.risk.{name}" for name in ek.risk.__all__ if name not in ek.__all__}
    return (asked | {"evalkit.datasets.load", "evalkit.datasets.truth"}) - told


def searched(site, query):
    """What the page of search shows in a browser, read from the disk."""
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as play:
        browser = play.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        page = browser.new_page()
        page.goto(f"file://{site}/search.html?q={query}")
        page.wait_for_selector("#search-results li a", timeout=30_000)
        page.wait_for_function("document.querySelector('#search-results h2').innerText === 'Search Results'")
        said = page.inner_text("#search-results")
        browser.close()
    return said


def test_the_site(site):
    pages = read(site)
    assert not from_outside(site, pages)
    assert not astray(site, pages)
    assert not undocumented(pages)

    assert {"glossary", "reference/methods", "notebooks/coupling_coordination"} <= found(site, "耦合协调")
    assert {"names/indicators/Entropy", "reference/methods"} <= found(site, "entropy")
    assert found(site, "耦合长城") == set()

    gallery = pages["gallery.html"]
    shown = {answer for answer in figures.registry if answer is not object}
    missing = {answer.__name__ for answer in shown if f"{answer.__module__}.{answer.__qualname__}" not in gallery}
    assert missing == {"Look"}, "what has a figure has its picture in docs/gallery.md; that of Look is that of its quality"
    assert gallery.count("<img ") >= len(shown)

    assert "cell_output" in pages[f"notebooks/{RUN}.html"]
    assert "<img " in pages[f"notebooks/{RUN}.html"]
    assert "evalkit" in pages["replications/side_by_side.html"]

    if shutil.which("chromium"):
        assert "术语表" in searched(site, "耦合协调")
        assert "Entropy" in searched(site, "entropy")
