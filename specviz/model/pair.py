"""A target and the draft that proposes for it, loaded and checked for each other."""

from __future__ import annotations

import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from specviz.errors import MissingFileError, UnexpectedValueError, WrongMomentError, shown
from specviz.kernels import quick
from specviz.kernels.remembered import busy
from specviz.model.checkpoint.asked import Asked
from specviz.model.config import read_config
from specviz.model.distribution.defaults import GenerationDefaults
from specviz.model.footprint import check_fits, footprint
from specviz.model.hardware import Placement, dtype_name
from specviz.model.holding import Holder, wait_for
from specviz.model.loader import Checkpoint, DeviceMap, Model
from specviz.model.text import Text

if TYPE_CHECKING:
    from transformers import PreTrainedModel

SHIPPED = Path(__file__).parent.parent / "zoo" / "weights"
DEFAULT_DRAFT = "draft-m"
"""The draft of a shipped pair unless another is asked for."""
DRAFT_MODEL = "draft model"
"""What a pair with a draft offers drafters that need one."""
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
        draft_text: the draft's tokenizer, where it has one of its own.
        defaults: what the target's generation_config.json asks for.
        lock: held by a run, since a model has one KV buffer.
    """

    target: Model
    draft: Model | None
    text: Text
    placement: Placement
    name: str
    draft_text: Text | None = None
    defaults: GenerationDefaults = field(default_factory=GenerationDefaults)
    lock: threading.Lock = field(default_factory=threading.Lock)
    _holder: Holder | None = field(default=None, init=False)

    @contextmanager
    def held(self, what: str = "a run") -> Iterator[Holder]:
        """Hold the pair for one run, ``what`` in words; other threads wait for their turn, and are told for whom when it takes long.

        Yields:
            Who holds it; whoever goes on with the run in another thread notes that in it.

        Raises:
            WrongMomentError: when this very thread holds it already: it would wait for itself for ever.
        """
        if self._holder is not None and self._holder.thread is threading.current_thread():
            raise WrongMomentError(
                "no open run of this pair in this thread", str(self._holder), "finish or close that stream first, or load a second pair"
            )
        wait_for(self.lock, lambda: self._holder)
        try:
            self._holder = holder = Holder(what)
            yield holder
        finally:
            self._holder = None
            self.lock.release()

    @property
    def target_path(self) -> Path | None:
        """Folder (or GGUF file) of the target's checkpoint; None for a model that was in memory already."""
        return self.target.folder

    @property
    def draft_path(self) -> Path | None:
        """Likewise of the draft's."""
        return self.draft.folder if self.draft else None

    @property
    def context(self) -> int:
        """Positions a run may fill, prompt included: the target's. Where the draft holds fewer, drafting ends before the run does."""
        return self.target.capacity

    @property
    def drafted_context(self) -> int:
        """Positions that both models hold: up to here a model may draft."""
        return min(self.context, self.draft.capacity) if self.draft else self.context

    @property
    def offers(self) -> frozenset[str]:
        """What this pair has for drafters that need something; see ``specviz.combinations``."""
        return frozenset({DRAFT_MODEL} if self.draft is not None else ())

    @property
    def end_tokens(self) -> tuple[int, ...]:
        """Ids that end a text."""
        return self.target.config.end_tokens

    def describe(self) -> str:
        """One line: models, sizes, whose pass they make, device, data type and why; what is not used on this machine, and whether it is busy."""
        models = [f"{model.name} ({model.parameters / 1e6:.1f} M, {model.how})" for model in (self.target, self.draft) if model is not None]
        own = f"; the draft in {dtype_name(self.draft.dtype)}" if self.draft and self.draft.dtype != self.placement.dtype else ""
        held = [(model.device, model.dtype) for model in (self.target, self.draft) if model is not None]
        short = _where_drafting_ends(self) if self.drafted_context < self.context else ""
        whole = f"{' + '.join(models)} on {self.placement.why}{own}"
        return "; ".join([whole, *filter(None, [short]), *quick.fallen(held), *filter(None, [busy()])])


