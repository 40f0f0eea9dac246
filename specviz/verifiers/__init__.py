"""THE ACCEPT/REJECT RULES: pure functions of tree, laws and coins; one file per rule.

Lossless rules give out exactly the target's law, whatever was drafted. The lossy ones (``lossless`` is False) say by
``total_variation(p, q)`` how far one place is off, with one draft from q, and by ``output_law(p, q)`` what comes out instead.
"""

from __future__ import annotations

from specviz.types import Rule
from specviz.verifiers.block import Block
from specviz.verifiers.greedy import Greedy
from specviz.verifiers.greedy_multidraft import GreedyMultidraft
from specviz.verifiers.k_seq import KSeq
from specviz.verifiers.lenience import Lenience
from specviz.verifiers.naive import Naive
from specviz.verifiers.recursive import Recursive
from specviz.verifiers.rejection import Rejection
from specviz.verifiers.top_m import TopM
from specviz.verifiers.transport import Transport
from specviz.verifiers.traversal import Traversal
from specviz.verifiers.typical import Typical

LOSSLESS: tuple[Rule, ...] = (
    Greedy(),
    Rejection(),
    Block(),
    Naive(),
    Recursive(),
    KSeq(),
    GreedyMultidraft(),
    Transport(),
    Traversal(),
)
LOSSY: tuple[Rule, ...] = (Typical(), Lenience(), TopM())

VERIFIERS: dict[str, Rule] = {rule.name: rule for rule in (*LOSSLESS, *LOSSY)}
