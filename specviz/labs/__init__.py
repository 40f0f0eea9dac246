"""What the app's two labs compute: laws shaped by hand, and decoders small enough to be tested to the last digit.

``place``: p and q at one place, and what lossy rules would cost there. ``markov``, ``decoder``, ``bugs`` and ``fit``: plain and
speculative decoding of a tiny language by the real rules, with or without a planted bug, against the exact law. Numpy only.
"""
