"""The family's card: Markdown written from what ``specviz bench zoo`` measured and from how each model was trained."""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean
from typing import Any

_GAMMA = 4
UNDISTILLED = "-undistilled"
"""How the twin of a draft is named that was trained on text alone."""
_INTRODUCTION = """# The models that ship

A target and its drafts, trained on one machine on seven kinds of text that were written for them (code is Python's standard
library). They are here to learn from: small enough for a laptop, good enough to be worth watching.
"""


def card(
    report: Mapping[str, Any],
    training: Mapping[str, Mapping[str, Any]],
    pictures: Mapping[str, str],
    distillation: Mapping[str, Any] | None = None,
) -> str:
    """Write the card.

    Args:
        report: of ``specviz bench zoo``.
        training: model's name -> its ``training.json``; its ``remarks``, where there are some, say what the figures do not.
        pictures: heading -> path of a picture, relative to the card.
        distillation: a report like ``report`` over two drafts of one shape, one of them named ``…-undistilled``.
    """
    parts = [
        _INTRODUCTION,
        _measured(report),
        "## What was aimed at\n\n" + _aims(report),
        "## Sizes and training\n\n" + _training(training) + _remarks(training),
        "## The target, by kind of text\n\n" + _target(report),
    ]
    parts += [f"## {name}\n\n" + _draft(draft) for name, draft in report["drafts"].items()]
    if distillation is not None:
        parts.append("## What distillation buys\n\n" + _distillation(distillation, training))
    parts += [f"## {heading}\n\n![{heading}]({path})\n" for heading, path in pictures.items()]
    return "\n".join(parts)


def _measured(report: Mapping[str, Any]) -> str:
    machine, sizes = report["machine"], report["sizes"]
    return (
        f"Everything below was measured on {report['date']}: {machine.get('processor', 'unknown processor')}, {machine.get('cores', '?')} cores, "
        f"{report['dtype']}. {report['what'].capitalize()}. {sizes['answers']} judged answers, {sizes['prompts']} prompts and {sizes['repeats']} "
        "rounds a figure.\n"
    )


def _aims(report: Mapping[str, Any]) -> str:
    """Every aim beside its figure; those of a draft are draft-m's, where it was measured."""
    found: list[tuple[str, str, float, float]] = []
    for family, figures in report["target"]["families"].items():
        if "right" in figures:
            key = "facts_right" if family == "summarise" else "right"
            found.append((f"{family}: {'facts' if key == 'facts_right' else 'answers'} right, greedy", "{:.0%}", figures[key], 0.8))
    families = report["drafts"].get("draft-m", {}).get("families", {})
    if families:
        speeds = [figures["speed"]["best"]["median"] for figures in families.values()]
        taus = [figures["runs"][f"T=0 gamma={_GAMMA}"]["tau"] for figures in families.values()]
        found += [
            ("draft-m: α at T=1, mean", "{:.2f}", fmean(figures["alpha"] for figures in families.values()), 0.75),
            (f"draft-m: τ at γ={_GAMMA}, greedy, mean (from {min(taus):.2f} to {max(taus):.2f})", "{:.2f}", fmean(taus), 3.2),
            ("draft-m: times plain decoding at the best γ, mean", "{:.2f}x", fmean(speeds), 2.0),
            ("draft-m: times plain decoding at the best γ, least", "{:.2f}x", min(speeds), 1.4),
        ]
    rows = [[what, form.format(aim), form.format(value), "met" if value >= aim else "**fell short**"] for what, form, value, aim in found]
    return _table(["what", "at least", "measured", ""], rows)


def _remarks(training: Mapping[str, Mapping[str, Any]]) -> str:
    lines = [f"- {name}: {remark}\n" for name, facts in training.items() for remark in facts.get("remarks", ())]
    return "\n" + "".join(lines) if lines else ""


