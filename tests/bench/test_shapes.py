"""Benchmarks at published shapes: the shapes are those published, the random models behave, and every figure says what it is."""

from __future__ import annotations

import json

import pytest
import torch
from typer.testing import CliRunner

from specviz.bench import shapes as module, shapes_models
from specviz.bench.shapes import Plan, aims, bench_shapes, bushy
from specviz.bench.shapes_models import SHAPES, RandomModel, find_shape, random_pair
from specviz.bench.shapes_peers import twin
from specviz.bench.shapes_runs import Passes, Taken, oracle_registered
from specviz.cli import app
from specviz.drafters import DRAFTERS
from specviz.drafters.oracle import LABEL
from specviz.engine.run import generate
from specviz.methods import Method
from specviz.model import crossover, footprint
from specviz.model.crossover import Sizes, Tried
from specviz.model.fixed import FixedPasses
from specviz.model.hardware import Placement, place
from specviz.model.sampling import SamplingSettings

SMALL = {
    "vocab_size": 320,
    "hidden_size": 32,
    "intermediate_size": 48,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 1024,
}
PUBLISHED = {  # parameters, shared ones counted once, as the model cards and safetensors headers have them
    "llama-3.1-8b": 8_030_261_248,
    "llama-3.2-1b": 1_235_814_400,
    "llama-3.2-3b": 3_212_749_824,
    "qwen2.5-7b": 7_615_616_512,
    "qwen2.5-0.5b": 494_032_768,
    "qwen3-8b": 8_190_735_360,
    "qwen3-1.7b": 1_720_574_976,
    "qwen3-0.6b": 596_049_920,
    "smollm2-1.7b": 1_711_376_384,
    "smollm2-360m": 361_821_120,
    "smollm2-135m": 134_515_008,
    "tinyllama-1.1b": 1_100_048_384,
}
PLAN = Plan(gammas=(2, 4), trees=(3,), contexts=(16, 40), batches=(1, 3), new_tokens=24, rounds=1)


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each family's shape with few weights."""
    for name in ("llama-3.1-8b", "qwen2.5-7b", "qwen3-0.6b"):
        monkeypatch.setitem(SHAPES, f"small {name}", SHAPES[name] | SMALL | ({"head_dim": 12} if "qwen3" in name else {}))


def cpu(dtype: str = "float32") -> Placement:
    return place("cpu", dtype)


@pytest.fixture(scope="module")
def report():
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(SHAPES, "target", SHAPES["llama-3.1-8b"] | SMALL)
        patch.setitem(SHAPES, "draft", SHAPES["llama-3.2-1b"] | SMALL | {"num_hidden_layers": 1})
        return bench_shapes("target", "draft", PLAN, device="cpu", dtype="float32", peers=True)


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_published_shape_has_the_published_number_of_weights(name):
    assert find_shape(name).entries == PUBLISHED[name]


def test_nothing_else_is_called_a_published_shape():
    assert {name for name in SHAPES if not name.startswith("small ")} == {*PUBLISHED, "tiny", "tiny-draft"}


@pytest.mark.parametrize("name", ["small llama-3.1-8b", "small qwen2.5-7b", "small qwen3-0.6b"])
def test_the_same_weights_in_transformers_say_the_same(name):
    model = find_shape(name).load(cpu(), 64)
    tokens = [5, 9, 200, 31, 7]
    with torch.no_grad():
        expected = twin(model)(torch.tensor([tokens])).logits[0]
    assert torch.allclose(model.score(tokens), expected, atol=1e-4)


@pytest.mark.parametrize("dtype", ["float32", "bfloat16"])
@pytest.mark.parametrize("name", ["tiny", "tiny-draft", "small llama-3.1-8b", "small qwen3-0.6b"])
def test_a_random_model_says_its_last_token_again_with_no_near_tie(name, dtype):
    model = find_shape(name).load(cpu(dtype), 64)
    tokens = list(range(3, 40))
    logits = model.score(tokens)
    best = logits.topk(2).values
    assert logits.argmax(-1).tolist() == tokens
    assert float((best[:, 0] - best[:, 1]).min()) > 2.0


