"""A pair made on the spot for measuring: the shapes of the shipped family, small, and untrained."""

from __future__ import annotations

import pytest

from specviz.model.pair import Pair, load_pair
from specviz.zoo.corpus.families import FAMILIES
from specviz.zoo.recipe import Shape, build_model, save_model
from specviz.zoo.tokenizer import train_tokenizer


@pytest.fixture(scope="session")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    folder = tmp_path_factory.mktemp("family")
    texts = [turn.text for i in range(60) for turn in FAMILIES["story"].example("train", i).turns]
    tokenizer = train_tokenizer(texts, 500, 1024)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("specviz.zoo.recipe.VOCABULARIES", {"tokenizer": len(tokenizer)})
        for name, shape in (("target", Shape(32, 2, 2, 48)), ("draft", Shape(16, 2, 1, 16))):
            save_model(build_model(shape, seed=1), tokenizer, folder / name)
    return load_pair(target=folder / "target", draft=folder / "draft", dtype="float32")
