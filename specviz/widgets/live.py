"""A prompt box on the page: run the engine, watch the text come, then look into the run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import ipywidgets
import traitlets

from specviz.figures import block_html, pieces_html, step_pieces
from specviz.trace import Trace
from specviz.widgets.guard import guarded
from specviz.widgets.player import TracePlayer

if TYPE_CHECKING:
    from specviz.model.pair import Pair


class LiveRun(ipywidgets.VBox):  # type: ignore[misc]  # ipywidgets carries no types
    """Runs a loaded pair on a prompt; ``trace`` is the last run, None before the first. The engine is loaded on the first run.

    Args:
        pair: from ``specviz.load_pair``.
        prompt: what stands in the box at first.
    """

    trace = traitlets.Instance(Trace, allow_none=True)

    def __init__(self, pair: Pair, prompt: str = "def quicksort(") -> None:
        from specviz.methods import default_method, possible  # brings torch along; reading and playing a trace must not

        self.pair = pair
        wide = ipywidgets.Layout(width="100%", max_width="720px")
        self.prompt = ipywidgets.Textarea(prompt, description="prompt", layout=wide)
        self.method = ipywidgets.Dropdown(options=possible(pair.offers), value=default_method(pair.offers), description="method")
        self.gamma = ipywidgets.IntSlider(4, 1, 16, description="γ")
        self.temperature = ipywidgets.FloatSlider(0.0, min=0.0, max=2.0, step=0.1, description="temperature")
        self.length = ipywidgets.IntSlider(64, 8, 256, description="new tokens")
        self.button = ipywidgets.Button(description="run", icon="play", button_style="primary")
        self.text, self.errors, self.below = ipywidgets.HTML(), ipywidgets.Output(), ipywidgets.VBox()
        settings = ipywidgets.HBox([self.method, self.gamma, self.temperature, self.length], layout=ipywidgets.Layout(flex_flow="row wrap"))
        super().__init__([self.prompt, settings, self.button, self.text, self.below, self.errors], layout=ipywidgets.Layout(width="100%"))
        self.button.on_click(self.run)

    @guarded
    def run(self, _button: object = None) -> None:
        """Run with what the controls say."""
        from specviz.engine.run import stream

        self.button.disabled, body = True, ""
        try:
            steps = stream(
                self.pair,
                self.prompt.value,
                self.method.value,
                self.length.value,
                self.temperature.value,
                gamma=self.gamma.value if self.method.value != "autoregressive" else None,
            )
            for step in steps:
                body += pieces_html(step_pieces(step, self.pair.text.piece))
                self.text.value = block_html(body)
        finally:
            self.button.disabled = False
        self.text.value = ""  # the player shows the text from here on
        self._show(steps.trace)

    def _show(self, trace: Trace) -> None:
        self.trace = trace
        if self.below.children:
            self.below.children[0].trace = trace
        else:
            self.below.children = (TracePlayer(trace),)
