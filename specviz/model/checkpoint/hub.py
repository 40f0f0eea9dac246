"""Where a checkpoint lies: a folder, or a hub id of which just the files that will be read are fetched."""

from __future__ import annotations

import errno
import glob
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from specviz.errors import MissingFileError, SpecvizError, UnreadableFileError, shown, words
from specviz.model.checkpoint.files import folder_name
from specviz.model.checkpoint.tokenizer import has_tokenizer
from specviz.model.checkpoint.weights import INDEX, SINGLE, shard_names

_SMALL = (".json", ".jinja", ".model", ".txt", ".tiktoken")
_OTHER_WEIGHTS = (".gguf", ".bin", ".pth", ".pt", ".h5", ".msgpack", ".onnx", ".safetensors")
_ADAPTER = "adapter_model.safetensors"
_HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]*(/[A-Za-z0-9][\w.-]*)?")
_TIMEOUT_S = 10
_IS_IT_RIGHT = "is the path right?"


@dataclass(frozen=True)
class Source:
    """Where a checkpoint is said to lie.

    Attributes:
        place: a folder, a GGUF file or a hub id.
        revision: a branch, tag or commit of a hub id.
        subfolder: the folder inside it, or inside ``place``, that holds the checkpoint.
    """

    place: str | Path
    revision: str | None = None
    subfolder: str | None = None


def resolve(source: str | Path | Source, *, weights: bool = True) -> Path:
    """The local folder (or GGUF file) of a checkpoint: itself if it is one, else a download (or the cached copy) of that hub id.

    Args:
        source: where it is said to lie.
        weights: whether they will be read; without them only the small files are fetched.

    Raises:
        MissingFileError: when it is neither, or cannot be reached.
        UnreadableFileError: when it is a file of another kind.
    """
    source = source if isinstance(source, Source) else Source(source)
    here = on_this_machine(source.place)
    if here is not None and here.is_dir():
        return _subfolder(here, source)
    if here is not None and here.is_file() and here.suffix == ".gguf":
        return here
    if here is not None:
        raise UnreadableFileError("a checkpoint folder, a *.gguf file or a hub id", f"{here.name!r}, which is another kind of file", _IS_IT_RIGHT)
    hub_id = str(source.place)
    if isinstance(source.place, Path) or hub_id.endswith(".gguf") or not _HUB_ID.fullmatch(hub_id) or ".." in hub_id or "--" in hub_id:
        name = Path(source.place).name or hub_id
        raise MissingFileError("a checkpoint folder, a *.gguf file or a hub id (owner/name)", f"{shown(name)}, which is neither", _IS_IT_RIGHT)
    return _fetch(hub_id, source, weights)


def on_this_machine(place: str | Path) -> Path | None:
    """The file or folder at a place, a broken link included; None where there is none.

    Raises:
        UnreadableFileError: when the system does not let us look.
    """
    try:
        here = Path(place).expanduser()
        os.lstat(here)
    except (FileNotFoundError, NotADirectoryError, RuntimeError, ValueError):  # a home folder of nobody; characters that no name has
        return None
    except OSError as error:
        if error.errno == errno.ENAMETOOLONG:
            return None
        raise UnreadableFileError("a place that can be looked at", f"{shown(Path(place).name)}: {words(error.strerror)}", _IS_IT_RIGHT) from None
    return here


def wanted_files(names: Iterable[str], subfolder: str | None) -> tuple[list[str], str | None]:
    """Of the files of a repository those that will be read, and the index that names the rest where weights are in several files."""
    prefix = f"{subfolder}/" if subfolder else ""
    here = {name.removeprefix(prefix): name for name in names if name.startswith(prefix) and "/" not in name.removeprefix(prefix)}
    small = [name for short, name in here.items() if short.endswith(_SMALL) and not short.endswith(".index.json")]
    if SINGLE in here:
        return [*small, here[SINGLE]], None
    if INDEX in here:
        return [*small, here[INDEX]], here[INDEX]
    return small + ([here[_ADAPTER]] if _ADAPTER in here else []), None


def _subfolder(folder: Path, source: Source) -> Path:
    """The folder inside, which stays inside."""
    if source.subfolder is None:
        return folder
    inside = PurePosixPath(source.subfolder)
    if inside.is_absolute() or ".." in inside.parts or not (folder / inside).is_dir():
        raise MissingFileError(f"subfolder as the name of a folder in {folder_name(folder)!r}", shown(source.subfolder), _IS_IT_RIGHT)
    return folder / inside


