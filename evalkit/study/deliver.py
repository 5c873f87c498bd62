"""The output folder of an assessment: written beside its place and moved there whole, or not at all."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from hashlib import sha256
from pathlib import Path
from typing import Any

from evalkit import disk
from evalkit.errors import EvalkitError, OutputError, SpecError
from evalkit.report.assessment.chapters import compose
from evalkit.report.assessment.found import Assessment
from evalkit.report.render import need_writers, save_all, write
from evalkit.study.claim import claimed, named_in
from evalkit.study.fingerprint import results_hash
from evalkit.study.run import Progress, Study
from evalkit.terms import Lang

MANIFEST = "manifest.json"
OWNER_ONLY = 0o700  # of folders with results about households


def deliver(
    study: Study,
    out: Path,
    *,
    lang: Lang | None = None,
    force: bool = False,
    template: Path | None = None,
    progress: Progress = lambda stage: None,
) -> Path:
    """Run a study and write its report, tables, figures and manifest into the folder `out`.

    The folder appears whole when everything is written. One that is there already is refused, unless `force` is given and
    it holds an earlier assessment, which is then replaced. The Word report takes its styles, page, header and footer from
    the `template`, a .docx file.

    Raises
    ------
    SpecError
        The template is no .docx document, or the study asks for no Word report.
    OutputError
        The folder is there and not to be replaced, or cannot be written.
    """
    need_writers(study.form.report.formats)
    with claimed(out, inputs=inputs_of(study, template)) as unchanged:
        refuse_output(out, force=force)
        dressed = _template(study, template)
        language = lang or study.form.lang
        assessment = study.run(progress)
        progress("report")
        document = compose(assessment, language)
        with staged(out) as folder:
            save_all(document, folder, stem="report", formats=study.form.report.formats, template=dressed)
            manifest = _manifest(study, assessment, language, folder)
            if template is not None:
                manifest["inputs"]["template"] = {"file": template.name, "sha256": digest(template)}
            unchanged()
            write_manifest(folder, manifest)
    return out


def inputs_of(study: Study, *others: Path | None) -> list[Path]:
    """The files a study is made of: its own, those it names, and others that are given."""
    own = [study.path, *named_in(study.form, study.path.parent)]
    return [*own, *(path for path in others if path is not None)]


def write_manifest(folder: Path, told: dict[str, Any]) -> None:
    """Write the manifest of a folder, last of all: it is the mark of done."""
    write(folder / MANIFEST, (json.dumps(told, ensure_ascii=False, indent=2) + "\n").encode("utf-8", "backslashreplace"))


def _template(study: Study, path: Path | None) -> bytes | None:
    """The template, looked at before anything is computed."""
    if path is None:
        return None
    if "docx" not in study.form.report.formats:
        raise SpecError(
            "a template dresses the Word report, and the study asks for none",
            where=str(path),
            do="add docx to the report's formats",
        )
    from evalkit.report.word.template import template

    return template(path)


@contextmanager
def staged(out: Path, *, mode: int = 0o755) -> Iterator[Path]:
    """A folder to write into; it takes the place of `out` when the block ends well, and vanishes when it does not."""
    place = Path(os.path.abspath(out))  # noqa: PTH100  resolve would follow a link
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(prefix=f".{place.name}.part-", dir=place.parent))
    except OSError as fault:
        raise OutputError(
            "no folder can be made here", where=str(out.parent), found=fault.strerror or "", do="choose another place"
        ) from None
    try:
        yield stage
        _publish(stage, place, mode)
    except BaseException as fault:
        shutil.rmtree(stage, ignore_errors=True)
        if isinstance(fault, EvalkitError):
            fault.where = fault.where.replace(str(stage), str(out))
        raise


def _publish(stage: Path, place: Path, mode: int) -> None:
    """Give a folder that is whole its place; what had it goes."""
    try:
        stage.chmod(mode)
        for folder in (*(path for path in stage.rglob("*") if path.is_dir()), stage):
            disk.settle(folder)
        if not place.exists():
            stage.rename(place)
        elif disk.exchanged(stage, place):
            shutil.rmtree(stage, ignore_errors=True)
        else:
            old = stage.with_name(f"{stage.name}.old")  # `sweep` puts it back where a run is killed now
            place.rename(old)
            try:
                stage.rename(place)
            except OSError:
                old.rename(place)
                raise
            shutil.rmtree(old, ignore_errors=True)
        disk.settle(place.parent)
    except OSError as fault:
        do = "close what is open in it, or choose another --out"
        raise OutputError(
            "the new folder cannot be moved into its place", where=str(place), found=fault.strerror or "", do=do
        ) from None


def refuse_output(out: Path, *, force: bool) -> None:
    """Refuse a folder that is there already, or what is no folder."""
    if out.is_symlink() or (out.exists() and not out.is_dir()):
        raise OutputError("the output is to be a folder, and this is none", where=str(out), do="choose another --out")
    if out.is_dir() and any(out.iterdir()):
        if not force:
            raise OutputError(
                "the output folder is there already", where=str(out), do="choose another --out, or replace it with --force"
            )
        if not (out / MANIFEST).is_file():
            raise OutputError(
                "--force replaces earlier assessments only, and this folder holds none", where=str(out), do="choose another --out"
            )


def _manifest(study: Study, assessment: Assessment, lang: Lang, folder: Path) -> dict[str, Any]:
    """What went in, with what it was computed, and what came out; nothing in it depends on the hour or the machine."""
    return {
        "title": study.form.title._asdict(),
        "lang": lang,
        "study": json.loads(study.form.model_dump_json()),
        "inputs": _inputs(study, assessment),
        "seeds": {"robustness": study.form.robustness.seed},
        "versions": dict(assessment.versions),
        "results": results_hash(assessment),
        "outputs": {str(p.relative_to(folder)): digest(p) for p in sorted(folder.rglob("*")) if p.is_file()},
    }


def _inputs(study: Study, assessment: Assessment) -> dict[str, Any]:
    """What was read: the study, the panel, the survey, the systems, and every file that the study names."""
    survey = assessment.households
    return {
        "study": {"file": study.path.name, "sha256": digest(study.path)},
        "panel": {"source": assessment.panel.source.en, "sha256": assessment.panel.fingerprint},
        **({} if survey is None else {"households": {"source": survey.source, "sha256": survey.fingerprint}}),
        "systems": {name: sha256(repr(asdict(system)).encode()).hexdigest() for name, system in study.systems.items()},
        "files": {_written(path, study): digest(path) for path in sorted(named_in(study.form, study.path.parent))},
    }


def _written(path: Path, study: Study) -> str:
    """A file as the study names it: relative to the study, or its own name."""
    folder = study.path.parent
    return path.relative_to(folder).as_posix() if path.is_relative_to(folder) else path.name


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    return sha256(path.read_bytes()).hexdigest()
