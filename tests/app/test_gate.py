"""Who is taken for the person at this machine: by where a request comes from, and by the token that the terminal printed."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest
from streamlit.testing.v1 import AppTest

from tests.app.conftest import APP, RUN_TIMEOUT_S

# as Chromium sends them
BROWSER = {
    "host": "localhost:8501",
    "connection": "Upgrade",
    "upgrade": "websocket",
    "origin": "http://localhost:8501",
    "user-agent": "Mozilla/5.0",
    "pragma": "no-cache",
    "cache-control": "no-cache",
    "accept-encoding": "gzip, deflate, br, zstd",
    "accept-language": "en",
    "cookie": "_streamlit_xsrf=2",
    "sec-websocket-key": "x",
    "sec-websocket-version": "13",
    "sec-websocket-extensions": "permessage-deflate",
    "sec-websocket-protocol": "streamlit",
    "sec-fetch-site": "same-origin",
}
PROXIES = (
    "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-Port", "X-Forwarded-Server", "Forwarded", "Forwarded-For",
    "X-Real-IP", "Via", "X-Original-Forwarded-For", "X-Original-Host", "X-Original-URL", "CF-Connecting-IP", "CF-Ray", "True-Client-IP",
    "X-Client-IP", "Client-IP", "X-Cluster-Client-IP", "Fastly-Client-IP", "Fly-Client-IP", "X-Envoy-External-Address", "X-Azure-ClientIP",
    "X-Appengine-User-IP", "X-ProxyUser-Ip", "X-Remote-Addr", "X-Request-Id", "X-Scheme", "X-Amzn-Trace-Id", "CDN-Loop", "Tailscale-User-Login",
    "Proxy-Connection", "X-Forwarded", "Authorization",
)  # fmt: skip


def is_from_here(address: str | None = "localhost", *, keeps_others_out: bool = True, **headers: object) -> bool:
    from ui.gate import Visit

    sent = BROWSER | {name.replace("_", "-").lower(): value for name, value in headers.items()}
    values = {name: value if isinstance(value, list) else [value] for name, value in sent.items() if value is not None}
    return Visit(address, keeps_others_out, values).is_from_here()


@pytest.mark.parametrize("address", ["localhost", "127.0.0.1", "::1"])
@pytest.mark.parametrize("host", ["localhost:8501", "127.0.0.1:8501", "[::1]:8501", "localhost:9000", "localhost"])
def test_a_browser_on_this_machine_is_known(address, host):
    assert is_from_here(address, host=host, origin=f"http://{host}")


@pytest.mark.parametrize("address", [None, "", "0.0.0.0", "::", "192.168.1.7", "localhost.example.org"])  # noqa: S104  class servers
def test_a_server_that_others_can_reach_knows_nobody(address):
    assert not is_from_here(address)


@pytest.mark.parametrize(
    ("host", "origin"),
    [
        ("course.example.org", "http://course.example.org"),
        ("localhost.example.org", "http://localhost.example.org"),
        ("192.168.1.7:8501", "http://192.168.1.7:8501"),
        ("127.0.0.1:8501", "https://course.example.org"),  # a proxy that rewrites the Host
        ("localhost:8501", "http://evil.example.org"),  # a page the learner has open
        ("localhost:8501", "http://localhost:9999"),  # another account's server on this machine
        ("localhost:8501", "http://localhost"),
        ("localhost:8501", "http://127.0.0.1:8501"),
        ("localhost:8501", "null"),
        ("localhost:8501", "file://"),
        ("localhost:8501", "http://["),
        ("localhost:8501", "http://user@localhost:8501"),
        ("localhost:8501", None),
        (None, "http://localhost:8501"),
        (["localhost:8501", "course.example.org"], "http://localhost:8501"),
        ("localhost:8501", ["http://localhost:8501", "http://evil.example.org"]),
        ("", "http://"),
    ],
)
def test_host_and_origin_must_be_one_address_of_this_machine(host, origin):
    assert not is_from_here(host=host, origin=origin)


@pytest.mark.parametrize("header", PROXIES)
def test_any_header_that_a_browser_does_not_send_means_a_proxy(header):
    assert not is_from_here(**{header.replace("-", "_"): "192.168.1.20"})


def test_without_protection_against_other_origins_nobody_is_known():
    assert not is_from_here(keeps_others_out=False)


# ------------------------------------------------------------------------------------------------------------- the token
@pytest.fixture
def at_home(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Every request comes from this machine, and the server was started with a token."""
    from ui import gate

    monkeypatch.setenv(gate.TOKEN, "the-token")
    monkeypatch.setattr(gate.Visit, "is_from_here", lambda _: True)
    gate.token.cache_clear()
    yield "the-token"
    gate.token.cache_clear()


def visit(**query: str) -> AppTest:
    app = AppTest.from_file(str(APP / "streamlit_app.py"), default_timeout=RUN_TIMEOUT_S)
    for key, value in query.items():
        app.query_params[key] = value
    return app.run()


def is_own(app: AppTest) -> bool:
    return "gate_is_known" in app.session_state and app.session_state["gate_is_known"]


def test_the_token_opens_the_gate_and_leaves_the_address(samples, at_home):
    app = visit(token=at_home, trace="chain")
    assert is_own(app)
    assert "token" not in app.query_params
    assert app.query_params["trace"] == "chain"
    assert at_home not in os.environ.values()  # nothing that is started from here has it
    assert is_own(app.run())


@pytest.mark.parametrize("token", ["", "another", "the-toke", "the-token ", "tökn", "the-token" * 1000])
def test_another_token_opens_nothing(samples, at_home, token):
    app = visit(token=token)
    assert not app.exception
    assert not is_own(app)
    assert "token" not in app.query_params


def test_the_token_is_worth_nothing_elsewhere(samples, at_home, monkeypatch):
    from ui import gate

    monkeypatch.setattr(gate.Visit, "is_from_here", lambda _: False)
    app = visit(token=at_home)
    assert not is_own(app)
    assert "token" not in app.query_params


def test_code_and_paths_pass_one_gate(samples, at_home, monkeypatch):
    from ui import gate, learner, models

    for variable in ("SPECVIZ_ALLOW_CODE", "SPECVIZ_ALLOW_PATHS"):
        monkeypatch.delenv(variable, raising=False)
    for known in (True, False):
        monkeypatch.setattr(gate, "is_own_machine", lambda known=known: known)
        assert learner.may_run_code() is models.may_name_models() is known


def test_without_the_token_the_page_says_how_to_get_it(samples, at_home, monkeypatch):
    for variable in ("SPECVIZ_ALLOW_CODE", "SPECVIZ_ALLOW_PATHS"):
        monkeypatch.delenv(variable, raising=False)
    app = visit().switch_page("views/live.py").run()
    assert not app.button  # the browser is asked first, and its answer must not break off a drawing
    app.session_state["gate_has_answer"] = True
    app.run()
    assert app.button("generate")
    assert not app.text_input
    assert any("?token=" in caption.value for caption in app.caption)


def test_a_server_started_without_a_token_makes_one_and_prints_where_to_go():
    code = "import sys\nsys.path.insert(0, 'app')\nfrom ui import gate\nassert gate.token() == gate.token()\nassert len(gate.token()) > 30"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=APP.parent)
    assert done.returncode == 0, done.stderr
    assert "open http://localhost:8501/?token=" in done.stdout
