"""What should happen: the formulas behind the pictures, in numpy, each with its source.

The modules: ``acceptance`` (two laws), ``rules`` (each rule at one place with k drafts), ``transport`` (the bound), ``speedup``
(chains and cost), ``trees`` (expected tokens of a tree), ``sequoia`` (the best tree).
"""

from specviz.theory import acceptance, rules, sequoia, speedup, transport, trees
from specviz.theory.transport import optimal_acceptance

__all__ = ["acceptance", "optimal_acceptance", "rules", "sequoia", "speedup", "transport", "trees"]
