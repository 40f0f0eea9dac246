"""Record anew the runs that ship in specviz/trace/samples, or those named on the command line: on a quiet machine, after the weights have changed."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

import specviz as sv
from specviz.trace.store import SAMPLES

STORY = "Mara the cat and Enzo the sheep wanted to build a boat at the mill."
REPETITIVE = """def test_add(self):
    self.assertEqual(add(1, 2), 3)
    self.assertEqual(add(2, 2), 4)
    self.assertEqual(add(0, 5), 5)

def test_sub(self):
    self.assertEqual("""


def main(names: Sequence[str] = ()) -> None:
    """Record the samples named, or all: one warm-up run each, so that the first cycle's time means what the others' mean.

    Raises:
        ValueError: for a name that is no sample's.
    """
    pair = sv.load_pair("tiny", dtype="float32")
    runs: dict[str, dict[str, Any]] = {
        "autoregressive": {"prompt": STORY, "method": "autoregressive"},
        "chain": {"prompt": STORY, "method": "chain"},
        "chain-sampled": {"prompt": STORY, "method": "chain", "temperature": 0.8, "seed": 1},
        "prompt-lookup": {"prompt": REPETITIVE, "method": "prompt-lookup"},
        # whole laws of a branching tree: what judging again needs. A cut at ten tokens leaves rows that compress, and whose every text is recorded
        "tree-exact": {"prompt": STORY, "method": "sequoia", "temperature": 0.8, "top_k": 10, "seed": 3, "detail": "exact", "max_new_tokens": 44},
    }
    if unknown := set(names) - set(runs):
        raise ValueError(f"expected samples among {', '.join(runs)}, got {', '.join(sorted(unknown))}")
    SAMPLES.mkdir(exist_ok=True)
    for name, chosen in runs.items():
        if names and name not in names:
            continue
        settings = {"max_new_tokens": 80, **chosen}
        sv.generate(pair, **settings)
        run = sv.generate(pair, **settings, save=SAMPLES / f"{name}.arrow")
        print(f"{name:15} {run.stats.tokens_per_cycle:.2f} tokens per cycle, {run.stats.tokens_per_second:.0f} tokens/s\n{run.text}\n")


if __name__ == "__main__":
    main(sys.argv[1:])
