"""Logits of a pass into those that distributions are made of: every row by the tokens on its own path."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from math import inf

import torch
from torch import Tensor

from specviz.errors import UnexpectedValueError
from specviz.model.distribution.handed_in import HandedIn, check
from specviz.model.distribution.options import NEUTRAL, Distribution
from specviz.model.distribution.steps import Branch, CountPenalties, Forbidden, Forced, Level, NoRepeat, RepetitionPenalty, SequenceBias, Step

_THEIRS = {
    "sequence_bias": "SequenceBiasLogitsProcessor",
    "repetition_penalty": "RepetitionPenaltyLogitsProcessor",
    "no_repeat_ngram_size": "NoRepeatNGramLogitsProcessor",
    "bad_words_ids": "NoBadWordsLogitsProcessor",
    "min_length": "MinLengthLogitsProcessor",
    "min_new_tokens": "MinNewTokensLengthLogitsProcessor",
    "forced_bos_token_id": "ForcedBOSTokenLogitsProcessor",
    "forced_eos_token_id": "ForcedEOSTokenLogitsProcessor",
    "suppress_tokens": "SuppressTokensLogitsProcessor",
    "begin_suppress_tokens": "SuppressTokensAtBeginLogitsProcessor",
}
"""Option -> the class of transformers that does the same: one handed in takes the option's place, as there."""


@dataclass(frozen=True)
class Shaping:
    """What the text does to logits, settled for a pair and a run.

    Attributes:
        asked: by the user, and by the checkpoint where the user said nothing.
        end_tokens: ids that end the text, the model's own and those to stop at.
        max_new_tokens: places in the output.
    """

    asked: Distribution
    end_tokens: tuple[int, ...]
    max_new_tokens: int

    @property
    def is_nothing(self) -> bool:
        """Whether logits stay as they are, so that no path has to be looked at."""
        return not self.asked.processors and not self._options()

    def shaper(self, prompt_length: int) -> Shaper:
        """For one model of a run behind a prompt of so many tokens."""
        return Shaper(self._steps(prompt_length), prompt_length, frozenset(self.end_tokens))

    def check(self, prompt: Sequence[int], vocab: int, device: torch.device) -> None:
        """Try the processors that were handed in on the prompt.

        Raises:
            UnexpectedValueError: for one that cannot be used, by its name.
        """
        check(self.asked.processors or (), prompt, vocab, device)

    def _options(self) -> list[str]:
        """The options that do something, in the order in which they do it."""
        said = self.asked.said()
        return [name for name in self._makers() if name in said and said[name] not in (NEUTRAL.get(name), ())]

    def _steps(self, prompt_length: int) -> list[tuple[str, Step]]:
        """What changes the logits behind a prompt of so many tokens, in the order of ``transformers``, each with its name."""
        makers = self._makers()
        handed_in = [HandedIn(processor, prompt_length) for processor in self.asked.processors or ()]
        steps: list[tuple[str, Step]] = []
        for name in self._options():
            same = next((own for own in handed_in if own.name == _THEIRS.get(name)), None)
            steps.append((name, makers[name](prompt_length)) if same is None else (same.name, same))
        taken = [step for _, step in steps]
        return steps + [(own.name, own) for own in handed_in if own not in taken]

    def _makers(self) -> dict[str, Callable[[int], Step]]:
        """Option -> what does it behind a prompt of so many tokens."""
        a, ends = self.asked, self.end_tokens
        last = self.max_new_tokens - 1
        forced = dict(a.forced_tokens or ())
        return {
            "logit_bias": lambda _: SequenceBias(a.logit_bias or ()),
            "sequence_bias": lambda _: SequenceBias(a.sequence_bias or ()),
            "repetition_penalty": lambda _: RepetitionPenalty(a.repetition_penalty or 1.0),
            "frequency_penalty": lambda prompt: CountPenalties(a.frequency_penalty or 0.0, 0.0, prompt),
            "presence_penalty": lambda prompt: CountPenalties(0.0, a.presence_penalty or 0.0, prompt),
            "no_repeat_ngram_size": lambda _: NoRepeat(a.no_repeat_ngram_size or 1),
            "bad_words_ids": lambda _: SequenceBias(tuple((ids, -inf) for ids in a.bad_words_ids or () if ids not in [(end,) for end in ends])),
            "min_length": lambda prompt: Forbidden(ends, lambda level: level.num_new < a.least_new(prompt)),
            "min_new_tokens": lambda prompt: Forbidden(ends, lambda level: level.num_new < a.least_new(prompt)),
            "forced_bos_token_id": lambda _: Forced(lambda level: [a.forced_bos_token_id or 0] if level.length == 1 else ()),
            "forced_tokens": lambda _: Forced(lambda level: [forced[level.num_new]] if level.num_new in forced else ()),
            "forced_eos_token_id": lambda _: Forced(lambda level: a.forced_eos_token_id or () if level.num_new == last else ()),
            "suppress_tokens": lambda _: Forbidden(a.suppress_tokens or ()),
            "begin_suppress_tokens": lambda prompt: Forbidden(a.begin_suppress_tokens or (), lambda level: level.num_new == self._begins(prompt)),
        }

    def _begins(self, prompt_length: int) -> int:
        """The place in the output of its first token that is not forced."""
        return int(prompt_length == 1 and self.asked.forced_bos_token_id is not None)


