"""Between text and token ids: encoding prompts, chat templates, showing single tokens, decoding."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from specviz.errors import UnexpectedValueError, foreign
from specviz.model.checkpoint.tokenizer import read_tokenizer
from specviz.model.decoding import Decoding


class ChatPrompt(str):
    """A rendered chat template. All special tokens that belong to it are written in it, so none are added when it is encoded."""

    __slots__ = ()


class Text:
    """A checkpoint's tokenizer, with what the engine and the record need of it. Decoding raises for no ids.

    Args:
        tokenizer: the folder or GGUF file it lies in, or a tokenizer of transformers.
    """

    def __init__(self, tokenizer: Path | Any) -> None:  # noqa: ANN401  a tokenizer of any class
        self.tokenizer = read_tokenizer(tokenizer) if isinstance(tokenizer, Path) else tokenizer
        self.decoding = Decoding(self.tokenizer)
        self.piece = lru_cache(maxsize=200_000)(self._piece)

    def encode(self, prompt: str) -> list[int]:
        """Token ids of a prompt, to be gone on from.

        What the tokenizer puts before a text (a beginning token) comes before it, unless the prompt already begins with it. What it puts behind a
        text (``</s>``, ``[SEP]``) is left out, other than when transformers' ``generate`` is given ``tokenizer(text)``: behind an end nothing goes
        on. A :class:`ChatPrompt` gets neither. An empty prompt becomes the token that begins texts.

        Raises:
            UnexpectedValueError: when the prompt is empty and the tokenizer has no such token, or when the tokenizer cannot read it.
        """
        plain = self._ids(prompt, add_special_tokens=False)
        if not plain:
            return [self._begin()]
        begin = self.tokenizer.bos_token
        # a chat template often writes that token itself; with two of them both models are off what they were trained on
        is_begun = isinstance(prompt, ChatPrompt) or (bool(begin) and prompt.startswith(begin))
        return plain if is_begun else _without_end(self._ids(prompt, add_special_tokens=True), plain)

    def decode(self, ids: Sequence[int]) -> str:
        """Text of token ids, special tokens left out."""
        return self.decoding.text(ids)

    def _ids(self, prompt: str, *, add_special_tokens: bool) -> list[int]:
        with foreign("a prompt that this checkpoint's tokenizer reads", "change the prompt"):
            ids = self.tokenizer(prompt, add_special_tokens=add_special_tokens, verbose=False)["input_ids"]
        return list(ids)

    def _begin(self) -> int:
        """The token that begins texts."""
        known = (self.tokenizer.bos_token_id, self.tokenizer.cls_token_id)
        begin: int | None = next((token for token in known if token is not None), None)
        if begin is None:
            raise UnexpectedValueError(
                "a prompt with at least one token", "an empty one, and this tokenizer has no token to begin with", "write something"
            )
        return begin

    def _piece(self, token: int) -> str:
        """One token as text, as it would stand in the middle of a line; never empty."""
        raw = self._name(token)
        text = self.decoding.text([token], special=True)
        if raw is not None and raw.startswith("▁") and not text.startswith(" "):
            text = " " + text  # sentencepiece drops the space of a first word
        return text or raw or f"<{token}>"

    def _name(self, token: int) -> str | None:
        """What the vocabulary calls a token; None beyond it."""
        try:
            name = self.tokenizer.convert_ids_to_tokens(token)
        except Exception:  # noqa: BLE001  a tokenizer of pure Python may fail in any way at an id beyond its vocabulary
            return None
        return None if name is None else str(name)

    def vocabulary(self) -> dict[str, int]:
        """Token strings and their ids."""
        try:
            vocabulary: dict[str, int] = self.tokenizer.get_vocab()
        except NotImplementedError:  # a class of pure Python need not have one
            named = ((self._name(token), token) for token in range(self.tokenizer.vocab_size))
            vocabulary = {name: token for name, token in named if name is not None}
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

    def chat(self, messages: str | Sequence[Mapping[str, str]]) -> ChatPrompt:
        """A conversation in the checkpoint's chat template, up to where the model answers: a prompt for :func:`specviz.generate`.

        It is tokenised as it stands, as ``apply_chat_template`` does: no special tokens that the template did not write.

        Args:
            messages: one message of the user, or all of them: ``[{"role": "user", "content": "…"}, …]``.

        Raises:
            UnexpectedValueError: when the checkpoint has no template, or its template does not take these messages.
        """
        if self.template is None:
            raise UnexpectedValueError("a checkpoint with a chat template", "one without", "give it the text to go on from instead")
        conversation = [{"role": "user", "content": messages}] if isinstance(messages, str) else [dict(message) for message in messages]
        # a template is somebody's program: it may refuse messages in any way it likes
        with foreign("messages that this checkpoint's chat template takes", "give it roles and an order that it knows"):
            return ChatPrompt(self.tokenizer.apply_chat_template(conversation, tokenize=False, add_generation_prompt=True))


def _without_end(whole: list[int], plain: list[int]) -> list[int]:
    """The ids of a text with special tokens around it, up to where the text itself, ``plain``, ends."""
    starts = (start for start in range(len(whole) - len(plain) + 1) if whole[start : start + len(plain)] == plain)
    start = next(starts, None)
    return whole if start is None else whole[: start + len(plain)]
