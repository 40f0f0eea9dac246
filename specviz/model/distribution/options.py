"""What a user may ask of the distribution besides temperature, top-k and top-p: the names, their meaning, and the checks before any work."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from math import inf
from typing import Any, Protocol, TypedDict

from specviz import arguments
from specviz.errors import UnexpectedTypeError, UnexpectedValueError, shown

Processor = Callable[[Any, Any], Any]
"""``processor(input_ids int64[rows, length], scores float[rows, V]) -> float[rows, V]``, as ``transformers.LogitsProcessor``."""


class FromPrompt(Protocol):
    """Makes the processor for a run: for what has to know where the prompt ends, as a grammar of the output. Each model of a run gets its own."""

    def after(self, prompt_length: int) -> Processor:
        """The processor for texts whose first ``prompt_length`` tokens are the prompt."""


class DistributionOptions(TypedDict, total=False):
    """What shapes the distributions of target and draft alike, for every drafted token by the text on its own path.

    Meaning, order and arithmetic are those of ``transformers``. None, or a name left out, is the checkpoint's own default (its
    generation_config.json), which any given value overrules. min_p and typical_p, like top_k and top_p, do nothing at temperature 0.
    """

    min_p: float | None
    """Keep the tokens at least this many times as likely as the likeliest; 0 keeps all."""
    typical_p: float | None
    """Keep the smallest set with this mass of tokens whose surprise is closest to the expected one; 1 keeps all."""
    repetition_penalty: float | None
    """Divide the positive logits of tokens that stand in prompt or output by this, multiply the negative ones; 1 is none."""
    frequency_penalty: float | None
    """Taken off a token's logit for every time it stands in the output (not the prompt), right after the repetition penalty; 0 is none."""
    presence_penalty: float | None
    """Taken off the logit of every token that stands in the output (not the prompt) at all; 0 is none."""
    no_repeat_ngram_size: int | None
    """No n tokens in a row stand twice in the text; 0 allows it."""
    logit_bias: Mapping[int, float] | None
    """Token id -> what is added to its logit; -inf forbids it. Comes before the penalties."""
    sequence_bias: Mapping[tuple[int, ...], float] | Sequence[Sequence[Any]] | None
    """Token ids in a row -> what is added to the logit of the last one, where the others stand before it; also as [[ids, bias], …]."""
    suppress_tokens: Sequence[int] | None
    """Token ids that are never said."""
    begin_suppress_tokens: Sequence[int] | None
    """Token ids that are not said first."""
    bad_words_ids: Sequence[Sequence[int]] | None
    """Token ids in a row that are not said."""
    forced_tokens: Mapping[int, int] | None
    """Place in the output, from 0 -> the token id said there."""
    forced_bos_token_id: int | None
    """The token id said after a prompt of a single token."""
    forced_eos_token_id: int | Sequence[int] | None
    """The token id, or one of them, said in the last place that ``max_new_tokens`` leaves."""
    min_new_tokens: int | None
    """New tokens before an end token, or one to stop at, may be said, and before a string to stop at counts."""
    min_length: int | None
    """The same with the prompt counted; not looked at where ``min_new_tokens`` is given."""
    processors: Sequence[Processor | FromPrompt] | Processor | FromPrompt | None
    """Any ``transformers.LogitsProcessor`` or function of that form, or a :class:`FromPrompt`. Called for several paths of one length at once, in
    any order, so what it answers may depend on its arguments alone. They come after all of the above, before the temperature."""


Biases = tuple[tuple[tuple[int, ...], float], ...]
"""Token ids in a row, and what is added to the logit of the last."""


