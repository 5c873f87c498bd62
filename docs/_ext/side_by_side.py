"""Published tables and evalkit's figures side by side, cell by cell, computed when the site is made."""

import pandas as pd

import evalkit as ek

HEAD = """# Side by side · 逐格对照

Each published table of which the system indices are printed: C and D as printed, and as evalkit computes them from the printed
indices. What the differences mean, and what does not reproduce, is told in the [replications](README.md).
逐格列出印刷值与 evalkit 由印刷指数算得的值。
"""
TABLES = ("hindawi2969206", "lanzhou", "coupling_pkg")


def side_by_side() -> str:
    """The page."""
    return "\n".join([HEAD, *(_section(name) for name in TABLES)])


def _section(name: str) -> str:
    printed = ek.datasets.published(name)
    systems = printed.drop(columns=["C", "T", "D"], errors="ignore")
    places = max(len(str(value).partition(".")[2]) for value in printed["D"].dropna())
    keyed = systems.set_axis(pd.MultiIndex.from_product([["a"], range(len(systems))], names=["unit", "period"]))
    ours = (
        ek.CouplingCoordination().measure(**{column: keyed[column] for column in keyed}).frame[["C", "D"]].set_axis(printed.index)
    )
    rows = ["| | C printed 印刷 | C evalkit | D printed 印刷 | D evalkit |", "|---|---:|---:|---:|---:|"]
    for at in printed.index:
        pairs = [(printed.loc[at, column], ours.loc[at, column]) for column in ("C", "D")]
        rows.append(f"| {at} | " + " | ".join(f"{value:.{places}f}" for pair in pairs for value in pair) + " |")
    apart = (ours - printed[["C", "D"]]).abs().max()
    said = f"Largest difference 最大差: C {apart['C']:.1g}, D {apart['D']:.1g}."
    return "\n".join([f"## {name}", "", printed.attrs["source"] + ".", "", *rows, "", said, ""])
