"""How plain figures (not widgets) are shown in notebooks: offline, without an upload button, without copies of plotly's code."""

from __future__ import annotations

import plotly.io as pio

from specviz.figures import CONFIG

_NAMES = ("plotly_mimetype", "jupyterlab", "nteract", "vscode", "notebook", "colab")


def configure_renderers() -> None:
    """Give Plotly's notebook renderers this package's configuration.

    JupyterLab's default also stores 5 MB of JavaScript in every notebook that shows a figure; the lighter half of that
    default is kept, which JupyterLab draws with the extension Plotly installs.
    """
    for name in _NAMES:
        pio.renderers[name].config = dict(CONFIG)
    if pio.renderers.default == "plotly_mimetype+notebook":
        pio.renderers.default = "plotly_mimetype"