@dataclass(frozen=True)
class Distribution:
    """The same, checked and in one form; None where nothing was said.

    Raises:
        UnexpectedTypeError: for a value of another kind, by the option's name.
        UnexpectedValueError: for one out of range.
    """

    min_p: float | None = None
    typical_p: float | None = None
    repetition_penalty: float | None = None
    frequency_penalty: float | None = None
    presence_penalty: float | None = None
    no_repeat_ngram_size: int | None = None
    logit_bias: Biases | None = None
    sequence_bias: Biases | None = None
    suppress_tokens: tuple[int, ...] | None = None
    begin_suppress_tokens: tuple[int, ...] | None = None
    bad_words_ids: tuple[tuple[int, ...], ...] | None = None
    forced_tokens: tuple[tuple[int, int], ...] | None = None
    forced_bos_token_id: int | None = None
    forced_eos_token_id: tuple[int, ...] | None = None
    min_new_tokens: int | None = None
    min_length: int | None = None
    processors: tuple[Processor | FromPrompt, ...] | None = None

    def __post_init__(self) -> None:
        for name, check in _CHECKS.items():
            value = getattr(self, name)
            if value is not None:
                object.__setattr__(self, name, check(name, value))

    @staticmethod
    def of(options: Mapping[str, Any]) -> Distribution:
        """From what was given by name.

        Raises:
            UnexpectedTypeError: also for a name that does not exist.
        """
        for name in options:
            if name not in NAMES:
                close = get_close_matches(name, NAMES, 1)
                meant = f"did you mean {close[0]}?" if close else "leave it out, or look for it among the settings of the run"
                raise UnexpectedTypeError(f"settings of the distribution among {', '.join(NAMES)}", name, meant)
        return Distribution(**options)

    def over(self, defaults: Distribution) -> Distribution:
        """What was said here, and where nothing was, what ``defaults`` say."""
        own = self.said()
        return Distribution(**(defaults.said() | own)) if defaults.said() else self

    def least_new(self, prompt_length: int) -> int:
        """New tokens that a text has at least, behind a prompt of so many."""
        return (self.min_length or 0) - prompt_length if self.min_new_tokens is None else self.min_new_tokens

    def said(self) -> dict[str, Any]:
        """What is not None, by name."""
        return {name: value for name in NAMES if (value := getattr(self, name)) is not None}

    def ids(self) -> dict[str, list[int]]:
        """All token ids that are named, by option."""
        biases = {name: [id_ for ids, _ in getattr(self, name) or () for id_ in ids] for name in ("logit_bias", "sequence_bias")}
        lists = {name: [*(getattr(self, name) or ())] for name in ("suppress_tokens", "begin_suppress_tokens", "forced_eos_token_id")}
        rest = {
            "bad_words_ids": [id_ for ids in self.bad_words_ids or () for id_ in ids],
            "forced_tokens": [id_ for _, id_ in self.forced_tokens or ()],
            "forced_bos_token_id": [] if self.forced_bos_token_id is None else [self.forced_bos_token_id],
        }
        return biases | lists | rest

    def as_dict(self, *, is_greedy: bool) -> dict[str, Any]:
        """What is in force, as JSON has it: processors by the names of their classes, -inf as text."""
        unused = {"min_p", "typical_p"} if is_greedy else set()
        kept = {name: value for name, value in self.said().items() if name not in unused and value != NEUTRAL.get(name, ())}
        return {name: [name_of(each) for each in value] if name == "processors" else _plain(value) for name, value in kept.items()}


NAMES = tuple(field.name for field in fields(Distribution))
"""All options, in the order of their documentation."""

NEUTRAL: dict[str, float] = {
    "min_p": 0.0,
    "typical_p": 1.0,
    "repetition_penalty": 1.0,
    "frequency_penalty": 0.0,
    "presence_penalty": 0.0,
    "no_repeat_ngram_size": 0,
    "min_new_tokens": 0,
    "min_length": 0,
}
"""The values that ask for nothing."""


def name_of(processor: Processor | FromPrompt) -> str:
    """How a record names a processor: a function by its own name, an object by its class."""
    return str(getattr(processor, "__name__", type(processor).__name__))


def _plain(value: Any) -> Any:  # noqa: ANN401  a setting is a number, or some of them within each other
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return "-inf" if value == -inf else value


# ------------------------------------------------------------------------------------------------------------------ the checks


def _unit(name: str, value: Any) -> float:  # noqa: ANN401  whatever was passed
    return arguments.number(name, value, 0.0, 1.0)


def _share(name: str, value: Any) -> float:  # noqa: ANN401
    return arguments.number(name, value, 0.0, 1.0, above=True)


def _positive(name: str, value: Any) -> float:  # noqa: ANN401
    return arguments.number(name, value, 0.0, above=True, do="1 is no penalty, more makes repeating less likely")


def _finite(name: str, value: Any) -> float:  # noqa: ANN401
    return arguments.number(name, value)


def _bias(name: str, value: Any) -> float:  # noqa: ANN401
    return -inf if isinstance(value, float) and value == -inf else arguments.number(name, value, do="-inf forbids a token")


def _count(name: str, value: Any) -> int:  # noqa: ANN401
    return arguments.whole_number(name, value)


