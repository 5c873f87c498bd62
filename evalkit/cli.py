"""The command line, for people who do not open notebooks: assess, audit, audit-table, init, risk."""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # thin products take longer on several threads; read when numpy loads

import typer
from rich.console import Console

from evalkit import datasets
from evalkit.answer import Note
from evalkit.errors import EvalkitError, OutputError, SpecError, several
from evalkit.panel.audit import Audit, audit_file
from evalkit.terms import Lang, Text

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
risk = typer.Typer(
    no_args_is_help=True,
    help="Who may fall below the line: fit a model, list whom to visit first, print its card. 返贫风险：建模、走访名单、说明卡。",
)
app.add_typer(risk, name="risk")
speak = Console(highlight=False, soft_wrap=True)
complain = Console(stderr=True, highlight=False, soft_wrap=not sys.stderr.isatty())  # lines stay whole for grep


def _examples(*lines: str) -> str:
    """The examples under a command's help."""
    return "\n\n".join(["[bold]Examples[/]", *(f"  {line}" for line in lines)])


Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but the result and errors.")]
Key = Annotated[Path | None, typer.Option("--key", help="A file with the secret of pseudonyms; else EVALKIT_RISK_KEY.")]
STAGES = {
    "audit": Text("数据审计", "auditing the data"),
    "indices": Text("计算指数与耦合协调度", "scoring and coupling"),
    "obstacles": Text("障碍诊断", "finding obstacles"),
    "uncertainty": Text("不确定性", "drawing what is uncertain"),
    "robustness": Text("稳健性检验", "trying other settings"),
    "report": Text("生成报告", "writing the report"),
    "homes": Text("读取农户、标签与特征", "reading homes, labels and features"),
    "ladder": Text("逐级建模", "climbing the ladder of models"),
    "audits": Text("核查保留的模型", "auditing the model that is kept"),
    "list": Text("排出走访名单", "drawing up the list"),
}
AUDIT_FILES = (".html", ".docx", ".xlsx", ".json")
STEPS = ("evalkit audit panel.csv --study study.toml", "evalkit assess study.toml --out report")


def main() -> None:
    """Run the command line; every fault is one message and an exit code, never a traceback."""
    try:
        app()
    except EvalkitError as fault:
        complain.print(f"[bold red]error[/] {type(fault).__name__}:", end=" ")
        complain.print(str(fault), markup=False)
        raise SystemExit(fault.exit_code) from None
    except KeyboardInterrupt:
        complain.print("interrupted; nothing was written")
        raise SystemExit(130) from None
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(0) from None
    except Exception as bug:
        if os.environ.get("EVALKIT_DEBUG"):
            raise
        complain.print(f"[bold red]internal error[/] {type(bug).__name__}; nothing was written. EVALKIT_DEBUG=1 shows where.")
        raise SystemExit(1) from None


@app.command(epilog=_examples("evalkit assess", "evalkit assess study.toml --out report --lang en --force --quiet"))
def assess(
    study: Annotated[Path | None, typer.Argument(help="A study file; without it, the demonstration.")] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to write; it must not be there yet.")] = Path("assessment"),
    lang: Annotated[Literal["zh", "en"] | None, typer.Option(help="Language of the report; by default the study's own.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier assessment in that folder.")] = False,
    quiet: Quiet = False,
) -> None:
    """Run a study from panel to report: HTML, Word, an Excel workbook, figures and a manifest."""
    from evalkit.study.deliver import deliver
    from evalkit.study.run import Study

    chosen = Study.read(study or datasets.folder() / "studies" / "counties.toml")
    spoken: Lang = lang or chosen.form.lang
    with _progress(spoken, quiet=quiet) as tell:
        folder = deliver(chosen, out, lang=spoken, force=force, progress=tell)
    _show_folder(folder, spoken, quiet=quiet)


@app.command(
    epilog=_examples(
        "evalkit audit yearbook.xlsx",
        "evalkit audit yearbook.xlsx --study study.toml",
        "evalkit audit panel.csv --unit county --period year",
    )
)
def audit(
    file: Annotated[Path, typer.Argument(help="A panel file: csv, xlsx, parquet or dta.")],
    study: Annotated[
        Path | None, typer.Option("--study", help="Check against this study's columns and indicator systems.")
    ] = None,
    unit: Annotated[str | None, typer.Option(help="Column of the units; guessed without it.")] = None,
    period: Annotated[str | None, typer.Option(help="Column of the periods; guessed without it.")] = None,
    sheet: Annotated[str | None, typer.Option(help="Sheet of a workbook; the first without it.")] = None,
    lang: Annotated[Literal["zh", "en"], typer.Option(help="Language of the findings.")] = "zh",
    quiet: Quiet = False,
) -> None:
    """Check a data file and say what is wrong with it; exit code 3 where something is."""
    with _progress(lang, quiet=quiet) as tell:
        tell("audit")
        answer = _audited(file, study, unit, period, sheet)
    if not quiet:
        _show(answer, lang)
    if len(answer.defects):
        rules = several(dict.fromkeys(answer.defects["rule"]), most=20)
        complain.print(f"{file.name}: {len(answer.defects)} defects ({rules})", markup=False)
        raise typer.Exit(3)


