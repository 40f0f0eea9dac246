"""Errors in a callback would vanish: Jupyter shows only those of the cell that runs. Here they go where the reader looks."""

from __future__ import annotations

import functools
import traceback
from collections.abc import Callable
from typing import Any, Protocol

import ipywidgets


class HasErrors(Protocol):
    """A widget with a place for its errors."""

    errors: ipywidgets.Output


def guarded(handler: Callable[..., None]) -> Callable[..., None]:
    """Wrap a widget's callback: what it raises is written below the widget, and stays there until the next callback."""

    @functools.wraps(handler)
    def call(self: HasErrors, *args: Any) -> None:
        self.errors.outputs = ()  # before, not after: a handler often sets a trait, whose own handler may have something to say
        try:
            handler(self, *args)
        except Exception:  # noqa: BLE001  whatever went wrong, the reader must see it
            self.errors.outputs = ({"output_type": "stream", "name": "stderr", "text": traceback.format_exc()},)

    return call
