"""Files of a checkpoint, opened only when they are what they should be: regular, of sensible size, and JSON where JSON is meant."""

from __future__ import annotations

import json
import os
import stat
from pathlib import Path
from typing import Any, NoReturn

from specviz.errors import MissingFileError, UnexpectedValueError, UnreadableFileError, words

_MOST_JSON = 256 << 20
"""Bytes of a JSON file that is read at all; the largest tokenizer.json that is known has 34 million."""
_LFS_POINTER = b"version https://git-lfs"
_TOKENIZER_KINDS = {".json", ".jinja", ".model", ".txt", ".tiktoken"}


def folder_name(folder: Path) -> str:
    """The name a folder goes by in errors: its own, or the hub id whose cached copy it is; never a path."""
    for parent in (folder, *folder.parents):
        if parent.parent.name == "snapshots" and parent.parent.parent.name.startswith("models--"):
            return "/".join(parent.parent.parent.name.split("--")[1:])
    return folder.name if folder.name not in {"", ".."} else folder.resolve().name or "/"


def file_of(path: Path) -> str:
    """A file as an error names it: ``config.json of 'folder'``."""
    return f"{path.name} of {folder_name(path.parent)!r}"


def size_of_regular(path: Path, most: int | None = None) -> int:
    """The size of a file in bytes, without opening it; links are followed, as hub caches need.

    Raises:
        MissingFileError: when there is none.
        UnreadableFileError: when it is a folder, a device, a pipe, or larger than ``most``.
    """
    try:
        found = path.stat()
    except FileNotFoundError:
        raise MissingFileError(f"the file {file_of(path)}", "none", "finish the download") from None
    except (OSError, ValueError) as error:
        raise UnreadableFileError(
            f"the file {file_of(path)}", words(getattr(error, "strerror", None) or error), "look at its name and rights"
        ) from None
    if not stat.S_ISREG(found.st_mode):
        raise UnreadableFileError(f"{file_of(path)} to be a regular file", _kind(found.st_mode), "replace it by the file itself")
    if most is not None and found.st_size > most:
        raise UnreadableFileError(f"{file_of(path)} of at most {most} bytes", f"{found.st_size}", "is it the right file?")
    return found.st_size


def is_there(path: Path) -> bool:
    """Whether something stands at this path, a broken link included."""
    return os.path.lexists(path)


def refuse_odd_files(folder: Path) -> None:
    """Look at all the small files that a library might open by itself: no pipe that it would wait for, no device without an end."""
    for path in sorted(folder.iterdir()):
        if path.suffix in _TOKENIZER_KINDS and not path.is_dir():
            size_of_regular(path, _MOST_JSON)


def read_json_file(path: Path) -> dict[str, Any]:
    """The object in a JSON file.

    Raises:
        MissingFileError: when there is no such file.
        UnreadableFileError: when it is no regular file.
        UnexpectedValueError: when it holds something else than one JSON object in UTF-8.
    """
    size_of_regular(path, _MOST_JSON)
    try:
        content = path.read_bytes()
    except OSError as error:
        raise UnreadableFileError(f"to read {file_of(path)}", words(error.strerror), "look at its rights") from None
    refuse_pointer(path, content)
    if content.startswith(b"\xef\xbb\xbf"):
        _refuse(path, "a byte-order mark before it", "save it as UTF-8 without one")
    try:
        value = json.loads(content.decode("utf-8"))
    except UnicodeDecodeError as error:
        _refuse(path, f"bytes that are no UTF-8 at byte {error.start}", "save it as UTF-8, or download it again")
    except (ValueError, RecursionError) as error:
        _refuse(path, words(error) if content.strip() else "an empty file", "download it again")
    if not isinstance(value, dict):
        _refuse(path, f"a {type(value).__name__}", "download it again")
    return value


def refuse_pointer(path: Path, content: bytes) -> None:
    """Say so when git-lfs left a note in the place of a file."""
    if content.startswith(_LFS_POINTER):
        raise UnexpectedValueError(
            f"the content of {file_of(path)}", "a git-lfs pointer to it", "run `git lfs pull` in that folder, or download the file itself"
        )


def _refuse(path: Path, got: str, do: str) -> NoReturn:
    raise UnexpectedValueError(f"one JSON object in {file_of(path)}", got, do) from None


def _kind(mode: int) -> str:
    kinds = {stat.S_ISDIR: "a folder", stat.S_ISFIFO: "a pipe", stat.S_ISCHR: "a device", stat.S_ISBLK: "a device", stat.S_ISSOCK: "a socket"}
    return next((word for is_kind, word in kinds.items() if is_kind(mode)), "something else")
