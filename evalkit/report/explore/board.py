"""The sliders themselves: one a part, a button to go back, and the table of places beside them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from ipywidgets import HTML, Button, FloatSlider, HBox, Label, Layout, VBox

from evalkit.report.explore.page import Page
from evalkit.report.explore.weights import shared
from evalkit.terms import Text

if TYPE_CHECKING:
    from evalkit.report.explore.explorer import Explorer


class Board:
    """Sliders that move the weights of an explorer, and show what it says."""

    def __init__(self, explorer: Explorer) -> None:
        self.explorer, self.page = explorer, Page(explorer)
        self.sliders: dict[tuple[str, str], Any] = {}
        self.shares: dict[tuple[str, str], Any] = {}
        self.places = HTML(layout=Layout(flex="1 1 30em", min_width="20em"))
        self._quiet = False
        parts = [part for system in explorer.held for part in self._system(system)]
        back = Button(
            description=self.page.say(Text("恢复原权重", "Weights as learnt")), icon="undo", layout=Layout(width="auto")
        )
        back.on_click(lambda _: explorer.reset())
        sides = [VBox([*parts, back], layout=Layout(max_height="40em", overflow="auto", flex="0 0 auto")), self.places]
        across = Layout(flex_flow="row wrap", align_items="flex-start", grid_gap="0 1.5em")
        self.box = VBox([HTML(self.page.title()), HBox(sides, layout=across)])
        self.show()

    def show(self) -> None:
        """Sliders, shares and places as the explorer holds them."""
        self._quiet = True
        for system, some in self.explorer.held.items():
            share = shared(some) if sum(some.values()) > 0 else dict.fromkeys(some, 0.0)
            for part, weight in some.items():
                if self.sliders[system, part].value != weight:
                    self.sliders[system, part].value = weight
                self.shares[system, part].value = f"{share[part]:.1%}"
        self._quiet = False
        self.places.value = f'<div style="width:0;min-width:100%">{self.page.standing()}</div>'  # as wide as there is room

    def _system(self, system: str) -> list[Any]:
        voice = self.explorer.voices[system]
        rows = [HTML(f"<b>{voice.name(system)}</b>")]
        for part, weight in self.explorer.held[system].items():
            name = voice.name(part)
            slider = FloatSlider(
                value=weight,
                min=0.0,
                max=1.0,
                step=0.01,
                description=name,
                tooltip=name,  # whole, where there is no room for it
                readout=False,
                continuous_update=False,
                style={"description_width": "14em"},
                layout=Layout(width="24em"),
            )
            slider.observe(partial(self._moved, system, part), names="value")
            self.sliders[system, part], self.shares[system, part] = slider, Label()
            rows.append(HBox([slider, self.shares[system, part]]))
        return rows

    def _moved(self, system: str, part: str, change: dict[str, Any]) -> None:
        if not self._quiet:
            self.explorer.move(system, **{part: change["new"]})
