"""The public names by floor, read from where they are declared: the stubs say the names, the import contracts the order."""

import ast
import inspect
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any

import evalkit

ROOT = Path(evalkit.__file__).parents[1]


@dataclass(frozen=True, slots=True)
class Name:
    """A public name: where it is typed, what it is, and where it is defined."""

    spelled: str
    value: Any
    module: str

    @property
    def floor(self) -> str:
        """The folder it lives in."""
        return self.module.split(".")[1]


def floors() -> list[list[str]]:
    """The floors from the ground up, each with its folders, as the import contracts declare them."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    layers = next(one for one in project["tool"]["importlinter"]["contracts"] if one["type"] == "layers")["layers"]
    return [layer.split(" | ") for layer in reversed(layers)]


@cache
def names() -> list[Name]:
    """Every name that a researcher types: of evalkit itself, and of those of its modules that it offers."""
    found: list[Name] = []
    for spelled, module in _stub("evalkit"):
        value = getattr(evalkit, spelled.removeprefix("evalkit."))
        if not inspect.ismodule(value):
            found.append(Name(spelled, value, module))
        elif Path(value.__file__ or "").with_suffix(".pyi").exists():
            found += [Name(inner, getattr(value, inner.rpartition(".")[2]), where) for inner, where in _stub(spelled)]
        else:
            found += [Name(f"{spelled}.{one}", value.__dict__[one], spelled) for one in _own_functions(value)]
    return found


def _stub(package: str) -> Iterator[tuple[str, str]]:
    """Each name of a package's stub, and the module that it comes from."""
    stub = Path(import_module(package).__file__ or "").with_suffix(".pyi")
    for line in ast.parse(stub.read_text(encoding="utf-8")).body:
        if isinstance(line, ast.ImportFrom):
            home = package + (f".{line.module}" if line.module else "")
            for name in line.names:
                yield f"{package}.{name.asname}", home


def _own_functions(module: Any) -> list[str]:
    functions = inspect.getmembers(module, inspect.isfunction)
    return [name for name, value in functions if value.__module__ == module.__name__ and not name.startswith("_")]
