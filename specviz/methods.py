"""METHODS: a method is a drafter, a tree, a rule and a controller, under the name its paper gave it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from functools import cache
from inspect import Parameter, signature
from types import MappingProxyType
from typing import Any

from specviz.arguments import one_of, whole_number
from specviz.combinations import conflict_of, has_law, needs_of
from specviz.controllers import CONTROLLERS
from specviz.drafters import DRAFTERS
from specviz.errors import UnexpectedTypeError, UnexpectedValueError, shown
from specviz.trees import TREES
from specviz.types import Controller, Costs, DraftTree, Rule, Sampling
from specviz.verifiers import VERIFIERS

SETTINGS = ("sampling", "nodes", "branching", "width", "paths", "acceptance", "threshold", "confidence", "costs")
"""The settings of trees and controllers."""


@dataclass(frozen=True)
class Method:
    """A way to decode.

    The settings after ``gamma`` belong to the tree or the controller; None leaves that part's own value. Giving one to a part that has no
    such setting is an error.

    Attributes:
        drafter: WHO proposes, a name of ``DRAFTERS``; None decodes plainly, one token a pass.
        tree: WHAT SHAPE, a name of ``TREES``.
        verifier: the accept/reject rule at temperature > 0, a name of ``VERIFIERS``. At temperature 0 every lossless rule
            is the exact match, and ``greedy`` is used; a lossy one is refused.
        controller: HOW LONG, a name of ``CONTROLLERS``.
        gamma: most levels drafted in a cycle; a run may ask for another number.
        sampling: how siblings are drawn at temperature > 0, where the tree leaves a choice.
        nodes: most drafted tokens of a cycle, over the whole tree.
        branching: children of every node, level by level.
        width: nodes of a level that are kept or expanded.
        paths: the paths of ranks of ``medusa-paths``.
        acceptance: positional acceptances of ``sequoia``.
        threshold: where growing stops: the least chance that a slot is reached (``dyspec-threshold``), the least gain of a layer in
            tokens (``opt-tree``).
        confidence: the controller's bound, in [0, 1]: a draft probability (``confidence``), an estimated acceptance (``entropy``).
        costs: of passes on this machine, for ``expected-gain`` and ``planner``; None measures them before the run.
        source: where it comes from.
        summary: what it does, in one line.

    Raises:
        ValueError: when a part has no such name, parts do not go together, or a setting belongs to neither tree nor controller.
    """

    drafter: str | None = "independent"
    tree: str = "chain"
    verifier: str = "rejection"
    controller: str = "constant"
    gamma: int = 4
    sampling: Sampling | None = None
    nodes: int | None = None
    branching: tuple[int, ...] | None = None
    width: int | None = None
    paths: tuple[tuple[int, ...], ...] | None = None
    acceptance: tuple[float, ...] | None = None
    threshold: float | None = None
    confidence: float | None = None
    costs: Costs | None = None
    source: str = ""
    summary: str = ""

    def __post_init__(self) -> None:
        parts: dict[str, Mapping[str, object]] = {"drafter": DRAFTERS, "tree": TREES, "verifier": VERIFIERS, "controller": CONTROLLERS}
        for part, known in parts.items():
            name = getattr(self, part)
            if not (part == "drafter" and name is None):
                one_of(f"the {part}", name, list(known))
        _check_sizes(self)
        self._check_owners()
        if self.drafter is not None and (conflict := conflict_of(self.drafter, self.tree, self.verifier, self.controller, self.drawn)):
            raise UnexpectedValueError(*conflict)

    @property
    def drawn(self) -> Sampling:
        """How siblings are drawn at temperature > 0."""
        own = TREES[self.tree].samplings[0] if self.drafter is None or has_law(self.drafter) else "deterministic"
        return self.sampling or own

    @property
    def is_costed(self) -> bool:
        """Whether a run needs costs that are not given."""
        return self.costs is None and "costs" in settings_of(CONTROLLERS[self.controller].make)

    @property
    def settings(self) -> dict[str, Any]:
        """Every setting of the tree and the controller that is in force, by name."""
        defaults = {**settings_of(TREES[self.tree].build), **settings_of(CONTROLLERS[self.controller].make)}
        return {name: default if getattr(self, name) is None else getattr(self, name) for name, default in defaults.items()}

    def builder(self) -> Callable[..., DraftTree]:
        """The tree's ``build`` with its settings filled in: (drafter, controller, session) -> DraftTree."""
        tree = TREES[self.tree]
        own = self._own(tree.build)
        return lambda drafter, controller, session: tree.build(drafter, controller, session, **own)

    def new_controller(self) -> Controller:
        """A controller for one run."""
        make = CONTROLLERS[self.controller].make
        return make(self.gamma, **self._own(make))

    def rule(self, temperature: float) -> Rule:
        """The rule that judges at this temperature.

        Raises:
            ValueError: when the rule makes no sense at it.
        """
        rule = VERIFIERS[self.verifier]
        is_greedy = temperature == 0.0
        if not is_greedy and rule.name == "greedy":
            raise UnexpectedValueError(
                "temperature 0 for the rule 'greedy'", str(temperature), "to draw at a temperature choose verifier='rejection'"
            )
        if is_greedy and not rule.lossless:
            raise UnexpectedValueError(
                f"a temperature above 0 for the lossy rule {rule.name!r}", "0, where it has no law to deviate from", "choose a lossless rule"
            )
        return VERIFIERS["greedy"] if is_greedy else rule

    def _own(self, part: Callable[..., Any]) -> dict[str, Any]:
        """The settings given here that this part takes."""
        return {name: value for name in settings_of(part) if (value := getattr(self, name)) is not None}

    def _check_owners(self) -> None:
        tree, controller = settings_of(TREES[self.tree].build), settings_of(CONTROLLERS[self.controller].make)
        for name in SETTINGS:
            owned = name in tree or name in controller
            if getattr(self, name) is not None and not owned and name != "sampling":
                raise UnexpectedValueError(
                    f"settings of the tree {self.tree!r} ({', '.join(tree) or 'none'}) or of the controller {self.controller!r} "
                    f"({', '.join(controller) or 'none'})",
                    f"{name}={shown(getattr(self, name))}",
                    "leave it out, or choose a part that has it",
                )


