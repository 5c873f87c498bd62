"""Many places at once on the command line: `evalkit assess --each county`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple

import typer

from evalkit.check import one_of
from evalkit.cli.console import STAGES, complain, speak
from evalkit.cli.tongue import stopped_says
from evalkit.errors import SpecError
from evalkit.terms import Lang, Text

if TYPE_CHECKING:
    from evalkit.study.run import Study

Each = Annotated[
    str | None,
    typer.Option("--each", metavar="UNIT", help="A report of each unit, named by its column (such as county), and a summary."),
]
Only = Annotated[
    list[str] | None, typer.Option("--only", metavar="CODE", help="With --each: this unit alone; may be given again.")
]
Jobs = Annotated[int | None, typer.Option("--jobs", help="With --each: processes; by default as processors and memory allow.")]

WRITTEN = Text("已写出 {done}/{of} 个地区的报告", "{done} of {of} reports written")
STOPPED = Text(
    "已中断；写好的报告保留，重新运行同一命令即可接着写",
    "interrupted; what is written stays: run the same command again to go on",
)
LIES = Text(
    "{n} 个地区的报告在 places/ 中，汇总在 summary/ 中：", "Reports of {n} places lie in places/, the summary in summary/:"
)
ALONE = "one report is written in one language; --lang twice, --only and --jobs go with --each"


class Language(StrEnum):
    """A language of reports; an option that may be given again takes no other kind of choice."""

    zh = "zh"
    en = "en"


def spoken_in(asked: list[Language] | None) -> tuple[Lang, ...]:
    """The languages that are asked for, each once."""
    known: tuple[Lang, ...] = ("zh", "en")
    return tuple(lang for one in dict.fromkeys(asked or ()) for lang in known if lang == one.value)


class EachAsked(NamedTuple):
    """What the options say of reports of each place."""

    langs: tuple[Lang, ...]
    only: tuple[str, ...]
    force: bool
    template: Path | None
    jobs: int | None


def only_each(langs: tuple[Lang, ...], only: list[str] | None, jobs: int | None) -> None:
    """Refuse options that mean nothing without --each."""
    if len(set(langs)) > 1 or only or jobs is not None:
        raise SpecError(ALONE, do="add --each county, or leave them out")


def assess_each(study: Study, out: Path, each: str, asked: EachAsked, *, quiet: bool) -> None:
    """Write a report of each place, and say how far it is."""
    from evalkit.study.each.run import EachPlace, unit_words

    one_of(each, unit_words(study), who="--each")
    spoken: Lang = asked.langs[0] if asked.langs else study.form.lang
    ask = EachPlace(**asked._asdict())
    with stopped_says(STOPPED.say(spoken)), _progress(spoken, quiet=quiet) as (stage, told):
        ask.deliver(study, out, progress=stage, told=told)
    if not quiet:
        speak.print(LIES.format(n=len(list(out.glob("places/*")))).say(spoken))
    speak.print(str(out), markup=False)


@contextmanager
def _progress(lang: Lang, *, quiet: bool) -> Iterator[Any]:
    """A line that says which stage runs and how many reports are there; on no terminal a line now and then, quiet none."""
    if quiet:
        yield (lambda stage: None), (lambda done, of: None)
    elif complain.is_terminal:
        with complain.status("…") as status:
            yield (
                lambda stage: status.update(STAGES[stage].say(lang) + " …"),
                lambda done, of: status.update(WRITTEN.format(done=done, of=of).say(lang) + " …"),
            )
    else:
        yield (lambda stage: None), (lambda done, of: _line(done, of, lang))


def _line(done: int, of: int, lang: Lang) -> None:
    """A line at the start, at each tenth, and at the end."""
    if done in (0, of) or done * 10 // of > (done - 1) * 10 // of:
        speak.print(WRITTEN.format(done=done, of=of).say(lang))
