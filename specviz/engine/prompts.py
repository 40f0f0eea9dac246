"""What a prompt may be: a text, token ids however they come, a conversation; or several of one kind, which are a batch."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from specviz.arguments import is_list, text as checked_text, whole_number
from specviz.errors import UnexpectedTypeError, UnexpectedValueError, shown
from specviz.model.text import Text

Conversation = Sequence[Mapping[str, Any]]
"""Messages, each with a role and content."""
Prompt = str | list[int]
"""One prompt as the engine takes it."""

_TAKEN = (
    "a prompt as text, token ids (a list, an array or a tensor of whole numbers, a tokenizer's output) or chat messages, "
    "or a list of prompts of one kind"
)
_ONE = "the prompt"
_IDS, _MASK = "input_ids", "attention_mask"


@dataclass(frozen=True)
class Prompts:
    """What was given: one prompt, or the rows of a batch."""

    rows: list[Prompt]
    is_batch: bool

    @property
    def single(self) -> Prompt:
        """The one prompt.

        Raises:
            UnexpectedTypeError: when it is a batch.
        """
        if self.is_batch:
            raise UnexpectedTypeError("one prompt", f"a list of {len(self.rows)}", "generate() takes a list and decodes it as a batch")
        return self.rows[0]


def read_prompts(given: Any, text: Text) -> Prompts:  # noqa: ANN401  whatever was passed
    """Read what was given for a prompt; messages go through the chat template of ``text``.

    A tensor or array of one row is one prompt, of more rows a batch. Where a tokenizer's output has an attention mask, its padding is left out.

    Raises:
        UnexpectedTypeError, UnexpectedValueError: for anything that is no prompt.
    """
    plain = _plain(given)
    kind = _kind(plain)
    if kind is not None:
        return Prompts([_read(plain, kind, text, _ONE)], is_batch=False)
    if not is_list(plain):
        raise UnexpectedTypeError(_TAKEN, _shown(given), _advice(given))
    rows = [_plain(row) for row in plain]
    kinds = {_kind(row) for row in rows}
    if None in kinds or len(kinds) > 1:
        raise UnexpectedTypeError(_TAKEN, f"a list of different things: {shown(list(given))}", "give the whole batch in one form")
    return Prompts([_read(row, _kind(row), text, f"prompt {number}") for number, row in enumerate(rows)], is_batch=True)


def _plain(given: Any) -> Any:  # noqa: ANN401  whatever was passed
    """The same as text, lists or a mapping: arrays taken apart, a tokenizer's output without its padding."""
    if isinstance(given, Mapping):
        return _of_tokenizer(given[_IDS], given.get(_MASK)) if _IDS in given else given
    if hasattr(given, "ids") and hasattr(given, _MASK):  # of the tokenizers library
        return _of_tokenizer(given.ids, given.attention_mask)
    if hasattr(given, "tolist") and hasattr(given, "ndim"):
        values = given.tolist()
        return values[0] if given.ndim == 2 and len(values) == 1 else values
    return given


def _of_tokenizer(ids: Any, mask: Any) -> Any:  # noqa: ANN401  whatever a tokenizer was asked to return
    """Its ids, or a list of them for every text, as far as the mask says that they are text."""
    ids, mask = _plain(ids), _plain(mask)
    if mask is None or not is_list(ids):
        return ids
    is_nested = bool(ids) and not _is_scalar(ids[0])
    if not is_list(mask) or len(mask) != len(ids):
        raise UnexpectedValueError(f"an {_MASK} of the shape of {_IDS}", shown(mask), "pass on what the tokenizer returned")
    return [_of_tokenizer(row, own) for row, own in zip(ids, mask, strict=True)] if is_nested else _without_padding(ids, mask)


def _without_padding(ids: Sequence[Any], mask: Sequence[Any]) -> list[Any]:
    kept = [place for place, is_text in enumerate(mask) if is_text]
    if kept and kept[-1] - kept[0] + 1 != len(kept):
        raise UnexpectedValueError(
            f"an {_MASK} that leaves out padding at the ends", "one that leaves out tokens between others", "remove those tokens"
        )
    return [ids[place] for place in kept]


def _kind(plain: Any) -> str | None:  # noqa: ANN401  whatever was passed
    """What a single prompt is, by its first part; None for what is none."""
    if isinstance(plain, str):
        return "text"
    if not is_list(plain):
        return None
    if not len(plain) or _is_scalar(plain[0]):
        return "ids"
    return "messages" if isinstance(plain[0], Mapping) and "role" in plain[0] else None


def _is_scalar(value: Any) -> bool:  # noqa: ANN401  whatever was passed
    return not (isinstance(value, str | bytes | bytearray | Mapping) or is_list(value) or getattr(value, "ndim", False) or hasattr(value, "ids"))


def _read(plain: Any, kind: str | None, text: Text, name: str) -> Prompt:  # noqa: ANN401  whatever was passed
    if kind == "text":
        return checked_text(name, plain)
    if kind == "messages":
        return text.chat([_message(part, name) for part in plain])
    if not len(plain):
        raise UnexpectedValueError("a prompt with at least one token", "none" if name == _ONE else f"{name} without any")
    return [_token(token, name, place) for place, token in enumerate(plain)]


def _message(part: Any, name: str) -> Mapping[str, str]:  # noqa: ANN401  whatever was passed
    if not isinstance(part, Mapping) or "role" not in part:
        raise UnexpectedTypeError(f"{name} as chat messages, each with a role and content", shown(part), "write [{'role': 'user', 'content': '…'}]")
    for field, value in part.items():
        if isinstance(value, str):
            checked_text(f"{name}'s {field}", value)
    return part


def _token(token: Any, name: str, place: int) -> int:  # noqa: ANN401  whatever was passed
    """A token id as Python's own number; whether the vocabulary has it, the session asks."""
    if type(token) is int:  # by far the most, and long prompts are many
        return token
    own = token.item() if hasattr(token, "item") and not getattr(token, "ndim", False) else token  # a truth value is then seen to be one
    return whole_number(f"{name}'s token {place}", own)


def _shown(given: Any) -> str:  # noqa: ANN401  whatever was passed
    return "none" if given is None else shown(given)


def _advice(given: Any) -> str:  # noqa: ANN401  whatever was passed
    if isinstance(given, bytes | bytearray):
        return "decode it first: prompt.decode()"
    if isinstance(given, Mapping) and "role" in given:
        return "put the message into a list"
    if hasattr(given, "__iter__") and not isinstance(given, Mapping):
        return "make a list of it"
    return ""
