"""What transformers itself makes of logits: its own list of processors, in its own order, for one path."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor
from transformers import GenerationConfig, LlamaConfig, LlamaForCausalLM, LogitsProcessorList

from tests.helpers import SMALL

_ANY_MODEL = LlamaForCausalLM(LlamaConfig(**{**SMALL, "num_hidden_layers": 1}))
"""Only its list of processors is asked for."""


def processors(prompt_length: int, max_new_tokens: int, ends: Sequence[int], handed_in: Sequence[Any] = (), **options: Any) -> LogitsProcessorList:
    """The list that ``generate`` would make; warpers are part of it with ``do_sample=True``."""
    if "sequence_bias" in options:
        options["sequence_bias"] = [[list(ids), bias] for ids, bias in options["sequence_bias"].items()]
    if "min_new_tokens" in options:  # as generate does: it overrules the other
        options["min_length"] = prompt_length + options["min_new_tokens"]
    config = GenerationConfig(max_length=prompt_length + max_new_tokens, **options)
    config._eos_token_tensor = torch.tensor(ends) if ends else None
    return _ANY_MODEL._get_logits_processor(config, prompt_length, logits_processor=LogitsProcessorList(handed_in), device="cpu", model_kwargs={})


def scores(logits: Tensor, path: Sequence[int], made: LogitsProcessorList) -> Tensor:
    """One row of logits float[V] after this path, processed."""
    return made(torch.tensor([list(path)]), logits.clone().unsqueeze(0))[0]