def _training(training: Mapping[str, Mapping[str, Any]]) -> str:
    rows = []
    for name, facts in training.items():
        for stage, figures in facts["stages"].items():
            last = figures["curve"][-1]
            alpha = f"{last['alpha']:.2f}" if "alpha" in last else "–"
            size, tokens = (f"{count / 1e6:.2f} M" for count in (facts["parameters"], figures["tokens"]))
            rows.append([name, size, stage, f"{figures['plan']['minutes']:.0f}", tokens, f"{last['held_out']:.2f}", alpha])
    return _table(["model", "parameters", "stage", "minutes", "tokens", "held-out loss (nats)", "α on held-out text"], rows)


def _target(report: Mapping[str, Any]) -> str:
    rows = []
    for family, figures in report["target"]["families"].items():
        right = f"{figures['right']:.0%}" if "right" in figures else "–"
        facts = f"{figures['facts_right']:.0%}" if "facts_right" in figures else "–"
        rows.append([family, f"{figures['loss']:.2f}", right, facts, str(figures["examples"])])
    return _table(["kind of text", "loss (nats)", "answers right", "facts right", "examples"], rows)


def _draft(draft: Mapping[str, Any]) -> str:
    costs = draft["costs"]
    v = ", ".join(f"v({m}) = {costs['v'][m]:.2f}" for m in costs["v"] if int(m) in (2, 4, 8, 16, 32))
    rows = []
    for family, figures in draft["families"].items():
        runs, speed = figures["runs"], figures["speed"]
        taus = [f"{runs[f'T=0 gamma={gamma}']['tau']:.2f}" for gamma in (2, 4, 8)]
        best = speed["best"]
        times = f"{best['median']:.2f}x ({best['min']:.2f} to {best['max']:.2f}) at γ={speed['best_gamma']}"
        rows.append([family, f"{figures['alpha']:.2f}", f"{figures['match']:.2f}", *taus, f"{runs[f'T=1 gamma={_GAMMA}']['tau']:.2f}", times])
    means = [f"{sum(float(row[i]) for row in rows) / len(rows):.2f}" for i in range(1, 7)]
    speeds = [figures["speed"]["best"]["median"] for figures in draft["families"].values()]
    rows.append(["**mean**", *means, f"{sum(speeds) / len(speeds):.2f}x"])
    head = ["kind of text", "α, T=1", "same token, T=0", "τ γ=2", "τ γ=4", "τ γ=8", "τ γ=4, T=1", "times plain decoding, greedy"]
    return f"{draft['parameters'] / 1e6:.2f} M parameters; c = {costs['c']:.3f}; {v}.\n\n" + _table(head, rows)


def _distillation(report: Mapping[str, Any], training: Mapping[str, Mapping[str, Any]]) -> str:
    plain = next(name for name in report["drafts"] if name.endswith(UNDISTILLED))
    taught = plain.removesuffix(UNDISTILLED)
    tokens = {name: sum(stage["tokens"] for stage in training[name]["stages"].values()) / 1e6 for name in (plain, taught)}
    drafts = {name: report["drafts"][name]["families"] for name in (plain, taught)}
    rows = []
    for family in drafts[taught]:
        both = [drafts[name][family] for name in (plain, taught)]
        row = [family, *(f"{of['alpha']:.2f}" for of in both), *(f"{of['runs'][f'T=0 gamma={_GAMMA}']['tau']:.2f}" for of in both)]
        rows.append(row + [f"{of['speed']['best']['median']:.2f}x" for of in both])
    means = [f"{fmean(float(row[i].rstrip('x')) for row in rows):.2f}" + ("x" if i > 4 else "") for i in range(1, 7)]
    rows.append(["**mean**", *means])
    head = ["kind of text", "α, T=1: text alone", "distilled", f"τ γ={_GAMMA}, T=0: text alone", "distilled", "times plain: text alone", "distilled"]
    return (
        f"The same shape and start, trained on text alone ({tokens[plain]:.1f} M tokens) and, as it ships, on text, the target's laws and the "
        f"target's own writing ({tokens[taught]:.1f} M tokens), measured side by side on {report['date']}: {report['sizes']['prompts']} prompts a "
        f"kind of text, {report['sizes']['timed']} of them timed.\n\n" + _table(head, rows)
    )


def _table(head: list[str], rows: list[list[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)