def _fetch(hub_id: str, source: Source, weights: bool) -> Path:
    cached = _cached(hub_id, source, weights)
    if cached is not None:
        return cached
    from huggingface_hub.errors import GatedRepoError, HFValidationError, RepositoryNotFoundError, RevisionNotFoundError

    try:
        return _subfolder(_download(hub_id, source, weights), source)
    except SpecvizError:
        raise
    except HFValidationError:
        raise MissingFileError("a checkpoint folder or a hub id (owner/name)", f"{hub_id!r}, which is neither", _IS_IT_RIGHT) from None
    except GatedRepoError:
        raise MissingFileError(
            f"leave to read {hub_id!r}", "a gated repository", "accept its terms on its page and log in with `hf auth login`"
        ) from None
    except RepositoryNotFoundError:
        raise MissingFileError(
            "a checkpoint folder or an existing public hub id", f"{hub_id!r}", "check the spelling, or log in with `hf auth login` for a private one"
        ) from None
    except RevisionNotFoundError:
        raise MissingFileError(f"a branch, tag or commit of {hub_id!r}", shown(source.revision), "look at its page for those there are") from None
    except Exception as error:  # a missing network shows as whatever the hub's HTTP library raises, which differs between releases
        raise MissingFileError(
            f"a checkpoint folder {hub_id!r} here, or to reach the model hub for that id",
            f"neither ({type(error).__name__})",
            "give the folder of a checkpoint instead, or use the shipped pair 'tiny', which needs no network",
        ) from error


def _download(hub_id: str, source: Source, weights: bool) -> Path:
    """First one quick question, which files there are: the download itself would retry for minutes without a network.

    It is asked for by the name of its branch, so that the cache remembers which commit that was and later finds it without a network.
    """
    from huggingface_hub import HfApi, snapshot_download

    info = HfApi().model_info(hub_id, revision=source.revision, timeout=_TIMEOUT_S)
    names = [file.rfilename for file in info.siblings or ()]
    files, index = wanted_files(names, source.subfolder)
    if weights:
        _refuse_other_weights(hub_id, files, index, names)
    else:
        files, index = [name for name in files if name.endswith(_SMALL) and name != index], None
    if index is not None:
        first = Path(snapshot_download(hub_id, revision=source.revision, allow_patterns=[glob.escape(index)]))
        shards = set(shard_names(first / index).values())
        files += [str(PurePosixPath(index).with_name(shard)) for shard in sorted(shards)]
    return Path(snapshot_download(hub_id, revision=source.revision, allow_patterns=[glob.escape(name) for name in files]))


def _refuse_other_weights(hub_id: str, files: list[str], index: str | None, names: list[str]) -> None:
    """Say before anything is fetched that there are no weights to read, and which there are instead."""
    if index is not None or any(name.endswith(".safetensors") for name in files):
        return
    others = sorted(name for name in names if name.endswith(_OTHER_WEIGHTS))
    do = (
        "download a *.gguf and give that file, or take another repository"
        if any(name.endswith(".gguf") for name in others)
        else "take another repository"
    )
    raise MissingFileError(f"{SINGLE} or {INDEX} in {hub_id!r}", f"{', '.join(others[:3]) or 'none'}, which is not fetched", do)


def _cached(hub_id: str, source: Source, weights: bool) -> Path | None:
    """The copy from an earlier download, where all that will be read is there; no network is asked."""
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(hub_id, revision=source.revision, local_files_only=True))
    except (LocalEntryNotFoundError, FileNotFoundError, HFValidationError):
        return None
    folder = folder / (source.subfolder or "")
    is_enough = _is_whole if weights else has_tokenizer
    return folder if folder.is_dir() and is_enough(folder) else None


def _is_whole(folder: Path) -> bool:
    """Whether configuration and weights are all there; other programs fetch single files into the same cache."""
    if (folder / _ADAPTER).exists() and (folder / "adapter_config.json").exists():
        return True
    if not (folder / "config.json").exists():
        return False
    if (folder / SINGLE).exists():
        return True
    if not (folder / INDEX).exists():
        return False
    return all((folder / shard).exists() for shard in shard_names(folder / INDEX).values())
