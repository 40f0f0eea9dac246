"""A run in other formats: the same content, and a page that asks nobody for anything."""

from __future__ import annotations

import json
import re

import pyarrow.parquet as pq
import pytest

from specviz.figures.page import to_html
from specviz.trace.export import to_jsonl, to_parquet
from tests.figures.make_trace import alone, chain, copied, make_trace, tree

EVIL = "</script><script>window.evil = 1</script>"


def evil_trace():
    """Tokens, a prompt and settings that would like to be markup."""
    return make_trace(
        [tree([2, 2], seed=i) for i in range(4)] + [copied(1, 3), alone(1)],
        prompt=("def", EVIL, '"><img src=https://example.org/x onerror=window.evil=1>'),
        settings={"stop": [EVIL]},
    )


@pytest.mark.parametrize("level", ["light", "full", "exact"])
def test_parquet_holds_the_same_table_and_header(saved, tmp_path, level):
    trace = saved[level][1].trace
    table = pq.read_table(to_parquet(trace, tmp_path / "new" / "run.parquet"))
    assert table.schema.names == trace.table.schema.names
    assert table.to_pylist() == trace.table.to_pylist()
    assert json.loads(table.schema.metadata[b"specviz"])["prompt"] == trace.header.prompt


def test_json_lines_are_the_header_and_the_cycles(saved, tmp_path):
    trace = saved["full"][1].trace
    lines = to_jsonl(trace, tmp_path / "new" / "run.jsonl").read_text(encoding="utf-8").splitlines()
    first, *cycles = [json.loads(line) for line in lines]
    assert first["header"]["method"] == "chain"
    assert len(cycles) == len(trace)
    assert [cycle["committed"] for cycle in cycles] == [list(cycle.committed) for cycle in trace]
    assert cycles[0]["nodes"][0]["p"] == trace.cycle(0).nodes[0].p


def test_what_was_not_measured_is_null_in_json(tmp_path):
    plain = chain(0, 2)
    lines = to_jsonl(make_trace([plain]), tmp_path / "run.jsonl").read_text().splitlines()
    assert json.loads(lines[1])["nodes"][1]["threshold"] is None
    assert not re.search(r"\bNaN\b|\bInfinity\b", "".join(lines))


def test_the_page_loads_nothing_from_anywhere():
    page = to_html(evil_trace())
    script = re.search(r"<script>/\*.*?</script>", page, re.DOTALL)
    own = page.replace(script.group(0), "")  # what remains without plotly's own script
    assert len(own) < len(page) / 5
    assert not re.search(r"<(link|img|iframe|object|embed|base|form)\b", own, re.IGNORECASE)
    assert not re.search(r"<[^>]*\s(src|href|action|srcset|data)\s*=", own, re.IGNORECASE)
    assert not re.search(r"@import|url\(", own)
    assert "default-src 'none'" in own


def test_every_token_is_text_on_the_page():
    page = to_html(evil_trace())
    assert EVIL not in page
    assert "&lt;/script&gt;&lt;script&gt;" in page
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.DOTALL).group(1)
    assert "<" not in data
    assert len(json.loads(data)["trees"]) == 6


def test_plotly_is_inside_once(tmp_path):
    path = tmp_path / "new" / "run.html"
    page = to_html(make_trace([chain(2, 4, seed=i) for i in range(20)]), path)
    assert path.read_text(encoding="utf-8") == page
    assert page.count("plotly.js v") == 1
    assert len(page) < 6_500_000


def test_plain_decoding_gets_a_page_without_trees():
    page = to_html(make_trace([alone(i) for i in range(3)], method="autoregressive"))
    assert 'id="cycle"' not in page
    assert 'id="timeline"' in page


@pytest.mark.browser
def test_the_page_works_from_a_file_and_runs_no_token(page, tmp_path):
    path = tmp_path / "run.html"
    to_html(evil_trace(), path)
    problems = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    requests = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(path.as_uri())
    page.wait_for_selector("#tree .main-svg")
    assert page.inner_text("#which").startswith("cycle 0 ")
    page.click("#after")
    assert page.inner_text("#which").startswith("cycle 1 ")
    assert "Cycle 1" in page.text_content("#tree .gtitle")
    page.click('#text [data-cycle="3"] >> nth=0')
    assert page.inner_text("#which").startswith("cycle 3 ")
    assert page.get_attribute("#tree", "aria-label")
    assert page.evaluate("window.evil") is None
    assert problems == []
    assert requests == [path.as_uri()]
