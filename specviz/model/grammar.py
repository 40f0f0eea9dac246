"""Output that keeps to a grammar: a JSON schema, a regular expression, or EBNF. Needs the package ``xgrammar``: ``pip install specviz[grammar]``.

What is returned goes into ``processors=[…]``. Drafting needs no more of a grammar than that it can go back: from the path it was last asked
about, a matcher steps back to where the next one parts from it, and on from there.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from specviz import arguments
from specviz.errors import MissingPackageError, UnexpectedValueError, foreign

if TYPE_CHECKING:
    from specviz.model.pair import Pair


def json_schema(pair: Pair, schema: Mapping[str, Any] | str, *, any_whitespace: bool = False) -> Grammar:
    """The output is a JSON value of this schema, then the text ends.

    Args:
        pair: whose tokens are said.
        schema: as a mapping or as JSON.
        any_whitespace: whether it may be laid out freely; a model that is unsure may then write nothing but spaces.

    Raises:
        MissingPackageError: without xgrammar.
        UnexpectedValueError: for a schema that says nothing sensible, or a target whose texts have no end token.
    """
    compiler = _compiler(pair)
    with foreign("a JSON schema", "see json-schema.org", into=_plainly):
        text = schema if isinstance(schema, str) else json.dumps(dict(schema))
        return Grammar(compiler.compile_json_schema(text, any_whitespace=any_whitespace))


def regex(pair: Pair, pattern: str) -> Grammar:
    """The output matches this regular expression as a whole, then the text ends; raises as :func:`json_schema`."""
    compiler = _compiler(pair)
    with foreign("a regular expression that xgrammar knows", into=_plainly):
        return Grammar(compiler.compile_regex(arguments.text("a regular expression", pattern)))


def ebnf(pair: Pair, rules: str) -> Grammar:
    """The output keeps to these rules, from ``root`` on, then the text ends; raises as :func:`json_schema`."""
    compiler = _compiler(pair)
    with foreign("rules in xgrammar's EBNF, one of them called root", into=_plainly):
        return Grammar(compiler.compile_grammar(arguments.text("rules", rules)))


def _compiler(pair: Pair) -> Any:  # noqa: ANN401  of a package that may be missing
    try:
        import xgrammar
    except ImportError:
        raise MissingPackageError("the package xgrammar", "none installed", "pip install 'specviz[grammar]'") from None
    if not pair.end_tokens:
        raise UnexpectedValueError("a target with an end token, to end the text with", f"{pair.target.name!r} without one", "name it in its config")
    with foreign("a tokenizer that xgrammar can read"):
        tokens = xgrammar.TokenizerInfo.from_huggingface(
            pair.text.tokenizer, vocab_size=pair.target.config.vocab, stop_token_ids=list(pair.end_tokens)
        )
    return xgrammar.GrammarCompiler(tokens)


def _plainly(expected: str, got: str, do: str) -> UnexpectedValueError:
    """Its words without the time and the place in its source that they begin with."""
    return UnexpectedValueError(expected, re.sub(r"\[[\d:]+\] \S+:\d+: ", "", got), do)


class Grammar:
    """A compiled grammar for any number of runs; each model of a run gets a matcher of its own."""

    def __init__(self, compiled: Any) -> None:  # noqa: ANN401  xgrammar's
        self._compiled = compiled

    def after(self, prompt_length: int) -> GrammarProcessor:
        """The processor for texts whose first ``prompt_length`` tokens are the prompt, which the grammar says nothing of."""
        return GrammarProcessor(self._compiled, prompt_length)


class GrammarProcessor:
    """Forbids what the grammar does not allow next; its answer depends on input_ids and scores alone."""

    def __init__(self, compiled: Any, prompt_length: int) -> None:  # noqa: ANN401  xgrammar's
        import xgrammar

        self._matcher = xgrammar.GrammarMatcher(compiled)
        self._mask = xgrammar.allocate_token_bitmask(1, compiled.tokenizer_info.vocab_size)
        self._apply = xgrammar.apply_token_bitmask_inplace
        self._prompt_length, self._read = prompt_length, list[int]()

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        """Scores float[rows, V] with -inf for what may not follow each row of input_ids int64[rows, length]."""
        rows = zip(input_ids[:, self._prompt_length :].tolist(), scores.unbind(), strict=True)
        return torch.stack([self._allowed(tokens, row) for tokens, row in rows])

    def _allowed(self, tokens: list[int], scores: Tensor) -> Tensor:
        if not self._goes_to(tokens) or self._matcher.is_terminated():
            return torch.full_like(scores, -torch.inf)
        self._matcher.fill_next_token_bitmask(self._mask)
        allowed = scores.clone().unsqueeze(0)
        self._apply(allowed, self._mask.to(scores.device))
        return allowed[0]

    def _goes_to(self, tokens: list[int]) -> bool:
        """Step back to what these tokens share with the last ones, and on to their end; False where the grammar does not allow them."""
        shared = sum(1 for _ in takewhile(lambda both: both[0] == both[1], zip(self._read, tokens, strict=False)))
        self._matcher.rollback(len(self._read) - shared)
        del self._read[shared:]
        for token in tokens[shared:]:
            if not self._matcher.accept_token(token):
                return False
            self._read.append(token)
        return True