@app.command(
    "audit-table",
    epilog=_examples(
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
    from evalkit.panel.read import read_table

    columns = PrintedColumns(
        systems=_listed(systems), c=c, t=t, d=d, grade=grade, unit=unit, period=period, limits=_listed(limits)
    )
    if out is not None:
        _can_be_written(out)
    answer = audit_coupling(read_table(file, sheet=sheet, header=header).frame, columns)
    _print_verdicts(answer, file.name, lang, quiet=quiet)
    if out is not None:
        _write_audit(answer, out, file.name, lang)
    if answer.outcome != "reproduced":
        raise typer.Exit(3)


@app.command(epilog=_examples("evalkit init mystudy", "cd mystudy", "[dim]# fill in panel.csv[/]", *STEPS))
def init(folder: Annotated[Path, typer.Argument(help="The folder to make.")], quiet: Quiet = False) -> None:
    """Write a commented study, its two indicator systems and an empty panel to fill in."""
    from evalkit.study.deliver import staged

    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise OutputError("the folder is there already", where=str(folder), do="name a new one")
    shipped = datasets.folder()
    systems = datasets.systems("consolidation", "revitalization")
    header = ["county", "name", "province", "year", "population", *(c for system in systems.values() for c in system.columns)]
    with staged(folder) as stage:
        (stage / "study.toml").write_bytes((shipped / "studies" / "template.toml").read_bytes())
        for name in systems:
            (stage / f"{name}.toml").write_bytes((shipped / "systems" / f"{name}.toml").read_bytes())
        (stage / "panel.csv").write_text(",".join(header) + "\n", encoding="utf-8-sig")
    if not quiet:
        speak.print(f"{folder}: study.toml, consolidation.toml, revitalization.toml, panel.csv")
        speak.print("Fill in panel.csv, then / 填写 panel.csv 后依次运行：")
        for line in (f"cd {folder}", *STEPS):
            speak.print(f"  {line}", markup=False)


@risk.command(
    epilog=_examples("evalkit risk fit --out risk", "evalkit risk fit study.toml --out risk --key /media/safe/key.txt --force")
)
def fit(
    study: Annotated[Path | None, typer.Argument(help="A risk study; without it, the demonstration.")] = None,
    out: Annotated[Path, typer.Option("--out", "-o", help="The folder to write; it must not be there yet.")] = Path("risk"),
    key: Key = None,
    lang: Annotated[Literal["zh", "en"] | None, typer.Option(help="Language of the report; by default the study's own.")] = None,
    force: Annotated[bool, typer.Option("--force", help="Replace an earlier result in that folder.")] = False,
    quiet: Quiet = False,
) -> None:
    """Label homes, refuse leaks, climb the ladder: a report, the card, the model and a manifest, whole or not at all."""
    from evalkit.study.risk_deliver import RiskStudy, deliver_risk
    from evalkit.study.risk_homes import read_key

    chosen = RiskStudy.read(study or datasets.folder() / "studies" / "risk.toml")
    spoken: Lang = lang or chosen.form.lang
    secret = read_key(key, (chosen.path.parent, out))
    with _progress(spoken, quiet=quiet) as tell:
        folder = deliver_risk(chosen, out, key=secret, lang=spoken, force=force, progress=tell)
    _show_folder(folder, spoken, quiet=quiet)


@risk.command(
    epilog=_examples(
        "evalkit risk score risk/model.skops homes.csv --out list.xlsx",
        "evalkit risk score risk/model.skops homes.xlsx --out list.csv --period 2024 --key /media/safe/key.txt",
    )
)
def score(  # noqa: PLR0913, PLR0917  each option names one thing
    model: Annotated[Path, typer.Argument(help="A model that fit wrote.")],
    file: Annotated[Path, typer.Argument(help="Homes, with the columns of the study: csv, xlsx, parquet or dta.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The list to write: .xlsx or .csv.")],
    period: Annotated[int | None, typer.Option(help="The period whose homes are listed; the last without it.")] = None,
    key: Key = None,
    lang: Annotated[Literal["zh", "en"] | None, typer.Option(help="Language of the list; by default the study's own.")] = None,
    other_versions: Annotated[bool, typer.Option(help="Take a model of other library versions, if it says the same.")] = False,
    quiet: Quiet = False,
) -> None:
    """Write the list of whom to visit first: pseudonyms, risk, reasons and dates. It opens visits and takes no help away."""
    from evalkit.study.risk_homes import read_key
    from evalkit.study.risk_model import list_visits, open_model

    _can_be_written(out, (".xlsx", ".csv"), "a list")
    secret = read_key(key, (model.parent, file.parent, out.parent))
    opened = open_model(model, secret, same_versions=not other_versions)
    spoken: Lang = lang or opened.form.lang
    with _progress(spoken, quiet=quiet) as tell:
        tell("list")
        found = list_visits(opened, file, key=secret, period=period, lang=spoken)
        found.save(out)
    _show_notes((*opened.kept.notes, *found.notes), out, spoken, quiet=quiet)


@risk.command(
    epilog=_examples("evalkit risk card risk/model.skops --out card.html", "evalkit risk card model.skops --out card.docx")
)
def card(
    model: Annotated[Path, typer.Argument(help="A model that fit wrote.")],
    out: Annotated[Path, typer.Option("--out", "-o", help="The card to write: .html or .docx.")],
    key: Key = None,
    lang: Annotated[Literal["zh", "en"] | None, typer.Option(help="Language of the card; by default the study's own.")] = None,
    quiet: Quiet = False,
) -> None:
    """Print the card of a model: purpose, data, label, errors, gaps between groups, drift, limits, and whom to ask."""
    from evalkit.report.render import save
    from evalkit.report.risk_study import compose_card
    from evalkit.study.risk_homes import read_key
    from evalkit.study.risk_model import open_model

    _can_be_written(out, (".html", ".docx"), "a card")
    opened = open_model(model, read_key(key, (model.parent, out.parent)))
    spoken: Lang = lang or opened.form.lang
    save(compose_card(opened.card, spoken, opened.source), out)
    _show_notes((*opened.kept.notes, *opened.card.notes), out, spoken, quiet=quiet)


def _show_notes(notes: tuple[Note, ...], out: Path, lang: Lang, *, quiet: bool) -> None:
    """What must be known beside a file, then its name."""
    for line in (*(() if quiet else (note.say(lang) for note in notes)), str(out)):
        speak.print(line, markup=False)


def _show_folder(folder: Path, lang: Lang, *, quiet: bool) -> None:
    """Where the result lies, and what is in it."""
    head = "报告已生成：" if lang == "zh" else "The report lies in:"
    speak.print(str(folder) if quiet else f"{head} {folder.absolute()}")
    for path in () if quiet else sorted(folder.iterdir()):
        speak.print(f"  {path.name}{'/' if path.is_dir() else ''}")


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
    for row in answer.frame.to_dict("records"):
        speak.print(f"[{colors[row['severity']]}]{row['severity']} {row['rule']}[/]", end="  ")
        speak.print(row[f"message_{lang}"], markup=False)
    speak.print(answer.kept.say(lang), markup=False)


def _listed(text: str | None) -> tuple[str, ...]:
    """The items of an option that takes several, by commas that stand in no brackets."""
    return tuple(item.strip() for item in re.split(r"[,，;；](?![^\[(（]*[\])）])", text) if item.strip()) if text else ()


def _print_verdicts(answer: CouplingAudit, name: str, lang: Lang, *, quiet: bool) -> None:
    """The verdict in words; before it, unless quiet, the verdict on each step."""
    from evalkit.report.coupling_audit import OUTCOMES, STEPS
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


def _can_be_written(out: Path, endings: tuple[str, ...] = AUDIT_FILES, what: str = "an audit") -> None:
    """Refuse at once a file that could not be written at the end."""
    if out.is_dir():
        raise OutputError("this is a folder, not a file", where=str(out), do="name a file")
    if out.suffix.lower() not in endings:
        raise SpecError(f"{out.name}: {what} is not written as '{out.suffix}'", do=f"use one of {', '.join(endings)}")
    if not out.absolute().parent.is_dir():
        raise OutputError("the folder to write into is not there", where=str(out.parent), do="make it, or name another")


def _write_audit(answer: CouplingAudit, out: Path, name: str, lang: Lang) -> None:
    """The audit as a file: a report, or JSON for programs."""
    from evalkit.report.coupling_audit import as_json
    from evalkit.report.render import write
    from evalkit.report.report import Report

    if out.suffix.lower() == ".json":
        write(out, as_json(answer))
    else:
        title = Text("公开表格核算：{name}", "Audit of a printed table: {name}").format(name=name)
        Report(title.say(lang), lang=lang).add(answer).save(out)


@contextmanager
def _progress(lang: Lang, *, quiet: bool) -> Iterator[Callable[[str], None]]:
    """A line that says which stage runs, on a terminal; nothing when quiet or when output goes to a file."""
    if quiet or not complain.is_terminal:
        yield lambda stage: None
        return
    with complain.status("…") as status:

        def tell(stage: str) -> None:
            status.update(STAGES[stage].say(lang) + " …")

        yield tell


if __name__ == "__main__":
    main()
