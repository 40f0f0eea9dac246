"""The examination: a pair and prompts in, a :class:`Diagnosis` out."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from statistics import fmean, median

from specviz.bench.measure import report_head
from specviz.combinations import has_law
from specviz.doctor.advice import advise
from specviz.doctor.choices import acceptance, batch, by_rank, choose, lengths, positions, stops_at
from specviz.doctor.diagnosis import ContextPoint, Diagnosis, Divergence, Limits, PassCosts, Templates, Vocabulary
from specviz.doctor.divergence import first_divergence
from specviz.doctor.gap import CostModel, Speeds, cost_model, cycle_costs, explain
from specviz.doctor.passes import PassClock, passes_behind
from specviz.doctor.remarks import remark
from specviz.doctor.runs import BARE, FULL, PLAIN, Round, Total, interleave, play, record
from specviz.doctor.texts import bare_prompts, compare_templates, compare_vocabularies, in_template, whole_text
from specviz.engine.costs import fill
from specviz.engine.settings import RunSettings
from specviz.errors import UnexpectedValueError
from specviz.methods import METHODS, Method, choose_method
from specviz.model.checkpoint.hub import resolve
from specviz.model.config import read_config
from specviz.model.pair import Pair
from specviz.model.text import Text
from specviz.verifiers import VERIFIERS

SHORTEST = 32
_TRIED_IN_TEMPLATE = 4  # bare prompts that are run again inside the template

Say = Callable[[str], None]


def examine(
    pair: Pair,
    prompts: Sequence[str | Sequence[int]],
    method: str | Method | None = None,
    settings: RunSettings | None = None,
    *,
    repeats: int = 3,
    rounds: int = 7,
    say: Say = lambda words: None,  # noqa: ARG005  whoever listens gets the words
) -> Diagnosis:
    """Find out why a method is, or is not, faster than plain decoding on these prompts.

    Args:
        pair: from :func:`specviz.load_pair`.
        prompts: texts, or token ids.
        method: a name of ``specviz.METHODS`` that drafts, with settings if you like, or a :class:`specviz.Method`; None is the best for the pair.
        settings: as of :func:`specviz.generate`; 64 new tokens, greedy, by default.
        repeats: timed runs of every task on every prompt: plain, the method, the method recorded lightly and fully.
        rounds: timed rounds of single passes, shared out evenly among the repeats, at least one after each.
        say: is told what is being measured.

    Raises:
        ValueError: without prompts, repeats or rounds, for a prompt that does not fit, or a method that drafts nothing.
    """
    if repeats < 1 or rounds < 1:
        raise UnexpectedValueError("at least 1 repeat and 1 round", f"{repeats} and {rounds}")
    settings = settings or RunSettings(max_new_tokens=64)
    patient = _Patient.of(pair, prompts, method, settings)
    head = report_head("doctor: one pair, one method, these prompts")
    say("looking at tokenizers and chat templates")
    rows = pair.target.config.vocab, pair.draft.config.vocab if pair.draft else pair.target.config.vocab
    templates = compare_templates(pair.text, pair.draft_text, patient.texts)
    speeds, costs = _time(patient, repeats, rounds, say)
    templates = _in_template(patient, templates, speeds)
    traces = [run.trace for run in speeds.rounds[-1][FULL] if run.trace]
    model, table = cost_model(costs, speeds.typical), positions(traces)
    alpha = acceptance((row.accepted, row.examined) for row in table)
    gamma = patient.method.gamma if patient.method.tree == "chain" and patient.method.controller == "constant" else None
    say("timing passes behind growing texts")
    found = Diagnosis(
        pair=pair.describe(),
        method=patient.name,
        head=head | _circumstances(patient, repeats, rounds),
        vocabulary=compare_vocabularies(pair.text, pair.draft_text, rows),
        templates=templates,
        costs=costs,
        cycle=cycle_costs(speeds),
        positions=table,
        speed=explain(speeds, costs),
        choice=choose(alpha, gamma, model, *by_rank(traces)) if alpha.value == alpha.value else None,
        limits=_limits(patient, speeds, costs, model),
        divergences=tuple(_divergences(patient, speeds)),
        compared=len(patient.prompts) if patient.is_lossless else 0,
    )
    return replace(found, advice=advise(found), notes=remark(found))


@dataclass(frozen=True)
class _Patient:
    """What is examined: the pair, the method, and the prompts as ids and as text."""

    pair: Pair
    name: str
    method: Method
    settings: RunSettings
    prompts: list[list[int]]
    texts: list[str]

    @classmethod
    def of(cls, pair: Pair, prompts: Sequence[str | Sequence[int]], method: str | Method | None, settings: RunSettings) -> _Patient:
        if not prompts or isinstance(prompts, str):
            raise UnexpectedValueError("a list of prompts", f"{prompts!r:.40}", "give at least one text")
        name, chosen = choose_method(method, pair.offers)
        if chosen.drafter is None:
            raise UnexpectedValueError("a method that drafts", f"{name!r}, which is what the doctor compares with", "try chain")
        if settings.gamma is not None:
            chosen = replace(chosen, gamma=settings.gamma)
        ids = [pair.text.encode(prompt) if isinstance(prompt, str) else [int(token) for token in prompt] for prompt in prompts]
        texts = [prompt if isinstance(prompt, str) else whole_text(pair.text, prompt) for prompt in prompts]
        return cls(pair, name, chosen, settings, ids, texts)

    @property
    def has_model(self) -> bool:
        """Whether a model drafts."""
        return self.method.drafter is not None and has_law(self.method.drafter) and self.pair.draft is not None

    @property
    def is_lossless(self) -> bool:
        """Whether the rule must give plain decoding's text at temperature 0."""
        return VERIFIERS[self.method.verifier].lossless

    @property
    def filler(self) -> list[int]:
        """The prompts' tokens, one prompt after the other: text to measure passes behind."""
        return [token for prompt in self.prompts for token in prompt]


