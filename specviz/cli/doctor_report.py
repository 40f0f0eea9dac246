"""A diagnosis on a terminal, 80 columns wide: the verdict, the advice, then all the figures with how each was obtained."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from specviz.cli.terminal import one_line, share_words
from specviz.doctor.diagnosis import (
    STAGES,
    Advice,
    Choice,
    CycleCosts,
    Diagnosis,
    Figure,
    Gap,
    Limits,
    PassCosts,
    Position,
    Templates,
    Vocabulary,
)

WIDTH = 80
BAR = 24
SHOWN = (1, 2, 3, 4, 5, 6, 8, 12, 16, 24, 32, 48, 64)
RUNGS = {
    "passes alone": "tau / (v + draft passes x c)",
    "predicted": "with the other work of a cycle",
    "measured": "decoding alone",
    "whole call": "with the prompt",
    "recorded": "whole call, recorded at full",
}


def show(found: Diagnosis, out: Console) -> None:
    """Print the report."""
    out.width = min(out.width, WIDTH)
    for part in report(found):
        out.print(part)


def report(found: Diagnosis) -> Iterator[RenderableType]:
    """The parts of the report, in order."""
    yield from _head(found)
    yield from _advice(found.advice)
    if found.speed and found.cycle:
        yield from _difference(found.speed)
        yield from _cycle(found.cycle, found.speed.tau.value)
    yield from _acceptance(found.positions)
    if found.costs:
        yield from _costs(found.costs)
    if found.choice:
        yield from _best(found.choice)
    if found.limits:
        yield from _limits(found.limits)
    yield from _texts(found)
    if found.notes:
        yield _title("To weigh this", "")
        yield from (_item("·", note) for note in found.notes)


def _title(name: str, badge: str) -> RenderableType:
    line = Table.grid(expand=True)
    line.add_column()
    line.add_column(justify="right")
    line.add_row(Text(name, "bold"), Text(badge, "dim"))
    return Padding(line, (1, 0, 0, 0))


def _item(mark: str, words: str, style: str = "") -> RenderableType:
    """A paragraph that hangs behind its mark."""
    grid = Table.grid(padding=(0, 1))
    grid.add_column(no_wrap=True)
    grid.add_column(overflow="fold")
    grid.add_row(Text(mark), Text(one_line(words), style))
    return Padding(grid, (0, 0, 0, 2))


def _grid(*justify: str) -> Table:
    """A borderless table, indented by two."""
    table = Table.grid(padding=(0, 2))
    for side in justify:
        table.add_column(justify="right" if side == "right" else "left", no_wrap=True)
    return table


def _indented(table: Table) -> RenderableType:
    return Padding(table, (0, 0, 0, 2))


def _between(figure: Figure, digits: int = 2, unit: str = "") -> str:
    """A number with its smallest and largest repeat."""
    value = f"{figure.value:.{digits}f}{unit}"
    return value if figure.low is None or figure.high is None else f"{value} ({figure.low:.{digits}f} to {figure.high:.{digits}f})"


def _head(found: Diagnosis) -> Iterator[RenderableType]:
    yield Text(one_line(f"specviz doctor: {found.pair}"), "bold")
    settings, machine = found.head.get("settings", {}), found.head.get("machine", {})
    if settings:
        words = f"{found.method}, {settings['prompts']} prompts x {settings['max_new_tokens']} tokens, temperature {settings['temperature']:g}"
        yield Text(one_line(f"{words}; {machine.get('processor')}, {machine.get('cores')} cores, {found.head.get('date')}"), "dim")
    if found.speed:
        measured, predicted = found.speed.measured, found.speed.predicted
        verdict = f"{_between(measured, unit='x')} plain decoding's speed, measured; {predicted.value:.2f}x predicted, modelled."
        yield Padding(Text(verdict, "bold green" if (measured.low or 0.0) > 1.0 else "bold yellow"), (1, 0, 0, 0))


def _advice(advice: tuple[Advice, ...]) -> Iterator[RenderableType]:
    yield _title("What to do", "")
    if not advice:
        yield _item("·", "No complaint: no cause of lost speed was found that is worth a change.")
    for number, entry in enumerate(advice, 1):
        yield _item(f"{number}", f"{entry.cause[0].upper()}{entry.cause[1:]}", "bold")
        yield Padding(Text(one_line(entry.sentence)), (0, 0, 0, 4))
        yield Padding(Text(one_line(entry.remedy), "cyan"), (0, 0, 0, 4))


def _difference(speed: Gap) -> Iterator[RenderableType]:
    yield _title("Where the difference went", "times plain decoding; the terms add up")
    table = _grid("left", "right", "left")
    for (name, figure), stage in zip(speed.rungs(), (None, *STAGES), strict=True):
        for term in speed.terms:
            if term.stage == stage:
                table.add_row(Text(f"  {term.name}", "dim"), Text(f"{term.speedup:+.3f}", "dim"), Text(term.how, "dim"))
        spread = "" if figure.low is None else f" ({figure.low:.2f} to {figure.high:.2f})"
        table.add_row(Text(f"{name}: {RUNGS[name]}", "bold"), Text(f"{figure.value:.2f}x", "bold"), f"{figure.how}{spread}")
    yield _indented(table)


def _cycle(cycle: CycleCosts, tau: float) -> Iterator[RenderableType]:
    yield _title(f"Where a cycle goes: {cycle.total_ms:.2f} ms for {tau:.2f} tokens", cycle.how)
    table = _grid("left", "left", "right", "right")
    for part, ms in cycle.ms.items():
        table.add_row(part, _bar(cycle.share(part)), f"{100 * cycle.share(part):.1f} %", f"{ms:.3f} ms")
    yield _indented(table)
    added = [f"{name} {100 * f.value:+.1f} % ({100 * (f.low or 0):+.1f} to {100 * (f.high or 0):+.1f})" for name, f in cycle.recording.items()]
    yield _item("recording", f"{', '.join(added)} on top")


def _bar(share: float) -> Text:
    return Text("█" * max(round(BAR * share), 0), "blue")


def _acceptance(positions: tuple[Position, ...]) -> Iterator[RenderableType]:
    if not positions:
        return
    yield _title("Acceptance by position, given all before", "measured; 95 % intervals")
    table = _grid("right", "left", "right", "left", "left")
    for row in positions:
        interval = f"{100 * row.low:.0f} to {100 * row.high:.0f} %" if row.examined else "drafted, never examined"
        bar = _bar(row.rate) if row.examined else Text("")
        table.add_row(str(row.position), bar, share_words(row.rate), interval, f"{row.accepted} of {row.examined}" if row.examined else "")
    yield _indented(table)


def _costs(costs: PassCosts) -> Iterator[RenderableType]:
    yield _title(f"Passes behind {costs.context} tokens", f"measured; medians of {costs.rounds} interleaved rounds")
    yield _item("c", f"{_between(costs.c, 3)}; a target pass over one token takes {_between(costs.target_ms)} ms")
    shown = [point for point in costs.v if point.m in SHOWN]
    table = _grid(*["right"] * (len(shown) + 1))
    table.padding = (0, 1, 0, 0)
    table.add_row(Text("m", "dim"), *(Text(str(point.m), "dim") for point in shown))
    table.add_row("v(m)", *(f"{point.value:.2f}" for point in shown))
    yield _indented(table)


def _best(choice: Choice) -> Iterator[RenderableType]:
    yield _title("Best settings at these costs and this acceptance", "modelled")
    now = "" if choice.now is None else f"; yours is modelled at {choice.now.value:.2f}x"
    end = f" (the longest considered is {choice.longest})" if choice.gamma == choice.longest else ""
    chain = f"gamma = {choice.gamma}{end}: {_between(choice.chain, unit='x')}" if choice.gamma else "gamma = 0: no chain pays"
    yield _item("chain", f"{chain}{now}; alpha = {choice.alpha.value:.2f} everywhere")
    tree = choice.tree
    yield _item("tree ", f"{tree.nodes} nodes on {tree.levels} levels: {tree.speedup.value:.2f}x" if tree else "too few places to say")
    ranks = ", ".join(f"{100 * rate:.0f}" for rate in choice.by_rank[:6])
    yield _item("ranks", f"the target's choice was the draft's 1st, 2nd, … token in {ranks} % of {choice.places} places (measured)")


def _limits(limits: Limits) -> Iterator[RenderableType]:
    yield _title("Where it stops paying", "costs measured, speed-up modelled")
    table = _grid(*["right"] * 5)
    table.add_row(*(Text(name, "dim") for name in ("context", "target pass", "c", "v(draft)", "speed-up")))
    for point in limits.contexts:
        here = "bold" if point.context == limits.typical else ""
        cells = (str(point.context), f"{point.target_ms:.2f} ms", f"{point.c:.3f}", f"{point.v:.2f}", f"{point.speedup:.2f}x")
        table.add_row(*cells, style=here)
    yield _indented(table)
    yield _item("context", f"{_stop(limits)}; these runs stand behind {limits.typical} tokens; tau taken as unchanged")
    rows = ", ".join(f"{rows}: {worth:.2f}x" for rows, worth in limits.batch)
    stop = f"from {limits.batch_stops_at} rows" if limits.batch_stops_at else f"not within {limits.batch[-1][0]} rows"
    yield _item("batch  ", f"{stop} ({rows}); from {limits.extrapolated_from} rows on v is extrapolated")


def _stop(limits: Limits) -> str:
    if limits.stops_at is None:
        return f"not within {limits.longest} positions"
    if limits.contexts[0].speedup < 1.0:
        return "at no length measured does it pay"
    return f"from about {limits.stops_at} tokens on"


def _texts(found: Diagnosis) -> Iterator[RenderableType]:
    yield _title("Do they speak one language, and is the text right?", "measured")
    if found.compared:
        same = found.compared - len(found.divergences)
        yield _item("text", f"{same} of {found.compared} greedy texts are plain decoding's")
    for entry in found.divergences:
        yield _item(
            "    ",
            f"prompt {entry.prompt}, token {entry.position}: {entry.other_text!r} for {entry.plain_text!r}, margin {entry.margin:.2g}, "
            f"rounding explains {entry.tolerance:.2g}: {entry.verdict}",
        )
    if found.vocabulary:
        yield _item("ids ", _vocabulary(found.vocabulary))
    if found.templates:
        yield _item("chat", _templates(found.templates))


def _vocabulary(words: Vocabulary) -> str:
    sizes = f"{words.target_size} tokens" if words.target_size == words.draft_size else f"{words.target_size} and {words.draft_size} tokens"
    examples = "; ".join(f"{index}: {ours!r}, {theirs!r}" for index, ours, theirs in words.examples)
    return f"{sizes}, {words.differing} ids differ" + (f" ({examples})" if examples else "")


def _templates(chat: Templates) -> str:
    which = f"one template ({chat.target_hash})" if chat.is_same else f"two templates ({chat.target_hash or 'none'}, {chat.draft_hash or 'none'})"
    words = [which if chat.target_hash or chat.draft_hash else "no template"]
    if chat.foreign:
        words.append("marks that are none here: " + ", ".join(f"{mark} ({count} tokens)" for mark, count in chat.foreign))
    if chat.bare:
        words.append(f"{chat.bare} prompts outside it")
    return "; ".join(words)
