"""Where a text ends by wish: at a string, or at a token."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from specviz.arguments import text as as_text, whole_number
from specviz.errors import UnexpectedTypeError, UnexpectedValueError, shown
from specviz.model.decoding import common_start
from specviz.model.text import Text
from specviz.model.text_stream import TextStream

Stop = str | int | Sequence[str | int] | None
"""What ends a text: strings and token ids, one or several; None for nothing."""
_BEHIND = 8  # tokens of the prompt that settle how the first new one reads: with a space before it or without


def checked_stops(stop: Any) -> tuple[str | int, ...]:  # noqa: ANN401  whatever was passed
    """The strings and token ids of a ``stop``, one of either or a list of them.

    Raises:
        UnexpectedValueError: for an empty string or a negative id.
        UnexpectedTypeError: for anything else.
    """
    if stop is None:
        return ()
    if isinstance(stop, bytes | bytearray | Mapping):
        raise UnexpectedTypeError("stop as strings and token ids", shown(stop), 'pass them as in stop=["\\n\\n", 50256]')
    is_one = isinstance(stop, str) or not isinstance(stop, Iterable) or getattr(stop, "ndim", 1) == 0
    return tuple(map(_checked, [stop] if is_one else stop))


def _checked(stop: Any) -> str | int:  # noqa: ANN401  whatever was passed
    if not isinstance(stop, str):
        return whole_number("a stop token", stop, do="strings and token ids end a text")
    if not stop:
        raise UnexpectedValueError("stop strings with at least one character", "an empty one", "leave it out")
    return as_text("a stop string", stop)


class StopStrings:
    """Looks for strings in a text as its tokens come.

    They are looked for in the text as it is given out, and in the same as it stands behind the prompt, with special tokens as they are written.
    Only what a token completes counts, and nothing that begins in the prompt.
    """

    def __init__(self, text: Text, strings: Sequence[str], prompt: Sequence[int] = ()) -> None:
        looks = [((), False), (prompt[-_BEHIND:], True)] if strings else []
        self._views = [_View(TextStream(text, special=special), strings, before) for before, special in looks]

    def are_completed_by(self, token: int) -> bool:
        """Take the next token; whether the text up to it holds one of the strings that it did not hold before."""
        found = [view.is_completed_by(token) for view in self._views]  # every one of them has to see the token
        return any(found)


class _View:
    def __init__(self, stream: TextStream, strings: Sequence[str], prompt: Sequence[int]) -> None:
        self._stream, self._strings = stream, strings
        self._longest = max(map(len, strings))
        stream.push(*prompt)
        # the end of the text: what will stay, and all of it as it would read if it ended here
        self._sure, self._seen = "", stream.ahead
        self._start = len(self._seen)  # of what is no longer the prompt's

    def is_completed_by(self, token: int) -> bool:
        self._sure += self._stream.push(token)
        # a character that is not whole reads as a broken one: it is no match for one yet
        now = self._sure + self._stream.ahead.rstrip("\N{REPLACEMENT CHARACTER}")
        known = len(common_start(self._seen, now))
        found = any(now.find(string, max(self._start, known - len(string) + 1)) >= 0 for string in self._strings)
        cut = max(0, len(self._sure) - self._longest)
        self._sure, self._seen, self._start = self._sure[cut:], now[cut:], max(0, self._start - cut)
        return found
