"""Reading declarations: a TOML file checked by a form, every fault named with its file and line."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, TypeVar, get_args

from pydantic import BaseModel, BeforeValidator, ConfigDict, ValidationError
from pydantic_core import ErrorDetails

from evalkit.errors import DataError, SpecError, did_you_mean
from evalkit.panel.system import Dimension, Direction, Indicator, IndicatorSystem
from evalkit.terms import Text


class Form(BaseModel):
    """A part of a TOML file: keys it does not know are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)


def _bilingual(value: object) -> object:
    if isinstance(value, str):
        return Text(value, value)
    if isinstance(value, dict) and value and set(value) <= {"zh", "en"} and all(isinstance(v, str) for v in value.values()):
        return Text(value.get("zh", ""), value.get("en", ""))
    if isinstance(value, Text):
        return value
    raise ValueError('give it as "words" or as { zh = "…", en = "…" }')


Words = Annotated[Text, BeforeValidator(_bilingual)]
SomeForm = TypeVar("SomeForm", bound=Form)


def read_form(path: Path, form: type[SomeForm]) -> SomeForm:
    """A TOML file as a checked form; all its faults in one `SpecError`, each with its line."""
    text = _read_text(path)
    try:
        return form.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as broken:
        raise SpecError("the file is not valid TOML", where=path.name, found=str(broken), do="correct that line") from None
    except ValidationError as wrong:
        faults = [(_line(text, _place(one)), _fault(one, form)) for one in wrong.errors()]
        if len(faults) == 1:
            raise SpecError(faults[0][1], where=f"{path.name}, line {faults[0][0]}", do="correct the file") from None
        listed = "".join(f"\n  line {line}: {fault}" for line, fault in faults)
        raise SpecError(f"{len(faults)} faults:{listed}", where=path.name, do="correct the file") from None


def read_system(path: str | Path) -> IndicatorSystem:
    """An indicator system from its TOML file.

    Raises
    ------
    SpecError
        With file and line: a key that is not known, an id twice, an indicator in two dimensions, an empty dimension,
        a direction that is none.
    """
    path = Path(path)
    form = read_form(path, SystemForm)
    try:
        return form.build()
    except SpecError as wrong:
        text = path.read_text(encoding="utf-8-sig")
        names = re.findall(r"'([^']+)'", wrong.what)
        line = next((at for name in names if (at := _last_line(text, name))), 1)
        raise SpecError(wrong.what, where=f"{path.name}, line {line}", found=wrong.found, do=wrong.do) from None


class IndicatorForm(Form):
    """`[[dimension.indicator]]` of a system file."""

    id: str
    name: Words
    unit: Words = Text("", "")
    direction: Direction
    core: bool = True
    plausible: tuple[float, float] | None = None
    ideal: tuple[float, float] | None = None
    target: float | None = None
    weight: float | None = None
    source: Words = Text("", "")
    note: Words = Text("", "")


class DimensionForm(Form):
    """`[[dimension]]` of a system file."""

    id: str
    name: Words
    indicator: tuple[IndicatorForm, ...] = ()


class SystemForm(Form):
    """A whole system file."""

    id: str
    name: Words
    source: Words = Text("", "")
    dimension: tuple[DimensionForm, ...] = ()

    def build(self) -> IndicatorSystem:
        """The system that the file declares."""
        dimensions = tuple(
            Dimension(id=part.id, name=part.name, indicators=tuple(Indicator(**dict(item)) for item in part.indicator))
            for part in self.dimension
        )
        return IndicatorSystem(id=self.id, name=self.name, source=self.source, dimensions=dimensions)


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        near = did_you_mean(path.name, (p.name for p in path.parent.glob("*.toml"))) if path.parent.is_dir() else ""
        raise DataError("there is no such file", where=str(path), do=near or "check the path") from None
    except (OSError, UnicodeDecodeError) as fault:
        raise DataError(
            "the file cannot be read as UTF-8 text", where=str(path), found=type(fault).__name__, do="save it as UTF-8"
        ) from None


