"""Reading declarations: a TOML file checked by a form, every fault named with its file and line."""

from __future__ import annotations

import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, TypeVar, get_args

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    GetCoreSchemaHandler,
    ValidationError,
    model_validator,
)
from pydantic_core import CoreSchema, ErrorDetails

from evalkit.errors import DataError, SpecError, did_you_mean
from evalkit.panel.header import a_header
from evalkit.panel.system import Dimension, Direction, Indicator, IndicatorSystem, Theme
from evalkit.panel.toml_lines import Place, last_line, line_of, lines_of
from evalkit.terms import Text

SHOWN, LONGEST, MOST_BYTES, DEEPEST = 20, 80, 2**22, 1000  # faults told, letters of an id, bytes, tables within tables

EXACT: dict[str, dict[str, Any]] = {  # figures are taken as TOML writes them: no true or "3" for a number, no nan, no inf
    "int": {"strict": True, "ge": -(2**53), "le": 2**53},
    "float": {"strict": True, "allow_inf_nan": False},
    "bool": {"strict": True},
}
KINDS = {
    "int": "a whole number",
    "float": "a number",
    "finite": "a finite number",
    "bool": "true or false",
    "string": "words in quotes",
    "tuple": "a list in brackets",
    "dict": "a table",
    "model": "a table",
}


def _make_exact(schema: Any) -> None:
    """Let a schema take figures as they are written, at any depth."""
    if isinstance(schema, list):
        for part in schema:
            _make_exact(part)
    elif isinstance(schema, dict):
        for key, part in schema.items():
            if key not in ("default", "metadata"):
                _make_exact(part)
        kind = schema.get("type")
        schema.update(
            {**EXACT[kind], **{limit: schema[limit] for limit in ("ge", "le") if limit in schema}} if kind in EXACT else {}
        )


