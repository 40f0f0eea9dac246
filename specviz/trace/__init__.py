"""What happened: the record of a run and everything that reads it. Needs no torch and no model."""

from specviz.trace.limits import OWN, STRANGERS, Limits, TraceError
from specviz.trace.schema import Cycle, Entry, Header, Node
from specviz.trace.stats import PositionStats, Stats, summarise
from specviz.trace.store import Trace, load_trace, read_trace, sample_names

__all__ = [
    "OWN",
    "STRANGERS",
    "Cycle",
    "Entry",
    "Header",
    "Limits",
    "Node",
    "PositionStats",
    "Stats",
    "Trace",
    "TraceError",
    "load_trace",
    "read_trace",
    "sample_names",
    "summarise",
]
