"""Prompts to measure on: functions of standard-library files that the shipped models never saw."""

from __future__ import annotations

from specviz.errors import UnexpectedValueError
from specviz.zoo.corpus.code import python_files

_BEFORE = 320
"""Characters of the file before the function's first line: some context, as a person at an editor would have."""


def split_prompts(text: str) -> list[str]:
    """The prompts of a file: blocks between blank lines if it has any, else its lines."""
    text = text.strip("\n")
    blocks = text.split("\n\n")
    parts = blocks if len(blocks) > 1 else text.splitlines()
    return [part.strip("\n") for part in parts if part.strip()]


def held_out_prompts(count: int) -> list[str]:
    """``count`` prompts from as many held-out files, each ending after the first line of a function; the same on every call.

    Raises:
        ValueError: when this machine's standard library has fewer held-out files with functions.
    """
    prompts = []
    for file in python_files():
        starts = [i + 1 for i in range(len(file.text)) if file.text.startswith("\n    def ", i)] if file.split == "test" else []
        middle = next((start for start in starts[len(starts) // 2 :] if ":\n" in file.text[start:]), None)
        if middle is not None:
            end = file.text.index(":\n", middle) + 2
            prompts.append(file.text[max(0, file.text.rfind("\n", 0, max(middle - _BEFORE, 0)) + 1) : end])
    if len(prompts) < count:
        raise UnexpectedValueError(f"{count} held-out files with functions", f"{len(prompts)} in this Python's standard library")
    step = len(prompts) / count
    return [prompts[int(i * step)] for i in range(count)]
