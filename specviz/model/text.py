"""Between text and token ids: encoding prompts, showing single tokens, decoding a stream."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any


class Text:
    """A checkpoint's tokenizer, with what the engine and the record need of it."""

    def __init__(self, folder: Path) -> None:
        from transformers import AutoTokenizer

        self.tokenizer: Any = AutoTokenizer.from_pretrained(folder, trust_remote_code=False)
        self.piece = lru_cache(maxsize=200_000)(self._piece)

    def encode(self, prompt: str) -> list[int]:
        """Token ids of a prompt; an empty one becomes the token that begins texts.

        Raises:
            ValueError: when the prompt is empty and the tokenizer has no such token.
        """
        ids: list[int] = self.tokenizer(prompt, verbose=False)["input_ids"]
        if ids:
            return ids
        if self.tokenizer.bos_token_id is None:
            raise ValueError(
                "expected a prompt with at least one token, got an empty one, and this tokenizer has no token to begin with; write something"
            )
        return [self.tokenizer.bos_token_id]

    def decode(self, ids: list[int]) -> str:
        """Text of token ids, special tokens left out."""
        text: str = self.tokenizer.decode(ids, skip_special_tokens=True)
        return text

    def _piece(self, token: int) -> str:
        """One token as text, as it would stand in the middle of a line; never empty."""
        raw: str | None = self.tokenizer.convert_ids_to_tokens(token)
        text: str = self.tokenizer.decode([token])
        if raw is not None and raw.startswith("▁") and not text.startswith(" "):
            text = " " + text  # sentencepiece drops the space of a first word
        return text or raw or f"<{token}>"

    def vocabulary(self) -> dict[str, int]:
        """Token strings and their ids."""
        vocabulary: dict[str, int] = self.tokenizer.get_vocab()
        return vocabulary

    @property
    def template_hash(self) -> str | None:
        """A short hash of the chat template, or None without one; two models that disagree on it rarely agree on tokens."""
        import hashlib

        template = getattr(self.tokenizer, "chat_template", None)
        return hashlib.sha256(str(template).encode()).hexdigest()[:12] if template else None


class TextStream:
    """Turns tokens into text as they come; holds back the bytes of a character that is not whole yet."""

    def __init__(self, text: Text) -> None:
        from tokenizers.decoders import DecodeStream

        self._tokenizer = text.tokenizer.backend_tokenizer
        self._stream = DecodeStream(skip_special_tokens=True)
        self._decode = text.decode
        self._ids: list[int] = []
        self._length = 0

    def push(self, token: int) -> str:
        """Take a token; return the text it completes, which may be none."""
        self._ids.append(token)
        chunk: str = self._stream.step(self._tokenizer, token) or ""
        self._length += len(chunk)
        return chunk

    def flush(self) -> str:
        """What was held back, at the end of the text."""
        rest = self._decode(self._ids)[self._length :]
        self._length += len(rest)
        return rest
