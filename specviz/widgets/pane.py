"""One live Plotly widget that is repainted, not replaced: a new one would send plotly's 5 MB of code to the page again."""

from __future__ import annotations

import html
import json
from collections import Counter
from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import ipywidgets
import plotly
import plotly.graph_objects as go
from plotly.basedatatypes import BasePlotlyType

from specviz.figures import theme

Key = tuple[str, str, int]
OnClick = Callable[[list[Any]], None]


# Plotly's module for the page is 5 MB. anywidget gives a module two seconds to load and stops listening to the kernel after that, so on a
# slow or busy machine a picture would never move again. This one loads at once, and Plotly's own is read once for all pictures of a page.
_MODULE = """
const plotly = (globalThis[NAME] ??= import(URL.createObjectURL(new Blob([SOURCE], { type: "text/javascript" }))));
export default () => {
  let widget;
  return {
    initialize({ model }) {
      widget = plotly.then(async (module) => {
        const made = await module.default();
        await made.initialize({ model });
        return made;
      });
    },
    async render(view) {
      return (await widget).render(view);
    },
  };
};
"""


@cache
def _module() -> str:
    """The JavaScript of a :class:`Plot`."""
    source = (Path(plotly.__file__).parent / "package_data" / "widgetbundle.js").read_text(encoding="utf-8")
    return _MODULE.replace("NAME", json.dumps(f"specviz plotly {plotly.__version__}"), 1).replace("SOURCE", json.dumps(source), 1)


class Plot(go.FigureWidget):  # type: ignore[misc]  # plotly carries no types
    """A ``FigureWidget`` that announces itself to the page with its picture, not before it.

    Plotly's own opens its channel empty and sends the picture after; on a busy machine the page then paints the emptiness.
    """

    _esm = property(lambda _: _module())
    _is_complete = False

    def open(self) -> None:
        """Open the channel once there is something to show; called by ipywidgets, and by :class:`Pane` when it is ready."""
        if self._is_complete:
            super().open()

    def complete(self) -> None:
        """Say that the picture is there."""
        self._is_complete = True
        self.open()


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
        self.plot = Plot(figure)
        self.plot.layout.autosize = True
        self.plot._config = {**self.plot._config, **theme.CONFIG}  # noqa: SLF001  plotly has no public way to configure a widget
        self._slots: dict[Key, Any] = dict(zip(_keys(self.plot.data), self.plot.data, strict=True))
        for key, slot in self._slots.items():
            self._listen(key, slot)
        self.description = ipywidgets.HTML()
        self.show(figure)
        self.plot.complete()
        self.plot.observe(self._fit, "_view_count")
        super().__init__([self.plot, self.description], layout=ipywidgets.Layout(width="100%", overflow="hidden", min_height=f"{height}px"))

    def show(self, figure: go.Figure) -> None:
        """Paint another figure into the same widget: at most one message for what is new and one for what changed."""
        wanted = dict(zip(_keys(figure.data), figure.data, strict=True))
        self._add([key for key in wanted if key not in self._slots], wanted)
        with self.plot.batch_update():
            for key, trace in wanted.items():
                _overwrite(self._slots[key], {"visible": True, **_plain(trace)}, keep=("type", "uid"))
            for key in self._slots.keys() - wanted.keys():
                self._slots[key].visible = False
            self._lay_out(figure)
        self.description.value = f'<span style="{_UNSEEN}">{html.escape(theme.alt_text(figure))}</span>'
        self._keep()

    def _add(self, keys: list[Key], wanted: dict[Key, Any]) -> None:
        """Add the traces of these keys where the new picture has them: later traces are drawn over earlier ones."""
        if not keys:
            return
        self.plot.add_traces([wanted[key] for key in keys])
        made = dict(zip(keys, self.plot.data[-len(keys) :], strict=True))
        for key, slot in made.items():
            self._listen(key, slot)
        slots = self._slots | made
        self._slots = {key: slots[key] for key in _merged(list(self._slots), list(wanted))}
        self.plot.data = tuple(self._slots.values())

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


def _merged(old: list[Key], new: list[Key]) -> list[Key]:
    """The old order with every new key put behind the one it follows in the new order."""
    order = list(old)
    place = 0
    for key in new:
        if key not in order:
            order.insert(place, key)
        place = order.index(key) + 1
    return order


def _overwrite(owner: Any, values: dict[str, Any], keep: tuple[str, ...] = ()) -> None:
    """Give a trace, a layout or a part of one exactly these properties: what it has beyond them is taken away."""
    for name in owner.to_plotly_json().keys() - set(keep):
        if name not in values:
            owner[name] = None
        elif isinstance(owner[name], BasePlotlyType):
            _overwrite(owner[name], values[name])
    owner.update(values)
