"""Ways from a recorded moment to the labs that take it up."""

from __future__ import annotations

import streamlit as st

from specviz.figures import measured_costs
from specviz.figures.pieces import LAST
from specviz.trace import Trace
from ui.pages import DISTRIBUTION, SPEEDUP


def to_distribution(name: str, trace: Trace, cycle: int, node: int) -> None:
    """The selected node's laws, to be played with; the last token was not drafted, and a pruned one was not scored."""
    if node == LAST or trace.node(cycle, node).state == "pruned":
        return
    if st.button("Play with these laws in the Distribution lab", icon=DISTRIBUTION.icon, key="to_distribution"):
        st.switch_page(DISTRIBUTION.file, query_params={"from": f"{name}.{cycle}.{node}"})


def to_speedup(trace: Trace) -> None:
    """This run's letters, in the lab that says what they are worth."""
    try:
        costs = measured_costs(trace)
    except ValueError:  # nothing was examined, or a record without times
        return
    letters = {"alpha": f"{costs.alpha:.2f}", "gamma": f"{max(1, round(costs.gamma))}", "c": f"{costs.c:.2f}"}
    if st.button("What is this worth? To the Speed-up lab", icon=SPEEDUP.icon, key="to_speedup"):
        st.switch_page(SPEEDUP.file, query_params=letters)
