"""What an explorer shows, as HTML: weights as they are and as they were, a line on what moved, and the table of places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from evalkit.report.plain import cell, safe_text
from evalkit.report.words import Voice
from evalkit.terms import Text

if TYPE_CHECKING:
    from evalkit.report.explore.explorer import Explorer

HEIGHT = "36em"  # of the table of places, which scrolls
TITLE = Text("移动权重，看 {year} 年的位次", "Move the weights, see the ranks of {year}")
CAUTION = Text(
    "权重是判断，应先于结果确定；为使某地靠前而移动权重，不是评估。",
    "Weights are a judgement to be made before looking; to move them until a place looks well is no assessment.",
)
STILL = Text(
    "这是静态表。要用滑块移动权重，请安装 ipywidgets（pip install ipywidgets）并重启内核。",
    "This table stands still. To move the weights with sliders install ipywidgets (pip install ipywidgets) and restart the kernel.",
)
NOTHING = Text("至少要有一个权重大于 0。", "At least one weight must be above 0.")


class Page:
    """The words and tables of an explorer, in its language."""

    def __init__(self, explorer: Explorer) -> None:
        self.explorer = explorer
        self.ask = explorer.ask
        self.say: Voice = explorer.voices[self.ask.systems[0]]

    def static(self) -> str:
        """All of it, where nothing can be moved."""
        return f"{self.title()}{self._weights()}{self.standing()}<p>{escape(self.say(STILL))}</p>"

    def title(self) -> str:
        """What it is, and the caution."""
        return f"<p><b>{escape(self.say(TITLE, year=self.ask.period))}</b><br>{escape(self.say(CAUTION))}</p>"

    def standing(self) -> str:
        """What moved, in a line, and the table of places; or why there is none."""
        if not all(sum(some.values()) > 0 for some in self.explorer.held.values()):
            return f'<p role="alert"><b>{escape(self.say(NOTHING))}</b></p>'
        frame = self.explorer.frame
        return f'<p aria-live="polite">{escape(self._moved(frame))}</p>{self._places(frame)}'

    def _moved(self, frame: pd.DataFrame) -> str:
        change = frame["change"]
        text = Text("{n} 个地区：{k} 个位次变动", "{n} places: {k} change their rank")
        said = [self.say(text, n=len(frame), k=int((change != 0).sum()))]
        if change.any():
            most = frame.index[int(np.argmax(change.abs().to_numpy()))]
            text = Text("变动最大的是{place}（{change}）", "{place} most ({change})")
            said.append(self.say(text, place=self.say.name(most), change=arrow(int(change.loc[most]))))
        if "grade_change" in frame:
            text = Text("{k} 个等级变动", "{k} change their grade")
            said.append(self.say(text, k=int((frame["grade_change"] != 0).sum())))
        return self.say(Text("{all}。", "{all}."), all=self.say(Text("，", ", ")).join(said))

    def _places(self, frame: pd.DataFrame) -> str:
        many = self.ask.coupling is not None
        heads = [self.say.term("rank"), self.say(Text("变动", "Change")), self.say.term("unit")]
        columns: list[Iterable[str]] = [map(str, frame["rank"]), map(arrow, frame["change"]), map(self.say.name, frame.index)]
        if self.ask.coupling is not None:
            label = [self.ask.coupling.grades.label(int(grade), self.say.lang) for grade in frame["grade"]]
            heads += [self.say.term("D"), self.say.term("grade"), self.say(Text("等级变动", "Change of grade"))]
            columns += [map(cell, frame["D"]), label, map(arrow, frame["grade_change"])]
        for system in self.ask.systems:
            heads.append(self.explorer.voices[system].name(system) if many else self.say.term("score"))
            columns.append(map(cell, frame[system]))
        words = {2, 4} if many else {2}
        return table(heads, list(zip(*columns, strict=True)), words, height=HEIGHT)

    def _weights(self) -> str:
        heads = [
            self.say.term("system"),
            self.say.term(self.ask.by),
            self.say.term("weight"),
            self.say(Text("原权重", "As learnt")),
        ]
        published = dict(zip(self.ask.systems, self.ask.published, strict=True))
        rows = [
            (voice.name(system), voice.name(part), cell(weight), cell(published[system][part]))
            for system, voice in self.explorer.voices.items()
            for part, weight in self.explorer.weights[system].items()
        ]
        return table(heads, rows, {0, 1})


def arrow(change: int) -> str:
    """A change of rank or grade as shown.

    Examples
    --------
    >>> arrow(3), arrow(-2), arrow(0)
    ('↑3', '↓2', '–')
    """
    return f"↑{change}" if change > 0 else f"↓{-change}" if change < 0 else "–"


def table(heads: Sequence[str], rows: Iterable[Sequence[str]], words: set[int], height: str = "") -> str:
    """A table in HTML: columns of words to the left, of numbers to the right; `height` makes it scroll."""
    side = ["left" if at in words else "right" for at in range(len(heads))]
    look = "padding:2px 8px;text-align:"
    stays = "max-width:9em;vertical-align:bottom;position:sticky;top:0;background:var(--jp-layout-color0,Canvas)"  # the heads, while the rows scroll
    top = "".join(
        f'<th scope="col" style="{look}{s};{stays}">{escape(safe_text(h))}</th>' for h, s in zip(heads, side, strict=True)
    )
    body = "".join(
        "<tr>"
        + "".join(f'<td style="{look}{s};white-space:nowrap">{escape(safe_text(c))}</td>' for c, s in zip(row, side, strict=True))
        + "</tr>"
        for row in rows
    )
    whole = f'<table style="border-collapse:collapse;font-variant-numeric:tabular-nums;line-height:1.5"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>'
    return f'<div style="max-height:{height};overflow:auto" tabindex="0">{whole}</div>' if height else whole