def _place(fault: ErrorDetails) -> tuple[int | str, ...]:
    """The path to a fault, without the names of alternatives; a fault of the whole file begins with the key it is about."""
    path = tuple(part for part in fault["loc"] if not (isinstance(part, str) and part.startswith("<")))
    return path or tuple(_said(fault).split(" ")[0].split("."))


def _said(fault: ErrorDetails) -> str:
    """What is wrong, in words; of a single figure or word also what it is."""
    given = fault["input"]
    said = fault["msg"].removeprefix("Value error, ")
    own = fault["type"] == "value_error"
    if own or not isinstance(given, str | int | float):
        return said
    return f"{said.replace('Input should be', 'must be')}, not {given!r}"


def _fault(fault: ErrorDetails, form: type[Form]) -> str:
    """What is wrong with one place of a file."""
    path = _place(fault)
    place = ".".join(part for part in path if isinstance(part, str))
    if fault["type"] == "extra_forbidden":
        hint = did_you_mean(str(path[-1]), _inside(form, path).model_fields)
        return f"'{place}' is not a known key. {hint}".strip()
    if fault["type"] == "missing":
        return f"'{place}' needs at least {path[-1] + 1} values" if isinstance(path[-1], int) else f"'{place}' is missing"
    return f"'{place}': {_said(fault)}" if fault["loc"] else _said(fault)


def _inside(form: type[Form], path: tuple[int | str, ...]) -> type[Form]:
    """The form that a path leads into."""
    for part in path[:-1]:
        field = form.model_fields.get(str(part))
        form = next(_forms(field.annotation), form) if field is not None else form
    return form


def _forms(kind: object) -> Iterator[type[Form]]:
    """The forms that an annotation names, at any depth."""
    if isinstance(kind, type) and not get_args(kind) and issubclass(kind, Form):
        yield kind
    for part in get_args(kind):
        yield from _forms(part)


def _line(text: str, loc: tuple[int | str, ...]) -> int:
    """The line on which a place of a TOML document stands, or the nearest line above that leads to it."""
    best, best_depth, counts = 1, 0, dict[tuple[int | str, ...], int]()
    here: tuple[int | str, ...] = ()
    for number, line in enumerate(text.splitlines(), start=1):
        if header := re.match(r"\s*(\[\[?)\s*([\w.\"'-]+)\s*\]", line):
            here = _header(header.group(2), many=header.group(1) == "[[", counts=counts)
            path = here
        elif key := re.match(r"\s*([\w.\"'-]+)\s*=", line):
            path = (*here, *(part.strip("\"'") for part in key.group(1).split(".")))
        else:
            continue
        depth = _shared(path, loc)
        if depth == len(path) and depth > best_depth:
            best, best_depth = number, depth
    return best


def _header(words: str, *, many: bool, counts: dict[tuple[int | str, ...], int]) -> tuple[int | str, ...]:
    """The indexed path of a `[table]` or `[[table]]` header."""
    path: tuple[int | str, ...] = ()
    parts = [part.strip("\"'") for part in words.split(".")]
    for part in parts[:-1]:
        path = (*path, part)
        path = (*path, counts[path] - 1) if path in counts else path
    path = (*path, parts[-1])
    if many:
        counts[path] = counts.get(path, 0) + 1
        path = (*path, counts[path] - 1)
    return path


def _shared(path: tuple[int | str, ...], wanted: tuple[int | str, ...]) -> int:
    """How many leading steps two paths share."""
    for at, (a, b) in enumerate(zip(path, wanted, strict=False)):
        if a != b:
            return at
    return min(len(path), len(wanted))


def _last_line(text: str, name: str) -> int:
    """The last line on which an id is declared, or 0."""
    lines = [
        n for n, line in enumerate(text.splitlines(), start=1) if re.search(rf"\bid\s*=\s*[\"']{re.escape(name)}[\"']", line)
    ]
    return lines[-1] if lines else 0
