"""Shows an explorable in Jupyter: its question, its controls, and one picture that follows them."""

from __future__ import annotations

from typing import Any

import ipywidgets
import traitlets

from specviz.explorables import Choice, Control, Explorable, find_explorable
from specviz.figures import words
from specviz.widgets.guard import guarded
from specviz.widgets.pane import Pane

_WIDE = {"description_width": "22em"}


class Explorer(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets carries no types
    """An explorable on the page; ``values`` is its only state, and may be set from code.

    Args:
        name: a name of ``specviz.explorables.EXPLORABLES``, or an explorable.
        values: values to begin with. A run given as an object (``trace=run.trace``) takes the place of its menu.
    """

    values = traitlets.Dict()

    def __init__(self, name: str | Explorable, **values: Any) -> None:
        self.explorable = find_explorable(name) if isinstance(name, str) else name
        self._is_busy = False
        settled = self.explorable.settle(values)
        self.controls = {key: _input(control, settled[key]) for key, control in self.explorable.controls_at(settled).items()}
        self.pane = Pane(self.explorable.figure(settled))
        self.errors = ipywidgets.Output()
        head = ipywidgets.HTML(f"<b>{words.safe(self.explorable.title)}</b><br>{words.safe(self.explorable.question)}")
        super().__init__([head, *self.controls.values(), self.pane, self.errors], values=settled)
        for control in self.controls.values():
            control.observe(self._moved, "value")
        self.observe(self._changed, "values")

    @guarded
    def _moved(self, _change: object) -> None:
        if not self._is_busy:  # bounds that follow other controls would call back here
            self.values = {**self.values, **{name: control.value for name, control in self.controls.items()}}

    @guarded
    def _changed(self, _change: object) -> None:
        settled = self.explorable.settle(self.values)
        self._is_busy = True
        try:
            for name, control in self.explorable.controls_at(settled).items():
                _update(self.controls[name], control, settled[name])
        finally:
            self._is_busy = False
        self.set_trait("values", settled)
        self.pane.show(self.explorable.figure(settled))


def _input(control: Control, value: Any) -> Any:
    layout = ipywidgets.Layout(width="100%", max_width="720px")
    shared = {
        "description": control.label,
        "value": value,
        "style": _WIDE,
        "layout": layout,
        "description_allow_html": False,
        "tooltip": control.help or None,
    }
    if isinstance(control, Choice):
        return ipywidgets.Dropdown(options=control.grid(), **shared)
    kind = ipywidgets.IntSlider if isinstance(control.step, int) else ipywidgets.FloatSlider
    return kind(min=control.low, max=control.high, step=control.step, **shared)


def _update(widget: Any, control: Control, value: Any) -> None:
    if isinstance(control, Choice):
        with widget.hold_trait_notifications():
            if list(widget.options) != control.grid():
                widget.options = control.grid()
            widget.value = value
        return
    with widget.hold_trait_notifications():  # bounds and value move together, or a bound would cut the value
        widget.min, widget.max, widget.value = control.low, control.high, value
