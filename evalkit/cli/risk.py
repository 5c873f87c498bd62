"""Who may fall below the line: `evalkit risk fit|score|card`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from evalkit import datasets
from evalkit.cli.console import Quiet, can_be_written, examples, one_file, progress, show_folder, show_notes
from evalkit.terms import Lang

risk = typer.Typer(
    no_args_is_help=True,
    help="Who may fall below the line: fit a model, list whom to visit first, print its card. 返贫风险：建模、走访名单、说明卡。",
)
Key = Annotated[Path | None, typer.Option("--key", help="A file with the secret of pseudonyms; else EVALKIT_RISK_KEY.")]


@risk.command(
    epilog=examples("evalkit risk fit --out risk", "evalkit risk fit study.toml --out risk --key /media/safe/key.txt --force")
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
    from evalkit.study.risk.deliver import RiskStudy, deliver_risk
    from evalkit.study.risk.homes import read_key

    chosen = RiskStudy.read(study or datasets.folder() / "studies" / "risk.toml")
    spoken: Lang = lang or chosen.form.lang
    secret = read_key(key, (chosen.path.parent, out))
    with progress(spoken, quiet=quiet) as tell:
        folder = deliver_risk(chosen, out, key=secret, lang=spoken, force=force, progress=tell)
    show_folder(folder, spoken, quiet=quiet)


@risk.command(
    epilog=examples(
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
    from evalkit.study.risk.homes import read_key
    from evalkit.study.risk.model import list_visits, open_model

    can_be_written(out, (".xlsx", ".csv"), "a list")
    secret = read_key(key, (model.parent, file.parent, out.parent))
    with one_file(out, model, file) as unchanged:
        opened = open_model(model, secret, same_versions=not other_versions)
        spoken: Lang = lang or opened.form.lang
        with progress(spoken, quiet=quiet) as tell:
            tell("list")
            found = list_visits(opened, file, key=secret, period=period, lang=spoken)
            unchanged()
            found.save(out)
    show_notes((*opened.kept.notes, *found.notes), out, spoken, quiet=quiet)


@risk.command(
    epilog=examples("evalkit risk card risk/model.skops --out card.html", "evalkit risk card model.skops --out card.docx")
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
    from evalkit.report.risk.study import compose_card
    from evalkit.study.risk.homes import read_key
    from evalkit.study.risk.model import open_model

    can_be_written(out, (".html", ".docx"), "a card")
    with one_file(out, model) as unchanged:
        opened = open_model(model, read_key(key, (model.parent, out.parent)))
        spoken: Lang = lang or opened.form.lang
        page = compose_card(opened.card, spoken, opened.source)
        unchanged()
        save(page, out)
    show_notes((*opened.kept.notes, *opened.card.notes), out, spoken, quiet=quiet)
