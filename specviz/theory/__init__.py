"""What should happen: the formulas behind the pictures, in numpy, each with its source.

The modules: ``acceptance`` (two laws), ``rules`` (each rule at one place with k drafts), ``transport`` (the bound), ``speedup``
(chains and cost), ``trees`` (expected tokens of a tree), ``sequoia`` (the best tree),
``outcomes`` and ``coupling`` (what a real rule does with one place, over all coins and drafts).
"""

from specviz.theory import acceptance, coupling, outcomes, rules, sequoia, speedup, transport, trees
from specviz.theory.transport import optimal_acceptance

__all__ = ["acceptance", "coupling", "optimal_acceptance", "outcomes", "rules", "sequoia", "speedup", "transport", "trees"]
