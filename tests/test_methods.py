"""A method's name may carry settings."""

import pytest

from specviz.drafters import DRAFTERS, Maker
from specviz.methods import METHODS, Method, choose_method, default_method, find_method, missing, possible
from specviz.model.pair import DRAFT_MODEL


@pytest.mark.parametrize("name", METHODS)
def test_a_plain_name_is_the_method_of_that_name(name: str):
    assert find_method(name) == (name, METHODS[name])


@pytest.mark.parametrize(
    ("text", "changes"),
    [
        ("sequoia:nodes=64:gamma=8", {"nodes": 64, "gamma": 8}),
        ("rsd-c:branching=4/2/1", {"branching": (4, 2, 1)}),
        ("sequoia:acceptance=0.7/0.2/0.05", {"acceptance": (0.7, 0.2, 0.05)}),
        ("chain:verifier=naive", {"verifier": "naive"}),
        ("chain:controller=entropy:confidence=0.4", {"controller": "entropy", "confidence": 0.4}),
        ("sequoia:nodes=", {"nodes": None}),
    ],
)
def test_settings_in_a_name_change_that_method_alone(text: str, changes: dict[str, object]):
    name, method = find_method(text)
    known = METHODS[text.split(":", maxsplit=1)[0]]
    assert name == text
    assert {field: getattr(method, field) for field in changes} == changes
    same = set(Method.__dataclass_fields__) - set(changes)
    assert {field: getattr(method, field) for field in same} == {field: getattr(known, field) for field in same}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("seqoia:nodes=4", "expected a method .*sequoia.* got 'seqoia'"),
        ("sequoia:leaves=4", "expected a setting like nodes=64 .* got 'leaves=4'"),
        ("sequoia:nodes", "expected a setting like nodes=64 .* got 'nodes'"),
        ("sequoia:nodes=many", "expected a number for nodes, got 'many'"),
        ("rsd-c:branching=4x2", "expected numbers with / between them for branching, got '4x2'"),
        ("chain:nodes=4", "expected settings of the tree 'chain' .* got nodes=4"),
        ("chain:verifier=traversel", "expected the verifier to be one of .* got 'traversel'"),
    ],
)
def test_a_name_that_cannot_be_read_says_why(text: str, said: str):
    with pytest.raises(ValueError, match=said):
        find_method(text)


WITH, ALONE = frozenset({DRAFT_MODEL}), frozenset[str]()


def test_the_default_is_what_the_pair_can_do():
    assert (choose_method(None, WITH)[0], choose_method(None, ALONE)[0]) == ("chain", "prompt-lookup")
    assert (default_method(WITH), default_method(ALONE)) == ("chain", "prompt-lookup")


def test_a_target_alone_can_do_what_copies_and_nothing_that_drafts_with_a_model():
    assert possible(WITH) == list(METHODS)
    assert possible(ALONE) == ["autoregressive", "prompt-lookup", "auto"]
    assert {name for name, method in METHODS.items() if missing(method, ALONE)} == set(METHODS) - set(possible(ALONE))


@pytest.mark.parametrize("method", ["chain", "sequoia:nodes=4", Method(gamma=2), Method(tree="eagle-2", verifier="recursive")])
def test_what_a_pair_lacks_is_named_with_where_to_give_it_and_what_would_do(method: str | Method):
    words = r"expected a draft model for the method .*, got a target alone; give one with load_pair\(draft=…\), or choose one of .*prompt-lookup"
    with pytest.raises(ValueError, match=words):
        choose_method(method, ALONE)
    with pytest.raises(ValueError, match="give one with a cable, or choose"):
        choose_method(method, ALONE, {DRAFT_MODEL: "a cable"})
    assert choose_method(method, WITH) == find_method(method)


def test_a_drafter_of_ones_own_says_what_it_needs(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(DRAFTERS, "heads", Maker(lambda *_: pytest.fail("made"), True, frozenset({"set of heads"})))
    monkeypatch.setitem(DRAFTERS, "says nothing", lambda *_: pytest.fail("made"))
    with pytest.raises(ValueError, match=r"expected a set of heads for the method .*, got a pair without; choose one of autoregressive, chain"):
        choose_method(Method(drafter="heads"), WITH)
    assert choose_method(Method(drafter="heads"), {"set of heads"})[1].drafter == "heads"
    assert choose_method(Method(drafter="says nothing"), ALONE)[1].drafter == "says nothing"


@pytest.mark.parametrize(("name", "gamma"), [("auto", 12), ("auto:gamma=6", 6), ("auto:nodes=5", 5)])
def test_without_a_draft_auto_chooses_between_copies_and_plain_decoding(name: str, gamma: int):
    found, method = choose_method(name, ALONE)
    assert found == name
    assert (method.drafter, method.tree, method.controller, method.gamma) == ("prompt-lookup", "chain", "expected-gain", gamma)
    assert choose_method(name, WITH)[1].tree == "planned"


@pytest.mark.parametrize("method", [None, 3, ["chain"]])
def test_what_is_no_method_is_refused(method: object):
    with pytest.raises(TypeError, match=r"expected a method .*autoregressive.* or a specviz.Method, got"):
        find_method(method)  # type: ignore[arg-type]
