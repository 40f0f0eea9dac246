"""The shipped tokenizers: byte-level BPE, so that every string has an encoding and every encoding a string."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from specviz.zoo.corpus.base import Turn

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

END = "<|end|>"
USER = "<|user|>"
ASSISTANT = "<|assistant|>"
SPECIALS = (END, USER, ASSISTANT)
"""Ids 0, 1 and 2: the end of a document or of an answer, and who speaks."""

CHAT_TEMPLATE = (
    "{% for message in messages %}"
    "{% if message['role'] not in ('user', 'assistant') %}"
    "{{ raise_exception('expected the roles user and assistant, got ' + message['role']) }}"
    "{% endif %}"
    f"{{% if message['role'] == 'user' %}}{USER}{{{{ message['content'] }}}}"
    f"{{% else %}}{ASSISTANT}{{{{ message['content'] }}}}{END}{{% endif %}}"
    "{% endfor %}"
    f"{{% if add_generation_prompt %}}{ASSISTANT}{{% endif %}}"
)


def train_tokenizer(texts: Iterable[str], vocab_size: int, context: int) -> PreTrainedTokenizerFast:
    """Train a byte-level BPE on ``texts``; digits are single tokens, the special tokens come first, and a chat template is set."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True), pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size, special_tokens=list(SPECIALS), initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False
    )
    tokenizer.train_from_iterator(texts, trainer)
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=END,
        eos_token=END,
        pad_token=END,
        additional_special_tokens=[USER, ASSISTANT],
        model_max_length=context,
    )
    fast.chat_template = CHAT_TEMPLATE
    return fast


def marked(turn: Turn) -> tuple[str, str]:
    """A turn as the models read it: the mark before it, and its text with its end."""
    mark = {"user": USER, "assistant": ASSISTANT, "text": ""}[turn.role]
    return mark, turn.text + ("" if turn.role == "user" else END)


def render(turns: Sequence[Turn]) -> tuple[str, str]:
    """A document as text: (what is given, what is to be written). Of a plain text nothing is given.

    Of a conversation the two together are what the chat template makes of it.
    """
    *before, (mark, answer) = (marked(turn) for turn in turns)
    return "".join(part for pair in before for part in pair) + mark, answer
