"""The command line: what it prints, what it never lets a token do, and how it says no."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import tomllib
from pathlib import Path

import pytest
from typer.testing import CliRunner

from specviz.cli import app, serve
from specviz.cli.compare import read_prompts
from specviz.cli.terminal import harmless
from specviz.trace import load_trace, summarise
from specviz.zoo import recipe
from tests.helpers import Bench

PROMPT = "def add(first, second):"
START = "from specviz.cli import app; app()"


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> list[str]:
    """Options that name a small pair made on the spot."""
    pair = Bench(tmp_path_factory.mktemp("models")).pair("close")
    return ["--target", str(pair.target_path), "--draft", str(pair.draft_path), "--device", "cpu", "--dtype", "float32"]


@pytest.fixture(scope="module")
def recorded(models, tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("runs") / "run.arrow"
    done = call("run", PROMPT, *models, "--max-new-tokens", "12", "--temperature", "1", "--save", path, "--no-baseline")
    assert done.exit_code == 0
    return path


def call(*arguments):
    return CliRunner().invoke(app, [str(a) for a in arguments])


def refused(*arguments) -> str:
    """The one line on stderr of a call that ends with exit code 1."""
    done = call(*arguments)
    assert done.exit_code == 1
    assert done.stdout == ""
    assert re.fullmatch(r"specviz: [^\n]+\n", done.stderr)
    return done.stderr


def process(*arguments, **options):
    return subprocess.run([sys.executable, "-c", START, *map(str, arguments)], capture_output=True, text=True, check=False, timeout=120, **options)


def test_a_pipe_gets_the_plain_text_and_then_the_summary(models, tmp_path):
    path = tmp_path / "run.arrow"
    done = call("run", PROMPT, *models, "--max-new-tokens", 16, "--save", path)
    trace = load_trace(path)
    assert done.exit_code == 0, done.stderr
    assert done.stdout.startswith(harmless(trace.text) + "\n\ntokens per cycle ")
    stats = summarise(trace)
    assert f"{stats.tokens_per_cycle:.2f} (16 tokens in {stats.cycles} cycles; the corrected or bonus token counts)" in done.stdout
    assert f"({stats.accepted} of {stats.accepted + stats.rejected} examined drafts)" in done.stdout
    assert re.search(r"speed-up +\d+\.\d\dx over plain decoding at .* \(measured here, one run each after a warm-up\)", done.stdout)
    assert re.search(r"same tokens +yes", done.stdout)
    assert "\x1b" not in done.output


def test_settings_reach_the_record(models, tmp_path):
    path = tmp_path / "run.arrow"
    numbers = {"max-new-tokens": 9, "temperature": 0.8, "top-k": 30, "top-p": 0.9, "seed": 7, "gamma": 2, "detail": "exact"}
    stops = ["--stop", "zzz", "--stop", "yyy", "--stop-token", 5, "--ignore-eos"]
    options = ["--no-baseline", *stops, *(part for name, value in numbers.items() for part in (f"--{name}", value))]
    assert call("run", PROMPT, *models, *options, "--save", path).exit_code == 0
    header = load_trace(path).header
    expected = {"max_new_tokens": 9, "temperature": 0.8, "top_k": 30, "top_p": 0.9, "gamma": 2, "stop": ["zzz", "yyy", 5], "ignore_eos": True}
    assert expected.items() <= header.settings.items()
    assert (header.seed, header.detail, header.dtype) == (7, "exact", "float32")


def test_settings_of_the_distribution_reach_the_record_and_a_wrong_one_is_refused_before_a_model_is_loaded(models, tmp_path):
    path = tmp_path / "run.arrow"
    options = ["--set", "repetition-penalty=1.3", "--set", "suppress_tokens=[3, 4]", "--set", 'logit_bias={"5": -2}']
    assert call("run", PROMPT, *models, *options, "--no-baseline", "--max-new-tokens", 4, "--save", path).exit_code == 0
    expected = {"repetition_penalty": 1.3, "suppress_tokens": [3, 4], "logit_bias": [[[5], -2.0]]}
    assert expected.items() <= load_trace(path).header.settings.items()
    for command in ("run", "compare"):
        assert "did you mean repetition_penalty?" in refused(command, PROMPT, "--target", "nowhere", "--set", "repetiton_penalty=1.3")
        assert "expected repetition_penalty as a number > 0, got 0" in refused(
            command, PROMPT, "--target", "nowhere", "--set", "repetition_penalty=0"
        )
        assert "expected --set NAME=VALUE, got min_p" in refused(command, PROMPT, "--target", "nowhere", "--set", "min_p")
        assert "expected a number or a list in --set min_p=…" in refused(command, PROMPT, "--target", "nowhere", "--set", "min_p=x")


def test_a_message_is_decoded_inside_the_targets_chat_template(models, tmp_path):
    path = tmp_path / "run.arrow"
    done = call("run", "Add 1 and 2.", "--chat", *models, "--max-new-tokens", "3", "--save", path, "--no-baseline")
    assert done.exit_code == 0
    assert load_trace(path).header.prompt == "<|user|>Add 1 and 2.<|assistant|>"


def test_no_baseline_measures_none(models):
    done = call("run", PROMPT, *models, "--max-new-tokens", 4, "--no-baseline")
    assert "speed-up" not in done.stdout
    assert "tokens per cycle" in done.stdout


def test_above_temperature_0_equal_tokens_are_not_expected(models):
    done = call("run", PROMPT, *models, "--max-new-tokens", 4, "--temperature", 1)
    assert "speed-up" in done.stdout
    assert "same tokens" not in done.stdout


def on_a_terminal(*arguments, **environment) -> str:
    """What a command writes to a terminal, escape sequences and all."""
    import pty

    child, terminal = pty.fork()
    if child == 0:
        os.environ.update({"COLUMNS": "200", "TERM": "xterm-256color"} | environment)
        os.execv(sys.executable, [sys.executable, "-c", START, *map(str, arguments)])  # noqa: S606  our own program, on a terminal of its own
    written = b""
    try:
        while chunk := os.read(terminal, 65536):
            written += chunk
    except OSError:  # how Linux says that the child has closed its end
        pass
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    return written.decode(errors="replace").partition("cpu (")[2]  # after the spinner


EVIL = "\x1b]0;owned\x07 \x1b[2J"


@pytest.fixture(scope="module")
def terminal(models) -> str:
    """A run on a terminal, of a prompt that would like to command it."""
    if sys.platform == "win32":
        pytest.skip("pty is POSIX")
    return on_a_terminal("run", f"{EVIL} {PROMPT}", *models, "--max-new-tokens", 24, "--temperature", 1, "--seed", 5, "--no-baseline")


def test_a_terminal_gets_colours_marks_and_a_legend(terminal):
    legend, text = terminal.split(PROMPT, 1)
    assert "accepted" in legend
    assert "◆corrected" in legend
    assert "★bonus" in legend
    body = text.split("tokens per cycle")[0]
    assert "◆" in body
    assert "★" in body
    assert len(set(re.findall(r"\x1b\[[\d;]*m", body))) >= 3


@pytest.mark.skipif(sys.platform == "win32", reason="pty is POSIX")
def test_no_color_keeps_marks_and_drops_colours(models):
    shown = on_a_terminal("run", PROMPT, *models, "--max-new-tokens", 24, "--temperature", 1, "--seed", 5, "--no-baseline", NO_COLOR="1")
    assert "\x1b[" not in shown
    assert "◆" in shown.split(PROMPT, 1)[1]


def test_a_prompt_cannot_command_the_terminal(terminal):
    assert "\x1b]0;" not in terminal
    assert "\x1b[2J" not in terminal
    assert r"\x1b]0;owned\x07 \x1b[2J" in terminal


@pytest.mark.parametrize("evil", ["\x1b[31m", "\x9b31m", "\r", "\x08", "\x07", "\x00", "\x7f", "\u202e", "\u2066", "\u2028", "\ud800"])
def test_what_a_terminal_would_obey_is_written_out(evil):
    shown = harmless(f"a{evil}b")
    assert evil[0] not in shown
    assert re.fullmatch(r"a\\[xu][0-9a-f]+.*b", shown)
    shown.encode()


def test_ordinary_text_stays_as_it_is():
    text = "def f(x):\n\treturn 'héllo, 世界 👩\u200d💻'\n"
    assert harmless(text) == text


def test_errors_are_one_line_and_exit_code_1(models, tmp_path):
    assert "expected a method" in refused("run", PROMPT, *models, "--method", "chian")
    assert "top_p as a number in (0, 1]" in refused("run", PROMPT, *models, "--top-p", 3)
    assert "name of a shipped pair" in refused("run", PROMPT, "--pair", "huge")
    assert "either the name of a shipped pair or target" in refused("run", PROMPT, "--pair", "tiny", *models)
    assert "is the path right?" in refused("run", PROMPT, "--target", tmp_path / "nowhere")
    assert "expected a trace file" in refused("trace", "info", tmp_path / "nowhere")
    (tmp_path / "x.arrow").write_bytes(b"no trace\x1b[31m")
    assert "expected an Arrow IPC stream" in refused("trace", "info", tmp_path / "x.arrow")
    assert "got none" in refused("compare")
    assert "got none of them" in refused("trace", "export", "chain")


def test_a_message_cannot_command_the_terminal(tmp_path):
    assert "\x1b" not in refused("trace", "info", tmp_path / "\x1b[31mevil")


def test_debug_shows_the_traceback(tmp_path):
    done = process("--debug", "trace", "info", tmp_path / "nowhere")
    assert done.returncode == 1
    assert "Traceback" in done.stderr
    assert "MissingFileError" in done.stderr
    by_variable = process("trace", "info", tmp_path / "nowhere", env={**os.environ, "SPECVIZ_DEBUG": "1"})
    assert "Traceback" in by_variable.stderr


def test_an_unknown_option_is_a_usage_error():
    assert call("run", PROMPT, "--colour").exit_code == 2


def test_the_version_is_told():
    done = call("--version")
    assert done.exit_code == 0
    assert re.fullmatch(r"specviz \S.*\n", done.stdout)


@pytest.mark.parametrize("arguments", [["--help"], ["run", "--help"], ["trace", "info", "chain"], ["trace", "export", "chain", "--jsonl"]])
def test_looking_at_a_trace_loads_no_torch(arguments, tmp_path):
    arguments = [*arguments, str(tmp_path / "out")] if "--jsonl" in arguments else arguments
    code = (
        f"import sys\nsys.argv[1:] = {arguments!r}\nfrom specviz.cli import app\n"
        "try:\n    app()\nfinally:\n    assert 'torch' not in sys.modules, 'torch'"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_trace_info_says_how_and_how_well(recorded):
    done = call("trace", "info", recorded)
    trace = load_trace(recorded)
    assert done.exit_code == 0
    assert re.search(r"method +chain, judged by rejection", done.stdout)
    assert re.search(rf"cycles +{len(trace)}\b", done.stdout)
    assert re.search(r"complete +yes", done.stdout)
    assert '"temperature": 1.0' in done.stdout
    assert f"{summarise(trace).tokens_per_cycle:.2f} (12 tokens" in done.stdout


def test_trace_info_says_when_a_run_was_cut_off(recorded, tmp_path):
    cut = tmp_path / "cut.arrow"
    cut.write_bytes(recorded.read_bytes()[:-20])
    done = call("trace", "info", cut)
    assert re.search(r"complete +no: the run was cut off", done.stdout)


def test_trace_export_writes_what_was_asked_for(recorded, tmp_path):
    files = {kind: tmp_path / f"run.{kind}" for kind in ("parquet", "jsonl", "html", "perfetto")}
    done = call("trace", "export", recorded, *(part for kind, path in files.items() for part in (f"--{kind}", path)))
    assert done.exit_code == 0, done.output
    assert done.stdout.count("wrote") == 4
    assert f"({files['html'].stat().st_size / 1e6:.1f} MB)" in done.stdout
    assert len(files["jsonl"].read_text().splitlines()) == len(load_trace(recorded)) + 1
    assert files["parquet"].read_bytes().startswith(b"PAR1")
    assert json.loads(files["perfetto"].read_text())["traceEvents"]


def test_compare_prints_json_without_nan(models):
    done = call("compare", PROMPT, "a b a b", *models, "--methods", "chain, prompt-lookup", "--repeats", 1, "--max-new-tokens", 8, "--json")
    assert done.exit_code == 0, done.stderr
    report = json.loads(done.stdout)
    assert [row["method"] for row in report["methods"]] == ["autoregressive", "chain", "prompt-lookup"]
    assert (report["prompts"], report["repeats"]) == (2, 1)
    assert report["methods"][0]["acceptance"] is None
    assert report["methods"][1]["identical"] == 1.0


def test_compare_prints_a_table_that_fits_80_columns(models, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    done = call("compare", PROMPT, *models, "--repeats", 1, "--max-new-tokens", 8)
    assert done.exit_code == 0, done.stderr
    lines = done.stdout.splitlines()
    assert all(len(line) <= 80 for line in lines)
    assert "…" not in done.stdout
    assert any(line.startswith("autoregressive ") and "1.00x" in line for line in lines)


def test_compare_checks_methods_before_it_loads_models(tmp_path):
    assert "got 'chian'" in refused("compare", PROMPT, "--methods", "chain,chian", "--target", tmp_path / "nowhere")


def test_what_a_target_alone_cannot_do_is_said_in_the_words_of_the_options_before_anything_is_loaded(tmp_path):
    alone = ["--target", tmp_path / "secret" / "nowhere"]
    for said in (refused("run", PROMPT, *alone, "--method", "chain"), refused("compare", PROMPT, *alone, "--methods", "prompt-lookup,chain")):
        assert "expected a draft model for the method 'chain', got a target alone; give one with --draft" in said
        assert "prompt-lookup" in said
        assert "secret" not in said
    assert "give one with --draft" in refused("doctor", PROMPT, *alone, "--method", "sequoia:nodes=8")


def test_a_target_alone_is_run_and_compared_with_what_it_can_do(models, tmp_path):
    alone = [models[0], models[1], *models[4:]]
    path = tmp_path / "run.arrow"
    done = call("run", PROMPT, *alone, "--max-new-tokens", 6, "--save", path)
    assert done.exit_code == 0, done.stderr
    assert load_trace(path).header.method == "prompt-lookup"
    done = call("compare", PROMPT, *alone, "--max-new-tokens", 6, "--repeats", 1, "--json")
    assert [row["method"] for row in json.loads(done.output)["methods"]] == ["autoregressive", "prompt-lookup"]


def test_with_a_draft_the_default_is_the_chain(models, tmp_path):
    path = tmp_path / "run.arrow"
    assert call("run", PROMPT, *models, "--max-new-tokens", 6, "--save", path, "--no-baseline").exit_code == 0
    assert load_trace(path).header.method == "chain"


def test_half_a_character_in_the_prompt_is_refused(models):
    assert "half of a surrogate pair" in refused("run", "caf\udcc3", "--target", "nowhere/at-all")


def test_bench_rules_prints_every_rule_beside_the_bound(models, tmp_path):
    file, out = tmp_path / "prompts.txt", tmp_path / "rules.json"
    file.write_text(PROMPT)
    pair = [word for word in models if word not in ("--dtype", "float32")]
    done = call("bench", "rules", *pair, "--prompts", file, "--places", "4", "--most", "2", "--temperatures", "0.6", "--json", out)
    assert done.exit_code == 0
    rows = json.loads(out.read_text())["rows"]
    assert {row["k"] for row in rows} == {1, 2}
    assert all(row["rule"] in done.output for row in rows)
    assert "the bound" in done.output
    assert f"{100 * rows[0]['bound']:.1f}" in done.output


def test_bench_methods_sets_automatic_choices_against_the_best_fixed_one(models, tmp_path):
    file, out = tmp_path / "prompts.txt", tmp_path / "methods.json"
    file.write_text(PROMPT)
    options = ["--prompts", file, "--methods", "chain,auto", "--new-tokens", "6", "--repeats", "1", "--json", out]
    done = call("bench", "methods", *models, *options)
    assert done.exit_code == 0, done.stderr
    figures = json.loads(out.read_text())["families"]["file"]
    assert list(figures["methods"]) == ["autoregressive", "chain", "auto"]
    assert f"of {figures['choosing']['auto']['best']}" in done.output
    assert f"{figures['methods']['chain']['tau']:.2f}" in done.output


def test_compare_takes_settings_in_a_method_s_name(models):
    done = call("compare", PROMPT, *models, "--max-new-tokens", "6", "--repeats", "1", "--methods", "sequoia:nodes=4,sequoia:nodes=8", "--json")
    assert [row["method"] for row in json.loads(done.output)["methods"]] == ["autoregressive", "sequoia:nodes=4", "sequoia:nodes=8"]


def test_doctor_reports_in_80_columns_and_writes_json(models, tmp_path):
    out = tmp_path / "deep" / "diagnosis.json"
    options = ["--max-new-tokens", 8, "--repeats", 1, "--rounds", 1, "--gamma", 3, "--json", out]
    done = call("doctor", PROMPT, *models, *options)
    assert done.exit_code == 0, done.stderr
    found = json.loads(out.read_text())
    assert all(len(line) <= 80 for line in done.stdout.splitlines())
    for words in ("What to do", "Where the difference went", "Where a cycle goes", "Acceptance by position", "Best settings", "stops paying"):
        assert words in done.stdout
    shown = " ".join(done.stdout.split())  # where a line breaks depends on how long the numbers are
    assert re.search(rf"{found['speed']['measured']['value']:.2f}x \([^)]*\) plain decoding's speed, measured", shown)
    assert f"{found['speed']['predicted']['value']:.2f}x predicted" in shown
    assert all(" ".join(advice["sentence"].split()) in shown for advice in found["advice"])
    assert "1 of 1 greedy texts are plain decoding's" in done.stdout


def test_doctor_asks_for_prompts_and_checks_the_method_before_it_loads_models(models, tmp_path):
    assert "expected prompts for your own models" in refused("doctor", *models)
    assert "got 'chian'" in refused("doctor", PROMPT, "--method", "chian", "--target", tmp_path / "nowhere")
    assert "method that drafts" in refused("doctor", PROMPT, *models, "--method", "autoregressive")


def test_doctor_says_why_two_checkpoints_are_no_pair(models, tmp_path):
    from tests.helpers import letter_tokenizer, random_model, save

    draft = save(random_model(vocab_size=20), tmp_path, letter_tokenizer(20))
    done = call("doctor", PROMPT, "--target", models[1], "--draft", draft)
    assert done.exit_code == 0, done.stderr
    assert "Vocabularies differ" in done.stdout
    assert "nothing was timed" in " ".join(done.stdout.split())


def test_prompt_files_hold_lines_or_blocks(tmp_path, models):
    file = tmp_path / "prompts.txt"
    file.write_text("one\ntwo\n  three\n")
    assert read_prompts(file) == ["one", "two", "  three"]
    file.write_text("def f():\n    pass\n\n\nclass A:\n    x = 1\n")
    assert read_prompts(file) == ["def f():\n    pass", "class A:\n    x = 1"]
    done = call("compare", "--prompts", file, *models, "--methods", "chain", "--repeats", 1, "--max-new-tokens", 2, "--json")
    assert json.loads(done.stdout)["prompts"] == 2


SLOW_RUN = """
import signal, time
signal.signal(signal.SIGINT, signal.default_int_handler)  # a test run in the background inherits a deaf one
from specviz.trace.recorder import Recorder
record = Recorder.add
Recorder.add = lambda self, step: (time.sleep(0.05), record(self, step))
from specviz.cli import app
app()
"""


@pytest.mark.skipif(sys.platform == "win32", reason="SIGINT is POSIX")
@pytest.mark.parametrize("detail", ["light", "full"])
def test_ctrl_c_ends_a_run_with_130_and_a_readable_file(models, tmp_path, detail):
    path = tmp_path / "run.arrow"
    arguments = ["run", PROMPT, *models, "--temperature", "1", "--max-new-tokens", "90", "--gamma", "1", "--detail", detail, "--save", str(path)]
    with subprocess.Popen([sys.executable, "-c", SLOW_RUN, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as child:
        until = time.monotonic() + 60
        while not (path.exists() and path.stat().st_size > 12_000) and time.monotonic() < until:
            time.sleep(0.02)
        child.send_signal(signal.SIGINT)
        out, err = child.communicate(timeout=60)
    assert child.returncode == 130, err
    trace = load_trace(path)
    assert 0 < len(trace.tokens) < 90
    assert trace.is_complete
    assert f"stopped by Ctrl-C after {len(trace.tokens)} tokens" in out
    assert out.count("ended ") == 1
    assert "Traceback" not in err


def test_train_zoo_never_writes_over_the_shipped_weights(monkeypatch, tmp_path):
    calls = []
    monkeypatch.setattr(recipe, "train_zoo", lambda *arguments, distil: calls.append((*arguments, distil)))
    monkeypatch.chdir(tmp_path)
    assert call("train", "zoo", "--minutes", 2, "--only", "draft-s").exit_code == 0
    assert calls == [(Path("zoo-work"), Path("zoo-out"), "draft-s", 2.0, "auto", True)]
    assert recipe.WEIGHTS.resolve() != (tmp_path / "zoo-out").resolve()


def test_train_zoo_names_the_models_there_are(tmp_path):
    assert "target, draft-s, draft-m, draft-l, draft-v2" in refused("train", "zoo", "--only", "draft-x", "--work", tmp_path, "--out", tmp_path)


def test_zoo_sample_prints_the_same_text_everywhere_and_refuses_what_there_is_not():
    from specviz.zoo.corpus.maths import FAMILY

    printed = call("zoo", "sample", "maths", "-n", 2, "--start", 5).stdout
    for index in (5, 6):
        for turn in FAMILY.example("test", index).turns:
            assert turn.text in printed
    assert "maths test 5" in printed
    assert "maths test 7" not in printed
    assert "code, story, chat" in refused("zoo", "sample", "poems")
    assert "train, validation, test" in refused("zoo", "sample", "maths", "--split", "dev")


def test_an_interrupted_training_says_how_to_go_on(monkeypatch, tmp_path):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(recipe, "train_zoo", interrupted)
    done = call("train", "zoo", "--work", tmp_path / "w", "--out", tmp_path / "o")
    assert done.exit_code == 130
    assert "the same command goes on from it" in done.stderr


def test_the_app_is_looked_for_and_started(monkeypatch, tmp_path):
    monkeypatch.setattr(serve, "PLACES", (tmp_path / "none", tmp_path))
    assert "expected the app" in refused("app")
    (tmp_path / "streamlit_app.py").write_text("")
    started = []
    monkeypatch.setattr(serve.subprocess, "run", lambda command, **_: started.append(command) or subprocess.CompletedProcess(command, 0))
    assert call("app", "--port", 9000, "--headless").exit_code == 0
    assert started[0][1:5] == ["-m", "streamlit", "run", str(tmp_path / "streamlit_app.py")]
    assert {"--server.port=9000", "--server.address=localhost", "--browser.gatherUsageStats=false"} <= set(started[0])


@pytest.fixture
def started(monkeypatch, tmp_path):
    """What `specviz app` starts and opens, instead of starting and opening it."""
    (tmp_path / "streamlit_app.py").write_text("")
    seen: dict = {}
    monkeypatch.setattr(serve, "PLACES", (tmp_path,))
    monkeypatch.setattr(serve, "_has_screen", lambda: True)
    monkeypatch.setattr(serve, "_open", lambda server, url: seen.update(server=server, url=url))
    monkeypatch.setattr(
        serve.subprocess, "run", lambda command, **options: seen.update(command=command, **options) or subprocess.CompletedProcess(command, 0)
    )
    return seen


def test_on_ones_own_machine_the_browser_comes_with_a_token_that_no_other_account_can_read(started):
    done = call("app", "--port", 9001)
    assert done.exit_code == 0
    token = started["env"][serve.TOKEN]
    assert len(token) >= 32
    assert started["url"] == f"http://localhost:9001/?token={token}"
    assert started["url"] in done.stdout  # for a browser that is opened by hand
    assert not any(token in part for part in started["command"])
    assert call("app", "--port", 9001).exit_code == 0
    assert started["env"][serve.TOKEN] != token


def test_a_server_for_a_class_has_no_token_and_names_the_machine(started):
    done = call("app", "--port", 9001, "--address", "0.0.0.0")  # noqa: S104  a class server, which is not started
    assert done.exit_code == 0
    assert started["env"][serve.TOKEN] == ""
    assert "token" not in started["url"]
    assert socket.gethostname() in done.stdout
    assert f"--browser.serverAddress={socket.gethostname()}" in started["command"]


def test_a_port_where_another_program_listens_is_said_and_gets_no_token(started):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        assert "expected a free port on localhost" in refused("app", "--port", taken.getsockname()[1])
    assert started == {}


def test_pages_of_the_app_never_show_a_traceback():
    with (serve.PLACES[1] / ".streamlit" / "config.toml").open("rb") as file:
        assert tomllib.load(file)["client"]["showErrorDetails"] == "none"


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            RuntimeError("\x1b[2Jthe kernel\nended"),
            r"got RuntimeError: \x1b[2Jthe kernel ended; this is a fault of specviz: run again as specviz --debug",
        ),
        (KeyError("id"), "got KeyError: 'id'; this is a fault of specviz"),
        (RecursionError("maximum recursion depth exceeded"), "this is a fault of specviz"),
        (
            json.JSONDecodeError("Expecting value", "{", 1),
            "got JSONDecodeError: Expecting value: line 1 column 2 (char 1); this is a fault of specviz",
        ),
        (ModuleNotFoundError("No module named 'x'"), "expected every package to be installed, got No module named 'x'; install"),
        (MemoryError(), "expected the work to fit into this machine's memory"),
        (PermissionError(13, "Permission denied", "/somewhere/run.arrow"), "got Permission denied (run.arrow); free"),
    ],
)
def test_whatever_a_library_raises_ends_as_one_sentence(monkeypatch, error, said):
    def load(_: str):
        raise error

    monkeypatch.setattr("specviz.trace.load_trace", load)
    assert said in refused("trace", "info", "chain")
    assert isinstance(call("--debug", "trace", "info", "chain").exception, type(error))


def test_a_wrong_call_is_typers_to_explain():
    assert call("trace", "export").exit_code == 2
    assert call("trace", "--help").exit_code == 0


def test_sizes_without_end_are_refused_before_any_work(models):
    for method in ("sequoia:nodes=1000000000", "sequoia:nodes=100000:gamma=1000"):
        assert "expected" in refused("run", PROMPT, *models, "--method", method)


def test_a_file_of_prompts_that_is_none_is_refused_at_once(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path, tmp_path / "pipe", tmp_path / "missing", "/dev/zero"):
        for command in ("compare", "doctor"):
            assert "expected a file of prompts" in refused(command, "--prompts", path)


def test_a_report_that_cannot_be_written_is_said_before_anything_is_measured(tmp_path, monkeypatch):
    monkeypatch.setattr("specviz.cli.doctor.open_pair", lambda *_: pytest.fail("models were loaded"))
    assert "expected --json as a file" in refused("doctor", "--json", tmp_path)
