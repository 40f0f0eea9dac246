"""What a record says of how its run was made."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from specviz.engine.settings import RunSettings
from specviz.methods import Method
from specviz.model.hardware import machine
from specviz.model.pair import Pair
from specviz.trace.schema import Detail, Header
from specviz.types import Costs


def parts_of(method: Method) -> dict[str, Any]:
    """What the method is made of, with every setting in force, as JSON has it."""
    parts: dict[str, Any] = {"drafter": method.drafter, "tree": method.tree, "controller": method.controller, "gamma": method.gamma}
    settings = method.settings if method.drafter else {}
    return parts | {name: _listed(asdict(value) if isinstance(value, Costs) else value) for name, value in settings.items()}


def _listed(value: Any) -> Any:  # noqa: ANN401  a setting is a number, a name, or some of them within each other
    """A setting with its tuples as lists, so that a header equals itself read back."""
    if isinstance(value, dict):
        return {name: _listed(part) for name, part in value.items()}
    return [_listed(part) for part in value] if isinstance(value, list | tuple) else value


def header_of(pair: Pair, name: str, method: Method, settings: RunSettings, detail: Detail, prompt: str, tokens: list[int], rows: int) -> Header:
    """The header of a run of this method; how long the prompt took, and what was measured for it, comes later."""
    uses_draft = method.drafter == "independent" and pair.draft is not None
    return Header(
        method=name,
        detail=detail,
        prompt=prompt,
        prompt_tokens=tokens,
        prompt_pieces=[pair.text.piece(token) for token in tokens],
        seed=settings.seed,
        settings=settings.as_dict() | parts_of(method) | ({"rows": rows} if rows > 1 else {}),
        target=pair.target.describe(),
        draft=pair.draft.describe() if uses_draft and pair.draft else {},
        verifier=method.rule(settings.temperature).name,
        device=str(pair.target.device),
        dtype=pair.placement.dtype_name,
        machine=dict(machine()),
        law_temperature=settings.temperature or 1.0,
        vocab_size=pair.target.config.vocab,
        chat_template_hash=pair.text.template_hash,
        started=datetime.now(UTC).isoformat(timespec="seconds"),
        package_version=_version(),
    )


@cache
def _version() -> str:
    """Asking costs half a millisecond: a run's record is not worth more."""
    try:
        return version("specviz")
    except PackageNotFoundError:  # run from a checkout that was not installed
        return "unknown"
