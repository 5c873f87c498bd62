"""Assess, audit and begin a study: `evalkit assess|audit|audit-table|init`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from evalkit import datasets
from evalkit.cli.console import Quiet, can_be_written, complain, examples, one_file, progress, show_folder, speak
from evalkit.cli.each import Each, EachAsked, Jobs, Language, Only, assess_each, only_each, spoken_in
from evalkit.errors import OutputError, located
from evalkit.panel.audit import Audit, audit_file
from evalkit.panel.findings import SHOWN
from evalkit.terms import Lang, Text, first_of

if TYPE_CHECKING:
    from evalkit.coupling.audit.audit import CouplingAudit

app = typer.Typer(
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Ex-post evaluation of consolidating poverty-alleviation results and linking them with rural revitalization. "
    "巩固拓展脱贫攻坚成果同乡村振兴有效衔接后评估。",
)
PROBLEM_FILES = (".csv", ".xlsx", ".html")
AUDIT_FILES = (".html", ".docx", ".xlsx", ".json")
DEFECTS = Text("{file}：{n} 项缺陷（{rules}）", "{file}: {n} defects ({rules})")
STEPS = ("evalkit audit panel.csv --study study.toml", "evalkit assess study.toml --out report")


@app.command(
    epilog=examples(
        "evalkit assess",
        "evalkit assess study.toml --out report --lang en --force --quiet",
        "evalkit assess study.toml --each county --out counties --lang zh --lang en",
    )
)
def assess(  # noqa: PLR0913, PLR0917  each option is one choice
    study: Annotated[Path | None, typer.Argument(help="A study file; without it, the demonstration.")] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to write; it must not be there yet.")] = Path("assessment"),
    lang: Annotated[
        list[Language] | None, typer.Option(help="Language of the report; by default the study's own. Twice with --each.")
    ] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier assessment in that folder.")] = False,
    template: Annotated[
        Path | None, typer.Option("--template", help="A .docx file of yours, whose styles, page, header and footer Word takes.")
    ] = None,
    each: Each = None,
    only: Only = None,
    jobs: Jobs = None,
    quiet: Quiet = False,
) -> None:
    """Run a study from panel to report: HTML, Word, an Excel workbook, figures and a manifest.

    With --each county it writes a report of each county and a summary; run again, it goes on where it was stopped.
    """
    from evalkit.study.deliver import deliver
    from evalkit.study.run import Study
    from evalkit.study.slips import unprinted

    chosen = Study.read(study or datasets.folder() / "studies" / "counties.toml")
    langs = spoken_in(lang)
    spoken: Lang = langs[0] if langs else chosen.form.lang
    if each is not None:
        asked = EachAsked(langs=langs, only=tuple(only or ()), force=force, template=template, jobs=jobs)
        assess_each(chosen, out, each, asked, quiet=quiet)
        return
    only_each(langs, only, jobs)
    for note in () if quiet else unprinted(chosen.form):
        speak.print(note.say(spoken), markup=False)
    with progress(spoken, quiet=quiet) as tell:
        folder = deliver(chosen, out, lang=spoken, force=force, template=template, progress=tell)
    show_folder(folder, spoken, quiet=quiet)


@app.command(
    epilog=examples(
        "evalkit audit yearbook.xlsx",
        "evalkit audit yearbook.xlsx --study study.toml --out problems.csv",
        "evalkit audit panel.csv --unit county --period year",
    )
)
def audit(  # noqa: PLR0913, PLR0917  each option is one choice
    file: Annotated[Path, typer.Argument(help="A panel file: csv, xlsx, parquet or dta.")],
    study: Annotated[
        Path | None, typer.Option("--study", help="Check against this study's columns and indicator systems.")
    ] = None,
    unit: Annotated[str | None, typer.Option(help="Column of the units; guessed without it.")] = None,
    period: Annotated[str | None, typer.Option(help="Column of the periods; guessed without it.")] = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of a workbook; the first without it.")] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write every problem, a row each place: .csv, .xlsx or .html.")
    ] = None,
    lang: Annotated[Literal["zh", "en"], typer.Option(help="Language of the findings.")] = "zh",
    quiet: Quiet = False,
) -> None:
    """Check a data file and say what is wrong with it; exit code 3 where something is."""
    if out is not None:
        can_be_written(out, PROBLEM_FILES, "a list of problems")
    with one_file(out, file) as unchanged:
        with progress(lang, quiet=quiet) as tell:
            tell("audit")
            answer = _audited(file, study, unit, period, sheet)
        if not quiet:
            _show(answer, lang)
        if out is not None:
            unchanged()
            _write_problems(answer, out, file.name, lang)
    if len(answer.defects):
        told = first_of(dict.fromkeys(answer.defects["rule"]), most=20)
        complain.print(DEFECTS.format(file=file.name, n=len(answer.defects), rules=told).say(lang), markup=False)
        raise typer.Exit(3)


@app.command(
    "audit-table",
    epilog=examples(
        "evalkit audit-table table4.csv",
        "evalkit audit-table table4.xlsx --systems F1,F2 --C C --D D --lang en",
        'evalkit audit-table table4.csv --grade 等级 --limits ".000~.090,.100~.190" --out audit.html',
    ),
)
def audit_table(  # noqa: PLR0913, PLR0917  each option names a column
    file: Annotated[Path, typer.Argument(help="The printed table: csv or xlsx, one row a unit, a year or both.")],
    systems: Annotated[str | None, typer.Option(help="Columns of the systems, by commas; found without it.")] = None,
    c: Annotated[str | None, typer.Option("--C", help="Column of the coupling degree.")] = None,
    t: Annotated[str | None, typer.Option("--T", help="Column of the development index.")] = None,
    d: Annotated[str | None, typer.Option("--D", help="Column of the coordination degree.")] = None,
    grade: Annotated[str | None, typer.Option(help="Column of the printed grades.")] = None,
    unit: Annotated[str | None, typer.Option(help="Column of the units.")] = None,
    period: Annotated[str | None, typer.Option(help="Column of the periods.")] = None,
    limits: Annotated[str | None, typer.Option(help="The printed classes of D, by commas.")] = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of a workbook; the first without it.")] = None,
    header: Annotated[int | None, typer.Option(help="Row in which the headers begin, counted from 1; found without it.")] = None,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write it all: .html, .docx, .xlsx or .json.")] = None,
    lang: Annotated[Literal["zh", "en"], typer.Option(help="Language of the verdict.")] = "zh",
    quiet: Quiet = False,
) -> None:
    """Say which variant, shares and rounding reproduce a printed table of coupling coordination, or which error explains it.

    Exit code 0: reproduced. 3: an error was found, nothing reproduces the table, or it is undecided: several computations fit.
    """
    from evalkit.coupling.audit.audit import audit_coupling
    from evalkit.coupling.audit.columns import PrintedColumns
    from evalkit.panel.header import a_header
    from evalkit.panel.read import read_table

    with located("--header"):
        a_header(header)
    columns = PrintedColumns(
        systems=_listed(systems), c=c, t=t, d=d, grade=grade, unit=unit, period=period, limits=_listed(limits)
    )
    if out is not None:
        can_be_written(out, AUDIT_FILES, "an audit")
    with one_file(out, file) as unchanged:
        raw = read_table(file, sheet=sheet, header=header)
        with located(raw.place):
            answer = audit_coupling(raw.frame, columns)
        _print_verdicts(answer, file.name, lang, quiet=quiet)
        if out is not None:
            unchanged()
            _write_audit(answer, out, file.name, lang)
    if answer.outcome != "reproduced":
        raise typer.Exit(3)


@app.command(epilog=examples("evalkit init mystudy", "cd mystudy", "[dim]# fill in panel.csv[/]", *STEPS))
def init(folder: Annotated[Path, typer.Argument(help="The folder to make.")], quiet: Quiet = False) -> None:
    """Write a commented study, its two indicator systems and an empty panel to fill in."""
    from evalkit.report.render import write
    from evalkit.study.claim import claimed
    from evalkit.study.deliver import staged

    shipped = datasets.folder()
    systems = datasets.systems("consolidation", "revitalization")
    header = ["county", "name", "province", "year", "population", *(c for system in systems.values() for c in system.columns)]
    with claimed(folder):
        if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
            raise OutputError("the folder is there already", where=str(folder), do="name a new one")
        with staged(folder) as stage:
            write(stage / "study.toml", (shipped / "studies" / "template.toml").read_bytes())
            for name in systems:
                write(stage / f"{name}.toml", (shipped / "systems" / f"{name}.toml").read_bytes())
            write(stage / "panel.csv", (",".join(header) + "\n").encode("utf-8-sig"))
    if not quiet:
        speak.print(f"{folder}: study.toml, consolidation.toml, revitalization.toml, panel.csv")
        speak.print("Fill in panel.csv, then / 填写 panel.csv 后依次运行：")
        for line in (f"cd {folder}", *STEPS):
            speak.print(f"  {line}", markup=False)


def _audited(file: Path, study: Path | None, unit: str | None, period: str | None, sheet: str | None) -> Audit:
    if study is None:
        return audit_file(file, unit=unit, period=period, sheet=sheet)
    from evalkit.study.run import Study

    asked = Study.read(study)
    form = asked.form.panel
    return audit_file(
        file,
        layout=asked.layout,
        unit=unit,
        period=period,
        systems=tuple(asked.systems.values()),
        sheet=sheet or form.sheet,
        header=form.header,
        reference=asked.form.reference,
    )


def _show(answer: Audit, lang: Lang) -> None:
    """The findings, defects first, each with its rule, its place and what to do about it."""
    colors = {"defect": "bold red", "notice": "yellow", "repaired": "green"}
    rows = answer.frame.to_dict("records")
    for row in rows[:SHOWN]:
        speak.print(f"[{colors[row['severity']]}]{row['severity']} {row['rule']}[/]", end="  ")
        speak.print(row[f"message_{lang}"], markup=False)
    if len(rows) > SHOWN:
        more = Text("……共 {n} 项，--out 写出全部", "… {n} in all; --out writes them").format(n=len(rows))
        speak.print(more.say(lang), markup=False)
    speak.print(answer.kept.say(lang), markup=False)


def _write_problems(answer: Audit, out: Path, name: str, lang: Lang) -> None:
    """Every problem of a file, for its owner alone: a row may hold what stands in a cell."""
    from evalkit.report.assessment.problems import problem_file
    from evalkit.report.render import write

    write(out, problem_file(answer, name, out.suffix.lstrip(".").lower(), lang), private=True)


def _listed(text: str | None) -> tuple[str, ...]:
    """The items of an option that takes several, by commas that stand in no brackets."""
    return tuple(item.strip() for item in re.split(r"[,，;；](?![^\[(（]*[\])）])", text) if item.strip()) if text else ()


def _print_verdicts(answer: CouplingAudit, name: str, lang: Lang, *, quiet: bool) -> None:
    """The verdict in words; before it, unless quiet, the verdict on each step."""
    from evalkit.report.coupling.audit import OUTCOMES, STEPS
    from evalkit.report.verbs import prose

    colors = {"reproduced": "green", "error": "bold red", "nothing": "bold red", "undecided": "yellow"}
    for step, row in answer.verdicts.iterrows():
        if not quiet and step != "table" and row["outcome"] not in ("not_printed", "unchecked"):
            count = f" {row['reproduced']}/{row['cells']}" if row["cells"] else ""
            color = colors[row["outcome"]]
            speak.print(f"[{color}]{STEPS[str(step)].say(lang)} {OUTCOMES[row['outcome']].say(lang)}{count}[/]", end="  ")
            speak.print(str(row[f"message_{lang}"]), markup=False)
    for note in answer.notes:
        if note.kind == "caution" and not quiet:
            speak.print(note.say(lang), markup=False)
    speak.print(f"{name}: {prose(answer, lang=lang)}", markup=False)
    if not quiet and len(answer.cells):
        _print_cells(answer, lang)


def _print_cells(answer: CouplingAudit, lang: Lang, most: int = 8) -> None:
    """The first cells that do not fit, with what should stand there."""
    from evalkit.report.verbs import table

    shown = table(answer, "misfits", lang=lang)
    speak.print(shown.head(most).to_string(index=False, na_rep="—"), markup=False)
    if len(shown) > most:
        more = Text("……共 {n} 格，--out 写出全部", "… {n} in all; --out writes them").format(n=len(shown))
        speak.print(more.say(lang), markup=False)


def _write_audit(answer: CouplingAudit, out: Path, name: str, lang: Lang) -> None:
    """The audit as a file: a report, or JSON for programs."""
    from evalkit.report.coupling.audit import as_json
    from evalkit.report.render import write
    from evalkit.report.report import Report

    if out.suffix.lower() == ".json":
        write(out, as_json(answer))
    else:
        title = Text("公开表格核算：{name}", "Audit of a printed table: {name}").format(name=name)
        Report(title.say(lang), lang=lang).add(answer).save(out)
