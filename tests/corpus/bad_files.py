"""The cases of the corpus: how each is made, how it is run, and what is expected of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from small_study import HEAD, Row, lay, rows, table

AUDIT = ("audit", "{file}", "--study", "study.toml", "--lang", "en")
ASSESS = ("assess", "study.toml", "--out", "out", "--lang", "en")
KINDS = (
    "file",
    "schema",
    "panel",
    "indicator",
    "weights",
    "coupling",
    "labels",
    "survey",
    "model",
    "config",
    "report text",
    "privacy",
    "security",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One bad file: its kind, how it is made in a folder, the command, and what is expected.

    `code` is the exit code; `says` are words that the messages hold, the id of a rule among them where there is one; `hides` are
    words that stand in no message and no output.
    """

    name: str
    kind: str
    build: Callable[[Path], object]
    code: int
    says: tuple[str, ...]
    command: tuple[str, ...] = AUDIT
    file: str = "panel.csv"
    hides: tuple[str, ...] = ()

    @property
    def arguments(self) -> list[str]:
        """The command, in the folder of the case."""
        return [part.format(file=self.file) for part in self.command]


CASES: dict[str, Case] = {}  # by name; a module of cases that is imported twice adds none twice


def case(kind: str, name: str, build: Callable[[Path], object], code: int, *says: str, **more: object) -> None:
    """Add a case."""
    CASES[name] = Case(name=name, kind=kind, build=build, code=code, says=says, **more)  # type: ignore[arg-type]


def raw(data: str | bytes, file: str = "panel.csv") -> Callable[[Path], object]:
    """The study with these bytes as its panel."""
    return lambda folder: lay(folder, panel=data, file=file)


def body(change: Callable[[list[Row]], list[Row] | None], head: Row | None = None) -> Callable[[Path], object]:
    """The study with changed rows, and perhaps another header."""

    def build(folder: Path) -> None:
        made = rows()
        lay(folder, panel=table(change(made) or made, head))

    return build


def cells(column: str, at: int | list[int] | range, value: object) -> Callable[[Path], object]:
    """The study with some cells of a column, by row, set to a value or changed by a function."""

    def change(made: list[Row]) -> None:
        place = HEAD.index(column)
        for row in [at] if isinstance(at, int) else at:
            made[row][place] = value(made[row][place]) if callable(value) else value

    return body(change)


def texts(**changes: tuple[str, str]) -> Callable[[Path], object]:
    """The study with words of its TOML files replaced: study=(old, new), kept=(old, new)."""

    def build(folder: Path) -> None:
        lay(folder)
        for name, (old, new) in changes.items():
            path = folder / f"{name}.toml"
            whole = path.read_text(encoding="utf-8")
            assert old in whole, (name, old)
            path.write_text(whole.replace(old, new, 1), encoding="utf-8")

    return build


def beside(data: dict[str, str | bytes], build: Callable[[Path], object] | None = None) -> Callable[[Path], object]:
    """The study with other files beside it."""

    def make(folder: Path) -> None:
        (build or lay)(folder)
        for name, held in data.items():
            (folder / name).write_bytes(held if isinstance(held, bytes) else held.encode())

    return make