@cache
def settings_of(part: Callable[..., Any]) -> Mapping[str, Any]:
    """The settings a part takes, with its own values: what follows the star in its signature."""
    parameters = signature(part).parameters.values()
    return MappingProxyType({p.name: None if p.default is Parameter.empty else p.default for p in parameters if p.kind is Parameter.KEYWORD_ONLY})


MOST_NODES = 4096
"""Of a tree: above, masks and tables would fill the memory, and no pass over so many tokens pays."""


def _check_sizes(method: Method) -> None:
    whole_number("gamma", method.gamma, 0, MOST_NODES)
    for name in ("nodes", "width"):
        if getattr(method, name) is not None:
            whole_number(name, getattr(method, name), 1, MOST_NODES)
    if method.branching is not None and (not method.branching or min(method.branching) < 1 or max(method.branching) > MOST_NODES):
        raise UnexpectedValueError(f"branching with at least one level of one child or more, at most {MOST_NODES}", shown(method.branching))
    if method.threshold is not None and not method.threshold > 0.0:
        raise UnexpectedValueError("a threshold above 0", str(method.threshold))


METHODS: dict[str, Method] = {
    "autoregressive": Method(drafter=None, gamma=0, summary="plain decoding: one token a pass of the target"),
    "chain": Method(
        source="2211.17192, 2302.01318",
        summary="a smaller model drafts a few tokens, the target checks them in one pass",
    ),
    "prompt-lookup": Method(
        drafter="prompt-lookup",
        gamma=10,
        source="n-gram copying; surveyed in 2401.07851",
        summary="copies what followed the last time these words stood in the text; no draft model",
    ),
    "block": Method(verifier="block", source="2403.10444", summary="a chain that is judged as a whole: its longest passing beginning is kept"),
    "specinfer": Method(
        tree="specinfer",
        verifier="recursive",
        gamma=8,
        source="2305.09781",
        summary="a tree with a fixed number of children on every level, each sibling tested against what the ones before it left",
    ),
    "spectr": Method(
        tree="specinfer",
        verifier="k-seq",
        gamma=4,
        branching=(4, 1, 1, 1),
        source="2310.15141",
        summary="four chains side by side, tested with one factor for all first tokens",
    ),
    "sequoia": Method(
        tree="sequoia",
        verifier="recursive",
        gamma=6,
        nodes=32,
        source="2402.12374",
        summary="the fixed tree that a dynamic programme finds best, drawn without replacement",
    ),
    "rsd-c": Method(
        tree="rsd-c",
        verifier="recursive",
        gamma=3,
        branching=(3, 2, 2),
        source="2402.14160",
        summary="a constant number of children on every level, drawn without replacement",
    ),
    "rsd-s": Method(
        tree="rsd-s",
        verifier="recursive",
        gamma=5,
        width=5,
        source="2402.14160",
        summary="a stochastic beam: on every level the likeliest perturbed sequences, drawn without replacement",
    ),
    "dyspec": Method(
        tree="dyspec",
        verifier="recursive",
        gamma=12,
        nodes=32,
        source="2410.11744",
        summary="a tree that grows where verification is likeliest to come by, one token at a time",
    ),
    "eagle-2": Method(
        tree="eagle-2",
        verifier="recursive",
        gamma=6,
        nodes=32,
        width=8,
        source="2406.16858 (its shape, over the independent draft)",
        summary="expand the most confident tokens, keep the best of all",
    ),
    "opt-tree": Method(
        tree="opt-tree",
        verifier="recursive",
        gamma=10,
        nodes=32,
        source="2406.17276",
        summary="the tokens that the draft itself expects to bring most, while a layer pays",
    ),
    "auto": Method(
        tree="planned",
        verifier="recursive",
        controller="planner",
        gamma=12,
        source="2211.17192, section 3.5, and 2402.12374, section 4.3, asked again as the run goes on",
        summary="measures what passes cost, watches what is accepted, and goes on with plain decoding, a chain or a tree",
    ),
    "traversal": Method(
        tree="rsd-c",
        verifier="traversal",
        gamma=3,
        branching=(3, 2, 2),
        source="2505.12398",
        summary="a tree judged from the leaves to the root, so that a refused token may be carried by what follows it",
    ),
}


