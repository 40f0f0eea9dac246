"""Any other causal model of ``transformers``, from the outside like the native one: its pass, with our positions, our mask and our memory."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from functools import partial
from typing import Any, cast

import torch
from torch import Tensor
from transformers.cache_utils import Cache, CacheLayerMixin

from specviz.model.attention import bias_over
from specviz.model.cache import KVCache
from specviz.model.checkpoint.weights import StateWeights
from specviz.model.hardware import Placement
from specviz.model.loader import SPREAD, Checkpoint, Model
from specviz.model.trial import check_pass


class AdaptedModel(Model):
    """A model whose pass is that of ``transformers``; checked on a few tokens before it is handed out (:func:`check_pass`)."""

    is_native = False

    def __init__(self, checkpoint: Checkpoint, model: Any, placement: Placement, context: int) -> None:  # noqa: ANN401  a model of any class
        """Take a model of transformers as it is, on the device and in the type of ``placement``.

        Raises:
            UnsupportedModelError: when a pass through the memory or over a tree is not exact.
        """
        self.folder, self.name, self.config = checkpoint.folder, checkpoint.name, checkpoint.config
        self.capacity = min(context, self.config.context)
        self.device = placement.device
        self._model = model
        self._weights = checkpoint.weights or StateWeights(model.state_dict())
        self._cuts_rows = "logits_to_keep" in inspect.signature(self._model.forward).parameters
        self._dtype = placement.dtype
        self.cache: AdaptedCache = self.new_cache(self.capacity)
        self.how = f"through transformers: {checkpoint.why_adapted}"
        places = sorted({str(place) for place in (getattr(model, "hf_device_map", None) or {}).values()})
        if checkpoint.why_adapted == SPREAD or len(places) > 1:
            self.how += f" over {', '.join(places or [str(model.device)])}"
        check_pass(self)

    @torch.inference_mode()
    def score(self, tokens: list[int], positions: list[int] | None = None, mask: Tensor | None = None, rows: int | None = None) -> Tensor:
        """Run ``tokens`` after the cached text; logits of the last ``rows``, float32[r, V]. See :meth:`Transformer.forward`."""
        n, prefix = len(tokens), self.cache.length
        self.cache.reserve(n)
        where = range(prefix, prefix + n) if positions is None else positions
        seen = bias_over(mask, n, prefix, self.dtype, self.device)
        wanted = {"logits_to_keep": rows} if rows and self._cuts_rows else {}
        logits: Tensor = self._model(
            input_ids=torch.tensor([tokens], device=self.device),
            position_ids=torch.tensor([list(where)], device=self.device),
            attention_mask=seen[None, None],  # 4-D and made of numbers: both eager attention and sdpa take it as it is
            past_key_values=self.cache.layers,
            use_cache=True,
            **wanted,
        ).logits[0]
        self.cache.advance(n)
        logits = logits if rows is None else logits[logits.shape[0] - rows :]
        return logits.to(self.device).float()

    @torch.inference_mode()
    def read_plainly(self, tokens: list[int]) -> Tensor:
        """Logits after every token as ``transformers`` gives them unasked, with no memory, mask or position of ours: float32[n, V]."""
        logits: Tensor = self._model(input_ids=torch.tensor([tokens], device=self.device), use_cache=False).logits[0]
        return logits.to(self.device).float()

    @property
    def dtype(self) -> torch.dtype:
        """The type of the weights, and of what is remembered."""
        return self._dtype

    def new_cache(self, capacity: int) -> AdaptedCache:
        """An empty memory for another text."""
        return AdaptedCache(capacity, self._dtype)

    @property
    def parameters(self) -> int:
        """Number of weights, shared ones counted once."""
        return sum(weight.numel() for weight in self._model.parameters())


class AdaptedCache(KVCache):
    """Keys and values in one buffer a layer, made when the layer first has some: layers may differ in shape and device."""

    def __init__(self, capacity: int, dtype: torch.dtype) -> None:
        self.capacity = capacity
        self.length = 0
        self.dtype = dtype
        self.layers = Cache(
            layer_class_to_replicate=partial(_Slots, self)  # type: ignore[arg-type]  # called without arguments, as a class would be
        )

    @torch.inference_mode()  # as the pass that made the buffers
    def _gather(self, start: int, path: Sequence[int]) -> None:
        for layer in cast("list[_Slots]", self.layers.layers):
            layer.gather(start, path)


class _Slots(CacheLayerMixin):
    """One layer's part of the memory, as ``transformers`` asks for it; tensors [1, H_kv, positions, head_width]."""

    is_sliding = False

    def __init__(self, cache: AdaptedCache) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._cache = cache

    def lazy_initialization(self, key_states: Tensor, value_states: Tensor) -> None:
        self.keys, self.values = (new.new_zeros(*new.shape[:-2], self._cache.capacity, new.shape[-1]) for new in (key_states, value_states))
        self.is_initialized = True

    def update(self, key_states: Tensor, value_states: Tensor, *_: Any, **__: Any) -> tuple[Tensor, Tensor]:  # noqa: ANN401  some models send more
        if not self.is_initialized:
            self.lazy_initialization(key_states, value_states)
        start = self._cache.length  # moves when the pass is over
        end = start + key_states.shape[-2]
        keys, values = self._buffers()
        keys[..., start:end, :] = key_states
        values[..., start:end, :] = value_states
        return keys[..., :end, :], values[..., :end, :]

    def gather(self, start: int, path: Sequence[int]) -> None:
        """Move the slots ``start + path[j]`` to ``start + j``."""
        for buffer in self._buffers() if self.is_initialized else ():
            slots = torch.tensor(path, device=buffer.device) + start
            buffer[..., start : start + len(path), :] = buffer[..., slots, :]

    def get_mask_sizes(self, query_length: int) -> tuple[int, int]:
        return self._cache.length + query_length, 0

    def get_seq_length(self) -> int:
        return self._cache.length

    def get_max_length(self) -> int:
        return -1  # transformers' word for: grows as needed; our own bound is kept by KVCache.reserve

    def _buffers(self) -> tuple[Tensor, Tensor]:
        assert self.keys is not None and self.values is not None  # noqa: S101, PT018  made before they are asked for
        return self.keys, self.values