def test_weights_are_the_same_at_every_call_and_differ_from_each_other():
    tensors = find_shape("small qwen3-0.6b").load(cpu(), 8).tensors
    assert torch.equal(tensors("model.layers.0.mlp.up_proj.weight"), tensors("model.layers.0.mlp.up_proj.weight"))
    assert not torch.equal(tensors("model.layers.0.mlp.up_proj.weight"), tensors("model.layers.1.mlp.up_proj.weight"))
    assert tensors("model.layers.0.self_attn.q_proj.bias") is None


def test_a_run_of_random_models_is_recorded_like_any_other():
    pair = random_pair([find_shape("small llama-3.1-8b"), find_shape("small llama-3.1-8b")], cpu(), 64)
    run = generate(pair, [4, 5, 6], "chain", 9, detail="full")
    assert run.text == " 6" * 9
    assert run.trace.header.target["weights"] == "random"
    assert "random weights" in run.trace.header.target["id"]
    assert run.stats.acceptance == 1.0


def test_the_report_says_what_it_is(report):
    assert LABEL in report["labels"]
    assert any("random weights" in label for label in report["labels"])
    assert {"torch", "transformers"} == set(report["versions"])
    assert report["machine"]["processor"]
    assert json.loads(json.dumps(report))["target"] == "target"


def test_every_context_has_passes_cycles_and_recording(report):
    assert [part["context"] for part in report["contexts"]] == [16, 40]
    for part in report["contexts"]:
        assert part["v"][1] == part["v_draft"][1] == 1.0
        assert max(part["v"]) == 256
        assert set(part["v_tree"]) == {3}
        assert list(part["runs"]) == ["plain", "chain gamma=2", "chain gamma=4", "chain gamma=4, recorded", "tree nodes=3"]
        assert part["recorded_over_unrecorded"] > 0
        assert part["bandwidth_share"] > 0


def test_runs_keep_to_the_text_and_their_acceptance_is_a_measured_one(report):
    for part in report["contexts"]:
        runs = part["runs"]
        assert all(run["left_text_at"] is None for run in runs.values())
        assert (runs["plain"]["acceptance"], runs["plain"]["nodes"], runs["plain"]["tokens_per_cycle"]) == (None, 0, 1.0)
        assert 0.4 < runs["chain gamma=4"]["acceptance"] <= 1.0
        assert runs["chain gamma=4"]["nodes"] == 4
        assert runs["chain gamma=4, recorded"]["tokens_per_cycle"] == runs["chain gamma=4"]["tokens_per_cycle"]
        assert runs["tree nodes=3"]["nodes"] == 3


