"""The same random weights in ``transformers``: its plain and assisted decoding beside ours, whole calls, prompt included.

By construction the draft agrees with the target always (see ``shapes_models.py``), for them and for us: an oracle cannot be handed to
assisted generation, so both are compared where everything is accepted and a cycle brings the same number of tokens.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import torch

from specviz.bench.measure import Task, interleave, ratio, unrecorded
from specviz.bench.peers import Transformers
from specviz.bench.shapes_models import RandomModel
from specviz.engine.settings import RunSettings
from specviz.errors import UnexpectedTypeError
from specviz.methods import METHODS
from specviz.model.loader import Model
from specviz.model.pair import Pair

ACCEPTED = "everything drafted is accepted, for both engines alike: these models were made to agree"


def beside_transformers(pair: Pair, prompt: list[int], gamma: int, new_tokens: int, rounds: int) -> dict[str, Any]:
    """Tokens per second of both engines with the same weights, plain and with drafts of ``gamma`` tokens; takes memory for a second copy of them."""
    settings = RunSettings(max_new_tokens=new_tokens)
    theirs = Transformers(twin(pair.target), twin(pair.draft) if pair.draft else None, pair.target.device, new_tokens)
    tasks: dict[str, Task] = {"plain": unrecorded(pair, METHODS["autoregressive"], settings), "transformers plain": theirs.plain}
    compared = {"plain / transformers plain": ("plain", "transformers plain")}
    if pair.draft:
        tasks["chain"] = unrecorded(pair, replace(METHODS["chain"], gamma=gamma), settings)
        tasks["transformers assisted"] = theirs.assisted(gamma, "constant", 0.0)
        compared["chain / transformers assisted"] = ("chain", "transformers assisted")
    timings = interleave(tasks, [prompt], rounds)
    return {
        "acceptance": ACCEPTED,
        "gamma": gamma,
        "context": len(prompt),
        "tokens_per_second": {name: round(timing.tokens_per_second, 1) for name, timing in timings.items()},
        "same_text": {name: timing.tokens == timings["plain"].tokens for name, timing in timings.items()},
        "times_faster": {name: ratio(timings[ours], timings[other]) for name, (ours, other) in compared.items()},
    }


def twin(model: Model) -> Any:  # noqa: ANN401  a model of transformers
    """The same shape and the same weights in ``transformers``."""
    from transformers import AutoConfig, AutoModelForCausalLM

    if not isinstance(model, RandomModel):
        raise UnexpectedTypeError("a model with random weights", repr(model.name))
    c, dtype = model.config, model.transformer.dtype
    config = AutoConfig.for_model(
        c.family,
        vocab_size=c.vocab,
        hidden_size=c.width,
        intermediate_size=c.hidden,
        num_hidden_layers=c.layers,
        num_attention_heads=c.heads,
        num_key_value_heads=c.kv_heads,
        head_dim=c.head_width,
        max_position_embeddings=c.context,
        rms_norm_eps=c.norm_eps,
        tie_word_embeddings=c.tied_head,
        rope_parameters=dict(c.rope),
        bos_token_id=None,
        eos_token_id=None,
        pad_token_id=None,
    )
    with torch.device(model.device):
        made = AutoModelForCausalLM.from_config(config, dtype=dtype)
    with torch.no_grad():
        for name, weight in made.named_parameters():
            weight.copy_(model.tensors(name))
    return made
