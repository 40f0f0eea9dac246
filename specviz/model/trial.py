"""A few tokens before a model is trusted: with our memory, positions and masks it must say what it says without them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import Tensor

from specviz.errors import words
from specviz.model.attention import tree_mask
from specviz.model.checkpoint.fields import UnsupportedModelError

if TYPE_CHECKING:
    from specviz.model.adapter import AdaptedModel

_TOLERANCES = {torch.float32: 1e-3, torch.float16: 1e-2, torch.bfloat16: 5e-2}
"""Largest error of a row of logits, as a part of that row's own spread; several times what rounding makes."""
_SMALLEST_ERROR = 1e-5
_TREE = (-1, -1, 1)  # two siblings below the root; the second one has a child
_NUM_TOKENS = 9


def check_pass(model: AdaptedModel) -> None:
    """Compare passes through the memory, over a tree and after a roll-back with the model's own reading of each path.

    Raises:
        UnsupportedModelError: when one of them differs, or fails: such a model would be decoded wrongly without a word.
    """
    if model.capacity < _NUM_TOKENS:
        raise UnsupportedModelError(
            f"room for at least {_NUM_TOKENS} positions to try {model.name!r} on", f"{model.capacity}", "load it with a larger context"
        )
    try:
        wrong = _first_difference(model)
    except torch.OutOfMemoryError:
        raise
    except Exception as error:
        raise UnsupportedModelError(
            f"{model.name!r} ({model.config.family}) to take a memory, positions and a mask",
            f"a pass that fails ({words(error)})",
            "choose another model",
        ) from error
    finally:
        model.cache.rollback(0)
    if wrong:
        raise UnsupportedModelError(
            f"{model.name!r} ({model.config.family}) to say the same however a text is read",
            f"other logits for {wrong}",
            "it cannot be decoded speculatively without wrong answers; choose another model",
        )


def _first_difference(model: AdaptedModel) -> str | None:
    step = max(1, model.config.vocab // 24)  # from the lower part of the vocabulary: the upper end often holds padding and marks
    *text, x, y, z, following = [(1 + i * step) % model.config.vocab for i in range(_NUM_TOKENS)]
    root, tolerance, cache = len(text) - 1, _TOLERANCES[model.dtype], model.cache
    along_x, along_z = model.read_plainly([*text, x]), model.read_plainly([*text, y, z, following])
    if along_x.shape[-1] != model.config.vocab:
        return f"{model.config.vocab} tokens of its config.json, there are {along_x.shape[-1]}"

    if not _error(model.score([*text, x]), along_x) <= tolerance:
        return "a pass with our mask"
    cache.rollback(0)
    in_two = torch.cat([model.score(text[:3]), model.score([*text[3:], x])])
    rounding = _error(in_two, along_x)
    if not rounding <= tolerance:
        return "a text read in two passes"

    cache.rollback(root)
    as_chain = model.score([text[-1], x, y, z])
    cache.rollback(root)
    rows = model.score([text[-1], x, y, z], [root, root + 1, root + 1, root + 2], tree_mask(_TREE))
    expected = torch.stack([along_x[root], along_x[root + 1], along_z[root + 1], along_z[root + 2]])
    # where numbers are coarse, the error must also be well below that of the mistake looked for: taking the tree for a chain
    planted = _error(as_chain[2:], expected[2:])
    if not _error(rows, expected) <= min(tolerance, max(planted / 2, 3 * rounding, _SMALLEST_ERROR)):
        return "the branches of a tree"

    cache.keep(root, [0, 2, 3])
    if not _error(model.score([following]), along_z[-1:]) <= tolerance:
        return "what follows an accepted path"
    cache.rollback(root)
    return None if _error(model.score([text[-1], x]), along_x[root:]) <= tolerance else "a text rolled back"


def _error(got: Tensor, expected: Tensor) -> float:
    """The largest error of a row: root mean square, as a part of the row's own spread; not a number where a logit is none."""
    spread = (expected - expected.mean(-1, keepdim=True)).square().mean(-1).sqrt()
    return float(((got - expected).square().mean(-1).sqrt() / spread).max())