def _time(patient: _Patient, repeats: int, rounds: int, say: Say) -> tuple[Speeds, PassCosts]:
    """Whole runs, and after each repeat of them its share of the rounds of single passes."""
    what = f"timing {len(patient.prompts)} prompts, {repeats} repeats of four tasks"
    say(what)
    pair, method, settings, prompts = patient.pair, patient.method, patient.settings, patient.prompts
    running = interleave(pair, method, settings, prompts, repeats, lambda number, of: say(f"{what}: run {number + 1} of {of}"))
    first = next(running)
    done, clock = [], _pass_clock(patient, first)
    for repeat in chain([first], running):
        done.append(repeat)
        say(f"timing passes behind {clock.context} tokens")
        clock.time(max(1, rounds // repeats))
    return Speeds(done), clock.costs


def _pass_clock(patient: _Patient, repeat: Round) -> PassClock:
    """A clock for passes as a cycle of these runs has them in the middle of its text."""
    typical = round(median(cycle.prefix for run in repeat[BARE] for cycle in run.cycles))
    context = min(typical, patient.pair.drafted_context - 2)
    return PassClock(patient.pair, patient.filler, context, patient.settings.sampling, steps=_draft_passes(patient, repeat))


def _circumstances(patient: _Patient, repeats: int, rounds: int) -> dict[str, object]:
    facts = {"prompts": len(patient.prompts), "prompt_tokens": [len(prompt) for prompt in patient.prompts], "repeats": repeats, "rounds": rounds}
    load = {"load_after": round(os.getloadavg()[0], 2)} if hasattr(os, "getloadavg") else {}
    return load | {"settings": patient.settings.as_dict() | {"seed": patient.settings.seed} | facts}


def _in_template(patient: _Patient, templates: Templates, speeds: Speeds) -> Templates:
    """Whether the template would have helped the prompts that lack it: some are run again inside it, and acceptance is counted on both."""
    bare = bare_prompts(patient.pair.text, patient.texts)[:_TRIED_IN_TEMPLATE]
    if not bare:
        return templates
    inside = [in_template(patient.pair.text, patient.texts[number]) or "" for number in bare]
    ids = [patient.pair.text.tokenizer(text, add_special_tokens=False, verbose=False)["input_ids"] for text in inside]
    if max(map(len, ids)) + patient.settings.max_new_tokens > patient.pair.context:
        return templates
    again = [record(patient.pair, patient.method, patient.settings, "light", prompt).trace for prompt in ids]
    given = [speeds.rounds[-1][FULL][number].trace for number in bare]
    counted = [[(row.accepted, row.examined) for row in positions([trace for trace in traces if trace])] for traces in (given, again)]
    return replace(templates, without=acceptance(counted[0]), with_template=acceptance(counted[1]))


def _limits(patient: _Patient, speeds: Speeds, costs: PassCosts, model: CostModel) -> Limits:
    """Costs behind growing texts, and the speed-up they and the run's own tau would give."""
    plain, total = Total.of(speeds.typical[PLAIN]), Total.of(speeds.typical[BARE])
    cycles = [cycle for run in speeds.typical[BARE] for cycle in run.cycles]
    tau, calls, nodes = total.tokens / total.cycles, fmean(cycle.calls for cycle in cycles), fmean(cycle.nodes for cycle in cycles)
    one = plain.seconds["verify"] / plain.cycles
    width = round(nodes) + 1
    points = []
    for context, target_s, verify_s, draft_s in _behind_growing_texts(patient, costs, width, _draft_passes(patient, speeds.typical)):
        here = CostModel(draft_s / target_s, model.v, model.other * one / target_s, model.plain_other * one / target_s)
        verify = verify_s / target_s
        points.append(ContextPoint(context, target_s * 1e3, here.c, verify, here.speedup(tau, calls, verify)))
    rows, stop, beyond = batch(tau, calls, nodes, costs, model)
    return Limits(tuple(points), costs.context, stops_at(points), points[-1].context, rows, stop, beyond)


def _draft_passes(patient: _Patient, repeat: Round) -> int:
    """Passes of the draft model in a typical cycle; 0 where nothing drafts with a model."""
    return max(1, round(fmean(cycle.calls for run in repeat[BARE] for cycle in run.cycles))) if patient.has_model else 0


def _behind_growing_texts(patient: _Patient, costs: PassCosts, width: int, steps: int) -> list[tuple[int, float, float, float]]:
    """(Context, seconds of a target pass over one token, over ``width``, of a draft pass), short to long."""
    pair, found = patient.pair, []
    longest = pair.drafted_context - width - 1
    draft = pair.draft if patient.has_model else None
    with pair.held():
        for model in (pair.target, draft):
            if model is not None:
                fill(model, patient.filler, longest)
        for context in reversed(lengths(min(SHORTEST, longest), costs.context, longest)):  # long to short: the memories are only cut back
            target, drafted = passes_behind(pair, patient.filler, context, sorted({1, width}), [1], steps, costs.rounds)
            found.append((context, median(target[1]), median(target[width]), median(drafted[1]) if draft else 0.0))
    return found[::-1]


def _divergences(patient: _Patient, speeds: Speeds) -> Iterable[Divergence]:
    """The first difference from plain greedy decoding on every prompt that has one; none is looked for where the rule may deviate."""
    if not patient.is_lossless:
        return
    if patient.settings.temperature == 0:
        plain, other = ([run.tokens for run in speeds.rounds[-1][task]] for task in (PLAIN, BARE))
    else:
        greedy = replace(patient.settings, temperature=0.0)
        methods = METHODS["autoregressive"], patient.method
        plain, other = ([play(patient.pair, method, greedy, prompt).tokens for prompt in patient.prompts] for method in methods)
    for number, (prompt, a, b) in enumerate(zip(patient.prompts, plain, other, strict=True)):
        if (found := first_divergence(patient.pair, number, prompt, a, b)) is not None:
            yield found


def compare_checkpoints(target: str, draft: str) -> Diagnosis | None:
    """What keeps two checkpoints from being a pair at all, from their tokenizers alone; None when their vocabularies agree.

    Raises:
        FileNotFoundError: when a checkpoint is not where it was said to be.
    """
    folders = resolve(target, weights=False), resolve(draft, weights=False)
    texts = Text(folders[0]), Text(folders[1])
    rows = read_config(folders[0]).vocab, read_config(folders[1]).vocab
    vocabulary: Vocabulary = compare_vocabularies(*texts, rows)
    if not vocabulary.differing:
        return None
    found = Diagnosis(f"{target} + {draft}", "none", report_head("doctor: tokenizers alone"), vocabulary, compare_templates(*texts, []))
    return replace(found, advice=advise(found), notes=remark(found))
