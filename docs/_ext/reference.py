"""The reference: a page a floor, a page a public name; what they say is taken from the docstrings, nothing is written here."""

import dataclasses
import inspect
import re
import sys
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from floors import Name, floors, names

import evalkit
from evalkit.answer import Answer
from evalkit.terms import Text

VERBS = {"fit", "score", "measure", "estimate", "rank_intervals"}  # what is asked of a thing that is not yet the answer


def reference() -> dict[str, str]:
    """The pages by their path, without the ending: the floors in their order, their names, and what these answer."""
    shelves: dict[str, list[Name]] = {}
    for name in names():
        shelves.setdefault(name.floor, []).append(name)
    public = {id(name.value) for name in names()}
    order = [floor for storey in floors() for floor in storey if floor in shelves]
    pages = {"names/index": _front(order)}
    told: set[type] = set()
    for floor in order:
        pages[f"names/{floor}/index"] = _floor(floor, shelves[floor])
        for name in shelves[floor]:
            answers = [one for one in _answers(name.value) if id(one) not in public]
            pages[page(name)] = _name(name, [one for one in answers if one not in told], [one for one in answers if one in told])
            told |= set(answers)
    return pages


def page(name: Name) -> str:
    """The path of a name's page."""
    return f"names/{name.floor}/{name.spelled.removeprefix('evalkit.')}"


def _front(order: list[str]) -> str:
    lines = [*_title("Names by floor · 名称（按楼层）"), "From the ground up; no floor uses one above it.", ""]
    for floor in order:
        lines += [f"* :doc:`{floor} <{floor}/index>`: {_escaped(_first(import_module(f'evalkit.{floor}')))}"]
    return "\n".join([*lines, "", *_toctree([f"{floor}/index" for floor in order])])


def _floor(floor: str, shelf: list[Name]) -> str:
    lines = [*_title(f"evalkit.{floor}"), _escaped(_first(import_module(f"evalkit.{floor}"))), ""]
    rows = [".. list-table::", "   :widths: 30 70", ""]
    for name in shelf:
        rows += [f"   * - :doc:`{_typed(name)} </{page(name)}>`", f"     - {_escaped(_line(name.value))}"]
    return "\n".join([*lines, *rows, "", *_toctree([f"/{page(name)}" for name in shelf])])


def _name(name: Name, answers: list[type], elsewhere: list[type]) -> str:
    short = name.spelled.rpartition(".")[2]
    lines = [*_title(short), f"``{_typed(name)}`` · defined in ``{name.module}``", ""]
    if inspect.isclass(name.value):
        again = name.spelled != f"evalkit.{short}" and hasattr(
            evalkit, short
        )  # offered under two names: one of them is linked to
        lines += [f".. autoclass:: {name.spelled}", "   :members:", *(["   :no-index:"] if again else []), ""]
    elif inspect.isfunction(name.value):
        lines += [f".. autofunction:: {name.spelled}", ""]
    else:
        lines += [f".. py:data:: {name.spelled}", f"   :type: {type(name.value).__name__}", "", *_fields(name.value), ""]
    if answers or elsewhere:
        lines += ["What it gives", "-" * 13, ""]
    for one in answers:
        lines += [f".. autoclass:: {one.__module__}.{one.__qualname__}", "   :members:", ""]
    if elsewhere:
        also = ", ".join(f":class:`~{one.__module__}.{one.__qualname__}`" for one in elsewhere)
        lines += [f"It also gives {also}." if answers else f"It gives {also}.", ""]
    return "\n".join(lines)


# What a spec answers


def _answers(value: Any) -> list[type]:
    """The answers that a class or a function leads to, and what stands on the way to them, such as a fitted index."""
    found: list[type] = []
    ask = [value]
    while ask:
        for one in _returned(ask.pop(0)):
            if one is not value and one not in found and (issubclass(one, Answer) or VERBS & vars(one).keys()):
                found.append(one)
                ask.append(one)
    return found


def _returned(value: Any) -> Iterator[type]:
    """The classes of evalkit that a function returns; of a class, those that its methods do."""
    methods = [one for name, one in vars(value).items() if name[0] != "_"] if inspect.isclass(value) else [value]
    for method in filter(inspect.isfunction, methods):
        space = vars(sys.modules[method.__module__])
        for word in re.findall(r"\w+", str(method.__annotations__.get("return", ""))):
            one = space.get(word)
            if inspect.isclass(one) and one.__module__.startswith("evalkit.") and word[0] != "_":
                yield one


# Words


def _title(text: str) -> list[str]:
    return [text, "=" * 2 * len(text), ""]


def _toctree(entries: list[str]) -> list[str]:
    return [".. toctree::", "   :hidden:", "", *(f"   {entry}" for entry in entries), ""]


def _typed(name: Name) -> str:
    return "ek." + name.spelled.removeprefix("evalkit.")


def _first(value: Any) -> str:
    """The first paragraph of a docstring."""
    return (inspect.getdoc(value) or "").split("\n\n")[0].replace("\n", " ")


def _line(value: Any) -> str:
    if inspect.isclass(value) or inspect.isfunction(value):
        return _first(value)
    said = getattr(value, "name", None)
    return f"{type(value).__name__}: {said.zh} · {said.en}" if isinstance(said, Text) else type(value).__name__


def _escaped(text: str) -> str:
    """Plain words: only what stands in backticks is marked, as code."""
    parts = text.replace("``", "`").split("`")
    parts[::2] = [re.sub(r"([\\*|_])", r"\\\1", part) for part in parts[::2]]
    return "``".join(parts)


def _fields(value: Any) -> list[str]:
    """The fields of a constant as a table."""
    rows = ["   .. list-table::", "      :widths: 20 80", ""]
    for field in dataclasses.fields(value):
        rows += [f"      * - {field.name}", f"        - | {_shown(getattr(value, field.name))}"]
    return rows


def _shown(value: Any) -> str:
    if isinstance(value, Text):
        return _escaped(f"{value.zh} · {value.en}")
    if isinstance(value, tuple) and any(dataclasses.is_dataclass(one) for one in value):
        return "\n          | ".join(_shown(one) for one in value)
    if dataclasses.is_dataclass(value):
        return "; ".join(_shown(getattr(value, field.name)) for field in dataclasses.fields(value))
    return _escaped(str(value))