def _listed(name: str, value: Any, of: str) -> list[Any]:  # noqa: ANN401
    """The members of a list, tuple, set, array or tensor."""
    if isinstance(value, str | bytes | Mapping) or not isinstance(value, Iterable) or getattr(value, "ndim", 1) == 0:
        raise UnexpectedTypeError(f"{name} as a list of {of}", shown(value))
    return list(value)


def _ids(name: str, value: Any) -> tuple[int, ...]:  # noqa: ANN401
    return tuple(arguments.whole_number(f"every id of {name}", each) for each in _listed(name, value, "token ids"))


def _row(name: str, value: Any) -> tuple[int, ...]:  # noqa: ANN401
    ids = _ids(name, value)
    if not ids:
        raise UnexpectedValueError(f"at least one token id in every list of {name}", "an empty one", "leave it out")
    return ids


def _one_or_more(name: str, value: Any) -> tuple[int, ...]:  # noqa: ANN401
    is_one = not isinstance(value, Iterable) or getattr(value, "ndim", 1) == 0
    return _row(name, [value] if is_one else value)


def _rows(name: str, value: Any) -> tuple[tuple[int, ...], ...]:  # noqa: ANN401
    return tuple(_row(name, each) for each in _listed(name, value, "lists of token ids"))


def _token_biases(name: str, value: Any) -> Biases:  # noqa: ANN401
    pairs = _pairs(name, value, "a bias for each token id")
    return _biases(name, (((_count(f"every id of {name}", _single(id_)),), bias) for id_, bias in pairs))


def _single(id_: Any) -> Any:  # noqa: ANN401
    """A token id out of the row that it makes, as it stands in a :class:`Distribution`."""
    return id_[0] if isinstance(id_, tuple) and len(id_) == 1 else id_


def _row_biases(name: str, value: Any) -> Biases:  # noqa: ANN401
    return _biases(name, ((_row(name, ids), bias) for ids, bias in _pairs(name, value, "a bias for each list of token ids")))


def _biases(name: str, pairs: Iterable[tuple[tuple[int, ...], Any]]) -> Biases:
    """The pairs, checked; where a list names the same ids twice the last bias counts, as in transformers."""
    return tuple({ids: _bias(f"every bias of {name}", bias) for ids, bias in pairs}.items())


def _places(name: str, value: Any) -> tuple[tuple[int, int], ...]:  # noqa: ANN401
    pairs = _pairs(name, value, "a token id for each place in the output")
    return tuple((_count(f"every place of {name}", place), _count(f"every id of {name}", id_)) for place, id_ in pairs)


def _pairs(name: str, value: Any, of: str) -> list[Any]:  # noqa: ANN401
    """What belongs together: of a mapping (whose keys JSON makes text), or of a list of pairs."""
    if isinstance(value, Mapping):
        return [(int(key) if isinstance(key, str) and key.isdecimal() else key, each) for key, each in value.items()]
    pairs = _listed(name, value, "pairs")
    for pair in pairs:
        if not arguments.is_list(pair) or len(pair) != 2:
            raise UnexpectedTypeError(f"{name} as a mapping with {of}", shown(value))
    return pairs


def _callables(name: str, value: Any) -> tuple[Processor | FromPrompt, ...]:  # noqa: ANN401
    members = [value] if _is_processor(value) and not arguments.is_list(value) else _listed(name, value, "logits processors")
    for member in members:
        if not _is_processor(member):
            do = "make an object of it" if isinstance(member, type) else "see transformers.LogitsProcessor"
            raise UnexpectedTypeError(f"{name} that can be called with (input_ids, scores)", shown(member), do)
    return tuple(members)


def _is_processor(value: object) -> bool:
    return (callable(value) or hasattr(value, "after")) and not isinstance(value, type)


_CHECKS: dict[str, Callable[[str, Any], Any]] = {
    "min_p": _unit,
    "typical_p": _share,
    "repetition_penalty": _positive,
    "frequency_penalty": _finite,
    "presence_penalty": _finite,
    "no_repeat_ngram_size": _count,
    "logit_bias": _token_biases,
    "sequence_bias": _row_biases,
    "suppress_tokens": _ids,
    "begin_suppress_tokens": _ids,
    "bad_words_ids": _rows,
    "forced_tokens": _places,
    "forced_bos_token_id": _count,
    "forced_eos_token_id": _one_or_more,
    "min_new_tokens": _count,
    "min_length": _count,
    "processors": _callables,
}
