"""Hub ids: just the files that will be read are fetched, cached copies need no network, and what is not there is said in words."""

from __future__ import annotations

import fnmatch
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import huggingface_hub
import pytest
from huggingface_hub import constants
from huggingface_hub.errors import GatedRepoError, LocalEntryNotFoundError, OfflineModeIsEnabled, RepositoryNotFoundError, RevisionNotFoundError
from peft import LoraConfig, get_peft_model

from specviz.errors import SpecvizError
from specviz.model.checkpoint.hub import Source, resolve, wanted_files
from specviz.model.pair import load_pair
from tests.helpers import Bench, load, random_model, save
from tests.model.checkpoint.made import refusal

INDEX = "model.safetensors.index.json"


class Hub:
    """A hub of one repository, in the place of huggingface_hub's two calls; remembers what was fetched."""

    def __init__(self, files: Path, local: Path) -> None:
        self.files, self.local = files, local
        self.fetched: list[str] = []
        self.revisions: list[str | None] = []
        self.asked: list[tuple[str, str | None]] = []
        self.error: Exception | None = None

    def model_info(self, repo_id: str, *, revision: str | None = None, timeout: float | None = None) -> Any:
        assert timeout is not None
        self.asked.append((repo_id, revision))
        if self.error is not None:
            raise self.error
        names = sorted(str(path.relative_to(self.files)) for path in self.files.rglob("*") if path.is_file())
        return SimpleNamespace(siblings=[SimpleNamespace(rfilename=name) for name in names])

    def snapshot_download(
        self, repo_id: str, *, revision: str | None = None, allow_patterns: list[str] | None = None, local_files_only: bool = False
    ) -> str:
        if local_files_only:
            raise LocalEntryNotFoundError(f"nothing of {repo_id} is cached")
        self.revisions.append(revision)
        for path in self.files.rglob("*"):
            name = str(path.relative_to(self.files))
            if path.is_file() and any(fnmatch.fnmatch(name, pattern) for pattern in allow_patterns or ()):
                self.fetched.append(name)
                (self.local / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, self.local / name)
        return str(self.local)


