"""Small random models, tokenizers and pairs, made on the spot: what the tests of model, engine and rules are run on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from torch import Tensor
from transformers import (
    AutoModelForCausalLM,
    CohereConfig,
    DeepseekV3Config,
    FalconConfig,
    Gemma2Config,
    Gemma3TextConfig,
    GemmaConfig,
    GPT2Config,
    GPTBigCodeConfig,
    GPTJConfig,
    GPTNeoConfig,
    GPTNeoXConfig,
    GptOssConfig,
    Llama4TextConfig,
    LlamaConfig,
    MistralConfig,
    MixtralConfig,
    Olmo2Config,
    OPTConfig,
    Phi3Config,
    PhiConfig,
    PretrainedConfig,
    PreTrainedModel,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen3Config,
    SmolLM3Config,
    StableLmConfig,
    Starcoder2Config,
    XGLMConfig,
)

from specviz.model.cache import KVCache
from specviz.model.loader import Model
from specviz.model.pair import SHIPPED, Pair, load_pair
from specviz.zoo.tokenizer import train_tokenizer

torch.set_num_threads(1)  # products this small only lose by being shared out

SMALL = {
    "vocab_size": 320,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 128,
    "tie_word_embeddings": False,
    "bos_token_id": None,
    "eos_token_id": None,
    "pad_token_id": None,
}
CONFIGS: dict[str, type[PretrainedConfig]] = {
    "llama": LlamaConfig,
    "mistral": MistralConfig,
    "qwen2": Qwen2Config,
    "qwen3": Qwen3Config,
    "smollm3": SmolLM3Config,
}
ADAPTED_CONFIGS: dict[str, type[PretrainedConfig]] = {
    "gpt2": GPT2Config,
    "gpt_neox": GPTNeoXConfig,
    "opt": OPTConfig,
    "gptj": GPTJConfig,
    "gpt_neo": GPTNeoConfig,
    "gpt_bigcode": GPTBigCodeConfig,
    "xglm": XGLMConfig,
    "phi": PhiConfig,
    "phi3": Phi3Config,
    "gemma": GemmaConfig,
    "gemma2": Gemma2Config,
    "gemma3": Gemma3TextConfig,
    "falcon": FalconConfig,
    "stablelm": StableLmConfig,
    "olmo2": Olmo2Config,
    "cohere": CohereConfig,
    "starcoder2": Starcoder2Config,
    "mixtral": MixtralConfig,
    "gpt_oss": GptOssConfig,
    "llama4": Llama4TextConfig,
    "deepseek_v3": DeepseekV3Config,
}
"""Families whose pass is that of transformers."""
FAMILY_EXTRAS: dict[str, dict[str, Any]] = {
    "mistral": {"sliding_window": None, "head_dim": 8},
    "qwen3": {"head_dim": 12},
    "smollm3": {"no_rope_layers": [1, 1], "use_sliding_window": False},
    "opt": {"ffn_dim": 48, "word_embed_proj_dim": 32, "pad_token_id": 1},
    "gptj": {"rotary_dim": 4},
    "gpt_neo": {"attention_types": [[["global", "local"], 1]], "window_size": 64},
    "xglm": {"ffn_dim": 48, "pad_token_id": 1},
    "gemma": {"head_dim": 8},
    "gemma2": {"head_dim": 8, "sliding_window": 64},
    "gemma3": {"head_dim": 8, "sliding_window": 64, "layer_types": ["sliding_attention", "full_attention"]},
    "falcon": {"alibi": False},
    "gpt_oss": {"head_dim": 8, "sliding_window": 64, "num_local_experts": 4},
    "llama4": {"head_dim": 8, "intermediate_size_mlp": 48, "num_local_experts": 2, "attention_chunk_size": 64},
    "deepseek_v3": {
        "num_key_value_heads": 4, "moe_intermediate_size": 16, "n_routed_experts": 4, "n_group": 1, "topk_group": 1, "num_experts_per_tok": 2,
        "first_k_dense_replace": 1, "q_lora_rank": 8, "kv_lora_rank": 8, "qk_rope_head_dim": 4, "qk_nope_head_dim": 4, "v_head_dim": 6,
    },
}  # fmt: skip
TEXTS = [
    "def add(first, second):\n    return first + second\n\n\nclass Point:\n    def __init__(self, x, y):\n        self.x = x\n",
    "The cat sat on the mat. The dog sat on the cat. Nobody sat on the dog, although the mat was free.\n",
    "for i in range(10):\n    print(i)\n    print(i + 1)\n",
]


@cache
def byte_tokenizer(vocab: int = 320) -> PreTrainedTokenizerFast:
    """A byte-level BPE of ``vocab`` tokens: any string has an encoding."""
    return train_tokenizer(TEXTS * 3, vocab, 128)


def letter_tokenizer(vocab: int) -> PreTrainedTokenizerFast:
    """Token i is the i-th letter; no token is special."""
    words = {chr(ord("a") + i): i for i in range(vocab)}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="a"))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer)


def random_model(family: str = "llama", seed: int = 0, spread: float = 0.3, **changes: Any) -> PreTrainedModel:
    """A transformers model of this family whose every weight is drawn, norms and biases too, so that none can be left out unseen."""
    config = (CONFIGS | ADAPTED_CONFIGS)[family](**{**SMALL, **FAMILY_EXTRAS.get(family, {}), **changes})
    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32).eval()
    with torch.no_grad():
        for name, weight in model.named_parameters():
            weight.copy_(torch.randn_like(weight) * spread + (1.0 if ("norm" in name or "ln_" in name) and "weight" in name else 0.0))
    return model


def noisy_copy(model: PreTrainedModel, noise: float, seed: int = 1) -> PreTrainedModel:
    """The same model with its weights shaken: a draft that agrees with it now and then."""
    copy = AutoModelForCausalLM.from_config(model.config, dtype=torch.float32).eval()
    copy.load_state_dict(model.state_dict())
    torch.manual_seed(seed)
    with torch.no_grad():
        for weight in copy.parameters():
            weight.add_(torch.randn_like(weight) * noise)
    return copy


def save(model: PreTrainedModel, folder: Path, tokenizer: PreTrainedTokenizerFast | None = None, **options: Any) -> Path:
    """Save model and tokenizer as anybody would; the tokenizer fits the vocabulary unless one is given."""
    model.save_pretrained(folder, **options)
    (tokenizer or byte_tokenizer(min(model.config.vocab_size, 320))).save_pretrained(folder)
    return folder


def load(target: Path, draft: Path | None = None, **options: Any) -> Pair:
    """A pair in float32 on the processor."""
    return load_pair(target=target, draft=draft, device="cpu", **{"dtype": "float32", **options})


@dataclass
class Bench:
    """Builds each model and pair once per test session; ``fresh`` folders are for tests that spoil them."""

    root: Path
    _count: int = 0

    def __post_init__(self) -> None:
        self._folders: dict[str, Path] = {}
        self._references: dict[str, PreTrainedModel] = {}

    def fresh(self) -> Path:
        """An empty folder of its own."""
        self._count += 1
        folder = self.root / f"made-{self._count}"
        folder.mkdir(parents=True)
        return folder

    def folder(self, name: str, make: Callable[[], PreTrainedModel], tokenizer: PreTrainedTokenizerFast | None = None) -> Path:
        """The folder of the model of this name, made when first asked for."""
        if name not in self._folders:
            self._references[name] = make()
            self._folders[name] = save(self._references[name], self.root / name, tokenizer)
        return self._folders[name]

    def reference(self, name: str) -> PreTrainedModel:
        """The transformers model behind :meth:`folder`."""
        return self._references[name]

    def family(self, family: str) -> Path:
        """The target of this family."""
        return self.folder(family, lambda: random_model(family))

    def pair(self, kind: str, family: str = "llama", **options: Any) -> Pair:
        """A pair of a kind: ``random`` (hardly ever agrees), ``close`` (agrees now and then) or ``self`` (always agrees)."""
        target = self.family(family)
        if kind == "random":
            draft = self.folder(
                f"{family}-random", lambda: random_model(family, seed=7, num_hidden_layers=1) if family != "smollm3" else random_model(family, 7)
            )
        elif kind == "close":
            draft = self.folder(f"{family}-close", lambda: noisy_copy(self.reference(family), 0.02))
        else:
            draft = target
        return load(target, draft, **options)


@pytest.fixture(scope="session")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    """Builds small models for this test session."""
    return Bench(tmp_path_factory.mktemp("models"))


def shipped_models() -> list[str]:
    """The folders of the models that ship."""
    return sorted(path.parent.name for path in (SHIPPED / "tiny").glob("*/config.json"))


def some_tokens(count: int, seed: int = 0, vocab: int = 320) -> list[int]:
    """Token ids drawn evenly."""
    return [int(t) for t in np.random.default_rng(seed).integers(0, vocab, count)]


@torch.no_grad()
def reference_logits(model: PreTrainedModel, tokens: list[int]) -> Tensor:
    """What transformers says after every one of ``tokens``: float32[n, V]."""
    return model(torch.tensor([tokens])).logits[0].float()


@torch.no_grad()
def reference_greedy(model: PreTrainedModel, prompt: list[int], count: int, end: int | None = None) -> list[int]:
    """The ``count`` tokens transformers' own greedy decoding appends."""
    ids = torch.tensor([prompt])
    out = model.generate(ids, attention_mask=torch.ones_like(ids), do_sample=False, max_new_tokens=count, eos_token_id=end, pad_token_id=0)
    return [int(t) for t in out[0, len(prompt) :]]


def fresh_cache(model: Model, tokens: list[int]) -> KVCache:
    """The cache after reading ``tokens`` in one go; the model's own cache is not touched."""
    cache = KVCache(model.config, model.capacity, model.device, torch.float32)
    if tokens:
        model.transformer.forward(torch.tensor(tokens), cache)
    return cache


def fresh_logits(model: Model, tokens: list[int]) -> Tensor:
    """Logits after every one of ``tokens``, read in one go beside the model's own cache: float32[n, V]."""
    return model.transformer.forward(torch.tensor(tokens), KVCache(model.config, model.capacity, model.device, torch.float32))


class TokenCache:
    """Remembers which token lies in which slot, and nothing else: the cache of a model whose passes are looked up."""

    def __init__(self) -> None:
        self.tokens: list[int] = []

    @property
    def length(self) -> int:
        return len(self.tokens)

    def keep(self, start: int, path: Sequence[int]) -> None:
        self.tokens = self.tokens[:start] + [self.tokens[start + slot] for slot in path]

    def rollback(self, length: int) -> None:
        assert 0 <= length <= len(self.tokens)
        self.tokens = self.tokens[:length]
