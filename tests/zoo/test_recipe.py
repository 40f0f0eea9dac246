"""The whole recipe in small: every family, every model, loaded by those who know nothing of specviz."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import pytest
import torch

from specviz.zoo import prepare, recipe, written
from specviz.zoo.corpus.code import python_files
from specviz.zoo.corpus.families import FAMILIES

SMALL = {
    "target": recipe.Shape(32, 3, 2, 48),
    "draft-s": recipe.Shape(16, 2, 1, 16),
    "draft-v2": recipe.Shape(16, 2, 1, 16, "tokenizer-v2"),
}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("zoo")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(recipe, "SHAPES", SMALL)
        patch.setattr(prepare, "EXAMPLES", {"train": 40, "validation": 4})
        patch.setattr(prepare, "VOCABULARIES", {"tokenizer": 600, "tokenizer-v2": 400})
        patch.setattr(recipe, "VOCABULARIES", {"tokenizer": 600, "tokenizer-v2": 400})
        patch.setattr(prepare, "_FOR_TOKENIZER", 40)
        patch.setattr(prepare, "python_files", lambda: list(islice(python_files(), 120)))
        patch.setattr(written, "ANSWERS", 6)
        patch.setattr(written, "_LONGEST", {"code": 8, "story": 8})
        patch.setattr(written, "_LONGEST_OTHER", 8)
        recipe.train_zoo(folder / "work", folder / "out", minutes=0.05)
        recipe.train_zoo(folder / "work", folder / "out", only="draft-s", minutes=0.02, distil=False)
    return folder


def test_every_model_is_made_and_says_how(made: Path):
    for name in SMALL:
        facts = json.loads((made / "out" / name / "training.json").read_text())
        stages = [name] if name == "target" else [f"{name}-text", f"{name}-distil", f"{name}-own"]
        assert list(facts["stages"]) == stages
        for stage in facts["stages"].values():
            assert stage["steps"] > 0
            assert {f"held_out/{family}" for family in FAMILIES} <= set(stage["curve"][-1])
        has_teacher = name == "draft-s"  # laws over another vocabulary cannot be followed
        assert ("alpha" in facts["stages"][stages[-1]]["curve"][-1]) == has_teacher


def test_an_undistilled_draft_stands_beside_the_distilled_one(made: Path):
    facts = json.loads((made / "out" / "draft-s-undistilled" / "training.json").read_text())
    assert list(facts["stages"]) == ["draft-s-undistilled"]
    assert "alpha" not in facts["stages"]["draft-s-undistilled"]["curve"][-1]
    assert (made / "out" / "draft-s" / "model.safetensors").read_bytes() != (made / "out" / "draft-s-undistilled" / "model.safetensors").read_bytes()


def test_a_draft_made_elsewhere_reads_the_targets_tokens_or_is_refused(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    kitchen = recipe._Kitchen(tmp_path, made / "out", torch.device("cpu"), {})
    monkeypatch.setattr(recipe, "prepare", lambda work: work)
    assert kitchen.corpus_of_target() == tmp_path
    assert recipe._vocabulary(tmp_path / "tokenizer") == recipe._vocabulary(made / "out" / "target")
    (tmp_path / "tokenizer" / "tokenizer.json").write_text((made / "work" / "tokenizer-v2" / "tokenizer.json").read_text())
    with pytest.raises(ValueError, match=r"expected the corpus in .* to be encoded with the tokenizer of the target"):
        kitchen.corpus_of_target()


def test_auto_classes_load_every_model_and_apply_its_chat_template(made: Path):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    for name in SMALL:
        model = AutoModelForCausalLM.from_pretrained(made / "out" / name)
        tokenizer = AutoTokenizer.from_pretrained(made / "out" / name)
        ids = tokenizer.apply_chat_template([{"role": "user", "content": "2 + 2?"}], add_generation_prompt=True, return_tensors="pt")["input_ids"]
        assert model(ids).logits.shape == (1, ids.shape[1], len(tokenizer))
        assert model.dtype == torch.bfloat16


def test_the_target_wrote_answers_for_every_family(made: Path):
    for family in FAMILIES:
        documents = written.Documents.load(made / "work" / f"written-{family}.npz")
        assert len(documents) == 6
        for i in range(6):
            tokens, counted = documents.row(i)
            start = int(counted.argmax())
            assert start > 0
            assert counted[start:].all()
            assert len(tokens) - start <= 8


def test_the_splits_of_the_work_folder_share_no_document(made: Path):
    for family in FAMILIES:
        if family == "code":
            continue
        train, validation = (prepare.Documents.load(made / "work" / "tokenizer" / f"{family}-{split}.npz") for split in ("train", "validation"))
        texts = [{bytes(documents.row(i)[0]) for i in range(len(documents))} for documents in (train, validation)]
        assert not texts[0] & texts[1]