@pytest.fixture
def hub(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> Hub:
    made = Hub(bench.fresh(), bench.fresh() / "models--owner--name" / "snapshots" / "abc123")
    monkeypatch.setattr(huggingface_hub, "HfApi", lambda: made)
    monkeypatch.setattr(huggingface_hub, "snapshot_download", made.snapshot_download)
    return made


NEVER = (
    "consolidated.safetensors",
    "consolidated.00.pth",
    "original/model.safetensors",
    "pytorch_model.bin",
    "model.onnx",
    "onnx/model.onnx",
    "model-q4.gguf",
    "tf_model.h5",
    "flax_model.msgpack",
    "README.md",
    "extra.safetensors",
    "model.fp16.safetensors",
    ".gitattributes",
    "figure.png",
)


def fill(hub: Hub, family: str = "llama", inside: str = "", **options: Any) -> None:
    save(random_model(family), hub.files / inside, **options)
    for name in NEVER:
        (hub.files / name).parent.mkdir(exist_ok=True)
        (hub.files / name).write_bytes(b"never read")


@pytest.mark.parametrize("shards", [False, True], ids=["one file", "several files"])
def test_only_what_will_be_read_is_fetched(hub: Hub, shards: bool):
    fill(hub, max_shard_size="20KB" if shards else "5GB")
    (hub.files / "model-00009-of-00009.safetensors").write_bytes(b"of an older upload, which the index does not name")
    pair = load("owner/name")
    assert pair.target.is_native
    assert not set(hub.fetched) & {*NEVER, "model-00009-of-00009.safetensors"}
    weights = {name for name in hub.fetched if name.endswith(".safetensors")}
    assert weights == (
        {path.name for path in hub.files.glob("model-*-of-*.safetensors")} - {"model-00009-of-00009.safetensors"} if shards else {"model.safetensors"}
    )
    assert {"config.json", "tokenizer.json", "tokenizer_config.json"} <= set(hub.fetched)
    assert pair.name == "owner/name"


def test_ids_without_an_owner_are_hub_ids(hub: Hub):
    fill(hub, "gpt2")
    pair = load("distilgpt2", "gpt2")
    assert hub.asked == [("distilgpt2", None), ("gpt2", None)]
    assert (pair.target.name, pair.draft.name) == ("distilgpt2", "gpt2")


def test_a_revision_is_asked_for_of_the_target_and_of_the_draft(hub: Hub):
    fill(hub)
    load("owner/name", "owner/name", revision="v1", draft_revision="refs/pr/2")
    assert hub.asked == [("owner/name", "v1"), ("owner/name", "refs/pr/2")]
    assert hub.revisions == ["v1", "refs/pr/2"]


def test_of_a_subfolder_only_its_own_files_are_fetched(hub: Hub):
    fill(hub, inside="part/one")
    save(random_model("gpt2"), hub.files)
    assert load("owner/name", subfolder="part/one").target.config.family == "llama"
    assert all(name.startswith("part/one/") for name in hub.fetched)


def test_a_tokenizer_of_another_id_is_fetched_without_its_weights(hub: Hub, bench: Bench):
    fill(hub)
    load(bench.family("llama"), tokenizer="owner/name")
    assert "tokenizer.json" in hub.fetched
    assert not [name for name in hub.fetched if "safetensors" in name]


def test_a_repository_without_weights_to_read_is_refused_before_anything_is_fetched(hub: Hub):
    fill(hub)
    (hub.files / "model.safetensors").unlink()
    with pytest.raises(
        FileNotFoundError,
        match=r"^expected model\.safetensors or .* in 'owner/name', got .*consolidated.*, which is not fetched; download a \*\.gguf",
    ):
        load("owner/name")
    assert hub.fetched == []


def test_an_adapter_is_fetched_by_its_id(hub: Hub, bench: Bench):
    base = bench.folder("adapted", lambda: random_model("llama"))
    adapted = get_peft_model(random_model("llama"), LoraConfig(task_type="CAUSAL_LM", r=2, target_modules=["q_proj"]))
    adapted.save_pretrained(hub.files)
    assert load(base, adapter="owner/name").target.name == "adapted + owner/name"
    assert {name for name in hub.fetched if name.startswith("adapter")} == {"adapter_config.json", "adapter_model.safetensors"}


def test_names_with_marks_of_patterns_match_themselves_alone(hub: Hub):
    fill(hub)
    (hub.files / "a[bc].json").write_text("{}")
    (hub.files / "ab.json").write_text("{}")
    resolve("owner/name")
    assert {"a[bc].json", "ab.json"} <= set(hub.fetched)


def test_an_index_from_the_hub_cannot_name_files_elsewhere(hub: Hub):
    fill(hub, max_shard_size="20KB")
    (hub.files / INDEX).write_text('{"weight_map": {"model.norm.weight": "../../secret.safetensors"}}')
    with pytest.raises(ValueError, match=r"^expected the file of 'model.norm.weight' .*, got '../../secret.safetensors'"):
        load("owner/name")


def answer(status: int) -> httpx.Response:
    return httpx.Response(status, request=httpx.Request("GET", "https://hub.invalid"))


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (RepositoryNotFoundError("no", response=answer(404)), "an existing public hub id, got 'owner/name'; check the spelling"),
        (GatedRepoError("no", response=answer(403)), "got a gated repository; accept its terms"),
        (RevisionNotFoundError("no", response=answer(404)), "a branch, tag or commit of 'owner/name', got 'v9'"),
        (httpx.ConnectError("no route"), "give the folder of a checkpoint instead"),
        (OfflineModeIsEnabled("offline"), "give the folder of a checkpoint instead"),
        (TimeoutError("slow"), "give the folder of a checkpoint instead"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, Exception) else "",
)
def test_what_the_hub_refuses_is_said_in_words(hub: Hub, error: Exception, said: str):
    hub.error = error
    with pytest.raises(FileNotFoundError, match=f"^expected .*{said}"):
        load("owner/name", revision="v9")


@pytest.mark.parametrize("place", ["no id/at..all", "a/b/c", "-x", "a//b", ".hidden", "~nobody/x", "owner/name--x", "owner/na me", "ftp://x/y"])
def test_what_is_no_id_is_never_asked_for(hub: Hub, place: str):
    with pytest.raises(FileNotFoundError, match="is the path right"):
        load(place)
    assert hub.asked == []


def test_a_pathlib_path_is_never_an_id(hub: Hub):
    with pytest.raises(FileNotFoundError, match="is the path right"):
        load(Path("gpt2-that-is-not-here"))
    assert hub.asked == []


