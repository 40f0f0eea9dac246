"""What ``specviz bench`` prints of its reports."""

from __future__ import annotations

from typing import Any

from rich.box import SIMPLE
from rich.table import Table


def rules_table(report: dict[str, Any], temperature: float) -> Table:
    """Acceptance at a place in percent: a line for each way to draw and rule, a column for each number of drafts."""
    rows = [row for row in report["rows"] if row["temperature"] == temperature]
    ks = sorted({row["k"] for row in rows})
    table = Table("drawn", "rule", *(f"k={k}" for k in ks), title=f"accepted at a place, %, temperature {temperature:g}", box=SIMPLE)
    lines: dict[tuple[str, str], dict[int, float]] = {}
    for row in rows:
        lines.setdefault((row["sampling"], "the bound"), {})[row["k"]] = row["bound"]
        lines.setdefault((row["sampling"], row["rule"]), {})[row["k"]] = row["acceptance"]
    for (sampling, rule), found in lines.items():
        table.add_row(sampling, rule, *(f"{100 * found[k]:.1f}" if k in found else "" for k in ks))
    return table


def batch_table(report: dict[str, Any]) -> Table:
    """Tokens a second of all rows together, and how many times plain decoding's: a line for each method, a column for each size of batch."""
    sizes = list(dict.fromkeys(row["batch"] for row in report["rows"]))
    table = Table("method", *(f"B={size}" for size in sizes), "stops paying at", title="tokens a second (times plain decoding)", box=SIMPLE)
    for method in dict.fromkeys(row["method"] for row in report["rows"]):
        cells = [f"{row['tokens_per_second']:.0f} ({row['speedup']['median']:.2f}x)" for row in report["rows"] if row["method"] == method]
        at = report["crossing"].get(method)
        table.add_row(method, *cells, f"B = {at:g}" if at else "")
    return table


def methods_table(kind: str, figures: dict[str, Any]) -> Table:
    """Of one kind of text: a line for each method."""
    table = Table("method", "tokens per cycle", "times plain decoding", "of the best fixed one", title=kind, box=SIMPLE)
    for name, row in figures["methods"].items():
        speed, against = row["speedup"], figures["choosing"].get(name)
        share = f"{against['of_best']['median']:.2f} of {against['best']}" if against else ""
        table.add_row(name, f"{row['tau']:.2f}", f"{speed['median']:.2f}x ({speed['min']:.2f} to {speed['max']:.2f})", share)
    return table


def family_table(name: str, figures: dict[str, Any]) -> Table:
    """Of one draft: a line for each kind of text."""
    table = Table(
        "kind of text", "alpha, T=1", "same token", "tau, gamma 4", "times plain decoding", title=f"{name}, c = {figures['costs']['c']}", box=SIMPLE
    )
    for kind, row in figures["families"].items():
        best = row["speed"]["best"]
        table.add_row(
            kind,
            f"{row['alpha']:.2f}",
            f"{row['match']:.2f}",
            f"{row['runs']['T=0 gamma=4']['tau']:.2f}",
            f"{best['median']:.2f}x at gamma {row['speed']['best_gamma']} ({best['min']:.2f} to {best['max']:.2f})",
        )
    return table


def peers_table(dtype: str, figures: dict[str, Any]) -> Table:
    """Of one data type: every ratio with its spread."""
    table = Table(
        "ratio of tokens/s", "median", "smallest to largest", title=f"{dtype}: {figures['best']['chain']}, {figures['best']['assisted']}", box=SIMPLE
    )
    for name, value in figures["ratios"].items():
        table.add_row(name, f"{value['median']:.2f}x", f"{value['min']:.2f} to {value['max']:.2f}")
    return table


def passes_table(report: dict[str, Any]) -> Table:
    """A line for each data type and context: step, cycle, and their attention alone."""
    table = Table("data type", "text before", "step, ms", "its attention", "cycle, ms", "its attention", box=SIMPLE)
    for dtype, figures in report["passes"].items():
        for row in figures["contexts"]:
            names = ("step_ms", "attention_of_step_ms", "cycle_ms", "attention_of_cycle_ms")
            table.add_row(dtype, str(row["context"]), *(f"{row[name]:.2f}" for name in names))
        table.add_row(dtype, "floor", f"{figures['floor_ms']:.2f}", f"{figures['of_floor']:.2f} times it", "", f"{figures['bandwidth_gb_s']} GB/s")
    return table
