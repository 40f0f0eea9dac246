"""Exercises of chapter 3, draft, verify, correct: how many drafts stay, where the caches are cut, what the draft reads next, where a text ends."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np

from specviz.types import ROOT, DraftTree, Sketch, Verdict
from specviz.verifiers import VERIFIERS

from .exercise import Exercise, Mistake
from .prediction import Prediction

not_read = Prediction(
    question="4 tokens were drafted and all 4 were accepted. How many tokens of the text has the draft not read yet after this cycle?",
    unit="tokens",
    low=0,
    high=5,
    thought="who read the last drafted token, and who read the bonus token?",
)

changed = Prediction(
    question="The draft's cache is broken on purpose. How many of the 48 tokens will come out differently?",
    unit="tokens changed",
    low=0,
    high=48,
    thought="whose choice is each committed token in the end?",
)


def how_many_stay(drafts, choices):
    """Draft i stays while it equals what the target chooses in its place: choices[i], read after the drafts before it."""
    for i, token in enumerate(drafts):
        if token != choices[i]:
            return i
    return len(drafts)


def _package_stay(drafts: list[int], choices: list[int]) -> int:
    """The engine's greedy rule on a chain; the target's choices are laws with all mass on one token."""
    vocab = 1 + max([*drafts, *choices])
    chain = DraftTree(drafts, range(ROOT, len(drafts) - 1), None, [-1] * len(drafts), "deterministic")
    return len(VERIFIERS["greedy"].judge(chain, np.eye(vocab)[choices], np.zeros(len(choices))).path)


stay = Exercise(
    task="Return how many of the drafted tokens stay at temperature 0; choices has one token more: the target's choice in every place.",
    reference=_package_stay,
    cases=[
        ([7, 3, 9, 4], [7, 3, 2, 4, 1]),
        ([7, 3, 9, 4], [7, 3, 9, 4, 1]),
        ([5, 3, 9, 4], [7, 3, 9, 4, 1]),
        ([6, 1, 1], [6, 2, 1, 3]),
        ([2, 8, 5], [8, 5, 6, 2]),
        ([], [3]),
    ],
    model=how_many_stay,
    mistakes=[
        Mistake(
            "a match after a refusal was counted",
            "What stands behind a refused draft continues a text that is never written. Stop at the first mismatch.",
            lambda d, c: sum(a == b for a, b in zip(d, c, strict=False)),
        ),
        Mistake(
            "the rows are one off",
            "Row 0 is the target's choice after the committed text: the place of the first draft. Draft i is compared with choices[i].",
            lambda d, c: how_many_stay(d, c[1:]),
        ),
        Mistake(
            "the target's own token was counted",
            "That is how many tokens the cycle commits. Of the drafts, one fewer stays: the last token is the target's.",
            lambda d, c: how_many_stay(d, c) + 1,
        ),
        Mistake(
            "all or nothing",
            "A wrong draft in third place does not spoil the first two: they are what the target would have written. Keep the matching prefix.",
            lambda d, c: len(d) if list(d) == list(c[: len(d)]) else 0,
        ),
    ],
    hints=[
        "choices[0] is what the target writes after the text, choices[1] after the text and the first draft, and so on.",
        "Walk from the left and stop at the first draft that is not the target's choice.",
        "And when there is no mismatch at all?",
    ],
    praise="Right: the longest prefix on which both agree. The target's choice behind it is the corrected or the bonus token.",
)


def lengths_after(text, gamma, accepted):
    """The target keeps the root and the accepted drafts. The draft never read the last token it proposed."""
    return text + accepted, text + min(accepted, gamma - 1)


class _Memory:
    """A model that computes nothing: the package's cache does the bookkeeping, and what was read is written down."""

    def __init__(self) -> None:
        import torch

        from specviz.model.cache import KVCache
        from specviz.model.config import ModelConfig

        config = ModelConfig("llama", 64, 2, 2, 1, 1, 1, 2, 512, 1e-6, tied_head=True)
        self.config, self.capacity = config, config.context
        self.cache = KVCache(config, config.context, torch.device("cpu"), torch.float32)
        self.read: list[list[int]] = []

    def score(self, tokens: list[int], *_: object, **__: object) -> Any:
        import torch

        self.cache.reserve(len(tokens))
        self.cache.advance(len(tokens))
        self.read.append(list(tokens))
        return torch.zeros(1, self.config.vocab)


