"""``specviz bench shapes``: what decoding costs at the shapes of published models, without their weights."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.box import SIMPLE
from rich.table import Table

from specviz.cli.bench_tables import batch_table
from specviz.cli.run import Device, Dtype
from specviz.cli.terminal import console, json_place, write_json
from specviz.errors import UnexpectedValueError

SHOWN = (1, 2, 4, 8, 16, 32, 64, 128, 256)
"""Numbers of tokens whose v(m) is printed; the report has more."""


def shapes(  # noqa: PLR0913  every setting has an option of its own
    *,
    target: Annotated[str, typer.Option(help="Shape of the target: llama-3.1-8b, qwen3-8b, tinyllama-1.1b, tiny …")] = "llama-3.1-8b",
    draft: Annotated[str, typer.Option(help="Shape of the draft: llama-3.2-1b, qwen3-0.6b, tiny-draft …; none drafts at no cost.")] = "llama-3.2-1b",
    match: Annotated[float, typer.Option(help="How often the oracle's draft is right.")] = 0.8,
    gammas: Annotated[str, typer.Option(help="Lengths of chains, separated by commas.")] = "2,4,8",
    trees: Annotated[str, typer.Option(help="Numbers of tree nodes, separated by commas; empty for no trees.")] = "1,4,16,64,256",
    contexts: Annotated[str, typer.Option(help="Tokens of text to measure behind, separated by commas.")] = "128,1024,8192,32768",
    batches: Annotated[str, typer.Option(help="Numbers of requests, separated by commas; empty for none.")] = "1,4,16,64",
    new_tokens: Annotated[int, typer.Option(help="New tokens of every run.")] = 96,
    rounds: Annotated[int, typer.Option(help="Timed rounds.")] = 5,
    peers: Annotated[bool, typer.Option("--peers", help="Also decode with the same weights in transformers, plain and assisted.")] = False,
    device: Device = "auto",
    dtype: Dtype = "auto",
    json_out: Annotated[Path | None, typer.Option("--json", callback=json_place, help="Write the report to this file.")] = None,
) -> None:
    """Random weights at real shapes, an oracle for a draft: passes, whole cycles, recording. For a laptop: --target tiny --draft tiny-draft."""
    from specviz.bench.shapes import Plan, bench_shapes

    sizes = {name: _numbers(name, text) for name, text in (("gammas", gammas), ("trees", trees), ("contexts", contexts), ("batches", batches))}
    plan = Plan(match=match, new_tokens=new_tokens, rounds=rounds, **sizes)
    with console(stderr=True).status(f"measuring {target} with {draft} behind {contexts} tokens: this takes a while …"):
        report = bench_shapes(target, None if draft == "none" else draft, plan, device=device, dtype=dtype, peers=peers)
    if json_out is not None:
        write_json(json_out, report)
    show(report)


def show(report: dict[str, Any]) -> None:
    """Print a report."""
    out = console()
    machine = report["machine"]
    where = machine.get("gpu") if report["device"].startswith("cuda") else machine["processor"]
    out.print(f"{report['target']} with {report['draft'] or 'no draft'}, {report['dtype']}, on {where}, {report['date']}")
    out.print(f"memory moves at {report['bandwidth_gb_per_s']} GB/s (measured). " + "; ".join(report["labels"]) + ".")
    out.print("\nv(m): a pass of the target over m tokens, in passes over one; c: a pass of the draft over one", _costs(report, "v"))
    if report["plan"]["trees"]:
        out.print("scoring a tree of N nodes, its mask and its laws included, over scoring none", _costs(report, "v_tree"))
    for part in report["contexts"]:
        out.print(f"behind {part['context']} tokens; the oracle was asked to be right at {report['plan']['match']:g} of the places", _runs(part))
    if "batch" in report:
        out.print(batch_table(report["batch"]))
    if "transformers" in report:
        figures = report["transformers"]
        out.print(f"beside transformers, gamma {figures['gamma']}: {figures['acceptance']}", _peers(figures))
    if report["attention"]:
        out.print("attention within a recorded pass: PyTorch's own, and with the slots split", _attention(report["attention"]))
    if report["device"].startswith("cuda"):
        out.print("aims for an 8 B shape on a graphics card, behind the first context", _aims(report["aims"]))


def _attention(choices: list[dict[str, Any]]) -> Table:
    """Which was taken for which sizes."""
    table = Table("heads", "tokens", "slots", "own", "split", "taken", box=SIMPLE)
    for one in choices:
        taken = "own: the split differed" if one["is_wrong"] else "split" if one["is_split"] else "own"
        sizes = (f"{one['heads']}/{one['kv_heads']} x {one['width']}", str(one["tokens"]), str(one["span"]))
        table.add_row(*sizes, f"{one['own_us']:.1f} µs", f"{one['split_us']:.1f} µs", taken)
    return table


def _aims(aims: list[dict[str, Any]]) -> Table:
    """Each aim beside what was measured."""
    table = Table("aim", "wanted", "measured", "", box=SIMPLE)
    for aim in aims:
        table.add_row(aim["aim"], aim["wanted"], f"{aim['measured']:.3f}", "met" if aim["met"] else "not met")
    return table


def _costs(report: dict[str, Any], name: str) -> Table:
    counts = [m for m in report["contexts"][0][name] if name != "v" or m in SHOWN]
    more = ["one pass", "c"] if name == "v" else []
    table = Table("context", *more, *(f"{'m' if name == 'v' else 'N'}={m}" for m in counts), box=SIMPLE)
    for part in report["contexts"]:
        facts = [f"{part['target_ms']:.2f} ms", f"{part['c']:.3f}"] if more else []
        table.add_row(str(part["context"]), *facts, *(f"{part[name][m]:.2f}" for m in counts))
    return table


def _runs(part: dict[str, Any]) -> Table:
    """Every way to decode behind one context."""
    columns = ("way", "cycle", "in target passes", "its passes alone", "over", "accepted", "tokens per cycle", "tokens/s", "times plain")
    table = Table(*columns, box=SIMPLE)
    for name, run in part["runs"].items():
        accepted = "" if run["acceptance"] is None else f"{run['acceptance']:.2f}"
        left = "" if run["left_text_at"] is None else f", left its text at {run['left_text_at']}"
        table.add_row(
            name,
            f"{run['cycle_ms']['median']:.2f} ms",
            f"{run['in_target_passes']:.2f}",
            f"{run['predicted']:.2f}",
            f"{100 * (run['over_prediction'] - 1):+.0f} %",
            accepted + left,
            f"{run['tokens_per_cycle']:.2f}",
            f"{run['tokens_per_second']:.1f}",
            f"{run['times_plain']:.2f}x",
        )
    return table


def _peers(figures: dict[str, Any]) -> Table:
    table = Table("ratio of tokens/s", "median", "smallest to largest", box=SIMPLE)
    for name, value in figures["times_faster"].items():
        table.add_row(name, f"{value['median']:.2f}x", f"{value['min']:.2f} to {value['max']:.2f}")
    return table


def _numbers(name: str, text: str) -> tuple[int, ...]:
    try:
        return tuple(int(part) for part in text.split(",")) if text else ()
    except ValueError:
        raise UnexpectedValueError(f"--{name} as whole numbers separated by commas", repr(text)) from None
