"""The shipped family's making: a tokenizer that loses nothing, documents that know what counts, batches that can be made again."""

from __future__ import annotations

import ast
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import given, strategies as st

from specviz.zoo.batches import _COST_OF_A_BATCH, TOKENS_OF_CODE, TOKENS_OF_DOCUMENTS, Mixture, copying_drill, cuts, pad
from specviz.zoo.corpus.base import Example, Turn, chat
from specviz.zoo.documents import Documents, encode, join
from specviz.zoo.recipe import SHAPES, build_model, save_model, train_zoo
from specviz.zoo.tokenizer import ASSISTANT, END, USER, render, train_tokenizer
from specviz.zoo.written import reread

ROOT = Path(__file__).parents[2]
TEXTS = ["def add(a, b):\n    return a + b\n", "x = 12345\n", "Where is the kite? In the mill."] * 5
TOKENIZER = train_tokenizer(TEXTS, 300, 64)
TALK = chat("Where is the kite?", "In the mill.", "And the bell?", "I do not know.")


def example(*turns: Turn) -> Example:
    return Example("test", turns, frozenset())


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=60))
def test_the_tokenizer_brings_any_text_back(text: str):
    assert TOKENIZER.decode(TOKENIZER(text)["input_ids"]) == text


def test_digits_are_single_tokens_and_the_special_tokens_come_first():
    assert len(TOKENIZER("12345")["input_ids"]) == 5
    assert TOKENIZER.convert_tokens_to_ids([END, USER, ASSISTANT]) == [0, 1, 2]
    assert TOKENIZER.eos_token_id == 0
    assert TOKENIZER("a" + END)["input_ids"][-1] == 0
    assert TOKENIZER.decode(TOKENIZER(f"{USER}a{ASSISTANT}b{END}")["input_ids"], skip_special_tokens=True) == "ab"


def test_a_tokenizer_trained_twice_is_the_same():
    assert train_tokenizer(TEXTS, 300, 64).get_vocab() == TOKENIZER.get_vocab()


def test_the_chat_template_says_what_the_models_were_trained_on():
    messages = [{"role": turn.role, "content": turn.text} for turn in TALK]
    given_text, answer = render(TALK)
    assert TOKENIZER.apply_chat_template(messages, tokenize=False) == given_text + answer
    assert TOKENIZER.apply_chat_template(messages[:-1], tokenize=False, add_generation_prompt=True) == given_text
    assert given_text == f"{USER}Where is the kite?{ASSISTANT}In the mill.{END}{USER}And the bell?{ASSISTANT}"
    with pytest.raises(Exception, match="expected the roles user and assistant, got system"):
        TOKENIZER.apply_chat_template([{"role": "system", "content": "Be brief."}], tokenize=False)


def test_of_a_conversation_only_what_the_assistant_says_counts():
    documents = encode([example(*TALK)], TOKENIZER, 200)
    tokens, counted = documents.row(0)
    assert TOKENIZER.decode(tokens) == "".join(render(TALK))
    assert TOKENIZER.decode(tokens[counted]) == f"In the mill.{END}I do not know.{END}"


def test_a_plain_text_counts_from_its_second_token_to_its_end():
    documents = encode([example(Turn("text", "x = 12345"))], TOKENIZER, 200)
    tokens, counted = documents.row(0)
    assert counted.tolist() == [False] + [True] * (len(tokens) - 1)
    assert tokens[-1] == 0


def test_documents_come_back_from_their_file(tmp_path: Path):
    documents = encode([example(*TALK), example(Turn("text", "a kite"))], TOKENIZER, 20)
    documents.save(tmp_path / "some.npz")
    again = Documents.load(tmp_path / "some.npz")
    assert len(again) == 2
    assert again.lengths.max() == 20  # cut
    for i in range(2):
        assert all(np.array_equal(a, b) for a, b in zip(documents.row(i), again.row(i), strict=True))


def test_what_the_target_wrote_is_read_by_another_tokenizer_word_for_word():
    other = train_tokenizer(["in the mill", "where is"] * 5, 280, 64)
    given_text, answer = render(TALK[:2])
    written = join([(TOKENIZER.encode(given_text), TOKENIZER.encode(answer))])
    tokens, counted = reread(written, TOKENIZER, other).row(0)
    assert other.decode(tokens[~counted]) == given_text
    assert other.decode(tokens[counted]) == answer


def mixture(drills: int = 0) -> Mixture:
    rows = [(list(range(10, 10 + n)), [False] * 2 + [True] * (n - 2)) for n in (5, 30, 61, 17)]
    families = {
        "short": Documents(
            np.concatenate([np.array(ids, np.uint16) for ids, _ in rows]),
            np.concatenate([np.array(counts) for _, counts in rows]),
            np.cumsum([0, 5, 30, 61, 17]),
        ),
        "long": Documents(np.arange(100, 300).astype(np.uint16), np.ones(200, bool), np.array([0, 90, 200])),
    }
    return Mixture(np.arange(20_000, dtype=np.uint16) % 4096, families, {"short": 1.0, "long": 3.0}, drills=drills)


def test_batches_are_a_function_of_seed_and_step():
    one, same, other = mixture().steps(1), mixture().steps(1), mixture().steps(2)
    for number in (0, 6, 7, 3):
        ours, theirs, others = one(number), same(number), other(number)
        assert all(torch.equal(a.tokens, b.tokens) and torch.equal(a.counted, b.counted) for a, b in zip(ours, theirs, strict=True))
        assert not torch.equal(ours[0].tokens, others[0].tokens)
    assert not torch.equal(one(0)[0].tokens, one(1)[0].tokens)


