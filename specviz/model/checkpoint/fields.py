"""Entries of a configuration, each looked at before it is believed: a size is a whole number, a switch is true or false."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Never

from specviz.errors import UnexpectedValueError, shown

_MOST = 1 << 40
_LARGEST = 1e300  # JSON knows infinity, numbers that are none, and whole numbers that no float can hold
_DO = "is the file complete?"


class UnsupportedModelError(UnexpectedValueError):
    """A checkpoint that cannot be run here without the risk of a wrong answer."""


class Fields:
    """The entries of one JSON object; ``where`` is how errors name it, as ``config.json of 'folder'``."""

    def __init__(self, raw: Mapping[str, Any], where: str) -> None:
        self.raw = raw
        self.where = where

    def size(self, key: str, default: int | None = None, least: int = 1) -> int:
        """A whole number; ``default`` where the key is missing, and without one it has to be there."""
        value = self._value(key, default)
        if type(value) is not int or not least <= value <= _MOST:
            self.refuse(key, f"as a whole number >= {least}", value)
        return value

    def optional_size(self, key: str, default: int | None = None, least: int = 1) -> int | None:
        """Likewise, or null, which means the absence of it."""
        return None if self.raw.get(key, default) is None else self.size(key, default, least)

    def number(self, key: str, default: float | None = None, above: float = -math.inf) -> float:
        """A finite number."""
        value = self._value(key, default)
        is_number = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) < _LARGEST
        if not is_number or value <= above:
            self.refuse(key, "as a finite number" + (f" > {above:g}" if math.isfinite(above) else ""), value)
        return float(value)

    def optional_number(self, key: str, above: float = -math.inf) -> float | None:
        """Likewise, or null or missing."""
        return None if self.raw.get(key) is None else self.number(key, above=above)

    def flag(self, key: str, *, default: bool) -> bool:
        """True or false."""
        value = self.raw.get(key, default)
        if not isinstance(value, bool):
            self.refuse(key, "as true or false", value)
        return value

    def ids(self, key: str) -> tuple[int, ...] | None:
        """One token id or a list of them; None where there is none."""
        value = self.raw.get(key)
        if value is None:
            return None
        several = value if isinstance(value, list) else [value]
        if any(type(token) is not int or not 0 <= token <= _MOST for token in several):
            self.refuse(key, "as a token id or a list of them", value)
        return tuple(several)

    def table(self, key: str) -> dict[str, Any] | None:
        """An object, or None where there is none."""
        value = self.raw.get(key)
        if value is not None and not isinstance(value, dict):
            self.refuse(key, "as an object", value)
        return value or None

    def refuse(self, key: str, wanted: str, value: object) -> Never:
        """Raise the error about one entry."""
        raise UnsupportedModelError(f"{key!r} in {self.where} {wanted}", shown(value), "correct it, or download the file again")

    def _value(self, key: str, default: object) -> Any:  # noqa: ANN401  whatever the file holds
        if key not in self.raw and default is None:
            raise UnsupportedModelError(f"{key!r} in {self.where}", "none", _DO)
        return self.raw.get(key, default)
