"""Copy what followed the last time these words stood in the text: no model at all.

Prompt lookup decoding: n-gram matching over prompt and output; named among retrieval drafters in 2401.07851.
"""

from __future__ import annotations

from collections.abc import Sequence

from specviz.errors import UnexpectedValueError
from specviz.types import ROOT, Array, Context, DraftTree, Proposal, Sketch, Verdict


class PromptLookupDrafter:
    """Finds the latest earlier occurrence of the last n tokens, longest n first, and proposes what came after it.

    The latest, since a text tends to go on as it just did; vLLM and transformers copy after the first of several matches of one length.

    Proposals are fixed tokens, judged as one-hot laws. Text is indexed as it is committed, so a look-up is three dictionary
    reads whatever the length of the text.
    """

    has_law = False

    def __init__(self, end_tokens: Sequence[int], longest: int = 3, shortest: int = 1) -> None:
        if not 1 <= shortest <= longest:
            raise UnexpectedValueError("1 <= shortest <= longest", f"shortest {shortest} and longest {longest}")
        self._sizes = range(longest, shortest - 1, -1)
        self._ends = frozenset(end_tokens)

    def start(self, context: Context) -> None:
        """Begin a request; nothing of an earlier one is remembered."""
        self._context = context
        self._after: dict[tuple[int, ...], int] = {}  # an n-gram -> where the token after its latest occurrence stands
        self._indexed = 0
        self._match: int | None = None

    def propose(self, sketch: Sketch, nodes: Sequence[int]) -> list[Proposal]:
        """The copied token after each node: depth d of the tree copies the d-th token after the match."""
        if list(nodes) == [ROOT]:
            self._match = self._look_up()
        return [Proposal(tokens=self._copy(0 if node == ROOT else sketch.depths[node])) for node in nodes]

    def observe(self, tree: DraftTree, p: Array, verdict: Verdict) -> None:
        """Nothing to forget: only committed text is indexed."""

    def _copy(self, offset: int) -> tuple[int, ...]:
        tokens = self._context.tokens
        if self._match is None or self._match + offset >= len(tokens) or tokens[self._match + offset] in self._ends:
            return ()
        return (tokens[self._match + offset],)

    def _look_up(self) -> int | None:
        self._index()
        tokens = self._context.tokens
        keys = (tuple(tokens[-size:]) for size in self._sizes if size <= len(tokens))
        return next((self._after[key] for key in keys if key in self._after), None)

    def _index(self) -> None:
        """Index every n-gram that has a token after it; the text's own ending has none, so it never matches itself."""
        tokens = self._context.tokens
        for after in range(max(self._indexed, 1), len(tokens)):
            for size in self._sizes:
                gram = tuple(tokens[after - size : after]) if size <= after else ()
                if gram and not self._ends.intersection(gram):
                    self._after[gram] = after
        self._indexed = len(tokens)
