"""How a tokenizer turns ids into text, and which of that text a later token may still change. Nothing here raises, whatever the ids."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from functools import cached_property, lru_cache
from types import BuiltinMethodType
from typing import Any

import numpy as np

CLEAN_UP = (
    (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"), (" 's", "'s"), (" 've", "'ve"), (" 're", "'re"),
)  # fmt: skip
"""What ``clean_up_tokenization_spaces`` replaces, one after the other."""
_LOCAL = {"ByteLevel", "ByteFallback", "Fuse", "Strip", "Replace", "Metaspace", "WordPiece", "BPEDecoder", "CTC", "Sequence"}
_FUSING = {"ByteLevel", "Fuse"}
_BEFORE_FUSING = {"ByteFallback", "WordPiece", "BPEDecoder", "CTC"}
"""Steps that look at single tokens: behind a fusing one they see the whole text as one."""
_SETTLED_AT_ONCE = ("ByT5Tokenizer", "CTRLTokenizer")
"""Classes of pure Python of which it is known: bytes that make no character are left out, a word that goes on ends in "@@"."""
_LAG = 8
NEVER = 2**62
_PROBES, _LONG = 48, 24
_BYTE = re.compile(r"<0x[0-9A-Fa-f]{2}>")


class Decoding:
    """The way of a tokenizer, of any class of transformers, from ids to text, with what a stream has to know of it."""

    def __init__(self, tokenizer: Any) -> None:  # noqa: ANN401  as said
        self.tokenizer = tokenizer
        self.is_silent = lru_cache(maxsize=65_536)(self._is_silent)
        self.is_byte = lru_cache(maxsize=65_536)(self._is_byte)

    def text(self, ids: Sequence[int], *, special: bool = False) -> str:
        """The tokenizer's own text of these ids, with special tokens or without; an id that it cannot decode at all says nothing."""
        return self._decoded(ids, skip_special_tokens=not special)

    def raw(self, ids: Sequence[int], *, special: bool = False) -> str:
        """The same before spaces are cleaned up, where that is a step of its own."""
        if self._is_plain_fast:
            text: str = self.tokenizer.backend_tokenizer.decode(ids, skip_special_tokens=not special)
            return text
        options = {"clean_up_tokenization_spaces": False} if self.cleans_up else {}
        return self._decoded(ids, skip_special_tokens=not special, **options)

    @cached_property
    def cleans_up(self) -> bool:
        """Whether spaces before punctuation are taken out of the whole text at last."""
        from transformers import PreTrainedTokenizerBase

        is_asked = self._is_known and bool(getattr(self.tokenizer, "clean_up_tokenization_spaces", False))
        if not is_asked or type(self.tokenizer).clean_up_tokenization is not PreTrainedTokenizerBase.clean_up_tokenization:
            return False
        forced = getattr(self.tokenizer, "clean_up_tokenization_spaces_for_bpe_even_though_it_will_corrupt_output", False)
        return bool(forced) or not self._is_plain_fast or type(self.tokenizer.backend_tokenizer.model).__name__ != "BPE"

    def without_loose_end(self, text: str) -> str:
        """A text up to where the next token may change it: a character that is not whole, or CTRL's mark of a word that goes on."""
        if type(self.tokenizer).__name__ == "CTRLTokenizer":
            return text.removesuffix("@@").rstrip()  # space at the end of a text is left out
        return text.removesuffix("\N{REPLACEMENT CHARACTER}")

    @cached_property
    def is_bytes(self) -> bool:
        """Whether every token is bytes and nothing else, so that texts of whole characters may be put together."""
        return self._steps is not None and [step["type"] for step in self._steps] == ["ByteLevel"]

    @cached_property
    def lag(self) -> int:
        """How many tokens a text must have lasted until it counts as settled: 0 where only a loose end may change, ``NEVER`` where all of it may."""
        if self._is_plain_fast and self._steps is not None and _is_local(self._steps):
            return int(any(step["type"] == "BPEDecoder" for step in self._steps))  # it writes a word's end otherwise where it is the text's
        if self._is_known and not self._is_plain_fast:
            is_joined = type(self.tokenizer).convert_tokens_to_string is _python_class().convert_tokens_to_string
            if is_joined or type(self.tokenizer).__name__ in _SETTLED_AT_ONCE:
                return 0
        return _LAG if self._stays() else NEVER

    def _stays(self) -> bool:
        """Whether what lasted for ``_LAG`` tokens stayed, in texts of tokens drawn at random: asked of tokenizers that nothing is known of."""
        rng = np.random.default_rng(0)
        size = max(1, len(self.tokenizer))
        drawn = [rng.choice(rng.integers(0, size, few), _LONG).tolist() for few in (2, 3, 5, _LONG) for _ in range(_PROBES // 4)]
        return all(self._stays_in(ids) for ids in drawn)

    def _stays_in(self, ids: list[int]) -> bool:
        texts = [self.raw(ids[:count]) for count in range(_LONG + 1)]
        return all(texts[-1].startswith(common_start(before, after)) for before, after in zip(texts, texts[_LAG:], strict=False))

    def _decoded(self, ids: Sequence[int], **options: bool) -> str:
        try:
            return self._theirs(ids, **options)
        except Exception:  # noqa: BLE001  a tokenizer of pure Python may fail in any way at an id beyond its vocabulary
            known = [token for token in ids if not self._is_beyond(token)]
            return self._theirs(known, **options) if len(known) < len(ids) else ""

    def _theirs(self, ids: Sequence[int], **options: bool) -> str:
        text: str = self.tokenizer.decode(list(ids), **options)
        return text

    def _is_beyond(self, token: int) -> bool:
        """Whether the tokenizer fails at this id, which a padded embedding may give."""
        try:
            self._theirs([token])
        except Exception:  # noqa: BLE001  as above
            return True
        return False

    def _is_silent(self, token: int, special: bool) -> bool:
        """Whether a token leaves no trace in the text, not even between two others."""
        if not self._is_known:
            return False
        is_left_out = not special and token in self._special
        if self._is_plain_fast:
            return is_left_out or self.tokenizer.backend_tokenizer.id_to_token(token) is None
        return is_left_out or self._is_beyond(token)

    def _is_byte(self, token: int) -> bool:
        """Whether it is one byte of a run that is decoded as a whole."""
        if not any(step["type"] == "ByteFallback" for step in self._steps or ()):
            return False
        return bool(_BYTE.fullmatch(self.tokenizer.backend_tokenizer.id_to_token(token) or ""))

    @cached_property
    def _special(self) -> frozenset[int]:
        if not self._is_plain_fast:
            return frozenset(self.tokenizer.all_special_ids)
        added = self.tokenizer.backend_tokenizer.get_added_tokens_decoder()
        return frozenset(token for token, entry in added.items() if entry.special)

    @cached_property
    def _is_plain_fast(self) -> bool:
        """Whether all of the decoding is that of ``tokenizers``."""
        from transformers import PreTrainedTokenizerFast

        # CLIP's class puts a function of its own in the place of the backend's
        return self._is_decoded_as(PreTrainedTokenizerFast) and isinstance(self.tokenizer.backend_tokenizer.decode, BuiltinMethodType)

    @cached_property
    def _is_known(self) -> bool:
        """Whether the class decodes as its base does: special tokens left out, the rest joined in one step, spaces cleaned up."""
        return self._is_plain_fast or self._is_decoded_as(_python_class())

    def _is_decoded_as(self, base: Any) -> bool:  # noqa: ANN401  a class of transformers
        found = type(self.tokenizer)
        return isinstance(self.tokenizer, base) and found._decode is base._decode and found.decode is _base("decode")  # noqa: SLF001  what decode calls

    @cached_property
    def _steps(self) -> list[dict[str, Any]] | None:
        """The steps of a fast tokenizer's decoder, in order; None where they are somebody's own."""
        if not self._is_plain_fast:
            return None
        decoder = self.tokenizer.backend_tokenizer.decoder
        try:
            return [] if decoder is None else list(_flat(json.loads(decoder.__getstate__())))
        except Exception:  # noqa: BLE001  a decoder written in Python has no state to read
            return None


def common_start(one: str, other: str) -> str:
    """What both texts begin with."""
    return one[: next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), min(len(one), len(other)))]


def _base(name: str) -> Any:  # noqa: ANN401  a method
    from transformers import PreTrainedTokenizerBase

    return getattr(PreTrainedTokenizerBase, name)


def _python_class() -> Any:  # noqa: ANN401  a class
    from transformers import PreTrainedTokenizer

    return PreTrainedTokenizer


def _flat(step: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if step["type"] == "Sequence":
        for part in step["decoders"]:
            yield from _flat(part)
    else:
        yield step


def _is_local(steps: Sequence[dict[str, Any]]) -> bool:
    """Whether every step writes a token by itself, its neighbour or its being the first, so that what stands stays."""
    if not {step["type"] for step in steps} <= _LOCAL:
        return False
    fused = next((i for i, step in enumerate(steps) if step["type"] in _FUSING), len(steps))
    return not any(step["type"] in _BEFORE_FUSING or _is_wide(step) for step in steps[fused + 1 :])


def _is_wide(step: dict[str, Any]) -> bool:
    """Whether it replaces more than single characters."""
    return step["type"] == "Replace" and len(step["pattern"].get("String", "  ")) != 1
