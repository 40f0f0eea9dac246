"""A diagnosis on a terminal, 80 columns wide: the verdict, the advice, then all the figures with how each was obtained."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from specviz.cli.terminal import one_line, share_words
from specviz.doctor import wording
from specviz.doctor.diagnosis import STAGES, Advice, Choice, CycleCosts, Diagnosis, Gap, Limits, PassCosts, Position

WIDTH = 80
BAR = 24
SHOWN = (1, 2, 3, 4, 5, 6, 8, 12, 16, 24, 32, 48, 64)


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


def _head(found: Diagnosis) -> Iterator[RenderableType]:
    yield Text(one_line(f"specviz doctor: {found.pair}"), "bold")
    if circumstances := wording.circumstances(found):
        yield Text(one_line(circumstances), "dim")
    if found.speed:
        yield Padding(Text(wording.verdict(found.speed), "bold green" if wording.is_faster(found.speed) else "bold yellow"), (1, 0, 0, 0))


def _advice(advice: tuple[Advice, ...]) -> Iterator[RenderableType]:
    yield _title("What to do", "")
    if not advice:
        yield _item("·", wording.NO_ADVICE)
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
        table.add_row(Text(f"{name}: {wording.RUNGS[name]}", "bold"), Text(f"{figure.value:.2f}x", "bold"), f"{figure.how}{spread}")
    yield _indented(table)


def _cycle(cycle: CycleCosts, tau: float) -> Iterator[RenderableType]:
    yield _title(f"Where a cycle goes: {cycle.total_ms:.2f} ms for {tau:.2f} tokens", cycle.how)
    table = _grid("left", "left", "right", "right")
    for part, ms in cycle.ms.items():
        table.add_row(part, _bar(cycle.share(part)), f"{100 * cycle.share(part):.1f} %", f"{ms:.3f} ms")
    yield _indented(table)
    yield _item("recording", wording.recording(cycle))


def _bar(share: float) -> Text:
    return Text("█" * max(round(BAR * share), 0), "blue")


def _acceptance(positions: tuple[Position, ...]) -> Iterator[RenderableType]:
    if not positions:
        return
    yield _title("Acceptance by position, given all before", "measured; 95 % intervals")
    table = _grid("right", "left", "right", "left", "left")
    for row in positions:
        bar = _bar(row.rate) if row.examined else Text("")
        table.add_row(
            str(row.position), bar, share_words(row.rate), wording.interval(row), f"{row.accepted} of {row.examined}" if row.examined else ""
        )
    yield _indented(table)


def _costs(costs: PassCosts) -> Iterator[RenderableType]:
    yield _title(f"Passes behind {costs.context} tokens", f"measured; medians of {costs.rounds} interleaved rounds")
    yield _item("c", f"{wording.between(costs.c, 3)}; a target pass over one token takes {wording.between(costs.target_ms)} ms")
    shown = [point for point in costs.v if point.m in SHOWN]
    table = _grid(*["right"] * (len(shown) + 1))
    table.padding = (0, 1, 0, 0)
    table.add_row(Text("m", "dim"), *(Text(str(point.m), "dim") for point in shown))
    table.add_row("v(m)", *(f"{point.value:.2f}" for point in shown))
    yield _indented(table)


def _best(choice: Choice) -> Iterator[RenderableType]:
    yield _title("Best settings at these costs and this acceptance", "modelled")
    yield _item("chain", wording.chain(choice))
    yield _item("tree ", wording.tree(choice))
    yield _item("ranks", wording.ranks(choice))


def _limits(limits: Limits) -> Iterator[RenderableType]:
    yield _title("Where it stops paying", "costs measured, speed-up modelled")
    table = _grid(*["right"] * 5)
    table.add_row(*(Text(name, "dim") for name in ("context", "target pass", "c", "v(draft)", "speed-up")))
    for point in limits.contexts:
        here = "bold" if point.context == limits.typical else ""
        cells = (str(point.context), f"{point.target_ms:.2f} ms", f"{point.c:.3f}", f"{point.v:.2f}", f"{point.speedup:.2f}x")
        table.add_row(*cells, style=here)
    yield _indented(table)
    yield _item("context", wording.context(limits))
    yield _item("batch  ", wording.batch(limits))


def _texts(found: Diagnosis) -> Iterator[RenderableType]:
    yield _title("Do they speak one language, and is the text right?", "measured")
    for mark, sentence in wording.language(found):
        yield _item(f"{mark:4}", sentence)
