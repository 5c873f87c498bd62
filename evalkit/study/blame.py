"""Where in the files of a study stands, or should stand, what keeps it from being run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from evalkit.errors import DataError, EvalkitError, SpecError, Undeclared
from evalkit.panel.form import SystemForm, read_form, whereabouts
from evalkit.panel.panel import Panel
from evalkit.panel.system import Indicator, IndicatorSystem
from evalkit.study.form import StudyForm


@contextmanager
def placed(path: Path, data: str) -> Iterator[None]:
    """What names no place of its own is said of the file of data or, where the question is wrong, of the study."""
    try:
        yield
    except EvalkitError as wrong:
        wrong.where = wrong.where or (data if isinstance(wrong, DataError) else path.name)
        raise


@contextmanager
def blamed(form: StudyForm, path: Path, systems: Iterable[IndicatorSystem]) -> Iterator[None]:
    """A target, a weight or a range that is declared nowhere is said of the table that lacks it; `systems` are those scored."""
    try:
        yield
    except Undeclared as wrong:
        where = wrong.where or _place(wrong, form, path, tuple(systems))
        raise SpecError(wrong.what, where=where, found=wrong.found, do=wrong.do) from None


def _place(wrong: Undeclared, form: StudyForm, path: Path, systems: tuple[IndicatorSystem, ...]) -> str:
    """The table of targets in the study, the indicator in its file or, of a shipped system, what asks for it."""
    if wrong.part == "target" and form.normalize.targets is not None:
        return whereabouts(path, "normalize", "targets")
    at = next((at for at, one in enumerate(systems) if any(_lacks(i, wrong) for i in one.indicators)), 0)
    choice = form.system[at]
    beside = path.parent / choice.file
    if beside.suffix == ".toml":
        for number, part in enumerate(read_form(beside, SystemForm).dimension):
            for place, one in enumerate(part.indicator):
                if one.id == wrong.of[0]:
                    return whereabouts(beside, "dimension", number, "indicator", place)
    if wrong.part != "weight":
        return whereabouts(path, "normalize")
    return whereabouts(path, "weigh") if choice.weigh is None else whereabouts(path, "system", at, "weigh")


def _lacks(one: Indicator, wrong: Undeclared) -> bool:
    """Whether it is the first of the indicators that lack something, and this is where they do."""
    return one.id == wrong.of[0] and getattr(one, wrong.part) is None


def refuse_its_weight(form: StudyForm, path: Path, panel: Panel) -> None:
    """Refuse to divide by the column of the weights under its own name, which no column of figures has.

    Raises
    ------
    SpecError
        With the line in the study.
    """
    weight = form.panel.weight if panel.weights is None else str(panel.weights.name)  # that of a data set is not named here
    below = () if form.denominate is None else form.denominate.by.values()
    if weight is not None and weight in below and weight not in panel.frame:
        what = f"'{weight}' is the weight of the panel and no column of figures"
        raise SpecError(what, where=whereabouts(path, "denominate", "by"), do='divide by "weight"')
