"""A diagnosis in plain sentences, for the terminal and the app alike: no markup, nothing measured anew."""

from __future__ import annotations

from specviz.doctor.diagnosis import Choice, CycleCosts, Diagnosis, Divergence, Figure, Gap, Limits, Position, Templates, Vocabulary

RUNGS = {
    "passes alone": "tau / (v + draft passes x c)",
    "predicted": "with the other work of a cycle",
    "measured": "decoding alone",
    "whole call": "with the prompt",
    "recorded": "whole call, recorded at full",
}
"""The rungs of :meth:`specviz.doctor.diagnosis.Gap.rungs`: what each adds to the one before."""
NO_ADVICE = "No complaint: no cause of lost speed was found that is worth a change."


def between(figure: Figure, digits: int = 2, unit: str = "") -> str:
    """A number with its smallest and largest repeat."""
    value = f"{figure.value:.{digits}f}{unit}"
    return value if figure.low is None or figure.high is None else f"{value} ({figure.low:.{digits}f} to {figure.high:.{digits}f})"


def circumstances(found: Diagnosis) -> str:
    """What was run, where and when; empty where nothing was."""
    settings, machine = found.head.get("settings", {}), found.head.get("machine", {})
    if not settings:
        return ""
    runs = f"{found.method}, {settings['prompts']} prompts x {settings['max_new_tokens']} tokens, temperature {settings['temperature']:g}"
    return f"{runs}; {machine.get('processor')}, {machine.get('cores')} cores, {found.head.get('date')}"


def verdict(speed: Gap) -> str:
    """Measured beside predicted."""
    return f"{between(speed.measured, unit='x')} plain decoding's speed, measured; {speed.predicted.value:.2f}x predicted, modelled."


def is_faster(speed: Gap) -> bool:
    """Whether even the slowest repeat was faster than plain decoding."""
    return (speed.measured.low or 0.0) > 1.0


def recording(cycle: CycleCosts) -> str:
    """What recording adds."""
    added = (f"{name} {100 * f.value:+.1f} % ({100 * (f.low or 0):+.1f} to {100 * (f.high or 0):+.1f})" for name, f in cycle.recording.items())
    return f"{', '.join(added)} on top"


def interval(row: Position) -> str:
    """How sure the acceptance at a position is."""
    return f"{100 * row.low:.0f} to {100 * row.high:.0f} %" if row.examined else "drafted, never examined"


def chain(choice: Choice) -> str:
    """The best chain at these costs, beside the run's own."""
    now = "" if choice.now is None else f"; yours is modelled at {choice.now.value:.2f}x"
    end = f" (the longest considered is {choice.longest})" if choice.gamma == choice.longest else ""
    best = f"gamma = {choice.gamma}{end}: {between(choice.chain, unit='x')}" if choice.gamma else "gamma = 0: no chain pays"
    return f"{best}{now}; alpha = {choice.alpha.value:.2f} everywhere"


def tree(choice: Choice) -> str:
    """The best tree."""
    best = choice.tree
    return f"{best.nodes} nodes on {best.levels} levels: {best.speedup.value:.2f}x" if best else "too few places to say"


def ranks(choice: Choice) -> str:
    """Where the target's choice stood among the draft's."""
    listed = ", ".join(f"{100 * rate:.0f}" for rate in choice.by_rank[:6])
    return f"the target's choice was the draft's 1st, 2nd, … token in {listed} % of {choice.places} places (measured)"


def context(limits: Limits) -> str:
    """From which length of text on it does not pay."""
    return f"{_stop(limits)}; these runs stand behind {limits.typical} tokens; tau taken as unchanged"


def _stop(limits: Limits) -> str:
    if limits.stops_at is None:
        return f"not within {limits.longest} positions"
    if limits.contexts[0].speedup < 1.0:
        return "at no length measured does it pay"
    return f"from about {limits.stops_at} tokens on"


def batch(limits: Limits) -> str:
    """From how many rows on it does not pay."""
    rows = ", ".join(f"{rows}: {worth:.2f}x" for rows, worth in limits.batch)
    stop = f"from {limits.batch_stops_at} rows" if limits.batch_stops_at else f"not within {limits.batch[-1][0]} rows"
    return f"{stop} ({rows}); from {limits.extrapolated_from} rows on v is extrapolated"


def same_texts(found: Diagnosis) -> str:
    """How many greedy texts are plain decoding's; empty where none was compared."""
    same = found.compared - len(found.divergences)
    return f"{same} of {found.compared} greedy texts are plain decoding's" if found.compared else ""


def divergence(entry: Divergence) -> str:
    """Where a text first differs, and whether rounding explains it."""
    return (
        f"prompt {entry.prompt}, token {entry.position}: {entry.other_text!r} for {entry.plain_text!r}, margin {entry.margin:.2g}, "
        f"rounding explains {entry.tolerance:.2g}: {entry.verdict}"
    )


def vocabulary(words: Vocabulary) -> str:
    """Whether ids mean the same to both."""
    sizes = f"{words.target_size} tokens" if words.target_size == words.draft_size else f"{words.target_size} and {words.draft_size} tokens"
    examples = "; ".join(f"{index}: {ours!r}, {theirs!r}" for index, ours, theirs in words.examples)
    return f"{sizes}, {words.differing} ids differ" + (f" ({examples})" if examples else "")


def templates(chat: Templates) -> str:
    """Which chat templates there are, and whether the prompts carry them."""
    which = f"one template ({chat.target_hash})" if chat.is_same else f"two templates ({chat.target_hash or 'none'}, {chat.draft_hash or 'none'})"
    words = [which if chat.target_hash or chat.draft_hash else "no template"]
    if chat.foreign:
        words.append("marks that are none here: " + ", ".join(f"{mark} ({count} tokens)" for mark, count in chat.foreign))
    if chat.bare:
        words.append(f"{chat.bare} prompts outside it")
    return "; ".join(words)


def language(found: Diagnosis) -> list[tuple[str, str]]:
    """Do they speak one language, and is the text right? (What, sentence) for all that was looked at."""
    rows = [("text", same_texts(found))] if found.compared else []
    rows += [("", divergence(entry)) for entry in found.divergences]
    rows += [("ids", vocabulary(found.vocabulary))] if found.vocabulary else []
    return rows + ([("chat", templates(found.templates))] if found.templates else [])
