"""How the shipped pair is made: corpus -> tokenizer -> target -> draft, each step resumable.

Run it with ``specviz train zoo``. Time budgets are minutes of training on this machine, not steps, so the recipe fits a
laptop as well as a server; what came out is written to ``card.json`` beside the weights.
"""

from __future__ import annotations

import json
import platform
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import torch
from torch import Tensor

from specviz.train.trainer import Plan, train
from specviz.zoo.corpus import python_files
from specviz.zoo.tokenizer import END, train_tokenizer

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM

VOCAB = 4096
CONTEXT = 1024
TOKENS_PER_STEP = 4096
WEIGHTS = Path(__file__).parent / "weights" / "tiny"


@dataclass(frozen=True)
class Shape:
    """The size of one model of the family."""

    width: int
    layers: int
    heads: int
    hidden: int


SHAPES = {"target": Shape(384, 8, 6, 1024), "draft": Shape(128, 2, 4, 384)}


def build_model(shape: Shape) -> LlamaForCausalLM:
    """A freshly initialised Llama of this shape, embeddings tied to the head."""
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=VOCAB,
        hidden_size=shape.width,
        intermediate_size=shape.hidden,
        num_hidden_layers=shape.layers,
        num_attention_heads=shape.heads,
        num_key_value_heads=shape.heads,
        max_position_embeddings=CONTEXT,
        tie_word_embeddings=True,
        bos_token_id=0,
        eos_token_id=0,
        pad_token_id=0,
    )
    return LlamaForCausalLM(config)


def prepare(work: Path) -> tuple[np.ndarray, np.ndarray]:
    """Train the tokenizer and encode the corpus once; return training and held-out token streams (uint16)."""
    paths = {split: work / f"{split}.npy" for split in ("train", "held_out")}
    if not all(path.exists() for path in paths.values()):
        work.mkdir(parents=True, exist_ok=True)
        files = list(python_files())
        tokenizer = train_tokenizer((f.text for f in files if not f.is_held_out), VOCAB, CONTEXT)
        tokenizer.save_pretrained(work / "tokenizer")
        for split, path in paths.items():
            texts = [f.text + END for f in files if f.is_held_out == (split == "held_out")]
            rows = tokenizer(texts, verbose=False)["input_ids"]  # whole files are longer than the context, on purpose
            np.save(path, np.concatenate([np.array(row, dtype=np.uint16) for row in rows]))
    return np.load(paths["train"]), np.load(paths["held_out"])


