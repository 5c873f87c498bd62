"""Docstrings are plain words: |x| is an absolute value and a_i a letter with an index, not marks of a typesetting language."""

import dataclasses
import inspect
import re
from typing import Any

from floors import names
from sphinx.application import Sphinx

CODE = re.compile(r"(``.+?``|`[^`]+`)")
MARKS = re.compile(r"(?<!\\)(\||(?<=\w)_(?!\w)|(?<=/)\*)")
NAMED = re.compile(r"[\w*, .]+( : |$)")  # the names of parameters, which numpydoc escapes by itself


def plain(app: Sphinx, what: str, name: str, value: Any, options: Any, lines: list[str]) -> None:
    """Escape what a typesetting language would read as its own marks, outside of code, examples and names of parameters."""
    example = False
    for at, line in enumerate(lines):
        heading = at + 1 < len(lines) and re.fullmatch(r"-{3,}", lines[at + 1].strip())
        example = line.strip() == "Examples" if heading else example
        if example:
            continue
        names = NAMED.match(line)
        start = names.end() if names else 0
        parts = CODE.split(line[start:])
        parts[::2] = [MARKS.sub(r"\\\1", part) for part in parts[::2]]
        lines[at] = line[:start] + "".join(parts)


def foreign(app: Sphinx, what: str, name: str, value: Any, skip: bool, options: Any) -> bool | None:
    """Leave out the members that another library brings along."""
    module = getattr(value, "__module__", None) or "evalkit"
    return None if str(module).startswith("evalkit") else True


def defaults(app: Sphinx, what: str, name: str, value: Any, options: Any, signature: str | None, returned: str | None) -> Any:
    """Say a default as it is typed: TEN_GRADES and not its ten grades, Standard() and not what it is by default."""
    if not (inspect.isclass(value) and dataclasses.is_dataclass(value) and signature):
        return None
    for field in dataclasses.fields(value):
        if dataclasses.is_dataclass(field.default):
            signature = signature.replace(repr(field.default), _typed(field.default))
    return signature, returned


def _typed(value: Any) -> str:
    """A value as one would type it."""
    for known in names():
        if known.value is value:
            return known.spelled.removeprefix("evalkit.")
    if not dataclasses.is_dataclass(value):
        return repr(value)
    fields = [field for field in dataclasses.fields(value) if field.init and getattr(value, field.name) != field.default]
    return f"{type(value).__name__}({', '.join(f'{one.name}={_typed(getattr(value, one.name))}' for one in fields)})"


def setup(app: Sphinx) -> dict[str, bool]:
    """Read docstrings before numpydoc does."""
    app.connect("autodoc-process-docstring", plain, priority=400)
    app.connect("autodoc-process-signature", defaults)
    app.connect("autodoc-skip-member", foreign)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