def test_where_cycles_are_recorded_as_graphs_they_are_measured_beside_the_loop(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(shapes_models, "fixed_passes", lambda transformer: FixedPasses(transformer, lambda run: run))
    plan = Plan(gammas=(2,), trees=(), contexts=(16,), batches=(), new_tokens=24, rounds=1)
    report = bench_shapes("small llama-3.1-8b", "small llama-3.1-8b", plan, device="cpu", dtype="float32")
    (part,) = report["contexts"]
    drafted = {name: run for name, run in part["runs"].items() if name.startswith("drafted")}
    assert list(drafted) == ["drafted gamma=2", "drafted gamma=2, recorded", "drafted gamma=2, by the loop"]
    assert "plain, by the loop" in part["runs"]
    for run in drafted.values():
        assert (run["acceptance"], run["tokens_per_cycle"]) == (1.0, 3.0)
    assert part["target_ms_without_graphs"] > 0
    measured = {aim["aim"]: aim["measured"] for aim in report["aims"]}
    assert measured["cycle of a chain over γc + v(γ+1), the worst γ"] == drafted["drafted gamma=2"]["over_prediction"]


def test_every_aim_of_the_issue_stands_beside_its_measurement(report):
    first = report["contexts"][0]
    measured = {aim["aim"]: aim["measured"] for aim in report["aims"]}
    assert measured["v(8)"] == first["v"][8]
    assert measured["v(64)"] == first["v"][64]
    assert measured["recorded full over unrecorded"] == first["recorded_over_unrecorded"]
    assert len(measured) == 7
    reached = {"contexts": [first | {"bandwidth_share": 0.8, "v": {8: 1.05, 64: 1.16}}], "plan": report["plan"]}
    assert [aim["met"] for aim in aims(reached)][:3] == [True, True, False]


def test_transformers_decodes_the_same_weights_to_the_same_text(report):
    figures = report["transformers"]
    assert all(figures["same_text"].values())
    assert "accepted" in figures["acceptance"]
    assert set(figures["times_faster"]) == {"plain / transformers plain", "chain / transformers assisted"}


@pytest.mark.parametrize("match", [0.0, 1.0])
def test_an_oracle_that_is_never_or_always_right_is_measured_too(match):
    plan = Plan(match=match, gammas=(2,), trees=(5,), contexts=(8,), new_tokens=24, rounds=1)
    runs = bench_shapes("small llama-3.1-8b", "small llama-3.1-8b", plan, device="cpu", dtype="float32")["contexts"][0]["runs"]
    assert {name: run["acceptance"] for name, run in runs.items() if name != "plain"} == dict.fromkeys(list(runs)[1:], match)


def test_without_a_draft_drafting_costs_nothing():
    plan = Plan(gammas=(2,), trees=(), contexts=(8,), new_tokens=24, rounds=1)
    part = bench_shapes("small qwen2.5-7b", None, plan, device="cpu", dtype="float32")["contexts"][0]
    assert (part["c"], part["v_draft"], part["v_tree"]) == (0.0, {}, {})
    assert part["runs"]["chain gamma=2"]["tokens_per_cycle"] > 1.0


def test_the_oracle_has_a_name_only_while_it_is_measured():
    pair = random_pair([find_shape("small llama-3.1-8b")], cpu(), 64)
    with oracle_registered(pair, [1, 2], (1.0,)):
        assert Method(drafter="oracle", gamma=2).drawn == "deterministic"  # without a draft model it copies
    assert "oracle" not in DRAFTERS
    with pytest.raises(ZeroDivisionError), oracle_registered(pair, [1, 2], (1.0,)):
        _ = 1 / 0
    assert "oracle" not in DRAFTERS


def test_what_cycles_should_cost_is_the_sum_of_their_passes():
    target, draft = Passes({1: 10.0, 5: 14.0, 9: 30.0}), Passes({1: 2.0, 3: 4.0})
    chain, tree = ([1, 1, 1, 1], 4), ([1, 2], 6)
    assert Taken(1.0, [chain], 5, 4, 0, None).predicted(target, draft) == 4 * 2.0 + 14.0
    assert Taken(1.0, [chain, tree], 5, 4, 0, None).predicted(target, draft) == 4 * 2.0 + 14.0 + 2.0 + 3.0 + 22.0
    assert target.v == {1: 1.0, 5: 1.4, 9: 3.0}


@pytest.mark.parametrize("nodes", [1, 4, 17, 256])
def test_a_bushy_tree_has_four_children_a_node(nodes):
    tree = bushy(nodes)
    assert len(tree) == nodes
    assert max(len(tree.children(node)) for node in range(-1, nodes)) == min(nodes, 4)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"match": 1.5}, r"match in \[0, 1\]"),
        ({"gammas": ()}, "at least one of gammas"),
        ({"contexts": ()}, "at least one of gammas and of contexts"),
        ({"gammas": (0,)}, "gammas from 1 to 255"),
        ({"trees": (300,)}, "trees from 1 to 256"),
        ({"new_tokens": 10}, "at least 18 new tokens"),
        ({"gammas": (16,), "new_tokens": 20}, "at least 34 new tokens"),
        ({"rounds": 0}, "at least one round"),
    ],
)
def test_plans_without_sense_are_refused(arguments, words):
    with pytest.raises(ValueError, match=words):
        Plan(**arguments)


