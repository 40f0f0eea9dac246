"""The family's measurement: every figure follows from real runs, and the card says what the report says."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from statistics import mean
from typing import Any

import pytest
import torch

from specviz.bench import zoo as bench
from specviz.bench.costs import measure_costs
from specviz.bench.word_classes import CLASSES, token_classes
from specviz.model.pair import SHIPPED, Pair, shipped_drafts
from specviz.zoo.card import card
from specviz.zoo.corpus.families import FAMILIES

SIZES = bench.Sizes(answers=3, prompts=2, timed=1, repeats=1)


@pytest.fixture(scope="module")
def report(pair: Pair) -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bench, "_LONGEST", {})
        patch.setattr(bench, "_LONGEST_OTHER", 12)
        patch.setattr(bench, "SPEED_GAMMAS", (2, 4))
        return bench.bench_zoo(lambda _: pair, ["draft-m"], ["story", "maths", "code"], SIZES)


def test_every_kind_of_text_is_measured_and_the_report_is_json(report: dict[str, Any]):
    assert json.loads(json.dumps(report))["drafts"]["draft-m"]["parameters"] == report["drafts"]["draft-m"]["parameters"]
    assert list(report["target"]["families"]) == list(report["drafts"]["draft-m"]["families"]) == ["story", "maths", "code"]
    for figures in report["drafts"]["draft-m"]["families"].values():
        assert 0 < figures["alpha"] <= 1
        assert 0 <= figures["match"] <= 1
        assert {run: 1 <= values["tau"] <= int(run.split("=")[-1]) + 1 for run, values in figures["runs"].items()} == dict.fromkeys(
            figures["runs"], True
        )
        assert len(figures["runs"]) == 6
        assert figures["speed"]["best"]["median"] == max(ratio["median"] for ratio in figures["speed"]["speedup"].values()) > 0
    assert "right" in report["target"]["families"]["maths"]
    assert "right" not in report["target"]["families"]["story"]


def test_the_loss_is_that_of_the_answer_given_the_prompt(pair: Pair):
    from transformers import AutoModelForCausalLM

    from specviz.zoo.tokenizer import render

    example = FAMILIES["maths"].example("test", 1)
    given, answer = (pair.text.encode(text) for text in render(example.turns))
    model = AutoModelForCausalLM.from_pretrained(pair.target_path, dtype=torch.float32)
    with torch.no_grad():
        logits = model(torch.tensor([given + answer])).logits[0, len(given) - 1 : -1]
    expected = torch.nn.functional.cross_entropy(logits, torch.tensor(answer)).item()
    assert bench._loss(pair, example) == pytest.approx(expected, abs=1e-4)


def test_agreement_is_that_of_the_two_laws_on_what_the_target_wrote(pair: Pair):
    written = bench.write(pair, bench.prompts_of(pair, "maths", 1), "maths")
    alpha, match, classes = bench._agreement(pair, written)
    from transformers import AutoModelForCausalLM

    laws = []
    for folder in (pair.target_path, pair.draft_path):
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)
        ids = written[0].prompt + written[0].drawn
        with torch.no_grad():
            laws.append(model(torch.tensor([ids])).logits[0, len(written[0].prompt) - 1 : -1].double().softmax(-1))
    assert alpha == pytest.approx(torch.minimum(*laws).sum(-1).mean().item(), abs=1e-3)
    assert sum(figures["tokens"] for figures in classes.values()) == len(written[0].greedy)
    assert match == pytest.approx(1 - sum(f["refused"] * f["tokens"] for f in classes.values()) / len(written[0].greedy), abs=1e-3)


def test_a_word_is_remembered_when_it_was_there_before(pair: Pair):
    text = " kite and Lila found the kite: 42 Lila sang."
    answer = pair.text.encode(text)
    classes = token_classes(pair, pair.text.encode("A story about Lila."), answer)
    assert len(classes) == len(answer)
    assert set(classes) <= set(CLASSES)
    by_word: dict[str, set[str]] = {}
    at = 0
    for token, name in zip(answer, classes, strict=True):
        piece = pair.text.piece(token)
        start = at + len(piece) - len(piece.lstrip())
        for word in () if piece.isspace() else ("kite and", "kite:", "Lila", "found", "the", "42", "sang"):
            where = text.find(word)
            if where <= start < where + len(word.split()[0].rstrip(":")):
                by_word.setdefault(word, set()).add(name)
        at += len(piece)
    assert by_word == {
        "kite and": {"introduced"},
        "kite:": {"remembered"},
        "Lila": {"remembered"},
        "found": {"other word"},
        "the": {"function word"},
        "42": {"number"},
        "sang": {"other word"},
    }


def test_costs_are_relative_to_one_token(pair: Pair):
    costs = measure_costs(pair, context=50)
    assert costs["v"][1] == 1.0
    assert list(costs["v"].values()) == sorted(costs["v"].values())
    assert 0 < costs["c"] < 2
    with pytest.raises(ValueError, match="within the pair's"):
        measure_costs(pair, context=1020)


def test_the_card_says_what_was_measured(report: dict[str, Any]):
    stages = {"draft-m-own": {"plan": {"minutes": 12.0}, "tokens": 3_000_000, "curve": [{"held_out": 2.0, "alpha": 0.8}]}}
    text = card(report, {"draft-m": {"parameters": 950_000, "stages": stages}}, {"How well": "pictures/alpha.png"})
    figures = report["drafts"]["draft-m"]["families"]["maths"]
    assert f"| maths | {figures['alpha']:.2f} | {figures['match']:.2f} |" in text
    assert "| draft-m | 0.95 M | draft-m-own | 12 | 3.00 M | 2.00 | 0.80 |" in text
    assert "![How well](pictures/alpha.png)" in text
    assert report["date"] in text
    for line in text.splitlines():
        if line.startswith("|"):
            assert line.endswith("|")
    assert Path("pictures/alpha.png").name in text


def test_the_card_holds_every_aim_against_its_figure_and_repeats_the_remarks(report: dict[str, Any]):
    changed = copy.deepcopy(report)
    changed["target"]["families"]["maths"]["right"] = 0.79
    for family, median in zip(changed["drafts"]["draft-m"]["families"].values(), (1.3, 2.4, 2.6), strict=True):
        family["speed"]["best"]["median"], family["alpha"] = median, 0.75
    stages = {"target": {"plan": {"minutes": 12.0}, "tokens": 3_000_000, "curve": [{"held_out": 2.0}]}}
    text = card(changed, {"target": {"parameters": 950_000, "stages": stages, "remarks": ["shares changed at step 7"]}}, {})
    assert "| maths: answers right, greedy | 80% | 79% | **fell short** |" in text
    assert "| draft-m: α at T=1, mean | 0.75 | 0.75 | met |" in text
    assert "| draft-m: times plain decoding at the best γ, mean | 2.00x | 2.10x | met |" in text
    assert "| draft-m: times plain decoding at the best γ, least | 1.40x | 1.30x | **fell short** |" in text
    assert "- target: shares changed at step 7\n" in text


def test_the_card_holds_a_distilled_draft_beside_its_twin(report: dict[str, Any]):
    twin = copy.deepcopy(report["drafts"]["draft-m"])
    for family in twin["families"].values():
        family["alpha"], family["speed"]["best"]["median"] = 0.25, 1.5
    compared = report | {"drafts": {"draft-m-undistilled": twin, "draft-m": report["drafts"]["draft-m"]}}
    stages = {"one": {"plan": {"minutes": 12.0}, "tokens": 2_000_000, "curve": [{"held_out": 2.0}]}}
    facts = {"parameters": 950_000, "stages": stages | {"two": stages["one"]}}
    text = card(report, {"draft-m": facts, "draft-m-undistilled": facts | {"stages": stages}}, {}, compared)
    part = text.split("## What distillation buys")[1]
    assert "text alone (2.0 M tokens)" in part
    assert "writing (4.0 M tokens)" in part
    maths = report["drafts"]["draft-m"]["families"]["maths"]
    assert f"| maths | 0.25 | {maths['alpha']:.2f} |" in part
    assert f"| 1.50x | {maths['speed']['best']['median']:.2f}x |" in part
    assert "| **mean** | 0.25 |" in part


def test_the_shipped_family_shows_what_it_was_made_to_show():
    report = json.loads((SHIPPED / "tiny" / "bench.json").read_text(encoding="utf-8"))
    assert list(report["drafts"]) == shipped_drafts("tiny")
    followed = [mean(row["alpha"] for row in figures["families"].values()) for figures in report["drafts"].values()]
    assert followed == sorted(followed), "a larger draft follows the target better"
    smallest = next(iter(report["drafts"].values()))["families"]["story"]["refused_by_class"]
    needs_memory = max(smallest[name]["refused"] for name in ("remembered", "introduced"))
    assert needs_memory > max(smallest[name]["refused"] for name in ("function word", "mark")), "what needs memory is refused most"
