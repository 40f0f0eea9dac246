"""Compile the Triton kernels for an H100-class card, which needs none: ``python -m tests.kernels.compiled``."""

from __future__ import annotations

from typing import Any

from triton import compiler
from triton.backends.compiler import GPUTarget

from specviz.kernels import chain_judge_triton, greedy_path_triton, split_attention_triton

FLOATS, INTS, BYTES = "*fp64", "*i64", "*i8"


def cubin_size(kernel: Any, *types: str, **constants: int) -> int:
    """Bytes of machine code of a kernel whose last arguments are these constants."""
    names = kernel.arg_names
    signature = dict(zip(names, [*types, *["constexpr"] * len(constants)], strict=True))
    source = compiler.ASTSource(fn=kernel, signature=signature, constexprs={(names.index(name),): value for name, value in constants.items()})
    return len(compiler.compile(source, target=GPUTarget("cuda", 90, 32)).asm["cubin"])


if __name__ == "__main__":
    weigh, draw, walk = chain_judge_triton._weigh, chain_judge_triton._draw, greedy_path_triton._walk
    sizes = [
        cubin_size(weigh, FLOATS, FLOATS, INTS, FLOATS, INTS, FLOATS, FLOATS, INTS, "i32", "i32", "i32", BLOCK=1024),
        cubin_size(draw, FLOATS, FLOATS, FLOATS, INTS, FLOATS, INTS, FLOATS, INTS, "i32", "i32", BLOCK=1024, BLOCKS=256),
        cubin_size(walk, INTS, INTS, INTS, INTS, BYTES, INTS, "i32", SIZE=16),
    ]
    halves, singles, part, merge = "*bf16", "*fp32", split_attention_triton._attend_part, split_attention_triton._merge
    for rows, width in ((16, 64), (64, 128)):
        numbers = (halves, halves, halves, INTS, BYTES, singles, singles, singles, "fp32", *["i32"] * 8)
        sizes.append(cubin_size(part, *numbers, PARTS=32, ROWS=rows, SLOTS=64, WIDTH=width))
        sizes.append(cubin_size(merge, singles, singles, singles, halves, "i32", "i32", PARTS=32, WIDTH=width))
    print(f"compiled: {sizes}")
