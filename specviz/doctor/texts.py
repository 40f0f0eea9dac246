"""Do the two models and the prompts speak one language? Vocabularies, special tokens, chat templates."""

from __future__ import annotations

import re
from collections.abc import Sequence

from specviz.doctor.diagnosis import Templates, Vocabulary
from specviz.model.text import Text

_EXAMPLES = 5
_ROLES = ("bos_token", "eos_token", "pad_token", "unk_token")
_MARK = re.compile(r"<\|[^|<>\s]{1,40}\|>|<(?:start|end)_of_turn>|\[/?INST\]|<</?SYS>>")
"""What chat templates in use mark turns with."""


def compare_vocabularies(target: Text, draft: Text | None, rows: tuple[int, int]) -> Vocabulary:
    """Set the two tokenizers side by side, id by id.

    Args:
        target: the target's tokenizer.
        draft: the draft's; None when there is no draft model, or it shares the target's folder.
        rows: rows of the two embeddings.
    """
    ours = {index: token for token, index in target.vocabulary().items()}
    theirs = ours if draft is None else {index: token for token, index in draft.vocabulary().items()}
    differing = [index for index in sorted(ours.keys() | theirs.keys()) if ours.get(index) != theirs.get(index)]
    examples = tuple((index, ours.get(index, "none"), theirs.get(index, "none")) for index in differing[:_EXAMPLES])
    pairs = [(role, _special(target, role), _special(draft or target, role)) for role in _ROLES]
    specials = tuple((role, a, b) for role, a, b in pairs if a != b)
    return Vocabulary(len(ours), len(theirs), *rows, len(differing), examples, specials)


def _special(text: Text, role: str) -> str:
    token = getattr(text.tokenizer, role, None)
    return "none" if token is None else f"{token} (id {text.tokenizer.convert_tokens_to_ids(token)})"


def compare_templates(target: Text, draft: Text | None, prompts: Sequence[str]) -> Templates:
    """The two chat templates, and what the prompts make of the target's."""
    ours, theirs = target.template_hash, (draft or target).template_hash
    return Templates(
        target_hash=ours,
        draft_hash=theirs,
        is_same=ours == theirs,
        foreign=tuple(sorted(foreign_marks(target, prompts).items())),
        bare=len(bare_prompts(target, prompts)),
    )


def foreign_marks(text: Text, prompts: Sequence[str]) -> dict[str, int]:
    """Marks of a chat template in the prompts that are no single token here and not in this tokenizer's own template -> tokens they became."""
    marks = {mark for prompt in prompts for mark in _MARK.findall(prompt)}
    lengths = {mark: len(text.tokenizer(mark, add_special_tokens=False, verbose=False)["input_ids"]) for mark in marks}
    return {mark: length for mark, length in lengths.items() if length != 1 and mark not in (text.template or "")}


def bare_prompts(text: Text, prompts: Sequence[str]) -> list[int]:
    """Numbers of the prompts that carry none of the marks of the target's template; empty when it has no template, or one without marks."""
    rendered = in_template(text, "\N{OBJECT REPLACEMENT CHARACTER}")
    if rendered is None:
        return []
    around = rendered.split("\N{OBJECT REPLACEMENT CHARACTER}")
    known: list[str] = [*text.tokenizer.all_special_tokens, *map(str, text.tokenizer.get_added_vocab())]
    marks = {mark for mark in known if any(mark in part for part in around)} or {part.strip() for part in around if part.strip()}
    return [number for number, prompt in enumerate(prompts) if not any(mark in prompt for mark in marks)] if marks else []


def in_template(text: Text, prompt: str) -> str | None:
    """The prompt as a user's turn of the target's template; None without a template, or with one that takes no such turn."""
    try:
        return text.chat(prompt)
    except ValueError:
        return None


def whole_text(text: Text, tokens: Sequence[int]) -> str:
    """Text of ids with the special tokens left in."""
    whole: str = text.tokenizer.decode(list(tokens), skip_special_tokens=False)
    return whole
