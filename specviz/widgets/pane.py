"""One live Plotly widget that is repainted, not replaced: a new one would send plotly's 5 MB of code to the page again."""

from __future__ import annotations

import html
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from typing import Any

import ipywidgets
import plotly.graph_objects as go

from specviz.figures import theme

Key = tuple[str, str, int]
OnClick = Callable[[list[Any]], None]


class Pane(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets carries no types
    """Shows one figure at a time in one ``FigureWidget``, with its alt text for screen readers.

    Traces of the old and the new figure are matched by type and name. A name that is gone is hidden, a new one is added.

    Args:
        figure: the first picture.
        height: pixels to keep free, so that what stands below does not jump when a smaller picture comes.
        on_click: called with the ``customdata`` of a point that was clicked in the trace named ``clickable``.
        clickable: the name of that trace.
    """

    def __init__(self, figure: go.Figure, *, height: int = 0, on_click: OnClick | None = None, clickable: str = "nodes") -> None:
        self._on_click, self._clickable = on_click, clickable
        # complete from the start: messages that reach the page before plotly's code is loaded there are lost
        self.plot = go.FigureWidget(figure)
        self.plot.layout.autosize = True
        self.plot._config = {**self.plot._config, **theme.CONFIG}  # noqa: SLF001  plotly has no public way to configure a widget
        self._slots: dict[Key, Any] = dict(zip(_keys(self.plot.data), self.plot.data, strict=True))
        for key, slot in self._slots.items():
            self._listen(key, slot)
        self.description = ipywidgets.HTML()
        super().__init__([self.plot, self.description], layout=ipywidgets.Layout(width="100%", overflow="hidden", min_height=f"{height}px"))
        self.plot.observe(self._fit, "_view_count")
        self.show(figure)

    def show(self, figure: go.Figure) -> None:
        """Paint another figure into the same widget: at most one message for what is new and one for what changed."""
        wanted = dict(zip(_keys(figure.data), figure.data, strict=True))
        self._add([key for key in wanted if key not in self._slots], wanted)
        with self.plot.batch_update():
            for order, (key, trace) in enumerate(wanted.items(), start=1):
                _overwrite(self._slots[key], {"visible": True, **_plain(trace), **_layer(trace, order)})
            for key in self._slots.keys() - wanted.keys():
                self._slots[key].visible = False
            self._lay_out(figure)
        self.description.value = f'<span style="{_UNSEEN}">{html.escape(theme.alt_text(figure))}</span>'
        self._keep()

    def _add(self, keys: list[Key], wanted: dict[Key, Any]) -> None:
        if not keys:
            return
        self.plot.add_traces([wanted[key] for key in keys])
        for key, slot in zip(keys, self.plot.data[-len(keys) :], strict=True):
            self._slots[key] = slot
            self._listen(key, slot)

    def _listen(self, key: Key, slot: Any) -> None:
        if self._on_click and key[1] == self._clickable:
            slot.on_click(self._clicked)

    def _keep(self) -> None:
        """Tell the page the whole state too: plotly's updates change what is on screen, but a view made anew starts from this.

        JupyterLab makes one whenever a cell is scrolled back into sight. ``FigureWidget`` does the same when it is shown alone.
        """
        self.plot._widget_data, self.plot._widget_layout = deepcopy(self.plot._data), deepcopy(self.plot._layout)  # noqa: SLF001

    def _fit(self, change: Any) -> None:
        """Take the width there is: a new view is drawn before it has its place on the page, 700 pixels wide."""
        if change["new"] > (change["old"] or 0):
            self.plot.layout.autosize = False
            self.plot.layout.autosize = True

    def _clicked(self, trace: Any, points: Any, _state: Any = None) -> None:
        # plotly calls the handlers of every trace on every click, with no point for those that were not hit
        if points.point_inds and self._on_click:
            self._on_click(list(trace.customdata[points.point_inds[0]]))

    def _lay_out(self, figure: go.Figure) -> None:
        new = figure.layout.to_plotly_json()
        for name in ("template", "width", "autosize"):
            new.pop(name, None)
        for name in ("annotations", "shapes"):  # lists are set whole: an update would keep the old ones' tail
            setattr(self.plot.layout, name, new.pop(name, ()))
        _overwrite(self.plot.layout, new, keep=("template", "autosize", "annotations", "shapes"))


# read aloud, not seen
_UNSEEN = "position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap"


def _keys(traces: tuple[Any, ...]) -> list[Key]:
    seen: Counter[tuple[str, str]] = Counter()
    keys = []
    for trace in traces:
        name = (str(trace.type), trace.name or "")
        keys.append((*name, seen[name]))
        seen[name] += 1
    return keys


def _plain(trace: Any) -> dict[str, Any]:
    values: dict[str, Any] = trace.to_plotly_json()
    return {name: value for name, value in values.items() if name not in ("type", "uid")}


def _layer(trace: Any, order: int) -> dict[str, int]:
    # traces stay in the order they were first added; what lies above what must follow the picture
    return {"zorder": order} if "zorder" in trace else {}


def _overwrite(owner: Any, values: dict[str, Any], keep: tuple[str, ...] = ("type", "uid")) -> None:
    """Give a trace or layout exactly these properties: what it has beyond them is taken away."""
    for name in owner.to_plotly_json():
        if name not in values and name not in keep:
            setattr(owner, name, None)
    owner.update(values)
