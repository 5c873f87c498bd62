"""Slips of a study file that nothing else would tell: what its report leaves unprinted, and what it accepts of no column."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from evalkit.answer import Note
from evalkit.errors import SpecError, did_you_mean, several
from evalkit.panel.checks.observed import asked_of
from evalkit.panel.form import whereabouts
from evalkit.panel.panel import Panel
from evalkit.panel.system import IndicatorSystem
from evalkit.study.form import AcceptForm, StudyForm
from evalkit.terms import Text

MOST = 40  # names of what is there that are told


def unprinted(form: StudyForm) -> tuple[Note, ...]:
    """What a study declares and its report does not print, since `chapters` leaves out the chapter that would.

    Chapters may be left out on purpose, to print a part; so this is said and not refused.

    Examples
    --------
    >>> from evalkit import datasets
    >>> from evalkit.study.run import Study
    >>> form = Study.read(datasets.folder() / "studies" / "counties.toml").form
    >>> short = form.report.model_copy(update={"chapters": ("scope", "forecast")})
    >>> [note.say("en") for note in unprinted(form.model_copy(update={"report": short}))]
    ['Declared in the study and not printed, as [report] chapters leaves the chapter out: [households] (households).']
    """
    robustness, written = form.robustness, form.model_fields_set
    declared = {
        "[report] basis": ("scope", form.report.basis),
        "[[accept]]": ("audit", form.accept),
        "[[blank]]": ("audit", form.blank),
        "[screen]": ("audit", form.screen),
        "[monitoring]": ("monitoring", form.monitoring),
        "[forecast]": ("forecast", form.forecast),
        "[map]": ("regions", form.map),
        "[households]": ("households", form.households),
        "[risk]": ("risk", form.risk),
        "[uncertainty]": ("uncertainty", "uncertainty" in written and form.uncertainty.draws),
        "[robustness] copeland": ("robustness", robustness.copeland),
        "[robustness] benefit_of_the_doubt": ("robustness", robustness.benefit_of_the_doubt),
    }
    lost = {key: chapter for key, (chapter, told) in declared.items() if told and chapter not in form.report.chapters}
    if not lost:
        return ()
    text = Text(
        "研究文件中已声明、但报告未刊印（[report] chapters 未列入相应的章）：{which}。",
        "Declared in the study and not printed, as [report] chapters leaves the chapter out: {which}.",
    )
    each = [Text("{key}（{chapter}）", "{key} ({chapter})").format(key=key, chapter=chapter) for key, chapter in lost.items()]
    which = Text("；".join(one.zh for one in each), "; ".join(one.en for one in each))
    return (Note("left_out", text.format(which=which)),)


def refuse_strange_accepts(accept: Iterable[AcceptForm], panel: Panel, systems: Iterable[IndicatorSystem], path: Path) -> None:
    """Refuse an accepted defect of a column that is not there: in the column that was meant it would not be accepted.

    Raises
    ------
    SpecError
        With the line of the column, and the nearest that is there, or those that are.
    """
    weight = () if panel.weights is None else (str(panel.weights.name or "weight"),)
    columns = list(dict.fromkeys([*map(str, panel.frame), *asked_of(tuple(systems)), *weight]))
    for at, one in enumerate(accept):
        if one.column is not None and one.column not in columns:
            what = f"[[accept]] names the column '{one.column}', which neither the panel nor a system has"
            do = did_you_mean(one.column, columns) or f"use one of {several(columns, MOST)}"
            raise SpecError(what, where=whereabouts(path, "accept", at, "column"), do=do)