class Shaper:
    """Applies the steps to the rows of one model's passes, level by level, so that a row behind a token that cannot be said is left out.

    Such a row is never looked at again, and what the steps would make of it is anybody's guess (a grammar has no answer to what it forbids):
    its logits stay as they are. So do those behind an end token, and those that no token would be left of: see :meth:`check`.
    """

    def __init__(self, steps: Sequence[tuple[str, Step]], prompt_length: int, end_tokens: Collection[int]) -> None:
        self._steps, self._prompt_length, self._ends = steps, prompt_length, end_tokens
        self._empty: dict[int, Branch] = {}

    def __call__(self, logits: Tensor, text: Sequence[int], branches: Sequence[Branch]) -> Tensor:
        """Shape the rows of a pass.

        Args:
            logits: float[rows, V].
            text: the committed tokens, prompt included.
            branches: the drafted tokens on each row's path; the row after a path's beginning need not be there.
        """
        shaped = logits.clone()
        self._text, self._empty = text, {}
        dead: set[Branch] = set()
        row_of = {branch: row for row, branch in enumerate(branches)}
        for rows in _levels(branches):
            dead |= self._ended([branches[row] for row in rows], dead, row_of, shaped)
            alive = [row for row in rows if branches[row] not in dead]
            if alive:
                level = Level(text, self._prompt_length, [branches[row] for row in alive])
                shaped[alive] = self._shape(logits[alive], level, alive)
                dead |= set(self._empty.values())
        return shaped

    def check(self, rows: Iterable[int]) -> None:
        """Make sure that there was a token to say in these rows of the last pass.

        Raises:
            UnexpectedValueError: naming what forbids them all.
        """
        for row in rows:
            if row in self._empty:
                path = [*self._text, *self._empty[row]]
                raise UnexpectedValueError(
                    f"a token that {', '.join(name for name, _ in self._steps)} allow in place {len(path) - self._prompt_length} of the output",
                    f"none: every token is forbidden behind {path[-5:]}",
                    "loosen one of them, or let the text end before",
                )

    def _ended(self, level: Sequence[Branch], dead: Collection[Branch], row_of: Mapping[Branch, int], shaped: Tensor) -> set[Branch]:
        """Paths of a level behind which no text goes on: a token of theirs is forbidden, or ends it."""
        ended = {branch for branch in level if branch and (branch[:-1] in dead or branch[-1] in self._ends)}
        rest = [branch for branch in level if branch and branch not in ended and branch[:-1] in row_of]
        before = shaped[[row_of[branch[:-1]] for branch in rest], [branch[-1] for branch in rest]].tolist() if rest else []
        return ended | {branch for branch, score in zip(rest, before, strict=True) if score == -inf}

    def _shape(self, logits: Tensor, level: Level, rows: Sequence[int]) -> Tensor:
        scores = logits
        for _, step in self._steps:
            scores = step(level, scores)
        is_empty = scores.amax(-1, keepdim=True) == -inf
        self._empty |= {row: branch for row, branch, empty in zip(rows, level.branches, is_empty.flatten().tolist(), strict=True) if empty}
        return torch.where(is_empty, logits, scores)


def _levels(branches: Sequence[Branch]) -> Iterator[list[int]]:
    """Rows of equally long paths, the shortest first."""
    by_length = sorted(range(len(branches)), key=lambda row: len(branches[row]))
    return (list(rows) for _, rows in groupby(by_length, lambda row: len(branches[row])))


def branches_of(tokens: Sequence[int], parents: Sequence[int]) -> list[Branch]:
    """The branch of the root and of every node of a tree, parents before their children."""
    branches: list[Branch] = [()]
    for token, parent in zip(tokens, parents, strict=True):
        branches.append((*branches[parent + 1], token))
    return branches
