"""Who did what, as plain rows: the papers behind the methods, where each stands on the map, and the chapter that teaches it.

Numbers, names and months are the papers' own, every sentence is ours. The map's axes are the survey's (arXiv 2401.07851): who drafts, what
verification promises, and whether the draft was made to agree with the target.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from specviz.errors import UnexpectedValueError

Drafts = Literal["a second model", "the target itself", "text that exists"]
Promise = Literal["same text", "same law", "relaxed"]
Alignment = Literal["as it is", "trained", "kept up online"]

DRAFTS: tuple[Drafts, ...] = get_args(Drafts)
PROMISES: tuple[Promise, ...] = get_args(Promise)
ALIGNMENTS: tuple[Alignment, ...] = get_args(Alignment)

SURVEY = "2401.07851"
"""The survey; it is taught like the papers below, and has no place on its own map."""


@dataclass(frozen=True)
class Paper:
    """One paper and its place on the map.

    Attributes:
        number: on arXiv; empty for work that came out elsewhere.
        month: when it appeared, "yymm".
        name: what people call it.
        drafts: who proposes.
        promise: what verification promises: the target's greedy text (and no more is said), the target's law (at temperature 0 that is its
            text), or something near it.
        several: whether several candidates for one place are verified together, as a tree or as chains side by side.
        alignment: whether the draft was made to agree with the target.
        is_core: whether the tutorial of COLING 2025 taught it in detail.
        method: its name in ``specviz.METHODS`` where it runs here, in the shape that this kit has; empty where it does not.
        chapter: the number of the chapter that teaches it, or will.
        gist: what is new in it.
    """

    number: str
    month: str
    name: str
    drafts: Drafts
    promise: Promise
    several: bool
    alignment: Alignment
    is_core: bool
    method: str
    chapter: str
    gist: str

    @property
    def year(self) -> int:
        """The year it appeared."""
        return 2000 + int(self.month[:2])

    @property
    def source(self) -> str:
        """Where to find it."""
        return f"arXiv {self.number}" if self.number else f"no paper, {self.year}"


# number or month | name | who: model, own, copy | text, law, near | 1 or n candidates | as-is, trained, online | * core | method | chapter | gist
_ROWS = """
1811.03115 | Blockwise           | own   | text | 1 | trained | * |               | 06 | extra heads propose a block, the target checks it in one pass
2106.04970 | Aggressive decoding | copy  | text | 1 | as-is   |   |               | 06 | to correct a sentence, take the sentence itself as the draft
2203.16487 | SpecDec             | model | near | 1 | trained | * |               | 06 | a special drafter writes a block at once; near misses pass
2211.17192 | Leviathan et al.    | model | law  | 1 | as-is   | * | chain         | 04 | a smaller model drafts; refused tokens come from the residual
2302.01318 | Chen et al.         | model | law  | 1 | as-is   | * | chain         | 04 | the same rule, found independently, on a very large model
2302.07863 | BiLD                | model | near | 1 | trained |   |               | 06 | a small model writes until unsure, a large one takes back
2304.04487 | LLMA                | copy  | text | 1 | as-is   |   |               | 06 | copy spans of documents that are at hand anyway
2305.09781 | SpecInfer           | model | law  | n | trained |   | specinfer     | 11 | many drafts become one tree, read in one pass
2305.10427 | Jacobi decoding     | own   | text | 1 | as-is   |   |               | 08 | guess all places at once, repeat until nothing changes
2305       | Assisted generation | model | law  | 1 | as-is   |   |               | 12 | in a library: the length follows what was accepted last
2309.08168 | Draft & Verify      | own   | law  | 1 | as-is   | * |               | 08 | the target drafts with some of its layers left out
2310.07177 | Online drafts       | model | law  | 1 | online  |   |               | 15 | the draft goes on learning from what the target corrects
2310.08461 | DistillSpec         | model | law  | 1 | trained |   |               | 14 | distil the draft; which divergence to use depends on the task
2310.15141 | SpecTr              | model | law  | n | as-is   |   | spectr        | 11 | to accept one of k drafts is optimal transport
2311.08252 | REST                | copy  | law  | n | as-is   | * |               | 07 | continuations looked up in a store of text become a tree
2311       | Prompt lookup       | copy  | text | 1 | as-is   |   | prompt-lookup | 07 | what followed these words the last time may follow them again
2401.10774 | Medusa              | own   | near | n | trained | * |               | 08 | heads again, a tree of their guesses, plausible tokens pass
2401.14021 | RaLMSpec            | copy  | text | 1 | as-is   | * |               | 18 | guess what the retriever will find, check guesses in a batch
2401.15077 | EAGLE               | own   | law  | n | trained | * |               | 08 | draft the target's features, not its tokens
2402.02057 | Lookahead           | own   | law  | n | as-is   | * |               | 08 | Jacobi iteration that collects n-grams on its way
2402.02082 | GliDe with CaPE     | model | law  | n | trained | * |               | 07 | the draft reads the target's cache; candidates where unsure
2402.12374 | Sequoia             | model | law  | n | as-is   |   | sequoia       | 10 | the best fixed tree, by dynamic programming
2402.14160 | RSD                 | model | law  | n | as-is   |   | rsd-c         | 11 | siblings drawn without replacement, judged one by one
2403.10444 | Block verification  | model | law  | 1 | as-is   |   | block         | 04 | judge a chain as a whole and keep more of it
2404.11912 | TriForce            | own   | law  | 1 | as-is   | * |               | 17 | long texts: the target drafts with a part of its own cache
2404.18911 | Kangaroo            | own   | text | 1 | trained |   |               | 08 | leave the target early to draft, and stop early when unsure
2405.19715 | SpecDec++           | model | law  | 1 | as-is   |   |               | 12 | a small head foretells acceptance and says when to stop
2406.16758 | Multilingual        | model | law  | 1 | trained | * |               | 18 | a small drafter of its own for each language
2406.16858 | EAGLE-2             | own   | law  | n | trained | * | eagle-2       | 10 | the tree follows the draft's confidence, anew in each cycle
2406.17276 | OPT-Tree            | model | law  | n | as-is   |   | opt-tree      | 10 | the tree that the draft itself expects most of
2410.11744 | DySpec              | model | law  | n | as-is   |   | dyspec        | 10 | grow the tree where verification is likeliest to come by
2410.18351 | AdaEDL              | model | law  | 1 | as-is   |   |               | 12 | stop drafting where the draft's entropy is high
2411.04975 | SuffixDecoding      | copy  | text | n | as-is   |   |               | 07 | suffix trees over past outputs; longer match, bolder draft
2411.10666 | SAM Decoding        | copy  | text | 1 | as-is   | * |               | 07 | a suffix automaton finds the longest match at once
2501.19309 | Judge Decoding      | model | near | 1 | as-is   | * |               | 09 | a trained judge keeps tokens that are right, if not the same
2503.01840 | EAGLE-3             | own   | law  | n | trained |   |               | 08 | a drafter trained on its own outputs, fed from several layers
2505.12398 | Traversal           | model | law  | n | as-is   |   | traversal     | 11 | judge the tree from its leaves up
"""
_WHO: dict[str, Drafts] = {"model": "a second model", "own": "the target itself", "copy": "text that exists"}
_WHAT: dict[str, Promise] = {"text": "same text", "law": "same law", "near": "relaxed"}
_HOW: dict[str, Alignment] = {"as-is": "as it is", "trained": "trained", "online": "kept up online"}


def _read(row: str) -> Paper:
    number, name, who, what, several, how, core, method, chapter, gist = (cell.strip() for cell in row.split("|"))
    return Paper(
        number=number if "." in number else "", month=number[:4], name=name, drafts=_WHO[who], promise=_WHAT[what],
        several=several == "n", alignment=_HOW[how], is_core=core == "*", method=method, chapter=chapter, gist=gist,
    )  # fmt: skip


PAPERS: tuple[Paper, ...] = tuple(_read(row) for row in _ROWS.strip().splitlines())
"""Oldest first."""


def papers(*, since: int = 2018, until: int = 2025) -> list[Paper]:
    """The papers of these years, both ends counted, oldest first.

    Raises:
        ValueError: when there is none.
    """
    chosen = [paper for paper in PAPERS if since <= paper.year <= until]
    if not chosen:
        first, last = PAPERS[0].year, PAPERS[-1].year
        raise UnexpectedValueError(f"years between {first} and {last} with a paper among them", f"{since} to {until}")
    return chosen
