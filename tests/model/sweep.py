"""Every causal language model of transformers, small and random: greedy text through specviz equals transformers' own, or the model is refused.

``make sweep`` runs all families and prints a line for each; ``test_sweep.py`` runs a sample of them.
"""

from __future__ import annotations

import gc
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import torch
import transformers
from transformers import AutoModelForCausalLM, PretrainedConfig, PreTrainedModel
from transformers.models.auto.modeling_auto import MODEL_FOR_CAUSAL_LM_MAPPING

import specviz as sv
from specviz.model.config import UnsupportedModelError
from tests.helpers import FAMILY_EXTRAS, load, noisy_copy, reference_greedy, save, some_tokens

METHODS = ("autoregressive", "chain", "prompt-lookup", "eagle-2:nodes=8")
PROMPT = some_tokens(6) * 2  # repeats itself, so that there is something to copy
NEW_TOKENS = 20
LARGEST = 3_000_000
"""Weights of a model that is worth drawing; a family whose size our names do not reach is left out, and said."""

SHRUNK: dict[str, Any] = {
    **dict.fromkeys(("hidden_size", "n_embd", "d_model", "dim", "emb_dim", "word_embed_proj_dim"), 32),
    **dict.fromkeys(("intermediate_size", "ffn_dim", "n_inner", "ffn_hidden_size", "d_ff", "dim_ff", "intermediate_size_mlp", "ffn_embed_dim"), 48),
    **dict.fromkeys(("moe_intermediate_size", "shared_expert_intermediate_size", "expert_ffn_hidden_size", "moe_ffn_hidden_size"), 16),
    **dict.fromkeys(("num_hidden_layers", "n_layer", "num_layers", "n_layers", "decoder_layers"), 2),
    **dict.fromkeys(("num_attention_heads", "n_head", "n_heads", "num_heads", "decoder_attention_heads"), 4),
    **dict.fromkeys(("num_key_value_heads", "num_kv_heads"), 2),
    **dict.fromkeys(("vocab_size",), 320),
    **dict.fromkeys(("max_position_embeddings", "n_positions", "n_ctx", "max_seq_len", "max_sequence_length"), 128),
    **dict.fromkeys(("num_experts", "num_local_experts", "n_routed_experts", "moe_num_experts"), 4),
    **dict.fromkeys(("num_experts_per_tok", "num_experts_per_token", "moe_topk", "moe_k"), 2),
    **dict.fromkeys(("n_group", "topk_group", "first_k_dense_replace"), 1),
    **dict.fromkeys(("q_lora_rank", "kv_lora_rank"), 8),
    **dict.fromkeys(("qk_rope_head_dim", "qk_nope_head_dim"), 4),
    **dict.fromkeys(("head_dim", "v_head_dim", "attention_head_dim"), 8),
    "rotary_dim": 4,
    "sliding_window": 64,
    "tie_word_embeddings": False,
    "bos_token_id": None,
    "eos_token_id": None,
    "pad_token_id": None,
}
"""Sizes by the names that families give them; each config takes those it knows."""
EXTRAS: dict[str, dict[str, Any]] = {
    **FAMILY_EXTRAS,
    "gpt_neo": {**FAMILY_EXTRAS["gpt_neo"], "num_layers": 2},
    **{
        name: {"pad_token_id": 1}
        for name in ("camembert", "data2vec-text", "roberta", "roberta-prelayernorm", "xlm-roberta", "xlm-roberta-xl", "xmod")
    },
    "modernbert-decoder": {"pad_token_id": 0, "bos_token_id": 0, "eos_token_id": 0},
    "cwm": {"bos_token_id": 0, "eos_token_id": 0},
    "dots1": {"n_shared_experts": 1},
}


@dataclass(frozen=True)
class Outcome:
    """What became of a family: ``native`` or ``adapted`` (all texts equal), ``refused`` in words, ``unmade`` (no small model of it), ``WRONG``."""

    family: str
    kind: str
    why: str = ""


def families() -> list[str]:
    """Names of all causal language models that the installed transformers has."""
    return sorted({config.model_type for config in MODEL_FOR_CAUSAL_LM_MAPPING})


def outcome(family: str, folder: Path) -> Outcome:
    """Make the family's small model, decode with every method, compare."""
    try:
        model = small_model(family)
    except Exception as error:  # noqa: BLE001  some families need sizes that fit each other, an image encoder, a kernel: they are counted, and named
        return Outcome(family, "unmade", f"{type(error).__name__}: {error}".splitlines()[0][:110])
    try:
        target, draft = save(model, folder / "target"), save(noisy_copy(model, 0.02), folder / "draft")
    except Exception as error:  # noqa: BLE001
        return Outcome(family, "unmade", f"cannot be saved: {type(error).__name__}: {error}".splitlines()[0][:110])
    try:
        pair = load(target, draft)
    except UnsupportedModelError as error:
        return Outcome(family, "refused", str(error))
    expected = reference_greedy(model, PROMPT, NEW_TOKENS)
    for method in METHODS:
        found = sv.generate(pair, PROMPT, method, max_new_tokens=NEW_TOKENS, detail="light").tokens
        if found != expected:
            place = next(i for i, (one, other) in enumerate(zip(found, expected, strict=False)) if one != other)
            return Outcome(family, "WRONG", f"{method} leaves transformers' text at token {place}")
    return Outcome(family, "native" if pair.target.is_native else "adapted")


def small_model(family: str) -> PreTrainedModel:
    """A model of the family with every weight drawn."""
    config = small_config(family)
    with torch.device("meta"):
        size = sum(weight.numel() for weight in AutoModelForCausalLM.from_config(config).parameters())
    if size > LARGEST:
        raise ValueError(f"{size / 1e6:.0f} M weights")
    torch.manual_seed(0)
    model: PreTrainedModel = AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            is_scale = ("norm" in name or "ln_" in name) and "weight" in name
            weight.copy_(torch.randn_like(weight) * 0.3 + (1.0 if is_scale else 0.0))
    return model


def small_config(family: str) -> PretrainedConfig:
    """The family's config with small sizes."""
    kind = next(config for config in MODEL_FOR_CAUSAL_LM_MAPPING if config.model_type == family)
    known = set(kind().to_dict()) | set(getattr(kind, "attribute_map", {}))
    changes = {name: value for name, value in SHRUNK.items() if name in known}
    if "kv_lora_rank" in known:  # keys of all heads come from one compressed vector, and a head is as wide as its two parts
        changes = {name: value for name, value in changes.items() if name != "head_dim"} | {"num_key_value_heads": 4}
    if "is_decoder" in known:
        changes["is_decoder"] = True
    return kind(**{**changes, **EXTRAS.get(family, {})})


def main() -> int:
    """Run all families, or those named; exit 1 when a text differed or something raised what is no refusal."""
    transformers.logging.set_verbosity_error()
    counts: Counter[str] = Counter()
    for family in sys.argv[1:] or families():
        with TemporaryDirectory() as folder:
            try:
                found = outcome(family, Path(folder))
            except Exception as error:  # noqa: BLE001  whatever comes raw is a finding
                found = Outcome(family, "RAISED", f"{type(error).__name__}: {error}".splitlines()[0][:200])
        counts[found.kind] += 1
        print(f"{found.kind:8} {found.family:28} {found.why[:200]}", flush=True)
        gc.collect()
    print(", ".join(f"{count} {kind}" for kind, count in counts.most_common()))
    return int(bool(counts["WRONG"] or counts["RAISED"]))


if __name__ == "__main__":
    sys.exit(main())
