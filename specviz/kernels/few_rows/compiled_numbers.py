"""Numbers in the loops: 16-bit weights made wide as they are read, and e^x without a call."""

from __future__ import annotations

from typing import Any

import numpy as np
from llvmlite import ir
from numba import njit, types
from numba.extending import intrinsic, overload

F32 = np.float32
LOOP: dict[str, Any] = {"fastmath": True, "nogil": True, "boundscheck": False, "error_model": "numpy", "cache": True}
"""How every loop is compiled: sums may be reordered, which is what lets them be vectorised."""

_LOG2_E = F32(1.4426950408889634)
_LEAST, _MOST = F32(-126.0), F32(126.0)  # powers of two that a float32 has


@intrinsic
def _float_of_bits(_context, _bits):
    def code(_, builder, __, args):
        return builder.bitcast(args[0], ir.FloatType())

    return types.float32(types.uint32), code


@intrinsic
def _float_of_half(_context, _bits):
    def code(_, builder, __, args):
        return builder.fpext(builder.bitcast(args[0], ir.HalfType()), ir.FloatType())

    return types.float32(types.int16), code


def wide(stored):
    """A weight as float32: stored as such, as the bits of a bfloat16 (uint16) or of a float16 (int16)."""
    raise NotImplementedError("compiled code alone calls this")


@overload(wide, inline="always")
def _wide(stored):
    if stored == types.uint16:
        return lambda stored: _float_of_bits(np.uint32(np.uint32(stored) << np.uint32(16)))
    if stored == types.int16:
        return lambda stored: _float_of_half(stored)  # noqa: PLW0108  numba reads its signature
    return lambda stored: stored


@njit(inline="always")
def exp(x):
    """e^x to the last digit but one of a float32, as 2^whole times a polynomial in what is left, so that a loop of it is vectorised."""
    power = min(max(x * _LOG2_E, _LEAST), _MOST)
    whole = np.floor(power)
    left = F32(power - whole)
    found = F32(1.5353362e-4)
    found = found * left + F32(1.3398874e-3)
    found = found * left + F32(9.6184373e-3)
    found = found * left + F32(5.5503324e-2)
    found = found * left + F32(2.4022648e-1)
    found = found * left + F32(6.9314720e-1)
    found = found * left + F32(1.0)
    return found * _float_of_bits(np.uint32((np.int32(whole) + np.int32(127)) << np.int32(23)))
