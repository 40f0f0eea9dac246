"""Text that is not ours on its way to a page: what Streamlit would read as Markdown is written as itself, and no address becomes a link."""

from __future__ import annotations

import logging
import re

from specviz.errors import SpecvizError, said_of, words

_log = logging.getLogger("specviz")
_LONGEST = 1500
_MARKDOWN = re.compile(
    r"[\\`*\[<$~|]"  # code, emphasis, links, tags, formulas, struck out, tables
    r"|(?<![^\W_])_|_(?![^\W_])"  # emphasis; inside a word it is none
    r"|:(?=\S)|&(?=[\w#])"  # colours, icons and emoji; entities
    r"|^[>#+-]|(?<=^\d)[.)]"  # a quotation, a heading, a list
)
_ADDRESS = re.compile(r"https?:(?=//)|www(?=\.)|@", re.IGNORECASE)
_APART = "\u2060"
"""Joins two letters without being seen; an address with it inside is no address."""


def plain(text: object, most: int = _LONGEST) -> str:
    """Somebody else's text for st.error, st.warning, st.caption, st.markdown or a label: one line, cut short, shown letter by letter.

    Error messages, names of files and models, whatever stood in the address: a link or an image in them would be followed by the browser.
    """
    line = "".join(letter if letter.isprintable() else ascii(letter)[1:-1] for letter in words(text, most))
    return _MARKDOWN.sub(r"\\\g<0>", _ADDRESS.sub(rf"\g<0>{_APART}", line))


def what_went_wrong(error: Exception) -> str:
    """An error in words that name no folder of this machine; one that nobody foresaw goes to the terminal in full."""
    if isinstance(error, SpecvizError | ValueError | OSError):
        return words(said_of(error), _LONGEST)
    _log.error("a fault of specviz", exc_info=error)
    return f"this went wrong: {type(error).__name__}: {words(error)}. It is a fault of specviz; the terminal has all of it"
