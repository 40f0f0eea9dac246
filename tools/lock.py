"""Write constraints.txt: the exact versions of what specviz and its tests need, read from the running environment.

Usage: ``.venv/bin/python tools/lock.py`` after ``make setup`` and an upgrade that was tested.
Only what the project asks for is followed, so tools that happen to lie in the environment stay out. A build's local tag
(``+cpu``) is dropped: the same pin then means the CPU build where that is what is offered, and the CUDA build elsewhere.
"""

from __future__ import annotations

import re
import sys
import tomllib
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path

from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parent.parent
HEADER = """\
# The exact versions specviz was tested with. Written by tools/lock.py; the lower bounds are in pyproject.toml.
# torch stands first and is installed first (see Makefile), so that no other build of it is ever considered.
"""


def canonical(name: str) -> str:
    """Return the one spelling of a package's name."""
    return re.sub(r"[-_.]+", "-", name).lower()


def declared() -> list[str]:
    """List the requirements of the project and of its ``dev`` extra."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    return [*project["dependencies"], *(line for extra in project["optional-dependencies"].values() for line in extra)]


def closure(lines: list[str]) -> dict[str, str]:
    """Follow requirements through the installed packages; return name -> version.

    Raises:
        SystemExit: when something the project asks for by name is not installed.
    """
    found: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    todo = [(Requirement(line), "") for line in lines]
    wanted = {canonical(req.name) for req, _ in todo}
    while todo:
        req, extra = todo.pop()
        name = canonical(req.name)
        if req.marker and not req.marker.evaluate({"extra": extra}):
            continue
        try:
            found[name] = version(name).split("+")[0]
        except PackageNotFoundError:
            if name in wanted:
                raise SystemExit(f"expected {req} to be installed; run `make setup` first") from None
            continue  # a dependency of another platform or another build of torch
        for one in ("", *sorted(req.extras)):
            if (name, one) not in seen:
                seen.add((name, one))
                todo += [(Requirement(line), one) for line in requires(name) or []]
    return found


def main() -> None:
    """Write the file and say how many pins it holds."""
    found = closure(declared())
    names = sorted(found, key=lambda name: (name != "torch", name))
    (ROOT / "constraints.txt").write_text(HEADER + "".join(f"{name}=={found[name]}\n" for name in names))
    sys.stdout.write(f"constraints.txt: {len(names)} pins\n")


if __name__ == "__main__":
    main()
