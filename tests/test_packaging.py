"""What a visitor meets first holds: the README's code runs, its links lead somewhere, the wheel carries what it needs."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from tools import lock, notebooks

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
TEXT_SUFFIXES = {"", ".py", ".md", ".toml", ".txt", ".sh", ".json", ".ipynb", ".yml", ".yaml", ".cfg", ".css", ".html", ".csv", ".js"}


def blocks(language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", README, flags=re.MULTILINE | re.DOTALL)


def tracked() -> list[Path]:
    """Every file git knows or would add."""
    done = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        pytest.skip("not a git checkout")
    return [ROOT / name for name in done.stdout.splitlines() if (ROOT / name).is_file()]


def test_the_readmes_python_runs_from_top_to_bottom(tmp_path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)  # what it saves belongs nowhere in the checkout
    names: dict[str, object] = {"__name__": "readme"}
    assert blocks("python")
    for block in blocks("python"):
        exec(compile(block, "README.md", "exec"), names)  # noqa: S102  our own text, run as a reader would


def test_the_readmes_commands_exist() -> None:
    from typer.main import get_command

    from specviz.cli import app

    known = set(get_command(app).commands)
    named = set(re.findall(r"(?:^|^\$ |`)specviz ([a-z]+)", README, flags=re.MULTILINE))
    assert named
    assert named <= known


def test_the_readmes_links_lead_somewhere() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)[^)]*\)|src=\"([^\"]+)\"", README) for link in link if link]
    assert links
    assert [link for link in links if "://" not in link and not (ROOT / link).exists()] == []


def test_the_paths_the_readme_names_exist() -> None:
    named = [name.rstrip("/") for name in re.findall(r"`([\w./-]+)`", README) if "/" in name or name.endswith(".py")]
    assert named
    assert [name for name in named if not any((base / name).exists() for base in (ROOT, ROOT / "specviz"))] == []


def test_the_make_targets_the_texts_name_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), flags=re.MULTILINE))
    texts = README + (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    assert set(re.findall(r"`make ([a-z-]+)", texts)) <= targets


def test_contributing_fits_on_a_page() -> None:
    assert len((ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").splitlines()) <= 50


def test_no_file_names_a_folder_of_somebodys_machine() -> None:
    somebody = re.compile(r"/(?:work|root|home/\w+|Users/\w+)/|/opt/(?:wheels|pypi)|/tmp/job")
    found = []
    for path in tracked():
        if path.suffix in TEXT_SUFFIXES and path != Path(__file__):
            text = path.read_text(encoding="utf-8", errors="replace")
            found += [f"{path.relative_to(ROOT)}: {match[0]}" for match in somebody.finditer(text)]
    assert found == []


def test_every_requirement_has_one_exact_version_within_its_bounds() -> None:
    lines = [line for line in (ROOT / "constraints.txt").read_text().splitlines() if line and not line.startswith("#")]
    pins = dict(line.split("==") for line in lines)
    assert lines[0].startswith("torch==")
    wanted = [Requirement(line) for line in lock.declared()]
    assert [str(req) for req in wanted if not req.specifier.contains(pins.get(lock.canonical(req.name), "0"))] == []


def test_everything_the_package_imports_is_declared() -> None:
    from tests.test_imports import imports_of

    # triton comes with a build of torch for cards; without it the kernels' plain twins do the work, and say so
    extras = [line for extra, lines in PROJECT["optional-dependencies"].items() if extra != "dev" for line in lines]
    declared = {lock.canonical(Requirement(line).name) for line in [*PROJECT["dependencies"], *extras]} | {"specviz", "triton"}
    heads = {entry.name.split(".")[0] for path in (ROOT / "specviz").rglob("*.py") for entry in imports_of(path, ROOT)}
    assert {head for head in heads - set(sys.stdlib_module_names) if lock.canonical(head) not in declared} == set()


def test_the_notebooks_are_what_the_tutorial_says() -> None:
    assert notebooks.out_of_date(ROOT) == []


def test_a_changed_chapter_and_an_orphan_are_noticed(tmp_path) -> None:
    (tmp_path / "tutorial").mkdir()
    chapter = tmp_path / "tutorial" / "01_one.md"
    chapter.write_text("# One\n\n```{code-cell} python\n1 + 1\n```\n")
    notebooks.write(tmp_path)
    assert notebooks.out_of_date(tmp_path) == []
    chapter.write_text("# One, changed\n")
    (tmp_path / "notebooks" / "02_gone.ipynb").write_text("{}")
    assert notebooks.out_of_date(tmp_path) == ["notebooks/01_one.ipynb", "notebooks/02_gone.ipynb"]


@pytest.mark.slow
def test_the_wheel_carries_weights_samples_app_and_tutorial(tmp_path) -> None:
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    names = zipfile.ZipFile(next(tmp_path.glob("*.whl"))).namelist()
    here = [path.relative_to(ROOT).as_posix() for path in tracked()]
    data = [name for name in here if name.startswith(("specviz/zoo/weights/", "specviz/trace/samples/"))]
    moved = [re.sub(r"^(app|tutorial)/", r"specviz/_\1/", name) for name in here if name.startswith(("app/", "tutorial/"))]
    assert any(name.endswith(".safetensors") for name in data)
    assert any(name.endswith(".arrow") for name in data)
    assert set(data + moved) - set(names) == set()