# --------------------------------------------------------------------------------------------------------------- the cached copy
def cached(cache: Path, source: Path, repo: str = "owner/name", leave_out: str = "") -> Path:
    """A repository in the cache as huggingface_hub lays it out: links from snapshots to blobs."""
    repository = cache / f"models--{repo.replace('/', '--')}"
    snapshot, blobs = repository / "snapshots" / ("f" * 40), repository / "blobs"
    for folder in (snapshot, blobs, repository / "refs"):
        folder.mkdir(parents=True)
    (repository / "refs" / "main").write_text("f" * 40)
    for number, file in enumerate(sorted(source.iterdir())):
        if file.name != leave_out:
            shutil.copy(file, blobs / f"{number:040d}")
            (snapshot / file.name).symlink_to(Path("../../blobs") / f"{number:040d}")
    return snapshot


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    return tmp_path


@pytest.mark.parametrize("repo", ["owner/name", "gpt2"])
@pytest.mark.parametrize("shards", [False, True])
def test_a_cached_copy_is_read_without_a_network(bench: Bench, cache: Path, shards: bool, repo: str):
    source = save(random_model("llama"), bench.fresh(), max_shard_size="20KB" if shards else "5GB")
    snapshot = cached(cache, source, repo)
    pair = load(repo, repo)
    assert (pair.target_path, pair.target.name, pair.name) == (snapshot, repo, repo)
    assert load(repo, revision="f" * 40).target_path == snapshot
    assert load(snapshot).target.name == repo  # a name for people, though it was given as a folder


@pytest.mark.parametrize("missing", ["config.json", "model.safetensors"])
def test_a_cached_copy_that_is_not_whole_is_not_taken_for_one(bench: Bench, cache: Path, missing: str):
    cached(cache, bench.family("llama"), leave_out=missing)
    with pytest.raises(FileNotFoundError, match=r"expected a checkpoint folder 'owner/name' here, or to reach the model hub"):
        load("owner/name")


def test_a_revision_that_is_not_cached_is_not_replaced_by_another(bench: Bench, cache: Path):
    cached(cache, bench.family("llama"))
    with pytest.raises(FileNotFoundError):
        load("owner/name", revision="v2")


def test_an_error_about_a_cached_file_names_the_id_and_no_path(bench: Bench, cache: Path):
    snapshot = cached(cache, bench.family("llama"))
    (snapshot / "generation_config.json").unlink(missing_ok=True)
    (snapshot / "generation_config.json").write_text("{")
    with pytest.raises(ValueError, match=r"generation_config\.json of 'owner/name'") as refused:
        load("owner/name")
    assert str(cache) not in str(refused.value)


# ------------------------------------------------------------------------------------------------------------------ the choice
def test_the_choice_of_files_is_that_of_the_reader():
    names = [
        "config.json",
        "a/config.json",
        "a/model.safetensors",
        INDEX,
        "model-1.safetensors",
        "tokenizer.model",
        "x.py",
        "tokenizer.json",
        "a/b/config.json",
    ]
    assert wanted_files(names, None) == (["config.json", "tokenizer.model", "tokenizer.json", INDEX], INDEX)
    assert wanted_files(names, "a") == (["a/config.json", "a/model.safetensors"], None)
    assert wanted_files(["model.safetensors", INDEX], None) == (["model.safetensors"], None)
    assert wanted_files(["adapter_config.json", "adapter_model.safetensors", "adapter_model.bin"], None) == (
        ["adapter_config.json", "adapter_model.safetensors"],
        None,
    )


def test_a_place_with_a_revision_is_a_place(bench: Bench):
    assert resolve(Source(bench.family("llama"), "v1")) == bench.family("llama")


@pytest.mark.parametrize("place", ["~nobody-of-this-name/model", "x" * 5000, "/" + "y" * 300, "half\ud800", ""], ids=lambda place: repr(place[:8]))
@pytest.mark.parametrize("argument", ["target", "draft", "adapter", "tokenizer"])
def test_a_place_that_no_system_has_is_refused_in_words(bench: Bench, argument: str, place: str):
    given = {"target": bench.family("llama"), argument: place}
    with pytest.raises(SpecvizError, match=r"^expected .*, got "):
        load_pair(device="cpu", dtype="float32", **given)


def test_a_folder_of_somebody_else_is_named(bench: Bench, monkeypatch: pytest.MonkeyPatch):
    def locked(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("specviz.model.checkpoint.hub.os.lstat", locked)
    assert "got 'llama': Permission denied" in refusal(bench.family("llama"))
