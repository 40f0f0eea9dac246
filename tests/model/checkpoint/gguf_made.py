"""GGUF files made on the spot from small random models, as llama.cpp's converter writes them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import gguf
import numpy as np
from gguf import GGMLQuantizationType as Kind
from transformers import PreTrainedModel, PreTrainedTokenizerFast

from tests.helpers import byte_tokenizer, random_model

PARTS = {
    "input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm",
    "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
}  # fmt: skip
WHOLE = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}
CHAT = (
    "{% for message in messages %}[{{ message['role'] }}] {{ message['content'] }}\n{% endfor %}{% if add_generation_prompt %}[assistant] {% endif %}"
)


def wide_model(family: str, seed: int = 3, **changes: Any) -> PreTrainedModel:
    """Rows of 256 numbers, which every quantisation can put in blocks."""
    sizes = {"hidden_size": 256, "intermediate_size": 256, "num_attention_heads": 4, "num_key_value_heads": 2, "num_hidden_layers": 2}
    return random_model(family, seed, spread=0.06, **{**sizes, "head_dim": 128 if family == "qwen3" else 64, "eos_token_id": 5, **changes})


def name_in_gguf(name: str) -> str:
    base, _, kind = name.rpartition(".")
    if base in WHOLE:
        return f"{WHOLE[base]}.{kind}"
    _, _, number, part = base.split(".", 3)
    return f"blk.{number}.{PARTS[part]}.{kind}"


def in_pairs(rows: np.ndarray, heads: int) -> np.ndarray:
    """As llama.cpp stores queries and keys of Llama: the two halves of each head one row by one."""
    return rows.reshape(heads, 2, rows.shape[0] // heads // 2, *rows.shape[1:]).swapaxes(1, 2).reshape(rows.shape)


def blocks(rows: np.ndarray, kind: Kind, seed: int) -> np.ndarray:
    """The rows in this quantisation; where the package only reads it, random codes with scales that make numbers of about their size."""
    try:
        return gguf.quants.quantize(rows, kind)
    except NotImplementedError:
        items, width = gguf.GGML_QUANT_SIZES[kind]
        drawn = np.random.default_rng(seed).integers(0, 256, (rows.size // items, width), dtype=np.uint8)
        scale = np.full((len(drawn), 1), 1e-4, np.float16).view(np.uint8)
        places = {Kind.Q4_K: (0, 2), Kind.Q5_K: (0, 2), Kind.Q6_K: (208,), Kind.Q2_K: (80, 82), Kind.Q3_K: (108,)}[kind]
        for place in places:
            drawn[:, place : place + 2] = scale
        return drawn.reshape(*rows.shape[:-1], -1)


def make_gguf(
    path: Path,
    model: PreTrainedModel,
    kind: Kind = Kind.F32,
    tokenizer: PreTrainedTokenizerFast | None = None,
    pre: str = "gpt-2",
    rope_freqs: list[float] | None = None,
    **more: Any,
) -> Path:
    """Write a model; ``more`` are further settings by their whole names, None for one that is left out."""
    c, family = model.config, model.config.model_type
    arch = "llama" if family == "mistral" else family
    rope = {"rope.dimension_count": c.head_dim} if arch == "llama" else {"attention.key_length": getattr(c, "head_dim", 64)}
    sizes = {
        "context_length": c.max_position_embeddings, "embedding_length": c.hidden_size, "block_count": c.num_hidden_layers,
        "feed_forward_length": c.intermediate_size, "attention.head_count": c.num_attention_heads, "attention.head_count_kv": c.num_key_value_heads,
    }  # fmt: skip
    settings = {f"{arch}.{key}": value for key, value in (sizes | rope).items()}
    settings |= {f"{arch}.attention.layer_norm_rms_epsilon": c.rms_norm_eps, f"{arch}.rope.freq_base": float(c.rope_parameters["rope_theta"])}
    writer = gguf.GGUFWriter(path, more.pop("general.architecture", arch))
    writer.add_name("made on the spot")
    for key, value in ({**settings, **tokens_of(tokenizer or byte_tokenizer(), pre, c.vocab_size), **more}).items():
        put(writer, key, value)
    for number, (name, tensor) in enumerate(model.state_dict().items()):
        if name == "lm_head.weight" and c.tie_word_embeddings:
            continue
        rows = tensor.numpy()
        if arch == "llama" and ("q_proj" in name or "k_proj" in name):
            rows = in_pairs(rows, c.num_attention_heads if "q_proj" in name else c.num_key_value_heads)
        is_plain = tensor.ndim == 1 or kind == Kind.F32
        writer.add_tensor(name_in_gguf(name), *((np.ascontiguousarray(rows),) if is_plain else (blocks(np.ascontiguousarray(rows), kind, number),)),
                          raw_dtype=None if is_plain else kind)  # fmt: skip
    if rope_freqs is not None:
        writer.add_tensor("rope_freqs.weight", np.array(rope_freqs, np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


def tokens_of(tokenizer: PreTrainedTokenizerFast, pre: str, vocab: int) -> dict[str, Any]:
    """A byte-level tokenizer as GGUF has it, padded to the model's vocabulary."""
    model = json.loads(tokenizer.backend_tokenizer.to_str())["model"]
    tokens = sorted(tokenizer.get_vocab(), key=tokenizer.get_vocab().get)
    special = set(tokenizer.all_special_tokens)
    tokens += [f"[PAD{index}]" for index in range(len(tokens), vocab)]
    merges = [" ".join(merge) if isinstance(merge, list) else merge for merge in model["merges"]]
    return {
        "tokenizer.ggml.model": "gpt2",
        "tokenizer.ggml.pre": pre,
        "tokenizer.ggml.tokens": tokens,
        "tokenizer.ggml.token_type": [3 if token in special else 1 for token in tokens],
        "tokenizer.ggml.merges": merges,
        "tokenizer.ggml.eos_token_id": 5,
        "tokenizer.ggml.bos_token_id": 5,
        "tokenizer.ggml.add_bos_token": False,
        "tokenizer.chat_template": CHAT,
    }


def put(writer: gguf.GGUFWriter, key: str, value: Any) -> None:
    """One setting in the type that its kind of value has."""
    if value is None:
        return
    if isinstance(value, bool):
        writer.add_bool(key, value)
    elif isinstance(value, int):
        writer.add_uint32(key, value)
    elif isinstance(value, float):
        writer.add_float32(key, value)
    elif isinstance(value, str):
        writer.add_string(key, value)
    else:
        writer.add_array(key, value)
