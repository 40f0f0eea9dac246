"""THE ACCEPT/REJECT RULES: pure functions of tree, laws and coins; one file per rule."""

from __future__ import annotations

from specviz.types import Rule
from specviz.verifiers.greedy import Greedy
from specviz.verifiers.rejection import Rejection

VERIFIERS: dict[str, Rule] = {rule.name: rule for rule in (Greedy(), Rejection())}
