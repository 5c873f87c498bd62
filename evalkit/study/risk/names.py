"""Names in a risk study of features that are not there: what was meant would stay as it is, and nothing would say so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from evalkit.errors import SpecError, did_you_mean, several
from evalkit.panel.form import whereabouts
from evalkit.study.risk.form import OVER_LINE, FeaturesForm, LadderForm, LeakForm

MOST = 40  # names of what is there that are told
OF_FEATURES = ("shocks", "bends", "classes", "rising", "falling")  # keys of [ladder]


def features_are_there(asked: FeaturesForm, path: Path) -> None:
    """Refuse names of no feature among those that are left out or given a reason, whatever the columns at hand.

    Raises
    ------
    SpecError
        With the line of the key, and the nearest name.
    """
    made = asked.made
    reasoned = (*made, OVER_LINE.name)
    strange = {
        "leave_out": [name for name in asked.leave_out if name not in made],
        "reasons": [name for name in asked.reasons if name.removesuffix("_imputed") not in reasoned],
    }
    for key, names in strange.items():
        if names:
            what, where = f"{key} names [{several(names)}], and no feature is called so", whereabouts(path, "features", key)
            raise SpecError(what, where=where, do=_instead(names[0], made))


def ladder_is_drawn(asked: LadderForm, drawn: Sequence[str], path: Path) -> None:
    """Refuse names in `[ladder]` of features that are not drawn."""
    for key in OF_FEATURES:
        lacking = [name for name in getattr(asked, key) or () if name not in drawn]
        if lacking:
            what, where = "the ladder names features that are not drawn", whereabouts(path, "ladder", key)
            raise SpecError(what, where=where, found=several(lacking), do=_instead(lacking[0], drawn))


def accepts_are_of_features(accept: Iterable[LeakForm], drawn: Iterable[object], path: Path) -> None:
    """Refuse an accepted finding of a feature that is not drawn; those of a small set are joined by " + "."""
    known = list(map(str, drawn))
    for at, one in enumerate(accept):
        named = [] if one.column is None or one.column in known else one.column.split(" + ")
        lacking = [name for name in named if name not in known]
        if lacking:
            what, where = (
                f"[[accept]] names '{lacking[0]}', and no such feature is drawn",
                whereabouts(path, "accept", at, "column"),
            )
            raise SpecError(what, where=where, do=_instead(lacking[0], known))


def _instead(name: str, known: Sequence[str]) -> str:
    """The nearest name of what is there, or those that are."""
    return did_you_mean(name, known) or f"use some of {several(known, MOST)}"
