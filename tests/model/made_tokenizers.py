"""Small tokenizers of every kind, with the tokens that are hard for each: made on the spot, or saved as a folder as anybody would."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from transformers import ByT5Tokenizer, CTRLTokenizer, PreTrainedTokenizer, PreTrainedTokenizerFast

SPECIAL = ["<s>", "</s>", "<|end|>"]
WORDS = [
    "a",
    "b",
    "it",
    "do",
    "n",
    "t",
    "s",
    "'",
    ".",
    ",",
    "!",
    "?",
    "m",
    "ve",
    "re",
    "not",
    " ",
    "  ",
    "x.",
    "'s",
    "n't",
    "\n",
    "ü",
    "�",
    "…",
    "##",
    "",
]
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]


def _fast(model: Any, decoder: Any, **options: Any) -> PreTrainedTokenizerFast:
    tokenizer = Tokenizer(model)
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    if decoder is not None:
        tokenizer.decoder = decoder
    tokenizer.add_special_tokens(SPECIAL)
    tokenizer.add_tokens([AddedToken(" added", lstrip=True), AddedToken("joined", rstrip=True, single_word=True)])
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, bos_token="<s>", eos_token="</s>", unk_token="a", **options)


def _ids(words: list[str]) -> dict[str, int]:
    return {word: i for i, word in enumerate(dict.fromkeys(words))}


def _pieces(first: str) -> list[str]:
    """Words with and without the mark of a word's beginning, and the mark alone."""
    return [*WORDS, *(first + word for word in WORDS if word != first), first * 2]


def _bpe(words: list[str], decoder: Any, **options: Any) -> PreTrainedTokenizerFast:
    return _fast(models.BPE(_ids(words), [], byte_fallback="<0x00>" in words), decoder, **options)


def _word_level(words: list[str], decoder: Any, **options: Any) -> PreTrainedTokenizerFast:
    return _fast(models.WordLevel(_ids(words), unk_token="a"), decoder, **options)


def _llama(strip: int = 1) -> Any:
    steps = [decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse()]
    return decoders.Sequence([*steps, decoders.Strip(" ", strip, 0)] if strip else steps)


def byte_level() -> PreTrainedTokenizerFast:
    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    tokenizer = _bpe([*letters, "Ġa", "Ġit", "âĤ", "Ã", "ðŁ", "ðŁĺĢ", "<not bytes: …>"], decoders.ByteLevel())
    tokenizer.backend_tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    return tokenizer


def unigram(decoder: Any, **options: Any) -> PreTrainedTokenizerFast:
    words = list(_ids([*_pieces("▁"), *BYTES]))
    return _fast(models.Unigram([(word, -1.0) for word in words], unk_id=0, byte_fallback=True), decoder, **options)


class Letters(PreTrainedTokenizer):
    """One id a letter, as in many a notebook; no vocabulary file, no way to name an id beyond the letters."""

    model_input_names = ["input_ids", "attention_mask"]  # noqa: RUF012  as its base has it

    def __init__(self, letters: str = "abcdefghij .", **options: Any) -> None:
        self.letters = letters
        super().__init__(bos_token="<s>", eos_token="</s>", **options)

    @property
    def vocab_size(self) -> int:
        return len(self.letters)

    def get_vocab(self) -> dict[str, int]:
        return {letter: i for i, letter in enumerate(self.letters)} | self.added_tokens_encoder

    def _tokenize(self, text: str, **_: Any) -> list[str]:
        return list(text)

    def _convert_token_to_id(self, token: str) -> int:
        return self.letters.index(token) if token in self.letters else 0

    def _convert_id_to_token(self, index: int) -> str:
        return self.letters[index]

    def convert_tokens_to_string(self, tokens: list[str]) -> str:
        return "".join(tokens)

    def save_vocabulary(self, *_: Any, **__: Any) -> tuple[()]:
        return ()


class Backwards(Letters):
    """Writes what came last first: nothing that was shown could ever stand."""

    def convert_tokens_to_string(self, tokens: list[str]) -> str:
        return "".join(reversed(tokens))


def save_ctrl(folder: Path) -> Path:
    """A CTRL tokenizer's files."""
    words = _ids([*(word + end for word in ("a", "b", "it", "do", "é", "x\n", "\n", ".", "'s", "@", "@@") for end in ("", "@@")), "<unk>"])
    (folder / "vocab.json").write_text(json.dumps(words))
    (folder / "merges.txt").write_text("#version: 0.2\ni t</w>\nd o</w>\n")
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "CTRLTokenizer"}))
    return folder


def _ctrl(clean: bool) -> CTRLTokenizer:
    import tempfile

    with tempfile.TemporaryDirectory() as folder:
        save_ctrl(Path(folder))
        return CTRLTokenizer(f"{folder}/vocab.json", f"{folder}/merges.txt", clean_up_tokenization_spaces=clean)


MAKERS = {
    "byte-level": byte_level,
    "byte-fallback": lambda: _bpe([*_pieces("▁"), *BYTES], _llama()),
    "byte-fallback without a strip": lambda: _bpe([*_pieces("▁"), *BYTES], _llama(0)),
    "unigram, metaspace": lambda: unigram(decoders.Metaspace()),
    "unigram, metaspace kept": lambda: unigram(decoders.Metaspace(prepend_scheme="never")),
    "unigram, bytes then metaspace": lambda: unigram(decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace()])),
    "unigram, cleaned up": lambda: unigram(decoders.Metaspace(), clean_up_tokenization_spaces=True),
    "wordpiece": lambda: _word_level(_pieces("##"), decoders.WordPiece()),
    "wordpiece, cleaned up": lambda: _word_level(_pieces("##"), decoders.WordPiece(), clean_up_tokenization_spaces=True),
    "wordpiece, cleaned up once": lambda: _word_level(_pieces("##"), decoders.WordPiece(cleanup=False), clean_up_tokenization_spaces=True),
    "suffixes": lambda: _bpe([*WORDS, *(word + "</w>" for word in WORDS), "a</w>b</w>"], decoders.BPEDecoder()),
    "suffixes, cleaned up by force": lambda: _bpe(
        [*WORDS, *(word + "</w>" for word in WORDS)],
        decoders.BPEDecoder(),
        clean_up_tokenization_spaces=True,
        clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output=True,
    ),
    "ctc": lambda: _word_level([*WORDS, "<pad>", "|"], decoders.CTC()),
    "stripped before": lambda: _word_level(WORDS, decoders.Sequence([decoders.Fuse(), decoders.Strip(" ", 2, 0)])),
    "letters replaced in the whole text": lambda: _word_level(WORDS, decoders.Sequence([decoders.Fuse(), decoders.Replace("n", "…")])),
    "no decoder": lambda: _word_level(WORDS, None),
    "no decoder, cleaned up": lambda: _word_level(WORDS, None, clean_up_tokenization_spaces=True),
    "ByT5": ByT5Tokenizer,
    "ByT5 with fewer ids": lambda: ByT5Tokenizer(extra_ids=3),
    "CTRL": lambda: _ctrl(False),
    "CTRL, cleaned up": lambda: _ctrl(True),
    "letters": Letters,
    "backwards": Backwards,
}
"""What the tokenizer is like -> a maker of one."""


@cache
def made(kind: str) -> Any:
    """The tokenizer of this kind."""
    return MAKERS[kind]()
