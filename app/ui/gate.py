"""The one gate for what only the person at this machine may do: run typed code, name models and folders, keep progress on its disk.

A browser on this machine calls a server that listens on loopback by a loopback name, from a page of the very same address, with no header that only a
proxy writes; and it knows the token that was printed in the terminal, which other accounts of the machine and other pages do not.
"""

from __future__ import annotations

import hmac
import os
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import SplitResult, urlsplit

import streamlit as st

TOKEN = "SPECVIZ_TOKEN"
"""The environment variable by which whoever starts the server hands the token over."""
WORD = "token"
NO_TOKEN = (
    "Open the address that the terminal printed when the app was started, the one with ?token= in it: "
    "it shows that it is you who sits at this machine."
)
_KNOWN, _QUESTION, _ANSWERED, _MOUNTED = "gate_is_known", "gate_question", "gate_has_answer", "gate_memory"
_SENT_BY_BROWSERS = frozenset((
    "host", "connection", "upgrade", "origin", "user-agent", "pragma", "cache-control", "accept", "accept-encoding", "accept-language", "cookie",
    "dnt", "priority", "te", "keep-alive",
))  # fmt: skip
"""What comes with a websocket's request; beside these all that begins with Sec-, which no page's script and no proxy makes up."""
_JS = (Path(__file__).parent / "gate.js").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Visit:
    """How a request came in: the address the server listens on, whether other origins are kept out, and the request's headers in lower case."""

    address: str | None
    keeps_others_out: bool
    headers: Mapping[str, list[str]]

    @classmethod
    def now(cls) -> Visit:
        """The present session's."""
        headers = st.context.headers
        keeps = bool(st.get_option("server.enableCORS")) and bool(st.get_option("server.enableXsrfProtection"))
        return cls(st.get_option("server.address"), keeps, {name.lower(): headers.get_all(name) for name in headers})

    def is_from_here(self) -> bool:
        """Whether it can only come from a browser on this machine, for all that the request tells."""
        hosts, origins = self.headers.get("host", []), self.headers.get("origin", [])
        if not (self.keeps_others_out and is_loopback(self.address) and len(hosts) == len(origins) == 1):
            return False
        parts = _split(origins[0])
        is_same = parts is not None and parts.scheme in ("http", "https") and parts.netloc == hosts[0].strip().lower() and is_loopback(parts.hostname)
        return is_same and _are_browsers(self.headers)


def _split(origin: str) -> SplitResult | None:
    try:
        return urlsplit(origin.strip().lower())
    except ValueError:
        return None


def is_own_machine() -> bool:
    """Whether the reader sits at this machine, and has shown it."""
    return Visit.now().is_from_here() and bool(st.session_state.get(_KNOWN))


def lacks_token() -> bool:
    """Whether the token alone is missing."""
    return Visit.now().is_from_here() and not st.session_state.get(_KNOWN)


def may(variable: str) -> bool:
    """Whether what this variable of the environment is about may be done: as the owner says there (1: by everybody), else by who sits here."""
    said = os.environ.get(variable)
    return is_own_machine() if said is None else said == "1"


def arrive() -> None:
    """At the start of every page: take the token from the address, and out of it, so that no link that is passed on holds it."""
    asked = st.query_params.pop(WORD, None)
    if Visit.now().is_from_here():
        token()  # printed, where nobody started the server with one
        _try(asked)


def remember() -> None:
    """Let the browser keep the token for this very address, and give it back after a reload; nothing is drawn before it has answered.

    Its answer would break off the page's first drawing, and fields and menus would then show other values than the page holds. Called once the
    page is known: what the browser sends before that would be taken for the first page's.
    """
    if not Visit.now().is_from_here():
        return
    is_known = bool(st.session_state.get(_KNOWN))
    question = "" if is_known or _ANSWERED in st.session_state else st.session_state.setdefault(_QUESTION, secrets.token_hex(4))
    memory = st.components.v2.component("specviz_gate", html="<span></span>", js=_JS)
    memory(data={"token": token() if is_known else None, "question": question}, key=_MOUNTED, on_kept_change=_take_kept)
    if question:
        st.stop()


def _take_kept() -> None:
    kept = st.session_state[_MOUNTED].get("kept")
    if Visit.now().is_from_here() and isinstance(kept, dict):
        st.session_state[_ANSWERED] = True
        _try(kept.get("token"))


def _try(asked: object) -> bool:
    if isinstance(asked, str) and hmac.compare_digest(asked.encode("utf-8", "replace"), token().encode()):
        st.session_state[_KNOWN] = True
    return bool(st.session_state.get(_KNOWN))


@cache
def token() -> str:
    """This server's token: the one it was started with, else one of its own, printed where the person who started it reads it.

    It leaves the environment, so that no program which is started from here has it.
    """
    given = os.environ.pop(TOKEN, "")
    if given:
        return given
    made = secrets.token_urlsafe(24)
    port, path = st.get_option("server.port"), str(st.get_option("server.baseUrlPath") or "").strip("/")
    print(f"specviz: to run code and to name models, open http://localhost:{port}/{f'{path}/' if path else ''}?{WORD}={made}", flush=True)  # noqa: T201
    return made


def is_loopback(host: str | None) -> bool:
    """Whether a name or number means this machine and no other."""
    try:
        return host == "localhost" or ip_address(host or "").is_loopback
    except ValueError:
        return False


def _are_browsers(names: Iterable[str]) -> bool:
    """Whether a browser itself sends these headers: a proxy adds its own, under many names."""
    return all(name in _SENT_BY_BROWSERS or name.startswith("sec-") for name in names)
