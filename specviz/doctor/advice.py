"""From figures to plain sentences: what is wrong, the number that shows it, what to try; worst cause first.

Order: what makes every other figure meaningless (texts that do not fit, wrong output), then causes of lost speed by how much curing them would
bring (modelled), then settings. A pair to which none of this applies gets no advice.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import accumulate

from specviz.doctor.causes import WORTH_IT, causes_of
from specviz.doctor.diagnosis import Advice, Choice, Diagnosis, Divergence, Figure, Gap, Vocabulary
from specviz.doctor.remarks import is_weak, share, template_helps

MUCH_RECORDING = 0.05
MUCH_PROMPT = 0.8


def advise(found: Diagnosis) -> tuple[Advice, ...]:
    """All advice, in order."""
    wrong = [*_vocabulary(found.vocabulary), *_output(found.divergences), *_templates(found)]
    if found.speed is None or found.choice is None:
        return tuple(wrong)
    causes = sorted(causes_of(found, found.speed, found.choice), key=lambda advice: -(advice.gain or 0.0))
    return (*wrong, *causes, *_settings(found, found.speed, found.choice, has_cause=bool(causes)))


def _vocabulary(words: Vocabulary | None) -> Iterator[Advice]:
    if words is None or not words.differing:
        return
    index, ours, theirs = words.examples[0]
    yield Advice(
        "vocabularies differ",
        f"The two tokenizers disagree on {words.differing} of {max(words.target_size, words.draft_size)} ids: id {index} is {ours!r} for the target "
        f"and {theirs!r} for the draft.",
        "Choose a draft of the target's family: a proposal is an id, and it must mean the same text to both.",
    )


def _output(divergences: tuple[Divergence, ...]) -> Iterator[Advice]:
    bugs = [found for found in divergences if found.verdict == "bug"]
    if not bugs:
        return
    first = bugs[0]
    yield Advice(
        "wrong output",
        f"The output is wrong on {len(bugs)} prompts: after prompt {first.prompt}, new token {first.position} is {first.other_text!r} where plain "
        f"decoding writes {first.plain_text!r}; the target's logits differ there by {abs(first.margin):.3g}, and rounding explains "
        f"{first.tolerance:.2g} at most.",
        "Trust none of the speeds. Compare both caches with a fresh reading after every cycle, then positions and masks.",
    )


def _templates(found: Diagnosis) -> Iterator[Advice]:
    chat = found.templates
    if chat is None:
        return
    if chat.foreign:
        mark, length = chat.foreign[0]
        yield Advice(
            "wrong chat template",
            f"The prompts carry marks of another chat template: {mark!r} is {length} tokens of plain text here, not one mark"
            + (f" (and {len(chat.foreign) - 1} more such marks)." if len(chat.foreign) > 1 else "."),
            "Build the prompts with this checkpoint's own template: tokenizer.apply_chat_template(messages, add_generation_prompt=True).",
        )
    if template_helps(chat):
        yield Advice(
            "no chat template",
            f"{chat.bare} prompts lack the target's chat template: inside it {share(chat.with_template)} of the examined drafts were accepted, "
            f"without it {share(chat.without)}.",
            "Put the prompts into the template: tokenizer.apply_chat_template(messages, add_generation_prompt=True).",
        )
    if not chat.is_same and found.choice is not None and is_weak(found.choice):
        yield Advice(
            "chat templates differ",
            f"Target and draft were made for different chat templates ({chat.target_hash or 'none'} and {chat.draft_hash or 'none'}), and only "
            f"{share(found.choice.alpha)} of the examined drafts were accepted.",
            "Use a draft that was tuned on the target's template, or distil this one on texts in it.",
        )


def _settings(found: Diagnosis, speed: Gap, choice: Choice, *, has_cause: bool) -> Iterator[Advice]:
    """What another setting would bring."""
    if choice.now is not None and choice.chain.value > WORTH_IT * choice.now.value:
        yield _length(choice, choice.now, has_cause=has_cause)
    best = choice.chain.value if choice.now is not None else speed.predicted.value
    if choice.tree is not None and choice.tree.speedup.value > WORTH_IT * max(best, 1.0):
        tree = choice.tree
        rates = "/".join(f"{rate:.2f}" for rate in accumulate(choice.by_rank[:8], min))  # a later sibling never counts for more
        yield Advice(
            "a tree would do better",
            f"A tree of {tree.nodes} nodes on {tree.levels} levels is modelled at {tree.speedup.value:.2f}x, the best chain at "
            f"{choice.chain.value:.2f}x: the target's choice is the draft's first in {100 * choice.by_rank[0]:.0f} % of {choice.places} places, "
            f"its second to fourth in {100 * sum(choice.by_rank[1:4]):.0f} % (measured).",
            f"Try --method sequoia:nodes={tree.nodes}:gamma={tree.levels}:acceptance={rates}.",
            tree.speedup.value / max(best, 1.0),
        )
    full = found.cycle.recording["full"] if found.cycle else None
    if full is not None and (full.low or 0.0) > MUCH_RECORDING:
        yield Advice(
            "recording",
            f"Recording at detail full adds {100 * full.value:.0f} % to the time (measured, at least {100 * (full.low or 0.0):.0f} %).",
            "Record with detail='light' where no laws are needed.",
            1 + full.value,
        )
    if speed.whole_call.value < MUCH_PROMPT * speed.measured.value and speed.measured.value > 1.0:
        yield Advice(
            "mostly prompt",
            f"Reading the prompts takes much of the call: {speed.measured.value:.2f}x while decoding is {speed.whole_call.value:.2f}x over "
            "whole calls (measured).",
            "Only decoding gets faster: expect more from longer answers.",
            speed.measured.value / speed.whole_call.value,
        )


def _length(choice: Choice, now: Figure, *, has_cause: bool) -> Advice:
    if choice.gamma == 0:
        why = "until the above is cured" if has_cause else "with this pair on these texts"
        return Advice(
            "do not draft",
            f"At this acceptance ({share(choice.alpha)}) and these costs no chain pays: the best length is 0 (modelled).",
            f"Decode plainly {why}.",
            1.0 / now.value,
        )
    return Advice(
        "draft length",
        f"This is not the best draft length: gamma = {choice.gamma} is modelled at {choice.chain.value:.2f}x, yours at {now.value:.2f}x.",
        f"Try --gamma {choice.gamma}.",
        choice.chain.value / now.value,
    )
