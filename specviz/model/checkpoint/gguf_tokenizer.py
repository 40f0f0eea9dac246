"""The tokenizer and chat template in a GGUF file, through transformers' own converters."""

from __future__ import annotations

import json
import warnings
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from specviz.errors import MissingFileError, foreign, shown
from specviz.model.checkpoint.fields import UnsupportedModelError
from specviz.model.checkpoint.gguf_file import read_gguf

_DIGITS_ALONE = {"smollm", "starcoder", "refact", "command-r", "codeshell", "exaone", "minerva-7b"}
"""Splits of text in which every digit stands alone; transformers' converter takes them for GPT-2's, which merges digits."""
_KNOWN = {
    "default",
    "gpt-2",
    "gpt2",
    "olmo",
    "llama-bpe",
    "llama3",
    "llama-v3",
    "falcon3",
    "pixtral",
    "dbrx",
    "smaug-bpe",
    "tekken",
    "qwen2",
    "qwen35",
    "lfm2",
}
_KNOWN |= {"deepseek-r1-qwen", "megrez", "gpt-4o", "llama4", "kanana2", "minimax-m2", "phi-2", "mpt"} | _DIGITS_ALONE


def gguf_tokenizer(path: Path) -> Any:  # noqa: ANN401  a tokenizer of any class
    """The tokenizer a file holds, its chat template included.

    Raises:
        MissingFileError: when it holds none.
        UnsupportedModelError: when it is of a kind that transformers cannot convert.
    """
    settings = read_gguf(path).settings
    if "tokenizer.ggml.tokens" not in settings or "tokenizer.ggml.model" not in settings:
        raise MissingFileError(f"a tokenizer in {path.name!r}", "none", "give one as tokenizer=…, a folder or a hub id")
    kind, split = settings["tokenizer.ggml.model"], str(settings.get("tokenizer.ggml.pre", "default"))
    if kind not in ("gpt2", "llama"):
        raise UnsupportedModelError(
            f"a tokenizer of kind gpt2 or llama in {path.name!r}", shown(kind), "give one as tokenizer=…, a folder or a hub id"
        )
    with foreign(
        f"a tokenizer in {path.name!r}", "give one as tokenizer=…, a folder or a hub id", into=UnsupportedModelError, kinds=(BaseException,)
    ):
        tokenizer = _without_invented(_convert(path), len(settings["tokenizer.ggml.tokens"]))
    if kind == "gpt2":
        _split_as_said(tokenizer, split, path)
    return tokenizer


def _convert(path: Path) -> Any:  # noqa: ANN401  a tokenizer of any class
    """Read from an empty folder, so that no tokenizer that lies beside the file is taken for its own."""
    from transformers import PreTrainedTokenizerFast

    with TemporaryDirectory() as empty:
        return PreTrainedTokenizerFast.from_pretrained(empty, gguf_file=str(path.resolve()), local_files_only=True)


def _without_invented(tokenizer: Any, count: int) -> Any:  # noqa: ANN401  a tokenizer of any class
    """Without the tokens that the converter's class adds by default and the file, with its ``count`` of them, does not have."""
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerFast

    described = json.loads(tokenizer.backend_tokenizer.to_str())
    own = [added for added in described["added_tokens"] if added["id"] < count]
    if len(own) == len(described["added_tokens"]):
        return tokenizer
    backend = Tokenizer.from_str(json.dumps(described | {"added_tokens": own}))
    named = {name: token for name, token in tokenizer.special_tokens_map.items() if backend.token_to_id(token) is not None}
    return PreTrainedTokenizerFast(tokenizer_object=backend, chat_template=tokenizer.chat_template, **named)


def _split_as_said(tokenizer: Any, split: str, path: Path) -> None:  # noqa: ANN401  a tokenizer of any class
    from tokenizers import pre_tokenizers

    if split in _DIGITS_ALONE:
        parts = [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
        tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.Sequence(parts)
    elif split not in _KNOWN:
        warnings.warn(
            f"expected a known way of splitting text in {path.name!r}, got {split!r}; GPT-2's is taken, and some texts may become other tokens than "
            "in training; give the original as tokenizer=…",
            UserWarning,
            stacklevel=2,
        )
