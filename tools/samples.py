"""Record anew the runs that ship in specviz/trace/samples: run it on a quiet machine after the weights have changed."""

from __future__ import annotations

from typing import Any

import specviz as sv
from specviz.trace.store import SAMPLES

CODE = '''def parse(self, text):
    """Parse the text and return a tree."""
    i = 0
    while i < len(text):
'''
REPETITIVE = """def test_add(self):
    self.assertEqual(add(1, 2), 3)
    self.assertEqual(add(2, 2), 4)
    self.assertEqual(add(0, 5), 5)

def test_sub(self):
    self.assertEqual("""


def main() -> None:
    """Record every sample: one warm-up run each, so that the first cycle's time means what the others' mean."""
    pair = sv.load_pair("tiny", dtype="float32")
    runs: dict[str, dict[str, Any]] = {
        "autoregressive": {"prompt": CODE, "method": "autoregressive"},
        "chain": {"prompt": CODE, "method": "chain"},
        "chain-sampled": {"prompt": CODE, "method": "chain", "temperature": 0.8, "seed": 1},
        "prompt-lookup": {"prompt": REPETITIVE, "method": "prompt-lookup"},
    }
    SAMPLES.mkdir(exist_ok=True)
    for name, settings in runs.items():
        sv.generate(pair, max_new_tokens=80, **settings)
        run = sv.generate(pair, max_new_tokens=80, **settings, save=SAMPLES / f"{name}.arrow")
        print(f"{name:15} {run.stats.tokens_per_cycle:.2f} tokens per cycle, {run.stats.tokens_per_second:.0f} tokens/s\n{run.text}\n")


if __name__ == "__main__":
    main()
