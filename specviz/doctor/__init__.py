"""``specviz doctor``: why a pair is, or is not, faster than its target alone; every figure with how it was obtained."""
