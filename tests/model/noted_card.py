"""A CUDA card that only notes what it is told, for the order of calls on a machine without one."""

from __future__ import annotations

import pytest
import torch


def noted_card(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Put it in place of the real one; the list grows with every call."""
    said: list[str] = []

    class Noted:
        """Notes that it was made, entered, left, and whatever is called of it."""

        def __init__(self, name: str) -> None:
            self.name = name

        def __call__(self, *arguments: object, **_: object) -> Noted:
            said.append(" ".join([self.name, *(str(argument) for argument in arguments if isinstance(argument, torch.device))]))
            return self

        def __enter__(self) -> None:
            said.append(f"in {self.name}")

        def __exit__(self, *_: object) -> None:
            said.append(f"out {self.name}")

        def __getattr__(self, name: str) -> Noted:
            return Noted(f"{self.name}.{name}")

        def __float__(self) -> float:
            return 40.0  # milliseconds between any two events

    for name in ("device", "Stream", "current_stream", "stream", "CUDAGraph", "graph", "graph_pool_handle", "Event"):
        monkeypatch.setattr(torch.cuda, name, Noted(name))
    return said
