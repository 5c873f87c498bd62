"""Many places at once: one assessment, then a report of each place and a summary; a killed run goes on where it stopped."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from evalkit import datasets
from evalkit.check import one_of
from evalkit.errors import OutputError, SpecError, did_you_mean, several
from evalkit.report import fonts
from evalkit.report.assessment.found import Assessment
from evalkit.report.each.overview import compose_overview
from evalkit.report.each.place import places
from evalkit.report.render import need_writers
from evalkit.study.claim import claimed
from evalkit.study.deliver import MANIFEST, digest, inputs_of, staged
from evalkit.study.each.record import (
    STARTED,
    alone,
    clean,
    fingerprint,
    folder_names,
    key_of,
    read_json,
    record,
    stands,
    write_json,
)
from evalkit.study.each.work import One, Task, write_document, written
from evalkit.study.run import Progress, Study
from evalkit.terms import Lang

PLACES, SUMMARY = "places", "summary"
Told = Callable[[int, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class EachPlace:
    """A report of each place of a study, in the formats of the study.

    Parameters
    ----------
    langs
        The languages of every report; none given: the study's own.
    only
        The units to report on; none given: every unit that was scored.
    force
        Write anew what an earlier run wrote into the folder.
    template
        A .docx file whose styles and page the Word reports take.
    jobs
        Processes that write side by side; None: as many as processors and memory allow.
    """

    langs: tuple[Lang, ...] = ()
    only: tuple[str, ...] = ()
    force: bool = False
    template: Path | None = None
    jobs: int | None = None

    def __post_init__(self) -> None:
        for lang in self.langs:
            one_of(lang, ("zh", "en"), who="the language of a report")
        if self.jobs is not None and self.jobs < 1:
            raise SpecError("reports are written by at least one process", found=str(self.jobs), do="give --jobs 1 or more")

    def deliver(
        self, study: Study, out: Path, *, progress: Progress = lambda stage: None, told: Told = lambda done, of: None
    ) -> Path:
        """Assess once, then write `places/<code>/report.<lang>.<format>` for each place, `summary/` and `manifest.json`.

        Each report appears whole with its record. A killed run goes on with the same command, and gives what a run in one go
        gives, byte by byte. `told` hears how many reports of how many are there.

        Raises
        ------
        SpecError
            A unit that is asked for was not scored, or a template is given for a study without Word reports.
        OutputError
            The folder holds something else, another computation, or another run at work; or it cannot be written.
        """
        formats = tuple(study.form.report.formats)
        need_writers(formats)
        langs = tuple(dict.fromkeys(self.langs or (study.form.lang,)))
        task = Task(folder=out / PLACES, langs=langs, formats=formats, template=self._dress(formats))
        _ours(out)
        with claimed(out, inputs=inputs_of(study, self.template)) as unchanged, alone(out):
            found = study.run(progress)
            units = self._units(found)
            run = self._run(study, found, task)
            self._start(out, run)
            progress("report")
            self._write(found, task, _tasks(units, run), told)
            _summarize(found, task, out, key_of(run | {"summary": list(units)}))
            unchanged()
            _finish(out, run, units)
        return out

    def _dress(self, formats: tuple[str, ...]) -> bytes | None:
        if self.template is None:
            return None
        if "docx" not in formats:
            what = "a template dresses Word reports, and the study asks for none"
            raise SpecError(what, where=str(self.template), do="add docx to the report's formats")
        from evalkit.report.word.template import template

        return template(self.template)

    def _units(self, found: Assessment) -> tuple[str, ...]:
        """The places to report on."""
        scored = places(found)
        strange = [unit for unit in self.only if unit not in scored]
        if strange:
            do = did_you_mean(strange[0], scored) or f"name some of {several(scored, 6)}"
            raise SpecError(f"no place '{strange[0]}' was scored", do=do)
        return tuple(unit for unit in scored if not self.only or unit in self.only)

    def _run(self, study: Study, found: Assessment, task: Task) -> dict[str, Any]:
        """What every report of this run is made from; the same for the same study, data, versions, languages, formats, fonts."""
        return {
            "study": digest(study.path),
            "assessment": fingerprint(found),
            "panel": found.panel.fingerprint,
            "versions": dict(found.versions),
            "langs": list(task.langs),
            "formats": list(task.formats),
            "template": None if self.template is None else digest(self.template),
            "fonts": fonts.families(),
            "epoch": os.environ.get("SOURCE_DATE_EPOCH", ""),
        }

    def _start(self, out: Path, run: dict[str, Any]) -> None:
        """Say whose folder this is; what another computation wrote is left alone unless it may be replaced."""
        before, key = read_json(out / STARTED), key_of(run)
        if before and before.get("key") != key and not self.force:
            changed = [name for name, value in run.items() if before.get("run", {}).get(name) != value]
            what = "the folder holds reports of another computation"
            raise OutputError(
                what, where=str(out), found=f"other {several(changed)}", do="choose another --out, or replace them with --force"
            )
        (out / MANIFEST).unlink(missing_ok=True)
        if self.force:
            clean(out / PLACES, ())
            clean(out, (PLACES,))
        write_json(out / STARTED, {"key": key, "run": run})
        (out / PLACES).mkdir(exist_ok=True)
        clean(out, (PLACES, SUMMARY))

    def _write(self, found: Assessment, task: Task, tasks: list[One], told: Told) -> None:
        """Write what is not there yet."""
        clean(task.folder, [one.folder for one in tasks])
        todo = [one for one in tasks if not stands(task.folder / one.folder, one.key)]
        done = len(tasks) - len(todo)
        told(done, len(tasks))
        for at, _ in enumerate(written(found, task, todo, self.jobs), start=done + 1):
            told(at, len(tasks))


def unit_words(study: Study) -> tuple[str, ...]:
    """The words that mean a unit of this study: the column that holds its code, or "unit"."""
    form = study.form.panel
    registered = datasets.REGISTER.get(form.dataset) if form.dataset is not None else None
    return tuple(dict.fromkeys([registered.unit if registered is not None else form.unit, "county", "unit"]))


def _tasks(units: Iterable[str], run: dict[str, Any]) -> list[One]:
    names = folder_names(units)
    return [One(unit=unit, folder=name, key=key_of(run | {"unit": unit})) for unit, name in names.items()]


def _ours(out: Path) -> None:
    """Refuse a folder that holds anything else."""
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise OutputError("the output is to be a folder, and this is none", where=str(out), do="choose another --out")
    held = [path for path in out.iterdir() if path.name != ".lock"] if out.is_dir() else []
    if held and not (out / STARTED).is_file():
        raise OutputError("the output folder holds something else", where=str(out), do="choose another --out")


def _summarize(found: Assessment, task: Task, out: Path, key: str) -> None:
    """Write the summary, unless it stands."""
    if stands(out / SUMMARY, key):
        return
    names = folder_names(places(found))
    kept = {unit: f"{PLACES}/{name}" for unit, name in names.items() if (task.folder / name).is_dir()}
    with staged(out / SUMMARY) as stage:
        for lang in task.langs:
            write_document(compose_overview(found, lang, kept, workbook="xlsx" in task.formats), stage, f"summary.{lang}", task)
        record(stage, key, {"unit": SUMMARY})


def _finish(out: Path, run: dict[str, Any], units: Iterable[str]) -> None:
    """Write the manifest, last of all: what went in and what came out."""
    files = sorted(path for path in out.rglob("*") if path.is_file() and path.parent != out)
    outputs = {path.relative_to(out).as_posix(): digest(path) for path in files}
    write_json(out / MANIFEST, {**run, "places": list(units), "outputs": outputs})
