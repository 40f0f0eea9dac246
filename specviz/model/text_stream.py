"""Text as its tokens come: what is settled is handed out at once, what a later token may still change is held back.

A tokenizer decodes a list of tokens, not one token. The bytes of a character may come one by one, a run of byte tokens is decoded as a whole (one
bad byte spoils all of it), a first word loses its space, a comma takes the space before it away. So the last tokens are decoded together, in a
window that is moved on now and then, and only that much of their text is handed out as stays whatever comes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from specviz.model.decoding import CLEAN_UP, common_start

if TYPE_CHECKING:
    from specviz.model.text import Text

_LONGEST = 16  # tokens of a window before it is moved on
_KEPT = 6  # and what it keeps at least: more than the bytes of a character


class TextStream:
    """Turns tokens into text as they come. All that it hands out adds up to the tokenizer's own text of all tokens."""

    def __init__(self, text: Text, *, special: bool = False) -> None:
        """With ``special`` the text has special tokens in it, as they are written."""
        self._decoding, self._special = text.decoding, special
        self._ids: list[int] = []
        self._given: list[str] = []
        self._window: list[int] = []  # the last tokens that leave a trace
        self._said = ""  # what of the window's text was handed on
        self._run: list[int] = []  # byte tokens behind the window
        self._longest = _LONGEST
        self._unclean = [""] * len(CLEAN_UP) if text.decoding.cleans_up else []

    def push(self, *tokens: int) -> str:
        """Take tokens; return the text they complete, which may be none."""
        self._ids += tokens
        before = len(self._window)
        for token in tokens:
            self._add(token)
        return self._give(self._settled()) if len(self._window) > before else ""

    def flush(self) -> str:
        """What was held back, at the end of the text."""
        whole, given = self._decoding.text(self._ids, special=self._special), "".join(self._given)
        rest = whole[len(given) :] if whole.startswith(given) else self.ahead
        self._given.append(rest)
        return rest

    @property
    def ahead(self) -> str:
        """What is held back now, as it would read if the text ended here."""
        text = self._raw([*self._window, *self._run])
        rest = text[len(self._said) :] if text.startswith(self._said) else ""
        return _cleaned(rest, self._unclean, is_last=True)[0]

    def _add(self, token: int) -> None:
        if self._decoding.is_silent(token, self._special):
            return
        if self._decoding.is_byte(token):
            self._run.append(token)
            return
        self._window += [*self._run, token]
        self._run = []

    def _settled(self) -> str:
        """The window's text that is settled and was not handed on yet."""
        lag = self._decoding.lag
        if len(self._window) <= lag:
            return ""
        text = self._raw(self._window)
        settled = common_start(self._raw(self._window[:-lag]), text) if lag else self._decoding.without_loose_end(text)
        if not settled.startswith(self._said):
            return ""
        fresh = settled[len(self._said) :]
        self._said = settled
        if self._decoding.is_bytes and settled == text:
            self._window, self._said = [], ""
        elif len(self._window) > self._longest:
            self._move_on(text)
        return fresh

    def _move_on(self, text: str) -> None:
        """Leave all but the last tokens: as few as read the same at their end as the whole window does."""
        held = len(text) - len(self._said)
        for start in range(len(self._window) - _KEPT - 2 * self._decoding.lag, 0, -1):
            if self._decoding.is_byte(self._window[start]):
                continue  # a run is decoded as a whole
            end = self._raw(self._window[start:])
            if len(common_start(text[::-1], end[::-1])) > held:
                self._window, self._said = self._window[start:], end[: len(end) - held]
                break
        self._longest = max(_LONGEST, 2 * len(self._window))

    def _give(self, text: str) -> str:
        if self._unclean:
            text, self._unclean = _cleaned(text, self._unclean, is_last=False)
        self._given.append(text)
        return text

    def _raw(self, ids: list[int]) -> str:
        return self._decoding.raw(ids, special=self._special)


def _cleaned(text: str, held: list[str], *, is_last: bool) -> tuple[str, list[str]]:
    """The next piece of a text with its spaces cleaned up, and what each replacement holds back: the beginning of what it looks for."""
    left = []
    for (old, new), before in zip(CLEAN_UP, held, strict=False):
        text = before + text
        keep = 0 if is_last else _begun(text.split(old)[-1], old)
        left.append(text[len(text) - keep :])
        text = text[: len(text) - keep].replace(old, new)
    return text, left


def _begun(text: str, pattern: str) -> int:
    """How many of the last characters may be the beginning of ``pattern``."""
    return next((n for n in range(min(len(pattern) - 1, len(text)), 0, -1) if text.endswith(pattern[:n])), 0)
