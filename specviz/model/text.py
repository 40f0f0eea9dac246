"""Between text and token ids: encoding prompts, showing single tokens, decoding a stream."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from specviz.model.checkpoint.tokenizer import read_tokenizer


class Text:
    """A checkpoint's tokenizer, with what the engine and the record need of it.

    Args:
        tokenizer: the folder or GGUF file it lies in, or a tokenizer of transformers.
    """

    def __init__(self, tokenizer: Path | Any) -> None:  # noqa: ANN401  a tokenizer of any class
        self.tokenizer = read_tokenizer(tokenizer) if isinstance(tokenizer, Path) else tokenizer
        self.piece = lru_cache(maxsize=200_000)(self._piece)

    def encode(self, prompt: str) -> list[int]:
        """Token ids of a prompt; an empty one becomes the token that begins texts, and one that already begins with it gets no second.

        Raises:
            ValueError: when the prompt is empty and the tokenizer has no such token.
        """
        begin = self.tokenizer.bos_token
        # a chat template often writes that token itself; with two of them both models are off what they were trained on
        is_begun = bool(begin) and prompt.startswith(begin)
        ids: list[int] = self.tokenizer(prompt, add_special_tokens=not is_begun, verbose=False)["input_ids"]
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
    def template(self) -> str | None:
        """The chat template, or None without one."""
        template: Any = getattr(self.tokenizer, "chat_template", None)
        return str(template) if template else None

    @property
    def template_hash(self) -> str | None:
        """A short hash of the chat template, or None without one; two models that disagree on it rarely agree on tokens."""
        return hashlib.sha256(self.template.encode()).hexdigest()[:12] if self.template else None

    def chat(self, messages: str | Sequence[Mapping[str, str]]) -> str:
        """A conversation in the checkpoint's chat template, up to where the model answers: a prompt for :func:`specviz.generate`.

        Args:
            messages: one message of the user, or all of them: ``[{"role": "user", "content": "…"}, …]``.

        Raises:
            ValueError: when the checkpoint has no template, or its template does not take these messages.
        """
        if self.template is None:
            raise ValueError("expected a checkpoint with a chat template, got one without; give it the text to go on from instead")
        conversation = [{"role": "user", "content": messages}] if isinstance(messages, str) else [dict(message) for message in messages]
        try:
            return str(self.tokenizer.apply_chat_template(conversation, tokenize=False, add_generation_prompt=True))
        except Exception as error:  # a template is somebody's program: it may refuse messages in any way it likes
            raise ValueError(f"expected messages that this checkpoint's chat template takes, got ones it refuses: {error}") from error


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
