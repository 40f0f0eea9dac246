"""Real runs of a small pair made on the spot, recorded at every level."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from specviz.engine.run import Run, generate
from specviz.model.pair import Pair
from tests.helpers import Bench

PROMPT = "def add(first, second):\n    return first"
SAMPLED: dict[str, Any] = {"max_new_tokens": 24, "temperature": 1.0, "seed": 5}


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    """Two models that agree now and then: cycles with acceptances, refusals and bonuses."""
    return Bench(tmp_path_factory.mktemp("models")).pair("close")


@pytest.fixture(scope="session")
def saved(pair: Pair, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Path, Run]]:
    """Level -> (file, run) of the same sampled run."""
    folder = tmp_path_factory.mktemp("traces")
    return {
        d: (folder / f"{d}.arrow", generate(pair, PROMPT, "chain", detail=d, save=folder / f"{d}.arrow", **SAMPLED))
        for d in ("light", "full", "exact")
    }
