"""What a checkpoint's own ``generation_config.json`` asks for, read as ``transformers`` reads it: what we apply, and what we do not."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from specviz import arguments
from specviz.errors import SpecvizError, UnexpectedValueError, shown, words
from specviz.model.checkpoint.files import is_there, read_json_file
from specviz.model.distribution.options import NAMES, Distribution
from specviz.model.sampling import SamplingSettings

_FILE = "generation_config.json"
_APPLIED = [name for name in NAMES if name not in {"frequency_penalty", "presence_penalty", "logit_bias", "forced_tokens", "processors"}]
"""The options that transformers knows by these names."""
_NOT_APPLIED: dict[str, tuple[Any, ...]] = {
    "num_beams": (1,),
    "num_beam_groups": (1,),
    "diversity_penalty": (0,),
    "constraints": (),
    "force_words_ids": (),
    "penalty_alpha": (0,),
    "dola_layers": (),
    "guidance_scale": (1,),
    "encoder_repetition_penalty": (1,),
    "encoder_no_repeat_ngram_size": (0,),
    "exponential_decay_length_penalty": (),
    "watermarking_config": (),
    "token_healing": (False,),
    "max_time": (),
    "num_return_sequences": (1,),
    "forced_decoder_ids": ([],),
    "assistant_ensemble_weight": (0,),
}
"""What would change transformers' text and is not done here -> the values with which it would not."""
_NOT_APPLIED_SAMPLED: dict[str, tuple[Any, ...]] = {"epsilon_cutoff": (0, 1), "eta_cutoff": (0, 1), "top_h": ()}
"""The same where tokens are drawn."""


@dataclass
class GenerationDefaults:
    """The defaults of one checkpoint.

    Attributes:
        name: what the checkpoint goes by, for messages.
        raw: the file as it stands, or what stands in config.json where there is none.
    """

    name: str = ""
    raw: Mapping[str, Any] = field(default_factory=dict)
    _named: set[str] = field(default_factory=set)

    @cached_property
    def options(self) -> Distribution:
        """What it asks for besides top-k and top-p.

        Raises:
            UnexpectedValueError: for a value without sense.
        """
        with self._of_the_file():
            return Distribution.of({name: self.raw.get(name) for name in _APPLIED})

    def ids(self) -> dict[str, list[int]]:
        """Token ids by option; transformers passes over those of the suppressed ones that no token has."""
        return {name: ids for name, ids in self.options.ids().items() if not name.endswith("suppress_tokens")}

    @cached_property
    def cuts(self) -> dict[str, Any]:
        """Its top-k and top-p, where it has them.

        Raises:
            UnexpectedValueError: for a value without sense.
        """
        found = {name: self.raw[name] for name in ("top_k", "top_p") if self.raw.get(name) is not None}
        with self._of_the_file():
            SamplingSettings(1.0, **found)
        return found

    @cached_property
    def stop_strings(self) -> tuple[str, ...]:
        """Strings that end the text.

        Raises:
            UnexpectedTypeError: for something else.
        """
        found = self.raw.get("stop_strings") or ()
        with self._of_the_file():
            return tuple(arguments.text("every one of stop_strings", each) for each in ([found] if isinstance(found, str) else found))

    def say_what_is_not_applied(self, *, is_greedy: bool) -> None:
        """Warn, once for each name, of what would change transformers' text and does not change ours."""
        known = _NOT_APPLIED | ({"do_sample": (False,)} if is_greedy else _NOT_APPLIED_SAMPLED)
        found = {name: self.raw.get(name) for name, harmless in known.items() if self.raw.get(name) not in (None, *harmless)}
        new = {name: value for name, value in found.items() if name not in self._named}
        if new:
            self._named |= set(new)
            greedy = "; text is decoded greedily unless a temperature is given" if "do_sample" in new else ""
            warnings.warn(
                f"{_FILE} of {self.name!r} asks for what is not applied: {', '.join(f'{n} {shown(v, 40)}' for n, v in new.items())}{greedy}",
                UserWarning,
                stacklevel=2,
            )

    @contextmanager
    def _of_the_file(self) -> Iterator[None]:
        """Say of an error that the file is at fault."""
        try:
            yield
        except (SpecvizError, TypeError) as error:
            wanted = f"settings that make sense in {_FILE} of {self.name!r}"
            raise UnexpectedValueError(wanted, f"one that does not ({words(error)})", "correct the file, or give the setting yourself") from error


def read_defaults(folder: Path, name: str) -> GenerationDefaults:
    """The defaults of a checkpoint folder: of generation_config.json, else those that an old checkpoint keeps in config.json.

    Raises:
        UnexpectedValueError: for a file that is no JSON object.
    """
    path = next((folder / file for file in (_FILE, "config.json") if is_there(folder / file)), None)
    return GenerationDefaults(name, {} if path is None else read_json_file(path))
