"""The data sets and indicator systems that are registered: found, read, and dressed with names, regions and sources."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import pandas as pd

from evalkit.answer import Note
from evalkit.errors import DataError, SpecError, did_you_mean, several
from evalkit.panel.panel import Panel
from evalkit.panel.read import read_panel
from evalkit.panel.system import IndicatorSystem
from evalkit.simulate import SOURCE, CountyPanel
from evalkit.terms import Text

UNITS = ("name_zh", "name_en", "group_zh", "group_en")
SHIPPED_SYSTEMS = ("consolidation", "revitalization")
ENVIRONMENT = "EVALKIT_DATA"


@dataclass(frozen=True, slots=True, kw_only=True)
class Registered:
    """A data set: its file, the columns that are no indicators, where it is published, and what is put right on loading.

    A data set that is not shipped is looked for in a folder of the user's. `units` is a shipped table with the names and
    the group of each unit; `texts` are columns of the file itself that hold them.
    """

    file: str
    unit: str
    period: str
    weight: str
    group: str
    source: Text
    shipped: bool = False
    published: str = ""
    units: str = ""
    texts: tuple[str, ...] = ()
    mend: Callable[[Panel], Panel] = lambda panel: panel


def load(name: str, *, root: str | Path | None = None) -> Panel:
    """A registered data set as a panel, with names in both languages, groups, weights (population), source and fingerprint.

    Parameters
    ----------
    name
        "counties" (simulated, shipped), "wdi" (World Bank, countries) or "vietnam" (provinces of Viet Nam).
    root
        For data sets that are not shipped: the folder with the file, or with a folder `real` that holds it. By default the
        folder named in the environment variable EVALKIT_DATA.

    Raises
    ------
    SpecError
        No data set has this name.
    DataError
        The file is not at hand; the message says where it is published and how to prepare it.

    Examples
    --------
    >>> counties = load("counties")
    >>> len(counties.units), counties.periods[0], counties.name("010101").en
    (120, 2012, 'Simulated County Jia-01')
    """
    if name not in REGISTER:
        raise _unknown("data set", name, REGISTER)
    entry = REGISTER[name]
    path = folder() / entry.file if entry.shipped else _find(name, entry, root)
    panel = read_panel(path, unit=entry.unit, period=entry.period, groups=entry.texts, weight=entry.weight)
    units = _units_table(folder() / entry.units) if entry.units else panel.groups.set_axis(list(UNITS), axis=1)
    return entry.mend(replace(_dress(panel, units, entry.group), source=entry.source))


def truth(name: str = "counties") -> pd.DataFrame:
    """The known truth of a simulated data set: latent levels in (0, 1), keyed by (unit, period), one column a system.

    Examples
    --------
    >>> truth("counties").loc[("010101", 2024)].between(0, 1).all().item()
    True
    """
    if name != "counties":
        raise SpecError(f"'{name}' has no known truth", do="only the simulated data set 'counties' has one")
    return CountyPanel().draw(systems()).truth


def systems(*names: str | Path, core: bool = True) -> dict[str, IndicatorSystem]:
    """Indicator systems by name: shipped ones, or your own TOML files.

    Parameters
    ----------
    *names
        "consolidation", "revitalization" (both, if no name is given), "wdi/consolidation" and the like for the systems of a
        data set, or the path of a TOML file.
    core
        Only the core indicators.

    Returns
    -------
    dict
        By the name asked for; a system from a path by its own id.

    Examples
    --------
    >>> kept = systems("consolidation")["consolidation"]
    >>> len(kept.columns), len(systems("consolidation", core=False)["consolidation"].columns)
    (18, 33)
    """
    from evalkit.panel.form import read_system  # pydantic is slow to import, and only files need it

    chosen: dict[str, IndicatorSystem] = {}
    for name in names or SHIPPED_SYSTEMS:
        whole = read_system(_system_path(name))
        key = whole.id if str(name).endswith(".toml") else str(name)
        if key in chosen:
            raise SpecError(f"two indicator systems are called '{key}'", do="give one of the files another id")
        chosen[key] = whole.core() if core else whole
    return chosen


def published(name: str) -> pd.DataFrame:
    """A published table, as printed: one row a year or unit, one column a quantity or indicator; NaN where nothing is printed.

    The first line of the file in `published/`, which names the source, stands in `frame.attrs["source"]`.

    Examples
    --------
    >>> published("lanzhou").loc[2010]
    U1    0.0863
    U2    0.1875
    C     0.9293
    D     0.3567
    Name: 2010, dtype: float64
    """
    path = folder() / "published" / f"{name}.csv"
    known = sorted(file.stem for file in path.parent.glob("*.csv"))
    if name not in known:
        raise _unknown("published table", name, known)
    with path.open(encoding="utf-8") as lines:
        source = next(lines).removeprefix("# source:").strip()
        frame = pd.read_csv(lines, index_col=0)
    if "quantity" in frame.columns:
        order = frame["quantity"].unique()
        frame = frame.pivot(columns="quantity", values="printed")[order].rename_axis(columns=None)
    frame.attrs["source"] = source
    return frame


def lines(name: str = "china") -> pd.DataFrame:
    """Income lines by province and year, each with value, unit, kind, source and confidence; NaN where no source was found.

    Columns: see `lines/README.md`. They are facts of documents to check and not a compilation to rely on.

    Examples
    --------
    >>> shipped = lines()
    >>> shipped.loc[shipped["kind"] == "monitoring", ["province_en", "year", "value"]].values.tolist()[:2]
    [['national', 2021, 6000.0], ['national', 2022, nan]]
    """
    base = folder() / "lines"
    known = sorted(file.stem for file in base.glob("*.csv"))
    if name not in known:
        raise _unknown("table of lines", str(name), known)
    frame = pd.read_csv(base / f"{name}.csv", encoding="utf-8")
    texts = frame.columns.difference(["year", "value"])
    return frame.assign(**{column: frame[column].fillna("").astype(str) for column in texts})


def folder() -> Path:
    """Where the shipped tables and indicator systems lie: inside the installed package, or beside it in a checkout.

    Examples
    --------
    >>> (folder() / "excluded.md").is_file()
    True
    """
    package = Path(__file__).resolve().parent
    installed = package / "_datasets"
    return installed if installed.is_dir() else package.parent / "datasets"


# What is done to a panel on its way in


def _dress(panel: Panel, units: pd.DataFrame, group: str) -> Panel:
    """The panel with the names of its units and of their groups in both languages."""
    table = units.reindex(pd.Index(panel.units, dtype=object, name="unit"))
    if table.isna().to_numpy().any():
        unknown = table.index[table.isna().any(axis=1)]
        raise DataError("some units are not in the register of units", found=several(unknown), do="correct their codes")
    names: dict[str, Text] = {}
    for kind, keys in (("name", table.index), ("group", table["group_zh"])):
        words = zip(keys, table[f"{kind}_zh"], table[f"{kind}_en"], strict=True)
        names |= {str(key): Text(str(zh), str(en)) for key, zh, en in words}
    return replace(panel, names=names, groups=table[["group_zh"]].set_axis([group], axis=1))


def _units_table(path: Path) -> pd.DataFrame:
    """Names and regions of units: unit, name_zh, name_en, region_zh, region_en."""
    return pd.read_csv(path, comment="#", index_col="unit", dtype=str, keep_default_na=False).set_axis(list(UNITS), axis=1)


def _no_forest(panel: Panel) -> Panel:
    """Three provinces have no forest: what the yearbooks leave blank there is a zero."""
    bare = panel.frame.index.isin(["Can Tho", "Hung Yen", "Vinh Long"], level="unit")
    columns = ["r_forest_cover", "r_forest_destroyed"]
    blank = int(panel.frame.loc[bare, columns].isna().sum().sum())
    frame = panel.frame.copy()
    frame.loc[bare, columns] = frame.loc[bare, columns].fillna(0.0)
    note = Note(
        "filled",
        Text(
            "芹苴、兴安、永隆三省没有森林：森林覆盖率与被毁森林面积的 {n} 个空缺记为 0。",
            "Can Tho, Hung Yen and Vinh Long have no forest: {n} blanks of forest cover and destroyed forest are 0.",
        ).format(n=blank),
    )
    return replace(panel, frame=frame, notes=(*panel.notes, note)) if blank else panel


def _find(name: str, entry: Registered, root: str | Path | None) -> Path:
    """The file of a data set that is not shipped."""
    given = root if root is not None else os.environ.get(ENVIRONMENT)
    how = (
        f"prepare {entry.file} from {entry.published} as datasets/{name}/README.md describes, put it in a folder, and give that "
        f"folder as root=... or in the environment variable {ENVIRONMENT}"
    )
    if not given:
        raise DataError(f"the data set '{name}' is not shipped, and no folder is given to look for it", do=how)
    places = [Path(given) / "real" / entry.file, Path(given) / entry.file]
    for place in places:
        if place.is_file():
            return place
    raise DataError(f"the data set '{name}' needs {entry.file}, which is not there", where=str(given), do=how)


def _system_path(name: str | Path) -> Path:
    if str(name).endswith(".toml"):
        return Path(name)
    base = folder()
    shipped = {kind: base / "systems" / f"{kind}.toml" for kind in SHIPPED_SYSTEMS}
    shipped |= {f"{at}/{kind}": base / at / f"{kind}.toml" for at in REGISTER for kind in SHIPPED_SYSTEMS if at != "counties"}
    if str(name) not in shipped:
        raise _unknown("indicator system", str(name), shipped, otherwise=", or the path of a TOML file")
    return shipped[str(name)]


def _unknown(kind: str, name: str, known: Iterable[str], otherwise: str = "") -> SpecError:
    known = list(known)
    do = f"use one of {', '.join(known)}{otherwise}. {did_you_mean(name, known)}"
    return SpecError(f"no {kind} is called '{name}'", do=do.strip())


REGISTER: Mapping[str, Registered] = {
    "counties": Registered(
        file="counties.csv",
        unit="county",
        period="year",
        weight="population",
        group="province",
        source=SOURCE,
        shipped=True,
        texts=("name", "name_en", "province", "province_en"),
    ),
    "wdi": Registered(
        file="wdi_developing_panel_2005_2022.csv",
        unit="Country Code",
        period="Year",
        weight="sp.pop.totl",
        group="region",
        source=Text("世界银行《世界发展指标》（CC BY 4.0）", "World Bank, World Development Indicators (CC BY 4.0)"),
        published="https://databank.worldbank.org/source/world-development-indicators (World Bank, CC BY 4.0)",
        units="wdi/units.csv",
        texts=("Country Name",),
    ),
    "vietnam": Registered(
        file="vn_gso_province_panel_2005_2016.csv",
        unit="province",
        period="year",
        weight="pop_total_k",
        group="region",
        source=Text("越南国家统计总局", "General Statistics Office of Viet Nam"),
        published="https://www.gso.gov.vn/en/ (General Statistics Office of Viet Nam)",
        units="vietnam/units.csv",
        mend=_no_forest,
    ),
}
