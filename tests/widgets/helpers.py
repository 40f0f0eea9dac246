"""What a browser would do, without one."""

from __future__ import annotations

from typing import Any

from specviz.widgets.pane import Pane


def click(pane: Pane, name: str, point: int) -> None:
    """Click a point of the trace of this name, the way plotly's page reports it; plotly has no public hook for this."""
    index = next(i for i, slot in enumerate(pane.plot.data) if slot.name == name)
    slot = pane.plot.data[index]
    pane.plot._js2py_pointsCallback = {
        "event_type": "plotly_click",
        "points": {"trace_indexes": [index], "point_indexes": [point], "xs": [slot.x[point]], "ys": [slot.y[point]]},
        "device_state": {"alt": False, "ctrl": False, "meta": False, "shift": False, "button": 0, "buttons": 1},
        "selector": None,
    }


def shown(pane: Pane) -> dict[tuple[str, str], Any]:
    """What the reader sees: the visible traces by type and name, as plain data, in drawing order."""
    visible = [slot for slot in pane.plot.data if slot.visible]
    return {(slot.type, slot.name): plain(slot) for slot in visible}


def plain(trace: Any) -> dict[str, Any]:
    """What is drawn of a trace, as plain data."""
    return {key: value for key, value in trace.to_plotly_json().items() if key not in {"uid", "visible"}}
