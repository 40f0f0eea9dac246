"""Files that people name: nothing hangs, nothing is read without end, and what stood there before outlives a write that fails."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from specviz.errors import SpecvizError
from specviz.figures.page import to_html
from specviz.files import output, text_of, whole_file
from specviz.progress import Progress, save
from specviz.trace import Trace
from specviz.trace.export import to_jsonl, to_parquet
from specviz.trace.perfetto import to_perfetto
from tests.figures.make_trace import sample_chain

EXPORTS = (to_parquet, to_jsonl, to_perfetto, to_html)
FULL = Path("/dev/full")


@pytest.fixture(scope="module")
def trace() -> Trace:
    return sample_chain(3, 2, temperature=1.0)


def odd_files(tmp_path: Path) -> dict[str, Path]:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00\x80" * 9)
    (tmp_path / "long").write_text("a" * 200)
    (tmp_path / "loop").symlink_to("loop")
    return {name: tmp_path / name for name in ("pipe", "binary", "long", "loop", "missing")} | {"folder": tmp_path, "device": Path("/dev/zero")}


def test_a_text_is_read_from_a_regular_file_alone_and_up_to_a_limit(tmp_path):
    for name, path in odd_files(tmp_path).items():
        with pytest.raises(SpecvizError, match="expected a file of prompts") as error:
            text_of("a file of prompts", path, most=100)
        assert str(tmp_path) not in str(error.value), name


def test_a_byte_order_mark_is_no_part_of_a_text(tmp_path):
    (tmp_path / "prompts.txt").write_bytes("﻿Grüße".encode())
    assert text_of("a file of prompts", tmp_path / "prompts.txt") == "Grüße"


@pytest.mark.parametrize("write", EXPORTS)
def test_an_export_that_fails_leaves_the_older_file_and_nothing_else(write: Callable[..., Any], trace, tmp_path, monkeypatch):
    place = tmp_path / "out"
    place.write_text("an older one")

    def refuse(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(OSError, match="expected to write 'out', got OSError: No space left"):
        write(trace, place)
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("out", "an older one")]


@pytest.mark.skipif(not FULL.exists(), reason="no /dev/full here")
@pytest.mark.parametrize("write", EXPORTS)
def test_a_device_is_written_to_and_never_removed_or_replaced(write: Callable[..., Any], trace, tmp_path):
    device = tmp_path / "device"  # a link: whoever removed or replaced what it names would remove or replace this one
    device.symlink_to(FULL)
    with pytest.raises(OSError, match="expected to write 'device'"):
        write(trace, device)
    assert device.is_symlink()
    assert device.is_char_device()


def test_progress_too_is_written_into_a_device_and_not_in_its_place(tmp_path):
    (tmp_path / "null").symlink_to(os.devnull)
    save(Progress(), tmp_path / "null")
    assert (tmp_path / "null").is_char_device()


def test_what_a_link_points_to_gives_way_and_not_the_link(tmp_path):
    (tmp_path / "real").write_text("old")
    (tmp_path / "link").symlink_to("real")
    with whole_file("a result", tmp_path / "link") as place:
        place.write_text("new")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real").read_text() == "new"


def test_a_place_is_checked_before_there_is_any_work(tmp_path):
    (tmp_path / "file").touch()
    for wrong in (tmp_path, tmp_path / "file" / "below"):
        with pytest.raises(SpecvizError, match="expected --json"):
            output("--json", wrong)
    assert output("--json", tmp_path / "new" / "file.json") == tmp_path / "new" / "file.json"