def test_an_unknown_shape_a_long_context_and_a_small_memory_are_refused_before_anything_is_made(monkeypatch):
    monkeypatch.setattr(module, "random_pair", lambda *_: pytest.fail("something was made"))
    with pytest.raises(ValueError, match=r"expected the name of a shape .*got 'gpt-5'"):
        bench_shapes("gpt-5", None, PLAN)
    with pytest.raises(ValueError, match="expected contexts of at most 742 tokens"):
        bench_shapes("small llama-3.1-8b", None, Plan(contexts=(2000,), new_tokens=24), device="cpu")
    monkeypatch.setattr(footprint, "free_memory", lambda *_, **__: 1 << 30)
    with pytest.raises(ValueError, match=r"llama-3\.1-8b: 14\.96 GiB weights"):
        bench_shapes("llama-3.1-8b", "llama-3.2-1b", PLAN, device="cpu", dtype="bfloat16")


def test_the_command_prints_and_writes_the_report(tmp_path):
    out = tmp_path / "made" / "report.json"
    options = ["--contexts", "8", "--gammas", "2", "--trees", "3", "--new-tokens", "24", "--rounds", "1", "--device", "cpu", "--dtype", "float32"]
    done = CliRunner().invoke(app, ["bench", "shapes", "--target", "small qwen3-0.6b", "--draft", "none", *options, "--json", str(out)])
    assert done.exit_code == 0, done.output
    for words in (LABEL, "random weights", "behind 8 tokens", "chain gamma=2, recorded", "tree nodes=3"):
        assert words in done.stdout
    assert json.loads(out.read_text())["draft"] is None


@pytest.mark.parametrize(("is_wrong", "taken"), [(False, "split"), (True, "own: the split differed")])
def test_which_attention_was_taken_is_printed(monkeypatch: pytest.MonkeyPatch, is_wrong: bool, taken: str):
    sizes = Sizes(heads=32, kv_heads=8, width=128, tokens=4, span=9000, dtype=torch.bfloat16, device=torch.device("cpu"))
    monkeypatch.setattr(crossover, "_tried", {sizes: Tried(own=9e-5, split=4e-5, is_wrong=is_wrong)})
    options = ["--contexts", "8", "--gammas", "2", "--trees", "", "--new-tokens", "24", "--rounds", "1", "--device", "cpu", "--dtype", "float32"]
    done = CliRunner().invoke(app, ["bench", "shapes", "--target", "small qwen3-0.6b", "--draft", "none", *options])
    assert done.exit_code == 0, done.output
    (line,) = [line for line in done.stdout.splitlines() if "32/8 x 128" in line]
    assert line.split() == ["32/8", "x", "128", "4", "9000", "90.0", "µs", "40.0", "µs", *taken.split()]


def test_the_command_refuses_sizes_it_cannot_read():
    done = CliRunner().invoke(app, ["bench", "shapes", "--gammas", "2,x"])
    assert done.exit_code == 1
    assert "expected --gammas as whole numbers separated by commas, got '2,x'" in done.stderr


def test_a_loaded_shape_has_as_many_weights_as_it_counts():
    for name in ("small llama-3.1-8b", "small qwen2.5-7b", "small qwen3-0.6b"):
        shape = find_shape(name)
        model = shape.load(cpu(), 8)
        assert isinstance(model, RandomModel)
        assert sum(weight.numel() for weight in twin(model).parameters()) == shape.entries


def test_batches_are_measured_behind_the_first_context_and_rows_accept_at_places_of_their_own(report):
    rows = {(row["batch"], row["method"]): row for row in report["batch"]["rows"]}
    assert list(rows) == [
        (batch, name) for batch in (1, 3) for name in ("autoregressive", "chain:drafter=oracle:gamma=2", "chain:drafter=oracle:gamma=4")
    ]
    assert 1.0 < rows[3, "chain:drafter=oracle:gamma=2"]["tau"] < 3.0
    assert set(report["batch"]["crossing"]) == {"chain:drafter=oracle:gamma=2", "chain:drafter=oracle:gamma=4"}
    assert "oracle" not in DRAFTERS


def test_every_row_of_a_batch_has_an_oracle_with_its_own_coins():
    pair = random_pair([find_shape("small llama-3.1-8b")], cpu(), 64)
    with oracle_registered(pair, list(range(20)), (0.5,)) as oracles:
        for _ in range(3):
            DRAFTERS["oracle"](pair, SamplingSettings())
        assert len({tuple(oracle._ranks) for oracle in oracles}) == 3
