"""Any other causal model of ``transformers``, from the outside like the native one: its pass, with our positions, our mask and our memory."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Any, cast

import torch
import transformers
from torch import Tensor
from transformers import AutoConfig, AutoModelForCausalLM, PretrainedConfig
from transformers.cache_utils import Cache, CacheLayerMixin
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING

from specviz.model.attention import bias_over
from specviz.model.cache import KVCache
from specviz.model.config import ModelConfig, UnsupportedModelError, end_tokens, read_json, window_limit
from specviz.model.hardware import Placement
from specviz.model.loader import Checkpoint, DeviceMap, Model
from specviz.model.trial import check_pass

_ATTENTION = {"full_attention", "sliding_attention", "chunked_attention"}
"""Kinds of layers that remember every position by itself, so that some can be forgotten; all others carry a state that cannot be taken back."""


class AdaptedModel(Model):
    """A model whose pass is that of ``transformers``; checked on a few tokens before it is handed out (:func:`check_pass`)."""

    is_native = False

    def __init__(self, checkpoint: Checkpoint, placement: Placement, context: int, device_map: DeviceMap | None = None) -> None:
        """Read the weights, safetensors only.

        Raises:
            ImportError: when ``device_map`` is given and accelerate is not installed.
            UnsupportedModelError: when weights are missing, or a pass through the memory or over a tree is not exact.
        """
        self.folder, self.name, self.config = checkpoint.folder, checkpoint.name, checkpoint.config
        self.capacity = min(context, self.config.context)
        self.device = placement.device
        self._model = _read_weights(self.folder, placement, device_map)
        self._cuts_rows = "logits_to_keep" in inspect.signature(self._model.forward).parameters
        self._dtype = placement.dtype
        self.cache: AdaptedCache = self.new_cache(self.capacity)
        self.how = f"through transformers: {checkpoint.why_adapted}"
        if device_map is not None:
            places: dict[str, Any] = getattr(self._model, "hf_device_map", {"": self._model.device})
            self.how += f" over {', '.join(sorted({str(place) for place in places.values()}))}"
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


def read_any_config(folder: Path) -> ModelConfig:
    """The shape of a checkpoint that ``transformers`` knows.

    Raises:
        UnsupportedModelError: when it does not know it, or its memory cannot be rolled back, or it cannot be told positions.
    """
    raw = read_json(folder)
    try:
        whole = AutoConfig.from_pretrained(folder, trust_remote_code=False, local_files_only=True)
    except (ValueError, KeyError, AttributeError) as error:
        raise UnsupportedModelError(
            f"expected a model_type that transformers {transformers.__version__} knows in {folder.name!r}, got {raw.get('model_type')!r}; "
            "code that comes with a checkpoint is never run; take a newer transformers or another model"
        ) from error
    text = whole.get_text_config(decoder=True)
    _refuse_what_cannot_roll_back(whole, text, folder)
    heads = text.num_attention_heads
    context, limit = _context(text, folder)
    return ModelConfig(
        family=whole.model_type,
        vocab=text.vocab_size,
        width=text.hidden_size,
        hidden=_first(text, "intermediate_size", "ffn_dim", "ffn_hidden_size", "n_inner") or 4 * text.hidden_size,
        layers=text.num_hidden_layers,
        heads=heads,
        kv_heads=_kv_heads(text),
        head_width=_first(text, "qk_head_dim", "head_dim") or text.hidden_size // heads,
        context=context,
        norm_eps=_first(text, "rms_norm_eps", "layer_norm_eps", "layer_norm_epsilon") or 0.0,
        tied_head=bool(getattr(text, "tie_word_embeddings", False)),
        end_tokens=end_tokens(getattr(text, "eos_token_id", None), folder),
        limit=limit,
    )


def _first(config: PretrainedConfig, *names: str) -> Any:  # noqa: ANN401  sizes and small numbers
    """The first of these settings that is there and not empty."""
    return next((value for value in (getattr(config, name, None) for name in names) if value), None)


def _kv_heads(config: PretrainedConfig) -> int:
    """Heads whose keys are remembered: one where a family says so in words; Falcon's newer form copies its few to all before it remembers them."""
    if getattr(config, "new_decoder_architecture", False):
        return int(config.num_attention_heads)
    if getattr(config, "multi_query", False):
        return 1
    return int(_first(config, "num_key_value_heads", "num_kv_heads") or config.num_attention_heads)


