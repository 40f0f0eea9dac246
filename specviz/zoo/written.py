"""What the target itself would write: a draft meets the target's text, not people's (DistillSpec, 2310.08461, section 4)."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from specviz.zoo.batches import windows
from specviz.zoo.corpus.families import FAMILIES
from specviz.zoo.documents import Documents, join
from specviz.zoo.prepare import Corpus
from specviz.zoo.tokenizer import render

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM

ANSWERS = 640
"""Of each family, half of them greedy and half drawn."""

_FRESH = 1_000_000  # examples from this number on: prompts of the training split that the target was not trained on
_AT_ONCE = 128
_LONGEST = {"code": 160, "story": 280}
_LONGEST_OTHER = 140
_OPENING = {"code": 48, "story": 12}  # tokens given of a text that has no prompt


def write_answers(target: LlamaForCausalLM, corpus: Corpus, work: Path) -> dict[str, Documents]:
    """Let the target answer ``ANSWERS`` fresh training prompts of every family; kept in ``work``, so that a resumed run reads them."""
    written = {}
    for family in FAMILIES:
        path = work / f"written-{family}.npz"
        if not path.exists():
            prompts = _code_prompts(corpus, ANSWERS) if family == "code" else _prompts(corpus, family, ANSWERS)
            _write(target, prompts, _LONGEST.get(family, _LONGEST_OTHER), is_code=family == "code").save(path)
        written[family] = Documents.load(path)
    return written


def reread(documents: Documents, writer: Any, reader: Any) -> Documents:  # noqa: ANN401  tokenizers have no common public type
    """The same documents in another tokenizer's tokens: what is given and what was written are encoded one after the other."""
    rows = []
    for tokens, counted in map(documents.row, range(len(documents))):
        start = int(np.argmax(counted))
        given, said = (reader.encode(writer.decode(part)) for part in (tokens[:start], tokens[start:]))
        rows.append((given, said))
    return join(rows)


def _prompts(corpus: Corpus, family: str, count: int) -> list[list[int]]:
    prompts: list[list[int]] = []
    for i in range(count):
        given, answer = render(FAMILIES[family].example("train", _FRESH + i).turns)
        prompts.append(corpus.tokenizer.encode(given) if given else corpus.tokenizer.encode(answer)[: _OPENING[family]])
    return prompts


def _code_prompts(corpus: Corpus, count: int) -> list[list[int]]:
    prompts: list[list[int]] = windows(corpus.code, np.random.default_rng(4), count, _OPENING["code"]).tolist()
    return prompts


def _write(target: LlamaForCausalLM, prompts: Sequence[list[int]], longest: int, *, is_code: bool) -> Documents:
    """Every other prompt is answered greedily, the others by drawing; those of like length together."""
    torch.manual_seed(4)
    rows = []
    for is_drawn in (False, True):
        ordered = sorted(prompts[is_drawn::2], key=len)
        for at in range(0, len(ordered), _AT_ONCE):
            some = ordered[at : at + _AT_ONCE]
            rows += list(zip(some, _continue(target, some, longest, is_code=is_code, is_drawn=is_drawn), strict=True))
    return join(rows)


def _continue(target: Any, prompts: list[list[int]], longest: int, *, is_code: bool, is_drawn: bool) -> list[list[int]]:  # noqa: ANN401  transformers annotates generate for no concrete model
    width = max(len(prompt) for prompt in prompts)
    ids = torch.tensor([[0] * (width - len(prompt)) + prompt for prompt in prompts], device=target.device)
    mask = torch.tensor([[0] * (width - len(prompt)) + [1] * len(prompt) for prompt in prompts], device=target.device)
    # a file of code goes on where a window ends: its end is not to be learned there
    suppressed = [0] if is_code else None
    with torch.inference_mode(), torch.autocast(target.device.type, dtype=torch.bfloat16):
        out = target.generate(ids, attention_mask=mask, do_sample=is_drawn, max_new_tokens=longest, suppress_tokens=suppressed)
    return [_until_end(row) for row in out[:, width:].tolist()]


def _until_end(row: list[int]) -> list[int]:
    return row[: row.index(0) + 1] if 0 in row else row
