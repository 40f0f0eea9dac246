"""Hold the Triton kernels against their twins in Triton's interpreter: ``TRITON_INTERPRET=1 python -m tests.kernels.interpreted``."""

from __future__ import annotations

import torch

from specviz.kernels import chain_judge_triton, greedy_path_triton, split_attention_triton
from specviz.kernels.chain_judge import plain_chain_judge
from specviz.kernels.greedy_path import plain_greedy_path
from specviz.kernels.split_attention import examples, plain_split_attention
from tests.kernels.problems import chain_problems, tree_problems

CHAINS = [*chain_problems(7), *chain_problems(3000), *chain_problems(1024, ("random",)), *chain_problems(151_936, ("close", "zeros"))[-6:]]


def hold(device: str) -> int:
    """How many problems were held equal; an assertion ends it otherwise."""
    held = 0
    for chain in CHAINS:
        for ours, theirs in zip(chain_judge_triton.judge(*chain.tensors(device)), plain_chain_judge(*chain.tensors(device)), strict=True):
            torch.testing.assert_close(ours, theirs, rtol=1e-9, atol=1e-15, msg=lambda text, name=chain.name: f"{name}: {text}")
        held += 1
    for tree in tree_problems(40):
        for ours, theirs in zip(greedy_path_triton.find(*tree.tensors(device)), plain_greedy_path(*tree.tensors(device)), strict=True):
            torch.testing.assert_close(ours, theirs, msg=lambda text, name=tree.name: f"{name}: {text}")
        held += 1
    for dtype, error in ((torch.float32, 1e-5), (torch.float16, 5e-3)):  # the interpreter knows no bfloat16
        for queries, keys, values, start, among in examples(torch.device(device)):
            inputs = (*(part.to(dtype) for part in (queries, keys, values)), start, among)
            ours, theirs = split_attention_triton.attend(*inputs), plain_split_attention(*inputs)
            torch.testing.assert_close(ours, theirs, rtol=error, atol=error, msg=lambda text, shape=queries.shape: f"{shape}: {text}")
            held += 1
    return held


if __name__ == "__main__":
    print(f"held equal: {hold('cpu')} problems")
