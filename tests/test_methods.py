"""A method's name may carry settings."""

import pytest

from specviz.methods import METHODS, Method, find_method


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
