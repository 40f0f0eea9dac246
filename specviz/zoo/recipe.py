"""How the shipped family is made: corpus -> tokenizers -> target -> drafts, each step resumable.

Run it with ``specviz train zoo``. Budgets are minutes of training on this machine, not steps, so the recipe fits a laptop as
well as a server; what came out is written beside the weights.
"""

from __future__ import annotations

import json
import platform
import shutil
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from specviz.errors import MissingFileError, UnexpectedValueError
from specviz.model.hardware import machine
from specviz.train.objective import Objective
from specviz.train.trainer import Plan, train
from specviz.zoo.batches import Mixture
from specviz.zoo.initial import initialise
from specviz.zoo.prepare import CONTEXT, VOCABULARIES, Corpus, prepare
from specviz.zoo.written import reread, write_answers

if TYPE_CHECKING:
    from transformers import LlamaForCausalLM, PreTrainedTokenizerFast

WEIGHTS = Path(__file__).parent / "weights" / "tiny"
SHARES = {"story": 1.2, "chat": 0.9, "translate": 2.8, "summarise": 1.0, "retrieve": 3.0, "maths": 2.8}
"""Of the tokens that are not code, in any sum: more where learning is slow. Code is a batch of every step."""

OWN_SHARES = {
    **{family: share / 2 for family, share in SHARES.items()},
    **{f"own {family}": share for family, share in (SHARES | {"code": 2.0}).items()},
}
"""The last stage of a draft: two parts of what the target wrote to one part of the corpus."""

DRILLS = 600
"""First steps of a model with copying drills in them."""


@dataclass(frozen=True)
class Shape:
    """The size of one model of the family, and which tokenizer it reads with."""

    width: int
    layers: int
    heads: int
    hidden: int
    tokenizer: str = "tokenizer"


SHAPES = {
    "target": Shape(320, 12, 5, 832),
    "draft-s": Shape(64, 2, 2, 192),
    "draft-m": Shape(128, 2, 4, 384),
    "draft-l": Shape(192, 4, 6, 512),
    "draft-v2": Shape(160, 2, 5, 448, "tokenizer-v2"),
}
"""A deep and narrow target: on a processor a step's time goes by layers, so it makes its drafts cheap."""

MINUTES = {"target": 250.0, "draft-s": 25.0, "draft-m": 46.0, "draft-l": 70.0, "draft-v2": 14.0}


def build_model(shape: Shape, seed: int) -> LlamaForCausalLM:
    """A Llama of this shape with its starting weights, embeddings tied to the head."""
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=VOCABULARIES[shape.tokenizer],
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
    torch.manual_seed(seed)
    model = LlamaForCausalLM(config)
    initialise(model, seed)
    return model


def save_model(model: LlamaForCausalLM, tokenizer: PreTrainedTokenizerFast, folder: Path) -> None:
    """Save weights (bf16 safetensors), config and tokenizer in Hugging Face format."""
    # not model.to(bfloat16): that would round the weights of a model that may go on training
    state = {name: value.to(torch.bfloat16) for name, value in model.state_dict().items() if name != "lm_head.weight"}  # tied
    model.save_pretrained(folder, state_dict=state)
    tokenizer.save_pretrained(folder)
    config = folder / "config.json"  # save_pretrained notes the type the model was trained in
    config.write_text(json.dumps(json.loads(config.read_text()) | {"dtype": "bfloat16"}, indent=2) + "\n")
    for path in folder.iterdir():
        path.chmod(0o644)  # safetensors writes files that only their owner may read


@dataclass
class _Kitchen:
    """Where the stages of one call meet: folders, device, and what each stage left."""

    work: Path
    out: Path
    device: torch.device
    stages: dict[str, Any]

    def stage(self, plan: Plan, model: LlamaForCausalLM, mixture: Mixture, corpus: Corpus, objective: Objective | None = None) -> None:
        progress = train(plan, model, mixture.steps(plan.seed), corpus.held_out, self.work, objective)
        self.stages[plan.name] = {"plan": asdict(plan), "steps": progress.step, "tokens": progress.tokens, "curve": progress.curve}

    def target(self) -> Path:
        """The folder of the finished target."""
        folder = self.out / "target"
        if not (folder / "config.json").exists():
            raise MissingFileError(f"the finished target in {folder}", "none", "train it first: specviz train zoo --only target")
        return folder

    def corpus_of_target(self) -> Corpus:
        """The corpus in the finished target's tokens: a tokenizer trained anew, on another release of Python, may number them differently."""
        theirs, ours = self.target(), self.work / SHAPES["target"].tokenizer
        if not (ours / "tokenizer.json").exists():
            ours.mkdir(parents=True, exist_ok=True)
            for path in [*theirs.glob("tokenizer*"), *theirs.glob("*.jinja")]:
                shutil.copy(path, ours)
        elif _vocabulary(ours) != _vocabulary(theirs):
            raise UnexpectedValueError(
                f"the corpus in {ours} to be encoded with the tokenizer of the target in {theirs}",
                "another one",
                "give --work a new folder, or --out the folder of the target that was trained there",
            )
        return prepare(self.work)

    def finish(self, name: str, model: LlamaForCausalLM, corpus: Corpus, folder: str | None = None) -> None:
        out = self.out / (folder or name)
        save_model(model, corpus.tokenizer, out)
        facts = {
            "made": datetime.now(UTC).strftime("%Y-%m-%d"),
            "machine": machine(),
            "python": platform.python_version(),
            "shape": asdict(SHAPES[name]),
            "parameters": model.num_parameters(),
            "stages": {stage: facts for stage, facts in self.stages.items() if stage.startswith(name)},
        }
        (out / "training.json").write_text(json.dumps(facts, indent=1) + "\n")


