"""A drawn SVG as a part of a page: smaller, its names its own, its letters shared with the other figures."""

from __future__ import annotations

import re
from collections.abc import Iterable
from xml.etree import ElementTree as Tree

from evalkit.report.html.marks import Mark

SVG, LINK = "{http://www.w3.org/2000/svg}", "{http://www.w3.org/1999/xlink}href"
NEEDLESS = {f"{SVG}metadata", f"{SVG}style", f"{SVG}title"}
KEPT = ("width", "height", "viewBox")
_LONG = re.compile(r"-?\d+\.\d{3,}")
_NAME = re.compile(r"url\(#([^)]+)\)")


class Letters:
    """The letters that the figures of one page share, each kept once."""

    def __init__(self) -> None:
        self._names: dict[tuple[str, str], str] = {}

    def name(self, path: str, transform: str) -> str:
        """The name of a letter on the page."""
        return self._names.setdefault((path, transform), f"g{len(self._names)}")

    def markup(self) -> str:
        """The letters as one hidden picture."""
        if not self._names:
            return ""
        kept = "".join(
            f'<path id="{name}" d="{path}" transform="{transform}"/>' for (path, transform), name in self._names.items()
        )
        return f'<svg class="letters" aria-hidden="true" width="0" height="0"><defs>{kept}</defs></svg>'


def inline(svg: bytes, prefix: str, letters: Letters, found: Iterable[Mark] = ()) -> str:
    """A picture as markup for a page. `prefix` begins its names; `found` are the marks that speak under the pointer.

    Only what matplotlib drew is read, never a file of someone else; every text in it is escaped again.
    """
    root = Tree.fromstring(svg)
    names = _renamed(root, prefix, letters)
    used = {name for part in root.iter() for name in _asked(part)}
    attributes = {key: root.get(key, "") for key in KEPT}
    root.attrib.clear()
    root.attrib.update(attributes | {"stroke-linejoin": "round", "aria-hidden": "true", "focusable": "false"})
    _tidy(root, names, used)
    _speak(root, found)
    return _plain(root)


def _renamed(root: Tree.Element, prefix: str, letters: Letters) -> dict[str, str]:
    """New names of all that has one: letters by their shape, the rest by the figure they are in."""
    names: dict[str, str] = {}
    for part in root.iter():
        old = part.get("id")
        if old and part.tag == f"{SVG}path" and part.get("transform") and not part.get("style"):
            names[old] = letters.name(_spaced(part.get("d", "")), part.get("transform", ""))
        elif old:
            names[old] = f"{prefix}{len(names)}"
    return names


def _asked(part: Tree.Element) -> Iterable[str]:
    """The names a part asks for."""
    link = part.get(LINK, "")
    if link.startswith("#"):
        yield link[1:]
    for value in part.attrib.values():
        yield from _NAME.findall(value)


def _tidy(parent: Tree.Element, names: dict[str, str], used: set[str]) -> None:
    """Leave out what is not needed, round what is drawn, and put in the new names."""
    parent.text = parent.tail = None
    for part in list(parent):
        old = part.get("id", "")
        if part.tag in NEEDLESS or names.get(old, "").startswith("g"):
            parent.remove(part)
            continue
        part.attrib.pop("id", None)
        if old in used:
            part.set("id", names[old])
        _attributes(part, names)
        _tidy(part, names, used)
        if part.tag == f"{SVG}defs" and not len(part):
            parent.remove(part)
        elif part.tag == f"{SVG}g" and not part.attrib:
            at = list(parent).index(part)
            parent.remove(part)
            for step, inner in enumerate(list(part)):
                parent.insert(at + step, inner)


def _attributes(part: Tree.Element, names: dict[str, str]) -> None:
    for key, value in list(part.attrib.items()):
        if key == LINK:
            del part.attrib[LINK]
            part.set("href", f"#{names.get(value[1:], value[1:])}" if value.startswith("#") else value)
        elif key == "style":
            part.set(key, _NAME.sub(lambda hit: f"url(#{names[hit[1]]})", value).replace(": ", ":").replace("; ", ";"))
        elif key == "clip-path":
            part.set(key, _NAME.sub(lambda hit: f"url(#{names[hit[1]]})", value))
        elif key in {"d", "points"}:
            part.set(key, _spaced(_rounded(value)))
        elif key in {"x", "y", "width", "height"} or (key == "transform" and "matrix" not in value and "scale(1" not in value):
            part.set(key, _LONG.sub(_two_digits, value) if key != "transform" else _moved(value))


def _moved(transform: str) -> str:
    return re.sub(r"translate\([^)]*\)", lambda hit: _rounded(hit[0]), transform)


def _rounded(value: str) -> str:
    return _LONG.sub(_two_digits, value)


def _two_digits(hit: re.Match[str]) -> str:
    return f"{float(hit[0]):.2f}".rstrip("0").rstrip(".")


def _spaced(path: str) -> str:
    return re.sub(r" ?([A-Za-z]) ?", r"\1", " ".join(path.split()))


def _speak(root: Tree.Element, found: Iterable[Mark]) -> None:
    """Lay the marks over the picture, unseen until the pointer is on one."""
    layer = Tree.SubElement(root, f"{SVG}g", {"class": "marks", "fill": "none", "pointer-events": "all"})
    for mark in found:
        x, y, width, height = mark.box
        if mark.outline:
            part = Tree.SubElement(layer, f"{SVG}path", {"d": mark.outline})
        elif mark.round:
            part = Tree.SubElement(
                layer, f"{SVG}circle", {"cx": f"{x + width / 2:.1f}", "cy": f"{y + height / 2:.1f}", "r": "4.5"}
            )
        else:
            sides = {"x": x, "y": y, "width": max(width, 1.0), "height": max(height, 1.0)}
            part = Tree.SubElement(layer, f"{SVG}rect", {key: f"{side:.1f}" for key, side in sides.items()})
        Tree.SubElement(part, f"{SVG}title").text = mark.said()
    if not len(layer):
        root.remove(layer)


def _plain(root: Tree.Element) -> str:
    """The markup without names of namespaces, as a page wants it."""
    for part in root.iter():
        part.tag = part.tag.removeprefix(SVG)
    return Tree.tostring(root, encoding="unicode", short_empty_elements=True)
