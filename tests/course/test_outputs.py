"""What a cell puts out survives the way between two processes, and nothing else is taken for it."""

from __future__ import annotations

import math

import pytest

from specviz.course import outputs
from specviz.course.outputs import Done, from_line, to_line
from specviz.theory.roofline import SHAPES, Machine


def test_every_kind_of_output_comes_back_as_it_was():
    done = Done(
        (
            outputs.Printed("a\nb é \u2028"),
            outputs.Html("<b>x</b>"),
            outputs.Figure('{"data": []}'),
            outputs.Explorable("caches", {"cycle": 3, "stage": "verify", "p": 0.5}, {"trace": b"\x00\xffbytes"}),
            outputs.Explorable("roofline", {"machine": Machine("mine", 46e9, 5e11, "measured"), "model": next(iter(SHAPES.values())), "m": 5}),
            outputs.Played(b"ARROW1\x00"),
            outputs.Revealed("price", math.inf),
            outputs.Failed("ValueError", "no", 2),
        ),
        1.25,
    )
    line = to_line(done)
    assert line.count(b"\n") == 1
    assert from_line(line) == done


def test_what_no_line_can_carry_is_refused_with_its_kind():
    with pytest.raises(TypeError, match="got a set"):
        to_line(Done((outputs.Explorable("caches", {"x": {1}}),), 0.0))


@pytest.mark.parametrize("line", [b"", b"half a li", b"[]\n", b'{"outputs": [{"kind": "Shell", "text": ""}], "seconds": 1}\n', b'{"seconds": 1}\n'])
def test_a_line_that_is_none_is_refused(line: bytes):
    with pytest.raises(ValueError, match="expected a line written by to_line"):
        from_line(line)
