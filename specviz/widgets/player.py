"""A recorded run on the page: play it, step through its decisions, click a draft and read why it stayed or went."""

from __future__ import annotations

from typing import Any

import ipywidgets
import plotly.graph_objects as go
import traitlets

from specviz.figures import (
    distributions,
    draft_tree,
    legend_html,
    text_around_html,
    theme,
    token_html,
)
from specviz.trace import Trace
from specviz.widgets import controller
from specviz.widgets.controller import Moment
from specviz.widgets.guard import guarded
from specviz.widgets.inspector import verdict_html, verdict_text
from specviz.widgets.page import page
from specviz.widgets.pane import Pane

_SECONDS = 1.2
_LAWS_HEIGHT = 540


class TracePlayer(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets carries no types
    """Plays a recorded run; needs no model and no network.

    ``trace`` and ``at`` = (cycle, node) are its only state; set them from code as from the page. Node -1 is the token the
    target added. The slider and the menu take the arrow keys; the buttons step from decision to decision.
    """

    trace = traitlets.Instance(Trace)
    at = traitlets.Tuple(traitlets.Int(), traitlets.Int())

    def __init__(self, trace: Trace, *, at: tuple[int, int] | None = None) -> None:
        where = controller.check(trace, Moment(*at)) if at else controller.landing(trace, 0)
        self._is_busy = False
        self._make_controls(trace)
        self.text, self.inspector, self.errors = ipywidgets.HTML(), ipywidgets.HTML(), ipywidgets.Output()
        self.tree = Pane(draft_tree(trace, cycle=where.cycle, node=where.node), height=_tree_height(trace), on_click=self._clicked)
        self.laws = Pane(self._draw_laws(trace, where), height=_LAWS_HEIGHT)
        rows = [self.text, ipywidgets.HTML(legend_html(refused=True)), self.controls, self.tree, self.inspector, self.laws, self.errors]
        super().__init__(rows, layout=ipywidgets.Layout(width="100%"), trace=trace, at=where)
        self._wire()
        self._paint()

    def _make_controls(self, trace: Trace) -> None:
        last = len(trace) - 1
        self.play = ipywidgets.Play(min=0, max=last, interval=round(_SECONDS * 1000), tooltip="play the cycles")
        self.cycle = ipywidgets.IntSlider(min=0, max=last, description="cycle", layout=ipywidgets.Layout(width="22em"))
        self.node = ipywidgets.Dropdown(description="decision", layout=ipywidgets.Layout(width="26em"))
        self.back = ipywidgets.Button(description="◀ step", tooltip="the decision before", layout=ipywidgets.Layout(width="6em"))
        self.forward = ipywidgets.Button(description="step ▶", tooltip="the next decision", layout=ipywidgets.Layout(width="6em"))
        wrap = ipywidgets.Layout(flex_flow="row wrap", align_items="center")
        self.controls = ipywidgets.HBox([self.play, self.cycle, self.back, self.forward, self.node], layout=wrap)

    def _wire(self) -> None:
        ipywidgets.jslink((self.play, "value"), (self.cycle, "value"))
        self.cycle.observe(self._scrubbed, "value")
        self.node.observe(self._picked, "value")
        self.back.on_click(lambda _: self.step(-1))
        self.forward.on_click(lambda _: self.step(1))
        self.observe(self._changed, ["trace", "at"])

    @guarded
    def step(self, by: int) -> None:
        """Go to the next decision (1) or the one before (-1)."""
        self.at = controller.step(self.trace, Moment(*self.at), by)

    @guarded
    def _scrubbed(self, change: Any) -> None:
        if not self._is_busy:
            self.at = controller.landing(self.trace, change["new"])

    @guarded
    def _picked(self, change: Any) -> None:
        if not self._is_busy and change["new"] is not None:
            self.at = (self.at[0], change["new"])

    @guarded
    def _clicked(self, point: list[Any]) -> None:
        self.at = (int(point[0]), int(point[1]))

    @guarded
    def _changed(self, change: Any) -> None:
        if change["name"] == "trace":
            self.at = controller.landing(self.trace, 0)
        controller.check(self.trace, Moment(*self.at))
        self._paint()

    def _paint(self) -> None:
        cycle, node = self.at
        self._is_busy = True  # the controls follow; they must not answer
        try:
            self.cycle.max = self.play.max = len(self.trace) - 1
            self.cycle.value = cycle
            nodes = [n.id for n in self.trace.cycle(cycle).nodes]
            self.node.options = [(verdict_text(self.trace, cycle=cycle, node=n), n) for n in [*nodes, -1]]
            self.node.value = node
        finally:
            self._is_busy = False
        self.text.value = text_around_html(self.trace, cycle=cycle)
        self.inspector.value = verdict_html(self.trace, cycle=cycle, node=node)
        self.tree.show(draft_tree(self.trace, cycle=cycle, node=node))
        self.laws.show(self._draw_laws(self.trace, Moment(cycle, node)))

    @staticmethod
    def _draw_laws(trace: Trace, at: Moment) -> go.Figure:
        if trace.header.detail == "light":
            text = "This run was recorded without its laws; record it with detail='full' to see p, q and the residual."
            return theme.card("No laws recorded", text, height=60, alt=text)
        return distributions(trace, cycle=at.cycle, node=at.node, top=8)

    def to_html(self) -> str:
        """What the player shows now as one page that needs no network: for slides, a mail, a learning platform."""
        cycle, node = self.at
        figures = [draft_tree(self.trace, cycle=cycle, node=node), self._draw_laws(self.trace, Moment(cycle, node))]
        parts = [
            token_html(self.trace, cycle=cycle, refused=True),
            legend_html(refused=True),
            figures[0],
            verdict_html(self.trace, cycle=cycle, node=node),
            figures[1],
        ]
        return page(f"Cycle {cycle} of a {self.trace.header.method} run", parts)


def _tree_height(trace: Trace) -> int:
    """One height for all cycles, so that nothing below jumps: that of the cycle with most drafts, within reason."""
    largest = max(range(len(trace)), key=lambda i: len(trace.cycle(i).nodes))
    return min(720, int(draft_tree(trace, cycle=largest).layout.height))
