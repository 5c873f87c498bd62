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

from evalkit.errors import OutputError, SpecError
from evalkit.report.assessment import Assessment
from evalkit.report.chapters import compose
from evalkit.report.render import need_writers, save_all
from evalkit.study.run import Progress, Study
from evalkit.terms import Lang

MANIFEST = "manifest.json"


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
    refuse_output(out, force=force)
    need_writers(study.form.report.formats)
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
        (folder / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return out


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
    from evalkit.report.word_template import template

    return template(path)


@contextmanager
def staged(out: Path) -> Iterator[Path]:
    """A folder to write into; it takes the place of `out` when the block ends well, and vanishes when it does not."""
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        stage = Path(tempfile.mkdtemp(prefix=f".{out.name}.part-", dir=out.parent))
    except OSError as fault:
        raise OutputError(
            "no folder can be made here", where=str(out.parent), found=fault.strerror or "", do="choose another place"
        ) from None
    try:
        yield stage
        stage.chmod(0o755)
        old = stage.with_name(stage.name + ".old")
        if out.exists():
            out.rename(old)
        stage.rename(out)
        shutil.rmtree(old, ignore_errors=True)
    except BaseException:
        shutil.rmtree(stage, ignore_errors=True)
        raise


def refuse_output(out: Path, *, force: bool) -> None:
    """Refuse a folder that could not be written, or that is there already."""
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
    parent = next(folder for folder in out.absolute().parents if folder.exists())
    if not os.access(parent, os.W_OK):
        raise OutputError("the output folder cannot be written", where=str(parent), do="choose another --out")


def _manifest(study: Study, assessment: Assessment, lang: Lang, folder: Path) -> dict[str, Any]:
    """What went in, with what it was computed, and what came out; nothing in it depends on the hour or the machine."""
    return {
        "title": study.form.title._asdict(),
        "lang": lang,
        "study": json.loads(study.form.model_dump_json()),
        "inputs": {
            "study": {"file": study.path.name, "sha256": digest(study.path)},
            "panel": {"source": assessment.panel.source.en, "sha256": assessment.panel.fingerprint},
            "systems": {name: sha256(repr(asdict(system)).encode()).hexdigest() for name, system in study.systems.items()},
        },
        "seeds": {"robustness": study.form.robustness.seed},
        "versions": dict(assessment.versions),
        "outputs": {str(p.relative_to(folder)): digest(p) for p in sorted(folder.rglob("*")) if p.is_file()},
    }


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    return sha256(path.read_bytes()).hexdigest()
