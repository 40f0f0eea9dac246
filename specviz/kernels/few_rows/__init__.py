"""A whole pass over few tokens on a processor as compiled loops: what PyTorch needs some hundred calls for is one.

``weights.py`` lays a model's weights out in one buffer, ``compiled_*.py`` are the loops (numba, which compiles them for the processor at hand),
``runner.py`` makes passes of them. The plain twin is the transformer's own pass (``model/transformer.py``).
"""
