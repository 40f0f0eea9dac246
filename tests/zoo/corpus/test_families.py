"""What holds for every family of text: examples by number alone, and splits that share no content."""

from __future__ import annotations

import pytest

from specviz.zoo.corpus.base import SPLITS, Family, Split, all_in
from specviz.zoo.corpus.families import FAMILIES

HELD_OUT = 1500
TRAIN = 3000

every_family = pytest.mark.parametrize("family", FAMILIES.values(), ids=FAMILIES)


@every_family
def test_an_example_depends_on_split_and_index_alone(family: Family):
    again = [family.example("train", index) for index in reversed(range(50))]
    assert again[::-1] == [family.example("train", index) for index in range(50)]
    for split in SPLITS:
        assert family.example(split, 7) == family.example(split, 7) != family.example(split, 8)
    assert family.example("test", 0) != family.example("train", 0)
    assert family.example("train", 7) != family.example("test", 7) != family.example("validation", 7)


@every_family
@pytest.mark.parametrize("split", SPLITS)
def test_all_content_belongs_to_its_split(family: Family, split: Split):
    for index in range(HELD_OUT):
        content = family.example(split, index).content
        assert content, "an example without content could be in every split"
        assert all_in(split, content)


@every_family
def test_no_content_is_shared_between_splits(family: Family):
    held_out = {item for split in SPLITS[1:] for index in range(HELD_OUT) for item in family.example(split, index).content}
    assert held_out.isdisjoint(item for index in range(TRAIN) for item in family.example("train", index).content)
