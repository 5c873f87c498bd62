"""What a day of the monitor leaves behind: lists, bulletin, quality page and manifest, a folder whole or not there."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from platform import python_version
from typing import Any

from evalkit.errors import DataError, OutputError, SpecError
from evalkit.monitor.door.received import Received
from evalkit.panel.pseudonyms import key_id
from evalkit.report.monitor.bulletin import compose_bulletin
from evalkit.report.monitor.lists import VillageLists
from evalkit.report.monitor.quality import compose_quality
from evalkit.report.render import save, save_all
from evalkit.study.claim import claimed, named_in
from evalkit.study.deliver import OWNER_ONLY, digest, refuse_output, staged, write_manifest
from evalkit.study.monitor.run import MonitorRun, MonitorStudy, Progress
from evalkit.study.risk.deliver import version_of
from evalkit.study.risk.model import plain
from evalkit.terms import Lang

LIBRARIES = ("evalkit", "numpy", "pandas", "duckdb", "narwhals", "pyspark")
MOST = 20  # refused deliveries that are named


def deliver_monitor(
    study: MonitorStudy,
    out: Path,
    *,
    as_of: date,
    key: bytes,
    lang: Lang | None = None,
    force: bool = False,
    progress: Progress = lambda stage: None,
) -> MonitorRun:
    """Run the monitor for a day and write lists of visits, bulletin, quality page and manifest into the folder `out`.

    The ledger is told first: a run that is stopped before the folder is there may be run again, and says the same. Deliveries
    that were refused hold up nothing; `refused` names them.

    Raises
    ------
    OutputError
        The folder is there and not to be replaced, or cannot be written.
    """
    spoken = lang or study.form.lang
    _apart(study, out)
    with claimed(out, inputs=[study.path, *named_in(study.form, study.path.parent)]) as unchanged:
        refuse_output(out, force=force)
        found = study.run(as_of, key, progress)
        progress("report")
        try:
            with staged(out, mode=OWNER_ONLY) as folder:
                _write(found, folder, key, spoken)
                unchanged()
        except OSError as fault:
            do = "free space, or choose another --out, and run again: the ledger is told already, and the lists will be the same"
            raise OutputError("the result cannot be written", where=str(out), found=fault.strerror or "", do=do) from None
    return found


def _apart(study: MonitorStudy, out: Path) -> None:
    """Refuse a folder within what departments deliver or the store keeps, or one that holds these."""
    real = out.resolve()
    for name in (study.form.deliveries, study.form.store):
        folder = study.beside(name).resolve()
        if real.is_relative_to(folder) or folder.is_relative_to(real):
            what = "the output folder must lie apart from deliveries and store"
            raise SpecError(what, where=str(out), found=name, do="choose another --out")


def _write(found: MonitorRun, folder: Path, key: bytes, lang: Lang) -> None:
    """Lists, bulletin, quality page, and the manifest of them."""
    study, look = found.study, found.look
    sources = {source.id: source.name for source in study.declared.sources}
    lists = VillageLists(names=study.names, sources=sources, lang=lang)
    lists.save(look.triaged, folder / "visits", look.signals, look.evidence)
    save_all(compose_bulletin(found.bulletin, lang), folder, stem="bulletin", formats=study.form.report.formats)
    save(compose_quality(study.quality(look, found.received), lang), folder / "quality.html")
    write_manifest(folder, _manifest(found, key, lang, folder))


def refused(received: Received) -> None:
    """Say which deliveries were refused, once the rest is written.

    Raises
    ------
    DataError
        Some were; the result was written without them.
    """
    why = [str(fault) for fault in received.refusals.values()]
    if why:
        more = f"\n  and {len(why) - MOST} more" if len(why) > MOST else ""
        lines = "".join(f"\n  - {line}" for line in why[:MOST])
        what = f"deliveries were refused and have no part in the result that was written: {len(why)}{lines}{more}\n"
        raise DataError(what, do="have them delivered again and run again, with --force for the same folder")


def _manifest(found: MonitorRun, key: bytes, lang: Lang, folder: Path) -> dict[str, Any]:
    """What went in, with what it was computed, and what came out; nothing in it depends on the hour or the machine."""
    study = found.study
    deliveries = study.monitor.store.deliveries()
    chain = study.monitor.ledger.segments()
    return {
        "title": study.form.title._asdict(),
        "lang": lang,
        "as_of": found.as_of.isoformat(),
        "study": plain(study.form),
        "key": key_id(key),
        "inputs": {
            "study": {"file": study.path.name, "sha256": digest(study.path)},
            "rules": {"id": study.monitor.rules.id, "version": study.monitor.rules.version},
            "deliveries": dict(zip(deliveries["delivery"], deliveries["fingerprint"], strict=True)),
        },
        "refused": sorted(found.received.refusals),
        "ledger": {"segments": len(chain), "seal": chain[-1].seal if chain else ""},
        "versions": {"python": python_version(), **{name: number for name in LIBRARIES if (number := version_of(name))}},
        "outputs": {str(p.relative_to(folder)): digest(p) for p in sorted(folder.rglob("*")) if p.is_file()},
    }
