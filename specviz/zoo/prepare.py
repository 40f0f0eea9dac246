"""From the seven families to what is trained on: tokenizers, and every split encoded. Done once for a work folder."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch

from specviz.train.objective import Batch, whole
from specviz.zoo.batches import pad
from specviz.zoo.corpus.base import Example, Split
from specviz.zoo.corpus.code import python_files
from specviz.zoo.corpus.families import FAMILIES
from specviz.zoo.documents import Documents, encode
from specviz.zoo.tokenizer import END, train_tokenizer

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

CONTEXT = 1024
VOCABULARIES = {"tokenizer": 4096, "tokenizer-v2": 2048}
EXAMPLES = {"train": 24_000, "validation": 48}
_FOR_TOKENIZER = 4_000  # examples of each family a tokenizer learns from
_EVERY_NTH_FILE = 3  # of code: all of it would leave the words of the stories few tokens


@dataclass(frozen=True, eq=False)
class Corpus:
    """One tokenizer's view of the corpus."""

    tokenizer: PreTrainedTokenizerFast
    code: np.ndarray
    families: dict[str, Documents]
    held_out: dict[str, list[Batch]]


def examples(family: str, split: Split, count: int) -> Iterator[Example]:
    """The first ``count`` examples of a split."""
    return map(partial(FAMILIES[family].example, split), range(count))


def prepare(work: Path, name: str = "tokenizer") -> Corpus:
    """Train the tokenizer ``name`` and encode the corpus with it, or read what an earlier call left in ``work``."""
    from transformers import PreTrainedTokenizerFast

    folder = work / name
    if not (folder / "tokenizer.json").exists():
        train_tokenizer(_tokenizer_texts(), VOCABULARIES[name], CONTEXT).save_pretrained(folder)
    tokenizer = PreTrainedTokenizerFast.from_pretrained(folder)
    code = {split: _cached(folder / f"code-{split}.npz", partial(_code, split, tokenizer)) for split in ("train", "validation")}
    documents = {
        split: {
            family: _cached(folder / f"{family}-{split}.npz", partial(_documents, family, split, tokenizer))
            for family in FAMILIES
            if family != "code"
        }
        for split in ("train", "validation")
    }
    held_out = {"code": _code_batches(code["validation"].tokens)}
    held_out |= {family: _batches(documents["validation"][family]) for family in documents["validation"]}
    return Corpus(tokenizer, code["train"].tokens, documents["train"], held_out)


def _cached(path: Path, make: Any) -> Documents:  # noqa: ANN401  a call without arguments
    if not path.exists():
        partial_path = path.with_name("partial-" + path.name)
        make().save(partial_path)
        partial_path.replace(path)
    return Documents.load(path)


def _tokenizer_texts() -> Iterator[str]:
    yield from (file.text for file in [file for file in python_files() if file.split == "train"][::_EVERY_NTH_FILE])
    for family in FAMILIES:
        if family != "code":
            yield from (turn.text for example in examples(family, "train", _FOR_TOKENIZER) for turn in example.turns)


def _code(split: Split, tokenizer: PreTrainedTokenizerFast) -> Documents:
    texts = [file.text + END for file in python_files() if file.split == split]
    rows = [np.array(row, np.uint16) for row in tokenizer(texts, verbose=False)["input_ids"]]  # whole files are longer than the context, on purpose
    tokens = np.concatenate(rows)
    return Documents(tokens, np.ones(len(tokens), bool), np.cumsum([0, *(len(row) for row in rows)]))


def _documents(family: str, split: Split, tokenizer: PreTrainedTokenizerFast) -> Documents:
    return encode(examples(family, split, EXAMPLES[split]), tokenizer, CONTEXT)


def _code_batches(stream: np.ndarray, windows: int = 24, length: int = 256) -> list[Batch]:
    starts = np.linspace(0, len(stream) - length - 1, windows).astype(int)
    rows = np.stack([stream[start : start + length] for start in starts]).astype(np.int64)
    return [whole(tokens) for tokens in torch.from_numpy(rows).split(8)]


def _batches(documents: Documents, rows: int = 12) -> list[Batch]:
    order = np.argsort(documents.lengths, kind="stable")
    return [pad([documents.row(int(i)) for i in order[start : start + rows]]) for start in range(0, len(order), rows)]