def load_pair(
    name: str | None = None,
    *,
    target: str | Path | PreTrainedModel | None = None,
    draft: str | Path | PreTrainedModel | None = None,
    tokenizer: Any = None,  # noqa: ANN401  a tokenizer of any class, or where one lies
    adapter: str | Path | None = None,
    revision: str | None = None,
    subfolder: str | None = None,
    draft_revision: str | None = None,
    draft_subfolder: str | None = None,
    device: str | torch.device = "auto",
    dtype: str | torch.dtype = "auto",
    draft_dtype: str | torch.dtype | None = None,
    context: int | None = None,
    device_map: DeviceMap | None = None,
) -> Pair:
    """Load a target and its draft: with the native pass where it is implemented, else with that of transformers; ``pair.describe()`` says which.

    Args:
        name: a pair that ships with the package (``"tiny"``); no network is used.
        target: when no ``name`` is given: a folder in Hugging Face format, a GGUF file, a hub id, the folder of a LoRA adapter (its base is
            found by the name it carries), or a model of transformers that is in memory already. Such a model is used as it is, on its device
            and in its type, through transformers' own pass; nothing of it is changed, and it has to be in evaluation mode.
        draft: likewise; with a ``name``, another of that pair's drafts. May be left out for methods without a draft model.
        tokenizer: a tokenizer of transformers or tokenizers, or the folder, GGUF file or hub id it lies in, to be used instead of the target's
            own; needed where the target is a model in memory. A draft without a tokenizer of its own is taken to share it.
        adapter: a LoRA adapter to merge into the target, a folder or a hub id. Needs peft.
        revision: a branch, tag or commit of the target's hub id.
        subfolder: the folder in the target's repository, or in its folder, that holds the checkpoint.
        draft_revision: likewise for the draft.
        draft_subfolder: likewise for the draft.
        device: ``auto`` (cuda, else mps, else cpu) or a device's name.
        dtype: ``auto``, ``float32``, ``bfloat16`` or ``float16``, by name or as torch's; ``pair.placement.why`` says what was chosen and why.
        draft_dtype: the draft's, when it is to have its own: what is quick for the target need not be for a smaller model. ``auto`` is its
            quickest; None is the target's, unless ``dtype`` is ``auto``: then the draft is chosen for as well.
        context: positions to reserve memory for, prompt included; never more than a model was made for. None reserves 4096.
        device_map: spread the target over several devices, through transformers: ``"auto"``, or a device for each part by name; the draft
            stays on ``device``. Needs accelerate.

    Raises:
        FileNotFoundError: when a checkpoint is not where it was said to be, or the hub cannot be reached.
        ImportError: when ``device_map`` is given and accelerate is not installed, or an adapter and peft is not.
        ValueError: when names do not go together, the two models do not share one vocabulary, a model cannot be decoded speculatively
            (recurrent layers, quantised weights …), a file is broken, or the pair does not fit the memory.
        TypeError: when an argument is of another kind than said here.
    """
    asked = Asked.of(
        target=target, draft=draft, tokenizer=tokenizer, adapter=adapter, device=device, dtype=dtype, draft_dtype=draft_dtype,
        context=DEFAULT_CONTEXT if context is None else context, device_map=device_map, places=(revision, subfolder, draft_revision, draft_subfolder),
    )  # fmt: skip
    if (name is None) == (target is None):
        raise UnexpectedValueError("either the name of a shipped pair or target=…", "both or neither", 'try load_pair("tiny")')
    if name is not None:
        asked = asked.shipped(name, *_shipped(name, draft))
    checkpoints = asked.find()
    placement = asked.place(checkpoints[0])
    text = asked.text(checkpoints[0])
    own = [_check_vocabularies(text, checkpoints[0], other, may_share=tokenizer is not None) for other in checkpoints[1:]]
    placements = [placement, *(asked.place_draft(placement, other) for other in checkpoints[1:])]
    check_fits([footprint(*each, asked.context) for each in zip(checkpoints, placements, strict=True)], placement, spread=device_map is not None)
    for checkpoint in checkpoints:
        _say_what_limits(checkpoint, asked.context)
    spreads = (device_map, None)
    models = [checkpoint.load(where, asked.context, spread) for checkpoint, where, spread in zip(checkpoints, placements, spreads, strict=False)]
    pair = Pair(models[0], models[1] if len(models) > 1 else None, text, placement, asked.label, own[0] if own else None, checkpoints[0].defaults())
    if pair.drafted_context < pair.context:
        warnings.warn(_where_drafting_ends(pair), UserWarning, stacklevel=2)
    return pair


def _where_drafting_ends(pair: Pair) -> str:
    return f"the draft model holds {pair.drafted_context} positions of {pair.context}: behind them the target goes on without it"


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


def _shipped(name: str, draft: Any) -> tuple[Path, Path]:  # noqa: ANN401  whatever was passed
    if name not in shipped_pairs():
        do = "for your own models give target=… and draft=…"
        raise UnexpectedValueError(f"the name of a shipped pair ({', '.join(shipped_pairs())})", shown(name), do)
    drafts = sorted(path.name for path in (SHIPPED / name).glob("draft*") if path.is_dir())
    chosen = DEFAULT_DRAFT if draft is None else str(draft)
    if chosen not in drafts:
        raise UnexpectedValueError(f"one of the drafts of {name!r} ({', '.join(drafts)})", shown(chosen))
    return SHIPPED / name / "target", SHIPPED / name / chosen


def _check_vocabularies(text: Text, target: Checkpoint, draft: Checkpoint, *, may_share: bool) -> Text | None:
    """The draft's own tokenizer, found to agree; None where it has none, or the target's."""
    if draft.folder is None or (target.folder is not None and draft.folder.resolve() == target.folder.resolve()):
        return None
    try:
        theirs = Text(draft.tokenizer())
    except MissingFileError:
        if may_share:  # one was handed in for both
            return None
        raise
    differing = _first_difference(text.vocabulary(), theirs.vocabulary())
    if differing is None:
        return theirs
    raise UnexpectedValueError(
        "one vocabulary for both models",
        f"{target.name!r} with {len(text.vocabulary())} tokens and {draft.name!r} with {len(theirs.vocabulary())}; {differing}",
        "choose a draft of the target's family, or leave it out and take a method that needs none, as prompt-lookup",
    )


def _first_difference(ours: dict[str, int], theirs: dict[str, int]) -> str | None:
    if ours == theirs:
        return None
    differing = [token for token, index in ours.items() if theirs.get(token) != index]
    example = differing[0] if differing else next(token for token in theirs if token not in ours)
    return f"{len(differing)} tokens differ, the first is {example!r} ({ours.get(example)} and {theirs.get(example)})"