def _cycle(text: list[int], gamma: int, accepted: int) -> tuple[_Memory, _Memory, Any]:
    """One cycle with the package's own session and drafter: (target, draft, session) after it."""
    from specviz.drafters import IndependentDrafter
    from specviz.engine.session import Session

    target, draft = _Memory(), _Memory()
    session: Any = Session.__new__(Session)  # no tokenizer, no weights: tokens and caches alone
    session.tokens, session.prompt_length = list(text), len(text)
    drafter = IndependentDrafter(draft, target.config.vocab, _greedy())  # type: ignore[arg-type]
    target.score(text[:-1])
    drafter.start(session)
    sketch = Sketch(len(text))
    for node in range(gamma):
        drafter.propose(sketch, [node - 1])
        sketch.add(node + 1, node - 1)
    tree = DraftTree(sketch.tokens, sketch.parents, None, [-1] * gamma, "deterministic")
    verdict = Verdict(list(range(accepted)), 0, "bonus" if accepted == gamma else "corrected", [])
    target.score([text[-1], *tree.tokens])
    target.cache.keep(len(text) - 1, [0, *(node + 1 for node in verdict.path)])
    session.tokens += [*(tree.tokens[node] for node in verdict.path), verdict.token]
    drafter.observe(tree, None, verdict)
    draft.read.clear()
    drafter.propose(Sketch(len(session.tokens)), [ROOT])
    return target, draft, session


def _greedy() -> Any:
    from specviz.model.sampling import SamplingSettings

    return SamplingSettings(0.0)


def _package_lengths(text: int, gamma: int, accepted: int) -> tuple[int, int]:
    target, draft, _ = _cycle(list(range(1, text + 1)), gamma, accepted)
    return target.cache.length, draft.cache.length - sum(map(len, draft.read))


lengths = Exercise(
    task="Return (target, draft): the positions each cache holds after a cycle that began with this many tokens of text, read but for the last.",
    reference=_package_lengths,
    cases=[(10, 4, 2), (10, 4, 0), (10, 4, 4), (25, 1, 1), (25, 1, 0), (7, 6, 5), (7, 6, 6)],
    model=lengths_after,
    mistakes=[
        Mistake(
            "the draft has not read its last token",
            "The trap of this chapter: when all are accepted, the target holds all of them, but the draft proposed the last one and never read it.",
            lambda t, _g, n: (t + n, t + n),
        ),
        Mistake(
            "the last token of the cycle was counted",
            "Nobody has read the corrected or bonus token: it came out of the pass. It is read first in the next cycle.",
            lambda t, g, n: (t + n + 1, t + min(n, g - 1) + 1),
        ),
        Mistake(
            "the refused drafts were not forgotten",
            "Their keys and values belong to a text that was not written. Left in, every later token would look at them.",
            lambda t, g, _n: (t + g, t + g - 1),
        ),
        Mistake(
            "the root was forgotten",
            "A pass begins with the last token of the text, which neither cache held before. It takes a slot, and keeps it.",
            lambda t, g, n: (t + n - 1, t + min(n, g - 1) - 1),
        ),
    ],
    hints=[
        "Before the cycle both hold text − 1 positions. The target's pass adds the last token of the text and all drafts.",
        "Of these the target keeps the last token of the text and the accepted drafts: text − 1 + 1 + accepted.",
        "The draft read the last token of the text and drafts 1 to gamma − 1. Which of those were accepted?",
    ],
    praise="Right, trap included. After a whole acceptance the draft is one position behind the target, else they hold the same.",
)


def catch_up(text, gamma, accepted):
    """Whatever the draft has not read: the cycle's last token, and before it the last draft if all were accepted."""
    return text[-2:] if accepted == gamma else text[-1:]


def _package_catch_up(text: list[int], gamma: int, accepted: int) -> list[int]:
    _, draft, session = _cycle(text[: len(text) - accepted - 1], gamma, accepted)
    missing = sum(map(len, draft.read))
    assert len(session.tokens) == len(text)  # noqa: S101  the case is a text that this cycle could have left
    return text[len(text) - missing :]


