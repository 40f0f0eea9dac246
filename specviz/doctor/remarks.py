"""What a reader has to know to weigh the figures, and what is neither good nor bad."""

from __future__ import annotations

from collections.abc import Iterator

from specviz.doctor.choices import FEW_PLACES
from specviz.doctor.diagnosis import Choice, Diagnosis, Figure, PassCosts, Templates

WEAK = 0.5
"""A draft is called weak when even the upper end of its acceptance is below this."""
FEW_EXAMINED = 50
UNSTEADY = 3.0
"""Passes whose slowest round took this many times the fastest are called unsteady."""


def template_helps(chat: Templates) -> bool:
    """Whether the intervals lie apart, the one inside the template higher."""
    a, b = chat.without, chat.with_template
    return a is not None and b is not None and (b.low or 0.0) > (1.0 if a.high is None else a.high)


def share(figure: Figure | None) -> str:
    """A rate with its interval, in words."""
    if figure is None or figure.value != figure.value:
        return "none"
    interval = "" if figure.low is None or figure.high is None else f" (95 %: {100 * figure.low:.0f} to {100 * figure.high:.0f} %)"
    return f"{100 * figure.value:.0f} %{interval}"


def is_weak(choice: Choice) -> bool:
    """Whether the draft is weak beyond doubt."""
    return choice.alpha.high is not None and choice.alpha.high < WEAK


def remark(found: Diagnosis) -> tuple[str, ...]:
    """What a reader has to know to weigh the figures, and what is neither good nor bad."""
    return tuple(_remarks(found))


def _remarks(found: Diagnosis) -> Iterator[str]:
    if found.speed is None:
        yield "The two cannot be loaded as a pair: nothing was timed."
        return
    machine = found.head.get("machine", {})
    load, cores = max(machine.get("load_before", 0.0), found.head.get("load_after", 0.0)), machine.get("cores", 1)
    if load > cores:
        yield f"The machine is busy: load {load:.1f} on {cores} cores. Times are uncertain; ratios of interleaved repeats suffer least."
    if found.costs is not None:
        yield from _unsteady(found.costs)
    low, high = found.speed.measured.low, found.speed.measured.high
    if low is not None and high is not None and low < 1.0 < high:
        yield f"Whether it is faster at all is not settled: the repeats lie between {low:.2f}x and {high:.2f}x. More repeats would tell."
    examined = sum(row.examined for row in found.positions)
    if examined < FEW_EXAMINED:
        yield f"Only {examined} drafts were examined: acceptance and all that is modelled from it are rough. Give more prompts or tokens."
    if found.choice is None:
        yield "No draft was examined: what would be best cannot be said."
    elif found.choice.tree is None:
        yield f"Too few places for a tree: {found.choice.places} were looked at, {FEW_PLACES} are needed."
    rounding = sum(entry.verdict == "floating point" for entry in found.divergences)
    if rounding:
        yield f"On {rounding} of {found.compared} prompts the text differs from plain decoding's by rounding alone."
    if not found.compared:
        yield "Not compared with plain greedy decoding: the rule is lossy, so its text may differ."
    yield from _text_remarks(found)


def _unsteady(costs: PassCosts) -> Iterator[str]:
    low, high = costs.target_ms.low or costs.target_ms.value, costs.target_ms.high or costs.target_ms.value
    if high > UNSTEADY * low:
        yield (
            f"Single passes were unsteady: the same target pass took {low:.2f} to {high:.2f} ms. c, v and all that is modelled from them are rough; "
            "measure again on a quiet machine, or with more --rounds."
        )


def _text_remarks(found: Diagnosis) -> Iterator[str]:
    words, chat = found.vocabulary, found.templates
    if words and words.target_rows != words.draft_rows:
        yield f"The embeddings have {words.target_rows} and {words.draft_rows} rows: padding, which is never drafted."
    if words and words.specials and not words.differing:
        role, ours, theirs = words.specials[0]
        yield f"Special tokens differ, the ids do not: {role} is {ours} for the target, {theirs} for the draft. The target's decide."
    if chat and not chat.is_same:
        yield f"The chat templates differ: {chat.target_hash or 'none'} and {chat.draft_hash or 'none'}."
    if chat and chat.bare and not template_helps(chat):
        tried = "" if chat.with_template is None else f" Inside it acceptance was {share(chat.with_template)}, without {share(chat.without)}."
        yield f"{chat.bare} prompts are not in the target's chat template; right for plain text, wrong for questions.{tried}"
