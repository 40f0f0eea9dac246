"""Check the engine on a machine with a CUDA card: the tests marked ``gpu``, then the shapes benchmark, written down as one JSON file.

Run by ``make gpu-check``; options go on to the benchmark: ``make gpu-check ARGS="--target qwen3-8b --draft qwen3-0.6b"``. Without a card it
says so, writes nothing and ends with an error code.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "benchmarks" / "results" / "gpu"
NO_CARD = 2


def main(arguments: Sequence[str] | None = None, folder: Path = RESULTS) -> int:
    """Run tests and benchmark; 0 when every test passed and every aim was met, 1 when not, 2 without a card."""
    options = _options(arguments)
    import torch

    if not torch.cuda.is_available():
        print(
            "gpu-check: expected a CUDA card, found none; nothing was checked and nothing written. Run it on a machine that has one.", file=sys.stderr
        )
        return NO_CARD
    from specviz.bench.shapes import Plan, bench_shapes
    from specviz.cli.bench_shapes import show

    tests = run_tests()
    plan = Plan(contexts=tuple(options.contexts), new_tokens=options.new_tokens, rounds=options.rounds)
    report = bench_shapes(options.target, options.draft, plan, device="cuda", dtype=options.dtype, peers=not options.no_peers)
    show(report)
    path = write(folder, tests, report)
    print(f"tests: {tests['passed']} passed, {tests['failed']} failed, {tests['skipped']} skipped; written to {path}")
    return int(tests["failed"] > 0 or tests["passed"] == 0 or not all(aim["met"] for aim in report["aims"]))


def run_tests() -> dict[str, Any]:
    """Run the tests marked ``gpu`` and count how they ended; ``failures`` names those that failed."""
    with tempfile.TemporaryDirectory() as made:
        found = Path(made) / "tests.xml"
        subprocess.run([sys.executable, "-m", "pytest", "-q", "-m", "gpu", f"--junitxml={found}", "tests"], cwd=ROOT, check=False)
        return counts(found.read_text()) if found.exists() else {"passed": 0, "failed": 1, "skipped": 0, "failures": ["pytest did not run"]}


def counts(xml: str) -> dict[str, Any]:
    """What a JUnit report by our own pytest says."""
    cases = list(ET.fromstring(xml).iter("testcase"))  # noqa: S314  written by the line above, not by a stranger
    failures = [case.get("name", "") for case in cases if case.find("failure") is not None or case.find("error") is not None]
    skipped = sum(case.find("skipped") is not None for case in cases)
    return {"passed": len(cases) - len(failures) - skipped, "failed": len(failures), "skipped": skipped, "failures": failures}


def write(folder: Path, tests: dict[str, Any], report: dict[str, Any]) -> Path:
    """One file for the card and the day."""
    card = re.sub(r"[^a-z0-9]+", "-", str(report["machine"].get("gpu", "cuda")).lower()).strip("-")
    path = folder / f"{card}-{report['date']}.json"
    folder.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(report | {"tests": tests}, indent=1) + "\n")
    return path


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="gpu_check.py", description="Check the engine on a CUDA card.")
    parser.add_argument("--target", default="llama-3.1-8b", help="shape of the target")
    parser.add_argument("--draft", default="llama-3.2-1b", help="shape of the draft")
    parser.add_argument("--dtype", default="bfloat16")
    parser.add_argument("--contexts", type=lambda text: [int(part) for part in text.split(",")], default=[128, 1024, 8192, 32768])
    parser.add_argument("--new-tokens", type=int, default=96)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--no-peers", action="store_true", help="leave out transformers")
    return parser.parse_args(arguments)


if __name__ == "__main__":
    sys.exit(main())
