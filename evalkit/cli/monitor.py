"""Who is to be looked at this month: `evalkit monitor run|bulletin|quality`."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from evalkit.cli.console import Quiet, can_be_written, examples, one_file, progress, show_folder, speak
from evalkit.errors import DataError, SpecError
from evalkit.terms import Lang

if TYPE_CHECKING:
    from collections.abc import Callable

    from evalkit.report.document import Document
    from evalkit.study.monitor.run import MonitorRun, MonitorStudy

monitor = typer.Typer(
    no_args_is_help=True,
    help="Departmental records: whom to visit, what became of cases, how good deliveries are. 防返贫监测：名单、月报、数据质量。",
)
KEY = "EVALKIT_MONITOR_KEY"
PAGES = (".html", ".docx", ".xlsx")
Key = Annotated[Path | None, typer.Option("--key", help=f"A file with the secret of pseudonyms; else {KEY}.")]
Day = Annotated[str, typer.Option("--as-of", help="The day, such as 2024-06-30: what became known later has no part.")]
Spoken = Annotated[Literal["zh", "en"] | None, typer.Option("--lang", help="Language; by default the monitor's own.")]


@monitor.command(
    epilog=examples(
        "evalkit monitor run --out month",
        "evalkit monitor run monitor.toml --as-of 2024-06-30 --key /media/safe/key.txt --out 2024-06",
    )
)
def run(
    study: Annotated[Path | None, typer.Argument(help="A monitor file; without it, the demonstration.")] = None,
    as_of: Day = "",
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to write; it must not be there yet.")] = Path("month"),
    key: Key = None,
    lang: Spoken = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier result in that folder.")] = False,
    quiet: Quiet = False,
) -> None:
    """Take deliveries in, look at all homes, tell the ledger, and write lists of visits, bulletin and quality page.

    A list opens visits and takes no help away. The same day may be run again: the list is the same, and the ledger holds nothing
    twice. Where deliveries were refused, the rest is written, and the exit code is 3.
    """
    from evalkit.study.monitor.deliver import deliver_monitor
    from evalkit.study.monitor.run import MonitorStudy

    if study is None:
        _demonstrate(out, lang, force=force, quiet=quiet)
        return
    chosen = MonitorStudy.read(study)
    secret, day = _secret(chosen, key, out), _day(as_of)
    spoken: Lang = lang or chosen.form.lang
    with progress(spoken, quiet=quiet) as tell:
        found = deliver_monitor(chosen, out, as_of=day, key=secret, lang=spoken, force=force, progress=tell)
    _show(found, out, spoken, quiet=quiet)


@monitor.command(
    epilog=examples(
        "evalkit monitor bulletin monitor.toml --as-of 2024-06-30 --out bulletin.docx",
        "evalkit monitor bulletin monitor.toml --as-of 2024-06-30 --after 2024-06-10 --out bulletin.docx",
    )
)
def bulletin(
    study: Annotated[Path, typer.Argument(help="A monitor file.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The bulletin to write: .html, .docx or .xlsx.")],
    as_of: Day = "",
    after: Annotated[
        str,
        typer.Option("--after", help="The day of a bulletin that readers have and no run wrote: it is held beside it."),
    ] = "",
    lang: Spoken = None,
    quiet: Quiet = False,
) -> None:
    """Write the monthly bulletin of what the ledger knew on a day; no records are read, and no key is needed.

    It hides what would give small counts away beside the last run of each month before, and beside the bulletin of the day
    --after; where they follow from that one whatever it hides, it is refused, with exit code 5.
    """
    from evalkit.report.monitor.bulletin import compose_bulletin

    def page(chosen: MonitorStudy, spoken: Lang) -> Document:
        return compose_bulletin(chosen.bulletin(_day(as_of), _day(after, "--after") if after else None), spoken)

    _page(study, out, lang, "a bulletin", page, quiet=quiet)


@monitor.command(epilog=examples("evalkit monitor quality monitor.toml --as-of 2024-06-30 --out quality.html"))
def quality(
    study: Annotated[Path, typer.Argument(help="A monitor file.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The page to write: .html, .docx or .xlsx.")],
    as_of: Day = "",
    lang: Spoken = None,
    quiet: Quiet = False,
) -> None:
    """Write how fresh, complete, unique, consistent and timely the deliveries were that were known on a day."""
    from evalkit.report.monitor.quality import compose_quality

    def page(chosen: MonitorStudy, spoken: Lang) -> Document:
        look = chosen.monitor.look(_day(as_of), keep=False)  # the evidence of a past day stays what its run kept
        return compose_quality(chosen.quality(look), spoken)

    _page(study, out, lang, "a quality page", page, quiet=quiet)


def _page(
    study: Path, out: Path, lang: Lang | None, what: str, compose: Callable[[MonitorStudy, Lang], Document], *, quiet: bool
) -> None:
    """Write one page of a monitor, in its own language where none is asked for."""
    from evalkit.report.render import save
    from evalkit.study.monitor.run import MonitorStudy

    can_be_written(out, PAGES, what)
    chosen = MonitorStudy.read(study)
    spoken: Lang = lang or chosen.form.lang
    with one_file(out, study) as unchanged, progress(spoken, quiet=quiet) as tell:
        tell("report")
        page = compose(chosen, spoken)
        unchanged()
        save(page, out)
    speak.print(str(out), markup=False)


def _demonstrate(out: Path, lang: Lang | None, *, force: bool, quiet: bool) -> None:
    """The shipped monitor on simulated records, with a key of the moment; its store is gone afterwards."""
    from evalkit.monitor.engine.places import Spill
    from evalkit.study.monitor.deliver import deliver_monitor
    from evalkit.study.monitor.demo import AS_OF, demonstration, one_time_key

    passing = Spill.within(Path(tempfile.gettempdir()))  # one that a killed run left goes with the next
    try:
        with progress(lang or "zh", quiet=quiet) as tell:
            tell("deliveries")
            chosen = demonstration(passing.folder)
            spoken: Lang = lang or chosen.form.lang
            found = deliver_monitor(chosen, out, as_of=AS_OF, key=one_time_key(), lang=spoken, force=force, progress=tell)
    finally:
        passing.remove()
    _show(found, out, spoken, quiet=quiet)


def _show(found: MonitorRun, out: Path, lang: Lang, *, quiet: bool) -> None:
    """What must be known of a run, where its folder lies; and at last what was refused, as an error."""
    from evalkit.study.monitor.deliver import refused

    for line in () if quiet else (found.say(lang), *(note.say(lang) for note in found.notes)):
        speak.print(line, markup=False)
    show_folder(out, lang, quiet=quiet)
    refused(found.received)


def _day(text: str, option: str = "--as-of") -> date:
    """A day as it is written; there is no day of today, so that a run can be repeated."""
    try:
        day = date.fromisoformat(text.strip())
    except ValueError:
        found = repr(text) if text else "none"
        raise SpecError("a monitor needs the day it looks as of", found=found, do=f"write {option} 2024-06-30") from None
    if day > date.today():  # a slip here would settle the ledger up to a day to come
        raise SpecError("the day a monitor looks as of has not come yet", where=option, found=day.isoformat(), do="correct it")
    return day


def _secret(study: MonitorStudy, key: Path | None, out: Path) -> bytes:
    """The key, which lies neither beside the monitor nor with what it writes."""
    from evalkit.panel.pseudonyms import read_key

    apart = (study.path.parent, study.beside(study.form.store), study.beside(study.form.deliveries), out)
    secret = read_key(key, apart, variable=KEY)
    if secret is None:
        do = f'make one with python -c "import secrets; print(secrets.token_hex(24))", keep it apart, name it by --key or {KEY}'
        raise DataError("a monitor needs the key of its pseudonyms", do=do)
    return secret
