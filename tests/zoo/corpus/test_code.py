"""Code: a split by file that holds, and nobody else's sources."""

from __future__ import annotations

from pathlib import Path

import pytest

from specviz.zoo.corpus.base import SPLITS, all_in
from specviz.zoo.corpus.code import FAMILY, SourceFile, python_files


@pytest.fixture(scope="module")
def files() -> list[SourceFile]:
    return list(python_files())


def test_the_corpus_is_split_by_file_without_overlap(files: list[SourceFile]):
    names = {split: {file.name for file in files if file.split == split} for split in SPLITS}
    assert sum(map(len, names.values())) == len(files) == len({file.name for file in files})
    for split in ("validation", "test"):
        assert 0.02 < len(names[split]) / len(files) < 0.09


def test_the_split_depends_on_names_alone_and_stays():
    names = [f"module_{i}.py" for i in range(60)]
    assert [name for name in names if SourceFile(name, "").split == "test"] == ["module_5.py", "module_30.py"]


def test_the_order_of_the_corpus_is_fixed_and_foreign_code_is_left_out(files: list[SourceFile]):
    assert [file.name for file in python_files()] == [file.name for file in files]
    assert not [file.name for file in files if "site-packages" in file.name or "__pycache__" in file.name]
    assert all(len(file.text) >= 200 for file in files)


def test_a_folder_without_source_is_refused(tmp_path: Path):
    with pytest.raises(FileNotFoundError, match="Python source files"):
        list(python_files(tmp_path))


def test_files_in_other_encodings_are_passed_over(tmp_path: Path):
    (tmp_path / "good.py").write_text("x = 1\n" * 50)
    (tmp_path / "latin.py").write_bytes("x = 'é'\n".encode("latin-1") * 50)
    assert [file.name for file in python_files(tmp_path)] == ["good.py"]


def test_examples_are_definitions_of_their_split_and_come_again():
    for split in SPLITS:
        for index in range(20):
            example = FAMILY.example(split, index)
            assert example == FAMILY.example(split, index)
            assert all_in(split, example.content)
            assert example.answer.startswith(("def ", "class "))
            assert len(example.answer) > 200
    assert len({FAMILY.example("train", index).answer for index in range(50)}) > 45


def test_code_is_not_judged():
    with pytest.raises(TypeError, match="can be checked"):
        FAMILY.check(FAMILY.example("test", 0), "pass")