def batch_source(stream: np.ndarray, seed: int, lengths: tuple[int, ...] = (256, 256, 256, 256, 256, 256, 512, 1024)) -> Callable[[int], Tensor]:
    """Step number -> random windows [B, T] of the stream, about ``TOKENS_PER_STEP`` tokens; a function of seed and step alone."""

    def batch(step: int) -> Tensor:
        length = lengths[step % len(lengths)]
        return torch.from_numpy(_windows(stream, np.random.default_rng((seed, step)), TOKENS_PER_STEP // length, length))

    return batch


def target_text(target: LlamaForCausalLM, stream: np.ndarray, path: Path, sequences: int, length: int = 192, prompt: int = 48) -> np.ndarray:
    """What the target itself would write: int[sequences, length], a training prompt and its continuation, half greedy, half drawn.

    A draft meets the target's text, not people's; training on it is what DistillSpec (2310.08461) found to matter most.
    Kept in ``path``, so that a resumed run does not write it again.
    """
    if not path.exists():
        torch.manual_seed(4)
        rng = np.random.default_rng(4)
        rows = min(128, sequences // 2)
        batches = [_continue(target, _windows(stream, rng, rows, prompt), length, is_drawn=i % 2 == 1) for i in range(-(-sequences // rows))]
        np.save(path, np.concatenate(batches)[:sequences])
    texts: np.ndarray = np.load(path)
    return texts


def _windows(stream: np.ndarray, rng: np.random.Generator, rows: int, length: int) -> np.ndarray:
    """Random windows of the stream, int64[rows, length]."""
    starts = rng.integers(0, len(stream) - length, rows)
    return np.stack([stream[start : start + length] for start in starts]).astype(np.int64)


def _continue(target: Any, prompts: np.ndarray, length: int, *, is_drawn: bool) -> np.ndarray:  # noqa: ANN401  transformers annotates generate for no concrete model
    ids = torch.from_numpy(prompts)
    with torch.inference_mode(), torch.autocast("cpu", dtype=torch.bfloat16):
        # an end token would leave the rest of the row as padding: text goes on, as it does in the corpus
        out = target.generate(ids, attention_mask=torch.ones_like(ids), do_sample=is_drawn, min_length=length, max_length=length, suppress_tokens=[0])
    tokens: np.ndarray = out.numpy().astype(np.uint16)
    return tokens


def mixed_source(stream: np.ndarray, texts: np.ndarray, seed: int) -> Callable[[int], Tensor]:
    """Step number -> batch, half of it windows of the corpus and half texts of the target, of the texts' length."""
    rows, length = TOKENS_PER_STEP // texts.shape[1], texts.shape[1]

    def batch(step: int) -> Tensor:
        rng = np.random.default_rng((seed, step))
        windows = _windows(stream, rng, rows // 2, length)
        own = texts[rng.integers(0, len(texts), rows - rows // 2)].astype(np.int64)
        return torch.from_numpy(np.concatenate((windows, own)))

    return batch


def held_out_source(stream: np.ndarray, batches: int = 6) -> Callable[[], Iterator[Tensor]]:
    """The same evaluation windows every time: ``batches`` batches of 4 x 512 tokens spread over the held-out stream."""
    rows = np.linspace(0, len(stream) - 513, batches * 4).astype(int)
    windows = np.stack([stream[r : r + 512] for r in rows]).astype(np.int64)
    return lambda: iter(torch.from_numpy(windows).split(4))


def save_model(model: LlamaForCausalLM, tokenizer_folder: Path, folder: Path) -> None:
    """Save weights (bf16 safetensors), config and tokenizer in Hugging Face format."""
    from transformers import AutoTokenizer

    # not model.to(bfloat16): that would round the weights of a model that may go on training
    state = {name: value.to(torch.bfloat16) for name, value in model.state_dict().items() if name != "lm_head.weight"}  # tied
    model.save_pretrained(folder, state_dict=state)
    AutoTokenizer.from_pretrained(tokenizer_folder).save_pretrained(folder)
    config = folder / "config.json"  # save_pretrained notes the type the model was trained in
    config.write_text(json.dumps(json.loads(config.read_text()) | {"dtype": "bfloat16"}, indent=2) + "\n")
    for path in folder.iterdir():
        path.chmod(0o644)  # safetensors writes files that only their owner may read


def train_zoo(work: Path, out: Path = WEIGHTS, minutes: float = 50.0, draft_minutes: float = 20.0) -> dict[str, Any]:
    """Make the pair: the target on text; the draft on text, then on the target's laws, then on the target's own text. Returns the card.

    Args:
        work: checkpoints, logs and the encoded corpus; start again with the same folder to resume.
        out: receives ``target/``, ``draft/`` and ``card.json``.
        minutes: training time of the target.
        draft_minutes: training time of the draft: 28 % on text, 42 % distilling on it, 30 % on what the target wrote.
    """
    stream, held_out = prepare(work)
    evaluation = held_out_source(held_out)
    curves: dict[str, Any] = {}

    def stage(plan: Plan, model: LlamaForCausalLM, teacher: LlamaForCausalLM | None = None, texts: np.ndarray | None = None) -> None:
        batches = batch_source(stream, plan.seed) if texts is None else mixed_source(stream, texts, plan.seed)
        progress = train(plan, model, batches, evaluation, work, teacher)
        curves[plan.name] = {"plan": asdict(plan), "steps": progress.step, "tokens": progress.tokens, "curve": progress.curve}

    torch.manual_seed(0)
    target = build_model(SHAPES["target"])
    draft = build_model(SHAPES["draft"])
    stage(Plan("target", minutes, seed=1), target)
    save_model(target, work / "tokenizer", out / "target")
    target.eval().requires_grad_(requires_grad=False)
    stage(Plan("draft-text", draft_minutes * 0.28, lr=3e-3, seed=2), draft)
    stage(Plan("draft-distil", draft_minutes * 0.42, lr=2e-3, muon_lr=0.015, seed=3), draft, teacher=target)
    sequences = min(max(int(draft_minutes * 65), 8), 2048)  # some minutes of writing, much less than the learning takes
    texts = target_text(target, stream, work / "target-text.npy", sequences)
    stage(Plan("draft-own", draft_minutes * 0.3, lr=1.5e-3, muon_lr=0.01, seed=5), draft, teacher=target, texts=texts)
    save_model(draft, work / "tokenizer", out / "draft")
    card = {
        "made": datetime.now(UTC).strftime("%Y-%m-%d"),
        "corpus": f"standard library of Python {platform.python_version()}, tests included",
        "train_tokens": len(stream),
        "held_out_tokens": len(held_out),
        "shapes": {name: asdict(shape) for name, shape in SHAPES.items()},
        "parameters": {"target": target.num_parameters(), "draft": draft.num_parameters()},
        "stages": curves,
    }
    (out / "card.json").write_text(json.dumps(card, indent=1) + "\n")
    return card
