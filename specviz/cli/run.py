"""``specviz run``: one prompt, one method, coloured as it comes; then what it was worth against plain decoding."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.text import Text

from specviz.cli.terminal import console, facts, harmless, one_line, share_words, size_words

if TYPE_CHECKING:
    from specviz.engine.run import Run, Stream
    from specviz.methods import Method
    from specviz.model.pair import Pair
    from specviz.trace import Stats, Trace
    from specviz.types import Step

WARM_UP_TOKENS = 8
BASELINE = "autoregressive"

PairName = Annotated[str | None, typer.Option("--pair", help="A pair that ships with specviz; tiny unless --target is given.")]
TargetName = Annotated[str | None, typer.Option("--target", help="The target: a checkpoint folder or a hub id.")]
DraftName = Annotated[
    str | None, typer.Option("--draft", help="The draft: likewise, or none for methods that copy; with --pair, another of its drafts.")
]
MethodName = Annotated[
    str | None,
    typer.Option(
        "--method",
        help="How to decode: a name of specviz.METHODS, also with settings: sequoia:nodes=64. If not given, chain, or prompt-lookup without a draft.",
    ),
]
MaxNewTokens = Annotated[int, typer.Option(help="Most new tokens.")]
Temperature = Annotated[float, typer.Option(help="0 decodes greedily.")]
TopK = Annotated[int | None, typer.Option(help="Draw only from the k likeliest tokens.")]
TopP = Annotated[float | None, typer.Option(help="Draw only from the smallest set of likeliest tokens with this mass.")]
Seed = Annotated[int, typer.Option(help="The same seed gives the same run.")]
Gamma = Annotated[int | None, typer.Option(help="Most levels drafted in a cycle; the method's own number if not given.")]
Chat = Annotated[bool, typer.Option("--chat", help="The prompt is a user's message: put it into the target's chat template.")]
Stop = Annotated[list[str] | None, typer.Option(help="End after this string; may be given several times.")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", help="What else shapes the distribution, as repetition_penalty=1.1 or suppress_tokens=[1,2]; may be given several times."),
]
StopToken = Annotated[list[int] | None, typer.Option(help="End after this token id; may be given several times.")]
IgnoreEos = Annotated[bool, typer.Option("--ignore-eos", help="Go on behind the model's own end tokens.")]
Device = Annotated[str, typer.Option(help="auto, cpu, cuda or mps.")]
Dtype = Annotated[str, typer.Option(help="auto, float32, bfloat16 or float16.")]
Detail = Annotated[str, typer.Option(help="What is recorded: light, full or exact.")]


def run(  # noqa: PLR0913  every setting of a run has an option of its own
    prompt: Annotated[str, typer.Argument(help="The text to go on from.")],
    *,
    chat: Chat = False,
    method: MethodName = None,
    pair: PairName = None,
    target: TargetName = None,
    draft: DraftName = None,
    max_new_tokens: MaxNewTokens = 128,
    temperature: Temperature = 0.0,
    top_k: TopK = None,
    top_p: TopP = None,
    seed: Seed = 0,
    gamma: Gamma = None,
    stop: Stop = None,
    settings: Set = None,
    stop_token: StopToken = None,
    ignore_eos: IgnoreEos = False,
    device: Device = "auto",
    dtype: Dtype = "auto",
    detail: Detail = "full",
    save: Annotated[Path | None, typer.Option(help="Write the record to this file as the run goes on.")] = None,
    no_baseline: Annotated[bool, typer.Option("--no-baseline", help="Do not measure plain decoding beside it.")] = False,
) -> None:
    """Decode one prompt, show who wrote which token, and measure what that was worth."""
    from specviz.arguments import text
    from specviz.engine.run import generate, stream
    from specviz.trace import summarise

    method, _ = chosen_method(method, target, draft)
    text("the prompt", prompt)
    options: dict[str, Any] = {"max_new_tokens": max_new_tokens, "temperature": temperature, "top_k": top_k, "top_p": top_p, "seed": seed}
    options |= {"gamma": gamma, "stop": [*(stop or ()), *(stop_token or ())] or None, "ignore_eos": ignore_eos, "detail": detail}
    options |= distribution_of(settings)
    out, loaded = console(), open_pair(pair, target, draft, device, dtype)
    prompt = loaded.text.chat(prompt) if chat else prompt
    running = stream(loaded, prompt, method, **options, save=save)  # checks every setting before any work
    has_baseline = not no_baseline and method != BASELINE
    for name in (method, BASELINE) if has_baseline else (method,):
        generate(loaded, prompt, name, **{**options, "detail": "light", "max_new_tokens": min(WARM_UP_TOKENS, max_new_tokens)})
    was_stopped = _show(running, loaded, prompt, out)
    trace = running.trace
    rows = summary(summarise(trace))
    if save is not None and save.exists():
        rows.append(("saved", f"{save} ({detail}, {len(trace)} cycles, {size_words(save.stat().st_size)})"))
    if was_stopped:
        out.print(facts([row for row in rows if row[0] != "ended"] + [("ended", f"stopped by Ctrl-C after {len(trace.tokens)} tokens")]))
        raise typer.Exit(130)
    if has_baseline:
        rows += against_plain(trace, generate(loaded, prompt, BASELINE, **options))
    out.print(facts(rows))


ASKED_OF = {"draft model": "--draft"}
"""Where the command line takes what a drafter needs."""


def offers(target: str | None, draft: str | None) -> frozenset[str]:
    """What the pair that the options name will have for drafters: a shipped one has everything."""
    from specviz.model.pair import DRAFT_MODEL

    return frozenset({DRAFT_MODEL} if target is None or draft is not None else ())


def chosen_method(method: str | None, target: str | None, draft: str | None) -> tuple[str, Method]:
    """The method that was asked for, or the best for what the options name; what is wrong with it is said before any weight is read."""
    from specviz.methods import choose_method

    return choose_method(method, offers(target, draft), ASKED_OF)


def distribution_of(settings: list[str] | None) -> dict[str, Any]:
    """What ``--set`` was given, checked before any model is loaded; values are JSON."""
    from specviz.errors import UnexpectedValueError, foreign
    from specviz.model.distribution.options import Distribution

    found: dict[str, Any] = {}
    for setting in settings or ():
        name, equals, value = setting.partition("=")
        if not equals:
            raise UnexpectedValueError("--set NAME=VALUE", setting, "as --set repetition_penalty=1.1")
        with foreign(f"a number or a list in --set {name}=…", "as --set repetition_penalty=1.1 or --set 'suppress_tokens=[1, 2]'"):
            found[name.replace("-", "_")] = json.loads(value)
    return Distribution.of(found).said()


def open_pair(pair: str | None, target: str | None, draft: str | None, device: str, dtype: str, draft_dtype: str | None = None) -> Pair:
    """Load the pair that the options name; says so on a terminal, since it takes a moment."""
    with console(stderr=True).status("loading the models …"):
        from specviz.model.pair import load_pair

        name = "tiny" if pair is None and target is None else pair
        return load_pair(name, target=target, draft=draft, device=device, dtype=dtype, draft_dtype=draft_dtype)


def summary(stats: Stats) -> list[tuple[str, str]]:
    """What a run achieved and cost, each figure with its convention."""
    examined = stats.accepted + stats.rejected
    seconds = stats.draft_s + stats.verify_s + stats.other_s
    shares = [share_words(part / seconds if seconds else float("nan")) for part in (stats.draft_s, stats.verify_s, stats.other_s)]
    return [
        ("tokens per cycle", f"{stats.tokens_per_cycle:.2f} ({stats.tokens} tokens in {stats.cycles} cycles; the corrected or bonus token counts)"),
        ("acceptance", f"{share_words(stats.acceptance)} ({stats.accepted} of {examined} examined drafts)"),
        ("speed", f"{stats.tokens_per_second:.1f} tokens/s (decoding alone; the prompt took {stats.prefill_s:.3f} s)"),
        ("time", f"drafting {shares[0]}, target's passes {shares[1]}, all else {shares[2]}"),
        ("ended", stats.stop or "cut off"),
    ]


def against_plain(trace: Trace, plain: Run) -> list[tuple[str, str]]:
    """The run beside plain decoding of the same prompt."""
    from specviz.trace import summarise

    rate, plain_rate = summarise(trace).tokens_per_second, plain.stats.tokens_per_second
    rows = [("speed-up", f"{rate / plain_rate:.2f}x over plain decoding at {plain_rate:.1f} tokens/s (measured here, one run each after a warm-up)")]
    if trace.header.settings["temperature"] == 0:
        rows.append(("same tokens", "yes, those of plain decoding" if trace.tokens == plain.tokens else "no: rounding decided differently somewhere"))
    return rows


def _show(running: Stream, pair: Pair, prompt: str, out: Console) -> bool:
    """Print the tokens as they come; say whether Ctrl-C ended it."""
    from specviz.model.text_stream import TextStream

    is_plain = not out.is_terminal
    if not is_plain:
        out.print(Text(one_line(pair.describe()), "dim"), _legend(), Text(harmless(prompt), "dim"), sep="\n", end="", soft_wrap=True)
    whole = TextStream(pair.text)  # a character may take several tokens: it is printed when it is whole
    was_stopped = False
    try:
        with running:  # closed here and now: that is what finishes the file of an interrupted run
            for step in running:
                out.print(_coloured(step, whole, is_plain=is_plain), end="", soft_wrap=True)
                out.file.flush()
    except KeyboardInterrupt:
        was_stopped = True
    out.print(harmless(whole.flush()), end="\n\n", soft_wrap=True)
    return was_stopped


def _coloured(step: Step, whole: Any, *, is_plain: bool) -> Text:  # noqa: ANN401
    """What one cycle added: accepted drafts plain, the last token behind its mark."""
    from specviz.figures.theme import look

    states = ["accepted"] * len(step.verdict.path) + [step.verdict.kind]
    text = Text()
    for token, state in zip(step.committed, states, strict=False):  # the end of the text may cut a cycle short
        shown = harmless(whole.push(token))
        # where nothing is drafted, every token is the target's own and a mark on each would say nothing
        is_marked = state != "accepted" and len(step.tree) > 0
        text.append(look(state).glyph if is_marked and not is_plain else "")
        text.append(shown, "" if is_plain or len(step.tree) == 0 else f"bold {look(state).colour}" if is_marked else look(state).colour)
    return text


def _legend() -> Text:
    from specviz.figures.theme import look

    entries = [(state, "" if state == "accepted" else look(state).glyph) for state in ("accepted", "corrected", "bonus")]
    parts = [(f"{mark}{look(state).word} ({look(state).meaning})", look(state).colour) for state, mark in entries]
    return Text("   ").join(Text(words, colour) for words, colour in parts)
