"""Figures as PNG files, drawn by a real browser, for pages that show no live ones."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import plotly.graph_objects as go
from playwright.sync_api import sync_playwright

from tools.browser import HELP, find

_WIDTH = 760


def save(figures: Mapping[Path, go.Figure], *, width: int = _WIDTH) -> None:
    """Draw every figure ``width`` pixels wide, at one and a half times the density of a screen.

    Raises:
        SystemExit: when there is no browser.
    """
    program = find()
    if program is None:
        raise SystemExit(HELP)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": width, "height": 600}, device_scale_factor=1.5)
        for path, figure in figures.items():
            page.set_content(f"<body style='margin:0;width:{width}px'>{figure.to_html(full_html=False, config={'staticPlot': True})}</body>")
            page.wait_for_selector(".js-plotly-plot .main-svg")
            path.parent.mkdir(parents=True, exist_ok=True)
            page.locator(".js-plotly-plot").screenshot(path=path)
        browser.close()
