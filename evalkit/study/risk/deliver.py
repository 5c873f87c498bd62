"""The output folder of a risk study: report, card, model and manifest, written beside its place and moved there whole."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from platform import python_version
from typing import Any

from evalkit.report.render import save, save_all
from evalkit.report.risk.study import RiskFindings, compose_card, compose_risk
from evalkit.study.claim import claimed, named_in
from evalkit.study.deliver import OWNER_ONLY, digest, refuse_output, staged, write_manifest
from evalkit.study.risk.model import keep, open_model, plain
from evalkit.study.risk.run import Progress, RiskStudy
from evalkit.terms import Lang

__all__ = ["MODEL", "RiskStudy", "deliver_risk"]

MODEL = "model.skops"
LIBRARIES = ("evalkit", "numpy", "scipy", "pandas", "scikit-learn", "skops", "lightgbm", "interpret")


def deliver_risk(
    study: RiskStudy,
    out: Path,
    *,
    key: bytes | None = None,
    lang: Lang | None = None,
    force: bool = False,
    progress: Progress = lambda stage: None,
) -> Path:
    """Run a risk study and write its report, card, model and manifest into the folder `out`, whole or not at all.

    Raises
    ------
    OutputError
        The folder is there and not to be replaced, or cannot be written.
    """
    with claimed(out, inputs=[study.path, *named_in(study.form, study.path.parent)]) as unchanged:
        refuse_output(out, force=force)
        found = study.run(key, progress)
        spoken = lang or study.form.lang
        progress("report")
        document = compose_risk(found, spoken)
        card = compose_card(found.card, spoken, found.source)
        with staged(out, mode=OWNER_ONLY) as folder:
            save_all(document, folder, stem="report", formats=study.form.report.formats)
            for kind in ("html", "docx"):
                save(card, folder / f"card.{kind}")
            keep(found, study.form, folder / MODEL, key)
            open_model(folder / MODEL, key)
            unchanged()
            write_manifest(folder, _manifest(study, found, spoken, folder))
    return out


def _manifest(study: RiskStudy, found: RiskFindings, lang: Lang, folder: Path) -> dict[str, Any]:
    """What went in, with what it was computed, and what came out; nothing in it depends on the hour or the machine."""
    form = study.form
    return {
        "title": form.title._asdict(),
        "lang": lang,
        "study": plain(form),
        "inputs": {
            "study": {"file": study.path.name, "sha256": digest(study.path)},
            "homes": {"source": found.source, "sha256": found.fingerprint, "pseudonyms": found.keyed},
        },
        "kept": found.kept,
        "default": found.climbed.chosen,
        "seeds": {"split": form.split.seed, "ladder": form.ladder.seed, "list": form.list.seed},
        "versions": {"python": python_version(), **{name: number for name in LIBRARIES if (number := version_of(name))}},
        "outputs": {str(p.relative_to(folder)): digest(p) for p in sorted(folder.rglob("*")) if p.is_file()},
    }


def version_of(name: str) -> str:
    """The version of a library that is installed; nothing where it is not."""
    try:
        return version(name)
    except PackageNotFoundError:
        return ""
