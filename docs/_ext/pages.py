"""What the site is made of, laid out in one folder: the shelves of docs/, the notebooks, the register of data, the reference.

The pages stay where a reader of the repository finds them. Here they are copied beside each other, and the links between them are
turned accordingly; a link to a file that is no page becomes a download.
"""

import json
import os
import re
import shutil
from pathlib import Path

import gallery
from floors import ROOT
from reference import reference
from side_by_side import side_by_side
from sphinx.application import Sphinx
from sphinx.util._pathlib import _StrPath

DOCS = ROOT / "docs"
SHELVES = {  # the title, then what stands there; new pages of a folder are found
    "tutorials/index": ("Tutorials · 入门", "tutorials/*"),
    "how-to/index": ("How-to · 操作", "how-to/*"),
    "explanation/index": ("Explanation · 说明", "explanation/*"),
    "reference/index": ("Reference · 参考", "reference/*", "/names/index", "/glossary", "/datasets/README"),
    "gallery": (),
    "notebooks/index": ("Notebooks · 笔记本", "notebooks/*"),
    "trust/index": ("Trust · 可信", "/replications/README", "/replications/side_by_side", "/decisions/README", "/project/*"),
}
LISTS = {"datasets/README.md": "/datasets/**", "decisions/README.md": "/decisions/*"}  # pages that already list their own
FENCE = re.compile(r"(^```.*?^```$)", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"\]\((?:\.\./)*files/([^)#]+)")
LINK = re.compile(r"(?<=\]\()([^)\s]+)(?=\))")


def sources() -> dict[Path, str]:
    """Every page of the repository, and its path on the site."""
    docs = {path: path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md") if "_build" not in path.parts}
    docs[DOCS / "README.md"] = "index.md"
    beside = [*(ROOT / "notebooks").glob("*.ipynb"), *(ROOT / "datasets").rglob("*.md")]
    project = {ROOT / f"{name}.md": f"project/{name.lower()}.md" for name in ("CONTRIBUTING", "CHANGELOG")}
    return docs | {path: path.relative_to(ROOT).as_posix() for path in beside} | project


def lay_out(folder: Path) -> None:
    """Write every page of the site below the folder; a page that has not changed is left alone, so that it is not read again."""
    where = sources()
    pages = {name: _turned(path, name, where) for path, name in where.items()}
    pages["gallery.md"] = gallery.draw(pages["gallery.md"], folder / "pictures")
    others = sorted(f"中文 <{name.removesuffix('.md')}>" for name in pages if name.startswith("README."))
    pages["index.md"] += _toctree([*SHELVES, *others], hidden=True)
    for name, inside in LISTS.items():
        pages[name] += _toctree([inside], hidden=True)
    for name, (title, *entries) in ((name, shelf) for name, shelf in SHELVES.items() if shelf):
        pages[f"{name}.md"] = f"# {title}\n{_toctree([entry if entry[0] == '/' else f'/{entry}' for entry in entries])}"
    pages["replications/side_by_side.md"] = side_by_side()
    pages |= {f"{name}.rst": text for name, text in reference().items()}
    for name, text in pages.items():
        _write(folder / name, text)
    for file in {file for text in pages.values() for file in FILE.findall(text)}:
        (folder / "files" / file).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / file, folder / "files" / file)
    for old in [*folder.rglob("*.md"), *folder.rglob("*.rst"), *folder.rglob("*.ipynb")]:  # pages that are no more
        if old.relative_to(folder).as_posix() not in pages:
            old.unlink()


def _turned(path: Path, name: str, where: dict[Path, str]) -> str:
    """A page with its links as the site needs them."""
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        parts = FENCE.split(re.sub(r"\n\n+```$", "\n```", text, flags=re.MULTILINE))  # the blank line that ends an example
        parts[::2] = [LINK.sub(lambda found: _target(found[1], path, name, where), part) for part in parts[::2]]
        return "".join(parts)
    notebook = json.loads(text)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "markdown":
            cell["source"] = LINK.sub(lambda found: _target(found[1], path, name, where), "".join(cell["source"]))
    return json.dumps(notebook, ensure_ascii=False)


def _target(link: str, path: Path, name: str, where: dict[Path, str]) -> str:
    """Where a link of a page leads on the site."""
    file, mark, anchor = link.partition("#")
    there = (path.parent / file).resolve()
    if "://" in link or not file or not there.exists():
        return link
    there = there / "README.md" if there.is_dir() else there
    if not there.exists():
        return link
    there = DOCS / "README.md" if there == ROOT / "README.md" else there
    found = where.get(there) or f"files/{there.relative_to(ROOT).as_posix()}"
    return os.path.relpath(found, Path(name).parent) + mark + anchor


def _toctree(entries: list[str], *, hidden: bool = False) -> str:
    options = [":glob:", ":maxdepth: 1", *([":hidden:"] if hidden else [])]
    return "\n".join(["", "```{toctree}", *options, "", *entries, "```", ""])


def _write(path: Path, text: str) -> None:
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> dict[str, bool]:
    """Lay the pages out beside what Sphinx makes of them, and read them from there."""
    folder = Path(app.outdir) / ".pages"
    shutil.rmtree(folder / "pictures", ignore_errors=True)
    lay_out(folder)
    app.srcdir = _StrPath(folder)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
