"""The header of a file, checked once: every reader may count on its types."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, fields
from typing import Any, get_args

from specviz.errors import shown
from specviz.trace.limits import LargeTraceError, Limits, TraceError
from specviz.trace.schema import FORMAT, FORMAT_VERSION, METADATA_KEY, Detail, Header

DETAILS: tuple[Detail, ...] = get_args(Detail)
_DEEPEST = 8
"""Lists and objects inside one another; what is written by us has three."""
_LARGEST_ID = 2**31 - 1
_DAMAGED = "the header is damaged; open another file"
_REQUIRED = [f.name for f in fields(Header)][:10]
_SPELT_OUT = ("method", "detail", "prompt", "prompt_tokens", "prompt_pieces", "settings", "target", "draft")
"""What a file of another program lacks: their absence is told as a value of another type."""
_TEXTS = ("method", "prompt", "verifier", "device", "dtype", "started", "package_version")
_OBJECTS = ("settings", "target", "draft", "machine")


def header_bytes(header: Header) -> bytes:
    """The header as it stands in a file."""
    return json.dumps(asdict(header), ensure_ascii=False).encode()


def read_header(metadata: dict[bytes, bytes], name: str, limits: Limits) -> Header:
    """The header in a stream's metadata.

    Raises:
        TraceError: when there is none, it is of a newer version, too long, or a field is missing or of another type.
    """
    if METADATA_KEY not in metadata:
        raise TraceError(f"a specviz header in {shown(name)}", "an Arrow stream of something else", "open another file")
    content = metadata[METADATA_KEY]
    if len(content) > limits.header:
        raise LargeTraceError(name, f"a header of at most {limits.header} bytes", f"one of {len(content)}")
    raw = _parsed(content, name)
    _check_version(raw, name)
    _check(raw, name, limits)
    known = {f.name for f in fields(Header)}
    return Header(**{key: value for key, value in raw.items() if key in known})


def _parsed(content: bytes, name: str) -> dict[str, Any]:
    try:
        raw = json.loads(content)
        json.dumps(raw, ensure_ascii=False).encode()  # half a surrogate pair can be read and never written
    except (ValueError, RecursionError) as error:
        raise TraceError(f"a JSON header in {shown(name)}", f"text that is none ({type(error).__name__})", _DAMAGED) from None
    if not isinstance(raw, dict):
        raise TraceError(f"a JSON object as header in {shown(name)}", type(raw).__name__, _DAMAGED)
    return raw


def _check_version(raw: dict[str, Any], name: str) -> None:
    version = raw.get("format_version")
    if raw.get("format") != FORMAT or type(version) is not int or version < 1:
        got = f"{shown(raw.get('format'))}, version {shown(version)}"
        raise TraceError(f"format {FORMAT!r} in {shown(name)}", got, "open a file that specviz wrote")
    if version > FORMAT_VERSION:
        raise TraceError(f"format version {FORMAT_VERSION} or older in {shown(name)}", str(version), "install a newer specviz to read it")


def _check(raw: dict[str, Any], name: str, limits: Limits) -> None:
    for field, (is_right, wanted) in _CHECKS.items():
        if (field in raw or field in _SPELT_OUT) and not is_right(raw.get(field)):
            raise TraceError(f"{field} to be {wanted} in the header of {shown(name)}", shown(raw.get(field)), _DAMAGED)
    missing = [field for field in _REQUIRED if field not in raw]
    if missing:
        raise TraceError(f"a complete header in {shown(name)}", f"one with fields missing ({', '.join(missing)})", _DAMAGED)
    if len(raw["prompt_tokens"]) != len(raw["prompt_pieces"]):
        got = f"{len(raw['prompt_pieces'])} for {len(raw['prompt_tokens'])}"
        raise TraceError(f"a piece of text for every token of the prompt in {shown(name)}", got, _DAMAGED)
    if len(raw["prompt_tokens"]) > limits.tokens:
        raise LargeTraceError(name, f"a prompt of at most {limits.tokens} tokens", f"one of {len(raw['prompt_tokens'])}")
    if any(len(piece) > limits.letters for piece in raw["prompt_pieces"]):
        raise LargeTraceError(name, f"tokens of at most {limits.letters} characters", "a longer one in the prompt")


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_whole(value: object, most: int = 2**63) -> bool:
    return type(value) is int and 0 <= value <= most


def _is_number(value: object) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and 0 <= value <= 1e12  # type: ignore[arg-type,operator]  # one of the two it is


def _is_object(value: object) -> bool:
    return isinstance(value, dict) and _is_shallow(value, _DEEPEST)


def _is_shallow(value: object, levels: int) -> bool:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return levels >= 0 and all(_is_shallow(each, levels - 1) for each in inner)


def _are_settings(value: object) -> bool:
    return isinstance(value, dict) and _is_object(value) and _is_number(value.get("temperature", 0))


def _are_tokens(value: object) -> bool:
    return isinstance(value, list) and all(_is_whole(token, _LARGEST_ID) for token in value)


_CHECKS = {
    **dict.fromkeys(_TEXTS, (_is_text, "a str")),
    **dict.fromkeys(_OBJECTS, (_is_object, "a dict of few levels")),
    "settings": (_are_settings, "a dict with a temperature >= 0"),
    "detail": (lambda value: value in DETAILS, f"one of {', '.join(DETAILS)}"),
    "prompt_tokens": (_are_tokens, "a list of token ids"),
    "prompt_pieces": (lambda value: isinstance(value, list) and all(map(_is_text, value)), "a list of str"),
    "seed": (lambda value: _is_whole(value, 2**64 - 1), "a whole number in [0, 2**64)"),
    "law_temperature": (lambda value: _is_number(value) and value > 0, "a number above 0"),
    "prefill_s": (_is_number, "a number of seconds"),
    "vocab_size": (lambda value: _is_whole(value, _LARGEST_ID), "a number of tokens"),
    "chat_template_hash": (lambda value: value is None or _is_text(value), "a str or null"),
}