next_read = Exercise(
    task="Return the tokens the draft reads first in the next cycle; text is what is committed after a cycle that drafted gamma and kept accepted.",
    reference=_package_catch_up,
    cases=[
        ([11, 12, 13, 14, 15, 16], 3, 1),
        ([11, 12, 13, 14, 15, 16], 3, 3),
        ([11, 12, 13, 14, 15, 16], 3, 0),
        ([11, 12, 13, 14], 1, 1),
        ([11, 12, 13, 14, 15, 16, 17], 5, 4),
        ([11, 12, 13, 14, 15, 16, 17], 4, 4),
    ],
    model=catch_up,
    mistakes=[
        Mistake(
            "only the last token was read",
            "After a whole acceptance the draft has not read its own last token either. Skip it, and every later key sits one position too low.",
            lambda t, _g, _n: t[-1:],
        ),
        Mistake(
            "two tokens always",
            "After a refusal the draft holds everything but the last token. A token read twice takes two slots, and shifts all that follows.",
            lambda t, _g, _n: t[-2:],
        ),
        Mistake(
            "everything the cycle added was read again",
            "The accepted drafts the draft has read itself are still in its cache: that is what rolling back, instead of starting over, is for.",
            lambda t, _g, n: t[-n - 1 :],
        ),
        Mistake(
            "the last token is missing",
            "The corrected or bonus token came from the target. The draft has not read it and cannot go on without it.",
            lambda t, g, n: t[-2:-1] if n == g else [],
        ),
    ],
    hints=[
        "Which tokens of the text are not in the draft's cache? The exercise before says how many.",
        "The cycle's last token is never there. When is the one before it missing too?",
    ],
    praise="Right. The engine never asks which case it is in: it reads text[cache.length:], and the trap disappears.",
)


def cut_block(block, end_tokens, room):
    """Commit token by token and stop where the text ends, even with accepted tokens left."""
    kept = []
    for token in block:
        kept.append(token)
        if token in end_tokens or len(kept) == room:
            break
    return kept


class _Silent:
    """Takes tokens and says nothing: the session's text does not matter here."""

    def push(self, *_tokens: int) -> str:
        return ""

    def flush(self) -> str:
        return ""


def _package_cut(block: list[int], end_tokens: list[int], room: int) -> list[int]:
    """The engine's own commit, of a chain that was accepted whole."""
    from specviz.engine.session import Session
    from specviz.engine.settings import RunSettings
    from specviz.engine.stops import StopStrings

    target = _Memory()
    session: Any = Session.__new__(Session)
    session.tokens, session.prompt_length, session.settings = [1], 1, RunSettings(max_new_tokens=room)
    session.stop, session._stops, session._stream = None, StopStrings(None, ()), _Silent()  # type: ignore[arg-type]  # noqa: SLF001  no tokenizer is at hand
    session._ends, session._pair = dict.fromkeys(end_tokens, "end"), SimpleNamespace(target=target, context=512)  # noqa: SLF001
    *drafts, last = block
    tree = DraftTree(drafts, range(ROOT, len(drafts) - 1), None, [-1] * len(drafts), "deterministic")
    target.score([1, *drafts])
    session.commit(Verdict(list(range(len(drafts))), last, "bonus", []), tree)
    return list(session.committed)


end = Exercise(
    task="Return the tokens that are committed: block is what was accepted, then the target's own token; room is how many may still come.",
    reference=_package_cut,
    cases=[
        ([5, 6, 0, 7, 8], [0], 20),
        ([5, 6, 7, 8], [0], 20),
        ([5, 6, 7, 8], [0], 3),
        ([5, 6, 7, 0], [0], 20),
        ([0, 6, 0], [0], 20),
        ([5, 9, 6, 0, 7], [0, 9], 20),
        ([5, 6, 0, 7], [0], 2),
    ],
    model=cut_block,
    mistakes=[
        Mistake(
            "only the last token was looked at",
            "An end token may stand anywhere in the block, with accepted tokens behind it. Plain decoding would have stopped there.",
            lambda b, _e, r: b[:r],
        ),
        Mistake(
            "the end token itself is missing",
            "The token that ends the text is part of it, as in plain decoding: cut behind it.",
            lambda b, e, r: b[: next((i for i, token in enumerate(b) if token in e), len(b))][:r],
        ),
        Mistake(
            "more tokens than were asked for",
            "A block may be longer than the room that is left. Count as you commit.",
            lambda b, e, _r: b[: next((i + 1 for i, token in enumerate(b) if token in e), len(b))],
        ),
        Mistake(
            "the last end token was taken, not the first",
            "The text is over at the first one.",
            lambda b, e, r: b[: max((i + 1 for i, token in enumerate(b) if token in e), default=len(b))][:r],
        ),
        Mistake(
            "a block with an end in it was dropped whole",
            "What stands before the end was accepted and is the target's own text: commit it.",
            lambda b, e, r: [] if set(b) & set(e) else b[:r],
        ),
    ],
    hints=[
        "What would the target alone have written? It never sees what stands behind an end token.",
        "Go through the block from the left, keep each token, and stop after one that ends the text.",
        "Two things can end it: a token of end_tokens, and having used up the room.",
    ],
    praise="Right. And the target's cache is cut to the shorter text, so that it never holds more than what was said.",
)

EXERCISES = {"stay": stay, "lengths": lengths, "next_read": next_read, "end": end}
