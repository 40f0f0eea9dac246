"""Somebody else's text stays text: what the browser would make of it is tried in test_browser_gate.py."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(
    "text",
    [
        "expected a cycle in 0 to 9, got 12; choose one of these",
        "99_nothing",
        "/no/such/folder-1.5/x.arrow",
        "gamma >= 0",
        "p = 0.5, q = 0.25 (both)",
    ],
)
def test_ordinary_words_stay_as_they_are(text):
    from ui.said import plain

    assert plain(text) == text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("![p](http://a.org/p.png)", "!\\[p](http\\:\u2060//a.org/p.png)"),
        ("[log in](x)", "\\[log in](x)"),
        ("<img src=x>", "\\<img src=x>"),
        ("www.a.org", "www\u2060.a.org"),
        ("WWW.a.org and HTTPS://a.org", "WWW\u2060.a.org and HTTPS\\:\u2060//a.org"),
        ("me@a.org", "me@\u2060a.org"),
        (":red[x] :material/lock: :smile:", "\\:red\\[x] \\:material/lock: \\:smile:"),
        ("*a* _b_ `c` ~d~ $e$ |f|", "\\*a\\* \\_b\\_ \\`c\\` \\~d\\~ \\$e\\$ \\|f\\|"),
        ("# heading\n- list\n> quote", "\\# heading - list > quote"),
        ("> quote", "\\> quote"),
        ("1. list", "1\\. list"),
        ("&lt;b&gt;", "\\&lt;b\\&gt;"),
        ("a\\[b](c)", "a\\\\\\[b](c)"),
        ("\x1b[2J\u202eevil", "\\\\x1b\\[2J\\\\u202eevil"),
        ("\ud800", "\\\\ud800"),
    ],
)
def test_what_would_be_markdown_is_written_letter_by_letter(text, written):
    from ui.said import plain

    assert plain(text) == written


def test_long_text_is_cut():
    from ui.said import plain

    assert len(plain("x" * 10**6)) == 1500
    assert plain("x" * 100, 10) == "x" * 9 + "…"
