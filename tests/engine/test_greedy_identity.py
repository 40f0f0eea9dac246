"""At temperature 0 every method says word for word what transformers' greedy decoding says."""

from __future__ import annotations

from functools import cache

import pytest
import torch
from transformers import AutoModelForCausalLM, PreTrainedModel

import specviz as sv
from specviz.model.pair import SHIPPED, Pair, load_pair
from tests.helpers import Bench, fresh_logits, load, random_model, reference_greedy, save, some_tokens

METHODS = {
    "autoregressive": {"method": "autoregressive", "detail": "light"},
    "chain 1": {"method": "chain", "gamma": 1, "detail": "light"},
    "chain 4": {"method": "chain", "gamma": 4, "detail": "light"},
    "chain 8": {"method": "chain", "gamma": 8, "detail": "light"},
    "prompt-lookup": {"method": "prompt-lookup", "detail": "light"},
}
PROMPTS = [
    "def quicksort(items):\n",
    "import os\nimport sys\n\n\ndef main():\n    ",
    "class Stack:\n    def __init__(self):\n        self.items = []\n\n    def push(self, item):\n",
    '"""Read a file and count its words."""\n\nfrom collections import',
    "for i in range(10):\n    print(i)\nfor i in range(10):\n    print(",
    "x = [1, 2, 3, 4, 5, 6, 7, 8, 9,",
    "try:\n    value = int(text)\nexcept ValueError as",
    "async def fetch(session, url):\n    async with",
    "    def __repr__(self):\n        return f",
    "assert isinstance(result, dict), ",
    "# The quick brown fox\n# The quick brown",
    "if __name__ == '__main__':",
    "def test_addition(self):\n        self.assertEqual(1 + 1, 2)\n\n    def test_",
    "while not queue.empty():\n    item = queue.get()\n    ",
    "with open(path, encoding='utf-8') as file:\n    for line in file:\n",
    "raise TypeError(f'expected ",
    "naïve = 'café' + ",
    "lambda x: x ** 2, lambda x: x ** ",
    "from typing import Any, Callable, Dict, ",
    "\n",
]


@cache
def shipped() -> tuple[Pair, PreTrainedModel]:
    return load_pair("tiny", device="cpu", dtype="float32"), AutoModelForCausalLM.from_pretrained(SHIPPED / "tiny" / "target", dtype=torch.float32)


@cache
def shipped_reference(number: int) -> list[int]:
    pair, reference = shipped()
    return reference_greedy(reference, pair.text.encode(PROMPTS[number]), 32, end=pair.end_tokens[0])


@pytest.mark.parametrize("method", METHODS)
def test_the_shipped_pair_says_what_transformers_says(method: str):
    pair, _ = shipped()
    said = [sv.generate(pair, prompt, max_new_tokens=32, **METHODS[method]).tokens for prompt in PROMPTS]
    assert said == [shipped_reference(number) for number in range(len(PROMPTS))]


@pytest.mark.parametrize("family", ["llama", "mistral", "qwen2", "qwen3", "smollm3"])
@pytest.mark.parametrize("kind", ["random", "close"])
def test_random_pairs_of_every_family_say_what_transformers_says(bench: Bench, family: str, kind: str):
    pair = bench.pair(kind, family)
    for seed in range(2):
        prompt = some_tokens(8, seed) * 2
        expected = reference_greedy(bench.reference(family), prompt, 24)
        for options in METHODS.values():
            assert sv.generate(pair, prompt, max_new_tokens=24, **options).tokens == expected


@pytest.mark.parametrize("method", METHODS)
def test_in_bfloat16_every_token_is_the_most_likely_one_within_a_rounding(method: str):
    """Passes of one and of five tokens round differently in bf16, so near ties may part; nothing else may."""
    pair = load_pair("tiny", device="cpu", dtype="bfloat16")
    worst = 0.0
    for prompt in PROMPTS[:6]:
        run = sv.generate(pair, prompt, max_new_tokens=32, **METHODS[method])
        ids = pair.text.encode(prompt)
        pair.target.cache.rollback(0)
        rows = pair.target.score(ids + run.tokens)[len(ids) - 1 : -1]
        chosen = rows[range(len(run.tokens)), run.tokens]
        worst = max(worst, float((rows.max(-1).values - chosen).max()))
        scale = float(rows.abs().max())
    # logits carry 8 bits: a few units in the last place of the largest
    assert worst <= 4 * scale * 2**-8


def test_forced_ties_go_to_the_lowest_id_as_in_transformers(tmp_path):
    """Rows of the head stand there twice, so every most likely token has a twin."""
    models = [random_model("llama", seed) for seed in (1, 2)]
    with torch.no_grad():
        for model in models:
            model.lm_head.weight[160:] = model.lm_head.weight[:160]
    target, draft = (save(model, tmp_path / name) for model, name in zip(models, "td", strict=True))
    for pair in (load(target, draft), load(target, target)):
        for seed in range(3):
            prompt = some_tokens(6, seed) * 2
            logits = fresh_logits(pair.target, prompt)[-1]
            assert int((logits == logits.max()).sum()) == 2
            expected = reference_greedy(models[0], prompt, 20)
            assert max(expected) < 160
            for options in METHODS.values():
                assert sv.generate(pair, prompt, max_new_tokens=20, **options).tokens == expected


@pytest.mark.parametrize("size", [312, 328], ids=["draft 8 ids smaller", "draft 8 ids larger"])
@pytest.mark.parametrize("temperature", [0.0, 1.0])
def test_ids_that_one_model_lacks_are_never_drafted_and_change_nothing(bench: Bench, size: int, temperature: float):
    """Target and draft pad one vocabulary to different sizes; the target is made to say ids the draft has no embedding for."""

    def eager_for_padding(seed: int, vocab: int) -> PreTrainedModel:
        model = random_model("llama", seed, vocab_size=vocab)
        with torch.no_grad():
            model.lm_head.weight[304:] *= 4.0
        return model

    from tests.helpers import byte_tokenizer

    small = byte_tokenizer(300)
    target = bench.folder("padded", lambda: eager_for_padding(1, 320), small)
    draft = bench.folder(f"padded-{size}", lambda: eager_for_padding(2, size), small)
    pair = load(target, draft)
    said: list[int] = []
    for seed in range(4):
        prompt = some_tokens(8, seed, 300)
        run = sv.generate(pair, prompt, max_new_tokens=24, gamma=3, temperature=temperature, seed=seed, detail="exact")
        nodes = [node for cycle in run.trace.cycles for node in cycle.nodes]
        assert nodes
        assert all(node.token < min(size, 320) for node in nodes)
        said += run.tokens
        if temperature == 0:
            assert run.tokens == reference_greedy(bench.reference("padded"), prompt, 24)
    assert max(said) >= 312
