"""What a day of the monitor leaves behind: lists, bulletin, quality page and manifest, a folder whole or not there."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from platform import python_version
from typing import Any

from evalkit.monitor.ledger.chain import Segment
from evalkit.panel.pseudonyms import key_id
from evalkit.report.monitor import BulletinFindings, compose_bulletin
from evalkit.report.monitor_lists import VillageLists
from evalkit.report.monitor_quality import compose_quality
from evalkit.report.render import save, save_all
from evalkit.study.deliver import MANIFEST, digest, refuse_output, staged
from evalkit.study.monitor import MonitorRun, MonitorStudy, Progress
from evalkit.study.risk_deliver import version_of
from evalkit.study.risk_model import plain
from evalkit.terms import Lang

LIBRARIES = ("evalkit", "numpy", "pandas", "duckdb", "narwhals", "pyspark")


def deliver_monitor(
    study: MonitorStudy,
    out: Path,
    *,
    as_of: date,
    key: bytes,
    lang: Lang | None = None,
    force: bool = False,
    progress: Progress = lambda stage: None,
) -> Path:
    """Run the monitor for a day and write lists of visits, bulletin, quality page and manifest into the folder `out`.

    The ledger is told first: a run that is stopped before the folder is there may be run again, and says the same.

    Raises
    ------
    OutputError
        The folder is there and not to be replaced, or cannot be written.
    """
    refuse_output(out, force=force)
    spoken = lang or study.form.lang
    found = study.run(as_of, key, progress)
    progress("report")
    sources = {source.id: source.name for source in study.declared.sources}
    lists = VillageLists(names=study.names, sources=sources, lang=spoken)
    with staged(out) as folder:
        lists.save(found.look.triaged, folder / "visits", found.look.signals, found.look.evidence)
        save_all(compose_bulletin(found.bulletin, spoken), folder, stem="bulletin", formats=study.form.report.formats)
        save(compose_quality(study.quality(found.look, found.received), spoken), folder / "quality.html")
        manifest = _manifest(found, key, spoken, folder)
        (folder / MANIFEST).write_text(json.dumps(manifest, ensure_ascii=False, indent=2) + "\n", encoding="utf-8")
    return out


def write_bulletin(found: BulletinFindings, out: Path, lang: Lang) -> None:
    """A bulletin as one file."""
    save(compose_bulletin(found, lang), out)


def _manifest(found: MonitorRun, key: bytes, lang: Lang, folder: Path) -> dict[str, Any]:
    """What went in, with what it was computed, and what came out; nothing in it depends on the hour or the machine."""
    study = found.study
    deliveries = study.monitor.store.deliveries()
    last: Segment = study.monitor.ledger.segments()[-1]
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
        "ledger": {"segments": last.sequence, "seal": last.seal},
        "versions": {"python": python_version(), **{name: number for name in LIBRARIES if (number := version_of(name))}},
        "outputs": {str(p.relative_to(folder)): digest(p) for p in sorted(folder.rglob("*")) if p.is_file()},
    }
