"""Products of a few rows with a weight: two outputs and up to four rows at a time, so that a weight is read once and each number of it used often.

A weight lies in ``w`` from ``start`` on, output after output, ``inner`` numbers each. Slices are cut before a loop: their indices cannot be
negative, which the compiler has to know to vectorise it.
"""

from __future__ import annotations

from typing import Any

from numba import njit

from specviz.kernels.few_rows.compiled_numbers import F32, LOOP, exp, wide

_APART: dict[str, Any] = {**LOOP, "inline": "never"}


@njit(**_APART)
def _one_row(x, w, first, second, row, inner):
    a, b, x0 = w[first : first + inner], w[second : second + inner], x[row, :inner]
    a0 = b0 = F32(0)
    for k in range(inner):
        a0 += wide(a[k]) * x0[k]
        b0 += wide(b[k]) * x0[k]
    return a0, b0


@njit(**_APART)
def _two_rows(x, w, first, second, row, inner):
    a, b, x0, x1 = w[first : first + inner], w[second : second + inner], x[row, :inner], x[row + 1, :inner]
    a0 = a1 = b0 = b1 = F32(0)
    for k in range(inner):
        v, u = wide(a[k]), wide(b[k])
        a0 += v * x0[k]
        a1 += v * x1[k]
        b0 += u * x0[k]
        b1 += u * x1[k]
    return (a0, a1), (b0, b1)


@njit(**_APART)
def _four_rows(x, w, first, second, row, inner):
    a, b = w[first : first + inner], w[second : second + inner]
    x0, x1, x2, x3 = x[row, :inner], x[row + 1, :inner], x[row + 2, :inner], x[row + 3, :inner]
    a0 = a1 = a2 = a3 = b0 = b1 = b2 = b3 = F32(0)
    for k in range(inner):
        v, u = wide(a[k]), wide(b[k])
        a0 += v * x0[k]
        a1 += v * x1[k]
        a2 += v * x2[k]
        a3 += v * x3[k]
        b0 += u * x0[k]
        b1 += u * x1[k]
        b2 += u * x2[k]
        b3 += u * x3[k]
    return (a0, a1, a2, a3), (b0, b1, b2, b3)


@njit(**LOOP)
def _pair(x, w, start, inner, y, one, other, rows):
    """Outputs ``one`` and ``other`` of all rows into y."""
    first, second, row = start + one * inner, start + other * inner, 0
    while row + 4 <= rows:
        a, b = _four_rows(x, w, first, second, row, inner)
        for i in range(4):
            y[row + i, one], y[row + i, other] = a[i], b[i]
        row += 4
    if row + 2 <= rows:
        a2, b2 = _two_rows(x, w, first, second, row, inner)
        for i in range(2):
            y[row + i, one], y[row + i, other] = a2[i], b2[i]
        row += 2
    if row < rows:
        y[row, one], y[row, other] = _one_row(x, w, first, second, row, inner)


@njit(**_APART)
def product(x, w, start, inner, y, begin, end, rows):
    """y[r, o] = x[r] . w[o] for the outputs from ``begin`` to ``end``."""
    output = begin
    while output + 1 < end:
        _pair(x, w, start, inner, y, output, output + 1, rows)
        output += 2
    if output < end:
        _pair(x, w, start, inner, y, output, output, rows)


@njit(**_APART)
def gated(x, w, start, inner, hidden, biases, y, begin, end, rows):
    """y[r, o] = silu(x[r] . gate[o]) * (x[r] . up[o]); both weights in one, ``hidden`` outputs each, with their biases or none."""
    for output in range(begin, end):
        _pair(x, w, start, inner, y, output, hidden + output, rows)
    has_bias = len(biases) > 0
    for row in range(rows):
        gate, up = y[row, begin:end], y[row, hidden + begin : hidden + end]
        if has_bias:
            for k in range(end - begin):
                gate[k] += biases[begin + k]
                up[k] += biases[hidden + begin + k]
        for k in range(end - begin):
            gate[k] = gate[k] / (F32(1) + exp(-gate[k])) * up[k]


@njit(**_APART)
def add_product(x, w, start, inner, biases, y, rest, begin, end, rows):
    """rest[r, o] += x[r] . w[o] + bias[o]; y holds the product meanwhile."""
    product(x, w, start, inner, y, begin, end, rows)
    has_bias = len(biases) > 0
    for row in range(rows):
        target, found = rest[row, begin:end], y[row, begin:end]
        for k in range(end - begin):
            target[k] += found[k]
        if has_bias:
            for k in range(end - begin):
                target[k] += biases[begin + k]