def train_zoo(
    work: Path, out: Path = WEIGHTS, only: str | None = None, minutes: float | None = None, device: str = "auto", *, distil: bool = True
) -> None:
    """Make the family, or one model of it: the target on text; the drafts on text, on the target's laws, and on what the target wrote.

    Args:
        work: checkpoints, logs and the encoded corpus; start again with the same folder to resume.
        out: receives a folder for each model, in Hugging Face format, with ``training.json``.
        only: one model's name; a draft needs the target in ``out``.
        minutes: training time of the target (drafts in proportion), or of ``only``. None for those of ``MINUTES``.
        device: auto (cuda > mps > cpu) or a device's name.
        distil: False trains drafts on text alone for all of their time, into ``<name>-undistilled``: what distillation is compared with.

    Raises:
        ValueError: for a name that is no model of the family, or a draft whose work folder holds a corpus in other tokens than the target's.
        FileNotFoundError: for a draft without a target.
    """
    if only is not None and only not in SHAPES:
        raise UnexpectedValueError(f"a model of the family ({', '.join(SHAPES)})", repr(only))
    from specviz.model.hardware import place

    kitchen = _Kitchen(work, out, place(device, "float32").device, {})
    scale = 1.0 if minutes is None else minutes / MINUTES[only or "target"]
    for name in [only] if only else SHAPES:
        if name == "target":
            _make_target(kitchen, MINUTES[name] * scale)
        elif distil:
            _make_draft(kitchen, name, MINUTES[name] * scale)
        else:
            _make_undistilled(kitchen, name, MINUTES[name] * scale)


def _make_target(kitchen: _Kitchen, minutes: float) -> None:
    corpus = prepare(kitchen.work)
    model = _on(kitchen.device, build_model(SHAPES["target"], seed=0))
    mixture = Mixture(corpus.code, corpus.families, SHARES, drills=DRILLS)
    kitchen.stage(Plan("target", minutes, seed=1), model, mixture, corpus)
    kitchen.finish("target", model, corpus)


def _make_draft(kitchen: _Kitchen, name: str, minutes: float) -> None:
    """18 % of the time on text, 21 % distilling on it, 61 % on what the target wrote: a draft meets the target's text, not people's."""
    target, reads = _load_target(kitchen), SHAPES[name].tokenizer
    theirs = corpus = kitchen.corpus_of_target()
    written = write_answers(target, theirs, kitchen.work)
    objective = Objective(target)
    if reads != SHAPES["target"].tokenizer:
        corpus = prepare(kitchen.work, reads)
        # laws over different vocabularies have no divergence: such a draft follows the target's words alone
        written = {family: reread(documents, theirs.tokenizer, corpus.tokenizer) for family, documents in written.items()}
        objective = Objective()
    model = _on(kitchen.device, build_model(SHAPES[name], seed=1))
    text = Mixture(corpus.code, corpus.families, SHARES)
    own = Mixture(corpus.code, {**corpus.families, **{f"own {family}": documents for family, documents in written.items()}}, OWN_SHARES)
    kitchen.stage(Plan(f"{name}-text", minutes * 0.18, seed=2), model, text, corpus)
    kitchen.stage(Plan(f"{name}-distil", minutes * 0.21, lr=0.015, seed=3), model, text, corpus, objective)
    kitchen.stage(Plan(f"{name}-own", minutes * 0.61, lr=0.01, seed=4), model, own, corpus, objective)
    kitchen.finish(name, model, corpus)


def _make_undistilled(kitchen: _Kitchen, name: str, minutes: float) -> None:
    reads = SHAPES[name].tokenizer
    corpus = kitchen.corpus_of_target() if reads == SHAPES["target"].tokenizer else prepare(kitchen.work, reads)
    model = _on(kitchen.device, build_model(SHAPES[name], seed=1))
    kitchen.stage(Plan(f"{name}-undistilled", minutes, seed=2), model, Mixture(corpus.code, corpus.families, SHARES), corpus)
    kitchen.finish(name, model, corpus, folder=f"{name}-undistilled")


def _load_target(kitchen: _Kitchen) -> LlamaForCausalLM:
    from transformers import LlamaForCausalLM

    folder = kitchen.target()
    model = _on(kitchen.device, LlamaForCausalLM.from_pretrained(folder, dtype=torch.float32))
    model.eval()
    for parameter in model.parameters():
        parameter.requires_grad = False
    return model


def _vocabulary(folder: Path) -> dict[str, Any]:
    """Tokens, their numbers and how they merge."""
    model: dict[str, Any] = json.loads((folder / "tokenizer.json").read_text())["model"]
    return model


def _on(device: torch.device, model: LlamaForCausalLM) -> LlamaForCausalLM:
    if device.type == "cpu":
        model.set_attn_implementation("eager")  # rows are short: plain products are 5 to 10 % faster than the fused kernel's backward
    return torch.nn.Module.to(model, device)  # transformers wraps it in a way that no type checker can follow
