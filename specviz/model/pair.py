"""A target and the draft that proposes for it, loaded and checked for each other."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from specviz.kernels import quick
from specviz.kernels.remembered import busy
from specviz.model.config import read_config
from specviz.model.footprint import check_fits, footprint
from specviz.model.hardware import Placement, dtype_name, place
from specviz.model.loader import Checkpoint, DeviceMap, Model, find_checkpoint
from specviz.model.text import Text

SHIPPED = Path(__file__).parent.parent / "zoo" / "weights"
DEFAULT_DRAFT = "draft-m"
"""The draft of a shipped pair unless another is asked for."""
DEFAULT_CONTEXT = 4096
"""Positions reserved for a pair unless more are asked for; a model made for fewer gets its own number."""


@dataclass(eq=False)
class Pair:
    """A target, its draft and their tokenizer.

    Attributes:
        target: scores.
        draft: proposes; None for methods that need no draft model.
        text: the target's tokenizer.
        placement: device and data type, with the reason.
        target_path, draft_path: the two folders, in Hugging Face format.
        lock: held by a run, since a model has one KV buffer.
    """

    target: Model
    draft: Model | None
    text: Text
    placement: Placement
    name: str
    lock: threading.Lock = field(default_factory=threading.Lock)
    _holder: int | None = field(default=None, init=False)

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold the pair for one run; other threads wait for their turn.

        Raises:
            RuntimeError: when this very thread holds it already: it would wait for itself for ever.
        """
        if self._holder == threading.get_ident():
            raise RuntimeError("expected no open run of this pair in this thread, got one; finish or close that stream first, or load a second pair")
        with self.lock:
            self._holder = threading.get_ident()
            try:
                yield
            finally:
                self._holder = None

    @property
    def target_path(self) -> Path:
        """Folder of the target's checkpoint."""
        return self.target.folder

    @property
    def draft_path(self) -> Path | None:
        """Folder of the draft's checkpoint."""
        return self.draft.folder if self.draft else None

    @property
    def context(self) -> int:
        """Positions a run may fill, prompt included."""
        return min(model.capacity for model in (self.target, self.draft) if model is not None)

    @property
    def end_tokens(self) -> tuple[int, ...]:
        """Ids that end a text."""
        return self.target.config.end_tokens

    def describe(self) -> str:
        """One line: models, sizes, whose pass they make, device, data type and why; what is not used on this machine, and whether it is busy."""
        models = [f"{model.name} ({model.parameters / 1e6:.1f} M, {model.how})" for model in (self.target, self.draft) if model is not None]
        own = f"; the draft in {dtype_name(self.draft.dtype)}" if self.draft and self.draft.dtype != self.placement.dtype else ""
        held = [(model.device, model.dtype) for model in (self.target, self.draft) if model is not None]
        return "; ".join([f"{' + '.join(models)} on {self.placement.why}{own}", *quick.fallen(held), *filter(None, [busy()])])


def load_pair(
    name: str | None = None,
    *,
    target: str | Path | None = None,
    draft: str | Path | None = None,
    device: str = "auto",
    dtype: str = "auto",
    draft_dtype: str | None = None,
    context: int = DEFAULT_CONTEXT,
    device_map: DeviceMap | None = None,
) -> Pair:
    """Load a target and its draft: with the native pass where it is implemented, else with that of transformers; ``pair.describe()`` says which.

    Args:
        name: a pair that ships with the package (``"tiny"``); no network is used.
        target: a folder in Hugging Face format, or a hub id, when no ``name`` is given.
        draft: likewise; with a ``name``, another of that pair's drafts. May be left out for methods without a draft model.
        device: ``auto`` (cuda, else mps, else cpu) or a device's name.
        dtype: ``auto``, ``float32``, ``bfloat16`` or ``float16``; ``pair.placement.why`` says what was chosen and why.
        draft_dtype: the draft's, when it is to have its own: what is quick for the target need not be for a smaller model. ``auto`` is its
            quickest; None is the target's, unless ``dtype`` is ``auto``: then the draft is chosen for as well.
        context: positions to reserve memory for, prompt included; never more than a model was made for.
        device_map: spread the target over several devices, through transformers: ``"auto"``, or a device for each part by name; the draft
            stays on ``device``. Needs accelerate.

    Raises:
        FileNotFoundError: when a checkpoint is not where it was said to be, or the hub cannot be reached.
        ImportError: when ``device_map`` is given and accelerate is not installed.
        ValueError: when names do not go together, the two models do not share one vocabulary, a model cannot be decoded speculatively
            (recurrent layers, quantised weights …), or the pair does not fit the memory.
    """
    if (name is None) == (target is None):
        raise ValueError('expected either the name of a shipped pair or target=…, got both or neither; try load_pair("tiny")')
    if name is not None:
        target, draft = _shipped(name, draft)
    assert target is not None  # noqa: S101  the type checker cannot follow the two cases
    label = name or str(target)
    checkpoints = [find_checkpoint(target, f"{name}/target" if name else _label(target), native=device_map is None)]
    if draft is not None:
        checkpoints.append(find_checkpoint(draft, f"{name}/{Path(draft).name}" if name else _label(draft)))
    placement = place(device, dtype, checkpoints[0].config)
    text = Text(checkpoints[0].folder)
    for other in checkpoints[1:]:
        _check_vocabularies(text, checkpoints[0], other)
    placements = [placement, *(_place_draft(placement, dtype, draft_dtype, other) for other in checkpoints[1:])]
    check_fits([footprint(*each, context) for each in zip(checkpoints, placements, strict=True)], placement, spread=device_map is not None)
    for checkpoint in checkpoints:
        _say_what_limits(checkpoint, context)
    models = [checkpoint.load(where, context, spread) for checkpoint, where, spread in zip(checkpoints, placements, (device_map, None), strict=False)]
    return Pair(models[0], models[1] if draft is not None else None, text, placement, label)


