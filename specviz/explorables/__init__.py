"""Explorables: a drawing, the controls that change it, and one question to ask of it, declared once as plain data.

``specviz.widgets.explore(name)`` shows one in Jupyter, the app shows the same one in Streamlit; neither is imported here.
A front asks ``controls_at(values)`` which controls there are for the values so far, and draws ``figure(values)``.
"""

from __future__ import annotations

from specviz.errors import UnexpectedValueError
from specviz.explorables.controls import Choice, Control, Explorable, Slider
from specviz.explorables.history import HISTORY
from specviz.explorables.rules import RULES
from specviz.explorables.runs import RUNS
from specviz.explorables.speed import SPEED
from specviz.explorables.trees import TREES

EXPLORABLES: dict[str, Explorable] = SPEED | RULES | TREES | RUNS | HISTORY

__all__ = ["EXPLORABLES", "Choice", "Control", "Explorable", "Slider", "find_explorable"]


def find_explorable(name: str) -> Explorable:
    """The explorable of this name.

    Raises:
        ValueError: when there is none.
    """
    if name not in EXPLORABLES:
        raise UnexpectedValueError(f"an explorable ({', '.join(EXPLORABLES)})", repr(name))
    return EXPLORABLES[name]