def _refuse_what_cannot_roll_back(whole: PretrainedConfig, text: PretrainedConfig, folder: Path) -> None:
    kind: Any = MODEL_FOR_CAUSAL_LM_MAPPING.get(type(whole), None)
    states = sorted({str(layer) for layer in getattr(text, "layer_types", None) or ()} - _ATTENTION)
    if whole.is_encoder_decoder:
        wrong = "an encoder and a decoder", "a decoder alone continues a text"
    elif kind is None:
        wrong = "no causal head in transformers", "speculative decoding continues a text"
    elif states or getattr(kind, "_is_stateful", False):
        wrong = f"recurrent layers ({', '.join(states) or 'a state'})", "their state cannot be taken back when a drafted token is refused"
    elif getattr(text, "alibi", False) or "position_ids" not in inspect.signature(kind.forward).parameters:
        wrong = "positions taken from the place in memory", "in a draft tree several tokens share a position"
    else:
        return
    raise UnsupportedModelError(
        f"expected a causal model that remembers by attention alone in {folder.name!r}, got model_type {whole.model_type!r} with {wrong[0]}; "
        f"{wrong[1]}; choose another model"
    )


def _context(config: PretrainedConfig, folder: Path) -> tuple[int, str]:
    """How many positions a model may fill, and what limits it below those it was made for."""
    made_for = _first(config, "max_position_embeddings")
    if made_for is None:
        raise UnsupportedModelError(f"expected max_position_embeddings in config.json of {folder.name!r}, found none; choose another model")
    limits = {size: window_limit(name, size) for name, size in _windows(config).items()}
    for rope in _ropes(config):
        if rope.get("rope_type") in {"dynamic", "longrope"} and rope.get("original_max_position_embeddings"):
            size = int(rope["original_max_position_embeddings"])
            limits[size] = f"its {rope['rope_type']} positions, which past {size} turn what is remembered already"
    least = min(limits, default=made_for)
    return (least, limits[least]) if least < made_for else (made_for, "")


def _windows(config: PretrainedConfig) -> dict[str, int]:
    """Settings that limit how far a layer looks back; each family has its own name for it."""
    sizes = {name: value for name, value in config.to_dict().items() if "window" in name or "attention_chunk" in name}
    return {name: size for name, size in sizes.items() if type(size) is int and size > 0 and "layer" not in name and "pattern" not in name}


def _ropes(config: PretrainedConfig) -> list[dict[str, Any]]:
    """The rotary settings; some families have one set for each kind of layer."""
    rope = getattr(config, "rope_parameters", None) or {}
    nested = [part for part in rope.values() if isinstance(part, dict)]
    return nested or [rope]


def _read_weights(folder: Path, placement: Placement, device_map: DeviceMap | None) -> Any:  # noqa: ANN401  transformers' classes share no useful type
    if device_map is not None and find_spec("accelerate") is None:
        raise ImportError(
            f"expected the package accelerate for device_map={device_map!r}, found none; pip install accelerate, or leave device_map out"
        )
    # asked for nothing, transformers takes sdpa, or eager attention for families that need it: both take our mask as it is
    loaded: Any = AutoModelForCausalLM.from_pretrained(
        folder,
        dtype=placement.dtype,
        device_map=device_map,
        use_safetensors=True,
        trust_remote_code=False,
        local_files_only=True,
        output_loading_info=True,
    )
    model, info = loaded
    missing = sorted(info["missing_keys"]) + sorted(str(key) for key in info.get("mismatched_keys", ()))
    if missing:
        raise UnsupportedModelError(
            f"expected all weights of {folder.name!r}, {len(missing)} are missing or of another shape ({', '.join(missing[:3])}); "
            "config.json does not fit the weights, or the download is not complete"
        )
    return (model if device_map is not None else model.to(placement.device)).eval()