def _place_draft(target: Placement, dtype: str, draft_dtype: str | None, draft: Checkpoint) -> Placement:
    """Beside the target; on a GPU ``auto`` is the target's type, for there no small type is slow."""
    wanted = draft_dtype or ("auto" if dtype == "auto" else None)
    if wanted is None or (wanted == "auto" and target.device.type != "cpu"):
        return target
    return place(str(target.device), wanted, draft.config, "draft")


def _say_what_limits(checkpoint: Checkpoint, context: int) -> None:
    config = checkpoint.config
    if config.limit and context > config.context:
        warnings.warn(
            f"expected room for {context} positions, {checkpoint.name!r} is run up to {config.context}: {config.limit}",
            UserWarning,
            stacklevel=3,
        )


def shipped_pairs() -> list[str]:
    """Names of the pairs that ship with the package."""
    return sorted(path.name for path in SHIPPED.iterdir() if (path / "target").is_dir())


def shipped_drafts(name: str) -> list[str]:
    """Names of the drafts of a shipped pair that read its target's vocabulary, the smallest first."""
    target = read_config(SHIPPED / name / "target")
    drafts = [path for path in (SHIPPED / name).glob("draft*") if path.is_dir() and read_config(path).vocab == target.vocab]
    return [path.name for path in sorted(drafts, key=lambda path: (path / "model.safetensors").stat().st_size)]


def _shipped(name: str, draft: str | Path | None) -> tuple[Path, Path]:
    folder = SHIPPED / name
    if not (folder / "target").is_dir():
        raise ValueError(
            f"expected the name of a shipped pair ({', '.join(shipped_pairs())}), got {name!r}; for your own models give target=… and draft=…"
        )
    drafts = sorted(path.name for path in folder.glob("draft*") if path.is_dir())
    chosen = DEFAULT_DRAFT if draft is None else str(draft)
    if chosen not in drafts:
        raise ValueError(f"expected one of the drafts of {name!r} ({', '.join(drafts)}), got {chosen!r}")
    return folder / "target", folder / chosen


def _label(source: str | Path) -> str:
    """A hub id as it is, a folder by its last name: a record never carries a path of this machine."""
    path = Path(source)
    return path.resolve().name if path.exists() else str(source)


def _check_vocabularies(text: Text, target: Checkpoint, draft: Checkpoint) -> None:
    if draft.folder.resolve() == target.folder.resolve():
        return
    ours, theirs = text.vocabulary(), Text(draft.folder).vocabulary()
    if ours == theirs:
        return
    differing = [token for token, index in ours.items() if theirs.get(token) != index]
    example = differing[0] if differing else next(token for token in theirs if token not in ours)
    raise ValueError(
        f"expected one vocabulary for both models, got {target.name!r} with {len(ours)} tokens and {draft.name!r} with {len(theirs)}; "
        f"{len(differing)} tokens differ, the first is {example!r} ({ours.get(example)} and {theirs.get(example)}); "
        "choose a draft of the target's family, or leave it out and take a method that needs none, as prompt-lookup"
    )