BEST = ("chain", "prompt-lookup", "autoregressive")
"""What is run where no method is named: the first of these that the pair has everything for."""
_ASKED_OF = {"draft model": "load_pair(draft=…)"}
"""Where a caller of the package gives what a drafter needs."""


def find_method(method: str | Method) -> tuple[str, Method]:
    """The method of this name with its name; a :class:`Method` is taken as it is.

    A name may go on with settings: ``sequoia:nodes=64:gamma=8``, ``chain:verifier=naive``, ``rsd-c:branching=4/2/1``; an empty
    value (``sequoia:nodes=``) leaves it to the part.

    Raises:
        ValueError: when there is no such method or setting, or its value cannot be read.
    """
    if isinstance(method, Method):
        names = [name for name, known in METHODS.items() if known == method]
        return (names[0] if names else f"{method.drafter}/{method.tree}/{method.verifier}/{method.controller}"), method
    if not isinstance(method, str):
        raise UnexpectedTypeError(f"a method ({', '.join(METHODS)}) or a specviz.Method", shown(method))
    name, *settings = method.split(":")
    if name not in METHODS:
        raise UnexpectedValueError(f"a method ({', '.join(METHODS)}) or a specviz.Method", shown(name))
    known = METHODS[name]
    return method, replace(known, **dict(map(_read_setting, settings))) if settings else known


def default_method(offers: Collection[str]) -> str:
    """The name of the best method for a pair that offers these things."""
    return next(name for name in BEST if not missing(METHODS[name], offers))


def possible(offers: Collection[str]) -> list[str]:
    """The names of the methods that a pair which offers these things can run."""
    return [name for name, method in METHODS.items() if not missing(method, offers)]


def missing(method: Method, offers: Collection[str]) -> list[str]:
    """What the method needs and a pair with these offers lacks."""
    return sorted(needs_of(_within(method, offers).drafter).difference(offers))


def choose_method(method: str | Method | None, offers: Collection[str], asked_of: Mapping[str, str] | None = None) -> tuple[str, Method]:
    """The method with its name, as a pair that offers these things runs it; None is the best for it.

    Args:
        method: see :func:`find_method`.
        offers: what the pair has for drafters (``Pair.offers``), or will have: this can be asked before anything is loaded.
        asked_of: for everything that a drafter may need, where whoever asks would give it, in words; None for callers of the package.

    Raises:
        ValueError: when the pair lacks something that the method needs, or as :func:`find_method`.
    """
    name, found = find_method(default_method(offers) if method is None else method)
    for need in missing(found, offers):
        where = (asked_of or _ASKED_OF).get(need)
        do = f"{f'give one with {where}, or ' if where else ''}choose one of {', '.join(possible(offers))}"
        raise UnexpectedValueError(f"a {need} for the method {name!r}", "a pair without" if offers else "a target alone", do)
    return name, _within(found, offers)


def _within(method: Method, offers: Collection[str]) -> Method:
    """The same method; one that plans what to draft plans with copies where there is nothing else.

    Copies have no siblings, so what is left to choose is their number, or plain decoding: the expected gain at measured costs decides.
    """
    if not CONTROLLERS[method.controller].shapes or needs_of(method.drafter).issubset(offers):
        return method
    levels = method.gamma if method.nodes is None else min(method.gamma, method.nodes)
    return replace(method, drafter="prompt-lookup", tree="chain", controller="expected-gain", gamma=levels, nodes=None, sampling=None)


def _numbers(read: Callable[[str], Any]) -> Callable[[str], tuple[Any, ...]]:
    return lambda text: tuple(read(part) for part in text.split("/"))


_READERS: dict[str, Callable[[str], Any]] = {
    **dict.fromkeys(("drafter", "tree", "verifier", "controller", "sampling"), str),
    **dict.fromkeys(("gamma", "nodes", "width"), int),
    **dict.fromkeys(("threshold", "confidence"), float),
    "branching": _numbers(int),
    "acceptance": _numbers(float),
}
"""How each setting that a name may carry is read from text."""


def _read_setting(text: str) -> tuple[str, Any]:
    """``nodes=64`` -> ("nodes", 64)."""
    name, has_value, value = text.partition("=")
    if not has_value or name not in _READERS:
        raise UnexpectedValueError(f"a setting like nodes=64 ({', '.join(_READERS)})", shown(text))
    try:
        return name, _READERS[name](value) if value else None
    except ValueError:
        kind = "numbers with / between them" if name in ("branching", "acceptance") else "a number"
        raise UnexpectedValueError(f"{kind} for {name}", shown(value)) from None