class Form(BaseModel):
    """A part of a TOML file: keys it does not know are refused, and so is a value of another kind than is wanted."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    @classmethod
    def __get_pydantic_core_schema__(cls, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """The schema of the form, with exact figures at any depth."""
        schema = handler(source)
        _make_exact(handler.resolve_ref_schema(schema))
        return schema


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
    plain = _parsed(text, path.name)
    try:
        return form.model_validate(plain)
    except ValidationError as wrong:
        raise _refusal(path, text, *_faults(wrong, plain, form, text)) from None


def _refusal(path: Path, text: str, faults: list[_Fault], count: int) -> SpecError:
    """One error that lists the first twenty faults in the order of their lines, and says how many there are."""
    order = _in_order(text, [fault.place for fault in faults])
    faults, lines = [faults[at] for _, at in order], [line or 1 for line, _ in order]
    if count == 1:
        return SpecError(faults[0].what, where=f"{path.name}, line {lines[0]}", do=faults[0].do or "correct the file")
    listed = [f"{fault.what} ({fault.do})" if fault.do else fault.what for fault in faults]
    told = "".join(f"\n  line {line}: {what}" for line, what in zip(lines, listed, strict=True))
    more = f"\n  and {count - len(faults)} more" if count > len(faults) else ""
    return SpecError(f"{count} faults:{told}{more}", where=path.name, do="correct the file")


def _in_order(text: str, places: Sequence[Place]) -> list[tuple[int, int]]:
    """The first twenty of some places in the order of their lines: the line of each, and which of the places it is."""
    return sorted((line, at) for at, line in enumerate(lines_of(text, places)))[:SHOWN]


def _parsed(text: str, name: str) -> dict[str, Any]:
    """What a TOML file holds."""
    if any(line.count(".", 0, line.find("=")) > DEEPEST for line in text.split("\n")):  # a key of thousands of tables
        raise SpecError("the file is not valid TOML", where=name, do="write plain tables, lists and numbers")
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as broken:
        raise SpecError("the file is not valid TOML", where=name, found=str(broken), do="correct that line") from None
    except (RecursionError, ValueError):  # tables within tables without end, a number of thousands of digits
        raise SpecError("the file is not valid TOML", where=name, do="write plain tables, lists and numbers") from None


def whereabouts(path: Path, *place: int | str) -> str:
    """The file, and the line on which a place of it stands, where it does.

    Examples
    --------
    >>> from evalkit.datasets import folder
    >>> whereabouts(folder() / "studies" / "template.toml", "nowhere")
    'template.toml'
    """
    line = line_of(path.read_text(encoding="utf-8-sig"), place) if path.is_file() else 0
    return f"{path.name}, line {line}" if line else path.name


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
        if faults := list(_wrong_parts(form)):
            raise _refusal(path, text, faults, len(faults)) from None
        names = re.findall(r"'([^']+)'", wrong.what)
        line = next((at for name in names if (at := last_line(text, name))), 1)
        raise SpecError(wrong.what, where=f"{path.name}, line {line}", found=wrong.found, do=wrong.do) from None


def _an_id(value: str) -> str:
    if not value.strip() or value != value.strip() or len(value) > LONGEST or not value.isprintable():
        raise ValueError(f"an id is a word of up to {LONGEST} letters that can be seen, without blanks around it")
    return value


Id = Annotated[str, AfterValidator(_an_id)]


def _a_header(row: int | None) -> int | None:
    try:
        return a_header(row)
    except SpecError as wrong:
        raise ValueError(wrong) from None


HeaderRow = Annotated[int | None, AfterValidator(_a_header)]


class IndicatorForm(Form):
    """`[[dimension.indicator]]` of a system file."""

    id: Id
    name: Words
    unit: Words = Text("", "")
    direction: Direction
    core: bool = True
    plausible: tuple[float, float] | None = None
    ideal: tuple[float, float] | None = None
    target: float | None = None
    weight: float | None = None
    theme: Theme | None = None
    source: Words = Text("", "")
    note: Words = Text("", "")


class DimensionForm(Form):
    """`[[dimension]]` of a system file."""

    id: Id
    name: Words
    indicator: tuple[IndicatorForm, ...] = ()


class SystemForm(Form):
    """A whole system file."""

    id: Id
    name: Words
    source: Words = Text("", "")
    sections: tuple[tuple[str, ...], ...] = ()
    dimension: tuple[DimensionForm, ...] = ()

    @model_validator(mode="after")
    def _known_sections(self) -> SystemForm:
        known, named = [part.id for part in self.dimension], [key for section in self.sections for key in section]
        wrong = next((key for key in named if key not in known or named.count(key) > 1), None)
        if wrong is not None:
            why = "more than once" if wrong in known else f"which is no dimension; {did_you_mean(wrong, known)}".strip("; ")
            raise ValueError(f"sections names '{wrong}' {why}")
        return self

    def build(self) -> IndicatorSystem:
        """The system that the file declares."""
        dimensions = tuple(
            Dimension(id=part.id, name=part.name, indicators=tuple(Indicator(**dict(item)) for item in part.indicator))
            for part in self.dimension
        )
        return IndicatorSystem(id=self.id, name=self.name, source=self.source, dimensions=dimensions, sections=self.sections)


def _read_text(path: Path) -> str:
    try:
        if not path.exists():
            near = did_you_mean(path.name, (p.name for p in path.parent.glob("*.toml"))) if path.parent.is_dir() else ""
            raise DataError("there is no such file", where=str(path), do=near or "check the path")
        if not path.is_file():
            raise DataError("this is no file", where=str(path), do="name a .toml file")
        if path.stat().st_size > MOST_BYTES:
            found = f"{path.stat().st_size:,} bytes"
            do = f"keep it within {MOST_BYTES:,} bytes: figures belong in a file of data"
            raise SpecError("the file is too large for a declaration", where=path.name, found=found, do=do)
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise SpecError(
            "the file is not in UTF-8, but in another encoding such as GBK", where=path.name, do="save it as UTF-8"
        ) from None
    except OSError as fault:
        do = "check the path, and the right to read it"
        raise DataError("the file cannot be read", where=_short(path.name), found=fault.strerror or "", do=do) from None


def _short(name: str) -> str:
    return name if len(name) <= LONGEST else f"{name[:20]}…"


@dataclass(frozen=True, slots=True)
class _Fault:
    """What is wrong with one place of a file, and what to do about it where that is more than to correct it."""

    place: Place
    what: str
    do: str = ""


def _wrong_parts(form: SystemForm) -> Iterator[_Fault]:
    """What is wrong with the parts of a system, each by itself, and which ids stand twice."""
    dimensions, seen = set[str](), dict[str, str]()
    for at, part in enumerate(form.dimension):
        place: Place = ("dimension", at)
        if part.id in dimensions:
            yield _Fault((*place, "id"), f"dimension '{part.id}' is declared twice in system '{form.id}'", "rename or merge one")
        dimensions.add(part.id)
        if not any(item.direction is not Direction.CONTEXT for item in part.indicator):
            yield _Fault(
                place, f"dimension '{part.id}' is empty: it has no indicator to score", "add one or remove the dimension"
            )
        for number, item in enumerate(part.indicator):
            here = (*place, "indicator", number, "id")
            try:
                Indicator(**dict(item))
            except SpecError as wrong:
                yield _Fault(here, f"{wrong.what}; found {wrong.found}" if wrong.found else wrong.what, wrong.do)
            if seen.get(item.id) == part.id:
                yield _Fault(here, f"indicator '{item.id}' is declared twice in dimension '{part.id}'", "remove one")
            elif item.id in seen:
                what = f"indicator '{item.id}' stands in two dimensions, '{seen[item.id]}' and '{part.id}'"
                yield _Fault(here, what, "keep it in one: it would count twice")
            seen[item.id] = part.id


def _faults(wrong: ValidationError, plain: object, form: type[Form], text: str) -> tuple[list[_Fault], int]:
    """The first faults, each once, and their number: of a value of several kinds, only the one it comes nearest to is told."""
    found = defaultdict[Place, list[ErrorDetails]](list)
    for one in wrong.errors():
        found[_place(one, plain)].append(one)
    led_through = {place[:at] for place in found for at in range(len(place))}
    nearest = [place for place in found if place not in led_through]
    first = [nearest[at] for _, at in _in_order(text, nearest)]
    return [_fault(place, found[place], form) for place in first], len(nearest)


def _place(fault: ErrorDetails, plain: object) -> Place:
    """The path to a fault in the file as read; a fault of the whole file begins with the key it is about.

    Names of alternatives, which are no part of the file, are left out; too short a list is a fault of the list.
    """
    place: Place = ()
    for at, part in enumerate(fault["loc"]):
        inside = part in plain if isinstance(plain, dict) else isinstance(plain, list) and part in range(len(plain))
        last = at == len(fault["loc"]) - 1 and fault["type"] == "missing" and isinstance(plain, dict)
        if inside or last:
            place = (*place, part)
            plain = plain[part] if inside else None  # type: ignore[index]  # it is inside
    return place or (tuple(fault["msg"].removeprefix("Value error, ").split(" ")[0].split(".")) if not fault["loc"] else ())


def _fault(place: Place, faults: list[ErrorDetails], form: type[Form]) -> _Fault:
    """What is wrong with one place of a file."""
    name, one = ".".join(part for part in place if isinstance(part, str)), faults[-1]
    kind, value = one["type"], one["input"]
    if kind == "extra_forbidden":
        hint = did_you_mean(str(place[-1]), _inside(form, place).model_fields)
        return _Fault(place, f"'{name}' is not a known key. {hint}".strip())
    if kind == "missing" and one["loc"][-1] == place[-1]:
        return _Fault(place, f"'{name}' is missing")
    if kind in ("missing", "too_short", "too_long"):
        limit, has = _lengths(one)
        things = "tables" if any(isinstance(part, dict) for part in value) else "values"
        return _Fault(place, f"'{name}' needs at {'most' if kind == 'too_long' else 'least'} {limit} {things}, not {has}")
    start = f"'{name}': " if one["loc"] else ""
    cause = one.get("ctx", {}).get("error")
    if isinstance(cause, ValueError) and isinstance(refused := next(iter(cause.args), None), SpecError):
        return _Fault(place, f"{start}{refused.what}{f'; found {refused.found}' if refused.found else ''}", refused.do)
    return _Fault(place, start + _said(faults))


def _lengths(fault: ErrorDetails) -> tuple[int, int]:
    """How many values a list needs, and how many it has."""
    if fault["type"] == "missing":
        return int(fault["loc"][-1]) + 1, len(fault["input"])
    most = fault["type"] == "too_long"
    return fault["ctx"]["max_length" if most else "min_length"], len(fault["input"])


def _said(faults: list[ErrorDetails]) -> str:
    """What is wrong with a value that is of none of the kinds it may be, in words, and what it is."""
    one = faults[-1]
    if one["type"] == "value_error":
        return one["msg"].removeprefix("Value error, ")
    kinds = list(dict.fromkeys(_wanted(fault) for fault in faults))
    said = " or ".join(kinds)
    return f"{said if one['msg'] == said else f'must be {said}'}, not {given(one['input'])}"


def _wanted(fault: ErrorDetails) -> str:
    """What a place takes."""
    return KINDS.get(fault["type"].split("_")[0], fault["msg"].removeprefix("Input should be "))


def given(value: object) -> str:
    """A value as a TOML file has it; of a list or a table only what it is."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict | list):
        return "a table" if isinstance(value, dict) else "a list"
    return repr(value) if isinstance(value, str) else str(value)


def _inside(form: type[Form], path: Place) -> type[Form]:
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