def test_a_step_is_a_batch_of_code_and_batches_of_whole_documents():
    for number in range(8):
        code, *documents = mixture().steps(1)(number)
        assert code.tokens.numel() == TOKENS_OF_CODE
        assert bool((code.tokens[:, 1:] == (code.tokens[:, :-1] + 1) % 4096).all())  # windows of the stream, not a mixture
        for batch in documents:
            assert set(batch.tokens[:, 0].tolist()) <= {10, 100, 190}  # where documents begin
        real = sum(int((batch.tokens > 0).sum()) for batch in documents)
        assert TOKENS_OF_DOCUMENTS <= real < TOKENS_OF_DOCUMENTS + 120


@given(st.lists(st.integers(1, 300), min_size=1, max_size=40))
def test_cuts_cost_least_and_lose_no_row(lengths: list[int]):
    lengths = sorted(lengths)
    spans = cuts(lengths)
    assert [row for start, end in spans for row in range(start, end)] == list(range(len(lengths)))

    def cost(parts: list[tuple[int, int]]) -> int:
        return sum((end - start) * lengths[end - 1] + _COST_OF_A_BATCH for start, end in parts)

    assert cost(spans) <= cost([(0, len(lengths))])
    assert cost(spans) <= cost([(i, i + 1) for i in range(len(lengths))])
    for at in range(1, len(lengths)):
        assert cost(spans) <= cost([(0, at), (at, len(lengths))])


def test_shares_are_shares_of_tokens():
    from_long = total = 0
    for number in range(60):
        for batch in mixture().steps(3)(number)[1:]:
            sizes = (batch.tokens > 0).sum(1)
            from_long += int(sizes[batch.tokens[:, 0] >= 100].sum())
            total += int(sizes.sum())
    assert from_long / total == pytest.approx(0.75, abs=0.03)


def test_drills_are_copies_and_end_when_they_should():
    steps = mixture(drills=2).steps(1)
    drill = steps(1)[-1]
    half = drill.tokens.shape[1] // 2
    assert torch.equal(drill.tokens[:, :half], drill.tokens[:, half:])
    assert not drill.counted[:, : half + 1].any()
    assert drill.counted[:, half + 1 :].all()
    rows = copying_drill(np.random.default_rng(0), 1024, np.array([7, 7, 7, 9], np.uint16)).tokens
    assert set(rows.flatten().tolist()) == {7, 9}
    assert (rows == 7).float().mean().item() == pytest.approx(0.75, abs=0.08)  # as frequent as in the text
    assert 1024 - 128 < rows.numel() <= 1024
    last = steps(2)[-1].tokens
    assert not torch.equal(last[:, : last.shape[1] // 2], last[:, -(last.shape[1] // 2) :])


def test_padding_never_counts():
    batch = pad([(np.array([5, 6]), np.array([False, True])), (np.array([7, 8, 9]), np.array([False, True, True]))])
    assert batch.tokens.tolist() == [[5, 6, 0], [7, 8, 9]]
    assert batch.counted.tolist() == [[False, True, False], [False, True, True]]


def test_saving_rounds_the_file_and_not_the_model(tmp_path: Path):
    """A model that goes on training must keep its float32 weights."""
    from safetensors.torch import load_file

    model = build_model(SHAPES["draft-s"], seed=0)
    before = model.model.layers[0].mlp.up_proj.weight.clone()
    save_model(model, TOKENIZER, tmp_path / "out")
    tensors = load_file(tmp_path / "out" / "model.safetensors")
    assert {tensor.dtype for tensor in tensors.values()} == {torch.bfloat16}
    assert "lm_head.weight" not in tensors
    assert torch.equal(model.model.layers[0].mlp.up_proj.weight, before)
    assert (tmp_path / "out" / "tokenizer.json").exists()


def test_the_family_has_the_sizes_it_says():
    sizes = {name: build_model(shape, seed=0).num_parameters() / 1e6 for name, shape in SHAPES.items()}
    assert 14 <= sizes["target"] <= 20
    assert sizes["draft-s"] == pytest.approx(0.3, abs=0.1)
    assert sizes["draft-m"] == pytest.approx(1.0, abs=0.1)
    assert sizes["draft-l"] == pytest.approx(3.0, abs=0.6)
    assert sizes["draft-v2"] == pytest.approx(1.0, abs=0.1)
    assert sum(sizes.values()) * 2 < 48  # MB in bf16


def test_an_unknown_model_and_a_draft_without_a_target_are_refused(tmp_path: Path):
    with pytest.raises(ValueError, match="expected a model of the family"):
        train_zoo(tmp_path, tmp_path, only="draft-x")
    with pytest.raises(FileNotFoundError, match="train it first"):
        train_zoo(tmp_path, tmp_path, only="draft-s")


def test_nothing_reads_or_writes_pickles():
    """Loading a pickle runs whatever it says: weights are safetensors, records are Arrow, the rest is JSON."""
    forbidden_modules = {"pickle", "dill", "cloudpickle", "joblib", "shelve", "marshal"}
    forbidden_calls = {("torch", "load"), ("torch", "save"), ("pd", "read_pickle")}
    found = []
    sources = [path for folder in ("specviz", "app", "tools") for path in (ROOT / folder).rglob("*.py")]
    assert len(sources) > 40
    for path in sources:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            imported = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            imported += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] in forbidden_modules for name in imported):
                found.append(f"{path}: import {imported}")
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name):
                call = (node.func.value.id, node.func.attr)
                if call in forbidden_calls or any(keyword.arg == "allow_pickle" for keyword in node.keywords):
                    found.append(f"{path}:{node.lineno} {call}")
    assert found == []
