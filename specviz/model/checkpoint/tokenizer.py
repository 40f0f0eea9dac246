"""The tokenizer of a checkpoint, from its folder or as it was handed in; what is wrong with one is said of the file that holds it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from specviz.errors import MissingFileError, UnexpectedTypeError, UnexpectedValueError, foreign, shown, words
from specviz.model.checkpoint.files import file_of, folder_name, read_json_file, refuse_odd_files

_PLAIN = ("PreTrainedTokenizerFast", "TokenizersBackend")
"""Names of the class that is all tokenizer.json and no code of its own, in old and new checkpoints."""
_FILES = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt", "spiece.model", "sentencepiece.bpe.model", "tekken.json")
_JSON = ("tokenizer_config.json", "tokenizer.json", "special_tokens_map.json", "added_tokens.json", "vocab.json")
_DO = "download it again, or give another one as tokenizer=…"


def has_tokenizer(folder: Path) -> bool:
    """Whether a folder holds the files of one."""
    return any((folder / name).exists() for name in _FILES) or (folder / "tokenizer_config.json").exists()


def read_tokenizer(folder: Path) -> Any:  # noqa: ANN401  a tokenizer of any class
    """The tokenizer of a folder (or GGUF file).

    One that names the plain class is read by it: to look for the class takes longer than all the rest of a start.

    Raises:
        MissingFileError: when there is none.
        UnexpectedValueError: when a file of it is broken, with the name of the file.
    """
    if folder.is_file():
        from specviz.model.checkpoint.gguf_tokenizer import gguf_tokenizer

        return gguf_tokenizer(folder)
    refuse_odd_files(folder)
    if not has_tokenizer(folder):
        raise MissingFileError(
            f"a tokenizer in {folder_name(folder)!r} ({', '.join(_FILES[:2])}, …)", "none", "copy its files there, or give one as tokenizer=…"
        )
    config = folder / "tokenizer_config.json"
    named = read_json_file(config).get("tokenizer_class") if config.exists() else None
    try:
        with foreign(f"a tokenizer in {folder_name(folder)!r}", _DO, kinds=(BaseException,)):  # tokenizers panics with a BaseException
            return _read(folder, is_plain=named in _PLAIN and (folder / "tokenizer.json").exists())
    except Exception as error:
        _refuse_broken(folder, error.__cause__ or error)
        raise


def given_tokenizer(tokenizer: object) -> Any:  # noqa: ANN401  a tokenizer of any class
    """A tokenizer object as the engine uses it.

    Raises:
        UnexpectedTypeError: when it is none.
    """
    from tokenizers import Tokenizer
    from transformers import PreTrainedTokenizerBase, PreTrainedTokenizerFast

    if isinstance(tokenizer, Tokenizer):
        return PreTrainedTokenizerFast(tokenizer_object=tokenizer)
    if not isinstance(tokenizer, PreTrainedTokenizerBase):
        raise UnexpectedTypeError("tokenizer as a tokenizer of transformers or tokenizers, a folder or a hub id", shown(tokenizer))
    return tokenizer


def _read(folder: Path, *, is_plain: bool) -> Any:  # noqa: ANN401  a tokenizer of any class
    if is_plain:
        from transformers import PreTrainedTokenizerFast

        return PreTrainedTokenizerFast.from_pretrained(folder, local_files_only=True)
    from transformers import AutoTokenizer

    return AutoTokenizer.from_pretrained(folder, trust_remote_code=False, local_files_only=True)


def _refuse_broken(folder: Path, cause: BaseException) -> None:
    """Look for the file at fault once reading has failed: first by its JSON, then by the library that reads it alone."""
    from tokenizers import Tokenizer

    for path in (folder / name for name in _JSON):
        if path.exists():
            read_json_file(path)
    whole = folder / "tokenizer.json"
    if whole.exists():
        with foreign(f"a tokenizer in {file_of(whole)}", _DO, kinds=(BaseException,)):
            Tokenizer.from_file(str(whole))
    settings = folder / "tokenizer_config.json"
    if settings.exists() and whole.exists():
        raise UnexpectedValueError(f"settings that fit the tokenizer in {file_of(settings)}", f"{type(cause).__name__}: {words(cause)}", _DO)
